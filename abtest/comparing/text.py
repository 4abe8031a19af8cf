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
from abtest.words.language import ENGLISH, Language
from abtest.words.numbers import Numbers, Scale, decimals_for
from abtest.words.phrases import phrase
from abtest.words.saying import told
from abtest.words.scales import Scales, scales
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import ArmResult, Comparison, Effect, MarginResult, OverallTest
    from abtest.analysis.value import Reasoned


def comparison_text(compared: Compared, language: Language = ENGLISH) -> str:
    """Return the comparison in a language as text of at most 100 columns, ending in a newline."""
    return _Page(compared, language).text()


class _Page:
    """One answer on a terminal."""

    def __init__(self, compared: Compared, language: Language) -> None:
        self.compared, self.language = compared, language
        self.say, self.numbers = language.say, Numbers(language)
        self.metric, self.settings = compared.metric, compared.settings
        self.scales: Scales = scales(compared.metric)
        self.confidence = self.numbers.share(self.settings.confidence, 6)
        self.interval = self.say("interval", confidence=self.confidence)
        self.arms = {arm.arm: arm for arm in self.metric.arms}
        self.notes: list[str] = []

    def text(self) -> str:
        lines = [line for sentence in self._sentences() for line in wrap(sentence, WIDTH)]
        for table in (self._arms(), self._comparisons()):
            lines += ["", *("  " + line for line in render_table(table, WIDTH - 2, self.language))]
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
            return self.say("compare.overall.few" if self.metric.is_rate else "compare.overall.flat")
        finding = "compare.overall.differ" if test.p_value < self.settings.alpha else "compare.overall.not shown"
        return self.say(finding, method=self._method(test.method), p=self._p(test.p_value))

    def _sentence(self, comparison: "Comparison") -> str:
        arm, control = clean(comparison.arm), clean(comparison.control)
        if comparison.p_value is None:
            missing = self._why(comparison) or self.say("compare.no reason")
            return self.say("compare.cannot", arm=arm, control=control, reason=missing)
        effect = shown(comparison)
        value, control_value = (
            self.numbers.quantity(self.arms[name].value, self.scales.value)
            for name in (comparison.arm, comparison.control)
        )
        change, interval = self.scales.change, self.interval
        if effect.adjusted:
            interval = self.say("compare.interval.adjusted", confidence=self.confidence)
        return self.say(
            "compare.sentence",
            finding=self._finding(comparison, arm, control),
            value=value,
            control_value=control_value,
            difference=self.numbers.quantity(effect.difference.estimate, change, signed=True),
            interval_name=interval,
            interval=self.numbers.interval(effect.difference.low, effect.difference.high, change, signed=True),
            p=self._decisive_p(comparison),
        )

    def _decisive_p(self, comparison: "Comparison") -> str:
        """Return the p-value that belongs to the verdict, and what it is of."""
        effect, margin = shown(comparison), comparison.margin
        if margin is None or margin.p_value is None:
            p_value = self._p(effect.p_value)
            return self.say("compare.p.adjusted", p=p_value) if effect.adjusted else p_value
        if margin.adjusted_p_value is None:
            return self.say("compare.p.margin", p=self._one_sided_p(margin.p_value))
        return self.say("compare.p.margin.adjusted", p=self._one_sided_p(margin.adjusted_p_value))

    def _finding(self, comparison: "Comparison", arm: str, control: str) -> str:
        code = f"compare.finding.{self._found(comparison)}"
        fields = {"arm": arm, "control": control, "margin": self._margin_size()}
        return self.say(code, **fields)

    def _found(self, comparison: "Comparison") -> str:
        """Return the name of what was found, which is that of its message."""
        margin = comparison.margin
        if margin is not None and margin.test == "equivalence" and margin.shown:
            return "equivalent"
        if margin is not None and margin.test == "superiority" and margin.shown:
            return "superior"
        if comparison.verdict == "safe" and self._improved(comparison):
            return "better and safe"
        if comparison.verdict == "worse" and margin is not None:
            return self._worse(comparison, margin)
        if comparison.verdict == "margin not shown" and margin is not None:
            return "equivalent not shown" if margin.test == "equivalence" else "superior not shown"
        verdict = str(comparison.verdict)
        return verdict if verdict in {"better", "worse", "safe", "not shown safe"} else "no difference"

    def _worse(self, comparison: "Comparison", margin: "MarginResult") -> str:
        """Say whether the whole interval lies beyond the margin, or whether that is only not excluded."""
        effect, up = shown(comparison), self.settings.good == "up"
        change = effect.lift if margin.scale == "relative" else effect.difference
        nearest = change.high if up else change.low
        beyond = nearest is not None and (nearest <= -margin.value if up else nearest >= margin.value)
        if beyond:
            return "worse beyond"
        return "worse not excluded" if margin.test == "non-inferiority" else "worse"

    def _improved(self, comparison: "Comparison") -> bool:
        effect = shown(comparison)
        bound = effect.difference.low if self.settings.good == "up" else effect.difference.high
        return bound is not None and (bound > 0) == (self.settings.good == "up") and bound != 0

    # The tables.

    def _arms(self) -> Table:
        rate = self.metric.is_rate
        columns = (
            Column(self.say("column.arm")),
            Column(self.say("column.n"), "right"),
            Column(self.say("column.numerator" if rate else "column.sd"), "right"),
            Column(self.say("column.rate" if rate else "column.mean"), "right"),
            Column(self.interval, "right"),
        )
        control = self.metric.arms[0].arm
        notes: list[str] = []
        rows = tuple(self._arm_row(arm, arm.arm == control, notes) for arm in self.metric.arms)
        return Table("", columns, (RowGroup(rows),), tuple(notes))

    def _arm_row(self, arm: "ArmResult", control: bool, notes: list[str]) -> tuple[Cell, ...]:
        scale = self.scales.value
        if arm.numerator is None:
            spread = self.numbers.quantity(arm.standard_deviation, scale)
        else:
            spread = self.numbers.count(arm.numerator)
        return (
            Cell(self.say("compare.control", arm=clean(arm.arm)) if control else clean(arm.arm)),
            Cell(self.numbers.count(arm.n)),
            Cell(spread),
            Cell(self.numbers.quantity(arm.value, scale)),
            Cell(self.numbers.interval(arm.low, arm.high, scale), note=_note(notes, self._why(arm))),
        )

    def _comparisons(self) -> Table:
        adjusted, margin = self.compared.corrected, self.settings.margin is not None
        control = clean(self.metric.arms[0].arm)
        columns = [
            Column(self.say("compare.column.against", control=control)),
            Column(self.say("column.difference"), "right"),
            Column(self.say("column.lift"), "right"),
            Column(self.say("compare.column.p difference" if margin else "column.p"), "right"),
            *([Column(self.say("compare.column.p margin" if margin else "column.adjusted"), "right")] * adjusted),
            Column(self.say("column.verdict")),
        ]
        notes: list[str] = []
        rows = []
        for c in self.metric.comparisons:
            row = [
                Cell(clean(c.arm)),
                self._effect(c.difference, c.adjusted_difference, self.scales.change, notes),
                self._effect(c.lift, c.adjusted_lift, self.scales.lift, notes),
                Cell(self.numbers.p_value(c.p_value, self.settings.alpha)),
                *([Cell(self._adjusted_p(c))] if adjusted else []),
                Cell(self.say(f"metric.verdict.{c.verdict}")),
            ]
            rows.append(tuple(row))
        return Table("", tuple(columns), (RowGroup(tuple(rows)),), tuple(notes))

    def _adjusted_p(self, comparison: "Comparison") -> str:
        margin = comparison.margin
        if margin is None:
            return self.numbers.p_value(comparison.adjusted_p_value, self.settings.alpha)
        if margin.adjusted_p_value is None:
            return self.numbers.missing
        return self.numbers.p_value(margin.adjusted_p_value, self.settings.alpha / 2)

    def _effect(self, effect: "Effect", adjusted: "Effect | None", scale: Scale, notes: list[str]) -> Cell:
        intervals = [self.numbers.interval(effect.low, effect.high, scale, signed=True)] if _bounded(effect) else []
        if adjusted is not None and _bounded(adjusted):
            interval = self.numbers.interval(adjusted.low, adjusted.high, scale, signed=True)
            intervals.append(self.say("compare.adjusted", interval=interval))
        estimate = self.numbers.quantity(effect.estimate, scale, signed=True)
        return Cell(estimate, tuple(intervals), note=_note(notes, self._why(effect)))

    # What else was asked for.

    def _views(self) -> Iterator[tuple[str, list[str]]]:
        comparisons = self.metric.comparisons
        margins = [(c, c.margin) for c in comparisons if c.margin]
        if margins:
            title = f"compare.view.{margins[0][1].test}"
            yield self.say(title, margin=self._margin_size()), [self._by_arm(c, self._margin(m)) for c, m in margins]
        odds = [(c, c.odds_ratio) for c in comparisons if c.odds_ratio]
        if odds:
            yield self.say("compare.view.odds"), [self._by_arm(c, self._odds(effect)) for c, effect in odds]
        if any(c.exact for c in comparisons):
            yield self.say("compare.view.exact"), [*self._exact()]
        bayes = [(c, c.bayes) for c in comparisons if c.bayes]
        if bayes:
            yield self.say("compare.view.bayes", prior=self._method(bayes[0][1].prior)), [*self._bayes()]

    def _by_arm(self, comparison: "Comparison", text: str) -> str:
        return self.say("compare.by arm", arm=clean(comparison.arm), text=text)

    def _margin(self, margin: "MarginResult") -> str:
        if margin.p_value is None:
            return self.say("compare.margin.cannot")
        level = self._figure(f"{self.settings.alpha / 2:.4g}")
        finding = "compare.margin.shown" if margin.shown else "compare.margin.not shown"
        p = self._one_sided_p(margin.p_value)
        if margin.adjusted_p_value is None:
            return self.say(finding, p=p, level=level)
        return self.say(f"{finding}.adjusted", p=p, level=level, adjusted_p=self._one_sided_p(margin.adjusted_p_value))

    def _exact(self) -> Iterator[str]:
        for c in self.metric.comparisons:
            if c.exact is None:
                continue
            if c.exact.p_value is None:
                yield self._by_arm(c, self.say("compare.exact.none", reason=self._why(c.exact.difference) or ""))
                continue
            effect, alpha = self._effect_text(c.exact.difference, self.scales.change), self.settings.alpha
            p, boschloo = self._p(c.exact.p_value), self._p(c.exact.boschloo_p_value)
            yield self._by_arm(c, self.say("compare.exact", effect=effect, p=p, boschloo=boschloo))
            if c.p_value is not None and c.p_value < alpha <= c.exact.p_value:
                yield self._by_arm(c, self.say("compare.exact.nothing", level=self._figure(f"{alpha:.4g}")))

    def _bayes(self) -> Iterator[str]:
        for c in self.metric.comparisons:
            if c.bayes is None:
                continue
            if c.bayes.probability_better is None:
                yield self._by_arm(c, self.say("compare.bayes.none", reason=self._why(c.bayes) or ""))
                continue
            loss, control_loss = (
                self.numbers.quantity(each, _own_scale(self.scales.change, each))
                for each in (c.bayes.expected_loss_treatment, c.bayes.expected_loss_control)
            )
            better = self._probability(c.bayes.probability_better)
            fields = {"arm": clean(c.arm), "control": clean(c.control), "loss": loss, "control_loss": control_loss}
            yield self._by_arm(c, self.say("compare.bayes", better=better, **fields))
            difference, lift = self._effect_text(c.bayes.difference, self.scales.change), c.bayes.lift
            if lift.estimate is not None:
                effects = {"difference": difference, "lift": self._effect_text(lift, self.scales.lift)}
                yield self._by_arm(c, self.say("compare.bayes.effects", **effects))
            elif why := self._why(lift):
                yield self._by_arm(c, self.say("compare.bayes.no lift", difference=difference, reason=why))
            else:
                yield self._by_arm(c, self.say("compare.bayes.difference", difference=difference))

    # How, and what to keep in mind.

    def _closing(self) -> Iterator[str]:
        methods = list(dict.fromkeys(c.method for c in self.metric.comparisons)) or [self.metric.method]
        named = self.say("compare.and").join(self._method(method) for method in methods)
        yield self.say(f"compare.method.{self.metric.good}", methods=named)
        if self.compared.corrected:
            name = self.settings.correction
            correction = self.say(f"correction.{name}")
            yield self.say("compare.corrected", count=len(self.metric.comparisons), correction=correction)
            if self.settings.margin is not None:
                yield self.say("compare.corrected.differences" if name == "dunnett" else "compare.corrected.margins")
            if any(c.exact or c.bayes for c in self.metric.comparisons):
                yield self.say("compare.corrected.not")
        if any(c.verdict == "no difference shown" for c in self.metric.comparisons):
            yield self.say("compare.no difference")
        few = [c.expected_fewest for c in self.metric.comparisons if c.expected_fewest is not None]
        if few:
            yield self.say("compare.few", expected=self._figure(_few_text(min(few))))

    # Parts of sentences.

    def _why(self, part: "Reasoned") -> str | None:
        """Return why something is missing; in English as the result holds it, with its plain blanks."""
        if part.reason is None or self.language is ENGLISH:
            return part.reason
        return told(part.reason_code.reason if part.reason_code else None, part.reason, self.language)

    def _method(self, name: str) -> str:
        return phrase("method", name, self.language)

    def _p(self, p_value: float | None) -> str:
        return self._p_at(p_value, self.settings.alpha)

    def _one_sided_p(self, p_value: float) -> str:
        return self._p_at(p_value, self.settings.alpha / 2)

    def _p_at(self, p_value: float | None, alpha: float) -> str:
        text = self.numbers.p_value(p_value, alpha)
        return self.say("number.p" if text[0] in "<>" else "number.p.equals", p=text)

    def _figure(self, text: str) -> str:
        """Return a number that Python wrote, with the language's decimal sign and digits."""
        return self.language.figures(text.replace(".", self.language.decimal))

    def _margin_size(self) -> str:
        text = str(self.settings.margin)
        for unit, message in (("pp", "number.points"), ("%", "number.percent")):
            if text.endswith(unit):
                return self.say(message, value=self._figure(text.removesuffix(unit)))
        return self._figure(text)

    def _probability(self, probability: float) -> str:
        if probability > 0.9995:
            return self.say("number.above", value=self.numbers.share(0.999))
        if probability < 0.0005:
            return self.say("number.below", value=self.numbers.share(0.001))
        return self.numbers.share(probability)

    def _effect_text(self, effect: "Effect", scale: Scale) -> str:
        estimate = self.numbers.quantity(effect.estimate, scale, signed=True)
        if not _bounded(effect):
            return estimate
        interval = self.numbers.interval(effect.low, effect.high, scale, signed=True)
        return self.say("effect", estimate=estimate, interval=interval)

    def _odds(self, effect: "Effect") -> str:
        width = None if effect.low is None or effect.high is None else effect.high - effect.low
        text = self._effect_text(effect, Scale(1, decimals_for(width, 2, 4))).replace("+", "")
        why = self._why(effect)
        return self.say("compare.odds.why", ratio=text, reason=why) if why else text


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


def _own_scale(scale: Scale, value: float | None) -> Scale:
    """Return the scale with decimals for two significant digits of the value itself."""
    decimals = decimals_for(None if value is None else value * scale.factor, scale.decimals, 8)
    return Scale(scale.factor, decimals, scale.pattern, scale.unit)
