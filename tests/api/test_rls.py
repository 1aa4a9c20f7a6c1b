"""The second lock between organisations: PostgreSQL shows a role that owns nothing the rows of
one organisation and one person, whatever a statement asks for."""
import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest

import seed
from postgres import as_role
from server import BINARY, DATABASE, Server, fill, new_database, psql

UNTIED = str(Path(os.environ.get('NIS2_BUILD', Path(BINARY).parent)) / 'tests/nis2_untied')
on_postgresql = pytest.mark.skipif(not DATABASE, reason='PostgreSQL alone has this')


def own_database(name):
    return {'DATABASE_URL': new_database(f'{name}_{uuid.uuid4().hex[:8]}')} if DATABASE else {}


def rows_of(account):
    """One of each kind; {parameter of a path: id}."""
    client = account.bearer()
    scan_id = seed.scan(account)
    seed.results(account, scan_id, 2)
    finding, = seed.findings(account, scan_id, {})
    asset = client.post('/assets', expect=201, json={
        'name': 'Theirs', 'target_type': 'ip', 'target_value': '8.8.8.8'}).json()
    task = client.post(f'/reports/generate?scan_id={scan_id}&format=html', expect=200).json()
    return {'scan_id': scan_id, 'asset_id': asset['id'], 'finding_id': finding['id'],
            'task_id': task['task_id']}


# ---- without the conditions of the program ----

@pytest.fixture(scope='module')
def untied(tmp_path_factory):
    """A server whose statements have lost `org_id = $n` (tools/gen_sql.py --untied)."""
    with Server(tmp_path_factory.mktemp('untied'), binary=UNTIED, **own_database('untied')) as one:
        one.theirs = rows_of(one.register())
        one.stranger = one.register().bearer()
        yield one


READS = ['/assets/{asset_id}', '/scans/{scan_id}', '/findings/{finding_id}',
         '/reports/status/{task_id}']
LISTS = ['/assets', '/scans', '/findings']


@pytest.mark.skipif(bool(DATABASE), reason='SQLite has no second lock')
def test_without_its_conditions_the_program_leaks_on_sqlite(untied):
    """Else the two tests below could not fail."""
    for path in READS[:3]:
        untied.stranger.get(path.format(**untied.theirs), expect=200)
    for path in LISTS[:2]:
        assert untied.stranger.get(path, expect=200).json()['total'] > 0, path


@on_postgresql
@pytest.mark.parametrize('path', READS)
def test_postgresql_alone_hides_a_foreign_id(untied, path):
    """W26"""
    ids = untied.theirs
    untied.stranger.get(path.format(**ids), expect=404, checked=not path.startswith('/reports'))


@on_postgresql
@pytest.mark.parametrize('path', [*LISTS, '/scans/{scan_id}/results', '/findings?scan_id={scan_id}'])
def test_postgresql_alone_shows_empty_lists(untied, path):
    """W26"""
    reply = untied.stranger.get(path.format(**untied.theirs))
    assert reply.status_code == 404 or reply.json()['total'] == 0


@on_postgresql
def test_postgresql_alone_lets_nothing_be_changed(untied):
    """W26"""
    ids = untied.theirs
    untied.stranger.patch(f'/assets/{ids["asset_id"]}', json={'name': 'Taken over'}, expect=404)
    untied.stranger.patch(f'/findings/{ids["finding_id"]}', json={'status': 'resolved'}, expect=404)
    untied.stranger.delete(f'/assets/{ids["asset_id"]}', expect=404)
    untied.stranger.delete(f'/scans/{ids["scan_id"]}', expect=404)
    name, = untied.sql('SELECT name FROM asset WHERE id = ?', ids['asset_id'])
    assert name == ('Theirs',)
    assert untied.sql('SELECT status FROM finding WHERE id = ?', ids['finding_id']) == [('open',)]


# ---- what the role itself can do ----

TABLES = """SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
AND (a.attname IN ('org_id', 'user_id') OR c.relname IN ('organization', 'app_user'))"""


@pytest.fixture(scope='module')
def filled(server):
    """Two organisations on the server of all tests."""
    accounts = server.register(), server.register()
    for account in accounts:
        rows_of(account)
        server.insert('audit_log', id=seed.new_id(), org_id=account.org, action='x',
                      resource_type='x', created_at=1)
    return accounts


def as_app(server, text, *values, **settings):
    """What psql says as the role of `nis2 serve`, in one transaction."""
    given = ''.join(f"SET LOCAL app.{name} = '{value}';\n" for name, value in settings.items())
    return subprocess.run(
        ['psql', as_role(server.database, 'nis2_web'), '-XqAt1', '-v', 'ON_ERROR_STOP=1'],
        input=given + fill(text, values) + ';', capture_output=True, text=True, check=False)


def count(server, table, where='', **settings):
    done = as_app(server, f'SELECT count(*) FROM {table} {where}', **settings)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@on_postgresql
