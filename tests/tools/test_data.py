"""tools/gen_data.py and tools/check_locales.py on small catalogues: what they must refuse, and what they make."""
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
sys.path.insert(0, str(TOOLS))
import check_locales  # noqa: E402

PROBE = '''
	{ "tls.tested", FACT_BOOL, "x" }, { "tls.version", FACT_TEXT,
	  "y" }, { "cert.days", FACT_INT, "z" }, { "tls.list", FACT_LIST, "l" },
	{ "service.name", FACT_TEXT, "" }, { "service.confirmed", FACT_BOOL, "" },
'''
CHECK = {'fact': 'tls.version', 'when': 'below', 'value': 'TLSv1.2', 'scope': 'port', 'severity': 'HIGH',
         'category': 'ENCRYPTION', 'message': 'Old TLS on {port}', 'target': 'host', 'article': '21.2.h',
         'reference': 'NIS2 Art. 21.2.h (Cryptography)', 'compliance_article': 'Art. 21.2.h (Cryptography)',
         'cost': 'Low', 'effort': 'Low'}
TEXTS = {'old_tls.title': 'Old', 'old_tls.rationale': 'Because', 'old_tls.detail': 'On {port}: {value}',
         'old_tls.remediation': 'Update'}
SOURCE = {'url': 'https://example.org', 'licence': 'free', 'checked_on': '2026-01-01', 'certainty': 'high'}


def articles(**changes):
    coverage = dict.fromkeys('abcdefghij', 'none') | {'h': 'technical'} | changes
    return {'source': SOURCE, 'articles': [{'letter': k, 'coverage': v} for k, v in coverage.items()]}


@pytest.fixture
def root(tmp_path):
    """A whole small repository that is in order; a test breaks one thing."""
    report = {f'article.{k}.{part}': 'x' for k in 'abcdefghij' for part in ('title', 'description')}
    files = {
        'src/scan/probes/tls.c': PROBE,
        'data/checks/old_tls.json': CHECK,
        'data/articles.json': articles(),
        'data/locales/en/checks.json': TEXTS,
        'data/locales/en/report.json': report,
        'api/openapi.json': {'openapi': '3.1.0', 'x': 'y' * 500},
        'sql/migrations/0001_init.sql': 'CREATE TABLE t (x TEXT);',
        'sql/grants.sql': 'GRANT SELECT ON t TO nis2_app;',
    }
    for name, content in files.items():
        write(tmp_path, name, content)
    return tmp_path


def write(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))


def run(root):
    out = root / 'out'
    out.mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, TOOLS / 'gen_data.py', root, out, '--depfile', out / 'embedded.d'],
                          capture_output=True, text=True)
    return done.returncode, done.stderr, out


def changed(check, **changes):
    return {k: v for k, v in (check | changes).items() if v is not None}


def test_a_catalogue_in_order_is_embedded(root):
    code, err, out = run(root)
    assert (code, err) == (0, '')
    made = (out / 'embedded.c').read_text()
    assert '.path = "/openapi.json"' in made
    assert '.path = "data/checks/old_tls.json"' in made
    assert '{ "checks/old_tls.detail", "On {port}: {value}" },' in made
    assert '{ 1, "init", (const char *)' in made
    assert 'data/locales' not in made
    twin, = (out / 'gzip').iterdir()
    assert gzip.decompress(twin.read_bytes()) == (root / 'api/openapi.json').read_bytes()
    assert str(root / 'data/checks') in (out / 'embedded.d').read_text()


def test_the_same_files_make_the_same_bytes(root):
    _, _, out = run(root)
    first = (out / 'embedded.c').read_text()
    run(root)
    assert (out / 'embedded.c').read_text() == first


@pytest.mark.parametrize('changes, says', [
    ({'fact': 'tls.vision'}, "no probe declares the fact 'tls.vision'"),
    ({'requires': ['tls.tset']}, "no probe declares the fact 'tls.tset'"),
    ({'shows': 'nothing'}, "no probe declares the fact 'nothing'"),
    ({'when': 'is_true', 'value': None}, "'is_true' cannot judge TEXT"),
    ({'when': 'within_days', 'value': '7'}, "'within_days' cannot judge TEXT"),
    ({'when': 'not_empty'}, "'not_empty' has no value"),
    ({'value': None}, "'below' needs a value"),
    ({'fact': 'cert.days', 'value': 'soon'}, 'not a whole number'),
    ({'when': 'missing', 'value': None}, "'missing' needs requires"),
    ({'severity_unconfirmed': 'LOW'}, 'severity_unconfirmed needs service'),
    ({'article': '21.2.k'}, "no article '21.2.k'"),
    ({'article': '21.3.h'}, "no article '21.3.h'"),
    ({'article': '21.2.a'}, 'a scan cannot observe a'),
    ({'compliance_article': 'Art. 21.2.g (Cyber Hygiene)'}, "compliance_article has no '21.2.h (topic)'"),
    ({'reference': 'NIS2'}, "reference has no '21.2.h (topic)'"),
    ({'message': 'Old TLS {value} on {port}'}, 'and nothing else'),
    ({'message': 'Old TLS'}, 'two ports of a host are one finding'),
    ({'scope': 'host'}, 'a host has no {port}'),
    ({'playbook': 'none'}, "no playbook 'none'"),
    ({'risk': 'boredom'}, "no text for the risk 'boredom'"),
    ({'yields_to': ['other']}, "yields to 'other', which is not there"),
    ({'yields_to': ['old_tls']}, 'yield to each other'),
])
def test_a_check_that_points_nowhere_is_refused(root, changes, says):
    write(root, 'data/checks/old_tls.json', changed(CHECK, **changes))
    code, err, out = run(root)
    assert code == 1
    assert 'gen_data.py: data/checks/old_tls.json: ' in err
    assert says in err
    assert not (out / 'embedded.c').exists()


