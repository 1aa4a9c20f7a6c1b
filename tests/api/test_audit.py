"""The audit log: what is written, how it is read, and that it shows when it was changed."""
import json
import os
import subprocess
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import seed
from client import issues
from server import BINARY, DATABASE, Server, new_database

AGENT = 'audit-test/1.0'
HERE = '127.0.0.1'


def rows(client, **filters):
    """Newest first."""
    reply = client.get('/audit-logs', params={'page_size': 200, **filters}, expect=200)
    return reply.json()['items']


def newest(client, **filters):
    return rows(client, **filters)[0]


def since(client, known):
    """Rows that are not among those known, oldest first."""
    seen = {row['id'] for row in known}
    return [row for row in reversed(rows(client)) if row['id'] not in seen]


def wait_for(client, action, count=1):
    """A worker writes some of them: a moment later."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = rows(client, action=action)
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f'no {count} rows {action}: {rows(client)}')


def login(server, account, password=None, expect=200, **headers):
    return server.client().post('/auth/login', expect=expect, headers=headers, json={
        'email': account.email, 'password': password or account.password})


def refresh(server, token, expect=200):
    return server.client().post('/auth/refresh', json={'refresh_token': token}, expect=expect)


def verify_command(server, *args):
    """Exit code and lines of `nis2 audit verify`."""
    done = subprocess.run([BINARY, 'audit', 'verify', '--data', server.data, *args],
                          env=server.env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def slug_of(server, account):
    (slug,), = server.sql('SELECT slug FROM organization WHERE id = ?', account.org)
    return slug


# ---- what is recorded ----

def asset(client, name='One', value='198.51.100.7'):
    return client.post('/assets', expect=201, json={
        'name': name, 'target_type': 'ip', 'target_value': value}).json()


def do_asset_create(account, client):
    made = asset(client)
    return made['id'], {'name': 'One', 'target': '198.51.100.7', 'type': 'ip'}


def do_asset_update(account, client):
    made = asset(client)
    client.patch(f'/assets/{made["id"]}', json={'name': 'Two', 'is_active': False}, expect=200)
    return made['id'], {'name': 'Two', 'target': '198.51.100.7',
                        'updated_fields': ['name', 'is_active']}


def do_asset_delete(account, client):
    made = asset(client)
    client.delete(f'/assets/{made["id"]}', expect=204)
    return made['id'], {'name': 'One', 'target': '198.51.100.7', 'type': 'ip'}


def do_asset_import(account, client):
    text = 'name,target_type,target_value\na,ip,198.51.100.8\nb,ip,not one\n'
    client.post('/assets/import', files={'file': ('x.csv', text)}, expect=201)
    return None, {'created': 1, 'skipped': 1, 'errors_count': 1}


def do_finding_update(account, client):
    found, = seed.findings(account, seed.scan(account), {})
    client.patch(f'/findings/{found["id"]}', expect=200,
                 json={'status': 'resolved', 'resolution_note': 'done'})
    return found['id'], {'status': 'resolved', 'updated_fields': ['status', 'resolution_note']}


def do_finding_bulk(account, client):
    found = seed.findings(account, seed.scan(account), {}, {})
    ids = [one['id'] for one in found] + [seed.new_id()]
    client.post('/findings/bulk-update', expect=200,
                json={'finding_ids': ids, 'status': 'acknowledged'})
    return None, {'status': 'acknowledged', 'updated_count': 2, 'requested_count': 3}


def do_scan_create(account, client):
    one = asset(client, value='127.0.0.1')
    made = client.post('/scans', json={'name': 'x', 'asset_ids': [one['id']]}, expect=201).json()
    return made['id'], {'name': 'x', 'scan_type': 'full', 'assets': 1, 'intrusive': False}


def do_scan_cancel(account, client):
    scan, _ = do_scan_create(account, client)
    client.post(f'/scans/{scan}/cancel', expect=200)
    return scan, {'name': 'x', 'status': 'pending'}


def do_scan_delete(account, client):
    scan = seed.scan(account)
    client.delete(f'/scans/{scan}', expect=204)
    return scan, {'name': 'A scan', 'status': 'completed'}


def do_report(account, client):
    scan = seed.scan(account)
    client.post(f'/reports/generate?scan_id={scan}&format=html')
    return None, {'path': '/api/v1/reports/generate', 'method': 'POST', 'status': 200}


def do_sign_in(account, client):
    login(account.server, account, **{'User-Agent': AGENT})
    return account.user['id'], {}


def do_sign_out(account, client):
    client.post('/auth/logout', json={'refresh_token': account.refresh}, expect=204)
    return family_of(account), {}


def do_reuse(account, client):
    family = family_of(account)
    client.post('/auth/refresh', json={'refresh_token': account.refresh}, expect=200)
    client.post('/auth/refresh', json={'refresh_token': account.refresh}, expect=401)
    login(account.server, account)  # for who reads the log
    return family, {}


def family_of(account):
    (family,), = account.server.sql(
        'SELECT id FROM session WHERE user_id = ? ORDER BY created_at DESC LIMIT 1', account.user['id'])
    return family


ACTIONS = [
    # what is done, action, kind of thing
    (do_asset_create, 'asset.created', 'asset'),
    (do_asset_update, 'asset.updated', 'asset'),
    (do_asset_delete, 'asset.deleted', 'asset'),
    (do_asset_import, 'asset.imported', 'asset_import'),
    (do_finding_update, 'finding.updated', 'finding'),
    (do_finding_bulk, 'finding.bulk_updated', 'finding'),
    (do_scan_create, 'scan.created', 'scan'),
    (do_scan_cancel, 'scan.cancelled', 'scan'),
    (do_scan_delete, 'scan.deleted', 'scan'),
    (do_report, 'post', 'reports'),
    (do_sign_in, 'user.signed_in', 'user'),
    (do_sign_out, 'user.signed_out', 'session'),
    (do_reuse, 'user.token_reused', 'session'),
]


@pytest.mark.parametrize('act, action, resource', ACTIONS, ids=[a[1] for a in ACTIONS])
def test_what_is_done_has_one_row(account, act, action, resource):
    """W16: who, what, to what, from where and with which program, once."""
    reader = account.login().bearer()
    known = rows(reader)
    doer = account.bearer()
    doer.session.headers['User-Agent'] = AGENT
    resource_id, details = act(account, doer)
    reader = account.login().bearer()
    found = [row for row in since(reader, known) if row['action'] == action
             and row['user_agent'] == AGENT]
    assert len(found) == 1, rows(reader)
    row, = found
    assert (row['resource_type'], row['resource_id']) == (resource, resource_id)
    assert row['details'] == details
    assert (row['ip_address'], row['organization_id']) == (HERE, account.org)
    assert row['actor'] == {'id': account.user['id'], 'email': account.email,
                            'full_name': 'Test User'}


def test_registration_is_the_first_row(account, admin):
    """W16: the log of an organisation begins with who made it."""
    row, = rows(admin)
    assert (row['action'], row['resource_type']) == ('user.registered', 'user')
    assert row['resource_id'] == row['actor']['id'] == account.user['id']
    assert row['ip_address'] == HERE and row['seq'] == 1


def test_creating_an_asset_has_the_general_row_too(admin):
    asset(admin)
    row, = rows(admin, action='post', resource_type='assets')
    assert row['resource_id'] is None
    assert row['details'] == {'path': '/api/v1/assets', 'method': 'POST', 'status': 201}


def test_no_other_action_has_two_rows(account, admin):
    """W16: one row an action."""
    made = asset(admin)
    known = rows(admin)
    admin.patch(f'/assets/{made["id"]}', json={'name': 'Two'}, expect=200)
    admin.delete(f'/assets/{made["id"]}', expect=204)
    assert [row['action'] for row in since(admin, known)] == ['asset.updated', 'asset.deleted']


def test_reading_leaves_no_row(account, admin):
    known = rows(admin)
    for path in ('/assets', '/findings', '/scans', '/auth/me', '/audit-logs', '/audit-logs/verify'):
        admin.get(path)
    assert not since(admin, known)


def test_what_failed_leaves_no_row(account, admin):
    known = rows(admin)
    admin.delete(f'/assets/{seed.new_id()}', expect=404)
    admin.post('/assets', json={'name': ''}, expect=422)
    assert not since(admin, known)


def test_a_second_sign_out_leaves_no_second_row(account):
    for _ in range(2):
        account.server.client().post('/auth/logout', json={'refresh_token': account.refresh},
                                     expect=204)
    assert len(rows(account.login().bearer(), action='user.signed_out')) == 1


def test_a_token_that_is_played_again_and_again_has_one_row(server, account):
    """W16: the sign-in ends with the first replay, and that is what is told."""
    refresh(server, account.refresh)
    for _ in range(3):
        refresh(server, account.refresh, 401)
    assert len(rows(account.login().bearer(), action='user.token_reused')) == 1


def test_the_name_is_that_of_then(account, admin):
    """W16: a profile that changes later does not change who it was."""
    asset(admin)
    account.server.sql('UPDATE app_user SET full_name = ?, email = ? WHERE id = ?',
                       'Somebody Else', 'else@example.com', account.user['id'])
    actor = newest(admin, action='asset.created')['actor']
    assert (actor['full_name'], actor['email']) == ('Test User', account.email)


@pytest.mark.parametrize('forged', ['203.0.113.77', 'x' * 200, '203.0.113.7, ' * 30])
def test_a_client_cannot_choose_its_address(account, admin, forged):
    """W15: X-Forwarded-For of who is no trusted proxy neither forges nor prevents a row."""
    admin.post('/assets', headers={'X-Forwarded-For': forged}, expect=201,
               json={'name': 'x', 'target_type': 'ip', 'target_value': '198.51.100.9'})
    assert newest(admin, action='asset.created')['ip_address'] == HERE
    assert newest(admin, action='post')['ip_address'] == HERE


def test_behind_a_trusted_proxy_it_is_the_client(start):
    """W15: the right-most address that is no trusted proxy's, and nothing but an address."""
    server = start(TRUSTED_PROXIES='127.0.0.0/8')
    account = server.register()
    for header, expected in [('203.0.113.77', '203.0.113.77'),
                             ('192.0.2.1, 203.0.113.78', '203.0.113.78'),
                             ('x' * 200, HERE)]:
        login(server, account, **{'X-Forwarded-For': header})
        row = newest(account.bearer(), action='user.signed_in')
        assert row['ip_address'] == expected


