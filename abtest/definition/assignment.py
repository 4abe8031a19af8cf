"""How arms are drawn: by whose hash, with which salts, and over which part of the units."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, WithJsonSchema

from abtest.grammar.fields import Number, Text, Whole
from abtest.grammar.nodes import Plain, Problem
from abtest.grammar.part import Part

if TYPE_CHECKING:
    from abtest.definition.model import Definition

OURS = "abtest"
HASHES: dict[str, frozenset[str]] = {
    OURS: frozenset({"salt"}),
    "growthbook-v1": frozenset({"salt", "coverage", "namespace", "ranges"}),
    "growthbook-v2": frozenset({"salt", "coverage", "namespace", "ranges"}),
    "posthog": frozenset({"salt", "coverage"}),
    "launchdarkly": frozenset({"key", "salt", "seed"}),
    "optimizely": frozenset({"salt", "namespace", "ranges"}),
    "split": frozenset({"seed", "coverage", "coverage_seed"}),
    "unleash": frozenset({"salt", "coverage", "coverage_salt"}),
    "eppo": frozenset({"salt", "shards", "coverage", "coverage_salt", "ranges"}),
    "statsig": frozenset({"salt", "key"}),
}
"""The tools whose arms can be computed, and the keys of `assignment` that each reads; all read the arms' weights."""
NEEDED: dict[str, tuple[str, ...]] = {
    "posthog": ("salt",),
    "optimizely": ("salt",),
    "split": ("seed",),
    "unleash": ("salt",),
    "eppo": ("salt",),
    "statsig": ("salt",),
}
"""What a tool's hash cannot do without, since the experiment's name is hardly ever that text."""
LOWEST_SEED, HIGHEST_SEED = -(2**31), 2**32 - 1
MOST_SHARDS = 1_000_000
_SEEDS: dict[str, JsonValue] = {"minimum": LOWEST_SEED, "maximum": HIGHEST_SEED}


def _share(value: float) -> float:
    if not 0 < value <= 1:
        raise ValueError(f"must be greater than 0 and at most 1, such as 0.5 for half of the units (got {value:g})")
    return value


def _seed(value: object) -> object:
    if isinstance(value, Plain) and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not LOWEST_SEED <= value <= HIGHEST_SEED:
        raise ValueError(f"must be a whole number of 32 bits, such as 61 or -1667452163 (got {str(value)[:40]!r})")
    return value


def _shards(value: int) -> int:
    if not 2 <= value <= MOST_SHARDS:
        raise ValueError(f"must be a whole number from 2 to {MOST_SHARDS} (got {value})")
    return value


def _edges(value: list[float]) -> list[float]:
    if len(value) != 2 or not 0 <= value[0] < value[1] <= 1:
        raise ValueError("must be [from, to) as shares, such as [0, 0.5], with 0 <= from < to <= 1")
    return value


Seed = Annotated[int, BeforeValidator(_seed), WithJsonSchema({"type": "integer"})]
Share = Annotated[Number, AfterValidator(_share)]
Edges = Annotated[list[Number], AfterValidator(_edges)]


class Namespace(Part):
    """A part of the units that several experiments share without overlap, as the tool calls and cuts it."""

    id: Text = Field(
        description="GrowthBook: the namespace's id; Optimizely: the id of the group of experiments.", examples=["mail"]
    )
    range: Edges = Field(
        description="[from, to) of this experiment in it, as shares, such as [0, 0.5].", examples=[[0, 0.5]]
    )


