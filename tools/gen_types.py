#!/usr/bin/env python3
"""Component schemas -> plain C structs and the tables of src/codec/codec.h.

    gen_types.py INPUT.json OUTDIR PREFIX

writes OUTDIR/PREFIX_types.h and .c. The input is {"components": {"schemas": …}} in the subset that docs/contract.md
describes; gen_api.py uses the same passes for the contract. There are three, each with one concern:

    syntax     every word is known where it stands and has the right JSON type
    resolve    references, names, and rules become Enum, Struct and Member
    emit       those become text; nothing can be wrong any more

What is wrong is said as `FILE: path.to.word: message`, with exit status 1.
"""

import json
import re
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = 80
FORMATS = {"uuid": "FORMAT_UUID", "email": "FORMAT_EMAIL", "uri": "FORMAT_URI", "date": "FORMAT_DATE",
           "hostname": "FORMAT_HOST", "x-line": "FORMAT_TEXT"}
SCALARS = {"integer": ("F_INT", "int64_t "), "number": ("F_NUM", "double "), "boolean": ("F_BOOL", "bool ")}
C_WORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline int
    long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    bool true false NULL asm typeof unix linux""".split())
EXACT = 2 ** 53  # limits are doubles in struct field


class Problem(Exception):
    """Something in the input is wrong: where, and what."""

    def __init__(self, path, message):
        super().__init__(f"{path}: {message}" if path else message)


# ---- pass 1: syntax

TEXT = "a string"
FLAG = "true or false"
COUNT = "a whole number, 0 or more"
NUMBER = "a number"
LIST = "a list"
OBJECT = "an object"
ANY = "anything"
NAMES = "a list of different strings"

IS = {
    TEXT: lambda v: isinstance(v, str),
    FLAG: lambda v: isinstance(v, bool),
    COUNT: lambda v: isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= EXACT,
    NUMBER: lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= EXACT,
    LIST: lambda v: isinstance(v, list),
    OBJECT: lambda v: isinstance(v, dict),
    ANY: lambda v: True,
    NAMES: lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v) and len(set(v)) == len(v),
}

PROSE = {"description": TEXT, "title": TEXT, "examples": ANY, "example": ANY, "deprecated": FLAG, "readOnly": FLAG,
         "writeOnly": FLAG}
WORDS = {
    "$ref": {**PROSE, "$ref": TEXT, "x-nullable": FLAG, "default": ANY},
    "string": {**PROSE, "type": ANY, "minLength": COUNT, "maxLength": COUNT, "pattern": TEXT, "format": TEXT,
               "enum": LIST, "default": TEXT, "x-secret": FLAG},
    "integer": {**PROSE, "type": ANY, "minimum": NUMBER, "maximum": NUMBER, "default": NUMBER},
    "number": {**PROSE, "type": ANY, "minimum": NUMBER, "maximum": NUMBER, "default": NUMBER},
    "boolean": {**PROSE, "type": ANY, "default": FLAG},
    "array": {**PROSE, "type": ANY, "items": OBJECT, "minItems": COUNT, "maxItems": COUNT, "default": LIST,
              "x-json": COUNT},
    "object": {**PROSE, "type": ANY, "properties": OBJECT, "required": NAMES, "x-json": COUNT},
}


def check_words(path, thing, words, required=()):
    """`thing` is an object of those words only, each of its kind, and has the required ones."""
    if not isinstance(thing, dict):
        raise Problem(path, "must be an object")
    for word, value in thing.items():
        if word not in words:
            raise Problem(f"{path}.{word}" if path else word, "unknown word")
        if not IS[words[word]](value):
            raise Problem(f"{path}.{word}", f"must be {words[word]}")
    for word in required:
        if word not in thing:
            raise Problem(path, f"{word} is missing")


def base_type(path, schema):
    """The one JSON type of a schema and whether null is allowed beside it."""
    if not isinstance(schema, dict):
        raise Problem(path, "must be an object")
    if "$ref" in schema:
        return "$ref", schema.get("x-nullable", False)
    if "type" not in schema:
        unknown = [word for word in schema if not any(word in words for words in WORDS.values())]
        raise Problem(f"{path}.{unknown[0]}" if unknown else path, "unknown word" if unknown else "type is missing")
    kind = schema["type"]
    nullable = isinstance(kind, list)
    if nullable:
        if len(kind) != 2 or kind[1] != "null":
            raise Problem(f"{path}.type", 'a list of types must be [T, "null"]')
        kind = kind[0]
    if not isinstance(kind, str) or kind not in WORDS or kind == "$ref":
        raise Problem(f"{path}.type", f"{kind!r} is not a type of the subset")
    return kind, nullable


def check_schema(path, schema, described=True):
    """The words of a schema and of everything inside it."""
    kind, _ = base_type(path, schema)
    check_words(path, schema, WORDS[kind])
    if described and not schema.get("description"):
        raise Problem(path, "description is missing")
    for name, part in schema.get("properties", {}).items():
        check_schema(f"{path}.properties.{name}", part)
    if kind == "array" and "x-json" not in schema:
        if "items" not in schema:
            raise Problem(path, "items is missing")
        check_schema(f"{path}.items", schema["items"], described=False)


# ---- pass 2: resolve

@dataclass
class Enum:
    name: str
    values: list

    def constant(self, value):
        return f"{self.name}_{re.sub('[^A-Za-z0-9]', '_', value)}".upper()


@dataclass
class Member:
    """One member of a struct; the same facts as `struct field`."""
    wire: str
    name: str = ""
    kind: str = ""
    ctype: str = ""           # with a trailing space, or '*'
    format: str = ""
    required: bool = True
    nullable: bool = False
    by_pointer: bool = False
    has: bool = False
    set: bool = False
    min: float = None
    max: float = None
    default: object = None
    pattern: str = None
    enum: Enum = None
    struct: "Struct" = None
    item: "Member" = None
    json_array: bool = False
    secret: bool = False

    def declarations(self):
        lines = [f"{self.ctype}{self.name};"]
        return lines + [f"bool {word}_{self.name};" for word in ("has", "set") if getattr(self, word)]


@dataclass
class Struct:
    name: str
    about: str
    path: str
    members: list = field(default_factory=list)


def snake(name):
    """AssetCreate -> asset_create, NIS2Article -> nis2_article."""
    parts = re.findall(r"[A-Z]+[0-9]*(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", name)
    return "_".join(part.lower() for part in parts)


class Types:
    """Schemas resolved into C: `enums` and `structs` in an order that compiles, `arrays` by component name."""

    def __init__(self, schemas, path="components.schemas"):
        self.schemas = schemas
        self.path = path
        self.enums = []
        self.structs = []
        self.arrays = {}
        self.lists = {}    # C name of a list -> C type of its element
        self.taken = {"str_list": "codec.h", "int_list": "codec.h", "any_list": "codec.h"}
        self.named = {}    # component -> Enum or Struct
        self.declare()
        for name, made in list(self.named.items()):
            if isinstance(made, Struct):
                self.fill(made, self.schemas[name])
        for name, schema in self.schemas.items():
            if name in self.arrays:
                self.arrays[name] = self.array_component(name, schema)
        self.structs = by_dependency([s for s in self.named.values() if isinstance(s, Struct)])

    def declare(self):
        """Names first, so that references may point forward."""
        for name, schema in self.schemas.items():
            path = f"{self.path}.{name}"
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
                raise Problem(path, "a component is named in PascalCase")
            check_schema(path, schema)
            kind, nullable = base_type(path, schema)
            if nullable:
                raise Problem(path, "a component is not nullable: say so where it is used")
            if kind == "array":
                self.arrays[name] = None
            elif kind == "string" and "enum" in schema:
                self.named[name] = self.add_enum(path, snake(name), schema)
            elif kind == "object" and "x-json" not in schema:
                self.named[name] = Struct(self.take(path, snake(name)), schema["description"], path)
                self.add_list(path, snake(name), f"struct {snake(name)} ")
            else:
                raise Problem(path, "a component is an object, an array or a string with enum")

    def take(self, path, cname):
        if cname in self.taken:
            raise Problem(path, f"the C name {cname} is taken by {self.taken[cname]}")
        if cname in C_WORDS:
            raise Problem(path, f"{cname} is a word of C")
        self.taken[cname] = path
        return cname

    def add_list(self, path, element, ctype):
        name = f"{element}_list"
        if name not in self.lists:
            self.take(path, name)
            self.lists[name] = ctype
        return name

    def add_enum(self, path, cname, schema):
        values = list(schema["enum"])
        if isinstance(schema["type"], list):
            if values[-1:] != [None]:
                raise Problem(f"{path}.enum", "the list of a nullable enum ends in null")
            values.pop()
        if not values:
            raise Problem(f"{path}.enum", "is empty")
        for value in values:
            if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/+ -]*", value):
                raise Problem(f"{path}.enum", f"{value!r} cannot be a constant")
        made = Enum(self.take(path, cname), values)
        seen = {}
        for value in values:
            constant = made.constant(value)
            if constant in seen:
                raise Problem(f"{path}.enum", f"{value!r} and {seen[constant]!r} are both {constant}")
            seen[constant] = value
        self.enums.append(made)
        return made

    def array_component(self, name, schema):
        path = f"{self.path}.{name}"
        self.need(path, schema, "maxItems")
        item = self.member(f"{path}.items", "", schema["items"], snake(name))
        if item.kind != "F_OBJ":
            raise Problem(f"{path}.items", "an array component holds objects: write a $ref to one")
        return item.struct

    def fill(self, made, schema):
        properties = schema.get("properties") or {}
        if not properties:
            raise Problem(made.path, "an object has properties, or x-json")
        for word in schema.get("required", []):
            if word not in properties:
                raise Problem(f"{made.path}.required", f"{word} is not a property")
        taken = {}
        for wire, part in properties.items():
            path = f"{made.path}.properties.{wire}"
            member = self.member(path, wire, part, made.name, wire in schema.get("required", []))
            for line in member.declarations():
                cname = re.search(r"(\w+);$", line).group(1)
                if cname in taken:
                    raise Problem(path, f"the C member {cname} is already made by {taken[cname]}")
                taken[cname] = wire
            made.members.append(member)

    def member(self, path, wire, schema, owner, required=True):
        """One property, list element or parameter; `owner` names its inline enum."""
        kind, nullable = base_type(path, schema)
        cname = wire + "_" if wire in C_WORDS else wire
        if wire and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", wire):
            raise Problem(path, f"{wire!r} cannot be a C member")
        made = Member(wire, cname, required=required, nullable=nullable)
        if "x-json" in schema:
            self.json(path, schema, made)
        else:
            getattr(self, "of_" + kind.strip("$"))(path, schema, made, owner)
        if schema.get("default") is not None:
            self.default(path, schema, made)
        made.set = nullable and not required
        if made.kind not in ("F_STR", "F_JSON", "F_OBJ"):
            made.has = nullable or (not required and made.default is None)
        return made

    def need(self, path, schema, word):
        if not schema.get(word):
            raise Problem(path, f"{word} is missing: everything from outside has a maximum")
        return schema[word]

    def limits(self, path, schema, made, least, most):
        made.min, made.max = schema.get(least), schema.get(most)
        if made.min is not None and made.max is not None and made.min > made.max:
            raise Problem(f"{path}.{least}", f"is above {most}")

    def json(self, path, schema, made):
        made.kind, made.ctype = "F_JSON", "const char *"
        made.max = self.need(path, schema, "x-json")
        made.json_array = base_type(path, schema)[0] == "array"
        for word in ("properties", "required", "minItems", "maxItems", "default"):
            if word in schema:
                raise Problem(f"{path}.{word}", "does not go with x-json")
        if made.json_array and schema.get("items") != {}:
            raise Problem(f"{path}.items", "is {} where x-json is")

    def of_ref(self, path, schema, made, owner):
        name = schema["$ref"].removeprefix("#/components/schemas/")
        target = self.named.get(name)
        if target is None:
            why = "is an array: only an answer may be one" if name in self.arrays else "no such component"
            raise Problem(f"{path}.$ref", f"{schema['$ref']}: {why}")
        if isinstance(target, Enum):
            made.kind, made.ctype, made.enum = "F_ENUM", f"enum {target.name} ", target
            return
        made.kind, made.struct = "F_OBJ", target
        made.by_pointer = made.nullable or not made.required
        made.ctype = f"struct {target.name} " + ("*" if made.by_pointer else "")

    def of_string(self, path, schema, made, owner):
        made.secret = schema.get("x-secret", False)
        form = schema.get("format")
        if "enum" in schema:
            self.only(path, schema, "enum", ("minLength", "maxLength", "pattern", "format"))
            made.kind, made.enum = "F_ENUM", self.add_enum(path, f"{owner}_{made.wire}".strip("_"), schema)
            made.ctype = f"enum {made.enum.name} "
            return
        if form == "date-time":
            self.only(path, schema, "date-time", ("minLength", "pattern"))
            made.kind, made.ctype = "F_TIME", "int64_t "
            return
        if form is not None and form not in FORMATS:
            raise Problem(f"{path}.format", f"{form!r} is not a format of the subset")
        made.kind, made.ctype = "F_STR", "const char *"
        made.format = FORMATS.get(form, "")
        self.limits(path, schema, made, "minLength", "maxLength")
        if form != "uuid":
            self.need(path, schema, "maxLength")
        if "pattern" in schema:
            made.pattern = check_pattern(f"{path}.pattern", schema["pattern"])

    def only(self, path, schema, what, words):
        for word in words:
            if word in schema:
                raise Problem(f"{path}.{word}", f"does not go with {what}")

    def of_integer(self, path, schema, made, owner):
        made.kind, made.ctype = SCALARS[base_type(path, schema)[0]]
        self.limits(path, schema, made, "minimum", "maximum")
        for word in ("minimum", "maximum", "default"):
            if made.kind == "F_INT" and not isinstance(schema.get(word, 0), int):
                raise Problem(f"{path}.{word}", "must be a whole number")

    of_number = of_integer
    of_boolean = of_integer

    def of_array(self, path, schema, made, owner):
        self.need(path, schema, "maxItems")
        self.limits(path, schema, made, "minItems", "maxItems")
        item = self.member(f"{path}.items", "", schema["items"], f"{owner}_{made.wire}")
        if item.nullable or item.default is not None or item.kind in ("F_LIST", "F_NUM", "F_BOOL"):
            raise Problem(f"{path}.items", "a list holds strings, integers, enums or objects, none of them null")
        made.kind, made.item = "F_LIST", item
        element = {"F_STR": "str", "F_JSON": "str", "F_INT": "int", "F_TIME": "int"}.get(item.kind)
        name = f"{element}_list" if element else self.add_list(path, (item.struct or item.enum).name, item.ctype)
        made.ctype = f"struct {name} "

    def of_object(self, path, schema, made, owner):
        raise Problem(path, "no inline objects: make it a component")

    def default(self, path, schema, made):
        value, path = schema["default"], f"{path}.default"
        if made.kind == "F_ENUM":
            if value not in made.enum.values:
                raise Problem(path, "is not a value of the enum")
            value = made.enum.values.index(value)
        elif made.kind == "F_LIST":
            if value:
                raise Problem(path, "the default of a list is []")
        elif made.kind == "F_STR":
            self.in_range(path, len(value), made)
        elif made.kind in ("F_INT", "F_NUM"):
            self.in_range(path, value, made)
        elif made.kind != "F_BOOL":
            raise Problem(path, "has no meaning here")
        if made.required:
            raise Problem(path, "a required member has no default")
        made.default = value

    def in_range(self, path, size, made):
        if (made.min is not None and size < made.min) or (made.max is not None and size > made.max):
            raise Problem(path, "is outside of the limits")


def check_pattern(path, pattern):
    """The engine uses POSIX extended expressions; what means the same there and in ECMA-262 is allowed."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise Problem(path, "a pattern is anchored: ^…$")
    if re.search(r"\\[A-Za-z0-9]|\(\?|[*+?}][*+?]|\[[^]]*\\", pattern):
        raise Problem(path, "write classes out: no \\d, no (?…), no lazy quantifier, no escape inside []")
    try:
        re.compile(pattern)
    except re.error as why:
        raise Problem(path, str(why)) from None
    return pattern


