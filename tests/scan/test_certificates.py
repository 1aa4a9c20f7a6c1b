"""Certificates with every mistake, as a scan sees them, with `openssl verify` and `openssl ocsp` beside it."""
import base64
import json
import os
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp

from agreement import agree
from authority import CLIENT_AUTH, SERVER_AUTH, Authority, Issuer, TlsServer, Web, new_key, spki
from conftest import scan
from peers import Mock, Peers

WEB = '127.83.0.250'  # responder and lists
RESPONDER = f'http://{WEB}/'
PRIMES = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
          109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167]


def roca_key():
    """A public key with the fingerprint of the faulty chips: a power of 65537 modulo each small prime."""
    product = 1
    for prime in PRIMES:
        product *= prime
    n = pow(65537, 1234567, product)
    n += (((1 << 2047) - n) // product + 1) * product
    while n % 2 == 0:
        n += product
    return rsa.RSAPublicNumbers(65537, n).public_key()


LOG, OTHER_LOG = new_key('p256'), new_key('p256')

# name: (how it is made, the findings it must give)
CASES = {
    'good': (lambda a, h: a.leaf('good', h, usage=SERVER_AUTH), []),
    'expired': (lambda a, h: a.leaf('expired', h, start=-90, days=-3), ['cert_expired']),
    'early': (lambda a, h: a.leaf('early', h, start=5), ['cert_not_yet_valid']),
    'week': (lambda a, h: a.leaf('week', h, days=5), ['cert_expires_7']),
    'month': (lambda a, h: a.leaf('month', h, days=20), ['cert_expires_30']),
    'wronghost': (lambda a, h: a.leaf('wronghost', 'other.example.test'), ['cert_name_mismatch']),
    'cnonly': (lambda a, h: a.leaf('cnonly', h, sans=[]), ['cert_cn_only']),
    'wildcard': (lambda a, h: a.leaf('wildcard', h, sans=['*.example.test']), []),
    'deepwildcard': (lambda a, h: a.leaf('deepwildcard', h, sans=['*.test']), ['cert_name_mismatch']),
    'selfsigned': (lambda a, h: a.self_signed('selfsigned', h), ['cert_self_signed']),
    'untrusted': (lambda a, h: untrusted(a, h), ['cert_root_sent', 'cert_untrusted']),
    'incomplete': (lambda a, h: a.leaf('incomplete', h, chain=[]), ['cert_chain_incomplete']),
    'reversed': (lambda a, h: reversed_chain(a, h), ['cert_chain_unordered', 'cert_root_sent']),
    'extraroot': (lambda a, h: a.leaf('extraroot', h, chain=[a.intermediate.cert, a.root.cert]), ['cert_root_sent']),
    'sha1': (lambda a, h: sha1_intermediate(a, h), ['cert_weak_signature']),
    'rsa1024': (lambda a, h: a.leaf('rsa1024', h, key='rsa1024'), ['cert_weak_key']),
    'p256': (lambda a, h: a.leaf('p256', h, key='p256'), []),
    'p384': (lambda a, h: a.leaf('p384', h, key='p384'), []),
    'ed25519': (lambda a, h: a.leaf('ed25519', h, key='ed25519'), []),
    'client': (lambda a, h: a.leaf('client', h, usage=CLIENT_AUTH), ['cert_wrong_usage']),
    'staple': (lambda a, h: a.leaf('staple', h, staple=True), ['cert_staple_missing']),
    'manynames': (lambda a, h: a.leaf('manynames', h, sans=[f'n{i}.example.test' for i in range(1000)] + [h]), []),
    'ocspgood': (lambda a, h: a.leaf('ocspgood', h, ocsp_url=RESPONDER + 'ocspgood'), []),
    'ocsprevoked': (lambda a, h: a.leaf('ocsprevoked', h, ocsp_url=RESPONDER + 'ocsprevoked'), ['cert_revoked']),
    'ocspforged': (lambda a, h: a.leaf('ocspforged', h, ocsp_url=RESPONDER + 'ocspforged'), []),
    'ocspold': (lambda a, h: a.leaf('ocspold', h, ocsp_url=RESPONDER + 'ocspold'), []),
    'ocspreplay': (lambda a, h: a.leaf('ocspreplay', h, ocsp_url=RESPONDER + 'ocspreplay'), []),
    'ocspinside': (lambda a, h: a.leaf('ocspinside', h, ocsp_url='http://10.0.0.1/'), []),
    'crlgood': (lambda a, h: a.leaf('crlgood', h, ocsp_url=RESPONDER + 'nothing', crl_url=RESPONDER + 'list'), []),
    'crlrevoked': (lambda a, h: a.leaf('crlrevoked', h, crl_url=RESPONDER + 'list'), ['cert_revoked']),
    'crlold': (lambda a, h: a.leaf('crlold', h, crl_url=RESPONDER + 'oldlist'), []),
    'crlforged': (lambda a, h: a.leaf('crlforged', h, crl_url=RESPONDER + 'forgedlist'), []),
    'receipts': (lambda a, h: a.leaf('receipts', h, receipts=[(LOG, True), (LOG, False), (OTHER_LOG, True)]), []),
    'noname': (lambda a, h: a.leaf('noname', h, sans=['127.83.0.34']), ['cert_name_mismatch']),
}
ADDRESS = {case: f'127.83.0.{n}' for n, case in enumerate(CASES, 1)}
# What a certificate is told apart by; the fixture's servers have no headers, so that other findings are not looked at.
STATUS = {  # (status, source, part of the reason)
    'good': ('UNKNOWN', None, None),
    'selfsigned': ('UNKNOWN', None, 'nobody revokes'),
    'ocspgood': ('GOOD', 'ocsp', None),
    'ocsprevoked': ('REVOKED', 'ocsp', None),
    'ocspforged': ('UNKNOWN', None, 'not signed by the issuer'),
    'ocspold': ('UNKNOWN', None, 'out of date'),
    'ocspreplay': ('UNKNOWN', None, 'another request'),
    'ocspinside': ('UNKNOWN', None, 'may not be contacted'),
    'crlgood': ('GOOD', 'crl', None),
    'crlrevoked': ('REVOKED', 'crl', None),
    'crlold': ('UNKNOWN', None, 'out of date'),
    'crlforged': ('UNKNOWN', None, 'not signed by the issuer'),
}


def host(case):
    return f'{case}.example.test'


def untrusted(authority, target):
    other = authority.ca('Nobody Knows')
    return authority.leaf('untrusted', target, other, chain=[other.cert])


def reversed_chain(authority, target):
    return authority.leaf('reversed', target, chain=[authority.root.cert, authority.intermediate.cert])


def sha1_intermediate(authority, target):
    old = authority.ca('Old Intermediate', authority.root, algorithm=hashes.SHA1())
    return authority.leaf('sha1', target, old)


def answers(authority, certs, web):
    """What responder and lists say."""
    ca, stranger = authority.intermediate, Issuer(new_key(), authority.intermediate.cert)

    def responder(case, revoked=False, **how):
        def reply(body):
            nonce = ocsp.load_der_ocsp_request(body).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
            return authority.ocsp(certs[case], ca, revoked, nonce=how.get('nonce', nonce),
                                  **{k: v for k, v in how.items() if k != 'nonce'})
        web.answers['/' + case] = reply

    responder('ocspgood')
    responder('ocsprevoked', revoked=True)
    responder('ocspforged', forged=True)
    responder('ocspold', age=30)
    responder('ocspreplay', nonce=b'0' * 32)
    revoked = [certs['crlrevoked']]
    web.answers['/list'] = lambda _: authority.crl(ca, revoked)
    web.answers['/oldlist'] = lambda _: authority.crl(ca, [], age=30)
    web.answers['/forgedlist'] = lambda _: authority.crl(ca, [], signer=stranger)


class Bench:
    """The authority, its certificates, and the servers that show them."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder)
        self.web = Web(WEB)
        self.servers = []
        self.certs = {case: make(self.authority, host(case)) for case, (make, _) in CASES.items()}
        answers(self.authority, self.certs, self.web)
        for case in CASES:
            self.servers.append(TlsServer(folder, case, ADDRESS[case], 443))
        key = base64.b64encode(spki(LOG)).decode()
        (folder / 'logs.json').write_text(json.dumps({'version': '1', 'operators': [{'name': 'Tests', 'logs': [
            {'description': 'Test log', 'log_id': 'x', 'key': key, 'mmd': 86400}], 'tiled_logs': []}]}))
        (folder / 'hosts').write_text(''.join(f'{ADDRESS[case]} {host(case)}\n' for case in CASES))

    def scan(self, *cases, **how):
        return scan('--format', 'json', '--hosts-file', self.folder / 'hosts', '--ca-file', self.folder / 'root.pem',
                    *(host(case) for case in cases), CT_LOG_LIST=str(self.folder / 'logs.json'), **how)

    def close(self):
        for server in self.servers:
            server.close()
        self.web.close()


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    one = Bench(tmp_path_factory.mktemp('certificates'))
    yield one
    one.close()


@pytest.fixture(scope='module')
def seen(bench):
    """One scan of all of them."""
    outcome = bench.scan(*CASES, timeout=300)
    assert outcome.json, outcome.errors
    return outcome


def certificate_findings(outcome, target):
    return sorted(check for check, _ in outcome.findings(target) if check.startswith('cert_'))


@pytest.mark.parametrize('case', CASES)
def test_each_mistake_is_told_apart(seen, case):
    """W6: expired, not yet valid, self-signed, unknown issuer, another name and a gap in the chain are findings of their own."""
    assert certificate_findings(seen, host(case)) == sorted(CASES[case][1])
    # No name server is there to be asked, which is said of each name.
    assert [e for e in seen.asset(host(case))['errors'] if 'resolver' not in e] == []


@pytest.mark.parametrize('case', STATUS)
def test_revocation_is_what_the_issuer_says(seen, case):
    """W66: GOOD and REVOKED only with an answer that counts; a URL alone is UNKNOWN."""
    status, source, reason = STATUS[case]
    target = host(case)
    assert seen.facts(target, 'cert.status', 443) == [status]
    assert seen.facts(target, 'cert.status_source', 443) == ([source] if source else [])
    assert seen.facts(target, 'cert.revoked', 443) == ([] if status == 'UNKNOWN' else [status == 'REVOKED'])
    if reason:
        assert reason in seen.facts(target, 'cert.status_error', 443)[0]


@pytest.mark.parametrize('case,type,bits,curve', [
    ('good', 'RSA', 2048, None), ('rsa1024', 'RSA', 1024, None), ('p256', 'ECDSA', 256, 'prime256v1'),
    ('p384', 'ECDSA', 384, 'secp384r1'), ('ed25519', 'Ed25519', 256, None)])
def test_the_key_is_read_from_the_certificate(seen, case, type, bits, curve):
    """W65: the key is that of SubjectPublicKeyInfo, whatever suite was negotiated."""
    target = host(case)
    assert seen.facts(target, 'cert.key_type', 443) == [type]
    assert seen.facts(target, 'cert.key_bits', 443) == [bits]
    assert seen.facts(target, 'cert.key_curve', 443) == ([curve] if curve else [])


def test_the_chain_is_the_one_that_was_sent(bench, seen):
    """W69: as many certificates as were sent, with their own subjects."""
    for case, length in (('good', 2), ('incomplete', 1), ('extraroot', 3)):
        assert seen.facts(host(case), 'cert.chain_length', 443) == [length]
    assert seen.facts(host('extraroot'), 'cert.chain_subject', 443) == [
        f'CN={host("extraroot")}', 'CN=Test Intermediate,O=Test Authority', 'CN=Test Root,O=Test Authority']
    assert seen.facts(host('reversed'), 'cert.chain_ordered', 443) == [False]
    assert seen.facts(host('good'), 'cert.chain_ordered', 443) == [True]


def test_receipts_of_logs_are_verified(seen):
    """The log of CT_LOG_LIST has signed one and not the other; a log that is not listed is unknown, never wrong."""
    target = host('receipts')
    assert [seen.facts(target, f'cert.{name}', 443) for name in ('scts', 'scts_valid', 'scts_invalid', 'scts_unknown')] == [
        [3], [1], [1], [1]]
    assert seen.facts(host('good'), 'cert.scts', 443) == [0]
    # What browsers ask of public authorities is not asked of one's own.
    assert seen.facts(target, 'cert.ct_logged', 443) == []


def test_a_list_of_logs_that_is_none_is_said(bench):
    (bench.folder / 'nologs.json').write_text('{"operators":[{"logs":[{"key":"AAAA"}]}]}')
    outcome = scan('--format', 'json', '127.83.0.1', CT_LOG_LIST=str(bench.folder / 'nologs.json'))
    assert outcome.status != 0 and 'CT_LOG_LIST' in outcome.errors


def test_names_are_counted_beyond_those_that_are_shown(seen):
    assert seen.facts(host('manynames'), 'cert.names_total', 443) == [1001]
    assert len(seen.facts(host('manynames'), 'cert.names', 443)[0]) == 250
    assert seen.facts(host('manynames'), 'cert.name_match', 443) == [True]


@pytest.mark.parametrize('case', [case for case in CASES if case not in ('wronghost', 'noname', 'deepwildcard', 'cnonly')])
def test_openssl_verify_agrees(bench, seen, case):
    """The oracle: `openssl verify` of the same chain trusts it when we do, dates included."""
    pem = (bench.folder / f'{case}.pem').read_text()
    parts = re.findall(r'-----BEGIN.*?-----END CERTIFICATE-----\n', pem, re.S)
    (bench.folder / 'leaf.pem').write_text(parts[0])
    (bench.folder / 'rest.pem').write_text(''.join(parts[1:]) or parts[0])
    done = subprocess.run(['openssl', 'verify', '-purpose', 'sslserver', '-partial_chain', '-auth_level', '0', '-no-CApath',
                           '-CAfile', bench.folder / 'root.pem', '-untrusted', bench.folder / 'rest.pem',
                           bench.folder / 'leaf.pem'], capture_output=True, text=True)
    target = host(case)
    ours = (seen.facts(target, 'cert.trusted', 443) == [True] and seen.facts(target, 'cert.expired', 443) == [False]
            and seen.facts(target, 'cert.not_yet_valid', 443) == [False])
    assert agree(f'certificate {case}', 'trusted', ours, 'openssl verify', done.returncode == 0), done.stderr


@pytest.mark.parametrize('case', ['ocspgood', 'ocsprevoked', 'ocspforged', 'ocspold'])
def test_openssl_ocsp_agrees(bench, seen, case):
    """The oracle: `openssl ocsp` asks the same responder and comes to the same status."""
    (bench.folder / 'issuer.pem').write_bytes((bench.folder / f'{case}.pem').read_bytes().split(b'-----END CERTIFICATE-----\n', 1)[1])
    done = subprocess.run(['openssl', 'ocsp', '-issuer', bench.folder / 'issuer.pem', '-cert', bench.folder / f'{case}.pem',
                           '-CAfile', bench.folder / 'root.pem', '-url', RESPONDER + case], capture_output=True, text=True)
    verified = 'Response verify OK' in done.stderr and 'Status times invalid' not in done.stderr + done.stdout
    word = re.search(r'\.pem: (\w+)', done.stdout)
    theirs = word.group(1).upper() if verified and word else 'UNKNOWN'
    assert agree(f'certificate {case}', 'status', seen.facts(host(case), 'cert.status', 443), 'openssl ocsp', [theirs]), done.stdout + done.stderr


def test_nobody_is_asked_by_a_discreet_or_a_quick_plan(bench):
    """A plan that is discreet asks neither the responder nor for the list."""
    before = len(bench.web.asked)
    for more in ('"discreet":true', '"profile":"quick"'):
        facts = probe(bench, 'ocspgood', more)
        assert '"cert.status","port":443,"text":"UNKNOWN"' in facts
        assert 'cert.fingerprint' in facts
    assert len(bench.web.asked) == before


@pytest.mark.parametrize('discreet, asked', [('off', True), ('on', False)])
def test_an_operator_can_make_every_scan_discreet(bench, discreet, asked):
    """SCAN_DISCREET: the responder that the certificate names is asked, or is not."""
    from conftest import BINARY
    before = len(bench.web.asked)
    env = {**os.environ, 'SCAN_DISCREET': discreet, 'SCAN_ALLOW_NETWORKS': '127.0.0.0/8',
           'HOSTS_FILE': f'{bench.folder}/hosts', 'CA_FILE': f'{bench.folder}/root.pem'}
    done = subprocess.run([BINARY, 'scan', '--ports', '443', host('ocspgood')], env=env,
                          capture_output=True, text=True, timeout=90)
    assert done.returncode in (0, 1), done.stderr
    assert (len(bench.web.asked) > before) is asked


def probe(bench, case, more, port=443):
    from conftest import BINARY
    plan = (f'{{"targets":[{{"target":"{host(case)}","target_type":"domain"}}],"ports":[{port}],'
            f'"allow_networks":"127.0.0.0/8","hosts_file":"{bench.folder}/hosts","ca_file":"{bench.folder}/root.pem",{more}}}')
    done = subprocess.run([BINARY, 'probe'], input=plan, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace('\\"', '"')


def test_only_the_probes_of_the_plan_run(bench):
    facts = probe(bench, 'good', '"only":["cert","cert_check"]')
    assert 'cert.fingerprint' in facts and 'check.hpkp' in facts
    assert '"tls.versions"' not in facts and '"http.status"' not in facts


def test_what_runs_on_request_does_not_run_otherwise(bench):
    assert '"check.' not in probe(bench, 'good', '"discreet":true')


def test_nginx_staples_lazily(bench, tmp_path):
    """The first handshake of nginx has no OCSP answer yet: we ask again, and have it."""
    address, target = '127.83.0.200', 'nginx.example.test'
    ca = bench.authority.intermediate
    cert = bench.authority.leaf('nginx', target, ocsp_url=RESPONDER + 'nginx', staple=True)
    bench.web.answers['/nginx'] = lambda _: bench.authority.ocsp(cert, ca, False)
    bench.folder.chmod(0o755)
    bench.authority.write('trusted.pem', ca.cert, bench.authority.root.cert)
    peers = Peers(bench.folder)
    (bench.folder / 'hosts').write_text((bench.folder / 'hosts').read_text() + f'{address} {target}\n')
    try:
        peers.nginx('nginx-staple', f"""
            server {{
                listen {address}:443 ssl;
                ssl_certificate {bench.folder}/nginx.pem;
                ssl_certificate_key {bench.folder}/nginx.key;
                ssl_stapling on;
                ssl_stapling_verify on;
                ssl_trusted_certificate {bench.folder}/trusted.pem;
            }}""", (address, 443))
        before = len(bench.web.asked)
        facts = probe(bench, 'nginx', '"only":["cert"]')
        assert '"cert.stapled","port":443,"yes":true' in facts
        assert '"cert.staple_valid","port":443,"yes":true' in facts
        assert '"cert.status_source","port":443,"text":"staple"' in facts
        assert '"cert.staple_missing","port":443,"yes":false' in facts
        assert bench.web.asked[before:] == [p for p in bench.web.asked[before:] if p.startswith('/nginx')]
    finally:
        peers.stop()


def flight(der):
    """ServerHello and Certificate of TLS 1.2, in clear."""
    def message(kind, body):
        return bytes([kind]) + len(body).to_bytes(3, 'big') + body
    hello = message(2, b'\x03\x03' + b'\x00' * 32 + b'\x00' + b'\xc0\x2f' + b'\x00')
    one = len(der).to_bytes(3, 'big') + der
    certificate = message(11, len(one).to_bytes(3, 'big') + one)
    body = hello + certificate
    return b'\x16\x03\x03' + len(body).to_bytes(2, 'big') + body


def test_a_key_that_anybody_can_compute(bench):
    """ROCA: a certificate that is shown in clear, by a server that never finishes a handshake."""
    cert = bench.authority.leaf('roca', host('roca'), public_key=roca_key())
    der = cert.public_bytes(serialization.Encoding.DER)
    address = '127.83.0.213'

    def answer(connection):
        connection.settimeout(10)
        if connection.recv(4096):
            connection.sendall(flight(der))
            connection.recv(4096)

    mock = Mock(address, 443, answer)
    (bench.folder / 'hosts').write_text((bench.folder / 'hosts').read_text() + f'{address} {host("roca")}\n')
    try:
        facts = probe(bench, 'roca', '"only":["cert"]')
        assert '"cert.broken_key","port":443,"yes":true' in facts
        assert 'ROCA' in facts
    finally:
        mock.close()


@pytest.mark.parametrize('serve', ['silent', 'closed', 'garbage'])
def test_tls_that_cannot_be_reached_is_no_finding(bench, serve):
    """W98: a peer that is silent, closes or talks nonsense gives an error or nothing, never a certificate finding."""
    address = {'silent': '127.83.0.210', 'closed': '127.83.0.211', 'garbage': '127.83.0.212'}[serve]

    def answer(connection):
        connection.settimeout(20)
        if serve == 'garbage':
            connection.sendall(b'\x16\x03\x01\xff\xff' + b'\x00' * 600)
        while serve != 'closed' and connection.recv(4096):
            pass

    mock = Mock(address, 443, answer)
    try:
        outcome = scan('--format', 'json', address, timeout=120)
        assert not certificate_findings(outcome, address)
        assert not outcome.facts(address, 'cert.trusted', 443)
    finally:
        mock.close()
