"""When a metric counts, in a few words: days, calendar days or periods after the assignment or the first exposure."""

from typing import TYPE_CHECKING

from abtest.report.view import View, is_time

if TYPE_CHECKING:
    from abtest.analysis.result import MetricResult


def window(view: View, metric: "MetricResult") -> str:
    """Return ``days 28 to 56 after assignment`` or its like; an empty text for a metric without a window.

    Calendar days are named one by one, so that the last one named is the last one counted; exact days are distances.
    """
    start = view.say("start.exposure" if view.analysis.experiment.triggered else "start.assignment")
    if metric.window_periods is not None:
        return _period(view, metric, start)
    if metric.window_days is None:
        return ""
    low, high = metric.window_days
    if is_time(metric):
        return view.say("window.first", days=days(view, high), start=start)
    calendar = ".calendar" if metric.clock == "day" else ""
    if float(low).is_integer() and high - low == 1:
        return view.say(f"window{calendar}.day", day=days(view, low), start=start)
    last = high - 1 if calendar else high
    return view.say(f"window{calendar}", low=days(view, low), high=days(view, last), start=start)


def _period(view: View, metric: "MetricResult", start: str) -> str:
    low, high = metric.window_periods or (0, 0)
    first, last = view.language.ordinal(low), view.language.ordinal(high - 1)
    if first == last:
        return view.say(f"window.{metric.clock}", ordinal=first, start=start)
    return view.say(f"window.{metric.clock}.several", first=first, last=last, start=start)


def days(view: View, value: float) -> str:
    """Return a number of days with at most one decimal."""
    return view.numbers.plain(value, 0 if float(value).is_integer() else 1)
