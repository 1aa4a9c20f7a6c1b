"""DNS and mail of a name, against BIND with zones of our own: states, quality, name servers, policies.

The second opinions are delv, drill and unbound-host for validity, and the zone itself for all else.
"""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from agreement import agree
from conftest import BINARY, Outcome
from peers import DnsMock, Mock, Peers, program
from zones import (INSIDE, LAME, LAX, MAIN, MX, NOBODY, PLAIN_MX, RESOLVER, WEB, Bench, Zone)

P256 = ['-a', 'ECDSAP256SHA256']
GOOD = f'@ IN A {WEB}\nwww IN A {WEB}\n@ IN CAA 0 issue "ca.example.net"\n@ IN MX 0 .\n@ IN TXT "v=spf1 -all"\n' \
       '_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@{domain}"\n'


def key_text(bits):
    """The public half of a new RSA key, as DKIM has it."""
    made = subprocess.run(['openssl', 'genrsa', str(bits)], capture_output=True, check=True)
    der = subprocess.run(['openssl', 'rsa', '-pubout', '-outform', 'DER'], input=made.stdout, capture_output=True, check=True)
    return base64.b64encode(der.stdout).decode()


def txt(text):
    """A TXT record's parts, none longer than 255 bytes."""
    return ' '.join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


def tlsa(peers, name):
    """3 1 1 for a certificate of the bench."""
    pem = subprocess.run(['openssl', 'x509', '-in', str(peers.folder / f'{name}.pem'), '-pubkey', '-noout'],
                         capture_output=True, check=True).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=pem, capture_output=True, check=True).stdout
    return f'3 1 1 {hashlib.sha256(der).hexdigest()}'


def simple(domain):
    return GOOD.format(domain=domain)


def zone_list(peers):
    many = ' '.join(f'include:s{n}.loose.test' for n in range(12))
    loose = f'v=spf1 {many} ptr a:void1.loose.test a:void2.loose.test a:void3.loose.test ?all'
    senders = ''.join(f's{n} IN TXT "v=spf1 ip4:192.0.2.{n} -all"\n' for n in range(12))
    return [
        Zone('good.test', simple('good.test'), P256),
        Zone('ed.test', simple('ed.test'), ['-a', 'ED25519']),
        Zone('iter.test', simple('iter.test'), P256, options='-3 aabb -H 150'),
        Zone('sha1.test', simple('sha1.test'), ['-a', 'RSASHA1', '1024']),
        Zone('expired.test', simple('expired.test'), P256, options='-s 20240101000000 -e 20240201000000'),
        Zone('soon.test', simple('soon.test'), P256, options=f'-s now-2592000 -e now+{86400}'),
        Zone('tampered.test', simple('tampered.test'), P256),
        Zone('plain.test', simple('plain.test')),
        Zone('open.test', f'@ IN A {NOBODY}\n' + 'secret IN TXT "inside"\n', server=LAX, ns=[('ns1', LAX)]),
        Zone('lame.test', f'@ IN A {NOBODY}\n@ IN MX 0 .\n', ns=[('ns1', MAIN), ('ns2', LAME)]),
        Zone('inside.test', f'@ IN A {NOBODY}\n@ IN MX 5 mail\nmail IN A {INSIDE}\n_mta-sts IN TXT "v=STSv1; id=1"\n'
                            f'mta-sts IN A {INSIDE}\n', ns=[('ns1', MAIN), ('ns9', INSIDE)]),
        Zone('dangling.test', f'@ IN A {NOBODY}\ngone IN CNAME nothing.plain.test.\nfree IN CNAME shop.unregistered-name.test.\n'
                              'azure IN CNAME nothing-here.azurewebsites.net.\n'
                              'ring IN CNAME gnir\ngnir IN CNAME ring\n'),
        Zone('mail.test', f"""
@ IN A {WEB}
www IN A {WEB}
mta-sts IN A {WEB}
@ IN MX 10 mx1
mx1 IN A {MX}
@ IN CAA 0 issue "ca.example.net"
@ IN TXT "v=spf1 mx ip4:192.0.2.0/24 -all"
_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@mail.test"
s1._domainkey IN TXT {txt('v=DKIM1; k=rsa; p=' + key_text(2048))}
s2._domainkey IN TXT "v=DKIM1; k=rsa; p="
_mta-sts IN TXT "v=STSv1; id=20260101"
_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:t@mail.test"
default._bimi IN TXT "v=BIMI1; l=https://mail.test/logo.svg"
_25._tcp.mx1 IN TLSA {tlsa(peers, 'mx1')}
""", P256),
        Zone('loose.test', f"""
@ IN A {NOBODY}
@ IN MX 10 mx1
@ IN MX 20 gone
@ IN MX 30 other
other IN CNAME mx1
mx1 IN A {PLAIN_MX}
shop IN A {NOBODY}
shop IN MX 10 mx1
@ IN TXT {txt(loose)}
{senders}
_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:d@elsewhere.test"
default._domainkey IN TXT {txt('v=DKIM1; t=y; p=' + key_text(1024))}
mail._domainkey IN TXT {txt('p=' + key_text(512))}
dkim._domainkey IN TXT "v=DKIM1; p=@@@"
_mta-sts IN TXT "v=STSv1; id=no-good"
_25._tcp.mx1 IN TLSA 3 1 1 {'00' * 32}
"""),
        Zone('wrong.test', f"""
@ IN A {NOBODY}
@ IN MX 10 mx1
mx1 IN A {MX}
@ IN TXT "v=spf1 +all"
@ IN TXT "v=spf1 ip4:192.0.2.300 -all"
_dmarc IN TXT "v=DMARC1; p=quarantine; sp=none; pct=40"
_25._tcp.mx1 IN TLSA 3 1 1 {'00' * 32}
""", P256),
        Zone('all.test', f'@ IN A {NOBODY}\n@ IN MX 10 mx1.mail.test.\n@ IN TXT "v=spf1 +all"\n'
                         '_dmarc IN TXT "v=DMARC1; p=reject"\n_dmarc IN TXT "v=DMARC1; p=none"\n'),
        Zone('bare.test', f'@ IN A {NOBODY}\n@ IN MX 10 mx1.mail.test.\n'),
        Zone('quiet.test', f'@ IN A {NOBODY}\nwww IN A {NOBODY}\n'),
    ]


