"""Changing one's own account."""
import pytest

from client import issues
from people import audit


def test_what_is_sent_changes_and_the_rest_stays(account, admin):
    got = admin.patch('/auth/me', json={'full_name': '  New Name '}, expect=200).json()
    assert got == {**account.user, 'full_name': 'New Name'}
    got = admin.patch('/auth/me', json={'locale': 'it', 'avatar_url': '/a.png'}, expect=200).json()
    assert got == {**account.user, 'full_name': 'New Name', 'locale': 'it', 'avatar_url': '/a.png'}
    assert admin.get('/auth/me', expect=200).json() == got
    assert admin.patch('/auth/me', json={}, expect=200).json() == got


def test_a_person_without_an_organisation_has_a_profile_too(server, account, admin):
    server.sql('DELETE FROM membership WHERE user_id = ?', account.user['id'])
    assert admin.patch('/auth/me', json={'locale': 'de'}, expect=200).json()['locale'] == 'de'


@pytest.mark.parametrize('avatar', [
    'https://example.com/a.png', 'http://example.com/a?b=c:d', 'HTTPS://example.com/', '/a.png',
    '/a:b'])
def test_pictures(admin, avatar):
    reply = admin.patch('/auth/me', json={'avatar_url': avatar}, expect=200)
    assert reply.json()['avatar_url'] == avatar


@pytest.mark.parametrize('none', [None, ''])
def test_a_picture_is_taken_away(admin, none):
    admin.patch('/auth/me', json={'avatar_url': '/a.png'}, expect=200)
    assert admin.patch('/auth/me', json={'avatar_url': none}).json()['avatar_url'] is None


@pytest.mark.parametrize('avatar', [
    'javascript:alert(1)', 'data:image/png;base64,AA', 'ftp://example.com/a', '//evil.example/x',
    '/\\evil.example/x', ' /a.png', '/a\n.png', 'https://', 'https://a b', 'a.png', 'x:y'])
def test_what_is_no_picture(account, admin, avatar):
    """W30: another host behind two slashes, or a script, is no picture of one's own."""
    reply = admin.patch('/auth/me', json={'avatar_url': avatar, 'locale': 'fr'}, expect=422)
    assert issues(reply) == {'body.avatar_url': 'value_error'}
    assert admin.get('/auth/me').json() == account.user


@pytest.mark.parametrize('field, value', [
    ('full_name', ''), ('full_name', '   '), ('full_name', 'a\nb'), ('full_name', 'a\u0085b'),
    ('full_name', 'x' * 257), ('full_name', 7), ('locale', 'xx'), ('locale', ''),
    ('locale', 'EN-gb'), ('avatar_url', '/' + 'x' * 1024), ('avatar_url', ['/a'])])
def test_what_is_no_name_and_no_language(account, admin, field, value):
    """W30: names are trimmed lines that say something, languages are those we speak."""
    reply = admin.patch('/auth/me', json={field: value}, expect=422)
    assert list(issues(reply)) == [f'body.{field}']
    assert admin.get('/auth/me').json() == account.user


@pytest.mark.parametrize('field', ['full_name', 'locale'])
def test_null_in_a_field_that_must_have_a_value(account, admin, field):
    """W14e: null was an internal error."""
    reply = admin.patch('/auth/me', json={field: None}, expect=422)
    assert list(issues(reply)) == [f'body.{field}']


def test_what_is_not_in_the_profile_does_not_change(account, admin):
    got = admin.patch('/auth/me', expect=200, json={
        'email': 'other@example.com', 'is_active': False, 'email_verified': False,
        'password': 'something else 9', 'id': 'x', 'full_name': 'Me'}).json()
    assert got == {**account.user, 'full_name': 'Me'}
    account.login()


def test_the_log_says_what_changed(account, admin):
    admin.patch('/auth/me', json={'full_name': 'A', 'avatar_url': None}, expect=200)
    row, = audit(account.server, account.org, 'user.updated')
    assert row['id'] == row['user'] == account.user['id']
    assert row['details'] == {'updated_fields': ['full_name', 'avatar_url']}
