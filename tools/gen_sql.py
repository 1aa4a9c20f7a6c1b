#!/usr/bin/env python3
"""sql/queries/*.sql -> typed C functions (docs/sql.md).

    gen_sql.py SQLDIR OUTDIR [--depfile FILE] [--untied]

writes OUTDIR/queries.h and OUTDIR/queries.c. What is wrong in the SQL is
reported as FILE:LINE: message, and nothing is written.

--untied writes OUTDIR/queries_untied.c alone, for a test: the same statements,
but every condition `org_id = $n` holds for all rows. A program linked with it
has lost the first lock between organisations and shows what the second,
row-level security, is worth.
"""

import argparse
import itertools
import os
import re
import sys

from sql_rules import Tenancy, check_common_subset, tenant_tables
from sql_text import SqlError, Source, tokens

ARG_TYPES = {
    "text": ("SQL_TEXT", "const char *"),
    "bigint": ("SQL_BIGINT", "int64_t "),
    "boolean": ("SQL_BOOLEAN", "bool "),
    "double": ("SQL_DOUBLE", "double "),
}
# What the generated functions call their own.
RESERVED = {"db", "a", "ret", "ret_found", "err", "args", "arg", "n", "variant"}
C_KEYWORDS = set(
    "auto break case char const continue default do double else enum extern "
    "float for goto if inline int long register restrict return short signed "
    "sizeof static struct switch typedef union unsigned void volatile while "
    "bool true false".split())
MAX_BLOCKS = 5
MAX_DIRECT_ARGS = 4

BANNER = ("/* Made by tools/gen_sql.py from sql/queries/. Do not edit. */\n")


class Arg:
    def __init__(self, name, kind, nullable):
        self.name = name
        self.kind = kind
        self.nullable = nullable

    def nullable_number(self):
        return self.nullable and self.kind != "text"


class Statement:
    """One statement: its signature, its parts, and what it becomes in C."""

    def __init__(self, path, line, name, args, shape, ctype, all_orgs):
        self.path, self.line, self.name = path, line, name
        self.args, self.shape, self.ctype = args, shape, ctype
        self.all_orgs = all_orgs
        self.unlimited = False
        self.computed = ""
        self.parts = []

    def fail(self, message):
        raise SqlError(self.path, self.line, f"{self.name}: {message}")

    def arg(self, name):
        return next((a for a in self.args if a.name == name), None)

    def uses_struct(self):
        return (len(self.args) > MAX_DIRECT_ARGS
                or any(a.nullable_number() for a in self.args))

    def conditions(self):
        """The arguments that blocks depend on, in the signature's order."""
        named = {p.condition for p in self.parts if p.condition}
        return [a.name for a in self.args if a.name in named]

    def text(self, chosen, dialect):
        parts = [p.text for p in self.parts
                 if (p.condition is None or p.condition in chosen)
                 and p.dialect in (None, dialect)]
        return squeeze("".join(parts))

    def mentions(self, number):
        """When $number is bound: True, or the conditions that bring it."""
        found = set()
        for part in self.parts:
            if number in part.numbers():
                if part.condition is None:
                    return True
                found.add(part.condition)
        return found

    def bound(self, chosen):
        """Positions of the arguments that the variant `chosen` binds."""
        result = []
        for position in range(1, len(self.args) + 1):
            where = self.mentions(position)
            if where is True or where & set(chosen):
                result.append(position)
        return result

    def variants(self):
        names = self.conditions()
        for bits in range(1 << len(names)):
            yield [n for i, n in enumerate(names) if bits >> i & 1]


def squeeze(sql):
    """Blanks between tokens become one; strings stay as they are."""
    pieces = re.split(r"('(?:[^']|'')*')", sql)
    return "".join(p if p.startswith("'") else re.sub(r"\s+", " ", p)
                   for p in pieces).strip()