class Assignment(Part):
    """How the arms are drawn: by `abtest assign`, or by another tool whose arms `abtest audit` computes again."""

    hash: Literal[
        "abtest",
        "growthbook-v1",
        "growthbook-v2",
        "posthog",
        "launchdarkly",
        "optimizely",
        "split",
        "unleash",
        "eppo",
        "statsig",
    ] = Field(
        "abtest",
        description="Whose hash draws the arms; for another tool's, see docs/audit.md.",
        examples=["growthbook-v2"],
    )
    salt: Text | None = Field(
        None,
        description="Text hashed with each unit's id; the experiment's name when absent. Of a tool: docs/audit.md.",
        examples=["drip-2026"],
    )
    at: Text | None = Field(
        None,
        description="Column of the customers table with the time a unit enters; period.start when absent.",
        examples=["enrolled_at"],
    )
    key: Text | None = Field(
        None,
        description="Second text that is hashed: LaunchDarkly's flag key, Statsig's rule salt.",
        examples=["drip-flag"],
    )
    seed: Seed | None = Field(
        None,
        description="Number that is hashed in place of texts: LaunchDarkly, Split.",
        examples=[61],
        json_schema_extra=_SEEDS,
    )
    shards: Annotated[Whole, AfterValidator(_shards)] | None = Field(
        None,
        description="Number of shards: Eppo; 10000 when absent.",
        examples=[10_000],
        json_schema_extra={"minimum": 2, "maximum": MOST_SHARDS},
    )
    coverage: Share = Field(
        1.0,
        description="Share of the units that the tool lets in, such as 0.2.",
        examples=[0.2],
        json_schema_extra={"exclusiveMinimum": 0, "maximum": 1},
    )
    coverage_salt: Text | None = Field(
        None,
        description="Text hashed to see who is let in, when it is another one: Eppo, Unleash.",
        examples=["drip-traffic"],
    )
    coverage_seed: Seed | None = Field(
        None,
        description="Seed of the hash that tells who is let in: Split.",
        examples=[-1_667_452_163],
        json_schema_extra=_SEEDS,
    )
    namespace: Namespace | None = Field(
        None, description="The part of the units for this experiment.", examples=[{"id": "mail", "range": [0, 0.5]}]
    )


def assignment_problems(definition: "Definition") -> Iterator[Problem]:
    """Return what is wrong between the hash, what it reads, and the arms."""
    given = definition.assignment
    taken = HASHES[given.hash]
    for name in ("salt", "key", "seed", "shards", "coverage", "coverage_salt", "coverage_seed", "namespace"):
        if name in taken or getattr(given, name) == type(given).model_fields[name].default:
            continue
        others = ", ".join(tool for tool, names in HASHES.items() if name in names)
        yield Problem(
            ("assignment", name), f"has no meaning with hash: {given.hash} (only with {others}); remove it", on_key=True
        )
    for name in NEEDED.get(given.hash, ()):
        if getattr(given, name) is None:
            yield Problem(("assignment",), f"hash: {given.hash} needs `{name}`; docs/audit.md says where to find it")
    if given.hash == "launchdarkly" and given.seed is None and (given.key is None or given.salt is None):
        yield Problem(("assignment",), "hash: launchdarkly needs `seed`, or the flag's `key` and `salt`")
    if given.hash == "launchdarkly" and given.seed is not None and (given.key or given.salt):
        yield Problem(("assignment", "seed"), "takes the place of `key` and `salt`; remove them", on_key=True)
    if given.hash == "split" and given.coverage < 1 and given.coverage_seed is None:
        yield Problem(("assignment", "coverage"), "needs `coverage_seed`: Split's trafficAllocationSeed", on_key=True)
    if given.hash == "eppo" and given.coverage < 1 and given.coverage_salt is None:
        yield Problem(
            ("assignment", "coverage"), "needs `coverage_salt`: the salt of the traffic's shards", on_key=True
        )
    yield from _ranges(definition)


def _ranges(definition: "Definition") -> Iterator[Problem]:
    """All arms have ranges or none, and no two overlap."""
    given, arms = definition.assignment, definition.arms
    ranged = [place for place, arm in enumerate(arms) if arm.ranges]
    if not ranged:
        return
    here = ("arms", ranged[0], "ranges")
    if "ranges" not in HASHES[given.hash]:
        others = ", ".join(tool for tool, names in HASHES.items() if "ranges" in names)
        yield Problem(here, f"has no meaning with hash: {given.hash} (only with {others}); remove it", on_key=True)
        return
    for place, arm in enumerate(arms):
        if not arm.ranges:
            yield Problem(("arms", place), "has no `ranges`, and others have; add it")
    if given.coverage < 1:
        yield Problem(("assignment", "coverage"), "is said by `ranges` already; remove it", on_key=True)
    edges = sorted(tuple(edge) for arm in arms for edge in arm.ranges)
    if any(after[0] < before[1] for before, after in pairwise(edges)):
        yield Problem(here, "two of the arms' ranges overlap; a unit has one arm", on_key=True)
