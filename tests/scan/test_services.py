"""Services by what they say: real servers, mocks of what Debian does not have, and nmap and ssh-audit beside them."""
import json
import re
import shutil
import subprocess
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

import service_peers as at
from agreement import agree, measured
from conftest import BINARY, Outcome, scan
from peers import Mock, Peers, program

PORTS = ','.join(map(str, [21, 22, 110, 143, 389, 445, 873, 993, 995, 2222, 3306, 3389, 5432, 6379, 9000, 11211, *at.MOCKED]))

# address, port, service, what nmap calls it (None: it does not know)
SERVICES = [
    (at.WEAK_SSH, 22, 'ssh', 'ssh'), (at.GOOD_SSH, 2222, 'ssh', 'ssh'), (at.SMB, 445, 'smb', 'netbios-ssn'),
    (at.RDP, 3389, 'rdp', 'ms-wbt-server'), (at.FTP, 21, 'ftp', 'ftp'), (at.MYSQL, 3306, 'mysql', 'mysql'),
    (at.POSTGRES, 5432, 'postgresql', 'postgresql'), (at.LDAP, 389, 'ldap', 'ldap'), (at.MAIL, 110, 'pop3', 'pop3'),
    (at.MAIL, 143, 'imap', 'imap'), (at.MAIL, 993, 'imap', None), (at.MAIL, 995, 'pop3', None),
    (at.MEMCACHED, 11211, 'memcached', 'memcached'), (at.REDIS, 6379, 'redis', 'redis'), (at.RSYNC, 873, 'rsync', 'rsync'),
    (at.ODD, 9000, 'http', 'http'), (at.ODD, 3306, 'https', 'http'),
]
MOCKED = [(27017, 'mongodb'), (5900, 'vnc'), (2181, 'zookeeper'), (1883, 'mqtt'), (502, 'modbus'), (9200, 'http'), (2375, 'http')]

# address, findings of this part that must be there, and none else of it
FINDINGS = {
    at.WEAK_SSH: ['ssh_no_post_quantum', 'ssh_small_key', 'ssh_weak_cipher', 'ssh_weak_host_key', 'ssh_weak_kex', 'ssh_weak_mac'],
    at.GOOD_SSH: [],
    at.SMB: ['port_smb', 'smb_signing_optional', 'smb_version_1'],
    at.RDP: ['port_rdp', 'rdp_nla_optional'],
    at.FTP: ['port_ftp'],
    at.MYSQL: ['port_mysql'],
    at.POSTGRES: ['port_postgresql'],
    at.LDAP: ['service_inner'],
    at.MAIL: [],
    at.MEMCACHED: ['memcached_no_auth', 'service_database'],
    at.REDIS: ['port_redis', 'redis_no_auth'],
    at.RSYNC: ['rsync_modules', 'service_files'],
    at.ODD: [],
    at.MOCKS: ['couchdb_no_auth', 'docker_no_auth', 'elasticsearch_no_auth', 'etcd_no_auth', 'mongodb_no_auth', 'mqtt_no_auth',
               'port_mongodb', 'service_industrial', 'service_inner', 'service_remote_control', 'vnc_no_auth'],
}
OURS = re.compile('port_|service_|ssh_|smb_|rdp_|ftp_|rsync_|.*_no_auth')


@pytest.fixture(scope='module')
def service_peers():
    # Not below pytest's folder: PostgreSQL runs as another user, who may not go in there.
    folder = Path(tempfile.mkdtemp(prefix='nis2-services-'))
    folder.chmod(0o755)
    bench, mocks = Peers(folder), []
    try:
        mocks = at.start_all(bench)
        yield bench
    finally:
        for mock in mocks:
            mock.close()
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope='module')
def found(service_peers):
    outcome = scan('--format', 'json', '--ports', PORTS, *FINDINGS)
    assert outcome.json, outcome.errors
    return outcome


@pytest.fixture(scope='module')
def nmap(service_peers):
    """({(address, port): service}, seconds)"""
    start = time.monotonic()
    text = subprocess.run([program('nmap'), '-sV', '-n', '-Pn', '-p', PORTS, '-oX', '-', *FINDINGS],
                          check=True, capture_output=True, text=True).stdout
    seconds = time.monotonic() - start
    return {(host.find('address').get('addr'), int(port.get('portid'))): port.find('service').get('name')
            for host in xml.fromstring(text).iter('host') for port in host.iter('port')
            if port.find('state').get('state') == 'open' and port.find('service') is not None
            and port.find('service').get('method') == 'probed'}, seconds


@pytest.mark.parametrize('address,port,service', [s[:3] for s in SERVICES] + [(at.MOCKS, *m) for m in MOCKED])
def test_W16_a_service_is_known_by_what_it_says(found, address, port, service):
    """W16: banners and protocols are looked at on every port, and a port number confirms nothing."""
    assert found.facts(address, 'service.name', port)[:1] == [service]
    assert found.facts(address, 'service.confirmed', port)[:1] == [True]


@pytest.mark.parametrize('address', FINDINGS)
def test_finds_exactly_what_is_open(found, address):
    names = sorted({f['check'] for f in found.json['findings'] if f['target'].split(':')[0] == address and OURS.match(f['check'])})
    assert names == FINDINGS[address]


