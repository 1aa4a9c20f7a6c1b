"""Forgot and reset password, from the request to the file that holds the mail, and back."""
import concurrent.futures
import hashlib
import json
import re
import time

import pytest

from contract import SOURCE
from mailbox import letters, put_job, wait_for, wait_job, wait_letter

NEW = 'Quite another phrase 42'
INVALID = 'Reset token is invalid or has expired'


def forget(server, email):
    server.client().post('/auth/forgot-password', json={'email': email}, expect=204)


def ask(server, email, count=1):
    """The `count`th letter with a token."""
    forget(server, email)
    return wait_letter(server, email, 'reset', count)


def reset(server, token, expect=204, password=NEW):
    reply = server.client().post('/auth/reset-password', expect=expect,
                                 json={'token': token, 'new_password': password})
    if expect == 400:
        assert reply.json()['detail'] == INVALID
    return reply


def settled(server, email_key):
    """All jobs about an address are done."""
    rows = server.sql("SELECT state FROM job WHERE kind = 'reset_mail' AND args LIKE ?",
                      f'%"{email_key}"%')
    return rows and all(state == 'done' for state, in rows)


def test_the_whole_way_back_in(working):
    """W17: a sign-in right after the reset works, and so do its tokens, at once."""
    account = working.register()
    before = account.bearer()
    letter = ask(working, account.email)
    assert letter.subject == 'Reset your NIS2 Platform password'
    assert re.fullmatch(r'[A-Za-z0-9_-]{43}', letter.token)
    link = f'http://localhost:8000/reset-password?token={letter.token}'
    for body in (letter.text, letter.html):
        assert link in body and '30 minutes' in body
    reset(working, letter.token)
    account.password = NEW
    for _ in range(5):
        account.login().bearer().get('/auth/me', expect=200)
        working.client().post('/auth/refresh', json={'refresh_token': account.refresh}, expect=200)
    assert before.get('/auth/me', expect=401).json()['detail'] == \
        'Token invalidated by password change; please re-login'
    reset(working, letter.token, expect=400)


def test_the_old_password_and_all_sessions_end(working):
    account = working.register()
    old = account.refresh
    reset(working, ask(working, account.email).token)
    working.client().post('/auth/login', expect=401,
                          json={'email': account.email, 'password': account.password})
    reply = working.client().post('/auth/refresh', json={'refresh_token': old}, expect=401)
    assert reply.json()['detail'] == 'Refresh token invalidated by password change'
    assert working.sql('SELECT DISTINCT end_reason FROM session WHERE user_id = ?',
                       account.user['id']) == [('password',)]


def test_a_newer_mail_voids_the_older(working):
    """W17: only the newest token works."""
    account = working.register()
    first = ask(working, account.email)
    second = ask(working, account.email, count=2)
    reset(working, first.token, expect=400)
    reset(working, second.token)


def test_a_reset_voids_every_other_token(working):
    """W17: using one leaves none that could be used a second time."""
    account = working.register()
    letter = ask(working, account.email)
    now = int(time.time() * 1e6)
    other = 'x' * 43
    working.insert('password_reset', id=f'other-{now}', user_id=account.user['id'],
                   token_hash=hashlib.sha256(other.encode()).hexdigest(), created_at=now,
                   expires_at=now + 600_000_000)
    reset(working, letter.token)
    reset(working, other, expect=400)


def test_five_tokens_an_hour(working):
    """W17: asking without end does not mail without end."""
    account = working.register()
    for _ in range(7):
        forget(working, account.email)
    wait_for(lambda: settled(working, account.email))
    assert len(letters(working, account.email, 'reset')) == 5
    # The limit is of the last hour.
    working.sql('UPDATE password_reset SET created_at = created_at - 3600000000 WHERE user_id = ?',
                account.user['id'])
    reset(working, ask(working, account.email, count=6).token)


def test_of_many_at_once_one_succeeds(working):
    account = working.register()
    token = ask(working, account.email).token
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda n: working.client().post(
            '/auth/reset-password',
            json={'token': token, 'new_password': f'Quite another phrase {n}'}).status_code,
            range(6)))
    assert sorted(set(codes)) == [204, 400] and codes.count(204) == 1, codes


@pytest.mark.parametrize('spoil', [
    "UPDATE password_reset SET expires_at = 1 WHERE user_id = ?",
    "UPDATE password_reset SET used_at = 1 WHERE user_id = ?",
    "UPDATE app_user SET is_active = FALSE WHERE id = ?",
    "UPDATE app_user SET disabled_at = 1 WHERE id = ?",
], ids=['expired', 'used', 'inactive', 'disabled'])
def test_a_token_that_counts_no_more(working, spoil):
    account = working.register()
    token = ask(working, account.email).token
    working.sql(spoil, account.user['id'])
    reset(working, token, expect=400)


def test_an_unknown_token(client, server):
    reset(server, 'n' * 43, expect=400)


def test_a_refused_password_does_not_use_the_token_up(working):
    """W31: the account's own address is no password."""
    account = working.register()
    token = ask(working, account.email).token
    reply = reset(working, token, expect=422, password=account.email)
    assert 'new_password' in str(reply.json()['errors'])
    reset(working, token)


def test_the_address_in_other_letters(working):
    """W08: capitals in the address find the account, and the mail goes where it was registered."""
    account = working.register()
    forget(working, account.email.upper())
    reset(working, wait_letter(working, account.email, 'reset').token)


