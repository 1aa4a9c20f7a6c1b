"""Organisations: making, listing, changing and leaving them."""
import re
import uuid

import pytest

from client import issues

DEFAULTS = {'plan': 'free', 'settings': {}, 'max_scans_per_month': 50}


def unique(name):
    return f'{name} {uuid.uuid4().hex[:8]}'


def rows(server, org, action):
    """What the log of an organisation says about an action."""
    return server.sql('SELECT resource_type, resource_id, user_id, details FROM audit_log '
                      'WHERE org_id = ? AND action = ? ORDER BY created_at, id', org, action)


def create(client, name):
    return client.post('/organizations', json={'name': name}, expect=201).json()


# ---- create ----

def test_its_maker_administers_it(server, account, admin):
    name = unique('Daughter')
    org = create(admin, name)
    assert org | DEFAULTS == org and org['name'] == name
    assert org['slug'] == name.lower().replace(' ', '-')
    assert org['created_at'] == org['updated_at']
    member, = admin.get(f'/organizations/{org["id"]}/members', expect=200).json()
    assert member['user_id'] == account.user['id'] and member['role'] == 'admin'
    assert member['accepted_at'] and member['invite_token'] is None
    admin.patch(f'/organizations/{org["id"]}', json={'name': 'Renamed'}, expect=200)


def test_the_session_stays_where_it_is(account, admin):
    create(admin, unique('Elsewhere'))
    admin.post('/assets', expect=201, json={
        'name': 'Here', 'target_type': 'ip', 'target_value': '8.8.8.8'})
    assert account.login().org == account.org


def test_the_log_of_the_new_one_begins_with_it(server, account, admin):
    org = create(admin, unique('Logged'))
    (kind, resource, who, details), = rows(server, org['id'], 'organization.created')
    assert (kind, resource, who) == ('organization', org['id'], account.user['id'])
    assert f'"slug":"{org["slug"]}"' in details and '"self_created":true' in details
    assert rows(server, account.org, 'organization.created') == []


@pytest.mark.parametrize('name', ['', '   ', 'two\nlines', 'x' * 257, None, 7, 'a\0b'])
def test_a_name_is_one_line(admin, name):
    assert issues(admin.post('/organizations', json={'name': name}, expect=422))


def test_one_person_makes_fifty(server, account, admin):
    """W37: what is offered has an end."""
    for n in range(49):
        org = str(uuid.uuid4())
        server.insert('organization', id=org, name=f'Many {n}', slug=org, created_at=n,
                      updated_at=n)
        server.insert('membership', id=str(uuid.uuid4()), org_id=org, role='viewer',
                      user_id=account.user['id'], accepted_at=n + 1, created_at=n, updated_at=n)
    reply = admin.post('/organizations', json={'name': 'One more'}, expect=409)
    assert '50 organizations' in reply.json()['detail']
    assert len(admin.get('/organizations', expect=200).json()) == 50


def test_the_quota_of_scans_counts(server, account, admin):
    """W37: max_scans_per_month is kept to."""
    server.sql('UPDATE organization SET max_scans_per_month = 0 WHERE id = ?', account.org)
    asset = admin.post('/assets', expect=201, json={
        'name': 'x', 'target_type': 'ip', 'target_value': '8.8.4.4'}).json()
    reply = admin.post('/scans', json={'name': 'x', 'asset_ids': [asset['id']]}, expect=429)
    assert 'quota' in reply.json()['detail']


# ---- slugs ----

@pytest.mark.parametrize('name, slug', [
    ('Société Ünïcode_ & Co.  Ltd {0}', 'société-ünïcode-co-ltd-{0}'),
    ('Plain {0}', 'plain-{0}'),
    ('under_score {0}', 'under-score-{0}'),
    ('dash-ed {0}', 'dash-ed-{0}'),
    ('edge - hyphens-{0}-', 'edge-hyphens-{0}'),
    ('--{0}--double', '{0}-double'),
    ('_{0}_', '{0}'),
    ('a\u00a0b\u2003c {0}', 'a-b-c-{0}'),
    ('日本 {0}', '日本-{0}'),
    ('ΑΘΗΝΑ {0}', 'αθηνα-{0}'),
    ("O'Neill {0}", 'oneill-{0}'),
])
def test_a_short_name_comes_of_the_name(server, admin, name, slug):
    """W38: the same for plain names; no hyphens at the ends nor in a row."""
    tag = uuid.uuid4().hex[:8]
    name, slug = name.format(tag), slug.format(tag)
    assert [create(admin, name)['slug'] for _ in range(3)] == [slug, f'{slug}-1', f'{slug}-2']
    account = server.register(org_name=name)
    (registered,), = server.sql('SELECT slug FROM organization WHERE id = ?', account.org)
    assert registered == f'{slug}-3'


