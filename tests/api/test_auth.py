"""Accounts and sessions: registration, sign-in, tokens, cookies, CSRF."""
import base64
import hashlib
import hmac
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import issues, set_cookies
from server import PASSWORD

COOKIES = {
    # name: (path, seconds, hidden from scripts)
    'access_token': ('/', '1800', True),
    'refresh_token': ('/api/v1/auth', '604800', True),
    'csrf_token': ('/', '1800', False),
}


def fresh_email():
    return f'user-{uuid.uuid4().hex[:12]}@example.com'


def body(**changes):
    whole = {'email': fresh_email(), 'password': PASSWORD, 'full_name': 'A Person',
             'org_name': 'An Organisation', **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def assert_session_cookies(reply, secure=False):
    found = set_cookies(reply)
    assert set(found) == set(COOKIES)
    for name, (path, seconds, hidden) in COOKIES.items():
        value, attributes = found[name]
        assert value and attributes['path'] == path and attributes['max-age'] == seconds
        assert attributes['samesite'].lower() == 'strict'
        assert ('httponly' in attributes) == hidden and ('secure' in attributes) == secure
        assert 'domain' not in attributes
    return found


# ---- register ----

def test_register_gives_a_session(client):
    wanted = body(email='Capital.Letters-%s@Example.COM' % uuid.uuid4().hex[:8])
    reply = client.post('/auth/register', json=wanted, expect=201)
    got = reply.json()
    local, domain = wanted['email'].split('@')
    assert got['user']['email'] == f'{local}@{domain.lower()}'
    assert got['user'] | {'full_name': 'A Person', 'locale': 'en', 'avatar_url': None,
                          'email_verified': True, 'is_active': True} == got['user']
    assert got['token_type'] == 'bearer' and got['org_id']
    cookies = assert_session_cookies(reply)
    assert cookies['access_token'][0] == got['access_token']
    assert cookies['refresh_token'][0] == got['refresh_token']
    assert cookies['csrf_token'][0] == got['csrf_token'] and len(got['csrf_token']) == 43
    assert reply.headers['Cache-Control'] == 'no-store'


def test_cookies_are_secure_in_production(start):
    server = start(ENVIRONMENT='production', RATE_LIMITS='on',
                   CORS_ORIGINS='https://nis2.example.com')
    reply = server.client().post('/auth/register', json=body(), expect=201)
    assert_session_cookies(reply, secure=True)


@pytest.mark.parametrize('route, status', [('register', 201), ('login', 200), ('refresh', 200)])
def test_slim_leaves_the_tokens_to_the_cookies(server, account, route, status):
    what = {'register': body(), 'refresh': {'refresh_token': account.refresh},
            'login': {'email': account.email, 'password': account.password}}[route]
    reply = server.client().post(f'/auth/{route}?slim=true', json=what, expect=status)
    assert reply.json()['access_token'] is None and reply.json()['refresh_token'] is None
    assert_session_cookies(reply)


def test_one_address_is_one_account_whatever_its_case(client, account):
    for email in (account.email, account.email.upper(), f'  {account.email} '):
        reply = client.post('/auth/register', json=body(email=email), expect=409)
        assert reply.json()['detail'] == 'Email already registered'


def test_the_same_name_twice_is_two_organisations(server):
    one, two = server.register(org_name='Twin'), server.register(org_name='Twin')
    assert one.org != two.org
    slugs = server.sql('SELECT slug FROM organization WHERE id IN (?, ?)', one.org, two.org)
    assert len({slug for slug, in slugs}) == 2 and all(slug for slug, in slugs)


@pytest.mark.parametrize('name', ['Société Ünïcode & Co. Ltd', '***', '日本', 'x' * 256, "a'b\"c"])
def test_organisation_names_of_all_kinds(server, name):
    for _ in range(2):
        account = server.register(org_name=name)
        (slug,), = server.sql('SELECT slug FROM organization WHERE id = ?', account.org)
        assert 0 < len(slug) <= 128


@pytest.mark.parametrize('changes, loc, kind', [
    ({'email': ...}, 'body.email', 'missing'),
    ({'password': ...}, 'body.password', 'missing'),
    ({'full_name': ...}, 'body.full_name', 'missing'),
    ({'org_name': ...}, 'body.org_name', 'missing'),
    ({'password': 'short'}, 'body.password', 'string_too_short'),
    ({'password': 'x' * 129}, 'body.password', 'string_too_long'),
    ({'password': 12345678}, 'body.password', 'string_type'),
    ({'full_name': ''}, 'body.full_name', 'string_too_short'),
    ({'full_name': '   '}, 'body.full_name', None),
    ({'full_name': 'x' * 257}, 'body.full_name', 'string_too_long'),
    ({'full_name': None}, 'body.full_name', 'string_type'),
    ({'org_name': 'line\nbreak'}, 'body.org_name', None),
    ({'email': 'nobody'}, 'body.email', 'value_error'),
    ({'email': 'a@b'}, 'body.email', 'value_error'),
    ({'email': 'a@localhost'}, 'body.email', 'value_error'),
    ({'email': 'a@host.test'}, 'body.email', 'value_error'),
    ({'email': 'a@host.local'}, 'body.email', 'value_error'),
    ({'email': 'a..b@example.com'}, 'body.email', 'value_error'),
    ({'email': '"a b"@example.com'}, 'body.email', 'value_error'),
    ({'email': 'a@[127.0.0.1]'}, 'body.email', 'value_error'),
    ({'email': 'a@exa mple.com'}, 'body.email', 'value_error'),
    ({'email': 'a@' + 'd' * 250 + '.com'}, 'body.email', None),
])
def test_register_refuses(client, changes, loc, kind):
    reply = client.post('/auth/register', json=body(**changes), expect=422)
    found = issues(reply)
    assert loc in found and (kind is None or found[loc] == kind), found
    assert PASSWORD not in reply.text and 'short' not in str(reply.json()['errors'][0]['msg'])


@pytest.mark.parametrize('given, stored', [
    ('  {0}@example.com  ', '{0}@example.com'),
    ('Some One <{0}@example.com>', '{0}@example.com'),
    ('{0}.MiXed@EXAMPLE.com', '{0}.MiXed@example.com'),
    ('{0}+tag@sub.example.org', '{0}+tag@sub.example.org'),
])
def test_addresses_are_reduced_to_their_normal_form(client, given, stored):
    unique = uuid.uuid4().hex[:8]
    reply = client.post('/auth/register', json=body(email=given.format(unique)), expect=201)
    assert reply.json()['user']['email'] == stored.format(unique)


def test_parallel_registrations_of_one_address_make_one_account(server):
    wanted = body()

    def register(_):
        return server.client().post('/auth/register', json=wanted).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(register, range(6)))
    assert statuses == [201] + [409] * 5


