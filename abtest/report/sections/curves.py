"""Curves over the time since the start as charts: which lines and bands, and what the whole curve shows in words."""

from typing import TYPE_CHECKING

from abtest.report.figures import CountRow, CurvePlot, LinePanel, LinePoint, Series
from abtest.report.names import curve_ids
from abtest.report.sections import periods
from abtest.report.sections.measures import Measure, measure
from abtest.report.view import View, clean
from abtest.words.numbers import Scale

if TYPE_CHECKING:
    from abtest.analysis.in_time import Curve, CurveArm, CurveComparison, CurvePoint

_MOST_BARS, _ALL_BARS = 16, 80  # points whose intervals are bars: of an arm, and of all arms with room between them


def plots(view: View) -> tuple[CurvePlot, ...]:
    """Return a chart for each curve."""
    found = view.analysis.curves
    return tuple(_plot(view, curve, name) for curve, name in zip(found, curve_ids(found), strict=True))


def scale_of(curve: "Curve") -> Measure:
    """Return the scales of a curve's values and differences: one number of decimals for all of its points."""
    compared = [point for comparison in curve.comparisons for point in comparison.points]
    points = compared or [point for arm in curve.arms for point in arm.points]
    return measure(curve.unit, [(point.low, point.value, point.high) for point in points])


def kind(view: View, curve: "Curve") -> str:
    """Return what the curve shows: ``in each week``, ``so far, without the event (Kaplan–Meier)``."""
    step = view.say(f"step.name.{curve.step}")
    return view.say(f"curve.kind.{curve.kind}", step=step, cause=clean(curve.cause or ""))


def findings(view: View, curve: "Curve") -> list[str]:
    """Return a sentence for each comparison whose curve was tested as a whole."""
    return [_finding(view, curve, comparison) for comparison in curve.comparisons if comparison.test is not None]


def _finding(view: View, curve: "Curve", comparison: "CurveComparison") -> str:
    """Return what the test of a whole curve shows; steps are tested as times to an event, by a test that is named."""
    test = comparison.test
    arms = {"arm": view.arm(comparison.arm), "control": view.arm(comparison.control)}
    if test is None or test.p_value is None:
        reason = clean((test.reason if test else None) or view.say("note.unknown")).rstrip(".")
        return view.say("curve.untested", **arms, reason=reason)
    message = "curve.differs" if test.p_value < view.alpha else "curve.same"
    name = clean(test.method).lower() if curve.kind in periods.STEPPED else view.say("curve.test")
    return view.say(message, **arms, test=name, p=view.numbers.p_value(test.p_value, view.alpha))


def note(view: View, curve: "Curve") -> str:
    """Return the caption: what interval, band and the printed counts are, and what the whole curve shows."""
    compared = [point for comparison in curve.comparisons for point in comparison.points]
    points = [point for arm in curve.arms for point in arm.points] + compared
    parts = [view.say("curve.note.bars" if _bars(curve) else "curve.note.bands", confidence=view.confidence)]
    if any(point.band_low is not None for point in points):
        parts.append(view.say("curve.note.band", confidence=view.confidence))
    parts.append(
        view.say("curve.note.n.followed" if curve.kind in periods.STEPPED else f"curve.note.n.{_counted(curve)}")
    )
    return " ".join([*parts, *findings(view, curve)])


def _counted(curve: "Curve") -> str:
    return "cumulative" if curve.kind == "cumulative" else "mature"


def _plot(view: View, curve: "Curve", name: str) -> CurvePlot:
    scale = scale_of(curve)
    title = clean(curve.title)
    what = kind(view, curve)
    unit = "" if scale.fraction else clean(curve.unit)
    stepped = curve.kind in periods.STEPPED
    named = _capital(view.say("curve.panel.unit", kind=what, unit=unit) if unit else what)
    panel = LinePanel(
        named,
        tuple(_arm(view, curve, arm, scale.value) for arm in curve.arms),
        periods.axis(view, curve),
        percent=scale.fraction,
        steps=stepped,
        bars=_bars(curve),
        strides=periods.STRIDES[curve.step],
    )
    counts = tuple(
        CountRow(
            view.arm(arm.arm),
            view.place(arm.arm),
            tuple((periods.place(curve, point), view.numbers.count(point.n)) for point in arm.points),
        )
        for arm in curve.arms
    )
    return CurvePlot(
        name,
        title,
        view.join([clean(view.analysis.experiment.title), what]),
        note(view, curve),
        view.say("curve.clipped"),
        _alt(view, curve, scale),
        panel,
        view.say("curve.counts.followed" if stepped else f"curve.counts.{_counted(curve)}"),
        counts,
        tuple(_difference(view, curve, comparison, scale) for comparison in curve.comparisons),
        _differences_title(view, curve, scale) if len(curve.comparisons) > 1 else "",
        warning=view.say("chart.invalid") if view.invalid else "",
    )


