"""Fixtures: a server for the whole run, accounts on it, servers set up otherwise."""
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server import DATABASE, Server, new_database  # noqa: E402


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