def renumber(sql, bound):
    places = {old: new for new, old in enumerate(bound, 1)}

    def one(piece):
        if piece.startswith("'"):
            return piece
        return re.sub(r"\$(\d+)", lambda m: f"${places[int(m[1])]}", piece)

    return "".join(map(one, re.split(r"('(?:[^']|'')*')", sql)))


# ---- reading ----

SIGNATURE = re.compile(
    r"([a-z][a-z0-9_]*)\((.*)\) -> ([a-z]+)( [a-z][a-z0-9_]*)?( all-orgs)?$")
SHAPES = {"none": "DB_NONE", "changes": "DB_CHANGES", "value": "DB_VALUE",
          "one": "DB_ONE", "maybe": "DB_MAYBE", "many": "DB_MANY",
          "page": "DB_PAGE"}
WITH_TYPE = ("one", "maybe", "many", "page")
LISTS = ("many", "page")


def parse_args(path, line, text):
    args = []
    for item in filter(None, (i.strip() for i in text.split(","))):
        m = re.fullmatch(r"([a-z][a-z0-9_]*) ([a-z]+)(\?)?", item)
        if not m or m[2] not in ARG_TYPES:
            raise SqlError(path, line, f"'{item}' is not NAME TYPE with a type "
                           "of text, bigint, boolean, double")
        if m[1] in C_KEYWORDS:
            raise SqlError(path, line, f"an argument cannot be called {m[1]}")
        if any(a.name == m[1] for a in args):
            raise SqlError(path, line, f"two arguments are called {m[1]}")
        args.append(Arg(m[1], m[2], bool(m[3])))
    return args


def parse_signature(path, line, text):
    m = SIGNATURE.match(text)
    if not m:
        raise SqlError(path, line, "not a signature: NAME(ARG TYPE, ...) -> "
                       "RESULT [all-orgs]")
    name, args, shape, ctype = m[1], m[2], m[3], (m[4] or "").strip()
    if shape not in SHAPES:
        raise SqlError(path, line, f"'{shape}' is not a result (none, changes, "
                       "value, one T, maybe T, many T, page T)")
    if bool(ctype) != (shape in WITH_TYPE):
        raise SqlError(path, line, f"'-> {shape}' "
                       + ("needs a type" if shape in WITH_TYPE
                          else "has no type"))
    return Statement(path, line, name, parse_args(path, line, args), shape,
                     ctype, bool(m[5]))


def check_names(st):
    for arg in st.args:
        if not st.uses_struct() and arg.name in RESERVED:
            st.fail(f"an argument cannot be called {arg.name} here")


def check_numbers(st):
    used = set().union(*(p.numbers() for p in st.parts))
    for number in sorted(used):
        if not 1 <= number <= len(st.args):
            st.fail(f"${number} is not an argument")
    for position, arg in enumerate(st.args, 1):
        if position not in used and arg.name not in st.conditions():
            st.fail(f"argument {arg.name} is not used")


def check_blocks(st):
    for part in st.parts:
        if part.condition is None:
            continue
        arg = st.arg(part.condition)
        if not arg:
            st.fail(f"/*@if {part.condition}*/ names no argument")
        if not arg.nullable:
            st.fail(f"/*@if {part.condition}*/ needs a nullable argument "
                    f"({arg.kind}?)")
    if len(st.conditions()) > MAX_BLOCKS:
        st.fail(f"more than {MAX_BLOCKS} optional blocks")


def has_outer_limit(sql):
    depth = 0
    for token in tokens(sql):
        depth += (token == "(") - (token == ")")
        if depth == 0 and token.upper() == "LIMIT":
            return True
    return False


def check_statement(st, tables):
    check_names(st)
    check_blocks(st)
    check_numbers(st)
    check_common_subset(st)
    for chosen, dialect in itertools.product(st.variants(), ("sqlite", "pg")):
        sql = st.text(chosen, dialect)
        if st.shape in LISTS and not st.unlimited and not has_outer_limit(sql):
            st.fail("returns many rows without a LIMIT "
                    "(or say '-- unlimited: why')")
        if not st.all_orgs:
            for table in Tenancy(sql, tables).untied():
                st.fail(f"table {table} is used without org_id = $n "
                        "(or say all-orgs)")