def test_without_settings_every_table_is_empty(server, filled):
    """W26"""
    tables = [row[0] for row in psql(server.database, TABLES)]
    assert {'membership', 'organization', 'app_user', 'session', 'refresh_token', 'asset',
            'scan_result', 'job', 'audit_log', 'password_reset', 'recovery_code'} <= set(tables)
    held = [table for table in tables
            if server.sql(f'SELECT count(*) AS n FROM {table}') != [(0,)]]
    assert len(held) >= 8, 'there is something to hide'
    assert [table for table in tables if count(server, table)] == []


@on_postgresql
def test_not_even_retention_removes_what_is_young(server):
    """The application's role may call audit_purge(), but only for what is older than any retention may be."""
    account = server.register()
    for n in (1, 2):
        account.bearer().post('/assets', json={'name': f'a{n}', 'target_type': 'ip',
                                               'target_value': f'198.51.100.{n}'}, expect=201)
    server.sql('UPDATE audit_log SET created_at = 1 WHERE org_id = ? AND seq = 1', account.org)
    rows = server.sql('SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq', account.org)
    assert len(rows) > 2
    done = as_app(server, 'SELECT audit_purge(?, 1000000)', account.org,
                  current_org_id=account.org, system='on')
    assert done.returncode == 0, done.stderr
    assert server.sql('SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq', account.org) == rows[1:]


@on_postgresql
def test_an_organisation_sees_its_own_rows_alone(server, filled):
    """W26"""
    mine, other = filled
    for table in ('asset', 'scan', 'finding', 'scan_result', 'membership', 'audit_log', 'report'):
        org = {'current_org_id': mine.org}
        whole = server.sql(f'SELECT count(*) AS n FROM {table} WHERE org_id = ?', mine.org)[0][0]
        assert count(server, table, **org) == whole > 0, table
        assert count(server, table, f"WHERE org_id = '{other.org}'", **org) == 0, table


@on_postgresql
def test_a_person_sees_their_own_account_and_their_colleagues(server, filled):
    mine, other = filled
    me = {'current_user_id': mine.user['id']}
    assert count(server, 'app_user', **me) == 1
    assert count(server, 'session', **me) >= 1
    assert count(server, 'session', f"WHERE user_id = '{other.user['id']}'", **me) == 0
    assert count(server, 'organization', **me) == 1
    mine.member('viewer')
    assert count(server, 'app_user', current_org_id=mine.org, **me) == 2


@on_postgresql
def test_nobody_makes_themselves_a_member(server, filled):
    """W26"""
    mine, other = filled
    row = (seed.new_id(), other.org, mine.user['id'])
    done = as_app(server, "INSERT INTO membership (id, org_id, user_id, role, created_at, updated_at) "
                  "VALUES (?, ?, ?, 'admin', 1, 1)", *row,
                  current_org_id=mine.org, current_user_id=mine.user['id'])
    assert 'row-level security' in done.stderr
    done = as_app(server, 'UPDATE membership SET org_id = ? WHERE user_id = ?', *row[1:],
                  current_org_id=mine.org, current_user_id=mine.user['id'])
    assert 'row-level security' in done.stderr


@on_postgresql
@pytest.mark.parametrize('statement', [
    "UPDATE audit_log SET action = 'y'", 'DELETE FROM audit_log', 'TRUNCATE audit_log',
    'DELETE FROM audit_chain', 'DELETE FROM schema_migration',
    'ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY', 'DROP POLICY tenant_isolation ON asset',
    'CREATE TABLE mine (x text)', 'SET ROLE nis2_owner'])
def test_the_role_cannot(server, filled, statement):
    done = as_app(server, statement, system='on')
    assert done.returncode != 0
    assert re.search('permission denied|must be owner', done.stderr), done.stderr


@on_postgresql
def test_the_functions_of_the_audit_log_reach_what_the_settings_show(server, filled):
    mine, other = filled
    for account in filled:
        server.insert('audit_log', id=seed.new_id(), org_id=account.org, user_id=account.user['id'],
                      action='purge me', resource_type='x', created_at=1, seq=1_000_000,
                      ip_address='192.0.2.1', user_agent='x', details='{}', salt='s', hash='h')
    as_app(server, 'SELECT audit_erase_user(?, 77)', mine.user['id'], system='on')
    row, = server.sql("SELECT user_id, ip_address, user_agent, details, salt, erased_at, hash, action "
                      "FROM audit_log WHERE org_id = ? AND seq = 1000000", mine.org)
    assert row == (None, '127.0.0.1', '[erased]', None, None, 77, 'h', 'purge me')
    as_app(server, 'SELECT audit_purge(?, 1000000)', other.org, current_org_id=mine.org)
    assert server.sql('SELECT count(*) AS n FROM audit_log WHERE org_id = ? AND seq = 1000000',
                      other.org) == [(1,)]
    as_app(server, 'SELECT audit_purge(?, 1000000)', mine.org, system='on')
    assert server.sql('SELECT count(*) AS n FROM audit_log WHERE org_id = ? AND seq = 1000000',
                      mine.org) == [(0,)]


# ---- the guard at the start ----

