"""Certificates that are looked at while somebody waits; what a scan sees of them is tested in tests/scan."""
import json
import ssl
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import check_roles, issues
from contract import SOURCE
from server import DATABASE, Server, new_database

sys.path.insert(0, str(SOURCE / 'tests/scan'))

from authority import Authority, TlsServer, Web  # noqa: E402
from peers import Mock  # noqa: E402

PORT = 8443
CT_PORT = 8083
WEB = '127.83.1.250'
RESPONDER = f'http://{WEB}:{CT_PORT}/'

# name: how its certificate is made
CASES = {
    'good': lambda a, h: a.leaf('good', h),
    'expired': lambda a, h: a.leaf('expired', h, start=-90, days=-3),
    'week': lambda a, h: a.leaf('week', h, days=5),
    'month': lambda a, h: a.leaf('month', h, days=20),
    'selfsigned': lambda a, h: a.self_signed('selfsigned', h),
    'wronghost': lambda a, h: a.leaf('wronghost', 'other.example.test'),
    'incomplete': lambda a, h: a.leaf('incomplete', h, chain=[]),
    'rsa1024': lambda a, h: a.leaf('rsa1024', h, key='rsa1024'),
    'rsa4096': lambda a, h: a.leaf('rsa4096', h, key='rsa4096'),
    'p256': lambda a, h: a.leaf('p256', h, key='p256'),
    'p384': lambda a, h: a.leaf('p384', h, key='p384'),
    'revoked': lambda a, h: a.leaf('revoked', h, ocsp_url=RESPONDER + 'revoked'),
    'ocsp': lambda a, h: a.leaf('ocsp', h, ocsp_url=RESPONDER + 'good'),
    'noocsp': lambda a, h: a.leaf('noocsp', h, ocsp_url=RESPONDER + 'broken'),
    'namesake': lambda a, h: a.leaf('namesake', h, namesake(a)),
    'wild': lambda a, h: a.leaf('wild', h, sans=['*.example.test', h, '192.0.2.1']),
}
OTHERS = {'closed': '127.83.1.200', 'silent': '127.83.1.201', 'garbage': '127.83.1.202', 'oldtls': '127.83.1.203',
          'inside': '10.0.0.7'}
ADDRESS = {case: f'127.83.1.{n}' for n, case in enumerate(CASES, 1)} | OTHERS


def namesake(authority):
    """An intermediate whose name holds another authority's short name."""
    return authority.ca('R3 Devices Ltd', authority.root)


def host(case):
    return f'{case}.example.test'


def silent(connection):
    connection.settimeout(40)
    while connection.recv(4096):
        pass


def garbage(connection):
    connection.sendall(b'\x16\x03\x01\xff\xff' + b'\x00' * 600)
    silent(connection)


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    """The servers that are looked at, a responder, and a search service."""
    folder = tmp_path_factory.mktemp('bench')
    authority = Authority(folder)
    certs = {case: make(authority, host(case)) for case, make in CASES.items()}
    web = Web(WEB, CT_PORT)
    ca = authority.intermediate
    web.answers['/revoked'] = lambda _: authority.ocsp(certs['revoked'], ca, True)
    web.answers['/good'] = lambda _: authority.ocsp(certs['ocsp'], ca, False)
    pins = 'Public-Key-Pins: pin-sha256="x"; max-age=1\r\nExpect-CT: max-age=1\r\n'
    servers = [TlsServer(folder, case, ADDRESS[case], PORT, pins if case == 'wild' else '') for case in CASES]
    servers += [TlsServer(folder, 'good', ADDRESS['oldtls'], PORT, oldest=ssl.TLSVersion.TLSv1),
                Mock(ADDRESS['silent'], PORT, silent), Mock(ADDRESS['garbage'], PORT, garbage)]
    (folder / 'hosts').write_text(''.join(f'{address} {host(case)}\n' for case, address in ADDRESS.items())
                                  + f'{ADDRESS["good"]} two.example.test\n{ADDRESS["closed"]} two.example.test\n')
    web.folder, web.certs = folder, certs
    yield web
    for one in servers:
        one.close()
    web.close()


def settings(bench, **more):
    own = {'DATABASE_URL': new_database(f'certificates_{uuid.uuid4().hex}')} if DATABASE else {}
    return {'HOSTS_FILE': str(bench.folder / 'hosts'), 'CA_FILE': str(bench.folder / 'root.pem'),
            'CT_SEARCH_URL': RESPONDER + 'search?q={domain}', **own, **more}


