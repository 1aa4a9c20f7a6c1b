"""Mail through a real mail server: trust, sign-in, retries; invitations and notices."""
import hashlib
import json
import re
import socket
import time
import uuid

import pytest

from contract import SOURCE
from mailbox import (Box, Letter, certificate, job_state, letters, put_job, serve_mail, wait_for,
                     wait_job, wait_letter)
from server import DATABASE, free_port, new_database

LOCALES = ('en', 'it', 'fr', 'de', 'es')
NOTICES = ('locked', 'password_changed', 'mfa_enabled', 'mfa_disabled', 'recovery_code_used',
           'sessions_revoked')


@pytest.fixture
def mailing(start):
    """mailing(SMTP_PORT='25') is a server with a worker, set to a mail server on this machine."""
    def make(**settings):
        own = {'DATABASE_URL': new_database(f'mail_{uuid.uuid4().hex}')} if DATABASE else {}
        usual = {'WITH_WORKER': 'on', 'SMTP_HOST': 'localhost', 'SMTP_FROM': 'nis2@example.org'}
        given = {name: str(value) for name, value in settings.items()}
        return start(**{**usual, **own, **given})
    return make


@pytest.fixture
def mail_server():
    """mail_server(box, …) runs until the case ends."""
    running = []

    def make(box, **options):
        running.append(serve_mail(box, **options))
        return running[-1]

    yield make
    for one in running:
        one.stop(no_assert=True)


def forget(server, email):
    """The job behind it."""
    server.client().post('/auth/forgot-password', json={'email': email}, expect=204)
    return server.sql("SELECT id FROM job WHERE kind = 'reset_mail' ORDER BY created_at DESC LIMIT 1"
                      )[0][0]


def first_letter(box):
    wait_for(lambda: box.raw)
    return Letter(box.raw[0])


def why(server, job):
    return server.sql('SELECT attempts, error FROM job WHERE id = ?', job)[0]


# ---- trust and sign-in ----

def test_starttls_and_a_login(mailing, mail_server, tmp_path):
    box = Box()
    ca, context = certificate(tmp_path / 'ca', 'localhost')
    peer = mail_server(box, tls_context=context, require_starttls=True, auth_required=True,
                       authenticator=box.login)
    server = mailing(SMTP_PORT=peer.port, CA_FILE=ca, SMTP_USER='nis2', SMTP_PASSWORD='let me in')
    account = server.register()
    job = forget(server, account.email)
    letter = first_letter(box)
    assert letter.to == account.email and len(letter.token) == 43
    assert box.tls == [True] and box.logins == [(b'nis2', b'let me in')]
    assert box.envelopes == [('nis2@example.org', [account.email])]
    assert wait_job(server, job, 'done', 'failed') == 'done'
    server.client().post('/auth/reset-password', expect=204,
                         json={'token': letter.token, 'new_password': 'Quite another phrase 42'})
    wait_for(lambda: len(box.raw) == 2)
    assert 'let me in' not in server.log() and letter.token not in server.log()
    assert not (server.data / 'mail').exists()


def test_tls_from_the_first_byte(mailing, mail_server, tmp_path):
    box = Box()
    ca, context = certificate(tmp_path / 'ca', 'localhost')
    peer = mail_server(box, ssl_context=context)
    server = mailing(SMTP_PORT=peer.port, CA_FILE=ca, SMTP_SSL='on')
    account = server.register()
    forget(server, account.email)
    assert first_letter(box).to == account.email


def test_without_tls_when_it_is_switched_off(mailing, mail_server):
    box = Box()
    server = mailing(SMTP_PORT=mail_server(box).port, SMTP_STARTTLS='off',
                     SMTP_FROM='"Sicurezza" <nis2@example.org>')
    account = server.register()
    forget(server, account.email)
    letter = first_letter(box)
    message = letter.message
    assert message['From'].addresses[0].display_name == 'Sicurezza'
    assert message['From'].addresses[0].addr_spec == 'nis2@example.org'
    assert message['Auto-Submitted'] == 'auto-generated'
    assert re.fullmatch(r'<[\w-]+@example\.org>', message['Message-ID'])
    assert abs(message['Date'].datetime.timestamp() - time.time()) < 60
    assert max(len(line) for line in letter.raw.split(b'\r\n')) <= 76
    letter.raw.decode('ascii')


