"""Columns that stand in the names of folders, as in ``orders/day=2026-03-02/part-0.parquet``: a Hive layout.

Principle: what a file holds itself goes before what its folder says, and a folder's column has a type that follows from
the names alone. A condition on such a column keeps files of other folders from being read.
"""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal
from urllib.parse import unquote

Kind = Literal["integer", "date", "text"]
NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""The name that stands for a missing value."""
_PAIR = re.compile(r"(?:^|[/\\])([^/\\=]+)=([^/\\]*)(?=[/\\])")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPES: dict[Kind, str] = {"integer": "BIGINT", "date": "DATE"}


def folder_columns(files: Sequence[str], own: Collection[str]) -> dict[str, Kind]:
    """Return the columns that the folders of all ``files`` name, and what each holds; none of the files' ``own``.

    A column holds dates when all its values are dates such as 2026-03-02, whole numbers when all are such, else text.
    Numbers that differ only in how they are written, such as 7 and 007, are text: they may be two ids.
    """
    held = {name.casefold() for name in own}
    values: dict[str, set[str]] | None = None
    for file in files:
        found = _pairs(file)
        if values is None:
            values = {name: set() for name in found}
        values = {name: seen | {found[name]} for name, seen in values.items() if name in found}
    return {name: _kind(seen) for name, seen in (values or {}).items() if name.casefold() not in held}


def folder_values(file: str, names: Collection[str]) -> list[str]:
    """Return what the folders of ``file`` say of the columns ``names``, in their order; ``""`` for a missing value."""
    found = _pairs(file)
    return ["" if found[name] == NOTHING else found[name] for name in names]


def typed(sql: str, kind: Kind) -> str:
    """Return the SQL of a folder's column, given that of its text, which is empty for a missing value."""
    text = f"nullif({sql}, '')"
    return f"CAST({text} AS {_TYPES[kind]})" if kind in _TYPES else text


def _pairs(file: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in _PAIR.findall(file):
        if any("\ud800" <= character <= "\udfff" for character in name):
            continue  # bytes that are no text are no name of a column
        found.setdefault(name, _decoded(value))
    return found


def _decoded(value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value


def _kind(values: Collection[str]) -> Kind:
    known = [value for value in values if value not in {NOTHING, ""}]
    if known and all(map(_is_date, known)):
        return "date"
    if known and all(map(_WHOLE.fullmatch, known)) and len({int(value) for value in known}) == len(known):
        return "integer"
    return "text"


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True
