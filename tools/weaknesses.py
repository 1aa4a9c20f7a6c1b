#!/usr/bin/python3
"""Which test shows that a known weakness of scanners is not ours. Writes docs/weaknesses-scanning.md.

    tools/weaknesses.py             writes the table
    tools/weaknesses.py --check     only says which number has no test

tests/weaknesses.json has the numbers, a few words for each, and the files that count; a test names a number in its name
(`test_w25_…`) or in what is written above or below it (`W25: …`).
"""
import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = 'docs/weaknesses-scanning.md'
# A test of Python; a function of C.
PYTHON = re.compile(r'^def (test_\w+)|^class (Test\w+)', re.M)
C = re.compile(r'^static \w[\w ]*[ *](\w+)\(', re.M)
ROW = re.compile(r'"(W\d+: [^"]+)"')
NUMBER = re.compile(r'\bW(\d{1,2})\b|_[wW](\d{1,2})(?=_|\b)')
HEAD = """# Weaknesses of scanners, and the tests that show they are not ours

`tools/weaknesses.py` writes this page out of `tests/weaknesses.json` and the tests themselves; `tools/test.py tools` fails when a
number has no test.

| No. | weakness | tests |
|---|---|---|
"""


def read_list(root):
    return json.loads((root / 'tests/weaknesses.json').read_text())


def numbers(text):
    return {int(a or b) for a, b in NUMBER.findall(text)}


def in_python(text):
    """(test, numbers): of its name and its docstring."""
    for part in re.split(r'(?m)^(?=def |class |@)', text):
        name = PYTHON.search(part)
        if name:
            yield name[1] or name[2], numbers(part)


def in_c(text):
    """(function, numbers): of the comment above it, its name and its body. A row of a table has a name of its own."""
    for row in ROW.findall(text):
        yield row, numbers(row)
    for part in re.split(r'(?m)^\}\n', ROW.sub('', text)):
        name = C.search(part)
        if name:
            yield name[1], numbers(part)


def tests_of(root, patterns):
    """{number: [file: test]}"""
    found = {}
    for path in sorted({p for pattern in patterns for p in root.glob(pattern)}):
        reader = in_python if path.suffix == '.py' else in_c
        for test, some in reader(path.read_text()):
            for number in some:
                found.setdefault(number, []).append(f'{path.relative_to(root)}: {test}')
    return found


def problems(root):
    wanted = read_list(root)
    found = tests_of(root, wanted['files'])
    for number, words in wanted['weaknesses'].items():
        if int(number) not in found and number not in wanted['open']:
            yield f'W{number} ({words}) has no test'
    every = {test for tests in found.values() for test in tests}
    for test in re.findall(r'`(tests/[^`]+?: [^`]+)`', (root / TABLE).read_text()):
        if test not in every:
            yield f'{TABLE} names {test}, which is not there: run tools/weaknesses.py'


def table(root):
    wanted = read_list(root)
    found = tests_of(root, wanted['files'])
    rows = []
    for number, words in wanted['weaknesses'].items():
        tests = '<br>'.join(f'`{test}`' for test in found.get(int(number), ()))
        rows.append(f'| W{number} | {words} | {tests or wanted["open"][number]} |')
    return HEAD + '\n'.join(rows) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--check', action='store_true')
    if not parser.parse_args().check:
        (ROOT / TABLE).write_text(table(ROOT))
    said = list(problems(ROOT))
    print('\n'.join(said) or f'{len(read_list(ROOT)["weaknesses"])} weaknesses, each with a test or a reason why not yet')
    return 1 if said else 0


if __name__ == '__main__':
    sys.exit(main())
