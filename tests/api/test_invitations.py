"""Invitations: made, listed, sent again, withdrawn, accepted; and the attacks on them."""
import hashlib
import json
import re
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import issues, set_cookies
from server import PASSWORD, Account, fresh_email

GENERIC = 'Invalid invitation or account already active'
EXPIRED = 'Invitation has expired. Please ask an admin to re-invite you.'


def accept(server, email, token, /, expect=200, **more):
    return server.client().post('/auth/accept-invite', expect=expect, json={
        'email': email, 'token': token, 'password': PASSWORD, 'full_name': 'A Guest', **more})


def refused(server, email, token, detail=GENERIC, **more):
    reply = accept(server, email, token, expect=400, **more)
    assert reply.json()['detail'] == detail and not set_cookies(reply)


def invitations(account):
    return account.bearer().get(f'/organizations/{account.org}/invitations', expect=200).json()


def members(account):
    return {m['user']['email']: m for m in account.bearer().get(
        f'/organizations/{account.org}/members', expect=200).json()}


def path_of(account, invitation, end=''):
    return f'/organizations/{account.org}/invitations/{invitation["id"]}{end}'


def rows(server, org, action):
    return [(who, resource, json.loads(details)) for who, resource, details in server.sql(
        'SELECT user_id, resource_id, details FROM audit_log WHERE org_id = ? AND action = ? '
        'ORDER BY created_at, id', org, action)]


def person(server, email):
    """(id, is_active, has a password, name, verified) of an address, or None."""
    found = server.sql('SELECT id, is_active, password_hash IS NOT NULL, full_name, '
                       'email_verified FROM app_user WHERE email_key = ?', email.lower())
    return found[0] if found else None


def lapse(server, invited):
    server.sql('UPDATE invitation SET expires_at = ? WHERE membership_id = ?',
               seed.now() - 1_000_000, invited['id'])


def mailed(server, invited):
    """The token that the mail of an invitation would carry."""
    token = uuid.uuid4().hex
    server.mail_token(invited['id'], token)
    return token


# ---- invite ----

def test_a_new_address_gets_an_account_that_nobody_can_use(server, account):
    email = fresh_email()
    invited = account.invite(email, 'auditor')
    assert re.fullmatch('[0-9a-f]{64}', invited['invite_token'])
    assert invited['role'] == 'auditor' and invited['accepted_at'] is None
    assert person(server, email) == (invited['user_id'], False, False, email.split('@')[0], False)
    server.client().post('/auth/login', json={'email': email, 'password': ''}, expect=401)
    server.client().post('/auth/login', json={'email': email, 'password': PASSWORD}, expect=401)


def test_viewer_is_the_role_when_none_is_named(account):
    got = account.bearer().post(f'/organizations/{account.org}/members', expect=201,
                                json={'email': fresh_email()}).json()
    assert got['role'] == 'viewer'


@pytest.mark.parametrize('body, loc', [
    ({}, 'body.email'), ({'email': 'nobody'}, 'body.email'), ({'email': None}, 'body.email'),
    ({'email': 'a@example.com', 'role': 'member'}, 'body.role'),
    ({'email': 'a@example.com', 'role': None}, 'body.role')])
def test_what_is_no_invitation(account, body, loc):
    reply = account.bearer().post(f'/organizations/{account.org}/members', json=body, expect=422)
    assert loc in issues(reply)
    assert invitations(account) == []


def test_only_a_hash_of_the_token_is_kept(server, account):
    invited = account.invite(fresh_email())
    (kept, mail), = server.sql('SELECT token_hash, mail_token_hash FROM invitation '
                               'WHERE membership_id = ?', invited['id'])
    assert kept == hashlib.sha256(invited['invite_token'].encode()).hexdigest() and mail is None
    assert invited['invite_token'] not in json.dumps(invitations(account))
    assert invited['invite_token'] not in server.log()


def test_the_invitation_is_mailed_by_a_job_that_knows_no_secret(server, account):
    account.invite(fresh_email())
    (args,), = server.sql("SELECT args FROM job WHERE org_id = ? AND kind = 'invitation_mail'",
                          account.org)
    only, = invitations(account)
    assert json.loads(args) == {'org_id': account.org, 'invitation_id': only['id']}


