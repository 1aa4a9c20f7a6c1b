#!/usr/bin/python3
"""The scanner beside others: how fast it is, how it grows, and where they say something else.

Servers on loopback addresses, in a network namespace of their own. First the TLS profile of nginx and of OpenJDK, beside
sslscan and testssl.sh; then 16, 64 and 256 live HTTPS hosts in profile full; then the tests of tests/scan that compare us with
an oracle, which hand over what both said. Times of one machine say little about another: read the ratios.

    bench/scanner.py                  prints it all
    bench/scanner.py --write          and writes docs/bench-scanner.md
    bench/scanner.py --only hosts     one of tls, hosts, oracles
"""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SOURCE / 'tests/scan'), str(SOURCE / 'bench')]

import testssl  # noqa: E402
import tls_peers as at  # noqa: E402
from peers import Peers, program  # noqa: E402

ROUNDS = 5
SIZES = (16, 64, 256)
LIVE = '127.37.2.'
GROWTH = 1.25  # a host may cost so much more among 256 than among 16
ORACLES = ['test_oracles.py', 'test_tls.py', 'test_services.py', 'test_dns.py', 'test_certificates.py', 'test_observatory.py',
           'test_sweep_loss.py']
COMPARING = 'agree or offers or sslscan or begin or implicit or validators or each_result or nmap or costs_no or tenth'


