"""The parts that all results are made of."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from abtest.analysis import bounds


class Value(BaseModel):
    """Base of all parts: immutable, closed, and unable to hold NaN, an infinity, or more than ``bounds`` allow."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        for name, value in self.__dict__.items():
            _require_bounded(name, value)
        return self


def _require_bounded(name: str, value: object) -> None:
    """Raise :class:`ValueError` for what is too large, in a field or directly in its list; parts check themselves."""
    if value is None or isinstance(value, bool | BaseModel):
        return
    if isinstance(value, float):
        if abs(value) > bounds.LARGEST:
            raise ValueError(f"{name} must not exceed {bounds.LARGEST:g} in size")
    elif isinstance(value, int):
        if not 0 <= value <= bounds.LARGEST_COUNT:
            raise ValueError(f"{name} must be a count from 0 to {bounds.LARGEST_COUNT}")
    elif isinstance(value, str):
        if len(value) > bounds.LONGEST_TEXT:
            raise ValueError(f"{name} must not be longer than {bounds.LONGEST_TEXT:,} characters")
    elif isinstance(value, list | tuple | dict):
        if len(value) > bounds.MOST_ENTRIES:
            raise ValueError(f"{name} must not have more than {bounds.MOST_ENTRIES:,} entries")
        for entry in [*value, *value.values()] if isinstance(value, dict) else value:
            _require_bounded(name, entry)


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
