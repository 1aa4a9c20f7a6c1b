"""Members of an organisation: who they are, their roles, their end."""
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import issues
from server import fresh_email

REFUSALS = {'invite': 'Only admins can invite members', 'role': 'Only admins can change roles',
            'remove': 'Only admins can remove members'}


def members(account):
    """{address: member}, in the order of the answer."""
    path = f'/organizations/{account.org}/members'
    return {m['user']['email']: m for m in account.bearer().get(path, expect=200).json()}


def path_of(account, other, end=''):
    """The membership of a person (or an address) in the organisation."""
    email = other if isinstance(other, str) else other.email
    return f'/organizations/{account.org}/members/{members(account)[email]["id"]}{end}'


def set_role(client, path, role, expect=200):
    return client.patch(path, json={'role': role}, expect=expect)


def rows(server, org, action):
    return [(who, resource, json.loads(details)) for who, resource, details in server.sql(
        'SELECT user_id, resource_id, details FROM audit_log WHERE org_id = ? AND action = ? '
        'ORDER BY created_at, id', org, action)]


def second_org(account):
    """Another organisation of the same person, where the session does not work."""
    account.org = account.bearer().post(
        '/organizations', json={'name': 'Second'}, expect=201).json()['id']
    return account


# ---- list ----

def test_members_are_listed_oldest_first(server):
    account = server.register(full_name='The First')
    viewer, auditor = account.member('viewer'), account.member('auditor')
    listed = list(members(account).values())
    assert [m['user_id'] for m in listed] == [a.user['id'] for a in (account, viewer, auditor)]
    assert [m['role'] for m in listed] == ['admin', 'viewer', 'auditor']
    assert listed[0]['user'] == {k: v for k, v in account.user.items() if k != 'mfa_enabled'}
    assert all(m['accepted_at'] and m['invite_token'] is None for m in listed)


def test_every_member_sees_the_list(team):
    for role in ('viewer', 'auditor', 'admin'):
        assert len(team[role].get(f'/organizations/{team["org"].org}/members',
                                  expect=200).json()) >= 3


def test_of_who_has_not_joined_only_the_address_is_told(server, account):
    """W23: neither name nor language nor picture, nor whether there is an account."""
    known = server.register(email=f'Known.{uuid.uuid4().hex[:8]}@example.com',
                            full_name='A Secret Name')
    server.sql("UPDATE app_user SET locale = 'fr', avatar_url = '/me.png' WHERE id = ?",
               known.user['id'])
    addresses = [known.email.lower(), fresh_email()]
    answers = [account.invite(email) for email in addresses]
    listed = members(account)
    for answer, email in zip(answers, addresses):
        assert answer['user'] == {
            'id': answer['user_id'], 'email': email, 'full_name': '', 'locale': 'en',
            'avatar_url': None, 'email_verified': False, 'is_active': False, 'created_at': None}
        assert listed[email] == {**answer, 'invite_token': None}


# ---- role ----

@pytest.mark.parametrize('before, after', [('viewer', 'auditor'), ('auditor', 'admin'),
                                           ('admin', 'viewer')])
def test_a_role_changes_at_once(server, account, before, after):
    """W14b: the role of another member."""
    member = account.member(before)
    path = path_of(account, member)
    got = set_role(account.bearer(), path, after).json()
    assert got['role'] == after and got['user_id'] == member.user['id'] and got['accepted_at']
    assert got['updated_at'] > got['created_at']
    assert members(account)[member.email] == got
    member.bearer().post('/assets', expect=403 if after == 'viewer' else 201, json={
        'name': 'x', 'target_type': 'ip', 'target_value': '8.8.8.8'})
    (who, resource, details), = rows(server, account.org, 'member.role_changed')
    assert who == account.user['id'] and resource == got['id']
    assert details == {'before': before, 'after': after, 'target_user_id': member.user['id']}


