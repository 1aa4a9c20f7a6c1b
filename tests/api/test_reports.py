"""Reports: asking, waiting, downloading."""
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import issues


def generate(client, scan_id, expect=200, **query):
    text = '&'.join(f'{name}={value}' for name, value in {'scan_id': scan_id, **query}.items())
    return client.post(f'/reports/generate?{text}', expect=expect)


def wait(client, task_id, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        got = client.get(f'/reports/status/{task_id}', expect=200).json()
        if got['status'] in ('success', 'failure'):
            return got
        time.sleep(0.1)
    raise AssertionError(f'no report after {seconds} s: {got}')


# ---- without a worker: what is asked for stays pending ----

def test_a_report_begins_pending(account, admin):
    scan_id = seed.scan(account)
    got = generate(admin, scan_id, format='html').json()
    assert got == {'task_id': got['task_id'], 'status': 'queued', 'format': 'html',
                   'scan_id': scan_id, 'deduplicated': False}
    assert admin.get(f'/reports/status/{got["task_id"]}', expect=200).json() == \
        {'task_id': got['task_id'], 'status': 'pending'}
    reply = admin.get(f'/reports/download/{got["task_id"]}', expect=404)
    assert reply.json()['detail'] == 'Report not ready or not found'


def test_the_parameters_are_in_the_query(account, admin):
    scan_id = seed.scan(account)
    found = issues(admin.post('/reports/generate', json={'scan_id': scan_id}, expect=422))
    assert found == {'query.scan_id': 'missing'}
    admin.post(f'/reports/generate?scan_id={scan_id}&format=json', json={'format': 1}, expect=200)
    admin.post(f'/reports/generate?scan_id={scan_id}&format=json', data='not JSON', expect=200)


@pytest.mark.parametrize('query, loc', [
    ({'format': 'doc'}, 'query.format'), ({'format': 'HTML'}, 'query.format'),
    ({'scan_id': 'x'}, 'query.scan_id')])
def test_parameters_are_checked(account, admin, query, loc):
    query = {'scan_id': seed.scan(account), **query}
    assert loc in issues(generate(admin, expect=422, **query))


@pytest.mark.parametrize('form', ['pdf', 'csv', None])
def test_formats_that_are_not_written_yet(account, admin, form):
    query = {'format': form} if form else {}
    generate(admin, seed.scan(account), expect=400, **query)


@pytest.mark.parametrize('status', ['pending', 'running', 'failed', 'cancelled', 'error'])
def test_only_a_completed_scan_has_reports(account, admin, status):
    reply = generate(admin, seed.scan(account, status=status), expect=400, format='html')
    assert reply.json()['detail'] == 'Scan must be completed to generate reports'


def test_unknown_scans_and_tasks(admin):
    reply = generate(admin, seed.new_id(), expect=404, format='html')
    assert reply.json()['detail'] == 'Scan not found'
    for task in (seed.new_id(), 'nonsense'):
        reply = admin.get(f'/reports/download/{task}', expect=404)
        assert reply.json()['detail'] == 'Report not ready or not found'
        reply = admin.get(f'/reports/status/{task}', expect=404)
        assert reply.json()['detail'] == 'Report not ready or not found'


def test_the_same_report_is_made_once(account, admin):
    scan_id = seed.scan(account)
    first = generate(admin, scan_id, format='html').json()
    again = generate(admin, scan_id, format='html').json()
    assert again == {**first, 'deduplicated': True}
    assert generate(admin, scan_id, format='json').json()['task_id'] != first['task_id']


def test_parallel_requests_make_one_report(server, account):
    scan_id = seed.scan(account)

    def ask(_):
        return generate(account.bearer(), scan_id, format='json').json()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(ask, range(5)))
    assert len({answer['task_id'] for answer in answers}) == 1
    assert sorted(answer['deduplicated'] for answer in answers) == [False] + [True] * 4


def test_an_organisation_has_so_many_in_work(account, admin):
    scans = [seed.scan(account) for _ in range(4)]
    for scan_id in scans[:3]:
        generate(admin, scan_id, format='html')
    reply = generate(admin, scans[3], expect=429, format='html')
    assert '(3/3)' in reply.json()['detail']
    assert generate(admin, scans[0], format='html').json()['deduplicated'] is True


def test_parallel_requests_do_not_exceed_the_limit(account):
    scans = [seed.scan(account) for _ in range(6)]

    def ask(scan_id):
        query = f'/reports/generate?scan_id={scan_id}&format=html'
        return account.bearer().post(query).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, scans)) == [200] * 3 + [429] * 3


def test_every_member_may_ask(team):
    scan_id = seed.scan(team['org'])
    task = generate(team['viewer'], scan_id, format='html').json()['task_id']
    team['auditor'].get(f'/reports/status/{task}', expect=200)


# ---- with a worker ----