@pytest.fixture(scope='module')
def server(bench, tmp_path_factory):
    with Server(tmp_path_factory.mktemp('certificates'), **settings(bench)) as one:
        yield one


def check(client, case, expect=200, port=PORT):
    return client.post('/certificates/check', json={'domain': host(case), 'port': port}, expect=expect).json()


def graves(got):
    return [one['severity'] for one in got['findings']]


def test_a_good_certificate(admin, bench):
    got = check(admin, 'good')
    assert got | {'domain': 'good.example.test', 'ip': ADDRESS['good'], 'port': PORT,
                  'subject': {'commonName': 'good.example.test'},
                  'issuer': {'organizationName': 'Test Authority', 'commonName': 'Test Intermediate'},
                  'sans': ['good.example.test'], 'wildcard': {'is_wildcard': False, 'domains': []},
                  'ca': {'type': 'commercial', 'organization': 'Test Authority'},
                  'ocsp': {'status': 'UNKNOWN', 'url': '', 'source': ''},
                  'ct': {'logged': False, 'log_count': 0, 'first_seen': None},
                  'pinning': {'hpkp': False, 'expect_ct': False}, 'hostname_match': True,
                  'signature_algorithm': 'sha256WithRSAEncryption', 'score': 100, 'findings': [], 'errors': []} == got
    cert = bench.certs['good']
    assert got['serial_number'].lstrip('0') == f'{cert.serial_number:X}'
    assert got['tls']['version'] == 'TLSv1.3' and got['tls']['weak_protocols'] == []
    assert got['validity']['not_after'] == cert.not_valid_after.isoformat() + '+00:00'
    assert got['validity'] | {'is_expired': False, 'expiry_risk': 'OK'} == got['validity']
    assert got['validity']['days_remaining'] in (59, 60)
    assert [one['type'] for one in got['chain']['details']] == ['leaf', 'intermediate']


@pytest.mark.parametrize('case, type, size, strength', [
    ('good', 'RSA', 2048, 'ACCEPTABLE'), ('rsa1024', 'RSA', 1024, 'WEAK'), ('rsa4096', 'RSA', 4096, 'STRONG'),
    ('p256', 'ECDSA', 256, 'ACCEPTABLE'), ('p384', 'ECDSA', 384, 'STRONG')])
def test_the_key_is_that_of_the_certificate(admin, case, type, size, strength):
    """W65: type and size are read from the certificate, not guessed from the suite."""
    key = check(admin, case)['key']
    assert (key['type'], key['size'], key['strength']) == (type, size, strength)


@pytest.mark.parametrize('case, status, source, score', [
    ('ocsp', 'GOOD', 'ocsp', 100), ('revoked', 'REVOKED', 'ocsp', 60), ('noocsp', 'UNKNOWN', '', 100)])
def test_revocation_is_asked_for(admin, case, status, source, score):
    """W66: an address in the certificate is no GOOD, and REVOKED is seen."""
    got = check(admin, case)
    assert (got['ocsp']['status'], got['ocsp']['source'], got['score']) == (status, source, score)
    assert got['ocsp']['url'].startswith(RESPONDER)


@pytest.mark.parametrize('case, risk, graves_, score, valid', [
    ('expired', 'EXPIRED', ['CRITICAL'], 60, False), ('week', 'CRITICAL_7D', ['CRITICAL'], 60, True),
    ('month', 'WARNING_30D', ['HIGH'], 80, True), ('selfsigned', 'OK', ['HIGH'], 80, False),
    ('wronghost', 'OK', ['CRITICAL'], 60, False), ('incomplete', 'OK', ['CRITICAL'], 60, False),
    ('rsa1024', 'OK', ['HIGH'], 80, True)])
def test_what_is_wrong_is_seen_and_scored(admin, case, risk, graves_, score, valid):
    """W67: expired, self-signed and untrusted ones are fetched and judged, not given up with score 0."""
    got = check(admin, case)
    assert got['fingerprint_sha256'] and got['errors'] == []
    assert (got['validity']['expiry_risk'], graves(got), got['score'], got['chain']['valid']) == (risk, graves_, score, valid)
    assert all(one['message'] and one['remediation'] for one in got['findings'])


def test_nothing_good_hides_a_finding(admin):
    """W75: a HIGH finding costs 20 whatever else is good; the name's match has a member of its own."""
    assert check(admin, 'month')['score'] == 80
    got = check(admin, 'wronghost')
    assert got['hostname_match'] is False and got['chain']['valid'] is False


