"""The command line: what `nis2 scan` writes, how it ends, and what it refuses. Each format is opened by another program."""
import concurrent.futures
import datetime
import hashlib
import json
import os
import re
import subprocess
import xml.etree.ElementTree as xml

import jsonschema
import pytest

from conftest import BINARY, SOURCE
from peers import Mock

HOSTILE, CLEAN, SILENT = '127.36.0.1', '127.36.0.2', '127.36.0.3'
PORT = 8080
SARIF_SCHEMA = SOURCE / 'web/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'
SAID = 'Apache/2.4.1 a|b `c` <img src=x onerror=y> **dd** [e](http://evil.example) \\| www.evil.example @all'
FINDING_KEYS = ['severity', 'category', 'message', 'rationale', 'target', 'reference', 'cvss_base_score', 'cvss_vector',
                'technical_detail', 'remediation', 'remediation_cost', 'remediation_effort', 'compliance_article', 'scored']


def answer(*headers):
    """A peer that gives the same page to every request."""
    head = ''.join(f'{header}\r\n' for header in headers)

    def peer(connection):
        # What is no HTTP is hung up on: nothing waits for an answer.
        while re.match(rb'[A-Z]+ /?\S* HTTP/', connection.recv(65536)):
            connection.sendall(f'HTTP/1.1 200 OK\r\n{head}Content-Length: 2\r\n\r\nhi'.encode())
    return peer


GOOD_HEADERS = ['Content-Type: text/plain', 'Content-Security-Policy: default-src \'none\'; frame-ancestors \'none\'',
                'X-Content-Type-Options: nosniff', 'Referrer-Policy: no-referrer', 'X-Frame-Options: DENY']


@pytest.fixture(scope='module', autouse=True)
def servers():
    mocks = [Mock(HOSTILE, PORT, answer(f'Server: {SAID}', 'Content-Type: text/html')),
             Mock(CLEAN, PORT, answer(*GOOD_HEADERS))]
    yield
    for mock in mocks:
        mock.close()


def nis2(*args, cwd=None, text=None, **env):
    done = subprocess.run([BINARY, *map(str, args)], cwd=cwd, input=text, capture_output=True, text=True, timeout=120,
                          env={**os.environ, 'LANG': 'en', 'LC_ALL': 'C.UTF-8', **env})
    assert 'runtime error' not in done.stderr
    return done


def scan(*args, **how):
    return nis2('scan', '--allow-networks', '127.36.0.0/16', '--ports', PORT, *args, **how)


class Written:
    """One scan into a folder, in every format and with signed evidence."""

    def __init__(self, folder):
        assert nis2('evidence', 'keygen', 'key', cwd=folder).returncode == 0
        (folder / 'config.yaml').write_text(
            f'project_name: "Perimeter <b> & |more|"\nallow_networks: [127.36.0.0/16]\nports: [{PORT}]\n'
            f'targets:\n  ip_ranges:\n  - {HOSTILE}\n  - {CLEAN}\n  - {SILENT}\n')
        self.folder = folder
        self.done = nis2('scan', '--config', 'config.yaml', '--output', 'out', '--format', 'json,markdown,html,junit,sarif',
                         '--evidence', '--sign-key', 'key', cwd=folder, JWT_SECRET='s3cr3t-of-the-machine-0123456789')
        self.files = {p.suffix: p for p in (folder / 'out').iterdir() if p.is_file()}
        self.evidence = next(p for p in (folder / 'out').iterdir() if p.is_dir())
        self.id = self.evidence.name.removeprefix('scan_')

    def text(self, suffix):
        return self.files[suffix].read_text()


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    one = Written(tmp_path_factory.mktemp('cli'))
    assert one.done.returncode == 1, one.done.stderr
    return one


# ---- the formats ----

def test_files_are_called_after_the_scan(written):
    assert sorted(written.files) == ['.html', '.json', '.md', '.sarif', '.xml']
    for path in written.files.values():
        assert path.stem == f'nis2_report_{written.id}'
        assert path.stat().st_mode & 0o777 == 0o600
        assert f'report: out/{path.name}\n' in written.done.stdout
    assert written.done.stderr == ''


