"""Metrics of event tables: did they come back, how often, what for, and what it cost in goodwill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abtest.init.draft import MetricDraft
from abtest.init.scalars import Raw, Value, days
from abtest.init.timing import WindowChoice, length, span, weeks
from abtest.init.vocabulary import Nature, event_nature, joined

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
    kind = "conversion" if table.nature == "unwanted" else "retention"
    state = "Retained" if low else "Active"
    keys: dict[str, Value] = {
        "title": f"{table.title} in {weeks(low, high)}" if kind == "conversion" else f"{state} in {weeks(low, high)}",
        "role": "primary",
        "type": kind,
        "event": table.name,
        "window": days(low, high),
    }
    name = f"{table.key}_{span(high)}" if kind == "conversion" else f"{state.lower()}_{span(high)}"
    if kind == "conversion":
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
