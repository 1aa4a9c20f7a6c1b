"""What a statement may say: the common subset and the rule of tenancy."""

import re

from sql_text import tokens

# Said by one database only, or time made by the database (docs/sql.md).
FORBIDDEN = {
    "::": "a cast", "ILIKE": "ILIKE", "SIMILAR": "SIMILAR TO",
    "CAST": "a cast", "NOW": "now()", "DATETIME": "datetime()",
    "CURRENT_TIMESTAMP": "CURRENT_TIMESTAMP", "ARRAY": "an array",
    "GLOB": "GLOB", "REPLACE": "REPLACE INTO",
}


def check_common_subset(st):
    for part in st.parts:
        found = tokens(part.text)
        for i, token in enumerate(found):
            word = token.upper()
            if part.dialect is None and word in FORBIDDEN:
                if word in ("NOW", "DATETIME") and found[i + 1:i + 2] != ["("]:
                    continue
                if word == "REPLACE" and found[i + 1:i + 2] == ["("]:
                    continue
                st.fail(f"{FORBIDDEN[word]} is not in the common subset")
            if token == "*" and i and found[i - 1].upper() in (
                    "SELECT", "RETURNING"):
                st.fail("name the columns instead of *")


def tenant_tables(paths):
    """Tables that have a column org_id, read from the migrations."""
    tables = set()
    for path in paths:
        with open(path, encoding="utf-8") as f:
            sql = re.sub(r"--[^\n]*", "", f.read())
        for m in re.finditer(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s*\((.*?)"
                             r"\n\)", sql, re.DOTALL | re.IGNORECASE):
            if re.search(r"(?:^|,)\s*org_id\s", m[2]):
                tables.add(m[1].lower())
        for m in re.finditer(r"ALTER TABLE (\w+) ADD (?:COLUMN )?org_id\b", sql,
                             re.IGNORECASE):
            tables.add(m[1].lower())
        for m in re.finditer(r"ALTER TABLE (\w+) RENAME TO (\w+)", sql,
                             re.IGNORECASE):
            if m[1].lower() in tables:
                tables.discard(m[1].lower())
                tables.add(m[2].lower())
    return tables


class Use:
    """A tenant table where a statement names it."""

    def __init__(self, table, inserted, tied):
        self.table, self.inserted, self.tied = table, inserted, tied


class Scope:
    """One SELECT, UPDATE, DELETE or INSERT, with the tables it names."""

    def __init__(self, parent):
        self.parent = parent
        self.uses = {}  # alias -> Use

    def find(self, alias):
        scope = self
        while scope:
            if alias in scope.uses:
                return scope.uses[alias]
            scope = scope.parent
        return None

    def tie(self, alias):
        if alias is not None:
            use = self.find(alias)
            if use:
                use.tied = True
            return
        # Without a name it can only mean the one table of this scope.
        read = [u for u in self.uses.values() if not u.inserted]
        if len(read) == 1:
            read[0].tied = True


class Group:
    """A pair of parentheses: its scope, and whether it says OR."""

    def __init__(self, parent, scope):
        self.parent, self.scope = parent, scope
        self.has_or = False
        self.in_from = False  # a comma brings another table

    def sure(self):
        """No OR around here up to the scope: a condition here always holds."""
        group = self
        while group and group.scope is self.scope:
            if group.has_or:
                return False
            group = group.parent
        return True


AFTER_TABLE = {"ON", "WHERE", "SET", "JOIN", "LEFT", "INNER", "CROSS", "GROUP",
               "ORDER", "LIMIT", "RETURNING", "UNION", "EXCEPT", "INTERSECT",
               "VALUES", "SELECT", "FOR", "USING", "HAVING", "FROM", "DEFAULT",
               "INDEXED", "NOT", "OFFSET", "FULL", "RIGHT", "NATURAL"}
CLAUSE_END = {"WHERE", "GROUP", "ORDER", "LIMIT", "RETURNING", "SET", "FOR",
              "HAVING", "ON", "SELECT", "VALUES"}
STARTS = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}


