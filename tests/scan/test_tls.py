"""The TLS of real servers: each set as the server was configured, and as nmap sees it; STARTTLS; figures beside sslscan.

What a server offers is what its configuration says, together with what nmap finds; sslscan only ever proves that
something is there. Where nmap differs the test says why.
"""
import re
import socket
import struct
import subprocess
import time
import xml.etree.ElementTree as xml

import pytest

import tls_peers as at
from agreement import agree, measured
from conftest import scan
from peers import Mock, program

HOSTS = f'{at.NGINX} tls.example.net\n'
VERSIONS = {'SSLv3': 'SSLv3', 'TLSv1.0': 'TLSv1.0', 'TLSv1.1': 'TLSv1.1', 'TLSv1.2': 'TLSv1.2', 'TLSv1.3': 'TLSv1.3'}
SUITES, NMAP = 'suites of each version', 'nmap ssl-enum-ciphers'
NO_CCM = 'nmap 7.93 does not offer the CCM suite of TLS 1.3 so that GnuTLS takes it; its priority string names it'
INFORMATION = {'tls_beast', 'tls_lucky13', 'tls_poodle', 'tls_sweet32', 'tls_no_tls13', 'tls_no_post_quantum'}


@pytest.fixture(scope='module')
def tls(tmp_path_factory):
    bench = at.TlsPeers(tmp_path_factory.mktemp('tls'))
    bench.folder.chmod(0o755)
    try:
        bench.authority()
        bench.good()
        bench.file('hosts', HOSTS)
        yield bench
    finally:
        bench.stop()


@pytest.fixture(scope='module')
def jsse(tls):
    tls.jsse()
    return (tls.folder / 'jsse.log').read_text().split()


def look(tls, target, *ports):
    outcome = scan('--format', 'json', '--ports', ','.join(map(str, ports)), '--hosts-file', tls.folder / 'hosts',
                   '--ca-file', tls.folder / 'root.pem', target)
    assert outcome.json, outcome.errors
    return outcome


def suites(outcome, target, port):
    """{version: suites}"""
    return {f['item']: set(f['list']) for f in outcome.asset(target)['facts']
            if f['f'] == 'tls.suites' and f['port'] == port}


def checks(outcome):
    return {f['check'] for f in outcome.json['findings'] if f['check'].startswith(('tls_', 'starttls_'))}


def nmap(address, port):
    """{version: suites}, IANA's names: nmap calls those of TLS 1.3 TLS_AKE_WITH_."""
    text = subprocess.run([program('nmap'), '-n', '-Pn', '-p', str(port), '--script', 'ssl-enum-ciphers', '-oX', '-', address],
                          check=True, capture_output=True, text=True).stdout
    found = {}
    for table in xml.fromstring(text).iter('table'):
        if table.get('key') in VERSIONS:
            found[table.get('key')] = {e.text.replace('TLS_AKE_WITH_', 'TLS_').split(' (')[0]
                                       for e in table.iter('elem') if e.get('key') == 'name'}
    return found


def openssl_names(cipher_list, *options):
    """IANA's names of what an OpenSSL cipher string stands for."""
    text = subprocess.run(['openssl', 'ciphers', '-stdname', *options, cipher_list], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in text.splitlines()}


# ---- sets


def test_w10_w99_nginx_offers_what_it_was_told_to(tls):
    """W10: asked by name. W99: all suites that are offered, not the one a client of today gets."""
    outcome = look(tls, 'tls.example.net', 443)
    ours = suites(outcome, 'tls.example.net', 443)
    told = openssl_names(at.NGINX_SUITES, '-s', '-tls1_2')
    assert ours['TLSv1.2'] == {s for s in told if 'ECDHE_RSA' in s}, 'the key is RSA'
    assert ours['TLSv1.3'] == {'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'}
    assert agree('nginx', SUITES, ours, NMAP, nmap(at.NGINX, 443))
    told = {'TLSv1.2': {s for s in told if 'ECDHE_RSA' in s}, 'TLSv1.3': ours['TLSv1.3']}
    assert agree('nginx', SUITES, ours, 'its configuration', told)
    assert outcome.facts('tls.example.net', 'tls.server_order', 443) == [False]
    assert outcome.facts('tls.example.net', 'tls.http2', 443) == [True]
    assert outcome.facts('tls.example.net', 'tls.groups', 443)[0][:5] == ['X25519', 'secp256r1', 'X448', 'secp521r1', 'secp384r1']


