"""What is seen of web servers: redirects, bodies, names and cookies. The servers are those of Debian, or a few lines where
one has to be odd."""
import gzip
import socket
import subprocess
import time
import zlib

import pytest

from conftest import BINARY, Outcome, scan
from peers import Mock, Peers

(REDIRECT, STAYS, ERROR, LOGIN, NAMED, PACKED, BOMB, COOKIES, LOWER, SCRIPTS, OPEN, ERRORS, PLAIN_ERROR, LOOP, INSIDE) = (
    f'127.85.20.{n}' for n in range(1, 16))
NAMES = {'redirect': REDIRECT, 'stays': STAYS, 'error': ERROR, 'login': LOGIN, 'named': NAMED, 'cookies': COOKIES,
         'scripts': SCRIPTS, 'open': OPEN, 'errors': ERRORS, 'loop': LOOP, 'inside': INSIDE}


def host(name):
    return f'{name}.example.net'


def page(body, *fields):
    """A server that says the same to everybody; `body` bytes."""
    head = '\r\n'.join(['HTTP/1.1 200 OK', *fields, f'Content-Length: {len(body)}', 'Connection: close', '', ''])

    def serve(connection):
        connection.recv(65536)
        connection.sendall(head.encode() + body)
    return serve


def chunked(body, *fields):
    """The same in chunks of 7 bytes, each a packet of its own."""
    def serve(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.recv(65536)
        head = '\r\n'.join(['HTTP/1.1 200 OK', *fields, 'Transfer-Encoding: chunked', '', ''])
        connection.sendall(head.encode())
        for i in range(0, len(body), 7):
            part = body[i:i + 7]
            connection.sendall(b'%x\r\n%s\r\n' % (len(part), part))
            time.sleep(0.001)
        connection.sendall(b'0\r\n\r\n')
    return serve


SCRIPT = b'<!doctype html>' + b'<p>words</p>' * 300 + b'<script src="https://cdn.example.org/late.js"></script>'


def nginx_sites(peers):
    tls = f'ssl_certificate {peers.folder}/wild.pem; ssl_certificate_key {peers.folder}/wild.key;'
    peers.nginx('web', f"""
        server_tokens off;
        default_type text/html;
        server {{ listen {REDIRECT}:80; return 308 https://$host$request_uri; }}
        server {{ listen {REDIRECT}:443 ssl; {tls} return 200 "ok"; }}
        server {{ listen {STAYS}:80; return 200 "ok"; }}
        server {{ listen {ERROR}:80; return 404; }}
        server {{
            listen {LOGIN}:80; listen {LOGIN}:443 ssl; {tls}
            location = / {{ return 302 /login; }}
            location = /login {{
                add_header Content-Security-Policy "script-src 'unsafe-inline'";
                add_header Set-Cookie "late=1; Secure; HttpOnly; SameSite=Lax";
                return 200 "<form>";
            }}
        }}
        server {{ listen {NAMED}:80 default_server; listen {NAMED}:443 ssl default_server; {tls} return 421; }}
        server {{ listen {NAMED}:80; listen {NAMED}:443 ssl; server_name {host('named')}; {tls} return 200 "named"; }}
        server {{
            listen {COOKIES}:443 ssl; {tls}
            add_header Set-Cookie "secure_session=s3cr3t; Path=/secure";
            add_header Set-Cookie "gone=s3cr3t; Max-Age=0";
            add_header Set-Cookie "cross=s3cr3t; SameSite=None";
            add_header Set-Cookie "__Host-id=s3cr3t; Secure; HttpOnly; SameSite=Lax";
            add_header Set-Cookie "fine=s3cr3t; Secure; HttpOnly; SameSite=Strict";
            return 200 "ok";
        }}
        server {{
            listen {SCRIPTS}:443 ssl; {tls}
            return 200 "<script src=//cdn.example.org/a.js></script><script src=//cdn.example.org/b.js></script>
                <script src=https://static.example.net/c.js></script><script src=/d.js></script>
                <link rel=stylesheet href=https://cdn.example.org/e.css>
                <script src=https://cdn.example.org/f.js integrity=sha384-abc crossorigin></script>";
        }}
        server {{
            listen {OPEN}:443 ssl; {tls}
            add_header Access-Control-Allow-Origin $http_origin;
            add_header Access-Control-Allow-Credentials true;
            return 200 "ok";
        }}
        server {{ listen {ERRORS}:443 ssl; {tls} return 502; }}
        server {{ listen {LOOP}:80; return 302 http://$host/; }}
        server {{ listen {INSIDE}:80; return 302 http://inner.example.net/; }}
        """, (REDIRECT, 80), (INSIDE, 80))


@pytest.fixture(scope='module')
def outcome(tmp_path_factory):
    """One scan of them all."""
    peers = Peers(tmp_path_factory.mktemp('web'))
    peers.folder.chmod(0o755)
    packed = gzip.compress(SCRIPT, mtime=0)
    bomb = gzip.compress(b'<p>' * 20_000_000, mtime=0)
    mocks = []
    try:
        peers.authority()
        peers.certificate('wild', '*.example.net')
        nginx_sites(peers)
        mocks += [Mock(PACKED, 80, chunked(packed, 'Content-Type: text/html', 'Content-Encoding: gzip')),
                  Mock(PACKED, 8080, page(zlib.compress(SCRIPT)[2:-4], 'Content-Type: text/html', 'Content-Encoding: deflate')),
                  Mock(BOMB, 80, page(bomb, 'Content-Type: text/html', 'Content-Encoding: gzip')),
                  Mock(LOWER, 80, page(b'ok', 'server: nginx/1.22.1', 'x-powered-by: PHP/8.2.7'))]
        # The last is an address that the policy refuses.
        peers.file('hosts', ''.join(f'{a} {host(n)}\n' for n, a in NAMES.items()) + '10.1.2.3 inner.example.net\n')
        result = scan('--format', 'json', '--hosts-file', peers.folder / 'hosts', '--ca-file', peers.folder / 'root.pem',
                      *(host(name) for name in NAMES), PACKED, BOMB, LOWER, timeout=200)
        assert result.json, result.errors
        result.hosts = peers.folder / 'hosts'
        yield result
    finally:
        for mock in mocks:
            mock.close()
        peers.stop()


def checks(outcome, name):
    return {f['check'] for f in outcome.json['findings'] if f['target'].split(':')[0] == name}


@pytest.mark.parametrize('name,finding', [('redirect', False), ('stays', True), ('error', False), ('loop', True)])
def test_w4_port_80_is_judged_by_where_it_leads(outcome, name, finding):
    """W4: a redirect to https is in order, and so is a server that has nothing but errors."""
    assert ('http_no_https_redirect' in checks(outcome, host(name))) == finding


@pytest.mark.parametrize('port', [80, 443])
def test_w10_the_server_hears_the_name(outcome, port):
    """W10: Host and SNI are the name; the server knows no other."""
    assert outcome.facts(host('named'), 'http.status', port) == [200]


@pytest.mark.parametrize('port', [80, 8080])
def test_w11_a_packed_body_in_many_pieces_is_read_to_its_end(outcome, port):
    """W11: the script at the end is seen through gzip, deflate, chunks and packets."""
    assert outcome.facts(PACKED, 'sri.external', port) == [1]
    assert outcome.facts(PACKED, 'sri.pinned', port) == [False]


def test_w11_a_bomb_is_bounded(outcome):
    """W11: 60 MB in a few kilobytes are unpacked to the bound, and the scan goes on."""
    assert outcome.facts(BOMB, 'http.status', 80) == [200]
    assert outcome.facts(BOMB, 'sri.external', 80) == [0]


def test_w12_cookies_are_judged_by_their_attributes(outcome):
    """W12: a name or a path is no flag, None needs Secure, a cookie that is deleted is none, a prefix has to be kept."""
    details = {f['check']: f['technical_detail'].split(': ')[1] for f in outcome.json['findings']
               if f['check'].startswith('cookie_') and f['target'] == f'{host("cookies")}:443'}
    assert details == {'cookie_secure': 'secure_session, cross.', 'cookie_httponly': 'secure_session, cross.',
                       'cookie_samesite': 'secure_session, cross.', 'cookie_prefix': '__Host-id.'}


def test_w15_no_value_of_a_cookie_is_shown(outcome):
    """W15: names and attributes stay, values do not."""
    assert 'secure_session=***; Path=/secure' in outcome.text
    assert 's3cr3t' not in outcome.text


def test_w19_headers_have_any_case(outcome):
    """W19: "server" is Server."""
    assert outcome.facts(LOWER, 'http.server', 80) == ['nginx/1.22.1']
    assert outcome.facts(LOWER, 'http.versions_shown', 80) == ['Server: nginx/1.22.1, X-Powered-By: PHP/8.2.7']


def test_w28_an_ipv6_address_is_asked():
    """W28: a literal stands in brackets in Host, and the host is not lost."""
    asked = []

    def serve(connection):
        asked.append(connection.recv(65536).decode('latin-1'))
        connection.sendall(b'HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nConnection: close\r\n\r\n')
    try:
        mock = Mock('::1', 8080, serve)
    except OSError:
        pytest.skip('this system has no IPv6')
    try:
        done = subprocess.run([BINARY, 'scan', '--format', 'json', '--facts', '--allow-networks', '::1/128', '::1'], timeout=60,
                              capture_output=True, text=True)
    finally:
        mock.close()
    six = Outcome(done, 0)
    assert six.json, six.errors
    assert six.facts('::1', 'http.frame_protection', 8080) == [True]
    requests = [request for request in asked if ' HTTP/1.1' in request]
    assert requests and all('\r\nHost: [::1]' in request for request in requests)


def test_w47_what_is_found_several_times_in_one_place_is_one_finding(outcome):
    """W47: three scripts of a page are one finding that lists them; so are cookies."""
    findings = [f for f in outcome.json['findings'] if f['check'] == 'sri_missing' and f['target'] == f'{host("scripts")}:443']
    assert [f['technical_detail'].split(': ', 1)[1] for f in findings] == [
        '//cdn.example.org/a.js, //cdn.example.org/b.js, https://cdn.example.org/e.css.']
    assert findings[0]['message'] == 'Subresource Integrity (SRI) Missing'


def test_w96_policies_are_judged_and_not_on_errors(outcome):
    """W96: a missing policy is a finding, an error page of a proxy is not the site."""
    assert {'csp_missing', 'frame_protection_missing', 'hsts_missing'} <= checks(outcome, host('redirect'))
    assert not {'csp_missing', 'frame_protection_missing', 'hsts_missing'} & checks(outcome, host('errors'))


def test_the_page_that_a_visitor_sees_is_looked_at(outcome):
    """Behind a redirect on the same server: its policy and its cookies."""
    assert outcome.facts(host('login'), 'http.status', 443) == [302]
    assert outcome.facts(host('login'), 'http.csp_weaknesses', 443) == [["'unsafe-inline'"]]
    assert outcome.facts(host('login'), 'cookie.secure', 443) == [True]


def test_a_site_that_lets_everybody_read_is_found(outcome):
    assert 'cors_open' in checks(outcome, host('open'))
    assert 'cors_open' not in checks(outcome, host('redirect'))


def test_a_redirect_to_an_inner_address_is_recorded_and_not_followed(outcome):
    """The name leads to a private network, which was not allowed."""
    assert outcome.facts(host('inside'), 'observatory.redirection', 80) == ['redirection-not-to-https']
    assert not [error for error in outcome.asset(host('inside'))['errors'] if 'HTTP' in error]


def test_a_redirect_loop_ends(outcome):
    assert outcome.facts(host('loop'), 'observatory.redirection', 80) == ['redirection-not-to-https']
    assert not [error for error in outcome.asset(host('loop'))['errors'] if 'HTTP' in error]