@pytest.fixture(scope='module')
def done(working):
    """A completed scan with findings: (account, client, scan_id)."""
    account = working.register(org_name='Tést & <Söhne>')
    scan_id = seed.scan(account, name='Weekly <b>scan</b> & more', findings_high=1, findings_low=1,
                        hosts_scanned=2, hosts_alive=1, compliance_matrix=json.dumps(
                            {'art21_h': {'status': 'Non-compliant (1 findings)',
                                         'description': 'Cryptography'}}))
    seed.results(account, scan_id, 2)
    seed.findings(account, scan_id, {'severity': 'LOW', 'target': 'low.example.com'},
                  {'severity': 'HIGH', 'target': '<script>alert(1)</script>'})
    return account, account.bearer(), scan_id


NAME = re.compile(r'nis2_report_Weekly__b_scan__b____more_\d{8}_\d{6}\.(html|json|md|xml)')


@pytest.mark.parametrize('form, kind, sent', [
    ('html', 'text/html', 'text/html; charset=utf-8'), ('json', 'application/json', None),
    ('markdown', 'text/markdown', 'text/markdown; charset=utf-8'),
    ('junit', 'application/xml', 'application/xml; charset=utf-8')])
def test_a_report_can_be_downloaded(done, form, kind, sent):
    _, client, scan_id = done
    task = generate(client, scan_id, format=form).json()['task_id']
    got = wait(client, task)
    assert got['status'] == 'success' and got['format'] == form and got['locale'] == 'en'
    assert got['content_type'] == kind and NAME.fullmatch(got['filename']), got
    reply = client.get(f'/reports/download/{task}', expect=200)
    assert reply.headers['Content-Type'] == (sent or kind) and len(reply.content) == got['size']
    assert f'filename="{got["filename"]}"' in reply.headers['Content-Disposition']
    head = client.request('HEAD', f'/api/v1/reports/download/{task}', checked=False)
    assert head.status_code == 200 and head.headers['Content-Length'] == str(got['size'])


def download(client, scan_id, form):
    task = generate(client, scan_id, format=form).json()['task_id']
    assert wait(client, task)['status'] == 'success'
    return client.get(f'/reports/download/{task}', expect=200)


def test_the_json_report(done):
    account, client, scan_id = done
    got = download(client, scan_id, 'json').json()
    assert got['version'] == '2.2' and got['metadata']['scan_id'] == scan_id
    assert got['metadata']['scan_name'] == 'Weekly <b>scan</b> & more'
    assert got['metadata']['locale'] == 'en' and got['metadata']['generated_at']
    assert got['summary'] | {'total_score': 75, 'hosts_scanned': 2, 'hosts_alive': 1,
                             'findings_high': 1, 'findings_low': 1} == got['summary']
    assert [f['severity'] for f in got['findings']] == ['HIGH', 'LOW']
    assert set(got['findings'][0]) >= {'severity', 'category', 'message', 'target', 'remediation',
                                       'cvss_base_score', 'cvss_vector', 'compliance_article',
                                       'status'}
    assert got['assets'][0] == {'target': '127.0.0.0/24', 'ip': '127.0.0.1', 'is_alive': True,
                                'open_ports': [22, 443]}
    assert got['compliance_matrix']['art21_h']['description'] == 'Cryptography'


def test_the_html_report_escapes_what_others_wrote(done):
    _, client, scan_id = done
    text = download(client, scan_id, 'html').text
    assert text.lower().startswith('<!doctype html>') and '<html lang="en"' in text
    assert '<script>alert' not in text and '&lt;script&gt;alert(1)' in text
    assert '<b>scan</b>' not in text and 'Weekly &lt;b&gt;scan&lt;/b&gt; &amp; more' in text
    assert 'http://' not in re.sub(r'http://www\.w3\.org/\S+', '', text) and 'src="http' not in text


@pytest.mark.parametrize('locale', ['it', 'fr', 'de', 'es', 'de-AT', 'xx'])
def test_reports_speak_the_language_of_the_caller(working, locale):
    account = working.register()
    working.sql('UPDATE app_user SET locale = ? WHERE id = ?', locale, account.user['id'])
    scan_id = seed.scan(account)
    text = download(account.bearer(), scan_id, 'html').text
    expected = {'de-AT': 'de', 'xx': 'en'}.get(locale, locale)
    assert f'<html lang="{expected}"' in text


def test_a_report_of_another_organisation_is_not_there(working, done):
    _, client, scan_id = done
    task = generate(client, scan_id, format='json').json()['task_id']
    wait(client, task)
    other = working.register().bearer()
    assert other.get(f'/reports/download/{task}', expect=404).json()['detail'] == \
        'Report not ready or not found'
    assert other.get(f'/reports/status/{task}', expect=404).json()['detail'] == \
        'Report not ready or not found'


def test_a_file_that_is_gone(working):
    account = working.register()
    client = account.bearer()
    task = generate(client, seed.scan(account), format='json').json()['task_id']
    wait(client, task)
    for file in (working.data / 'reports' / account.org).iterdir():
        file.unlink()
    reply = client.get(f'/reports/download/{task}', expect=404)
    assert reply.json()['detail'] == 'Report file not found'