@pytest.mark.parametrize('how', ['another name', 'unknown authority', 'no STARTTLS'])
def test_no_trust_no_mail(mailing, mail_server, tmp_path, how):
    """W29: the server's certificate counts, and a missing STARTTLS is no reason to go on without."""
    box = Box()
    name = 'mail.example.org' if how == 'another name' else 'localhost'
    ca, context = certificate(tmp_path / 'ca', name)
    other, _ = certificate(tmp_path / 'other', 'localhost')
    peer = mail_server(box, **({} if how == 'no STARTTLS' else {'tls_context': context}))
    server = mailing(SMTP_PORT=peer.port, CA_FILE=other if how == 'unknown authority' else ca,
                     SMTP_USER='nis2', SMTP_PASSWORD='let me in')
    job = forget(server, server.register().email)
    wait_for(lambda: why(server, job)[1])
    # It may be mended: the mail waits for another try.
    assert job_state(server, job) == 'queued' and 'mail server' in why(server, job)[1]
    assert not box.raw and not box.logins and not server.sql('SELECT id FROM password_reset')


def test_a_wrong_password_is_final_and_not_told(mailing, mail_server, tmp_path):
    box = Box()
    ca, context = certificate(tmp_path / 'ca', 'localhost')
    peer = mail_server(box, tls_context=context, authenticator=box.login, auth_required=True)
    server = mailing(SMTP_PORT=peer.port, CA_FILE=ca, SMTP_USER='nis2',
                     SMTP_PASSWORD='quite the wrong one')
    job = forget(server, server.register().email)
    assert wait_job(server, job, 'failed', 'done') == 'failed'
    assert '535' in why(server, job)[1] and not box.raw
    assert 'quite the wrong one' not in server.log()


# ---- now, later, never ----

def test_a_mail_server_that_comes_back_gets_the_mail(mailing, mail_server):
    """W29: a mail is not lost with a mail server that is down for a while."""
    box, port = Box(), free_port()
    server = mailing(SMTP_PORT=port, SMTP_STARTTLS='off')
    account = server.register()
    job = forget(server, account.email)
    wait_for(lambda: why(server, job)[1])
    assert job_state(server, job) == 'queued'
    mail_server(box, port=port)
    letter = first_letter(box)
    assert wait_job(server, job, 'done', 'failed') == 'done'
    # Only the token that was sent is there.
    assert server.sql('SELECT token_hash FROM password_reset') == [
        (hashlib.sha256(letter.token.encode()).hexdigest(),)]


def test_a_reply_of_4_is_tried_again(mailing, mail_server):
    box = Box()
    box.replies = ['451 later']
    server = mailing(SMTP_PORT=mail_server(box).port, SMTP_STARTTLS='off')
    job = forget(server, server.register().email)
    wait_for(lambda: why(server, job)[1])
    assert '451' in why(server, job)[1]
    assert wait_job(server, job, 'done', 'failed') == 'done' and len(box.raw) == 1


def test_a_reply_of_5_is_final(mailing, mail_server):
    box = Box()
    box.replies = ['550 no such mailbox']
    server = mailing(SMTP_PORT=mail_server(box).port, SMTP_STARTTLS='off')
    job = forget(server, server.register().email)
    assert wait_job(server, job, 'failed', 'done') == 'failed'
    assert why(server, job)[0] == 1 and '550' in why(server, job)[1]
    assert not box.raw and not server.sql('SELECT id FROM password_reset')


def test_a_recipient_beyond_ascii(mailing, mail_server):
    """A domain travels in its ASCII form; a name before the @ that has none is refused."""
    box = Box()
    server = mailing(SMTP_PORT=mail_server(box).port, SMTP_STARTTLS='off')
    server.register(email='ada@bücher.example.com')
    forget(server, 'ada@bücher.example.com')
    wait_for(lambda: box.raw)
    assert box.envelopes[0][1] == ['ada@xn--bcher-kva.example.com']
    assert Letter(box.raw[0]).to == 'ada@xn--bcher-kva.example.com'
    server.register(email='zoë@example.com')
    job = forget(server, 'zoë@example.com')
    assert wait_job(server, job, 'failed', 'done') == 'failed'
    assert 'without SMTPUTF8' in server.log() and 'zoë@' not in server.log() and len(box.raw) == 1


def accept_and_hang(listening):
    """A connection that was greeted and gets no answer to what it wants then."""
    peer, _ = listening.accept()
    peer.settimeout(15)
    peer.sendall(b'220 slow\r\n')
    peer.recv(1024)
    peer.sendall(b'250 slow\r\n')
    assert peer.recv(1024).startswith(b'MAIL FROM')
    return peer


def lease(server, job):
    return server.sql('SELECT lease_until FROM job WHERE id = ?', job)[0][0]


