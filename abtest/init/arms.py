"""Which column holds the arms, which of them is the control, and how often each is sent to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from abtest.definition.model import MAX_ARMS
from abtest.engines.engine import Engine
from abtest.errors import UsageError
from abtest.grammar.fields import nearest
from abtest.init.hints import Hints, UnsettledError
from abtest.init.looking import Column, Table, levels, shortened
from abtest.init.vocabulary import arm_score, cadence_days, control_score, id_score
from abtest.words.names import is_common, looks_like_arm, repr_of, shape
from abtest.words.visible import hidden

_STRONG = 50
_FEW = 20
"""Levels that a column may have to be taken for the arms unasked."""
_ROWS_EACH = 3
"""Rows below which a value may be their own, unless it is nearly another or a word that names arms everywhere."""
_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class ArmColumn:
    """The arm column and its levels, the control first. ``notes``: what to check about the column and the control."""

    column: str
    levels: tuple[str, ...]
    cadences: tuple[int | None, ...]
    column_note: str | None
    control_note: str | None


def find_arms(engine: Engine, table: Table, hints: Hints) -> ArmColumn:
    """Return the arms of ``table``. Raises :class:`~abtest.init.hints.UnsettledError` when there is no telling."""
    if hints.arm is not None:
        if not table.has(hints.arm):
            near = nearest(hints.arm, [column.name for column in table.columns]) or f"; its columns: {table.listed}"
            raise UsageError(f"--arm {hints.arm}: no such column in {table.file}{near}")
        found = levels(engine, table, hints.arm, MAX_ARMS)
        return _settled(table, hints.arm, _checked(table, hints.arm, found), None, hints)
    column, names, note = _guess(engine, table)
    return _settled(table, column, names, note, hints)


def _guess(engine: Engine, table: Table) -> tuple[str, list[str], str | None]:
    strong = sorted(
        (column for column in table.columns if arm_score(column.name) >= _STRONG and column.kind in _KINDS),
        key=lambda column: -arm_score(column.name),
    )
    refused: UnsettledError | None = None
    fitting: dict[str, list[str]] = {}
    for column in strong:
        found = levels(engine, table, column.name, MAX_ARMS) if column.distinct <= 2 * MAX_ARMS else None
        try:
            names = _checked(table, column.name, found)
        except UnsettledError as error:
            refused = refused or error
            continue
        if len(names) <= _FEW:
            fitting[column.name] = names
    if fitting:
        # A segment may be an arm (of a campaign) or not; the one with a control among its levels is.
        best = max(fitting, key=lambda name: arm_score(name) + (30 if _has_control(fitting[name]) else 0))
        rest = [name for name in fitting if name != best]
        return best, fitting[best], f"the arm column; {shortened(rest)} could be it too" if rest else None
    weak: dict[str, Mapping[str, int]] = {}
    for column in table.of_kind("text", "flag"):
        if column in strong or column.distinct > 2 * _FEW or id_score(column.name, table.name) >= _STRONG:
            continue
        names_or_none = levels(engine, table, column.name, _FEW)
        if names_or_none is not None and len(names_or_none) >= 2 and _can_be_arms(names_or_none):
            weak[column.name] = names_or_none
    telling = [name for name, found in weak.items() if column_tells(list(found))]
    chosen = telling if telling else list(weak) if table.name == "assignments" else []
    if len(chosen) == 1:
        return chosen[0], _checked(table, chosen[0], weak[chosen[0]]), "taken for the arm column by what stands in it"
    if refused is not None and not chosen:
        raise refused
    few = f" (few levels: {shortened(list(weak))})" if weak else ""
    raise UnsettledError(
        f"{table.file}: no column is known as the arm; its columns: {table.listed}{few}; "
        "name it with --arm COLUMN" + ("" if table.name == "assignments" else ", or give --assignments FILE"),
        "arm",
        table,
    )


_KINDS = {"text", "flag", "integer", "number"}


def column_tells(names: Sequence[str]) -> bool:
    """Whether the levels of a column that is not called an arm can only be arms: one is called control or holdout."""
    return sum(control_score(name) >= 90 for name in names) == 1


def _has_control(names: Sequence[str]) -> bool:
    return any(control_score(name) >= 65 for name in names)


def _checked(table: Table, column: str, found: Mapping[str, int] | None) -> list[str]:
    """Return the levels of an arm column when they can be arms."""
    if found is None:
        many = table.column(column).distinct
        raise UnsettledError(
            f"{table.file}: column {column!r} has about {many:,} different values, and an experiment at most "
            f"{MAX_ARMS} arms; name the arm column with --arm COLUMN",
            "arm",
            table,
        )
    if len(found) < 2:
        one = f" ({repr_of(next(iter(found)))})" if found and _can_be_arms(found) else ""
        what = f"holds one arm only{one}" if found else "is empty"
        raise UnsettledError(
            f"{table.file}: column {column!r} {what}; a comparison needs two arms: was the control exported? "
            "Name another column with --arm COLUMN",
            "arm",
            table,
        )
    if not _can_be_arms(found):
        own = next((name for name in found if not looks_like_arm(name)), min(found, key=lambda name: found[name]))
        raise UnsettledError(
            f"{table.file}: column {column!r} holds {len(found)} values, such as one of the form {shape(own)}, that "
            "may be a customer's own and not names of arms; correct them, or name the arm column with --arm COLUMN",
            "arm",
            table,
        )
    odd = next((name for name in found if name != name.strip() or hidden(name) or len(name) > 200), None)
    if odd is not None:
        raise UnsettledError(
            f"{table.file}: column {column!r} has a level with a hidden character, blanks at its ends or more than "
            "200 characters, which a definition cannot name; correct it, or name another column with --arm COLUMN",
            "arm",
            table,
        )
    return list(found)


def _can_be_arms(found: Mapping[str, int]) -> bool:
    """Whether values can be arms: each looks like a name of one, and is shared by several rows or a slip of one."""
    shared = [name for name, rows in found.items() if rows >= _ROWS_EACH]
    return all(
        looks_like_arm(name)
        and (rows >= _ROWS_EACH or len(name) == 1 or is_common(name) or bool(get_close_matches(name, shared, 1, _NEAR)))
        for name, rows in found.items()
    )


def _settled(table: Table, column: str, names: list[str], note: str | None, hints: Hints) -> ArmColumn:
    cadences = [cadence_days(name) for name in names]
    if None in cadences or len(set(cadences)) == 1:
        cadences = [None] * len(names)
    control, control_note = _control(names, cadences, hints, table, column)
    order = [control, *(name for name in sorted(names, key=_natural) if name != control)]
    by_name = dict(zip(names, cadences, strict=True))
    return ArmColumn(column, tuple(order), tuple(by_name[name] for name in order), note, control_note)


def _control(
    names: Sequence[str], cadences: Sequence[int | None], hints: Hints, table: Table, column: str
) -> tuple[str, str | None]:
    if hints.control is not None:
        wanted = hints.control.strip()
        if wanted not in names:
            near = nearest(wanted, names) or f"; the arms are {', '.join(names)}"
            raise UsageError(f"--control {wanted}: no such arm in column {column!r} of {table.file}{near}")
        return wanted, None
    scores = {name: control_score(name) for name in names}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] and list(scores.values()).count(scores[best]) == 1:
        return best, f"{best} is the control, by its name"
    known = [days for days in cadences if days is not None]
    if known and known.count(max(known)) == 1:
        longest = names[list(cadences).index(max(known))]
        return longest, f"{longest} is the control, for its longer cadence"
    first = min(names, key=_natural)
    return first, f"nothing says which arm is the control; {first} stands here for being the first"


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort ``gate_30`` before ``gate_100``."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def is_category(column: Column) -> bool:
    """Whether a column has few levels, as a segment does."""
    return column.kind in {"text", "flag"} and 2 <= column.distinct <= 12
