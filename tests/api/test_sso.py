"""Signing in with an organisation's own provider, with a real one beside."""
import base64
import json
import re
import shutil
import subprocess
import time
import uuid
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from client import set_cookies
from contract import SOURCE
from server import Server, free_port

SECRET = 'a secret between the two'
GROUPS = {'admin_groups': ['bosses'], 'auditor_groups': ['checkers'], 'viewer_groups': ['staff']}


def base64url(number):
    raw = number.to_bytes((number.bit_length() + 7) // 8, 'big')
    return base64.urlsafe_b64encode(raw).rstrip(b'=').decode()


def signing_key():
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_numbers()
    public = numbers.public_numbers
    return {'kty': 'RSA', 'use': 'sig', 'alg': 'RS256', 'kid': uuid.uuid4().hex,
            **{name: base64url(value) for name, value in (
                ('n', public.n), ('e', public.e), ('d', numbers.d), ('p', numbers.p),
                ('q', numbers.q), ('dp', numbers.dmp1), ('dq', numbers.dmq1),
                ('qi', numbers.iqmp))}}


class Provider:
    """oidc-provider from npm in a process of its own."""

    def __init__(self, folder, redirect_uri):
        self.port, self.file = free_port(), folder / 'provider.json'
        self.url = f'http://127.0.0.1:{self.port}'
        self.accounts, self.key = {}, signing_key()
        self.clients = [
            {'client_id': 'nis2', 'client_secret': SECRET, 'redirect_uris': [redirect_uri]},
            {'client_id': 'public', 'token_endpoint_auth_method': 'none',
             'redirect_uris': [redirect_uri]}]
        self.process = None

    def write(self):
        self.file.write_text(json.dumps({
            'clients': self.clients, 'accounts': self.accounts, 'keys': {'keys': [self.key]}}))

    def person(self, login, **claims):
        self.accounts[login] = {'email': f'{login}@example.com', 'email_verified': True,
                                'name': login.title(), **claims}
        self.write()
        return login

    def start(self):
        self.write()
        self.process = subprocess.Popen(
            [shutil.which('node'), SOURCE / 'web/test/oidc-provider.mjs', str(self.port),
             self.file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert 'listening' in self.process.stdout.readline()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """A server, a provider that it may contact, and an organisation that uses it."""
    folder = tmp_path_factory.mktemp('sso')
    server = Server(folder / 'server', OIDC_ALLOW_NETWORKS='127.0.0.0/8')
    server.env['PUBLIC_URL'] = server.url
    provider = Provider(folder, f'{server.url}/api/v1/auth/sso/callback')
    provider.start()
    with server:
        yield Place(server, provider)
    provider.stop()


class Place:
    def __init__(self, server, provider):
        self.server, self.provider = server, provider

    def organisation(self, **settings):
        """An administrator whose organisation has the provider set up."""
        owner = self.server.register(org_name=f'Org {uuid.uuid4().hex[:8]}')
        owner.admin = owner.bearer()
        body = {'issuer': self.provider.url, 'client_id': 'nis2', 'client_secret': SECRET,
                **GROUPS, **settings}
        owner.sso = owner.admin.put(f'/organizations/{owner.org}/sso', json=body,
                                    expect=200).json()
        return owner


def name():
    return f'p{uuid.uuid4().hex[:10]}'


def at_provider(browser, url, login):
    """Signs in and consents there, as somebody would; the address it sends back to."""
    for _ in range(12):
        page = browser.get(url, allow_redirects=False, timeout=20)
        if page.status_code in (302, 303):
            url = urljoin(url, page.headers['Location'])
            if '/auth/sso/callback' in url:
                return url
            continue
        action = re.search(r'action="([^"]+)"', page.text)[1]
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)[1]
        reply = browser.post(urljoin(url, action), allow_redirects=False, timeout=20, data={
            'prompt': prompt, 'login': login, 'password': 'any'})
        url = urljoin(url, reply.headers['Location'])
    raise AssertionError('the provider never sent the browser back')


class Visit:
    """One way to the provider and back."""

    def __init__(self, place, owner):
        self.place = place
        path = urlsplit(owner.sso['login_url']).path
        self.client = place.server.client()
        first = self.client.get(path, expect=302)
        self.url = first.headers['Location']
        self.cookie, self.attributes = set_cookies(first)['sso_state']

    def go(self, login):
        session = requests.Session()
        session.trust_env = False
        self.back = at_provider(session, self.url, login)
        return self

    def arrive(self, expect=302, cookie=None, back=None):
        parts = urlsplit(back or self.back)
        sent = self.cookie if cookie is None else cookie
        reply = self.client.get(f'{parts.path}?{parts.query}', expect=expect,
                                headers={'Cookie': f'sso_state={sent}'})
        return reply

    def token(self):
        return set_cookies(self.arrive())['access_token'][0]


def join(owner, person):
    """Invited, and said yes themselves."""
    owner.admin.post(f'/organizations/{owner.org}/members', json={'email': person.email},
                     expect=201)
    person.bearer().post('/auth/switch-org', json={'organization_id': owner.org}, expect=200)


def sign_in(place, owner, login):
    token = Visit(place, owner).go(login).token()
    return place.server.client(token=token)


# ---- the way there and back ----

def test_somebody_new_gets_an_account_and_a_role(place):
    owner = place.organisation()
    login = place.provider.person(name(), groups=['others', 'checkers'])
    reply = Visit(place, owner).go(login).arrive()
    assert reply.headers['Location'] == place.server.url + '/'
    cookies = set_cookies(reply)
    assert {'access_token', 'refresh_token', 'csrf_token'} <= set(cookies)
    client = place.server.client(token=cookies['access_token'][0])
    me = client.get('/auth/me', expect=200).json()
    assert (me['email'], me['full_name']) == (f'{login}@example.com', login.title())
    assert me['email_verified'] is False
    client.get('/audit-logs', expect=200)
    client.get('/api-keys', expect=200)
    client.post('/api-keys', json={'name': 'x'}, expect=403)


@pytest.mark.parametrize('groups, role', [
    (['bosses'], 'admin'), (['staff', 'bosses'], 'admin'), (['checkers'], 'auditor'),
    ('staff', 'viewer'), (['staff'], 'viewer')])
def test_groups_give_the_role(place, groups, role):
    owner = place.organisation()
    login = place.provider.person(name(), groups=groups)
    sign_in(place, owner, login)
    rows = place.server.sql('SELECT role FROM membership m JOIN app_user u ON u.id = m.user_id '
                            'WHERE u.email = ? AND m.org_id = ?', f'{login}@example.com', owner.org)
    assert rows == [(role,)]


@pytest.mark.parametrize('claims', [{}, {'groups': []}, {'groups': ['others']}, {'groups': None}])
def test_who_is_in_no_group_does_not_get_in(place, claims):
    owner = place.organisation()
    login = place.provider.person(name(), **claims)
    Visit(place, owner).go(login).arrive(expect=403)
    assert not place.server.sql('SELECT id FROM app_user WHERE email = ?', f'{login}@example.com')


def test_or_gets_the_default_role(place):
    owner = place.organisation(default_role='viewer')
    client = sign_in(place, owner, place.provider.person(name()))
    client.get('/assets', expect=200)
    client.get('/audit-logs', expect=403)


def test_a_second_sign_in_is_the_same_account_and_follows_the_groups(place):
    owner = place.organisation()
    login = place.provider.person(name(), groups=['staff'])
    first = sign_in(place, owner, login).get('/auth/me').json()
    place.provider.person(login, groups=['checkers'], email='another@example.com')
    client = sign_in(place, owner, login)
    assert client.get('/auth/me').json()['id'] == first['id']
    client.get('/audit-logs', expect=200)


def test_groups_do_not_take_the_last_administrator_away(place):
    owner = place.organisation()
    login = place.provider.person(name(), email=owner.email, groups=['staff'])
    client = sign_in(place, owner, login)
    client.post('/api-keys', json={'name': 'x'}, expect=201)


def test_an_open_invitation_is_accepted(place):
    owner = place.organisation()
    login = place.provider.person(name(), groups=['staff'])
    owner.admin.post(f'/organizations/{owner.org}/members', expect=201,
                     json={'email': f'{login}@example.com', 'role': 'admin'})
    client = sign_in(place, owner, login)
    client.get('/assets', expect=200)
    member = [m for m in owner.admin.get(f'/organizations/{owner.org}/members').json()
              if m['user'] and m['user']['email'] == f'{login}@example.com']
    assert [m['role'] for m in member] == ['viewer'] and member[0]['accepted_at']


def test_a_client_without_a_secret_works_by_pkce_alone(place):
    owner = place.organisation(client_id='public', client_secret=None, default_role='viewer')
    sign_in(place, owner, place.provider.person(name())).get('/assets', expect=200)


def test_the_request_holds_what_it_must(place):
    owner = place.organisation()
    visit = Visit(place, owner)
    asked = {key: value[0] for key, value in parse_qs(urlsplit(visit.url).query).items()}
    assert asked['response_type'] == 'code' and asked['client_id'] == 'nis2'
    assert asked['code_challenge_method'] == 'S256' and len(asked['code_challenge']) == 43
    assert asked['redirect_uri'] == owner.sso['redirect_uri']
    assert 'openid' in asked['scope'].split() and asked['state'] and asked['nonce']
    assert visit.attributes['samesite'] == 'lax' and 'httponly' in visit.attributes
    assert asked['state'] not in visit.cookie and asked['nonce'] not in visit.cookie


# ---- what goes wrong ----

def test_a_state_of_another_browser_is_refused(place):
    owner = place.organisation(default_role='viewer')
    login = place.provider.person(name())
    mine, theirs = Visit(place, owner).go(login), Visit(place, owner)
    mine.arrive(expect=400, cookie=theirs.cookie)
    mine.arrive(expect=400, cookie='')
    mine.arrive(expect=400, cookie=mine.cookie[:-4] + 'AAAA')


def test_a_code_works_once(place):
    owner = place.organisation(default_role='viewer')
    visit = Visit(place, owner).go(place.provider.person(name()))
    visit.arrive()
    visit.arrive(expect=401)


def test_what_the_provider_refuses_is_refused(place):
    owner = place.organisation()
    visit = Visit(place, owner)
    state = parse_qs(urlsplit(visit.url).query)['state'][0]
    back = f'/api/v1/auth/sso/callback?error=access_denied&state={state}'
    reply = visit.arrive(expect=401, back=back)
    assert reply.json()['detail'] == 'The identity provider refuses: access_denied'


def test_a_code_without_a_verifier_of_ours_is_worth_nothing(place):
    owner = place.organisation(default_role='viewer')
    visit, other = Visit(place, owner), Visit(place, owner)
    visit.go(place.provider.person(name()))
    code = parse_qs(urlsplit(visit.back).query)['code'][0]
    state = parse_qs(urlsplit(other.url).query)['state'][0]
    other.arrive(expect=401, back=f'/api/v1/auth/sso/callback?code={code}&state={state}')


def test_a_wrong_client_secret_is_the_providers_refusal(place):
    owner = place.organisation(client_secret='another', default_role='viewer')
    visit = Visit(place, owner).go(place.provider.person(name()))
    assert visit.arrive(expect=502).json()['detail'].startswith('The identity provider')


def test_new_keys_of_the_provider_are_fetched(place):
    owner = place.organisation(default_role='viewer')
    login = place.provider.person(name())
    sign_in(place, owner, login)
    place.provider.stop()
    place.provider.key = signing_key()
    place.provider.start()
    time.sleep(6)  # keys are not asked for more often than every five seconds
    sign_in(place, owner, login).get('/assets', expect=200)


def test_a_provider_that_is_gone_is_a_502(place, tmp_path):
    owner = place.organisation(default_role='viewer')
    other = Provider(tmp_path, owner.sso['redirect_uri'])
    other.start()
    owner.admin.put(f'/organizations/{owner.org}/sso', expect=200, json={
        'issuer': other.url, 'client_id': 'nis2', 'client_secret': SECRET, **GROUPS})
    other.person('anybody', groups=['staff'])
    visit = Visit(place, owner).go('anybody')
    other.stop()
    visit.arrive(expect=502)


def test_an_invitation_is_not_accepted_for_somebody_with_an_account(place):
    """W23: an organisation could invite anybody and have its own provider say yes for them."""
    owner, person = place.organisation(default_role='viewer'), place.server.register()
    owner.admin.post(f'/organizations/{owner.org}/members', json={'email': person.email},
                     expect=201)
    login = place.provider.person(name(), email=person.email)
    reply = Visit(place, owner).go(login).arrive(expect=403)
    assert 'accept' in reply.json()['detail']
    mine = place.server.sql('SELECT accepted_at FROM membership WHERE user_id = ? AND org_id = ?',
                            person.user['id'], owner.org)
    assert mine == [(None,)]
    assert not place.server.sql('SELECT subject FROM sso_identity WHERE user_id = ?',
                                person.user['id'])


def test_who_left_does_not_come_back_without_saying_so(place):
    """W23: what a provider once vouched for is no consent to whatever it says later."""
    owner, person = place.organisation(default_role='viewer'), place.server.register()
    join(owner, person)
    login = place.provider.person(name(), email=person.email)
    sign_in(place, owner, login).get('/assets', expect=200)
    person.bearer().post(f'/organizations/{owner.org}/leave', expect=204)
    Visit(place, owner).go(login).arrive(expect=403)
    other = place.organisation(default_role='viewer')
    Visit(place, other).go(login).arrive(expect=403)


def test_who_has_no_account_of_their_own_comes_back_by_the_groups(place):
    owner = place.organisation(default_role='viewer')
    login = place.provider.person(name())
    client = sign_in(place, owner, login)
    client.post(f'/organizations/{owner.org}/leave', expect=204)
    sign_in(place, owner, login).get('/assets', expect=200)


def test_an_account_of_the_address_elsewhere_is_not_taken_over(place):
    """Whoever runs a provider could say of anybody that it is them."""
    owner, victim = place.organisation(default_role='admin'), place.server.register()
    login = place.provider.person(name(), email=victim.email)
    reply = Visit(place, owner).go(login).arrive(expect=403)
    assert 'invitation' in reply.json()['detail']
    assert victim.bearer().get('/organizations').json()[0]['id'] == victim.org


def test_the_session_works_in_this_organisation_alone(place):
    """A member of two: the provider of one opens nothing of the other."""
    owner, person = place.organisation(default_role='viewer'), place.server.register()
    join(owner, person)
    login = place.provider.person(name(), email=person.email)
    client = sign_in(place, owner, login)
    client.get('/assets', expect=200)
    assert [one['id'] for one in client.get('/organizations', expect=200).json()] == [owner.org]
    client.get(f'/organizations/{person.org}', expect=404)
    client.post('/auth/switch-org', json={'organization_id': person.org}, expect=403)
    client.get('/auth/me/export', expect=403)
    client.get('/auth/sessions', expect=403)
    client.post('/auth/totp/setup', expect=403)
    # The person's own password still opens both.
    assert len(person.login().bearer().get('/organizations', expect=200).json()) == 2


def test_a_refresh_does_not_lead_elsewhere(place):
    owner, person = place.organisation(default_role='viewer'), place.server.register()
    join(owner, person)
    login = place.provider.person(name(), email=person.email)
    cookies = set_cookies(Visit(place, owner).go(login).arrive())
    members = owner.admin.get(f'/organizations/{owner.org}/members').json()
    mine = next(m['id'] for m in members if m['user_id'] == person.user['id'])
    owner.admin.delete(f'/organizations/{owner.org}/members/{mine}', expect=204)
    place.server.client().post('/auth/refresh', expect=401,
                               json={'refresh_token': cookies['refresh_token'][0]})


def test_taking_the_provider_away_ends_what_it_opened(place):
    owner = place.organisation(default_role='viewer')
    client = sign_in(place, owner, place.provider.person(name()))
    owner.admin.delete(f'/organizations/{owner.org}/sso', expect=204)
    client.get('/assets', expect=401)
    owner.admin.get(f'/organizations/{owner.org}/sso', expect=404)
    place.server.client().get(urlsplit(owner.sso['login_url']).path, expect=404)


# ---- setting it up ----

def test_the_secret_is_sealed_and_never_shown(place):
    owner = place.organisation()
    got = owner.admin.get(f'/organizations/{owner.org}/sso', expect=200)
    assert got.json()['has_client_secret'] is True and SECRET not in got.text
    (kept,), = place.server.sql('SELECT client_secret FROM sso_provider WHERE org_id = ?',
                                owner.org)
    assert kept.startswith('v1.') and SECRET not in kept


def test_a_secret_that_is_left_out_stays_and_null_takes_it_away(place):
    owner = place.organisation()
    path, body = f'/organizations/{owner.org}/sso', {'issuer': place.provider.url,
                                                     'client_id': 'nis2'}
    assert owner.admin.put(path, json=body).json()['has_client_secret'] is True
    body['client_secret'] = None
    assert owner.admin.put(path, json=body).json()['has_client_secret'] is False


@pytest.mark.parametrize('issuer, status', [
    ('http://10.1.2.3', 422), ('ftp://127.0.0.1', 422), ('https://user@127.0.0.1', 422),
    ('not an address', 422), ('http://169.254.169.254/latest', 422)])
def test_an_issuer_that_may_not_be_contacted_is_refused(place, issuer, status):
    owner = place.server.register()
    reply = owner.bearer().put(f'/organizations/{owner.org}/sso', expect=status,
                               json={'issuer': issuer, 'client_id': 'x'})
    assert 'body.issuer' in reply.json()['detail']


def test_an_issuer_that_is_none_is_a_502(place):
    owner = place.server.register()
    owner.bearer().put(f'/organizations/{owner.org}/sso', expect=502, json={
        'issuer': place.server.url, 'client_id': 'x'})


def test_only_administrators_set_it_up(place):
    owner = place.organisation()
    member = owner.member('auditor').bearer()
    member.get(f'/organizations/{owner.org}/sso', expect=403)
    member.put(f'/organizations/{owner.org}/sso', expect=403,
               json={'issuer': place.provider.url, 'client_id': 'x'})


def test_by_default_there_is_none(place):
    owner = place.server.register()
    owner.bearer().get(f'/organizations/{owner.org}/sso', expect=404)
    place.server.client().get('/auth/sso/no-such-organisation/login', expect=404)
