#!/usr/bin/python3
"""Checks every header of src/: it compiles alone, and its guard is named after
its path. `check_headers.py BUILD` (for the generated headers)."""
import concurrent.futures
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ['-std=c17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror',
         '-Wno-unused-parameter', '-fsyntax-only', '-x', 'c']


def flags_of(*libraries):
    """Where headers are that are not on the compiler's own path."""
    done = subprocess.run(['pkg-config', '--cflags', *libraries], check=True,
                          capture_output=True, text=True)
    return done.stdout.split()


def guard_of(path):
    return 'NIS2_' + re.sub(r'[^A-Z0-9]', '_', str(path).upper())


def check(header, build):
    """What is wrong with a header, or None."""
    name = header.relative_to(ROOT / 'src')
    if f'#ifndef {guard_of(name)}\n#define {guard_of(name)}\n' not in header.read_text():
        return f'{header}: the guard is not {guard_of(name)}'
    done = subprocess.run(
        ['cc', *FLAGS, *LIBRARIES, f'-I{ROOT}/src', f'-I{build}',
         '-include', f'{ROOT}/src/base/banned.h', '-'],
        input=f'#include "{name}"\n#include "{name}"\n', text=True, capture_output=True)
    return done.stderr if done.returncode else None


LIBRARIES = flags_of('libpq')


def main():
    build = Path(sys.argv[1]).resolve()
    headers = sorted((ROOT / 'src').rglob('*.h'))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        found = [f for f in pool.map(lambda h: check(h, build), headers) if f]
    print('\n'.join(found))
    return 1 if found or not headers else 0


if __name__ == '__main__':
    sys.exit(main())
