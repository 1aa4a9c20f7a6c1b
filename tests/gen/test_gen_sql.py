"""tools/gen_sql.py: small statements in, C or an error out (docs/sql.md)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "gen_sql.py"

MIGRATION = """
CREATE TABLE asset (
\tid TEXT PRIMARY KEY,
\torg_id TEXT NOT NULL, -- the owner
\tname TEXT
);
CREATE TABLE scan (id TEXT PRIMARY KEY, org_id TEXT NOT NULL
);
CREATE TABLE app_user (
\tid TEXT PRIMARY KEY,
\tlast_org_id TEXT
);
CREATE TABLE late (
\tid TEXT
);
ALTER TABLE late ADD COLUMN org_id TEXT;
"""


class Made:
    def __init__(self, folder, run):
        self.code, self.error = run.returncode, run.stderr
        self.folder = folder
        if not self.code:
            self.h = (folder / "queries.h").read_text()
            self.c = (folder / "queries.c").read_text()

    def texts(self, name):
        """The statements by the name of their array, literals joined."""
        found = re.findall(r"static const char (\w+)\[\] =\n(.*?);\n", self.c,
                           re.DOTALL)
        return {n: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body))
                for n, body in found if f"_{name}_" in n}

    def function(self, name):
        return re.search(rf"^bool sql_{name}\(.*?^}}", self.c,
                         re.DOTALL | re.MULTILINE)[0]


@pytest.fixture
def gen(tmp_path):
    def run(sql, migration=MIGRATION):
        source, out = tmp_path / "sql", tmp_path / "out"
        for folder in (source / "queries", source / "migrations", out):
            folder.mkdir(parents=True)
        (source / "migrations" / "0001_init.sql").write_text(migration)
        (source / "queries" / "x.sql").write_text(sql)
        done = subprocess.run(
            [sys.executable, TOOL, source, out, "--depfile", out / "d"],
            capture_output=True, text=True)
        return Made(out, done)
    return run


# ---- what is made ----

def squeeze(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("result, parameters, call", [
    ("none", "struct err *err", "DB_NONE, NULL, NULL, NULL, err"),
    ("changes", "int64_t *ret, struct err *err",
     "DB_CHANGES, NULL, ret, NULL, err"),
    ("value", "int64_t *ret, struct err *err",
     "DB_VALUE, NULL, ret, NULL, err"),
    ("one asset", "struct asset *ret, struct err *err",
     "DB_ONE, &asset_type, ret, NULL, err"),
    ("maybe asset", "struct asset *ret, bool *ret_found, struct err *err",
     "DB_MAYBE, &asset_type, ret, ret_found, err"),
    ("many asset", "struct asset_list *ret, struct err *err",
     "DB_MANY, &asset_type, ret, NULL, err"),
    ("page asset", "struct asset_list *ret, int64_t *ret_total, struct err *err",
     "DB_PAGE, &asset_type, &page, NULL, err"),
])
def test_each_result_has_its_parameters(gen, result, parameters, call):
    made = gen(f"-- get(org text) -> {result}\n"
               "SELECT id FROM asset WHERE org_id = $1 LIMIT 9;")
    prototype = ("bool sql_get(struct db *db, struct arena *a, "
                 f"const char *org, {parameters}")
    assert prototype + ");" in squeeze(made.h)
    assert f"arg, {call});" in squeeze(made.function("get"))


def test_up_to_four_plain_arguments_are_parameters(gen):
    made = gen("-- put(org text, k bigint, yes boolean, x double) -> none\n"
               "INSERT INTO asset (org_id, a, b, c) VALUES ($1, $2, $3, $4);")
    assert ("const char *org, int64_t k, bool yes, double x, struct err *err"
            in squeeze(made.h))
    assert "_args" not in made.h
    body = made.function("put")
    for call in ("arg_text(org)", "arg_bigint(k)", "arg_boolean(yes)",
                 "arg_double(x)"):
        assert call in body


def test_five_arguments_become_a_struct(gen):
    made = gen("-- put(org text, a1 text, a2 text?, a3 text, a4 text) -> none\n"
               "INSERT INTO asset (org_id, a, b, c, d) "
               "VALUES ($1, $2, $3, $4, $5);")
    assert "const struct sql_put_args *args" in squeeze(made.h)
    assert "arg_text_or_null(args->a2)" in made.c
    assert "arg_text(args->a1)" in made.c


def test_a_nullable_number_brings_has(gen):
    made = gen("-- put(org text, n bigint?) -> none\n"
               "INSERT INTO asset (org_id, n) VALUES ($1, $2);")
    assert "bool has_n; int64_t n;" in squeeze(made.h)
    assert "arg_bigint_or_null(args->has_n, args->n)" in made.c


def test_no_arguments_pass_null(gen):
    made = gen("-- count() -> value\nSELECT count(*) FROM app_user;")
    assert "&stmt_count[0], NULL, DB_VALUE" in squeeze(made.c)


def test_both_databases_share_a_text_that_is_the_same(gen):
    made = gen("-- count() -> value\nSELECT count(*)\n\tFROM app_user;")
    assert made.texts("count") == {
        "sqlite_count_0": "SELECT count(*) FROM app_user"}


def test_marks_hold_text_for_one_database(gen):
    made = gen("-- count() -> value\nSELECT 1 FROM app_user "
               "/*@pg FOR UPDATE SKIP LOCKED @*/ /*@sqlite LIMIT 1 @*/;")
    assert made.texts("count") == {
        "sqlite_count_0": "SELECT 1 FROM app_user LIMIT 1",
        "pg_count_0": "SELECT 1 FROM app_user FOR UPDATE SKIP LOCKED"}


def test_comments_go_and_strings_stay(gen):
    made = gen("-- count() -> value\n-- what it is for; really\n"
               "SELECT 'a;  -- b $9 /* c */ ''d''' -- why; not\n"
               "FROM app_user /* plain */ WHERE x = 'é\\';")
    assert made.texts("count")["sqlite_count_0"] == (
        "SELECT 'a;  -- b $9 /* c */ ''d''' FROM app_user WHERE x = 'é\\\\'")


def test_a_long_signature_goes_on_in_the_next_comment(gen):
    made = gen("-- put(org text,\n--     name text) -> none\n"
               "INSERT INTO asset (org_id, name) VALUES ($1, $2);")
    assert "const char *org, const char *name" in squeeze(made.h)


FILTERS = """
-- page(org text, name text?, n bigint?, lim bigint) -> many asset
SELECT id FROM asset WHERE org_id = $1
 /*@if name*/ AND name = $2 /*@end*/ /*@if n*/ AND n > $3 /*@end*/
