"""The inventory: what may be registered, in which form, by whom."""
import json

import pytest

from client import check_roles, issues

ASSET = {'name': 'An asset', 'target_type': 'domain', 'target_value': 'www.example.com'}
DUPLICATE = 'Asset with this target already exists in your organization'


def asset(kind, value, **more):
    return {**ASSET, 'target_type': kind, 'target_value': value, **more}


def test_create_answers_with_the_asset(account, admin):
    got = admin.post('/assets', json={**ASSET, 'tags': ['web', 'production']}, expect=201).json()
    assert got | {**ASSET, 'organization_id': account.org, 'pinned_ip': '203.0.113.10',
                  'tags': ['web', 'production'], 'is_active': True} == got
    assert got['created_at'] == got['updated_at']
    assert admin.get(f'/assets/{got["id"]}', expect=200).json() == got
    assert admin.get('/assets', expect=200).json() == \
        {'items': [got], 'total': 1, 'page': 1, 'page_size': 20}


@pytest.mark.parametrize('kind, given, stored, pinned', [
    ('domain', ' WWW.Example.COM. ', 'www.example.com', '203.0.113.10'),
    ('domain', 'https://www.example.com/some/page', 'www.example.com', '203.0.113.10'),
    ('domain', 'www.example.com/', 'www.example.com', '203.0.113.10'),
    ('domain', 'six.example.com', 'six.example.com', '2001:db8::5'),
    ('domain', 'here.example.com', 'here.example.com', '127.0.0.1'),
    ('ip', ' 8.8.8.8 ', '8.8.8.8', '8.8.8.8'),
    ('ip', '127.0.0.1', '127.0.0.1', '127.0.0.1'),
    ('ip', '2001:4860:4860:0:0:0:0:8888', '2001:4860:4860::8888', '2001:4860:4860::8888'),
    ('ip', '203.0.113.9', '203.0.113.9', '203.0.113.9'),
    ('cidr', '8.8.8.77/24', '8.8.8.0/24', None),
    ('cidr', '8.8.8.8', '8.8.8.8/32', None),
    ('cidr', '8.8.8.8/32', '8.8.8.8/32', None),
    ('cidr', '203.0.113.0/24', '203.0.113.0/24', None),
    ('cidr', '203.0.0.0/16', '203.0.0.0/16', None),
    ('cidr', '2001:4860::7/112', '2001:4860::/112', None),
    ('cidr', '127.0.0.0/24', '127.0.0.0/24', None),
])
def test_targets_are_stored_in_their_normal_form(admin, kind, given, stored, pinned):
    got = admin.post('/assets', json=asset(kind, given), expect=201).json()
    assert (got['target_value'], got['pinned_ip']) == (stored, pinned)
    assert got['tags'] == []


