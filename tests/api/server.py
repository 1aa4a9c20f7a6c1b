"""A server under test: its process, its database, its log, its accounts."""
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path

import requests

from client import Client
from contract import SOURCE

sys.path.insert(0, str(SOURCE / 'tools'))

from postgres import as_role  # noqa: E402

BINARY = os.environ.get('NIS2_BINARY', str(SOURCE / 'build/nis2'))
DATABASE = os.environ.get('NIS2_TEST_DATABASE')
REDIS = os.environ.get('NIS2_TEST_REDIS')
START_SECONDS = 30
PASSWORD = 'A long enough passphrase 7'

# Names that resolve in the tests, and to what; none of them is asked of DNS.
HOSTS = """\
203.0.113.10  www.example.com
203.0.113.11  shop.example.com xn--bcher-kva.example.com
2001:db8::5   six.example.com
10.0.0.7      private.example.com
203.0.113.12  mixed.example.com
192.168.1.9   mixed.example.com
127.0.0.1     here.example.com
127.0.0.40    www.here.example.com
"""


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


# What two servers count, they count apart, unless a case says otherwise.
redis_databases = itertools.count(1)


class Server:
    """`with Server(folder, RATE_LIMITS='on') as server:`"""

    def __init__(self, folder, binary=BINARY, **settings):
        self.folder, self.binary = Path(folder), binary
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / 'data'
        self.log_file = self.folder / 'log'
        hosts = self.folder / 'hosts'
        hosts.write_text(HOSTS)
        self.env = dict(os.environ, ENVIRONMENT='development', RATE_LIMITS='off',
                        SCAN_ALLOW_NETWORKS='127.0.0.0/8', WITH_WORKER='off',
                        HOSTS_FILE=str(hosts))
        if REDIS:
            self.env['REDIS_URL'] = f'{REDIS}?db={next(redis_databases)}'
        self.env.update(settings)
        # An address as superuser, for sql(); the programs get roles of their own.
        self.database = settings.get('DATABASE_URL', DATABASE)
        if self.database and 'DATABASE_URL_SYNC' not in settings:
            self.env['DATABASE_URL'] = as_role(self.database, 'nis2_web')
            self.env['DATABASE_URL_SYNC'] = as_role(self.database, 'nis2_owner')
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.process = None

    def __enter__(self):
        if self.database:
            subprocess.run([self.binary, 'migrate', '--data', self.data], check=True,
                           env=self.env, stdout=subprocess.DEVNULL)
        log = self.log_file.open('ab')
        self.process = subprocess.Popen(
            [self.binary, 'serve', '--listen', f'127.0.0.1:{self.port}', '--data', self.data],
            env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self.wait()
        return self

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f'it ended: {self.log()[-2000:]}'
            try:
                self.client().get('/health', expect=200)
                return
            except requests.ConnectionError:
                time.sleep(0.02)
        raise AssertionError(f'it does not answer: {self.log()[-2000:]}')

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError('it did not stop within 30 s') from None
        assert code == 0, f'exit code {code}: {self.log()[-2000:]}'

    def log(self):
        return self.log_file.read_text(errors='replace')

    def log_of(self, reply):
        """The lines about one request; they are written after its answer."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            lines = [line for line in self.log().splitlines(keepends=True)
                     if reply.headers['X-Request-Id'] in line and line.endswith('\n')]
            if lines:
                return lines
            time.sleep(0.02)
        return []

    def secret(self, name):
        """A key the server made for itself."""
        for line in (self.data / 'secrets.env').read_text().splitlines():
            if line.startswith(f'{name}='):
                return line.split('=', 1)[1].strip().strip('"\'')
        raise KeyError(name)

    # ---- the database behind it ----

    def sql(self, statement, *values):
        """Rows of one statement with `?` for values, on whichever database."""
        if self.database:
            return psql(self.database, fill(statement, values))
        with sqlite3.connect(self.data / 'nis2.db', timeout=10) as db:
            db.execute('PRAGMA foreign_keys = ON')
            rows = db.execute(statement, values).fetchall()
        db.close()
        return rows

    def insert(self, table, **row):
        places = ', '.join('?' * len(row))
        self.sql(f'INSERT INTO {table} ({", ".join(row)}) VALUES ({places})', *row.values())

    def insert_many(self, table, rows):
        """Rows in one go; a column that a row lacks is null."""
        names = sorted({name for row in rows for name in row})
        statement = f'INSERT INTO {table} ({", ".join(names)}) ' \
                    f'VALUES ({", ".join("?" * len(names))})'
        values = [[row.get(name) for name in names] for row in rows]
        if self.database:
            psql(self.database, '; '.join(fill(statement, one) for one in values))
            return
        with sqlite3.connect(self.data / 'nis2.db', timeout=10) as db:
            db.executemany(statement, values)
        db.close()

    # ---- people ----

    def mail_token(self, member_id, token):
        """Puts a token where the job that mails an invitation does, after that job where one runs."""
        until = time.monotonic() + 20
        while self.env['WITH_WORKER'] == 'on' and time.monotonic() < until and not self.sql(
                'SELECT id FROM invitation WHERE membership_id = ? AND sent_at IS NOT NULL', member_id):
            time.sleep(0.02)
        self.sql("UPDATE invitation SET mail_token_hash = ? "
                 "WHERE membership_id = ? AND status = 'pending'",
                 hashlib.sha256(token.encode()).hexdigest(), member_id)

    def client(self, **how):
        return Client(self, **how)

    def register(self, **fields):
        """A new account with an organisation of its own."""
        return Account(self, **fields)


def literal(value):
    if value is None:
        return 'NULL'
    if isinstance(value, bool):
        return 'TRUE' if value else 'FALSE'
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def fill(statement, values):
    values = iter(values)
    return re.sub(r'\?', lambda _: literal(next(values)), statement)


def new_database(name, beside=DATABASE):
    """The address of an empty PostgreSQL database beside that of the tests."""
    psql(beside, f'CREATE DATABASE "{name}" OWNER nis2_owner')
    return re.sub(r'(postgresql://[^/]*/)[^?]*', rf'\g<1>{name}', beside)


def psql(database, text):
    """Runs it; the rows as JSON, since psql has no other typed output."""
    if text.lstrip().upper().startswith('SELECT'):
        text = f'SELECT row_to_json(r) FROM ({text}) r'
    done = subprocess.run(
        [shutil.which('psql'), database, '-XqAt', '-v', 'ON_ERROR_STOP=1'],
        input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line).values()) for line in done.stdout.splitlines()]


def fresh_email():
    return f'user-{uuid.uuid4().hex[:12]}@example.com'


class Account:
    """A person, signed in, with an organisation where they are `role`."""

    def __init__(self, server, email=None, role='admin', **fields):
        self.server, self.role, self.password = server, role, PASSWORD
        self.email = email or fresh_email()
        body = {'email': self.email, 'password': self.password,
                'full_name': 'Test User', 'org_name': 'Test Organisation', **fields}
        self.password = body['password']
        reply = server.client().post('/auth/register', json=body, expect=201)
        self.take(reply.json())

    def take(self, tokens):
        self.user, self.org = tokens['user'], tokens['org_id']
        self.access, self.refresh = tokens['access_token'], tokens['refresh_token']

    def login(self):
        reply = self.server.client().post(
            '/auth/login', json={'email': self.email, 'password': self.password}, expect=200)
        self.take(reply.json())
        return self

    def bearer(self):
        """A client that sends the access token in a header."""
        return self.server.client(token=self.access)

    def cookie(self):
        """A client like a browser: cookies, and the CSRF header from them."""
        client = self.server.client(browser=True)
        client.post('/auth/login', json={'email': self.email, 'password': self.password},
                    expect=200)
        return client

    def invite(self, email, role='viewer', org=None):
        """Asks somebody into this organisation: the membership to be, with its token."""
        return self.bearer().post(f'/organizations/{org or self.org}/members', expect=201,
                                  json={'email': email, 'role': role}).json()

    def member(self, role):
        """Another account that belongs to this organisation alone.

        It accepts with the token of the mail, so its address is proven.
        """
        email, token = fresh_email(), uuid.uuid4().hex
        invited = self.invite(email, role)
        self.server.mail_token(invited['id'], token)
        return Account.invited(self.server, email, token, role)

    @classmethod
    def invited(cls, server, email, token, role='viewer'):
        """Somebody who has no account and takes an invitation up."""
        reply = server.client().post('/auth/accept-invite', expect=200, json={
            'email': email, 'token': token, 'password': PASSWORD, 'full_name': 'Test User'})
        self = cls.__new__(cls)
        self.server, self.email, self.role, self.password = server, email, role, PASSWORD
        self.take(reply.json())
        return self
