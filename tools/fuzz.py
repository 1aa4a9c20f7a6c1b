#!/usr/bin/python3
"""Runs the fuzzers of tests/fuzz with libFuzzer: a minute each, or FUZZ_SECONDS,
or FUZZ_RUNS inputs each. `fuzz.py [NAME…]`. An input that crashes is left in
build-fuzz/; put it into tests/fuzz/corpus/NAME/ and it is a test from then on."""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build-fuzz'
OPTIONS = ['-Dfuzz=true', '-Dtests=false', '-Dwerror=false', '-Db_lundef=false',
           '-Db_sanitize=address,undefined',
           '-Dc_args=-fno-sanitize-recover=undefined']


def build():
    if not (BUILD / 'build.ninja').exists():
        subprocess.run(['meson', 'setup', BUILD, *OPTIONS], check=True, cwd=ROOT,
                       env=dict(os.environ, CC='clang'), stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', BUILD, '--quiet', *targets()], check=True)


def names():
    return sorted(p.stem.removeprefix('fuzz_')
                  for p in (ROOT / 'tests/fuzz').glob('fuzz_*.c'))


def targets():
    return [f'tests/fuzz/fuzz_{name}' for name in names()]


def fuzz(name):
    """One fuzzer; true when it found nothing. New inputs stay in build-fuzz."""
    found = BUILD / 'corpus' / name
    found.mkdir(parents=True, exist_ok=True)
    runs = os.environ.get('FUZZ_RUNS')
    limit = (f'-runs={runs}' if runs
             else f'-max_total_time={os.environ.get("FUZZ_SECONDS", "60")}')
    done = subprocess.run(
        [BUILD / f'tests/fuzz/fuzz_{name}', limit, '-timeout=10', '-rss_limit_mb=2048',
         '-print_final_stats=1', f'-artifact_prefix={BUILD}/{name}-', found,
         ROOT / 'tests/fuzz/corpus' / name],
        capture_output=True, text=True, errors='replace',
        env=dict(os.environ, UBSAN_OPTIONS='print_stacktrace=1'))
    count = re.search(r'number_of_executed_units: (\d+)', done.stderr)
    print(f'{name:16} {count.group(1) if count else "?"} runs, '
          + ('nothing found' if done.returncode == 0 else 'FAILED'), flush=True)
    if done.returncode:
        print(done.stderr[-8000:])
    return done.returncode == 0


def main():
    wanted = sys.argv[1:] or names()
    build()
    results = [fuzz(name) for name in wanted]
    return 0 if results and all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