def test_what_the_log_says_of_it(server, account):
    email = fresh_email()
    invited = account.invite(email, 'admin')
    assert rows(server, account.org, 'member.invited') == [(
        account.user['id'], invited['id'],
        {'target_user_id': invited['user_id'], 'target_email': email, 'role': 'admin'})]


def test_a_member_is_not_invited_again(server, account):
    member = account.member('viewer')
    for email in (member.email, member.email.upper(), account.email):
        reply = account.bearer().post(f'/organizations/{account.org}/members', expect=409,
                                      json={'email': email, 'role': 'admin'})
        assert reply.json()['detail'] == 'User is already a member of this organization'
    assert members(account)[member.email]['role'] == 'viewer'


@pytest.mark.parametrize('late', [False, True], ids=['open', 'lapsed'])
def test_asking_again_renews(server, account, late):
    """W23: an invitation that is open or has lapsed is made anew, and its old tokens are void."""
    email = fresh_email()
    first = account.invite(email, 'viewer')
    post = mailed(server, first)
    if late:
        lapse(server, first)
    second = account.invite(email.upper(), 'auditor')
    assert second['id'] == first['id'] and second['role'] == 'auditor'
    only, = invitations(account)
    assert only['status'] == 'pending' and only['role'] == 'auditor'
    refused(server, email, first['invite_token'])
    refused(server, email, post)
    accept(server, email, second['invite_token'])
    assert members(account)[email]['role'] == 'auditor'


def test_who_has_an_account_is_no_member_before_saying_so(server, account):
    """W23: nothing is theirs, and nothing of them is seen, until they accept."""
    guest = server.register()
    account.invite(guest.email, 'admin')
    again = guest.login()
    assert again.org == guest.org != account.org
    guest.bearer().get(f'/organizations/{account.org}', expect=404)
    guest.bearer().get(f'/organizations/{account.org}/members', expect=404)
    guest.bearer().post(f'/organizations/{account.org}/members', json={'email': fresh_email()},
                        expect=403)
    assert account.org in [o['id'] for o in guest.bearer().get('/organizations').json()]


def test_who_has_no_organisation_does_not_land_in_one_that_asks(server, account):
    """W23: an open invitation is never chosen for anybody."""
    guest = server.register()
    server.sql('DELETE FROM membership WHERE user_id = ?', guest.user['id'])
    account.invite(guest.email)
    assert guest.login().org is None
    guest.bearer().get('/assets', expect=403)


def test_open_invitations_have_an_end(server, account):
    """W23: a hundred at once."""
    account.invite(fresh_email())
    (user,), = server.sql('SELECT user_id FROM invitation WHERE org_id = ?', account.org)
    server.insert_many('invitation', [
        {'id': seed.new_id(), 'org_id': account.org, 'membership_id': seed.new_id(),
         'user_id': user, 'email': 'x@example.com', 'role': 'viewer',
         'token_hash': uuid.uuid4().hex * 2, 'status': 'pending', 'created_at': seed.now(),
         'expires_at': seed.now()} for _ in range(99)])
    email = fresh_email()
    reply = account.bearer().post(f'/organizations/{account.org}/members', expect=409,
                                  json={'email': email})
    assert '100 invitations' in reply.json()['detail'] and person(server, email) is None
    assert len(invitations(account)) == 100


def test_several_organisations_invite_one_address_at_once(server):
    accounts = [server.register() for _ in range(4)]
    email = fresh_email()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda a: a.invite(email), accounts))
    assert len({a['user_id'] for a in answers}) == 1
    assert len({a['invite_token'] for a in answers}) == 4


def test_one_address_invited_twice_at_once_is_one_invitation(server, account):
    email = fresh_email()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: account.invite(email), range(4)))
    assert len({a['id'] for a in answers}) == 1 and len(invitations(account)) == 1


def test_an_account_is_not_lost_between_two_organisations(server):
    """One takes its invitation back while another makes one: the other's stays."""
    one, two = server.register(), server.register()
    for _ in range(5):
        email = fresh_email()
        mine = one.invite(email)
        with ThreadPoolExecutor(2) as pool:
            gone = pool.submit(one.bearer().delete,
                               f'/organizations/{one.org}/members/{mine["id"]}', expect=204)
            made = pool.submit(two.invite, email)
            gone.result()
            accept(server, email, made.result()['invite_token'])


# ---- list, withdraw, send again ----

