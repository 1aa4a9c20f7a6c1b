"""What a scan of real servers must find, and what it must not."""
import json

import pytest

from conftest import BAD, EMPTY, GOOD, OLD, REDIS, SSH, scan

EXPECTED = {
    # Debian's OpenSSL has no ML-KEM: for information.
    'good.example.net': [('tls_no_post_quantum', '')],
    'bad.example.net': [
        ('cert_expires_7', ''), ('cert_name_mismatch', ''), ('cert_self_signed', ''),
        ('cookie_httponly', ':443'), ('cookie_httponly', ':80'), ('cookie_samesite', ':443'), ('cookie_samesite', ':80'),
        ('cookie_secure', ':443'), ('csp_missing', ''), ('csp_missing', ''), ('frame_protection_missing', ''),
        ('frame_protection_missing', ''), ('hsts_missing', ''), ('http_no_https_redirect', ''), ('nosniff_missing', ''),
        ('nosniff_missing', ''), ('referrer_policy_missing', ''), ('referrer_policy_missing', ''),
        ('security_txt_missing', ''), ('software_eol', ':443'), ('software_eol', ':80'), ('tls_beast', ''),
        ('tls_client_order', ''), ('tls_lucky13', ''), ('tls_no_protection', ''), ('tls_no_tls13', ''), ('tls_weak_handshake_signature', ''), ('tls_weak_versions', ''),
        ('version_leak', ':443'), ('version_leak', ':80')],
    OLD: [
        ('cert_self_signed', ''), ('csp_missing', ''), ('frame_protection_missing', ''), ('hsts_missing', ''),
        ('nosniff_missing', ''), ('referrer_policy_missing', ''), ('security_txt_missing', ''), ('tls_beast', ''),
        ('tls_client_order', ''), ('tls_lucky13', ''), ('tls_no_protection', ''), ('tls_no_tls13', ''), ('tls_obsolete', ''),
        ('tls_short_dh', '')],
    SSH: [],
    REDIS: [('port_redis', ''), ('redis_no_auth', '')],
    EMPTY: [],
}

PORTS = {'good.example.net': [80, 443], 'bad.example.net': [80, 443], OLD: [443], SSH: [22], REDIS: [6379], EMPTY: []}

# target, fact, port, value
FACTS = [
    ('good.example.net', 'tls.versions', 443, ['TLSv1.2', 'TLSv1.3']),
    ('good.example.net', 'tls.weak_ciphers', 443, []),
    ('good.example.net', 'cert.trusted', 443, True),
    ('good.example.net', 'cert.name_match', 443, True),
    ('good.example.net', 'http.redirects_to_https', 80, True),
    ('good.example.net', 'http.security_txt', 443, True),
    ('good.example.net', 'http.hsts_max_age', 443, 63072000),
    ('good.example.net', 'http.csp_weaknesses', 443, []),
    ('good.example.net', 'http.version_leak', 443, False),
    ('bad.example.net', 'tls.weak_versions', 443, ['TLSv1.0', 'TLSv1.1']),
    ('bad.example.net', 'cert.name_match', 443, False),
    ('bad.example.net', 'http.redirects_to_https', 80, False),
    (OLD, 'tls.versions', 443, ['TLSv1.0']),
    (OLD, 'tls.version', 443, 'TLSv1.0'),
    (SSH, 'service.name', 22, 'ssh'),
    (SSH, 'service.confirmed', 22, True),
    (REDIS, 'service.name', 6379, 'redis'),
    (REDIS, 'service.no_auth', 6379, True),
]


@pytest.mark.parametrize('target', EXPECTED)
def test_finds_exactly_what_is_wrong(bench_scan, target):
    assert bench_scan.findings(target) == EXPECTED[target]


@pytest.mark.parametrize('target', PORTS)
def test_lists_the_open_ports(bench_scan, target):
    asset = bench_scan.asset(target)
    assert asset['ports'] == PORTS[target]
    assert asset['status'] == ('Active' if PORTS[target] else 'Unresponsive')
    # There is no name server here, which three probes say.
    assert [e for e in asset['errors'] if 'resolver' not in e] == []


@pytest.mark.parametrize('target,fact,port,value', FACTS)
def test_states_the_fact(bench_scan, target, fact, port, value):
    assert bench_scan.facts(target, fact, port) == [value]


