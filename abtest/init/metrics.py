"""Which metrics a draft proposes: of events, or of columns of one wide file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abtest.grammar.scalars import scalar
from abtest.init.draft import MetricDraft
from abtest.init.hints import UnsettledError
from abtest.init.looking import Column, Table, shortened
from abtest.init.scalars import Raw, Value, days
from abtest.init.timing import WindowChoice, length, span, weeks
from abtest.init.vocabulary import Nature, event_nature, joined, outcome_score, unwanted, words

_ORDER: tuple[Nature, ...] = ("activity", "engagement", "unwanted", "sent")
_MARGIN_NOTE = "the margin: how much worse it may get before nobody ships; a business decision, taken before the start"


@dataclass(frozen=True, slots=True)
class EventTable:
    """What metrics need to know of an event table. ``before``: days of a covariate window, ``None`` without past."""

    name: str
    value: str | None
    before: int | None
    value_note: str | None = None

    @property
    def nature(self) -> Nature:
        """What its events are to the business."""
        return event_nature(self.name)

    @property
    def key(self) -> str:
        """Its name, short enough to begin a metric's."""
        return self.name[:50]

    @property
    def title(self) -> str:
        """Its name for a reader."""
        return self.name.replace("_", " ").strip().capitalize() or self.name


def event_metrics(tables: Sequence[EventTable], window: WindowChoice, note: str) -> list[MetricDraft]:
    """Return one primary metric of the most telling table, and secondary metrics and guardrails of all.

    ``note`` says how the window was chosen.
    """
    main = min(tables, key=lambda table: _ORDER.index(table.nature))
    drafts = [_primary(main, window, note)]
    for table in tables:
        drafts += _further(table, window, primary=table is main)
    taken: dict[str, MetricDraft] = {}
    for draft in drafts:
        taken.setdefault(draft.name.lower(), draft)
    return list(taken.values())


def _primary(table: EventTable, window: WindowChoice, note: str) -> MetricDraft:
    low, high = (0 if table.nature == "unwanted" else window.low), window.high
    unwanted = table.nature == "unwanted"
    state = "Retained" if low else "Active"
    keys: dict[str, Value] = {
        "title": f"{table.title} in {weeks(low, high)}" if unwanted else f"{state} in {weeks(low, high)}",
        "role": "primary",
        "type": "conversion" if unwanted else "retention",
        "event": table.name,
        "window": days(low, high),
    }
    name = f"{table.key}_{span(high)}" if unwanted else f"{state.lower()}_{span(high)}"
    if unwanted:
        keys["good"] = "down"
    return MetricDraft(name, keys, note, "The one that decides. Choose it before you look at any result.")


def _further(table: EventTable, window: WindowChoice, *, primary: bool) -> Iterator[MetricDraft]:
    high = window.high
    title = f"{table.title} in {length(high)}"
    if table.nature == "unwanted":
        if not primary:
            keys: dict[str, Value] = {
                "title": title,
                "role": "guardrail",
                "type": "conversion",
                "event": table.name,
                "window": days(0, high),
                "good": "down",
                "margin": Raw("1pp"),
            }
            yield MetricDraft(f"{table.key}_{high}d", keys, _MARGIN_NOTE, "Must not get worse by more than its margin.")
        return
    keys = {"title": title, "type": "count", "event": table.name, "window": days(0, high)}
    if table.nature == "sent":
        yield MetricDraft(f"{table.key}_{high}d", {**keys, "good": "down"}, None, "What it costs: good is down.")
        return
    yield MetricDraft(f"{table.key}_{high}d", {**keys, **_covariate(table)})
    if table.value is not None:
        name = "revenue" if joined(table.value) in _MONEY else f"{table.key}_value"
        what = "Revenue" if name == "revenue" else f"{table.title}, total value"
        total: dict[str, Value] = {
            "title": f"{what} in {length(high)}",
            "type": "sum",
            "event": table.name,
            "window": days(0, high),
        }
        before = "What they did before explains part of what they do now." if table.before else None
        yield MetricDraft(
            f"{name}_{high}d", {**total, **_covariate(table)}, table.value_note, before, suggestion="unit: EUR"
        )


_MONEY = frozenset({"amount", "revenue", "price", "total", "sales", "spend", "gmv", "paid", "turnover", "value"})


def _covariate(table: EventTable) -> dict[str, Value]:
    return {"covariate": {"window": days(-table.before, 0)}} if table.before else {}


_DURATION = re.compile(
    r"(duration|tenure|lifetime|survival(_time)?|futime|follow_?up(_days)?|days(_(active|followed|observed))?"
    r"|(days|time)_(to|until|till)_\w+)",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"(is_)?(event|status|churn(ed)?|died|dead|death|observed|cancell?ed|relapsed?|fail(ed|ure)|fustat|unsubscribed|lapsed)",
    re.IGNORECASE,
)
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
    pair = _time_to_event(sound)
    if pair is not None:
        sound = [column for column in sound if column not in pair]
    behind = set(names[names.index(arm) + 1 :]) if arm in names else set()
    found = [column for column in sound if outcome_score(column.name) > 0]
    found += [c for c in sound if c not in found and c.name in behind and outcome_score(c.name) == 0]
    if not found:
        found = [column for column in sound if outcome_score(column.name) == 0]
    if not found and pair is not None:
        return Outcomes((_timed(*pair, primary=True),), ())
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
    keys = _keys([*(column.name for column in ordered), *([f"time_to_{pair[1].name}"] if pair else [])])
    metrics = [
        _metric(column, key, primary=column is main, before=before, others=len(found))
        for column, key in zip(ordered, keys, strict=False)
    ]
    if pair is not None:
        metrics.append(_timed(*pair, primary=False, key=keys[-1]))
    return Outcomes(tuple(metrics), before)


def _time_to_event(columns: Sequence[Column]) -> tuple[Column, Column] | None:
    """Return the columns of a time and of whether the event ended it, where one of each is called so."""
    times = [column for column in columns if column.kind != "flag" and _DURATION.fullmatch(column.name)]
    events = [column for column in columns if column.kind == "flag" and _EVENT.fullmatch(column.name)]
    return (times[0], events[0]) if len(times) == len(events) == 1 else None


def _timed(time: Column, event: Column, *, primary: bool, key: str = "") -> MetricDraft:
    keys: dict[str, Value] = {"title": f"Days until {' '.join(event.name.replace('_', ' ').split())}"}
    if primary:
        keys["role"] = "primary"
    keys.update({"type": "time_to_event", "duration": time.name, "event_column": event.name, "horizon": Raw("30d")})
    note = "the horizon: over how many days the mean runs; most units should have been followed that long"
    comment = f"Units count for the days in {time.name}; {event.name} says whether the event ended them."
    return MetricDraft(key or _keys([f"time_to_{event.name}"])[0], keys, note, comment)


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
