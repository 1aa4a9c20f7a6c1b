"""A person leaves for good: what goes, what stays, and when it is refused."""
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import seed
from client import set_cookies
from people import audit, invite, join, organization, refresh, works
from seed import new_id, now
from server import DATABASE, new_database
from test_export import key
from test_mfa import Person, code, wrong


def erase(client, account, expect=204, **more):
    return client.delete('/auth/me', expect=expect,
                         json={'current_password': account.password, **more})


def exists(server, table, which):
    return bool(server.sql(f'SELECT 1 AS n FROM {table} WHERE id = ?', which))


def tenant_tables(server):
    """Every table with a column org_id."""
    if server.database:
        rows = server.sql("SELECT table_name FROM information_schema.columns "
                          "WHERE column_name = 'org_id' AND table_schema = current_schema()")
    else:
        rows = server.sql("SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c "
                          "WHERE m.type = 'table' AND c.name = 'org_id'")
    return sorted(name for name, in rows)


def counts(server, org):
    """{table: how many rows of the organisation}."""
    return {table: server.sql(f'SELECT count(*) FROM {table} WHERE org_id = ?', org)[0][0]
            for table in tenant_tables(server)}


def fill(account):
    """At least one row of the organisation in every table that has such rows."""
    server, org = account.server, account.org
    at = {'org_id': org, 'created_at': now()}
    scan = seed.scan(account)
    seed.results(account, scan, 2)
    seed.findings(account, scan, {'assigned_to': account.user['id']})
    client = account.bearer()
    asset = client.post('/assets', expect=201, json={
        'name': 'An asset', 'target_type': 'ip', 'target_value': '8.8.8.8'}).json()['id']
    client.post('/scans', json={'name': 'A scan', 'asset_ids': [asset]}, expect=201)
    client.post('/schedules', expect=201, json={
        'name': 'A schedule', 'cron_expression': '0 6 * * 1', 'asset_ids': [asset]})
    server.insert('event', id=new_id(), kind='scan.completed', subject_type='scan',
                  subject_id=scan, **at)
    client.post(f'/reports/generate?scan_id={scan}&format=html', expect=200)
    server.insert('scan_crash', org_id=org, scan_id=scan, target='x', ip='127.0.0.1', crashes=1)
    invite(server.register(), org, account)
    row = key(account, org)
    server.insert('api_key_address', org_id=org, key_id=row['id'], ip_address='127.0.0.1',
                  first_seen_at=now())
    server.insert('sso_provider', issuer='https://id.example.com', client_id='x',
                  groups_claim='groups', admin_groups='[]', auditor_groups='[]',
                  viewer_groups='[]', is_enabled=False, updated_at=now(), **at)
    server.insert('certificate', org_id=org, domain='www.example.com', port=443, ip='203.0.113.10', subject='CN=x', issuer='CN=y',
                  fingerprint='0', key_fingerprint='1', not_after=now(), score=100, checked_at=now())
    if not server.sql('SELECT 1 AS n FROM audit_chain WHERE org_id = ?', org):
        server.insert('audit_chain', org_id=org, last_seq=0, last_hash='', purged_seq=0,
                      purged_hash='')


# ---- what goes ----

def test_the_account_and_its_tokens_are_gone(server, account):
    browser = account.cookie()
    reply = erase(browser, account)
    cleared = set_cookies(reply)
    assert set(cleared) == {'access_token', 'refresh_token', 'csrf_token'}
    assert all(value == '' and more['max-age'] == '0' for value, more in cleared.values())
    assert not dict(browser.cookies)
    assert works(account, account.access, 401).json()['detail'] == 'User not found'
    refresh(account, account.refresh, 401)
    server.client().post('/auth/login', expect=401, json={
        'email': account.email, 'password': account.password})
    assert not exists(server, 'app_user', account.user['id'])
    assert server.register(email=account.email).user['id'] != account.user['id']