def read_file(path):
    with open(path, encoding="utf-8") as f:
        source = Source(path, f.read())
    found = []
    while (head := source.next_signature()) is not None:
        st = parse_signature(path, *head)
        notes, st.parts = source.next_statement(st.name)
        st.unlimited = any(re.match(r"unlimited: \S", n) for n in notes)
        # Required members of the struct that C fills in, not a column.
        st.computed = " ".join(n[len("computed: "):].replace(",", " ")
                               for n in notes if n.startswith("computed: "))
        found.append(st)
    return found


def read_all(folder):
    names = sorted(n for n in os.listdir(folder) if n.endswith(".sql"))
    paths = [os.path.join(folder, n) for n in names]
    found = [st for path in paths for st in read_file(path)]
    seen = {}
    for st in found:
        if st.name in seen:
            st.fail(f"is defined before, in {seen[st.name]}")
        seen[st.name] = f"{st.path}:{st.line}"
    return paths, found


# A condition that ties a table; not an assignment after SET.
TIE = re.compile(r"\b((?:WHERE|AND|ON)\s+\(*)(?:\w+\.)?org_id = (\$\d+)",
                 re.IGNORECASE)


def untie(statements):
    for part in (p for st in statements for p in st.parts):
        part.text = TIE.sub(r"\1\2 = \2", part.text)


# ---- writing ----

def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_string_lines(text, indent, width=64):
    """A long string as adjacent literals, broken at blanks."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*|\s+", text):
        if line and len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line += word
    return ("\n" + indent).join(c_string(p) for p in lines + [line])


def wrap(head, items, tail):
    """`head(item, item)tail` in lines of at most 80 columns."""
    lines, line = [], head
    indent = "\t\t" if head.startswith("\t") else "\t"
    for i, item in enumerate(items):
        piece = item + (", " if i + 1 < len(items) else tail)
        if len((line + piece.rstrip()).expandtabs(8)) > 80:
            lines.append(line.rstrip())
            line = indent + piece
        else:
            line += piece
    return "\n".join(lines + [line])


def prototype(st, tail):
    params = ["struct db *db", "struct arena *a"]
    if st.uses_struct():
        params.append(f"const struct sql_{st.name}_args *args")
    else:
        params += [ARG_TYPES[a.kind][1] + a.name for a in st.args]
    params += {
        "none": [],
        "changes": ["int64_t *ret"],
        "value": ["int64_t *ret"],
        "one": [f"struct {st.ctype} *ret"],
        "maybe": [f"struct {st.ctype} *ret", "bool *ret_found"],
        "many": [f"struct {st.ctype}_list *ret"],
        "page": [f"struct {st.ctype}_list *ret", "int64_t *ret_total"],
    }[st.shape]
    params.append("struct err *err")
    return wrap(f"bool sql_{st.name}(", params, tail)


def write_struct(st, out):
    if not st.uses_struct():
        return
    out.append(f"struct sql_{st.name}_args {{")
    for arg in st.args:
        if arg.nullable_number():
            out.append(f"\tbool has_{arg.name};")
        note = " /* may be NULL */" if arg.nullable and arg.kind == "text" \
            else ""
        out.append(f"\t{ARG_TYPES[arg.kind][1]}{arg.name};{note}")
    out.append("};\n")


def write_header(statements):
    out = [BANNER, "#ifndef NIS2_GEN_QUERIES_H", "#define NIS2_GEN_QUERIES_H",
           "", '#include "gen/api_types.h"', '#include "gen/row_types.h"',
           '#include "store/db.h"', ""]
    for st in statements:
        out.append(f"/* {os.path.basename(st.path)}:{st.line} */")
        write_struct(st, out)
        out.append(prototype(st, ");") + "\n")
    out.append("#endif\n")
    return "\n".join(out)


def member(st, arg):
    return ("args->" if st.uses_struct() else "") + arg.name


def is_set(st, name):
    """The C expression that says whether the argument has a value."""
    arg = st.arg(name)
    if arg.nullable_number():
        return f"args->has_{name}"
    return member(st, arg)


def arg_value(st, arg):
    """A call of one of the small functions at the top of queries.c."""
    value = member(st, arg)
    name = "arg_" + arg.kind
    if arg.nullable_number():
        return f"{name}_or_null(args->has_{arg.name}, {value})"
    return f"{name}_or_null({value})" if arg.nullable else f"{name}({value})"


HELPERS = """\
/* Not every kind of argument occurs; clang would say so. */
__attribute__((unused)) static inline struct sql_arg
arg_text(const char *s)
{
	return (struct sql_arg){ .type = SQL_TEXT, .text = s };
}

