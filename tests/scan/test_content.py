"""What web servers give away: files, secrets, listings, and where to report a weakness. Servers of a few lines, one of them
with an answer for everything."""
import pytest

from conftest import scan
from peers import Mock

OPEN, CATCHALL, CLEAN, PLAIN, MOVED = (f'127.85.33.{n}' for n in range(1, 6))
# In two halves, so that no scanner takes this file for a leak.
KEY = 'AKIA' + 'Q3EGRI7XH2PL5TZM'
TOKEN = 'ghp_' + '16C7e42F292c6912E7710c838347Ae178B4a'
TXT = 'Contact: mailto:security@example.net\nExpires: {}\n'

FILES = {
    '/': ('text/html', '<title>Index of /</title><script src="js/app.js"></script>'
                       '<script src="//cdn.example.org/a.js" integrity="sha384-abc"></script>'),
    '/js/app.js': ('text/javascript', f'let key = "{KEY}", again = "{KEY}"; fetch(u, {{token: "{TOKEN}"}})'),
    '/.env': ('text/plain', '# production\nDB_HOST=db\nDB_PASSWORD=hunter2\n'),
    '/.git/HEAD': ('application/octet-stream', 'ref: refs/heads/main\n'),
    '/.git/config': ('application/octet-stream', '[core]\n\tbare = false\n'),
    '/dump.sql': ('application/sql', 'CREATE TABLE person (name text);\n'),
    '/phpinfo.php': ('text/html', '<title>PHP 8.2.7 - phpinfo()</title>'),
    '/wp-login.php': ('text/html', '<form name="loginform" id="loginform" action="/wp-login.php">'),
    '/.well-known/security.txt': ('text/plain', TXT.format('2024-01-01T00:00:00Z')),
}


def answer(status, kind, body, *fields):
    body = body.encode()
    return '\r\n'.join([f'HTTP/1.1 {status}', f'Content-Type: {kind}', *fields, f'Content-Length: {len(body)}',
                        'Connection: close', '', '']).encode() + body


def site(files, missing=('404 Not Found', 'text/html', '<p>404</p>'), trace=False):
    def serve(connection):
        request = connection.recv(65536)
        method, path = request.decode('latin-1').split(' ')[:2]
        if method == 'TRACE':
            reply = answer('200 OK', 'message/http', request.decode()) if trace else answer('405 No', 'text/plain', '')
        elif path in files:
            reply = answer('200 OK', *files[path])
        else:
            reply = answer(*missing)
        connection.sendall(reply)
    return serve


@pytest.fixture(scope='module')
def outcome():
    mocks = [
        Mock(OPEN, 80, site(FILES, trace=True)),
        # Every path gets the same text, which even looks like settings.
        Mock(CATCHALL, 80, site({}, missing=('200 OK', 'text/plain', 'A=1\nref: refs/heads/main\nContact:\n'))),
        Mock(CLEAN, 80, site({'/': ('text/html', '<title>Hello</title><p>api_key=see the manual</p>'),
                              '/.well-known/security.txt': ('text/plain', TXT.format('2099-01-01T00:00:00Z'))})),
        Mock(PLAIN, 80, site({'/': ('text/html', 'x'), '/.well-known/security.txt': ('text/html', TXT)})),
        Mock(MOVED, 80, site({'/': ('text/html', 'x')},
                             missing=('302 Found', 'text/html', '', 'Location: http://other.example.net/'))),
    ]
    try:
        result = scan('--format', 'json', OPEN, CATCHALL, CLEAN, PLAIN, MOVED, timeout=200)
        assert result.json, result.errors
        yield result
    finally:
        for mock in mocks:
            mock.close()


OURS = ('file_', 'secret_', 'security_txt', 'admin_', 'directory_', 'http_trace', 'default_page', 'mixed_')


def checks(outcome, address):
    return {f['check'] for f in outcome.json['findings']
            if f['target'].split(':')[0] == address and f['check'].startswith(OURS)}


def test_what_lies_open_is_found(outcome):
    assert checks(outcome, OPEN) == {
        'file_env', 'file_git', 'file_backup', 'file_internals', 'admin_panel', 'secret_leaked', 'security_txt_expired',
        'security_txt_invalid', 'directory_listing', 'http_trace'}
    assert outcome.facts(OPEN, 'files.exposed') == [['/.env', '/.git/HEAD', '/.git/config', '/dump.sql', '/phpinfo.php']]


def test_w5_a_server_that_answers_everything_gives_nothing_away(outcome):
    """W5: the same answer for a name that nobody has is no file, whatever is in it."""
    assert checks(outcome, CATCHALL) == {'security_txt_missing'}
    assert outcome.facts(CATCHALL, 'files.exposed') == [[]]


def test_w9_w47_secrets_are_one_finding_by_gravity(outcome):
    """W9, W47: two keys of one gravity on a port are one finding that lists them, each once."""
    finding, = (f for f in outcome.json['findings'] if f['check'] == 'secret_leaked')
    assert 'aws_access_key_id AKIA…ZM (20 characters) in http://127.85.33.1/js/app.js' in finding['technical_detail']
    assert 'github_classic_pat ghp_…4a (40 characters)' in finding['technical_detail']
    assert finding['technical_detail'].count('AKIA…') == 1


def test_w24_no_secret_is_kept(outcome):
    """W24: neither a key nor what is in an open file is in the outcome."""
    for secret in (KEY, KEY[4:], TOKEN, 'hunter2'):
        assert secret not in outcome.text and secret not in outcome.errors


@pytest.mark.parametrize('address,expected', [(CLEAN, {'security_txt_invalid'}), (PLAIN, {'security_txt_missing'}),
                                              (MOVED, set())])
def test_w13_w14_a_security_txt_is_told_by_what_is_in_it(outcome, address, expected):
    """W13, W14: over plain http or as HTML it does not count as it should; where a redirect leads elsewhere nobody knows."""
    assert {c for c in checks(outcome, address) if c.startswith('security_txt')} == expected


def test_a_clean_site_has_positive_evidence(outcome):
    assert not {c for c in checks(outcome, CLEAN) if not c.startswith('security_txt')}
    assert outcome.facts(CLEAN, 'secret.leaked') == [False]
    assert outcome.facts(CLEAN, 'files.env') == [[]]


def test_servers_of_others_are_listed(outcome):
    assert outcome.facts(OPEN, 'content.third_parties') == [['cdn.example.org']]