def test_the_chain_is_what_was_sent(admin):
    """W69: the real chain, and an authority by its organisation, not by a fragment of another's name."""
    assert check(admin, 'incomplete')['chain']['length'] == 1
    got = check(admin, 'namesake')
    assert got['chain']['details'][1]['subject'] == 'CN=R3 Devices Ltd,O=Test Authority'
    assert got['ca']['type'] == 'commercial'
    assert check(admin, 'selfsigned')['ca']['type'] == 'self-signed'


def test_names_and_headers(admin):
    got = check(admin, 'wild')
    assert got['sans'] == ['*.example.test', 'wild.example.test']
    assert got['wildcard'] == {'is_wildcard': True, 'domains': ['*.example.test']}
    assert got['pinning'] == {'hpkp': True, 'expect_ct': True}


def test_old_versions_are_findings(admin):
    got = check(admin, 'oldtls')
    assert got['tls']['weak_protocols'] == ['TLSv1.0', 'TLSv1.1']
    # Its certificate is another's too.
    assert graves(got) == ['CRITICAL', 'HIGH', 'HIGH'] and got['score'] == 20


@pytest.mark.parametrize('case', ['closed', 'silent', 'garbage'])
def test_a_server_that_is_not_reached_is_an_answer_with_a_reason(admin, case):
    start = time.monotonic()
    got = check(admin, case)
    assert time.monotonic() - start < 20
    assert got['score'] == 0 and got['findings'] == [] and got['fingerprint_sha256'] == ''
    assert got['errors'] and got['errors'][0].startswith('TLS handshake failed: ')
    assert got['hostname_match'] is None and got['validity']['expiry_risk'] == 'OK'
    assert set(got) == set(check(admin, 'good'))


@pytest.mark.parametrize('domain', ['localhost', '127.0.0.1', 'inside.example.test', 'no such name', 'x', '*.example.test',
                                    'metadata.google.internal', '203.0.113.9', 'http://', 'a' * 512])
def test_a_target_that_is_none_is_refused_without_a_reason(admin, domain):
    reply = admin.post('/certificates/check', json={'domain': domain, 'port': PORT}, expect=422)
    assert reply.json()['detail'] == 'Invalid or disallowed target.'
    assert not issues(reply)


@pytest.mark.parametrize('port', [80, 22, 444, 65535])
def test_only_ports_of_tls(admin, port):
    reply = admin.post('/certificates/check', json={'domain': 'localhost', 'port': port}, expect=422)
    assert reply.json()['detail'] == f'Unsupported port {port}: only TLS service ports may be analyzed.'


@pytest.mark.parametrize('path, body, loc', [
    ('check', {}, 'body.domain'), ('check', {'domain': ''}, 'body.domain'), ('check', {'domain': 'x' * 513}, 'body.domain'),
    ('check', {'domain': 'a.test', 'port': 0}, 'body.port'), ('check', {'domain': 'a.test', 'port': 65536}, 'body.port'),
    ('check', {'domain': 'a.test', 'port': '443'}, 'body.port'), ('bulk-check', {'domains': []}, 'body.domains'),
    ('bulk-check', {'domains': ['a.test'] * 51}, 'body.domains'), ('bulk-check', {'domains': [1]}, 'body.domains.0'),
    ('bulk-check', {}, 'body.domains')])
def test_fields_are_checked(admin, path, body, loc):
    assert loc in issues(admin.post(f'/certificates/{path}', json=body, expect=422))


def bulk(client, domains):
    return client.post('/certificates/bulk-check', json={'domains': domains, 'port': PORT}, expect=200).json()


def test_bulk_keeps_the_order_and_fails_by_item(admin):
    sent = [host('month'), 'localhost', host('good'), host('closed'), host('expired'), host('good'), 'INSIDE.example.test']
    got = bulk(admin, sent)
    results = got['results']
    assert [one['domain'] for one in results] == sent
    for at in (1, 6):
        assert results[at] == {'domain': sent[at], 'error': 'Invalid or disallowed target', 'score': 0}
    assert [one['score'] for one in results] == [80, 0, 100, 0, 60, 100, 0]
    assert got['summary'] == {'total': 7, 'average_score': 48.6, 'expiring_soon': 2, 'lowest_score': 0}
    assert set(results[0]) == set(check(admin, 'month'))


def test_bulk_runs_them_side_by_side(admin):
    """W76: fifty names, silent ones among them, take no longer than the slowest, with one deadline each."""
    start = time.monotonic()
    got = bulk(admin, ([host('good'), host('p256'), host('silent'), host('month')] * 13)[:50])
    assert time.monotonic() - start < 28
    assert len(got['results']) == 50 and got['summary']['lowest_score'] == 0
    assert {one['score'] for one in got['results'] if one['domain'] == host('good')} == {100}