def test_a_good_server_has_no_finding_that_costs(tls):
    outcome = look(tls, 'tls.example.net', 443)
    assert checks(outcome) <= INFORMATION
    info = outcome.asset('tls.example.net')['tls_info']['443']
    # A+ needs HSTS and no TLS 1.2 suite short of the rest: CBC is no reason in the guide.
    assert (info['grade'], info['grade_reasons']) == ('A+', [])


def test_w3_jsse_offers_all_it_has(tls, jsse):
    """W3: SSLv3, TLS 1.0 and 1.1 are seen although no library of today speaks them."""
    outcome = look(tls, at.JSSE, 443)
    ours = suites(outcome, at.JSSE, 443)
    truth = {name.replace('SSL_', 'TLS_', 1) for name in jsse} - {'TLS_EMPTY_RENEGOTIATION_INFO_SCSV'}
    seen = set().union(*ours.values())
    # The key is RSA; DSS, ECDSA and static ECDH suites need another one, KRB5 a kingdom.
    assert seen == {s for s in truth if not re.search(r'_DSS_|_ECDSA_|_ECDH_RSA_|KRB5', s)}
    assert agree('OpenJDK 17', SUITES, ours, NMAP, nmap(at.JSSE, 443))
    assert agree('OpenJDK 17', 'suites', seen, 'its configuration', {s for s in truth if not re.search(r'_DSS_|_ECDSA_|_ECDH_RSA_|KRB5', s)})
    assert outcome.facts(at.JSSE, 'tls.server_order', 443) == [True]


def test_freak_logjam_and_poodle_on_jsse(tls, jsse):
    """Export suites are offered with SSLv3 and TLS 1.0 alone, where a hello of TLS 1.2 does not see them."""
    outcome = look(tls, at.JSSE, 443)
    ours = suites(outcome, at.JSSE, 443)
    assert not any('EXPORT' in s for v in ('TLSv1.1', 'TLSv1.2') for s in ours[v])
    for fact in ('tls.freak', 'tls.logjam', 'tls.poodle', 'tls.beast', 'tls.lucky13'):
        assert outcome.facts(at.JSSE, fact, 443) == [True], fact
    assert outcome.facts(at.JSSE, 'tls.ssl2', 443) == [False]
    assert outcome.facts(at.JSSE, 'tls.dh_bits', 443) == [1024]
    assert 'rsa_pkcs1_md5' in outcome.facts(at.JSSE, 'tls.weak_signature_algorithms', 443)[0]
    assert checks(outcome) == {
        'tls_beast', 'tls_client_renegotiation', 'tls_export', 'tls_lucky13', 'tls_no_fallback_scsv', 'tls_no_post_quantum', 'tls_no_protection', 'tls_poodle', 'tls_short_dh',
        'tls_sweet32', 'tls_weak_ciphers', 'tls_weak_handshake_signature', 'tls_weak_versions'}
    info = outcome.asset(at.JSSE)['tls_info']['443']
    assert info['grade'] == 'F' and {'export_suites', 'poodle', 'no_encryption_or_authentication'} <= set(info['grade_reasons'])