def test_the_json_says_what_it_is_about(written):
    """W82: project_name and scan_id are in the file; the other keys are those of version 2.0 and no others."""
    got = json.loads(written.text('.json'))
    assert list(got) == ['version', 'project_name', 'scan_id', 'metadata', 'summary', 'compliance_matrix', 'assets', 'findings']
    assert got['version'] == '2.0' and got['project_name'] == 'Perimeter <b> & |more|' and got['scan_id'] == written.id
    assert list(got['metadata']) == ['timestamp', 'generator', 'evidence_sha256']
    assert list(got['summary']) == ['total_score', 'stats', 'checked_items']
    assert got['summary']['stats'] | {'analyzed_hosts': 3, 'active_hosts': 2} == got['summary']['stats']
    stats = got['summary']['stats']
    assert stats['active_hosts'] == sum(stats[k] for k in stats if k.endswith('_risk_hosts') or k == 'compliant_hosts')
    assert [label[:3] for label in got['compliance_matrix']] == [f'{letter}) ' for letter in 'abcdefghij']
    assert all(isinstance(status, str) for status in got['compliance_matrix'].values())
    assert [(a['target'], a['status'], a['ports']) for a in got['assets']] == [
        (HOSTILE, 'Active', [PORT]), (CLEAN, 'Active', [PORT]), (SILENT, 'Unresponsive', [])]
    assert all(list(a) == ['target', 'ip', 'status', 'os', 'ports'] for a in got['assets'])
    assert got['findings'] and all(list(f) == FINDING_KEYS for f in got['findings'])
    assert 'version_leak' in got['summary']['checked_items']


def test_the_evidence_hash_is_in_every_report_for_people_and_programs(written):
    """W83: what stands for the evidence is in the reports."""
    digest = hashlib.sha256((written.evidence / 'metadata.json').read_bytes()).hexdigest()
    assert digest in written.done.stdout
    for suffix in ('.json', '.md', '.html'):
        assert digest in written.text(suffix)


def test_junit_is_opened_by_xmllint(written):
    assert subprocess.run(['xmllint', '--noout', '--nonet', written.files['.xml']], check=False).returncode == 0
    root = xml.parse(written.files['.xml']).getroot()
    assert root.tag == 'testsuites' and root.get('name') == 'Perimeter <b> & |more|'
    for node in [root, *root.iter('testsuite')]:
        cases = list(node.iter('testcase'))
        assert int(node.get('tests')) == len(cases)
        assert int(node.get('failures')) == sum(c.find('failure') is not None for c in cases)
        assert int(node.get('errors')) == 0
    found = json.loads(written.text('.json'))['findings']
    cases = {(s.get('name'), c.get('name')): c for s in root.iter('testsuite') for c in s.iter('testcase')}
    for f in found:
        case = cases[f['target'], f['message']]
        failure = case.find('failure')
        assert case.get('classname') == f['category']
        if f['severity'] in ('CRITICAL', 'HIGH', 'MEDIUM'):
            assert failure.get('type') == ('WARNING' if f['severity'] == 'MEDIUM' else f['severity'])
        else:
            assert failure is None and case.find('system-out').text.startswith('INFO: ')
    assert len(list(root.iter('testcase'))) > len(found), 'checks that passed are cases too'


def test_sarif_is_what_its_schema_says(written):
    log = json.loads(written.text('.sarif'))
    jsonschema.Draft4Validator(json.loads(SARIF_SCHEMA.read_text())).validate(log)
    run, = log['runs']
    rules = run['tool']['driver']['rules']
    for result in run['results']:
        rule = rules[result['ruleIndex']]
        assert rule['id'] == result['ruleId'] and rule['help']['text'] and rule['shortDescription']['text']
        assert re.fullmatch('[0-9a-f]{64}', result['partialFingerprints']['nis2Finding/v1'])
        assert result['locations'][0]['physicalLocation']['artifactLocation']['uri'].startswith('//127.36.0.')
    severity = {r['id']: r['properties'].get('security-severity') for r in rules}
    scores = {f['message']: f['cvss_base_score'] for f in json.loads(written.text('.json'))['findings']}
    for result in run['results']:
        score = scores[result['properties']['label']]
        assert severity[result['ruleId']] == (None if score is None else f'{score:.1f}')
    fingerprints = [r['partialFingerprints']['nis2Finding/v1'] for r in run['results']]
    assert len(set(fingerprints)) == len(fingerprints)


