"""What scripts of other origins may do."""
import pytest

import contract

ORIGIN = 'http://localhost:3000'


def preflight(client, origin=ORIGIN, method='PATCH', headers='content-type, x-csrf-token'):
    wanted = {'Origin': origin, 'Access-Control-Request-Method': method,
              'Access-Control-Request-Headers': headers}
    return client.request('OPTIONS', '/api/v1/assets', checked=False, headers=wanted)


def test_a_preflight(client):
    reply = preflight(client)
    assert (reply.status_code, reply.text) == (200, 'OK')
    assert reply.headers['Access-Control-Allow-Origin'] == ORIGIN
    assert reply.headers['Access-Control-Allow-Credentials'] == 'true'
    assert reply.headers['Access-Control-Max-Age'] == '600'
    assert 'PATCH' in reply.headers['Access-Control-Allow-Methods']
    assert 'X-CSRF-Token' in reply.headers['Access-Control-Allow-Headers']
    assert 'Origin' in reply.headers['Vary']
    contract.check_headers(reply)


@pytest.mark.parametrize('changes, text', [
    ({'origin': 'http://evil.example.com'}, 'Disallowed CORS origin'),
    ({'origin': 'null'}, 'Disallowed CORS origin'),
    ({'origin': ORIGIN + '.evil.example.com'}, 'Disallowed CORS origin'),
    ({'headers': 'x-evil'}, 'Disallowed CORS headers'),
    ({'method': 'TRACE'}, 'Disallowed CORS method')])
def test_a_preflight_that_is_refused(client, changes, text):
    reply = preflight(client, **changes)
    assert (reply.status_code, reply.text) == (400, text)
    contract.check_headers(reply)


@pytest.mark.parametrize('path, status', [('/assets', 200), ('/nothing', 404), ('/assets/x', 422)])
def test_answers_name_the_origin_that_may_read_them(admin, path, status):
    reply = admin.get(path, headers={'Origin': ORIGIN}, expect=status)
    assert reply.headers['Access-Control-Allow-Origin'] == ORIGIN
    assert 'Origin' in reply.headers['Vary']
    reply = admin.get(path, headers={'Origin': 'http://evil.example.com'}, expect=status)
    assert 'Access-Control-Allow-Origin' not in reply.headers
    assert 'Origin' in reply.headers['Vary']


def test_origins_come_from_the_settings(start):
    server = start(CORS_ORIGINS='https://a.example.com, https://b.example.com')
    for origin, status in (('https://b.example.com', 200), (ORIGIN, 400),
                           ('https://a.example.com, https://b.example.com', 400)):
        assert preflight(server.client(), origin=origin).status_code == status