def test_the_same_role_changes_nothing(server, account):
    """W14b: 200, and no line in the log."""
    member = account.member('viewer')
    before = members(account)
    assert set_role(account.bearer(), path_of(account, member), 'viewer').json() == \
        before[member.email]
    set_role(account.bearer(), path_of(account, account), 'admin')
    assert members(account) == before
    count, = server.sql("SELECT count(*) FROM audit_log WHERE org_id = ? AND "
                        "(action = 'member.role_changed' OR action = 'patch')", account.org)[0]
    assert count == 0


@pytest.mark.parametrize('role', ['auditor', 'viewer'])
def test_nobody_demotes_themselves(account, role):
    account.member('admin')
    reply = set_role(account.bearer(), path_of(account, account), role, expect=400)
    assert reply.json()['detail'] == \
        'You cannot demote yourself. Ask another admin or use the leave endpoint.'


@pytest.mark.parametrize('body', [{'role': 'member'}, {'role': 'owner'}, {'role': 'Admin'},
                                  {'role': None}, {'role': ''}, {}])
def test_what_is_no_role(account, body):
    path = path_of(account, account)
    assert 'body.role' in issues(account.bearer().patch(path, json=body, expect=422))


def test_an_invitation_gives_the_role_as_it_is_now(server, account):
    email = fresh_email()
    invited = account.invite(email, 'viewer')
    got = set_role(account.bearer(), path_of(account, email), 'auditor').json()
    assert got['role'] == 'auditor' and got['accepted_at'] is None
    server_side, = account.bearer().get(f'/organizations/{account.org}/invitations').json()
    assert server_side['role'] == 'auditor'
    guest = type(account).invited(server, email, invited['invite_token'])
    assert members(account)[guest.email]['role'] == 'auditor'


# ---- removal ----

def test_removal_takes_effect_at_once(server, account):
    member = account.member('auditor')
    path = path_of(account, member)
    member.bearer().get('/assets', expect=200)
    account.bearer().delete(path, expect=204)
    member.bearer().get('/assets', expect=403)
    member.bearer().get('/auth/me', expect=200)
    account.bearer().delete(path, expect=404)
    assert list(members(account)) == [account.email]
    (who, resource, details), = rows(server, account.org, 'member.removed')
    assert who == account.user['id'] and resource == path.split('/')[-1]
    assert details == {'target_user_id': member.user['id'], 'removed_role': 'auditor'}


def test_removal_leaves_other_organisations_alone(server, account):
    member = account.member('viewer')
    own = member.bearer().post('/organizations', json={'name': 'Own'}, expect=201).json()
    account.bearer().delete(path_of(account, member), expect=204)
    assert [o['id'] for o in member.bearer().get('/organizations').json()] == [own['id']]
    member.bearer().get(f'/organizations/{own["id"]}/members', expect=200)


def test_the_last_administrator_cannot_be_removed(account):
    account.member('auditor')
    account.invite(fresh_email(), 'admin')
    reply = account.bearer().delete(path_of(account, account), expect=400)
    assert reply.json()['detail'] == 'Cannot remove the last admin of an organization'


def test_an_administrator_goes_when_another_is_there(account):
    other = account.member('admin')
    account.bearer().delete(path_of(account, account), expect=204)
    assert list(members(other)) == [other.email]


def test_removing_who_has_not_joined_withdraws_the_invitation(server, account):
    email = fresh_email()
    invited = account.invite(email)
    account.bearer().delete(path_of(account, email), expect=204)
    server.client().post('/auth/accept-invite', expect=400, json={
        'email': email, 'token': invited['invite_token'], 'password': account.password,
        'full_name': 'x'})
    only, = account.bearer().get(f'/organizations/{account.org}/invitations').json()
    assert only['status'] == 'withdrawn' and only['email'] == email
    assert server.sql('SELECT 1 FROM app_user WHERE email = ?', email) == []
    server.register(email=email)