def test_the_list_says_what_became_of_each(server, account):
    emails = [fresh_email() for _ in range(4)]
    invited = [account.invite(email, 'auditor') for email in emails]
    accept(server, emails[1], invited[1]['invite_token'])
    lapse(server, invited[2])
    listed = invitations(account)
    account.bearer().delete(path_of(account, listed[0]), expect=204)
    listed = invitations(account)
    assert [i['email'] for i in listed] == emails[::-1]
    assert [i['status'] for i in listed] == ['withdrawn', 'expired', 'accepted', 'pending']
    for one, answer in zip(listed, invited[::-1]):
        assert one['member_id'] == answer['id'] and one['role'] == 'auditor'
        assert one['invited_by'] == account.user['id'] and one['sent_at'] is None
    assert list(members(account)) == [account.email] + emails[:3]


def test_the_term_is_that_of_the_settings(start):
    server = start(INVITATION_TTL_HOURS='3')
    account = server.register()
    account.invite(fresh_email())
    only, = invitations(account)
    (made, until), = server.sql('SELECT created_at, expires_at FROM invitation '
                                'WHERE org_id = ?', account.org)
    assert until - made == 3 * 3600 * 1_000_000 and only['status'] == 'pending'


def test_a_withdrawn_invitation_opens_nothing(server, account):
    email = fresh_email()
    token = account.invite(email)['invite_token']
    only, = invitations(account)
    account.bearer().delete(path_of(account, only), expect=204)
    refused(server, email, token)
    assert person(server, email) is None and list(members(account)) == [account.email]
    (who, resource, details), = rows(server, account.org, 'invitation.withdrawn')
    assert (who, resource) == (account.user['id'], only['id'])
    assert details['target_email'] == email
    for method, end in (('DELETE', ''), ('POST', '/resend')):
        reply = account.bearer().request(method, path_of(account, only, end), expect=400)
        assert reply.json()['detail'] == 'This invitation was withdrawn already'


def test_an_accepted_invitation_is_not_withdrawn(server, account):
    email = fresh_email()
    accept(server, email, account.invite(email)['invite_token'])
    only, = invitations(account)
    account.bearer().delete(path_of(account, only), expect=400)
    account.bearer().post(path_of(account, only, '/resend'), expect=400)
    assert members(account)[email]['accepted_at']


@pytest.mark.parametrize('late', [False, True], ids=['open', 'lapsed'])
def test_sending_again_makes_new_tokens(server, account, late):
    email = fresh_email()
    first = account.invite(email, 'auditor')
    post = mailed(server, first)
    if late:
        lapse(server, first)
    only, = invitations(account)
    second = account.bearer().post(path_of(account, only, '/resend'), expect=200).json()
    assert {**second, 'invite_token': 0, 'updated_at': 0} == \
        {**first, 'invite_token': 0, 'updated_at': 0}
    assert len(second['invite_token']) == 64 and second['invite_token'] != first['invite_token']
    (jobs,), = server.sql("SELECT count(*) FROM job WHERE org_id = ? AND "
                          "kind = 'invitation_mail'", account.org)
    assert jobs == 2 and len(rows(server, account.org, 'invitation.resent')) == 1
    refused(server, email, first['invite_token'])
    refused(server, email, post)
    accept(server, email, second['invite_token'])


def test_another_organisations_invitation_is_not_found(server, account):
    other = server.register()
    other.invite(fresh_email())
    theirs, = invitations(other)
    for invitation in (theirs, {'id': seed.new_id()}):
        for method, end in (('DELETE', ''), ('POST', '/resend')):
            reply = account.bearer().request(method, path_of(account, invitation, end),
                                             expect=404)
            assert reply.json()['detail'] == 'Invitation not found'
    assert invitations(other) == [theirs]


def test_a_stranger_sees_and_ends_none(server, account, admin):
    other = server.register().bearer()
    account.invite(fresh_email())
    only, = invitations(account)
    assert other.get(f'/organizations/{account.org}/invitations',
                     expect=404).json()['detail'] == 'Organization not found'
    other.delete(path_of(account, only), expect=403)
    other.post(path_of(account, only, '/resend'), expect=403)
    assert invitations(account) == [only]


# ---- accept ----

