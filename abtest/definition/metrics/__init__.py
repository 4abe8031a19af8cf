"""The metric types. A new one is one new file here and its name in :data:`Metric`."""

from typing import Annotated

from pydantic import Field

from abtest.definition.metrics.base import EventBase, EventMetric, MetricBase, Outcome, ValueMetric
from abtest.definition.metrics.column import Column
from abtest.definition.metrics.conversion import Conversion
from abtest.definition.metrics.count import Count
from abtest.definition.metrics.mean import Mean
from abtest.definition.metrics.quantile import Quantile
from abtest.definition.metrics.ratio import Ratio
from abtest.definition.metrics.retention import Retention
from abtest.definition.metrics.sum import Sum
from abtest.definition.metrics.time_to_event import TimeToEvent

Metric = Annotated[
    Retention | Conversion | Count | Sum | Mean | Ratio | Quantile | TimeToEvent | Column, Field(discriminator="type")
]

__all__ = [
    "Column",
    "Conversion",
    "Count",
    "EventBase",
    "EventMetric",
    "Mean",
    "Metric",
    "MetricBase",
    "Outcome",
    "Quantile",
    "Ratio",
    "Retention",
    "Sum",
    "TimeToEvent",
    "ValueMetric",
]