def test_an_old_openssl_offers_what_it_was_told_to(tls):
    tls.old()
    outcome = look(tls, at.OLD, 443)
    ours = suites(outcome, at.OLD, 443)
    told = openssl_names('ALL:eNULL:aNULL:@SECLEVEL=0', '-tls1', '-s')
    assert ours == {'TLSv1.0': {s for s in told if not re.search(r'_DSS_|_ECDSA_|PSK|SRP', s)}}
    assert agree('OpenSSL, TLS 1.0', SUITES, ours, NMAP, nmap(at.OLD, 443))
    assert outcome.facts(at.OLD, 'tls.dh_bits', 443) == [1024]
    assert outcome.facts(at.OLD, 'tls.server_order', 443) == [True]
    assert {'tls_obsolete', 'tls_no_protection', 'tls_short_dh'} <= checks(outcome)


def test_gnutls_offers_what_it_was_told_to(tls):
    tls.gnutls()
    outcome = look(tls, at.GNUTLS, 10443)
    ours = suites(outcome, at.GNUTLS, 10443)
    text = subprocess.run(['gnutls-cli', '--list', '--priority',
                           'NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:+DHE-RSA:+AES-128-CCM:+AES-256-CCM'],
                          check=True, capture_output=True, text=True).stdout
    codes = {int(a, 16) << 8 | int(b, 16) for a, b in re.findall(r'0x(\w\w), 0x(\w\w)\s+TLS', text)}
    assert len(ours['TLSv1.2'] | ours['TLSv1.3']) == len([c for c in codes if c not in ecdsa(text)])
    theirs = nmap(at.GNUTLS, 10443)
    # nmap 7.93 does not offer the CCM suite of TLS 1.3 in a way that GnuTLS takes.
    assert theirs['TLSv1.2'] == ours['TLSv1.2']
    assert theirs['TLSv1.3'] <= ours['TLSv1.3']
    assert agree('GnuTLS', SUITES, ours, NMAP, theirs, NO_CCM)


def ecdsa(text):
    return {int(a, 16) << 8 | int(b, 16) for a, b in re.findall(r'TLS_ECDHE_ECDSA\S*\s+0x(\w\w), 0x(\w\w)', text)}


# ---- mocks, for what no Debian server does


def groups_of(hello):
    """The groups a ClientHello of TLS 1.3 offers."""
    if hello[:1] != b'\x16' or hello[43] != 32:
        return ()
    at_extensions = 5 + 4 + 2 + 32
    at_extensions += 1 + hello[at_extensions]
    at_extensions += 2 + struct.unpack_from('>H', hello, at_extensions)[0]
    at_extensions += 1 + hello[at_extensions]
    place, end = at_extensions + 2, len(hello)
    while place + 4 <= end:
        kind, length = struct.unpack_from('>HH', hello, place)
        if kind == 10:
            return struct.unpack_from(f'>{length // 2 - 1}H', hello, place + 6)
        place += 4 + length
    return ()


def post_quantum(connection):
    """Mock: answers TLS 1.3 with a HelloRetryRequest for X25519MLKEM768, else X25519, else an alert."""
    hello = connection.recv(4096)
    wanted = [g for g in (0x11ec, 0x1d) if g in groups_of(hello)]
    if b'\x00\x2b\x00\x03\x02\x03\x04' not in hello or b'\x13\x01' not in hello[76:110] or not wanted:
        connection.sendall(b'\x15\x03\x03\x00\x02\x02\x28')
        return
    random = bytes.fromhex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')
    extensions = b'\x00\x2b\x00\x02\x03\x04' + b'\x00\x33\x00\x02' + struct.pack('>H', wanted[0])
    body = b'\x03\x03' + random + b'\x20' + hello[44:76] + b'\x13\x01\x00' + struct.pack('>H', len(extensions)) + extensions
    message = b'\x02\x00' + struct.pack('>H', len(body)) + body
    connection.sendall(b'\x16\x03\x03' + struct.pack('>H', len(message)) + message)


