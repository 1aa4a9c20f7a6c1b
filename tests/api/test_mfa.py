"""The second factor: its life, its codes, and how its secret is kept."""
import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from client import set_cookies
from server import BINARY, DATABASE, PASSWORD, Server, new_database

STEP = 30
RECOVERY = re.compile(r'[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}')
OLD_KEY = 'kD0v4q9zXw1rT8yB3nF6uH5jL2mP7sAe'
NEW_KEY = 'Zt7Qb2Lw9Xc4Vn6Mh1Kj8Gf3Ds5Pa0Rx'


# ---- an authenticator program ----

def present():
    """The time step, once it has enough seconds left for what a case does."""
    left = STEP - time.time() % STEP
    if left < 8:
        time.sleep(left + 0.1)
    return int(time.time()) // STEP


def code(secret, step):
    """RFC 6238 with SHA-1 and six digits."""
    mac = hmac.new(base64.b32decode(secret), struct.pack('>Q', step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f'{(struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}'


def other(right):
    """A code that is not that one."""
    return f'{(int(right) + 1) % 1000000:06d}'


def wrong(secret):
    """A code that none of the steps around now has."""
    near = {code(secret, present() + i) for i in range(-3, 4)}
    return next(c for c in map('{:06d}'.format, range(10)) if c not in near)


class Person:
    """An account whose second factor is on; `step` is that of the last code used."""

    def __init__(self, server):
        self.server, self.account = server, server.register()
        self.client = self.account.bearer()
        self.secret = self.client.post('/auth/totp/setup', expect=200).json()['secret']
        self.step = present() - 1
        reply = self.client.post('/auth/totp/verify', expect=200,
                                 json={'code': code(self.secret, self.step)})
        self.recovery = reply.json()['recovery_codes']

    def login(self, totp_code=None, expect=200, server=None, **fields):
        body = {'email': self.account.email, 'password': PASSWORD, **fields}
        if totp_code is not None:
            body['totp_code'] = totp_code
        return (server or self.server).client().post('/auth/login', json=body, expect=expect)

    def fresh(self):
        """A code that was not used yet; forgets the last one if need be."""
        now = present()
        if self.step >= now:
            self.server.sql('UPDATE app_user SET totp_last_step = NULL WHERE id = ?',
                            self.account.user['id'])
        self.step = now
        return code(self.secret, now)

    def stored(self):
        return self.server.sql('SELECT totp_secret FROM app_user WHERE id = ?',
                               self.account.user['id'])[0][0]


@pytest.fixture
def person(server):
    return Person(server)


def detail(reply):
    return reply.json()['detail']


def actions(server, user_id):
    rows = server.sql('SELECT action FROM audit_log WHERE user_id = ? ORDER BY created_at, id',
                      user_id)
    return [action for action, in rows]


def notices(server, user_id):
    rows = server.sql("SELECT args FROM job WHERE kind = 'notice_mail' ORDER BY created_at, id")
    found = [json.loads(args) for args, in rows]
    return [one['notice'] for one in found if one['user_id'] == user_id]


# ---- on and off ----

def test_the_whole_life_of_a_second_factor(server, account):
    """W12: the state is visible, and all of it is in the audit log."""
    client, email = account.bearer(), account.email
    assert client.get('/auth/totp', expect=200).json() == {
        'mfa_enabled': False, 'recovery_codes_left': 0}
    assert client.get('/auth/me', expect=200).json()['mfa_enabled'] is False

    setup = client.post('/auth/totp/setup', expect=200).json()
    secret = setup['secret']
    assert re.fullmatch('[A-Z2-7]{32}', secret)
    assert setup['provisioning_uri'] == (
        f'otpauth://totp/NIS2%20Platform:{quote(email, safe="")}'
        f'?secret={secret}&issuer=NIS2%20Platform')
    now = present()
    reply = client.post('/auth/totp/verify', json={'code': code(secret, now)}, expect=200)
    assert reply.json()['mfa_enabled'] is True
    codes = reply.json()['recovery_codes']
    assert len(set(codes)) == 8 and all(RECOVERY.fullmatch(one) for one in codes)
    assert client.get('/auth/totp', expect=200).json() == {
        'mfa_enabled': True, 'recovery_codes_left': 8}
    assert client.get('/auth/me', expect=200).json()['mfa_enabled'] is True

    whole = {'email': email, 'password': PASSWORD}
    for absent in ({}, {'totp_code': None}, {'totp_code': ''}):
        reply = server.client().post('/auth/login', json=whole | absent, expect=200)
        assert reply.json() == {'mfa_required': True, 'partial': True}
        assert not set_cookies(reply)
    reply = server.client().post('/auth/login', expect=200,
                                 json=whole | {'totp_code': code(secret, now + 1)})
    assert reply.json()['user']['mfa_enabled'] is True
    assert 'mfa_required' not in reply.json() and set(set_cookies(reply)) >= {'access_token'}

    reply = client.post('/auth/totp/disable', expect=200,
                        json={'current_password': PASSWORD, 'new_password': 'not used 123'})
    assert reply.json() == {'mfa_enabled': False, 'recovery_codes': None}
    assert server.client().post('/auth/login', json=whole, expect=200).json()['access_token']
    user = account.user['id']
    assert server.sql('SELECT totp_secret, totp_enabled_at, totp_last_step FROM app_user '
                      'WHERE id = ?', user) == [(None, None, None)]
    assert server.sql('SELECT count(*) FROM recovery_code WHERE user_id = ?', user) == [(0,)]
    done = [a for a in actions(server, user) if '.mfa_' in a]
    assert done == ['user.mfa_setup_started', 'user.mfa_enabled', 'user.mfa_disabled']
    assert notices(server, user) == ['mfa_enabled', 'mfa_disabled']


def test_what_is_refused_while_it_is_off(account):
    client = account.bearer()
    for body in ({'code': '123456'}, {'code': 'abcdef'}):
        assert detail(client.post('/auth/totp/verify', json=body, expect=400)) == \
            'Call /totp/setup first'
    right, bad = {'current_password': PASSWORD}, {'current_password': 'not this one'}
    for path in ('/auth/totp/disable', '/auth/totp/recovery-codes'):
        # The password comes first: what the state is, is for its owner.
        assert detail(client.post(path, json=bad, expect=401)) == 'Current password is incorrect'
        assert detail(client.post(path, json=right, expect=400)) == 'MFA is not enabled'


def test_what_is_refused_while_it_is_on(person):
    for body in (None, {'current_password': PASSWORD}):
        assert detail(person.client.post('/auth/totp/setup', json=body, expect=409)) == \
            'MFA already enabled'
    right = {'code': code(person.secret, present())}
    assert detail(person.client.post('/auth/totp/verify', json=right, expect=409)) == \
        'MFA already enabled'
    bad = {'current_password': 'not this one'}
    assert detail(person.client.post('/auth/totp/disable', json=bad, expect=401)) == \
        'Current password is incorrect'
    assert person.client.get('/auth/totp').json()['mfa_enabled'] is True


def test_nobody_else_may_ask(client):
    for method, path in (('GET', ''), ('POST', '/setup'), ('POST', '/verify'),
                         ('POST', '/disable'), ('POST', '/recovery-codes')):
        client.request(method, f'/auth/totp{path}', json={}, expect=401)


@pytest.mark.parametrize('body', [{}, {'code': None}, {'code': 123456}, {'code': '12345'},
                                  {'code': '123456789'}])
def test_a_code_of_another_shape_is_a_422(admin, body):
    admin.post('/auth/totp/verify', json=body, expect=422)


def test_setup_may_be_repeated_and_the_newest_secret_counts(account):
    client = account.bearer()
    first, second = (client.post('/auth/totp/setup', expect=200).json()['secret']
                     for _ in range(2))
    now = present()
    assert first != second
    assert detail(client.post('/auth/totp/verify', json={'code': code(first, now)},
                              expect=400)) == 'Invalid TOTP code'
    client.post('/auth/totp/verify', json={'code': code(second, now)}, expect=200)


def test_a_secret_that_was_not_verified_asks_for_nothing(server, account):
    account.bearer().post('/auth/totp/setup', expect=200)
    assert account.login().access


def test_the_secret_of_setup_belongs_to_the_one_who_asked(server):
    one, two = server.register(), server.register()
    secret = one.bearer().post('/auth/totp/setup', expect=200).json()['secret']
    two.bearer().post('/auth/totp/setup', expect=200)
    two.bearer().post('/auth/totp/verify', json={'code': code(secret, present())}, expect=400)


# ---- setup by a session that may be stolen ----

def age(account, minutes):
    then = int((time.time() - minutes * 60) * 1e6)
    account.server.sql('UPDATE session SET confirmed_at = ? WHERE user_id = ?', then,
                       account.user['id'])


def test_setup_needs_a_young_sign_in_or_the_password(account):
    """W12: a session that somebody left behind cannot bind another telephone."""
    client = account.bearer()
    age(account, 14)
    client.post('/auth/totp/setup', expect=200)
    age(account, 16)
    for body in (None, {}, {'current_password': None}, {'current_password': ''}):
        assert 'current_password' in detail(
            client.post('/auth/totp/setup', json=body, expect=403))
    assert detail(client.post('/auth/totp/setup', json={'current_password': 'a wrong one'},
                              expect=401)) == 'Current password is incorrect'
    client.post('/auth/totp/setup', json={'current_password': PASSWORD}, expect=200)


@pytest.mark.parametrize('path', ['setup', 'disable', 'recovery-codes'])
def test_passwords_are_not_guessed_here(account, path):
    """W11: they count as at sign-in."""
    client = account.bearer()
    for i in range(5):
        client.post(f'/auth/totp/{path}', json={'current_password': f'guess {i}'}, expect=401)
    reply = client.post(f'/auth/totp/{path}', json={'current_password': PASSWORD}, expect=429)
    assert int(reply.headers['Retry-After']) > 0


def test_turning_it_on_ends_the_other_sessions(server, account):
    """W12: who is signed in elsewhere has not shown a code."""
    before = {'access': account.access, 'refresh': account.refresh}
    client = account.login().bearer()
    secret = client.post('/auth/totp/setup', expect=200).json()['secret']
    server.client(token=before['access']).get('/auth/me', expect=200)
    client.post('/auth/totp/verify', json={'code': code(secret, present())}, expect=200)
    server.client(token=before['access']).get('/auth/me', expect=401)
    server.client().post('/auth/refresh', json={'refresh_token': before['refresh']}, expect=401)
    client.get('/auth/me', expect=200)
    server.client().post('/auth/refresh', json={'refresh_token': account.refresh}, expect=200)


# ---- codes ----

@pytest.mark.parametrize('wait_ms', [2, 10, 20, 30, 40])
def test_a_sign_in_under_way_when_it_is_turned_on_is_not_one(server, account, wait_ms):
    """The password is looked at for some 50 ms; whatever comes first, the password alone opens nothing after."""
    client = account.bearer()
    secret = client.post('/auth/totp/setup', expect=200).json()['secret']
    with ThreadPoolExecutor() as pool:
        login = pool.submit(lambda: server.client().post(
            '/auth/login', json={'email': account.email, 'password': PASSWORD}))
        time.sleep(wait_ms / 1000)
        client.post('/auth/totp/verify', json={'code': code(secret, present())}, expect=200)
        reply = login.result()
    if reply.status_code == 200 and 'access_token' in reply.json():
        token = reply.json()['access_token']
        server.client().get('/auth/me', headers={'Authorization': f'Bearer {token}'}, expect=401)
    elif reply.status_code == 200:
        assert reply.json()['mfa_required']
    else:
        assert reply.status_code == 401


def test_a_code_works_once(person):
    """W12: who looked over a shoulder comes too late."""
    now = present()
    first = code(person.secret, now)
    person.login(first)
    assert detail(person.login(first, expect=401)) == 'Invalid MFA code'
    # Also one of before, though it is in the window.
    assert detail(person.login(code(person.secret, now - 1), expect=401)) == 'Invalid MFA code'
    person.login(code(person.secret, now + 1))


def test_the_code_that_turned_it_on_does_not_sign_in(person):
    """W12"""
    person.login(code(person.secret, person.step), expect=401)
    person.login(person.fresh())


def test_of_many_that_bring_one_code_together_one_gets_in(person):
    """W12: the check and the mark are one statement."""
    now = code(person.secret, present())
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: person.login(now, expect=None).status_code, range(4)))
    assert sorted(got) == [200, 401, 401, 401]