def test_a_long_program_name_is_cut(account):
    login(account.server, account, **{'User-Agent': 'x' * 900})
    assert newest(account.bearer(), action='user.signed_in')['user_agent'] == 'x' * 512


# ---- attempts ----

def test_a_failed_sign_in_and_a_lock_are_told(working):
    """W16, W09: the job writes them, so that the answer does not wait for it."""
    account = working.register()
    admin = account.bearer()
    for _ in range(5):
        login(working, account, 'not the password', 401, **{'User-Agent': AGENT})
    failed = wait_for(admin, 'user.sign_in_failed', 5)
    locked, = wait_for(admin, 'user.locked')
    for row in [*failed, locked]:
        assert (row['resource_type'], row['resource_id']) == ('user', account.user['id'])
        assert (row['ip_address'], row['user_agent']) == (HERE, AGENT)
    login(working, account, expect=429)
    notices = working.sql("SELECT args FROM job WHERE kind = 'notice_mail' AND args LIKE ?",
                          f'%{account.user["id"]}%')
    assert [json.loads(args)['notice'] for args, in notices] == ['locked']
    assert admin.get('/audit-logs/verify', expect=200).json()['intact']


def test_a_failed_sign_in_goes_to_the_organisation_used_last(working):
    """W16: of a person with several."""
    person, other = working.register(), working.register()
    working.insert('membership', id=seed.new_id(), org_id=other.org, user_id=person.user['id'],
                   role='viewer', accepted_at=seed.now(), created_at=seed.now(),
                   updated_at=seed.now())
    working.sql('UPDATE app_user SET last_org_id = ? WHERE id = ?', other.org, person.user['id'])
    login(working, person, 'wrong', 401)
    row, = wait_for(other.bearer(), 'user.sign_in_failed')
    assert row['resource_id'] == person.user['id']
    assert not rows(person.bearer(), action='user.sign_in_failed')


