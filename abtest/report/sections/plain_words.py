"""Effects on rates in plain words: how many more or fewer in a round number of units, and one in how many.

Principle: an effect is said in one base everywhere, the smallest round one that shows its interval.
"""

import math
from typing import TYPE_CHECKING, Literal

from abtest.report.blocks import Cell, Column, Paragraph, RowGroup, Table
from abtest.report.sections.cells import Notes, missing_note
from abtest.report.view import View, shown
from abtest.words.scales import width
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import PlainWords
    from abtest.analysis.result import Comparison, Effect, MetricResult

Kind = Literal["benefit", "harm"]
_PER = 1000  # the base of the results' own numbers


def sentence(view: View, metric: "MetricResult", lead: "Comparison") -> str:
    """Return the effect on a rate as a natural frequency, then one more or fewer in how many; empty for others.

    The second comes with its interval only where that is the interval on display: the unadjusted one.
    """
    effect = shown(lead).difference
    base = _base(effect)
    if not metric.is_rate or effect.estimate is None or base is None:
        return ""
    name = view.interval_name(metric, adjusted=shown(lead).adjusted)
    frequency = view.say(
        "headline.more" if effect.estimate >= 0 else "headline.fewer",
        estimate=view.numbers.count(abs(round(base * effect.estimate))),
        base=view.numbers.count(base),
        arm=view.arm(lead.arm),
        interval_name=name,
        interval=_counted_range(view, effect, base),
    )
    words = lead.in_words
    if words is None or words.needed is None or words.needed_kind is None:
        return frequency
    one = _one(view, metric, words.needed, words.needed_kind)
    interval = "" if shown(lead).adjusted else needed_range(view, metric, words)
    message = "headline.needed" if interval else "headline.needed.open"
    return f"{frequency} {view.say(message, one=one, interval_name=name, interval=interval)}"


def table(view: View) -> Table | None:
    """Return all effects on rates in plain words; ``None`` where the analysis has none."""
    notes = Notes()
    groups = []
    for metric in view.analysis.metrics:
        rows = tuple(_row(view, metric, c, c.in_words, notes) for c in metric.comparisons if c.in_words is not None)
        if rows:
            groups.append(RowGroup(rows, clean(metric.title), view.say(f"good.{metric.good}")))
    if not groups:
        return None
    columns = (
        Column(view.say("column.arm"), weight=3),
        Column(view.say("column.words.per"), "right"),
        Column(view.say("column.words.range"), "right", 4),
        Column(view.say("column.words.needed"), "right"),
        Column(view.say("column.words.range"), "right", 5),
    )
    adjusted = any(shown(c).adjusted for metric in view.analysis.metrics for c in metric.comparisons if c.in_words)
    lead = view.say("table.words.lead.adjusted" if adjusted else "table.words.lead", confidence=view.confidence)
    return Table(
        view.say("table.words", control=view.control),
        columns,
        tuple(groups),
        notes.texts,
        muted=view.invalid,
        lead=Paragraph(lead),
    )


def _row(
    view: View, metric: "MetricResult", comparison: "Comparison", words: "PlainWords", notes: Notes
) -> tuple[Cell, ...]:
    found = words.per_thousand
    parts = tuple(None if part is None else part / _PER for part in (found.low, found.estimate, found.high))
    low, estimate, high = parts
    effect = found.model_copy(update={"low": low, "estimate": estimate, "high": high})
    base = _base(effect) or _PER
    note = missing_note(view, comparison.arm, (low, estimate, high), view.why(found) or view.why(comparison), notes)
    if estimate is None:
        frequency, around = view.numbers.missing, ""
    else:
        count = _counted(view, round(base * estimate))
        frequency = view.say("words.per", count=count, base=view.numbers.count(base))
        around = _counted_range(view, effect, base) if note is None else ""
    one = view.say("headline.count.same") if estimate == 0 else view.numbers.missing
    if words.needed is not None and words.needed_kind is not None:
        one = _one(view, metric, words.needed, words.needed_kind)
    return (
        Cell(view.arm(comparison.arm)),
        Cell(frequency, note=note),
        Cell(around),
        Cell(one),
        Cell(needed_range(view, metric, words)),
    )


def needed_range(view: View, metric: "MetricResult", words: "PlainWords") -> str:
    """Return the interval of a number needed to treat: ``1 more in 20 to 1 more in 53``.

    One that passes infinity is said so: ``1 more in 20, through no change, to 1 fewer in 150``. Without one bound it
    is ``at worst 1 more in 53`` or ``at best 1 fewer in 9``.
    """
    best = _end(view, metric, words.needed_best, words.needed_best_kind)
    worst = _end(view, metric, words.needed_worst, words.needed_worst_kind)
    if best and worst:
        return view.say("words.through" if words.passes_infinity else "headline.range", low=best, high=worst)
    if worst:
        return view.say("words.worst", one=worst)
    return view.say("words.best", one=best) if best else ""


def _end(view: View, metric: "MetricResult", number: float | None, kind: Kind | None) -> str:
    """Return an end of the interval; infinitely many is no change, and no end at all is empty."""
    if kind is None:
        return ""
    return view.say("headline.count.same") if number is None else _one(view, metric, number, kind)


def _one(view: View, metric: "MetricResult", number: float, kind: Kind) -> str:
    """Return ``1 more in 28``: the next whole number, since treating fewer would not be enough."""
    more = (kind == "benefit") == (metric.good == "up")
    whole = max(1, math.ceil(number - 1e-9))
    return view.say("words.one.more" if more else "words.one.fewer", number=view.numbers.count(whole))


def _base(effect: "Effect") -> int | None:
    """Return the smallest round number of units among which the interval spans five or more."""
    found = width(effect.low, effect.estimate, effect.high)
    if found is None:
        return None
    return next((b for b in (1_000, 10_000, 100_000) if b * found >= 5), 1_000_000)


def _counted(view: View, number: int) -> str:
    name = "same" if number == 0 else "more" if number > 0 else "fewer"
    return view.say(f"headline.count.{name}", count=view.numbers.count(abs(number)))


def _counted_range(view: View, effect: "Effect", base: int) -> str:
    """Return ``19 more to 51 more``, with one bound ``at least 19 more`` or ``at most 3 fewer``."""
    if effect.low is not None and effect.high is not None:
        low, high = (_counted(view, round(base * bound)) for bound in (effect.low, effect.high))
        return view.say("headline.range", low=low, high=high)
    bound, outward = (effect.high, -1) if effect.low is None else (effect.low, 1)
    number = round(base * (bound or 0.0))
    if number == 0:
        return view.say("headline.bound.no fewer" if outward > 0 else "headline.bound.no more")
    message = "headline.bound.least" if number * outward > 0 else "headline.bound.most"
    return view.say(message, count=_counted(view, number))
