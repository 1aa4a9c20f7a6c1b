"""testssl.sh beside us: what it says of a port, and the facts of ours that say the same."""
import json
import subprocess
import tempfile
import time
from pathlib import Path

SUITE = 'cipher_x'
VERSIONS = {'SSLv3': 'SSLv3', 'TLS1': 'TLSv1.0', 'TLS1_1': 'TLSv1.1', 'TLS1_2': 'TLSv1.2', 'TLS1_3': 'TLSv1.3'}
CURVES = {'prime256v1': 'secp256r1'}

# A member of its report, the fact of ours, and whether its words say yes.
YES_OR_NO = [
    ('SSLv2', 'tls.ssl2', lambda text: not text.startswith('not')),
    ('cipherlist_NULL|cipherlist_aNULL', 'tls.plain_ciphers', lambda text: text == 'offered'),
    ('cipherlist_EXPORT', 'tls.export_ciphers', lambda text: text == 'offered'),
    ('PFS', 'tls.forward_secrecy', lambda text: text == 'offered'),
    ('cipher_order', 'tls.server_order', lambda text: text == 'server'),
    ('ALPN_HTTP2', 'tls.http2', lambda text: text == 'h2'),
    ('TLS_session_ticket', 'tls.tickets', lambda text: text.startswith('valid')),
    ('heartbleed', 'tls.heartbleed', lambda text: text.startswith('VULNERABLE')),
    ('CCS', 'tls.ccs', lambda text: text.startswith('VULNERABLE')),
    ('CRIME_TLS', 'tls.compression', lambda text: text.startswith('VULNERABLE')),
    ('secure_renego', 'tls.insecure_renegotiation', lambda text: text != 'supported'),
    ('POODLE_SSL', 'tls.poodle', lambda text: text.startswith('VULNERABLE')),
    ('SWEET32', 'tls.block64_ciphers', lambda text: text.startswith(('VULNERABLE', 'uses'))),
    ('FREAK', 'tls.freak', lambda text: text.startswith('VULNERABLE')),
    ('LOGJAM|LOGJAM-common_primes', 'tls.logjam', lambda text: text.startswith(('VULNERABLE', 'RFC2409'))),
    ('BEAST', 'tls.beast', lambda text: text.startswith('VULNERABLE')),
    ('LUCKY13', 'tls.lucky13', lambda text: text.startswith('potentially')),
    ('fallback_SCSV', 'tls.fallback_scsv', lambda text: text == 'supported'),
]
# It did not look, or could not.
NO_ANSWER = ('Check failed', 'check failed', 'no protocol below')
# Members whose text is the value.
TEXTS = [
    ('cert_fingerprintSHA256', 'cert.fingerprint', lambda ours: ours.upper()),
    ('cert_serialNumber', 'cert.serial', lambda ours: ours),
    ('cert_keySize', 'cert.key_bits', lambda ours: f'RSA {ours} bits'),
    ('cert_commonName', 'cert.subject', lambda ours: ours.removeprefix('CN=')),
    ('banner_server', 'http.server', lambda ours: ours),
]
# Why it says something else, by peer and fact; what the configuration of the peer says is the judge.
EXPLAINED = {
    ('OpenJDK 17', 'tls.freak'): 'export suites stand with SSLv3 and TLS 1.0 alone; it offers them in a hello of TLS 1.2 only',
    ('OpenJDK 17', 'suites'): 'it lists a suite once, by a hello of its OpenSSL 3, which cannot say the old ones in every version; '
                              "ours are those of the server's configuration, and nmap's",
}


def report(address, folder):
    """(its findings by id, seconds); its exit status is a count of findings."""
    out = Path(tempfile.mkdtemp(dir=folder)) / 'testssl.json'
    start = time.monotonic()
    subprocess.run(['testssl', '--quiet', '--color', '0', '--warnings', 'off', '--ip', 'one', '--jsonfile', str(out), f'{address}:443'],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    seconds = time.monotonic() - start
    said = {}
    for row in json.loads(out.read_text()):
        said.setdefault(row['id'], row['finding'])
    return said, seconds


def compare(peer, said, fact, agree):
    """Hands over every pair; `fact(name)` is the value that we state, or None."""
    def row(name, ours, theirs):
        agree(peer, name, ours, 'testssl.sh', theirs, EXPLAINED.get((peer, name), ''))

    row('versions', set(fact('tls.versions') or ()) - {'SSLv2'},
        {ours for theirs, ours in VERSIONS.items() if said.get(theirs, 'not').startswith('offered')})
    row('suites', fact('suites'), {text.split()[-1] for key, text in said.items() if key.startswith(SUITE)})
    curves = {CURVES.get(name, name) for name in said.get('PFS_ECDHE_curves', '').split()} | set(said.get('DH_groups', '').split())
    row('groups', set(fact('tls.groups') or ()), curves)
    for keys, name, yes in YES_OR_NO:
        texts = [said[key] for key in keys.split('|') if key in said]
        ours = fact(name)
        if texts and ours is not None and not any(text.startswith(NO_ANSWER) for text in texts):
            row(name, bool(ours), any(map(yes, texts)))
    for key, name, shape in TEXTS:
        if key in said and fact(name) is not None:
            row(name, shape(str(fact(name))), said[key])
    if 'HSTS_time' in said and fact('http.hsts_max_age') is not None:
        row('http.hsts_max_age', f'(={fact("http.hsts_max_age")} seconds)', said['HSTS_time'].split('days ')[1].split(' >')[0])
