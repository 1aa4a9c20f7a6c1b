#!/usr/bin/env python3
"""data/, the contract, the pages of /docs and the migrations become part of the program.

    gen_data.py ROOT OUTDIR [--depfile FILE]

writes OUTDIR/embedded.c: the files themselves come in by .incbin, with a compressed twin where that helps; the texts
of data/locales become sorted tables. Before that every reference is followed: a check to its facts, its article, its
texts; so a dangling id stops the build here, with one line for each.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import sys
from pathlib import Path

FACT = re.compile(r'\{\s*"([a-z][a-z0-9_.]*)",\s*FACT_(BOOL|INT|TEXT|LIST|TIME)\b')
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What an operator of src/core/judge.c can compare, and whether it needs a value.
OPERATORS = {
    "is": ({"BOOL", "INT", "TEXT"}, True), "is_not": ({"BOOL", "INT", "TEXT"}, True),
    "is_true": ({"BOOL"}, False), "is_false": ({"BOOL"}, False),
    "below": ({"INT", "TEXT"}, True), "above": ({"INT", "TEXT"}, True),
    "missing": ({"BOOL", "INT", "TEXT", "LIST", "TIME"}, False),
    "not_empty": ({"TEXT", "LIST"}, False), "contains": ({"TEXT", "LIST"}, True),
    "within_days": ({"TIME"}, True),
}
PARTS = {"title": set(), "rationale": set(), "detail": {"port", "value", "items"}, "remediation": set()}
REMEDIATION_MAX = 700  # ten of them fit in an executive summary (contract: executive_summary)
TYPES = {".json": "application/json", ".css": "text/css; charset=utf-8",
         ".txt": "text/plain; charset=utf-8"}


class Problems:
    """Everything that is wrong, said at once."""

    def __init__(self):
        self.lines = []

    def add(self, where, what):
        self.lines.append(f"{where}: {what}")

    def stop(self):
        if self.lines:
            sys.exit("\n".join(f"gen_data.py: {line}" for line in self.lines))


def read_json(path, problems):
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    except (OSError, ValueError) as why:
        problems.add(path, why)
        return {}


def unique(pairs):
    """A key that stands twice is a mistake that json would hide."""
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = sorted({k for k, _ in pairs if [p[0] for p in pairs].count(k) > 1})
        raise ValueError(f"twice: {', '.join(twice)}")
    return made


# ---- references

def declared_facts(root):
    """name -> kind, from the tables at the end of the probes."""
    facts = {}
    for path in sorted((root / "src/scan/probes").glob("*.c")):
        facts.update(FACT.findall(path.read_text(encoding="utf-8")))
    return facts


def check_facts(where, check, facts, problems):
    """Every fact that a check names is declared by a probe, and of a kind that its operator knows."""
    named = [check.get("fact"), check.get("shows")] + check.get("requires", [])
    if "service" in check:
        named += ["service.name", "service.confirmed"]
    for name in dict.fromkeys(filter(None, named)):
        if name not in facts:
            problems.add(where, f"no probe declares the fact '{name}'")
    kinds, needs_value = OPERATORS.get(check.get("when"), (set(), False))
    kind = facts.get(check.get("fact"))
    if kind and kind not in kinds:
        problems.add(where, f"'{check.get('when')}' cannot judge {kind} ('{check.get('fact')}')")
    if needs_value != ("value" in check):
        problems.add(where, f"'{check.get('when')}' {'needs a' if needs_value else 'has no'} value")
    if kind in ("INT", "TIME") and needs_value and not re.fullmatch(r"-?\d+", check.get("value", "")):
        problems.add(where, "the value is not a whole number")
    if check.get("when") == "missing" and not check.get("requires"):
        problems.add(where, "'missing' needs requires: what was not looked at is not missing")
    if "severity_unconfirmed" in check and "service" not in check:
        problems.add(where, "severity_unconfirmed needs service")


def check_article(where, check, articles, problems):
    if check.get("scored") is False:
        if "article" in check or "21.2." in check.get("compliance_article", ""):
            problems.add(where, "what is not scored is of no article of the directive")
        return
    letter = check.get("article", "")[-1:]
    if check.get("article") != f"21.2.{letter}" or letter not in articles:
        problems.add(where, f"no article '{check.get('article')}' in data/articles.json")
        return
    if articles[letter] == "none":
        problems.add(where, f"data/articles.json says that a scan cannot observe {letter}")
    for word in ("reference", "compliance_article"):
        if not re.search(rf"21\.2\.{letter} \([^)]+\)", check.get(word, "")):
            problems.add(where, f"{word} has no '21.2.{letter} (topic)'")


def check_message(where, check, problems):
    """Stable, and different for what are different findings."""
    names = set(PLACEHOLDER.findall(check.get("message", "")))
    if names - {"port"}:
        problems.add(where, "the message may have {port} and nothing else: it is part of the fingerprint")
    if check.get("scope") == "host" and names:
        problems.add(where, "a host has no {port}")
    if check.get("scope") == "host" and check.get("target") == "host_port":
        problems.add(where, "a host has no port in its target")
    several = check.get("scope") != "host" and len(check.get("ports", [0, 0])) > 1
    if several and check.get("target") == "host" and not names:
        problems.add(where, "without {port} in the message, two ports of a host are one finding")


def check_yields(checks, problems):
    for name, check in checks.items():
        for other in check.get("yields_to", []):
            if other not in checks:
                problems.add(f"data/checks/{name}.json", f"yields to '{other}', which is not there")
            elif name in checks[other].get("yields_to", []) or other == name:
                problems.add(f"data/checks/{name}.json", f"and '{other}' yield to each other")


def check_same_message(checks, problems):
    """Two checks may share a label only as steps of one thing: then one yields to the other."""
    seen = {}
    for name, check in checks.items():
        key = (check.get("message"), check.get("category"), check.get("target"))
        other = seen.setdefault(key, name)
        if other != name and other not in check.get("yields_to", []) and \
                name not in checks[other].get("yields_to", []):
            problems.add(f"data/checks/{name}.json", f"has the message of '{other}'")


def check_texts(checks, texts, where, problems):
    """All texts of all checks, with the placeholders that are filled in, and none of a check that is gone."""
    for name in checks:
        for part, allowed in PARTS.items():
            text = texts.get(f"{name}.{part}")
            if not text:
                problems.add(where, f"{name}.{part} is missing")
            elif set(PLACEHOLDER.findall(text)) - allowed:
                problems.add(where, f"{name}.{part} has a placeholder that nothing fills in")
        if len(texts.get(f"{name}.remediation", "")) > REMEDIATION_MAX:
            problems.add(where, f"{name}.remediation is longer than {REMEDIATION_MAX} characters")
    for key in texts:
        owner, _, part = key.rpartition(".")
        if part in PARTS and owner not in checks:
            problems.add(where, f"{key} belongs to no check")


def check_catalogue(root, problems):
    data = root / "data"
    checks = {p.stem: read_json(p, problems) for p in sorted((data / "checks").glob("*.json"))}
    book = read_json(data / "articles.json", problems)
    articles = {a.get("letter"): a.get("coverage") for a in book.get("articles", [])}
    playbooks = {p.stem for p in (data / "playbooks").glob("*.json")}
    facts = declared_facts(root)
    english = data / "locales/en"
    report = read_json(english / "report.json", problems)

    if sorted(articles) != list("abcdefghij"):
        problems.add("data/articles.json", "the letters are not a to j")
    for word in ("url", "licence", "checked_on", "certainty"):
        if not book.get("source", {}).get(word):
            problems.add("data/articles.json", f"source.{word} is missing")
    for name, check in checks.items():
        where = f"data/checks/{name}.json"
        check_facts(where, check, facts, problems)
        check_article(where, check, articles, problems)
        check_message(where, check, problems)
        if check.get("playbook") and check["playbook"] not in playbooks:
            problems.add(where, f"no playbook '{check['playbook']}'")
        if check.get("risk") and f"risk.{check['risk']}.title" not in report:
            problems.add(where, f"no text for the risk '{check['risk']}'")
    check_yields(checks, problems)
    check_same_message(checks, problems)
    check_texts(checks, read_json(english / "checks.json", problems), "data/locales/en/checks.json", problems)
    for letter in articles:
        for part in ("title", "description"):
            if f"article.{letter}.{part}" not in report:
                problems.add("data/locales/en/report.json", f"article.{letter}.{part} is missing")


# ---- what is embedded

class Embedded:
    def __init__(self, path, file, type_, csp=None):
        self.path, self.file, self.type, self.csp = path, file, type_, csp
        self.bytes = file.read_bytes()
        self.gzip = None  # (file, length)

    def etag(self):
        return hashlib.sha256(self.bytes).hexdigest()[:32]

    def compress(self, folder):
        """A twin where it saves something; the same bytes give the same file."""
        packed = gzip.compress(self.bytes, 9, mtime=0)
        if len(packed) > len(self.bytes) * 9 // 10:
            return
        twin = folder / (self.etag() + ".gz")
        if not twin.exists():
            twin.write_bytes(packed)
        self.gzip = (twin, len(packed))


def data_files(root):
    """The catalogue, the style of reports, common passwords. Locales become tables, the schema became C."""
    for path in sorted((root / "data").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix in TYPES and not name.startswith("data/locales/") and name != "data/schema.json":
            yield Embedded(name, path, TYPES[path.suffix])


def served_files(root, problems):
    contract = root / "api/openapi.json"
    if contract.exists():
        yield Embedded("/openapi.json", contract, TYPES[".json"])
    listing = root / "web/docs/assets.json"
    for asset in read_json(listing, problems) if listing.exists() else []:
        path = root / asset["file"]
        if path.exists():
            yield Embedded(asset["path"], path, asset["type"], asset.get("csp"))
        elif asset["file"].startswith("web/node_modules/"):
            problems.add("web/node_modules", "is not there or not complete: run `make build`")
            return
        else:
            problems.add(listing, f"no file {asset['file']}")


def locales(root, problems):
    """[(name, {"file/key": text})], English first."""
    found = []
    for folder in sorted((root / "data/locales").iterdir(), key=lambda p: (p.name != "en", p.name)):
        texts = {}
        for path in sorted(folder.glob("*.json")):
            texts.update({f"{path.stem}/{key}": text for key, text in read_json(path, problems).items()})
        found.append((folder.name, texts))
    return found


def migrations(root, problems):
    """[(version, name, path)], numbered without a gap."""
    found = []
    for path in sorted((root / "sql/migrations").glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        if not match or int(match[1]) != len(found) + 1:
            problems.add(path, f"is not {len(found) + 1:04}_name.sql")
            continue
        found.append((int(match[1]), match[2], path))
    return found


# ---- C

def quote(text):
    """A C string literal: UTF-8 as it is."""
    if text is None:
        return "NULL"
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("?", "\\?")):
        text = text.replace(old, new)
    return f'"{text}"'


class Writer:
    def __init__(self):
        self.lines = ["/* Made by tools/gen_data.py from data/, api/, web/docs/ and sql/. */",
                      "", '#include "core/embedded.h"', '#include "store/migrate.h"', ""]
        self.blocks = 0

    def add(self, *lines):
        self.lines += lines

    def block(self, path):
        """The bytes of a file and a NUL, in read-only memory; returns the symbol."""
        symbol = f"embedded_block_{self.blocks}"
        self.blocks += 1
        escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
        self.add(f'__asm__(".pushsection .rodata\\n.balign 16\\n{symbol}:\\n"',
                 f'\t".incbin \\"{escaped}\\"\\n.byte 0\\n.popsection\\n");',
                 f'extern const unsigned char {symbol}[] __attribute__((visibility("hidden")));', "")
        return symbol

    def files(self, files):
        rows = []
        for f in files:
            row = [f"\t{{ .path = {quote(f.path)},", f"\t  .type = {quote(f.type)},"]
            if f.csp:
                row.append(f"\t  .csp = {quote(f.csp)},")
            row.append(f"\t  .bytes = {self.block(f.file)}, .len = {len(f.bytes)},")
            if f.gzip:
                row.append(f"\t  .gzip = {self.block(f.gzip[0])}, .gzip_len = {f.gzip[1]},")
            rows += row + [f"\t  .etag = {quote(chr(34) + f.etag() + chr(34))} }},"]
        self.add("const struct embedded_file embedded_files[] = {", *rows, "\t{ 0 },", "};",
                 f"const size_t embedded_file_count = {len(files)};", "")

    def locales(self, found):
        for name, texts in found:
            self.add(f"static const struct embedded_text texts_{name}[] = {{")
            # Byte order, as strcmp() has it.
            for key in sorted(texts, key=lambda k: k.encode()):
                self.add(f"\t{{ {quote(key)}, {quote(texts[key])} }},")
            self.add("\t{ 0 },", "};", "")
        self.add("const struct embedded_locale embedded_locales[] = {",
                 *[f"\t{{ {quote(name)}, texts_{name}, {len(texts)} }}," for name, texts in found],
                 "\t{ 0 },", "};", "")

    def migrations(self, found):
        rows = [f"\t{{ {version}, {quote(name)}, (const char *){self.block(path)} }}," for version, name, path in found]
        self.add("const struct migration migrations[] = {", *rows, "\t{ 0 },", "};",
                 f"const int migration_count = {len(found)};")

    def grants(self, path):
        self.add(f"const char *const migration_grants = (const char *){self.block(path)};")


def write_depfile(path, target, root, files):
    """Files and, so that a new one is noticed, their folders."""
    folders = {f.parent for f in files} | {root / "src/scan/probes", root / "data", root / "data/locales"}
    probes = (root / "src/scan/probes").glob("*.c")
    needed = sorted({str(p) for p in [*files, *folders, *probes] if p.exists()})
    path.write_text(f"{target}: " + " \\\n  ".join(p.replace(" ", "\\ ") for p in needed) + "\n", encoding="utf-8")


def main():
    options = argparse.ArgumentParser(description="make the program's own files part of it")
    options.add_argument("root", type=Path)
    options.add_argument("outdir", type=Path)
    options.add_argument("--depfile", type=Path)
    args = options.parse_args()
    root, outdir = args.root.resolve(), args.outdir.resolve()
    problems = Problems()

    check_catalogue(root, problems)
    files = sorted([*data_files(root), *served_files(root, problems)], key=lambda f: f.path.encode())
    steps, texts = migrations(root, problems), locales(root, problems)
    grants = root / "sql/grants.sql"
    if not grants.is_file():
        problems.add(grants, "is not there")
    problems.stop()

    packed = outdir / "gzip"
    packed.mkdir(parents=True, exist_ok=True)
    for f in files:
        if f.path.startswith("/"):
            f.compress(packed)
    writer = Writer()
    writer.files(files)
    writer.locales(texts)
    writer.migrations(steps)
    writer.grants(grants)
    # Written anew each time: a block may have changed where its row has not.
    (outdir / "embedded.c").write_text("\n".join(writer.lines) + "\n", encoding="utf-8")
    if args.depfile:
        read = [f.file for f in files] + [path for _, _, path in steps] + [grants] + list((root / "data/locales").rglob("*.json"))
        write_depfile(args.depfile, os.path.relpath(outdir / "embedded.c", os.getcwd()), root, read)


if __name__ == "__main__":
    main()