def test_fingerprints_are_the_same_in_the_next_scan(written):
    again = json.loads(scan('--format', 'sarif', HOSTILE, CLEAN).stdout)

    def prints(log):
        return sorted(r['partialFingerprints']['nis2Finding/v1'] for r in log['runs'][0]['results'])
    assert prints(again) == prints(json.loads(written.text('.sarif')))


def test_markdown_is_escaped(written):
    """W87: `|`, line ends, backticks and HTML of a scanned server are text, in one cell, for another implementation too."""
    text = written.text('.md')
    html = subprocess.run(['cmark-gfm', '--unsafe', '-e', 'table', '-e', 'autolink', '-e', 'strikethrough'], input=text,
                          capture_output=True, text=True, check=True).stdout
    assert '<img' not in html and '<strong>dd</strong>' not in html and '<a ' not in html and '<b>' not in html
    shown = re.sub(r'<[^>]+>', '', html)
    assert SAID.split(' ', 1)[1].split(' [')[0].replace('<', '&lt;').replace('>', '&gt;') in shown
    tables = re.findall(r'<table>.*?</table>', html, re.S)
    found = json.loads(written.text('.json'))['findings']
    rows = [re.findall(r'<t[dh]>', row) for row in re.findall(r'<tr>.*?</tr>', tables[1], re.S)]
    assert len(rows) == len(found) + 1 and {len(row) for row in rows} == {5}


def test_html_needs_nothing_from_anywhere(written, tmp_path):
    """W85: the page is in the program: written from an empty folder it is whole, and it fetches nothing."""
    scan('--format', 'html', '--output', tmp_path, HOSTILE, cwd=tmp_path)
    for text in (written.text('.html'), next(tmp_path.glob('*.html')).read_text()):
        assert text.startswith('<!DOCTYPE html>') and text.rstrip().endswith('</html>') and '<style>' in text
        assert "default-src 'none'" in text
        assert not re.search(r'(src|href|action)\s*=|url\(|@import|<script|<link|<img|<iframe', text.replace('&lt;', '').split('<main>')[0])
        assert '<img src=x' not in text and '&lt;img src=x onerror=y&gt;' in text


@pytest.mark.parametrize('form, begin', [('json', '{'), ('markdown', '# '), ('md', '# '), ('html', '<!DOCTYPE'),
                                         ('junit', '<?xml'), ('xml', '<?xml'), ('sarif', '{'), ('text', CLEAN)])
def test_one_format_goes_to_standard_output(form, begin):
    done = scan('--format', form, '--fail-on', 'never', CLEAN)
    assert done.returncode == 0 and done.stdout.startswith(begin) and done.stderr == ''


def test_quiet_says_nothing(tmp_path):
    done = scan('--quiet', HOSTILE)
    assert (done.returncode, done.stdout, done.stderr) == (1, '', '')
    done = scan('--quiet', '--output', tmp_path / 'new/folder', HOSTILE)
    assert (done.returncode, done.stdout, done.stderr) == (1, '', '')
    assert sorted(p.suffix for p in (tmp_path / 'new/folder').iterdir()) == ['.html', '.json', '.md']


# ---- how it ends ----

