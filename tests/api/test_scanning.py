"""What was weak about scanning, as the API shows it. The numbers are those of the list of
weaknesses in scanning; that of the accounts has its own."""
import socketserver
import ssl
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import people
import seed
from client import issues

SECONDS = 60


@pytest.fixture
def mine(working):
    """A new organisation on the server that has a worker."""
    return working.register()


@pytest.fixture
def client(mine):
    return mine.bearer()


def add(client, value='127.0.0.1', kind='ip', expect=201):
    return client.post('/assets', expect=expect, json={
        'name': value, 'target_type': kind, 'target_value': value}).json()


def scan(client, *assets, **more):
    return client.post('/scans', expect=201, json={
        'name': 'A scan', 'asset_ids': [asset['id'] for asset in assets], **more}).json()


def ended(client, scan_id):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        got = client.get(f'/scans/{scan_id}', expect=200).json()
        if got['status'] not in ('pending', 'running'):
            return got
        time.sleep(0.1)
    raise AssertionError(f'it did not end: {got}')


def put_job(server, account, scan_id, **columns):
    """The job of a scan, where POST /scans would have put it."""
    row = {'id': seed.new_id(), 'org_id': account.org, 'kind': 'scan', 'lane': 'scan',
           'args': f'{{"id":"{scan_id}"}}', 'state': 'queued', 'run_at': 0, 'created_at': 0,
           'updated_at': 0, **columns}
    server.insert('job', **row)
    return row['id']


def events(client, kind):
    return client.get(f'/events?kind={kind}', expect=200).json()['items']


# ---- machines to look at ----

