"""Metrics of a wide file: its outcome columns, told from what was known before by name and place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from abtest.init.draft import MetricDraft
from abtest.init.hints import UnsettledError
from abtest.init.looking import Column, Table, shortened
from abtest.init.scalars import Raw, Value, scalar
from abtest.init.vocabulary import outcome_score, unwanted, words

_SOME = 20
_APART = 0.9
"""Share of different values (an estimate) from which whole numbers are taken for row numbers, in so many rows."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The metrics drafted from columns, and the number columns that were left out as known before."""

    metrics: tuple[MetricDraft, ...]
    before: tuple[str, ...]


def column_metrics(table: Table, arm: str | None, taken: set[str]) -> Outcomes:
    """Return a metric for each outcome column of ``table``; ``taken`` columns (id, arm, …) are none.

    An outcome is called like one, or stands behind the arm and is not called like something known before. Raises
    :class:`~abtest.init.hints.UnsettledError` when there is no outcome.
    """
    numeric = [column for column in table.columns if column.numeric and column.name not in taken]
    sound = [column for column in numeric if not column.unreadable and not _row_number(column)]
    names = [column.name for column in table.columns]
    behind = set(names[names.index(arm) + 1 :]) if arm in names else set()
    found = [column for column in sound if outcome_score(column.name) > 0]
    found += [c for c in sound if c not in found and c.name in behind and outcome_score(c.name) == 0]
    if not found:
        found = [column for column in sound if outcome_score(column.name) == 0]
    if not found:
        raise UnsettledError(
            f"{table.file}: no outcome column was found: no column of numbers, 0/1 or true/false besides "
            f"{shortened(sorted(taken)) or 'these'}; its columns: {table.listed}; give event tables with --orders FILE "
            "or --events NAME=FILE",
            "value",
        )
    found.sort(key=lambda column: names.index(column.name))
    main = max(found, key=_plausible)
    # What was known before explains an outcome best when it is an amount: amounts go first.
    known = sorted((column for column in sound if column not in found), key=lambda column: column.kind != "number")
    before = tuple(column.name for column in known)
    ordered = [main, *(column for column in found if column is not main)]
    keys = _keys([column.name for column in ordered])
    return Outcomes(
        tuple(
            _metric(column, key, primary=column is main, before=before, others=len(found))
            for column, key in zip(ordered, keys, strict=True)
        ),
        before,
    )


def _row_number(column: Column) -> bool:
    """Whether a column of whole numbers only tells rows apart: an id that is not called one, or an exported index."""
    apart = column.kind == "integer" and column.filled >= _SOME and column.distinct >= _APART * column.filled
    return bool(re.fullmatch(r"unnamed_\d+", column.name)) or (apart and outcome_score(column.name) == 0)


def _plausible(column: Column) -> tuple[bool, int, int]:
    """Rank a column as primary: a rate before a mean, kept before bought before visited, day 7 before day 1."""
    numbers = [int(part) for part in re.findall(r"\d{1,4}", column.name)]
    return column.kind == "flag", outcome_score(column.name), max(numbers, default=0)


def _metric(column: Column, key: str, *, primary: bool, before: Sequence[str], others: int) -> MetricDraft:
    bad = unwanted(column.name)
    guard = bad and not primary and column.kind == "flag"
    keys: dict[str, Value] = {"title": " ".join(column.name.replace("_", " ").split()).capitalize() or column.name}
    if primary or guard:
        keys["role"] = "primary" if primary else "guardrail"
    keys["type"] = "column"
    if key != column.name:
        keys["column"] = column.name
    if bad:
        keys["good"] = "down"
    note = comment = suggestion = None
    if guard:
        keys["margin"] = Raw("1pp")
        note = "the margin: how much worse it may get before nobody ships; a business decision, taken before the start"
        comment = "Must not get worse by more than its margin."
    if primary:
        comment = "The one that decides. Choose it before you look at any result."
        what = "the likeliest outcome by name" if others > 1 else "the only outcome found"
        note = what if column.kind == "flag" else f"{what}; it is compared as a mean, no outcome is a plain yes or no"
    elif column.kind != "flag" and before:
        suggestion = f"covariate: {{column: {scalar(before[0])}}}"
    return MetricDraft(key, keys, note, comment, suggestion)


def _keys(columns: Sequence[str]) -> list[str]:
    """Return a metric's key for each column: letters, digits and '_', all different in lower case too."""
    keys: list[str] = []
    for column in columns:
        plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", column)
        key = column if plain else "_".join(re.findall(r"[a-z0-9]+", " ".join(words(column)))) or "outcome"
        key = (key if re.match(r"[A-Za-z_]", key) else f"outcome_{key}")[:56]
        taken = {other.lower() for other in keys}
        unique, number = key, 2
        while unique.lower() in taken:
            unique, number = f"{key}_{number}", number + 1
        keys.append(unique)
    return keys
