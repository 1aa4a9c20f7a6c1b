"""Keys for programs: how they are made, what they open, how they end."""
import hashlib
import re
import subprocess
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import contract
import seed
from client import issues
from server import BINARY, DATABASE, new_database

SCOPES = ['asset:read', 'asset:write', 'finding:read', 'finding:write',
          'report:read', 'report:write', 'scan:read', 'scan:write']
SCOPED = [op for op in contract.OPERATIONS if op.facts.get('x-scope')]
OTHERS = [op for op in contract.OPERATIONS
          if not op.facts.get('x-scope') and op.role != 'public']


def stamp(**ahead):
    return (datetime.now(timezone.utc) + timedelta(**ahead)).strftime('%Y-%m-%dT%H:%M:%SZ')


def make(client, expect=201, **fields):
    return client.post('/api-keys', json={'name': 'CI', **fields}, expect=expect)


def key_client(account, *scopes):
    """A program with a new key of these scopes."""
    made = make(account.bearer(), scopes=list(scopes)).json()
    client = account.server.client(token=made['raw_key'])
    client.key = made
    return client


def rows(account, action):
    """What the audit log of the organisation has of one action."""
    return account.server.sql(
        'SELECT user_id, api_key_id, details, ip_address, resource_id FROM audit_log '
        'WHERE org_id = ? AND action = ? ORDER BY created_at', account.org, action)


# ---- making, listing, revoking

def test_a_key_is_shown_once_and_kept_as_a_hash(account, admin):
    made = make(admin).json()
    raw = made['raw_key']
    assert re.fullmatch(r'nis2_[A-Za-z0-9_-]{40}', raw)
    assert made['key_prefix'] == raw[:12] and made['is_active'] is True
    assert made['created_by'] == account.user['id'] and made['organization_id'] == account.org
    assert made['scopes'] == ['scan:read', 'scan:write', 'report:read']
    assert made['expires_at'] is None and made['last_used_at'] is None
    listed = admin.get('/api-keys', expect=200).json()
    assert listed['total'] == 1 and listed['items'] == [
        {name: value for name, value in made.items() if name != 'raw_key'}]
    (hashed,), = account.server.sql('SELECT key_hash FROM api_key WHERE id = ?', made['id'])
    assert hashed == hashlib.sha256(raw.encode()).hexdigest()
    assert raw not in account.server.log() and raw[5:] not in account.server.log()


def test_the_newest_comes_first_and_revoked_ones_stay(admin):
    ids = [make(admin).json()['id'] for _ in range(3)]
    admin.delete(f'/api-keys/{ids[1]}', expect=204)
    listed = admin.get('/api-keys', expect=200).json()['items']
    assert [(one['id'], one['is_active']) for one in listed] == [
        (ids[2], True), (ids[1], False), (ids[0], True)]


@pytest.mark.parametrize('scopes, detail', [
    ([], 'scopes must not be empty (omit the field to use the default set)'),
    (['scan:all'], "unknown scope 'scan:all'. Allowed: " + ', '.join(SCOPES)),
    (['SCAN:READ'], "unknown scope 'SCAN:READ'. Allowed: " + ', '.join(SCOPES)),
    (['scan:read', '  '], 'scopes contains an empty or non-string value'),
    ([''], 'scopes contains an empty or non-string value'),
    (['scan:read', ' scan:read '], "duplicate scope 'scan:read'"),
])
def test_scopes_that_make_no_sense(admin, scopes, detail):
    assert make(admin, expect=400, scopes=scopes).json()['detail'] == detail
    assert admin.get('/api-keys').json()['total'] == 0


@pytest.mark.parametrize('scopes', ['scan:read', [1], {'a': 1}, [None]])
def test_scopes_that_are_no_list_of_strings(admin, scopes):
    make(admin, expect=422, scopes=scopes)


def test_scopes_are_trimmed_and_null_is_none_at_all(account, admin):
    assert make(admin, scopes=[' asset:read ', 'scan:read\t']).json()['scopes'] == [
        'asset:read', 'scan:read']
    made = make(admin, scopes=None).json()
    assert made['scopes'] == []
    reply = account.server.client(token=made['raw_key']).get('/scans', expect=403)
    assert reply.json()['detail'] == 'API key missing required scope: scan:read'


@pytest.mark.parametrize('name', ['', '   ', 'x' * 257, None, 'a\nb'])
def test_a_name_is_needed(admin, name):
    assert 'body.name' in issues(make(admin, expect=422, name=name))


def test_an_end_lies_ahead(admin):
    """W22: an end can be given when a key is made."""
    end = stamp(days=1)
    assert make(admin, expires_at=end).json()['expires_at'] == end
    for past in (stamp(seconds=-1), '2001-01-01T00:00:00Z'):
        assert issues(make(admin, expect=422, expires_at=past)) == {
            'body.expires_at': 'value_error'}
    make(admin, expect=422, expires_at='soon')


