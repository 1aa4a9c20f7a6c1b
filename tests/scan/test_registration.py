"""Until when a domain is registered: registries of a few lines on loopback, which the hosts file gives the names of real ones.
RDAP is asked first (RFC 9082), then WHOIS (RFC 3912)."""
import json
import ssl
import threading
import time

import pytest

from conftest import scan
from peers import Mock, Peers

HERE = '127.85.35.1'  # all the domains
RDAP, WHOIS, INSIDE = '127.85.35.2', '127.85.35.3', '127.85.35.4'
DAY = 86400


def when(days, form='%Y-%m-%dT%H:%M:%SZ'):
    return time.strftime(form, time.gmtime(time.time() + days * DAY + 3600))


def rdap(days, status=('client transfer prohibited',), registrar='Example Registrar'):
    card = [['version', {}, 'text', '4.0'], ['fn', {}, 'text', registrar]]
    return json.dumps({
        'objectClassName': 'domain', 'ldhName': 'x', 'status': list(status),
        'events': [{'eventAction': 'expiration', 'eventDate': when(days)}],
        'entities': [{'roles': ['registrar'], 'vcardArray': ['vcard', card]}] if registrar else []})


def reply(status, body='', *fields):
    body = body.encode()
    return '\r\n'.join([f'HTTP/1.1 {status}', 'Content-Type: application/rdap+json', *fields,
                        f'Content-Length: {len(body)}', 'Connection: close', '', '']).encode() + body


# What the registry of each domain says; it is told by its top level domain.
RDAP_SAYS = {
    'example.com': lambda: reply('200 OK', rdap(400)),
    'example.net': lambda: reply('200 OK', rdap(50)),
    'example.org': lambda: reply('200 OK', rdap(20, status=['active'])),
    'example.info': lambda: reply('200 OK', rdap(5)),
    'example.app': lambda: reply('200 OK', rdap(-3)),
    'example.fr': lambda: reply('200 OK', rdap(400, registrar=None)),
    'example.nl': lambda: reply('404 Not Found'),
    'example.cz': lambda: reply('302 Found', '', 'Location: https://inside.example.com/domain/example.cz'),
    'example.uk': lambda: reply('429 Too Many Requests', '', 'Retry-After: 60'),
    'example.no': lambda: reply('302 Found', '', 'Location: https://rdap.norid.no/domain/example.no'),
}
WHOIS_SAYS = {
    'example.it': lambda: f'Domain: example.it\nStatus: ok\nExpire Date: {when(20, "%Y-%m-%d")}\n\nRegistrar\n  Organization: R\n',
    'example.pt': lambda: f'Domain: example.pt\nExpiration Date: {when(-2, "%d/%m/%Y")}\nRegistrar: R\n',
    'example.uk': lambda: f'Registrar:\n    R\n\nExpiry date: {when(300, "%d-%b-%Y")}\n',
    'example.se': lambda: f'expires: {when(20, "%Y-%m-%dT%H:%M:%S+02:00")}\nregistrar: R\n',
    'example.ro': lambda: '',
    'museum': lambda: 'refer: whois.nic.museum\n',
    'example.museum': lambda: f'Registry Expiry Date: {when(100)}\nRegistrar: R\n',
    'example.be': None,  # says nothing for ever
}
HOSTS = {
    RDAP: ['rdap.verisign.com', 'rdap.publicinterestregistry.org', 'rdap.identitydigital.services', 'pubapi.registry.google',
           'rdap.nic.fr', 'rdap.sidn.nl', 'rdap.nic.cz', 'rdap.nominet.uk', 'rdap.norid.no'],
    WHOIS: ['whois.nic.it', 'whois.dns.pt', 'whois.nic.uk', 'whois.iis.se', 'whois.rotld.ro', 'whois.iana.org',
            'whois.nic.museum', 'whois.dns.be', 'whois.nic.cz', 'whois.nic.no'],
}
DOMAINS = sorted({*RDAP_SAYS, *WHOIS_SAYS} - {'museum'})


