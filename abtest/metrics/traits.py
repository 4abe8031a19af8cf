"""What holds of every metric of one type, for those who check, compare or show it.

Nobody outside this room asks for a type's name: a metric has its traits, and what renders from stored results, which
hold the type alone, looks them up by :func:`abtest.metrics.traits_of`.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Traits:
    """What a type of metric is.

    ``noun`` is what an error calls it. ``averages``: a share or mean over units of one number each, which further
    readings (segments, a Bayesian view, an exact test) can be of; ratios, quantiles and times are not. ``conditional``:
    the treatment can move who or what the value is taken over. ``strata`` are what the comparison is made within, what
    is shown beside it, or refused. ``margins``: it can be tested against one. ``monitored``: its intervals can hold at
    every look. ``times``: the time to an event, with medians, hazards and event-free curves. ``counts_immature``:
    immature units count too, for as long as they were followed. ``adds_up``: a difference times customers is a total.
    ``of_the_base``: it tells which customers stayed, as the retention rate of a customer base does. ``guide`` is the
    key of the words that explain it to a reader. ``sized``: what is to be known of it to say how many units it needs.
    """

    noun: str = "a metric"
    averages: bool = True
    conditional: bool = False
    strata: Literal["within", "beside", "refused"] = "within"
    margins: bool = True
    monitored: bool = True
    times: bool = False
    counts_immature: bool = False
    adds_up: bool = False
    of_the_base: bool = False
    guide: str | None = None
    sized: Literal["average", "ratio", "quantile", "time"] = "average"