def test_only_so_many_at_once(server):
    """W76: there is a cap on what runs at once; beyond it the answer is 503 with Retry-After."""
    admin = server.register().bearer()

    def ask(_):
        return admin.session.post(f'{server.url}/api/v1/certificates/bulk-check', timeout=60, json={
            'domains': [f'n{i}.silent.example.test' for i in range(39)] + [host('silent')], 'port': PORT})

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(ask, range(6)))
    codes = sorted(reply.status_code for reply in replies)
    assert set(codes) == {200, 503}
    for reply in replies:
        if reply.status_code == 503:
            assert int(reply.headers['Retry-After']) >= 1


def test_a_name_with_several_addresses_is_looked_at_once(admin):
    got = bulk(admin, ['two.example.test'])['results'][0]
    assert got['ip'] in (ADDRESS['good'], ADDRESS['closed'])


# ---- what was seen last

def test_what_was_seen_is_listed_by_its_end(server):
    """W77: the latest of each name and port stays, those that end first at the top."""
    account = server.register()
    admin = account.bearer()
    bulk(admin, [host('good'), host('expired'), host('closed'), host('week')])
    check(admin, 'good')
    got = admin.get('/certificates', expect=200).json()
    assert [one['domain'] for one in got['items']] == [host('expired'), host('week'), host('good')]
    assert got['total'] == 3
    assert [one['expiry_risk'] for one in got['items']] == ['EXPIRED', 'CRITICAL_7D', 'OK']
    assert [one['score'] for one in got['items']] == [60, 60, 100]
    second = admin.get('/certificates?page=2&page_size=1', expect=200).json()
    assert second['items'] == got['items'][1:2] and second['total'] == 3
    assert server.register().bearer().get('/certificates', expect=200).json()['items'] == []


def test_a_key_that_is_shared_is_counted(server):
    admin = server.register().bearer()
    bulk(admin, [host('good'), host('oldtls'), host('p256')])
    got = {one['domain']: one['key_shared'] for one in admin.get('/certificates', expect=200).json()['items']}
    assert got == {host('good'): 1, host('oldtls'): 1, host('p256'): 0}


def test_a_scan_fills_the_list(bench, start):
    """W77: what a scan saw of a name stands there as what a check saw."""
    one = start(**settings(bench, WITH_WORKER='on'))
    admin = one.register().bearer()
    assets = [admin.post('/assets', expect=201, json={'name': case, 'target_type': 'domain', 'target_value': host(case)}).json()['id']
              for case in ('good', 'month')]
    scan = admin.post('/scans', expect=201, json={'name': 'A scan', 'asset_ids': assets}).json()['id']
    end = time.monotonic() + 60
    while admin.get(f'/scans/{scan}').json()['status'] in ('pending', 'running') and time.monotonic() < end:
        time.sleep(0.2)
    assert admin.get(f'/scans/{scan}').json()['status'] == 'completed'
    got = admin.get('/certificates', expect=200).json()['items']
    assert [(c['domain'], c['port'], c['score']) for c in got] == [(host('month'), PORT, 80), (host('good'), PORT, 100)]


def test_a_server_that_is_gone_leaves_what_was_seen(server, bench):
    admin = server.register().bearer()
    check(admin, 'good')
    before = admin.get('/certificates').json()['items']
    server.sql('UPDATE certificate SET port = 443 WHERE domain = ?', host('good'))
    check(admin, 'good', port=443)
    after = admin.get('/certificates').json()['items']
    assert [one['fingerprint_sha256'] for one in after] == [one['fingerprint_sha256'] for one in before]


def test_the_audit_log_has_checks(server):
    account = server.register()
    admin = account.bearer()
    check(admin, 'good')
    bulk(admin, [host('good')])
    rows = admin.get('/audit-logs?action=certificate.checked', expect=200).json()['items']
    details = [one['details'] if isinstance(one['details'], dict) else json.loads(one['details']) for one in rows]
    assert {'domain': host('good'), 'port': PORT, 'score': 100} in details
    assert {'domains': 1, 'port': PORT} in details


# ---- public logs

ENTRY = {'issuer_ca_id': 1, 'issuer_name': 'C=US, O=Somebody, CN=CA', 'common_name': 'found.example.test',
         'name_value': 'found.example.test', 'entry_timestamp': '2026-01-01T00:00:00', 'not_after': '2026-12-01T00:00:00',
         'serial_number': '0a'}