def test_an_organisation_of_nobody_else_goes_with_everything_in_it(server, account, admin):
    """W34: rows of some tables were left behind."""
    fill(account)
    before = counts(server, account.org)
    assert all(before.values()), f'no row to see gone: {before}'
    erase(admin, account)
    assert not any(counts(server, account.org).values())
    assert not exists(server, 'organization', account.org)


def test_an_open_invitation_keeps_no_organisation(server, account, admin):
    other = server.register()
    invite(other, account.org, account)
    erase(admin, account)
    assert not exists(server, 'organization', account.org)
    works(other, other.access)
    assert other.login().org


def test_tables_of_the_person_hold_nothing_of_them(server, account, admin):
    server.insert('recovery_code', user_id=account.user['id'], code_hash=uuid.uuid4().hex)
    server.insert('password_reset', id=new_id(), user_id=account.user['id'],
                  token_hash=uuid.uuid4().hex, created_at=now(), expires_at=now())
    server.insert('sso_identity', issuer='https://id.example.com', subject=uuid.uuid4().hex,
                  user_id=account.user['id'], created_at=now())
    erase(admin, account)
    for table in ('recovery_code', 'password_reset', 'sso_identity', 'session', 'refresh_token',
                  'membership', 'invitation', 'audit_log'):
        assert server.sql(f'SELECT count(*) FROM {table} WHERE user_id = ?',
                          account.user['id']) == [(0,)], table


