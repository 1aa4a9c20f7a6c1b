"""An HTTP client that believes nothing: each reply is checked on arrival."""
from http.cookiejar import DefaultCookiePolicy

import requests

import contract

PREFIX = '/api/v1'
SECONDS = 30


class Client:
    """Paths are those behind /api/v1, or whole when they begin with it.

    `expect` is the status the case is about; `checked=False` leaves the
    contract out, for requests that are no request of it.
    """

    def __init__(self, server, token=None, browser=False):
        self.server, self.browser = server, browser
        self.session = requests.Session()
        self.session.trust_env = False
        # A client with a token alone is not to collect cookies on the way.
        if not browser:
            self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if token:
            self.session.headers['Authorization'] = f'Bearer {token}'

    def request(self, method, path, expect=None, checked=True, **options):
        path = path if path.startswith(PREFIX) or not checked else PREFIX + path
        headers = dict(options.pop('headers', None) or {})
        csrf = self.cookies.get('csrf_token')
        if self.browser and csrf and method not in ('GET', 'HEAD', 'OPTIONS'):
            headers.setdefault('X-CSRF-Token', csrf)
        reply = self.session.request(
            method, self.server.url + path, headers=headers, timeout=SECONDS,
            allow_redirects=False, **options)
        if checked:
            contract.check(method, path.split('?')[0], reply)
        if expect is not None:
            assert reply.status_code == expect, \
                f'{method} {path}: {reply.status_code} {reply.text[:400]}'
        return reply

    def get(self, path, **options):
        return self.request('GET', path, **options)

    def post(self, path, **options):
        return self.request('POST', path, **options)

    def patch(self, path, **options):
        return self.request('PATCH', path, **options)

    def put(self, path, **options):
        return self.request('PUT', path, **options)

    def delete(self, path, **options):
        return self.request('DELETE', path, **options)

    @property
    def cookies(self):
        return self.session.cookies


def set_cookies(reply):
    """{name: (value, {attribute: value})} of a reply, attributes in lower case."""
    found = {}
    for line in reply.raw.headers.getlist('Set-Cookie'):
        first, *rest = [part.strip() for part in line.split(';')]
        name, value = first.split('=', 1)
        pairs = (part.partition('=') for part in rest)
        found[name] = (value.strip('"'), {key.lower(): val for key, _, val in pairs})
    return found


def issues(reply):
    """{loc: type} of a 422."""
    return {'.'.join(one['loc']): one['type'] for one in reply.json().get('errors', [])}


def check_roles(team, table):
    """Rows of (method, path, body, who may, what they get, whom others are told of)."""
    for method, path, body, allowed, status, names in table:
        for role in ('viewer', 'auditor', 'admin'):
            reply = team[role].request(method, path, json=body,
                                       expect=status if role in allowed else 403)
            if role not in allowed:
                assert reply.json()['detail'] == f'This action requires one of: {names}'
