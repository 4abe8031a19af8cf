"""The parts that all results are made of."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from abtest.words.reason import Reason
from abtest.words.saying import in_english


class Value(BaseModel):
    """Base of all parts: immutable, closed, and unable to hold NaN or an infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class ReasonCode(Value):
    """A reason for every language; ``fields`` are numbers and names, and references to metrics and arms by name."""

    code: str
    fields: dict[str, JsonValue] = Field(default_factory=dict)

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Return a reason as results hold it."""
        return cls(code=reason.code, fields=reason.data)

    @property
    def reason(self) -> Reason:
        """The reason that words are made of."""
        return Reason.read(self.code, self.fields)


class Reasoned(Value):
    """What may be missing, and then says why: ``reason`` in English, ``reason_code`` for every language.

    Made from a :class:`~abtest.words.reason.Reason`, both are filled.
    """

    if TYPE_CHECKING:  # each part has the two where they belong in its order
        reason: str | None = None
        reason_code: ReasonCode | None = None

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: object) -> object:
        reason = data.get("reason") if isinstance(data, dict) else None
        if isinstance(data, dict) and isinstance(reason, Reason):
            return {**data, "reason": in_english(reason), "reason_code": ReasonCode.of(reason)}
        return data

    @property
    def because(self) -> Reason | None:
        """The reason, if there is one; the English text as it is where an earlier version wrote it."""
        if self.reason_code is not None:
            return self.reason_code.reason
        return None if self.reason is None else Reason.of("why-text", text=self.reason)


class Effect(Reasoned):
    """An estimate with its interval. A missing bound with a reason is unbounded or not estimable."""

    estimate: float | None
    low: float | None
    high: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class OverallTest(Value):
    """The test that all arms are equal, for three arms or more."""

    method: str
    statistic: float | None
    degrees_of_freedom: float | None
    p_value: float | None


class Detectable(Reasoned):
    """What a comparison that shows nothing could have found, and how many units would find more.

    ``difference``: the smallest true difference that so many units find with ``power``, in the metric's unit and
    without a sign, at ``level`` (two-sided, each question of a correction at its strictest). ``target`` is what
    ``units`` (by arm, in total) are for: the ``observed`` difference, if it were the true one, or the ``margin``, if
    the arms were alike (of a superiority margin: if the observed difference were the true one). ``more`` of them are
    not enrolled yet. ``weeks``: of enrolment as it was, until these are; ``readable_on`` the ISO date on which all of
    them are mature.
    """

    power: float
    level: float
    target: Literal["observed", "margin"]
    difference: float | None = None
    units: dict[str, int] = Field(default_factory=dict)
    more: int | None = None
    weeks: float | None = None
    readable_on: str | None = None
    reason: str | None = None
    reason_code: ReasonCode | None = None