def entries(count):
    return [{**ENTRY, 'id': n, 'not_before': f'2026-01-01T00:{n // 60:02}:{n % 60:02}'} for n in range(1, count + 1)]


def serve(bench, value):
    bench.asked.clear()
    bench.answers['/search'] = value if callable(value) else lambda _: json.dumps(value).encode()


def search(client, domain, expect=200):
    return client.get(f'/certificates/ct-logs/{domain}', expect=expect)


def test_logs_are_searched_once_and_kept(server, admin, bench):
    """W68: the answer is kept, newest first, fifty of them, each number once, for all organisations."""
    serve(bench, entries(60) + entries(3))
    got = search(admin, 'Kept.Example.Test').json()
    assert got['domain'] == 'kept.example.test' and got['total'] == 60 and 'error' not in got
    assert [one['id'] for one in got['entries']] == list(range(60, 10, -1))
    assert got['entries'][0] == {'id': 60, 'issuer': ENTRY['issuer_name'], 'common_name': 'found.example.test',
                                 'not_before': '2026-01-01T00:01:00', 'not_after': ENTRY['not_after'], 'serial': '0a'}
    assert bench.asked == ['/search?q=kept.example.test']
    assert search(admin, 'kept.example.test').json() == got
    assert search(server.register().bearer(), 'kept.example.test').json() == got
    assert len(bench.asked) == 1


def test_what_was_kept_too_long_is_asked_for_again(server, admin, bench):
    serve(bench, entries(1))
    search(admin, 'old.example.test')
    server.sql('UPDATE ct_cache SET fetched_at = fetched_at - 90000000000 WHERE domain = ?', 'old.example.test')
    search(admin, 'old.example.test')
    assert len(bench.asked) == 2


def test_what_cannot_be_asked_says_so(admin, bench):
    """W68: "unavailable" is no "not logged", and it is not kept."""
    serve(bench, lambda _: None)
    assert search(admin, 'down.example.test').json() == {
        'domain': 'down.example.test', 'entries': [], 'error': 'crt.sh unavailable'}
    serve(bench, lambda _: b'<html>busy</html>')
    assert search(admin, 'down.example.test').json() == {
        'domain': 'down.example.test', 'entries': [], 'error': 'CT-log lookup failed'}
    serve(bench, [])
    assert search(admin, 'down.example.test').json() == {'domain': 'down.example.test', 'total': 0, 'entries': []}


@pytest.mark.parametrize('domain', ['localhost', '10.0.0.1', 'a%20b.test', '%25.test', 'x'])
def test_a_name_that_is_none_is_not_searched(admin, bench, domain):
    """W68: what is sent to a third party is a name."""
    serve(bench, [])
    assert search(admin, domain, expect=422).json()['detail'] == 'Invalid or disallowed target.'
    assert bench.asked == []


def test_the_search_can_be_switched_off(bench, start):
    """W68: with CT_SEARCH_URL empty nobody is asked; a check of a certificate never asks."""
    one = start(**settings(bench, CT_SEARCH_URL=''))
    admin = one.register().bearer()
    bench.asked.clear()
    assert search(admin, 'off.example.test').json() == {
        'domain': 'off.example.test', 'entries': [], 'error': 'CT-log lookup is switched off'}
    check(admin, 'good')
    assert bench.asked == []


def test_roles(server):
    owner = server.register()
    team = {'admin': owner.bearer(), **{role: owner.member(role).bearer() for role in ('auditor', 'viewer')}}
    both = {'auditor', 'admin'}
    check_roles(team, [
        ('GET', '/certificates', None, {'viewer', *both}, 200, ''),
        ('POST', '/certificates/check', {'domain': 'localhost'}, both, 422, 'admin, auditor'),
        ('POST', '/certificates/bulk-check', {'domains': []}, both, 422, 'admin, auditor'),
        ('GET', '/certificates/ct-logs/localhost', None, both, 422, 'admin, auditor'),
    ])


@pytest.mark.parametrize('method, path, limit', [
    ('POST', '/certificates/check', 20), ('POST', '/certificates/bulk-check', 5), ('GET', '/certificates/ct-logs/localhost', 30)])
def test_limits(bench, start, method, path, limit):
    one = start(**settings(bench, RATE_LIMITS='on'))
    admin = one.register().bearer()
    body = {'domain': 'localhost'} if path.endswith('/check') else {'domains': ['localhost']}
    codes = [admin.request(method, path, json=body if method == 'POST' else None).status_code for _ in range(limit + 1)]
    assert codes[:-1] == [200 if 'bulk' in path else 422] * limit and codes[-1] == 429
