"""Time and crashes: the scan keeps its deadlines, says what it could not see, and outlives a probe that is killed.

More peers of this kind are in hostile_peers.py."""
import os
import signal
import subprocess
import time

import pytest

from conftest import BINARY, Outcome, scan
from hostile_peers import silent
from peers import Mock

HOST = '127.77.1.1'


def test_says_what_it_could_not_see():
    mock = Mock(HOST, 8080, silent)
    try:
        outcome = scan('--format', 'json', '--timeout', 1, HOST)
    finally:
        mock.close()
    assert any('port 8080' in error and 'timed out' in error for error in outcome.asset(HOST)['errors'])
    assert outcome.asset(HOST)['http_info']['8080']['error']


def test_all_ports_of_a_tar_pit_keep_the_host_within_its_time():
    mocks = [Mock(HOST, port, silent) for port in (21, 22, 23, 53, 80, 443, 445, 3306, 3389, 5432, 6379, 8080, 8443, 27017)]
    try:
        outcome = scan('--format', 'json', '--timeout', 1, HOST, timeout=150)
    finally:
        for mock in mocks:
            mock.close()
    assert len(outcome.asset(HOST)['ports']) == 14
    assert outcome.seconds < 70


def test_the_deadline_ends_the_scan():
    mocks = [Mock(f'127.77.2.{n}', 22, silent) for n in range(1, 31)]
    try:
        outcome = scan('--format', 'json', '--deadline', 3, '--concurrency', 1, '127.77.2.0/27', timeout=60)
    finally:
        for mock in mocks:
            mock.close()
    assert outcome.status == 3
    assert not outcome.json['summary']['complete']
    assert outcome.seconds < 15
    assert 'deadline' in outcome.errors


def test_a_banner_cannot_command_the_terminal():
    def serve(connection):
        connection.sendall(b'SSH-2.0-\x1b]0;owned\x07\x1b[31mX\r\n')
        silent(connection)

    mock = Mock(HOST, 22, serve)
    try:
        outcome = scan(HOST)
    finally:
        mock.close()
    assert 'open: 22 ssh' in outcome.text
    assert '\x1b' not in outcome.text and '\x07' not in outcome.text


# ---- the probe is killed from outside


class Running:
    """A scan in mid-work, whose probe can be killed."""

    def __init__(self, *args):
        self.process = subprocess.Popen([BINARY, 'scan', '--format', 'json', '--facts', '--allow-networks', '127.0.0.0/8', *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def probe(self):
        """The process id of its probe, as soon as there is one; None when the scan is over."""
        children = f'/proc/{self.process.pid}/task/{self.process.pid}/children'
        while self.process.poll() is None:
            try:
                found = open(children).read().split()
            except OSError:
                return None
            if found:
                return int(found[0])
            time.sleep(0.005)
        return None

    def outcome(self):
        text, errors = self.process.communicate(timeout=60)
        return Outcome(subprocess.CompletedProcess([], self.process.returncode, text, errors), 0)


def slow_ssh(connection):
    time.sleep(1)
    connection.sendall(b'SSH-2.0-slow\r\n')
    silent(connection)


@pytest.fixture
def three_slow_hosts():
    mocks = [Mock(f'127.77.3.{n}', 22, slow_ssh) for n in (1, 2, 3)]
    yield [f'127.77.3.{n}' for n in (1, 2, 3)]
    for mock in mocks:
        mock.close()


def test_a_killed_probe_is_started_again(three_slow_hosts):
    running = Running(*three_slow_hosts)
    time.sleep(0.4)  # all three are waited for by now
    os.kill(running.probe(), signal.SIGKILL)
    outcome = running.outcome()
    assert outcome.status == 0, outcome.errors
    assert outcome.json['summary']['complete']
    for host in three_slow_hosts:
        assert outcome.facts(host, 'service.version', 22) == ['slow']


def test_the_third_crash_gives_up_the_address_and_not_the_scan(three_slow_hosts):
    running = Running(*three_slow_hosts[:1], '127.77.3.9')
    killed = set()
    while len(killed) < 3:
        pid = running.probe()
        assert pid, 'the scan ended before its probe was killed three times'
        if pid not in killed:
            time.sleep(0.4)
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    outcome = running.outcome()
    assert outcome.json['summary']['complete']
    assert any('crashed three times' in error for error in outcome.asset(three_slow_hosts[0])['errors'])
    assert outcome.asset('127.77.3.9')['errors'] == []