def test_fifty_active_keys_are_enough(account, admin):
    """W22: their number is bounded, and those that ended do not count."""
    first = make(admin).json()['id']
    for _ in range(48):
        make(admin)
    make(admin, expires_at=stamp(days=1))
    assert '50 active API keys' in make(admin, expect=409).json()['detail']
    admin.delete(f'/api-keys/{first}', expect=204)
    make(admin)
    make(admin, expect=409)
    account.server.sql('UPDATE api_key SET expires_at = 1 WHERE org_id = ? AND '
                       'expires_at IS NOT NULL', account.org)
    make(admin)


def test_two_at_once_do_not_pass_the_cap(account, admin):
    for _ in range(49):
        make(admin)
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(
        account.bearer().post('/api-keys', json={'name': 'CI'}).status_code)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(statuses) == [201] + [409] * 5


def test_revoking_twice_is_one_event(account, admin):
    """W22: a second DELETE answers alike and leaves no second row."""
    made = make(admin, scopes=['scan:read']).json()
    for _ in range(3):
        admin.delete(f'/api-keys/{made["id"]}', expect=204)
    assert [row[4] for row in rows(account, 'api_key.revoked')] == [made['id']]
    assert len(rows(account, 'delete')) == 0
    (user, key, details, _, resource), = rows(account, 'api_key.created')
    assert (user, key, resource) == (account.user['id'], None, made['id'])
    assert made['raw_key'] not in details and made['key_prefix'] in details


def test_no_such_key(admin):
    reply = admin.delete(f'/api-keys/{seed.new_id()}', expect=404)
    assert reply.json()['detail'] == 'API key not found'


def test_who_may_what(team):
    for role, listing, making in (('viewer', 403, 403), ('auditor', 200, 403),
                                  ('admin', 200, 201)):
        team[role].get('/api-keys', expect=listing)
        make(team[role], expect=making)


def test_a_key_outlives_its_makers_account(server, account, admin):
    made = make(admin, scopes=['scan:read']).json()
    other = account.member('admin')
    server.sql('UPDATE api_key SET created_by = NULL WHERE id = ?', made['id'])
    assert other.bearer().get('/api-keys').json()['items'][0]['created_by'] is None
    server.client(token=made['raw_key']).get('/scans', expect=200)


# ---- what a key opens

@pytest.fixture(scope='module')
def stock(server):
    """An organisation with one of everything that scoped operations are about."""
    owner = server.register()
    client = owner.bearer()
    scan_id, pending = seed.scan(owner), seed.scan(owner, status='pending', completed_at=None)
    seed.results(owner, scan_id, 1)
    finding, = seed.findings(owner, scan_id, {})
    asset = client.post('/assets', expect=201, json={
        'name': 'Web', 'target_type': 'ip', 'target_value': '8.8.8.8'}).json()
    task = client.post(f'/reports/generate?scan_id={scan_id}&format=json', expect=200).json()
    owner.ids = {'scan_id': scan_id, 'pending': pending, 'other_id': scan_id, 'asset_id': asset['id'],
                 'finding_id': finding['id'], 'task_id': task['task_id']}
    return owner


def request_of(op, owner, count):
    """(path, options, status): a request of the operation that does its work."""
    ids = dict(owner.ids)
    if op.id == 'scan_cancel':
        ids['scan_id'] = ids['pending']
    path = op.fill(**{p['name']: ids[p['name']] for p in op.parameters_in('path')})
    bodies = {
        'asset_create': {'name': 'New', 'target_type': 'ip', 'target_value': f'8.8.4.{count}'},
        'asset_update': {'name': 'Renamed'},
        'scan_create': {'name': 'By a program', 'asset_ids': [ids['asset_id']]},
        'finding_bulk_update': {'finding_ids': [ids['finding_id']], 'status': 'acknowledged'},
        'finding_update': {'status': 'acknowledged'},
    }
    options = {'json': bodies[op.id]} if op.id in bodies else {}
    if op.id == 'asset_import':
        options['files'] = {'file': ('a.csv', f'name,target_type,target_value\nx,ip,9.9.9.{count}')}
    if op.id == 'report_generate':
        path += f'?scan_id={ids["scan_id"]}&format=html'
    # Without a worker the report is not written yet; nobody has put a proof anywhere.
    return path, options, {'report_download': 404, 'asset_verify': 400}.get(op.id)