@pytest.mark.parametrize('distance, status', [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_the_window_is_one_step(person, distance, status):
    person.server.sql('UPDATE app_user SET totp_last_step = NULL WHERE id = ?',
                      person.account.user['id'])
    person.login(code(person.secret, present() + distance), expect=status)


@pytest.mark.parametrize('form', ['{0}{1}', '{0} {1}', ' {0}-{1} '])
def test_how_a_code_is_typed_does_not_matter(person, form):
    """W12"""
    now = person.fresh()
    person.login(form.format(now[:3], now[3:]))


@pytest.mark.parametrize('typed', ['abc', '0', '1234567', '١٢٣٤٥٦', 'x' * 64, '      ', '-'])
def test_what_is_no_code_is_a_wrong_one(person, typed):
    assert detail(person.login(typed, expect=401)) == 'Invalid MFA code'


def test_the_password_is_checked_first(person):
    """And a code that came with a wrong one is not used up."""
    now = person.fresh()
    for given in (now, other(now), None):
        assert detail(person.login(given, expect=401, password='not this one')) == \
            'Invalid email or password'
    person.login(now)


def test_wrong_codes_close_the_account(person):
    """W11, W12: six digits are not guessed at a thousand a minute."""
    bad = wrong(person.secret)
    for _ in range(5):
        reply = person.login(bad, expect=401)
        assert detail(reply) == 'Invalid MFA code' and not set_cookies(reply)
    reply = person.login(person.fresh(), expect=429)
    assert int(reply.headers['Retry-After']) > 0
    person.login(person.recovery[0], expect=429)


def test_a_right_password_alone_does_not_end_the_count(person):
    bad = wrong(person.secret)
    for _ in range(5):
        person.login()
        person.login(bad, expect=401)
    person.login(expect=429)


def test_wrong_codes_at_setup_close_the_account(account):
    client = account.bearer()
    secret = client.post('/auth/totp/setup', expect=200).json()['secret']
    bad = wrong(secret)
    for _ in range(5):
        client.post('/auth/totp/verify', json={'code': bad}, expect=400)
    client.post('/auth/totp/verify', json={'code': code(secret, present())}, expect=429)


# ---- recovery codes ----

def test_a_recovery_code_works_once(person):
    """W12: and the person is told."""
    first, user = person.recovery[0], person.account.user['id']
    assert person.login(first).json()['access_token']
    assert detail(person.login(first, expect=401)) == 'Invalid MFA code'
    assert person.client.get('/auth/totp').json()['recovery_codes_left'] == 7
    assert actions(person.server, user).count('user.recovery_code_used') == 1
    assert notices(person.server, user).count('recovery_code_used') == 1
    rows = person.server.sql("SELECT org_id, resource_type, resource_id, ip_address FROM audit_log "
                             "WHERE action = 'user.recovery_code_used' AND user_id = ?", user)
    assert rows == [(person.account.org, 'user', user, '127.0.0.1')]


@pytest.mark.parametrize('typed', [str.upper, lambda s: s.replace('-', ''),
                                   lambda s: s.replace('-', ' ').title(), lambda s: f' {s} '])
def test_how_a_recovery_code_is_typed_does_not_matter(person, typed):
    """W12: it was written on paper."""
    person.login(typed(person.recovery[3]))
    person.login(person.recovery[3], expect=401)


def test_a_sign_in_with_a_code_of_the_telephone_is_no_recovery(person):
    person.login(person.fresh())
    assert 'user.recovery_code_used' not in actions(person.server, person.account.user['id'])
    assert person.client.get('/auth/totp').json()['recovery_codes_left'] == 8


def test_recovery_codes_of_others_are_wrong(server, person):
    Person(server).login(person.recovery[0], expect=401)
    person.login(person.recovery[0])


def test_new_recovery_codes_void_the_old(person):
    """W12: the count, and new ones, which nobody could get before."""
    proof = {'current_password': PASSWORD}
    person.login(person.recovery[0])
    reply = person.client.post('/auth/totp/recovery-codes', json=proof, expect=200).json()
    assert reply['mfa_enabled'] is True and len(reply['recovery_codes']) == 8
    assert not set(reply['recovery_codes']) & set(person.recovery)
    assert person.client.get('/auth/totp').json()['recovery_codes_left'] == 8
    person.login(person.recovery[1], expect=401)
    person.login(reply['recovery_codes'][1])
    assert 'user.recovery_codes_made' in actions(person.server, person.account.user['id'])


def test_recovery_codes_are_kept_as_hashes(person):
    rows = person.server.sql('SELECT code_hash FROM recovery_code WHERE user_id = ?',
                             person.account.user['id'])
    assert {row for row, in rows} == {hashlib.sha256(one.encode()).hexdigest()
                                      for one in person.recovery}


# ---- how the secret is kept ----

def xchacha_key(key, nonce):
    """HChaCha20 (draft-irtf-cfrg-xchacha, 2.2)."""
    s = list(struct.unpack('<16I', b'expand 32-byte k' + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xffffffff
            z_new = s[z] ^ s[x]
            s[z] = (z_new << bits | z_new >> (32 - bits)) & 0xffffffff

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return struct.pack('<8I', *s[:4], *s[12:])


def seal_key(data_key, purpose):
    return hmac.new(data_key.encode(), purpose.encode(), hashlib.sha256).digest()


def sealed(data_key, label, place, text):
    """What src/crypto/seal.h describes, made by another implementation."""
    nonce = uuid.uuid4().bytes + uuid.uuid4().bytes[:8]
    cipher = ChaCha20Poly1305(xchacha_key(seal_key(data_key, f'seal:{label}'), nonce[:16]))
    bytes_ = nonce + cipher.encrypt(bytes(4) + nonce[16:], text.encode(), place.encode())
    body = base64.urlsafe_b64encode(bytes_).decode().rstrip('=')
    return f'v1.{seal_key(data_key, "name of the key").hex()[:8]}.{body}'


def test_the_secret_is_sealed_at_rest(person):
    """W13"""
    assert re.fullmatch(r'v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{90,}', person.stored())
    assert person.secret not in person.stored()
    user = person.account.user['id']
    everything = repr(person.server.sql('SELECT * FROM app_user WHERE id = ?', user)) + \
        repr(person.server.sql('SELECT * FROM audit_log')) + \
        repr(person.server.sql('SELECT * FROM job'))
    assert person.secret not in everything
    assert not any(one in everything for one in person.recovery)
    assert person.secret not in person.server.log()


def cannot_be_read(person, reason):
    """Signing in with a code is a clean error, and the log says why."""
    reply = person.login(code(person.secret, present()), expect=503)
    assert not set_cookies(reply) and 'encryption key' in detail(reply)
    line = ''.join(person.server.log_of(reply))
    assert reason in line and person.secret not in line


def test_plain_text_is_never_a_secret(person):
    """W13: neither of before, nor put there by who writes to the database."""
    set_to = 'UPDATE app_user SET totp_secret = ? WHERE id = ?'
    user = person.account.user['id']
    for text, reason in ((person.secret, 'never sealed'), ('', 'never sealed'),
                         (None, 'never sealed'), (person.stored()[:-4] + 'AAAA', 'altered')):
        person.server.sql(set_to, text, user)
        cannot_be_read(person, reason)


def test_a_secret_of_another_row_does_not_open(server, person):
    """W13: a thief who writes to the database cannot put their own telephone."""
    thief = Person(server)
    server.sql('UPDATE app_user SET totp_secret = ? WHERE id = ?', thief.stored(),
               person.account.user['id'])
    person.secret = thief.secret
    cannot_be_read(person, 'another row')


class Rekey:
    """One installation whose key changes: `with changing(KEY) as server`."""

    def __init__(self, folder):
        self.folder = folder
        self.own = {'DATABASE_URL': new_database(f'mfa_{uuid.uuid4().hex}')} if DATABASE else {}

    def __call__(self, key, previous=''):
        return Server(self.folder, DATA_ENCRYPTION_KEY=key,
                      DATA_ENCRYPTION_KEY_PREVIOUS=previous, **self.own)

    def rekey(self, key, previous=''):
        server = self(key, previous)
        return subprocess.run([BINARY, 'rekey', '--data', server.data], env=server.env,
                              capture_output=True, text=True, check=False)


@pytest.fixture
def changing(tmp_path):
    return Rekey(tmp_path / 'one')


def test_a_key_that_is_lost_locks_no_server_and_lets_nobody_in(changing):
    """W13: not a 500, not a way in; recovery codes are a way to set it up anew."""
    with changing(OLD_KEY) as server:
        person = Person(server)
    with changing(NEW_KEY) as server:
        person.server = server
        assert person.login().json() == {'mfa_required': True, 'partial': True}
        cannot_be_read(person, 'DATA_ENCRYPTION_KEY')
        person.login('000000', expect=503)
        person.account.take(person.login(person.recovery[0]).json())
        client = server.client(token=person.account.access)
        client.post('/auth/totp/disable', json={'current_password': PASSWORD}, expect=200)
        secret = client.post('/auth/totp/setup', expect=200).json()['secret']
        client.post('/auth/totp/verify', json={'code': code(secret, present())}, expect=200)


def test_a_key_is_changed_without_locking_anybody_out(changing):
    """W13: both keys, `nis2 rekey`, then the new one alone."""
    with changing(OLD_KEY) as server:
        person = Person(server)
    before = person.stored()
    with changing(NEW_KEY, OLD_KEY) as server:
        person.server = server
        person.login(person.fresh())
        done = changing.rekey(NEW_KEY, OLD_KEY)
        assert (done.returncode, done.stdout) == \
            (0, "1 sealed anew, 0 already with today's key, 0 cannot be opened\n")
    with changing(NEW_KEY) as server:
        person.server = server
        assert person.stored() != before
        person.login(person.fresh())
    done = changing.rekey(NEW_KEY)
    assert (done.returncode, done.stdout) == \
        (0, "0 sealed anew, 1 already with today's key, 0 cannot be opened\n")


def sealed_rows(server, key, count):
    """People and providers with sealed secrets, as many as several batches."""
    now, people, secret = 1_700_000_000_000_000, [], 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    for _ in range(count):
        user = str(uuid.uuid4())
        people.append(dict(
            id=user, email=f'{user}@example.com', email_key=f'{user}@example.com',
            full_name='A', locale='en', email_verified=True, is_active=True, created_at=now,
            updated_at=now, totp_enabled_at=now,
            totp_secret=sealed(key, 'totp', f'app_user.totp_secret:{user}', secret)))
    server.insert_many('app_user', people)
    return [one['id'] for one in people]


def test_rekey_goes_through_all_and_goes_on_where_it_was(changing):
    """W13: more rows than a batch, some done already, one that no key opens."""
    with changing(OLD_KEY) as server:
        org = server.register().org
        old = sealed_rows(server, OLD_KEY, 430)
        sealed_rows(server, NEW_KEY, 20)
        lost = sealed_rows(server, 'a key that nobody has any more..', 1)[0]
        server.insert('sso_provider', org_id=org, issuer='https://id.example.com',
                      client_id='nis2', groups_claim='groups', admin_groups='[]',
                      auditor_groups='[]', viewer_groups='[]', is_enabled=True, created_at=1,
                      updated_at=1, client_secret=sealed(
                          OLD_KEY, 'sso', f'sso_provider.client_secret:{org}', 'the secret'))
    done = changing.rekey(NEW_KEY, OLD_KEY)
    assert done.stdout == "431 sealed anew, 20 already with today's key, 1 cannot be opened\n"
    assert done.returncode == 1 and lost in done.stderr and 'totp_secret' in done.stderr
    mine = f'v1.{seal_key(NEW_KEY, "name of the key").hex()[:8]}.%'
    assert server.sql('SELECT count(*) FROM app_user WHERE totp_secret LIKE ?', mine) == [(450,)]
    assert server.sql('SELECT count(*) FROM sso_provider WHERE client_secret LIKE ?',
                      mine) == [(1,)]
    again = changing.rekey(NEW_KEY)
    assert again.stdout == "0 sealed anew, 451 already with today's key, 1 cannot be opened\n"
    back = changing.rekey(OLD_KEY, NEW_KEY)
    assert back.stdout.startswith('451 sealed anew, 0 already')
    assert len(old) == 430