@pytest.mark.parametrize('name', ['email', 'password', 'full_name', 'org_name'])
def test_a_nul_is_in_no_text(client, name):
    client.post('/auth/register', json=body(**{name: 'a\0b@example.com'}), expect=422)


# ---- login ----

def test_login_takes_any_case_of_the_address(client, account):
    reply = client.post('/auth/login', expect=200, json={
        'email': account.email.upper(), 'password': account.password, 'totp_code': None})
    assert reply.json()['user'] == account.user and reply.json()['org_id'] == account.org
    assert_session_cookies(reply)


@pytest.mark.parametrize('password', ['wrong password', '', PASSWORD.lower(), PASSWORD + ' ',
                                      'x' * 5000, 'é' * 200])
def test_login_with_a_wrong_password(client, account, password):
    reply = client.post('/auth/login', json={'email': account.email, 'password': password},
                        expect=401)
    assert reply.json()['detail'] == 'Invalid email or password'
    assert not set_cookies(reply)


def test_login_with_an_unknown_address_says_the_same(client):
    reply = client.post('/auth/login', json={'email': fresh_email(), 'password': PASSWORD},
                        expect=401)
    assert reply.json()['detail'] == 'Invalid email or password'


def test_login_takes_as_long_for_an_unknown_address(client, account):
    def seconds(email):
        begin = time.perf_counter()
        client.post('/auth/login', json={'email': email, 'password': 'wrong password'}, expect=401)
        return time.perf_counter() - begin

    known = min(seconds(account.email) for _ in range(3))
    unknown = min(seconds(fresh_email()) for _ in range(3))
    assert unknown > known / 3, (known, unknown)


def test_login_to_a_deactivated_account(server, client, account):
    server.sql('UPDATE app_user SET is_active = ? WHERE id = ?', False, account.user['id'])
    what = {'email': account.email, 'password': account.password}
    assert client.post('/auth/login', json=what, expect=403).json()['detail'] == \
        'Account is deactivated'
    client.post('/auth/login', json={**what, 'password': 'wrong password'}, expect=401)
    assert account.bearer().get('/auth/me', expect=403).json()['detail'] == \
        'User account is deactivated'