@pytest.mark.parametrize('op', SCOPED, ids=str)
def test_a_scope_opens_what_names_it_and_its_lack_does_not(stock, op):
    """W22: write and report scopes open the matching operations, and no others."""
    scope = op.facts['x-scope']
    assert scope in SCOPES
    path, options, status = request_of(op, stock, 10)
    rest = key_client(stock, *[one for one in SCOPES if one != scope])
    refused = rest.request(op.method, path, expect=403, **options)
    assert refused.json()['detail'] == f'API key missing required scope: {scope}'
    path, options, status = request_of(op, stock, 11)
    only = key_client(stock, scope)
    reply = only.request(op.method, path, **options)
    assert reply.status_code == status or (not status and reply.ok), reply.text


@pytest.mark.parametrize('op', OTHERS, ids=str)
def test_nothing_else_takes_a_key(stock, op):
    client = key_client(stock, *SCOPES) if not hasattr(stock, 'all') else stock.all
    stock.all = client
    ids = {p['name']: seed.new_id() for p in op.parameters_in('path')}
    reply = client.request(op.method, op.fill(**ids), json={}, expect=401)
    assert reply.json()['detail'] == 'Invalid or expired token'


def test_every_scope_opens_something():
    assert {op.facts['x-scope'] for op in SCOPED} == set(SCOPES)


def test_what_a_key_did_has_the_key_as_its_actor(account):
    """W22, W16: attribution of a program: the key, and no person."""
    client = key_client(account, 'asset:write', 'scan:write')
    asset = client.post('/assets', expect=201, json={
        'name': 'Web', 'target_type': 'ip', 'target_value': '8.8.8.8'}).json()
    scan = client.post('/scans', expect=201, json={
        'name': 'Nightly', 'asset_ids': [asset['id']]}).json()
    assert scan['created_by'] is None
    for action in ('asset.created', 'post'):
        for user, key, *_ in rows(account, action):
            assert (user, key) == (None, client.key['id']) or user == account.user['id']
    (user, key, _, _, resource), = rows(account, 'asset.created')
    assert (user, key, resource) == (None, client.key['id'], asset['id'])


def test_a_report_of_a_key_is_in_english(stock):
    stock.server.sql('UPDATE app_user SET locale = ? WHERE id = ?', 'it', stock.user['id'])
    task = key_client(stock, 'report:write').post(
        f'/reports/generate?scan_id={stock.ids["scan_id"]}&format=html').json()['task_id']
    assert stock.server.sql('SELECT locale, created_by FROM report WHERE id = ?', task) == [
        ('en', None)]


def test_a_key_sees_its_organisation_only(stock, account):
    client = key_client(account, *SCOPES)
    assert client.get('/scans', expect=200).json()['total'] == 0
    client.get(f'/scans/{stock.ids["scan_id"]}', expect=404)
    client.patch(f'/assets/{stock.ids["asset_id"]}', json={'name': 'x'}, expect=404)


def test_a_cookie_wins_and_the_double_submit_is_not_asked_of_a_key(stock):
    client = key_client(stock, 'asset:write')
    client.patch(f'/assets/{stock.ids["asset_id"]}', json={'name': 'x'}, expect=200,
                 headers={'Cookie': 'csrf_token=planted'})
    client.get('/assets', expect=401, headers={'Cookie': 'access_token=rubbish'})


@pytest.mark.parametrize('value, detail', [
    ('Bearer nis2_' + 'A' * 40, 'Invalid or revoked API key'),
    ('bearer nis2_', 'Invalid or revoked API key'),
    ('Bearer nis2_' + 'A' * 4000, 'Invalid or revoked API key'),
    ('Bearer NIS2_abc', 'Invalid or expired token'),
    ('Basic nis2_abc', 'Missing authentication token'),
])
def test_what_is_no_key(client, value, detail):
    reply = client.get('/scans', headers={'Authorization': value}, expect=401)
    assert reply.json()['detail'] == detail


def test_any_spelling_of_bearer_will_do(account, client):
    """W14d: the scheme's name has no case."""
    raw = make(account.bearer(), scopes=['asset:write']).json()['raw_key']
    client.post('/assets', expect=201, headers={'Authorization': f'bEARER {raw}'},
                json={'name': 'x', 'target_type': 'ip', 'target_value': '8.8.8.8'})


# ---- how a key ends

def test_a_revoked_key_opens_nothing_at_once(account, admin):
    client = key_client(account, 'scan:read')
    client.get('/scans', expect=200)
    admin.delete(f'/api-keys/{client.key["id"]}', expect=204)
    reply = client.get('/scans', expect=401)
    assert reply.json()['detail'] == 'Invalid or revoked API key'
    assert reply.headers['WWW-Authenticate'] == 'Bearer'


