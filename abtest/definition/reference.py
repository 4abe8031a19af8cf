"""The reference of every field, as Markdown, made from the models so that it cannot drift from them.

``python -m abtest.definition.reference docs/definition.md`` rewrites the part of the page below its marker.
"""

import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from abtest.definition.assignment import Assignment, Namespace
from abtest.definition.engine_parts import part_of
from abtest.definition.model import (
    AnalysisSettings,
    Arm,
    Bayes,
    Compliance,
    CustomerWorth,
    Definition,
    Exposure,
    Library,
    MeanPrior,
    Monitoring,
    Period,
    Population,
    RatePrior,
    ReportSettings,
    Segment,
    Source,
)
from abtest.definition.plan_part import Accrual, Batch, Expected, Phase, PlanInputs, Planned, PlannedClusters
from abtest.definition.read import Forms, Read
from abtest.engines import ENGINES
from abtest.metrics import TYPES
from abtest.metrics import base as bases
from abtest.metrics.column import ColumnCovariate

MARKER = "<!-- generated below this line from the models; do not edit -->"

Model = type[pydantic.BaseModel]


def _of_type(kind: str, metric: Model) -> Iterator[tuple[str, Model]]:
    """Yield a type of metric, and the parts of which its fields are; covariates are told once for several types."""
    yield f"`type: {kind}`", metric
    held: dict[Model, list[str]] = {}
    for name, info in metric.model_fields.items():
        part = info.annotation
        if isinstance(part, type) and issubclass(part, pydantic.BaseModel):
            held.setdefault(part, []).append(f"`{name}`")
    for part, names in held.items():
        yield f"`type: {kind}`, {' and '.join(names)}", part


PARTS: list[tuple[str, Model]] = [
    ("The file", Definition),
    ("`arms[]`", Arm),
    ("`period`", Period),
    ("`population`", Population),
    ("`population.exposure`", Exposure),
    ("`data.<table>`", Source),
    ("`metrics.<name>`, every type", bases.MetricBase),
    ("`metrics.<name>`, every type with a window", bases.Timed),
    *((title, model) for kind, metric in TYPES.items() for title, model in _of_type(kind, metric)),
    ("`covariate` of event metrics", bases.Covariate),
    ("`covariate` of column metrics", ColumnCovariate),
    ("`data.<table>.read`", Read),
    ("`data.<table>.read.columns.<column>`", Forms),
    ("`segments[]`", Segment),
    ("`compliance`", Compliance),
    ("`value`", CustomerWorth),
    ("`assignment`", Assignment),
    ("`assignment.namespace`", Namespace),
    ("`analysis`", AnalysisSettings),
    ("`analysis.monitoring`", Monitoring),
    ("`analysis.bayes`", Bayes),
    ("`analysis.bayes.rate_prior`", RatePrior),
    ("`analysis.bayes.mean_priors.<metric>`", MeanPrior),
    ("`plan`", PlanInputs),
    ("`plan.metrics.<metric>`", Expected),
    ("`plan.accrual`", Accrual),
    ("`plan.accrual.batches[]`", Batch),
    ("`plan.accrual.ramp[]`", Phase),
    ("`plan.clusters`", PlannedClusters),
    ("`planned`", Planned),
    *((f"`{engine.name}`", part) for engine in ENGINES if (part := part_of(engine)) is not None),
    ("`report`", ReportSettings),
    ("A library file", Library),
]


def reference() -> str:
    """Return the tables of all parts, in the order in which a file is read."""
    sections = []
    for title, model in PARTS:
        about = " ".join((model.__doc__ or "").split())
        rows = [_row(name, info) for name, info in model.model_fields.items() if _own(model, name)]
        table = "\n".join(["| key | default | what it says |", "|---|---|---|", *rows]) if rows else ""
        sections.append(f"### {title}\n\n{about}\n\n{table}".rstrip())
    return "\n\n".join(sections) + "\n"


def _own(model: Model, name: str) -> bool:
    """Whether a metric type's field is its own; what all types share stands once."""
    shared = {**bases.MetricBase.model_fields, **bases.Timed.model_fields}
    return not (issubclass(model, bases.MetricBase) and model is not bases.MetricBase and name in shared)


def _row(name: str, info: FieldInfo) -> str:
    description = info.description or ""
    several = typing.get_origin(info.annotation) is list
    one = typing.get_args(info.annotation)[0] if several else info.annotation
    if typing.get_origin(one) is typing.Literal:
        listed = ", ".join(f"`{option}`" for option in typing.get_args(one))
        description = f"{description} {'Any' if several else 'One'} of {listed}.".strip()
    if name == "type":
        description = description or "The type of the metric; see below."
    return f"| `{name}` | {_default(info)} | {description.replace('|', '/')} |"


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined and info.default_factory is None:
        return "required"
    said = info.json_schema_extra
    # Where the model holds another value than a definition writes, such as seconds, its schema says what is written.
    value = said.get("default", info.default) if isinstance(said, dict) else info.default
    if value is None or isinstance(value, pydantic.BaseModel) or value in ([], {}):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def rewritten(page: str) -> str:
    """Return ``page`` with everything below the marker made anew."""
    return page.split(MARKER, maxsplit=1)[0] + MARKER + "\n\n" + reference()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
