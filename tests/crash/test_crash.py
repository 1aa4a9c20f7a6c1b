"""Processes that die at the worst moment: nothing acknowledged is lost, no scan runs for ever."""
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

from server import Server

LEASE_SECONDS = 20
SLOW_HOSTS = 12


@pytest.fixture(params=['sqlite', 'postgresql'])
def settings(request):
    """A server's settings for each database."""
    if request.param == 'sqlite':
        return {'WITH_WORKER': 'on'}
    if not os.environ.get('NIS2_TEST_POSTGRESQL'):
        pytest.skip('NIS2_TEST_POSTGRESQL is not set')
    return {'WITH_WORKER': 'on', 'DATABASE_URL': os.environ['NIS2_TEST_POSTGRESQL']}


@pytest.fixture
def server(tmp_path, settings):
    with Server(tmp_path, **settings) as one:
        yield one


@pytest.fixture
def slow_host():
    """127.0.9.1: port 80 accepts and says nothing, so a scan of it takes its time."""
    listeners = []
    for last in range(1, SLOW_HOSTS + 1):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((f'127.0.9.{last}', 80))
        s.listen(64)
        listeners.append(s)
    yield '127.0.9.0/28'
    for s in listeners:
        s.close()


# ---- processes ----

def children(pid):
    found = []
    for task in Path(f'/proc/{pid}/task').iterdir():
        found += [int(word) for word in (task / 'children').read_text().split()]
    return found


def command_of(pid):
    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')[1].decode()
    except (OSError, IndexError):
        return ''


