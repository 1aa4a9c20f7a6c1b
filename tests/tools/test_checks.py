"""The checkers of tools/ on small trees: what they must refuse, and what not."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'tools'))
import check_copies  # noqa: E402
import check_headers  # noqa: E402
import check_layers  # noqa: E402


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """tree({path: text}) is a repository with these files."""
    for checker in (check_copies, check_headers, check_layers):
        monkeypatch.setattr(checker, 'ROOT', tmp_path)

    def make(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


LAYERS = {
    'docs/layers.txt': '# folder: may include\nbase:\nstore: base gen\ncore: base\n',
    'docs/dependencies.md': '| library | header | by |\n|---|---|---|\n'
                            '| SQLite | `sqlite3.h` | `src/store/db_sqlite.c` | |\n'
                            '| OpenSSL | `openssl/*.h` | `src/store/tls.c` | |\n',
}


@pytest.mark.parametrize('path, header, wrong', [
    ('src/store/db.c', '"base/err.h"', None),
    ('src/store/db.c', '"gen/queries.h"', None),
    ('src/store/db.c', '<stdio.h>', None),
    ('src/store/db.c', '<sys/socket.h>', None),
    ('src/store/db_sqlite.c', '<sqlite3.h>', None),
    ('src/store/tls.c', '<openssl/ssl.h>', None),
    ('src/core/judge.c', '"store/db.h"', 'its layer does not allow'),
    ('src/core/judge.c', '"gen/queries.h"', 'its layer does not allow'),
    ('src/base/err.c', '"core/judge.h"', 'its layer does not allow'),
    ('src/store/db.c', '<sqlite3.h>', 'belongs to src/store/db_sqlite.c'),
    ('src/core/judge.c', '<openssl/evp.h>', 'belongs to src/store/tls.c'),
    ('src/store/db.c', '<curl/curl.h>', 'does not know'),
    ('src/misc/a.c', '<stdio.h>', 'not in docs/layers.txt'),
])
def test_who_may_include_whom(tree, path, header, wrong):
    tree({**LAYERS, path: f'#include {header}\n'})
    found = list(check_layers.problems(check_layers.read_layers(),
                                       check_layers.read_wrappers()))
    assert bool(found) == bool(wrong)
    assert not wrong or wrong in found[0]


GUARD = '#ifndef NIS2_BASE_X_H\n#define NIS2_BASE_X_H\n{}\n#endif\n'


@pytest.mark.parametrize('text, wrong', [
    (GUARD.format('#include <stdint.h>\nuint8_t f(void);'), None),
    (GUARD.format('uint8_t f(void);'), 'uint8_t'),
    (GUARD.format('struct err *f(struct arena *a);'), 'struct arena'),
    ('int f(void);\n', 'the guard is not NIS2_BASE_X_H'),
    (GUARD.replace('BASE', 'CORE').format(''), 'the guard is not NIS2_BASE_X_H'),
])
def test_a_header_stands_alone(tree, text, wrong):
    root = tree({'src/base/banned.h': '', 'src/base/x.h': text})
    found = check_headers.check(root / 'src/base/x.h', root)
    assert (wrong in found) if wrong else found is None


SIX = ''.join(f'\tnumber_{i} = compute({i});\n' for i in range(6))


@pytest.mark.parametrize('one, two, places', [
    (SIX, SIX, 1),
    (SIX, SIX.replace('\t', '    '), 1),
    (SIX, SIX.replace('3', '33'), 0),
    (SIX, '/* copy: they must differ later */\n' + SIX, 0),
    ('}\n' * 12, '}\n' * 12, 0),
    ('#include "base/err.h"\n' * 8, '#include "base/err.h"\n' * 8, 0),
])
def test_a_passage_stands_once(tree, one, two, places):
    tree({'src/core/a.c': one, 'src/core/b.c': two})
    assert len(check_copies.passages()) == places
