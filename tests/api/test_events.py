"""What happened meanwhile, as it is shown; and what makes it."""
import time

import pytest

import seed
from client import check_roles

KINDS = ['scan.completed', 'scan.failed', 'finding.new_critical', 'schedule.failed',
         'certificate.expiring']
SECONDS = 30


def put(account, kind, at, subject='scan', **columns):
    row = {'id': seed.new_id(), 'org_id': account.org, 'kind': kind, 'subject_type': subject,
           'subject_id': seed.new_id(), 'scan_id': None, 'created_at': at, **columns}
    account.server.insert('event', **row)
    return row['id']


@pytest.fixture
def events(account):
    """One of each kind, oldest first."""
    return {kind: put(account, kind, seed.now() + n) for n, kind in enumerate(KINDS)}


def test_the_newest_come_first(admin, events):
    got = admin.get('/events', expect=200).json()
    assert [e['kind'] for e in got['items']] == KINDS[::-1]
    assert (got['total'], got['page'], got['page_size']) == (5, 1, 20)
    second = admin.get('/events?page=2&page_size=2', expect=200).json()
    assert [e['kind'] for e in second['items']] == KINDS[::-1][2:4] and second['total'] == 5
    assert admin.get('/events?page=9', expect=200).json()['items'] == []


@pytest.mark.parametrize('kind', KINDS)
def test_they_can_be_narrowed(admin, events, kind):
    got = admin.get(f'/events?kind={kind}', expect=200).json()
    assert [e['id'] for e in got['items']] == [events[kind]] and got['total'] == 1


@pytest.mark.parametrize('query', ['kind=nothing', 'page=0', 'page_size=101'])
def test_parameters_are_checked(admin, query):
    admin.get(f'/events?{query}', expect=422)


def test_everybody_may_read(team):
    check_roles(team, [('GET', '/events', None, {'viewer', 'auditor', 'admin'}, 200, '')])


def test_a_key_with_the_scope_may_read(server, admin):
    for scope, expect in (('scan:read', 200), ('report:read', 403)):
        key = admin.post('/api-keys', expect=201,
                         json={'name': scope, 'scopes': [scope]}).json()['raw_key']
        server.client(token=key).get('/events', expect=expect)


# ---- what makes them ----

def finished(client, scan):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        got = client.get(f'/scans/{scan["id"]}', expect=200).json()
        if got['status'] not in ('pending', 'running'):
            return got
        time.sleep(0.1)
    raise AssertionError(f'it did not end: {got}')


@pytest.fixture
def mine(working):
    return working.register()


def start_scan(client):
    asset = client.post('/assets', expect=201, json={
        'name': 'x', 'target_type': 'ip', 'target_value': '127.0.0.1'}).json()['id']
    return client.post('/scans', expect=201, json={
        'name': 'x', 'asset_ids': [asset], 'max_hosts': 1,
        'features': {'port_scan': False, 'web_checks': False}}).json()


def test_w73_a_scan_that_ends_is_told(mine):
    """W73: nothing was told when a scan ended."""
    client = mine.bearer()
    scan = finished(client, start_scan(client))
    assert scan['status'] == 'completed'
    event, = client.get('/events?kind=scan.completed', expect=200).json()['items']
    assert (event['subject_type'], event['subject_id'], event['scan_id']) == (
        'scan', scan['id'], scan['id'])


def test_w73_a_scan_that_fails_is_told(working, mine):
    """W73: nor when it failed."""
    client = mine.bearer()
    scan = seed.scan(mine, status='pending', completed_at=None, config_snapshot='{"no":"plan"}')
    job = seed.new_id()
    working.insert('job', id=job, org_id=mine.org, kind='scan', lane='scan',
                   args=f'{{"id":"{scan}"}}', state='queued', run_at=0, created_at=0, updated_at=0)
    assert finished(client, {'id': scan})['status'] == 'failed'
    event, = client.get('/events', expect=200).json()['items']
    assert (event['kind'], event['subject_id']) == ('scan.failed', scan)


def test_a_scan_that_is_cancelled_tells_nothing(server, account, admin):
    scan = seed.scan(account, status='running', completed_at=None)
    admin.post(f'/scans/{scan}/cancel', expect=200)
    assert admin.get('/events').json()['total'] == 0


def test_they_go_after_ninety_days(start):
    server = start()
    account = server.register()
    day = 86_400_000_000
    old = put(account, 'scan.completed', seed.now() - 91 * day)
    new = put(account, 'scan.completed', seed.now() - 89 * day)
    server.env['WITH_WORKER'] = 'on'
    server.__exit__()
    server.__enter__()  # its worker sweeps when it starts
    client = account.bearer()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and client.get('/events').json()['total'] == 2:
        time.sleep(0.1)
    assert [e['id'] for e in client.get('/events').json()['items']] == [new] != [old]