def test_a_slow_mail_server_holds_nothing_else_up(mailing):
    """It keeps one lane of the worker; the lease is renewed, and the worker ends when it is to."""
    with socket.create_server(('127.0.0.1', 0)) as slow:
        slow.settimeout(15)
        server = mailing(SMTP_PORT=slow.getsockname()[1], SMTP_STARTTLS='off')
        job = forget(server, server.register().email)
        with accept_and_hang(slow):
            first = lease(server, job)
            other = put_job(server, 'no such kind', '{}', lane='quick')
            assert wait_job(server, other, 'failed') == 'failed'
            wait_for(lambda: lease(server, job) > first)
            begun = time.monotonic()
            server.__exit__()
            assert time.monotonic() - begun < 8
        assert job_state(server, job) == 'queued'
        server.__enter__()


def test_a_mail_server_that_does_not_greet_is_left(mailing):
    """After ten seconds, whatever it sends meanwhile."""
    with socket.create_server(('127.0.0.1', 0)) as drip:
        drip.settimeout(15)
        server = mailing(SMTP_PORT=drip.getsockname()[1], SMTP_STARTTLS='off')
        job = forget(server, server.register().email)
        with drip.accept()[0] as peer:
            begun = time.monotonic()
            while not why(server, job)[1]:
                assert time.monotonic() - begun < 15
                try:
                    peer.sendall(b'220-wait\r\n')
                except OSError:
                    pass
                time.sleep(0.5)
        assert time.monotonic() - begun > 9 and job_state(server, job) == 'queued'


# ---- files in place of a mail server ----

def test_a_production_without_a_mail_server_says_so(start):
    """W29: at the start, and again for each mail, but never what is in it."""
    server = start(ENVIRONMENT='production', RATE_LIMITS='on', WITH_WORKER='on',
                   CORS_ORIGINS='https://nis2.example.org', PUBLIC_URL='https://nis2.example.org',
                   **({'RLS_SUPERUSER_OK': '1'} if DATABASE else {}))
    assert 'event=no_mail_server' in server.log()
    account = server.register()
    server.client().post('/auth/forgot-password', json={'email': account.email}, expect=204)
    letter = wait_letter(server, account.email, 'reset')
    wait_for(lambda: letter.path.name in server.log())
    assert letter.token not in server.log()
    for path in ('/mail', f'/mail/{letter.path.name}', '/auth/debug/last-email'):
        assert server.client().get(path).status_code in (401, 404)


# ---- invitations ----

def invite(server, by, pending=True, **row):
    """An invitation with its account and membership, and the job that mails it."""
    now = int(time.time() * 1e6)
    fields = {'status': 'pending', 'expires_at': now + 7_200_000_000, **row}
    if pending:
        email, user = f'new+{uuid.uuid4().hex[:8]}@example.com', str(uuid.uuid4())
        server.insert('app_user', id=user, email=email, email_key=email, full_name='new',
                      locale='en', email_verified=False, is_active=False, created_at=now,
                      updated_at=now)
    else:
        invited = server.register(full_name='Known Person')
        email, user = invited.email, invited.user['id']
    member, invitation = str(uuid.uuid4()), str(uuid.uuid4())
    server.insert('membership', id=member, org_id=by.org, user_id=user, role='auditor',
                  created_at=now, updated_at=now)
    server.insert('invitation', id=invitation, org_id=by.org, membership_id=member, user_id=user,
                  email=email, role='auditor', token_hash=uuid.uuid4().hex,
                  invited_by=by.user['id'], created_at=now, **fields)
    job = put_job(server, 'invitation_mail', org=by.org, args=json.dumps(
        {'org_id': by.org, 'invitation_id': invitation}))
    return email, user, invitation, job


def invitation_row(server, invitation):
    return server.sql('SELECT mail_token_hash, sent_at, token_hash FROM invitation WHERE id = ?',
                      invitation)[0]