def test_an_unknown_address_costs_the_same_statement(server, account):
    """W09, W16: one job for a known address and for an unknown one; the time tells nothing."""
    unknown = f'nobody-{uuid.uuid4().hex}@example.com'
    for email in (account.email, unknown):
        server.client().post('/auth/login', json={'email': email, 'password': 'wrong'}, expect=401)
        (args,), = server.sql("SELECT args FROM job WHERE kind = 'sign_in_failed' "
                              'AND args LIKE ?', f'%{email}%')
        args = json.loads(args)
        assert args['email_key'] == email and args['ip_address'] == HERE
        assert 'wrong' not in json.dumps(args)


def test_an_unknown_address_is_only_a_line(working):
    email = f'nobody-{uuid.uuid4().hex}@example.com'
    (before,), = working.sql('SELECT count(*) FROM audit_log')
    working.client().post('/auth/login', json={'email': email, 'password': 'wrong'}, expect=401)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        (state,), = working.sql("SELECT state FROM job WHERE args LIKE ?", f'%{email}%')
        if state == 'done':
            break
        time.sleep(0.05)
    assert state == 'done'
    (after,), = working.sql('SELECT count(*) FROM audit_log')
    assert after == before and email not in working.log()


def test_a_deactivated_account_that_tries_is_told(working):
    account = working.register()
    admin = account.member('admin')
    working.sql('UPDATE app_user SET is_active = FALSE WHERE id = ?', account.user['id'])
    login(working, account, expect=403)
    row, = wait_for(admin.bearer(), 'user.sign_in_failed')
    assert row['resource_id'] == account.user['id']