@pytest.mark.parametrize('name', ['***', '---', '_ _', '!?', '🦊🦊'])
def test_a_short_name_is_never_empty(server, admin, name):
    """W38: neither here nor at registration."""
    account = server.register(org_name=name)
    made = [create(admin, name)['slug'], create(admin, name)['slug']]
    made += server.sql('SELECT slug FROM organization WHERE id = ?', account.org)[0]
    assert all(re.fullmatch('org-[0-9a-f]{8}', slug) for slug in made) and len(set(made)) == 3


@pytest.mark.parametrize('letter', ['x', 'é', '日', '𝔘'])
def test_a_long_name_twice(server, letter):
    """W14h: the ending fits, since the name before it is cut."""
    admin = server.register().bearer()
    name = uuid.uuid4().hex + letter * 200
    one, two = create(admin, name)['slug'], create(admin, name)['slug']
    assert len(one) == len(two) == 128 and two == one[:126] + '-1'


def test_a_very_popular_name(server, admin):
    name = unique('Popular')
    slugs = {create(admin, name)['slug'] for _ in range(24)}
    assert len(slugs) == 24


# ---- list, get ----

def test_the_list_is_by_name(server):
    account = server.register(org_name='Middle')
    admin = account.bearer()
    create(admin, 'alpha'), create(admin, 'Zulu'), create(admin, 'Beta')
    names = [org['name'] for org in admin.get('/organizations', expect=200).json()]
    assert names == ['alpha', 'Beta', 'Middle', 'Zulu']


def test_the_list_shows_nobody_elses(server, account, admin):
    create(server.register().bearer(), unique('Theirs'))
    assert [org['id'] for org in admin.get('/organizations', expect=200).json()] == [account.org]


def test_someone_without_any_has_an_empty_list(server, account, admin):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    assert admin.get('/organizations', expect=200).json() == []


def test_get(team):
    org = team['org'].org
    for role in ('viewer', 'auditor', 'admin'):
        assert team[role].get(f'/organizations/{org}', expect=200).json()['id'] == org
    assert team['admin'].get(f'/organizations/{org.replace("-", "").upper()}',
                             expect=200).json()['id'] == org


@pytest.mark.parametrize('method', ['GET', 'PATCH'])
def test_a_strangers_organisation_is_not_found(server, admin, method):
    theirs = server.register().org
    for org in (theirs, str(uuid.uuid4())):
        reply = admin.request(method, f'/organizations/{org}', json={'name': 'x'}, expect=404)
        assert reply.json()['detail'] == 'Organization not found'
    admin.request(method, '/organizations/current', json={}, expect=422)


def test_an_organisation_one_was_asked_into_shows_nothing_yet(server, account):
    """W23: no data without acceptance, though the list names it."""
    guest = server.register()
    account.invite(guest.email)
    client = guest.bearer()
    assert account.org in [org['id'] for org in client.get('/organizations', expect=200).json()]
    for path in ('', '/members', '/invitations'):
        client.get(f'/organizations/{account.org}{path}', expect=404)


# ---- change ----

def test_each_member_of_it_changes_alone(account, admin):
    """W14a: any change is 200, and is there afterwards."""
    path = f'/organizations/{account.org}'
    before = admin.get(path, expect=200).json()
    one = admin.patch(path, json={'name': '  New name '}, expect=200).json()
    assert one == {**before, 'name': 'New name', 'updated_at': one['updated_at']}
    assert one['updated_at'] > before['updated_at']
    two = admin.patch(path, json={'settings': {'a': [1, {'b': None}]}}, expect=200).json()
    assert two['name'] == 'New name' and two['settings'] == {'a': [1, {'b': None}]}
    three = admin.patch(path, json={'settings': {}, 'name': 'Again'}, expect=200).json()
    assert three['settings'] == {} and three['name'] == 'Again'
    assert admin.get(path, expect=200).json() == three
    assert three['slug'] == before['slug']


def test_a_change_is_in_the_log_and_nothing_else_is(server, account, admin):
    path = f'/organizations/{account.org}'
    admin.patch(path, json={}, expect=200)
    admin.patch(path, json={'unknown': 1}, expect=200)
    assert rows(server, account.org, 'organization.updated') == []
    admin.patch(path, json={'name': 'x', 'settings': {}}, expect=200)
    (kind, resource, who, details), = rows(server, account.org, 'organization.updated')
    assert (kind, resource, who) == ('organization', account.org, account.user['id'])
    assert details == '{"updated_fields":["name","settings"]}'


def test_its_country(account, admin):
    """Null until somebody says it, and null again; what is left out stays."""
    path = f'/organizations/{account.org}'
    assert admin.get(path, expect=200).json()['country'] is None
    assert admin.patch(path, json={'country': 'IT'}, expect=200).json()['country'] == 'IT'
    assert admin.patch(path, json={'name': unique('Still')}, expect=200).json()['country'] == 'IT'
    assert admin.patch(path, json={'country': None}, expect=200).json()['country'] is None


