#!/usr/bin/env python3
"""The contract -> C.

    gen_api.py api/openapi.json OUTDIR

writes api_types.h and api_types.c (by gen_types.py), api_ops.h (the prototype of every handler) and api_routes.c (the table
that the router walks). docs/contract.md is the subset; the passes are those of gen_types.py: syntax, resolve, emit.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from gen_types import (ANY, COLUMNS, COUNT, FLAG, LIST, OBJECT, TEXT, Problem, Struct, Types, banner, c_string,
                       check_schema, check_words, comment, field_parts, initializer, read_document, report, source_name,
                       struct_body, write_types)

METHODS = ["get", "post", "put", "patch", "delete"]
ROLES = {"public": "NEED_PUBLIC", "user": "NEED_USER", "viewer": "NEED_VIEWER", "auditor": "NEED_AUDITOR",
         "admin": "NEED_ADMIN"}
INLINE = {"always": "INLINE_ALWAYS", "embedded": "INLINE_EMBEDDED"}
JSON = "application/json"
FORM = "multipart/form-data"
BINARY = {"type": TEXT, "format": TEXT, "description": TEXT, "maxLength": COUNT}

DOCUMENT = {"openapi": TEXT, "info": OBJECT, "servers": LIST, "tags": LIST, "paths": OBJECT, "components": OBJECT,
            "security": LIST}
INFO = {"title": TEXT, "version": TEXT, "summary": TEXT, "description": TEXT, "license": OBJECT, "contact": OBJECT}
OPERATION = {"operationId": TEXT, "tags": LIST, "summary": TEXT, "description": TEXT, "parameters": LIST,
             "requestBody": OBJECT, "responses": OBJECT, "security": LIST, "deprecated": FLAG, "x-role": TEXT,
             "x-scope": TEXT, "x-limit": COUNT, "x-csrf": TEXT, "x-audit": OBJECT, "x-inline": TEXT,
             "x-count-first": FLAG, "x-transaction": TEXT, "x-org": OBJECT, "x-sso": FLAG,
             "x-refusal": TEXT}
PARAMETER = {"name": TEXT, "in": TEXT, "required": FLAG, "description": TEXT, "schema": OBJECT, "deprecated": FLAG,
             "example": ANY, "examples": OBJECT}
BODY = {"required": FLAG, "description": TEXT, "content": OBJECT}
MEDIA = {"schema": OBJECT, "example": ANY, "examples": OBJECT}
RESPONSE = {"description": TEXT, "content": OBJECT, "headers": OBJECT}


@dataclass
class Body:
    kind: str = "BODY_NONE"
    struct: Struct = None
    required: bool = True
    part: str = None
    part_max: int = 0


@dataclass
class Out:
    status: int
    kind: str = "OUT_NONE"
    struct: Struct = None

    def ctype(self):
        return {"OUT_NONE": None, "OUT_STRUCT": f"struct {self.struct and self.struct.name}",
                "OUT_LIST": f"struct {self.struct and self.struct.name}_list", "OUT_FILE": "struct file_out"}[self.kind]


@dataclass
class Operation:
    method: str
    path: str
    id: str
    tag: str
    words: dict
    params: list = field(default_factory=list)   # (in, Member), path ones first
    body: Body = None
    out: Out = None


# ---- the document around the operations

def check_document(document):
    check_words("", document, DOCUMENT, ["openapi", "info", "paths", "components"])
    if not re.fullmatch(r"3\.1\.\d+", document["openapi"]):
        raise Problem("openapi", "must be 3.1.x")
    check_words("info", document["info"], INFO, ["title", "version"])
    for n, server in enumerate(document.get("servers", [])):
        check_words(f"servers.{n}", server, {"url": TEXT, "description": TEXT}, ["url"])
    for n, tag in enumerate(document.get("tags", [])):
        check_words(f"tags.{n}", tag, {"name": TEXT, "description": TEXT}, ["name", "description"])
    components = document["components"]
    check_words("components", components, {"schemas": OBJECT, "responses": OBJECT, "securitySchemes": OBJECT})
    for name, scheme in components.get("securitySchemes", {}).items():
        check_words(f"components.securitySchemes.{name}", scheme, dict.fromkeys(
            ("type", "description", "name", "in", "scheme", "bearerFormat"), TEXT), ["type"])
    check_security("security", document, document.get("security", []))


def check_security(path, document, security):
    known = document["components"].get("securitySchemes", {})
    for n, one in enumerate(security):
        if not isinstance(one, dict) or any(value != [] for value in one.values()):
            raise Problem(f"{path}.{n}", "must be an object of empty lists")
        for name in one:
            if name not in known:
                raise Problem(f"{path}.{n}.{name}", "no such security scheme")


def check_headers(path, headers):
    for name, header in headers.items():
        check_words(f"{path}.{name}", header, {"description": TEXT, "schema": OBJECT, "required": FLAG},
                    ["description", "schema"])
        check_schema(f"{path}.{name}.schema", header["schema"], described=False)


def check_error_responses(document, types):
    """What the error answers share: their body is a component."""
    for name, response in document["components"].get("responses", {}).items():
        path = f"components.responses.{name}"
        check_words(path, response, RESPONSE, ["description"])
        check_headers(f"{path}.headers", response.get("headers", {}))
        for media, content in response.get("content", {}).items():
            check_words(f"{path}.content.{media}", content, MEDIA, ["schema"])
            types.member(f"{path}.content.{media}.schema", "", reference(f"{path}.content.{media}.schema",
                                                                         content["schema"]), "")


def reference(path, schema):
    if list(schema) != ["$ref"]:
        raise Problem(path, "is a $ref and nothing else")
    check_words(path, schema, {"$ref": TEXT})
    return schema


# ---- operations

def read_operations(document, types):
    operations = []
    for path, item in document["paths"].items():
        where = f"paths.{path}"
        if not re.fullmatch(r"(/([A-Za-z0-9._-]+|\{[a-z][a-z0-9_]*\}))+", path):
            raise Problem(where, "is not a path: /literal/{parameter}")
        check_words(where, item, dict.fromkeys(METHODS, OBJECT))
        for method, words in item.items():
            operations.append(read_operation(f"{where}.{method}", method, path, words, document, types))
    return sorted(operations, key=lambda op: [(part.startswith("{"), part) for part in op.path.split("/")])


def read_operation(where, method, path, words, document, types):
    check_words(where, words, OPERATION, ["operationId", "tags", "summary", "description", "responses", "x-role"])
    name = words["operationId"]
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise Problem(f"{where}.operationId", "is in snake case, as asset_create")
    types.take(f"{where}.operationId", f"{name}_in")
    check_policy(where, words, document)
    made = Operation(method.upper(), path, name, words["tags"][0], words)
    made.params = read_parameters(where, name, path, words.get("parameters", []), types)
    made.body = read_body(f"{where}.requestBody", words.get("requestBody"), types)
    made.out = read_responses(f"{where}.responses", words["responses"], document, types)
    taken = {member.name for _, member in made.params}
    for cname in ["body", "has_body", made.body.part]:
        if cname in taken and made.body.kind != "BODY_NONE":
            raise Problem(f"{where}.parameters", f"{cname} is the name of the body")
    if made.body.kind != "BODY_NONE" and method == "get":
        raise Problem(f"{where}.requestBody", f"{method} has no body")
    return made


def check_policy(where, words, document):
    """The words that say who may call and how it is done."""
    one_of(f"{where}.x-role", words["x-role"], ROLES)
    public = words["x-role"] == "public"
    if public != (words.get("security", document.get("security")) == []):
        raise Problem(f"{where}.x-role", "public goes with security: [], and only that does")
    check_security(f"{where}.security", document, words.get("security", []))
    declared = [tag["name"] for tag in document.get("tags", [])]
    if len(words["tags"]) != 1 or words["tags"][0] not in declared:
        raise Problem(f"{where}.tags", "is one of the document's tags")
    if "x-scope" in words and (public or not re.fullmatch(r"[a-z]+:(read|write)", words["x-scope"])):
        raise Problem(f"{where}.x-scope", "is noun:read or noun:write, and not for public")
    if not 1 <= words.get("x-limit", 1) <= 10000:
        raise Problem(f"{where}.x-limit", "is 1 to 10000 calls a minute")
    for word, values in (("x-csrf", ["exempt"]), ("x-transaction", ["late"]), ("x-count-first", [True]),
                         ("x-inline", INLINE)):
        if word in words:
            one_of(f"{where}.{word}", words[word], values)
    if "x-sso" in words and words["x-role"] != "user":
        raise Problem(f"{where}.x-sso", "goes with x-role: user")
    if "x-refusal" in words and words["x-role"] not in ("viewer", "auditor", "admin"):
        raise Problem(f"{where}.x-refusal", "goes with x-role: viewer, auditor or admin")
    if "x-audit" in words:
        check_audit(f"{where}.x-audit", words["x-audit"])
    if "x-org" in words:
        check_org(f"{where}.x-org", words)


def check_audit(path, audit):
    check_words(path, audit, {"action": TEXT, "resource": TEXT, "twin": FLAG}, ["action", "resource"])
    if not re.fullmatch(r"[a-z_]+\.[a-z_]+", audit["action"]) or len(audit["action"]) > 100:
        raise Problem(f"{path}.action", "is noun.done, at most 100 characters")
    if not re.fullmatch(r"[a-z_]{1,50}", audit["resource"]):
        raise Problem(f"{path}.resource", "is a noun, at most 50 characters")


def check_org(path, words):
    """The organisation in the path takes the place of the session's."""
    org = words["x-org"]
    check_words(path, org, {"role": TEXT, "refusal": TEXT, "missing": TEXT, "pending": FLAG}, ["role"])
    one_of(f"{path}.role", org["role"], ["viewer", "auditor", "admin"])
    if words["x-role"] != "user":
        raise Problem(path, "goes with x-role: user")
    if not any(p.get("name") == "org_id" and p.get("in") == "path" for p in words.get("parameters", [])):
        raise Problem(path, "needs the path parameter org_id")
    if "refusal" not in org and (org["role"] != "viewer" or "missing" not in org):
        raise Problem(f"{path}.refusal", "is needed, or a missing for viewer")