class Registry:
    """Both protocols; what was asked is kept."""

    def __init__(self, folder):
        self.asked, self.lock = [], threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / 'rdap.pem', folder / 'rdap.key')

    def note(self, question):
        with self.lock:
            self.asked.append(question)

    def rdap(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as tls:
            domain = tls.recv(65536).decode('latin-1').split(' ')[1].rsplit('/', 1)[-1]
            self.note(f'rdap {domain}')
            tls.sendall(RDAP_SAYS[domain]())

    def whois(self, connection):
        domain = connection.recv(1024).decode().strip()
        self.note(f'whois {domain}')
        says = WHOIS_SAYS.get(domain, lambda: 'No match\n')
        while says is None:
            connection.sendall(b'.')
            time.sleep(0.2)
        connection.sendall(says().encode())


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    peers = Peers(tmp_path_factory.mktemp('registration'))
    peers.authority()
    peers.certificate('rdap', *HOSTS[RDAP])
    lines = [f'{address} {name}\n' for address, names in HOSTS.items() for name in names]
    lines += [f'{HERE} {name}\n{HERE} www.{name}\n' for name in DOMAINS]
    peers.file('hosts', ''.join(lines) + '10.1.2.3 inside.example.com\n')
    registry = Registry(peers.folder)
    mocks = [Mock(RDAP, 443, registry.rdap), Mock(WHOIS, 43, registry.whois),
             Mock(HERE, 80, lambda connection: None)]
    try:
        yield peers, registry
    finally:
        for mock in mocks:
            mock.close()


def ask(bench, *targets, **env):
    peers, registry = bench
    registry.asked.clear()
    result = scan('--format', 'json', '--hosts-file', peers.folder / 'hosts', '--ca-file', peers.folder / 'root.pem',
                  '--ports', '80', *targets, timeout=150, **env)
    assert result.json, result.errors
    return result


@pytest.fixture(scope='module')
def outcome(bench):
    result = ask(bench, *DOMAINS, 'www.example.com', 'www.example.net')
    result.asked = sorted(bench[1].asked)
    return result


# domain, where it is known from, the finding about its end
@pytest.mark.parametrize('domain,source,finding', [
    ('example.com', 'rdap', None),
    ('example.net', 'rdap', 'domain_expires_60'),
    ('example.org', 'rdap', 'domain_expires_30'),
    ('example.info', 'rdap', 'domain_expires_7'),
    ('example.app', 'rdap', 'domain_expired'),
    ('example.it', 'whois', 'domain_expires_30'),
    ('example.pt', 'whois', 'domain_expired'),
    ('example.uk', 'whois', None),
    ('example.se', 'whois', 'domain_expires_30'),
    ('example.museum', 'whois', None),
])
def test_w27_the_end_of_a_registration_has_tiers(outcome, domain, source, finding):
    """W27: any form of a date, with a zone too; what has ended has a finding of its own; one finding a domain."""
    assert outcome.facts(domain, 'registration.source') == [source]
    found = {f['check'] for f in outcome.json['findings'] if f['target'] == domain and f['check'].startswith('domain_exp')}
    assert found == ({finding} if finding else set())


@pytest.mark.parametrize('domain,why', [
    ('example.ro', 'WHOIS'), ('example.cz', 'registration'), ('example.no', 'registration'), ('example.be', 'registration')])
def test_w7_what_could_not_be_looked_up_is_no_finding(outcome, domain, why):
    """W7: a lookup that failed (an empty answer, a redirect to an inner address, a loop of redirects, a drip) is an error."""
    assert outcome.facts(domain, 'registration.error')
    assert [e for e in outcome.asset(domain)['errors'] if why in e]
    assert not [f for f in outcome.json['findings'] if f['target'] == domain and f['check'].startswith('domain_')]


def test_w7_a_registrar_is_missed_only_where_it_is_missing(outcome):
    """W7: the registry answered and named none."""
    assert {f['target'] for f in outcome.json['findings'] if f['check'] == 'domain_data'} == {'example.fr'}


def test_a_domain_without_a_lock_is_told(outcome):
    assert {'example.org', 'example.it'} == {f['target'] for f in outcome.json['findings'] if f['check'] == 'domain_lock'}


def test_a_domain_that_the_registry_does_not_know_is_no_finding(outcome):
    assert outcome.facts('example.nl', 'registration.error') == ['the registry does not know the domain']


def test_a_domain_is_asked_for_once_a_scan(outcome):
    """However many of its names are looked at."""
    assert outcome.asked.count('rdap example.com') == 1
    assert outcome.asked.count('rdap example.net') == 1


def test_a_discreet_scan_asks_nobody(bench):
    ask(bench, 'example.com', SCAN_DISCREET='on')
    assert not bench[1].asked