def test_five_failures_lock_an_account(start):
    server = start(RATE_LIMITS='on')
    account = server.register()
    client = server.client()
    what = {'email': account.email, 'password': 'wrong password'}
    for _ in range(5):
        client.post('/auth/login', json=what, expect=401)
    what['password'] = account.password
    reply = client.post('/auth/login', json={**what, 'email': account.email.upper()}, expect=429)
    assert 'locked' in reply.json()['detail'] and 0 < int(reply.headers['Retry-After']) <= 60
    other = server.register()
    client.post('/auth/login', json={'email': other.email, 'password': other.password},
                expect=200)


# ---- who is asking ----

def test_me(account):
    assert account.bearer().get('/auth/me', expect=200).json() == account.user
    assert account.cookie().get('/auth/me', expect=200).json() == account.user


@pytest.mark.parametrize('headers, detail', [
    ({}, 'Missing authentication token'),
    ({'Authorization': 'Basic dXNlcjpwYXNz'}, 'Missing authentication token'),
    ({'Authorization': 'Bearer garbage'}, 'Invalid or expired token'),
    ({'Authorization': 'Bearer ' + 'x' * 3000}, 'Invalid or expired token'),
    ({'Authorization': 'Bearer nis2_' + 'x' * 40}, 'Invalid or expired token'),
    ({'Cookie': 'access_token=garbage'}, 'Invalid or expired token'),
])
def test_without_a_credential_that_counts(client, headers, detail):
    reply = client.get('/auth/me', headers=headers, expect=401)
    assert reply.json()['detail'] == detail
    assert reply.headers['WWW-Authenticate'] == 'Bearer'


@pytest.mark.parametrize('scheme', ['Bearer', 'bearer', 'BEARER'])
def test_the_case_of_the_scheme_does_not_matter(client, account, scheme):
    headers = {'Authorization': f'{scheme} {account.access}'}
    client.get('/auth/me', headers=headers, expect=200)
    client.get('/assets', headers=headers, expect=200)


def test_a_cookie_wins_over_the_header_even_when_it_is_bad(account):
    account.bearer().get('/auth/me', headers={'Cookie': 'access_token=bad'}, expect=401)
    account.bearer().get('/auth/me', headers={'Cookie': 'access_token='}, expect=200)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def mint(server, claims, algorithm='HS256', secret=None):
    head = b64(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())
    text = f'{head}.{b64(json.dumps(claims).encode())}'
    if algorithm == 'none':
        return text + '.'
    key = (secret or server.secret('JWT_SECRET')).encode()
    return f'{text}.{b64(hmac.new(key, text.encode(), hashlib.sha256).digest())}'


def claims_of(account, **changes):
    second = int(time.time())
    whole = {'sub': account.user['id'], 'org_id': account.org, 'role': 'admin', 'iat': second,
             'exp': second + 600, 'type': 'access', 'jti': str(uuid.uuid4()), **changes}
    whole = {**read_claims(account.access), **whole}
    return {name: value for name, value in whole.items() if value is not ...}


def read_claims(token):
    part = token.split('.')[1]
    return json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))


def test_claims_of_the_tokens(account):
    access, refresh = read_claims(account.access), read_claims(account.refresh)
    for claims, kind, seconds in ((access, 'access', 1800), (refresh, 'refresh', 604800)):
        assert claims['sub'] == account.user['id'] and claims['org_id'] == account.org
        assert claims['role'] == 'admin' and claims['type'] == kind
        assert claims['exp'] - claims['iat'] == seconds
    assert access['jti'] != refresh['jti']


@pytest.mark.parametrize('changes, algorithm, detail', [
    ({}, 'HS256', None),
    ({}, 'none', 'Invalid or expired token'),
    ({}, 'HS384', 'Invalid or expired token'),
    ({'exp': 1}, 'HS256', 'Invalid or expired token'),
    ({'exp': ...}, 'HS256', 'Invalid or expired token'),
    ({'type': 'refresh'}, 'HS256', 'Invalid token type'),
    ({'type': ...}, 'HS256', 'Invalid token type'),
    ({'sub': ...}, 'HS256', 'Invalid token payload'),
    ({'sub': 'not a uuid'}, 'HS256', 'Invalid token payload'),
    ({'sub': str(uuid.uuid4())}, 'HS256', 'User not found'),
])
def test_tokens_of_our_own_making(server, account, changes, algorithm, detail):
    token = mint(server, claims_of(account, **changes), algorithm)
    reply = server.client(token=token).get('/auth/me')
    assert reply.status_code == (401 if detail else 200), reply.text
    if detail:
        assert reply.json()['detail'] == detail


