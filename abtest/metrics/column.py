"""Column: the outcome already stands in the customers table."""

from typing import ClassVar, Literal

from pydantic import Field

from abtest.grammar.fields import Text
from abtest.grammar.part import Part
from abtest.metrics.base import MEAN_TEST, RATE_TEST, Kind, MetricBase, Winsorise
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import COLUMN
from abtest.words.reason import Reason


class ColumnCovariate(Part):
    """A number known before the assignment that explains part of the outcome and so narrows the interval."""

    column: Text = Field(description="A column of the customers table: numbers or categories.", examples=["age"])


class Column(MetricBase):
    """A column of the customers table: true/false or 0/1 is a rate, other numbers a mean; empty cells are left out."""

    type: Literal["column"]
    traits: ClassVar[Traits] = Traits("a column")
    column: Text | None = Field(None, description="The column; the metric's name when absent.", examples=["retained_7"])
    covariate: ColumnCovariate | None = Field(None, description="Pre-period column for regression adjustment.")
    covariates: list[ColumnCovariate] = Field([], description="Several of them.")
    winsorise: Winsorise | None = Field(
        None,
        description="Cut values above this pooled quantile down to it.",
        examples=[0.99],
        json_schema_extra={"exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
    )

    @property
    def kind(self) -> Kind | None:
        """What the column holds decides."""
        return None

    @property
    def plain_test(self) -> str:
        """The test of two arms in words."""
        return f"{RATE_TEST} (true/false or 0/1); for other numbers, {MEAN_TEST}"

    def outcome(self, name: str) -> Outcome:
        """Return the unit's value in the column."""
        parts = [*([self.covariate] if self.covariate else []), *self.covariates]
        covariates = tuple(Outcome("customers", COLUMN, None, part.column) for part in parts)
        return Outcome("customers", COLUMN, None, self.column or name, covariates, winsorise=self.winsorise)

    def estimand(self, name: str, scope: Scope) -> Reason:
        """Return what is estimated."""
        cut = scope.cut_at(self.winsorise)
        return Reason.of("estimand-column", column=self.column or name, start=scope.start, cut=cut)
