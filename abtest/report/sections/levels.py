"""Benchmark and goal: the levels that the definition names, and where each arm's value lies beside them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from abtest.report.blocks import Line
from abtest.report.view import View
from abtest.words.numbers import Scale, reveal_zero
from abtest.words.scales import exact, scales

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, LevelReading, MetricResult

_READINGS: tuple[Literal["above", "below", "not distinguished"], ...] = ("above", "below", "not distinguished")


def readings(view: View, metric: "MetricResult", result: "ArmResult | None") -> tuple[str, ...]:
    """Return a text for each level beside the arm's value: ``benchmark 45 %: above``."""
    return tuple(
        view.say("level.reading", level=_name(view, metric, level), reading=view.say(f"level.{level.reading}"))
        for level in (result.against if result else ())
    )


def finding(view: View, metric: "MetricResult") -> str:
    """Return all arms beside each level, as in ``Benchmark 45 %: weekly above; biweekly, daily not distinguished``."""
    return " ".join(
        view.say("level.finding", level=_capital(_name(view, metric, level)), arms=_arms(view, metric, level.kind))
        for level in _levels(metric)
    )


def _arms(view: View, metric: "MetricResult", kind: str) -> str:
    """Return the arms above, below and not distinguished from a level; that all are alike is said shortly."""
    found = [(view.arm(arm.arm), other.reading) for arm in metric.arms for other in arm.against if other.kind == kind]
    groups = {reading: [arm for arm, other in found if other == reading] for reading in _READINGS}
    said = {reading: view.say(f"level.{reading}") for reading in _READINGS}
    if len(found) > 1 and any(len(arms) == len(found) for arms in groups.values()):
        return view.say("level.all", reading=said[found[0][1]])
    return "; ".join(
        view.say("level.arm", arm=", ".join(arms), reading=said[reading]) for reading, arms in groups.items() if arms
    )


def lines(view: View, metric: "MetricResult") -> tuple[Line, ...]:
    """Return the lines that mark the levels on a chart of the metric's values, in the axis's unit."""
    scale = scales(metric).value
    bare = Scale(scale.factor, scale.decimals, scale.pattern if metric.is_rate else None)
    return tuple(
        Line(scale.factor * level.level, _name(view, metric, level, bare), dotted=level.kind == "goal")
        for level in _levels(metric)
    )


def telling(metric: "MetricResult", scale: Scale) -> Scale:
    """Return ``scale`` with the decimals that show on which side of its level each bound of an arm lies."""
    distances = [
        scale.factor * (bound - level.level)
        for arm in metric.arms
        for level in arm.against
        for bound in (arm.low, arm.high)
        if bound is not None
    ]
    return replace(scale, decimals=reveal_zero(distances, scale.decimals))


def _levels(metric: "MetricResult") -> "list[LevelReading]":
    """Return the metric's levels, each kind once."""
    found = {level.kind: level for arm in metric.arms for level in arm.against}
    return [found[kind] for kind in ("benchmark", "goal") if kind in found]


def _name(view: View, metric: "MetricResult", level: "LevelReading", scale: Scale | None = None) -> str:
    shown = exact(scale or scales(metric).value, level.level)
    return view.say(f"level.{level.kind}", value=view.numbers.quantity(level.level, shown))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