def test_a_refused_attempt_is_recorded_once_a_minute(server, account):
    """W16: what a role does not allow, by person and route; and refused all the same."""
    viewer = account.member('viewer')
    for path in (f'/assets/{seed.new_id()}', f'/assets/{seed.new_id()}'):
        viewer.bearer().delete(path, expect=403)
    viewer.bearer().post('/assets', json={}, expect=403)
    viewer.bearer().get('/audit-logs', expect=403)  # reads leave no row
    first, second = reversed(rows(account.bearer(), action='access.refused'))
    assert first['details']['method'] == 'DELETE'
    assert first['details']['path'].startswith('/api/v1/assets/')
    assert second['details'] == {'path': '/api/v1/assets', 'method': 'POST'}
    for row in (first, second):
        assert row['actor']['id'] == viewer.user['id'] and row['resource_type'] == 'assets'
        assert row['ip_address'] == HERE


# ---- reading ----

@pytest.fixture
def busy(account, admin):
    """An organisation with rows of several kinds."""
    for n in range(4):
        asset(admin, f'n{n}', f'198.51.100.{n + 20}')
    made = admin.get('/assets').json()['items'][0]
    admin.delete(f'/assets/{made["id"]}', expect=204)
    return account


def test_newest_first_and_the_total_is_exact(busy, admin):
    got = admin.get('/audit-logs?page_size=3', expect=200).json()
    assert (got['total'], got['page'], got['page_size']) == (10, 1, 3)
    assert [row['seq'] for row in got['items']] == [10, 9, 8]
    assert got['items'][0]['action'] == 'asset.deleted'


def test_pages_follow_each_other_although_times_are_equal(busy, admin):
    """W16: rows of one moment have an order of their own."""
    seen = []
    for page in range(1, 6):
        got = admin.get(f'/audit-logs?page={page}&page_size=2', expect=200).json()
        seen += [row['seq'] for row in got['items']]
    assert seen == list(range(10, 0, -1))
    times = [row['created_at'] for row in rows(admin)]
    assert len(set(times)) < len(times)


@pytest.mark.parametrize('query, count', [
    ({'action': 'asset.created'}, 4), ({'action': 'asset'}, 0), ({'action': 'asset.%'}, 0),
    ({'resource_type': 'asset'}, 5), ({'resource_type': 'assets', 'action': 'post'}, 4),
    ({'user_id': str(uuid.uuid4())}, 0), ({'action': "x' OR 1=1"}, 0)])
def test_filters(busy, admin, query, count):
    got = admin.get('/audit-logs', params=query, expect=200).json()
    assert got['total'] == len(got['items']) == count


def test_filter_by_person(busy, admin):
    other = busy.member('admin')
    asset(other.bearer(), 'theirs', '198.51.100.60')
    got = rows(admin, user_id=other.user['id'])
    assert {row['action'] for row in got} == {'invitation.accepted', 'post', 'asset.created'}
    assert not [row for row in rows(admin, user_id=busy.user['id'], action='user.signed_in')]