def one_of(path, value, values):
    if value not in values:
        raise Problem(path, f"must be {' or '.join(str(v) for v in values)}".lower())


def read_parameters(where, op, route, parameters, types):
    wanted = re.findall(r"\{(\w+)\}", route)
    found = {}
    for n, words in enumerate(parameters):
        path = f"{where}.parameters.{n}"
        check_words(path, words, PARAMETER, ["name", "in", "schema", "description"])
        one_of(f"{path}.in", words["in"], ["path", "query"])
        if words["name"] in found:
            raise Problem(f"{path}.name", f"{words['name']} is there already")
        if words["in"] == "path" and (words["name"] not in wanted or words.get("required") is not True):
            raise Problem(path, "a path parameter stands in the path and is required")
        found[words["name"]] = words["in"], read_parameter(path, op, words, types)
    for name in wanted:
        if found.get(name, ("",))[0] != "path":
            raise Problem(where, f"path parameter {name} is not described")
    order = wanted + [name for name in found if name not in wanted]
    return [found[name] for name in order]


def read_parameter(path, op, words, types):
    schema = words["schema"]
    check_schema(f"{path}.schema", schema, described=False)
    member = types.member(f"{path}.schema", words["name"], schema, op, words.get("required", False))
    if member.nullable or member.kind in ("F_OBJ", "F_LIST", "F_JSON"):
        raise Problem(f"{path}.schema", "a parameter is a string, integer, number, boolean or enum")
    if member.kind == "F_INT" and member.max is None:
        raise Problem(f"{path}.schema", "maximum is missing: everything from outside has a maximum")
    return member


