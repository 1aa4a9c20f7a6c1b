"""Fixtures: the servers of the bench, and one scan of all of them."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from peers import Peers  # noqa: E402

SOURCE = Path(os.environ.get('NIS2_SOURCE', Path(__file__).resolve().parents[2]))
BINARY = os.environ.get('NIS2_BINARY', str(SOURCE / 'build/nis2'))

GOOD, BAD, OLD, SSH, REDIS, EMPTY = (f'127.77.0.{n}' for n in range(1, 7))
HOSTS = f'{GOOD} good.example.net\n{BAD} bad.example.net\n'

HEADERS = """
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header X-Frame-Options DENY always;
    add_header X-Content-Type-Options nosniff always;
    add_header Referrer-Policy no-referrer always;
"""

# RFC 9116 advises less than a year.
SOON = time.strftime('%Y-%m-%dT00:00:00Z', time.gmtime(time.time() + 90 * 86400))


def good_nginx(peers):
    """As it should be: redirect, modern TLS, all headers, a careful cookie, security.txt."""
    peers.certificate('good', 'good.example.net')
    peers.nginx('good', f"""
        server_tokens off;
        server {{
            listen {GOOD}:80;
            return 301 https://good.example.net$request_uri;
        }}
        server {{
            listen {GOOD}:443 ssl;
            ssl_certificate {peers.folder}/good.pem;
            ssl_certificate_key {peers.folder}/good.key;
            ssl_protocols TLSv1.2 TLSv1.3;
            ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
            {HEADERS}
            location = /.well-known/security.txt {{
                default_type text/plain;
                return 200 "Contact: mailto:security@example.net\\nExpires: {SOON}\\n";
            }}
            location / {{
                {HEADERS}
                add_header Set-Cookie "sid=s3cr3t-value; Path=/; Secure; HttpOnly; SameSite=Lax";
                default_type text/html;
                return 200 "<!doctype html><title>good</title>";
            }}
        }}""", (GOOD, 80), (GOOD, 443))


def bad_nginx(peers):
    """No redirect, old TLS and 3DES-free but weak suites, a self-signed certificate, no header, a careless cookie."""
    peers.self_signed('bad', 'other.example.net', days=5)
    page = """location / {
        add_header Set-Cookie "session=s3cr3t-value; Path=/";
        default_type text/html;
        return 200 "<!doctype html><title>bad</title>";
    }"""
    peers.nginx('bad', f"""
        server {{ listen {BAD}:80; {page} }}
        server {{
            listen {BAD}:443 ssl;
            ssl_certificate {peers.folder}/bad.pem;
            ssl_certificate_key {peers.folder}/bad.key;
            ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
            ssl_ciphers ALL:aNULL:@SECLEVEL=0;
            {page}
        }}""", (BAD, 80), (BAD, 443))


@pytest.fixture(scope='session')
def peers(tmp_path_factory):
    bench = Peers(tmp_path_factory.mktemp('peers'))
    bench.folder.chmod(0o755)
    try:
        bench.authority()
        good_nginx(bench)
        bad_nginx(bench)
        bench.old_tls(OLD, 443)
        bench.sshd(SSH)
        bench.redis(REDIS)
        bench.file('hosts', HOSTS)
        yield bench
    finally:
        bench.stop()


class Outcome:
    """What `nis2 scan --format json --facts` said."""

    def __init__(self, process, seconds):
        self.status = process.returncode
        self.errors = process.stderr
        self.seconds = seconds
        self.text = process.stdout
        self.json = json.loads(process.stdout) if process.stdout.startswith('{') else None

    def asset(self, target):
        return next(a for a in self.json['assets'] if a['target'] == target)

    def facts(self, target, name, port=None):
        """The values stated under a name, whatever their kind."""
        return [next(f[kind] for kind in ('yes', 'number', 'text', 'list', 'time') if kind in f)
                for f in self.asset(target)['facts'] if f['f'] == name and (port is None or f['port'] == port)]

    def findings(self, target):
        """(check, target) pairs of one asset, whatever its findings are called after."""
        asset = self.asset(target)
        names = {target, asset['ip']}
        return sorted((f['check'], f['target'].removeprefix(asset['ip']).removeprefix(target))
                      for f in self.json['findings'] if f['target'].split(':')[0] in names)


def scan(*args, timeout=120, **env):
    start = time.monotonic()
    process = subprocess.run([BINARY, 'scan', *map(str, args), '--facts', '--allow-networks', '127.0.0.0/8'],
                             capture_output=True, text=True, timeout=timeout,
                             env={**os.environ, 'LANG': 'en', 'LC_ALL': 'C.UTF-8', **env})
    return Outcome(process, time.monotonic() - start)


@pytest.fixture(scope='session')
def bench_scan(peers):
    """One scan of all peers."""
    outcome = scan('--format', 'json', '--hosts-file', peers.folder / 'hosts', '--ca-file', peers.folder / 'root.pem',
                   'good.example.net', 'bad.example.net', OLD, SSH, REDIS, EMPTY)
    assert outcome.json, outcome.errors
    return outcome
