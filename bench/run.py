#!/usr/bin/env python3
"""make bench: what the server can do, beside what the machine can do.

Numbers of requests a second say more about a machine than about a program, so
each is printed as a ratio to bench/roof (libmicrohttpd alone, the same threads)
measured in the same run, next to the ratio that is wanted; on SQLite, and on a
PostgreSQL of its own on the same machine, whose roles are those of an
installation. Then: how long from start to the first answer, how much memory an idle server has, and the port
sweep beside nmap.

    bench/run.py [--build DIR] [--seconds N] [--rounds N]
"""
import argparse
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / 'tools'))

from postgres import Postgres, as_role  # noqa: E402

FINDINGS = 10_000
ASSETS = 60
CONNECTIONS = 32

# What is asked, and the ratio to the roof that is wanted on SQLite.
ROUTES = [
    ('/api/v1/health', 0.70),
    ('/api/v1/auth/me', 0.35),
    ('/api/v1/assets?page_size=20', 0.15),
    ('/api/v1/findings?page_size=50', 0.06),
    ('/api/v1/findings/stats', 0.20),
]
# With PostgreSQL behind it, and how long the slowest of a hundred may take.
POSTGRESQL_ROUTES = [
    ('/api/v1/auth/me', 0.12),
    ('/api/v1/assets?page_size=20', 0.08),
]
SLOW_CONNECTIONS = 64
SLOW_MS = 25
FIRST_ANSWER_MS = 150
IDLE_MB = 40

RANKS = {'CRITICAL': 0, 'HIGH': 1, 'MEDIUM': 2, 'LOW': 3, 'INFO': 4}


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def answers(port):
    """One request by hand: http.client would take longer than the server."""
    try:
        with socket.create_connection(('127.0.0.1', port), timeout=1) as s:
            s.sendall(b'GET /api/v1/health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n')
            return s.recv(12) == b'HTTP/1.1 200'
    except OSError:
        return False


def wait_for(port, process, seconds=20):
    deadline = time.monotonic() + seconds
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f'bench: {process.args[0]} does not answer')
        time.sleep(0.001)


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)


