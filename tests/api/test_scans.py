"""Scans as the API sees them; what a scan finds is tested in tests/scan."""
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import check_roles, issues


@pytest.fixture
def assets(admin):
    """One asset of each kind: {kind: id}"""
    targets = {'domain': 'www.example.com', 'ip': '127.0.0.1', 'cidr': '127.0.0.0/30'}
    return {kind: admin.post('/assets', expect=201, json={
        'name': kind, 'target_type': kind, 'target_value': value}).json()['id']
            for kind, value in targets.items()}


def create(client, assets, expect=201, **more):
    return client.post('/scans', expect=expect, json={
        'name': 'A scan', 'asset_ids': list(assets.values()), **more}).json()


def test_a_scan_begins_pending(account, admin, assets):
    got = create(admin, assets)
    assert got | {'organization_id': account.org, 'created_by': account.user['id'],
                  'name': 'A scan', 'status': 'pending', 'scan_type': 'full', 'total_score': None,
                  'hosts_scanned': 0, 'hosts_alive': 0, 'findings_critical': 0, 'findings_high': 0,
                  'findings_medium': 0, 'findings_low': 0, 'started_at': None,
                  'completed_at': None, 'duration_seconds': None, 'compliance_matrix': None,
                  'executive_summary': None, 'error_message': None} == got
    assert got['celery_task_id']
    assert admin.get(f'/scans/{got["id"]}', expect=200).json() == got
    assert admin.get('/scans').json()['items'] == [got]


def test_the_configuration_is_kept_with_the_scan(admin, assets):
    got = create(admin, assets, scan_type='quick')['config_snapshot']
    assert got == {'name': 'A scan', 'domains': ['www.example.com'],
                   'ip_ranges': got['ip_ranges'], 'scan_type': 'quick',
                   'pinned_ips': {'www.example.com': '203.0.113.10'},
                   'features': {'dns_checks': True, 'web_checks': True, 'port_scan': True,
                                'whois_checks': True},
                   'concurrency': 20, 'scan_timeout': 10, 'max_hosts': 0}
    assert sorted(got['ip_ranges']) == ['127.0.0.0/30', '127.0.0.1']


@pytest.mark.parametrize('sent, off', [
    (None, set()), ({}, set()), ({'whois_checks': False}, {'whois_checks'}),
    ({'port_scan': False, 'dns_checks': False, 'unknown': 1}, {'port_scan', 'dns_checks'})])
def test_features_that_are_not_named_run(admin, assets, sent, off):
    got = create(admin, assets, features=sent, concurrency=5, scan_timeout=3, max_hosts=9)
    snapshot = got['config_snapshot']
    for name in ('dns_checks', 'web_checks', 'port_scan', 'whois_checks'):
        assert snapshot['features'].get(name, True) is (name not in off)
    assert (snapshot['concurrency'], snapshot['scan_timeout'], snapshot['max_hosts']) == (5, 3, 9)


@pytest.mark.parametrize('changes, loc', [
    ({'name': ...}, 'body.name'), ({'name': ''}, 'body.name'), ({'name': 'x' * 257}, 'body.name'),
    ({'asset_ids': ...}, 'body.asset_ids'), ({'asset_ids': []}, 'body.asset_ids'),
    ({'asset_ids': ['x']}, 'body.asset_ids.0'), ({'asset_ids': None}, 'body.asset_ids'),
    ({'scan_type': 'x' * 51}, 'body.scan_type'), ({'features': []}, 'body.features'),
    ({'features': 'all'}, 'body.features'), ({'concurrency': 0}, 'body.concurrency'),
    ({'concurrency': 201}, 'body.concurrency'), ({'concurrency': '5'}, 'body.concurrency'),
    ({'concurrency': 1.5}, 'body.concurrency'), ({'scan_timeout': 121}, 'body.scan_timeout'),
    ({'max_hosts': -1}, 'body.max_hosts'), ({'max_hosts': 100001}, 'body.max_hosts'),
])
def test_fields_are_checked(admin, assets, changes, loc):
    whole = {'name': 'A scan', 'asset_ids': list(assets.values()), **changes}
    whole = {name: value for name, value in whole.items() if value is not ...}
    assert loc in issues(admin.post('/scans', json=whole, expect=422))


def test_assets_that_do_not_count_are_passed_over(server, admin, assets):
    foreign = server.register().bearer().post('/assets', expect=201, json={
        'name': 'Foreign', 'target_type': 'ip', 'target_value': '8.8.8.8'}).json()['id']
    admin.patch(f'/assets/{assets["ip"]}', json={'is_active': False}, expect=200)
    admin.delete(f'/assets/{assets["cidr"]}', expect=204)
    got = admin.post('/scans', expect=201, json={'name': 'A scan', 'asset_ids': [
        foreign, seed.new_id(), assets['ip'], assets['cidr'], assets['domain'],
        assets['domain']]}).json()
    snapshot = got['config_snapshot']
    assert snapshot['domains'] == ['www.example.com'] and snapshot['ip_ranges'] == []
    reply = admin.post('/scans', expect=400, json={'name': 'A scan', 'asset_ids': [
        foreign, assets['ip']]})
    assert reply.json()['detail'] == 'No valid active assets found for the provided IDs'


def test_a_scan_and_its_job_are_stored_together(server, account, admin, assets):
    got = create(admin, assets)
    rows = server.sql('SELECT id, kind, state FROM job WHERE org_id = ?', account.org)
    assert rows == [(got['celery_task_id'], 'scan', 'queued')]


