"""One's own sign-ins: seeing them, ending them."""
import pytest

from people import audit, notices, refresh, sign_in, works
from test_auth import read_claims


def sessions(client):
    return client.get('/auth/sessions', expect=200).json()


def test_each_sign_in_is_listed_newest_first(account):
    second = sign_in(account)
    client = account.server.client(token=second['access_token'])
    listed = sessions(client)
    assert [one['current'] for one in listed] == [True, False]
    assert listed[0]['organization_id'] == account.org
    assert listed[0]['ip_address'] and 'requests' in listed[0]['user_agent']
    assert [one['id'] for one in listed] == [
        read_claims(token)['fam'] for token in (second['access_token'], account.access)]
    assert [one['current'] for one in sessions(account.bearer())] == [False, True]


def test_a_refresh_is_the_same_session(account):
    next_pair = refresh(account, account.refresh).json()
    one, = sessions(account.server.client(token=next_pair['access_token']))
    assert one['last_used_at'] > one['created_at']


def test_ended_and_expired_ones_are_not_listed(server, account):
    sign_in(account)
    server.client().post('/auth/logout', expect=204, json={
        'refresh_token': sign_in(account)['refresh_token']})
    assert len(sessions(account.bearer())) == 2
    server.sql('UPDATE session SET expires_at = 1 WHERE user_id = ? AND id <> ?',
               account.user['id'], read_claims(account.access)['fam'])
    one, = sessions(account.bearer())
    assert one['current']


def test_ending_one_ends_its_tokens_at_once(account, admin):
    """W36: who sees a sign-in that is not theirs can end it."""
    other = sign_in(account)
    which = read_claims(other['access_token'])['fam']
    works(account, other['access_token'])
    admin.delete(f'/auth/sessions/{which}', expect=204)
    assert works(account, other['access_token'], 401).json()['detail'] == \
        'Invalid or expired token'
    refresh(account, other['refresh_token'], 401)
    works(account, account.access)
    refresh(account, account.refresh)
    assert admin.delete(f'/auth/sessions/{which}', expect=404).json()['detail'] == \
        'Session not found'
    row, = audit(account.server, account.org, 'user.session_ended')
    assert row['id'] == which and row['user'] == account.user['id']


def test_ending_the_own_one(account):
    browser = account.cookie()
    which, = [one['id'] for one in sessions(browser) if one['current']]
    browser.delete(f'/auth/sessions/{which}', expect=204)
    assert not dict(browser.cookies)
    assert [one['current'] for one in sessions(account.bearer())] == [True]


def test_ending_all_others(account, admin):
    others = [sign_in(account) for _ in range(3)]
    admin.delete('/auth/sessions', expect=204)
    for other in others:
        works(account, other['access_token'], 401)
        refresh(account, other['refresh_token'], 401)
    one, = sessions(admin)
    assert one['current']
    refresh(account, account.refresh)
    assert len(audit(account.server, account.org, 'user.sessions_ended')) == 1
    assert notices(account.server, account.user) == ['sessions_revoked']


def test_those_of_somebody_else_are_not_there(server, account, admin):
    other = server.register()
    theirs = read_claims(other.access)['fam']
    assert theirs not in [one['id'] for one in sessions(admin)]
    admin.delete(f'/auth/sessions/{theirs}', expect=404)
    admin.delete('/auth/sessions', expect=204)
    works(other, other.access)
    refresh(other, other.refresh)


# ---- signing out ----

def test_signing_out_ends_the_access_token_at_once(account):
    """W18: it was good for another half an hour."""
    browser = account.cookie()
    token = browser.cookies['access_token']
    browser.post('/auth/logout', expect=204)
    works(account, token, 401)


def test_signing_out_without_cookies_ends_the_access_token_too(server, account):
    """W18: a refresh token in a body could not be revoked."""
    server.client().post('/auth/logout', json={'refresh_token': account.refresh}, expect=204)
    works(account, account.access, 401)
    refresh(account, account.refresh, 401)


def test_signing_out_with_the_access_cookie_alone(server, account):
    """W18: any token of the sign-in ends it."""
    server.client().post('/auth/logout', expect=204,
                         headers={'Cookie': f'access_token={account.access}'})
    works(account, account.access, 401)
    refresh(account, account.refresh, 401)


def test_signing_out_with_a_token_that_was_consumed(server, account):
    """W18: the session of a client that is behind ends as well."""
    pair = refresh(account, account.refresh).json()
    server.client().post('/auth/logout', json={'refresh_token': account.refresh}, expect=204)
    works(account, pair['access_token'], 401)
    refresh(account, pair['refresh_token'], 401)


def test_signing_out_leaves_other_sign_ins(server, account):
    other = sign_in(account)
    server.client().post('/auth/logout', json={'refresh_token': account.refresh}, expect=204)
    works(account, other['access_token'])
    refresh(account, other['refresh_token'])


@pytest.mark.parametrize('token', ['garbage', 'x' * 4000, ''])
def test_signing_out_with_what_is_no_token(client, token):
    client.post('/auth/logout', json={'refresh_token': token}, expect=204)
    client.post('/auth/logout', headers={'Cookie': f'access_token={token}'}, expect=204)


# ---- the family of refresh tokens ----

def test_a_replay_ends_the_access_tokens_too(account):
    """W06: who replays a refresh token ends the sign-in, whoever they are."""
    pair = refresh(account, account.refresh).json()
    works(account, pair['access_token'])
    refresh(account, account.refresh, 401)
    works(account, pair['access_token'], 401)
    refresh(account, pair['refresh_token'], 401)


def test_an_ended_session_is_not_refreshed(server, account):
    """W18: also when its refresh token was left alone."""
    server.sql('UPDATE session SET ended_at = 1, end_reason = ? WHERE id = ?', 'mfa',
               read_claims(account.refresh)['fam'])
    assert refresh(account, account.refresh, 401).json()['detail'] == \
        'Refresh token has been revoked'


# ---- the double submit ----

def test_the_token_of_another_session_of_the_same_person(account):
    """W19: a token belongs to its session, not to the person."""
    browser, other = account.cookie(), account.cookie()
    token = other.cookies['csrf_token']
    cookie = f'access_token={browser.cookies["access_token"]}; csrf_token={token}'
    browser.cookies.clear()
    reply = browser.patch('/auth/me', json={'locale': 'it'}, expect=403,
                          headers={'X-CSRF-Token': token, 'Cookie': cookie})
    assert reply.json()['detail'] == 'CSRF token missing or invalid'


def test_an_invitee_with_a_stale_cookie(client):
    """W19: accepting an invitation is no double submit."""
    reply = client.post('/auth/accept-invite', json={}, expect=422,
                        headers={'Cookie': 'access_token=stale; csrf_token=stale'})
    assert reply.json()['errors']