def smtp(certificate=None):
    """A mail server of a few lines, with STARTTLS where there is a certificate."""
    def serve(connection):
        connection.settimeout(10)
        connection.sendall(b'220-mx.bench ESMTP\r\n220 ready\r\n')
        lines = connection.makefile('rb')
        while line := lines.readline():
            word = line.split()[0].upper()
            if word == b'EHLO':
                connection.sendall(b'250-mx.bench\r\n' + (b'250-STARTTLS\r\n' if certificate else b'') + b'250 SIZE 1000\r\n')
            elif word == b'STARTTLS' and certificate:
                connection.sendall(b'220 go\r\n')
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(f'{certificate}.pem', f'{certificate}.key')
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)
                return
            else:
                connection.sendall(b'221 bye\r\n')
                return
    return serve


class Trap:
    """An address inside that nobody may come to, over UDP or TCP."""

    def __init__(self, address, ports):
        self.visits = []
        self.tcp = [Mock(address, port, lambda c: self.visits.append(('tcp', c.getsockname()))) for port in ports]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            data, (peer, _) = self.udp.recvfrom(4096)
            if data == b'end':
                return
            if peer != RESOLVER:  # which has to follow delegations
                self.visits.append(('udp', peer, data))

    def close(self):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'end', self.udp.getsockname())
        self.thread.join()
        self.udp.close()
        for mock in self.tcp:
            mock.close()


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    peers = Peers(tmp_path_factory.mktemp('dns'))
    peers.folder.chmod(0o755)
    mocks = []
    try:
        peers.authority()
        peers.certificate('mx1', 'mx1.mail.test')
        peers.certificate('sts', 'mta-sts.mail.test')
        zones = zone_list(peers)
        made = Bench(peers, zones)
        made.tamper(next(z for z in zones if z.origin == 'tampered.test.'), WEB, '127.84.0.81')
        made.start()
        peers.nginx('sts', f"""
            server {{
                listen {WEB}:443 ssl;
                ssl_certificate {peers.folder}/sts.pem; ssl_certificate_key {peers.folder}/sts.key;
                location = /.well-known/mta-sts.txt {{
                    default_type text/plain;
                    return 200 "version: STSv1\\nmode: enforce\\nmx: mx1.mail.test\\nmax_age: 604800\\n";
                }}
            }}""", (WEB, 443))
        mocks = [Mock(MX, 25, smtp(peers.folder / 'mx1')), Mock(PLAIN_MX, 25, smtp())]
        made.trap = Trap(INSIDE, (25, 53, 443))
        mocks.append(made.trap)
        yield made
    finally:
        for mock in mocks:
            mock.close()
        peers.stop()