def _difference(view: View, curve: "Curve", comparison: "CurveComparison", scale: Measure) -> LinePanel:
    arm = view.arm(comparison.arm)
    several = len(curve.comparisons) > 1
    lines = tuple(_point(curve, point, scale.change.factor) for point in comparison.points)
    origin = _origin(curve, 0.0)
    return LinePanel(
        arm if several else _differences_title(view, curve, scale),
        (Series(arm, view.place(comparison.arm), (*origin, *lines)),),
        periods.axis(view, curve),
        zero=True,
        steps=curve.kind in periods.STEPPED,
        bars=_bars(curve),
        strides=periods.STRIDES[curve.step],
    )


def _differences_title(view: View, curve: "Curve", scale: Measure) -> str:
    """Return what the differences are, with their arm where there is one only."""
    unit = view.say("chart.points") if scale.fraction else clean(curve.unit)
    control = view.arm(curve.comparisons[0].control)
    if len(curve.comparisons) > 1:
        message = "chart.headline.difference" if unit else "chart.headline.difference.plain"
        return view.say(message, control=control, unit=unit)
    message = "curve.difference" if unit else "curve.difference.plain"
    return view.say(message, arm=view.arm(curve.comparisons[0].arm), control=control, unit=unit)


def _bars(curve: "Curve") -> bool:
    """Whether the points are few enough that each arm's interval is a bar beside the others'."""
    most = max((len(arm.points) for arm in curve.arms), default=0)
    return curve.kind not in periods.STEPPED and most <= _MOST_BARS and most * (len(curve.arms) + 1) <= _ALL_BARS


def _arm(view: View, curve: "Curve", arm: "CurveArm", scale: Scale) -> Series:
    start = _origin(curve, scale.factor if curve.kind == "event-free" else 0.0)
    points = (*start, *(_point(curve, point, scale.factor) for point in arm.points))
    return Series(view.arm(arm.arm), view.place(arm.arm), points)


def _origin(curve: "Curve", value: float) -> tuple[LinePoint, ...]:
    """Return the point at the start, where a curve of what happened so far is known: all, or nothing."""
    known = curve.kind in ("event-free", "incidence", "cumulative")
    first = [arm.points[0] for arm in curve.arms if arm.points]
    if not known or any(point.end_day <= 0 or point.start_day > 0 for point in first):
        return ()
    return (LinePoint(0.0, value, value, value, value, value),)


def _point(curve: "Curve", point: "CurvePoint", factor: float) -> LinePoint:
    def scaled(part: float | None) -> float | None:
        return None if part is None else factor * part

    return LinePoint(
        periods.place(curve, point),
        scaled(point.value),
        scaled(point.low),
        scaled(point.high),
        scaled(point.band_low),
        scaled(point.band_high),
    )


def _alt(view: View, curve: "Curve", scale: Measure) -> str:
    """Return the chart in words: each arm's first and last value, each difference at the end."""
    arms = []
    for arm in curve.arms:
        known = [point for point in arm.points if point.value is not None]
        if not known:
            arms.append(view.say("chart.alt.values", arm=view.arm(arm.arm), value=view.numbers.missing))
            continue
        ends = [known[0], known[-1]] if len(known) > 1 else known
        values = [
            view.say(
                "chart.alt.values",
                arm=periods.name(view, curve, point),
                value=view.numbers.quantity(point.value, scale.value),
            )
            for point in ends
        ]
        arms.append(view.say("level.reading", level=view.arm(arm.arm), reading=", ".join(values)))
    return view.say("curve.alt", title=clean(curve.title), kind=kind(view, curve), values="; ".join(arms))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
