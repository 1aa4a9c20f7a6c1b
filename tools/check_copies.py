#!/usr/bin/python3
"""Finds passages that stand twice: six lines and more that say something, the
same but for blanks, in src/, tools/, tests/ and bench/. A passage that has to be
twice says why, in a comment that contains `copy:` within it or just above it."""
import collections
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINES = 6
FOLDERS = ['src', 'tools', 'tests', 'bench']
KINDS = {'.c', '.h', '.py', '.sh'}


def says_something(line):
    """Not a brace, an include, a comment's frame, or a blank."""
    return len(line) > 3 and not line.startswith(('#include', '*', '/*', '//', '# ',
                                                  'import ', 'from '))


def lines_of(path):
    """(number, text) of the lines that say something, without the excused."""
    kept, excused = [], 0
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = ' '.join(raw.split())
        if 'copy:' in line:
            excused = LINES * 4
        excused -= 1
        if says_something(line):
            kept.append((number, line if excused < 0 else f'{path}:{number}'))
    return kept


def passages():
    """Each run of LINES lines and the places where it stands."""
    places = collections.defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob('*')):
            if path.suffix not in KINDS or 'node_modules' in path.parts:
                continue
            lines = lines_of(path)
            for i in range(len(lines) - LINES + 1):
                text = '\n'.join(line for _, line in lines[i:i + LINES])
                places[text].append((path.relative_to(ROOT), lines[i][0]))
    return {t: p for t, p in places.items() if len(p) > 1}


def main():
    shown, found = set(), 0
    for text, places in passages().items():
        key = tuple((path, number // 20) for path, number in places)
        if key in shown:
            continue  # the next line of a passage that was shown
        shown.add(key)
        found += 1
        print(' = '.join(f'{path}:{number}' for path, number in places))
        print('    ' + text.splitlines()[0])
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
