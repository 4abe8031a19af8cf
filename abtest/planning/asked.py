"""What the command line says of a plan, put over what the definition's `plan` part says."""

from collections.abc import Mapping, Sequence

import pydantic

from abtest.definition.load import Experiment
from abtest.definition.messages import problem_of
from abtest.definition.plan_part import PlanInputs
from abtest.errors import UsageError
from abtest.grammar.fields import nearest
from abtest.grammar.nodes import Plain

_OF_CLUSTERS = {"cluster_size": "size", "icc": "icc"}
_OF_ACCRUAL = ("per_week", "base")


def inputs_of(
    experiment: Experiment, by_metric: Mapping[str, Sequence[str]], others: Mapping[str, object]
) -> PlanInputs:
    """Return what is planned with: the definition's own, with options in its place.

    ``by_metric``: options such as ``retained=40%``, a text without a name being the first primary metric's. Raises
    :class:`~abtest.errors.UsageError` for an option that cannot be read.
    """
    definition = experiment.definition
    said = definition.plan or PlanInputs()
    tree = said.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    named: dict[tuple[str, ...], str] = {}
    metrics: dict[str, dict[str, object]] = tree.setdefault("metrics", {})
    for field, texts in by_metric.items():
        for text in texts:
            name, sign, value = text.partition("=")
            if not sign:
                name, value = definition.primaries[0] if definition.primaries else "", text
            if name not in definition.metrics:
                raise UsageError(f"--{field} {text}: {name!r} is not a metric{nearest(name, definition.metrics)}")
            metrics.setdefault(name, {})[field] = Plain(value.strip())
            named["metrics", name, field] = f"--{field}"
    for key, setting in others.items():
        if setting is None:
            continue
        option = f"--{key.replace('_', '-')}"
        if key in _OF_CLUSTERS:
            tree.setdefault("clusters", {})[_OF_CLUSTERS[key]] = setting
            named["clusters", _OF_CLUSTERS[key]] = option
        elif key in _OF_ACCRUAL:
            accrual = tree.setdefault("accrual", {})
            accrual[key] = setting
            if key == "per_week":
                accrual.pop("weekdays", None)
            named["accrual", key] = option
        else:
            tree[key] = setting
            named[key,] = option
    if "clusters" in tree and definition.cluster is None:
        raise UsageError("--cluster-size and --icc: have no meaning without `cluster` in the definition")
    try:
        return PlanInputs.model_validate(tree)
    except pydantic.ValidationError as error:
        raise UsageError(_said(error, named)) from None


def _said(error: pydantic.ValidationError, named: Mapping[tuple[str, ...], str]) -> str:
    entry = error.errors(include_url=False)[0]
    place = tuple(str(part) for part in entry["loc"])
    problem = problem_of(
        PlanInputs, entry["loc"], entry["type"], entry.get("input"), entry.get("ctx") or {}, entry["msg"]
    )
    option = next((name for path, name in named.items() if place[: len(path)] == path), None)
    if option is None and place[:1] == ("clusters",):
        option = "--cluster-size and --icc"
    return f"{option or 'plan.' + '.'.join(place)}: {problem.message}"