@pytest.mark.parametrize('kind, value, fragment', [
    ('domain', 'localhost', 'Blocked hostname'),
    ('domain', 'LOCALHOST.', 'Blocked hostname'),
    ('domain', 'metadata.google.internal', 'Blocked hostname'),
    ('domain', 'kubernetes.default.svc', 'Blocked hostname'),
    ('domain', '169.254.169.254', ''),
    ('domain', 'single', 'Invalid domain'),
    ('domain', '-bad.example.com', 'Invalid domain'),
    ('domain', 'under_score.example.com', 'Invalid domain'),
    ('domain', '*.example.com', 'Invalid domain'),
    ('domain', 'example.com:443', 'Invalid domain'),
    ('domain', 'a' * 64 + '.example.com', 'Invalid domain'),
    ('domain', 'example.123', 'Invalid domain'),
    ('domain', 'private.example.com', 'private'),
    ('domain', 'mixed.example.com', 'private'),
    ('ip', 'not an address', 'Invalid IP'),
    ('ip', '010.1.1.1', 'Invalid IP'),
    ('ip', '8.8.8.8/32', 'Invalid IP'),
    ('ip', '10.0.0.1', 'Private'),
    ('ip', '172.16.5.5', 'Private'),
    ('ip', '192.168.1.1', 'Private'),
    ('ip', '169.254.169.254', 'Private'),
    ('ip', '100.64.0.1', 'Private'),
    ('ip', '0.0.0.0', 'Private'),
    ('ip', '224.0.0.1', 'Private'),
    ('ip', '255.255.255.255', 'Private'),
    ('ip', '::1', 'Private'),
    ('ip', '::', 'Private'),
    ('ip', 'fe80::1', 'Private'),
    ('ip', 'fd00::1', 'Private'),
    ('ip', 'ff02::1', 'Private'),
    ('ip', '::ffff:10.0.0.1', 'Private'),
    ('ip', '64:ff9b::10.0.0.1', 'Private'),
    ('ip', '2002:0a00:0001::1', 'Private'),
    ('cidr', 'not a network', 'Invalid CIDR'),
    ('cidr', '8.8.8.0/33', 'Invalid CIDR'),
    ('cidr', '8.0.0.0/15', 'too large'),
    ('cidr', '10.0.0.0/8', 'too large'),
    ('cidr', '2001:4860::/64', 'too large'),
    ('cidr', '192.168.0.0/16', 'SSRF blocked'),
    ('cidr', '169.254.169.0/24', 'SSRF blocked'),
    ('cidr', '::ffff:10.0.0.0/120', 'SSRF blocked'),
])
def test_targets_that_are_refused(admin, kind, value, fragment):
    reply = admin.post('/assets', json=asset(kind, value), expect=422)
    assert fragment in reply.json()['detail']
    assert admin.get('/assets').json()['total'] == 0


@pytest.mark.parametrize('kind, value', [
    ('ip', '127.0.0.1'), ('ip', '::ffff:127.0.0.1'), ('cidr', '127.0.0.0/16'),
    ('domain', 'here.example.com')])
def test_loopback_is_refused_unless_the_operator_allows_it(start, kind, value):
    server = start(SCAN_ALLOW_NETWORKS='')
    server.register().bearer().post('/assets', json=asset(kind, value), expect=422)


def test_the_private_address_behind_a_name_is_not_told(admin):
    """W55: the refusal said which private address a name has."""
    reply = admin.post('/assets', json=asset('domain', 'private.example.com'), expect=422)
    assert '10.0.0.7' not in reply.text


@pytest.mark.parametrize('changes, loc, kind', [
    ({'name': ...}, 'body.name', 'missing'),
    ({'name': ''}, 'body.name', 'string_too_short'),
    ({'name': ' \t '}, 'body.name', None),
    ({'name': 'x' * 257}, 'body.name', 'string_too_long'),
    ({'name': None}, 'body.name', 'string_type'),
    ({'name': 7}, 'body.name', 'string_type'),
    ({'name': 'bell\a'}, 'body.name', None),
    ({'target_type': ...}, 'body.target_type', 'missing'),
    ({'target_type': 'host'}, 'body.target_type', None),
    ({'target_type': 'IP'}, 'body.target_type', None),
    ({'target_value': ''}, 'body.target_value', 'string_too_short'),
    ({'target_value': 'x' * 513}, 'body.target_value', 'string_too_long'),
    ({'tags': 'web'}, 'body.tags', 'list_type'),
    ({'tags': [1]}, 'body.tags.0', 'string_type'),
    ({'tags': ['x' * 65]}, 'body.tags.0', 'string_too_long'),
    ({'tags': ['t'] * 65}, 'body.tags', 'too_long'),
])
def test_fields_are_checked(admin, changes, loc, kind):
    whole = {name: value for name, value in {**ASSET, **changes}.items() if value is not ...}
    found = issues(admin.post('/assets', json=whole, expect=422))
    assert loc in found and (kind is None or found[loc] == kind), found


def test_all_that_is_wrong_is_told_at_once(admin):
    reply = admin.post('/assets', json={'name': '', 'tags': 3}, expect=422)
    assert set(issues(reply)) == {'body.name', 'body.tags', 'body.target_type',
                                  'body.target_value'}