@pytest.mark.parametrize('country', ['it', 'XX', 'ITA', '', 7])
def test_what_is_no_country(account, admin, country):
    refused = admin.patch(f'/organizations/{account.org}', json={'country': country}, expect=422)
    assert set(issues(refused)) == {'body.country'}


@pytest.mark.parametrize('body, loc', [
    ({'name': None}, 'body.name'), ({'settings': None}, 'body.settings'),
    ({'name': ''}, 'body.name'), ({'name': ' '}, 'body.name'), ({'name': 'a\nb'}, 'body.name'),
    ({'name': 'x' * 257}, 'body.name'), ({'settings': []}, 'body.settings'),
    ({'settings': 'x'}, 'body.settings'), ({'settings': {'x': 'y' * 70000}}, 'body.settings'),
])
def test_what_it_cannot_become(account, admin, body, loc):
    """W14e: null is refused with the member named."""
    before = admin.get(f'/organizations/{account.org}').json()
    assert loc in issues(admin.patch(f'/organizations/{account.org}', json=body, expect=422))
    assert admin.get(f'/organizations/{account.org}').json() == before


def test_a_nul_is_in_no_name(account, admin):
    """W14f: here neither."""
    admin.patch(f'/organizations/{account.org}', json={'name': 'a\0b'}, expect=422)


def test_only_administrators_change_it(team):
    for role in ('viewer', 'auditor'):
        reply = team[role].patch(f'/organizations/{team["org"].org}', json={'name': 'x'},
                                 expect=403)
        assert reply.json()['detail'] == 'Only admins can update organization settings'


def test_any_of_ones_organisations_can_be_changed(server, account, admin):
    """W24: whatever organisation the session works in."""
    org = create(admin, unique('Second'))['id']
    assert admin.patch(f'/organizations/{org}', json={'name': 'Changed'},
                       expect=200).json()['name'] == 'Changed'
    assert len(rows(server, org, 'organization.updated')) == 1
    assert rows(server, account.org, 'organization.updated') == []


def test_the_role_is_that_in_the_organisation_of_the_path(server, account):
    """W24: an administrator at home is what they are elsewhere, elsewhere."""
    viewer = account.member('viewer')
    own = create(viewer.bearer(), unique('Own'))['id']
    viewer.bearer().patch(f'/organizations/{own}', json={'name': 'Mine'}, expect=200)
    viewer.bearer().patch(f'/organizations/{account.org}', json={'name': 'Not mine'}, expect=403)


# ---- leave ----

@pytest.mark.parametrize('role', ['viewer', 'auditor', 'admin'])
def test_every_role_can_leave(server, account, role):
    """W25: at once, and without asking anybody."""
    member = account.member(role)
    client = member.bearer()
    client.post(f'/organizations/{account.org}/leave', expect=204)
    client.get(f'/organizations/{account.org}', expect=404)
    assert client.get('/assets', expect=403).json()['detail'] == \
        'User is not a member of any organization'
    (kind, _, who, details), = rows(server, account.org, 'member.left')
    assert (kind, who) == ('membership', member.user['id']) and f'"role":"{role}"' in details
    assert len(account.bearer().get(f'/organizations/{account.org}/members').json()) == 1
    client.post(f'/organizations/{account.org}/leave', expect=404)


def test_the_last_administrator_stays(account):
    """W25: the same rule as for removal."""
    account.member('viewer')
    reply = account.bearer().post(f'/organizations/{account.org}/leave', expect=400)
    assert reply.json()['detail'] == 'Cannot remove the last admin of an organization'
    account.member('admin')
    account.bearer().post(f'/organizations/{account.org}/leave', expect=204)


def test_the_only_person_stays(account, admin):
    """W25: an organisation is not left without anybody."""
    account.invite('somebody.invited@example.com', 'admin')
    reply = admin.post(f'/organizations/{account.org}/leave', expect=400)
    assert 'only member' in reply.json()['detail']
    admin.get(f'/organizations/{account.org}', expect=200)


def test_leaving_declines_an_invitation(server, account):
    """W23, W25: who was asked can say no, and is asked no more."""
    guest = server.register()
    account.invite(guest.email, 'admin')
    guest.bearer().post(f'/organizations/{account.org}/leave', expect=204)
    assert [o['id'] for o in guest.bearer().get('/organizations').json()] == [guest.org]
    invitation, = account.bearer().get(f'/organizations/{account.org}/invitations').json()
    assert invitation['status'] == 'withdrawn'
    assert len(account.bearer().get(f'/organizations/{account.org}/members').json()) == 1


def test_a_stranger_cannot_leave(server, account, admin):
    for org in (server.register().org, str(uuid.uuid4())):
        reply = admin.post(f'/organizations/{org}/leave', expect=404)
        assert reply.json()['detail'] == 'Organization not found'