def test_accepting_makes_the_account_and_signs_in(server, account):
    email = fresh_email()
    invited = account.invite(email, 'auditor')
    reply = accept(server, email.upper(), invited['invite_token'])
    got = reply.json()
    assert got['org_id'] == account.org and got['user']['id'] == invited['user_id']
    assert got['user']['full_name'] == 'A Guest' and got['user']['is_active']
    assert set(set_cookies(reply)) == {'access_token', 'refresh_token', 'csrf_token'}
    client = server.client(token=got['access_token'])
    assert client.get('/auth/me', expect=200).json() == got['user']
    client.post('/assets', expect=201, json={
        'name': 'x', 'target_type': 'ip', 'target_value': '8.8.8.8'})
    login = server.client().post('/auth/login', expect=200,
                                 json={'email': email, 'password': PASSWORD}).json()
    assert login['org_id'] == account.org
    member = members(account)[email]
    assert member['accepted_at'] and member['user']['full_name'] == 'A Guest'
    only, = invitations(account)
    assert rows(server, account.org, 'invitation.accepted') == [(invited['user_id'], only['id'], {
        'membership_id': invited['id'], 'role': 'auditor', 'by_mail': False})]


@pytest.mark.parametrize('by_mail', [False, True])
def test_only_the_mail_proves_the_address(server, account, by_mail):
    """W01: a token that the administrator can read says nothing about the address."""
    email = fresh_email()
    invited = account.invite(email)
    token = mailed(server, invited) if by_mail else invited['invite_token']
    assert accept(server, email, token).json()['user']['email_verified'] is by_mail


def test_a_token_works_once(server, account):
    email = fresh_email()
    invited = account.invite(email)
    post = mailed(server, invited)
    accept(server, email, invited['invite_token'])
    for token in (invited['invite_token'], post):
        refused(server, email, token, password='Another passphrase 8')
    server.client().post('/auth/login', json={'email': email, 'password': PASSWORD}, expect=200)


def test_both_tokens_at_once_make_one_member(server, account):
    email = fresh_email()
    invited = account.invite(email)
    tokens = [invited['invite_token'], mailed(server, invited)] * 2
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(
            lambda t: accept(server, email, t, expect=None).status_code, tokens))
    assert statuses == [200, 400, 400, 400]
    assert len(rows(server, account.org, 'invitation.accepted')) == 1


def test_what_is_refused_says_nothing(server, account):
    email, known = fresh_email(), server.register().email
    token = account.invite(email)['invite_token']
    other = account.invite(fresh_email())['invite_token']
    for address, text in ((email, 'f' * 64), (email, other), (email, token.upper()),
                          (email, token[:32]), (fresh_email(), token), (known, token),
                          (known, 'f' * 64)):
        refused(server, address, text)
    assert person(server, email)[1:3] == (False, False)
    accept(server, email, token)


def test_lapsed_is_said_to_who_has_the_right_token_alone(server, account):
    email = fresh_email()
    invited = account.invite(email)
    post = mailed(server, invited)
    lapse(server, invited)
    refused(server, email, invited['invite_token'], EXPIRED)
    refused(server, email, post, EXPIRED)
    refused(server, email, 'f' * 64)
    refused(server, fresh_email(), invited['invite_token'])
    assert person(server, email)[1:3] == (False, False)


@pytest.mark.parametrize('changes, loc', [
    ({'token': 'short'}, 'body.token'), ({'token': 'x' * 129}, 'body.token'),
    ({'password': 'short'}, 'body.password'), ({'password': 'x' * 129}, 'body.password'),
    ({'full_name': ' '}, 'body.full_name'), ({'full_name': None}, 'body.full_name'),
    ({'email': 'nobody'}, 'body.email')])
def test_what_accepting_needs(server, account, changes, loc):
    email = fresh_email()
    token = account.invite(email)['invite_token']
    reply = accept(server, email, token, expect=422, **changes)
    assert loc in issues(reply) and token not in reply.text
    accept(server, email, token)


@pytest.mark.parametrize('password', ['password123', 'qwertyuiop', '{email}'])
def test_a_password_that_is_tried_first(server, account, password):
    """W31: here as at registration."""
    email = fresh_email()
    token = account.invite(email)['invite_token']
    reply = accept(server, email, token, expect=422, password=password.format(email=email))
    assert issues(reply) == {'body.password': 'value_error'}
    accept(server, email, token)