class Tenancy:
    """Finds tenant tables that a statement names without tying org_id.

    A table is tied by `org_id = $n` that must hold (after WHERE, AND or ON,
    with no OR around it), by `x.org_id = y.org_id` where y is tied, or by an
    INSERT that names org_id among its columns.
    """

    def __init__(self, sql, tables):
        self.tables = tables
        self.t = tokens(sql)
        self.scopes = []
        self.ties = []  # (group, alias or None, other alias or None)
        self._read()

    def untied(self):
        links = []
        for group, alias, other in self.ties:
            if not group.sure():
                continue
            if other is None:
                group.scope.tie(alias)
            else:
                links.append((group.scope.find(alias), group.scope.find(other)))
        changed = True
        while changed:
            changed = False
            for x, y in links:
                if x and y and x.tied != y.tied:
                    x.tied = y.tied = changed = True
        return [use.table for scope in self.scopes
                for use in scope.uses.values() if not use.tied]

    def _scope(self, parent):
        scope = Scope(parent)
        self.scopes.append(scope)
        return scope

    def _word(self, i):
        return self.t[i].upper() if 0 <= i < len(self.t) else ""

    def _open(self, i, group):
        """The group that the parenthesis at i opens."""
        inside = self._word(i + 1)
        if inside in STARTS or self._word(i - 1) == "FILTER":
            return Group(group, self._scope(group.scope))
        return Group(group, group.scope)

    def _read(self):
        group, stack = Group(None, self._scope(None)), []
        for i, token in enumerate(self.t):
            word = token.upper()
            if token == "(":
                stack.append(group)
                group = self._open(i, group)
            elif token == ")" and stack:
                group = stack.pop()
            elif word in ("UNION", "EXCEPT", "INTERSECT"):
                group = Group(group.parent, self._scope(group.scope.parent))
            elif word == "OR":
                group.has_or = True
            elif word in CLAUSE_END:
                group.in_from = False
            if self._names_table(i, group):
                self._table(i + 1, group.scope, word)
                group.in_from |= word in ("FROM", "JOIN")
            self._condition(i, group)

    def _names_table(self, i, group):
        word = self._word(i)
        if word == "UPDATE":  # not ON CONFLICT DO UPDATE, not FOR UPDATE
            return self._word(i - 1) not in ("DO", "FOR", "KEY")
        return word in ("FROM", "JOIN", "INTO") or \
            (word == "," and group.in_from)

    def _table(self, i, scope, word):
        name = self._word(i).lower()
        if name not in self.tables:
            return
        after = i + 2 if self._word(i + 1) == "AS" else i + 1
        alias = name
        if re.fullmatch(r"[A-Z_]\w*", self._word(after)) and \
                self._word(after) not in AFTER_TABLE:
            alias = self._word(after).lower()
        inserted = word == "INTO"
        use = Use(name, inserted, inserted and self._inserts_org(i + 1))
        while alias in scope.uses or (inserted and alias == name):
            alias += "'"
        scope.uses[alias] = use

    def _inserts_org(self, i):
        rest = [t.lower() for t in self.t[i:]]
        if "(" not in rest or ")" not in rest:
            return False
        return "org_id" in rest[rest.index("("):rest.index(")")]

    def _condition(self, i, group):
        """Notes `org_id = $n` and `x.org_id = y.org_id` that begin at i."""
        if self._word(i + 1) != "=" or i + 2 >= len(self.t):
            return
        before = i - 1
        while self._word(before) == "(":
            before -= 1
        if self._word(before) not in ("WHERE", "AND", "ON"):
            return
        left, right = self.t[i], self.t[i + 2]
        if _is_org(left) and right.startswith("$"):
            self.ties.append((group, _alias(left), None))
        elif _is_org(right) and left.startswith("$"):
            self.ties.append((group, _alias(right), None))
        elif _is_org(left) and _is_org(right):
            self.ties.append((group, _alias(left), _alias(right)))


def _is_org(token):
    return token.lower().split(".")[-1] == "org_id"


def _alias(token):
    return token.lower().split(".")[0] if "." in token else None
