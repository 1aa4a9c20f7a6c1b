"""Addresses that are the same on every site (RFC 8615)."""
from datetime import datetime, timedelta, timezone

import contract

SECURITY = '/.well-known/security.txt'
PASSWORD = '/.well-known/change-password'


def ask(server, path, method='GET', **options):
    reply = server.client().request(method, path, checked=False, **options)
    contract.check_headers(reply)
    return reply


def test_security_txt_says_where_to_report(start):
    server = start(SECURITY_CONTACT='mailto:security@example.org',
                   PUBLIC_URL='https://nis2.example.org/')
    reply = ask(server, SECURITY)
    assert reply.status_code == 200
    assert reply.headers['Content-Type'] == 'text/plain; charset=utf-8'
    fields = dict(line.split(': ', 1) for line in reply.text.splitlines())
    assert list(fields) == ['Contact', 'Expires', 'Preferred-Languages', 'Canonical']
    assert fields['Contact'] == 'mailto:security@example.org'
    assert fields['Preferred-Languages'] == 'en, it, fr, de, es'
    assert fields['Canonical'] == 'https://nis2.example.org/.well-known/security.txt'
    expires = datetime.fromisoformat(fields['Expires'].replace('Z', '+00:00'))
    ahead = expires - datetime.now(timezone.utc)
    assert timedelta(days=30) < ahead < timedelta(days=365)
    head = ask(server, SECURITY, 'HEAD')
    assert head.status_code == 200 and head.text == ''


def test_an_address_in_clear_is_not_canonical(start):
    """RFC 9116, 2.5.2: it must be https."""
    assert 'Canonical' not in ask(start(SECURITY_CONTACT='https://example.org/report'),
                                  SECURITY).text


def test_without_a_contact_there_is_none(server):
    reply = ask(server, SECURITY)
    assert reply.status_code == 404 and reply.json()['detail'] == 'Not Found'


def test_a_password_manager_is_led_to_the_page(server):
    reply = ask(server, PASSWORD)
    assert reply.status_code == 302
    assert reply.headers['Location'] == 'http://localhost:8000/settings/password'


def test_other_methods_are_told(server):
    for method, status in (('POST', 405), ('DELETE', 405), ('OPTIONS', 204)):
        reply = ask(server, PASSWORD, method)
        assert reply.status_code == status and reply.headers['Allow'] == 'GET, HEAD, OPTIONS'