EXITS = [
    # arguments, status, a part of what is said on standard error
    ([CLEAN, '--fail-on', 'MEDIUM'], 0, ''),
    ([HOSTILE, '--fail-on', 'MEDIUM'], 1, ''),
    ([HOSTILE, '--fail-on', 'CRITICAL'], 0, ''),
    ([HOSTILE, '--fail-on', 'never'], 0, ''),
    ([HOSTILE, '--fail-on', 'never', '--min-score', '1'], 0, ''),
    ([HOSTILE, '--fail-on', 'never', '--min-score', '100'], 1, ''),
    ([SILENT], 3, 'nothing could be assessed'),
    ([SILENT, '--min-score', '1'], 3, 'nothing could be assessed'),
    (['--hosts-file', '/dev/null', 'nobody.invalid'], 3, 'no target was reached'),
    ([], 2, 'nothing to scan'),
    (['--config', '/nowhere/config.yaml'], 2, '/nowhere/config.yaml'),
    ([HOSTILE, '--profile', 'deep'], 2, '--profile must be quick, full or custom'),
    ([HOSTILE, '--fail-on', 'BAD'], 2, '--fail-on must be CRITICAL'),
    ([HOSTILE, '--min-score', '101'], 2, '--min-score must be a number from 0 to 100'),
    ([HOSTILE, '--limit', '-1'], 2, '--limit must be a number'),
    ([HOSTILE, '--country', 'it'], 2, '--country must be a country'),
    ([HOSTILE, '--format', 'json,html'], 2, '--output DIR'),
    ([HOSTILE, '--format', 'docx'], 2, '--format must be'),
    ([HOSTILE, '--format', 'scan-json'], 2, '--format must be'),
    ([HOSTILE, '--evidence'], 2, '--evidence needs a folder'),
    ([HOSTILE, '--sign-key', 'x'], 2, '--sign-key signs evidence'),
    ([HOSTILE, '--output', '/dev/null/x'], 2, '/dev/null'),
    ([HOSTILE, '--prometheus', '/etc/passwd'], 2, 'holds other metrics'),
    ([HOSTILE, '--nonsense'], 2, 'unknown option --nonsense'),
    (['10.0.0.1'], 2, 'Private/reserved IP blocked'),
]


@pytest.mark.parametrize('args, status, said', EXITS)
def test_the_exit_code_says_how_it_ended(args, status, said):
    """W80: 0 in order, 1 findings or a low score, 2 a wrong order, 3 not done."""
    done = scan(*args)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


def test_a_scan_that_is_cut_short_is_not_a_success(tmp_path):
    """W80: the deadline ends it; what was seen is written and says that it is not all."""
    mock = Mock('127.36.0.9', 22, lambda connection: connection.recv(65536))
    try:
        done = nis2('scan', '--allow-networks', '127.36.0.0/16', '--ports', '22', '--deadline', '1', '--concurrency', '1',
                    '--output', tmp_path, '--format', 'json,sarif,junit,markdown', '127.36.0.0/24')
    finally:
        mock.close()
    assert done.returncode == 3 and 'deadline' in done.stderr
    assert json.loads(next(tmp_path.glob('*.json')).read_text())['summary']['complete'] is False
    assert json.loads(next(tmp_path.glob('*.sarif')).read_text())['runs'][0]['invocations'][0]['executionSuccessful'] is False
    assert 'name="the scan came to its end"><error' in next(tmp_path.glob('*.xml')).read_text()
    assert 'did not come to its end' in next(tmp_path.glob('*.md')).read_text()


def test_a_score_of_nothing_is_null():
    """W80, W1: no host answered, so there is no score, in no format."""
    done = scan('--format', 'json', SILENT)
    assert done.returncode == 3 and json.loads(done.stdout)['summary']['total_score'] is None
    assert 'score: not assessed' in scan(SILENT).stdout


# ---- what is scanned ----

def test_a_dry_run_contacts_nobody(tmp_path):
    """W1: the addresses are told, nothing is looked at, and there is no score of it."""
    asked = []
    mock = Mock('127.36.0.8', PORT, lambda connection: asked.append(1))
    try:
        done = scan('--dry-run', '--output', tmp_path / 'none', '127.36.0.8', '127.36.0.16/30')
    finally:
        mock.close()
    assert done.returncode == 0 and not asked
    assert done.stdout.splitlines() == ['1 ports: 8080', '127.36.0.8 127.36.0.8', *(
        f'127.36.0.16/30 127.36.0.{n}' for n in (17, 18)), '3 of 3 addresses would be looked at; nothing was']
    assert not list((tmp_path / 'none').iterdir())


def test_a_dry_run_of_nothing_fails():
    done = scan('--dry-run', '--hosts-file', '/dev/null', 'nobody.invalid')
    assert done.returncode == 3 and 'no target could be contacted' in done.stderr


def test_a_limit_limits(tmp_path):
    done = scan('--dry-run', '--limit', '3', '127.36.0.16/28')
    assert '3 of 3 addresses' in done.stdout
    (tmp_path / 'c.yaml').write_text('max_hosts: 5\ntargets: {ip_ranges: [127.36.0.16/28]}\n')
    assert '5 of 5 addresses' in scan('--dry-run', '--config', tmp_path / 'c.yaml').stdout
    assert '2 of 2 addresses' in scan('--dry-run', '--limit', '2', '--config', tmp_path / 'c.yaml').stdout