def test_a_month_has_so_many_scans(server, account, admin, assets):
    server.sql('UPDATE organization SET max_scans_per_month = 2 WHERE id = ?', account.org)
    create(admin, assets)
    create(admin, assets)
    create(admin, assets, expect=429)
    assert admin.get('/scans').json()['total'] == 2


def test_parallel_requests_do_not_exceed_the_quota(server, account, assets):
    server.sql('UPDATE organization SET max_scans_per_month = 2 WHERE id = ?', account.org)

    def ask(_):
        return account.bearer().post('/scans', json={
            'name': 'A scan', 'asset_ids': list(assets.values())}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, range(6))) == [201, 201] + [429] * 4


@pytest.mark.parametrize('status', ['pending', 'running'])
def test_cancel_stops_what_has_not_ended(account, admin, status):
    scan_id = seed.scan(account, status=status, completed_at=None, duration_seconds=None)
    got = admin.post(f'/scans/{scan_id}/cancel', expect=200).json()
    assert got['status'] == 'cancelled' and got['completed_at']
    reply = admin.post(f'/scans/{scan_id}/cancel', expect=400)
    assert reply.json()['detail'] == "Cannot cancel scan in 'cancelled' status"


@pytest.mark.parametrize('status', ['completed', 'failed', 'error'])
def test_cancel_refuses_what_has_ended(account, admin, status):
    reply = admin.post(f'/scans/{seed.scan(account, status=status)}/cancel', expect=400)
    assert reply.json()['detail'] == f"Cannot cancel scan in '{status}' status"


def test_cancel_takes_the_job_back(server, account, admin, assets):
    got = create(admin, assets)
    admin.post(f'/scans/{got["id"]}/cancel', expect=200)
    (state,), = server.sql('SELECT state FROM job WHERE id = ?', got['celery_task_id'])
    assert state == 'cancelled'


def test_delete_takes_results_and_findings_along(server, account, admin):
    old, new = seed.scan(account), seed.scan(account)
    seed.results(account, new, 3)
    both, = seed.findings(account, old, {'target': 'seen.by.both'})
    only, = seed.findings(account, new, {'target': 'seen.by.one'})
    server.insert('finding_seen', org_id=account.org, scan_id=new, finding_id=both['id'],
                  severity_rank=1, evidence='{}', created_at=seed.now())
    server.sql('UPDATE finding SET scan_id = ? WHERE id = ?', new, both['id'])
    admin.delete(f'/scans/{new}', expect=204)
    for path in (f'/scans/{new}', f'/scans/{new}/results', f'/scans/{new}/findings'):
        assert admin.get(path, expect=404).json()['detail'] == 'Scan not found'
    admin.get(f'/findings/{only["id"]}', expect=404)
    kept = admin.get(f'/findings/{both["id"]}', expect=200).json()
    assert kept['scan_id'] == old
    assert admin.get('/findings/stats').json()['total'] == 1
    assert server.sql('SELECT id FROM scan_result WHERE scan_id = ?', new) == []


def test_delete_of_a_scan_that_has_not_ended_takes_its_job_back(server, admin, assets):
    got = create(admin, assets)
    admin.delete(f'/scans/{got["id"]}', expect=204)
    rows = server.sql('SELECT state FROM job WHERE id = ?', got['celery_task_id'])
    assert rows in ([], [('cancelled',)])


@pytest.mark.parametrize('query, expected', [
    ('', {'completed', 'failed', 'pending'}), ('?status=completed', {'completed'}),
    ('?status=COMPLETED', {'completed'}), ('?status=nonsense', set())])
def test_lists_can_be_narrowed(account, admin, query, expected):
    for status in ('completed', 'failed', 'pending'):
        seed.scan(account, status=status)
    got = admin.get(f'/scans{query}', expect=200).json()
    assert {item['status'] for item in got['items']} == expected
    assert got['total'] == len(expected)


def test_results_come_in_the_order_of_their_making(account, admin):
    scan_id = seed.scan(account)
    rows = seed.results(account, scan_id, 5)
    got = admin.get(f'/scans/{scan_id}/results?page_size=3', expect=200).json()
    assert got['total'] == 5
    got['items'] += admin.get(f'/scans/{scan_id}/results?page=2&page_size=3').json()['items']
    assert [item['ip'] for item in got['items']] == [row['ip'] for row in rows]
    first = got['items'][0]
    assert first['open_ports'] == [22, 443] and first['tls_info'] == {'443': {'version': 'TLSv1.3'}}
    assert first['is_alive'] is True and first['errors'] == []


def test_findings_of_a_scan_come_worst_first(account, admin):
    scan_id = seed.scan(account)
    seed.findings(account, seed.scan(account), {'severity': 'CRITICAL'})
    seed.findings(account, scan_id, *({'severity': s} for s in
                                      ('LOW', 'CRITICAL', 'INFO', 'MEDIUM', 'HIGH')))
    got = admin.get(f'/scans/{scan_id}/findings', expect=200).json()
    assert [f['severity'] for f in got['items']] == ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO']
    assert got['total'] == 5 and {f['scan_id'] for f in got['items']} == {scan_id}


def test_roles(team):
    pending = seed.scan(team['org'], status='pending')
    check_roles(team, [
        ('GET', '/scans', None, {'viewer', 'auditor', 'admin'}, 200, ''),
        ('GET', f'/scans/{pending}', None, {'viewer', 'auditor', 'admin'}, 200, ''),
        ('POST', '/scans', {}, {'auditor', 'admin'}, 422, 'admin, auditor'),
        ('POST', f'/scans/{seed.new_id()}/cancel', None, {'auditor', 'admin'}, 404,
         'admin, auditor'),
        ('DELETE', f'/scans/{pending}', None, {'admin'}, 204, 'admin'),
    ])