def test_a_token_signed_with_another_key(server, account):
    token = mint(server, claims_of(account), secret='another key of decent length, really')
    server.client(token=token).get('/auth/me', expect=401)
    server.client(token=account.access[:-2] + 'xx').get('/auth/me', expect=401)


def test_a_token_for_an_organisation_one_does_not_belong_to(server, account):
    other = server.register()
    token = mint(server, claims_of(account, org_id=other.org))
    reply = server.client(token=token).get('/assets', expect=403)
    assert reply.json()['detail'] == 'No membership for the active organization; please re-login'


def test_a_token_without_organisation_means_the_only_one(server, account):
    server.client(token=mint(server, claims_of(account, org_id=...))).get('/assets', expect=200)


def test_a_user_without_organisation(server, account):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    account.bearer().get('/auth/me', expect=200)
    assert account.login().org is None
    reply = account.bearer().get('/assets', expect=403)
    assert reply.json()['detail'] == 'User is not a member of any organization'


def test_a_role_counts_from_the_next_request(server, account):
    client = account.bearer()
    asset = {'name': 'An asset', 'target_type': 'ip', 'target_value': '127.0.0.5'}
    client.post('/assets', json=asset, expect=201)
    server.sql('UPDATE membership SET role = ? WHERE user_id = ?', 'viewer', account.user['id'])
    reply = client.post('/assets', json=asset, expect=403)
    assert reply.json()['detail'] == 'This action requires one of: admin, auditor'


def test_a_password_change_ends_older_tokens(server, account):
    server.sql('UPDATE app_user SET password_changed_at = ? WHERE id = ?',
               int(time.time() + 5) * 1_000_000, account.user['id'])
    reply = account.bearer().get('/auth/me', expect=401)
    assert reply.json()['detail'] == 'Token invalidated by password change; please re-login'
    server.client().post('/auth/refresh', json={'refresh_token': account.refresh}, expect=401)


# ---- refresh ----

def refresh(server, token, expect=200):
    return server.client().post('/auth/refresh', json={'refresh_token': token}, expect=expect)


def test_refresh_gives_the_next_pair_for_the_same_organisation(server, account):
    got = refresh(server, account.refresh).json()
    assert got['org_id'] == account.org and got['user'] == account.user
    assert got['refresh_token'] != account.refresh and got['access_token'] != account.access
    server.client(token=got['access_token']).get('/auth/me', expect=200)


def test_a_browser_refreshes_with_its_cookie_and_nothing_else(account):
    browser = account.cookie()
    before = dict(browser.cookies)
    reply = browser.post('/auth/refresh', expect=200)
    assert_session_cookies(reply)
    after = dict(browser.cookies)
    assert all(before[name] != after[name] for name in COOKIES)
    assert after['csrf_token'] == reply.json()['csrf_token']
    browser.post('/assets', json={}, expect=422)


def test_the_cookie_wins_over_the_body(server, account):
    browser = account.cookie()
    browser.post('/auth/refresh', json={'refresh_token': 'garbage'}, expect=200)


def test_reuse_ends_the_whole_family(server, account):
    """W06: the newer token lived on."""
    second = refresh(server, account.refresh).json()
    other = server.client().post('/auth/login', expect=200, json={
        'email': account.email, 'password': account.password}).json()
    third = refresh(server, second['refresh_token']).json()
    reply = refresh(server, account.refresh, 401)
    assert reply.json()['detail'] == 'Refresh token has been revoked'
    refresh(server, third['refresh_token'], 401)
    refresh(server, other['refresh_token'], 200)


def test_parallel_refreshes_with_one_token_mint_one_pair(server, account):
    """W06: two of them got a pair."""
    def once(_):
        return server.client().post('/auth/refresh',
                                    json={'refresh_token': account.refresh}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(once, range(8))) == [200] + [401] * 7


