"""What once was an internal error, and what must hold of every answer."""
import json
import uuid

import pytest

from client import PREFIX, issues
from people import audit, invite, works
from server import PASSWORD

ASSET = {'name': 'An asset', 'target_type': 'ip', 'target_value': '127.0.0.5'}


def body(**changes):
    return {'email': f'user-{uuid.uuid4().hex[:12]}@example.com', 'password': PASSWORD,
            'full_name': 'A Person', 'org_name': 'An Organisation', **changes}


@pytest.mark.parametrize('scheme', ['bearer', 'BEARER', 'BeArEr'])
def test_the_scheme_in_any_case_reads_and_writes(account, admin, scheme):
    """W14d: a lower-case scheme read nothing and failed to write."""
    admin.post('/assets', json=ASSET, expect=201)
    client = account.server.client()
    headers = {'Authorization': f'{scheme} {account.access}'}
    assert client.get('/assets', headers=headers, expect=200).json()['total'] == 1
    other = {**ASSET, 'target_value': '127.0.0.6'}
    client.post('/assets', json=other, headers=headers, expect=201)
    client.patch('/auth/me', json={'locale': 'it'}, headers=headers, expect=200)
    assert client.get('/assets', headers=headers, expect=200).json()['total'] == 2


NULLS = [(field, whole) for field in ('email', 'password', 'full_name', 'org_name')
         for whole in ('register',)] + [
    ('email', 'login'), ('password', 'login'), ('current_password', 'change-password'),
    ('new_password', 'change-password'), ('organization_id', 'switch-org')]


@pytest.mark.parametrize('field, route', NULLS)
def test_null_in_a_field_that_must_have_a_value(admin, field, route):
    """W14e: null in a required field."""
    whole = body(current_password='x', new_password=PASSWORD, organization_id=str(uuid.uuid4()))
    reply = admin.post(f'/auth/{route}', json={**whole, field: None}, expect=422)
    assert list(issues(reply)) == [f'body.{field}']


TEXTS = [('POST', '/auth/register', body(), 'full_name'), ('POST', '/auth/register', body(), 'org_name'),
         ('POST', '/auth/register', body(), 'password'), ('POST', '/auth/register', body(), 'email'),
         ('POST', '/auth/login', body(), 'password'), ('POST', '/auth/login', body(), 'email'),
         ('PATCH', '/auth/me', {}, 'full_name'), ('PATCH', '/auth/me', {}, 'avatar_url'),
         ('DELETE', '/auth/me', {}, 'current_password'), ('POST', '/auth/logout', {}, 'refresh_token'),
         ('POST', '/auth/refresh', {}, 'refresh_token'), ('POST', '/assets', ASSET, 'name')]


@pytest.mark.parametrize('method, path, whole, field', TEXTS, ids=[f'{p} {f}' for _, p, _, f in TEXTS])
def test_nul_in_a_text(admin, method, path, whole, field):
    """W14f: a NUL character reached the database."""
    reply = admin.request(method, path, json={**whole, field: 'long enough \u0000 text'}, expect=422)
    assert reply.json()['errors']


@pytest.mark.parametrize('length', [4096, 4097, 20_000])
def test_signing_in_with_a_very_long_password(client, account, length):
    """W14g: is a wrong password like any other."""
    reply = client.post('/auth/login', json={'email': account.email, 'password': 'x' * length},
                        expect=401)
    assert reply.json()['detail'] == 'Invalid email or password'


def test_a_very_long_name_of_an_organisation_twice(server):
    """W14h: the second one had no room for its suffix."""
    name = 'n' * 256
    orgs = [server.register(org_name=name).org for _ in range(3)]
    slugs = [server.sql('SELECT slug FROM organization WHERE id = ?', org)[0][0] for org in orgs]
    assert len(set(slugs)) == 3 and all(0 < len(slug) <= 128 for slug in slugs)


@pytest.mark.parametrize('forwarded', ['x' * 100, '203.0.113.7, ' * 20, '\u00e9', '1' * 46, ','])
def test_a_forwarded_address_that_is_none(account, admin, forwarded):
    """W14i: it broke what wrote it to the log; and W15: it is believed from nobody."""
    headers = {'X-Forwarded-For': forwarded.encode('latin-1')}
    admin.patch('/auth/me', json={'locale': 'it'}, headers=headers, expect=200)
    admin.post('/assets', json=ASSET, headers=headers, expect=201)
    row, = audit(account.server, account.org, 'user.updated')
    assert row['ip'] == '127.0.0.1'


@pytest.mark.parametrize('cookie, header', [
    (b'\xe9' * 43, b'\xe9' * 43), (b'\xff\xfe', b'\xff\xfe'), (b'x', b'\xe9'), (b'\xe9', b'x')])
def test_a_double_submit_that_is_not_ascii(account, cookie, header):
    """W14j: comparing it failed."""
    sent = f'access_token={account.access}; csrf_token='.encode() + cookie
    reply = account.server.client().patch('/auth/me', json={}, expect=403, headers={
        'Cookie': sent, 'X-CSRF-Token': header})
    assert reply.json()['detail'] == 'CSRF token missing or invalid'


