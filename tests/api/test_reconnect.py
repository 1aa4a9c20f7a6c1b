"""PostgreSQL goes away and comes back: what had not begun is done later, what is in doubt is
refused and not repeated, and the wrong server is not talked to."""
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest

from postgres import Postgres, as_role
from server import BINARY, DATABASE, Server, free_port

pytestmark = pytest.mark.skipif(not DATABASE, reason='PostgreSQL alone is another process')

HANDLERS = 4
CLIENTS = 6


@pytest.fixture(scope='module')
def folder():
    """One that PostgreSQL's own user can reach."""
    path = Path(tempfile.mkdtemp(prefix='nis2-test-'))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope='module')
def cluster(folder):
    """One that may be stopped: the tests' own serves others at the same time."""
    one = Postgres(folder)
    yield one
    one.stop()


@pytest.fixture
def server(cluster, tmp_path):
    with Server(tmp_path, DATABASE_URL=cluster.create(f'lost_{uuid.uuid4().hex}'),
                HANDLER_THREADS=str(HANDLERS)) as one:
        yield one


def asset(number):
    return {'name': f'A{number}', 'target_type': 'ip',
            'target_value': f'127.{number >> 16}.{number >> 8 & 255}.{number & 255}'}


def later(seconds, what):
    thread = threading.Timer(seconds, what)
    thread.start()
    return thread


def test_a_request_waits_for_a_database_that_restarts(server, cluster):
    admin = server.register().bearer()
    cluster.control('stop', '-m', 'fast', '-w')
    starting = later(1, cluster.start)
    began = time.monotonic()
    try:
        admin.post('/assets', json=asset(1), expect=201)
    finally:
        starting.join()
    assert 0.9 < time.monotonic() - began < 6
    assert admin.get('/assets', expect=200).json()['total'] == 1


def test_every_handler_comes_back(server, cluster):
    admin = server.register().bearer()
    cluster.control('restart', '-m', 'fast', '-w')
    for number in range(HANDLERS * 3):
        admin.post('/assets', json=asset(number), expect=201)


def test_a_database_that_stays_away_is_not_waited_for_twice(server, cluster):
    admin = server.register().bearer()
    cluster.control('stop', '-m', 'fast', '-w')
    try:
        began = time.monotonic()
        reply = admin.get('/assets', expect=503)
        assert 2.5 < time.monotonic() - began < 5
        assert int(reply.headers['Retry-After']) > 0
        began = time.monotonic()
        for _ in range(HANDLERS * 2):
            admin.get('/assets', expect=503)
        assert time.monotonic() - began < 1.5
    finally:
        cluster.start()
    admin.get('/assets', expect=200)


class Load:
    """Clients that create assets, one after the other, and note the answers."""

    def __init__(self, account):
        self.account, self.stopping = account, False
        self.answers = []
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, client_number):
        client, number = self.account.bearer(), client_number << 18
        while not self.stopping:
            number += 1
            reply = client.post('/api/v1/assets', json=asset(number), checked=False)
            self.answers.append((reply.status_code, asset(number)['target_value']))

    def end(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def test_a_restart_under_load_loses_nothing_that_was_not_begun(server, cluster):
    """Only what was in the middle of its work may be refused: one a handler and restart."""
    account = server.register()
    load, restarts = Load(account), 3
    for how in ('fast', 'immediate', 'fast'):
        time.sleep(1)
        cluster.control('restart', '-m', how, '-w')
    time.sleep(1)
    load.end()
    stored = {row[0] for row in server.sql('SELECT target_value FROM asset WHERE org_id = ?',
                                           account.org)}
    made = [value for status, value in load.answers if status == 201]
    refused = [value for status, value in load.answers if status != 201]
    assert {status for status, _ in load.answers} <= {201, 503}
    assert len(made) > 50
    assert set(made) <= stored, 'what was acknowledged is there'
    assert len(refused) <= HANDLERS * restarts
    assert len(stored - set(made)) <= len(refused), 'nothing was done twice'
    account.bearer().get('/assets', expect=200)


# ---- TLS ----

def certificates(folder, owner):
    """A CA of our own and a certificate for localhost; another CA that made nothing."""
    def openssl(*words):
        subprocess.run(['openssl', *map(str, words)], check=True, capture_output=True)
    for name in ('ca', 'other'):
        openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                f'/CN={name}', '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.crt')
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout',
            folder / 'server.key', '-out', folder / 'server.csr')
    (folder / 'names').write_text('subjectAltName=DNS:localhost')
    openssl('x509', '-req', '-in', folder / 'server.csr', '-CA', folder / 'ca.crt', '-CAkey',
            folder / 'ca.key', '-days', '2', '-extfile', folder / 'names', '-out',
            folder / 'server.crt')
    (folder / 'server.key').chmod(0o600)
    if owner:
        shutil.chown(folder / 'server.key', 'postgres')


@pytest.fixture(scope='module')
def over_tls(folder):
    certificates(folder, os.getuid() == 0)
    port = free_port()
    home = folder / 'tls'
    home.mkdir()
    one = Postgres(home, listen='127.0.0.1', port=port, options=(
        f'-c ssl=on -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key'))
    one.create('tls')
    yield f'postgresql://nis2@localhost:{port}/tls?sslmode=verify-full&hostaddr=127.0.0.1'
    one.stop()


def test_the_certificate_of_the_database_is_verified(over_tls, folder, tmp_path):
    url = f'{over_tls}&sslrootcert={folder}/ca.crt'
    with Server(tmp_path, DATABASE_URL=url) as one:
        one.register()
        names = one.sql('SELECT ssl FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid '
                        "WHERE a.application_name = 'nis2 serve'")
        assert names and set(names) == {(True,)}


@pytest.mark.parametrize('change, words', [
    (lambda url, folder: f'{url}&sslrootcert={folder}/other.crt', 'certificate verify failed'),
    (lambda url, folder: f'{url}&sslrootcert={folder}/ca.crt'.replace('localhost', 'db.example.com'),
     'does not match host name')], ids=['another CA', 'another name'])
def test_a_database_with_the_wrong_certificate_is_refused(over_tls, folder, tmp_path, change, words):
    url = as_role(change(over_tls, folder), 'nis2_owner')
    done = subprocess.run([BINARY, 'migrate', '--data', tmp_path], capture_output=True, text=True,
                          env={'ENVIRONMENT': 'development', 'DATABASE_URL': url}, check=False)
    assert done.returncode == 2
    assert words in done.stderr