def test_a_stale_cookie_does_not_keep_an_invitee_out(server, account):
    """W19: the route asks for no double submit."""
    email = fresh_email()
    token = account.invite(email)['invite_token']
    server.client().post('/auth/accept-invite', expect=200,
                         headers={'Cookie': 'access_token=stale'}, json={
                             'email': email, 'token': token, 'password': PASSWORD,
                             'full_name': 'A Guest'})


def test_accepting_says_in_no_time_who_is_known(server, account):
    """W09: without the token, an invited, a known and an unknown address take as long."""
    addresses = [fresh_email(), account.email, fresh_email()]
    account.invite(addresses[0])
    seconds = [[], [], []]
    for _ in range(15):
        for n, email in enumerate(addresses):
            begin = time.perf_counter()
            refused(server, email, 'f' * 64)
            seconds[n].append(time.perf_counter() - begin)
    middles = [statistics.median(s) for s in seconds]
    # A hash takes fifty times as long as the rest of such a request.
    assert max(middles) < 0.03 + 3 * min(middles), middles


# ---- the attacks ----

def test_an_invitation_is_no_way_into_another_organisation(server):
    """W01: the token that one organisation gives opens that one alone."""
    victim, attacker = server.register(), server.register()
    email = fresh_email()
    theirs = victim.invite(email, 'admin')
    token = attacker.invite(email)['invite_token']
    got = accept(server, email, token).json()
    assert got['org_id'] == attacker.org and got['user']['email_verified'] is False
    client = server.client(token=got['access_token'])
    client.get(f'/organizations/{victim.org}', expect=404)
    client.get(f'/organizations/{victim.org}/members', expect=404)
    client.post(f'/organizations/{victim.org}/members', json={'email': fresh_email()}, expect=403)
    assert members(victim)[email]['accepted_at'] is None
    assert invitations(victim)[0]['status'] == 'pending'
    login = server.client().post('/auth/login', expect=200,
                                 json={'email': email, 'password': PASSWORD}).json()
    assert login['org_id'] == attacker.org
    # Nor does the token of the other lose its worth to them: it was not theirs.
    refused(server, email, theirs['invite_token'])


def test_an_address_that_was_not_proven_accepts_nothing_else(server):
    """W01: nor can the account that was made with the token switch there."""
    victim, attacker = server.register(), server.register()
    email = fresh_email()
    victim.invite(email, 'admin')
    guest = Account.invited(server, email, attacker.invite(email)['invite_token'])
    guest.bearer().post('/auth/switch-org', json={'organization_id': victim.org}, expect=403)
    assert members(victim)[email]['accepted_at'] is None


def test_an_invitation_does_not_void_that_of_another(server):
    """W01: the legitimate token goes on working when others invite too."""
    victim, attacker = server.register(), server.register()
    email = fresh_email()
    token = victim.invite(email, 'auditor')['invite_token']
    attacker.invite(email)
    assert accept(server, email, token).json()['org_id'] == victim.org
    assert members(attacker)[email]['accepted_at'] is None


@pytest.mark.parametrize('state', ['disabled', 'deactivated', 'disabled before it was used'])
def test_an_invitation_does_not_revive_an_account(server, account, state):
    """W02: switched off is another state than invited."""
    other, email = server.register(), fresh_email()
    invited = other.invite(email)
    if state != 'disabled before it was used':
        accept(server, email, invited['invite_token'])
    server.sql('UPDATE app_user SET is_active = ?, disabled_at = ? WHERE email = ?', False,
               None if state == 'deactivated' else seed.now(), email)
    before = server.sql('SELECT password_hash, full_name, is_active FROM app_user '
                        'WHERE email = ?', email)
    mine = account.invite(email)
    for token in (mine['invite_token'], mailed(server, mine), invited['invite_token']):
        refused(server, email, token, password='Another passphrase 8')
    assert before == server.sql('SELECT password_hash, full_name, is_active FROM app_user '
                                'WHERE email = ?', email)
    assert members(account)[email]['accepted_at'] is None


def test_an_account_without_a_password_that_is_in_use_is_not_taken_over(server, account):
    """W02: somebody who signs in by a provider has none."""
    known = server.register()
    server.sql('UPDATE app_user SET password_hash = NULL WHERE id = ?', known.user['id'])
    refused(server, known.email, account.invite(known.email)['invite_token'])
    assert person(server, known.email)[2] in (False, 0)
