"""Statements as text: signatures, blocks and tokens (used by gen_sql.py)."""

import re


class SqlError(Exception):
    def __init__(self, path, line, message):
        super().__init__(f"{path}:{line}: {message}")


class Part:
    """A piece of a statement: always there, or under a condition or dialect."""

    def __init__(self, text, condition, dialect):
        self.text, self.condition, self.dialect = text, condition, dialect

    def numbers(self):
        bare = re.sub(r"'(?:[^']|'')*'", "", self.text)
        return {int(n) for n in re.findall(r"\$(\d+)", bare)}


TOKEN = re.compile(r"\s+|'(?:[^']|'')*'|\$\d+|[A-Za-z_][A-Za-z0-9_]*"
                   r"(?:\.[A-Za-z_][A-Za-z0-9_]*)?|\d+|::|[<>!=|]+|.")


def tokens(sql):
    """Words, `a.b`, `$1`, strings and signs; blanks are dropped."""
    return [t for t in TOKEN.findall(sql) if not t.isspace()]


# What ends a run of plain text in a statement.
MARK = re.compile(r"--[^\n]*|/\*@if ([a-z][a-z0-9_]*)\*/|/\*@end\*/"
                  r"|/\*@(pg|sqlite)\b(.*?)@\*/|/\*.*?\*/|'(?:[^']|'')*'|;",
                  re.DOTALL)


class Source:
    """A file of statements, read from top to bottom."""

    def __init__(self, path, text):
        self.path, self.text, self.at = path, text, 0

    def line(self, at=None):
        return self.text.count("\n", 0, self.at if at is None else at) + 1

    def fail(self, message, at=None):
        raise SqlError(self.path, self.line(at), message)

    def _comment(self):
        """The next line if it is a comment, else None; blank lines pass."""
        m = re.compile(r"\s*(?=\S)").match(self.text, self.at)
        if not m:
            self.at = len(self.text)
            return None
        self.at = m.end()
        m = re.compile(r"--[ ]?([^\n]*)\n?").match(self.text, self.at)
        if not m:
            return None
        self.at = m.end()
        return m[1].strip()

    def next_signature(self):
        """(line, signature), or None at the end of the file."""
        while True:
            before = self.at
            comment = self._comment()
            if comment is None:
                if self.at < len(self.text):
                    self.fail("a statement without a signature")
                return None
            if not re.match(r"[a-z][a-z0-9_]*\(", comment):
                continue
            at = self.text.index("--", before)
            # A long signature goes on in the next comment lines.
            while "->" not in comment:
                more = self._comment()
                if more is None:
                    self.fail("the signature has no '->'", at)
                comment += " " + more
            return self.line(at), comment

    def next_statement(self, name):
        """(comment lines, parts) up to the semicolon."""
        notes = []
        while (comment := self._comment()) is not None:
            notes.append(comment)
        begin, parts, condition, text = self.at, [], None, ""
        while True:
            m = MARK.search(self.text, self.at)
            if not m:
                self.fail(f"{name}: no ';' ends the statement", begin)
            text += self.text[self.at:m.start()]
            self.at = m.end()
            if m[0].startswith("'"):
                text += m[0]
            elif m[0] == ";":
                break
            elif m[0].startswith("/*@"):
                parts.append(Part(text, condition, None))
                text = ""
                condition = self._mark(name, m, condition, parts)
            else:
                text += " "
        if condition:
            self.fail(f"{name}: /*@if {condition}*/ has no /*@end*/", begin)
        parts.append(Part(text, condition, None))
        return notes, [p for p in parts if p.text]

    def _mark(self, name, m, condition, parts):
        """Takes a mark in; the condition that holds after it."""
        if m[1]:
            if condition:
                self.fail(f"{name}: /*@if*/ inside /*@if*/", m.start())
            return m[1]
        if m[0] == "/*@end*/":
            if not condition:
                self.fail(f"{name}: /*@end*/ without /*@if*/", m.start())
            return None
        if not m[2]:
            self.fail(f"{name}: unknown mark {m[0][:20]}", m.start())
        parts.append(Part(f" {m[3]} ", condition, m[2]))
        return condition
