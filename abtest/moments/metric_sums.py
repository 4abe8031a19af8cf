"""One metric over all units: what is summed of its numbers, and how the sums are read.

Principle: what asks for a column reads it. A plan writes the sums per arm, over clusters and of distinct values, and
makes of the rows that come back what the statistics take.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from abtest.engines.engine import Row
from abtest.engines.sqltext import quote
from abtest.moments.exact import Factor, cubes_total, exact_cubes, exact_sum, exact_total, whole
from abtest.moments.follow_up import FollowUp
from abtest.moments.outcome import Outcome
from abtest.moments.period_sums import Periods
from abtest.moments.reductions import Number
from abtest.moments.sums import DENOMINATOR, VALUE, WINSORISED, ClusterSums, ClusterTerms, Histogram, Sums, TailSums


@dataclass(frozen=True, slots=True)
class Term:
    """A number per unit: its name, the SQL over ``population`` (``p``) and per-source tables, and its scale.

    ``wide``: it may need more than 64 bits.
    """

    name: str
    sql: str
    scale: int
    wide: bool = False

    @classmethod
    def of(cls, name: str, number: Number) -> "Term":
        """Return a reduction's number as the term ``name``."""
        return cls(name, number.sql, number.scale, number.wide)


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """How one metric is computed: its terms (the value first), and the SQL of the instant at which its window ends.

    ``mature`` is the column that tells whether the window is over; metrics of one horizon share it.
    ``follow_up`` says how long a unit was followed, where that is asked: for a time to an event, and for a share of
    units of whom some are immature. ``periods`` are those of the metric's curve.
    """

    name: str
    outcome: Outcome
    rate: bool
    terms: tuple[Term, ...]
    horizon: str | None
    mature: str
    follow_up: FollowUp | None = None
    periods: Periods | None = None

    def column(self, term: Term) -> str:
        """Return the name of a term's column."""
        return f"{term.name}_{self.name}"

    def factor(self, term: Term) -> Factor:
        """Return a term's column as it is summed."""
        return Factor(quote(self.column(term)), term.wide)

    @property
    def plain_rate(self) -> bool:
        """Whether the value is 0 or 1 and stands alone: its square is itself."""
        return self.rate and len(self.terms) == 1

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of terms whose products are summed, row by row of the upper triangle."""
        size = len(self.terms)
        return [(i, j) for i in range(size) for j in range(i, size)]

    @property
    def tailed(self) -> list[Term]:
        """The terms whose cubes are summed too: values, as they are and winsorised, whose mean is compared.

        Not those of more than 64 bits: the cubes of these fit into no sum.
        """
        averaged = self.outcome.denominator is None and self.outcome.quantile is None and self.follow_up is None
        if self.rate or not averaged:
            return []
        return [term for term in self.terms if term.name in {VALUE, WINSORISED} and not term.wide]

    def count(self, *, among_all: bool) -> str:
        """Return the number of units with a value; ``among_all`` units, every mature one has a value."""
        value = f"sum({self.mature})" if among_all else f"count({quote(self.column(self.terms[0]))})"
        return f"{value} AS {quote('n_' + self.name)}"

    def sums(self) -> list[str]:
        """Return the exact sums over units that :meth:`read` reads."""
        factors = [self.factor(term) for term in self.terms]
        if self.plain_rate:
            return [f"sum({factors[0].column}) AS {quote(f'total0_{self.name}')}"]
        sums = [column for i, factor in enumerate(factors) for column in exact_sum(f"total{i}_{self.name}", factor)]
        for i, j in self.pairs:
            sums += exact_sum(f"product{i}_{j}_{self.name}", factors[i], factors[j])
        for term in self.tailed:
            factor, name = self.factor(term), self.column(term)
            sums += [
                f"sum(CASE WHEN {factor.column} > 0 THEN 1 ELSE 0 END) AS {quote('positive_' + name)}",
                f"sum(CASE WHEN {factor.column} < 0 THEN 1 ELSE 0 END) AS {quote('negative_' + name)}",
                *exact_cubes(f"cubes_{name}", factor),
            ]
        return sums

    def read(self, row: Row | None) -> Sums:
        """Return one arm's sums; an arm without rows has none."""
        if row is None:
            return Sums.empty([term.name for term in self.terms], [term.scale for term in self.terms])
        name = self.name
        if self.plain_rate:
            total = whole(row, f"total0_{name}")
            counts = whole(row, f"n_{name}"), whole(row, self.mature)
            return Sums(*counts, (self.terms[0].name,), (self.terms[0].scale,), (total,), (total,))
        return Sums(
            whole(row, f"n_{name}"),
            whole(row, self.mature),
            tuple(term.name for term in self.terms),
            tuple(term.scale for term in self.terms),
            tuple(exact_total(row, f"total{i}_{name}") for i in range(len(self.terms))),
            tuple(exact_total(row, f"product{i}_{j}_{name}") for i, j in self.pairs),
            {
                term.name: TailSums(
                    whole(row, f"positive_{self.column(term)}"),
                    whole(row, f"negative_{self.column(term)}"),
                    cubes_total(row, f"cubes_{self.column(term)}"),
                )
                for term in self.tailed
            },
        )

    def counted_term(self, *, cut: bool = True) -> Term:
        """Return the term that counts over clusters: the winsorised value where there is one, else the value."""
        return next((term for term in self.terms if cut and term.name == WINSORISED), self.terms[0])

    def over_clusters(self, arms: int, status: str, *, cut: bool = True) -> str:
        """Return the query over clusters: exact sums of their members' totals per arm and of the products of these.

        Clusters with the same numbers of members in each arm are summed together; of a ratio the sum of the
        denominators stands for the number of members.
        """
        y = self.factor(self.counted_term(cut=cut))
        below = [self.factor(term) for term in self.terms if term.name == DENOMINATOR]
        size = f"CAST(sum({below[0].column}) AS DECIMAL(38, 0))" if below else f"count({y.column})"
        # The total of a large cluster may need more than 64 bits, whatever those of its members need.
        totals = [Factor(quote(f"total{arm}"), wide=True) for arm in range(arms)]
        by_arm, sums = [], []
        for arm, total in enumerate(totals):
            by_arm += [
                f"max(CASE WHEN arm = {arm} THEN total END) AS {total.column}",
                f"max(CASE WHEN arm = {arm} THEN members ELSE 0 END) AS {quote(f'members{arm}')}",
            ]
            sums += exact_sum(f"sum{arm}", total)
            for other in range(arm, arms):
                sums += exact_sum(f"product{arm}_{other}", total, totals[other])
        [inner] = exact_sum("total", y)
        members = ", ".join(quote(f"members{arm}") for arm in range(arms))
        parts, summed = ",\n    ".join(by_arm), ",\n  ".join(sums)
        return (
            f"SELECT\n  {members},\n  count(*) AS clusters,\n  {summed}\n"
            f"FROM (\n  SELECT\n    cluster_id,\n    {parts}\n"
            f"  FROM (\n    SELECT\n      arm,\n      cluster_id,\n      {inner},\n      {size} AS members\n"
            f"    FROM outcomes\n    WHERE status = '{status}' AND {y.column} IS NOT NULL\n"
            "    GROUP BY arm, cluster_id\n  ) AS parts\n  GROUP BY cluster_id\n) AS clusters\n"
            f"GROUP BY {members}\nORDER BY {members}"
        )

    @staticmethod
    def read_clusters(rows: Sequence[Row], arms: int) -> tuple[ClusterSums, ...]:
        """Return the rows of :meth:`over_clusters`."""
        places = range(arms)
        return tuple(
            ClusterSums(
                tuple(whole(row, f"members{arm}") for arm in places),
                whole(row, "clusters"),
                tuple(exact_total(row, f"sum{arm}") for arm in places),
                tuple(tuple(exact_total(row, f"product{min(a, b)}_{max(a, b)}") for b in places) for a in places),
            )
            for row in rows
        )

    def by_cluster(self, status: str, stratum: str | None) -> str:
        """Return the query for each cluster's sums of outcome and covariates, per arm and stratum, without ids."""
        terms = self._explained
        names = ["cluster_id", "arm", *([] if stratum is None else [stratum])]
        sums = [column for i, term in enumerate(terms) for column in exact_sum(f"total{i}", self.factor(term))]
        for i, own in enumerate(terms):
            for j in range(i, len(terms)):
                sums += exact_sum(f"product{i}_{j}", self.factor(own), self.factor(terms[j]))
        keys, inner = ", ".join(map(quote, names)), ",\n    ".join(sums)
        # Not the id itself, which stays in the engine.
        kept = ",\n  ".join(["members", *map(quote, names[1:]), *(column.rsplit(" AS ", 1)[1] for column in sums)])
        return (
            f"SELECT\n  dense_rank() OVER (ORDER BY cluster_id) AS cluster_number,\n  {kept}\nFROM (\n"
            f"  SELECT\n    {keys},\n    count(*) AS members,\n    {inner}\n  FROM outcomes\n"
            f"  WHERE status = '{status}' AND {quote(self.column(self.terms[0]))} IS NOT NULL\n"
            f"  GROUP BY {keys}\n) AS by_cluster\nORDER BY cluster_number, arm"
        )

    def read_by_cluster(self, rows: Sequence[Row], stratum: str | None) -> tuple[ClusterTerms, ...]:
        """Return the rows of :meth:`by_cluster`."""
        places = range(len(self._explained))
        return tuple(
            ClusterTerms(
                whole(row, "cluster_number"),
                whole(row, "arm"),
                None if stratum is None else str(row[stratum]),
                whole(row, "members"),
                tuple(exact_total(row, f"total{i}") for i in places),
                tuple(tuple(exact_total(row, f"product{min(i, j)}_{max(i, j)}") for j in places) for i in places),
            )
            for row in rows
        )

    @property
    def _explained(self) -> list[Term]:
        """The value that counts, then the covariates."""
        return [self.counted_term(), *(term for term in self.terms if term.name.startswith("x"))]

    @property
    def explains(self) -> bool:
        """Whether there are covariates, or strata among them."""
        return any(term.name.startswith("x") for term in self.terms)

    @property
    def _distributed(self) -> list[Term]:
        """The terms whose distribution is asked for: the winsorised value, else the value with its denominator."""
        cut = [term for term in self.terms if term.name == WINSORISED]
        return cut or [term for term in self.terms if term.name in {VALUE, DENOMINATOR}]

    def distribution(self, status: str) -> str:
        """Return the query for the distinct values per arm, with the number of units at each."""
        names = ", ".join(f"{quote(self.column(term))}" for term in self._distributed)
        return (
            f"SELECT arm, {names}, count(*) AS units FROM outcomes\nWHERE status = '{status}' AND "
            f"{quote(self.column(self.terms[0]))} IS NOT NULL\nGROUP BY arm, {names}\nORDER BY arm, {names}"
        )

    def read_distribution(self, rows: Sequence[Row], arms: int) -> tuple[Histogram, ...]:
        """Return the rows of :meth:`distribution` per arm."""
        value, *beside = (self.column(term) for term in self._distributed)
        found = []
        for arm in range(arms):
            mine = [row for row in rows if row["arm"] == arm]
            others = [tuple(whole(row, other) for row in mine) for other in beside]
            found.append(
                Histogram(
                    tuple(whole(row, value) for row in mine),
                    others[0] if others else None,
                    tuple(whole(row, "units") for row in mine),
                )
            )
        return tuple(found)
