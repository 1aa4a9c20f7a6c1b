"""What api/openapi.json says about a reply, and whether a reply agrees.

Every reply that the client fixture sees goes through `check`: its status is one
that the operation lists, its media type is the one described, and its body has
the described members, all of them and no other.
"""
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import jsonschema

SOURCE = Path(os.environ.get('NIS2_SOURCE', Path(__file__).resolve().parents[2]))
DOCUMENT = json.loads((SOURCE / 'api/openapi.json').read_text())
SCHEMAS = DOCUMENT['components']['schemas']
METHODS = ('get', 'post', 'put', 'patch', 'delete')

UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z')

# Ids and times have one form in answers, whatever is taken as input.
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks('uuid')
def is_uuid(value):
    return not isinstance(value, str) or bool(UUID.fullmatch(value))


@FORMATS.checks('date-time')
def is_time(value):
    return not isinstance(value, str) or bool(TIME.fullmatch(value))


class Operation:
    def __init__(self, method, path, facts):
        self.method, self.path, self.facts = method.upper(), path, facts
        self.id = facts['operationId']
        self.role = facts['x-role']
        self.parameters = facts.get('parameters', [])
        self.pattern = re.compile(re.sub(r'\\{\w+\\}', '[^/]+', re.escape(path)))

    def parameters_in(self, place):
        return [p for p in self.parameters if p['in'] == place]

    @property
    def body(self):
        """The schema of a JSON body, or None."""
        content = self.facts.get('requestBody', {}).get('content', {})
        return content.get('application/json', {}).get('schema')

    def fill(self, **values):
        """The path with values for its parameters."""
        return self.path.format(**values)

    def __repr__(self):
        return self.id


OPERATIONS = [Operation(method, path, item[method])
              for path, item in DOCUMENT['paths'].items()
              for method in METHODS if method in item]
# As the server does, a literal path is tried before one with a parameter.
BY_LITERAL = sorted(OPERATIONS, key=lambda op: op.path.count('{'))


def find(method, path):
    """The operation that a request is for, or None."""
    path = unquote(path)
    if '\0' in path:
        return None
    paths = [op.path for op in BY_LITERAL if op.pattern.fullmatch(path)]
    for op in BY_LITERAL:
        if op.method == method and op.path in paths[:1]:
            return op
    return None


def translate(schema):
    """Our subset as plain JSON Schema in which every member is known."""
    if isinstance(schema, list):
        return [translate(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {word: translate(value) for word, value in schema.items()
           if not word.startswith('x-') and word not in ('examples', 'example')}
    if 'properties' in out:
        out['additionalProperties'] = False
    if schema.get('x-nullable'):
        out = {'anyOf': [{'$ref': schema['$ref']}, {'type': 'null'}]}
    return out


COMPONENTS = {name: translate(schema) for name, schema in SCHEMAS.items()}


def validate(schema, value):
    """Raises an AssertionError that says what is wrong with the value."""
    root = {**translate(schema), 'components': {'schemas': COMPONENTS}}
    validator = jsonschema.Draft202012Validator(root, format_checker=FORMATS)
    wrong = [f'{list(e.absolute_path)}: {e.message}' for e in validator.iter_errors(value)]
    assert not wrong, wrong


def described(op, status):
    """The response an operation lists for a status, with its reference followed."""
    response = op.facts['responses'].get(str(status))
    if response and '$ref' in response:
        response = DOCUMENT['components']['responses'][response['$ref'].split('/')[-1]]
    return response


SECURITY_HEADERS = {
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'geolocation=(), camera=(), microphone=(), payment=()',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
}


def check_headers(reply):
    for name, value in SECURITY_HEADERS.items():
        assert reply.headers.get(name) == value, f'{name}: {reply.headers.get(name)}'
    assert reply.headers.get('X-Request-Id'), 'no X-Request-Id'


def media_type(reply):
    return reply.headers.get('Content-Type', '').split(';')[0]


def check_error(reply):
    """An error that no operation lists: 404 of an unknown path, 405, …"""
    assert media_type(reply) == 'application/json', reply.headers
    body = reply.json()
    validate({'$ref': '#/components/schemas/Error'}, body)
    if reply.status_code == 429:
        assert body['error'] == body['detail'] and int(reply.headers['Retry-After']) > 0
    if reply.status_code == 401:
        assert body.get('errors') is None


def has_its_own_body(response):
    """An error whose body is not `Error`: readiness."""
    schema = response['content']['application/json']['schema']
    return schema != {'$ref': '#/components/schemas/Error'}


def check(method, path, reply):
    """The reply to a request agrees with the contract."""
    check_headers(reply)
    assert reply.status_code != 500, f'{method} {path}: {reply.text}'
    op = find(method, path)
    if op is None:
        assert reply.status_code in (404, 405, 403, 401), reply.status_code
        return check_error(reply)
    response = described(op, reply.status_code)
    assert response, f'{op.id} does not describe {reply.status_code}: {reply.text[:300]}'
    content = response.get('content')
    if reply.status_code >= 400 and not has_its_own_body(response):
        check_error(reply)
    elif content is None:
        assert reply.content == b'', 'a body where none is described'
    elif 'application/json' in content:
        assert media_type(reply) == 'application/json'
        validate(content['application/json']['schema'], reply.json())
    else:
        assert reply.headers['Content-Disposition'].startswith('attachment; filename=')
        assert int(reply.headers['Content-Length']) == len(reply.content)
    return None