def test_post_quantum_groups_are_seen(tls):
    """Mock (Debian's OpenSSL has no ML-KEM): a retry request that names the hybrid is enough."""
    mock = Mock('127.81.0.12', 443, post_quantum)
    try:
        outcome = look(tls, '127.81.0.12', 443)
    finally:
        mock.close()
    assert outcome.facts('127.81.0.12', 'tls.groups', 443) == [['X25519MLKEM768', 'X25519']]
    assert outcome.facts('127.81.0.12', 'tls.post_quantum', 443) == [True]
    assert 'tls_no_post_quantum' not in checks(outcome)


def ssl2(connection):
    """Mock: SSLv2 and nothing else."""
    hello = connection.recv(4096)
    if hello[2:5] == b'\x01\x00\x02':
        body = b'\x04\x00\x01\x00\x02\x00\x04\x00\x06\x00\x10CERT\x07\x00\xc0\x02\x00\x80' + b'I' * 16
        connection.sendall(struct.pack('>H', 0x8000 | len(body)) + body)
    elif hello[:1] == b'\x16':
        connection.sendall(b'\x15\x03\x00\x00\x02\x02\x28')


def test_ssl2_alone_is_seen(tls):
    """Mock: no Debian package speaks it. nmap agrees that this is SSLv2."""
    mock = Mock('127.81.0.13', 443, ssl2)
    try:
        outcome = look(tls, '127.81.0.13', 443)
        said = subprocess.run([program('nmap'), '-n', '-Pn', '-p', '443', '--script', 'sslv2', '127.81.0.13'],
                              check=True, capture_output=True, text=True).stdout
    finally:
        mock.close()
    assert 'SSL2_DES_192_EDE3_CBC_WITH_MD5' in said and 'SSL2_RC4_128_EXPORT40_WITH_MD5' in said
    assert suites(outcome, '127.81.0.13', 443) == {
        'SSLv2': {'SSL_CK_DES_192_EDE3_CBC_WITH_MD5', 'SSL_CK_RC4_128_EXPORT40_WITH_MD5'}}
    assert {'tls_ssl2', 'tls_obsolete', 'tls_export'} <= checks(outcome)


# ---- STARTTLS

SERVICES = [
    ('postfix', at.POSTFIX, 25, 'smtp', False),
    ('dovecot', at.DOVECOT, 143, 'imap', True),
    ('dovecot', at.DOVECOT, 110, 'pop3', True),
    ('slapd', at.SLAPD, 389, 'ldap', None),
    ('postgres', at.POSTGRES, 5432, 'postgresql', None),
    ('mariadb', at.MARIADB, 3306, 'mysql', None),
    ('proftpd', at.PROFTPD, 21, 'ftp', True),
]


@pytest.fixture(scope='module')
def started(tls):
    running = set()

    def start(name):
        if name not in running:
            getattr(tls, name)()
            running.add(name)
    return start


@pytest.mark.parametrize('server,address,port,service,login', SERVICES, ids=[s[3] for s in SERVICES])
def test_services_that_begin_in_clear(tls, started, server, address, port, service, login):
    started(server)
    outcome = look(tls, address, port)
    assert outcome.asset(address)['errors'] == []
    assert outcome.facts(address, 'starttls.service', port) == [service]
    assert outcome.facts(address, 'starttls.offered', port) == [True]
    assert outcome.facts(address, 'starttls.login_in_clear', port) == ([] if login is None else [login])
    assert {'TLSv1.2', 'TLSv1.3'} <= set(outcome.facts(address, 'tls.versions', port)[0])
    assert outcome.facts(address, 'cert.subject', port) == ['CN=tls.example.net']
    assert 'starttls_missing' not in checks(outcome)
    assert ('starttls_clear_login' in checks(outcome)) == bool(login)
    if service == 'mysql':
        return  # it shuts out whose handshakes fail too often, so its suites are not counted
    ours, theirs = suites(outcome, address, port), nmap(address, port)
    # nmap 7.93 does not see the CCM suite of TLS 1.3 of GnuTLS, which slapd is built with.
    assert {v: theirs[v] for v in theirs if v != 'TLSv1.3'} == {v: ours[v] for v in ours if v != 'TLSv1.3'}
    assert theirs.get('TLSv1.3', set()) <= ours['TLSv1.3']
    assert agree(f'{server} {service}', SUITES, ours, NMAP, theirs, NO_CCM)