def test_private_addresses_only_when_they_are_allowed(tmp_path):
    (tmp_path / 'c.yaml').write_text(f'allow_private_ips: true\ntargets: {{ip_ranges: [{CLEAN}]}}\n')
    assert nis2('scan', '--dry-run', CLEAN).returncode == 2
    assert nis2('scan', '--dry-run', '--allow-private', CLEAN).returncode == 0
    assert nis2('scan', '--dry-run', '--config', tmp_path / 'c.yaml').returncode == 0
    # Where clouds answer for credentials is no ordinary private network.
    assert nis2('scan', '--dry-run', '--allow-private', '169.254.169.254').returncode == 2


def test_the_command_line_counts_more_than_the_file(tmp_path):
    (tmp_path / 'c.yaml').write_text(f'ports: [1]\nfail_on: CRITICAL\nmin_score: 100\ntargets: {{ip_ranges: [{SILENT}]}}\n'
                                     'profiles: {quick: {ports: [2]}}\nallow_networks: [127.36.0.0/16]\n')

    def ports(*args):
        return nis2('scan', '--config', tmp_path / 'c.yaml', '--dry-run', *args).stdout.splitlines()[0]
    assert ports() == '1 ports: 1'
    assert ports('--profile', 'quick') == '1 ports: 2'
    assert ports('--profile', 'quick', '--ports', '3,4') == '2 ports: 3, 4'
    assert scan('--config', tmp_path / 'c.yaml', HOSTILE).returncode == 1
    assert scan('--config', tmp_path / 'c.yaml', '--min-score', '0', HOSTILE).returncode == 0


def test_a_pin_names_a_target(tmp_path):
    (tmp_path / 'hosts').write_text(f'{CLEAN} www.example.net\n')
    config = tmp_path / 'c.yaml'
    config.write_text(f'targets: {{domains: [www.example.net]}}\npinned_ips: {{www.example.net: {HOSTILE}}}\n')
    done = scan('--config', config, '--hosts-file', tmp_path / 'hosts')
    assert f'The address changed from {HOSTILE} to {CLEAN}' in done.stdout
    config.write_text(f'targets: {{domains: [www.example.net]}}\npinned_ips: {{www.example.org: {HOSTILE}}}\n')
    done = scan('--config', config)
    assert done.returncode == 2 and 'pinned_ips names www.example.org, which is no target' in done.stderr


# file, where and what; test_scan_config.c has more
CONFIGS = [
    ('targets:\n  asns: [64500]\n', ':2:3: asns: networks are not looked up'),
    ('targets: {}\nscan_timout: 5\n', ":2:1: unknown key 'scan_timout'"),
    ('concurrency: "20"\n', ':1:1: concurrency must be a number from 1 to 200'),
    ('compliance_profile: pci\n', ':1:1: compliance_profile must be standard_nis2'),
    ('targets: {domains: [a.example]\nports: []\n', ':2:1: '),
    ('a: &a [x]\nb: [*a, *a]\n', ':1:4: anchors'),
    ('- a\n', ':1:1: a configuration is a mapping'),
]


@pytest.mark.parametrize('text, said', CONFIGS)
def test_a_configuration_is_refused_with_its_place(tmp_path, text, said):
    """W81: file, line, column and key; nothing is ignored, nothing fails later."""
    (tmp_path / 'c.yaml').write_text(text)
    done = scan('--config', 'c.yaml', CLEAN, cwd=tmp_path)
    assert done.returncode == 2 and f'c.yaml{said}' in done.stderr, done.stderr


def test_w30_a_quick_scan_asks_for_no_files():
    """W30: the probes that are thorough are for a full scan."""
    asked = []

    def serve(connection):
        asked.append(connection.recv(65536).decode('latin-1').split(' '))
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx')
    mock = Mock('127.36.0.7', PORT, serve)
    try:
        quick = json.loads(scan('--format', 'json', '--facts', '--profile', 'quick', '127.36.0.7').stdout)
        first = {words[1] for words in asked if len(words) > 2}
        full = json.loads(scan('--format', 'json', '--facts', '127.36.0.7').stdout)
    finally:
        mock.close()

    def exposed(report):
        return [f['list'] for f in report['assets'][0]['facts'] if f['f'] == 'files.exposed']
    assert '/' in first and '/.env' not in first and not exposed(quick)
    assert exposed(full) == [[]]