def test_filter_by_time(busy, admin):
    """W16: `from` is the first moment of it, `to` the first behind it."""
    all_rows = rows(admin)
    middle = all_rows[4]['created_at']
    late = [row for row in all_rows if row['created_at'] >= middle]
    early = [row for row in all_rows if row['created_at'] < middle]
    assert early and late
    for query, expected in [({'from': middle}, late), ({'to': middle}, early),
                            ({'from': middle, 'to': middle}, [])]:
        got = admin.get('/audit-logs', params=query, expect=200).json()
        assert got['items'] == expected and got['total'] == len(expected)
    offset = (datetime.fromisoformat(middle.replace('Z', '+00:00'))
              .astimezone(timezone(timedelta(hours=2))).isoformat())
    assert rows(admin, **{'from': offset}) == late


@pytest.mark.parametrize('query, loc', [
    ({'page': 0}, 'query.page'), ({'page_size': 201}, 'query.page_size'),
    ({'user_id': 'me'}, 'query.user_id'), ({'from': 'yesterday'}, 'query.from'),
    ({'to': '2026-13-01'}, 'query.to'), ({'action': 'x' * 101}, 'query.action')])
def test_filters_that_are_none(admin, query, loc):
    reply = admin.get('/audit-logs', params=query, expect=422)
    assert loc in issues(reply)


def test_who_may_read_it(team):
    for path in ('/audit-logs', '/audit-logs/verify'):
        team['admin'].get(path, expect=200)
        team['auditor'].get(path, expect=200)
        team['viewer'].get(path, expect=403)


@pytest.mark.parametrize('method', ['POST', 'PUT', 'PATCH', 'DELETE'])
def test_there_is_no_way_to_change_it(admin, method):
    assert admin.request(method, '/api/v1/audit-logs', checked=False).status_code == 405


def test_nothing_of_another_organisation(account, busy):
    other = account.server.register()
    assert [row['action'] for row in rows(other.bearer())] == ['user.registered']


def test_details_that_do_not_parse_leave_the_page_readable(busy, admin):
    busy.server.sql('UPDATE audit_log SET details = ? WHERE org_id = ? AND seq = 2',
                    '{"', busy.org)
    assert rows(admin)[-2]['details'] == {}


# ---- that it proves ----

def test_an_untouched_log_is_intact(busy, admin):
    got = admin.get('/audit-logs/verify', expect=200).json()
    assert got == {'intact': True, 'rows': 10, 'erased': 0, 'purged': 0,
                   'first_bad_seq': None, 'first_bad_id': None, 'reason': None}
    code, lines, _ = verify_command(busy.server, '--org', busy.org)
    assert (code, lines) == (0, [f'{slug_of(busy.server, busy)}: intact, 10 rows'])


@pytest.mark.parametrize('change, seq, word, named', [
    ("UPDATE audit_log SET action = 'nothing' WHERE org_id = ? AND seq = 4", 4, 'changed', True),
    ("UPDATE audit_log SET details = '{}' WHERE org_id = ? AND seq IN (4, 6)", 4, 'changed', True),
    ('DELETE FROM audit_log WHERE org_id = ? AND seq = 5', 5, 'missing', False),
    ('DELETE FROM audit_log WHERE org_id = ? AND seq > 8', 9, 'cut off at the end', False),
])
def test_the_first_altered_row_is_named(busy, admin, change, seq, word, named):
    """W16: rows that somebody changed or removed behind the program's back."""
    (row_id,), = busy.server.sql('SELECT id FROM audit_log WHERE org_id = ? AND seq = ?',
                                 busy.org, seq)
    busy.server.sql(change, busy.org)
    got = admin.get('/audit-logs/verify', expect=200).json()
    assert not got['intact'] and got['first_bad_seq'] == seq
    assert got['first_bad_id'] == (row_id if named else None)
    assert got['reason'].startswith(word)
    slug = slug_of(busy.server, busy)
    code, (line,), _ = verify_command(busy.server, '--org', slug)
    assert code == 1 and line.startswith(f'{slug}: NOT INTACT at row {seq}')
    assert got['reason'] in line and (not named or row_id in line)
    # A row that follows does not mend it.
    asset(admin, 'later', '198.51.100.90')
    assert admin.get('/audit-logs/verify').json()['first_bad_seq'] == seq


