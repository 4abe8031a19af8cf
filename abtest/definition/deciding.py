"""Which changes after the lock touch what decides: who is compared, on what, and how it is tested.

Principle: a field decides when another value of it could change the recommendation or the population that it is about.
Titles, pictures, files' names and what stands beside the tests do not; data that reach further than was planned do
not either, data that end earlier do.
"""

from collections.abc import Mapping, Sequence

from abtest.definition.lock import Deviation, Lock
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition

_WHOLE = frozenset({"population", "unit", "timezone", "cluster", "period", "planned"})
_DRAWING = frozenset({"salt", "at"})
"""Fields of `assignment` by which arms are drawn; the others say how another tool's arms are audited."""
_ARM_TEXTS = frozenset({"title", "description"})
_METRIC_TEXTS = frozenset({"title", "description", "unit", "benchmark", "goal", "curve", "landmarks"})
"""Fields of a metric that no test uses."""
_PLACES = frozenset({"path", "table", "database"})
_BESIDE = frozenset({"odds_ratio", "bayes", "permutation", "bootstrap"})
"""Settings that add a view and change no decision."""
_DECIDING = frozenset({"primary", "guardrail"})


def deciding(lock: Lock, definition: Definition, deviations: Sequence[Deviation]) -> list[Deviation]:
    """Return the deviations that touch what decides, in their order."""
    return [deviation for deviation in deviations if _decides(deviation, lock.definition, definition)]


def _decides(deviation: Deviation, locked: Mapping[str, object], present: Definition) -> bool:
    head, _, rest = deviation.key.partition(".")
    section, field = head.partition("[")[0], rest.rpartition(".")[2]
    if section == "metrics":
        name, _, of_metric = rest.partition(".")
        changed = of_metric.partition(".")[0].partition("[")[0]
        return changed not in _METRIC_TEXTS and _role_decides(name, locked, present)
    if section == "data":
        return field not in _PLACES and rest.partition(".")[0] in _deciding_sources(present)
    if section == "analysis":
        return rest.partition(".")[0] not in _BESIDE
    if section == "arms":
        return field not in _ARM_TEXTS
    if section == "assignment":
        return field in _DRAWING
    if section == "period" and rest == "through":
        return _earlier(deviation)
    return section in _WHOLE


def _role_decides(name: str, locked: Mapping[str, object], present: Definition) -> bool:
    """Whether the metric decided when it was locked, or does now; a secondary one does behind a gate."""
    metrics = locked.get("metrics")
    before = metrics.get(name) if isinstance(metrics, Mapping) else None
    roles = [before.get("role", "secondary")] if isinstance(before, Mapping) else []
    if name in present.metrics:
        roles.append(present.metrics[name].role)
    # What stands in a lock that somebody edited may be anything, a list or a mapping too.
    return any(isinstance(role, str) and role in _DECIDING for role in roles) or present.analysis.gatekeeping


def _deciding_sources(present: Definition) -> set[str]:
    """Return the tables that say who is compared, or what decides."""
    every = present.analysis.gatekeeping
    metrics = [name for name, metric in present.metrics.items() if every or metric.role in _DECIDING]
    used = {part.source for name in metrics for part in present.outcome(name).parts}
    exposure = present.population.exposure
    return used | {CUSTOMERS, ASSIGNMENTS} | ({exposure.event} if exposure is not None else set())


def _earlier(deviation: Deviation) -> bool:
    """Whether the data's end was brought forward, first set after the lock, or left to the data.

    ISO days compare as texts.
    """
    return deviation.new is None or deviation.old is None or deviation.new < deviation.old