def test_files_of_its_reports_are_swept(start):
    """W34: what no row tells of any more goes with the next sweep, and nothing else."""
    own = {'DATABASE_URL': new_database(f'swept_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    gone, stays = server.register(), server.register()
    files = {}
    for account in (gone, stays):
        folder = server.data / 'reports' / account.org
        folder.mkdir(parents=True)
        files[account.org] = folder / new_id()
        files[account.org].write_text('a report')
    (server.data / 'reports' / 'not an organisation').mkdir()
    erase(gone.bearer(), gone)
    server.__exit__()
    server.env['WITH_WORKER'] = 'on'
    server.__enter__()
    deadline = time.monotonic() + 20
    while files[gone.org].parent.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not files[gone.org].parent.exists()
    assert files[stays.org].read_text() == 'a report'
    assert (server.data / 'reports' / 'not an organisation').exists()


# ---- what stays ----

@pytest.fixture
def colleague(account):
    """An auditor who did all that one can do in somebody else's organisation."""
    one = account.member('auditor')
    scan = seed.scan(one)
    seed.findings(one, scan, {'assigned_to': one.user['id']})
    one.bearer().post(f'/reports/generate?scan_id={scan}&format=html', expect=200)
    key(one, account.org)
    one.guest = account.server.register()
    invite(one.guest, account.org, one)
    return one


def test_who_worked_and_invited_can_leave(server, account, colleague):
    """W34: who had invited somebody could not be erased."""
    before = counts(server, account.org)
    erase(colleague.bearer(), colleague)
    after = counts(server, account.org)
    gone = {table: before[table] - after[table] for table in before if before[table] > after[table]}
    assert gone == {'api_key': 1, 'membership': 1, 'invitation': 1}
    for table, column in (('scan', 'created_by'), ('report', 'created_by'),
                          ('finding', 'assigned_to'), ('membership', 'invited_by'),
                          ('invitation', 'invited_by')):
        assert server.sql(f'SELECT count(*) FROM {table} WHERE {column} = ?',
                          colleague.user['id']) == [(0,)], (table, column)
    account.bearer().get('/findings', expect=200)
    account.bearer().get('/scans', expect=200)
    switched = colleague.guest.bearer().post('/auth/switch-org', expect=200,
                                             json={'organization_id': account.org})
    assert switched.json()['org_id'] == account.org


def test_what_they_did_stays_in_the_log_without_them(server, account, colleague):
    colleague.bearer().patch('/auth/me', json={'locale': 'it'}, expect=200)
    rows = len(server.sql('SELECT id FROM audit_log WHERE org_id = ?', account.org))
    erase(colleague.bearer(), colleague)
    row, = audit(server, account.org, 'user.updated')
    assert (row['user'], row['ip'], row['details']) == (None, '127.0.0.1', None)
    assert row['id'] == colleague.user['id'] and row['type'] == 'user'
    assert server.sql('SELECT user_agent, erased_at > 0 AS erased FROM audit_log '
                      "WHERE org_id = ? AND action = 'user.updated'", account.org)[0] in (
        ('[erased]', True), ('[erased]', 1))
    left, = audit(server, account.org, 'user.erased')
    assert (left['user'], left['id'], left['ip'], left['details'] or {}) == (None, None, None, {})
    assert len(server.sql('SELECT id FROM audit_log WHERE org_id = ?', account.org)) == rows + 1


def test_rows_of_others_stay_as_they_are(server, account, colleague):
    account.bearer().patch('/auth/me', json={'locale': 'fr'}, expect=200)
    erase(colleague.bearer(), colleague)
    row, = audit(server, account.org, 'user.updated')
    assert row['user'] == account.user['id'] and row['ip'] and row['details']


def test_their_address_is_not_left_in_what_others_did(server, account, colleague):
    """W34: the address stayed in the row about the invitation."""
    told = 'SELECT id FROM audit_log WHERE details LIKE ?', f'%{colleague.email}%'
    assert server.sql(*told)
    erase(colleague.bearer(), colleague)
    assert not server.sql(*told)


def test_nor_in_what_others_did_with_the_invitation(server, account, admin):
    """W34: sending it again and withdrawing it name the address as well."""
    guest, here = server.register(), f'/organizations/{account.org}'
    admin.post(f'{here}/members', json={'email': guest.email}, expect=201)
    one, = admin.get(f'{here}/invitations', expect=200).json()
    again = admin.post(f'{here}/invitations/{one["id"]}/resend', expect=200).json()
    assert again
    one = admin.get(f'{here}/invitations', expect=200).json()[0]
    admin.delete(f'{here}/invitations/{one["id"]}', expect=204)
    told = 'SELECT action FROM audit_log WHERE details LIKE ?', f'%{guest.email}%'
    assert {action for action, in server.sql(*told)} == {
        'member.invited', 'invitation.resent', 'invitation.withdrawn'}
    erase(guest.bearer(), guest)
    assert not server.sql(*told)
    proof = admin.get('/audit-logs/verify', expect=200).json()
    assert proof['intact'], proof


# ---- refused ----

def all_rows(server, *accounts):
    return [(counts(server, one.org), exists(server, 'organization', one.org),
             exists(server, 'app_user', one.user['id'])) for one in accounts]


def test_the_only_administrator_of_others_does_not_leave_from_an_empty_organisation(
        server, account):
    """W03: seen from another organisation, the members were invisible, and all was wiped."""
    fill(account)
    account.member('viewer')
    empty = organization(account)
    there = account.bearer().post('/auth/switch-org', json={'organization_id': empty},
                                  expect=200).json()
    before = all_rows(server, account)
    reply = erase(server.client(token=there['access_token']), account, 409)
    assert 'only administrator' in reply.json()['detail'] and not set_cookies(reply)
    assert all_rows(server, account) == before and exists(server, 'organization', empty)
    works(account, there['access_token'])
    server.client(token=there['access_token']).get('/assets', expect=200)


def test_with_a_second_administrator_it_is_possible(server, account, admin):
    """W03: an organisation with anybody else in it is never deleted."""
    second = account.member('admin')
    fill(account)
    before = counts(server, account.org)
    erase(admin, account)
    assert exists(server, 'organization', account.org)
    after = counts(server, account.org)
    assert after['finding'] == before['finding'] and after['scan'] == before['scan']
    assert second.bearer().get('/assets', expect=200).json()['total'] == 1


def test_an_administrator_who_was_only_invited_is_none(server, account, admin):
    account.member('viewer')
    join(server.register(), account.org, 'admin', accepted=False)
    erase(admin, account, 409)


def test_one_organisation_of_several_is_enough_to_refuse(server, account, admin):
    """W03: it is decided for all of them before anything goes."""
    others = [organization(account) for _ in range(4)]
    join(server.register(), others[2], 'viewer')
    erase(admin, account, 409)
    assert all(exists(server, 'organization', org) for org in [account.org, *others])
    server.sql('UPDATE membership SET role = ? WHERE org_id = ?', 'admin', others[2])
    erase(admin, account)
    assert [exists(server, 'organization', org) for org in [account.org, *others]] == [
        False, False, False, True, False]


def test_two_administrators_who_leave_at_once(server):
    """W03: each would have seen the other stay."""
    for _ in range(4):
        one = server.register()
        two = one.member('admin')
        viewer = one.member('viewer')
        with ThreadPoolExecutor(2) as pool:
            codes = sorted(pool.map(
                lambda who: who.bearer().delete('/auth/me', json={
                    'current_password': who.password}).status_code, (one, two)))
        assert codes == [204, 409]
        assert exists(server, 'organization', one.org)
        viewer.bearer().get('/assets', expect=200)


def test_a_wrong_password(account, admin):
    reply = admin.delete('/auth/me', json={'current_password': 'not the password'}, expect=400)
    assert reply.json()['detail'] == 'currentPasswordIncorrect'
    works(account, account.access)


@pytest.mark.parametrize('body', [{}, {'current_password': ''}, {'current_password': None},
                                  {'current_password': 'x' * 129}])
def test_a_password_that_cannot_be_one(account, admin, body):
    admin.delete('/auth/me', json=body, expect=422)
    works(account, account.access)


# ---- the second factor ----

@pytest.fixture
def careful(server):
    return Person(server)


def test_the_password_alone_when_the_second_factor_is_on(careful):
    """W34: a stolen password was enough."""
    used = code(careful.secret, careful.step)
    for totp_code in (None, '', wrong(careful.secret), used):
        reply = erase(careful.client, careful.account, 401, totp_code=totp_code)
        assert reply.json()['detail'] == 'Invalid MFA code'
    works(careful.account, careful.account.access)


def test_with_a_code_it_is_possible(server, careful):
    erase(careful.client, careful.account, totp_code=careful.fresh())
    assert not exists(server, 'app_user', careful.account.user['id'])


def test_with_a_recovery_code_too(server, careful):
    erase(careful.client, careful.account, totp_code=careful.recovery[0])
    assert not exists(server, 'app_user', careful.account.user['id'])


def test_a_code_stays_good_when_it_is_refused_for_another_reason(careful):
    """W03: nothing at all happens, so the code is not used up either."""
    member, totp_code = careful.account.member('viewer'), careful.fresh()
    erase(careful.client, careful.account, 409, totp_code=totp_code)
    erase(member.bearer(), member)
    erase(careful.client, careful.account, totp_code=totp_code)


def test_guesses_of_the_code_are_counted(careful):
    """W11: who has the password could try all codes."""
    for _ in range(5):
        erase(careful.client, careful.account, 401, totp_code=wrong(careful.secret))
    erase(careful.client, careful.account, 429, totp_code=careful.fresh())


def test_older_clients_send_a_new_password_too(account, admin):
    """W34: it is taken, and not asked for."""
    erase(admin, account, new_password='whatever it is')


def test_without_a_session(client, account):
    client.delete('/auth/me', json={'current_password': account.password}, expect=401)


def test_a_browser_needs_the_double_submit(account):
    account.cookie().delete('/auth/me', expect=403, headers={'X-CSRF-Token': 'x'},
                            json={'current_password': account.password})
    works(account, account.access)