ORDER BY id LIMIT $4;
"""


def test_each_combination_of_filters_is_a_statement(gen):
    made = gen(FILTERS)
    head, tail = "SELECT id FROM asset WHERE org_id = $1 ", "ORDER BY id LIMIT "
    assert made.texts("page") == {
        "sqlite_page_0": f"{head}{tail}$2",
        "sqlite_page_1": f"{head}AND name = $2 {tail}$3",
        "sqlite_page_2": f"{head}AND n > $2 {tail}$3",
        "sqlite_page_3": f"{head}AND name = $2 AND n > $3 {tail}$4",
    }
    assert "const int sql_entry_count = 4;" in made.c


def test_the_call_picks_the_variant_by_what_is_set(gen):
    body = squeeze(gen(FILTERS).function("page"))
    assert "(args->name ? 1 : 0) | (args->has_n ? 2 : 0)" in body
    assert "if (args->name) arg[n++] = arg_text_or_null(args->name);" in body
    assert "if (args->has_n) arg[n++]" in body


def test_an_argument_of_anothers_block_is_bound_with_it(gen):
    made = gen("-- page(org text, after text?, id text) -> many asset\n"
               "SELECT id FROM asset WHERE org_id = $1 "
               "/*@if after*/ AND (name, id) > ($2, $3) /*@end*/ LIMIT 5;")
    body = squeeze(made.function("page"))
    assert ("if (after) { arg[n++] = arg_text_or_null(after); "
            "arg[n++] = arg_text(id); }") in body


def test_one_argument_may_have_several_blocks(gen):
    made = gen("-- page(org text, u text?) -> many asset\nSELECT a.id FROM asset "
               "a /*@if u*/ JOIN app_user u ON u.id = $2 /*@end*/ "
               "WHERE a.org_id = $1 /*@if u*/ AND a.name = u.id /*@end*/ "
               "LIMIT 5;")
    assert len(made.texts("page")) == 2


def test_ids_are_dense_over_all_statements(gen):
    made = gen(FILTERS + "-- last() -> value\nSELECT 1 FROM app_user;")
    ids = [int(n) for n in re.findall(r"^\t\{ (\d+), \"", made.c, re.M)]
    assert ids == [0, 1, 2, 3, 4]


def test_members_made_in_c_are_named(gen):
    made = gen("-- get(org text) -> one asset\n-- computed: title, progress\n"
               "SELECT id FROM asset WHERE org_id = $1;")
    assert '"title  progress"' in made.c or '"title progress"' in made.c


def test_the_depfile_names_inputs_and_their_folders(gen):
    made = gen("-- last() -> value\nSELECT 1 FROM app_user;")
    depfile = (made.folder / "d").read_text()
    for name in ("x.sql", "0001_init.sql", "/queries ", "sql_rules.py"):
        assert name in depfile


def test_no_statements_make_an_empty_list(gen):
    assert "const int sql_entry_count = 0;" in gen("-- nothing yet\n").c


# ---- what is refused: (statement, word of the error) ----

REFUSED = {
    "no signature": ("SELECT 1;", "without a signature"),
    "no result": ("-- x(org text)\nSELECT 1;", "no '->'"),
    "unknown result": ("-- x() -> some asset\nSELECT 1;", "not a result"),
    "missing type": ("-- x() -> one\nSELECT 1;", "needs a type"),
    "needless type": ("-- x() -> value asset\nSELECT 1;", "has no type"),
    "unknown argument type": ("-- x(a int) -> none\nSELECT $1;",
                              "not NAME TYPE"),
    "keyword": ("-- x(default text) -> none\nSELECT $1;", "cannot be called"),
    "name of ours": ("-- x(err text) -> none\nSELECT $1;", "cannot be called"),
    "twice the same argument": ("-- x(b text, b text) -> none\nSELECT $1, $2;",
                                "two arguments"),
    "unknown number": ("-- x(b text) -> none\nSELECT $1, $2;",
                       "$2 is not an argument"),
    "unused argument": ("-- x(b text, c text) -> none\nSELECT $1;",
                        "c is not used"),
    "no end": ("-- x() -> none\nSELECT 1", "no ';'"),
    "same name": ("-- x() -> none\nSELECT 1;\n-- x() -> none\nSELECT 2;",
                  "is defined before"),
    "block of nothing": ("-- x() -> none\nSELECT 1 /*@if b*/ 2 /*@end*/;",
                         "names no argument"),
    "block of a plain argument": (
        "-- x(b text) -> none\nSELECT $1 /*@if b*/ 2 /*@end*/;",
        "needs a nullable argument"),
    "open block": ("-- x(b text?) -> none\nSELECT 1 /*@if b*/ $1;",
                   "has no /*@end*/"),
    "stray end": ("-- x() -> none\nSELECT 1 /*@end*/;", "without /*@if*/"),
    "nested block": (
        "-- x(b text?, c text?) -> none\n"
        "SELECT 1 /*@if b*/ $1 /*@if c*/ $2 /*@end*/ /*@end*/;", "inside"),
    "unknown mark": ("-- x() -> none\nSELECT 1 /*@oracle x @*/;",
                     "unknown mark"),
    "six blocks": (
        "-- x(" + ", ".join(f"b{i} text?" for i in range(1, 7)) + ") -> none\n"
        "SELECT 1" + "".join(f" /*@if b{i}*/ , ${i} /*@end*/"
                             for i in range(1, 7)) + ";", "more than 5"),
    "many without a limit": ("-- x() -> many app_user\nSELECT id FROM app_user;",
                             "without a LIMIT"),
    "page without a limit": (
        "-- x() -> page app_user\nSELECT 9 AS total, id FROM app_user;",
        "without a LIMIT"),
    "limit of a sub-select only": (
        "-- x() -> many app_user\nSELECT id FROM app_user WHERE id IN "
        "(SELECT id FROM app_user LIMIT 1);", "without a LIMIT"),
    "cast": ("-- x(b text) -> none\nSELECT $1::bigint;", "a cast"),
    "now": ("-- x() -> none\nSELECT now();", "now()"),
    "ilike": ("-- x(b text) -> none\nSELECT 1 FROM app_user WHERE id ILIKE $1;",
              "ILIKE"),
    "star": ("-- x() -> one app_user\nSELECT * FROM app_user;",
             "name the columns"),
}


@pytest.mark.parametrize("sql, word", REFUSED.values(), ids=REFUSED.keys())
def test_refused(gen, sql, word):
    made = gen(sql)
    assert made.code
    assert word in made.error
    assert re.search(r"x\.sql:\d+: ", made.error)
    assert not list(made.folder.glob("queries.*"))


def test_an_error_names_the_line(gen):
    made = gen("-- a comment\n\n-- x() -> value\nSELECT 1 FROM app_user;\n\n"
               "-- y(b text) -> none\nSELECT 1;\n")
    assert "x.sql:6: y: argument b is not used" in made.error


def test_unlimited_needs_a_reason(gen):
    made = gen("-- x() -> many app_user\n-- unlimited: one row a language\n"
               "SELECT id FROM app_user;")
    assert made.code == 0


def test_a_mark_may_hold_what_is_not_common(gen):
    made = gen("-- x(b text) -> none\nSELECT /*@pg $1::text @*/ "
               "/*@sqlite $1 @*/;")
    assert made.code == 0


# ---- tenancy ----

TIED = [
    "SELECT id FROM asset WHERE org_id = $1",
    "SELECT id FROM asset WHERE $1 = org_id",
    "SELECT a.id FROM asset a WHERE name = 'x' AND a.org_id = $1",
    "SELECT a.id FROM asset AS a WHERE (a.org_id = $1 AND (name = 'x' OR name "
    "= 'y'))",
    "SELECT a.id FROM asset a JOIN scan s ON s.org_id = a.org_id "
    "WHERE a.org_id = $1",
    "SELECT a.id FROM asset a JOIN scan s ON s.id = a.id AND s.org_id = $1 "
    "AND a.org_id = s.org_id",
    "SELECT a.id FROM asset a, scan s WHERE a.org_id = $1 AND s.org_id = $1",
    "SELECT id FROM asset WHERE org_id = $1 UNION "
    "SELECT id FROM scan WHERE org_id = $1",
    "SELECT id FROM app_user WHERE last_org_id = $1",
    "UPDATE asset SET name = 'x' WHERE org_id = $1 AND EXISTS (SELECT 1 FROM "
    "scan s WHERE s.id = asset.id AND s.org_id = asset.org_id)",
    "DELETE FROM asset WHERE org_id = $1",
    "INSERT INTO asset (id, org_id) VALUES ('x', $1)",
    "INSERT INTO asset (org_id, id) VALUES ($1, 'x') ON CONFLICT (id) DO UPDATE "
    "SET name = excluded.name",
    "INSERT INTO asset (org_id, id) SELECT org_id, id FROM scan "
    "WHERE org_id = $1",
    "WITH s AS (SELECT id FROM scan WHERE org_id = $1) SELECT s.id FROM s",
    "SELECT count(*) FILTER (WHERE name = 'x') FROM asset WHERE org_id = $1",
]

UNTIED = [
    "SELECT id FROM asset WHERE id = $1",
    "SELECT id FROM late WHERE id = $1",
    "SELECT id FROM asset WHERE org_id = $1 OR id = 'x'",
    "SELECT id FROM asset WHERE id = 'x' OR (org_id = $1 AND id = 'y')",
    "SELECT id FROM asset WHERE NOT (org_id = $1)",
    "SELECT id FROM asset WHERE org_id <> $1",
    "SELECT id FROM asset WHERE last_org_id = $1",
    "SELECT a.id FROM asset a JOIN scan s ON s.id = a.id WHERE a.org_id = $1",
    "SELECT a.id FROM asset a JOIN scan s ON s.org_id = a.org_id WHERE a.id = $1",
    "SELECT a.id FROM asset a, scan s WHERE a.org_id = $1",
    "SELECT a.id FROM asset a, scan s WHERE org_id = $1",
    "SELECT id FROM asset WHERE org_id = $1 UNION SELECT id FROM scan",
    "SELECT (SELECT count(*) FROM scan s) FROM asset WHERE org_id = $1",
    "SELECT id FROM app_user WHERE id IN (SELECT id FROM asset) AND id = $1",
    "UPDATE asset SET org_id = $1",
    "DELETE FROM asset WHERE id = $1",
    "INSERT INTO asset (id) VALUES ($1)",
    "INSERT INTO asset (org_id, id) SELECT org_id, id FROM scan WHERE id = $1",
    "SELECT count(*) FILTER (WHERE org_id = $1) FROM asset",
]


@pytest.mark.parametrize("sql", TIED)
def test_tied_to_an_organisation(gen, sql):
    made = gen(f"-- x(org text) -> none\n{sql};")
    assert made.error == ""


@pytest.mark.parametrize("sql", UNTIED)
def test_not_tied_to_an_organisation(gen, sql):
    made = gen(f"-- x(org text) -> none\n{sql};")
    assert "without org_id = $n" in made.error


@pytest.mark.parametrize("sql", UNTIED)
def test_all_orgs_says_that_it_is_meant(gen, sql):
    made = gen(f"-- x(org text) -> none all-orgs\n{sql};")
    assert made.error == ""
    assert ".all_orgs = true" in made.c


def test_every_variant_must_be_tied(gen):
    made = gen("-- x(org text?) -> none\nSELECT id FROM asset "
               "/*@if org*/ WHERE org_id = $1 /*@end*/;")
    assert "without org_id = $n" in made.error


# ---- the C compiles ----

def test_what_is_made_compiles(gen, tmp_path):
    made = gen(FILTERS + "-- n(org text, d double?, b boolean?) -> changes\n"
               "UPDATE asset SET a = $2, b = $3 WHERE org_id = $1;\n"
               "-- one(org text) -> maybe asset\n-- computed: title\n"
               "SELECT id FROM asset WHERE org_id = $1;")
    types = tmp_path / "include" / "gen"
    types.mkdir(parents=True)
    (types / "row_types.h").write_text("")
    (types / "api_types.h").write_text(
        '#include "codec/codec.h"\nextern const struct type asset_type;\n'
        "struct asset { const char *id; };\n"
        "struct asset_list { struct asset *items; size_t len; };\n")
    (types / "queries.h").write_text(made.h)
    done = subprocess.run(
        ["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-Wshadow",
         "-Wmissing-prototypes", "-Wno-missing-field-initializers",
         "-fsyntax-only", "-I", tmp_path / "include",
         "-I", TOOL.parents[1] / "src", made.folder / "queries.c"],
        capture_output=True, text=True)
    assert done.stderr == ""
