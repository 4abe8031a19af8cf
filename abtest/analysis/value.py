"""The parts that all results are made of."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Base of all parts: immutable, closed, and unable to hold NaN or an infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Effect(Value):
    """An estimate with its interval. A missing bound with a reason is unbounded or not estimable."""

    estimate: float | None
    low: float | None
    high: float | None
    reason: str | None = None


class OverallTest(Value):
    """The test that all arms are equal, for three arms or more."""

    method: str
    statistic: float | None
    degrees_of_freedom: float | None
    p_value: float | None