__attribute__((unused)) static inline struct sql_arg
arg_text_or_null(const char *s)
{
	return (struct sql_arg){ .type = SQL_TEXT, .null = !s, .text = s };
}
"""

NUMBER_HELPERS = """
__attribute__((unused)) static inline struct sql_arg
arg_{kind}_or_null(bool has, {ctype}value)
{{
	return (struct sql_arg){{ .type = {sql}, .null = !has, .{field} = value }};
}}

__attribute__((unused)) static inline struct sql_arg
arg_{kind}({ctype}value)
{{
	return arg_{kind}_or_null(true, value);
}}
"""


def helpers():
    text = HELPERS
    for kind, (sql, ctype) in ARG_TYPES.items():
        if kind != "text":
            text += NUMBER_HELPERS.format(
                kind=kind, sql=sql, ctype=ctype,
                field="real" if kind == "double" else "number")
    return text


def write_types(st, number, bound, out):
    if not bound:
        return "NULL"
    name = f"types_{st.name}_{number}"
    items = [ARG_TYPES[st.args[p - 1].kind][0] for p in bound]
    out.append(wrap(f"static const enum sql_type {name}[] = {{ ", items, " };"))
    return name


def write_text(st, number, sql, out):
    """The text of a variant; one array when both databases get the same."""
    for dialect in ("sqlite", "pg"):
        name = f"{dialect}_{st.name}_{number}"
        if dialect == "pg" and sql["pg"] == sql["sqlite"]:
            return
        out.append(f"static const char {name}[] =\n\t"
                   + c_string_lines(sql[dialect], "\t", 68) + ";")


def write_variant(st, number, chosen, out):
    """Texts and argument types; returns the initialiser that names them."""
    bound = st.bound(chosen)
    types = write_types(st, number, bound, out)
    sql = {d: renumber(st.text(chosen, d), bound) for d in ("sqlite", "pg")}
    write_text(st, number, sql, out)
    pg = "pg" if sql["pg"] != sql["sqlite"] else "sqlite"
    return (f'"{st.name}", sqlite_{st.name}_{number},\n\t  '
            f"{pg}_{st.name}_{number}, {len(bound)}, {types}"
            + (f",\n\t  .computed = {c_string(st.computed)}" if st.computed else "")
            + (",\n\t  .all_orgs = true" if st.all_orgs else "")
            + (",\n\t  .counts = true" if st.shape == "page" else ""))


def write_args(st, out):
    """Fills arg[] with what the chosen variant binds, in its order."""
    groups = []
    for position, arg in enumerate(st.args, 1):
        where = st.mentions(position)
        if where and groups and groups[-1][0] == where:
            groups[-1][1].append(arg)
        elif where:
            groups.append((where, [arg]))
    for where, args in groups:
        lines = [f"arg[n++] = {arg_value(st, a)};" for a in args]
        if where is True:
            out += ["\t" + line for line in lines]
            continue
        test = " || ".join(is_set(st, n) for n in st.conditions() if n in where)
        out.append(f"\tif ({test})" + (" {" if len(lines) > 1 else ""))
        out += ["\t\t" + line for line in lines]
        if len(lines) > 1:
            out.append("\t}")


def write_body(st, out):
    conditions = st.conditions()
    out.append(prototype(st, ")") + "\n{")
    if conditions:
        bits = [f"({is_set(st, n)} ? {1 << i} : 0)"
                for i, n in enumerate(conditions)]
        out.append("\tint variant = " + " |\n\t\t      ".join(bits) + ";")
        which = f"&stmt_{st.name}[variant]"
    else:
        which = f"&stmt_{st.name}[0]"
    values = "NULL"
    if any(st.mentions(p) for p in range(1, len(st.args) + 1)):
        out.append(f"\tstruct sql_arg arg[{len(st.args)}];\n\tint n = 0;\n")
        write_args(st, out)
        values = "arg"
    ctype = f"&{st.ctype}_type" if st.ctype else "NULL"
    ret = "NULL" if st.shape == "none" else "ret"
    found = "ret_found" if st.shape == "maybe" else "NULL"
    if st.shape == "page":
        out.append("\tstruct db_page page = { ret, ret_total };\n")
        ret = "&page"
    out.append(wrap("\treturn db_run(", ["db", "a", which, values,
               SHAPES[st.shape], ctype, ret, found, "err"], ");"))
    out.append("}\n")


def write_statement(st, first_id, out):
    """One statement with all its variants; how many there are."""
    out.append(f"/* {os.path.basename(st.path)}:{st.line} */")
    rows = [write_variant(st, number, chosen, out)
            for number, chosen in enumerate(st.variants())]
    out.append(f"static const struct sql_stmt stmt_{st.name}[] = {{")
    out += [f"\t{{ {first_id + i}, {row} }}," for i, row in enumerate(rows)]
    out.append("};\n")
    write_body(st, out)
    return len(rows)


def write_source(statements):
    out = [BANNER, '#include "gen/queries.h"\n', helpers()]
    entries = []
    for st in statements:
        count = write_statement(st, len(entries), out)
        ctype = f"&{st.ctype}_type" if st.ctype else "NULL"
        entries += [f"\t{{ &stmt_{st.name}[{i}], {ctype} }},"
                    for i in range(count)]
    out.append("const struct sql_entry sql_entries[] = {")
    out += entries + ["\t{ NULL, NULL },", "};"]
    out.append(f"const int sql_entry_count = {len(entries)};\n")
    return "\n".join(out)


def generate(sqldir, untied=False):
    """Returns (files read, header text, source text)."""
    migrations = os.path.join(sqldir, "migrations")
    steps = sorted(os.path.join(migrations, n) for n in os.listdir(migrations)
                   if n.endswith(".sql"))
    tables = tenant_tables(steps)
    paths, statements = read_all(os.path.join(sqldir, "queries"))
    for st in statements:
        check_statement(st, tables)
    if untied:
        untie(statements)
    return steps + paths, write_header(statements), write_source(statements)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sqldir")
    parser.add_argument("outdir")
    parser.add_argument("--depfile")
    parser.add_argument("--untied", action="store_true")
    options = parser.parse_args()
    try:
        inputs, header, source = generate(options.sqldir, options.untied)
    except SqlError as error:
        sys.exit(str(error))
    texts = {"queries.h": header, "queries.c": source}
    if options.untied:
        texts = {"queries_untied.c": source}
    outputs = [os.path.join(options.outdir, n) for n in texts]
    for path, text in zip(outputs, texts.values()):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    if options.depfile:
        # Folders too: a file that appears or goes makes it run again.
        folders = [os.path.join(options.sqldir, n)
                   for n in ("queries", "migrations")]
        tools = [os.path.join(os.path.dirname(os.path.abspath(__file__)), n)
                 for n in ("sql_rules.py", "sql_text.py")]
        with open(options.depfile, "w", encoding="utf-8") as f:
            f.write(f"{' '.join(outputs)}: "
                    f"{' '.join(inputs + folders + tools)}\n")


if __name__ == "__main__":
    main()