@pytest.mark.parametrize('locale', LOCALES)
def test_who_has_no_account_gets_a_token_of_their_own(working, locale):
    """W01: only who reads the mail has it; the language is that of the inviter."""
    texts = json.loads((SOURCE / f'data/locales/{locale}/mail.json').read_text())
    owner = working.register(full_name='Ada Lovelace', org_name='Müller & Söhne <GmbH>')
    working.sql('UPDATE app_user SET locale = ? WHERE id = ?', locale, owner.user['id'])
    email, _, invitation, _ = invite(working, owner)
    letter = wait_letter(working, email, 'invitation')
    address = email.replace('+', '%2B').replace('@', '%40')
    assert f'http://localhost:8000/accept-invite?token={letter.token}&email={address}\n' in letter.text
    assert f'token={letter.token}&amp;email={address}"' in letter.html
    assert letter.subject == texts['invitation.subject'].format(organization='Müller & Söhne <GmbH>')
    assert texts['role.auditor'] in letter.text and 'Ada Lovelace' in letter.text
    assert '&lt;GmbH&gt;' in letter.html and '<GmbH>' not in letter.html
    wait_for(lambda: invitation_row(working, invitation)[1])
    hashed, _, shown = invitation_row(working, invitation)
    assert hashed == hashlib.sha256(letter.token.encode()).hexdigest() != shown


def test_who_has_an_account_gets_no_token(working):
    """W23: they sign in, and accept there."""
    email, user, invitation, job = invite(working, working.register(), pending=False)
    working.sql("UPDATE app_user SET locale = 'de' WHERE id = ?", user)
    letter = wait_letter(working, email, 'invitation')
    assert 'http://localhost:8000/organizations\n' in letter.text and 'token=' not in letter.text
    assert wait_job(working, job, 'done', 'failed') == 'done'
    assert invitation_row(working, invitation)[0] is None
    assert invitation_row(working, invitation)[1] is not None


@pytest.mark.parametrize('row', [{'status': 'withdrawn'}, {'status': 'accepted'}, {'expires_at': 1}],
                         ids=['withdrawn', 'accepted', 'expired'])
def test_an_invitation_that_counts_no_more_is_not_mailed(working, row):
    _, _, invitation, job = invite(working, working.register(), **row)
    assert wait_job(working, job, 'done', 'failed') == 'done'
    assert invitation_row(working, invitation)[:2] == (None, None)


def test_an_invitation_of_somebody_disabled_is_not_mailed(working):
    """W02: who was disabled is not asked back in by another organisation."""
    now = int(time.time() * 1e6)
    owner = working.register()
    email, user, invitation, first = invite(working, owner)
    wait_job(working, first, 'done')
    before = invitation_row(working, invitation)
    working.sql('UPDATE app_user SET disabled_at = ? WHERE id = ?', now, user)
    again = put_job(working, 'invitation_mail', org=owner.org, args=json.dumps(
        {'org_id': owner.org, 'invitation_id': invitation}))
    assert wait_job(working, again, 'done', 'failed') == 'done'
    assert invitation_row(working, invitation) == before


def test_an_inviter_who_is_gone_is_not_named(working):
    owner = working.register(full_name='Gone By Then')
    email, _, invitation, _ = invite(working, owner)
    first = wait_letter(working, email, 'invitation')
    assert 'Gone By Then' in first.text
    working.sql('UPDATE invitation SET invited_by = NULL WHERE id = ?', invitation)
    put_job(working, 'invitation_mail', org=owner.org, args=json.dumps(
        {'org_id': owner.org, 'invitation_id': invitation}))
    second = wait_letter(working, email, 'invitation', count=2)
    assert 'Gone By Then' not in second.text and 'You are invited' in second.text
    assert second.token != first.token


# ---- notices ----

def test_each_notice_in_each_language(working):
    for locale in LOCALES:
        account = working.register(full_name='Ada')
        working.sql('UPDATE app_user SET locale = ? WHERE id = ?', locale, account.user['id'])
        for notice in NOTICES:
            put_job(working, 'notice_mail', json.dumps(
                {'user_id': account.user['id'], 'notice': notice, 'ip_address': '203.0.113.7',
                 'at': '2026-03-01T09:00:00Z'}))
        texts = json.loads((SOURCE / f'data/locales/{locale}/mail.json').read_text())
        for notice in NOTICES:
            letter = wait_letter(working, account.email, notice)
            assert letter.subject == texts[f'notice.{notice}.subject']
            assert texts[f'notice.{notice}.text'].format(email=account.email) in letter.text
            assert texts['notice.when_from'].format(time='2026-03-01 09:00', ip='203.0.113.7') \
                in letter.text
            assert f'lang="{locale}"' in letter.html and '{' not in letter.text


def test_a_notice_goes_to_active_accounts_alone(working):
    account = working.register()
    working.sql('UPDATE app_user SET disabled_at = 1 WHERE id = ?', account.user['id'])
    job = put_job(working, 'notice_mail', json.dumps(
        {'user_id': account.user['id'], 'notice': 'locked', 'at': '2026-03-01T09:00:00Z'}))
    assert wait_job(working, job, 'done', 'failed') == 'done'
    assert not letters(working, account.email)