def test_a_key_past_its_end_is_switched_off_for_good(account, admin):
    """W22: the refusal and the switch are two transactions, and both stay."""
    client = key_client(account, 'scan:read', 'asset:write')
    account.server.sql('UPDATE api_key SET expires_at = ? WHERE id = ?',
                       seed.now() - 1_000_000, client.key['id'])
    assert admin.get('/api-keys').json()['items'][0]['is_active'] is True
    for method, path in (('GET', '/scans'), ('POST', '/assets'), ('GET', '/scans')):
        reply = client.request(method, path, expect=401, json={})
        assert reply.json()['detail'] == 'API key has expired'
        assert admin.get('/api-keys').json()['items'][0]['is_active'] is False


def test_one_that_nobody_uses_any_more_is_switched_off_too(start):
    own = {'DATABASE_URL': new_database(f'lapse_{uuid.uuid4().hex}')} if DATABASE else {}
    server = start(**own)
    account = server.register()
    keys = [make(account.bearer()).json()['id'] for _ in range(3)]
    for key_id, ahead in zip(keys, (-1, 3600)):
        server.sql('UPDATE api_key SET expires_at = ? WHERE id = ?',
                   seed.now() + ahead * 1_000_000, key_id)
    with subprocess.Popen([BINARY, 'work', '--data', server.data], env=server.env) as worker:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and len(active(server)) == 3:
            time.sleep(0.05)
        worker.terminate()
    assert active(server) == sorted(keys[1:])


def active(server):
    return sorted(key for key, in server.sql('SELECT id FROM api_key WHERE is_active = TRUE'))


# ---- what its use leaves

def last_used(account, key_id):
    (value,), = account.server.sql('SELECT last_used_at FROM api_key WHERE id = ?', key_id)
    return value


def test_the_stamp_is_written_once_a_minute(account, admin):
    """W22: no row is written at each call."""
    client = key_client(account, 'scan:read')
    before = seed.now()
    client.get('/scans', expect=200)
    first = last_used(account, client.key['id'])
    assert before <= first <= seed.now()
    for _ in range(5):
        client.get('/scans', expect=200)
    assert last_used(account, client.key['id']) == first
    earlier = first - 61_000_000
    account.server.sql('UPDATE api_key SET last_used_at = ? WHERE id = ?', earlier,
                       client.key['id'])
    client.get('/scans', expect=200)
    assert last_used(account, client.key['id']) >= first
    assert admin.get('/api-keys').json()['items'][0]['last_used_at'] is not None


def test_a_new_address_leaves_a_line(start):
    """W22: who uses a key from elsewhere is seen, once."""
    account = start(TRUSTED_PROXIES='127.0.0.0/8').register()
    client = key_client(account, 'scan:read')
    for ip in ('198.51.100.7', '198.51.100.7', '198.51.100.8', '198.51.100.7'):
        client.get('/scans', expect=200, headers={'X-Forwarded-For': ip})
    noted = rows(account, 'api_key.used_from_new_address')
    assert [row[3] for row in noted] == ['198.51.100.7', '198.51.100.8']
    user, key, details, _, resource = noted[0]
    assert (user, key, resource) == (None, client.key['id'], client.key['id'])
    assert '"ip":"198.51.100.7"' in details and client.key['key_prefix'] in details


def test_addresses_of_a_key_are_bounded(start):
    account = start(TRUSTED_PROXIES='127.0.0.0/8').register()
    client = key_client(account, 'scan:read')
    for i in range(105):
        client.get('/scans', expect=200, headers={'X-Forwarded-For': f'198.51.100.{i}'})
    (count,), = account.server.sql('SELECT count(*) FROM api_key_address WHERE org_id = ?',
                                    account.org)
    assert count == 100 and len(rows(account, 'api_key.used_from_new_address')) == 100


def test_a_note_that_fails_does_not_fail_the_request(start):
    """The use is noted after the request: a table that is gone is the log's business."""
    own = {'DATABASE_URL': new_database(f'note_{uuid.uuid4().hex}')} if DATABASE else {}
    account = start(**own).register()
    client = key_client(account, 'scan:read', 'asset:write')
    account.server.sql('ALTER TABLE audit_log RENAME TO elsewhere')
    client.get('/scans', expect=200)
    client.get('/scans', expect=200)
    assert 'api_key' in account.server.log()


def test_a_key_has_a_limit_of_its_own(start):
    """W22: six hundred calls a minute, all operations together."""
    account = start(RATE_LIMITS='on').register()
    client = key_client(account, 'scan:read', 'asset:read')
    other = key_client(account, 'scan:read')
    deadline = time.monotonic() + 50
    for i in range(600):
        reply = client.request('GET', '/api/v1/scans' if i % 2 else '/api/v1/assets',
                               checked=False)
        assert reply.status_code == 200, i
    assert time.monotonic() < deadline, 'too slow to be one window'
    reply = client.get('/scans', expect=429)
    assert reply.json()['error'] == 'Rate limit exceeded: 600 per 1 minute'
    assert 1 <= int(reply.headers['Retry-After']) <= 60
    other.get('/scans', expect=200)