@pytest.fixture(scope='module')
def guarded(tmp_path_factory):
    """A migrated database of its own; its address as superuser."""
    with Server(tmp_path_factory.mktemp('guarded'), **own_database('guarded')) as one:
        yield one.database


def refused(tmp_path, command, url, **settings):
    """The lines of a program that did not start, in production."""
    done = start(tmp_path, command, url, **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    assert 'API' not in done.stdout, 'it was refused before it listened'
    return done.stderr


def start(tmp_path, command, url, **settings):
    env = {**os.environ, 'ENVIRONMENT': 'production', 'RATE_LIMITS': 'on', 'WITH_WORKER': 'off',
           'CORS_ORIGINS': 'https://nis2.example.com', 'LISTEN': '127.0.0.1:0',
           'DATABASE_URL': url, 'DATABASE_URL_SYNC': '', **settings}
    return subprocess.run([BINARY, command, '--data', tmp_path / 'data'], env=env, timeout=30,
                          capture_output=True, text=True, check=False)


@on_postgresql
@pytest.mark.parametrize('command', ['serve', 'work'])
def test_a_superuser_does_not_start(tmp_path, guarded, command):
    """W04, W26"""
    said = refused(tmp_path, command, guarded)
    assert 'the database role nis2 is a superuser\n' in said


@on_postgresql
def test_the_owner_of_the_tables_does_not_start(tmp_path, guarded):
    """W04"""
    said = refused(tmp_path, 'serve', as_role(guarded, 'nis2_owner'))
    assert 'the database role nis2_owner owns the table audit_log\n' in said


@on_postgresql
@pytest.mark.parametrize('how, words', [
    ('CREATE ROLE {role} LOGIN BYPASSRLS IN ROLE nis2_app', 'the database role {role} has BYPASSRLS'),
    ('CREATE ROLE {role} LOGIN IN ROLE nis2_app, nis2_owner', '{role} owns the table'),
    ('CREATE ROLE {role} LOGIN IN ROLE nis2_app, nis2', 'nis2 is a superuser, and {role} may become it'),
    ('CREATE ROLE {role} LOGIN IN ROLE nis2_app; GRANT DELETE ON audit_log TO {role}',
     '{role} may alter or remove rows of audit_log')])
def test_a_role_that_can_do_too_much_does_not_start(tmp_path, guarded, how, words):
    """W04"""
    role = f'r_{uuid.uuid4().hex[:8]}'
    psql(guarded, how.format(role=role))
    try:
        assert words.format(role=role) in refused(tmp_path, 'serve', as_role(guarded, role))
    finally:
        psql(guarded, f'DROP OWNED BY {role}; DROP ROLE {role}')


@on_postgresql
@pytest.mark.parametrize('undo, redo, words', [
    ('ALTER TABLE asset DISABLE ROW LEVEL SECURITY', 'ALTER TABLE asset ENABLE ROW LEVEL SECURITY',
     'the table asset has no row-level security'),
    ('ALTER TABLE asset NO FORCE ROW LEVEL SECURITY', 'ALTER TABLE asset FORCE ROW LEVEL SECURITY',
     'does not bind its owner'),
    ('ALTER POLICY tenant_isolation ON asset RENAME TO x', 'ALTER POLICY x ON asset RENAME TO tenant_isolation',
     'the table asset has no policy tenant_isolation'),
    ('CREATE POLICY x ON asset USING (true)', 'DROP POLICY x ON asset',
     'the table asset has a policy that shows every row'),
    ('CREATE TABLE late (id text, org_id text)', 'DROP TABLE late',
     'the table late has no row-level security'),
    ('ALTER FUNCTION audit_purge SECURITY INVOKER', 'ALTER FUNCTION audit_purge SECURITY DEFINER',
     'the function audit_purge')])
def test_a_table_that_shows_everybody_does_not_start(tmp_path, guarded, undo, redo, words):
    """W04, W26: also a table that somebody adds later."""
    url = as_role(guarded, 'nis2_web')
    psql(guarded, undo)
    try:
        assert words in refused(tmp_path, 'serve', url)
        assert words in refused(tmp_path, 'serve', url, RLS_SUPERUSER_OK='on')
        assert words in refused(tmp_path, 'work', url)
        assert words in start(tmp_path, 'check', url).stdout
    finally:
        psql(guarded, redo)
    assert words not in start(tmp_path, 'check', url).stdout


@on_postgresql
def test_a_privileged_role_may_be_let_through(tmp_path, guarded):
    """Its warning remains."""
    with Server(tmp_path, ENVIRONMENT='production', RATE_LIMITS='on', RLS_SUPERUSER_OK='on',
                CORS_ORIGINS='https://nis2.example.com',
                DATABASE_URL=guarded, DATABASE_URL_SYNC=guarded) as one:
        assert 'the database role nis2 is a superuser' in one.log()


@on_postgresql
def test_the_names_of_the_connections_tell_the_programs(server):
    names = {row[0] for row in psql(server.database, 'SELECT application_name FROM pg_stat_activity')}
    assert 'nis2 serve' in names