def test_agrees_with_nmap_in_a_tenth_of_its_time(found, nmap):
    names, seconds = nmap
    table = {(address, port): (service, theirs, names.get((address, port))) for address, port, service, theirs in SERVICES}
    assert not {k: v for k, v in table.items() if v[1] and v[2] != v[1]}, 'nmap names them otherwise'
    print(f'services of {len(SERVICES)} real ports: ours {found.seconds:.1f} s with all probes, nmap -sV {seconds:.1f} s')
    for (address, port), (service, known, theirs) in table.items():
        assert agree(f'{service} {port}', 'service', service, 'nmap -sV', service if known else theirs or 'unknown',
                     'nmap 7.93 knows the port as TLS only')
    assert measured('services of 17 ports, with all probes', found.seconds, 'nmap -sV', seconds, 1 / 10)


def test_agrees_with_ssh_audit_on_the_algorithms(found):
    text = subprocess.run(['ssh-audit', '-j', '-p', '22', at.WEAK_SSH], capture_output=True, text=True).stdout
    theirs = json.loads(text)
    for fact, member in (('ssh.kex', 'kex'), ('ssh.host_keys', 'key'), ('ssh.ciphers', 'enc'), ('ssh.macs', 'mac')):
        ours = set(found.facts(at.WEAK_SSH, fact, 22)[0])
        names = {a if isinstance(a, str) else a['algorithm'] for a in theirs[member]}  # its versions differ in form
        assert agree('OpenSSH, weak', fact, ours, 'ssh-audit', names)
    sizes = {a.get('keysize') for a in theirs['key'] if isinstance(a, dict)} - {None}
    assert sizes == set(found.facts(at.WEAK_SSH, 'ssh.rsa_bits', 22))


def test_what_smb_and_rdp_insist_on(found):
    assert found.facts(at.SMB, 'smb.dialects', 445) == [['SMB 1', 'SMB 2.0.2', 'SMB 2.1', 'SMB 3.0', 'SMB 3.0.2', 'SMB 3.1.1']]
    assert found.facts(at.SMB, 'smb.signing_required', 445) == [False]
    assert found.facts(at.RDP, 'rdp.standard_security', 3389) == [True]
    assert found.facts(at.RDP, 'rdp.nla_required', 3389) == [False]
    script = subprocess.run([program('nmap'), '-n', '-Pn', '-p', '3389', '--script', 'rdp-enum-encryption', at.RDP],
                            check=True, capture_output=True, text=True).stdout
    assert 'Native RDP: SUCCESS' in script and 'SSL: SUCCESS' in script, script
    # Of NLA nmap says SUCCESS, too: it takes any answer for a yes, and xrdp answers "TLS" whatever it is asked for. We look at the answer.
    assert found.facts(at.RDP, 'rdp.nla', 3389) == [False]


def test_web_servers_are_looked_at_on_any_port(found):
    asset = found.asset(at.ODD)
    assert asset['http_info']['9000']['status'] == 200
    assert asset['http_info']['3306']['status'] == 200
    assert 'TLSv1.2' in asset['tls_info']['3306']['versions']


def test_nobody_signs_in_without_consent(found):
    """W56: without `intrusive` no account is tried, not even the anonymous one of FTP."""
    assert found.facts(at.FTP, 'ftp.anonymous', 21) == []


def test_a_host_full_of_tar_pits_is_left_in_time():
    ports = [22, 25, 110, 143, 389, 873, 1433, 1521, 1883, 2181, 5672, 5900, 6000, 9000, 9200, 11211, 27017]
    mocks = [Mock(at.TARPIT, port, at.silent) for port in ports]
    try:
        outcome = scan('--format', 'json', '--timeout', 1, at.TARPIT)
    finally:
        for mock in mocks:
            mock.close()
    assert outcome.asset(at.TARPIT)['ports'] == ports
    assert outcome.facts(at.TARPIT, 'service.confirmed', 22) == [False]
    assert outcome.seconds < 25


def test_requests_say_who_asks_and_whom_to_ask(service_peers):
    """W56: a User-Agent of our own, with the contact of the operator."""
    seen = []

    def serve(connection):
        seen.append(connection.recv(4096))
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')

    mock = Mock(at.TARPIT, 8080, serve)
    try:
        scan('--format', 'json', '--ports', '8080', at.TARPIT, SCAN_CONTACT_URL='https://scan.example.org/')
    finally:
        mock.close()
    requests = [r for r in seen if r.startswith(b'GET ')]
    assert requests
    assert all(b'\r\nUser-Agent: nis2-scanner/' in r and b'(+https://scan.example.org/)' in r for r in requests), requests


def page(connection):
    connection.recv(4096)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


def test_W28_a_name_has_a_result_for_each_family(tmp_path):
    """W28: IPv6 beside IPv4, with brackets where an address stands in a request; what is known of the name stands in one."""
    hosts = tmp_path / 'hosts'
    hosts.write_text(f'{at.TARPIT} both.example.net\n::1 both.example.net\n')
    mocks = [Mock(at.TARPIT, 8080, page), Mock('::1', 8080, page)]
    try:
        outcome = Outcome(subprocess.run(
            [BINARY, 'scan', '--format', 'json', '--facts', '--ports', '8080', '--hosts-file', hosts, '--allow-networks', '127.0.0.0/8,::1/128',
             'both.example.net', '::1'], capture_output=True, text=True, timeout=60), 0)
    finally:
        for mock in mocks:
            mock.close()
    assets = [(a['target'], a['ip'], a['ports'], a['http_info']['8080']['status']) for a in outcome.json['assets']]
    assert assets == [('both.example.net', at.TARPIT, [8080], 200), ('both.example.net', '::1', [8080], 200), ('::1', '::1', [8080], 200)]
