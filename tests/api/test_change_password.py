"""A new password: who may set it, which ones are refused, what ends with the old one."""
import subprocess
import uuid

import pytest

from client import issues, set_cookies
from people import audit, notices, organization, refresh, sign_in, works
from seed import new_id, now
from server import BINARY
from test_auth import read_claims

NEW = 'Another long passphrase 8'


def change(client, account, new=NEW, expect=204, old=None):
    return client.post('/auth/change-password', expect=expect, json={
        'current_password': old or account.password, 'new_password': new})


def test_the_new_one_counts_and_the_old_one_does_not(server, account, admin):
    change(admin, account)
    what = {'email': account.email, 'password': account.password}
    server.client().post('/auth/login', json=what, expect=401)
    server.client().post('/auth/login', json={**what, 'password': NEW}, expect=200)
    row, = audit(server, account.org, 'user.password_changed')
    assert row['id'] == row['user'] == account.user['id']
    assert row['details'] == {'self_initiated': True}
    assert notices(server, account.user) == ['password_changed']


def test_this_session_goes_on(account):
    browser = account.cookie()
    before, family = dict(browser.cookies), read_claims(browser.cookies['access_token'])['fam']
    reply = change(browser, account)
    assert reply.text == '' and all(browser.cookies[name] != before[name] for name in before)
    assert read_claims(browser.cookies['access_token'])['fam'] == family
    browser.get('/auth/me', expect=200)
    browser.patch('/auth/me', json={'locale': 'es'}, expect=200)
    browser.post('/auth/refresh', expect=200)
    browser.get('/auth/me', expect=200)


def test_its_older_tokens_do_not(account):
    """W18: tokens of the second in which it changed are older than the change."""
    browser = account.cookie()
    before = dict(browser.cookies)
    change(browser, account)
    reply = works(account, before['access_token'], 401)
    assert reply.json()['detail'] == 'Token invalidated by password change; please re-login'
    refresh(account, before['refresh_token'], 401)


def test_all_other_sessions_end(account):
    other, browser = sign_in(account), account.cookie()
    change(browser, account)
    for token in (other['access_token'], account.access):
        assert works(account, token, 401).json()['detail'] == \
            'Token invalidated by password change; please re-login'
    for token in (other['refresh_token'], account.refresh):
        assert refresh(account, token, 401).json()['detail'] == \
            'Refresh token invalidated by password change'
    browser.get('/auth/me', expect=200)
    browser.post('/auth/refresh', expect=200)


def test_a_sign_in_right_after_it_works(account, admin):
    """W17: tokens of the second after were refused."""
    change(admin, account)
    account.password = NEW
    for _ in range(3):
        pair = sign_in(account)
        works(account, pair['access_token'])
        works(account, refresh(account, pair['refresh_token']).json()['access_token'])


def test_it_stays_in_the_organisation(account):
    """W07: a changed password led to another organisation."""
    second, browser = organization(account, 'viewer'), account.cookie()
    browser.post('/auth/switch-org', json={'organization_id': second}, expect=200)
    change(browser, account)
    claims = read_claims(browser.cookies['access_token'])
    assert (claims['org_id'], claims['role']) == (second, 'viewer')


def test_links_to_reset_it_are_void(server, account, admin):
    """W17: a link from before the change still worked."""
    for _ in range(2):
        server.insert('password_reset', id=new_id(), user_id=account.user['id'],
                      token_hash=uuid.uuid4().hex, created_at=now(),
                      expires_at=now() + 1_800_000_000)
    change(admin, account)
    assert server.sql('SELECT count(*) FROM password_reset WHERE user_id = ? AND used_at IS NULL',
                      account.user['id']) == [(0,)]


def test_without_an_organisation(server, account):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    browser = account.cookie()
    change(browser, account)
    browser.get('/auth/me', expect=200)


# ---- refused ----

def test_a_wrong_current_password(account, admin):
    reply = change(admin, account, old='not the password', expect=401)
    assert reply.json()['detail'] == 'Current password is incorrect'
    assert not set_cookies(reply)
    works(account, account.access)


def test_the_same_again(account, admin):
    reply = change(admin, account, new=account.password, expect=400)
    assert reply.json()['detail'] == 'New password must differ from the current password'


@pytest.mark.parametrize('new, kind', [
    ('short 1', 'string_too_short'), ('x' * 129, 'string_too_long')])
def test_the_length(account, admin, new, kind):
    reply = change(admin, account, new=new, expect=422)
    assert issues(reply) == {'body.new_password': kind} and new not in reply.text


WEAK = ['password123', 'QWERTYUIOP', '12345678', 'aaaaaaaaaa', 'letmein123']


@pytest.mark.parametrize('new', [*WEAK, 'EMAIL', 'LOCAL', 'NAME'])
def test_what_a_stranger_would_try_first(server, account, admin, new):
    """W31: length alone was asked for."""
    new = {'EMAIL': account.email.upper(), 'LOCAL': account.email.split('@')[0],
           'NAME': account.user['full_name'].lower()}.get(new, new)
    reply = change(admin, account, new=new, expect=422)
    assert issues(reply) == {'body.new_password': 'value_error'} and new not in reply.text
    works(account, account.access)


@pytest.mark.parametrize('password, status', [
    *((word, 422) for word in WEAK), ('Jo.Public', 422), ('jo public', 422), ('Test1234!', 201),
    ('tea with two lumps', 201)])
def test_the_same_rules_for_a_new_account(client, password, status):
    """W31: at registration too; what mixes four kinds of characters is let in."""
    reply = client.post('/auth/register', expect=status, json={
        'email': f'jo.public@{uuid.uuid4().hex}.example.com', 'password': password,
        'full_name': 'Jo Public', 'org_name': 'Org'})
    assert status == 201 or issues(reply) == {'body.password': 'value_error'}


@pytest.mark.parametrize('password, code', [('password123', 1), ('tea with two lumps', 0)])
def test_the_same_rules_on_the_command_line(server, password, code):
    """W31: `nis2 user create` makes no weaker account."""
    done = subprocess.run(
        [BINARY, 'user', 'create', f'{uuid.uuid4().hex}@example.com', '--data', server.data],
        input=password + '\n', env=server.env, capture_output=True, text=True)
    assert bool(done.returncode) == bool(code), done.stderr
    assert password not in done.stderr and ('tried first' in done.stderr) == bool(code)


def test_guesses_are_counted(start):
    """W11: a stolen session gave unlimited guesses."""
    server = start(RATE_LIMITS='off')
    account = server.register()
    client = account.bearer()
    for _ in range(5):
        change(client, account, old='not the password', expect=401)
    change(client, account, expect=429)
