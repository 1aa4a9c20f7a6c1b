"""Two servers and two workers on one PostgreSQL and one Redis, while one of each is killed.

Four clients send two thousand requests each, to whichever server answers. What
was acknowledged must have happened, and have happened once.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from http.cookiejar import DefaultCookiePolicy

import pytest
import requests

from server import BINARY, Server, free_port, new_database

CLIENTS, REQUESTS = 4, 2000
SESSIONS, ACCOUNTS, SCANS = 60, 20, 4
FORGOT_LIMIT = 5  # a minute, as the contract says

pytestmark = pytest.mark.skipif(not os.environ.get('NIS2_TEST_POSTGRESQL'),
                                reason='NIS2_TEST_POSTGRESQL is not set')


@pytest.fixture
def redis(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [shutil.which('redis-server'), '--port', str(port), '--bind', '127.0.0.1', '--save', '',
         '--appendonly', 'no', '--dir', tmp_path], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as s:
            if s.connect_ex(('127.0.0.1', port)) == 0:
                break
        time.sleep(0.05)
    yield f'redis://127.0.0.1:{port}/0'
    process.terminate()
    process.wait(10)


class Fleet:
    """Servers and workers that share everything but their process."""

    def __init__(self, folder, redis_url):
        database = new_database(f'fleet_{os.getpid()}', os.environ['NIS2_TEST_POSTGRESQL'])
        self.servers = [
            Server(folder / 'one', DATABASE_URL=database, REDIS_URL=redis_url, RATE_LIMITS='on',
                   TRUSTED_PROXIES='127.0.0.1') for _ in range(2)]
        self.servers[1].data = self.servers[0].data
        self.workers = [None, None]

    def __enter__(self):
        for server in self.servers:
            server.__enter__()
        for n in range(2):
            self.start_worker(n)
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            worker.terminate()
            worker.wait(30)
        for server in self.servers:
            server.__exit__()

    def start_worker(self, n):
        server = self.servers[n]
        with open(server.folder / f'worker{n}.log', 'ab') as log:
            self.workers[n] = subprocess.Popen([BINARY, 'work', '--data', server.data],
                                               env=server.env, stdout=log, stderr=log)

    def kill_and_restart(self, n):
        """As a power cut would, and back after a moment."""
        for process in (self.servers[n].process, self.workers[n]):
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        time.sleep(0.5)
        self.start_worker(n)
        server = self.servers[n]
        server.port = int(server.url.rsplit(':', 1)[1])
        with server.log_file.open('ab') as log:
            server.process = subprocess.Popen(
                [BINARY, 'serve', '--listen', f'127.0.0.1:{server.port}', '--data', server.data],
                env=server.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        server.wait()


class Person(threading.Thread):
    """One client, and what it was told."""

    def __init__(self, fleet, number, stage):
        super().__init__()
        self.fleet, self.number, self.stage = fleet, number, stage
        self.random = random.Random(number)
        self.session = requests.Session()
        self.session.trust_env = False
        # The token in the body is the one that is meant, and cookies win.
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.statuses, self.wrong = Counter(), []
        self.refreshed = Counter()  # token number: how often it worked
        self.failed_logins, self.unsure_logins, self.forgot = 0, 0, []
        self.names = {}  # asset: the name that was acknowledged last
        self.unsure_names = set()
        self.done = 0

    def send(self, method, path, address=None, token=None, **options):
        """To one of the two; a read goes to the other one when it is gone."""
        first = self.random.randrange(2)
        headers = {'X-Forwarded-For': address or f'203.0.113.{self.random.randrange(1, 250)}'}
        if token:
            headers['Authorization'] = f'Bearer {token}'
        for server in (self.fleet.servers[first], self.fleet.servers[1 - first]):
            try:
                reply = self.session.request(method, f'{server.url}/api/v1{path}', timeout=30,
                                             headers=headers, **options)
            except requests.ConnectionError:
                if method == 'GET':
                    continue
                return None
            self.statuses[reply.status_code] += 1
            if reply.status_code >= 500 and reply.status_code != 503:
                self.wrong.append((method, path, reply.status_code, reply.text[:200]))
            return reply
        return None

    def refresh(self, n):
        reply = self.send('POST', '/auth/refresh', address=f'198.51.100.{self.number * 60 + n + 1}',
                          json={'refresh_token': self.stage.sessions[n]})
        if reply is not None and reply.status_code == 200:
            self.refreshed[n] += 1

    def fail_login(self, n):
        reply = self.send('POST', '/auth/login', address=f'192.0.2.{self.number * 50 + n + 1}',
                          json={'email': self.stage.accounts[n], 'password': 'not this one'})
        if reply is None:
            self.unsure_logins += 1
        else:
            self.failed_logins += reply.status_code == 401

    def forget(self):
        reply = self.send('POST', '/auth/forgot-password', address='192.0.2.250',
                          json={'email': 'nobody@example.com'})
        if reply is not None and reply.status_code == 204:
            self.forgot.append(time.monotonic())

    def rename(self):
        asset = self.random.choice(self.stage.assets[self.number])
        name = f'Asset {self.number} {self.done}'
        reply = self.send('PATCH', f'/assets/{asset}', token=self.stage.token, json={'name': name})
        if reply is not None and reply.status_code == 200:
            self.names[asset] = name
            self.unsure_names.discard(asset)
        else:
            self.unsure_names.add(asset)

    def read(self):
        path = self.random.choice(['/auth/me', '/assets?page_size=20', '/organizations',
                                   '/findings/stats', '/health'])
        self.send('GET', path, token=self.stage.token)

    def plan(self):
        """Which request comes when: the rare ones spread over all."""
        rare = [lambda n=n: self.refresh(n) for n in range(SESSIONS)]
        rare += [lambda n=n: self.fail_login(n) for n in range(ACCOUNTS)]
        rare += [self.forget] * 60
        common = REQUESTS - len(rare)
        jobs = rare + [self.rename] * (common // 4) + [self.read] * (common - common // 4)
        # The same order for all, so that they race for the same tokens.
        random.Random(1).shuffle(jobs)
        return jobs

    def run(self):
        for job in self.plan():
            job()
            self.done += 1


class Stage:
    """What there is before it begins."""

    def __init__(self, fleet):
        server = fleet.servers[0]
        server.env['RATE_LIMITS'] = 'on'
        owner = server.register()
        self.owner, self.token = owner, owner.access
        self.org = owner.org
        self.assets = [[self.asset(server, f'8.{c}.{n}.8') for n in range(5)]
                       for c in range(CLIENTS)]
        self.sessions, self.accounts = [], []
        address = iter(range(1, 250))
        for _ in range(ACCOUNTS):
            made = self.register(server, f'203.0.113.{next(address)}')
            self.accounts.append(made['user']['email'])
        for _ in range(SESSIONS):
            made = self.login(server, self.accounts[0], f'203.0.113.{next(address)}')
            self.sessions.append(made['refresh_token'])

    def asset(self, server, target):
        now = time.time_ns() // 1000
        new = f'{random.getrandbits(32):08x}-0000-4000-8000-{random.getrandbits(48):012x}'
        server.insert('asset', id=new, org_id=self.org, name=target, target_type='ip',
                      target_value=target, is_active=True, created_at=now, updated_at=now)
        return new

    def register(self, server, address):
        email = f'fleet{random.getrandbits(48):x}@example.com'
        return server.client().post('/auth/register', expect=201, json={
            'email': email, 'password': 'A long enough passphrase 7', 'full_name': 'F',
            'org_name': 'F'}, headers={'X-Forwarded-For': address}).json()

    def login(self, server, email, address):
        return server.client().post('/auth/login', expect=200, json={
            'email': email, 'password': 'A long enough passphrase 7'},
            headers={'X-Forwarded-For': address}).json()


def start_scans(server, stage):
    """Jobs of another kind: a scan of a closed address each."""
    client = server.client(token=stage.token)
    found = []
    for n in range(SCANS):
        asset = client.post('/assets', expect=201, json={
            'name': f'S{n}', 'target_type': 'ip', 'target_value': f'127.0.9.{n + 1}'}).json()
        scan = client.post('/scans', expect=201, json={'name': f'S{n}', 'asset_ids': [asset['id']],
                                                       'scan_timeout': 3}).json()
        found.append(scan['id'])
    return found


def drained(server):
    """All jobs are over."""
    (left,), = server.sql("SELECT count(*) FROM job WHERE state IN ('queued', 'running') "
                          "AND kind <> 'reset_mail'")
    return left == 0


def wait_until(what, seconds):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_what_was_acknowledged_happened_once(tmp_path, redis):
    with Fleet(tmp_path, redis) as fleet:
        stage = Stage(fleet)
        people = [Person(fleet, n, stage) for n in range(CLIENTS)]
        scans = start_scans(fleet.servers[0], stage)
        began = time.monotonic()
        for person in people:
            person.start()
        total = CLIENTS * REQUESTS
        for victim, share in ((0, 0.33), (1, 0.66)):
            wait_until(lambda share=share: sum(p.done for p in people) > total * share, 300)
            fleet.kill_and_restart(victim)
        for person in people:
            person.join()
        took = time.monotonic() - began
        server = fleet.servers[1]
        wait_until(lambda: drained(server), 90)

        assert all(person.done == REQUESTS for person in people)
        assert not [one for person in people for one in person.wrong]

        # A refresh token is worth one pair, whoever comes with it, and wherever.
        worth = sum((person.refreshed for person in people), Counter())
        assert max(worth.values()) == 1 and len(worth) >= SESSIONS - CLIENTS

        # No job was lost, and none was done twice.
        for scan in scans:
            got = server.client(token=stage.token).get(f'/scans/{scan}', expect=200).json()
            assert got['status'] == 'completed', got
        (results,), = server.sql('SELECT count(*) FROM scan_result WHERE org_id = ?', stage.org)
        assert results == SCANS
        told = sum(person.failed_logins for person in people)
        unsure = sum(person.unsure_logins for person in people)
        (rows,), = server.sql("SELECT count(*) FROM audit_log WHERE action = 'user.sign_in_failed'")
        assert told <= rows <= told + unsure and told > CLIENTS * ACCOUNTS * 0.8

        # What was written last is there.
        for person in people:
            for asset, name in person.names.items():
                if asset in person.unsure_names:
                    continue
                rows = server.sql('SELECT name FROM asset WHERE id = ?', asset)
                assert rows == [(name,)]

        # A limit is one for both servers: never more than that in any minute but one.
        times = sorted(at for person in people for at in person.forgot)
        windows = int(took / 60) + 2
        assert len(times) <= FORGOT_LIMIT * windows, times

        done = subprocess.run([BINARY, 'audit', 'verify', '--data', server.data], env=server.env,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        print(f'{total} requests in {took:.1f} s', sum((p.statuses for p in people), Counter()))
