"""Scans that recur: what is taken, when they run, and that they run once."""
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

import people
import seed
from client import issues

FEATURES = {'dns_checks': True, 'web_checks': True, 'port_scan': True, 'whois_checks': True}
SECONDS = 20


def add_asset(client, value='127.0.0.1', kind='ip'):
    return client.post('/assets', expect=201, json={
        'name': value, 'target_type': kind, 'target_value': value}).json()['id']


@pytest.fixture
def asset(admin):
    return add_asset(admin)


def make(client, asset, expect=201, **more):
    body = {'name': 'Weekly', 'cron_expression': '0 6 * * 1', 'asset_ids': [asset], **more}
    return client.post('/schedules', expect=expect, json=body).json()


def moment(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00'))


def utcnow():
    return datetime.now(timezone.utc)


def only(client):
    one, = client.get('/schedules', expect=200).json()
    return one


# ---- what is shown ----

def test_a_schedule_is_kept_as_it_was_asked_for(admin, asset):
    got = make(admin, asset, cron_expression=' 00  06 * * 7 ')
    assert got | {'name': 'Weekly', 'cron_expression': ' 00  06 * * 7 ', 'timezone': 'UTC',
                  'config': {'asset_ids': [asset], 'scan_type': 'full', 'features': FEATURES},
                  'is_active': True, 'last_run_at': None, 'last_error': None,
                  'last_scan_id': None} == got
    assert only(admin) == got


def test_lists_are_plain_and_newest_first(admin, asset):
    ids = [make(admin, asset, name=f'Number {n}')['id'] for n in range(3)]
    assert [s['id'] for s in admin.get('/schedules', expect=200).json()] == ids[::-1]


@pytest.mark.parametrize('sent', [None, {}])
def test_features_left_out_are_all(admin, asset, sent):
    assert make(admin, asset, features=sent)['config']['features'] == FEATURES


# ---- what is refused ----

@pytest.mark.parametrize('expression, why', [
    ('0 9 * *', 'exactly 5 fields'), ('* * * * * *', 'exactly 5 fields'),
    ('@daily', 'exactly 5 fields'), ('0 9 * * MON', 'not a number'),
    ('99 99 99 99 99', 'minute: 99 is outside the allowed range 0-59'),
    ('*/60 * * * *', 'minute: 60 is outside the allowed range 1-59'),
    ('0 17-9 * * *', 'range start 17 is greater than end 9'),
    ('-5 * * * *', 'not a number'), ('1,,2 * * * *', 'empty list element'),
    ('*/ * * * *', 'empty base or step'), ('0 0 31 2 *', 'no such day'),
])
def test_expressions_that_are_none(admin, asset, expression, why):
    detail = make(admin, asset, 400, cron_expression=expression)['detail']
    assert detail.startswith('Invalid cron expression: ') and why in detail
    assert admin.get('/schedules').json() == []


@pytest.mark.parametrize('expression', [
    '0 9 * * 1-5', '*/5 * * * *', '30 14 * * 7', '0,15-20,30/5 * * * *', '0 9-17/2 * * 1-5',
    '5/10 * * * *'])
def test_expressions_that_are_some(admin, asset, expression):
    assert moment(make(admin, asset, cron_expression=expression)['next_run_at']) > utcnow()


@pytest.mark.parametrize('changes, loc', [
    ({'name': ...}, 'body.name'), ({'name': ''}, 'body.name'), ({'name': 'x' * 257}, 'body.name'),
    ({'cron_expression': ...}, 'body.cron_expression'),
    ({'cron_expression': '* *'}, 'body.cron_expression'),
    ({'cron_expression': '0' * 92 + ' * * * *1'}, 'body.cron_expression'),
    ({'asset_ids': ...}, 'body.asset_ids'), ({'asset_ids': ['x']}, 'body.asset_ids.0'),
    ({'scan_type': 'deep'}, 'body.scan_type'), ({'features': []}, 'body.features'),
    ({'features': {'intrusive': 'yes'}}, 'body.features.intrusive'),
    ({'timezone': 'Mars/Olympus'}, 'body.timezone'), ({'timezone': '../../etc'}, 'body.timezone'),
    ({'timezone': 'x' * 65}, 'body.timezone'),
])
def test_fields_are_checked(admin, asset, changes, loc):
    whole = {'name': 'Weekly', 'cron_expression': '0 6 * * 1', 'asset_ids': [asset], **changes}
    whole = {name: value for name, value in whole.items() if value is not ...}
    assert loc in issues(admin.post('/schedules', json=whole, expect=422))


def test_w51_assets_have_to_be_ones_own(server, admin, asset):
    """W51: foreign, unknown and no assets were taken, and the schedule died in silence."""
    foreign = add_asset(server.register().bearer(), '8.8.8.8')
    for ids in ([], [foreign], [seed.new_id()], [foreign, seed.new_id()]):
        reply = admin.post('/schedules', expect=400, json={
            'name': 'x', 'cron_expression': '0 6 * * 1', 'asset_ids': ids})
        assert reply.json()['detail'] == 'No valid active assets found for the provided IDs'
    admin.post('/schedules', expect=201, json={
        'name': 'x', 'cron_expression': '0 6 * * 1', 'asset_ids': [foreign, asset, asset]})
    assert only(admin)['config']['asset_ids'] == [asset]


def test_there_is_an_end_to_their_number(server, account, admin, asset):
    first = make(admin, asset)
    rows = [{'id': seed.new_id(), 'org_id': account.org, 'name': 'x',
             'cron_expression': '* * * * *', 'timezone': 'UTC', 'config': '{}',
             'is_active': False, 'created_at': 0, 'updated_at': 0} for _ in range(199)]
    server.insert_many('schedule', rows)
    make(admin, asset, 409)
    admin.delete(f'/schedules/{first["id"]}', expect=204)
    make(admin, asset)


# ---- who may ----

def test_roles(team):
    """The contract has words of its own here."""
    asset = add_asset(team['admin'], '127.0.0.9')
    body = {'name': 'x', 'cron_expression': '0 6 * * 1', 'asset_ids': [asset]}
    for role, expect in (('viewer', 403), ('auditor', 201), ('admin', 201)):
        reply = team[role].post('/schedules', json=body, expect=expect).json()
        team[role].get('/schedules', expect=200)
    path = f'/schedules/{reply["id"]}'
    for role, patch, run in (('viewer', 403, 403), ('auditor', 200, 202), ('admin', 200, 202)):
        for reply in (team[role].patch(path, json={'name': role}, expect=patch),
                      team[role].post(f'{path}/run', expect=run)):
            if role == 'viewer':
                assert reply.json()['detail'] == 'Insufficient permissions'
    for role, expect in (('viewer', 403), ('auditor', 403), ('admin', 204)):
        team[role].delete(path, expect=expect)


def test_keys_are_no_sessions(server, admin, asset):
    key = admin.post('/api-keys', expect=201, json={
        'name': 'x', 'scopes': ['scan:read', 'scan:write']}).json()['raw_key']
    reply = server.client(token=key).get('/schedules', expect=401)
    assert reply.json()['detail'] == 'Invalid or expired token'


def test_a_schedule_that_is_not_there(admin):
    for method, path, body in (('PATCH', '', {}), ('DELETE', '', None), ('POST', '/run', None)):
        reply = admin.request(method, f'/schedules/{seed.new_id()}{path}', json=body, expect=404)
        assert reply.json()['detail'] == 'Schedule not found'


# ---- when ----

def test_w50_the_next_run_is_shown(admin, asset):
    """W50: next_run_at was always null."""
    made = make(admin, asset, cron_expression='30 4 * * *')
    at = moment(made['next_run_at'])
    assert (at.hour, at.minute, at.second, at.microsecond) == (4, 30, 0, 0)
    assert timedelta(0) < at - utcnow() <= timedelta(days=1)
    path = f'/schedules/{made["id"]}'
    assert moment(admin.patch(path, json={'cron_expression': '45 5 * * *'}, expect=200).json()[
        'next_run_at']).minute == 45
    assert admin.patch(path, json={'is_active': False}, expect=200).json()['next_run_at'] is None
    again = admin.patch(path, json={'is_active': True}, expect=200).json()
    assert moment(again['next_run_at']).minute == 45
    assert make(admin, asset, is_active=False)['next_run_at'] is None


@pytest.mark.parametrize('same, other', [('0 6 * * 7', '0 6 * * 0'), ('0 6 * * 5-7', '0 6 * * 0,5,6'),
                                         ('00 06 * * 01', '0 6 * * 1')])
def test_w54_what_was_taken_and_never_ran_does(admin, asset, same, other):
    """W54: Sunday as 7, and zeros in front, were accepted and never fired."""
    one, two = make(admin, asset, cron_expression=same), make(admin, asset, cron_expression=other)
    assert one['next_run_at'] == two['next_run_at'] and one['cron_expression'] == same


def test_w54_one_of_two_day_fields_is_enough(admin, asset):
    """W54: both were wanted, where the classic cron takes either when both are restricted."""
    made = make(admin, asset, cron_expression='0 0 29 2 0-6')  # any day of February
    at = moment(made['next_run_at'])
    assert at.month == 2 and at - utcnow() < timedelta(days=366)


def test_w74_times_can_be_those_of_a_place(admin, asset):
    """W74: the zone was fixed to UTC."""
    at = moment(make(admin, asset, cron_expression='0 9 15 1 *',
                     timezone='Europe/Rome')['next_run_at'])
    assert (at.hour, at.minute) == (8, 0)
    made = make(admin, asset, cron_expression='0 9 15 7 *', timezone='Europe/Rome')
    assert moment(made['next_run_at']).hour == 7 and made['timezone'] == 'Europe/Rome'
    path = f'/schedules/{made["id"]}'
    changed = admin.patch(path, json={'timezone': 'Asia/Tokyo'}, expect=200).json()
    assert moment(changed['next_run_at']).hour == 0
    kept = admin.patch(path, json={'timezone': None}, expect=200).json()
    assert kept['timezone'] == 'Asia/Tokyo'


# ---- change ----

def test_w52_everything_can_be_changed(admin, asset):
    """W52: features were shown as changed and not stored; assets and type could not be."""
    made = make(admin, asset)
    path, second = f'/schedules/{made["id"]}', add_asset(admin, '127.0.0.2')
    changed = admin.patch(path, expect=200, json={
        'name': 'Nightly', 'scan_type': 'quick', 'features': {'port_scan': False},
        'asset_ids': [second]}).json()
    assert changed['config'] == {'asset_ids': [second], 'scan_type': 'quick',
                                 'features': {'port_scan': False}}
    assert only(admin) == changed and changed['name'] == 'Nightly'
    assert changed['next_run_at'] == made['next_run_at']
    assert admin.patch(path, json={'features': {}}, expect=200).json()[
        'config']['features'] == FEATURES


def test_null_and_nothing_change_nothing(admin, asset):
    made = make(admin, asset, features={'port_scan': False}, timezone='Europe/Rome')
    path = f'/schedules/{made["id"]}'
    for body in ({}, dict.fromkeys(('name', 'cron_expression', 'is_active', 'features',
                                    'asset_ids', 'scan_type', 'timezone'))):
        assert admin.patch(path, json=body, expect=200).json() == made


@pytest.mark.parametrize('body, status', [
    ({'cron_expression': '99 * * * *'}, 400), ({'cron_expression': '0' * 99 + ' * * * *'}, 422),
    ({'cron_expression': '* *'}, 422), ({'timezone': 'Nowhere/Atall'}, 422),
    ({'asset_ids': []}, 400), ({'scan_type': 'x'}, 422), ({'features': {'intrusive': 1}}, 422)])
def test_a_bad_change_changes_nothing(admin, asset, body, status):
    made = make(admin, asset)
    admin.patch(f'/schedules/{made["id"]}', json={'name': 'Other', **body}, expect=status)
    assert only(admin) == made


# ---- run now ----

def test_run_now_starts_a_scan(account, admin, asset):
    """W53: the answer named a job, not a scan."""
    made = make(admin, asset, features={'port_scan': False}, scan_type='quick')
    reply = admin.post(f'/schedules/{made["id"]}/run', expect=202).json()
    scan = admin.get(f'/scans/{reply["scan_id"]}', expect=200).json()
    assert reply == {'task_id': scan['celery_task_id'], 'status': 'queued',
                     'schedule_id': made['id'], 'scan_id': scan['id']}
    assert scan['status'] == 'pending' and scan['scan_type'] == 'quick'
    assert scan['created_by'] == account.user['id']
    assert scan['config_snapshot'] | {'features': {'port_scan': False}, 'concurrency': 20,
                                      'scan_timeout': 10, 'max_hosts': 0,
                                      'ip_ranges': ['127.0.0.1']} == scan['config_snapshot']
    shown = only(admin)
    assert shown['last_run_at'] and shown['last_scan_id'] == scan['id']
    assert shown['next_run_at'] == made['next_run_at']


def test_w53_run_now_says_why_it_does_not(server, admin, asset):
    """W53: inactive or empty, it answered 202 and did nothing."""
    made = make(admin, asset)
    path = f'/schedules/{made["id"]}'
    admin.patch(path, json={'is_active': False}, expect=200)
    assert admin.post(f'{path}/run', expect=409).json()['detail'] == 'Schedule is not active'
    admin.patch(path, json={'is_active': True}, expect=200)
    admin.patch(f'/assets/{asset}', json={'is_active': False}, expect=200)
    reply = admin.post(f'{path}/run', expect=400)
    assert reply.json()['detail'] == 'No valid active assets found for the provided IDs'
    assert admin.get('/scans').json()['total'] == 0


@pytest.mark.parametrize('name, begins', [
    ('Weekly', 'Weekly - 2'), ('x' * 256, 'x' * 237 + ' - 2'), ('é' * 256, 'é' * 237 + ' - 2')])
def test_w54_a_long_name_gives_way_to_the_time(admin, asset, name, begins):
    """W54: the name of the scan overflowed its column."""
    made = make(admin, asset, name=name)
    scan = admin.post(f'/schedules/{made["id"]}/run', expect=202).json()['scan_id']
    got = admin.get(f'/scans/{scan}', expect=200).json()['name']
    assert got.startswith(begins) and len(got) <= 256
    assert abs(datetime.strptime(got[-16:], '%Y-%m-%d %H:%M').replace(tzinfo=timezone.utc)
               - utcnow()) < timedelta(minutes=2)


def test_what_people_do_with_schedules_is_in_the_log(server, account, admin, asset):
    """W72: schedules left nothing but a general line."""
    made = make(admin, asset)
    path = f'/schedules/{made["id"]}'
    admin.patch(path, json={'name': 'Nightly'}, expect=200)
    scan = admin.post(f'{path}/run', expect=202).json()['scan_id']
    admin.delete(path, expect=204)
    for action in ('created', 'updated', 'run', 'deleted'):
        row, = people.audit(server, account.org, f'schedule.{action}')
        assert (row['type'], row['id']) == ('schedule', made['id'])
        assert row['user'] == account.user['id']
    assert row['details']['name'] == 'Nightly' and row['details']['config']['asset_ids'] == [asset]
    ran, = people.audit(server, account.org, 'schedule.run')
    assert ran['details'] == {'scan_id': scan}


def test_erasure_leaves_the_schedule_without_a_name(server, account, admin, asset):
    made = make(admin, asset)
    heir = account.member('viewer')
    server.sql("UPDATE membership SET role = 'admin' WHERE user_id = ?", heir.user['id'])
    admin.request('DELETE', '/auth/me', expect=204, json={
        'current_password': account.password})
    assert server.sql('SELECT created_by FROM schedule WHERE id = ?', made['id']) == [(None,)]


# ---- by themselves ----

def due(server, schedule, minutes=1):
    """It should have run so long ago."""
    server.sql('UPDATE schedule SET next_run_at = ? WHERE id = ?',
               seed.now() - minutes * 60_000_000, schedule['id'])


def until(what):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        got = what()
        if got:
            return got
        time.sleep(0.1)
    raise AssertionError('it never came')


def ran(client):
    return until(lambda: only(client)['last_run_at'] and only(client))


@pytest.fixture
def mine(working):
    return working.register()


def test_a_schedule_runs_when_its_time_comes(working, mine):
    client = mine.bearer()
    made = make(client, add_asset(client), features=dict.fromkeys(FEATURES, False))
    due(working, made)
    shown = ran(client)
    assert moment(shown['next_run_at']) > utcnow() and shown['last_error'] is None
    scan = client.get(f'/scans/{shown["last_scan_id"]}', expect=200).json()
    assert scan['name'].startswith('Weekly - ') and scan['created_by'] == mine.user['id']
    row, = people.audit(working, mine.org, 'scan.created')
    assert row['details']['schedule_id'] == made['id'] and row['user'] is None


def test_w54_one_run_makes_up_for_all_that_were_missed(working, mine):
    """W54: what was missed was never caught up; it is, and once."""
    client = mine.bearer()
    made = make(client, add_asset(client), cron_expression='*/5 * * * *',
                features=dict.fromkeys(FEATURES, False))
    due(working, made, minutes=3 * 24 * 60)
    shown = ran(client)
    assert moment(shown['next_run_at']) - utcnow() <= timedelta(minutes=5)
    time.sleep(3)
    assert client.get('/scans').json()['total'] == 1


def test_an_inactive_schedule_does_not_run(working, mine):
    client = mine.bearer()
    made = make(client, add_asset(client))
    due(working, made)
    client.patch(f'/schedules/{made["id"]}', json={'is_active': False}, expect=200)
    seen = client.get('/scans').json()['total']
    time.sleep(3)
    assert client.get('/scans').json()['total'] == seen <= 1
    assert only(client)['next_run_at'] is None


def test_w51_a_schedule_whose_assets_are_gone_says_so(working, mine):
    """W51: it died in silence."""
    client = mine.bearer()
    asset = add_asset(client)
    made = make(client, asset)
    client.delete(f'/assets/{asset}', expect=204)
    due(working, made)
    shown = until(lambda: only(client)['last_error'] and only(client))
    assert shown['last_error'] == 'No valid active assets found for the provided IDs'
    assert shown['last_run_at'] is None and moment(shown['next_run_at']) > utcnow()
    event, = client.get('/events?kind=schedule.failed', expect=200).json()['items']
    assert (event['subject_type'], event['subject_id']) == ('schedule', made['id'])
    assert client.get('/scans').json()['total'] == 0


def test_a_schedule_beyond_the_quota_says_so(working, mine):
    client = mine.bearer()
    made = make(client, add_asset(client))
    working.sql('UPDATE organization SET max_scans_per_month = 0 WHERE id = ?', mine.org)
    due(working, made)
    shown = until(lambda: only(client)['last_error'] and only(client))
    assert 'quota' in shown['last_error']


def test_a_schedule_waits_for_a_place(working, mine):
    """W32: the cap of scans that have not ended holds for schedules too; they wait."""
    client = mine.bearer()
    made = make(client, add_asset(client))
    for _ in range(10):
        seed.scan(mine, status='running', completed_at=None)
    due(working, made)
    shown = until(lambda: moment(only(client)['next_run_at']) > utcnow() and only(client))
    assert moment(shown['next_run_at']) - utcnow() <= timedelta(seconds=61)
    assert shown['last_error'] is None and shown['last_run_at'] is None


def test_w54_several_workers_run_it_once(working):
    """W54: the drift of a tick could double a minute; here six workers want the same ones."""
    accounts = [working.register() for _ in range(8)]
    clients = [one.bearer() for one in accounts]
    schedules = [make(client, add_asset(client), features=dict.fromkeys(FEATURES, False))
                 for client in clients]
    env = dict(working.env)
    workers = [subprocess.Popen([working.binary, 'work', '--data', working.data], env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) for _ in range(5)]
    try:
        time.sleep(1.5)
        threads = [threading.Thread(target=due, args=(working, one)) for one in schedules]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            ran(client)
        time.sleep(2)
        assert [client.get('/scans').json()['total'] for client in clients] == [1] * 8
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)
