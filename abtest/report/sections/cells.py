"""The cells of tables and the notes under them: effects with their intervals, and why a value or a bound is missing."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Cell
from abtest.report.view import View, is_time
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MetricResult


class Notes:
    """Collects a table's notes; the same text gets the same number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> int:
        """Return the number of the note ``text``, from 1."""
        if text not in self._texts:
            self._texts.append(text)
        return self._texts.index(text) + 1

    @property
    def texts(self) -> tuple[str, ...]:
        """The notes in the order of their numbers."""
        return tuple(self._texts)


def effect_note(
    view: View, metric: "MetricResult", comparison: "Comparison", effect: "Effect", notes: Notes
) -> int | None:
    """Return the number of the note that says why the effect has no estimate, or lacks a bound it should have.

    Why there is an estimate and no interval at all is said once for all effects of which it is true.
    """
    if effect.estimate is not None and not view.bounds_missing(metric, effect):
        return None
    reason = clean(view.why(effect) or view.why(comparison) or view.say("note.unknown"))
    if effect.estimate is not None and effect.low is None and effect.high is None:
        return notes.add(view.say("note.interval", reason=reason.rstrip(".")))
    arm = view.arm(comparison.arm)
    return notes.add(view.say("note.reason", metric=clean(metric.title), arm=arm, reason=reason))


def adjusted_note(view: View, metric: "MetricResult", effect: "Effect | None", notes: Notes) -> int | None:
    """Return the number of the note that says why there is no adjusted interval; none where there is one."""
    if effect is None or effect.estimate is None or not view.bounds_missing(metric, effect):
        return None
    return notes.add(view.say("note.adjusted", reason=clean(view.why(effect) or view.say("note.unknown")).rstrip(".")))


def missing_note(
    view: View, arm: str, found: tuple[float | None, float | None, float | None], reason: str | None, notes: Notes
) -> int | None:
    """Return the number of the note that says why an arm's estimate is missing, or its interval is.

    ``found``: low bound, estimate, high bound. One bound is enough for an interval.
    """
    low, estimate, high = found
    if estimate is not None and (low is not None or high is not None):
        return None
    text = clean(reason or view.say("note.unknown"))
    return notes.add(view.say("note.arm", arm=view.arm(arm), reason=text))


def effect_cell(view: View, effects: "tuple[Effect, Effect | None]", scale: Scale, note: int | None) -> Cell:
    """Return the estimate over its interval, over the adjusted interval where that is another one."""
    effect, adjusted = effects
    interval = view.numbers.interval
    text = view.numbers.quantity(effect.estimate, scale, signed=True)
    lines = []
    if effect.low is not None or effect.high is not None:
        lines.append(interval(effect.low, effect.high, scale, signed=True))
    if adjusted is not None and (adjusted.low, adjusted.high) != (effect.low, effect.high):
        lines.append(view.say("cell.adjusted", interval=interval(adjusted.low, adjusted.high, scale, signed=True)))
    return Cell(text, tuple(lines), note=note)


def units_cell(view: View, metric: "MetricResult", result: "ArmResult", notes: Notes) -> Cell:
    """Return the units; a time to an event uses those whose window is still open too."""
    note = notes.add(view.say("note.followed")) if is_time(metric) else None
    return Cell(view.numbers.count(result.n), note=note)


def value_cell(view: View, metric: "MetricResult", result: "ArmResult", scale: Scale, notes: Notes) -> Cell:
    """Return an arm's value, or the note that says why there is none."""
    if result.value is not None:
        return Cell(view.numbers.quantity(result.value, scale))
    reason = clean(view.why(result) or view.say("note.unknown"))
    note = view.say("note.reason", metric=clean(metric.title), arm=view.arm(result.arm), reason=reason)
    return Cell(view.numbers.missing, note=notes.add(note))


def group_title(view: View, metric: "MetricResult", comparison: "Comparison") -> str:
    """Return the title of rows about one comparison: the metric's, with the arm where there are several."""
    title = clean(metric.title)
    if len(metric.comparisons) == 1:
        return title
    return view.say("glance.label", metric=title, arm=view.arm(comparison.arm))