def look(bench, *names, resolver=RESOLVER, ports='9', timeout=60, **options):
    """`nis2 scan` of names, with the bench's resolver, anchor and authority."""
    start = time.monotonic()
    done = subprocess.run([BINARY, 'scan', '--format', 'json', '--facts', '--ports', ports, '--resolver', resolver,
                           '--trust-anchor', str(bench.anchor), '--ca-file', str(bench.folder / 'root.pem'),
                           '--allow-networks', '127.84.0.0/15' if options.get('wide') else '127.84.0.0/16', *names],
                          capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, 'LANG': 'en', 'LC_ALL': 'C.UTF-8'})
    outcome = Outcome(done, time.monotonic() - start)
    assert outcome.json, done.stderr
    return outcome



NAMES = ['www.good.test', 'ed.test', 'iter.test', 'sha1.test', 'expired.test', 'soon.test', 'tampered.test', 'plain.test',
         'open.test', 'lame.test', 'inside.test', 'www.mail.test', 'mail.test', 'loose.test', 'shop.loose.test', 'wrong.test',
         'all.test', 'bare.test', 'quiet.test', 'www.quiet.test', 'gone.dangling.test', 'free.dangling.test', 'azure.dangling.test',
         'ring.dangling.test']


@pytest.fixture(scope='module')
def seen(bench):
    """One scan of all names."""
    return look(bench, *NAMES)


def fact(seen, name, what):
    values = seen.facts(name, what)
    return values[0] if values else None


def found(seen, name):
    """The ids of what is found about a name or its domain."""
    domain = fact(seen, name, 'dns.domain')
    ids = {c['check']: c for c in seen.json['findings'] if c['target'].split(':')[0] in (name, domain)}
    return {i for i in ids if not i.startswith(('port_', 'cert_', 'tls_', 'http_'))}



# ---- DNSSEC

STATES = {'good.test': 'secure', 'ed.test': 'secure', 'iter.test': 'secure', 'sha1.test': 'secure', 'soon.test': 'secure',
          'expired.test': 'bogus', 'tampered.test': 'bogus', 'plain.test': 'insecure'}


def delv(bench, name):
    key = bench.root_key.split(' IN DNSKEY ')[-1].split(maxsplit=3)
    conf = bench.peers.file('delv.conf', 'trust-anchors { . static-key %s %s %s "%s"; };'
                            % (*key[:3], key[3].replace(' ', '').strip()))
    said = subprocess.run([program('delv'), f'@{RESOLVER}', '-a', str(conf), name, 'A'], capture_output=True, text=True)
    text = said.stdout + said.stderr
    return ('secure' if 'fully validated' in text else 'insecure' if 'unsigned answer' in text
            else 'bogus' if 'resolution failed' in text else text)


def unbound_host(bench, name):
    conf = bench.peers.file('host.conf', f"""server:
    do-not-query-localhost: no
    local-zone: "test." nodefault
forward-zone:
    name: "."
    forward-addr: {RESOLVER}
""")
    said = subprocess.run([program('unbound-host'), '-C', str(conf), '-f', str(bench.anchor), '-v', '-t', 'A', name],
                          capture_output=True, text=True).stdout
    return next((state for state in ('secure', 'insecure', 'bogus') if f'({state})' in said or f'({state.upper()}' in said), said)


def drill(bench, name):
    said = subprocess.run([program('drill'), '-S', '-k', str(bench.anchor), f'@{RESOLVER}', name, 'A'],
                          capture_output=True, text=True).stdout
    return 'secure' if '[T]' in said and '[B]' not in said else 'insecure' if '[U]' in said or '[S]' in said else 'bogus'


def test_states_are_those_of_three_other_validators(bench, seen):
    """Our word beside delv, unbound-host and drill, on every zone; drill says "insecure" as "self-signed"."""
    table = {}
    for name in STATES:
        ours = fact(seen, f'www.{name}' if name == 'good.test' else name, 'dns.dnssec')
        table[name] = (ours, delv(bench, name), unbound_host(bench, name))
        assert agree(name, 'DNSSEC', ours, 'delv', table[name][1])
        assert agree(name, 'DNSSEC', ours, 'unbound-host', table[name][2])
        print(f'{name:16}', *table[name], drill(bench, name))
    assert table == {name: (state,) * 3 for name, state in STATES.items()}