def by_dependency(structs):
    """Every struct after those that it holds by value."""
    done, order = {}, []

    def visit(struct, trail):
        if done.get(struct.name) == "done":
            return
        if struct.name in trail:
            circle = " -> ".join(trail[trail.index(struct.name):] + [struct.name])
            raise Problem(struct.path, f"holds itself by value: {circle}")
        for member in struct.members:
            if member.struct and not member.by_pointer:
                visit(member.struct, trail + [struct.name])
        done[struct.name] = "done"
        order.append(struct)

    for struct in structs:
        visit(struct, [])
    return order


# ---- pass 3: emit

def c_string(text):
    """A C string literal: printable ASCII as it is, the rest in octal, no trigraphs."""
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def c_number(value):
    return repr(int(value)) if value == int(value) else repr(float(value))


def fill_lines(words, first, rest):
    """Words joined by blanks into lines of COLUMNS, tabs counted as 8."""
    lines, line = [], first
    for word in words:
        wide = len((line + " " + word).expandtabs(8))
        if line.strip() and wide > COLUMNS and line != first:
            lines.append(line)
            line = rest
        line += word if line.endswith(("\t", "  ")) or line == first else " " + word
    return lines + [line]


def initializer(parts, indent="\t"):
    """`{ a, b, .c = d },` over as many lines as it takes."""
    words = [part + "," for part in parts[:-1]] + [parts[-1] + " },"]
    return "\n".join(fill_lines(words, indent + "{ ", indent + "  "))


