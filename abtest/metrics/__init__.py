"""The metric types. A new one is one new file here and its name in :data:`Metric`."""

from typing import Annotated

from pydantic import Field

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
    "Quantile",
    "Ratio",
    "Retention",
    "Sum",
    "TimeToEvent",
    "ValueMetric",
]