class Bench:
    def __init__(self, build):
        self.build, self.rows, self.text, self.failed = build, [], [], 0
        self.binary = str(build / 'nis2')

    # ---- what is printed is what is written

    def say(self, line=''):
        print(line, flush=True)
        self.text.append(line)

    def table(self, head, rows):
        self.say('| ' + ' | '.join(head) + ' |')
        self.say('|' + '---|' * len(head))
        for row in rows:
            self.say('| ' + ' | '.join(str(cell).replace('|', r'\|') for cell in row) + ' |')
        self.say()

    def goal(self, met):
        self.failed += not met
        return 'met' if met else '**not met**'

    def agree(self, peer, fact, ours, oracle, theirs, why=''):
        import agreement
        ours, theirs = agreement.plain(ours), agreement.plain(theirs)
        self.rows.append({'kind': 'agreement', 'peer': peer, 'fact': fact, 'ours': ours, 'oracle': oracle, 'theirs': theirs,
                          'why': '' if ours == theirs else why})

    # ---- nis2 probe

    def probe(self, plan):
        """(messages of hosts, seconds, most memory in kB); the memory is the process's own word, read at each message."""
        start = time.monotonic()
        process = subprocess.Popen([self.binary, 'probe'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(json.dumps({'allow_networks': '127.0.0.0/8', **plan}).encode())
        process.stdin.close()
        hosts, peak = [], 0
        for line in process.stdout:
            said = json.loads(line)
            if said['kind'] == 'host':
                hosts.append(said)
            try:
                status = Path(f'/proc/{process.pid}/status').read_text()
                peak = max(peak, int(re.search(r'VmHWM:\s+(\d+)', status)[1]))
            except (OSError, TypeError):
                pass  # over already
        process.stdout.close()
        assert process.wait() == 0
        return hosts, time.monotonic() - start, peak


def facts_of(host):
    """fact(name): the value of the first of that name; `suites` are those of all versions."""
    facts = [json.loads(text) for text in host['facts']]

    def value(f):
        return next((f[kind] for kind in ('yes', 'number', 'text', 'list', 'time') if kind in f), None)

    def fact(name):
        if name == 'suites':
            return {suite for f in facts if f['f'] == 'tls.suites' for suite in f['list']}
        return next((value(f) for f in facts if f['f'] == name), None)
    return fact


def seconds_of(command):
    start = time.monotonic()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - start


# ---- the whole TLS profile of one port

def tls_profile(bench, folder):
    peers = at.TlsPeers(folder)
    rows = []
    try:
        peers.authority()
        peers.good()
        peers.jsse()
        hosts = peers.file('hosts', f'{at.NGINX} tls.example.net\n')
        for name, target, address, part in (('nginx', 'tls.example.net', at.NGINX, 1 / 2), ('OpenJDK 17', at.JSSE, at.JSSE, 1 / 4)):
            plan = {'targets': [{'target': target, 'target_type': 'ip' if target == address else 'domain'}], 'ports': [443],
                    'hosts_file': str(hosts), 'ca_file': str(peers.folder / 'root.pem')}
            profile = {**plan, 'only': ['tls', 'cert']}
            bench.probe(profile)  # warms the virtual machine
            ours, sslscan = [], []
            for _ in range(ROUNDS):
                ours.append(bench.probe(profile)[1])
                sslscan.append(seconds_of([program('sslscan'), '--no-colour', f'{address}:443']))
            said, slow = testssl.report(address, folder)
            fact = facts_of(bench.probe(plan)[0][0])
            testssl.compare(name, said, fact, bench.agree)
            mine, theirs = statistics.median(ours), statistics.median(sslscan)
            connections = fact('tls.connections')
            rows.append((name, len(fact('suites')), f'{mine:.3f} s', connections, f'{theirs:.3f} s', f'{mine / theirs:.2f}',
                         bench.goal(mine <= theirs * part), f'{slow:.0f} s', f'{slow / mine:.0f}', bench.goal(slow >= 100 * mine)))
    finally:
        peers.stop()
    bench.say('## The TLS profile of one port\n')
    bench.say(f'Medians of {ROUNDS} runs in turn; testssl.sh once. Goals: half of the time of sslscan on nginx, a quarter on OpenJDK, and '
              'a hundredth of that of testssl.sh on both; at most 60 connections on nginx.\n')
    bench.table(('peer', 'suites', 'nis2 probe', 'connections', 'sslscan', 'ratio', 'goal', 'testssl.sh', 'factor', 'goal'), rows)


# ---- many live hosts

def live_hosts(bench, folder):
    peers = Peers(folder)
    addresses = [f'{LIVE}{n}' for n in range(256)]
    listen = ''.join(f'listen {a}:443 ssl; ' for a in addresses)
    plain = ''.join(f'listen {a}:80; ' for a in addresses)
    rows, costs = [], {}
    try:
        peers.self_signed('live', 'live.example.net')
        config = peers.file('live.conf', f"""
            {'user root;' if os.getuid() == 0 else ''}
            worker_processes {os.cpu_count()};
            pid {folder}/live.pid;
            error_log {folder}/live.log;
            worker_rlimit_nofile 16384;
            events {{ worker_connections 8192; }}
            http {{
                access_log off;
                client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
                uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
                ssl_certificate {folder}/live.pem; ssl_certificate_key {folder}/live.key;
                ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {at.NGINX_SUITES};
                server {{ {plain} return 301 https://$host$request_uri; }}
                server {{
                    {listen}
                    location = / {{
                        add_header Strict-Transport-Security "max-age=63072000" always;
                        default_type text/html;
                        return 200 "<!doctype html><title>live</title><p>A page of some words.";
                    }}
                }}
            }}""")
        peers.start('live', [program('nginx'), '-c', str(config), '-p', str(folder), '-g', 'daemon off;'],
                    (addresses[0], 443), (addresses[-1], 80))
        for size in SIZES:
            plan = {'targets': [{'target': a, 'target_type': 'ip'} for a in addresses[:size]], 'profile': 'full'}
            bench.probe(plan)
            runs = [bench.probe(plan) for _ in range(3)]
            for hosts, _, _ in runs:
                assert len(hosts) == size and all(h['open_ports'] == [80, 443] for h in hosts)
                assert all(facts_of(h)('tls.tested') for h in hosts)
            seconds = statistics.median(run[1] for run in runs)
            memory = statistics.median(run[2] for run in runs)
            costs[size] = (seconds, memory)
            rows.append((size, f'{seconds:.2f} s', f'{size / seconds:.1f}', f'{1000 * seconds / size:.0f} ms', f'{memory / 1024:.1f} MB',
                         f'{memory / size:.0f} kB'))
    finally:
        peers.stop()
    bench.say('## Live HTTPS hosts, profile full\n')
    bench.say(f'One nginx on 256 addresses, every port of the profile; the memory is the peak of the probe process. {os.cpu_count()} '
              'processors are shared by the scanner and the servers.\n')
    bench.table(('hosts', 'time', 'hosts a second', 'time a host', 'memory', 'memory a host'), rows)
    few, many = costs[SIZES[0]], costs[SIZES[-1]]
    time_growth = (many[0] / SIZES[-1]) / (few[0] / SIZES[0])
    more_kb = (many[1] - few[1]) / (SIZES[-1] - SIZES[0])
    bench.say(f'From {SIZES[0]} to {SIZES[-1]} hosts: the time a host grows by a factor of {time_growth:.2f} '
              f'(wanted: at most {GROWTH}, {bench.goal(time_growth <= GROWTH)}), each further host takes {more_kb:.0f} kB, '
              f'the first {SIZES[0]} took {few[1] / SIZES[0]:.0f} kB each (wanted: no more than that, '
              f'{bench.goal(more_kb <= few[1] / SIZES[0])}).\n')


# ---- what the tests compare

def oracles(bench, folder):
    rows = folder / 'agreements.jsonl'
    env = {**os.environ, 'AGREEMENTS': str(rows), 'NIS2_BINARY': bench.binary, 'NIS2_BUILD': str(bench.build), 'NIS2_SOURCE': str(SOURCE),
           'PYTHONDONTWRITEBYTECODE': '1'}
    done = subprocess.run([sys.executable, '-m', 'pytest', '-q', '--tb=short', '-p', 'no:cacheprovider', '-k', COMPARING,
                           *(SOURCE / 'tests/scan' / name for name in ORACLES)], env=env, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-4000:])
        bench.failed += 1
    bench.rows += [json.loads(line) for line in rows.read_text().splitlines()]


def short(value):
    """A value as a cell shows it: long lists are counted."""
    if isinstance(value, dict):
        return ', '.join(f'{k}: {short(v)}' for k, v in value.items())
    if isinstance(value, list):
        text = ', '.join(map(str, value))
        return text if len(text) <= 60 else f'{len(value)} of them'
    return {True: 'yes', False: 'no'}.get(value, str(value))


def difference(ours, theirs):
    """What only one of them has."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        parts = (difference(ours.get(k, []), theirs.get(k, [])) for k in sorted({*ours, *theirs}) if ours.get(k) != theirs.get(k))
        return '; '.join(filter(None, parts))
    if isinstance(ours, list) and isinstance(theirs, list):
        mine, other = [v for v in ours if v not in theirs], [v for v in theirs if v not in ours]
        words = [f'only ours: {short(mine)}' if mine else '', f'only theirs: {short(other)}' if other else '']
        return '; '.join(filter(None, words))
    return ''


def print_agreements(bench):
    times = [r for r in bench.rows if r['kind'] == 'time']
    rows = [r for r in bench.rows if r['kind'] == 'agreement']
    if times:
        bench.say('## Times of the tests\n')
        bench.table(('what', 'ours', 'beside', 'theirs', 'ratio', 'wanted', 'goal'),
                    [(r['what'], f'{r["ours"]:.2f} s', r['oracle'], f'{r["theirs"]:.2f} s', f'{r["ours"] / r["theirs"]:.2f}',
                      f'{r["goal"]:.2f}', bench.goal(r['ours'] <= r['theirs'] * r['goal'])) for r in times])
    same = sum(r['ours'] == r['theirs'] for r in rows)
    open_ones = [r for r in rows if r['ours'] != r['theirs'] and not r['why']]
    bench.failed += bool(open_ones)
    bench.say('## Agreements\n')
    bench.say(f'{len(rows)} comparisons, {same} the same, {len(rows) - same - len(open_ones)} explained, {len(open_ones)} open.\n')
    bench.table(('peer', 'fact', 'ours', 'oracle', 'theirs', 'agreement'),
                [(r['peer'], r['fact'], short(r['ours']), r['oracle'], short(r['theirs']),
                  'same' if r['ours'] == r['theirs']
                  else '. '.join(filter(None, (r['why'] or '**open**', difference(r['ours'], r['theirs']))))) for r in rows])


PARTS = {'tls': tls_profile, 'hosts': live_hosts, 'oracles': oracles}


def alone():
    """Once more, in a network of its own, where no port is taken and nothing leaves."""
    user = [] if os.getuid() == 0 else ['--user', '--map-current-user', '--keep-caps']
    os.execvpe('unshare', ['unshare', *user, '--net', sys.executable, str(SOURCE / 'tools/alone.py'), sys.executable, *sys.argv],
               {**os.environ, 'BENCH_ALONE': '1'})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--build', type=Path, default=SOURCE / 'build')
    parser.add_argument('--only', choices=PARTS)
    parser.add_argument('--write', action='store_true', help='docs/bench-scanner.md')
    options = parser.parse_args()
    if 'BENCH_ALONE' not in os.environ:
        alone()
    bench = Bench(options.build.resolve())
    bench.say('# The scanner, measured\n')
    bench.say(f'Made by `bench/scanner.py --write` on {time.strftime("%Y-%m-%d")}: {os.cpu_count()} processors, {platform.machine()}, '
              f'Linux {platform.release().split("-")[0]}. How the servers are set up stands in `tests/scan`.\n')
    for name, part in PARTS.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix='nis2-bench-') as folder:
                os.chmod(folder, 0o755)
                part(bench, Path(folder))
    if bench.rows:
        print_agreements(bench)
    if options.write:
        (SOURCE / 'docs/bench-scanner.md').write_text('\n'.join(bench.text).rstrip() + '\n')
    sys.exit(1 if bench.failed else 0)


if __name__ == '__main__':
    main()