# ---- the wizard ----

def test_the_wizard_writes_what_scan_reads(tmp_path):
    answers = ['Perimeter', '7', 'many', '30', '', f'{CLEAN}', '127.36.0.16/30', '', '', 'no', '', 'maybe', 'y', 'n']
    done = nis2('init', '--output', 'my.yaml', cwd=tmp_path, text='\n'.join(answers) + '\n')
    assert done.returncode == 0 and done.stdout.endswith('Configuration saved to my.yaml\n'), done.stderr
    text = (tmp_path / 'my.yaml').read_text()
    for line in ('project_name: "Perimeter"', 'scan_timeout: 7', 'concurrency: 30', 'max_hosts: 100', '  dns_checks: false',
                 '  web_checks: true', '  port_scan: true', '  whois_checks: false'):
        assert f'{line}\n' in text
    assert '3 of 3 addresses' in scan('--config', 'my.yaml', '--dry-run', cwd=tmp_path).stdout
    assert nis2('init', '--output', 'my.yaml', cwd=tmp_path, text='').returncode == 2
    assert (tmp_path / 'my.yaml').read_text() == text
    assert nis2('init', '--output', 'my.yaml', '--force', cwd=tmp_path, text='').returncode == 0


# ---- Prometheus ----

def samples(path):
    got = {}
    for line in path.read_text().splitlines():
        if match := re.fullmatch(r'(nis2_\w+)\{(.*)\} (\S+)', line):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
            got[match[1], labels['profile'], labels.get('severity')] = float(match[3])
        else:
            assert re.fullmatch(r'# (HELP|TYPE) nis2_\w+ .+', line), line
    return got


def test_profiles_do_not_overwrite_each_other(tmp_path):
    """W84: one file, four gauges, a line a profile; HELP and TYPE once each, as the format wants it."""
    path = tmp_path / 'nis2.prom'
    before = datetime.datetime.now().timestamp()
    scan('--quiet', '--profile', 'quick', '--prometheus', path, HOSTILE)
    quick = samples(path)
    scan('--quiet', '--profile', 'full', '--prometheus', path, CLEAN, SILENT)
    both = samples(path)
    assert {k: v for k, v in both.items() if k[1] == 'quick'} == quick
    assert {k[0] for k in both} == {'nis2_compliance_score', 'nis2_findings_total', 'nis2_analyzed_hosts',
                                    'nis2_last_scan_timestamp_seconds'}
    assert {k[2] for k in both if k[0] == 'nis2_findings_total'} == {'CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'}
    assert both['nis2_analyzed_hosts', 'full', None] == 2 and both['nis2_analyzed_hosts', 'quick', None] == 1
    assert int(before) <= both['nis2_last_scan_timestamp_seconds', 'full', None] <= before + 120
    comments = [line for line in path.read_text().splitlines() if line.startswith('#')]
    assert len(comments) == len(set(comments)) == 8
    assert path.stat().st_mode & 0o777 == 0o644
    scan('--quiet', '--profile', 'quick', '--prometheus', path, SILENT)
    # No score is no sample; what was scanned is replaced, not added.
    assert ('nis2_compliance_score', 'quick', None) not in samples(path)


def test_the_metrics_are_never_half_there(tmp_path):
    """W84: the file is replaced whole: several scans at a time, and every reader sees all of a profile's lines or none."""
    path = tmp_path / 'nis2.prom'
    scan('--quiet', '--profile', 'custom', '--prometheus', path, CLEAN)
    old = path.open()

    def run(profile):
        return scan('--quiet', '--profile', profile, '--prometheus', path, '--fail-on', 'never', CLEAN).returncode
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(run, profile) for profile in ('quick', 'full') * 4]
        while not all(r.done() for r in running):
            seen = samples(path)
            for profile in {k[1] for k in seen}:
                assert sum(k[1] == profile for k in seen) == 8
    assert {r.result() for r in running} == {0}
    assert {k[1] for k in samples(path)} == {'quick', 'full', 'custom'}
    with old:  # Who began to read before reads on in what was there then.
        assert 'profile="quick"' not in old.read()
    assert sorted(p.name for p in tmp_path.iterdir()) == ['nis2.prom', 'nis2.prom.lock']


