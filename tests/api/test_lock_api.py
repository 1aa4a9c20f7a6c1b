"""How an account is closed after failures, at sign-in and where a password is
asked for again. Addresses are those a proxy tells."""
import pytest

SOMEWHERE, ELSEWHERE = '203.0.113.9', '198.51.100.1'


@pytest.fixture
def proxied(start):
    return start(TRUSTED_PROXIES='127.0.0.1')


def login(server, account, address=SOMEWHERE, password=None):
    return server.client().post(
        '/auth/login', headers={'X-Forwarded-For': address},
        json={'email': account.email, 'password': password or account.password})


def fail(server, account, times, address=SOMEWHERE):
    return [login(server, account, address, 'wrong password').status_code
            for _ in range(times)]


def test_the_fifth_failure_is_answered_and_the_next_attempt_refused(proxied):
    account = proxied.register()
    assert fail(proxied, account, 5) == [401] * 5
    reply = login(proxied, account)
    assert reply.status_code == 429
    seconds = int(reply.headers['Retry-After'])
    assert 50 <= seconds <= 60
    assert reply.json()['detail'] == 'Account temporarily locked after repeated failed ' \
        f'logins. Try again in {seconds}s.'


def test_addresses_without_an_account_are_locked_alike(proxied):
    account = proxied.register()
    account.email = 'nobody-at-all@example.com'
    assert fail(proxied, account, 6) == [401] * 5 + [429]


def test_a_success_ends_the_count(proxied):
    account = proxied.register()
    assert fail(proxied, account, 4) == [401] * 4
    assert login(proxied, account).status_code == 200
    assert fail(proxied, account, 4) == [401] * 4
    assert login(proxied, account).status_code == 200


def test_a_stranger_cannot_keep_the_owner_out(proxied):
    """W11: five wrong passwords from one network close the account to it alone."""
    account = proxied.register()
    assert fail(proxied, account, 6, ELSEWHERE) == [401] * 5 + [429]
    assert fail(proxied, account, 1, '198.51.100.77') == [429]
    assert login(proxied, account, SOMEWHERE).status_code == 200


def test_guesses_from_many_networks_are_counted_together(proxied):
    """W11: thirty close it to strangers, and not to where its owner signs in."""
    account = proxied.register()
    assert login(proxied, account, SOMEWHERE).status_code == 200
    for n in range(10):
        assert fail(proxied, account, 3, f'100.64.{n}.1') == [401] * 3
    assert login(proxied, account, ELSEWHERE).status_code == 429
    assert login(proxied, account, SOMEWHERE).status_code == 200


def test_two_processes_share_a_lock(start, shared_redis):
    """W11: five failures are five, whichever process counts them."""
    first, second = (start(REDIS_URL=shared_redis) for _ in range(2))
    account = first.register()
    codes = [server.client().post('/auth/login', json={
        'email': account.email, 'password': 'wrong password'}).status_code
        for _ in range(3) for server in (first, second)]
    assert codes == [401] * 5 + [429]
