"""Sessions of TLS, and the attacks that need more than a hello: servers of a few lines that fall for ROBOT and Ticketbleed,
and real ones, that do not. The configuration of each server is the witness of what it does with sessions."""
import os
import select
import socket
import struct

import pytest
from cryptography.hazmat.primitives import serialization

import tls_peers as at
from conftest import scan
from peers import Mock
from test_tls_attacks import Server, record

ROBOT_WEAK, ROBOT_STRONG, ROBOT_SHORT, ROBOT_NOISE, STRICT, BLEEDS = (f'127.85.32.{n}' for n in range(1, 7))
NO_SESSIONS, IDS, EARLY, OLD_TLS = (f'127.85.32.{n}' for n in range(10, 14))
CHECKS = {'tls_robot', 'tls_ticketbleed', 'tls_client_renegotiation', 'tls_early_data'}
BAD_MAC, DECRYPT_ERROR = b'\x02\x14', b'\x02\x33'


class Rsa(Server):
    """Opens what a client sealed, and answers by how it looks: `say` has the words for that, None for none yet."""

    def __init__(self, certificate, key, say):
        super().__init__(certificate, False)
        self.say = say
        private = key.private_numbers()
        self.n, self.d = private.public_numbers.n, private.d

    def go_on(self, connection):
        kind, body = self.read(connection)
        if kind != 22 or body[:1] != b'\x10':
            return
        block = pow(int.from_bytes(body[6:], 'big'), self.d, self.n).to_bytes((self.n.bit_length() + 7) // 8, 'big')
        early = self.say(block, True)
        if early:
            connection.sendall(record(21, early))
            return
        self.read(connection)
        self.read(connection)
        connection.sendall(record(21, self.say(block, False)))


def padded(block):
    """(how it begins, where the secret begins)"""
    return block[:2] == b'\0\2', len(block) - 49 == block.find(b'\0', 2)


def strong(block, early):
    return None if early else BAD_MAC if padded(block)[0] else DECRYPT_ERROR


def weak(block, early):
    """Only a block that is right to the end is told from the others."""
    return None if early else BAD_MAC if all(padded(block)) and block[-48:-46] == b'\3\3' else DECRYPT_ERROR


def short(block, early):
    """Tells it at once, before the client has finished."""
    if early:
        return None if padded(block)[0] else DECRYPT_ERROR
    return BAD_MAC


def whole_alike(block, early):
    return None if early else BAD_MAC


def noise(block, early):
    """Answers by chance, as a row of servers behind one address may."""
    return None if early else bytes([2, 10 + os.urandom(1)[0] % 100])


def bleeding(connection):
    """Before a real server: where a ticket comes with a short id, that id goes back with 16 bytes behind it that are not ours."""
    with socket.create_connection((OLD_TLS, 443), timeout=5) as server:
        kind, hello = Server.read(connection)
        if kind != 22:
            return
        server.sendall(struct.pack('>BHH', 22, 0x0301, len(hello)) + hello)
        if hello[38] == 16:
            kind, body = Server.read(server)
            connection.sendall(record(kind, with_memory(body) if kind == 22 else body))
            return
        pass_on(connection, server)


def with_memory(body):
    """The ServerHello that begins so, with a longer id."""
    length, at_id = int.from_bytes(body[1:4], 'big'), 4 + 2 + 32
    return body[:1] + (length + 16).to_bytes(3, 'big') + body[4:at_id] + b'\x20' + body[at_id + 1:at_id + 17] + b'M' * 16 + body[at_id + 17:]


def pass_on(one, other):
    """Both ways, until either is silent."""
    while ready := select.select([one, other], [], [], 3)[0]:
        for end in ready:
            if not (data := end.recv(65536)):
                return
            (other if end is one else one).sendall(data)


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    peers = at.TlsPeers(tmp_path_factory.mktemp('sessions'))
    peers.folder.chmod(0o755)
    mocks = []
    try:
        peers.authority()
        peers.good()
        peers.jsse()
        peers.self_signed('mock', 'mock.example.net')
        peers.openssl('x509', '-in', 'mock.pem', '-outform', 'DER', '-out', 'mock.der')
        der = (peers.folder / 'mock.der').read_bytes()
        key = serialization.load_pem_private_key((peers.folder / 'mock.key').read_bytes(), None)
        mocks += [Mock(address, 443, Rsa(der, key, say).serve) for address, say in (
            (ROBOT_WEAK, weak), (ROBOT_STRONG, strong), (ROBOT_SHORT, short), (ROBOT_NOISE, noise), (STRICT, whole_alike))]
        sites(peers)
        mocks.append(Mock(BLEEDS, 443, bleeding))
        yield peers
    finally:
        for mock in mocks:
            mock.close()
        peers.stop()


def sites(peers):
    tls = f'ssl_certificate {peers.folder}/mock.pem; ssl_certificate_key {peers.folder}/mock.key; ssl_protocols TLSv1.2 TLSv1.3;'
    peers.nginx('sessions', f"""
        server {{ listen {NO_SESSIONS}:443 ssl; {tls} ssl_session_tickets off; ssl_session_cache off; return 200 "ok"; }}
        server {{ listen {IDS}:443 ssl; {tls} ssl_session_tickets off; ssl_session_cache shared:ids:1m; return 200 "ok"; }}
        server {{ listen {EARLY}:443 ssl; {tls.replace('TLSv1.2 ', '')} ssl_early_data on; return 200 "ok"; }}
        server {{ listen {OLD_TLS}:443 ssl; {tls.replace(' TLSv1.3', '')} ssl_ciphers ALL:@SECLEVEL=0; return 200 "ok"; }}
        """, (NO_SESSIONS, 443), (EARLY, 443))


@pytest.fixture(scope='module')
def outcome(bench):
    result = scan('--format', 'json', '--ports', '443', '--discreet', '--ca-file', bench.folder / 'root.pem', ROBOT_WEAK, ROBOT_STRONG,
                  ROBOT_SHORT, ROBOT_NOISE, STRICT, BLEEDS, NO_SESSIONS, IDS, EARLY, OLD_TLS, at.NGINX, at.JSSE, timeout=200)
    assert result.json, result.errors
    return result


@pytest.mark.parametrize('address,expected', [
    (ROBOT_WEAK, {'tls_robot'}), (ROBOT_STRONG, {'tls_robot'}), (ROBOT_SHORT, {'tls_robot'}), (ROBOT_NOISE, set()), (STRICT, set()),
    (BLEEDS, {'tls_ticketbleed'}), (NO_SESSIONS, set()), (IDS, set()), (EARLY, {'tls_early_data'}), (OLD_TLS, set()), (at.NGINX, set()),
    (at.JSSE, {'tls_client_renegotiation'})])
def test_an_attack_is_found_where_it_works_and_nowhere_else(outcome, address, expected):
    assert {f['check'] for f in outcome.json['findings'] if f['target'] == address} & CHECKS == expected


@pytest.mark.parametrize('address,oracle', [(ROBOT_WEAK, ['weak']), (ROBOT_STRONG, ['strong']), (ROBOT_SHORT, ['strong']), (STRICT, [])])
def test_how_much_an_oracle_tells(outcome, address, oracle):
    assert outcome.facts(address, 'tls.robot_oracle', 443) == oracle


@pytest.mark.parametrize('address', [STRICT, OLD_TLS, at.JSSE])
def test_a_server_in_order_is_said_to_be(outcome, address):
    """Positive evidence, of real servers with RSA key exchange too."""
    assert outcome.facts(address, 'tls.robot', 443) == [False]


def test_answers_by_chance_are_no_oracle(outcome):
    assert outcome.facts(ROBOT_NOISE, 'tls.robot', 443) in ([], [False])


@pytest.mark.parametrize('address,ids,tickets,new', [
    (NO_SESSIONS, [False], [False], [False]), (IDS, [True], [False], [True]), (EARLY, [], [], [True]), (at.NGINX, None, [True], [True])])
def test_sessions_as_configured(outcome, address, ids, tickets, new):
    assert ids is None or outcome.facts(address, 'tls.resumes_by_id', 443) == ids
    assert outcome.facts(address, 'tls.resumes_by_ticket', 443) == tickets
    assert outcome.facts(address, 'tls.resumes_13', 443) == new


@pytest.mark.parametrize('address', [at.NGINX, OLD_TLS])
def test_tickets_of_real_servers_give_nothing_away(outcome, address):
    assert outcome.facts(address, 'tls.ticketbleed', 443) == [False]


def test_a_whole_port_stays_within_its_connections(outcome):
    assert outcome.facts(at.NGINX, 'tls.connections', 443)[0] <= 60


def test_what_a_port_does_with_sessions_is_in_the_result(outcome):
    info = outcome.asset(EARLY)['tls_info']['443']
    assert info['early_data'] is True and info['resumes_13'] is True and info['ticket_lifetime'] > 0