def test_nobody_gets_no_mail(working):
    """W09: an address without an active account makes the same job, which does nothing."""
    disabled = working.register()
    pending = working.register()
    working.sql('UPDATE app_user SET disabled_at = 1 WHERE id = ?', disabled.user['id'])
    working.sql('UPDATE app_user SET is_active = FALSE, password_hash = NULL WHERE id = ?',
                pending.user['id'])
    for email in ('nobody-here@example.com', disabled.email, pending.email):
        forget(working, email)
        wait_for(lambda: settled(working, email))
        assert not letters(working, email)
    for account in (disabled, pending):
        assert not working.sql('SELECT id FROM password_reset WHERE user_id = ?',
                               account.user['id'])


def test_the_request_does_the_same_for_every_address(server, account):
    """W09: what is written does not depend on whether there is an account."""
    unknown = 'nobody-at-all@example.com'
    for email in (account.email, unknown):
        forget(server, email)
    rows = {email: server.sql('SELECT org_id, kind, lane, state, attempts FROM job '
                              "WHERE kind = 'reset_mail' AND args LIKE ?", f'%{email}%')
            for email in (account.email, unknown)}
    assert rows[account.email] == rows[unknown] and len(rows[unknown]) == 1
    assert not server.sql('SELECT id FROM password_reset WHERE user_id = ?', account.user['id'])


def test_a_lock_ends_with_the_reset(working):
    account = working.register()
    wrong = {'email': account.email, 'password': 'not this one at all'}
    for _ in range(5):
        working.client().post('/auth/login', json=wrong, expect=401)
    working.client().post('/auth/login', json=wrong, expect=429)
    reset(working, ask(working, account.email).token)
    account.password = NEW
    account.login()


def test_the_audit_log_has_it(working):
    """W16: in the organisation used last, with who, from where and how."""
    account = working.register()
    reset(working, ask(working, account.email).token)
    rows = working.sql('SELECT org_id, user_id, resource_type, resource_id, details, ip_address '
                       "FROM audit_log WHERE action = 'user.password_reset' AND user_id = ?",
                       account.user['id'])
    assert [tuple(row) for row in rows] == [
        (account.org, account.user['id'], 'user', account.user['id'], '{"via":"email_token"}',
         '127.0.0.1')]


def test_the_owner_is_told(working):
    account = working.register()
    reset(working, ask(working, account.email).token)
    letter = wait_letter(working, account.email, 'password_changed')
    assert letter.subject == 'Your NIS2 Platform password was changed'
    assert account.email in letter.text and '127.0.0.1' in letter.text
    assert 'token=' not in letter.text + letter.html


def test_the_address_is_proven_by_it(working):
    account = working.register()
    working.sql('UPDATE app_user SET email_verified = FALSE WHERE id = ?', account.user['id'])
    reset(working, ask(working, account.email).token)
    account.password = NEW
    assert account.login().user['email_verified'] is True


def test_the_token_is_in_the_mail_alone(working):
    account = working.register()
    letter = ask(working, account.email)
    assert letter.path.stat().st_mode & 0o777 == 0o600
    assert letter.path.parent.stat().st_mode & 0o777 == 0o700
    stored = working.sql('SELECT token_hash FROM password_reset WHERE user_id = ?',
                         account.user['id'])
    assert stored == [(hashlib.sha256(letter.token.encode()).hexdigest(),)]
    assert not [args for args, in working.sql('SELECT args FROM job') if letter.token in args]
    reset(working, letter.token)
    assert letter.path.name in working.log()
    assert letter.token not in working.log() and NEW not in working.log()


@pytest.mark.parametrize('locale', ['en', 'it', 'fr', 'de', 'es'])
def test_in_the_language_of_the_account(working, locale):
    texts = json.loads((SOURCE / f'data/locales/{locale}/mail.json').read_text())
    account = working.register(full_name='Zoë <b>"Q"</b>\'s & Müller')
    working.sql('UPDATE app_user SET locale = ? WHERE id = ?', locale, account.user['id'])
    letter = ask(working, account.email)
    assert letter.subject == texts['reset.subject']
    assert letter.message['Content-Language'] == locale and f'<html lang="{locale}">' in letter.html
    assert texts['hello'].format(name='Zoë <b>"Q"</b>\'s & Müller') in letter.text
    assert 'Zoë &lt;b&gt;&quot;Q&quot;&lt;/b&gt;&#39;s &amp; Müller' in letter.html
    assert texts['reset.valid'].format(minutes=30) in letter.text
    assert letter.message['To'].addresses[0].display_name == 'Zoë <b>"Q"</b>\'s & Müller'
    assert re.search(r'\d{4}-\d\d-\d\d \d\d:\d\d UTC', letter.text)


def test_a_long_name_is_no_message_of_its_own(working):
    account = working.register(full_name='Buy this now! ' * 18)
    letter = ask(working, account.email)
    assert letter.text.count('Buy this now!') <= 5 and '…' in letter.text


def test_what_the_mail_links_to_is_set(start):
    server = start(WITH_WORKER='on', PUBLIC_URL='https://nis2.example.org/app/',
                   RESET_TOKEN_TTL_MINUTES='5')
    account = server.register()
    letter = ask(server, account.email)
    assert f'\nhttps://nis2.example.org/app/reset-password?token={letter.token}\n' in letter.text
    assert 'within 5 minutes.' in letter.text and 'within 5 minutes.' in letter.html
    remotes = re.findall(r'(?:src|href)="([^"]*)', letter.html)
    assert remotes == [f'https://nis2.example.org/app/reset-password?token={letter.token}']


def test_a_mail_that_was_asked_for_by_an_odd_job_fails(working):
    """Arguments are checked: what is no address key is no reset."""
    assert wait_job(working, put_job(working, 'reset_mail', '{}'), 'failed', 'done') == 'failed'