def test_an_unused_account_stays_while_another_organisation_waits_for_it(server, account):
    other, email = server.register(), fresh_email()
    account.invite(email)
    theirs = other.invite(email)
    account.bearer().delete(path_of(account, email), expect=204)
    type(account).invited(server, email, theirs['invite_token'])
    assert email in members(other)


def test_removal_leaves_an_account_that_is_in_use(server, account):
    known = server.register()
    account.invite(known.email)
    account.bearer().delete(path_of(account, known), expect=204)
    known.login()


# ---- who may ----

@pytest.mark.parametrize('role', ['viewer', 'auditor'])
def test_others_only_look(team, role):
    org = team['org']
    target = path_of(org, org)
    for reply, what in (
            (team[role].post(f'/organizations/{org.org}/members', expect=403,
                             json={'email': fresh_email()}), 'invite'),
            (set_role(team[role], target, 'viewer', expect=403), 'role'),
            (team[role].delete(target, expect=403), 'remove')):
        assert reply.json()['detail'] == REFUSALS[what]
    team[role].delete(f'{target}/sessions', expect=403)
    team[role].get(f'/organizations/{org.org}/invitations', expect=403)


def test_a_stranger_is_told_the_same(server, team, admin):
    """A foreign organisation and a missing one are refused alike."""
    target = path_of(team['org'], team['org'])
    for path in (target, f'/organizations/{seed.new_id()}/members/{seed.new_id()}'):
        assert set_role(admin, path, 'viewer', expect=403).json()['detail'] == REFUSALS['role']
        assert admin.delete(path, expect=403).json()['detail'] == REFUSALS['remove']
        collection = path.rsplit('/', 1)[0]
        assert admin.get(collection, expect=404).json()['detail'] == 'Organization not found'
        assert admin.post(collection, json={'email': fresh_email()},
                          expect=403).json()['detail'] == REFUSALS['invite']


def test_a_member_of_another_organisation_is_not_found(server, account):
    """Not even by who administers both."""
    other = server.register()
    theirs = path_of(other, other).split('/')[-1]
    for member in (theirs, seed.new_id()):
        path = f'/organizations/{account.org}/members/{member}'
        for reply in (set_role(account.bearer(), path, 'viewer', expect=404),
                      account.bearer().delete(path, expect=404),
                      account.bearer().delete(f'{path}/sessions', expect=404)):
            assert reply.json()['detail'] == 'Member not found'
    assert members(other)[other.email]['role'] == 'admin'


# ---- organisations that the session does not work in ----

def test_everything_works_in_an_organisation_that_is_not_the_sessions(server, account):
    """W24, W14l: list, invite, role, removal and the log are those of the path."""
    home = account.org
    second_org(account)
    email, other = fresh_email(), fresh_email()
    invited = account.invite(email, 'viewer')
    account.invite(other)
    assert list(members(account)) == [account.email, email, other]
    guest = type(account).invited(server, email, invited['invite_token'])
    assert guest.org == account.org
    set_role(account.bearer(), path_of(account, guest), 'admin')
    account.bearer().delete(path_of(account, other), expect=204)
    guest.bearer().delete(path_of(account, account), expect=204)
    assert len(rows(server, guest.org, 'member.invited')) == 2
    assert len(rows(server, guest.org, 'member.role_changed')) == 1
    assert len(rows(server, guest.org, 'member.removed')) == 2
    assert [a for a, in server.sql('SELECT action FROM audit_log WHERE org_id = ?', home)
            if a.startswith('member')] == []


def test_the_last_administrator_is_counted_where_it_matters(server, account):
    """W24: those of the session's organisation count nothing in another."""
    account.member('admin')
    second_org(account)
    account.bearer().delete(path_of(account, account), expect=400)


# ---- at the same time ----