def test_mysql_is_asked_few_times(tls, started):
    """A hundred failed handshakes would shut us out of a MySQL server that has no more to do with it."""
    started('mariadb')
    outcome = look(tls, at.MARIADB, 3306)
    assert outcome.facts(at.MARIADB, 'tls.connections', 3306)[0] <= 10
    assert outcome.facts(at.MARIADB, 'tls.ciphers', 3306) == []


@pytest.mark.parametrize('port', [993, 995])
def test_implicit_tls_of_mail(tls, started, port):
    started('dovecot')
    outcome = look(tls, at.DOVECOT, port)
    assert outcome.asset(at.DOVECOT)['errors'] == []
    assert agree(f'dovecot {port}', SUITES, suites(outcome, at.DOVECOT, port), NMAP, nmap(at.DOVECOT, port))
    assert outcome.facts(at.DOVECOT, 'starttls.service', port) == []


def plain_smtp(connection):
    connection.sendall(b'220 plain ESMTP\r\n')
    while connection.recv(4096):
        connection.sendall(b'250-plain\r\n250 AUTH PLAIN LOGIN\r\n')


def test_a_mail_server_without_tls_is_found(tls):
    mock = Mock(at.PLAIN, 25, plain_smtp)
    try:
        outcome = look(tls, at.PLAIN, 25)
    finally:
        mock.close()
    assert outcome.facts(at.PLAIN, 'starttls.offered', 25) == [False]
    assert checks(outcome) == {'starttls_missing'}


def ssh(connection):
    connection.sendall(b'SSH-2.0-x\r\n')
    connection.recv(100)


@pytest.mark.parametrize('port', [21, 25, 110, 143, 389, 3306, 5222, 5432])
def test_another_service_on_the_port_is_no_finding(tls, port):
    mock = Mock(at.PLAIN, port, ssh)
    try:
        outcome = look(tls, at.PLAIN, port)
    finally:
        mock.close()
    assert checks(outcome) == set()


# ---- figures

BEGIN = 3  # of each, the fastest counts: two cores are shared


def seconds(command):
    best = None
    for _ in range(BEGIN):
        start = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        took = time.monotonic() - start
        best = took if best is None else min(best, took)
    return best


def of_scan(tls, target):
    """All of TLS, certificate and headers; files and secrets of the web are for a full scan."""
    return min(scan('--profile', 'quick', '--ports', '443', '--hosts-file', tls.folder / 'hosts', '--ca-file',
                    tls.folder / 'root.pem', target).seconds for _ in range(BEGIN))


def test_nginx_in_half_of_the_time_of_sslscan(tls):
    """A quick scan of the port, certificate and HTTP included, beside what sslscan does."""
    ours, theirs = of_scan(tls, 'tls.example.net'), seconds([program('sslscan'), '--no-colour', f'{at.NGINX}:443'])
    connections = look(tls, 'tls.example.net', 443).facts('tls.example.net', 'tls.connections', 443)[0]
    print(f'nginx: {ours:.3f} s, sslscan {theirs:.3f} s, {connections} connections')
    assert connections <= 60
    assert measured('quick scan of the nginx port', ours, 'sslscan', theirs, 1 / 2)


def test_jsse_in_a_quarter_of_the_time_of_sslscan(tls, jsse):
    look(tls, at.JSSE, 443)  # warms the virtual machine
    ours, theirs = of_scan(tls, at.JSSE), seconds([program('sslscan'), '--no-colour', f'{at.JSSE}:443'])
    print(f'jsse: {ours:.3f} s, sslscan {theirs:.3f} s')
    assert measured('quick scan of the OpenJDK port', ours, 'sslscan', theirs, 1 / 4)
