"""W09: the time of an answer does not tell whether there is an account."""
import socket
import statistics
import threading
import time
import uuid

import pytest

from server import PASSWORD, Server, new_database, DATABASE

TRIES = 200
EACH = 4  # tries of one address: the fifth failure would lock it


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    """people(**settings): a server, and addresses that have an account there."""
    running = []

    def make(**settings):
        if DATABASE:
            settings['DATABASE_URL'] = new_database(f'timing_{uuid.uuid4().hex}')
        server = Server(tmp_path_factory.mktemp('timing'), **settings)
        server.__enter__()
        running.append(server)
        return server, accounts(server, TRIES // EACH)

    yield make
    for server in running:
        server.__exit__()


def accounts(server, count):
    """Copies of one person with other addresses: hashing each would take minutes."""
    one = server.register()
    (hashed,), = server.sql('SELECT password_hash FROM app_user WHERE id = ?', one.user['id'])
    now, emails = time.time_ns() // 1000, []
    for n in range(count):
        emails.append(f'known{n}-{uuid.uuid4().hex[:8]}@example.com')
        user = str(uuid.uuid4())
        server.insert('app_user', id=user, email=emails[-1], email_key=emails[-1],
                      password_hash=hashed, full_name='Known', locale='en', email_verified=True,
                      is_active=True, created_at=now, updated_at=now)
        server.insert('membership', id=str(uuid.uuid4()), org_id=one.org, user_id=user,
                      role='viewer', accepted_at=now, created_at=now, updated_at=now)
    return emails


def unknown(emails):
    return [email.replace('known', 'nobody') for email in emails]


def measure(known, send):
    """Seconds of each, taken in turns: a machine is not the same a minute later."""
    taken = {'known': [], 'unknown': []}
    for n in range(TRIES):
        for who, emails in (('known', known), ('unknown', unknown(known))):
            began = time.perf_counter()
            send(emails[n % len(emails)])
            taken[who].append(time.perf_counter() - began)
    return taken


def spread(seconds):
    low, _, high = statistics.quantiles(seconds, n=4)
    return high - low


def assert_alike(taken):
    medians = [statistics.median(taken[who]) for who in ('known', 'unknown')]
    allowed = min(spread(taken[who]) for who in ('known', 'unknown'))
    print(f'medians {medians[0] * 1000:.3f} ms and {medians[1] * 1000:.3f} ms, '
          f'spread {allowed * 1000:.3f} ms')
    assert abs(medians[0] - medians[1]) < allowed


def test_login_takes_as_long_for_an_unknown_address(people):
    server, known = people()
    client = server.client()

    def attempt(email):
        client.post('/auth/login', json={'email': email, 'password': 'not this one'}, expect=401)
    assert_alike(measure(known, attempt))
    # And the accounts are real ones.
    client.post('/auth/login', json={'email': known[0], 'password': PASSWORD}, expect=200)


class SlowMail:
    """Takes connections and lets them wait before each line."""

    def __init__(self, seconds):
        self.seconds, self.listener = seconds, socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            time.sleep(self.seconds)
            try:
                connection.sendall(b'421 not today\r\n')
            except OSError:
                pass


@pytest.mark.parametrize('seconds', [0, 5], ids=['a fast server', 'a slow server'])
def test_forgot_password_takes_as_long_for_an_unknown_address(people, seconds):
    mail = SlowMail(seconds)
    server, known = people(WITH_WORKER='on', SMTP_HOST='127.0.0.1', SMTP_PORT=str(mail.port))
    client = server.client()

    def forget(email):
        client.post('/auth/forgot-password', json={'email': email}, expect=204)
    try:
        assert_alike(measure(known, forget))
    finally:
        mail.listener.close()
