"""Fixtures: a server for the whole run, accounts on it, servers set up otherwise."""
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from contract import SOURCE  # noqa: E402
from server import DATABASE, Server, free_port, new_database, redis_databases  # noqa: E402

sys.path.insert(0, str(SOURCE / 'tools'))

from redis_server import RedisServer  # noqa: E402


@pytest.fixture(scope='session')
def server(tmp_path_factory):
    """Without limits, without a worker: what is pending stays pending."""
    with Server(tmp_path_factory.mktemp('server')) as one:
        yield one


@pytest.fixture(scope='session')
def working(tmp_path_factory):
    """The same with its worker, and a database that no other server uses."""
    own = {'DATABASE_URL': new_database(f'working_{uuid.uuid4().hex}')} if DATABASE else {}
    with Server(tmp_path_factory.mktemp('working'), WITH_WORKER='on', **own) as one:
        yield one


@pytest.fixture
def start(tmp_path):
    """start(RATE_LIMITS='on') is a server for one case, set up as named."""
    running = []

    def make(**settings):
        one = Server(tmp_path / str(len(running)), **settings)
        one.__enter__()
        running.append(one)
        return one

    yield make
    for one in reversed(running):
        one.__exit__()


@pytest.fixture(scope='session')
def redis(tmp_path_factory):
    """A Redis that a case may stop; it starts it again."""
    one = RedisServer(tmp_path_factory.mktemp('redis'), free_port())
    yield one
    one.stop()


@pytest.fixture
def shared_redis(redis):
    """An address in it that no other case uses."""
    return f'{redis.address}/{next(redis_databases)}'


@pytest.fixture
def client(server):
    """Nobody: no token, no cookie."""
    return server.client()


@pytest.fixture
def account(server):
    """The administrator of a new organisation."""
    return server.register()


@pytest.fixture
def admin(account):
    """The same, ready to call."""
    return account.bearer()


@pytest.fixture(scope='module')
def team(server):
    """One organisation with a client for each role, shared by a module."""
    owner = server.register()
    clients = {'admin': owner.bearer()}
    for role in ('auditor', 'viewer'):
        clients[role] = owner.member(role).bearer()
    clients['org'] = owner
    return clients