class Server:
    """nis2 serve in a directory of its own, as it is configured by default
    except for the rate limits; its log goes to a file, as it would."""

    def __init__(self, build, folder, **settings):
        self.build, self.folder, self.settings = build, folder, settings
        self.port = free_port()
        self.process = None

    def start(self):
        env = {**os.environ, 'ENVIRONMENT': 'development', 'RATE_LIMITS': 'off',
               'WITH_WORKER': 'off', 'LISTEN': f'127.0.0.1:{self.port}',
               'DATA_DIR': str(self.folder), 'DATABASE_URL': '', 'REDIS_URL': '',
               **self.settings}
        if 'DATABASE_URL_SYNC' in self.settings:
            subprocess.run([self.build / 'nis2', 'migrate'], env=env, check=True,
                           stdout=subprocess.DEVNULL)
        began = time.monotonic()
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen([self.build / 'nis2', 'serve'], env=env,
                                            stdout=log, stderr=log)
        wait_for(self.port, self.process)
        return (time.monotonic() - began) * 1000

    def memory_mb(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status)[1]) / 1024

    def call(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
        headers = {'Content-Type': 'application/json'}
        if token:
            headers['Authorization'] = 'Bearer ' + token
        connection.request(method, path, json.dumps(body) if body else None, headers)
        reply = connection.getresponse()
        text = reply.read()
        if reply.status >= 300:
            sys.exit(f'bench: {method} {path}: {reply.status} {text.decode()}')
        return json.loads(text)

    def token(self):
        return self.call('POST', '/api/v1/auth/login', PERSON)['access_token']


PERSON = {'email': 'bench@example.com', 'password': 'correct horse battery'}


def fill_by_api(server):
    """What a user would do by hand; returns the organisation."""
    got = server.call('POST', '/api/v1/auth/register',
                      {**PERSON, 'full_name': 'Bench', 'org_name': 'Bench'})
    for n in range(ASSETS):
        server.call('POST', '/api/v1/assets',
                    {'name': f'Asset {n}', 'target_type': 'ip', 'target_value': f'8.8.{n}.8',
                     'tags': ['bench', 'web']}, got['access_token'])
    return got['org_id']


def finding_rows(org, scan):
    """Of real checks, so that titles and remediations are looked up as usual."""
    checks = [(path.stem, json.loads(path.read_text()))
              for path in sorted((SOURCE / 'data/checks').glob('*.json'))]
    statuses = ['open', 'open', 'open', 'acknowledged', 'resolved']
    now = time.time_ns() // 1000
    for n in range(FINDINGS):
        name, check = checks[n % len(checks)]
        target = f'host{n // len(checks)}.example.com:443'
        mark = hashlib.sha256(f'{name}:{target}'.encode()).hexdigest()
        yield {'id': str(uuid.uuid4()), 'org_id': org, 'scan_id': scan, 'check_id': name,
               'severity': check['severity'], 'severity_rank': RANKS[check['severity']],
               'category': check['category'], 'target': target,
               'message': check['message'].replace('{port}', '443'),
               'evidence': '{"port":443}', 'reference': check.get('reference'),
               'cvss_base_score': 5.3, 'cvss_vector': check.get('cvss_vector'),
               'remediation_cost': check.get('cost'), 'remediation_effort': check.get('effort'),
               'compliance_article': check.get('compliance_article'),
               'status': statuses[n % len(statuses)], 'fingerprint': mark,
               'first_seen_at': now + n, 'last_seen_at': now + n, 'occurrences': 1,
               'created_at': now + n, 'updated_at': now + n}


def insert(db, table, rows):
    rows = list(rows)
    names = ', '.join(rows[0])
    places = ', '.join('?' * len(rows[0]))
    db.executemany(f'INSERT INTO {table} ({names}) VALUES ({places})',
                   [tuple(row.values()) for row in rows])


def fill_by_hand(folder, org):
    """What only a worker writes. The server is stopped."""
    path = next(p for p in folder.iterdir() if p.suffix in ('.db', '.sqlite', '.sqlite3'))
    scan, now = str(uuid.uuid4()), time.time_ns() // 1000
    with sqlite3.connect(path) as db:
        insert(db, 'scan', [{'id': scan, 'org_id': org, 'name': 'Bench', 'status': 'completed',
                             'scan_type': 'full', 'created_at': now, 'updated_at': now}])
        insert(db, 'finding', finding_rows(org, scan))
        db.execute('INSERT INTO finding_count (org_id, severity, status, category, n) '
                   'SELECT org_id, severity, status, category, count(*) FROM finding '
                   'GROUP BY org_id, severity, status, category')
    db.close()


def run_wrk(port, path, token, seconds, *options):
    command = ['wrk', '-t1', f'-d{seconds}s', *options,
               f'http://127.0.0.1:{port}{path}']
    if token:
        command[3:3] = ['-H', 'Authorization: Bearer ' + token]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if 'Non-2xx' in text or 'Socket errors' in text:
        sys.exit(f'bench: {path}:\n{text}')
    return text


def wrk(port, path, token, seconds):
    text = run_wrk(port, path, token, seconds, f'-c{CONNECTIONS}')
    return float(re.search(r'Requests/sec:\s+([\d.]+)', text)[1])


def slowest_ms(port, path, token, seconds):
    """What 99 of 100 requests are faster than."""
    text = run_wrk(port, path, token, seconds, f'-c{SLOW_CONNECTIONS}', '--latency')
    number, unit = re.search(r'99%\s+([\d.]+)(us|ms|s)', text).groups()
    return float(number) * {'us': 0.001, 'ms': 1, 's': 1000}[unit]


def measure(server, roof_port, options, routes):
    """Requests a second by path, and those of the roof measured next to each:
    a machine that others use as well is not the same a minute later."""
    token = server.token()
    got = {path: [] for path, _ in routes}
    for _ in range(options.rounds):
        for path, _ in routes:
            roof = wrk(roof_port, '/', None, options.seconds)
            got[path].append((wrk(server.port, path, token, options.seconds), roof))
    return got


def verdict(ok):
    return 'ok' if ok else 'LOW'


def print_ratios(database, got, routes):
    failed = 0
    print(f'{database:34}{"req/s":>9}{"roof":>9}{"ratio":>8}{"wanted":>8}')
    for path, wanted in routes:
        ratio = statistics.median(mine / roof for mine, roof in got[path])
        mine = statistics.median(mine for mine, _ in got[path])
        roof = statistics.median(roof for _, roof in got[path])
        failed += ratio < wanted
        print(f'{path:34}{mine:9.0f}{roof:9.0f}{ratio:8.3f}{wanted:8.2f}  '
              f'{verdict(ratio >= wanted)}')
    return failed


def print_postgresql(build, roof_port, options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix='nis2-bench-'))
    folder.chmod(0o755)  # PostgreSQL's own user has to get through
    cluster = Postgres(folder)
    url = cluster.create('bench')
    (folder / 'data').mkdir()
    server = Server(build, folder / 'data', DATABASE_URL=as_role(url, 'nis2_web'),
                    DATABASE_URL_SYNC=as_role(url, 'nis2_owner'))
    try:
        server.start()
        fill_by_api(server)
        cluster.psql('bench', 'ANALYZE')
        got = measure(server, roof_port, options, POSTGRESQL_ROUTES)
        failed = print_ratios('PostgreSQL', got, POSTGRESQL_ROUTES)
        for path, _ in POSTGRESQL_ROUTES:
            slow = slowest_ms(server.port, path, server.token(), options.seconds)
            failed += slow >= SLOW_MS
            print(f'{path:34}99 of 100 in {slow:.1f} ms at {SLOW_CONNECTIONS} connections, '
                  f'wanted < {SLOW_MS}  {verdict(slow < SLOW_MS)}')
    finally:
        if server.process and server.process.poll() is None:
            stop(server.process)
        cluster.stop()
        shutil.rmtree(folder)
    return failed