@pytest.mark.parametrize('name, what, value', [
    ('www.good.test', 'dns.dnssec_algorithms', ['ECDSAP256SHA256']),
    ('ed.test', 'dns.dnssec_algorithms', ['ED25519']),
    ('sha1.test', 'dns.dnssec_weak_algorithms', ['RSASHA1']),
    ('sha1.test', 'dns.dnssec_rsa_bits', 1024),
    ('iter.test', 'dns.nsec3_iterations', 150),
    ('iter.test', 'dns.nsec3_salt', True),
    ('iter.test', 'dns.nsec3_opt_out', False),
    ('soon.test', 'dns.rrsig_near_expiry', True),
    ('www.good.test', 'dns.rrsig_near_expiry', False),
    ('www.good.test', 'dns.ds_digests', ['SHA-256']),
    ('expired.test', 'dns.dnssec_why', 'signature expired'),
    ('plain.test', 'dns.dnssec_why', 'the zone is not signed'),
])
def test_the_quality_of_signatures_is_judged_by_us(seen, name, what, value):
    assert fact(seen, name, what) == value


@pytest.mark.parametrize('name, ids', [
    ('www.good.test', set()), ('ed.test', set()), ('mail.test', set()), ('www.mail.test', set()),
    ('sha1.test', {'dnssec_weak_algorithm', 'dnssec_short_key'}),
    ('iter.test', {'nsec3_iterations'}),
    ('soon.test', {'dnssec_expiring'}),
    ('expired.test', {'dnssec_bogus'}),
    ('tampered.test', {'dnssec_bogus'}),
    ('plain.test', {'dnssec_missing'}),
    ('open.test', {'dns_axfr', 'ns_open_recursion', 'ns_single', 'ns_version', 'dnssec_missing', 'caa_missing', 'spf_unused',
                   'dmarc_unused'}),
    ('lame.test', {'ns_lame', 'ns_one_network', 'dnssec_missing', 'caa_missing', 'spf_unused', 'dmarc_unused'}),
    ('loose.test', {'spf_invalid', 'spf_lookups', 'spf_neutral', 'spf_ptr', 'dmarc_not_enforced', 'dmarc_invalid', 'dkim_short_key',
                    'dkim_key_2048', 'dkim_testing', 'dkim_broken', 'mx_no_starttls', 'mx_records', 'mta_sts_invalid', 'dane_insecure',
                    'dnssec_missing', 'caa_missing'}),
    ('wrong.test', {'spf_invalid', 'dmarc_partial', 'dmarc_no_reports', 'dkim_absent', 'dane_invalid', 'caa_missing'}),
    ('all.test', {'spf_allows_all', 'dmarc_not_enforced', 'dmarc_invalid', 'dkim_absent', 'transport_unsecured', 'dnssec_missing',
                  'caa_missing'}),
    ('bare.test', {'spf_missing', 'dmarc_missing', 'dkim_absent', 'transport_unsecured', 'dnssec_missing', 'caa_missing'}),
])
def test_what_is_found(seen, name, ids):
    """Those that are well made have no finding at all; IPv6 is information, and the bench has none."""
    assert (found(seen, name) - {'ipv6_missing', 'tls_rpt_missing', 'spf_allows_all'} | (ids & {'spf_allows_all'})) == ids


# ---- name servers

def test_a_zone_that_is_given_away_is_what_dig_gets_too(bench, seen):
    assert fact(seen, 'open.test', 'dns.axfr_servers') == [f'ns1.open.test. ({LAX})']
    for server, name, given in ((LAX, 'open.test', True), (MAIN, 'good.test', False)):
        said = subprocess.run([program('dig'), f'@{server}', name, 'AXFR'], capture_output=True, text=True).stdout
        assert ('Transfer failed' not in said) == given
    assert fact(seen, 'www.good.test', 'dns.axfr') is False


