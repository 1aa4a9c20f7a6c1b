#!/usr/bin/python3
"""The slow checks behind `make check`: format, static analysis, the tests under
sanitizers, seeds of the fuzzers, and, as information, the ten longest and the ten
most complex functions. `check.py [STEP…]` runs the named steps alone."""
import argparse
import concurrent.futures
import json
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*argv):
    return subprocess.run([str(a) for a in argv], cwd=ROOT).returncode == 0


def step_format():
    """clang-format 14 decides; another version would argue with it."""
    if not shutil.which('clang-format-14'):
        print('format: skipped, clang-format-14 is not here (Debian 12 has it)')
        return True
    return run('tools/format.sh', '--check')


def step_tidy():
    """clang-tidy over src/, two files at a time."""
    build = ROOT / 'build-test'
    if not run('tools/test.py', 'layers'):  # makes build-test
        return False
    entries = json.loads((build / 'compile_commands.json').read_text())
    files = sorted({str((build / e['file']).resolve()) for e in entries})
    ours = [f for f in files if f.startswith(str(ROOT / 'src'))]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return all(list(pool.map(lambda f: tidy(f, build), ours)))


def tidy(path, build):
    extra = ['-Wno-unknown-warning-option', '-Wno-unused-value']
    if not path.endswith('/err.c'):
        extra += ['-include', str(ROOT / 'tools/tidy.h')]
    done = subprocess.run(['clang-tidy', '--quiet', '-p', build, path,
                           *(f'--extra-arg={word}' for word in extra)],
                          capture_output=True, text=True)
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


def step_asan():
    """Addresses, leaks and undefined behaviour, over units, seeds and the API."""
    return run('tools/test.py', '--build', 'build-asan', '--sanitize',
               'address,undefined', 'unit', 'seeds', 'api-sqlite', 'api-postgresql')


def step_tsan():
    """Data races in the server, over the API tests."""
    # The sanitizer of GCC 12 wants addresses where it expects them.
    return run('setarch', platform.machine(), '-R', 'tools/test.py', '--build',
               'build-tsan', '--sanitize', 'thread', 'api-sqlite', 'api-postgresql')


FUNCTION = re.compile(r'^(?!\s|#|struct .*\{$|enum .*\{$|static const|const |typedef )'
                      r'[^\n;={}]*?(\w+)\([^;{}]*\)\n\{\n(.*?)^\}', re.M | re.S)
BRANCH = re.compile(r'\b(?:if|for|while|case)\b|&&|\|\||\?')


def step_longest():
    """Information, never a failure."""
    functions = []
    for path in sorted((ROOT / 'src').rglob('*.c')):
        for match in FUNCTION.finditer(path.read_text()):
            name, body = match.group(1), match.group(2)
            functions.append((body.count('\n'), len(BRANCH.findall(body)) + 1,
                              f'{path.relative_to(ROOT)}: {name}'))
    lengths = sorted(f[0] for f in functions)
    print(f'{len(functions)} functions, median {lengths[len(lengths) // 2]} lines')
    print('longest:')
    for length, _, name in sorted(functions, reverse=True)[:10]:
        print(f'  {length:4} lines  {name}')
    print('most complex:')
    for _, paths, name in sorted(functions, key=lambda f: -f[1])[:10]:
        print(f'  {paths:4} paths  {name}')
    return True


STEPS = {'format': step_format, 'tidy': step_tidy, 'asan': step_asan,
         'tsan': step_tsan, 'longest': step_longest}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('steps', nargs='*', metavar='STEP', help=', '.join(STEPS))
    wanted = parser.parse_args().steps or list(STEPS)
    failed = []
    for name in wanted:
        print(f'== {name}: {STEPS[name].__doc__.splitlines()[0]}', flush=True)
        if not STEPS[name]():
            failed.append(name)
    print(f'{len(wanted) - len(failed)} steps passed, {len(failed)} failed'
          + (f': {", ".join(failed)}' if failed else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
