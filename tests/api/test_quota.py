"""How many scans an organisation may start, and who may have more than looks taken."""
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

import people
import seed
from client import issues


def add_asset(client, value='127.0.0.1'):
    return client.post('/assets', expect=201, json={
        'name': value, 'target_type': 'ip', 'target_value': value}).json()['id']


@pytest.fixture
def asset(admin):
    return add_asset(admin)


def scan(client, asset, expect=201, **more):
    return client.post('/scans', expect=expect, json={'name': 'A scan', 'asset_ids': [asset], **more})


def quota(account, most):
    account.server.sql('UPDATE organization SET max_scans_per_month = ? WHERE id = ?',
                       most, account.org)


# ---- of a month ----

def test_w32_the_quota_of_a_month_holds(account, admin, asset):
    """W32: the monthly quota was stored and never enforced."""
    quota(account, 1)
    scan(admin, asset)
    reply = scan(admin, asset, 429)
    assert 'quota of 1 scans for this month' in reply.json()['detail']
    now = datetime.now(timezone.utc)
    begins = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=timezone.utc)
    assert abs(int(reply.headers['Retry-After']) - (begins - now).total_seconds()) < 60


def test_w32_deleting_a_scan_gives_no_place_back(account, admin, asset):
    """W32: a quota that is counted by the rows that are left is none."""
    quota(account, 1)
    made = scan(admin, asset).json()
    admin.delete(f'/scans/{made["id"]}', expect=204)
    scan(admin, asset, 429)


def test_another_month_counts_anew(server, account, admin, asset):
    quota(account, 1)
    scan(admin, asset)
    server.sql('UPDATE scan_month SET month = month - 86400000000 WHERE org_id = ?', account.org)
    scan(admin, asset)


def test_what_is_refused_does_not_count(account, admin, asset):
    quota(account, 1)
    scan(admin, seed.new_id(), 400)
    scan(admin, asset, 422, features={'intrusive': 'maybe'})
    scan(admin, asset)


def test_the_quota_is_each_organisations_own(server, account, admin, asset):
    quota(account, 0)
    scan(admin, asset, 429)
    other = server.register().bearer()
    scan(other, add_asset(other))


# ---- at one time ----

def test_w32_scans_that_have_not_ended_are_counted(account, admin, asset):
    """W32: there was no end to parallel scans."""
    for status in ('pending', 'running'):
        for _ in range(5):
            last = seed.scan(account, status=status, completed_at=None)
    reply = scan(admin, asset, 429)
    assert reply.json()['detail'].startswith('10 scans of the organization have not ended')
    assert reply.headers['Retry-After'] == '60'
    admin.post(f'/scans/{last}/cancel', expect=200)
    scan(admin, asset)
    scan(admin, asset, 429)


def test_w32_parallel_requests_do_not_exceed_it(start):
    """W32: looking first and writing then lets two find the same place."""
    account = start(MAX_CONCURRENT_SCANS_PER_ORG='2').register()
    asset = add_asset(account.bearer())
    with ThreadPoolExecutor(6) as pool:
        got = sorted(pool.map(lambda _: account.bearer().post('/scans', json={
            'name': 'A scan', 'asset_ids': [asset]}).status_code, range(6)))
    assert got == [201, 201] + [429] * 4


# ---- more than looks ----

def test_intrusive_probes_are_recorded(server, account, admin, asset):
    made = scan(admin, asset, features={'intrusive': True, 'port_scan': False}).json()
    assert made['config_snapshot']['features'] == {'intrusive': True, 'port_scan': False}
    row, = people.audit(server, account.org, 'scan.created')
    assert row['details'] == {'name': 'A scan', 'scan_type': 'full', 'assets': 1, 'intrusive': True}
    assert row['id'] == made['id'] and row['user'] == account.user['id']


def test_without_a_word_they_are_off(server, account, admin, asset):
    scan(admin, asset)
    row, = people.audit(server, account.org, 'scan.created')
    assert row['details']['intrusive'] is False


def test_intrusive_probes_need_a_person(server, account, admin, asset, team):
    key = admin.post('/api-keys', expect=201, json={
        'name': 'CI', 'scopes': ['scan:write']}).json()['raw_key']
    robot = server.client(token=key)
    reply = scan(robot, asset, 403, features={'intrusive': True})
    assert 'admin or auditor' in reply.json()['detail']
    scan(robot, asset, features={'intrusive': False})
    own = add_asset(team['admin'], '127.0.0.77')
    scan(team['auditor'], own, features={'intrusive': True})
    scan(team['viewer'], own, 403, features={'intrusive': True})


@pytest.mark.parametrize('word', ['yes', 1, None, []])
def test_intrusive_is_yes_or_no(admin, asset, word):
    assert 'body.features.intrusive' in issues(scan(admin, asset, 422,
                                                    features={'intrusive': word}))


def test_w71_a_key_with_the_scope_starts_and_cancels(server, account, admin, asset):
    """W71: scan:write was in the vocabulary and opened nothing."""
    def key(*scopes):
        return server.client(token=admin.post('/api-keys', expect=201, json={
            'name': 'CI', 'scopes': list(scopes)}).json()['raw_key'])

    made = scan(key('scan:write'), asset).json()
    assert made['created_by'] is None
    key('scan:write').post(f'/scans/{made["id"]}/cancel', expect=200)
    for action in ('scan.created', 'scan.cancelled'):
        rows = server.sql('SELECT user_id, api_key_id FROM audit_log WHERE org_id = ? '
                          'AND action = ?', account.org, action)
        assert [(user, bool(api_key)) for user, api_key in rows] == [(None, True)]
    scan(key('scan:read', 'asset:write'), asset, 403)
