"""`nis2 scan` for programs: forms that others read, files, and what the exit status tells (docs/cli.md)."""
import json
import re
import subprocess

import pytest

from conftest import BINARY, scan
from peers import Mock, Peers
from test_content import answer

SERVER, OTHER = '127.85.36.1', '127.85.36.2'


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    """A Redis that asks for no password, and a web server that says odd things of itself."""
    peers = Peers(tmp_path_factory.mktemp('command'))
    peers.folder.chmod(0o755)

    def serve(connection):
        connection.recv(65536)
        connection.sendall(answer('200 OK', 'text/html', 'x', 'Server: nginx/1.2 |b`c`<s>*x*&"\x7f'))
    mocks = [Mock(SERVER, 80, serve), Mock(OTHER, 80, serve)]
    try:
        peers.redis(SERVER)
        yield SERVER
    finally:
        for mock in mocks:
            mock.close()
        peers.stop()


def test_w85_w87_markdown_holds_whatever_a_server_says(server):
    """W85, W87: no template is looked for; no cell ends early, nothing of a stranger is markup."""
    text = scan('--format', 'markdown', server).text
    rows = [line for line in text.splitlines() if line.startswith('| ')]
    assert len(rows) > 5
    assert {len(re.findall(r'(?<!\\)\|', row)) for row in rows} == {8}
    assert r'nginx/1.2 \|b\`c\`&lt;s\>\*x\*&amp;' in text and '<s>' not in text


def test_junit_is_xml_with_a_suite_a_target(server, tmp_path):
    path = tmp_path / 'junit.xml'
    outcome = scan('--format', 'junit', '--output', path, server)
    assert outcome.status == 1 and not outcome.text
    said = subprocess.run(['xmllint', '--xpath', 'string(//testsuite/@name)', path], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == server
    types = subprocess.run(['xmllint', '--xpath', '//failure/@type', path], capture_output=True, text=True, check=True).stdout
    assert 'CRITICAL' in types and 'WARNING' in types and 'LOW' not in types


def test_sarif_names_a_rule_for_each_result(server):
    run, = json.loads(scan('--format', 'sarif', server).text)['runs']
    rules = [rule['id'] for rule in run['tool']['driver']['rules']]
    assert len(rules) == len(set(rules))
    assert {result['ruleId'] for result in run['results']} == set(rules)
    redis, = (r for r in run['tool']['driver']['rules'] if r['id'] == 'redis_no_auth')
    assert float(redis['properties']['security-severity']) >= 9 and redis['help']['text']
    assert all(len(r['partialFingerprints']['nis2/v1']) == 64 for r in run['results'])


def test_w84_a_file_for_prometheus_has_every_severity(server, tmp_path):
    """W84: whole or not there, and told apart by profile."""
    path = tmp_path / 'nis2.prom'
    scan('--profile', 'quick', '--prometheus', path, server)
    text = path.read_text()
    for severity in ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'):
        assert re.search(rf'^nis2_findings_total{{severity="{severity}",profile="quick"}} \d+$', text, re.M)
    assert re.search(r'^nis2_compliance_score{profile="quick"} \d+$', text, re.M)
    assert not list(tmp_path.glob('*.tmp*'))


@pytest.mark.parametrize('args,status', [
    (['--fail-on', 'CRITICAL', OTHER], 0), (['--fail-on', 'CRITICAL', SERVER], 1),
    (['--fail-on', 'CRITICAL', '--min-score', '100', OTHER], 1), (['--fail-on', 'CRITICAL', '--min-score', '1', OTHER], 0),
    (['--profile', 'slow', OTHER], 2), (['--min-score', '101', OTHER], 2), (['--limit', '-1', OTHER], 2),
    (['--output', 'x', OTHER], 2), (['nobody.invalid'], 3), (['--dry-run', 'nobody.invalid'], 3), (['--dry-run', OTHER], 0)])
def test_w80_the_exit_status_tells(server, args, status):
    """W80: 0 all right, 1 what the caller asked to be told of, 2 wrong use, 3 the scan failed."""
    assert scan(*args).status == status


def test_a_dry_run_contacts_nobody(tmp_path):
    asked = []
    mock = Mock(OTHER, 8080, asked.append)
    try:
        outcome = scan('--dry-run', f'{OTHER}/31', '--limit', '1')
    finally:
        mock.close()
    line, *_ = outcome.text.splitlines()  # what is cut is said below
    assert line.startswith(f'{OTHER}/31 {OTHER} note: ')
    assert not asked


def test_w30_a_quick_scan_asks_for_no_files():
    """W30: the probes that are thorough are for a full scan."""
    asked = []

    def serve(connection):
        asked.append(connection.recv(65536).decode('latin-1').split(' '))
        connection.sendall(answer('200 OK', 'text/html', 'x'))
    mock = Mock(OTHER, 8080, serve)
    try:
        quick = scan('--format', 'json', '--profile', 'quick', OTHER)
        first = {words[1] for words in asked if len(words) > 2}
        full = scan('--format', 'json', OTHER)
    finally:
        mock.close()
    assert '/' in first and '/.env' not in first and not quick.facts(OTHER, 'files.exposed')
    assert full.facts(OTHER, 'files.exposed', 8080) == [[]]


def test_help_names_every_option():
    text = subprocess.run([BINARY, 'scan', '--help'], capture_output=True, text=True, check=True).stdout
    for option in ('--format', '--output', '--prometheus', '--fail-on', '--min-score', '--profile', '--limit', '--dry-run'):
        assert option in text