def print_start(server):
    times = []
    for _ in range(5):
        stop(server.process)
        times.append(server.start())
    time.sleep(1)
    first, memory = statistics.median(times), server.memory_mb()
    print(f'start to first answer {first:6.0f} ms   wanted <= {FIRST_ANSWER_MS}  '
          f'{verdict(first <= FIRST_ANSWER_MS)}')
    print(f'memory when idle      {memory:6.1f} MB   wanted <= {IDLE_MB}   '
          f'{verdict(memory <= IDLE_MB)}')
    return (first > FIRST_ANSWER_MS) + (memory > IDLE_MB)


# The ports of the sweep's default, for nmap to look at the same.
PORTS = '21,22,23,53,80,443,445,3306,3389,5432,6379,8080,8443,27017'


def print_sweep(build, rounds):
    ports = PORTS.split(',')
    ours = theirs = 1e9
    for _ in range(rounds):
        text = subprocess.run([build / 'bench/sweep', '127.0.1.0/24', *ports],
                              capture_output=True, text=True, check=True).stdout
        ours = min(ours, float(re.search(r'([\d.]+) ms', text)[1]))
        began = time.monotonic()
        subprocess.run(['nmap', '-sT', '-n', '-Pn', '-T5', '-p', PORTS, '127.0.1.0/24'],
                       stdout=subprocess.DEVNULL, check=True)
        theirs = min(theirs, (time.monotonic() - began) * 1000)
    print(f'sweep of 256 x {len(ports)}       {ours:6.0f} ms   nmap -sT {theirs:.0f} ms  '
          f'{verdict(ours <= theirs)}')
    return ours > theirs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--build', type=pathlib.Path, default=SOURCE / 'build')
    parser.add_argument('--seconds', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=3)
    options = parser.parse_args()
    options.build = options.build.resolve()
    subprocess.run(['ninja', '-C', options.build, '--quiet', 'bench/roof', 'bench/sweep'],
                   check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='nis2-bench-'))
    server = Server(options.build, folder)
    roof_port = free_port()
    roof = subprocess.Popen([options.build / 'bench/roof', str(roof_port),
                             str(os.cpu_count())])
    try:
        wait_for(roof_port, roof)
        server.start()
        org = fill_by_api(server)
        stop(server.process)
        fill_by_hand(folder, org)
        server.start()
        failed = print_ratios('SQLite', measure(server, roof_port, options, ROUTES), ROUTES)
        failed += print_start(server)
        failed += print_sweep(options.build, options.rounds)
        failed += print_postgresql(options.build, roof_port, options)
    finally:
        for process in (roof, server.process):
            if process and process.poll() is None:
                stop(process)
        shutil.rmtree(folder)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
