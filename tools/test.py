#!/usr/bin/python3
"""Runs the tests: every part, or those named. Behind `make test` and `make check`.

    tools/test.py                       everything
    tools/test.py unit api-sqlite       these parts
    tools/test.py --list

Each part says how many of its cases passed, failed and were skipped; what
failed is shown whole, the rest is one line. The last line is the sum,
`N passed, N failed`; the exit code is 1 when something failed, and a part
without a single case counts as a failure. Two parts run at a time, those that
measure time run alone at the end.
"""
import argparse
import concurrent.futures
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

from postgres import Postgres, as_role
from redis_server import RedisServer

ROOT = Path(__file__).resolve().parent.parent
PART_SECONDS = 1200


class Outcome:
    """Cases counted, and what to show of those that failed."""

    def __init__(self, passed=0, failed=0, skipped=0, output=''):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.output = output

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.output += other.output

    def text(self):
        parts = [f'{self.passed} passed', f'{self.failed} failed']
        if self.skipped:
            parts.append(f'{self.skipped} skipped')
        return ', '.join(parts)


class Bench:
    """What the parts share: the build, a scratch folder, PostgreSQL, Redis."""

    def __init__(self, build, sanitize):
        self.build, self.sanitize = build, sanitize
        self.scratch = Path(tempfile.mkdtemp(prefix='nis2-test-'))
        self.scratch.chmod(0o755)
        self.postgres = self.redis = None

    def env(self, name):
        env = dict(os.environ, NIS2_BINARY=str(self.build / 'nis2'),
                   NIS2_BUILD=str(self.build), NIS2_SOURCE=str(ROOT),
                   CMOCKA_MESSAGE_OUTPUT='TAP', PYTHONDONTWRITEBYTECODE='1')
        for inherited in ('DATABASE_URL', 'DATABASE_URL_SYNC', 'REDIS_URL', 'LISTEN', 'DATA_DIR'):
            env.pop(inherited, None)
        if self.sanitize:
            env['NIS2_SANITIZE'] = self.sanitize
            log = f'log_path={self.reports(name)}/report'
            env['ASAN_OPTIONS'] = f'{log}:detect_leaks=1:abort_on_error=0'
            env['UBSAN_OPTIONS'] = f'{log}:print_stacktrace=1'
            env['TSAN_OPTIONS'] = f'{log}:halt_on_error=0:second_deadlock_stack=1'
        return env

    def reports(self, name):
        """Where the sanitizers of a part write."""
        folder = self.scratch / f'reports-{name}'
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        return folder

    def database(self, name):
        """A new, empty PostgreSQL database; its address."""
        return self.postgres.create(name)

    def close(self):
        if self.postgres:
            self.postgres.stop()
        if self.redis:
            self.redis.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)


# ---- ways to run a part ----

@functools.cache
def alone():
    """What gives a program a network of its own (tools/alone.py); nothing where
    the system does not allow that, and then ports may be taken."""
    user = [] if os.getuid() == 0 else ['--user', '--map-current-user', '--keep-caps']
    prefix = ['unshare', *user, '--net', sys.executable, str(ROOT / 'tools/alone.py')]
    if subprocess.run([*prefix, 'true'], capture_output=True).returncode == 0:
        return prefix
    print('test: this system gives the tests no network of their own; ports may be '
          'taken, and those below 1024 refused to who is not root', flush=True)
    return []


def run(argv, env, seconds=PART_SECONDS):
    """Exit code and the merged output; a part that hangs is ended."""
    proc = subprocess.Popen([*alone(), *map(str, argv)], env=env, cwd=ROOT, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, errors='replace',
                            start_new_session=True)
    try:
        output, _ = proc.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(proc.pid, 9)
        output, _ = proc.communicate()
        output += f'\ntest: ended after {seconds} seconds\n'
    return proc.returncode, output


