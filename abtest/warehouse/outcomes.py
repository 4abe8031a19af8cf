"""SQL from events to one number per unit, and from units to per-arm sums."""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.definition.metrics import Outcome
from abtest.definition.model import CUSTOMERS
from abtest.warehouse.profile import TableProfile
from abtest.warehouse.sources import Table
from abtest.warehouse.sqltext import quote
from abtest.warehouse.units import ELIGIBLE

MICROSECONDS = 1_000_000
DIGITS = 12
"""Significant digits, counted from a column's largest value, that its exact integers keep."""
MEAN_DIGITS = 1_000
"""A unit's average is rounded to a finer integer than the values that it is made of."""


@dataclass(frozen=True, slots=True)
class Term:
    """A number per unit: the SQL over ``population`` (``p``) and per-source tables, and the integers it comes in."""

    sql: str
    scale: int


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """How one metric is computed: its term, its covariates, and the end of its window in microseconds."""

    name: str
    outcome: Outcome
    rate: bool
    term: Term
    covariates: tuple[Term, ...]
    horizon: int | None

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of covariates whose products are summed."""
        count = len(self.covariates)
        return [(i, j) for i in range(count) for j in range(i, count)]


class Outcomes:
    """Builds the named queries from ``population`` to ``moments``."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        profiles: Mapping[str, TableProfile],
        through: int | None,
        digits: int = DIGITS,
    ) -> None:
        self.digits = digits
        self.tables = tables
        self.profiles = profiles
        self.through = through
        self.by_unit: dict[str, dict[str, str]] = {}
        self.plans: list[MetricPlan] = []

    def add(self, name: str, outcome: Outcome, value: str | None) -> None:
        """Plan the metric ``name``; ``value`` is the column that its events sum or average."""
        horizon = outcome.window[1] * MICROSECONDS if outcome.window else None
        term, rate = self._term(f"y_{name}", outcome, value)
        covariates: list[Term] = []
        if outcome.covariate is not None:
            covariate, _ = self._term(f"x_{name}", outcome.covariate, value)
            covariates.append(Term(f"coalesce({covariate.sql}, 0)", covariate.scale))
            if outcome.covariate.reduce == "column":
                # An empty cell is 0 and is told apart by an indicator, so that no unit is lost.
                covariates.append(Term(f"CASE WHEN {covariate.sql} IS NULL THEN 1 ELSE 0 END", 1))
        self.plans.append(MetricPlan(name, outcome, rate, term, tuple(covariates), horizon))

    def _term(self, alias: str, outcome: Outcome, value: str | None) -> tuple[Term, bool]:
        if outcome.reduce == "column":
            profile = self.profiles[CUSTOMERS].numbers[str(outcome.value)]
            column = f"p.{quote(self.tables[CUSTOMERS].numbers[str(outcome.value)])}"
            scale = 1 if profile.binary else profile.scale(self.digits)
            return Term(_scaled(column, scale), scale), profile.binary
        columns = self.by_unit.setdefault(outcome.source, {})
        inside = _inside(outcome.window)
        here = f"{_joined(outcome.source)}.{quote(alias)}"
        if outcome.reduce == "any":
            columns[alias] = f"max(CASE WHEN {inside} THEN 1 ELSE 0 END)"
            return Term(f"coalesce({here}, 0)", 1), True
        if outcome.reduce == "count":
            columns[alias] = f"sum(CASE WHEN {inside} THEN 1 ELSE 0 END)"
            return Term(f"coalesce({here}, 0)", 1), False
        number = f"e.{quote(self.tables[outcome.source].numbers[str(value)])}"
        scale = self.profiles[outcome.source].numbers[str(value)].scale(self.digits)
        columns[alias] = f"sum(CASE WHEN {inside} THEN {_scaled(number, scale)} ELSE 0 END)"
        if outcome.reduce == "sum":
            return Term(f"coalesce({here}, 0)", scale), False
        counted = f"n{alias}"
        columns[counted] = f"sum(CASE WHEN {inside} AND {number} IS NOT NULL THEN 1 ELSE 0 END)"
        share = f"CAST({here} AS DOUBLE) * {MEAN_DIGITS} / nullif({_joined(outcome.source)}.{quote(counted)}, 0)"
        return Term(f"CAST(round({share}) AS BIGINT)", scale * MEAN_DIGITS), False

    def queries(self) -> list[tuple[str, str]]:
        """Return the named queries: one per event source, then ``outcomes``."""
        return [
            *((f"{source}_by_unit", self._by_unit(source)) for source in self.by_unit),
            ("outcomes", self._outcomes()),
        ]

    def _by_unit(self, source: str) -> str:
        # The window tests stand inside the aggregates: as join conditions they are slower.
        columns = "".join(f",\n  {sql} AS {quote(alias)}" for alias, sql in self.by_unit[source].items())
        return (
            f"SELECT\n  p.unit,\n  count(*) AS events{columns}\nFROM {quote(source)} AS e\n"
            f"JOIN population AS p ON p.unit = e.unit\nWHERE p.status = '{ELIGIBLE}'\nGROUP BY p.unit"
        )

    def _outcomes(self) -> str:
        columns = ["p.arm", "p.status"]
        columns += [f"{_joined(source)}.events AS {quote('events_' + source)}" for source in self.by_unit]
        for plan in self.plans:
            mature = (
                "1"
                if plan.horizon is None
                else f"CASE WHEN p.assigned_at + {plan.horizon} <= {self.through} THEN 1 ELSE 0 END"
            )
            columns.append(f"{mature} AS {quote('mature_' + plan.name)}")
            columns.append(f"{self._when_mature(plan, plan.term.sql)} AS {quote('y_' + plan.name)}")
            value = self._when_mature(plan, plan.term.sql)
            columns += [
                f"CASE WHEN {value} IS NOT NULL THEN {term.sql} END AS {quote(f'x{i}_{plan.name}')}"
                for i, term in enumerate(plan.covariates)
            ]
        joins = "".join(
            f"\nLEFT JOIN {quote(source + '_by_unit')} AS {_joined(source)} ON {_joined(source)}.unit = p.unit"
            for source in self.by_unit
        )
        listed = ",\n  ".join(columns)
        return f"SELECT\n  {listed}\nFROM population AS p{joins}"

    def _when_mature(self, plan: MetricPlan, sql: str) -> str:
        return (
            sql
            if plan.horizon is None
            else f"CASE WHEN p.assigned_at + {plan.horizon} <= {self.through} THEN {sql} END"
        )

    def moments(self) -> str:
        """Return the last query: counts and exact sums per arm and status."""
        columns = ["arm", "status", "count(*) AS units"]
        columns += [f"sum({quote('events_' + source)}) AS {quote('events_' + source)}" for source in self.by_unit]
        for plan in self.plans:
            y = quote(f"y_{plan.name}")
            columns += [
                f"sum({quote('mature_' + plan.name)}) AS {quote('mature_' + plan.name)}",
                f"count({y}) AS {quote('n_' + plan.name)}",
                f"{_exact(y)} AS {quote('total_' + plan.name)}",
            ]
            if not plan.rate:
                columns.append(f"{_exact(y, y)} AS {quote('squares_' + plan.name)}")
            for i in range(len(plan.covariates)):
                x = quote(f"x{i}_{plan.name}")
                columns += [
                    f"{_exact(x)} AS {quote(f'total{i}_{plan.name}')}",
                    f"{_exact(x, y)} AS {quote(f'cross{i}_{plan.name}')}",
                ]
            for i, j in plan.pairs:
                product = _exact(quote(f"x{i}_{plan.name}"), quote(f"x{j}_{plan.name}"))
                columns.append(f"{product} AS {quote(f'product{i}_{j}_{plan.name}')}")
        listed = ",\n  ".join(columns)
        return f"SELECT\n  {listed}\nFROM outcomes\nGROUP BY arm, status\nORDER BY arm, status"


def _joined(source: str) -> str:
    return quote(f"{source}_u")


def _inside(window: tuple[int, int] | None) -> str:
    if window is None:
        return "TRUE"
    low, high = window[0] * MICROSECONDS, window[1] * MICROSECONDS
    return f"e.at_us >= p.assigned_at + {low} AND e.at_us < p.assigned_at + {high}"


def _scaled(number: str, scale: int) -> str:
    # A power of ten as a double literal: exact up to 10²², and within the rounding of the value beyond.
    return f"CAST(round({number} * {scale:.0e}) AS BIGINT)" if scale != 1 else f"CAST(round({number}) AS BIGINT)"


def _exact(*factors: str) -> str:
    # 19 digits are one more than a 64-bit decimal holds, so that the product is computed in 128 bits.
    product = " * ".join(f"CAST({factor} AS DECIMAL(19, 0))" for factor in factors)
    return f"sum({product})"