@pytest.mark.parametrize('how', ['remove', 'demote', 'leave'])
def test_two_administrators_cannot_both_go(server, how):
    """W24: removing, demoting or leaving at the same moment leaves one."""
    for _ in range(4):
        one = server.register()
        two = one.member('admin')
        paths = [path_of(one, two), path_of(one, one)]

        def go(n):
            client = (one, two)[n].bearer()
            if how == 'remove':
                return client.delete(paths[n]).status_code
            if how == 'demote':
                return set_role(client, paths[n], 'viewer', expect=None).status_code
            return client.post(f'/organizations/{one.org}/leave').status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(go, range(2)))
        left, = server.sql("SELECT count(*) FROM membership WHERE org_id = ? AND "
                           "role = 'admin' AND accepted_at IS NOT NULL", one.org)[0]
        assert left == 1, statuses
        assert sorted(statuses)[0] in (200, 204) and sorted(statuses)[1] in (400, 403, 404)


# ---- keys ----

def key(account, maker, **columns):
    row = {'id': seed.new_id(), 'org_id': account.org, 'created_by': maker.user['id'],
           'name': 'Pipeline', 'key_hash': uuid.uuid4().hex * 2, 'key_prefix': 'nis2_abcdefg',
           'scopes': '["scan:read"]', 'is_active': True, 'created_at': seed.now(),
           'updated_at': seed.now(), **columns}
    account.server.insert('api_key', **row)
    return row['id']


def is_active(server, key_id):
    (active,), = server.sql('SELECT is_active FROM api_key WHERE id = ?', key_id)
    return bool(active)


@pytest.mark.parametrize('how', ['demote', 'remove', 'leave'])
def test_keys_end_with_the_role_that_made_them(server, account, how):
    """W22: a key does not outlive its maker's right to make it."""
    other = account.member('admin')
    theirs, mine = key(account, other), key(account, account)
    revoked = key(account, other, is_active=False)
    elsewhere = key(server.register(), other)
    path = path_of(account, other)
    if how == 'demote':
        set_role(account.bearer(), path, 'auditor')
    elif how == 'remove':
        account.bearer().delete(path, expect=204)
    else:
        other.bearer().post(f'/organizations/{account.org}/leave', expect=204)
    assert [is_active(server, k) for k in (theirs, mine, revoked, elsewhere)] == \
        [False, True, False, True]
    (who, resource, details), = rows(server, account.org, 'api_key.revoked')
    assert resource == theirs and details == {'name': 'Pipeline', 'prefix': 'nis2_abcdefg'}
    assert who == (other if how == 'leave' else account).user['id']


def test_keys_stay_with_who_becomes_administrator(server, account):
    other = account.member('auditor')
    theirs = key(account, other)
    set_role(account.bearer(), path_of(account, other), 'admin')
    assert is_active(server, theirs)


# ---- sessions ----

def test_an_administrator_ends_the_sessions_of_a_member(server, account):
    """W36: those that work in the organisation, and no others."""
    member = account.member('viewer')
    first = member.bearer()
    second = member.login().bearer()
    own = second_org(member).org
    elsewhere = server.sql('SELECT id FROM session WHERE user_id = ? ORDER BY created_at',
                           member.user['id'])[-1][0]
    server.sql('UPDATE session SET active_org = ? WHERE id = ?', own, elsewhere)
    member.org = account.org
    path = path_of(account, member, '/sessions')
    account.bearer().delete(path, expect=204)
    first.get('/auth/me', expect=401)
    second.get('/auth/me', expect=200)
    account.bearer().get('/auth/me', expect=200)
    (_, resource, details), = rows(server, account.org, 'member.sessions_ended')
    assert resource == path.split('/')[-2]
    assert details == {'target_user_id': member.user['id'], 'ended': 1}
    member.login().bearer().get('/assets', expect=200)


def test_ending_no_sessions_is_no_error(server, account):
    known = server.register()
    account.invite(known.email)
    account.bearer().delete(path_of(account, known, '/sessions'), expect=204)
    known.bearer().get('/auth/me', expect=200)