def pytest(bench, name, folder, **env):
    """A folder of pytest cases."""
    report = bench.scratch / f'{name}.xml'
    argv = [sys.executable, '-m', 'pytest', '-q', '-ra', '--tb=short', '-p',
            'no:cacheprovider', f'--junitxml={report}',
            f'--basetemp={bench.scratch / name}', ROOT / folder]
    code, output = run(argv, {**bench.env(name), **env})
    outcome = read_junit(report)
    if code not in (0, 5) and not outcome.failed:
        outcome.failed = 1
    outcome.output = output if outcome.failed else skipped_lines(output)
    return outcome


def read_junit(path):
    outcome = Outcome()
    if not path.exists():
        return outcome
    for suite in xml.parse(path).getroot().iter('testsuite'):
        count = {key: int(suite.get(key, 0))
                 for key in ('tests', 'failures', 'errors', 'skipped')}
        failed = count['failures'] + count['errors']
        outcome.failed += failed
        outcome.skipped += count['skipped']
        outcome.passed += count['tests'] - failed - count['skipped']
    return outcome


def skipped_lines(output):
    return ''.join(line + '\n' for line in output.splitlines()
                   if line.startswith('SKIPPED'))


def command(bench, name, argv, **env):
    """A program that is one case: it passes when it exits with 0."""
    code, output = run(argv, {**bench.env(name), **env})
    return Outcome(output=output, failed=1) if code else Outcome(passed=1)


def tap(bench, name, tests, **env):
    """Programs that speak TAP."""
    outcome = Outcome()
    for test in tests:
        code, output = run(test['cmd'], {**bench.env(name), **env},
                           seconds=test['timeout'])
        lines = re.findall(r'^(?:not )?ok .*', output, re.M)
        skipped = [line for line in lines if '# SKIP' in line]  # "not ok", by cmocka
        failed = [line for line in lines if line.startswith('not') and line not in skipped]
        one = Outcome(len(lines) - len(failed) - len(skipped), len(failed), len(skipped))
        if (code and not one.failed) or not (one.passed + one.failed + one.skipped):
            one.failed += 1
        if one.failed:
            one.output = f'--- {test["name"]} (exit code {code})\n{output}'
        outcome.add(one)
    return outcome


def meson_tests(bench, wanted):
    listing = subprocess.run(['meson', 'introspect', '--tests', bench.build],
                             check=True, capture_output=True, text=True).stdout
    return [t for t in json.loads(listing) if wanted(t)]


def is_fuzz(test):
    return test['name'].startswith('fuzz_')


# ---- the parts ----

def part_layers(bench):
    return command(bench, 'layers', [sys.executable, 'tools/check_layers.py'])


def part_headers(bench):
    return command(bench, 'headers',
                   [sys.executable, 'tools/check_headers.py', bench.build])


def part_locales(bench):
    return command(bench, 'locales', [sys.executable, 'tools/check_locales.py'])


def part_copies(bench):
    return command(bench, 'copies', [sys.executable, 'tools/check_copies.py'])


def part_contract(bench):
    return command(bench, 'contract',
                   ['web/node_modules/.bin/redocly', 'lint', '--config',
                    'web/redocly.yaml', 'api/openapi.json'],
                   REDOCLY_TELEMETRY='off', REDOCLY_SUPPRESS_UPDATE_NOTICE='true')


def part_generators(bench):
    return pytest(bench, 'generators', 'tests/gen')


def part_tools(bench):
    return pytest(bench, 'tools', 'tests/tools')


def part_unit(bench):
    tests = meson_tests(bench, lambda t: not is_fuzz(t))
    # Not as superuser: forced row-level security holds for the owner, too.
    owner = as_role(bench.database('unit'), 'nis2_owner')
    return tap(bench, 'unit', tests, NIS2_TEST_DATABASE=owner,
               NIS2_TEST_REDIS=bench.redis.address)


def part_seeds(bench):
    return tap(bench, 'seeds', meson_tests(bench, is_fuzz))


