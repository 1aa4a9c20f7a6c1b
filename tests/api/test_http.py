"""HTTP itself: methods, headers, order of refusals, limits, and bytes nobody should send."""
import gzip
import json
import re
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import contract
import seed
from client import issues
from server import DATABASE, new_database

JSON = {'Content-Type': 'application/json'}


def raw(server, data, seconds=10, close=True):
    """Bytes in, bytes out, until the server closes."""
    with socket.create_connection(('127.0.0.1', server.port), timeout=seconds) as s:
        got = b''
        try:
            s.sendall(data)
            if close:
                s.shutdown(socket.SHUT_WR)
            while part := s.recv(65536):
                got += part
        except OSError:
            pass  # it closed while we were talking, or said nothing more
        return got


def status_of(answer):
    return int(answer.split(b' ', 2)[1]) if answer.startswith(b'HTTP/1.1 ') else None


def alive(server):
    server.client().get('/health', expect=200)


# ---- health and documents ----

def test_health(client):
    for path in ('/health', '/health/live'):
        assert client.get(path, expect=200).json() == {'status': 'ok'}


def test_ready_without_a_worker_is_degraded(start):
    """More of readiness is in test_redis.py. On a database of its own: a worker is one of all."""
    own = {'DATABASE_URL': new_database(f'idle_{uuid.uuid4().hex}')} if DATABASE else {}
    got = start(**own).client().get('/health/ready', expect=200).json()
    assert got['status'] == 'degraded'
    assert got['checks'] == {'database': 'ok', 'redis': 'ok', 'celery_workers': 'degraded'}


def test_a_bad_token_does_not_matter_to_health(client):
    for path in ('/health', '/health/ready'):
        client.get(path, headers={'Authorization': 'Bearer x', 'Cookie': 'access_token=x'},
                   expect=200)


def test_the_contract_is_served_as_it_is(client):
    reply = client.request('GET', '/openapi.json', checked=False)
    assert reply.status_code == 200 and reply.headers['Content-Type'] == 'application/json'
    assert reply.content == (contract.SOURCE / 'api/openapi.json').read_bytes()
    assert re.fullmatch(r'\d+\.\d+\.\d+', reply.json()['info']['version'])


def test_static_files_are_cached_and_compressed(client):
    plain = client.request('GET', '/openapi.json', checked=False,
                           headers={'Accept-Encoding': 'identity'})
    assert 'Content-Encoding' not in plain.headers and plain.headers['ETag']
    packed = client.request('GET', '/openapi.json', checked=False, stream=True,
                            headers={'Accept-Encoding': 'gzip'})
    assert packed.headers['Content-Encoding'] == 'gzip'
    assert 'Accept-Encoding' in packed.headers['Vary']
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.content
    again = client.request('GET', '/openapi.json', checked=False, headers={
        'If-None-Match': plain.headers['ETag'], 'Accept-Encoding': 'identity'})
    assert again.status_code == 304 and again.content == b''
    assert again.headers['ETag'] == plain.headers['ETag']


def test_metrics(client):
    client.get('/health', expect=200)
    reply = client.request('GET', '/metrics', checked=False)
    assert reply.status_code == 200 and reply.headers['Content-Type'].startswith('text/plain')
    for line in reply.text.splitlines():
        assert line.startswith('#') or re.fullmatch(
            r'[a-z_][a-z0-9_]*(\{[^{}]*\})? [-+0-9.eEInfNa]+', line), line


# ---- methods and paths ----

@pytest.mark.parametrize('path', ['/api/v1/nothing', '/api/v1/assets/x/y', '/api/v2/health',
                                  '/nothing', '/api', '/api/v1/healthy', '/api/v1//health',
                                  '/API/v1/health', '/api/v1/../v1/health/x', '/%2e%2e/etc/passwd',
                                  '/docs/assets/../../etc/passwd'])