def read_body(path, words, types):
    if words is None:
        return Body()
    check_words(path, words, BODY, ["content"])
    media = list(words["content"])
    if media not in ([JSON], [FORM]):
        raise Problem(f"{path}.content", f"is {JSON} or {FORM}")
    content = words["content"][media[0]]
    path = f"{path}.content.{media[0]}"
    check_words(path, content, MEDIA, ["schema"])
    required = words.get("required", False)
    if media == [FORM]:
        if not required:
            raise Problem(path, "an upload is required")
        return read_upload(f"{path}.schema", content["schema"])
    member = types.member(f"{path}.schema", "body", reference(f"{path}.schema", content["schema"]), "")
    if member.kind != "F_OBJ":
        raise Problem(f"{path}.schema", "a body is an object")
    return Body("BODY_JSON", member.struct, required)


def read_upload(path, schema):
    check_words(path, schema, {"type": TEXT, "properties": OBJECT, "required": LIST, "description": TEXT},
                ["type", "properties", "required"])
    parts = list(schema["properties"])
    if len(parts) != 1 or schema["required"] != parts or schema["type"] != "object":
        raise Problem(path, "a form is an object of one required part")
    part = schema["properties"][parts[0]]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", parts[0]) or not is_binary(f"{path}.properties.{parts[0]}", part):
        raise Problem(f"{path}.properties.{parts[0]}", 'is {"type": "string", "format": "binary"}')
    return Body("BODY_UPLOAD", part=parts[0], part_max=part.get("maxLength", 0))