def test_connects_to_the_address_of_the_name(bench_scan):
    assert bench_scan.asset('good.example.net')['ip'] == GOOD
    assert bench_scan.asset('bad.example.net')['ip'] == BAD


def test_shows_no_value_of_a_cookie(bench_scan):
    assert 'sid=***' in bench_scan.text
    assert 's3cr3t-value' not in bench_scan.text


def test_tells_versions_of_services(bench_scan):
    assert bench_scan.facts(SSH, 'service.version', 22)[0].startswith('OpenSSH_')
    assert bench_scan.facts(REDIS, 'service.version', 6379)[0].startswith('Redis ')


def test_the_score_is_the_mean_of_those_that_answer(bench_scan):
    """W1: where nothing could be assessed there is no score, not 100."""
    scores = [a['score'] for a in bench_scan.json['assets'] if a['status'] == 'Active']
    assert bench_scan.asset(EMPTY)['score'] is None
    assert bench_scan.json['summary']['total_score'] == sum(scores) // len(scores)
    assert bench_scan.asset('good.example.net')['score'] == 100


def test_findings_cite_an_article_and_a_remedy(bench_scan):
    assert bench_scan.json['findings']
    for finding in bench_scan.json['findings']:
        assert '21.2.' in finding['compliance_article']
        assert finding['remediation'] and finding['rationale'] and finding['technical_detail']


def test_exit_status_tells_of_findings(bench_scan):
    assert bench_scan.status == 1


# fail-on, target, status
STATUSES = [('LOW', OLD, 1), ('high', OLD, 1), ('CRITICAL', OLD, 0), ('CRITICAL', REDIS, 1), ('LOW', SSH, 0),
            ('LOW', EMPTY, 3), ('nonsense', EMPTY, 2)]


@pytest.mark.parametrize('fail_on,target,status', STATUSES)
def test_fail_on_decides_the_exit_status(peers, fail_on, target, status):
    assert scan('--fail-on', fail_on, target).status == status


# arguments, a part of the error
ERRORS = [
    (['10.0.0.1'], 'Private/reserved IP blocked'),
    (['nowhere'], 'Invalid domain'),
    (['localhost'], 'Blocked hostname'),
    (['--ports', '0', EMPTY], '--ports'),
    (['--format', 'docx', EMPTY], '--format'),
    (['--timeout', '0', EMPTY], '--timeout'),
    (['--concurrency', '1000', EMPTY], '--concurrency'),
]


@pytest.mark.parametrize('args,message', ERRORS)
def test_refuses_what_makes_no_sense(args, message):
    outcome = scan(*args)
    assert outcome.status == 2
    assert message in outcome.errors


def test_a_name_that_does_not_resolve_is_an_error(peers):
    outcome = scan('--hosts-file', peers.folder / 'hosts', 'nobody.invalid', timeout=60)
    assert outcome.status == 3
    assert 'nobody.invalid' in outcome.text and 'no target was reached' in outcome.errors


def test_text_names_the_target_the_ports_and_the_findings(peers):
    outcome = scan('--hosts-file', peers.folder / 'hosts', '--ca-file', peers.folder / 'root.pem', 'good.example.net', REDIS)
    assert f'good.example.net ({GOOD})  score 100' in outcome.text
    assert 'open: 80 http, 443 https' in outcome.text
    assert 'CRITICAL Redis' in outcome.text
    assert '\033' not in outcome.text


def test_text_is_in_the_language_of_the_user(peers):
    english = json.loads(scan('--format', 'json', REDIS).text)
    italian = json.loads(scan('--format', 'json', REDIS, LC_ALL='it_IT.UTF-8').text)
    assert [f['check'] for f in english['findings']] == [f['check'] for f in italian['findings']]
    assert english['findings'][0]['remediation'] != italian['findings'][0]['remediation']
    assert english['findings'][0]['message'] == italian['findings'][0]['message']


def test_only_the_named_ports_are_looked_at(peers):
    outcome = scan('--format', 'json', '--ports', '22,80', '--hosts-file', peers.folder / 'hosts', 'bad.example.net')
    assert outcome.asset('bad.example.net')['ports'] == [80]


def test_a_network_is_looked_at_address_by_address(peers):
    outcome = scan('--format', 'json', '127.77.0.0/29')
    assert [a['ip'] for a in outcome.json['assets']] == [f'127.77.0.{n}' for n in range(1, 7)]
    assert outcome.json['summary']['stats']['active_hosts'] == 5