def test_members_nobody_knows_are_ignored(admin):
    got = admin.post('/assets?limit=3', json={**ASSET, 'is_active': False, 'x': {'y': []}},
                     expect=201).json()
    assert got['is_active'] is True


@pytest.mark.parametrize('again', [' www.EXAMPLE.com', 'http://www.example.com/',
                                   'www.example.com.'])
def test_one_target_stands_once(admin, again):
    admin.post('/assets', json=ASSET, expect=201)
    reply = admin.post('/assets', json=asset('domain', again), expect=409)
    assert reply.json()['detail'] == DUPLICATE
    assert admin.get('/assets').json()['total'] == 1


def test_two_organisations_may_have_one_target(server):
    for _ in range(2):
        server.register().bearer().post('/assets', json=ASSET, expect=201)


def test_names_are_trimmed_and_keep_their_letters(admin):
    got = admin.post('/assets', json={**ASSET, 'name': '  Größe 日本 🙂 '}, expect=201).json()
    assert got['name'] == 'Größe 日本 🙂'


# ---- update ----

@pytest.fixture
def one(admin):
    return admin.post('/assets', json={**ASSET, 'tags': ['web']}, expect=201).json()


@pytest.mark.parametrize('change, result', [
    ({'name': ' New '}, {'name': 'New'}),
    ({'is_active': False}, {'is_active': False}),
    ({'tags': ['a', 'b']}, {'tags': ['a', 'b']}),
    ({'tags': []}, {'tags': []}),
    ({'tags': None}, {'tags': None}),
    ({}, {}),
    ({'target_value': 'shop.example.com'},
     {'target_value': 'shop.example.com', 'pinned_ip': '203.0.113.11'}),
    ({'target_type': 'ip', 'target_value': '8.8.4.4'},
     {'target_type': 'ip', 'target_value': '8.8.4.4', 'pinned_ip': '8.8.4.4'}),
    ({'target_type': None, 'target_value': None}, {}),
    ({'target_value': 'www.example.com'}, {}),
])
def test_update_changes_what_was_sent(admin, one, change, result):
    got = admin.patch(f'/assets/{one["id"]}', json=change, expect=200).json()
    assert got['updated_at'] >= one['updated_at']
    assert got == {**one, **result, 'updated_at': got['updated_at']}
    assert admin.get(f'/assets/{one["id"]}').json() == got


@pytest.mark.parametrize('change, loc', [
    ({'name': None}, 'body.name'), ({'name': ''}, 'body.name'),
    ({'is_active': None}, 'body.is_active'),
    ({'is_active': 'yes'}, 'body.is_active'), ({'target_type': 'x'}, 'body.target_type'),
    ({'target_value': ''}, 'body.target_value'), ({'tags': {}}, 'body.tags')])
def test_update_checks_fields(admin, one, change, loc):
    assert loc in issues(admin.patch(f'/assets/{one["id"]}', json=change, expect=422))
    assert admin.get(f'/assets/{one["id"]}').json() == one


@pytest.mark.parametrize('change, fragment', [
    ({'target_value': 'localhost'}, 'Blocked hostname'),
    ({'target_type': 'ip', 'target_value': '10.0.0.1'}, 'Private'),
    ({'target_type': 'ip'}, 'Invalid IP')])
def test_update_judges_the_target_again(admin, one, change, fragment):
    reply = admin.patch(f'/assets/{one["id"]}', json=change, expect=422)
    assert fragment in reply.json()['detail']


def test_update_to_a_target_that_stands_already(admin, one):
    other = admin.post('/assets', json=asset('ip', '8.8.8.8'), expect=201).json()
    reply = admin.patch(f'/assets/{other["id"]}', expect=409,
                        json={'target_type': 'domain', 'target_value': 'WWW.example.com'})
    assert reply.json()['detail'] == DUPLICATE
    assert admin.get(f'/assets/{other["id"]}').json() == other


def test_delete(admin, one):
    reply = admin.delete(f'/assets/{one["id"]}', expect=204)
    assert reply.content == b''
    for method in (admin.get, admin.delete):
        assert method(f'/assets/{one["id"]}', expect=404).json()['detail'] == 'Asset not found'
    admin.post('/assets', json=ASSET, expect=201)


