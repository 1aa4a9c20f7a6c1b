"""One finding is one row for life: what scans and people do to it, in order."""
import http.server
import threading
import time

import pytest

ADDRESS = '127.0.10.1'


class Careless(http.server.BaseHTTPRequestHandler):
    """A page without any of the headers that protect it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'hi')

    def log_message(self, *_):
        pass


class Story:
    """An organisation with one asset; scan() is the id of a completed scan."""

    def __init__(self, server):
        self.account = server.register()
        self.admin = self.account.bearer()
        self.asset = self.admin.post('/assets', expect=201, json={
            'name': 'Peer', 'target_type': 'ip', 'target_value': ADDRESS}).json()['id']

    def scan(self):
        scan = self.admin.post('/scans', expect=201, json={
            'name': 'Again', 'asset_ids': [self.asset]}).json()['id']
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status = self.admin.get(f'/scans/{scan}').json()['status']
            if status not in ('pending', 'running'):
                assert status == 'completed'
                return scan
            time.sleep(0.05)
        raise AssertionError('the scan does not end')

    def seen(self, scan):
        page = self.admin.get(f'/scans/{scan}/findings?page_size=100', expect=200).json()
        assert page['total'] == len(page['items'])
        return {one['check_id']: one for one in page['items']}

    def all(self):
        page = self.admin.get('/findings?page_size=100', expect=200).json()
        assert page['total'] == len(page['items'])
        return {one['check_id']: one for one in page['items']}

    def stats(self):
        return self.admin.get('/findings/stats', expect=200).json()

    def decide(self, finding, **change):
        return self.admin.patch(f'/findings/{finding["id"]}', json=change, expect=200).json()


@pytest.fixture
def peer():
    server = http.server.ThreadingHTTPServer((ADDRESS, 8080), Careless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def story(working, peer):
    return Story(working)


def test_a_second_scan_adds_no_findings(story):
    first = story.seen(story.scan())
    assert {'csp_missing', 'nosniff_missing', 'frame_protection_missing'} <= set(first)
    second = story.scan()
    again = story.seen(second)
    assert {one['id'] for one in again.values()} == {one['id'] for one in first.values()}
    assert story.stats()['total'] == story.stats()['open'] == len(first)
    for check, one in again.items():
        assert one['first_seen_at'] == first[check]['first_seen_at']
        assert one['last_seen_at'] > first[check]['last_seen_at']
        assert (one['occurrences'], one['scan_id']) == (2, second)
        assert first[check]['occurrences'] == 1


def test_a_finding_is_linked_to_the_result_it_came_from(story):
    scan = story.scan()
    result = story.admin.get(f'/scans/{scan}/results', expect=200).json()['items'][0]
    assert result['open_ports'] == [8080]
    assert {one['scan_result_id'] for one in story.seen(scan).values()} == {result['id']}


def test_decisions_outlive_a_scan_and_what_was_resolved_reopens(story):
    found = story.seen(story.scan())
    me = story.account.user['id']
    story.decide(found['csp_missing'], status='accepted_risk', resolution_note='A brochure')
    story.decide(found['nosniff_missing'], status='acknowledged', assigned_to=me)
    resolved = story.decide(found['frame_protection_missing'], status='resolved')
    assert resolved['resolved_at']
    again = story.seen(story.scan())
    accepted, taken = again['csp_missing'], again['nosniff_missing']
    assert (accepted['status'], accepted['resolution_note']) == ('accepted_risk', 'A brochure')
    assert (taken['status'], taken['assigned_to']) == ('acknowledged', me)
    back = again['frame_protection_missing']
    assert (back['status'], back['resolved_at']) == ('open', None)
    stats = story.stats()
    assert (stats['accepted_risk'], stats['acknowledged'], stats['resolved']) == (1, 1, 0)
    assert stats['open'] == stats['total'] - 2


def test_what_is_not_there_any_more_is_not_listed_and_not_lost(story, peer):
    """W1: a scan that reaches nobody has no score. W38: what it did not see is kept."""
    found = story.seen(story.scan())
    peer.shutdown()
    peer.server_close()
    scan = story.scan()
    assert story.seen(scan) == {}
    assert story.admin.get(f'/scans/{scan}').json()['total_score'] is None
    assert set(story.all()) == set(found)


def test_deleting_scans_takes_back_what_they_added(story):
    first = story.scan()
    found = story.seen(first)
    second = story.scan()
    story.admin.delete(f'/scans/{second}', expect=204)
    for one in story.all().values():
        assert (one['scan_id'], one['occurrences']) == (first, 1)
    assert story.stats()['total'] == len(found)
    story.admin.delete(f'/scans/{first}', expect=204)
    assert story.all() == {}
    assert set(story.stats().values()) == {0}


def test_counters_of_the_scan_are_those_of_its_findings(story):
    scan_id = story.scan()
    scan = story.admin.get(f'/scans/{scan_id}', expect=200).json()
    severities = [one['severity'] for one in story.seen(scan_id).values()]
    for name in ('critical', 'high', 'medium', 'low'):
        assert scan[f'findings_{name}'] == severities.count(name.upper())
    lost = sum({'CRITICAL': 50, 'HIGH': 20, 'MEDIUM': 10, 'LOW': 5, 'INFO': 0}[s]
               for s in severities)
    assert scan['total_score'] == max(0, 100 - lost)
    assert (scan['hosts_scanned'], scan['hosts_alive'], scan['progress']) == (1, 1, 100)


def test_two_scans_at_once_count_each_finding_once(story):
    scans = [story.admin.post('/scans', expect=201, json={
        'name': 'Twin', 'asset_ids': [story.asset]}).json()['id'] for _ in range(2)]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(
            story.admin.get(f'/scans/{s}').json()['status'] != 'completed' for s in scans):
        time.sleep(0.05)
    assert set(story.seen(scans[0])) == set(story.seen(scans[1])) == set(story.all())
    assert story.stats()['total'] == len(story.all())
    assert {one['occurrences'] for one in story.all().values()} == {2}