@pytest.mark.parametrize('token, detail', [
    (None, 'Missing refresh token'),
    ('', 'Missing refresh token'),
    ('garbage', 'Invalid or expired refresh token'),
    ('ACCESS', 'Invalid token type'),
])
def test_refresh_refuses(server, account, token, detail):
    token = account.access if token == 'ACCESS' else token
    assert refresh(server, token, 401).json()['detail'] == detail


def test_refresh_without_any_body(client):
    assert client.post('/auth/refresh', expect=401).json()['detail'] == 'Missing refresh token'


def test_refresh_of_somebody_deactivated(server, account):
    server.sql('UPDATE app_user SET is_active = ? WHERE id = ?', False, account.user['id'])
    assert refresh(server, account.refresh, 401).json()['detail'] == 'User not found or inactive'


# ---- logout ----

def test_logout_clears_the_cookies_and_ends_the_refresh_token(account):
    browser = account.cookie()
    token = browser.cookies['refresh_token']
    reply = browser.post('/auth/logout', expect=204)
    for name, (value, attributes) in set_cookies(reply).items():
        assert value == '' and attributes['max-age'] == '0'
        assert attributes['path'] == COOKIES[name][0]
    assert not dict(browser.cookies)
    browser.get('/auth/me', expect=401)
    refresh(account.server, token, 401)


def test_logout_of_nobody_is_no_error(client):
    for _ in range(2):
        client.post('/auth/logout', expect=204)
    client.post('/auth/logout', headers={'Cookie': 'refresh_token=garbage'}, expect=204)


def test_logout_of_a_client_without_cookies(server, account):
    server.client().post('/auth/logout', json={'refresh_token': account.refresh}, expect=204)
    refresh(server, account.refresh, 401)


# ---- CSRF ----

@pytest.mark.parametrize('header, status', [
    (lambda browser: None, 403),
    (lambda browser: '', 403),
    (lambda browser: 'x' * 43, 403),
    (lambda browser: browser.cookies['csrf_token'][:-1], 403),
    (lambda browser: b'\xe9' * 43, 403),
    (lambda browser: browser.cookies['csrf_token'], 201),
])
def test_the_double_submit(account, header, status):
    browser = account.cookie()
    reply = browser.post('/assets', headers={'X-CSRF-Token': header(browser)}, json={
        'name': 'An asset', 'target_type': 'ip', 'target_value': '127.0.0.9'}, expect=status)
    if status == 403:
        assert reply.json()['detail'] == 'CSRF token missing or invalid'


def test_a_planted_pair_is_no_double_submit(account):
    """W19: any pair that was equal passed."""
    browser, other = account.cookie(), account.server.register().cookie()
    for token in ('x' * 43, other.cookies['csrf_token']):
        browser.cookies.set('csrf_token', token, domain='127.0.0.1', path='/')
        browser.post('/assets', json={}, headers={'X-CSRF-Token': token, 'Cookie':
                     f'access_token={browser.cookies["access_token"]}; csrf_token={token}'},
                     expect=403)


def test_reading_needs_no_double_submit(account):
    account.cookie().get('/assets', headers={'X-CSRF-Token': None}, expect=200)


def test_a_bearer_needs_no_double_submit(admin):
    admin.post('/assets', json={}, expect=422)


@pytest.mark.parametrize('route, status', [('register', 422), ('login', 422), ('refresh', 401),
                                           ('logout', 204), ('accept-invite', 422)])
def test_routes_that_start_a_session_are_exempt(client, route, status):
    client.post(f'/auth/{route}', json=None if route in ('refresh', 'logout') else {},
                headers={'Cookie': 'access_token=stale; csrf_token=stale'}, expect=status)


# ---- what must not be seen ----

def test_neither_passwords_nor_tokens_are_logged(server, client, account):
    secret = f'unforgettable {uuid.uuid4()}'
    client.post('/auth/login', json={'email': account.email, 'password': secret}, expect=401)
    client.post('/auth/register', json=body(password=secret, email='bad'), expect=422)
    client.post('/auth/login', data=f'{{"password": "{secret}"', expect=422,
                headers={'Content-Type': 'application/json'})
    client.get('/auth/me', headers={'Authorization': f'Bearer {account.access}x'}, expect=401)
    log = server.log()
    assert secret not in log and PASSWORD not in log
    assert account.access not in log and account.refresh not in log


def test_passwords_are_stored_as_argon2id(server, account):
    (stored,), = server.sql('SELECT password_hash FROM app_user WHERE id = ?', account.user['id'])
    assert stored.startswith('$argon2id$') and PASSWORD not in stored
