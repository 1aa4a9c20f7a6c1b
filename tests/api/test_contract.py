"""Inputs made from the contract: whatever is sent, the answer is a described one.

Each operation gets hundreds of inputs: what its schema allows, what it does not,
and mutations of the first. The client checks every reply against the contract,
so a case fails on a 500, on a status that is not described, and on a body that
does not have its form.
"""
import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contract
import seed

settings.register_profile('api', max_examples=60, deadline=None, derandomize=True,
                          suppress_health_check=list(HealthCheck))
settings.load_profile('api')

# Anything JSON can say, awkward things first.
AWKWARD = st.sampled_from([
    '', ' ', '\0', '\n', '\u202e', '\ufeff', 'é' * 300, 'x' * 5000, "'; --", '%00', '../..', '{}',
    '<script>', '${jndi}', '🙂' * 100, '-1', '1e400', 'null', 0, -1, 1, 2**31, 2**53, 2**63, 2**64,
    -2**63, 1.5, 1e308, True, False, None, [], {}, [[]], [None], {'': ''}])
ANYTHING = st.recursive(AWKWARD | st.text(max_size=20), lambda inner: st.lists(
    inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8)
LETTERS = st.text(string.ascii_letters + string.digits + ' éß日.-_@:/', min_size=0, max_size=40)


def allowed(schema):
    """A strategy for values that a schema describes, more or less."""
    if '$ref' in schema:
        return allowed(contract.SCHEMAS[schema['$ref'].split('/')[-1]])
    if 'enum' in schema:
        return st.sampled_from(schema['enum'])
    kind = schema['type'] if isinstance(schema['type'], list) else [schema['type']]
    choices = [of_type(one, schema) for one in kind]
    return st.one_of(*choices)


def of_type(kind, schema):
    if kind == 'null':
        return st.none()
    if kind == 'boolean':
        return st.booleans()
    if kind == 'integer':
        return st.integers(schema.get('minimum', -100), schema.get('maximum', 10**6))
    if kind == 'array':
        return st.lists(allowed(schema['items']), min_size=schema.get('minItems', 0),
                        max_size=min(schema['maxItems'], 5))
    if kind == 'object' and 'properties' not in schema:
        return st.dictionaries(LETTERS, ANYTHING, max_size=3)
    if kind == 'object':
        required = set(schema.get('required', []))
        fixed = {n: allowed(s) for n, s in schema['properties'].items() if n in required}
        free = {n: allowed(s) for n, s in schema['properties'].items() if n not in required}
        return st.fixed_dictionaries(fixed, optional=free)
    return of_format(schema)


def of_format(schema):
    form = schema.get('format')
    if form == 'uuid':
        return st.builds(seed.new_id)
    if form == 'date-time':
        return st.datetimes().map(lambda time: time.isoformat() + 'Z')
    if form == 'email':
        return st.from_regex(r'[a-z]{3,12}\.[0-9]{1,6}@example\.(com|org)', fullmatch=True)
    return st.text(min_size=schema.get('minLength', 0), max_size=min(schema['maxLength'], 40)) \
        | LETTERS


@st.composite
def mutated(draw, schema):
    """An allowed object with one to three of its members spoiled."""
    value = draw(allowed(schema))
    names = list(contract.SCHEMAS[schema['$ref'].split('/')[-1]]['properties'])
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(names + ['unknown']))
        if draw(st.booleans()):
            value[name] = draw(ANYTHING)
        else:
            value.pop(name, None)
    return value


def word(schema):
    """What may stand in a path or a query: allowed, or anything as text."""
    if schema.get('type') == 'string' or 'format' in schema:
        good = allowed(schema)
    else:
        good = allowed(schema).map(lambda v: json.dumps(v).strip('"'))
    awkward = AWKWARD.filter(lambda v: isinstance(v, (str, int))).map(str)
    return st.one_of(good, awkward, st.text(max_size=30))


def quote(text):
    """Percent-encoded whole, so that it arrives as one word, within the limit of a query."""
    return ''.join(f'%{byte:02X}' for byte in text.encode('utf-8', 'surrogatepass')[:220])


def in_path(text):
    # A word of nothing would be another path.
    return quote(text) or '%20'


@st.composite
def requests_for(draw, op):
    """(path, options) for a client."""
    values = {}
    for p in op.parameters_in('path'):
        good = draw(st.booleans()) and p['schema'].get('format') == 'uuid'
        values[p['name']] = seed.new_id() if good else in_path(draw(word(p['schema'])))
    query = []
    for p in op.parameters_in('query'):
        if p.get('required') or draw(st.booleans()):
            query.append(f"{p['name']}={quote(draw(word(p['schema'])))}")
    path = op.fill(**values) + ('?' + '&'.join(query) if query else '')
    if op.body is None:
        return path, {}
    body = draw(st.one_of(allowed(op.body), mutated(op.body), ANYTHING))
    return path, {'json': body}


# An upload has its own cases in test_import.py; logging out ends nothing here.
TRIED = [op for op in contract.OPERATIONS if op.id != 'asset_import']


@pytest.fixture(scope='module')
def caller(server):
    return server.register().bearer()


@pytest.mark.parametrize('op', TRIED, ids=str)
def test_every_answer_is_a_described_one(caller, op):
    @given(requests_for(op))
    def tried(request):
        path, options = request
        reply = caller.request(op.method, path, **options)
        assert reply.status_code < 500
        if reply.status_code == 422 and 'errors' in reply.json():
            assert all(one['loc'][0] in ('body', 'query', 'path')
                       for one in reply.json()['errors'])

    tried()


@pytest.mark.parametrize('op', [op for op in TRIED if op.body], ids=str)
def test_bytes_that_are_hardly_json(caller, op):
    @given(st.binary(max_size=200) | st.text(max_size=60).map(lambda t: f'{{"name":{t}}}'.encode(
        'utf-8', 'surrogatepass')))
    def tried(data):
        path = op.fill(**{p['name']: seed.new_id() for p in op.parameters_in('path')})
        reply = caller.request(op.method, path, data=data,
                               headers={'Content-Type': 'application/json'})
        assert reply.status_code < 500

    tried()


@given(st.dictionaries(st.sampled_from(
    ['Authorization', 'Cookie', 'X-CSRF-Token', 'Accept', 'Accept-Language', 'Origin', 'Host',
     'X-Forwarded-For', 'Forwarded', 'If-None-Match', 'Accept-Encoding', 'User-Agent', 'Range']),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60).map(
        lambda t: t.strip().encode('latin-1')), max_size=4))
def test_any_header(server, headers):
    for method, path in (('GET', '/assets'), ('POST', '/auth/refresh'), ('GET', '/health')):
        reply = server.client().request(method, f'/api/v1{path}', headers=headers, checked=False)
        assert reply.status_code in (200, 400, 401, 403, 404, 422)


def test_every_example_has_the_form_it_is_an_example_of():
    for name, schema in contract.SCHEMAS.items():
        for example in schema.get('examples', []):
            contract.validate({'$ref': f'#/components/schemas/{name}'}, example)


def test_every_operation_is_tried():
    """A case names each operation, so that a new one is not forgotten here."""
    tests = ''.join(file.read_text() for file in (contract.SOURCE / 'tests/api').glob('test_*.py'))
    for op in contract.OPERATIONS:
        stem = op.path.removeprefix('/api/v1').split('{')[0].rstrip('/')
        assert stem in tests, op
