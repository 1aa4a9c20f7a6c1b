"""What the generators make of a contract, and what they say to a wrong one.

NAME.json is a contract; the files NAME.h, NAME.c, NAME.ops.h and NAME.routes.c beside it are what must come of it, byte for
byte (GEN_ACCEPT=1 writes them anew: read the difference before it is committed). refused.json is a list of mistakes: what is
changed in contract.json ("set" or "drop", by path), and what the generator must say.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CASES = sorted(path.stem for path in HERE.glob("*.json") if path.stem != "refused")
MISTAKES = json.loads((HERE / "refused.json").read_text())
PARTS = {"api_types.h": "h", "api_types.c": "c", "api_ops.h": "ops.h", "api_routes.c": "routes.c"}
GCC = shutil.which("gcc") or shutil.which("cc")


def generate(source, outdir):
    """Runs the tool that fits: a contract has `openapi`, other files only schemas."""
    outdir.mkdir(exist_ok=True)
    if "openapi" in json.loads(source.read_text()):
        tool = ["gen_api.py", source, outdir]
    else:
        tool = ["gen_types.py", source, outdir, "api"]
    return subprocess.run([sys.executable, ROOT / "tools" / tool[0], *tool[1:]], capture_output=True, text=True)


@pytest.mark.parametrize("name", CASES)
def test_contract_becomes_exactly_this(name, tmp_path):
    done = generate(HERE / f"{name}.json", tmp_path / "gen")
    assert (done.returncode, done.stderr) == (0, "")
    for made in sorted((tmp_path / "gen").iterdir()):
        expected = HERE / f"{name}.{PARTS[made.name]}"
        if os.environ.get("GEN_ACCEPT"):
            expected.write_text(made.read_text())
        assert made.read_text() == expected.read_text()


@pytest.mark.parametrize("name", CASES)
def test_what_is_made_compiles_without_a_warning(name, tmp_path):
    generate(HERE / f"{name}.json", tmp_path / "gen")
    for source in (tmp_path / "gen").glob("*.c"):
        subprocess.run([GCC, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wmissing-prototypes", "-Werror",
                        "-Wno-missing-field-initializers", "-Wno-unused-parameter", f"-I{ROOT / 'src'}", f"-I{tmp_path}",
                        "-include", ROOT / "src/base/banned.h", "-c", "-o", tmp_path / "x.o", source], check=True)


def change(document, path, value):
    """Sets the place that `path` leads to; None removes it."""
    for step in path[:-1]:
        document = document[step]
    if value is None:
        del document[path[-1]]
    elif isinstance(document, list) and path[-1] == len(document):
        document.append(value)
    else:
        document[path[-1]] = value


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["rule"])
def test_a_mistake_is_named_with_its_place(mistake, tmp_path):
    document = copy.deepcopy(json.loads((HERE / "contract.json").read_text()))
    for path, value in mistake.get("set", []):
        change(document, path, value)
    for path in mistake.get("drop", []):
        change(document, path, None)
    source = tmp_path / "wrong.json"
    source.write_text(json.dumps(document))
    done = generate(source, tmp_path / "gen")
    assert done.stderr == f"{source}: {mistake['says']}\n"
    assert done.returncode == 1
    assert not list((tmp_path / "gen").iterdir()), "nothing is written when something is wrong"


def test_a_member_twice_in_one_object_is_refused(tmp_path):
    source = tmp_path / "twice.json"
    source.write_text('{"components": {"schemas": {}, "schemas": {}}}')
    done = generate(source, tmp_path / "gen")
    assert done.stderr == f"{source}: member 'schemas' stands twice in one object\n"