def test_open_recursion_version_and_lame_servers(seen):
    assert fact(seen, 'open.test', 'dns.open_recursion') == [f'ns1.open.test. ({LAX})']
    assert fact(seen, 'open.test', 'dns.ns_version') == [f'ns1.open.test. ({LAX}): 9.18.1-test']
    assert fact(seen, 'lame.test', 'dns.ns_lame') == [f'ns2.lame.test. ({LAME})']
    assert fact(seen, 'www.good.test', 'dns.ns_lame') == []


def test_addresses_inside_are_not_contacted(bench, seen):
    """W25: NS, MX and the host of the MTA-STS policy point inside; nobody goes there."""
    assert fact(seen, 'inside.test', 'dns.ns_problems') == ['ns9.inside.test.: a private address']
    assert fact(seen, 'inside.test', 'mail.mx_problems') == ['mail.inside.test.: a private address']
    assert fact(seen, 'inside.test', 'mail.mta_sts_errors') == ['mta-sts.inside.test has an address that may not be contacted']
    assert bench.trap.visits == []


# ---- names

def test_findings_of_a_domain_need_no_open_port(seen):
    """W2: the address of quiet.test has nothing open, and its domain is looked at all the same."""
    assert seen.asset('quiet.test')['ports'] == []
    assert {'spf_unused', 'dnssec_missing'} <= found(seen, 'quiet.test')


def test_names_of_a_domain_are_judged_by_the_domain(seen):
    """W8: www of a domain with mail lacks neither SPF nor DMARC nor DNSSEC; a domain without mail gets advice."""
    assert found(seen, 'www.mail.test') <= {'ipv6_missing'}
    assert fact(seen, 'www.mail.test', 'mail.spf') == fact(seen, 'mail.test', 'mail.spf')
    assert fact(seen, 'www.mail.test', 'mail.name_dmarc_policy') == 'reject'
    advice = [f for f in seen.json['findings'] if f['target'] == 'quiet.test' and f['check'] in ('spf_unused', 'dmarc_unused')]
    assert advice and {f['severity'] for f in advice} == {'LOW'}
    assert not {'spf_missing', 'dmarc_missing'} & found(seen, 'quiet.test')


def test_two_names_of_a_domain_share_its_findings(seen):
    """W46: the target is the domain, so that the fingerprint is the same from any of its names."""
    of = [f for f in seen.json['findings'] if f['check'] == 'dnssec_missing' and f['target'] == 'quiet.test']
    assert len({f.get('fingerprint') for f in of}) == 1 and of
    assert not any(f['target'] == 'www.quiet.test' for f in seen.json['findings']
                   if f['check'] in ('dnssec_missing', 'spf_unused', 'caa_missing'))


def test_aliases_that_lead_nowhere(seen):
    assert 'cname_dangling' in found(seen, 'gone.dangling.test')
    assert 'cname_takeover' in found(seen, 'free.dangling.test')
    assert 'cname_takeover' in found(seen, 'azure.dangling.test')
    assert not {'cname_dangling', 'cname_takeover'} & found(seen, 'ring.dangling.test')


# ---- mail

@pytest.mark.parametrize('name, what, value', [
    ('mail.test', 'mail.mx', ['mx1.mail.test.']),
    ('mail.test', 'mail.mta_sts_mode', 'enforce'),
    ('mail.test', 'mail.mta_sts_errors', []),
    ('mail.test', 'mail.dane_servers', ['mx1.mail.test.']),
    ('mail.test', 'mail.dkim_selectors', ['s1', 's2']),
    ('mail.test', 'mail.spf_lookups', 1),
    ('mail.test', 'mail.bimi', 'v=BIMI1; l=https://mail.test/logo.svg'),
    ('wrong.test', 'mail.dane_invalid', ['mx1.wrong.test.']),
    ('wrong.test', 'mail.dmarc_gaps', ['sp=none', 'pct=40']),
    ('loose.test', 'mail.spf_lookups', 16),
    ('loose.test', 'mail.spf_voids', 3),
    ('loose.test', 'mail.mx_no_starttls', ['mx1.loose.test.', 'other.loose.test.']),
    ('loose.test', 'mail.mx_problems', ['gone.loose.test.: no address', 'other.loose.test.: an alias (CNAME)']),
    ('loose.test', 'mail.dmarc_errors', ['elsewhere.test did not agree to receive reports']),
    ('shop.loose.test', 'mail.name_spf_present', False),
    ('www.good.test', 'mail.null_mx', True),
    ('www.good.test', 'mail.unused', True),
    ('bare.test', 'mail.dkim_absent', True),
])
def test_mail(seen, name, what, value):
    assert fact(seen, name, what) == value


