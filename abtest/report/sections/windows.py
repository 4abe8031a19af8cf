"""When a metric counts, and the periods of curves: in a few words, and where they stand on an axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abtest.report.figures import chosen
from abtest.report.view import View, is_time

if TYPE_CHECKING:
    from abtest.analysis.in_time import Curve, CurvePoint
    from abtest.analysis.result import MetricResult

DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0}
STEPPED = ("event-free", "incidence")
NUMBERED = ("bracket", "on or after")
UNITS = {"hours": 1 / 24, "days": 1.0, "weeks": 7.0, "months": 30.0}
STRIDES = {
    "hour": (1, 2, 6, 12, 24, 48, 168, 336),
    "day": (1, 2, 7, 14, 28, 56, 91, 182, 364, 728),
    "week": (1, 2, 4, 13, 26, 52, 104),
    "month": (1, 2, 3, 6, 12, 24, 60),
}
"""Which multiples of a step are named where there is no room for all."""


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
        return view.say("window.first", length=length(view, metric, high), start=start)
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


def length(view: View, metric: "MetricResult", value: float) -> str:
    """Return a number of days in the unit of time of a time to an event: ``56 days``, ``12 weeks``."""
    unit = "days" if metric.survival is None else metric.survival.time_unit
    return view.say(f"length.{unit}", n=days(view, value / UNITS[unit]))


def days(view: View, value: float) -> str:
    """Return a number of days with at most one decimal."""
    return view.numbers.plain(value, 0 if float(value).is_integer() else 1)


def place(curve: "Curve", point: "CurvePoint") -> float:
    """Return where a point stands on the axis, in steps: at its period's number, or at its end.

    Week 1 is days [0, 7), so a period is numbered by its start; day 7 is days [7, 8), so days are numbered from 0. An
    on-or-after point ends at the horizon, wherever it starts.
    """
    if curve.kind not in NUMBERED:
        return point.end_day / DAYS[curve.step]
    return point.start_day / DAYS[curve.step] + (0 if curve.step == "day" else 1)


def period(view: View, curve: "Curve", point: "CurvePoint") -> str:
    """Return ``week 3``, ``week 3 or later`` or ``to week 3``; ``days 5 to 9`` where a period is no step of its own."""
    number = place(curve, point)
    regular = abs(number - round(number)) < 1e-9
    whole = curve.kind != "bracket" or abs(point.end_day - point.start_day - DAYS[curve.step]) < 1e-9
    if regular and whole:
        text = view.say(f"period.{curve.step}", number=view.numbers.count(round(number)))
    elif curve.kind == "bracket":
        text = view.say("period.days", low=days(view, point.start_day), high=days(view, point.end_day))
    else:
        bound = point.start_day if curve.kind in NUMBERED else point.end_day
        text = view.say("period.day", number=days(view, bound))
    if curve.kind == "bracket":
        return text
    return view.say("period.later" if curve.kind == "on or after" else "period.to", period=text)


def axis(view: View, curve: "Curve") -> str:
    """Return the axis's name: ``Weeks since assignment``, with what the first period is where that must be said."""
    start = view.say("start.exposure" if view.analysis.experiment.triggered else "start.assignment")
    kind = "numbered" if curve.kind in NUMBERED else "elapsed"
    return view.say(f"curve.axis.{kind}.{curve.step}", start=start)


def stride(places: Sequence[float], strides: Sequence[int], most: int) -> int:
    """Return the first of ``strides`` that has at most ``most`` multiples among the places, else the last one."""
    return next((step for step in strides if len(chosen(places, step)) <= most), strides[-1])
