"""What Prometheus is told, and who may ask."""
import re

import pytest

import seed

TOKEN = 'a-token-of-prometheus-9f2c71'
LINE = re.compile(r'[a-z_][a-z0-9_]*(\{[^{}]*\})? [-+0-9.eE]+')


def fetch(server, token=None, **headers):
    if token is not None:
        headers['Authorization'] = token
    return server.client().request('GET', '/metrics', checked=False, headers=headers)


def figures(server):
    """{name with labels: value}, each line in the text format."""
    reply = fetch(server)
    assert reply.status_code == 200
    assert reply.headers['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8'
    lines = [line for line in reply.text.splitlines() if not line.startswith('#')]
    assert all(LINE.fullmatch(line) or line.endswith('+Inf') for line in lines)
    names = [line.rsplit(' ', 1)[0] for line in lines]
    assert len(names) == len(set(names))
    return {name: float(line.rsplit(' ', 1)[1]) for name, line in zip(names, lines)}


@pytest.fixture(scope='module')
def busy(tmp_path_factory):
    """A server of its own with things to count."""
    from server import DATABASE, Server, new_database
    own = {'DATABASE_URL': new_database(f'metrics_{seed.new_id()[:8]}')} if DATABASE else {}
    with Server(tmp_path_factory.mktemp('metrics'), **own) as server:
        account = server.register()
        client = account.bearer()
        for status in ('completed', 'completed', 'failed', 'running'):
            scan = seed.scan(account, status=status)
        seed.findings(account, scan, {'severity': 'CRITICAL'}, {'severity': 'LOW'},
                      {'severity': 'LOW', 'status': 'accepted_risk'},
                      {'severity': 'HIGH', 'status': 'resolved'})
        asset = client.post('/assets', expect=201, json={
            'name': 'x', 'target_type': 'ip', 'target_value': '127.0.0.1'}).json()['id']
        client.post('/scans', json={'name': 'x', 'asset_ids': [asset]}, expect=201)
        for active in (True, True, False):
            client.post('/schedules', expect=201, json={
                'name': 'x', 'cron_expression': '0 0 1 1 *', 'asset_ids': [asset],
                'is_active': active})
        yield server


def test_w84_scans_findings_and_the_queue_are_counted(busy):
    """W84: there was no /metrics, although Prometheus was set up to ask for it."""
    got = figures(busy)
    assert {name: n for name, n in got.items() if name.startswith('nis2_scans')} == {
        'nis2_scans{status="completed"}': 2, 'nis2_scans{status="failed"}': 1,
        'nis2_scans{status="pending"}': 1, 'nis2_scans{status="running"}': 1}
    assert {name: n for name, n in got.items() if name.startswith('nis2_open')} == {
        'nis2_open_findings{severity="CRITICAL"}': 1, 'nis2_open_findings{severity="LOW"}': 2}
    assert got['nis2_queue_depth{lane="scan"}'] == got['nis2_jobs{state="queued"}'] == 1
    assert got['nis2_queue_oldest_seconds'] > 0 and got['nis2_schedules'] == 2


def test_the_process_tells_of_itself(busy):
    got = figures(busy)
    assert got['process_resident_memory_bytes'] > 1 << 20
    assert got['process_open_fds'] >= 3 and got['process_cpu_seconds_total'] > 0


def test_nothing_tells_of_an_organisation(busy):
    text = fetch(busy).text
    assert not re.search(r'[0-9a-f]{8}-[0-9a-f]{4}-', text) and '@' not in text
    assert {label for line in text.splitlines() if not line.startswith('#')
            for label in re.findall(r'[{,]([a-z]+)=', line)} <= {
                'route', 'status', 'le', 'state', 'lane', 'severity'}


PROXY = {'X-Forwarded-For': '198.51.100.7'}


def test_through_a_proxy_there_is_no_such_page(busy):
    assert fetch(busy, **PROXY).status_code == 404
    assert fetch(busy, 'Bearer ', **PROXY).status_code == 404


@pytest.fixture
def guarded(start):
    return start(METRICS_TOKEN=TOKEN)


@pytest.mark.parametrize('sent, status', [
    (f'Bearer {TOKEN}', 200), (f'bearer {TOKEN}', 200), (f'Bearer {TOKEN}x', 404),
    ('Bearer x', 404), (f'Basic {TOKEN}', 404), ('Bearer', 404), ('', 404)])
def test_w84_a_token_opens_it_from_elsewhere(guarded, sent, status):
    """W84: guarded."""
    assert fetch(guarded, sent, **PROXY).status_code == status
    assert fetch(guarded).status_code == 200
    assert TOKEN not in guarded.log()