def test_a_file_of_others_is_left_alone(tmp_path):
    path = tmp_path / 'node.prom'
    path.write_text('node_load1 0.5\n')
    done = scan('--prometheus', path, CLEAN)
    assert done.returncode == 2 and path.read_text() == 'node_load1 0.5\n'


# ---- evidence ----

def copied(written, tmp_path):
    folder = tmp_path / 'evidence'
    subprocess.run(['cp', '-r', written.evidence, folder], check=True)
    return folder


def verify(folder, *args):
    done = nis2('evidence', 'verify', folder, *args)
    return done.returncode, done.stdout + done.stderr


def test_evidence_lists_every_file_with_its_hash(written):
    """W83: `files` is filled, the time is UTC, the id has a random part, and the whole can be checked."""
    metadata = json.loads((written.evidence / 'metadata.json').read_text())
    names = {p.name for p in written.evidence.iterdir()} - {'metadata.json', 'metadata.json.sig'}
    assert set(metadata['files']) == names == {'frozen_config.yaml', 'facts.jsonl', 'results.jsonl', 'report.json'}
    for name, digest in metadata['files'].items():
        assert hashlib.sha256((written.evidence / name).read_bytes()).hexdigest() == digest
    assert metadata['frozen_config_hash'] == metadata['files']['frozen_config.yaml']
    assert metadata['generator'].startswith('nis2 ') and metadata['scan_id'] == written.id and metadata['complete'] is True
    start = datetime.datetime.fromisoformat(metadata['timestamp_start'])
    assert start.utcoffset() == datetime.timedelta(0) and metadata['timestamp_end'] >= metadata['timestamp_start']
    assert re.fullmatch(start.strftime('%Y%m%d') + r'_\d{6}_[0-9a-f]{8}', written.id)
    assert written.evidence.stat().st_mode & 0o777 == 0o700
    status, said = verify(written.evidence, '--key', written.folder / 'key.pub')
    assert status == 0 and 'the signature is of this key' in said


def test_evidence_holds_what_the_report_rests_on(written):
    facts = [json.loads(line) for line in (written.evidence / 'facts.jsonl').read_text().splitlines()]
    assert [host['target'] for host in facts] == [HOSTILE, CLEAN, SILENT]
    assert any(f['f'] == 'http.server' or 'Apache/2.4.1' in str(f) for f in facts[0]['facts'])
    results = [json.loads(line) for line in (written.evidence / 'results.jsonl').read_text().splitlines()]
    assert str(PORT) in results[0]['http_info']
    report, kept = (json.loads(p.read_text()) for p in (written.files['.json'], written.evidence / 'report.json'))
    assert report['metadata'].pop('evidence_sha256') and report == kept


def test_evidence_has_no_secret(written):
    """W83: no key and no setting of the machine is in it."""
    key = (written.folder / 'key').read_text().splitlines()[1]
    for path in [*written.evidence.iterdir(), *written.files.values()]:
        assert b's3cr3t-of-the-machine' not in path.read_bytes() and key.encode() not in path.read_bytes()


def test_a_frozen_configuration_scans_the_same(written, tmp_path):
    done = nis2('scan', '--config', written.evidence / 'frozen_config.yaml', '--dry-run')
    assert done.returncode == 0 and '3 of 3 addresses' in done.stdout and '1 ports: 8080' in done.stdout


@pytest.mark.parametrize('name', ['frozen_config.yaml', 'facts.jsonl', 'results.jsonl', 'report.json', 'metadata.json',
                                  'metadata.json.sig'])
def test_one_altered_byte_is_found(written, tmp_path, name):
    """W83: whichever file it is in."""
    folder = copied(written, tmp_path)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    status, said = verify(folder, '--key', written.folder / 'key.pub')
    assert status == 1 and (name in said or 'metadata.json.sig' in said)


