"""Comparisons as text for a terminal, as HTML for a notebook, and as a data frame.

Principle: the verdict in a sentence first, then every number with its interval; what does not exist is a dash with its
reason below. Numbers are written as in a report.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from abtest.comparing.compare import Compared
from abtest.report.blocks import Cell, Column, RowGroup, Table
from abtest.report.terminal import WIDTH, render_table, wrap
from abtest.report.view import shown
from abtest.words.language import ENGLISH
from abtest.words.numbers import Numbers, Scale, decimals_for
from abtest.words.scales import Scales, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MarginResult, OverallTest

NUMBERS = Numbers(ENGLISH)
CORRECTIONS = {
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "bh": "Benjamini–Hochberg",
    "by": "Benjamini–Yekutieli",
    "dunnett": "Dunnett",
}


def comparison_text(compared: Compared) -> str:
    """Return the comparison as text of at most 100 columns, ending in a newline."""
    return _Page(compared).text()


class _Page:
    """One answer on a terminal."""

    def __init__(self, compared: Compared) -> None:
        self.compared = compared
        self.metric, self.settings = compared.metric, compared.settings
        self.scales: Scales = scales(compared.metric)
        self.confidence = NUMBERS.share(self.settings.confidence, 6)
        self.arms = {arm.arm: arm for arm in self.metric.arms}
        self.notes: list[str] = []

    def text(self) -> str:
        lines = [line for sentence in self._sentences() for line in wrap(sentence, WIDTH)]
        for table in (self._arms(), self._comparisons()):
            lines += ["", *("  " + line for line in render_table(table, WIDTH - 2))]
        for title, items in self._views():
            lines += ["", *wrap(title, WIDTH), *(line for item in items for line in _bullet(item))]
        closing = [line for note in self._closing() for line in wrap(note, WIDTH)]
        lines += ["", *closing] if closing else []
        return "\n".join(line.rstrip() for line in lines) + "\n"

    # The verdict.

    def _sentences(self) -> Iterator[str]:
        if self.metric.overall is not None:
            yield self._overall(self.metric.overall)
        for comparison in self.metric.comparisons:
            yield self._sentence(comparison)

    def _overall(self, test: "OverallTest") -> str:
        if test.p_value is None or test.statistic is None:
            return "Whether the arms differ at all cannot be tested: " + (
                "an arm has too few units or no variation."
                if not self.metric.is_rate
                else "fewer than two arms have units."
            )
        finding = "The arms differ" if test.p_value < self.settings.alpha else "The arms are not shown to differ"
        return f"{finding}: {test.method}, {_p_text(test.p_value, self.settings.alpha)}."

    def _sentence(self, comparison: "Comparison") -> str:
        arm, control = clean(comparison.arm), clean(comparison.control)
        if comparison.p_value is None:
            missing = comparison.reason or "no reason was recorded"
            return f"{arm} cannot be tested against {control}: {missing}."
        effect = shown(comparison)
        adjusted = "adjusted " if effect.adjusted else ""
        values = [
            NUMBERS.quantity(self.arms[name].value, self.scales.value) for name in (comparison.arm, comparison.control)
        ]
        difference = NUMBERS.quantity(effect.difference.estimate, self.scales.change, signed=True)
        interval = NUMBERS.interval(effect.difference.low, effect.difference.high, self.scales.change, signed=True)
        margin = comparison.margin
        if margin is None or margin.p_value is None:
            p_value = adjusted + _p_text(effect.p_value, self.settings.alpha)
        else:
            one_sided = margin.p_value if margin.adjusted_p_value is None else margin.adjusted_p_value
            word = "" if margin.adjusted_p_value is None else "adjusted "
            p_value = f"{word}one-sided {_p_text(one_sided, self.settings.alpha / 2)} at the margin"
        return (
            f"{self._finding(comparison, arm, control)}: {values[0]} against {values[1]}, difference {difference} "
            f"({adjusted}{self.confidence} interval {interval}), {p_value}."
        )

    def _finding(self, comparison: "Comparison", arm: str, control: str) -> str:
        margin, size = comparison.margin, _margin_text(str(self.settings.margin))
        if margin is not None and margin.test == "equivalence" and margin.shown:
            return f"{arm} and {control} are equivalent within ±{size}"
        if margin is not None and margin.test == "superiority" and margin.shown:
            return f"{arm} is better than {control} by more than {size}"
        if comparison.verdict == "safe" and self._improved(comparison):
            return f"{arm} is better than {control}, and safe at a margin of {size}"
        if comparison.verdict == "worse" and margin is not None:
            return self._worse(comparison, margin, arm, control)
        if comparison.verdict == "margin not shown" and margin is not None:
            if margin.test == "equivalence":
                return f"{arm} and {control} are not shown to be equivalent within ±{size}"
            return f"{arm} is not shown to be better than {control} by more than {size}"
        return {
            "better": f"{arm} is better than {control}",
            "worse": f"{arm} is worse than {control}",
            "safe": f"{arm} is safe, not worse than {control} by {size} or more",
            "not shown safe": f"{arm} is not shown safe, it may be worse than {control} by {size} or more",
        }.get(comparison.verdict, f"{arm} is not shown to differ from {control}")

    def _worse(self, comparison: "Comparison", margin: "MarginResult", arm: str, control: str) -> str:
        """Say whether the whole interval lies beyond the margin, or whether that is only not excluded."""
        size = _margin_text(str(self.settings.margin))
        effect, up = shown(comparison), self.settings.good == "up"
        change = effect.lift if margin.scale == "relative" else effect.difference
        nearest = change.high if up else change.low
        beyond = nearest is not None and (nearest <= -margin.value if up else nearest >= margin.value)
        if beyond:
            return f"{arm} is worse than {control}, by more than {size}"
        if margin.test == "non-inferiority":
            return f"{arm} is worse than {control}, and {size} or more is not excluded"
        return f"{arm} is worse than {control}"

    def _improved(self, comparison: "Comparison") -> bool:
        effect = shown(comparison)
        bound = effect.difference.low if self.settings.good == "up" else effect.difference.high
        return bound is not None and (bound > 0) == (self.settings.good == "up") and bound != 0

    # The tables.

    def _arms(self) -> Table:
        rate = self.metric.is_rate
        columns = (
            Column("Arm"),
            Column("n", "right"),
            Column("With event" if rate else "SD", "right"),
            Column(self.metric.title, "right"),
            Column(f"{self.confidence} interval", "right"),
        )
        control = self.metric.arms[0].arm
        notes: list[str] = []
        rows = tuple(self._arm_row(arm, arm.arm == control, notes) for arm in self.metric.arms)
        return Table("Arms", columns, (RowGroup(rows),), tuple(notes))

    def _arm_row(self, arm: "ArmResult", control: bool, notes: list[str]) -> tuple[Cell, ...]:
        scale = self.scales.value
        if arm.numerator is None:
            spread = NUMBERS.quantity(arm.standard_deviation, scale)
        else:
            spread = NUMBERS.count(arm.numerator)
        return (
            Cell(clean(arm.arm) + (" (control)" if control else "")),
            Cell(NUMBERS.count(arm.n)),
            Cell(spread),
            Cell(NUMBERS.quantity(arm.value, scale)),
            Cell(NUMBERS.interval(arm.low, arm.high, scale), note=_note(notes, arm.reason)),
        )

    def _comparisons(self) -> Table:
        adjusted = self.compared.corrected
        control = clean(self.metric.arms[0].arm)
        columns = [
            Column(f"Against {control}"),
            Column("Difference", "right"),
            Column("Lift", "right"),
            Column("p-value" if self.settings.margin is None else "p, no difference", "right"),
            *([Column("Adj. p" if self.settings.margin is None else "Adj. p, margin", "right")] if adjusted else []),
            Column("Verdict"),
        ]
        notes: list[str] = []
        rows = []
        for c in self.metric.comparisons:
            row = [
                Cell(clean(c.arm)),
                self._effect(c.difference, c.adjusted_difference, self.scales.change, notes),
                self._effect(c.lift, c.adjusted_lift, self.scales.lift, notes),
                Cell(NUMBERS.p_value(c.p_value, self.settings.alpha)),
                *([Cell(self._adjusted_p(c))] if adjusted else []),
                Cell(c.verdict),
            ]
            rows.append(tuple(row))
        return Table("Comparisons", tuple(columns), (RowGroup(tuple(rows)),), tuple(notes))

    def _adjusted_p(self, comparison: "Comparison") -> str:
        margin = comparison.margin
        if margin is None:
            return NUMBERS.p_value(comparison.adjusted_p_value, self.settings.alpha)
        if margin.adjusted_p_value is None:
            return "–"
        return NUMBERS.p_value(margin.adjusted_p_value, self.settings.alpha / 2)

    def _effect(self, effect: "Effect", adjusted: "Effect | None", scale: Scale, notes: list[str]) -> Cell:
        intervals = [NUMBERS.interval(effect.low, effect.high, scale, signed=True)] if _bounded(effect) else []
        if adjusted is not None and _bounded(adjusted):
            intervals.append(f"adj. {NUMBERS.interval(adjusted.low, adjusted.high, scale, signed=True)}")
        estimate = NUMBERS.quantity(effect.estimate, scale, signed=True)
        return Cell(estimate, tuple(intervals), note=_note(notes, effect.reason))

    # What else was asked for.

    def _views(self) -> Iterator[tuple[str, list[str]]]:
        comparisons = self.metric.comparisons
        margins = [(c, c.margin) for c in comparisons if c.margin]
        if margins:
            title = f"{margins[0][1].test.capitalize()} at a margin of {_margin_text(str(self.settings.margin))}"
            yield title, [f"{clean(c.arm)}: {self._margin(margin)}" for c, margin in margins]
        odds = [(c, c.odds_ratio) for c in comparisons if c.odds_ratio]
        if odds:
            yield "Odds ratio (1 is no effect)", [f"{clean(c.arm)}: {_odds_text(effect)}" for c, effect in odds]
        if any(c.exact for c in comparisons):
            yield "Exact unconditional companion (Chan & Zhang; Boschloo)", [*self._exact()]
        bayes = [(c, c.bayes) for c in comparisons if c.bayes]
        if bayes:
            yield f"Bayesian view, prior: {bayes[0][1].prior}", [*self._bayes()]

    def _margin(self, margin: "MarginResult") -> str:
        if margin.p_value is None:
            return "cannot be tested"
        level = self.settings.alpha / 2
        finding = "shown" if margin.shown else "not shown"
        adjusted = "" if margin.adjusted_p_value is None else f", adjusted {_p_text(margin.adjusted_p_value, level)}"
        return f"{finding}, one-sided {_p_text(margin.p_value, level)}{adjusted} (to be shown: below {level:.4g})"

    def _exact(self) -> Iterator[str]:
        for c in self.metric.comparisons:
            if c.exact is None:
                continue
            if c.exact.p_value is None:
                yield f"{clean(c.arm)}: not made, {c.exact.difference.reason}"
                continue
            effect = _effect_text(c.exact.difference, self.scales.change)
            alpha = self.settings.alpha
            yield (
                f"{clean(c.arm)}: difference {effect}, {_p_text(c.exact.p_value, alpha)}; "
                f"Boschloo {_p_text(c.exact.boschloo_p_value, alpha)}"
            )
            if c.p_value is not None and c.p_value < alpha <= c.exact.p_value:
                yield (
                    f"{clean(c.arm)}: this test never errs more often than it says, and at {alpha:.4g} it shows "
                    "nothing; do not act on so few events"
                )

    def _bayes(self) -> Iterator[str]:
        for c in self.metric.comparisons:
            if c.bayes is None:
                continue
            if c.bayes.probability_better is None:
                yield f"{clean(c.arm)}: not estimable, {c.bayes.reason}"
                continue
            losses = [
                NUMBERS.quantity(loss, _own_scale(self.scales.change, loss))
                for loss in (c.bayes.expected_loss_treatment, c.bayes.expected_loss_control)
            ]
            better = _probability_text(c.bayes.probability_better)
            yield (
                f"{clean(c.arm)}: better with probability {better}; expected loss {losses[0]} with {clean(c.arm)}, "
                f"{losses[1]} with {clean(c.control)}"
            )
            lift = f"; lift {_effect_text(c.bayes.lift, self.scales.lift)}" if c.bayes.lift.estimate is not None else ""
            why = f"; no lift: {c.bayes.lift.reason}" if c.bayes.lift.estimate is None and c.bayes.lift.reason else ""
            yield f"{clean(c.arm)}: difference {_effect_text(c.bayes.difference, self.scales.change)}{lift}{why}"

    # How, and what to keep in mind.

    def _closing(self) -> Iterator[str]:
        direction = "less is better" if self.metric.good == "down" else "more is better"
        methods = list(dict.fromkeys(c.method for c in self.metric.comparisons)) or [self.metric.method]
        yield f"Method: {' and '.join(methods)}; {direction}."
        if self.compared.corrected:
            name = CORRECTIONS[self.settings.correction]
            yield f"Adjusted for {len(self.metric.comparisons)} comparisons with the control by {name}."
            if self.settings.margin is not None and self.settings.correction != "dunnett":
                yield "The margin tests are what is adjusted, and the intervals with them."
            elif self.settings.margin is not None:
                yield "Dunnett's correction is of the differences; a margin is shown at the level of their intervals."
            if any(c.exact or c.bayes for c in self.metric.comparisons):
                yield "Exact tests and the Bayesian view are one question per arm and are not adjusted."
        if any(c.verdict == "no difference shown" for c in self.metric.comparisons):
            yield (
                "No difference shown is not the same as no difference: the interval holds the effects that remain "
                "possible."
            )
        yield from self._few()

    def _few(self) -> Iterator[str]:
        few = [c.expected_fewest for c in self.metric.comparisons if c.expected_fewest is not None]
        if few:
            yield (
                f"Few events: an arm expects only {_few_text(min(few))} units with (or without) the event, fewer than "
                "5, so the exact test given their number decides. More units would say more."
            )


def _few_text(expected: float) -> str:
    return f"{expected:.1f}" if expected >= 0.1 else f"{expected:.1g}"


def _bullet(text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - 4)
    return [f"  • {first}", *(f"    {line}" for line in rest)]


def _note(notes: list[str], reason: str | None) -> int | None:
    """Return the number of the note with this reason, adding it when it is new."""
    if reason is None:
        return None
    text = clean(reason)
    if text not in notes:
        notes.append(text)
    return notes.index(text) + 1


def _bounded(effect: "Effect") -> bool:
    return effect.low is not None or effect.high is not None


def _effect_text(effect: "Effect", scale: Scale) -> str:
    estimate = NUMBERS.quantity(effect.estimate, scale, signed=True)
    if not _bounded(effect):
        return estimate
    return f"{estimate} ({NUMBERS.interval(effect.low, effect.high, scale, signed=True)})"


def _odds_text(effect: "Effect") -> str:
    width = None if effect.low is None or effect.high is None else effect.high - effect.low
    text = _effect_text(effect, Scale(1, decimals_for(width, 2, 4))).replace("+", "")
    return f"{text}; {effect.reason}" if effect.reason else text


def _p_text(p_value: float | None, alpha: float) -> str:
    text = NUMBERS.p_value(p_value, alpha)
    return f"p\u00a0{text}" if text[0] in "<>" else f"p\u00a0=\u00a0{text}"


def _probability_text(probability: float) -> str:
    if probability > 0.9995:
        return "above 99.9\u00a0%"
    return "below 0.1\u00a0%" if probability < 0.0005 else NUMBERS.share(probability)


def _own_scale(scale: Scale, value: float | None) -> Scale:
    """Return the scale with decimals for two significant digits of the value itself."""
    decimals = decimals_for(None if value is None else value * scale.factor, scale.decimals, 8)
    return Scale(scale.factor, decimals, scale.pattern, scale.unit)


def _margin_text(margin: str) -> str:
    for unit in ("pp", "%"):
        if margin.endswith(unit):
            return f"{margin.removesuffix(unit)}\u00a0{unit}"
    return margin
