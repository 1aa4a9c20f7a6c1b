"""Known attacks on TLS before 1.3: servers of a few lines that fall for each of them, and real ones that do not."""
import struct
import subprocess

import pytest

import tls_peers as at
from conftest import scan
from peers import Mock

WEAK, STRICT = '127.85.31.1', '127.85.31.2'
RSA_AES = 0x002f
ATTACKS = {'tls_heartbleed', 'tls_ccs', 'tls_compression', 'tls_renegotiation', 'tls_no_fallback_scsv',
           'tls_no_extended_master_secret'}


def record(kind, content):
    return struct.pack('>BHH', kind, 0x0303, len(content)) + content


def handshake(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, 'big') + body


class Server:
    """TLS 1.1 and 1.2 with one suite of RSA, as far as the end of the server's first flight."""

    def __init__(self, certificate, weak):
        self.weak = weak
        chain = len(certificate).to_bytes(3, 'big') + certificate
        self.certificate = handshake(11, len(chain).to_bytes(3, 'big') + chain)

    def hello(self, version):
        extensions = b'' if self.weak else bytes.fromhex('ff0100010000170000')
        if self.weak:
            extensions = bytes.fromhex('000f000101')  # heartbeats
        return handshake(2, struct.pack('>H', version) + bytes(32) + b'\0' + struct.pack('>HB', RSA_AES, self.weak)
                         + struct.pack('>H', len(extensions)) + extensions)

    @staticmethod
    def read(connection):
        head = b''
        while len(head) < 5:
            more = connection.recv(5 - len(head))
            if not more:
                return None, b''
            head += more
        body = b''
        length = struct.unpack('>H', head[3:])[0]
        while len(body) < length:
            body += connection.recv(length - len(body))
        return head[0], body

    def serve(self, connection):
        kind, body = self.read(connection)
        if kind != 22 or len(body) < 44:
            return
        version = struct.unpack('>H', body[4:6])[0]
        count = struct.unpack('>H', body[39 + body[38]:41 + body[38]])[0]
        suites = struct.unpack(f'>{count // 2}H', body[41 + body[38]:41 + body[38] + count])
        if RSA_AES not in suites or version not in (0x0302, 0x0303):
            connection.sendall(record(21, b'\x02\x28' if version == 0x0303 else b'\x02\x46'))
        elif 0x5600 in suites and version == 0x0302 and not self.weak:
            connection.sendall(record(21, b'\x02\x56'))
        else:
            connection.sendall(record(22, self.hello(version)) + record(22, self.certificate) + record(22, handshake(14, b'')))
            self.go_on(connection)

    def go_on(self, connection):
        kind, body = self.read(connection)
        if kind == 24 and self.weak:
            wanted = struct.unpack('>H', body[1:3])[0]
            connection.sendall(record(24, b'\x02' + body[1:3] + b'M' * wanted + bytes(16)))
        elif kind == 20 and self.weak:
            self.read(connection)
            connection.sendall(record(21, b'\x02\x14'))
        elif kind == 20:
            connection.sendall(record(21, b'\x02\x0a'))


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    peers = at.TlsPeers(tmp_path_factory.mktemp('attacks'))
    peers.folder.chmod(0o755)
    mocks = []
    try:
        peers.authority()
        peers.good()
        peers.self_signed('mock', 'mock.example.net')
        peers.openssl('x509', '-in', 'mock.pem', '-outform', 'DER', '-out', 'mock.der')
        der = (peers.folder / 'mock.der').read_bytes()
        mocks += [Mock(WEAK, 443, Server(der, True).serve), Mock(STRICT, 443, Server(der, False).serve)]
        yield peers
    finally:
        for mock in mocks:
            mock.close()
        peers.stop()


@pytest.fixture(scope='module')
def outcome(bench):
    result = scan('--format', 'json', '--ports', '443', '--ca-file', bench.folder / 'root.pem', WEAK, STRICT, at.NGINX)
    assert result.json, result.errors
    return result


@pytest.mark.parametrize('address,expected', [(WEAK, ATTACKS), (STRICT, set()), (at.NGINX, set())])
def test_an_attack_is_found_where_it_works_and_nowhere_else(outcome, address, expected):
    found = {f['check'] for f in outcome.json['findings'] if f['target'] == address}
    assert found & ATTACKS == expected


@pytest.mark.parametrize('fact', ['tls.heartbleed', 'tls.ccs', 'tls.compression', 'tls.insecure_renegotiation'])
def test_what_is_in_order_is_stated(outcome, fact):
    """Positive evidence, of a real server too."""
    assert outcome.facts(STRICT, fact, 443) == [False] == outcome.facts(at.NGINX, fact, 443)


def test_the_letter_knows_of_them(outcome):
    info = outcome.asset(WEAK)['tls_info']['443']
    assert info['heartbleed'] is info['ccs'] is info['compression'] is True
    assert {'heartbleed', 'ccs_injection', 'compression', 'insecure_renegotiation'} <= set(info['grade_reasons'])


def test_memory_that_was_given_away_is_not_kept(outcome):
    assert 'MMMM' not in outcome.text


def test_a_whole_port_stays_within_its_connections(outcome):
    assert outcome.facts(at.NGINX, 'tls.connections', 443)[0] <= 60


@pytest.mark.parametrize('script,address,vulnerable', [
    ('ssl-heartbleed', at.NGINX, False), ('ssl-ccs-injection', at.NGINX, False)])
def test_nmap_agrees(bench, script, address, vulnerable):
    """The witness: its scripts for the same two attacks."""
    said = subprocess.run(['nmap', '-n', '-Pn', '-p443', f'--script={script}', address], capture_output=True, text=True,
                          check=True, timeout=100).stdout
    assert '443/tcp open' in said and ('State: VULNERABLE' in said) == vulnerable
