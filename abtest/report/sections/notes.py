"""The notes under a table: why a value or a bound is missing, each text once."""

from typing import TYPE_CHECKING

from abtest.report.view import View, clean

if TYPE_CHECKING:
    from abtest.analysis.result import Comparison, Effect, MetricResult


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
    reason = clean(effect.reason or comparison.reason or view.say("note.unknown"))
    if effect.estimate is not None and effect.low is None and effect.high is None:
        return notes.add(view.say("note.interval", reason=reason.rstrip(".")))
    arm = view.arm(comparison.arm)
    return notes.add(view.say("note.reason", metric=clean(metric.title), arm=arm, reason=reason))


def adjusted_note(view: View, metric: "MetricResult", effect: "Effect | None", notes: Notes) -> int | None:
    """Return the number of the note that says why there is no adjusted interval; none where there is one."""
    if effect is None or effect.estimate is None or not view.bounds_missing(metric, effect):
        return None
    return notes.add(view.say("note.adjusted", reason=clean(effect.reason or view.say("note.unknown")).rstrip(".")))


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
