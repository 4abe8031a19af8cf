"""What is asked of a database: a table or a query, its needed columns, and the rows that can matter.

Principle: the engine that counts applies every condition again, so a condition that is asked of the database may let
more rows through, never fewer. What is not surely understood alike on both sides is not asked.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from abtest.databases.dialects import ROW, Dialect, literal, quoted
from abtest.grammar.expression import Column, Compare, Constant, Expression, Group, IsNull, Within

_PART = re.compile(r"`([^`]+)`|([^.`]+)")
_QUERY = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(?P<sign>[;()])|[^'\"();/-]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """The instants, in UTC, between which an event can matter; ``None`` where there is no end."""

    low: dt.datetime | None
    high: dt.datetime | None


def source_of(table: str | None, query: str | None) -> str:
    """Return what is selected from: a table by its parts, or a query in brackets."""
    if table is not None:
        return ".".join(quoted(ticked or plain) for ticked, plain in _PART.findall(table))
    return f"(\n{query}\n) AS {ROW}"


def query_problem(query: str) -> str | None:
    """Return why a text is not one query that can stand in brackets; ``None`` when it may be one."""
    depth = 0
    first = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", query, re.DOTALL)
    if first is None or first[1].upper() not in {"SELECT", "WITH", "VALUES"}:
        return "must be one query that begins with SELECT or WITH"
    for found in _QUERY.finditer(query):
        sign = found["sign"]
        if sign == ";":
            return "must be one query, without a semicolon"
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    return None if depth == 0 else "its brackets do not match"


def where_sql(condition: Expression, columns: Mapping[str, Any]) -> str | None:
    """Return a condition as the database's SQL, when all of it is surely understood alike; else ``None``."""
    parts: list[str] = []
    for test in _conjuncts(condition):
        found = _test_sql(test, columns)
        if found is None:
            return None
        parts.append(found)
    return " AND ".join(parts)


def span_sql(column: str, kind: Any, span: Span) -> str | None:
    """Return the condition that a time can matter, ``None`` where its column does not hold times.

    A column without a zone gets two days of grace on either side: whose clock it follows is not known here.
    """
    import pyarrow as pa

    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    grace = dt.timedelta(0 if zoned else 2)
    name = quoted(column)
    edges = []
    for edge, sign, moved in ((span.low, ">=", -grace), (span.high, "<", grace)):
        if edge is not None:
            text = (edge + moved).strftime("%Y-%m-%d %H:%M:%S")
            edges.append(f"{name} {sign} " + (f"TIMESTAMPTZ '{text}+00'" if zoned else f"TIMESTAMP '{text}'"))
    if not edges:
        return None
    # A row without a time is counted as such.
    return f"({' AND '.join(edges)} OR {name} IS NULL)"


def select(columns: list[str], source: str, conditions: list[str]) -> str:
    """Return the query."""
    text = f"SELECT {', '.join(columns)}\nFROM {source}"
    return text + (f"\nWHERE {' AND '.join(conditions)}" if conditions else "")


def may_narrow(speech: Dialect) -> bool:
    """Whether conditions on rows are asked of such a database."""
    return speech.narrows


def _conjuncts(condition: Expression) -> Iterator[Expression]:
    if isinstance(condition, Group) and condition.operator == "and":
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _test_sql(test: Expression, columns: Mapping[str, Any]) -> str | None:
    import pyarrow as pa

    if isinstance(test, Compare) and isinstance(test.left, Column) and isinstance(test.right, Constant):
        kind, value = columns.get(test.left.name), test.right.value
        operator = "<>" if test.operator == "!=" else test.operator
        if kind is None:
            return None
        if _is_number(kind) and _is_plain_number(value):
            return f"{quoted(test.left.name)} {operator} {value!r}"
        if _is_rounded(kind) and _is_plain_number(value):
            return _as_number(test.left.name, f"{operator} {_double(value)}")
        if _is_text(kind) and isinstance(value, str) and test.operator in {"=", "!="}:
            return f"{_trimmed(test.left.name)} {operator} {literal(value)}"
        if pa.types.is_boolean(kind) and isinstance(value, bool) and test.operator in {"=", "!="}:
            return f"{quoted(test.left.name)} {operator} {str(value).lower()}"
    if isinstance(test, Within) and isinstance(test.operand, Column):
        kind = columns.get(test.operand.name)
        values = [option.value for option in test.options]
        negated = "NOT " if test.negated else ""
        if kind is not None and _is_text(kind) and all(isinstance(value, str) for value in values):
            listed = ", ".join(literal(str(value)) for value in values)
            return f"{_trimmed(test.operand.name)} {negated}IN ({listed})"
        if kind is not None and all(_is_plain_number(value) for value in values):
            if _is_number(kind):
                return f"{quoted(test.operand.name)} {negated}IN ({', '.join(map(repr, values))})"
            if _is_rounded(kind):
                return _as_number(test.operand.name, f"{negated}IN ({', '.join(map(_double, values))})")
    if isinstance(test, IsNull) and isinstance(test.operand, Column):
        kind = columns.get(test.operand.name)
        if kind is not None and (_is_number(kind) or pa.types.is_boolean(kind)):
            return f"{quoted(test.operand.name)} IS {'NOT ' if test.negated else ''}NULL"
    return None


def _is_number(kind: Any) -> bool:
    """Whether a column holds whole numbers."""
    import pyarrow as pa

    return bool(pa.types.is_integer(kind))


def _is_rounded(kind: Any) -> bool:
    """Whether a column holds numbers that are compared as doubles."""
    import pyarrow as pa

    numeric = getattr(kind, "type_name", None) == "numeric"  # decimals of PostgreSQL, in text
    return numeric or bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _as_number(column: str, test: str) -> str:
    # Not-a-number is no value here, and the largest of all there.
    number = f"CAST({quoted(column)} AS double precision)"
    return f"({number} {test} AND {number} <> CAST('NaN' AS double precision))"


def _double(value: object) -> str:
    return f"CAST({value!r} AS double precision)"


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _trimmed(column: str) -> str:
    # As the engine that counts compares: without blanks around.
    return f"trim(both ' ' from {quoted(column)})"
