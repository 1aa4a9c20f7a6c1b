"""Two scans side by side: what is new, what is gone, what stayed."""
import pytest

import seed
from client import check_roles


@pytest.fixture
def pair(server, account):
    """Two scans: one finding each of its own, one of both, all CRITICAL to LOW."""
    old = seed.scan(account, name='Old', total_score=55)
    new = seed.scan(account, name='New', total_score=75)
    gone, both = seed.findings(account, old, {'severity': 'CRITICAL', 'target': 'gone:443'},
                               {'severity': 'LOW', 'target': 'both:443'})
    come, = seed.findings(account, new, {'severity': 'MEDIUM', 'target': 'come:443'})
    server.insert('finding_seen', org_id=account.org, scan_id=new, finding_id=both['id'],
                  severity_rank=1, evidence='{}', created_at=seed.now())
    return {'old': old, 'new': new, 'gone': gone, 'both': both, 'come': come}


def compare(client, a, b, expect=200):
    return client.get(f'/scans/{a}/compare/{b}', expect=expect).json()


def test_what_is_new_and_what_is_gone(admin, pair):
    got = compare(admin, pair['new'], pair['old'])
    assert got['new_findings'] == [{
        'id': pair['come']['id'], 'severity': 'MEDIUM', 'category': 'CRYPTOGRAPHY',
        'message': 'Obsolete TLS version accepted', 'target': 'come:443'}]
    assert [f['target'] for f in got['resolved_findings']] == ['gone:443']
    assert got['summary'] == {'new': 1, 'resolved': 1, 'persistent': 1}
    assert (got['persistent_findings'], got['score_delta']) == (1, 20)
    assert got['comparable'] is True and got['truncated'] is False


def test_the_scans_are_named_and_dated(admin, pair):
    got = compare(admin, pair['new'], pair['old'])
    assert got['scan_a'] | {'id': pair['new'], 'name': 'New', 'score': 75} == got['scan_a']
    assert got['scan_b'] | {'id': pair['old'], 'name': 'Old', 'score': 55} == got['scan_b']
    assert got['scan_a']['date'].endswith('+00:00')
    whole = admin.get(f'/scans/{pair["new"]}', expect=200).json()['created_at']
    assert got['scan_a']['date'] == whole.replace('Z', '+00:00')


def test_the_other_way_round_is_the_mirror_image(admin, pair):
    one, other = (compare(admin, *ids) for ids in
                  ((pair['new'], pair['old']), (pair['old'], pair['new'])))
    assert one['new_findings'] == other['resolved_findings']
    assert one['score_delta'] == -other['score_delta'] == 20


def test_a_scan_beside_itself_differs_in_nothing(admin, pair):
    got = compare(admin, pair['new'], pair['new'])
    assert got['summary'] == {'new': 0, 'resolved': 0, 'persistent': 2}
    assert got['new_findings'] == got['resolved_findings'] == [] and got['score_delta'] == 0


def test_w59_a_finding_counts_once_however_many_hosts_had_it(server, account, admin):
    """W59: lists were longer than the summary said, one entry a row."""
    a, b = seed.scan(account), seed.scan(account)
    rows = seed.findings(account, a, *({'target': f'{n}.example.com:443', 'severity': s}
                                       for n, s in enumerate(['LOW', 'CRITICAL', 'HIGH'] * 5)))
    for row in rows:  # seen in the same scan once more: nothing is added
        server.sql('INSERT INTO finding_seen (org_id, scan_id, finding_id, severity_rank, evidence, '
                   'created_at) VALUES (?, ?, ?, 0, ?, 0) ON CONFLICT DO NOTHING',
                   account.org, a, row['id'], '{}')
    got = compare(admin, a, b)
    assert len(got['new_findings']) == got['summary']['new'] == len(rows)
    assert len({f['id'] for f in got['new_findings']}) == len(rows)
    order = [seed.RANKS[f['severity']] for f in got['new_findings']]
    assert order == sorted(order)


@pytest.mark.parametrize('columns', [
    {'status': 'running', 'completed_at': None, 'total_score': None}, {'status': 'failed'},
    {'status': 'completed', 'total_score': None}])
def test_w59_scans_that_say_nothing_can_be_compared_and_it_is_said(account, admin, columns):
    """W59: an unfinished scan was scored 0 without a word."""
    whole, other = seed.scan(account, total_score=80), seed.scan(account, **columns)
    got = compare(admin, whole, other)
    assert got['comparable'] is False
    score = columns.get('total_score', 75) or 0
    assert got['score_delta'] == 80 - score


def test_the_severity_is_that_of_its_time(server, account, admin):
    a, b = seed.scan(account), seed.scan(account)
    row, = seed.findings(account, a, {'severity': 'CRITICAL'})
    server.sql("UPDATE finding SET severity = 'LOW', severity_rank = 3 WHERE id = ?", row['id'])
    assert compare(admin, a, b)['new_findings'][0]['severity'] == 'CRITICAL'


def test_a_scan_that_is_not_there(admin, pair):
    reply = admin.get(f'/scans/{seed.new_id()}/compare/{pair["old"]}', expect=404)
    assert reply.json()['detail'] == 'Scan not found'
    reply = admin.get(f'/scans/{pair["old"]}/compare/{seed.new_id()}', expect=404)
    assert reply.json()['detail'] == 'Comparison scan not found'
    admin.get(f'/scans/x/compare/{pair["old"]}', expect=422)


def test_a_scan_of_somebody_else_is_not_there(server, admin, pair):
    theirs = seed.scan(server.register())
    reply = admin.get(f'/scans/{pair["old"]}/compare/{theirs}', expect=404)
    assert reply.json()['detail'] == 'Comparison scan not found'


def test_everybody_may_compare(team):
    a, b = seed.scan(team['org']), seed.scan(team['org'])
    check_roles(team, [('GET', f'/scans/{a}/compare/{b}', None,
                        {'viewer', 'auditor', 'admin'}, 200, '')])


def test_a_key_with_the_scope_may_too(server, admin, pair):
    for scope, expect in (('scan:read', 200), ('asset:read', 403)):
        key = admin.post('/api-keys', expect=201,
                         json={'name': scope, 'scopes': [scope]}).json()['raw_key']
        compare(server.client(token=key), pair['new'], pair['old'], expect=expect)
