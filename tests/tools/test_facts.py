"""No fact is stated that nobody reads: a check, a member of a result, or code behind the probe that states it."""
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECLARED = re.compile(r'\{\s*"([a-z0-9_]+\.[a-z0-9_.]+)",\s*FACT_')
# What stands before a name where the fact is stated, not read.
STATES = re.compile(r'(fact_(bool|int|text|strs|time|list)|state_\w+|state)\([^;]*$')


def declared():
    """name -> file of the probe"""
    return {name: path.name for path in sorted((ROOT / 'src/scan/probes').glob('*.c')) for name in DECLARED.findall(path.read_text())}


def judged():
    checks = [json.loads(path.read_text()) for path in (ROOT / 'data/checks').glob('*.json')]
    return {name for c in checks for name in (c['fact'], c.get('shows'), *c.get('requires', ()))}


def is_read(name, texts):
    for text in texts:
        for found in re.finditer(re.escape(f'"{name}"'), text):
            declares = re.match(r',\s*FACT_', text[found.end():found.end() + 60])
            if not declares and not STATES.search(text[max(0, found.start() - 200):found.start()]):
                return True
    return False


def unread(names, texts, checks):
    return sorted(name for name in names if name not in checks and not is_read(name, texts))


def test_every_fact_is_read():
    texts = [path.read_text() for path in (ROOT / 'src').rglob('*.c')]
    names = declared()
    assert len(names) > 300
    assert unread(names, texts, judged()) == []


@pytest.mark.parametrize('text,expected', [
    ('{ "a.b", FACT_BOOL, "x" }, fact_bool(f, "a.b", 0, true);', ['a.b']),
    ('fact_bool(facts, "a.b", port,\n\tx); state_text(run, "a.b", y);', ['a.b']),
    ('fact_find(facts, "a.b", 0)', []), ('{ "shown", "a.b", member_plain }', [])])
def test_what_reading_is(text, expected):
    assert unread(['a.b'], [text], set()) == expected
