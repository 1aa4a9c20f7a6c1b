"""The ways to sign in that SSH servers offer: OpenSSH as it comes, with keys alone, with algorithms of long ago, and a server that
lets anybody in. Its configuration is the witness, and nmap."""
import subprocess
from pathlib import Path

import pytest

from conftest import scan
from peers import Mock, Peers, program

USUAL, KEYS, OLD, SILENT = (f'127.63.0.{n}' for n in range(1, 5))
CHECKS = {'ssh_passwords', 'ssh_no_auth'}


def sshd(peers, name, address, *lines):
    Path('/run/sshd').mkdir(exist_ok=True)
    config = peers.file(f'{name}.conf', '\n'.join([
        f'ListenAddress {address}', 'Port 22', f'HostKey {peers.folder}/key', 'PidFile none', 'UsePAM no', *lines, '']))
    peers.start(name, [program('sshd'), '-D', '-e', '-f', str(config)], (address, 22))


def drip(connection):
    connection.sendall(b'SSH-2.0-slow\r\n')
    while True:
        connection.recv(1)


@pytest.fixture(scope='module')
def outcome(tmp_path_factory):
    peers = Peers(tmp_path_factory.mktemp('ssh'))
    peers.folder.chmod(0o755)
    slow = None
    try:
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(peers.folder / 'key')], check=True)
        sshd(peers, 'usual', USUAL)
        sshd(peers, 'keys', KEYS, 'PasswordAuthentication no', 'KbdInteractiveAuthentication no')
        sshd(peers, 'old', OLD, 'KexAlgorithms diffie-hellman-group1-sha1', 'Ciphers 3des-cbc')
        slow = Mock(SILENT, 22, drip)
        result = scan('--format', 'json', '--ports', '22', USUAL, KEYS, OLD, SILENT, timeout=100)
        assert result.json, result.errors
        result.nmap = {a: subprocess.run(['nmap', '-n', '-Pn', '-p22', '--script=ssh-auth-methods', a], capture_output=True, text=True,
                                         check=True, timeout=60).stdout for a in (USUAL, KEYS)}
        yield result
    finally:
        if slow:
            slow.close()
        peers.stop()


@pytest.mark.parametrize('address,methods', [(USUAL, {'password', 'keyboard-interactive', 'publickey'}), (KEYS, {'publickey'})])
def test_methods_as_configured(outcome, address, methods):
    said, = outcome.facts(address, 'ssh.methods', 22)
    assert methods & {'publickey', 'password'} <= set(said) <= methods
    assert all(method in outcome.nmap[address] for method in said)
    assert outcome.asset(address)['services_info']['22']['ssh_methods'] == said


@pytest.mark.parametrize('address,expected', [(USUAL, {'ssh_passwords'}), (KEYS, set()), (OLD, None), (SILENT, set())])
def test_passwords_are_found_where_they_do(outcome, address, expected):
    found = {f['check'] for f in outcome.json['findings'] if f['target'].startswith(f'{address}:')} & CHECKS
    assert found == expected if expected is not None else found <= {'ssh_passwords'}


def test_keys_alone_are_said_to_be(outcome):
    """Positive evidence."""
    assert outcome.facts(KEYS, 'ssh.passwords', 22) == outcome.facts(KEYS, 'ssh.asks_nothing', 22) == [False]


def test_what_cannot_be_asked_is_not_said(outcome):
    assert outcome.facts(SILENT, 'ssh.methods', 22) == []
    assert outcome.seconds < 30
