#!/usr/bin/python3
"""Checks who includes whom: docs/layers.txt for our folders, and the table of
docs/dependencies.md for the headers of libraries, each of which belongs to the
files that wrap it. Prints what is wrong; exit code 1 if anything is."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.M)


def read_layers():
    """folder -> the folders it may include, itself among them."""
    layers = {}
    for line in (ROOT / 'docs/layers.txt').read_text().splitlines():
        if line and not line.startswith('#'):
            folder, allowed = line.split(':')
            layers[folder] = {folder, *allowed.split()}
    return layers


def read_wrappers():
    """header -> the files that may include it, from the rows
    `| library | … | `header.h` | `src/file.c` … |` of dependencies.md."""
    wrappers = {}
    for line in (ROOT / 'docs/dependencies.md').read_text().splitlines():
        words = re.findall(r'`([^`]+)`', line) if line.startswith('|') else []
        headers = [w for w in words if w.endswith('.h') and not w.startswith('src/')]
        files = {w for w in words if w.startswith('src/')}
        for header in headers:
            wrappers.setdefault(header, set()).update(files)
    return wrappers


def wrapper_of(header, wrappers):
    """`openssl/` in the table speaks for every header of that folder."""
    folder = header.split('/')[0] + '/*.h'
    return wrappers.get(header, wrappers.get(folder))


def problems(layers, wrappers):
    for path in sorted((ROOT / 'src').rglob('*.[ch]')):
        name = str(path.relative_to(ROOT))
        folder = path.relative_to(ROOT / 'src').parts[0]
        allowed = layers.get(folder)
        if allowed is None and path.parent != ROOT / 'src':
            yield f'{name}: the folder {folder} is not in docs/layers.txt'
            continue
        for header in INCLUDE.findall(path.read_text()):
            yield from judge(name, header, allowed, layers, wrappers)


def judge(name, header, allowed, layers, wrappers):
    other = header.split('/')[0] if '/' in header else None
    if other in layers or other == 'gen':
        if allowed is not None and other not in allowed:
            yield f'{name}: includes {header}, which its layer does not allow'
        return
    files = wrapper_of(header, wrappers)
    if files is not None and name not in files:
        yield f'{name}: includes {header}, which belongs to {", ".join(sorted(files))}'
    if files is None and not is_system(header):
        yield f'{name}: includes {header}, which docs/dependencies.md does not know'


def is_system(header):
    """The C library's and the kernel's own headers."""
    known = {'sys', 'arpa', 'net', 'netinet', 'linux'}
    if '/' in header:
        return header.split('/')[0] in known
    return header in SYSTEM


SYSTEM = set('''
assert.h ctype.h dirent.h errno.h fcntl.h float.h fnmatch.h getopt.h glob.h grp.h ifaddrs.h
inttypes.h langinfo.h libgen.h limits.h locale.h malloc.h math.h netdb.h poll.h pthread.h pwd.h
regex.h sched.h semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h
stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h strings.h
syslog.h termios.h threads.h time.h unistd.h wchar.h wctype.h
'''.split())


def main():
    layers = read_layers()
    found = list(problems(layers, read_wrappers()))
    print('\n'.join(found))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