def part_api_sqlite(bench):
    """SQLite, counters in memory: what one machine has."""
    return pytest(bench, 'api-sqlite', 'tests/api')


def part_api_postgresql(bench):
    """PostgreSQL and Redis: what several machines share."""
    return pytest(bench, 'api-postgresql', 'tests/api',
                  NIS2_TEST_DATABASE=bench.database('api'),
                  NIS2_TEST_REDIS=bench.redis.address)


def part_scan(bench):
    return pytest(bench, 'scan', 'tests/scan')


def part_crash(bench):
    return pytest(bench, 'crash', 'tests/crash',
                  NIS2_TEST_POSTGRESQL=bench.database('crash'))


# Name, function, whether it must run alone (it measures time).
PARTS = [
    ('layers', part_layers, False),
    ('headers', part_headers, False),
    ('locales', part_locales, False),
    ('copies', part_copies, False),
    ('contract', part_contract, False),
    ('generators', part_generators, False),
    ('tools', part_tools, False),
    ('unit', part_unit, False),
    ('seeds', part_seeds, False),
    ('api-sqlite', part_api_sqlite, False),
    ('api-postgresql', part_api_postgresql, False),
    ('scan', part_scan, True),
    ('crash', part_crash, True),
]
NEED_POSTGRES = {'unit', 'api-postgresql', 'crash'}
NEED_REDIS = {'unit', 'api-postgresql'}


def build(folder, sanitize):
    """Configures once, then builds all that the tests run."""
    if not (folder / 'build.ninja').exists():
        options = [f'-Db_sanitize={sanitize}', '-Db_lundef=false',
                   '-Dc_args=-fno-omit-frame-pointer -fno-sanitize-recover=undefined'
                   ] if sanitize else []
        call(['meson', 'setup', folder, *options])
    call(['ninja', '-C', folder, '--quiet'])


def call(argv):
    done = subprocess.run([str(a) for a in argv], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout)
        print('the build failed\n0 passed, 1 failed')
        sys.exit(1)


def run_part(bench, name, function):
    start = time.monotonic()
    outcome = function(bench)
    for report in sorted(bench.reports(name).iterdir()) if bench.sanitize else []:
        outcome.failed += 1
        outcome.output += f'--- {report.name}\n{report.read_text(errors="replace")}'
    if not outcome.passed + outcome.failed:
        outcome.failed = 1
        outcome.output += f'no case of "{name}" ran\n'
    if outcome.output:
        print(outcome.output.rstrip('\n'))
    print(f'{name:16} {outcome.text()} ({time.monotonic() - start:.0f} s)', flush=True)
    return outcome


def run_all(bench, parts):
    total = Outcome()
    together = [p for p in parts if not p[2]]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda p: run_part(bench, p[0], p[1]), together):
            total.add(outcome)
    for name, function, alone in parts:
        if alone:
            total.add(run_part(bench, name, function))
    return total


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('parts', nargs='*', metavar='PART')
    parser.add_argument('--list', action='store_true', help='names the parts')
    parser.add_argument('--build', default='build-test', help='the build folder')
    parser.add_argument('--sanitize', default='', help='address,undefined or thread')
    args = parser.parse_args()
    unknown = set(args.parts) - {p[0] for p in PARTS}
    if unknown:
        parser.error(f'no such part: {", ".join(sorted(unknown))}')
    return args


def main():
    args = arguments()
    parts = [p for p in PARTS if not args.parts or p[0] in args.parts]
    if args.list:
        print('\n'.join(p[0] for p in parts))
        return 0
    folder = ROOT / args.build
    build(folder, args.sanitize)
    bench = Bench(folder, args.sanitize)
    try:
        if NEED_POSTGRES & {p[0] for p in parts}:
            bench.postgres = Postgres(bench.scratch)
        if NEED_REDIS & {p[0] for p in parts}:
            bench.redis = RedisServer(bench.scratch)
        total = run_all(bench, parts)
    finally:
        bench.close()
    print(total.text())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
