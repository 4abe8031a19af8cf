"""The metric types: each is one file. A new one is a new file here and its name in :data:`Metric`.

A type says which fields its YAML has, what it asks of the warehouse for each unit, which method compares the arms, and
what others may want to know of it (:class:`~abtest.metrics.traits.Traits`), so that nobody asks for its name.
"""

from collections.abc import Iterable
from typing import Annotated, get_args

from pydantic import Field

from abtest.metrics.active_periods import ActivePeriods
from abtest.metrics.base import EventBase, EventMetric, MetricBase, ValueMetric
from abtest.metrics.column import Column
from abtest.metrics.conversion import Conversion
from abtest.metrics.count import Count
from abtest.metrics.mean import Mean
from abtest.metrics.quantile import Quantile
from abtest.metrics.ratio import Ratio
from abtest.metrics.retention import Retention
from abtest.metrics.sum import Sum
from abtest.metrics.time_to_event import TimeToEvent
from abtest.metrics.traits import Traits

Metric = Annotated[
    Retention | Conversion | Count | ActivePeriods | Sum | Mean | Ratio | Quantile | TimeToEvent | Column,
    Field(discriminator="type"),
]

TYPES: dict[str, type[MetricBase]] = {
    get_args(metric.model_fields["type"].annotation)[0]: metric for metric in get_args(get_args(Metric)[0])
}
"""The metric types by what the YAML calls them, in the order in which they are told."""


def traits_of(kind: str) -> Traits:
    """Return the traits of the metric type ``kind``, for what reads stored results; of an unknown one, the common."""
    return TYPES[kind].traits if kind in TYPES else Traits()


def guides(kinds: Iterable[str]) -> list[str]:
    """Return the keys of the words that explain some types to a reader, each once, in the order of :data:`TYPES`."""
    found = {traits_of(kind).guide for kind in kinds}
    return [guide for metric in TYPES.values() if (guide := metric.traits.guide) is not None and guide in found]


__all__ = [
    "TYPES",
    "Column",
    "Conversion",
    "Count",
    "EventBase",
    "EventMetric",
    "Mean",
    "Metric",
    "MetricBase",
    "Quantile",
    "Ratio",
    "Retention",
    "Sum",
    "TimeToEvent",
    "Traits",
    "ValueMetric",
    "guides",
    "traits_of",
]