@pytest.mark.parametrize('changes, says', [
    ({'old_tls.title': None}, 'old_tls.title is missing'),
    ({'old_tls.title': 'On {port}'}, 'old_tls.title has a placeholder'),
    ({'old_tls.detail': 'On {prot}'}, 'old_tls.detail has a placeholder'),
    ({'old_tls.remediation': 'x' * 701}, 'longer than 700'),
    ({'gone.title': 'x'}, 'gone.title belongs to no check'),
])
def test_texts_fit_their_checks(root, changes, says):
    write(root, 'data/locales/en/checks.json', changed(TEXTS, **changes))
    code, err, _ = run(root)
    assert code == 1 and says in err


def test_two_checks_may_not_make_the_same_finding(root):
    write(root, 'data/checks/twin.json', CHECK)
    write(root, 'data/locales/en/checks.json', TEXTS | {f'twin.{k.split(".")[1]}': v for k, v in TEXTS.items()})
    code, err, _ = run(root)
    assert code == 1 and "has the message of 'old_tls'" in err
    write(root, 'data/checks/twin.json', CHECK | {'yields_to': ['old_tls']})
    assert run(root)[0] == 0


@pytest.mark.parametrize('name, content, says', [
    ('data/checks/old_tls.json', '{', 'Expecting'),
    ('data/checks/old_tls.json', '{"fact": "a", "fact": "b"}', 'twice: fact'),
    ('data/articles.json', articles() | {'source': SOURCE | {'licence': ''}}, 'source.licence is missing'),
    ('data/articles.json', {'source': SOURCE, 'articles': []}, 'the letters are not a to j'),
    ('sql/migrations/0003_late.sql', '', 'is not 0002_name.sql'),
    ('web/docs/assets.json', [{'path': '/a', 'file': 'web/node_modules/a.js', 'type': 't'}], 'run `make build`'),
    ('web/docs/assets.json', [{'path': '/a', 'file': 'web/docs/a.js', 'type': 't'}], 'no file web/docs/a.js'),
])
def test_other_files_are_looked_at_too(root, name, content, says):
    write(root, name, content)
    code, err, _ = run(root)
    assert code == 1 and says in err


# ---- languages

ENGLISH = {'a': 'One {name}', 'n.one': '{count} host', 'n.many': '{count} hosts', 'sign': '{a} / {b}'}
GERMAN = {'a': 'Ein {name}', 'n.one': '{count} Host hier', 'n.many': '{count} Hosts hier', 'sign': '{a} / {b}'}


def language(root, german, same=''):
    write(root, 'data/locales/en/ui.json', ENGLISH)
    write(root, 'data/locales/de/ui.json', german)
    write(root, 'data/locales/de/same.txt', same)
    return list(check_locales.problems(root))


def test_a_language_with_the_same_keys_is_in_order(tmp_path):
    assert language(tmp_path, GERMAN) == []


@pytest.mark.parametrize('changes, same, says', [
    ({'a': None}, '', 'de: ui/a is missing'),
    ({'b': 'x'}, '', 'de: ui/b is not in en'),
    ({'a': ' '}, '', 'de: ui/a is empty'),
    ({'a': 'Ein {nam}'}, '', 'de: ui/a has other placeholders than en'),
    ({'a': 'Ein'}, '', 'de: ui/a has other placeholders than en'),
    ({'a': 'One {name}'}, '', 'de: ui/a is the English text'),
    ({}, 'ui/a', 'de: ui/a need not be in same.txt'),
])
def test_what_is_wrong_with_a_language(tmp_path, changes, same, says):
    found = language(tmp_path, changed(GERMAN, **changes), same)
    assert len(found) == 1 and found[0].startswith(says)


def test_a_word_that_is_the_same_may_be_allowed(tmp_path):
    assert language(tmp_path, GERMAN | {'a': 'One {name}'}, 'ui/a') == []


def test_plurals_come_in_pairs(tmp_path):
    write(tmp_path, 'data/locales/en/ui.json', {'n.one': 'x'})
    assert list(check_locales.problems(tmp_path)) == ['en: ui/n.many is missing']


def test_the_languages_of_the_product_are_in_order():
    assert list(check_locales.problems(TOOLS.parent)) == []
