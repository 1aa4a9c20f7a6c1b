"""Answers that lead inside: no name, certificate, policy or redirect of a target makes the scan contact an address it may not.

Targets are below 127.37.0.0/16; 127.38.0.9 may not be contacted, and a listener there counts who comes. Each way must be seen to
be tried (the question was asked), or the test would prove nothing.
"""
import os
import socket
import struct
import subprocess
import time

import pytest

from conftest import BINARY, Outcome
from hostile_peers import redirects, tls
from peers import DnsMock, Mock, Peers

RESOLVER, WEB, MAIL, INSIDE = '127.37.0.53', '127.37.0.60', '127.37.0.61', '127.38.0.9'
A, NS, CNAME, MX, TXT, AAAA = 1, 2, 5, 15, 16, 28
MAPPED = socket.inet_pton(socket.AF_INET6, f'::ffff:{INSIDE}')
NAT64 = socket.inet_pton(socket.AF_INET6, f'64:ff9b::{INSIDE}')
SOA = 6


def address(text):
    return socket.inet_aton(text)


def wire(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


# (name, type): data of the answers. A name that is not here does not exist.
ZONE = {
    # certificate, redirect and MTA-STS policy
    ('web.test', A): [address(WEB)], ('web.test', MX): [b'\0\1' + wire('mail.web.test')],
    ('mail.web.test', A): [address(MAIL)],
    ('web.test', NS): [wire('ns.web.test')], ('ns.web.test', A): [address(RESOLVER)],
    ('_mta-sts.web.test', TXT): [b'\x0fv=STSv1; id=1;;'], ('mta-sts.web.test', A): [address(INSIDE)],
    ('ocsp.web.test', A): [address(INSIDE)], ('crl.web.test', A): [address(INSIDE)], ('issuer.web.test', A): [address(INSIDE)],
    ('hop.web.test', A): [address(INSIDE)],
    # name and mail servers
    ('servers.test', A): [address(WEB)], ('servers.test', NS): [wire('ns.servers.test')], ('ns.servers.test', A): [address(INSIDE)],
    ('servers.test', MX): [b'\0\1' + wire('mx.servers.test')], ('mx.servers.test', A): [address(INSIDE)],
    ('ns.servers.test', AAAA): [MAPPED], ('mx.servers.test', AAAA): [MAPPED],
    # an alias, and addresses that stand for the one inside
    ('alias.test', CNAME): [wire('target.alias.test')], ('target.alias.test', A): [address(INSIDE)],
    ('mapped.test', AAAA): [MAPPED], ('nat64.test', AAAA): [NAT64],
    ('some.test', A): [address(WEB), address(INSIDE)],
}
NAMES = ['web.test', 'servers.test', 'alias.test', 'mapped.test', 'nat64.test', 'some.test', 'rebound.test']


class Resolver(DnsMock):
    """Answers from ZONE; remembers the names that were asked for. rebound.test leads inside from its second answer on."""

    def __init__(self):
        self.asked = []
        super().__init__(RESOLVER, self.look_up)

    def look_up(self, query):
        end = query.index(0, 12)
        name, place = [], 12
        while query[place]:
            name.append(query[place + 1:place + 1 + query[place]].decode('latin-1').lower())
            place += 1 + query[place]
        name = '.'.join(name)
        kind = struct.unpack_from('!H', query, end + 1)[0]
        self.asked.append((name, kind))
        records = []
        while (name, CNAME) in ZONE:
            records.append((name, CNAME, ZONE[name, CNAME][0]))
            name = 'target.' + name
        found = ZONE.get((name, kind), [])
        if (name, kind) == ('rebound.test', A):
            found = [address(WEB if self.asked.count((name, A)) == 1 else INSIDE)]
        records += [(name, kind, data) for data in found]
        exists = records or any(n == name for n, _ in ZONE) or name == 'rebound.test'
        body = b''.join(wire(n) + struct.pack('!HHIH', k, 1, 0, len(d)) + d for n, k, d in records)
        return query[:2] + struct.pack('!HHHHH', 0x8580 | (0 if exists else 3), 1, len(records), 0, 0) + query[12:end + 5] + body

    def stream(self, connection):
        query = connection.recv(4096)[2:]
        if len(query) > 16:
            text = self.look_up(query)
            connection.sendall(struct.pack('!H', len(text)) + text)


class Trap:
    """Counts whoever comes to the address inside, over TCP and, for DNS, UDP."""

    def __init__(self):
        self.visits = []
        self.mocks = [Mock(INSIDE, port, lambda c, port=port: self.visits.append(port)) for port in (25, 43, 53, 80, 443, 8080)]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((INSIDE, 53))
        self.udp.settimeout(0.1)

    def counted(self):
        try:
            while self.udp.recvfrom(4096):
                self.visits.append('udp')
        except TimeoutError:
            return self.visits

    def close(self):
        for mock in self.mocks:
            mock.close()
        self.udp.close()


def mail(connection):
    connection.sendall(b'220 mail.web.test ESMTP\r\n')
    while connection.recv(4096):
        connection.sendall(b'250 mail.web.test\r\n')


def certificate(peers):
    """web.pem of web.test, which names four addresses inside."""
    peers.authority()
    peers.openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=web.test', '-keyout', 'web.key', '-out', 'web.csr')
    extensions = peers.file('web.ext', 'subjectAltName=DNS:web.test,DNS:servers.test,DNS:some.test,DNS:rebound.test\n'
                            'authorityInfoAccess=OCSP;URI:http://ocsp.web.test/,'
                            f'OCSP;URI:http://{INSIDE}/,caIssuers;URI:http://issuer.web.test/ca.der\n'
                            f'crlDistributionPoints=URI:http://crl.web.test/a.crl,URI:http://{INSIDE}:8080/b.crl\n')
    peers.openssl('x509', '-req', '-in', 'web.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', 60,
                  '-extfile', extensions, '-out', 'web.pem')
    return peers.folder / 'web'


@pytest.fixture(scope='module')
def led(tmp_path_factory):
    """(outcome, resolver, visits)"""
    peers = Peers(tmp_path_factory.mktemp('inside'))
    name = certificate(peers)
    trap, resolver = Trap(), Resolver()
    hop = redirects(lambda path: b'http://hop.web.test/' if path == b'/' else f'https://{INSIDE}/'.encode())
    mocks = [Mock(WEB, 80, hop), Mock(WEB, 443, tls(name, hop)), Mock(MAIL, 25, mail)]
    start = time.monotonic()
    try:
        done = subprocess.run([BINARY, 'scan', '--format', 'json', '--facts', '--ports', '25,53,80,443,8080', '--timeout', '2',
                               '--resolver', RESOLVER, '--ca-file', peers.folder / 'root.pem', '--allow-networks', '127.37.0.0/16',
                               *NAMES], capture_output=True, text=True, timeout=120, env={**os.environ, 'LANG': 'en'})
        yield Outcome(done, time.monotonic() - start), resolver, trap.counted()
    finally:
        for mock in [*mocks, resolver, trap]:
            mock.close()


def test_w25_nobody_inside_is_contacted(led):
    """W25: servers of a name and addresses in a certificate are judged as every target is."""
    outcome, _, visits = led
    assert outcome.json, outcome.errors
    assert visits == []
    assert outcome.seconds < 60


@pytest.mark.parametrize('name,kind', [('ns.servers.test', A), ('mx.servers.test', A), ('mta-sts.web.test', A), ('ocsp.web.test', A),
                                       ('crl.web.test', A), ('alias.test', A), ('mapped.test', AAAA), ('nat64.test', AAAA)])
def test_each_way_was_tried(led, name, kind):
    """The address was asked for, so that it was the answer that kept the scan away."""
    assert (name, kind) in led[1].asked


@pytest.mark.parametrize('target', ['alias.test', 'mapped.test', 'nat64.test'])
def test_a_target_inside_is_refused_and_says_so(led, target):
    """W22: an address that stands for one inside is one inside."""
    outcome, _, _ = led
    asset = outcome.asset(target)
    assert asset['ports'] == [] and any('private' in e or 'not allowed' in e or 'may not' in e for e in asset['errors']), asset['errors']


def test_w23_a_name_is_resolved_once_and_that_address_is_scanned(led):
    """W23: an answer that changes during the scan changes nothing."""
    outcome, _, _ = led
    assert outcome.asset('rebound.test')['ip'] == WEB
    assert outcome.asset('rebound.test')['ports'] == [80, 443]
