"""How often one client may call one route, and what replies tell of it."""
import re
import uuid

import pytest

from server import PASSWORD

POLICY = '"default";q=10;w=60'
BAD = {'email': 'nobody@example.com', 'password': 'wrong password'}


def left(reply):
    """(calls, seconds) of the header RateLimit."""
    found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', reply.headers['RateLimit'])
    return int(found[1]), int(found[2])


def test_each_reply_of_a_limited_route_tells_what_is_left(start):
    server = start(RATE_LIMITS='on')
    client, account = server.client(), None
    for n in range(10):
        reply = client.post('/auth/register', expect=(201 if n == 3 else 422), json={
            'email': 'one@example.com', 'password': PASSWORD, 'full_name': 'A',
            'org_name': 'A'} if n == 3 else {})
        account = account or (n == 3 and reply.json())
        calls, seconds = left(reply)
        assert (calls, reply.headers['RateLimit-Policy']) == (9 - n, POLICY)
        assert 0 < seconds <= 60
    reply = client.post('/auth/register', json={}, expect=429)
    assert left(reply)[0] == 0
    assert 0 < int(reply.headers['Retry-After']) <= 60
    assert reply.json()['error'] == reply.json()['detail'] == \
        'Rate limit exceeded: 10 per 1 minute'
    reply = server.client(token=account['access_token']).get('/auth/me', expect=200)
    assert 'RateLimit' not in reply.headers and 'RateLimit-Policy' not in reply.headers


def test_what_is_refused_uncounted_tells_the_policy_alone(start):
    server = start(RATE_LIMITS='on')
    reply = server.client().post('/scans', json={}, expect=401)
    assert reply.headers['RateLimit-Policy'] == POLICY and 'RateLimit' not in reply.headers


def test_without_limits_nothing_is_told(client):
    reply = client.post('/auth/login', json=BAD, expect=401)
    assert 'RateLimit' not in reply.headers and 'RateLimit-Policy' not in reply.headers


def test_scripts_of_allowed_origins_may_read_it(start):
    server = start(RATE_LIMITS='on', CORS_ORIGINS='https://app.example.com')
    for origin, exposed in (('https://app.example.com', True), ('https://evil.example', False)):
        reply = server.client().post('/auth/login', json=BAD, headers={'Origin': origin})
        names = reply.headers.get('Access-Control-Expose-Headers', '')
        assert ('RateLimit, RateLimit-Policy, Retry-After, X-Request-Id' in names) == exposed


def login_from(server, address, **headers):
    return server.client().post('/auth/login', json={}, headers={
        'X-Forwarded-For': address, **headers}).status_code


def test_behind_a_proxy_each_client_has_a_bucket_of_its_own(start):
    """W10: the address of the proxy is not everybody's."""
    server = start(RATE_LIMITS='on', TRUSTED_PROXIES='127.0.0.1')
    for _ in range(10):
        assert login_from(server, '198.51.100.1') == 422
    assert login_from(server, '198.51.100.1') == 429
    assert login_from(server, '198.51.100.2') == 422
    # What stands left of the proxy's entry was written by the client.
    assert login_from(server, '203.0.113.1, 198.51.100.1') == 429


def test_an_ipv6_client_has_one_bucket_for_its_network(start):
    """W10: a client has 2^64 addresses, and no bucket for each."""
    server = start(RATE_LIMITS='on', TRUSTED_PROXIES='127.0.0.1')
    for n in range(10):
        assert login_from(server, f'2001:db8:0:7::{n:x}') == 422
    assert login_from(server, '2001:db8:0:7:ffff::1') == 429
    assert login_from(server, '2001:db8:0:8::1') == 422


@pytest.fixture
def limited(start):
    """limited(address) is a person on a server with limits, and their organisation."""
    server = start(RATE_LIMITS='on', TRUSTED_PROXIES='127.0.0.1')

    def person(address):
        reply = server.client().post('/auth/register', expect=201, headers={
            'X-Forwarded-For': address}, json={
                'email': f'{uuid.uuid4().hex}@example.com', 'password': PASSWORD,
                'full_name': 'A', 'org_name': 'A'})
        return server.client(token=reply.json()['access_token']), reply.json()['org_id']

    return person


def ask_scan(client, address):
    return client.post('/scans', json={'name': 'x', 'asset_ids': [str(uuid.uuid4())]},
                       headers={'X-Forwarded-For': address}).status_code


def test_who_is_signed_in_counts_as_themselves(limited):
    """W10: people behind one address do not use up each other's calls, and one
    person with many addresses has no more than others."""
    (one, _), (two, _) = limited('203.0.113.1'), limited('203.0.113.2')
    for n in range(10):
        assert ask_scan(one, f'198.51.100.{n}') == 400
    assert ask_scan(one, '198.51.100.77') == 429
    assert ask_scan(two, '198.51.100.1') == 400


def test_an_id_in_the_path_opens_no_new_bucket(limited):
    """W10: counted by the route's template, not by the address typed."""
    admin, org = limited('203.0.113.1')
    path = f'/api/v1/organizations/{org}/invitations'
    codes = [admin.post(f'{path}/{uuid.uuid4()}/resend', checked=False).status_code
             for _ in range(31)]
    assert codes[-1] == 429 and 429 not in codes[:30]


def test_refused_calls_are_counted_where_strangers_ask(start):
    """W10: a wrong password and an unreadable body cost as much as a right one."""
    server = start(RATE_LIMITS='on')
    client = server.client()
    for n in range(10):
        client.post('/auth/login', json=BAD if n < 4 else {}, expect=401 if n < 4 else 422)
    client.post('/auth/login', json=BAD, expect=429)


def test_two_processes_share_a_limit(start, shared_redis):
    """W10: four processes are no four limits."""
    first = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
    second = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
    codes = [server.client().post('/auth/login', json={}).status_code
             for _ in range(6) for server in (first, second)]
    assert codes == [422] * 10 + [429] * 2
