"""The one writer of numbers: counts, rates, differences in points, lifts, amounts, p-values, shares, intervals.

Terminal, PDF, PNG, notebook, the reasons of the decision and the checks all write by it, so that a quantity reads alike
wherever it stands. The rules for digits:

* A count has all its digits, in groups: ``18,108``.
* The values and the differences of a metric have one number of decimals, its lifts another: two significant digits of
  the narrowest interval (:mod:`abtest.words.scales`). 52 of 2,000 is ``2.6 %`` where the interval is a few points wide.
  A currency has its cents or none: ``11.10 EUR``, never ``11.1``.
* A p-value has three decimals, and more where it would else seem to stand on the other side of α; ``< 0.001`` and
  ``> 0.999`` at the ends, and ``1.000`` only for 1 itself.
* A share has no needless zeros and one decimal at most; a probability is never 0 or 100 %.
* A number that somebody wrote (a margin, a weight) keeps the decimals it was written with.
* A minus is U+2212 and an interval says "to", so that no hyphen is ambiguous. A bound that is not 0 is not shown as 0
  when a few more decimals can tell; a value that does not exist is a dash, and a note says why.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from abtest.words.language import MINUS as MINUS  # noqa: PLC0414 - a number's sign is asked for here
from abtest.words.language import Language


@dataclass(frozen=True)
class Scale:
    """How one quantity is shown: multiplied by ``factor``, with ``decimals``, inside the message ``pattern``.

    ``pattern`` is a message id such as ``number.percent``; ``unit`` fills its ``{unit}`` field where it has one.
    """

    factor: float
    decimals: int
    pattern: str | None = None
    unit: str = ""


def decimals_for(width: float | None, minimum: int, maximum: int) -> int:
    """Return the decimals that show two significant digits of ``width``, within ``minimum`` and ``maximum``."""
    if width is None or not math.isfinite(width) or width <= 0:
        return minimum
    return min(max(1 - math.floor(math.log10(width)), minimum), maximum)


def reveal_zero(values: Iterable[float | None], decimals: int, extra: int = 2) -> int:
    """Return ``decimals``, raised by at most ``extra`` so that no value other than 0 is written as 0."""
    nonzero = [abs(value) for value in values if value]
    for candidate in range(decimals, decimals + extra + 1):
        if all(round(value, candidate) > 0 for value in nonzero):
            return candidate
    return decimals


@dataclass(frozen=True)
class Numbers:
    """Formats numbers in one language. Rates come in as fractions and go out as percent."""

    language: Language

    @property
    def missing(self) -> str:
        """The mark of a value that does not exist."""
        return self.language.say("number.missing")

    def plain(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """Return ``value`` with ``decimals`` and grouped thousands; ``signed`` gives positive values a plus."""
        digits = self.language.digits(value, decimals)
        if abs(value) < 1 and not round(abs(value), decimals):
            return digits
        sign = MINUS if value < 0 else "+" if signed else ""
        return sign + digits

    def count(self, value: int | None) -> str:
        """Return a count with grouped thousands, or the missing mark."""
        return self.missing if value is None else self.plain(value)

    def quantity(self, value: float | None, scale: Scale, *, signed: bool = False) -> str:
        """Return ``value`` on ``scale`` with its unit, or the missing mark."""
        if value is None:
            return self.missing
        return self._with_unit(self.plain(value * scale.factor, scale.decimals, signed=signed), scale)

    def interval(self, low: float | None, high: float | None, scale: Scale, *, signed: bool = False) -> str:
        """Return ``+1.2 to +5.0 pp``, with one bound ``above +1.2 pp`` or ``below +5.0 pp``, else the missing mark."""
        say = self.language.say
        low_text, high_text = (
            None if bound is None else self.plain(bound * scale.factor, scale.decimals, signed=signed)
            for bound in (low, high)
        )
        if low_text is not None and high_text is not None:
            return self._with_unit(say("number.interval", low=low_text, high=high_text), scale)
        if low_text is not None:
            return say("number.above", value=self._with_unit(low_text, scale))
        if high_text is not None:
            return say("number.below", value=self._with_unit(high_text, scale))
        return self.missing

    def share(self, fraction: float | None, decimals: int = 1) -> str:
        """Return a fraction as percent, without needless zeros: ``50 %``, ``33.3 %``."""
        if fraction is None:
            return self.missing
        percent = 100 * fraction
        needed = next((d for d in range(decimals) if abs(percent - round(percent, d)) < 1e-9), decimals)
        return self.quantity(fraction, Scale(100, needed, "number.percent"))

    def probability(self, probability: float | None) -> str:
        """Return a probability as percent that is never 0 or 100: ``97.4 %``, ``> 99.9 %``, ``< 0.1 %``."""
        if probability is None:
            return self.missing
        scale = Scale(100, 1, "number.percent")
        if probability >= 0.9995:
            return self.language.say("number.more", value=self.quantity(0.999, scale))
        if probability < 0.0005:
            return self.language.say("number.less", value=self.quantity(0.001, scale))
        return self.quantity(probability, scale)

    def size(self, value: float | None, scale: Scale) -> str:
        """Return a size that is not negative; one too small for the scale as ``< 0.01 pp``, not as 0."""
        step = 10**-scale.decimals
        if value and value * scale.factor < step / 2:
            return self.language.say("number.less", value=self.quantity(step / scale.factor, scale))
        return self.quantity(value, scale)

    def p_value(self, p: float | None, alpha: float = 0.05) -> str:
        """Return ``0.003``, ``< 0.001`` or ``> 0.999``, with enough decimals to stay on its side of ``alpha``."""
        if p is None:
            return self.missing
        if p < 0.001:
            return self.language.say("number.less", value=self.plain(0.001, 3))
        if 0.9995 <= p < 1:
            return self.language.say("number.more", value=self.plain(0.999, 3))
        decimals = next((d for d in range(3, 8) if (round(p, d) < alpha) == (p < alpha)), 8)
        return self.plain(p, decimals)

    def p_statement(self, p: float | None, alpha: float = 0.05) -> str:
        """Return ``p = 0.003``, ``p < 0.001`` or ``p > 0.999`` for a sentence."""
        if p is None:
            return self.language.say("number.p", p=self.missing)
        text = self.p_value(p, alpha)
        return self.language.say("number.p" if text[0] in "<>" else "number.p.equals", p=text)

    def shortest(self, value: float) -> str:
        """Return a number that somebody wrote, with the decimals that it has, six at most: ``0.5``, ``14``."""
        return self.plain(value, next((d for d in range(6) if abs(round(value, d) - value) < 1e-9), 6))

    def _with_unit(self, text: str, scale: Scale) -> str:
        if scale.pattern is None:
            return text
        return self.language.say(scale.pattern, value=text, unit=scale.unit)