def test_who_invited_somebody_is_erased(server, account):
    """W14k: the reference to the inviter forbade it."""
    inviter = account.member('admin')
    guest = server.register()
    invite(guest, account.org, inviter)
    inviter.bearer().delete('/auth/me', json={'current_password': PASSWORD}, expect=204)
    assert server.sql('SELECT invited_by FROM membership WHERE org_id = ? AND user_id = ?',
                      account.org, guest.user['id']) == [(None,)]


# ---- one account, whatever the case ----

def test_an_address_in_another_case_is_the_same_account(server):
    """W08: capitals made a second account, and another case did not sign in."""
    name = uuid.uuid4().hex[:8]
    account = server.register(email=f'Ann.{name}@example.com')
    assert account.user['email'] == f'Ann.{name}@example.com'
    for email in (f'ann.{name}@EXAMPLE.com', f'ANN.{name.upper()}@example.com'):
        server.client().post('/auth/register', json=body(email=email), expect=409)
        got = server.client().post('/auth/login', expect=200, json={
            'email': email, 'password': PASSWORD}).json()
        assert got['user'] == account.user
    umlaut = server.register(email=f'\u00c4nn.{name}@example.com')
    got = server.client().post('/auth/login', expect=200, json={
        'email': f'\u00e4NN.{name}@example.com', 'password': PASSWORD}).json()
    assert got['user']['id'] == umlaut.user['id'] != account.user['id']


def test_failures_count_for_all_spellings_together(start):
    """W08: each spelling had a count of its own."""
    server = start()
    account = server.register()
    local, domain = account.email.split('@')
    for email in (account.email, local.upper() + '@' + domain, account.email.title(),
                  account.email.upper(), account.email):
        server.client().post('/auth/login', json={'email': email, 'password': 'wrong password'},
                             expect=401)
    server.client().post('/auth/login', expect=429, json={
        'email': account.email.upper(), 'password': PASSWORD})


# ---- every answer ----

SECURITY = {
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'geolocation=(), camera=(), microphone=(), payment=()',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
}
ANSWERS = [
    ('GET', '/auth/me', {}, 200), ('GET', '/auth/me', {'Authorization': ''}, 401),
    ('GET', '/nothing', {}, 404), ('PUT', '/auth/me', {}, 405), ('POST', '/auth/switch-org', {}, 422),
    ('PATCH', '/auth/me', {'Cookie': 'access_token=x'}, 403),
    ('OPTIONS', '/auth/me', {'Origin': 'https://other.example',
                             'Access-Control-Request-Method': 'GET'}, 400),
    ('DELETE', '/auth/sessions', {}, 204)]


@pytest.mark.parametrize('method, path, headers, status', ANSWERS,
                         ids=[f'{m} {p} {s}' for m, p, _, s in ANSWERS])
def test_headers_of_every_answer(admin, method, path, headers, status):
    """W20: refusals lacked them, and replies of the auth group could be cached."""
    reply = admin.request(method, PREFIX + path, headers=headers, checked=False)
    assert reply.status_code == status
    assert {name: reply.headers.get(name) for name in SECURITY} == SECURITY
    assert reply.headers['Cache-Control'] == 'no-store'


SECRETS = [
    ('POST', '/auth/register', {'password': 'qq-7'}), ('POST', '/auth/register', {'password': 77}),
    ('POST', '/auth/login', {'password': ['qq-secret']}),
    ('POST', '/auth/change-password', {'current_password': 'qq-secret', 'new_password': 'qq-7'}),
    ('POST', '/auth/reset-password', {'token': 'qq-7', 'new_password': 'qq-secret'}),
    ('POST', '/auth/accept-invite', {'token': 'qq-7', 'password': 'qq-secret'}),
    ('DELETE', '/auth/me', {'current_password': 'qq-secret' * 50}),
    ('POST', '/auth/refresh', {'refresh_token': 'qq-secret' * 500}),
    ('POST', '/auth/totp/disable', {'current_password': 'qq-secret' * 50})]


@pytest.mark.parametrize('method, path, what', SECRETS, ids=[f'{p} {n}' for n, (_, p, _) in
                                                           enumerate(SECRETS)])
def test_a_refusal_repeats_no_secret(admin, method, path, what):
    """W21: passwords came back in the errors about them."""
    reply = admin.request(method, path, json=what, expect=422)
    assert 'qq-' not in reply.text and '77' not in json.dumps(reply.json()['errors'])
    assert not any('input' in one for one in reply.json()['errors'])


def test_what_was_answered_is_there(server):
    """W28: the answer came before the commit, and the next request saw nothing."""
    for _ in range(5):
        account = server.register()
        works(account, account.access)
        there = server.client().post('/auth/refresh', expect=200,
                                     json={'refresh_token': account.refresh}).json()
        works(account, there['access_token'])
        client = server.client(token=there['access_token'])
        asset = client.post('/assets', json=ASSET, expect=201).json()
        client.get(f'/assets/{asset["id"]}', expect=200)
