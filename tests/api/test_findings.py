"""Findings: lists and their filters, counts, and what people decide."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import issues


@pytest.fixture
def many(account):
    """Five findings of different kinds, oldest first."""
    return seed.findings(
        account, seed.scan(account),
        {'severity': 'CRITICAL', 'category': 'EXPOSURE', 'target': 'db.example.com:6379',
         'message': 'Service on port 6379'},
        {'severity': 'HIGH', 'status': 'acknowledged'},
        {'severity': 'MEDIUM', 'category': 'EMAIL SECURITY', 'message': 'DMARC Record Missing',
         'target': 'example.com'},
        {'severity': 'LOW', 'status': 'resolved', 'resolved_at': seed.now()},
        {'severity': 'INFO', 'status': 'accepted_risk'})


def test_a_finding_is_whole(account, admin, many):
    got = admin.get(f'/findings/{many[1]["id"]}', expect=200).json()
    for name in ('id', 'scan_id', 'check_id', 'severity', 'category', 'message', 'target',
                 'status', 'fingerprint', 'occurrences'):
        assert got[name] == many[1][name]
    assert got['organization_id'] == account.org and got['title']
    assert got['first_seen_at'] == got['last_seen_at'] == got['created_at']
    listed = admin.get('/findings', expect=200).json()['items']
    assert got in listed


def test_lists_are_newest_first(admin, many):
    got = admin.get('/findings?page_size=2&page=2', expect=200).json()
    assert [f['id'] for f in got['items']] == [many[2]['id'], many[1]['id']]
    assert (got['total'], got['page'], got['page_size']) == (5, 2, 2)


@pytest.mark.parametrize('query, expected', [
    ('severity=CRITICAL', [0]), ('severity=critical', [0]), ('severity=High,low', [1, 3]),
    ('severity=nonsense', []), ('severity=', [0, 1, 2, 3, 4]),
    ('severity=CRITICAL,HIGH,MEDIUM,LOW,INFO', [0, 1, 2, 3, 4]),
    ('status=open', [0, 2]), ('status=OPEN,Resolved', [0, 2, 3]), ('status=false_positive', []),
    ('category=exposure', [0]), ('category=Email%20Security,EXPOSURE', [0, 2]),
    ('category=nonsense', []), ('severity=high&status=acknowledged', [1]),
    ('severity=high&status=open', []), ('q=dmarc', [2]), ('q=6379', [0]), ('q=%25', []),
    ('q=example.com', [0, 1, 2, 3, 4]), ('q=DB.', [0]), ('q=tls_old', [0, 1, 2, 3, 4]),
    ('q=a_b', []), ('q=', [0, 1, 2, 3, 4]),
    ('q=port&severity=critical', [0]), ('severity=low&q=dmarc', []),
])
def test_filters(admin, many, query, expected):
    got = admin.get(f'/findings?{query}', expect=200).json()
    index = {row['id']: n for n, row in enumerate(many)}
    assert sorted(index[f['id']] for f in got['items']) == expected
    assert got['total'] == len(expected)


def test_filter_by_scan(account, admin, many):
    other = seed.scan(account)
    seed.findings(account, other, {'severity': 'HIGH'})
    got = admin.get(f'/findings?scan_id={other}', expect=200).json()
    assert got['total'] == 1 and got['items'][0]['scan_id'] == other
    assert admin.get(f'/findings?scan_id={seed.new_id()}').json()['total'] == 0
    assert issues(admin.get('/findings?scan_id=x', expect=422)) == {'query.scan_id': 'uuid_parsing'}


def test_stats_count_each_finding_once(admin, many):
    assert admin.get('/findings/stats', expect=200).json() == {
        'total': 5, 'critical': 1, 'high': 1, 'medium': 1, 'low': 1, 'info': 1, 'open': 2,
        'acknowledged': 1, 'in_progress': 0, 'resolved': 1, 'accepted_risk': 1}


def test_stats_of_nothing(admin):
    assert set(admin.get('/findings/stats', expect=200).json().values()) == {0}


# ---- update ----

@pytest.mark.parametrize('status', ['open', 'acknowledged', 'in_progress', 'resolved',
                                    'accepted_risk'])
def test_any_status_may_follow_any_other(admin, many, status):
    for row in many:
        got = admin.patch(f'/findings/{row["id"]}', json={'status': status}, expect=200).json()
        assert got['status'] == status and (got['resolved_at'] is None) == (status != 'resolved')
    stats = admin.get('/findings/stats').json()
    assert stats[status] == stats['total'] == 5
    assert admin.get(f'/findings?status={status}').json()['total'] == 5


def test_update_changes_what_was_sent(account, admin, many):
    path = f'/findings/{many[0]["id"]}'
    before = admin.get(path).json()
    got = admin.patch(path, json={'resolution_note': 'A note', 'assigned_to': account.user['id']},
                      expect=200).json()
    assert got == {**before, 'resolution_note': 'A note', 'assigned_to': account.user['id'],
                   'updated_at': got['updated_at']} and got['updated_at'] > before['updated_at']
    got = admin.patch(path, json={'status': 'in_progress'}, expect=200).json()
    assert got['resolution_note'] == 'A note' and got['assigned_to'] == account.user['id']
    got = admin.patch(path, json={'assigned_to': None, 'resolution_note': None},
                      expect=200).json()
    assert got['assigned_to'] is None and got['resolution_note'] is None
    assert admin.get(path).json() == got


def test_resolving_again_stamps_again(admin, many):
    path = f'/findings/{many[0]["id"]}'
    first = admin.patch(path, json={'status': 'resolved'}, expect=200).json()['resolved_at']
    assert admin.patch(path, json={'status': 'open'}).json()['resolved_at'] is None
    assert admin.patch(path, json={'status': 'resolved'}).json()['resolved_at'] > first


@pytest.mark.parametrize('change, loc', [
    ({'status': 'done'}, 'body.status'), ({'status': None}, 'body.status'),
    ({'status': 1}, 'body.status'), ({'assigned_to': 'me'}, 'body.assigned_to'),
    ({'resolution_note': 'x' * 10001}, 'body.resolution_note'),
    ({'resolution_note': 5}, 'body.resolution_note')])
def test_update_checks_fields(admin, many, change, loc):
    assert loc in issues(admin.patch(f'/findings/{many[0]["id"]}', json=change, expect=422))


def test_only_a_member_can_be_made_responsible(server, admin, many):
    for somebody in (server.register().user['id'], seed.new_id()):
        reply = admin.patch(f'/findings/{many[0]["id"]}', json={'assigned_to': somebody},
                            expect=400)
        assert reply.json()['detail'] == 'assigned_to must be a member of this organization'


def test_unknown_findings(admin):
    for method in ('GET', 'PATCH'):
        reply = admin.request(method, f'/findings/{seed.new_id()}', expect=404,
                              json={} if method == 'PATCH' else None)
        assert reply.json()['detail'] == 'Finding not found'


# ---- bulk update ----

def bulk(client, ids, status='resolved', expect=200, **more):
    return client.post('/findings/bulk-update', expect=expect,
                       json={'finding_ids': ids, 'status': status, **more})


def test_bulk_update(server, admin, many):
    foreign = server.register()
    other, = seed.findings(foreign, seed.scan(foreign), {})
    missing = seed.new_id()
    ids = [row['id'] for row in many[:3]]
    got = bulk(admin, [*ids, ids[0], missing, other['id']], resolution_note='All done').json()
    assert got['updated'] == 3 and got['total_requested'] == 6
    assert sorted(got['not_found']) == sorted([missing, other['id']])
    for one in ids:
        finding = admin.get(f'/findings/{one}').json()
        assert finding['status'] == 'resolved' and finding['resolution_note'] == 'All done'
        assert finding['resolved_at']
    assert admin.get('/findings/stats').json()['resolved'] == 4
    assert foreign.bearer().get(f'/findings/{other["id"]}').json()['status'] == 'open'


def test_bulk_update_keeps_a_note_unless_it_gets_one(admin, many):
    admin.patch(f'/findings/{many[0]["id"]}', json={'resolution_note': 'Kept'}, expect=200)
    for note in ({}, {'resolution_note': None}, {'resolution_note': ''}):
        bulk(admin, [many[0]['id']], 'acknowledged', **note)
        assert admin.get(f'/findings/{many[0]["id"]}').json()['resolution_note'] == 'Kept'


@pytest.mark.parametrize('ids, status, loc', [
    ([], 'open', 'body.finding_ids'), (['x'], 'open', 'body.finding_ids.0'),
    (None, 'open', 'body.finding_ids'), ('x', 'open', 'body.finding_ids'),
    ([seed.new_id()], 'done', 'body.status'), ([seed.new_id()], None, 'body.status'),
    ([seed.new_id()] * 1001, 'open', 'body.finding_ids')])
def test_bulk_update_checks_fields(admin, ids, status, loc):
    assert loc in issues(bulk(admin, ids, status, expect=422))


def test_bulk_update_of_a_thousand(account, admin):
    rows = seed.findings(account, seed.scan(account), *({} for _ in range(1000)))
    got = bulk(admin, [row['id'] for row in rows], 'accepted_risk').json()
    assert got == {'updated': 1000, 'total_requested': 1000, 'not_found': []}
    assert admin.get('/findings/stats').json()['accepted_risk'] == 1000


def test_counts_stay_right_when_many_decide_at_once(account, many):
    ids = [row['id'] for row in many]

    def decide(n):
        status = ('open', 'resolved', 'acknowledged')[n % 3]
        if n % 4 == 0:
            return bulk(account.bearer(), ids if n % 8 else ids[::-1], status).status_code
        return account.bearer().patch(f'/findings/{ids[n % 2]}',
                                      json={'status': status}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(decide, range(48))) == {200}
    client = account.bearer()
    stats = client.get('/findings/stats').json()
    listed = [finding['status'] for finding in client.get('/findings').json()['items']]
    assert {status: listed.count(status) for status in set(listed)} == \
        {status: stats[status] for status in set(listed)}
    assert stats['total'] == 5


# ---- roles and trail ----

def test_roles(team):
    finding, = seed.findings(team['org'], seed.scan(team['org']), {})
    for method, path, body in (
            ('PATCH', f'/findings/{finding["id"]}', {}),
            ('POST', '/findings/bulk-update', {'finding_ids': [finding['id']], 'status': 'open'})):
        for role, status in (('viewer', 403), ('auditor', 200), ('admin', 200)):
            team[role].request(method, path, json=body, expect=status)
    for role in ('viewer', 'auditor', 'admin'):
        for path in ('/findings', '/findings/stats', f'/findings/{finding["id"]}'):
            team[role].get(path, expect=200)


def test_each_change_leaves_a_row(server, account, admin, many):
    admin.patch(f'/findings/{many[0]["id"]}', json={'status': 'resolved'}, expect=200)
    bulk(admin, [many[1]['id'], many[2]['id'], seed.new_id()], 'open')
    rows = server.sql("SELECT action, resource_type, resource_id, details FROM audit_log "
                      "WHERE org_id = ? AND action LIKE 'finding.%' ORDER BY created_at, id",
                      account.org)
    assert [row[:3] for row in rows] == [
        ('finding.updated', 'finding', many[0]['id']),
        ('finding.bulk_updated', 'finding', None)]
    assert json.loads(rows[0][3]) == {'status': 'resolved', 'updated_fields': ['status']}
    assert json.loads(rows[1][3]) == {'status': 'open', 'updated_count': 2, 'requested_count': 3}