def is_binary(path, schema):
    if schema.get("format") != "binary":
        return False
    check_words(path, schema, BINARY, ["type"])
    return schema["type"] == "string"


def read_responses(path, responses, document, types):
    out = None
    for status, words in responses.items():
        if not re.fullmatch(r"[2-5]\d\d", status):
            raise Problem(f"{path}.{status}", "is not a status")
        if status.startswith("2") or status == "302":
            if out:
                raise Problem(f"{path}.{status}", "a second success")
            out = read_success(f"{path}.{status}", int(status), words, types)
            continue
        reference(f"{path}.{status}", words)
        if words["$ref"].removeprefix("#/components/responses/") not in document["components"].get("responses", {}):
            raise Problem(f"{path}.{status}.$ref", f"{words['$ref']}: no such response")
    if not out:
        raise Problem(path, "has no success")
    return out


def read_success(path, status, words, types):
    check_words(path, words, RESPONSE, ["description"])
    check_headers(f"{path}.headers", words.get("headers", {}))
    content = words.get("content", {})
    if (status in (204, 302)) != (not content):
        raise Problem(path, "204 and 302 have no content, and only they have none")
    for media, one in content.items():
        check_words(f"{path}.content.{media}", one, MEDIA, ["schema"])
    if not content:
        return Out(status)
    binary = [is_binary(f"{path}.content.{media}.schema", one["schema"]) for media, one in content.items()]
    if all(binary):
        return Out(status, "OUT_FILE")
    if list(content) != [JSON]:
        raise Problem(f"{path}.content", f"is {JSON} with a $ref, or files")
    return read_answer(f"{path}.content.{JSON}.schema", status, content[JSON]["schema"], types)


def read_answer(path, status, schema, types):
    reference(path, schema)
    item = types.arrays.get(schema["$ref"].removeprefix("#/components/schemas/"))
    if item:
        return Out(status, "OUT_LIST", item)
    member = types.member(path, "", schema, "")
    if member.kind != "F_OBJ":
        raise Problem(path, "an answer is an object or an array component")
    return Out(status, "OUT_STRUCT", member.struct)


# ---- emit

def in_members(op):
    """What struct OP_in holds, as C lines."""
    lines = struct_body([member for _, member in op.params])
    if op.body.kind == "BODY_JSON":
        lines += f"\tstruct {op.body.struct.name} body;\n" + ("" if op.body.required else "\tbool has_body;\n")
    if op.body.kind == "BODY_UPLOAD":
        lines += f"\tstruct upload {op.body.part};\n"
    return lines or "\tchar unused;\n"


