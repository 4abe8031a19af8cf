"""How the comparisons were tested, said once: on which side, for one look or for all of them.

Principle: what holds for the comparisons alone is said of them alone. The arms' own intervals are two-sided and hold at
every look when the comparisons do; segments and other readings are two-sided and for one look, whatever those are.
"""

from abtest.report.blocks import Fact
from abtest.report.view import View


def intervals(view: View) -> str:
    """Return what the intervals are, for a heading: ``95 % intervals; one-sided, guardrails two-sided``."""
    parts = [view.say("intervals", confidence=view.confidence)]
    if _one_sided(view):
        parts.append(view.say("intervals.one-sided.guardrails" if _guardrails(view) else "intervals.one-sided"))
    if view.anytime:
        parts.append(view.say("intervals.anytime"))
    return "; ".join(parts)


def caption(view: View) -> str:
    """Return the sentences over the table of comparisons; none where they are two-sided and for one look."""
    return " ".join(_sentences(view))


def facts(view: View) -> list[Fact]:
    """Return the sides and the looks for the section on the method."""
    settings = view.analysis.settings
    sides = view.say("sides.two-sided")
    if _one_sided(view):
        sides = view.say("sides.one-sided.guardrails" if _guardrails(view) else "sides.one-sided")
    looks = view.say("looks.once")
    if view.anytime:
        planned = settings.planned_units
        looks = view.say("looks.anytime")
        if planned is not None:
            looks = view.say("looks.anytime.planned", planned=view.numbers.count(planned))
    elif settings.monitoring is not None:
        looks = settings.monitoring
    return [Fact(view.say("method.sides"), (sides,)), Fact(view.say("method.looks"), (looks,))]


def other(view: View, what: str, *, sides: bool = True) -> str:
    """Return how something differs from the comparisons: is two-sided, is for one look; an empty text if it does not.

    ``what``: ``own`` (the arms' intervals), ``levels`` (these beside a benchmark), ``segments``, ``readings`` or
    ``overall``, which has no ``sides``.
    """
    two_sided = sides and _one_sided(view)
    # The arms' own intervals are widened for every look as the comparisons are; the rest is not.
    one_look = view.anytime and what not in {"own", "levels"}
    how = {(True, True): "other.both", (True, False): "other.sides", (False, True): "other.looks"}
    message = how.get((two_sided, one_look))
    return view.say(message, what=view.say(f"other.{what}")) if message else ""


def topics(view: View) -> list[str]:
    """Return the guide's topics on intervals and p-values."""
    found = ["interval.anytime", "p.anytime"] if view.anytime else ["interval", "p"]
    return [*found, *(["one-sided"] if _one_sided(view) else [])]


def _sentences(view: View) -> list[str]:
    found = []
    if _one_sided(view):
        found.append(view.say("caption.one-sided.guardrails" if _guardrails(view) else "caption.one-sided"))
    if view.anytime:
        found.append(view.say("caption.anytime"))
    return found


def _one_sided(view: View) -> bool:
    return any(view.one_sided(metric) for metric in view.analysis.metrics)


def _guardrails(view: View) -> bool:
    return any(metric.role == "guardrail" for metric in view.analysis.metrics)
