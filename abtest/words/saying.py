"""Saying a reason in a language: its code is a message, and its fields are written by their names.

Principle: one word for one thing. What a field means, and so how it is written, follows from its name
(:data:`WRITTEN`); the numbers of a metric are written with the metric's digits, wherever they stand.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from abtest.words import dates
from abtest.words.language import ENGLISH, Language
from abtest.words.numbers import Numbers, Scale
from abtest.words.reason import Field, Reason
from abtest.words.scales import Scales, exact
from abtest.words.visible import clean


@dataclass(frozen=True, slots=True)
class Subject:
    """A metric as reasons speak of it: its title and how its numbers are written; ``rate``: they are shares."""

    title: str
    scales: Scales
    rate: bool


@dataclass(frozen=True, slots=True)
class Subjects:
    """What the names in fields stand for: metrics by name, and the titles of arms that have one."""

    metrics: Mapping[str, Subject] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)

    def arm(self, name: str) -> str:
        """Return what an arm is called."""
        return clean(self.arms.get(name, name))


NOBODY = Subjects()
_PLAIN = Scale(1, 2)


def said(reason: Reason, language: Language = ENGLISH, subjects: Subjects = NOBODY) -> str:
    """Return a reason as a sentence, or a part of one.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for a reason that is not of this version: an unknown code, a
    field that is missing or of another kind.
    """
    telling = _Telling(reason.fields, language, subjects)
    return language.say(reason.code, **telling.fields())


def told(reason: Reason | None, text: str, language: Language = ENGLISH, subjects: Subjects = NOBODY) -> str:
    """Return a stored reason in a language: from its code, or the stored English ``text`` where that says nothing."""
    if reason is None:
        return clean(text)
    try:
        return said(reason, language, subjects)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return clean(text)


def in_english(reason: Reason, subjects: Subjects = NOBODY) -> str:
    """Return a reason as ``results.json`` holds it: in English, with plain blanks that a search finds."""
    return said(reason, ENGLISH, subjects).replace("\u00a0", " ")


@dataclass(frozen=True)
class _Telling:
    """The fields of one reason, on their way into a sentence."""

    given: Mapping[str, Field]
    language: Language
    subjects: Subjects

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.language)

    @property
    def metric(self) -> Subject | None:
        name = self.given.get("metric")
        return self.subjects.metrics.get(name) if isinstance(name, str) else None

    @property
    def alpha(self) -> float:
        confidence = self.given.get("confidence")
        return round(1 - confidence, 12) if isinstance(confidence, float) else 0.05

    def fields(self) -> dict[str, object]:
        written: dict[str, object] = {name: self.field(name, value) for name, value in self.given.items()}
        if "difference" in self.given:
            written["effect"] = self.effect()
            written["range"] = self.range()
            for added in ("of_margin", "like"):  # results of an earlier version lack them
                written.setdefault(added, False)
        return written

    def field(self, name: str, value: Field) -> object:
        if name in WRITTEN:
            return WRITTEN[name](self, value)
        if isinstance(value, Reason):
            return said(value, self.language, self.subjects)
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, bool | int):
            return value
        raise TypeError(f"no field {name} of this kind is known")

    def title(self, value: Field) -> str:
        metric = self.metric
        return metric.title if metric else clean(_text(value))

    def arm(self, value: Field) -> str:
        return self.subjects.arm(_text(value))

    def arms(self, value: Field) -> str:
        return ", ".join(self.subjects.arm(_text(name)) for name in _list(value))

    def value(self, value: Field) -> str:
        scale = self.metric.scales.value if self.metric else _PLAIN
        return self.numbers.quantity(_number(value), scale)

    def effect(self) -> str:
        """Return the difference with its interval, named by its confidence."""
        estimate, low, high = (_number(self.given.get(name)) for name in ("difference", "low", "high"))
        scale = self.metric.scales.change if self.metric else _PLAIN
        if estimate is None:
            return self.language.say("metric.verdict.not estimable")
        size = self.numbers.quantity(estimate, scale, signed=True)
        if low is None and high is None:
            return size
        interval = self.numbers.interval(low, high, scale, signed=True)
        name = self.language.say("interval", confidence=self.share(self.given["confidence"]))
        return self.language.say("effect-named", estimate=size, interval_name=name, interval=interval)

    def size(self, value: Field) -> str:
        """Return a difference without its sign."""
        scale = self.metric.scales.change if self.metric else _PLAIN
        number = _number(value)
        return self.numbers.quantity(None if number is None else abs(number), scale)

    def range(self) -> str:
        """Return an interval alone."""
        low, high = (_number(self.given.get(name)) for name in ("low", "high"))
        scale = self.metric.scales.change if self.metric else _PLAIN
        return self.numbers.interval(low, high, scale, signed=True)

    def day(self, value: Field) -> str:
        return "" if value is None else dates.day(_text(value), self.language)

    def margin(self, value: Field) -> str:
        number = _number(value) or 0.0
        if self.given.get("margin_scale") == "relative" or self.metric is None:
            return self.numbers.quantity(number, exact(Scale(100, 2, "number.percent"), number))
        return self.numbers.quantity(number, exact(self.metric.scales.change, number))

    def p_value(self, value: Field) -> str:
        return self.numbers.p_statement(_number(value), self.alpha)

    def share(self, value: Field) -> str:
        return self.numbers.share(_number(value), 6)

    def decimal(self, value: Field) -> str:
        """Return a number that somebody wrote, such as a weight or a count of days, with the decimals it has."""
        number = _number(value)
        return self.numbers.missing if number is None else self.numbers.shortest(number)

    def listed(self, value: Field) -> str:
        return " / ".join(self.decimal(number) for number in _list(value))

    def ratio(self, value: Field) -> str:
        return ":".join(self.decimal(number) for number in _list(value))

    def sentences(self, value: Field) -> str:
        return "; ".join(str(self.field("sentence", sentence)) for sentence in _list(value))

    def any_of(self, value: Field) -> str:
        return self.language.say("word-or").join(clean(_text(name)) for name in _list(value))

    def duration(self, value: Field) -> str:
        """Return a span as a definition writes it, ``28d``, in the language's digits."""
        return self.language.figures(clean(_text(value)))

    def significant(self, value: Field) -> str:
        """Return a number with six significant digits."""
        number = _number(value)
        text = self.numbers.missing if number is None else f"{abs(number):g}"
        if number is None or "e" in text:
            return text if number is None else self.numbers.plain(number)
        return self.numbers.plain(number, len(text.partition(".")[2]))

    def date(self, value: Field) -> str:
        """Return a day, stored in ISO form; empty where there is none."""
        text = _text(value)
        return self.language.date(dt.date.fromisoformat(text)) if text else ""

    def names(self, value: Field) -> str:
        return ", ".join(clean(_text(name)) for name in _list(value))