def test_keys_have_the_size_that_openssl_made(seen):
    sizes = {f['item']: f['number'] for f in seen.asset('loose.test')['facts'] if f['f'] == 'mail.dkim_rsa_bits'}
    assert sizes == {'default': 1024, 'mail': 512}


# ---- time, and hostile servers

def test_a_name_takes_a_second(bench):
    assert min(look(bench, 'mail.test').seconds for _ in range(2)) < 1.5


def reply(query, records, flags=0x8580):
    end = query.index(0, 12) + 5
    return query[:2] + struct.pack('!HHHHH', flags, 1, len(records), 0, 0) + query[12:end] + b''.join(records)


def record(kind, data, name=b'\xc0\x0c'):
    return name + struct.pack('!HHIH', kind, 1, 60, len(data)) + data


def asked(query):
    return struct.unpack('!H', query[query.index(0, 12) + 1:query.index(0, 12) + 3])[0]


def everything_inside(query):
    """Name and mail servers and addresses that lead to 127.85."""
    kind = asked(query)
    return reply(query, {1: [record(1, socket.inet_aton(INSIDE))], 2: [record(2, b'\x02ns\xc0\x0c')],
                         15: [record(15, b'\0\1\x02mx\xc0\x0c')]}.get(kind, []))


def transfer_without_end(query):
    """A name server of an address that may be contacted, and that gives a zone for ever."""
    soa = record(6, b'\0\0' + bytes(20))
    return reply(query, {1: [record(1, socket.inet_aton('127.84.0.66'))], 2: [record(2, b'\x02ns\xc0\x0c')],
                         6: [soa], 252: [soa]}.get(asked(query), []))


HOSTILE = {
    'transfer': transfer_without_end,
    'silence': lambda query: None,
    'inside': everything_inside,
    'huge': lambda query: reply(query, [record(16, (b'\xff' + b'v' * 255) * 200)]),
    'ring': lambda query: reply(query, [record(5, b'\xc0\x0c')]),
    'garbage': lambda query: query[:2] + os.urandom(300),
    'many': lambda query: reply(query, [record(asked(query), b'\x07\x01aaaaaa\xc0\x0c') for _ in range(1500)]),
}


@pytest.mark.parametrize('kind', HOSTILE)
def test_a_hostile_server_ends_in_time_and_leads_nowhere(bench, kind):
    server = DnsMock('127.84.0.66', HOSTILE[kind])
    before = list(bench.trap.visits)
    try:
        outcome = look(bench, 'victim.example.org', resolver='127.84.0.66', timeout=90)
    finally:
        server.close()
    assert outcome.seconds < 60
    assert outcome.asset('victim.example.org')['ports'] == []
    assert bench.trap.visits == before
    assert ('dns_axfr' in {f['check'] for f in outcome.json['findings']}) == (kind == 'transfer')


class Dripping(DnsMock):
    """Every answer over UDP is cut, so that it is asked again over TCP; there it comes a byte a second."""

    def __init__(self, address):
        super().__init__(address, lambda query: reply(query, [], 0x8780))

    def stream(self, connection):
        connection.recv(4096)
        while True:
            connection.sendall(b'\0')
            time.sleep(1)


def test_a_server_that_drips_over_tcp_ends_in_time(bench):
    server = Dripping('127.84.0.67')
    try:
        outcome = look(bench, 'victim.example.org', resolver='127.84.0.67', timeout=90)
    finally:
        server.close()
    assert outcome.seconds < 60
    assert not outcome.json['findings']


def test_a_resolver_without_dnssec_makes_no_zone_bogus(bench):
    """One that drops signatures says nothing about the zone: neither a finding nor a pass."""
    server = DnsMock('127.84.0.54', lambda query: reply(query, [record(6, b'\0\0' + bytes(20))]) if asked(query) == 6
                     else reply(query, []))
    try:
        seen = look(bench, 'good.test', resolver='127.84.0.54')
    finally:
        server.close()
    assert seen.facts('good.test', 'dns.dnssec') == ['indeterminate']
    assert not {'dnssec_bogus', 'dnssec_missing'} & {f['check'] for f in seen.json['findings']}