def test_unknown_paths(server, path):
    answer = raw(server, f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
    head, _, body = answer.partition(b'\r\n\r\n')
    assert status_of(answer) == 404
    assert json.loads(body)['detail'] == 'Not Found' and b'X-Request-Id' in head


@pytest.mark.parametrize('method, path, allowed', [
    ('POST', '/health', {'GET', 'HEAD', 'OPTIONS'}),
    ('DELETE', '/auth/login', {'POST', 'OPTIONS'}),
    ('PUT', '/assets', {'GET', 'HEAD', 'POST', 'OPTIONS'}),
    ('GET', '/findings/bulk-update', {'POST', 'OPTIONS'}),
    ('POST', f'/assets/{seed.new_id()}', {'GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'}),
    ('BREW', '/health', {'GET', 'HEAD', 'OPTIONS'}),
])
def test_known_paths_by_another_method(client, method, path, allowed):
    reply = client.request(method, path, expect=405)
    assert reply.json()['detail'] == 'Method Not Allowed'
    assert allowed == {word.strip() for word in reply.headers['Allow'].split(',')} | {'OPTIONS'}


@pytest.mark.parametrize('path', ['/health', '/assets', '/findings/stats', '/auth/me'])
def test_head_is_get_without_a_body(admin, path):
    get = admin.get(path, expect=200)
    head = admin.request('HEAD', f'/api/v1{path}', checked=False)
    assert head.status_code == 200 and head.content == b''
    assert head.headers['Content-Length'] == get.headers['Content-Length']
    assert head.headers['Content-Type'] == get.headers['Content-Type']
    contract.check_headers(head)


def test_options_without_an_origin(client):
    reply = client.request('OPTIONS', '/api/v1/assets', checked=False)
    assert reply.status_code in (200, 204)
    assert {'GET', 'HEAD', 'POST', 'OPTIONS'} == \
        {word.strip() for word in reply.headers['Allow'].split(',')}
    contract.check_headers(reply)


@pytest.mark.parametrize('path', ['/api/v1/assets/', '/api/v1/health/', '/api/v1/auth/me/'])
def test_a_trailing_slash_is_redirected(server, client, path):
    reply = client.request('GET', path + '?page=2', checked=False)
    assert reply.status_code == 307
    assert reply.headers['Location'].split('127.0.0.1:%d' % server.port)[-1] == \
        path.rstrip('/') + '?page=2'
    contract.check_headers(reply)


def test_a_redirect_does_not_trust_the_host_header(client):
    reply = client.request('GET', '/api/v1/assets/', checked=False,
                           headers={'Host': 'evil.example.com'})
    assert 'evil' not in reply.headers.get('Location', '')


# ---- order of refusals ----

def test_malformed_json_comes_before_the_question_who_asks(client):
    reply = client.post('/assets', data='{"name"', headers=JSON, expect=422)
    assert reply.json()['errors'][0]['type'] == 'json_invalid'


def test_csrf_comes_before_malformed_json(client):
    reply = client.post('/assets', data='{"name"', expect=403,
                        headers={**JSON, 'Cookie': 'access_token=x'})
    assert 'CSRF' in reply.json()['detail']


@pytest.mark.parametrize('method, path', [('POST', '/assets'), ('PATCH', '/assets/x'),
                                          ('GET', '/assets/x'), ('GET', '/assets?page=x')])
def test_who_asks_comes_before_the_fields(client, method, path):
    client.request(method, path, json={} if method != 'GET' else None, expect=401)


def test_the_role_comes_before_the_fields(team):
    team['viewer'].post('/assets', json={}, expect=403)
    team['viewer'].delete('/assets/not-an-id', expect=403)


def test_the_fields_come_before_the_limit(start):
    server = start(RATE_LIMITS='on')
    admin = server.register().bearer()
    for _ in range(12):
        admin.post('/scans', json={}, expect=422)
    what = {'name': 'x', 'asset_ids': [seed.new_id()]}
    for _ in range(10):
        admin.post('/scans', json=what, expect=400)
    reply = admin.post('/scans', json=what, expect=429)
    assert reply.json()['error'] == 'Rate limit exceeded: 10 per 1 minute'
    assert 0 < int(reply.headers['Retry-After']) <= 60
    admin.post('/scans', json={}, expect=422)
    admin.get('/scans', expect=200)


def test_sign_in_is_counted_before_anything_is_read(start):
    server = start(RATE_LIMITS='on')
    client = server.client()
    for _ in range(10):
        client.post('/auth/login', data='garbage', headers=JSON, expect=422)
    client.post('/auth/login', json={'email': 'a@example.com', 'password': 'x'}, expect=429)
    server.register()


def test_a_forwarded_address_is_believed_of_proxies_only(start):
    for trusted, status in (('', 429), ('127.0.0.1', 422)):
        server = start(RATE_LIMITS='on', TRUSTED_PROXIES=trusted)
        for n in range(12):
            reply = server.client().post('/auth/login', json={},
                                         headers={'X-Forwarded-For': f'198.51.100.{n}'})
        assert reply.status_code == status


def test_the_trail_has_the_forwarded_address(start):
    server = start(TRUSTED_PROXIES='127.0.0.0/8')
    account = server.register()
    what = {'name': 'x', 'target_type': 'ip', 'target_value': '8.8.8.8'}
    account.bearer().post('/assets', json=what, expect=201, headers={
        'X-Forwarded-For': 'junk, 203.0.113.7, 198.51.100.9, 127.0.0.1'})
    rows = server.sql("SELECT ip_address FROM audit_log WHERE org_id = ? "
                      "AND action = 'asset.created'", account.org)
    assert rows == [('198.51.100.9',)]


# ---- bodies ----

@pytest.mark.parametrize('body, kind', [
    (b'{', 'json_invalid'), (b'{"name": 1,}', 'json_invalid'), (b"{'name': 1}", 'json_invalid'),
    (b'nonsense', 'json_invalid'), (b'{"a": 1} {"b": 2}', 'json_invalid'),
    (b'{"name": "\xff"}', None), (b'{"name": "\\u0000"}', None), (b'{"name": "\\ud800"}', None),
    (b'{"name": "a", "name": "b"}', None), (b'{"name": NaN}', 'json_invalid'),
    (b'\x00\x01\x02', 'json_invalid'), (b'[' * 5000, None),
    (b'{"a":' * 3000 + b'1' + b'}' * 3000, None),
    (b'[]', 'model_attributes_type'), (b'"text"', 'model_attributes_type'),
    (b'null', None), (b'12', 'model_attributes_type'), (b'', 'missing'),
    (b'{"name": 1e400}', None), (b'{"name": ' + b'9' * 4000 + b'}', None),
    (b'\xef\xbb\xbf{}', None),
], ids=lambda one: repr(one)[:40])
def test_bodies_that_are_no_input(admin, body, kind):
    reply = admin.post('/assets', data=body, headers=JSON, expect=422)
    kinds = set(issues(reply).values())
    assert kind is None or kind in kinds, reply.text


@pytest.mark.parametrize('kind', ['text/plain', 'application/x-www-form-urlencoded', 'image/png',
                                  'multipart/form-data; boundary=x'])
def test_another_content_type_is_no_json(admin, kind):
    admin.post('/assets', data=b'{"name": "x"}', headers={'Content-Type': kind}, expect=422)


@pytest.mark.parametrize('kind', ['application/json', 'application/json; charset=utf-8',
                                  'APPLICATION/JSON', 'application/vnd.api+json'])
def test_content_types_that_are_json(admin, kind):
    what = json.dumps({'name': 'x', 'target_type': 'ip', 'target_value': '8.8.8.8'})
    admin.post('/assets', data=what, headers={'Content-Type': kind}, expect=201)


def test_a_body_that_is_too_large(account):
    client = account.bearer()
    body = b'{"name": "' + b'x' * 1_500_000 + b'"}'
    for _ in range(5):
        reply = client.post('/assets', data=body, headers=JSON, expect=413)
        assert reply.json()['detail'] == 'Request body too large'


def test_a_body_that_is_far_too_large_is_not_read(server):
    answer = raw(server, b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: '
                 b'application/json\r\nContent-Length: 40000000\r\n\r\n' + b' ' * 40_000_000)
    assert status_of(answer) in (413, None)
    alive(server)


def test_a_body_that_says_it_is_too_large(server):
    answer = raw(server, b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: '
                 b'application/json\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n{}')
    assert status_of(answer) == 413
    alive(server)


def test_a_chunked_body(server):
    answer = raw(server, b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: '
                 b'application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
                 b'2\r\n{}\r\n0\r\n\r\n', close=False)
    assert status_of(answer) == 422 and b'"email"' in answer


@pytest.mark.parametrize('chunks, end, statuses', [
    (30, b'0\r\n\r\n', {413}), (2000, b'', {413, None})])
def test_a_chunked_body_that_is_too_large(server, chunks, end, statuses):
    chunk = b'10000\r\n' + b' ' * 65536 + b'\r\n'
    answer = raw(server, b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: '
                 b'application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
                 + chunk * chunks + end, close=False)
    assert status_of(answer) in statuses
    alive(server)


# ---- queries and paths ----

@pytest.mark.parametrize('query, status', [
    ('page=1&page=2', 200), ('unknown=1', 200), ('page', 422), ('&&&', 200), ('page=%31', 200),
    ('page=%', 422), ('page=%zz', 422), ('page=%00', 422), ('status=%00', 422),
    ('status=' + 'x' * 201, 422), ('status=%ff', 422), ('=', 200), ('status=a+b', 200)],
    ids=lambda one: repr(one)[:40])
def test_queries(admin, query, status):
    assert admin.get(f'/scans?{query}').status_code in ({status, 422} if 'page=1&' in query
                                                       else {status})


@pytest.mark.parametrize('value, status', [('true', 201), ('1', 201), ('YES', 201), ('on', 201),
                                           ('t', 201), ('false', 201), ('0', 201), ('off', 201),
                                           ('N', 201), ('maybe', 422), ('', 422), ('2', 422)])
def test_booleans_in_a_query(client, value, status):
    reply = client.post(f'/auth/register?slim={value}', expect=status, json={
        'email': f'{uuid.uuid4().hex}@example.com', 'password': 'long enough 4 us',
        'full_name': 'x', 'org_name': 'x'})
    if status == 201:
        slim = value.lower() in ('true', '1', 'yes', 'on', 't')
        assert (reply.json()['access_token'] is None) == slim
    else:
        assert issues(reply) == {'query.slim': 'bool_parsing'}


@pytest.mark.parametrize('target', [b'/api/v1/assets/%00', b'/api/v1/assets/%',
                                    b'/api/v1/assets/%f'])
def test_paths_with_bad_escapes(server, target):
    answer = raw(server, b'GET ' + target + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert status_of(answer) in (400, 401, 404, 422)


# ---- headers ----

def test_each_request_has_an_id(server, client):
    ids = {client.get('/health').headers['X-Request-Id'] for _ in range(5)}
    assert len(ids) == 5
    assert server.log_of(client.get('/nothing', expect=404))


def test_a_request_is_one_line_of_the_log(server, client):
    reply = client.get('/auth/me', expect=401)
    lines = server.log_of(reply)
    assert len(lines) == 1 and '/api/v1/auth/me' in lines[0] and '401' in lines[0]


def test_the_log_can_be_json(start):
    server = start(LOG_FORMAT='json')
    line, = server.log_of(server.client().get('/health'))
    assert json.loads(line)['path'] == '/api/v1/health'


def test_nothing_from_a_request_breaks_a_line_of_the_log(server, client):
    client.request('GET', '/api/v1/x%0Aevent=forged', checked=False)
    raw(server, b'GET /api/v1/health HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x0bb\x1b[31m"\r\n'
                b'Connection: close\r\n\r\n')
    assert not any(line.startswith('event=forged') for line in server.log().splitlines())
    assert '\x1b' not in server.log()


def test_problems_are_told_in_the_form_that_was_asked_for(client):
    reply = client.request('GET', '/api/v1/auth/me', checked=False,
                           headers={'Accept': 'application/problem+json'})
    assert reply.headers['Content-Type'] == 'application/problem+json'
    assert reply.json() | {'status': 401, 'detail': 'Missing authentication token'} == reply.json()
    assert reply.json()['type'] and reply.json()['title']


@pytest.mark.parametrize('path', ['/api/v1/auth/me', '/api/v1/assets', '/api/v1/health'])
def test_answers_of_the_api_are_not_kept(admin, path):
    assert 'no-store' in admin.get(path, expect=200).headers['Cache-Control']


# ---- bytes nobody should send ----

@pytest.mark.parametrize('data', [
    b'\r\n\r\n', b'GARBAGE\r\n\r\n', b'GET\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n',
    b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\x00' * 64,
    b'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}',
    b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    b'GET /' + b'a' * 100000 + b' HTTP/1.1\r\nHost: x\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: x\r\nX-Long: ' + b'a' * 100000 + b'\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: x\r\n' + b''.join(b'X-%d: a\r\n' % n for n in range(5000)) + b'\r\n',
    b'GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: x\r\nCookie: ' + b'a=b; ' * 5000 + b'\r\n\r\n',
], ids=lambda one: repr(one)[:60])
def test_requests_that_are_none(server, data):
    assert status_of(raw(server, data)) in (None, 400, 404, 405, 411, 413, 414, 422, 431, 501, 505)
    alive(server)


def test_the_request_line_has_a_limit(server):
    query = b'a=' + b'b' * 6000
    answer = raw(server, b'GET /api/v1/health?' + query + b' HTTP/1.1\r\nHost: x\r\n'
                 b'Connection: close\r\n\r\n')
    assert status_of(answer) in (414, 422, 431, 400)


def test_pipelined_requests_are_answered_in_order(server):
    one = b'GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n'
    two = b'GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\n\r\n'
    last = b'GET /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    answer = raw(server, one + two + last, close=False)
    assert re.findall(rb'HTTP/1\.1 (\d+)', answer) == [b'200', b'401', b'200']


def test_http_1_0(server):
    answer = raw(server, b'GET /api/v1/health HTTP/1.0\r\n\r\n')
    assert answer.split()[1] == b'200' and answer.endswith(b'{"status":"ok"}')


def test_slow_clients_do_not_keep_others_waiting(server):
    slow = []
    try:
        for n in range(60):
            s = socket.create_connection(('127.0.0.1', server.port), timeout=5)
            s.sendall(b'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n'
                      if n % 2 else b'GET /api/v1/hea')
            slow.append(s)
        begin = time.monotonic()
        for _ in range(20):
            alive(server)
        assert time.monotonic() - begin < 5
    finally:
        for s in slow:
            s.close()


def test_a_client_that_leaves_early(server, account):
    for _ in range(20):
        s = socket.create_connection(('127.0.0.1', server.port))
        s.sendall(f'GET /api/v1/assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer '
                  f'{account.access}\r\n\r\n'.encode())
        s.close()
    account.bearer().get('/assets', expect=200)


def test_many_at_once(server, account):
    def ask(n):
        client = account.bearer()
        return {client.get(path).status_code for path in ('/assets', '/auth/me', '/health')
                for _ in range(5)}

    with ThreadPoolExecutor(16) as pool:
        assert set().union(*pool.map(ask, range(32))) == {200}


def test_writers_queue_instead_of_failing(server, account):
    def add(n):
        what = {'name': f'asset {n}', 'target_type': 'ip', 'target_value': f'8.8.{n}.1'}
        return account.bearer().post('/assets', json=what).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(add, range(60))) == {201}
    assert account.bearer().get('/assets').json()['total'] == 60


def test_a_full_queue_is_503_at_once(start):
    server = start(HANDLER_THREADS='1', QUEUE_LENGTH='1', IO_THREADS='1')

    def login(n):
        return server.client().post('/auth/login', json={
            'email': f'nobody-{n}@example.com', 'password': 'wrong password'})

    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(login, range(24)))
    assert {reply.status_code for reply in replies} == {401, 503}
    for reply in replies:
        if reply.status_code == 503:
            assert int(reply.headers['Retry-After']) > 0
    alive(server)


def test_stopping_lets_running_requests_end(start):
    server = start()
    account = server.register()
    statuses = []

    def login(_):
        try:
            statuses.append(server.client().post('/auth/login', json={
                'email': account.email, 'password': account.password}).status_code)
        except OSError:
            statuses.append(None)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(login, n) for n in range(4)]
        time.sleep(0.02)
        server.process.terminate()
        for one in done:
            one.result()
    assert server.process.wait(20) == 0
    assert set(statuses) <= {200, 503, None}