WRITTEN: Mapping[str, Callable[[_Telling, Field], object]] = {
    "metric": _Telling.title,
    "arm": _Telling.arm,
    "control": _Telling.arm,
    "others": _Telling.arms,
    "value": _Telling.value,
    "control_value": _Telling.value,
    "difference": _Telling.decimal,
    "low": _Telling.decimal,
    "high": _Telling.decimal,
    "rise": _Telling.size,
    "fall": _Telling.size,
    "found": _Telling.size,
    "power": _Telling.share,
    "on": _Telling.day,
    "margin": _Telling.margin,
    "p_value": _Telling.p_value,
    "confidence": _Telling.share,
    "share": _Telling.share,
    "days": _Telling.decimal,
    "ends": _Telling.decimal,
    "horizon": _Telling.decimal,
    "expected": _Telling.decimal,
    "by_arm": _Telling.listed,
    "sizes": _Telling.listed,
    "planned": _Telling.ratio,
    "names": _Telling.names,
    "any_of": _Telling.any_of,
    "begin": _Telling.duration,
    "end": _Telling.duration,
    "quantile": _Telling.significant,
    "level": _Telling.significant,
    "sentences": _Telling.sentences,
    "readable_on": _Telling.date,
}
"""How a field is written, by its name. Others are counts (whole numbers), names (text), and other reasons.

``metric``, ``arm``, ``control``: names of the definition; ``others``: names of arms; ``value``, ``control_value``: in
the metric's unit, rates as fractions; ``difference`` from ``low`` to ``high`` at ``confidence`` (a message says them as
``effect``, or without the estimate as ``range``); ``rise``, ``fall``, ``found``: sizes in the metric's unit without a
sign; ``on``: an ISO date; ``margin``: in the metric's unit, or a fraction of the control's value where
``margin_scale`` is ``relative``; ``readable_on``: a day in ISO form; ``by_arm``, ``sizes``: numbers in
the arms' order; ``planned``: the arms' weights.
"""


def _text(value: Field) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a name")
    return value


def _list(value: Field) -> list[Field]:
    if not isinstance(value, list | tuple):
        raise TypeError("must be a list")
    return list(value)


def _number(value: Field) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    if not math.isfinite(value):
        raise ValueError("must be finite")
    return value