def broken(head, args, tail):
    """A function head over as many lines as it takes, aligned after the parenthesis."""
    indent = "\t" * (len(head) // 8) + " " * (len(head) % 8)
    lines, line = [], head
    for arg in [arg + ", " for arg in args[:-1]] + [args[-1] + tail]:
        if len((line + arg.rstrip()).expandtabs(8)) > COLUMNS and line not in (head, indent):
            lines.append(line.rstrip())
            line = indent
        line += arg
    return "\n".join(lines + [line])


def prototype(op):
    out = op.out.ctype()
    args = ["struct call *call", f"const struct {op.id}_in *in"] + ([f"{out} *out"] if out else [])
    return broken(f"bool op_{op.id}(", args + ["struct err *err"], ");")


def emit_ops(operations, head):
    parts = [head, "#ifndef NIS2_GEN_API_OPS_H\n#define NIS2_GEN_API_OPS_H\n",
             '#include "gen/api_types.h"\n#include "http/call.h"\n']
    for op in operations:
        about = comment(f"{op.method} {op.path}: {op.words['summary']}")
        parts.append(f"{about}\nstruct {op.id}_in {{\n{in_members(op)}}};\n{prototype(op)}\n")
    return "\n".join(parts + ["#endif\n"])


def emit_thunk(op):
    head = broken(f"static bool call_{op.id}(", ["struct call *call", "const void *in", "void *out", "struct err *err"], ")")
    args = "call, in, out, err" if op.out.ctype() else "call, in, err"
    return f"{head}\n{{\n\treturn op_{op.id}({args});\n}}\n"


def emit_params(op):
    if not op.params:
        return ""
    rows = []
    for place, member in op.params:
        parts = field_parts(member, f"{op.id}_in")
        rows.append(initializer([f"PARAM_{place.upper()}", "{ " + parts[0]] + parts[1:-1] + [parts[-1] + " }"]))
    return f"static const struct param {op.id}_params[] = {{\n" + "\n".join(rows) + "\n};\n"


def route_parts(op):
    words = op.words
    parts = [c_string(op.method), c_string(op.path), c_string(op.id), c_string(op.tag), f"call_{op.id}",
             f".status = {op.out.status}", f".need = {ROLES[words['x-role']]}"]
    if "x-scope" in words:
        parts.append(f".scope = {c_string(words['x-scope'])}")
    if "x-limit" in words:
        parts.append(f".limit = {words['x-limit']}")
    for word, member in (("x-csrf", "csrf_exempt"), ("x-count-first", "count_first"),
                         ("x-transaction", "late_transaction"), ("x-sso", "sso_ok")):
        if word in words:
            parts.append(f".{member} = true")
    if "x-audit" in words:
        parts += [f".audit_{word} = {c_string(words['x-audit'][word])}" for word in ("action", "resource")]
        if words["x-audit"].get("twin"):
            parts.append(".audit_twin = true")
    if "x-refusal" in words:
        parts.append(f".refusal = {c_string(words['x-refusal'])}")
    if "x-org" in words:
        parts += org_parts(op, words["x-org"])
    if "x-inline" in words:
        parts.append(f".inline_when = {INLINE[words['x-inline']]}")
    if op.params:
        parts += [f".params = {op.id}_params", f".param_count = {len(op.params)}"]
    return parts + body_parts(op) + out_parts(op)


def org_parts(op, org):
    names = [member.name for place, member in op.params if place == "path"]
    parts = [f".org_need = {ROLES[org['role']]}", f".org_param = {names.index('org_id')}"]
    parts += [f".org_{word} = {c_string(org[word])}" for word in ("refusal", "missing") if word in org]
    return parts + ([".org_pending = true"] if org.get("pending") else [])


def body_parts(op):
    body, holder = op.body, f"struct {op.id}_in"
    parts = [f".in_size = sizeof({holder})"]
    if body.kind == "BODY_NONE":
        return parts
    parts += [f".body_kind = {body.kind}", f".body_offset = offsetof({holder}, {body.part or 'body'})"]
    if body.struct:
        parts.append(f".body_type = &{body.struct.name}_type")
    if body.required:
        parts.append(".body_required = true")
    else:
        parts.append(f".body_has = offsetof({holder}, has_body)")
    if body.part:
        parts.append(f".part = {c_string(body.part)}")
    if body.part_max:
        parts.append(f".part_max = {body.part_max}")
    return parts


def out_parts(op):
    out = op.out
    if out.kind == "OUT_NONE":
        return []
    parts = [f".out_kind = {out.kind}", f".out_size = sizeof({out.ctype()})"]
    return parts + ([f".out_type = &{out.struct.name}_type"] if out.struct else [])


def emit_routes(operations, head):
    parts = [head, '#include "http/route.h"\n\n#include "gen/api_ops.h"\n']
    for op in operations:
        parts.append("\n".join(filter(None, [emit_params(op), emit_thunk(op)])))
    rows = "\n".join(initializer(route_parts(op)) for op in operations)
    parts.append(f"const struct route api_routes[] = {{\n{rows}\n}};\n\n"
                 f"const int api_route_count = {len(operations)};\n")
    return "\n".join(parts)


# ---- the command

def generate(path, outdir):
    document = read_document(path)
    check_document(document)
    types = Types(document["components"].get("schemas", {}))
    check_error_responses(document, types)
    operations = read_operations(document, types)
    if not operations:
        raise Problem("paths", "is empty")
    source = source_name(path)
    head = banner("gen_api.py", source)
    write_types(types, outdir, "api", "gen_api.py", source)
    Path(outdir, "api_ops.h").write_text(emit_ops(operations, head))
    Path(outdir, "api_routes.c").write_text(emit_routes(operations, head))


def main(args):
    if len(args) != 2:
        sys.exit(__doc__)
    report(args[0], lambda: generate(*args))


if __name__ == "__main__":
    main(sys.argv[1:])
