"""Working in another of one's organisations."""
import pytest

from client import issues, set_cookies
from people import audit, invite, join, organization, refresh, sign_in, works
from seed import new_id
from test_auth import read_claims


def switch(client, org, expect=200, **options):
    return client.post('/auth/switch-org', json={'organization_id': org}, expect=expect, **options)


def here(token):
    claims = read_claims(token)
    return claims['org_id'], claims['role']


def test_there_and_back(account, admin):
    second = organization(account, 'viewer')
    reply = switch(admin, second)
    there = reply.json()
    assert there['org_id'] == second and there['user'] == account.user
    assert here(there['access_token']) == here(there['refresh_token']) == (second, 'viewer')
    assert {name for name in set_cookies(reply)} == {'access_token', 'refresh_token', 'csrf_token'}
    client = account.server.client(token=there['access_token'])
    client.post('/assets', expect=403, json={
        'name': 'x', 'target_type': 'ip', 'target_value': '127.0.0.5'})
    assert client.get('/auth/sessions').json()[0]['organization_id'] == second
    assert here(switch(client, account.org).json()['access_token']) == (account.org, 'admin')


def test_a_browser_switches_with_its_cookies(account):
    second, browser = organization(account), account.cookie()
    before = dict(browser.cookies)
    got = switch(browser, second).json()
    assert all(browser.cookies[name] != before[name] for name in before)
    assert got['csrf_token'] == browser.cookies['csrf_token']
    browser.patch('/auth/me', json={'locale': 'fr'}, expect=200)


def test_slim_leaves_the_tokens_to_the_cookies(account, admin):
    second = organization(account)
    reply = admin.post('/auth/switch-org?slim=true', json={'organization_id': second}, expect=200)
    assert reply.json()['access_token'] is None and reply.json()['refresh_token'] is None
    assert set_cookies(reply)['access_token'][0]


def test_it_is_the_same_session_and_its_refresh_token_is_void(account, admin):
    """W18: the refresh token for the organisation before stayed good."""
    second = organization(account)
    other = sign_in(account)
    there = switch(admin, second).json()
    assert read_claims(there['access_token'])['fam'] == read_claims(account.access)['fam']
    refresh(account, other['refresh_token'])
    refresh(account, account.refresh, 401)


def test_a_refresh_stays_there(account, admin):
    """W07: the next refresh led back to another organisation."""
    second = organization(account)
    there = switch(admin, second).json()
    for _ in range(2):
        there = refresh(account, there['refresh_token']).json()
        assert there['org_id'] == second and here(there['access_token'])[0] == second


def test_the_next_sign_in_lands_there(account, admin):
    """W07: signing in landed anywhere."""
    second = organization(account)
    assert account.login().org != second
    switch(account.bearer(), second)
    assert account.login().org == second


def test_a_refresh_leaves_an_organisation_one_was_removed_from(server, account, admin):
    """W07: the organisation is kept while one belongs to it."""
    second = organization(account)
    there = switch(admin, second).json()
    server.sql('DELETE FROM membership WHERE org_id = ?', second)
    assert refresh(account, there['refresh_token']).json()['org_id'] == account.org


def test_the_log_of_the_other_organisation_says_so(account, admin):
    second = organization(account, 'auditor')
    switch(admin, second)
    row, = audit(account.server, second, 'user.org_switched')
    assert row['user'] == account.user['id'] and row['ip']
    assert (row['type'], row['id']) == ('organization', second)
    assert row['details'] == {'from_org_id': account.org, 'to_org_id': second,
                              'to_role': 'auditor'}
    assert not audit(account.server, account.org, 'user.org_switched')


def test_from_nowhere(server, account, admin):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    client = account.login().bearer()
    second = organization(account)
    assert switch(client, second).json()['org_id'] == second
    row, = audit(server, second, 'user.org_switched')
    assert row['details']['from_org_id'] in (None, second)


@pytest.mark.parametrize('org, word', [('not a uuid', 'uuid'), (7, ''), (None, '')])
def test_what_is_no_organisation(admin, org, word):
    reply = switch(admin, org, 422)
    assert list(issues(reply)) == ['body.organization_id'] and word in reply.text.lower()


def test_one_that_is_not_mine(server, account, admin):
    other = server.register()
    for org in (other.org, new_id()):
        assert switch(admin, org, 403).json()['detail'] == \
            'You are not a member of the target organization'
    works(account, account.access)
    refresh(account, account.refresh)


def test_without_a_session(client, account):
    switch(client, account.org, 401)


# ---- invitations ----

def is_member(account, org):
    rows = account.server.sql('SELECT accepted_at FROM membership WHERE org_id = ? AND user_id = ?',
                              org, account.user['id'])
    return bool(rows) and rows[0][0] is not None


def test_it_accepts_an_invitation(server, account, admin):
    """W23: nobody belongs to an organisation without having said yes."""
    host = server.register()
    _, invitation = invite(account, host.org, host)
    assert account.login().org == account.org
    there = switch(account.bearer(), host.org).json()
    assert here(there['access_token']) == (host.org, 'auditor') and is_member(account, host.org)
    server.client(token=there['access_token']).get('/assets', expect=200)
    (status, closed), = server.sql('SELECT status, closed_at FROM invitation WHERE id = ?',
                                   invitation)
    assert status == 'accepted' and closed
    row, = audit(server, host.org, 'invitation.accepted')
    assert row['id'] == invitation and row['user'] == account.user['id']
    assert row['details'] == {'role': 'auditor'}


@pytest.mark.parametrize('how', [
    {'expires_at': 1}, {'status': 'withdrawn'}, {'status': 'accepted'}])
def test_an_invitation_that_is_none_any_more(server, account, admin, how):
    host = server.register()
    invite(account, host.org, host, **how)
    assert switch(admin, host.org, 403).json()['detail'] == \
        'You are not a member of the target organization'
    assert not is_member(account, host.org)
    assert not audit(server, host.org, 'invitation.accepted')


def test_an_address_that_is_not_proven_accepts_nothing(server, account, admin):
    """W23: who registered with the address of another does not get in with it."""
    host = server.register()
    invite(account, host.org, host)
    server.sql('UPDATE app_user SET email_verified = ? WHERE id = ?', False, account.user['id'])
    switch(admin, host.org, 403)
    assert not is_member(account, host.org)


def test_an_open_invitation_alone_is_no_membership(server, account):
    """W23: a token that names the organisation does not open it either."""
    host = server.register()
    join(account, host.org, accepted=False)
    assert account.login().org == account.org
    switch(account.bearer(), host.org, 403)
