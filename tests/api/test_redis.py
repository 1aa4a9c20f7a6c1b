"""Counters that processes share in Redis, and what happens when it goes away:
nothing waits for it, limits hold, readiness tells, and it is found again."""
import statistics
import subprocess
import time
import uuid
from contextlib import contextmanager

import pytest

import seed
from server import BINARY, DATABASE, new_database, psql

WRONG = {'email': 'somebody@example.com', 'password': 'wrong password'}
QUICK = 0.3  # seconds: one time-out of 0.1 s and the work itself
SPREAD = 0.5  # more, where passwords are hashed on a busy machine


def wait_for(what, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return
        time.sleep(0.05)
    raise AssertionError('not within the time')


def events(server, name):
    return [line for line in server.log().splitlines() if f'event={name}' in line]


def ready(server, **options):
    return server.client(**options).get('/health/ready')


def is_ready(server):
    return ready(server).status_code == 200


def timed(call):
    start = time.monotonic()
    reply = call()
    return reply, time.monotonic() - start


def ask(server):
    """A limited call that hashes nothing: its time is that of the counters."""
    return server.client().post('/auth/refresh', json={})


@contextmanager
def away(redis, how):
    """Redis gone: stopped, or there and silent."""
    (redis.stop if how == 'stopped' else redis.pause)()
    try:
        yield
    finally:
        (redis.start if how == 'stopped' else redis.resume)()


@pytest.fixture(params=['stopped', 'silent'])
def how(request):
    return request.param


# ---- an outage ----

def test_an_outage_slows_nothing_down_and_limits_hold(start, redis, shared_redis, how):
    server = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
    codes = [ask(server).status_code for _ in range(8)]
    times = []
    with away(redis, how):
        for _ in range(14):
            reply, seconds = timed(lambda: ask(server))
            codes.append(reply.status_code)
            times.append(seconds)
        # The count went on where Redis had left it: 20 a minute.
        assert codes == [401] * 20 + [429] * 2
        assert max(times) < QUICK and statistics.median(times) < QUICK / 3
    wait_for(lambda: events(server, 'redis_back'))
    assert len(events(server, 'redis_lost')) == len(events(server, 'redis_back')) == 1
    assert 'sesame' not in server.log()


def test_after_an_outage_counts_are_shared_again(start, redis, shared_redis):
    first, second = (start(RATE_LIMITS='on', REDIS_URL=shared_redis) for _ in range(2))
    with away(redis, 'stopped'):
        # Each for itself, so none is without a limit.
        for server in (first, second):
            assert [ask(server).status_code for _ in range(21)][19:] == [401, 429]
    for server in (first, second):
        wait_for(lambda one=server: events(one, 'redis_back'))
    codes = [ask(server).status_code for _ in range(11) for server in (first, second)]
    assert codes == [401] * 20 + [429] * 2


def test_locks_hold_through_an_outage(start, redis, shared_redis, how):
    """W11: without Redis the lock does not open."""
    server = start(REDIS_URL=shared_redis)
    client = server.client()
    for _ in range(5):
        client.post('/auth/login', json=WRONG, expect=401)
    client.post('/auth/login', json=WRONG, expect=429)
    other = {**WRONG, 'email': 'other@example.com'}
    with away(redis, how):
        reply, seconds = timed(lambda: client.post('/auth/login', json=WRONG, expect=429))
        assert seconds < QUICK
        for _ in range(5):
            _, seconds = timed(lambda: client.post('/auth/login', json=other, expect=401))
            assert seconds < QUICK + SPREAD
        client.post('/auth/login', json=other, expect=429)
    wait_for(lambda: events(server, 'redis_back'))
    # Redis never heard of the second lock, and the process has not forgotten.
    client.post('/auth/login', json=other, expect=429)


def test_a_connection_that_redis_closed_is_no_outage(start, redis, shared_redis):
    server = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
    ask(server)
    redis.say('client', 'kill', 'type', 'normal', 'skipme', 'yes')
    assert 'r=18' in ask(server).headers['RateLimit']
    assert not events(server, 'redis_lost')


def test_a_server_starts_without_redis_and_finds_it(start, redis, shared_redis):
    with away(redis, 'stopped'):
        server = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
        assert len(events(server, 'redis_lost')) == 1
        assert ready(server).status_code == 503
        assert [ask(server).status_code for _ in range(21)][19:] == [401, 429]
    wait_for(lambda: is_ready(server))


@pytest.mark.parametrize('url, word', [
    ('localhost:6379', 'redis://'), ('rediss://:hidden@localhost', 'TLS'),
    ('redis://:hidden@host/x', 'redis://')])
def test_an_address_that_cannot_be_read_stops_the_start(tmp_path, server, url, word):
    for command in ('serve', 'work'):
        done = subprocess.run([BINARY, command, '--data', tmp_path], capture_output=True,
                              env={**server.env, 'REDIS_URL': url}, text=True, check=False,
                              timeout=30)
        assert done.returncode != 0
        assert 'REDIS_URL' in done.stderr and word in done.stderr
        assert 'hidden' not in done.stderr
    done = subprocess.run([BINARY, 'check', '--data', tmp_path], capture_output=True, text=True,
                          env={**server.env, 'REDIS_URL': url}, check=False)
    assert word in done.stdout and 'hidden' not in done.stdout


def test_what_is_kept_there_is_named_and_ends(start, redis, shared_redis):
    server = start(RATE_LIMITS='on', REDIS_URL=shared_redis)
    server.client().post('/auth/login', json=WRONG, expect=401)
    database = shared_redis.rsplit('/', 1)[1]
    keys = redis.say('-n', database, 'keys', '*').splitlines()
    assert any(key.startswith('nis2:limit:auth_login:') for key in keys)
    for key in keys:
        assert key.startswith('nis2:')
        assert -2 != int(redis.say('-n', database, 'pttl', key)) != -1


# ---- readiness ----

def test_readiness_says_where_counters_and_rows_are(start, shared_redis):
    for url, counters in (('', 'memory'), (shared_redis, 'redis')):
        body = ready(start(REDIS_URL=url)).json()
        assert body == {
            'status': 'degraded', 'counters': counters,
            'database_kind': 'postgresql' if DATABASE else 'sqlite',
            'checks': {'database': 'ok', 'redis': 'ok',
                       'celery_workers': body['checks']['celery_workers']}}


def test_a_worker_makes_it_whole(working):
    wait_for(lambda: ready(working).json()['status'] == 'ok', seconds=15)
    reply = ready(working)
    assert reply.status_code == 200 and reply.json()['checks'] == {
        'database': 'ok', 'redis': 'ok', 'celery_workers': 'ok'}


def test_a_redis_that_is_away_is_told(start, redis, shared_redis, how):
    server = start(REDIS_URL=shared_redis)
    assert ready(server).json()['checks']['redis'] == 'ok'
    with away(redis, how):
        wait_for(lambda: not is_ready(server), seconds=5)
        reply, seconds = timed(lambda: ready(server))
        assert reply.status_code == 503 and seconds < QUICK
        assert reply.json()['checks'] | {'redis': 'error', 'database': 'ok'} == \
            reply.json()['checks']
        assert reply.json()['status'] == 'degraded'
    wait_for(lambda: is_ready(server))


def test_readiness_is_remembered_for_two_seconds(start, redis, shared_redis):
    """W32: whoever asks a thousand times asks the dependencies once."""
    server = start(REDIS_URL=shared_redis)
    wait_for(lambda: is_ready(server))
    time.sleep(2.1)
    assert is_ready(server)
    asked = int(redis.say('info', 'commandstats').split('cmdstat_ping:calls=')[1].split(',')[0])
    start_time = time.monotonic()
    while time.monotonic() - start_time < 1:
        assert is_ready(server)
    after = int(redis.say('info', 'commandstats').split('cmdstat_ping:calls=')[1].split(',')[0])
    assert after == asked


def kill_database(server):
    """For good: on PostgreSQL it is dropped under the server's feet."""
    if server.database:
        name = server.database.split('/')[3].split('?')[0]
        psql(DATABASE, f'DROP DATABASE "{name}" WITH (FORCE)')
    else:
        server.sql('ALTER TABLE worker RENAME TO worker_gone')


def test_a_dead_database_is_told_whoever_asks(start):
    """W32: a token makes no error of the server of it."""
    own = {'DATABASE_URL': new_database(f'dead_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    account = server.register()
    kill_database(server)
    time.sleep(2.1)
    for client in (server.client(), account.bearer(), server.client(token='not a token')):
        reply, seconds = timed(lambda c=client: c.get('/health/ready', expect=503))
        assert seconds < 1
        assert reply.json()['checks']['database'] == 'error'
        assert set(reply.json()) == {'status', 'checks', 'counters', 'database_kind'}
    server.client(token=account.access).get('/health', expect=200)
    server.client(token=account.access).get('/health/live', expect=200)


# ---- wake-ups ----

def test_workers_elsewhere_are_woken(start, shared_redis, tmp_path):
    """A job put while the worker has just looked would wait a second otherwise."""
    own = {'DATABASE_URL': new_database(f'wake_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(REDIS_URL=shared_redis, **own)
    account = server.register()
    log = (tmp_path / 'worker.log').open('wb')
    worker = subprocess.Popen([BINARY, 'work', '--data', server.data], env=server.env,
                              stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: ready(server).json()['checks']['celery_workers'] == 'ok')
        times = [timed(lambda: report(account))[1] for _ in range(5)]
    finally:
        worker.terminate()
        assert worker.wait(15) == 0
        log.close()
    assert statistics.median(times) < 0.6


def report(account):
    client, scan = account.bearer(), seed.scan(account)
    task = client.post(f'/reports/generate?scan_id={scan}&format=json', expect=200).json()
    wait_for(lambda: client.get(f'/reports/status/{task["task_id"]}').json()['status'] in
             ('success', 'failure'))