def test_what_was_added_or_taken_away_is_found(written, tmp_path):
    folder = copied(written, tmp_path)
    (folder / 'more\x1b.txt').write_text('x')
    status, said = verify(folder)
    assert status == 1 and 'more?.txt is not of this evidence' in said
    (folder / 'more\x1b.txt').unlink()
    (folder / 'facts.jsonl').unlink()
    assert verify(folder) == (1, 'nis2 evidence verify: facts.jsonl is missing\n')
    (folder / 'facts.jsonl').symlink_to(written.evidence / 'facts.jsonl')
    assert verify(folder)[0] == 1


def test_files_that_were_made_to_fit_need_a_signature_or_a_hash(written, tmp_path):
    """A forger who writes the hashes anew is stopped by the key and by the hash that a report has."""
    folder = copied(written, tmp_path)
    right = hashlib.sha256((folder / 'metadata.json').read_bytes()).hexdigest()
    (folder / 'report.json').write_text('{}')
    metadata = json.loads((folder / 'metadata.json').read_text())
    metadata['files']['report.json'] = hashlib.sha256(b'{}').hexdigest()
    (folder / 'metadata.json').write_text(json.dumps(metadata))
    status, said = verify(folder)
    assert status == 0 and 'anybody can arrange' in said
    assert verify(folder, '--key', written.folder / 'key.pub')[0] == 1
    assert verify(folder, '--sha256', right)[0] == 1
    assert verify(written.evidence, '--sha256', right)[0] == 0


@pytest.mark.parametrize('path', ['../out', '/etc/passwd', '.', 'metadata.json', 'a/b'])
def test_a_list_that_points_elsewhere_is_refused(written, tmp_path, path):
    folder = copied(written, tmp_path)
    metadata = json.loads((folder / 'metadata.json').read_text())
    metadata['files'][path] = '0' * 64
    (folder / 'metadata.json').write_text(json.dumps(metadata))
    assert verify(folder) == (1, 'nis2 evidence verify: metadata.json lists what is no file of it\n')


def test_openssl_checks_the_signature(written):
    done = subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', written.folder / 'key.pub', '-rawin', '-in',
                           written.evidence / 'metadata.json', '-sigfile', written.evidence / 'metadata.json.sig'],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_openssl_makes_a_key(tmp_path):
    subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', tmp_path / 'key'], check=True)
    public = subprocess.run(['openssl', 'pkey', '-in', tmp_path / 'key', '-pubout'], check=True, capture_output=True).stdout
    (tmp_path / 'key.pub').write_bytes(public)
    scan('--output', tmp_path / 'out', '--evidence', '--sign-key', tmp_path / 'key', CLEAN)
    folder = next(p for p in (tmp_path / 'out').iterdir() if p.is_dir())
    assert verify(folder, '--key', tmp_path / 'key.pub')[0] == 0


def test_a_key_is_for_its_owner_and_is_not_replaced(tmp_path):
    assert nis2('evidence', 'keygen', tmp_path / 'k').returncode == 0
    assert (tmp_path / 'k').stat().st_mode & 0o777 == 0o600
    before = (tmp_path / 'k').read_bytes()
    assert nis2('evidence', 'keygen', tmp_path / 'k').returncode == 2
    assert (tmp_path / 'k').read_bytes() == before
    done = scan('--output', tmp_path / 'out', '--evidence', '--sign-key', tmp_path / 'k.pub', CLEAN)
    assert done.returncode == 2 and 'no Ed25519 private key' in done.stderr


def test_two_scans_of_one_second_have_two_ids(tmp_path):
    """W83: ids do not collide."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: scan('--quiet', '--output', tmp_path, '--evidence', '--format', 'json', CLEAN), range(8)))
    assert len(list(tmp_path.glob('nis2_report_*.json'))) == len(list(tmp_path.glob('scan_*'))) == 8


def test_help_knows_every_option_of_the_documentation():
    """docs/cli.md and --help name the same options."""
    page = (SOURCE / 'docs/cli.md').read_text()
    for command in ('scan', 'init', 'evidence keygen', 'evidence verify'):
        part = page.split(f'\n## nis2 {command}\n', 1)[1].split('\n## ', 1)[0]
        told = set(re.findall(r'^  --([a-z-]+)', nis2(*command.split(), '--help').stdout, re.M)) - {'help'}
        assert set(re.findall(r'^\| `--([a-z-]+)', part, re.M)) == told, command
