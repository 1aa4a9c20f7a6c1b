"""What others say beside what we say, and how long both took.

The tests pass what they compare through agree() and measured(); where AGREEMENTS names a file the rows go there too, and
bench/scanner.py makes docs/bench-scanner.md of them.
"""
import json
import os


def plain(value):
    """What JSON has: sets become sorted lists."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items())}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def note(**row):
    name = os.environ.get('AGREEMENTS')
    if name:
        with open(name, 'a', encoding='utf-8') as out:
            out.write(json.dumps(row, default=str) + '\n')


def agree(peer, fact, ours, oracle, theirs, why=''):
    """Whether both say the same; `why` explains a difference that is meant, and only such a one is no failure."""
    ours, theirs = plain(ours), plain(theirs)
    note(kind='agreement', peer=peer, fact=fact, ours=ours, oracle=oracle, theirs=theirs, why='' if ours == theirs else why)
    return ours == theirs or bool(why)


def measured(what, ours, oracle, theirs, goal):
    """Seconds of both; `goal` is the part of theirs that ours may be. True when it is met."""
    note(kind='time', what=what, ours=ours, oracle=oracle, theirs=theirs, goal=goal)
    return ours <= theirs * goal