# ---- ids, pages, roles ----

@pytest.mark.parametrize('spelling', [
    lambda i: i.upper(), lambda i: i.replace('-', ''), lambda i: '{%s}' % i,
    lambda i: f'urn:uuid:{i}'])
def test_an_id_may_be_spelled_in_other_ways(admin, one, spelling):
    assert admin.get(f'/assets/{spelling(one["id"])}', expect=200).json() == one


@pytest.mark.parametrize('bad', ['x', '1', '0' * 31, '0' * 33, 'g' * 32, '%20'])
def test_an_id_that_is_none(admin, bad):
    found = issues(admin.get(f'/assets/{bad}', expect=422))
    assert found == {'path.asset_id': 'uuid_parsing'}


def test_pages(admin):
    ids = [admin.post('/assets', json=asset('ip', f'8.8.8.{n}'), expect=201).json()['id']
           for n in range(7)]
    seen = []
    for page in (1, 2, 3, 4):
        got = admin.get(f'/assets?page={page}&page_size=3', expect=200).json()
        assert (got['total'], got['page'], got['page_size']) == (7, page, 3)
        seen += [item['id'] for item in got['items']]
    assert seen == ids[::-1], 'newest first, each once'


@pytest.mark.parametrize('query, loc, kind', [
    ('page=0', 'query.page', 'greater_than_equal'),
    ('page=-1', 'query.page', 'greater_than_equal'),
    ('page=x', 'query.page', 'int_parsing'),
    ('page=1.5', 'query.page', 'int_parsing'),
    ('page=99999999999999999999', 'query.page', None),
    ('page_size=0', 'query.page_size', 'greater_than_equal'),
    ('page_size=101', 'query.page_size', 'less_than_equal'),
    ('page=', 'query.page', 'int_parsing'),
])
def test_pages_that_are_none(admin, query, loc, kind):
    found = issues(admin.get(f'/assets?{query}', expect=422))
    assert loc in found and (kind is None or found[loc] == kind), found


def test_roles(team):
    asset_id = team['admin'].post('/assets', json=ASSET, expect=201).json()['id']
    check_roles(team, [
        # who may, and what others are told
        ('GET', '/assets', None, {'viewer', 'auditor', 'admin'}, 200, ''),
        ('GET', f'/assets/{asset_id}', None, {'viewer', 'auditor', 'admin'}, 200, ''),
        ('POST', '/assets', {}, {'auditor', 'admin'}, 422, 'admin, auditor'),
        ('PATCH', f'/assets/{asset_id}', {}, {'auditor', 'admin'}, 200, 'admin, auditor'),
        ('POST', '/assets/import', None, {'admin'}, 422, 'admin'),
        ('DELETE', f'/assets/{asset_id}', None, {'admin'}, 204, 'admin'),
    ])


# ---- the trail ----

def test_each_change_leaves_a_row(server, account, admin):
    one = admin.post('/assets', json=ASSET, expect=201).json()
    admin.patch(f'/assets/{one["id"]}', json={'name': 'New', 'is_active': False}, expect=200)
    admin.patch(f'/assets/{one["id"]}', json={'name': ''}, expect=422)
    admin.delete(f'/assets/{one["id"]}', expect=204)
    rows = server.sql('SELECT action, resource_type, resource_id, user_id, ip_address, details '
                      'FROM audit_log WHERE org_id = ? ORDER BY created_at, id', account.org)
    rows = [row for row in rows if row[0].startswith('asset.')]
    assert [row[0] for row in rows] == ['asset.created', 'asset.updated', 'asset.deleted']
    assert {row[1:5] for row in rows} == {('asset', one['id'], account.user['id'], '127.0.0.1')}
    details = [json.loads(row[5]) for row in rows]
    assert details[0] == {'name': 'An asset', 'target': 'www.example.com', 'type': 'domain'}
    assert details[1]['name'] == 'New' and details[1]['updated_fields'] == ['name', 'is_active']
