"""The sweep over a line as networks are: 20 ms away, one packet in a hundred lost, and 95 of 100 addresses silent."""
import os
import re
import subprocess
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from agreement import measured
from peers import program

SOURCE = Path(os.environ.get('NIS2_SOURCE', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('NIS2_BUILD', SOURCE / 'build'))
NET, HOSTS, PORTS, RATE = '10.87.0.0/22', 1024, [22, 80, 443, 8080], 2000
LIVE = [f'10.87.{n // 256}.{n % 256}' for n in range(20, HOSTS, 20)]  # 5 of 100; the others drop what comes


def run(*words, check=True):
    return subprocess.run([*map(str, words)], check=check, capture_output=True, text=True)


class Line:
    """Another network namespace at the end of a pair of interfaces; the test is alone in its own already."""

    def __init__(self):
        ip, tc = program('ip'), program('tc')
        self.far = subprocess.Popen(['unshare', '--net', 'cat'], stdin=subprocess.PIPE)
        time.sleep(0.3)
        inside = ['nsenter', '--target', str(self.far.pid), '--net']
        run(ip, 'link', 'add', 'near0', 'type', 'veth', 'peer', 'name', 'far0')
        run(ip, 'link', 'set', 'far0', 'netns', self.far.pid)
        run(ip, 'addr', 'add', '10.87.255.1/16', 'dev', 'near0')
        run(ip, 'link', 'set', 'near0', 'up')
        run(*inside, ip, 'link', 'set', 'lo', 'up')
        run(*inside, ip, 'addr', 'add', '10.87.255.2/16', 'dev', 'far0')
        run(*inside, ip, 'link', 'set', 'far0', 'up')
        for address in LIVE:
            run(*inside, ip, 'addr', 'add', f'{address}/32', 'dev', 'lo')
        # Everything else of the network goes nowhere, without an answer.
        run(ip, 'route', 'add', NET, 'via', '10.87.255.2')
        run(*inside, ip, 'route', 'add', 'blackhole', NET)
        self.qdisc = run(tc, 'qdisc', 'add', 'dev', 'near0', 'root', 'netem', 'delay', '20ms', 'loss', '1%', 'limit', '100000',
                         check=False)
        code = ('import socket,time\n'
                f'held=[socket.create_server(("0.0.0.0",p),backlog=1024) for p in {PORTS[1::2]}]\n'
                'time.sleep(3600)')
        self.server = subprocess.Popen([*inside, 'python3', '-c', code])
        time.sleep(0.5)

    def close(self):
        self.server.terminate()
        self.server.wait()
        self.far.stdin.close()
        self.far.wait()
        run(program('ip'), 'link', 'del', 'near0', check=False)


@pytest.fixture
def line():
    probe = run('unshare', '--net', program('ip'), 'link', 'add', 'a0', 'type', 'veth', 'peer', 'name', 'a1', check=False)
    if probe.returncode:
        pytest.skip('this system gives the test no network of its own')
    line = Line()
    yield line
    line.close()


def ours():
    """(open ports, seconds)"""
    text = run(BUILD / 'bench/sweep', '-r', RATE, NET, *PORTS).stdout
    found = re.fullmatch(r'(\d+) hosts, (\d+) connects, (\d+) open, ([\d.]+) ms\n', text)
    assert found and int(found[1]) == HOSTS, text
    return int(found[3]), float(found[4]) / 1000


def nmaps():
    start = time.monotonic()
    text = run(program('nmap'), '-sT', '-n', '-Pn', '--max-rate', RATE, '-p', ','.join(map(str, PORTS)), '-oX', '-', NET).stdout
    seconds = time.monotonic() - start
    return sum(p.find('state').get('state') == 'open' for p in xml.fromstring(text).iter('port')), seconds


def test_sees_the_same_open_ports_as_nmap_in_half_its_time(line):
    if line.qdisc.returncode:
        pytest.skip(f'the kernel delays and loses nothing: {line.qdisc.stderr.strip()} (sch_netem)')
    subprocess.run(['ninja', '-C', BUILD, '--quiet', 'bench/sweep'], check=True)
    (open_ports, seconds), (theirs, their_seconds) = ours(), nmaps()
    print(f'{HOSTS} addresses, 20 ms, 1 % lost, 95 % silent: ours {open_ports} open in {seconds:.1f} s, '
          f'nmap -sT {theirs} in {their_seconds:.1f} s')
    assert open_ports == theirs == 2 * len(LIVE)
    assert measured(f'{HOSTS} addresses, 20 ms, 1 % lost, 95 % silent', seconds, 'nmap -sT', their_seconds, 1 / 2)


def test_silence_costs_no_open_port(line):
    """The same without delay and loss, which every kernel can do."""
    run(program('tc'), 'qdisc', 'del', 'dev', 'near0', 'root', check=False)
    subprocess.run(['ninja', '-C', BUILD, '--quiet', 'bench/sweep'], check=True)
    (open_ports, seconds), (theirs, their_seconds) = ours(), nmaps()
    print(f'{HOSTS} addresses, 95 % silent: ours {open_ports} open in {seconds:.1f} s, nmap -sT {theirs} in {their_seconds:.1f} s')
    assert open_ports == theirs == 2 * len(LIVE)
    assert measured(f'{HOSTS} addresses, 95 % silent', seconds, 'nmap -sT', their_seconds, 1 / 2)
