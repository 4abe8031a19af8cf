"""The hashes by which arms are drawn: ours, and those of other tools, one file each. A new one is a file and a line."""

from typing import TYPE_CHECKING

from abtest.assignment.hashes import eppo, growthbook, launchdarkly, optimizely, ours, posthog, split, statsig, unleash
from abtest.assignment.hashes.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from abtest.definition.model import Definition

PLANS: "dict[str, Callable[[Definition], Plan]]" = {
    "abtest": ours.plan,
    "growthbook-v1": growthbook.plan_v1,
    "growthbook-v2": growthbook.plan_v2,
    "posthog": posthog.plan,
    "launchdarkly": launchdarkly.plan,
    "optimizely": optimizely.plan,
    "split": split.plan,
    "unleash": unleash.plan,
    "eppo": eppo.plan,
    "statsig": statsig.plan,
}


def plan_of(definition: "Definition") -> Plan:
    """Return how the tool that the definition names draws its arms."""
    return PLANS[definition.assignment.hash](definition)