def comment(text):
    text = " ".join(text.split()).replace("*/", "* /")
    if len(text) <= COLUMNS - 6:
        return f"/* {text} */"
    return "/*\n" + textwrap.fill(text, COLUMNS, initial_indent=" * ", subsequent_indent=" * ",
                                  break_long_words=False, break_on_hyphens=False) + "\n */"


def banner(tool, source):
    return f"/* Made by tools/{tool} from {source}: change that, not this. */\n"


def field_parts(member, holder):
    """The initializer of `struct field`; `holder` is the struct, or None for a list element."""
    def offset(name):
        return f"offsetof(struct {holder}, {name})" if holder else "0"

    key = f',"{member.wire}":'
    parts = [c_string(member.wire), c_string(key), str(len(key)), member.kind]
    if member.format:
        parts.append(f".format = {member.format}")
    parts.append(f".offset = {offset(member.name)}")
    for word in ("has", "set"):
        wanted = getattr(member, word)
        parts.append(f".{word} = " + (offset(f"{word}_{member.name}") if wanted else "FIELD_NONE"))
    for word in ("required", "nullable", "by_pointer", "json_array", "secret"):
        if getattr(member, word):
            parts.append(f".{word} = true")
    for word in ("min", "max"):
        value = getattr(member, word)
        if value is not None:
            parts += [f".has_{word} = true", f".{word} = {c_number(value)}"]
    if member.default is not None:
        parts.append(".has_default = true")
        if member.kind == "F_STR":
            parts.append(f".default_text = {c_string(member.default)}")
        elif member.kind != "F_LIST":
            parts.append(f".default_number = {c_number(member.default)}")
    if member.pattern:
        parts.append(f".pattern = {c_string(member.pattern)}")
    if member.enum:
        parts += [f".names = {member.enum.name}_names", f".names_len = {len(member.enum.values)}"]
    if member.struct:
        parts.append(f".type = &{member.struct.name}_type")
    if member.item:
        item = member.item
        parts += [f".item = &{holder}_{member.name}_item", f".item_size = sizeof({item.ctype.strip()})"]
    return parts


