"""A copy of what is kept about oneself."""
import json
import uuid

from people import audit, organization, sign_in
from seed import new_id, now
from test_auth import read_claims


def export(client):
    return client.get('/auth/me/export', expect=200).json()


def key(account, org, **columns):
    row = {'id': new_id(), 'org_id': org, 'created_by': account.user['id'], 'name': 'A key',
           'key_hash': uuid.uuid4().hex, 'key_prefix': 'nis2_abcdefg',
           'scopes': '["scan:read","asset:read"]', 'is_active': True, 'created_at': now(),
           'updated_at': now(), **columns}
    account.server.insert('api_key', **row)
    return row


def test_the_profile(account, admin):
    """W14c: it was an internal error."""
    got = export(admin)
    user = {name: value for name, value in account.user.items() if name != 'mfa_enabled'}
    assert got['profile'] == {**user, 'oauth_provider': None, 'oauth_provider_id': None,
                              'password_changed_at': None}
    assert got['_meta'] == {**got['_meta'], 'schema_version': '1.0',
                            'exported_for_user_id': account.user['id']}


def test_every_organisation_is_in_it_whatever_the_session_works_in(account, admin):
    """W34: it would hold the active organisation alone."""
    second = organization(account, 'viewer', name='The second')
    key(account, second, name='There')
    key(account, account.org, name='Here', is_active=False, last_used_at=now())
    there = admin.post('/auth/switch-org', json={'organization_id': second}, expect=200).json()
    admin.patch('/auth/me', json={'locale': 'it'}, expect=200)
    for token in (account.access, there['access_token']):
        got = export(account.server.client(token=token))
        assert [(one['organization_id'], one['role']) for one in got['memberships']] == [
            (account.org, 'admin'), (second, 'viewer')]
        assert got['memberships'][1]['organization_name'] == 'The second'
        assert [(one['name'], one['is_active']) for one in got['api_keys']] == [
            ('There', True), ('Here', False)]
        assert got['api_keys'][0]['scopes'] == ['scan:read', 'asset:read']
        assert {one['organization_id'] for one in got['audit_logs']} == {account.org, second}
    times = [one['created_at'] for one in got['audit_logs']]
    assert times == sorted(times, reverse=True)
    assert {'user.updated', 'user.org_switched'} < {one['action'] for one in got['audit_logs']}


def test_sign_ins_are_in_it_also_those_that_ended(account, admin):
    other = sign_in(account)
    account.server.client().post('/auth/logout', expect=204,
                                 json={'refresh_token': other['refresh_token']})
    got = export(admin)['sessions']
    assert [(one['id'], one['ended_at'] is None) for one in got] == [
        (read_claims(other['access_token'])['fam'], False), (read_claims(account.access)['fam'], True)]


def test_who_signs_in_by_a_provider(server, account, admin):
    server.insert('sso_identity', issuer='https://id.example.com', subject='4711',
                  user_id=account.user['id'], created_at=now())
    profile = export(admin)['profile']
    assert profile['oauth_provider'] == 'https://id.example.com'
    assert profile['oauth_provider_id'] == '4711'


def test_nothing_of_others_and_nothing_secret_is_in_it(server, account, admin):
    colleague = account.member('auditor')
    mine, theirs = key(account, account.org), key(colleague, account.org)
    colleague.bearer().patch('/auth/me', json={'locale': 'it'}, expect=200)
    text = json.dumps(export(admin))
    for secret in (mine['key_hash'], mine['key_prefix'], theirs['id'], colleague.email,
                   colleague.user['id'], account.password, account.access, account.refresh):
        assert secret not in text
    assert 'password_hash' not in text and '$argon2' not in text


def test_the_log_says_that_it_was_made(account, admin):
    """W16: nobody could see that such a copy was taken."""
    export(admin)
    row, = audit(account.server, account.org, 'user.exported')
    assert row['user'] == row['id'] == account.user['id']


def test_somebody_without_an_organisation_has_one_too(server, account, admin):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    got = export(admin)
    assert got['memberships'] == [] and got['profile']['email'] == account.email


def test_a_long_history_is_all_there(server, account, admin):
    server.insert_many('audit_log', [
        {'id': new_id(), 'org_id': account.org, 'user_id': account.user['id'], 'action': 'post',
         'resource_type': 'assets', 'created_at': n} for n in range(1, 3001)])
    assert len([one for one in export(admin)['audit_logs'] if one['action'] == 'post']) == 3000


def test_without_a_session(client):
    client.get('/auth/me/export', expect=401)
