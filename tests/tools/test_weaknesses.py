"""Every known weakness of scanners has a test: tools/weaknesses.py."""
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
import weaknesses  # noqa: E402


def test_each_weakness_has_a_test():
    assert list(weaknesses.problems(ROOT)) == []


@pytest.fixture
def small(tmp_path):
    """small({path: text}): a tree whose weaknesses are 1 and 2, 3 may wait."""
    def make(files, table='| `tests/a.py: test_one` |'):
        wanted = {'files': ['tests/*.py', 'tests/*.c'], 'open': {'3': 'later'}, 'weaknesses': {'1': 'one', '2': 'two', '3': 'three'}}
        for path, text in {weaknesses.TABLE: table, 'tests/weaknesses.json': json.dumps(wanted), **files}.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        return list(weaknesses.problems(tmp_path))
    return make


ONE = 'def test_one():\n    """W1: it did."""\n'


@pytest.mark.parametrize('files, missing', [
    ({'tests/a.py': ONE}, ['W2 (two) has no test']),
    ({'tests/a.py': ONE + '\n\ndef test_w2_is_gone():\n    pass\n'}, []),
    ({'tests/a.py': ONE, 'tests/b.c': '/* W2: mended. */\nstatic void two(void **state)\n{\n}\n'}, []),
    ({'tests/a.py': ONE, 'other/b.c': '/* W2: mended. */\nstatic void two(void **state)\n{\n}\n'}, ['W2 (two) has no test']),
    ({'tests/a.py': ONE + '\nTEXT = "W22, AW2"\n\n\ndef test_two():\n    pass\n'}, ['W2 (two) has no test']),
])
def test_a_number_without_a_test_is_named(small, files, missing):
    assert small(files) == missing


def test_a_table_that_names_what_is_gone_is_old(small):
    said = small({'tests/a.py': 'def test_w1_w2():\n    pass\n'})
    assert said == [f'{weaknesses.TABLE} names tests/a.py: test_one, which is not there: run tools/weaknesses.py']