def item_table(member, holder):
    """The element of a list, described by a field of its own."""
    if not member.item:
        return ""
    body = initializer(field_parts(member.item, None)).rstrip(",")
    return f"static const struct field {holder}_{member.name}_item =\n{body};\n\n"


def field_table(name, members):
    items = "".join(item_table(member, name) for member in members)
    rows = "\n".join(initializer(field_parts(member, name)) for member in members)
    return f"{items}static const struct field {name}_fields[] = {{\n{rows}\n\t{{ NULL }},\n}};\n"


def struct_body(members):
    return "".join(f"\t{line}\n" for member in members for line in member.declarations())


def emit_enum(enum):
    constants = "".join(f"\t{enum.constant(value)},\n" for value in enum.values)
    return (f"enum {enum.name} {{\n{constants}}};\n"
            f"extern const char *const {enum.name}_names[]; /* ends in NULL */\n")


def emit_header(types, guard, head):
    parts = [head, f"#ifndef {guard}\n#define {guard}\n", '#include "codec/codec.h"\n']
    parts += [emit_enum(enum) for enum in types.enums]
    parts += [f"struct {name} {{\n\t{ctype}*items;\n\tsize_t len;\n}};\n" for name, ctype in types.lists.items()]
    for struct in types.structs:
        parts.append(f"{comment(struct.about)}\nstruct {struct.name} {{\n{struct_body(struct.members)}}};\n"
                     f"extern const struct type {struct.name}_type;\n")
    return "\n".join(parts + ["#endif\n"])