class Machine:
    """Whatever `answer` does with a connection, on one port of one address."""

    def __init__(self, address, port, answer):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    answer(self.request)
                except OSError:
                    pass

        self.server = socketserver.ThreadingTCPServer((address, port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def machine():
    running = []

    def make(address, port, answer):
        try:
            running.append(Machine(address, port, answer))
        except PermissionError as error:
            pytest.skip(f'port {port}: {error}')

    yield make
    for one in running:
        one.close()


def open_redis(connection):
    """Redis that asks nobody for a password (its protocol, RESP)."""
    info = b'redis_version:7.0.15\r\nredis_mode:standalone\r\n'
    while data := connection.recv(4096):
        for line in data.upper().split(b'\r\n'):
            if line.startswith(b'PING'):
                connection.sendall(b'+PONG\r\n')
            elif line.startswith(b'INFO'):
                connection.sendall(b'$%d\r\n%s\r\n' % (len(info), info))


def silent(connection):
    time.sleep(SECONDS)


def tls_until(days, folder):
    """TLS with a certificate that has so many days left."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'here.example.com')])
    now = datetime.now(timezone.utc)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1).not_valid_before(now - timedelta(1))
            .not_valid_after(now + timedelta(days)).sign(key, hashes.SHA256()))
    file = folder / 'server.pem'
    file.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()) + cert.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')

    return answer


# ---- what a scan is asked for ----

@pytest.mark.parametrize('kind', ['full', 'quick', 'custom', 'Quick', 'deep and wide'])
def test_any_scan_type_is_taken(client, kind):
    """W30: the type was free text without effect; other words than ours count as full."""
    made = scan(client, add(client), scan_type=kind, features={'port_scan': False})
    assert made['scan_type'] == made['config_snapshot']['scan_type'] == kind
    assert ended(client, made['id'])['status'] == 'completed'


def test_the_job_and_the_scan_come_together(working, mine, client):
    """W49: the job was queued before its scan was committed, and stayed pending."""
    made = [scan(client, add(client, f'127.0.0.{n}'), features={'port_scan': False})
            for n in range(1, 9)]
    for one in made:
        assert ended(client, one['id'])['status'] == 'completed'
    rows = working.sql('SELECT state FROM job WHERE org_id = ?', mine.org)
    assert rows == [('done',)] * 8


# ---- while it runs ----

@pytest.mark.parametrize('columns, progress', [
    ({'status': 'pending', 'hosts_total': None}, None), ({'status': 'running'}, 40),
    ({'status': 'running', 'hosts_total': None}, None), ({'status': 'running', 'hosts_total': 0}, None),
    ({'status': 'running', 'hosts_scanned': 10}, 99), ({'status': 'completed'}, 100),
    ({'status': 'failed'}, None)])
def test_progress_is_told(account, admin, columns, progress):
    """W34: there was no progress."""
    row = {'hosts_total': 10, 'hosts_scanned': 4, 'hosts_alive': 3, **columns}
    scan_id = seed.scan(account, **row)
    got = admin.get(f'/scans/{scan_id}', expect=200).json()
    assert got['progress'] == progress and got['targets_total'] == row['hosts_total']
    assert admin.get('/scans').json()['items'] == [got]


def test_what_is_found_is_kept_when_the_scan_fails(working, mine, client):
    """W34: a failure lost all results."""
    scan_id = seed.scan(mine, status='running', completed_at=None)
    seed.results(mine, scan_id, 3)
    put_job(working, mine, scan_id, state='running', attempts=5, lease_until=1, worker='gone')
    assert ended(client, scan_id)['status'] == 'failed'
    assert client.get(f'/scans/{scan_id}/results', expect=200).json()['total'] == 3


def test_a_scan_whose_workers_die_ends(working, mine, client):
    """W33: after a crash of the worker the row stayed running for ever."""
    scan_id = seed.scan(mine, status='running', completed_at=None, duration_seconds=None)
    put_job(working, mine, scan_id, state='running', attempts=5, lease_until=1, worker='gone')
    got = ended(client, scan_id)
    assert got['status'] == 'failed' and got['completed_at']
    assert 'given up after 5 attempts' in got['error_message']


def test_a_scan_whose_worker_died_is_taken_up(working, mine, client):
    """W33: and nobody took it up again."""
    made = add(client)
    scan_id = seed.scan(mine, status='running', completed_at=None, config_snapshot=(
        '{"name":"x","domains":[],"ip_ranges":["127.0.0.1"],"features":{"port_scan":false}}'))
    put_job(working, mine, scan_id, state='running', attempts=1, lease_until=1, worker='gone')
    assert made and ended(client, scan_id)['status'] == 'completed'


def test_a_cancelled_scan_stays_cancelled(client, machine):
    """W35: a late worker wrote `completed` over it, and it had no end."""
    machine('127.0.0.31', 80, silent)
    made = scan(client, add(client, '127.0.0.31'), scan_timeout=3)
    deadline = time.monotonic() + SECONDS
    while client.get(f'/scans/{made["id"]}').json()['status'] != 'running':
        assert time.monotonic() < deadline
        time.sleep(0.05)
    got = client.post(f'/scans/{made["id"]}/cancel', expect=200).json()
    assert got['status'] == 'cancelled' and got['completed_at'] and got['duration_seconds'] >= 0
    time.sleep(4)
    assert client.get(f'/scans/{made["id"]}', expect=200).json() == got
    assert events(client, 'scan.completed') == events(client, 'scan.failed') == []


def test_a_scan_that_was_cancelled_before_is_not_begun(working, mine, client):
    """W35: the worker did not look before it started."""
    scan_id = seed.scan(mine, status='cancelled')
    job = put_job(working, mine, scan_id)
    deadline = time.monotonic() + SECONDS
    while working.sql('SELECT state FROM job WHERE id = ?', job) != [('done',)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert client.get(f'/scans/{scan_id}', expect=200).json()['status'] == 'cancelled'
    assert client.get(f'/scans/{scan_id}/results').json()['total'] == 0


def test_deleting_a_running_scan_ends_it(working, client, machine):
    """W58: the job went on running."""
    machine('127.0.0.32', 80, silent)
    made = scan(client, add(client, '127.0.0.32'), scan_timeout=30)
    deadline = time.monotonic() + SECONDS
    while client.get(f'/scans/{made["id"]}').json()['status'] != 'running':
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client.delete(f'/scans/{made["id"]}', expect=204)
    rows = working.sql('SELECT state FROM job WHERE id = ?', made['celery_task_id'])
    assert rows in ([], [('cancelled',)])
    client.get(f'/scans/{made["id"]}', expect=404)
    assert ended(client, scan(client, add(client), features={'port_scan': False})['id'])[
        'status'] == 'completed'


# ---- what it finds ----

def test_a_finding_lives_on_from_scan_to_scan(client, machine):
    """W38, W37, W73: each scan had rows of its own, and decisions were lost."""
    machine('127.0.0.33', 6379, open_redis)
    asset = add(client, '127.0.0.33')
    first = ended(client, scan(client, asset)['id'])
    assert first['findings_critical'] >= 1
    seen = client.get(f'/scans/{first["id"]}/findings', expect=200).json()['items']
    finding, = (f for f in seen if f['check_id'] == 'redis_no_auth')
    result, = client.get(f'/scans/{first["id"]}/results').json()['items']
    assert finding['scan_result_id'] == result['id']
    criticals = [f['id'] for f in seen if f['severity'] == 'CRITICAL']
    told = events(client, 'finding.new_critical')
    assert sorted(e['subject_id'] for e in told) == sorted(criticals)
    assert {e['scan_id'] for e in told} == {first['id']}
    path = f'/findings/{finding["id"]}'
    client.patch(path, expect=200, json={'status': 'accepted_risk', 'resolution_note': 'known'})

    second = ended(client, scan(client, asset)['id'])
    again = client.get(path, expect=200).json()
    assert again | {'status': 'accepted_risk', 'resolution_note': 'known', 'occurrences': 2,
                    'scan_id': second['id'], 'first_seen_at': finding['first_seen_at']} == again
    assert again['last_seen_at'] > finding['last_seen_at']
    assert client.get('/findings').json()['total'] == len(seen)
    assert client.get('/findings/stats').json()['total'] == len(seen)
    assert len(events(client, 'finding.new_critical')) == len(told)
    same = client.get(f'/scans/{second["id"]}/compare/{first["id"]}', expect=200).json()
    assert same['summary'] == {'new': 0, 'resolved': 0, 'persistent': len(seen)}

    client.patch(path, expect=200, json={'status': 'resolved'})
    ended(client, scan(client, asset)['id'])
    back = client.get(path, expect=200).json()
    assert back['status'] == 'open' and back['resolved_at'] is None
    assert back['resolution_note'] == 'known' and back['occurrences'] == 3
    assert [e['subject_id'] for e in events(client, 'finding.new_critical')][0] == finding['id']
    assert len(events(client, 'finding.new_critical')) == len(told) + 1


def test_a_certificate_that_expires_is_told_once(client, machine, tmp_path):
    """W73, W77: nobody was told of a certificate that is about to expire."""
    machine('127.0.0.34', 443, tls_until(20, tmp_path))
    asset = add(client, '127.0.0.34')
    for _ in range(2):
        ended(client, scan(client, asset)['id'])
    event, = events(client, 'certificate.expiring')
    assert client.get(f'/findings/{event["subject_id"]}', expect=200).json()[
        'check_id'] == 'cert_expires_30'


def test_findings_of_a_scan_come_worst_first(account, admin):
    """W31: they were sorted by the alphabet, LOW before MEDIUM."""
    scan_id = seed.scan(account)
    seed.findings(account, scan_id, *({'severity': s} for s in
                                      ('LOW', 'INFO', 'MEDIUM', 'HIGH', 'CRITICAL') * 3))
    ranks = [seed.RANKS[f['severity']] for page in (1, 2, 3) for f in admin.get(
        f'/scans/{scan_id}/findings?page={page}&page_size=5', expect=200).json()['items']]
    assert ranks == sorted(ranks) and len(ranks) == 15


@pytest.mark.parametrize('path', ['/findings', '/scans/{}/findings', '/scans/{}/results'])
def test_pages_neither_repeat_nor_leave_out(account, admin, path):
    """W48: rows of one moment had no order."""
    scan_id, at = seed.scan(account), seed.now()
    seed.findings(account, scan_id, *({'created_at': at, 'severity': 'LOW'} for _ in range(23)))
    seed.results(account, scan_id, 23)
    account.server.sql('UPDATE scan_result SET created_at = 1 WHERE scan_id = ?', scan_id)
    ids = [item['id'] for page in range(1, 7) for item in admin.get(
        f'{path.format(scan_id)}?page={page}&page_size=4', expect=200).json()['items']]
    assert len(ids) == len(set(ids)) == 23


@pytest.mark.parametrize('query, count', [
    ('severity=high', 2), ('severity=HIGH', 2), ('severity=high,Low', 3), ('status=OPEN', 3),
    ('category=cryptography', 4), ('category=Cryptography,DNS', 4), ('severity=none', 0),
    ('status=false_positive', 0), ('q=HOST-1', 1), ('q=%25', 0), ('severity=high&status=resolved', 1)])
def test_filters_do_not_mind_the_case(account, admin, query, count):
    """W39: they matched exactly; the pages send lower case."""
    seed.findings(account, seed.scan(account), *(
        {'severity': s, 'status': t, 'target': f'host-{n}:443'} for n, (s, t) in enumerate(
            [('HIGH', 'open'), ('HIGH', 'resolved'), ('LOW', 'open'), ('CRITICAL', 'open')])))
    got = admin.get(f'/findings?{query}', expect=200).json()
    assert got['total'] == len(got['items']) == count


# ---- what people do ----

@pytest.mark.parametrize('kind, first, again', [
    ('domain', 'www.example.com', ' https://WWW.Example.com./ '), ('ip', '2001:4860::8', '2001:4860:0::8'),
    ('cidr', '8.8.8.0/24', '8.8.8.77/24')])
def test_one_target_in_two_spellings_is_one(admin, kind, first, again):
    """W40: what was a duplicate after normalisation only ended in a 500."""
    add(admin, first, kind)
    other = add(admin, '9.9.9.9', 'ip')
    add(admin, again, kind, expect=409)
    admin.patch(f'/assets/{other["id"]}', expect=409,
                json={'target_type': kind, 'target_value': again})
    text = f'name,target_type,target_value\nA,{kind},{again}\nB,ip,9.9.9.10\n'
    got = admin.post('/assets/import', expect=201,
                     files={'file': ('a.csv', text, 'text/csv')}).json()
    assert got == {'created': 1, 'skipped': 1, 'errors': []}


@pytest.mark.parametrize('path, body', [
    ('/assets/{asset}', {'name': None}), ('/assets/{asset}', {'is_active': None}),
    ('/findings/{finding}', {'status': None}), ('/schedules/{schedule}', {'name': None}),
    ('/schedules/{schedule}', {'is_active': None}),
    ('/schedules/{schedule}', {'cron_expression': None})])
def test_null_is_no_crash(account, admin, path, body):
    """W41: an explicit null ended in a 500; it is refused, or means that nothing was sent."""
    finding, = seed.findings(account, seed.scan(account), {})
    asset = add(admin)['id']
    schedule = admin.post('/schedules', expect=201, json={
        'name': 'x', 'cron_expression': '0 6 * * 1', 'asset_ids': [asset]}).json()['id']
    where = path.format(asset=asset, finding=finding['id'], schedule=schedule)
    reply = admin.patch(where, json=body)
    if reply.status_code == 422:
        assert list(issues(reply)) == [f'body.{name}' for name in body]
    else:
        assert reply.status_code == 200 and reply.json()[list(body)[0]] is not None


def test_a_change_answers_with_what_it_made(account, admin):
    """W42: a real change ended in a 500."""
    finding, = seed.findings(account, seed.scan(account), {})
    asset, running = add(admin), seed.scan(account, status='running', completed_at=None)
    for method, path, body in (
            ('PATCH', f'/assets/{asset["id"]}', {'name': 'Other'}),
            ('PATCH', f'/findings/{finding["id"]}', {'status': 'in_progress'}),
            ('POST', f'/scans/{running}/cancel', None)):
        got = admin.request(method, path, json=body, expect=200).json()
        plain = admin.get(path.removesuffix('/cancel'), expect=200).json()
        assert got == plain and got['updated_at'] > got['created_at']


def test_a_file_of_a_spreadsheet_is_read(admin):
    """W43: a byte order mark made every row wrong, and so did semicolons."""
    text = '\ufeffname;target_type;target_value;tags\r\nA;ip;8.8.8.8;x\r\n'
    got = admin.post('/assets/import', expect=201,
                     files={'file': ('a.csv', text.encode(), 'text/csv')}).json()
    assert got == {'created': 1, 'skipped': 0, 'errors': []}


@pytest.mark.parametrize('row', ['A,ip', 'x' * 300 + ',ip,8.8.8.8', 'A', 'A,ip,' + '8' * 600])
def test_one_bad_row_spoils_no_other(admin, row):
    """W44: a short row, or a name too long, ended in a 500."""
    text = f'name,target_type,target_value\n{row}\nGood,ip,9.9.9.9\n'
    got = admin.post('/assets/import', expect=201,
                     files={'file': ('a.csv', text, 'text/csv')}).json()
    assert (got['created'], got['skipped'], len(got['errors'])) == (1, 1, 1)
    assert got['errors'][0].startswith('Row 2: ')


def test_resolved_is_when_it_was_last_resolved(account, admin):
    """W45: the time was stamped once, and never cleared."""
    finding, = seed.findings(account, seed.scan(account), {})
    path, stamps = f'/findings/{finding["id"]}', []
    for status in ('resolved', 'open', 'resolved', 'accepted_risk'):
        stamps.append(admin.patch(path, json={'status': status}, expect=200).json()['resolved_at'])
    first, reopened, second, accepted = stamps
    assert first < second and reopened is None and accepted is None


def test_many_at_once_have_an_end_and_name_what_is_not_there(account, admin):
    """W57: no upper limit, and no word of the ids that were passed over."""
    finding, = seed.findings(account, seed.scan(account), {})
    unknown = seed.new_id()
    got = admin.post('/findings/bulk-update', expect=200, json={
        'finding_ids': [finding['id'], unknown, finding['id']], 'status': 'acknowledged'}).json()
    assert got == {'updated': 1, 'total_requested': 3, 'not_found': [unknown]}
    reply = admin.post('/findings/bulk-update', expect=422, json={
        'finding_ids': [seed.new_id() for _ in range(1001)], 'status': 'open'})
    assert 'body.finding_ids' in issues(reply)


def test_a_limit_says_so_in_both_words_and_for_how_long(start):
    """W70: `error` where `detail` was promised, and no Retry-After."""
    admin = start(RATE_LIMITS='on').register().bearer()
    replies = [admin.post('/scans', json={'name': 'x', 'asset_ids': [seed.new_id()]})
               for _ in range(11)]
    assert [r.status_code for r in replies] == [400] * 10 + [429]
    body = replies[-1].json()
    assert body['error'] == body['detail'] and 'Rate limit exceeded' in body['detail']
    assert 0 < int(replies[-1].headers['Retry-After']) <= 60


def test_what_becomes_of_scans_is_in_the_log(server, account, admin):
    """W72: scans left nothing but a general line."""
    made = scan(admin, add(admin))
    admin.post(f'/scans/{made["id"]}/cancel', expect=200)
    admin.delete(f'/scans/{made["id"]}', expect=204)
    said = {'created': {'name': 'A scan', 'scan_type': 'full', 'assets': 1, 'intrusive': False},
            'cancelled': {'name': 'A scan', 'status': 'pending'},
            'deleted': {'name': 'A scan', 'status': 'cancelled'}}
    for action, details in said.items():
        row, = people.audit(server, account.org, f'scan.{action}')
        assert (row['type'], row['id'], row['user']) == ('scan', made['id'], account.user['id'])
        assert row['details'] == details


# ---- the law of a country ----

def bare_page(connection):
    """A page of a company that says nothing about itself."""
    connection.recv(4096)
    page = b'<!doctype html><a href="/about">About</a>'
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' % (len(page), page))


def test_other_law_is_that_of_the_country_and_in_no_score(mine, client, machine):
    """W93: asked of an organisation that said where it is; its findings are not scored."""
    machine('127.0.0.40', 8080, bare_page)
    asset = add(client, 'www.here.example.com', 'domain')

    def look():
        got = ended(client, scan(client, asset)['id'])
        found = client.get(f'/scans/{got["id"]}/findings?page_size=100', expect=200).json()['items']
        return got, {f['check_id']: f['scored'] for f in found}

    before, without = look()
    client.patch(f'/organizations/{mine.org}', json={'country': 'IT'}, expect=200)
    after, found = look()
    assert set(found) - set(without) == {'legal_privacy', 'legal_vat'}
    assert {check for check, scored in found.items() if not scored} == {'legal_privacy', 'legal_vat'}
    assert after['total_score'] == before['total_score']
    assert after['compliance_matrix'] == before['compliance_matrix']
    assert after['findings_medium'] == before['findings_medium'] + 1