def wait_for(what, seconds=30, every=0.05):
    """The first true answer of what(), or a failure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = what()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f'{what.__name__}: not within {seconds} s')


def worker_of(server):
    for pid in children(server.process.pid):
        if command_of(pid) == 'work':
            return pid
    return None


def probe_of(server):
    worker = worker_of(server)
    for pid in children(worker) if worker else []:
        if command_of(pid) == 'probe':
            return pid
    return None


# ---- scans ----

def start_scan(account, target, target_type='cidr', **options):
    admin = account.bearer()
    asset = admin.post('/assets', json={'name': 'Slow', 'target_type': target_type,
                                        'target_value': target}, expect=201).json()
    scan = admin.post('/scans', json={'name': 'Crash', 'asset_ids': [asset['id']],
                                      'scan_timeout': 3, 'concurrency': 2, **options},
                      expect=201).json()
    return admin, scan['id']


def scan_of(admin, scan_id):
    return admin.get(f'/scans/{scan_id}', expect=200).json()


def ended(admin, scan_id, seconds):
    def is_over():
        scan = scan_of(admin, scan_id)
        return scan['status'] not in ('pending', 'running') and scan
    return wait_for(is_over, seconds, 0.2)


def wait_until_probing(server, admin, scan_id):
    def some_hosts_are_stored():
        return scan_of(admin, scan_id)['hosts_scanned'] > 0
    wait_for(some_hosts_are_stored)
    return wait_for(lambda: probe_of(server))


def test_a_scan_goes_on_after_its_probe_is_killed(server, slow_host):
    admin, scan_id = start_scan(server.register(), slow_host)
    os.kill(wait_until_probing(server, admin, scan_id), signal.SIGKILL)
    scan = ended(admin, scan_id, 90)
    assert scan['status'] == 'completed', scan['error_message']
    assert scan['hosts_scanned'] == 14
    assert scan['hosts_alive'] == SLOW_HOSTS


def test_a_scan_is_taken_up_again_after_its_worker_is_killed(server, slow_host):
    admin, scan_id = start_scan(server.register(), slow_host)
    probe = wait_until_probing(server, admin, scan_id)
    stored = scan_of(admin, scan_id)['hosts_scanned']
    worker = worker_of(server)
    os.kill(worker, signal.SIGKILL)

    def the_probe_is_gone():
        return not Path(f'/proc/{probe}').exists()
    wait_for(the_probe_is_gone, 10)
    assert scan_of(admin, scan_id)['hosts_scanned'] >= stored

    def another_worker_runs():
        return worker_of(server) not in (None, worker)
    wait_for(another_worker_runs, 10)
    scan = ended(admin, scan_id, LEASE_SECONDS + 90)
    assert scan['status'] == 'completed', scan['error_message']
    assert scan['hosts_scanned'] == 14
    rows = server.sql('SELECT target, ip, count(*) AS n FROM scan_result WHERE scan_id = ? '
                      'GROUP BY target, ip HAVING count(*) > 1', scan_id)
    assert rows == [], 'no address is stored twice'


def test_the_third_crash_on_one_target_gives_up_that_target_alone(server, slow_host):
    admin, scan_id = start_scan(server.register(), '127.0.9.1', 'ip', scan_timeout=60)
    for _ in range(3):
        pid = wait_for(lambda: probe_of(server))
        time.sleep(0.7)  # let it come to its probes

        def it_is_gone(pid=pid):
            return probe_of(server) != pid
        os.kill(pid, signal.SIGKILL)
        wait_for(it_is_gone)
    scan = ended(admin, scan_id, 60)
    assert scan['status'] == 'completed'
    result = admin.get(f'/scans/{scan_id}/results', expect=200).json()['items'][0]
    assert not result['is_alive']
    assert 'three times' in result['errors'][0]


def test_cancel_ends_the_probe_at_once(server, slow_host):
    admin, scan_id = start_scan(server.register(), slow_host, scan_timeout=60)
    probe = wait_until_probing(server, admin, scan_id)
    start = time.monotonic()
    assert admin.post(f'/scans/{scan_id}/cancel', expect=200).json()['status'] == 'cancelled'

    def the_probe_is_gone():
        return not Path(f'/proc/{probe}').exists()
    wait_for(the_probe_is_gone, 5)
    assert time.monotonic() - start < 3
    time.sleep(1)
    assert scan_of(admin, scan_id)['status'] == 'cancelled', 'nobody overwrites it'


def test_a_scan_that_is_deleted_while_it_runs_leaves_nothing(server, slow_host):
    admin, scan_id = start_scan(server.register(), slow_host, scan_timeout=60)
    probe = wait_until_probing(server, admin, scan_id)
    admin.delete(f'/scans/{scan_id}', expect=204)

    def the_probe_is_gone():
        return not Path(f'/proc/{probe}').exists()
    wait_for(the_probe_is_gone, 5)
    for table in ('scan_result', 'finding_seen', 'scan_crash'):
        assert server.sql(f'SELECT count(*) AS n FROM {table} WHERE scan_id = ?', scan_id) == [(0,)]


# ---- the server ----

def write_until_dead(account, writer, acknowledged):
    """Creates assets as fast as it can; notes those that were acknowledged."""
    client = account.bearer()
    number = 0
    while True:
        number += 1
        body = {'name': f'{writer}-{number}', 'target_type': 'ip',
                'target_value': f'127.{writer}.{number // 250}.{number % 250}'}
        try:
            reply = client.request('POST', '/api/v1/assets', json=body, checked=False)
        except requests.RequestException:
            return
        if reply.status_code == 201:
            acknowledged.append(reply.json()['id'])


def test_what_was_acknowledged_survives_kill_9_under_load(tmp_path, settings):
    server = Server(tmp_path, **settings)
    server.__enter__()
    account = server.register()
    acknowledged = []
    threads = [threading.Thread(target=write_until_dead, args=(account, writer, acknowledged))
               for writer in range(1, 5)]
    for t in threads:
        t.start()
    time.sleep(2)
    worker = worker_of(server)
    server.process.kill()
    server.process.wait()
    for t in threads:
        t.join()

    def the_worker_ends_with_its_server():
        return not Path(f'/proc/{worker}').exists()
    wait_for(the_worker_ends_with_its_server, 15)
    assert len(acknowledged) > 20
    with server:
        stored = {row[0] for row in server.sql('SELECT id FROM asset WHERE org_id = ?',
                                               account.org)}
        assert set(acknowledged) <= stored
        assert len(stored) - len(acknowledged) <= len(threads), 'at most one a client was unheard'


# ---- starting ----

def fails_with(argv, words, **env):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=30,
                          env={**os.environ, 'ENVIRONMENT': 'development', **env})
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], lines[0]


def test_a_port_that_is_taken_is_one_clear_line(tmp_path, server):
    fails_with([os.environ['NIS2_BINARY'], 'serve', '--listen', f'127.0.0.1:{server.port}',
                '--data', tmp_path / 'other'], [str(server.port), 'in use'])


def test_a_database_that_is_none_is_one_clear_line(tmp_path):
    (tmp_path / 'nis2.db').write_bytes(b'this is no database' * 400)
    fails_with([os.environ['NIS2_BINARY'], 'serve', '--listen', '127.0.0.1:0',
                '--data', tmp_path], ['nis2.db'])


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / 'file').write_text('not a folder')
    fails_with([os.environ['NIS2_BINARY'], 'serve', '--listen', '127.0.0.1:0',
                '--data', tmp_path / 'file' / 'data'], ['file'])


def test_a_full_disk_is_one_clear_line(tmp_path):
    """A file system of 128 KiB, filled up."""
    if os.getuid() != 0:
        pytest.skip('mounting needs root')
    folder = tmp_path / 'small'
    folder.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder],
                             capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f'no mount here: {mounted.stderr.strip()}')
    try:
        with (folder / 'fill').open('wb', 0) as fill:
            try:
                while True:
                    fill.write(bytes(4096))
            except OSError:
                pass
        fails_with([os.environ['NIS2_BINARY'], 'serve', '--listen', '127.0.0.1:0',
                    '--data', folder], ['full'])
    finally:
        subprocess.run(['umount', '-l', folder], check=True)