def emit_source(types, header, head):
    parts = [head, f'#include "gen/{header}"\n']
    for enum in types.enums:
        words = [c_string(value) + "," for value in enum.values] + ["NULL,"]
        parts.append(f"const char *const {enum.name}_names[] = {{\n"
                     + "\n".join(fill_lines(words, "\t", "\t")) + "\n};\n")
    for struct in types.structs:
        parts.append(field_table(struct.name, struct.members)
                     + f"\nconst struct type {struct.name}_type = {{\n\t{c_string(struct.name)},\n"
                       f"\tsizeof(struct {struct.name}),\n\t{struct.name}_fields,\n}};\n")
    return "\n".join(parts)


def write_types(types, outdir, prefix, tool, source):
    head = banner(tool, source)
    name = f"{prefix}_types.h"
    Path(outdir, name).write_text(emit_header(types, f"NIS2_GEN_{prefix.upper()}_TYPES_H", head))
    Path(outdir, f"{prefix}_types.c").write_text(emit_source(types, name, head))


# ---- the command

def read_document(path):
    def unique(pairs):
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise Problem("", f"member {name!r} stands twice in one object")
        return dict(pairs)

    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=unique)
    except (OSError, ValueError) as why:
        raise Problem("", str(why)) from None


def source_name(path):
    """The input as the repository names it, so that output does not depend on where the build is."""
    path = Path(path).resolve()
    root = Path(__file__).resolve().parent.parent
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def report(path, run):
    """Runs, and says what is wrong as `FILE: path: message`."""
    try:
        run()
    except Problem as why:
        sys.exit(f"{path}: {why}")


def generate(path, outdir, prefix):
    document = read_document(path)
    check_words("", document, {"description": TEXT, "components": OBJECT}, ["components"])
    check_words("components", document["components"], {"schemas": OBJECT}, ["schemas"])
    types = Types(document["components"]["schemas"])
    write_types(types, outdir, prefix, "gen_types.py", source_name(path))


def main(args):
    if len(args) != 3:
        sys.exit(__doc__)
    report(args[0], lambda: generate(*args))


if __name__ == "__main__":
    main(sys.argv[1:])
