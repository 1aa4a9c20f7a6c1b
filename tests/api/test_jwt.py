"""Tokens under RS256: keys are read at start, named in tokens, and can be changed (W27)."""
import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import server as servers
from test_auth import b64, claims_of


def part(token, index):
    text = token.split('.')[index]
    return json.loads(base64.urlsafe_b64decode(text + '=' * (-len(text) % 4)))


def make_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def one_line(pem):
    return pem.replace('\n', '\\n')


def kid_of(key):
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()[:16]


def rs256(key, claims, **header):
    text = '.'.join(b64(json.dumps(one).encode())
                    for one in ({'alg': 'RS256', 'typ': 'JWT', **header}, claims))
    return f'{text}.{b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}'


def hs256(secret, claims, **header):
    text = '.'.join(b64(json.dumps(one).encode())
                    for one in ({'alg': 'HS256', 'typ': 'JWT', **header}, claims))
    mac = hmac.HMAC(secret.encode(), hashes.SHA256())
    mac.update(text.encode())
    return f'{text}.{b64(mac.finalize())}'


def jwks(server):
    reply = server.client().request('GET', '/.well-known/jwks.json', checked=False)
    assert reply.status_code == 200
    return reply.json()['keys'], reply.headers['Cache-Control']


@pytest.fixture(scope='module')
def key():
    return make_key()


@pytest.fixture(scope='module')
def signed(tmp_path_factory, key):
    """A server that signs with RS256; the key is in one line, as .env files have it."""
    with servers.Server(tmp_path_factory.mktemp('rs256'),
                        JWT_PRIVATE_KEY=one_line(private_pem(key))) as one:
        yield one


def test_a_shared_secret_is_nobodys_to_see(server):
    assert jwks(server) == ([], 'no-store')


def test_the_public_key_is_there_for_whoever_verifies(signed, key):
    """W27: it is derived from the private key, which came with escaped line ends."""
    (shown,), cache = jwks(signed)
    assert cache == 'public, max-age=3600'
    numbers = key.public_key().public_numbers()
    assert int.from_bytes(base64.urlsafe_b64decode(shown['n'] + '=='), 'big') == numbers.n
    assert shown == {'kty': 'RSA', 'use': 'sig', 'alg': 'RS256', 'kid': kid_of(key),
                     'n': shown['n'], 'e': 'AQAB'}
    assert '=' not in shown['n']


def test_tokens_are_signed_with_it_and_name_it(signed, key):
    account = signed.register()
    for token in (account.access, account.refresh):
        assert part(token, 0) == {'alg': 'RS256', 'typ': 'JWT', 'kid': kid_of(key)}
        text, signature = token.rsplit('.', 1)
        key.public_key().verify(base64.urlsafe_b64decode(signature + '=='), text.encode(),
                                padding.PKCS1v15(), hashes.SHA256())
    account.bearer().get('/auth/me', expect=200)
    account.cookie().post('/api-keys', json={'name': 'x'}, expect=201)
    reply = signed.client().post('/auth/refresh', json={'refresh_token': account.refresh},
                                 expect=200)
    signed.client(token=reply.json()['access_token']).get('/auth/me', expect=200)


def test_no_algorithm_stands_in_for_another(signed, key, server):
    """W27: only the configured algorithm is taken, whatever a token says of itself."""
    account = signed.register()
    claims = claims_of(account)
    mine = rs256(key, claims, kid=kid_of(key))
    signed.client(token=mine).get('/auth/me', expect=200)
    head = b64(b'{"alg":"none","typ":"JWT"}')
    for token in (hs256(public_pem(key), claims), hs256(public_pem(key), claims, kid=kid_of(key)),
                  hs256(signed.secret('JWT_SECRET'), claims),
                  f'{head}.{mine.split(".")[1]}.', rs256(make_key(), claims),
                  rs256(make_key(), claims, kid=kid_of(key)), rs256(key, claims, kid='other'),
                  mine.replace('.', '', 1), mine[:-8] + 'AAAAAAAA'):
        reply = signed.client(token=token).get('/auth/me', expect=401)
        assert reply.json()['detail'] == 'Invalid or expired token'
    other = server.register()
    server.client(token=rs256(key, claims_of(other))).get('/auth/me', expect=401)


def test_there_is_no_leeway_at_the_end(signed, key):
    """W27: a second past its end a token is dead; `iat` may lie ahead."""
    account = signed.register()
    now = claims_of(account)['iat']
    for claims, status in (({'exp': now - 1}, 401), ({'exp': now + 30, 'iat': now + 5}, 200)):
        token = rs256(key, claims_of(account, **claims), kid=kid_of(key))
        signed.client(token=token).get('/auth/me', expect=status)


def test_a_key_is_changed_without_signing_anybody_out(tmp_path):
    """W27: tokens name their key, and one that signed before verifies as long as it is named."""
    old, new = make_key(), make_key()

    def serve(**settings):
        if servers.DATABASE:
            settings['DATABASE_URL'] = database
        return servers.Server(tmp_path / 'one', **settings)

    database = servers.new_database(f'jwt_{kid_of(old)}') if servers.DATABASE else None
    with serve(JWT_PRIVATE_KEY=private_pem(old)) as server:
        account = server.register()
        cookie = account.cookie()
    with serve(JWT_PRIVATE_KEY=private_pem(new), JWT_PUBLIC_KEY=public_pem(new),
               JWT_PREVIOUS_PUBLIC_KEYS=one_line(public_pem(old))) as server:
        assert [one['kid'] for one in jwks(server)[0]] == [kid_of(new), kid_of(old)]
        account.server = cookie.server = server
        account.bearer().get('/auth/me', expect=200)
        cookie.post('/api-keys', json={'name': 'The double submit holds too'}, expect=201)
        account.take(server.client().post(
            '/auth/refresh', json={'refresh_token': account.refresh}, expect=200).json())
        assert part(account.access, 0)['kid'] == kid_of(new)
        before = rs256(old, claims_of(account), kid=kid_of(old))
        server.client(token=before).get('/auth/me', expect=200)
    with serve(JWT_PRIVATE_KEY=private_pem(new)) as server:
        assert [one['kid'] for one in jwks(server)[0]] == [kid_of(new)]
        account.server = server
        account.bearer().get('/auth/me', expect=200)
        server.client(token=before).get('/auth/me', expect=401)