def test_all_organisations_one_line_each(start):
    own = {'DATABASE_URL': new_database(f'audit_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    one, two = server.register(org_name='One'), server.register(org_name='Two')
    assert verify_command(server) == (0, ['one: intact, 1 rows', 'two: intact, 1 rows'], '')
    server.sql("UPDATE audit_log SET user_agent = 'other' WHERE org_id = ?", two.org)
    code, lines, _ = verify_command(server)
    assert code == 1 and lines[0] == 'one: intact, 1 rows'
    assert lines[1].startswith('two: NOT INTACT at row 1 (')
    assert verify_command(server, '--org', one.org)[0] == 0
    code, lines, said = verify_command(server, '--org', 'nobody')
    assert code == 2 and not lines and "no organization 'nobody'" in said


def test_the_key_is_what_it_hangs_on(start):
    """Another DATA_ENCRYPTION_KEY does not make these hashes; as the previous one it does."""
    own = {'DATABASE_URL': new_database(f'audit_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    server.register(org_name='One')
    old, new = server.secret('DATA_ENCRYPTION_KEY'), 'QmV0dGVyIHRoYW4gbm90aGluZywgdGhpcyBvbmU'
    server.env['DATA_ENCRYPTION_KEY'] = new
    code, (line,), _ = verify_command(server)
    assert code == 1 and 'row 1' in line and 'DATA_ENCRYPTION_KEY' in line
    server.env['DATA_ENCRYPTION_KEY_PREVIOUS'] = old
    assert verify_command(server)[:2] == (0, ['one: intact, 1 rows'])


def test_an_account_made_on_the_command_line_begins_a_log(start):
    own = {'DATABASE_URL': new_database(f'audit_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    subprocess.run([BINARY, 'user', 'create', 'root@example.com', '--organization', 'By hand',
                    '--data', server.data], env=server.env, input='A long passphrase 1\n',
                   check=True, capture_output=True, text=True)
    assert verify_command(server)[:2] == (0, ['by-hand: intact, 1 rows'])


# ---- retention ----

def old_server(folder, days, **own):
    """One whose clock is days behind."""
    return Server(folder, NIS2_CLOCK_OFFSET=str(-days * 86400), **own)


def test_old_rows_go_after_more_than_a_year(tmp_path):
    """W35: 400 days by default, oldest first; the chain goes on from where it was cut."""
    own = {'DATABASE_URL': new_database(f'audit_{uuid.uuid4().hex}')} if DATABASE else {}
    with old_server(tmp_path, 401, **own) as server:
        account = server.register()
        asset(account.bearer(), 'old', '198.51.100.1')
    with old_server(tmp_path, 390, **own) as server:
        account.server = server
        asset(account.login().bearer(), 'kept', '198.51.100.2')
    with Server(tmp_path, WITH_WORKER='on', **own) as server:
        account.server = server
        admin = account.login().bearer()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and len(rows(admin)) > 4:
            time.sleep(0.1)
        assert [row['seq'] for row in rows(admin)] == [7, 6, 5, 4]
        got = admin.get('/audit-logs/verify', expect=200).json()
        assert got['intact'] and (got['rows'], got['purged']) == (4, 3)
        asset(admin, 'new', '198.51.100.3')
        code, (line,), _ = verify_command(server)
        assert code == 0 and line.endswith('intact, 6 rows, 3 older ones removed by retention')
        # Whoever removes one more is not taken for retention.
        server.sql('DELETE FROM audit_log WHERE org_id = ? AND seq = 4', account.org)
        server.sql('UPDATE audit_chain SET purged_seq = 4 WHERE org_id = ?', account.org)
        assert not admin.get('/audit-logs/verify').json()['intact']


def test_the_retention_that_is_set_is_shown():
    """W35: more than the 12 months that are advised, unless somebody says otherwise."""
    said = subprocess.run([BINARY, 'check'], capture_output=True, text=True, check=False,
                          env={**os.environ, 'ENVIRONMENT': 'development'})
    assert 'AUDIT_LOG_RETENTION_DAYS=400' in said.stdout
