"""Every word that a report says, by message id and language, and how the language writes numbers and dates.

Principle: renderers hold no prose. A new language is one more :class:`Language` in :data:`LANGUAGES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from abtest.errors import UsageError


@dataclass(frozen=True)
class Language:
    """A language: its messages, and its conventions for numbers and dates.

    ``group`` separates thousands, ``decimal`` the fraction; both are display characters, e.g. U+202F and ``.``.
    """

    code: str
    decimal: str
    group: str
    months: tuple[str, ...]
    messages: Mapping[str, str]

    def say(self, message: str, /, **fields: object) -> str:
        """Return the message with its fields filled in; raises ``KeyError`` for an unknown message id."""
        return self.messages[message].format(**fields)

    def knows(self, message: str) -> bool:
        """Whether the catalogue has the message id."""
        return message in self.messages


_ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_ENGLISH = {
    # Numbers and dates. U+00A0 keeps a number and its unit on one line.
    "number.percent": "{value}\u00a0%",
    "number.points": "{value}\u00a0pp",
    "number.unit": "{value}\u00a0{unit}",
    "number.interval": "{low}\u00a0to\u00a0{high}",
    "number.above": "above {value}",
    "number.below": "below {value}",
    "number.more": ">\u00a0{value}",
    "number.less": "<\u00a0{value}",
    "number.missing": "–",
    "date.day": "{day} {month} {year}",
    "date.period": "{start} to {end}",
    "date.from": "from {start}",
    "date.until": "until {end}",
    "date.end of": "the end of {date}, {zone}",
    "date.instant": "{date}, {time} {zone}",
    # The frame of the page.
    "kicker": "A/B experiment",
    "page": "Page {page} of {pages}",
    "footer": "{name} · definition {definition} · abtest {abtest} · generated {generated}",
    "card.footer": "Definition {definition} · abtest {abtest} · {generated}",
    "invalid.banner": "INVALID · a health check failed · do not act on these numbers",
    "invalid.effects": (
        "The effects below are shown for diagnosis only. A failed check means that the arms cannot be compared fairly, "
        "whatever the numbers say."
    ),
    # What was tested.
    "fact.arms": "Arms",
    "fact.period": "Enrolment",
    "fact.who": "Who",
    "fact.data": "Data through",
    "arm.control": "control",
    "arm.share": "{share} planned",
    "arm.cadence": "every {days} days",
    "arm.cadence.one": "every day",
    "arm.line": "{arm} ({details})",
    "arm.described": "{arm}: {description}",
    "who.eligible": "{eligible} eligible of {assigned} assigned",
    "who.unit": "unit: {unit}",
    "who.row": "each row of the data is one unit",
    "who.cluster": "randomised by {cluster}",
    "who.strata": "stratified by {strata}",
    "who.rule": "eligible when {rule}",
    # The verdict.
    "verdict": "Verdict",
    "verdict.ship": "Ship {arm}",
    "verdict.ship.none": "Ship",
    "verdict.keep control": "Keep {control}",
    "verdict.keep running": "Keep running",
    "verdict.inconclusive": "Inconclusive",
    "verdict.invalid": "INVALID: do not use these results",
    "verdict.effect": (
        "{metric}: {value} with {arm}, {control_value} with {control}. "
        "Difference {difference} ({interval_name} {interval})."
    ),
    "verdict.effect.open": "{metric}: {value} with {arm}, {control_value} with {control}. Difference {difference}.",
    "verdict.missing": "{metric}: the effect of {arm} could not be estimated. {reason}",
    "verdict.several": "{metric}, difference from {control}: {effects} ({interval_name}).",
    "verdict.many": "{metric}: {count} arms compared with {control}. Each effect is shown below.",
    "verdict.failed": "Failed check: {message}",
    "verdict.no metric": "No metric was analysed.",
    "reasons": "Why",
    "more": "The report says more.",
    "overview": "All metrics",
    "glance": "Other metrics: difference from {control}, {confidence} interval",
    "glance.more": "Other metrics: difference from {control}, {confidence} interval (the report has {count} more)",
    "glance.label": "{metric}: {arm}",
    "interval": "{confidence} interval",
    "interval.adjusted": "{confidence} interval, adjusted for several comparisons",
    "interval.adjusted.short": "{confidence} interval, adjusted",
    # The headline effect.
    "headline": "Headline effect",
    "headline.difference": "Difference from {control}",
    "headline.lift": "Lift relative to {control}",
    "headline.arm.rate": "{numerator} of {n}",
    "headline.arm.mean": "n = {n}",
    "headline.p": "p {p}",
    "headline.p.adjusted": "adjusted p {p}",
    "headline.p.adjusted.margin": "adjusted p of the margin test {p}",
    "headline.more": "In plain numbers: about {estimate} more per {base} with {arm} ({interval_name}: {interval}).",
    "headline.fewer": "In plain numbers: about {estimate} fewer per {base} with {arm} ({interval_name}: {interval}).",
    "headline.range": "{low} to {high}",
    "headline.count.more": "{count} more",
    "headline.count.fewer": "{count} fewer",
    "headline.count.same": "no change",
    "headline.not estimable": "not estimable",
    # Roles, directions, verdicts, statuses.
    "role.primary": "primary",
    "role.secondary": "secondary",
    "role.guardrail": "guardrail",
    "good.up": "more is better",
    "good.down": "less is better",
    "window": "days {low} to {high} after assignment",
    "margin.non-inferiority": "margin {margin}",
    "margin.superiority": "must be better by more than {margin}",
    "margin.equivalence": "equivalent within ±{margin}",
    "margin.p.non-inferiority": "margin test p {p}",
    "margin.p.superiority": "superiority test p {p}",
    "margin.p.equivalence": "equivalence test p {p}",
    "margin.by interval": "judged by the interval",
    "worse": "worse",
    "better": "better",
    "metric.verdict.better": "better",
    "metric.verdict.worse": "worse",
    "metric.verdict.different": "different",
    "metric.verdict.no difference shown": "no difference shown",
    "metric.verdict.safe": "safe",
    "metric.verdict.harmed": "harmed",
    "metric.verdict.not shown safe": "not shown safe",
    "metric.verdict.equivalent": "equivalent",
    "metric.verdict.margin not shown": "margin not shown",
    "metric.verdict.not estimable": "not estimable",
    "status.pass": "✓ pass",
    "status.warn": "! warn",
    "status.fail": "✗ FAIL",
    "status.skipped": "– skipped",
    "separator": " · ",
    # Sections, tables, columns.
    "section.metrics": "Metrics",
    "section.metrics.intro": (
        "Each arm against {control}. Every estimate has its {confidence} interval under it; {correction}."
    ),
    "section.metrics.none": "p-values are not corrected for several comparisons",
    "section.metrics.adjusted": (
        "the adjusted p-value and interval account for several comparisons ({correction}; family: {family})"
    ),
    "section.adjustment.intro": (
        "What was known before the assignment (covariates, strata) explains part of the outcome; taking it out narrows "
        "the interval without changing what is estimated. The estimate with it is the one that counts."
    ),
    "table.adjustment": "Effects with and without covariates and strata",
    "column.adjusted.difference": "With",
    "column.unadjusted.difference": "Without",
    "column.unadjusted.p": "p without",
    "column.removed": "Variance removed",
    "section.rates": "Retention and other rates by arm",
    "section.means": "Means by arm",
    "section.means.mixed": "Means, ratios and quantiles by arm",
    "section.population": "Who was counted",
    "section.population.intro": (
        "From every assigned unit to those whose outcome could be read. Shares are of the assigned."
    ),
    "section.base": "The customers table",
    "section.checks": "Health checks",
    "section.method": "Method",
    "section.guide": "How to read this report",
    "section.provenance": "Provenance",
    "table.metrics": "Metrics by arm and comparisons with the control",
    "table.overall": "Are all arms equal?",
    "table.rates": "Rates by arm",
    "table.means": "Means by arm",
    "table.means.mixed": "Means, ratios and quantiles by arm",
    "table.population": "Population by arm",
    "table.population.part": "Population by arm, part {part} of {parts}",
    "table.checks": "Health checks",
    "table.method": "Estimand and method of each metric",
    "table.sources": "Sources",
    "table.headline": "Primary metric: every arm against {control}",
    "column.arm": "Arm",
    "column.n": "n",
    "column.value": "Value",
    "column.difference": "Difference",
    "column.lift": "Lift",
    "column.p": "p-value",
    "column.adjusted": "Adj. p",
    "column.verdict": "Verdict",
    "column.numerator": "With event",
    "column.rate": "Rate",
    "column.mean": "Mean",
    "column.sd": "SD",
    "column.interval": "{confidence} interval",
    "column.missing": "Missing",
    "column.step": "Step",
    "column.check": "Check",
    "column.status": "Status",
    "column.message": "Finding",
    "column.metric": "Metric",
    "column.estimand": "What is estimated",
    "column.method": "How",
    "column.statistic": "Statistic",
    "column.df": "df",
    "column.source": "Source",
    "column.rows": "Rows",
    "column.fingerprint": "Fingerprint",
    "cell.control": "control",
    "cell.adjusted": "adj. {interval}",
    "step.share": "Planned share",
    "step.assigned": "Assigned",
    "step.excluded": "− {reason}",
    "step.eligible": "= Eligible",
    "step.exposed": "Exposed",
    "step.immature": "− window still open",
    "step.mature": "= Mature",
    "step.mature.note": (
        "Mature: the whole window of the longest primary metric lies before the data's end. Other windows may have "
        "other counts."
    ),
    "base.total": "Customers in the table",
    "base.not eligible": "Not eligible",
    "base.eligible": "Eligible",
    "base.unassigned": "Eligible without an arm",
    "note.reason": "{metric}, {arm}: {reason}",
    "note.margin.adjusted": (
        "The adjusted p-value of a superiority or equivalence test: twice its one-sided p-value, corrected like the "
        "two-sided ones."
    ),
    "note.arm": "{arm}: {reason}",
    "note.covariates": (
        "Difference and lift are adjusted for covariates or strata, so they are not exactly those of the values "
        "shown; the table below has both."
    ),
    "note.unknown": "No reason was recorded.",
    "empty.metrics": "No metric was analysed.",
    "empty.population": "No unit was assigned.",
    "empty.checks": "No check was run.",
    # Other readings: what stands beside the tests.
    "section.readings": "Other readings",
    "section.readings.intro": (
        "The same comparisons seen in other ways. None of these decides: the verdicts rest on the section Metrics "
        "alone. Beside the rows as reported, covariates and strata play no part here, nor does a correction for "
        "several comparisons."
    ),
    "table.bayes": "Bayesian view",
    "table.bayes.lead": (
        "How likely it is that an arm is better than {control}, given the prior and the data, and what each choice "
        "is expected to cost."
    ),
    "bayes.prior": "prior: {prior}",
    "column.better": "Probability to be better",
    "column.loss.treatment": "Expected loss if chosen",
    "column.loss.control": "Expected loss if {control} is kept",
    "column.credible.difference": "Difference ({confidence} credible)",
    "column.credible.lift": "Lift ({confidence} credible)",
    "table.methods": "The same effects by other methods",
    "table.methods.lead": "The first row of each comparison is the one that counts.",
    "table.methods.exact": (
        "An exact test stands beside a comparison where fewer than 5 units with or without the event are expected in "
        "an arm: approximate tests are in doubt there."
    ),
    "column.reading": "Reading",
    "reading.reported": "As reported",
    "reading.reported.winsorised": "As reported, winsorised",
    "reading.unadjusted": "Winsorised, without covariates or strata",
    "reading.not winsorised": "Not winsorised",
    "reading.bootstrap": "Bootstrap",
    "reading.permutation": "Permutation test",
    "reading.exact": "Exact",
    "reading.exact.method": "exact unconditional, Chan and Zhang",
    "reading.boschloo": "Boschloo p {p}",
    "table.odds": "Odds ratios",
    "table.odds.lead": "The odds of the event in the arm divided by those in {control}; 1 means no difference.",
    "column.odds": "Odds ratio",
    "table.complier": "Effect on compliers",
    "table.complier.lead": (
        "The complier effect is the effect on those units that took up the treatment because they were assigned to it, "
        "if the assignment acts through the take-up alone; the comparison of all assigned units (intention to treat) "
        "is the one that decides."
    ),
    "column.complier": "Effect on compliers",
    "column.compliance": "Difference in compliance",
    # Segments.
    "section.segments": "Segments",
    "section.segments.intro": (
        "Does the effect differ between groups of customers? The interaction test answers first: single levels differ "
        "by chance alone. The shrunken effect draws each level towards the common effect and is the better guess of "
        "what to expect there. Covariates and strata play no part in these effects, and the interaction tests are not "
        "corrected for their number."
    ),
    "table.segment.declared": "By {column}: declared before the start",
    "table.segment.exploratory": "By {column}: EXPLORATORY",
    "segment.declared": "The adjusted p-values of a metric are corrected over the levels (Holm).",
    "segment.exploratory": (
        "Not declared before the start. Segment effects chosen after the fact are hypotheses for a new experiment, not "
        "findings."
    ),
    "segment.group.declared": "{metric}: {arm} against {control}",
    "segment.group.exploratory": "{metric}: {arm} against {control} (exploratory)",
    "segment.same": "No evidence that the effect differs between the levels ({test}).",
    "segment.differs": "The effect differs between the levels ({test}).",
    "segment.untested": "Whether the effect differs between the levels could not be tested: {reason}",
    "segment.q": "interaction test: Q {statistic}",
    "segment.df": "df {df}",
    "segment.p": "p {p}",
    "segment.heterogeneity": "I² {share}",
    "segment.blank": "(empty)",
    "column.level": "Level",
    "column.segment.arm": "Arm",
    "column.shrunken": "Shrunken",
    # Method and provenance.
    "method.confidence": "Confidence",
    "method.correction": "Correction",
    "method.family": "Family",
    "correction.holm": "Holm",
    "correction.hochberg": "Hochberg",
    "correction.bonferroni": "Bonferroni",
    "correction.bh": "Benjamini–Hochberg",
    "correction.by": "Benjamini–Yekutieli",
    "correction.none": "none",
    "provenance.definition": "Definition",
    "provenance.locked": "Locked before the data",
    "provenance.locked.yes": "yes",
    "provenance.locked.no": "no",
    "provenance.deviations": "Deviations",
    "provenance.data": "Data through",
    "provenance.data.none": "no event source was used",
    "provenance.generated": "Generated",
    "provenance.versions": "Versions",
    "provenance.platform": "Platform",
    "provenance.seed": "Seed",
    "provenance.schema": "Results format",
    "provenance.path.none": "in memory",
    "guide.difference": (
        "Difference: the arm's value minus the control's, in the metric's own unit. pp is percentage points: from 40 % "
        "to 43 % is +3 pp."
    ),
    "guide.lift": "Lift: the same difference relative to the control's value: from 40 % to 43 % is +7.5 %.",
    "guide.interval": (
        "{confidence} interval: the range of effects that fit the data. If such an experiment were repeated many "
        "times, about {confidence} of the intervals would contain the true effect. An interval that contains 0 means "
        "that no difference has been shown, not that there is none."
    ),
    "guide.p": (
        "p-value: how often chance alone would give a difference at least this large if the arms did not differ. "
        "Below {alpha} the interval excludes 0. It is not the probability that the result is wrong."
    ),
    "guide.adjusted": (
        "Adjusted: with several comparisons, chance has several opportunities; the adjusted p-value and interval "
        "allow for that."
    ),
    "guide.primary": (
        "Primary metrics decide. Secondary metrics explain. A guardrail must not get worse by more than its margin: "
        "safe (harm beyond the margin is excluded), not shown safe (it is not excluded), harmed (harm is shown)."
    ),
    "guide.mature": "Mature: a unit whose whole window lies before the data's end. Others are too young to be counted.",
    "guide.srm": (
        "Sample-ratio mismatch: the arms' sizes differ from the plan by more than chance allows. It points to lost or "
        "misrouted units, and makes a comparison unfair."
    ),
    "guide.margin.non-inferiority": (
        "Margin test: a one-sided p-value against the margin. Below {half} the {confidence} interval excludes harm "
        "beyond the margin."
    ),
    "guide.margin.superiority": (
        "Superiority test: a one-sided p-value against the margin. Below {half} the arm is better by more than the "
        "margin, not only by more than 0. Otherwise: margin not shown."
    ),
    "guide.margin.equivalence": (
        "Equivalence test: the larger of two one-sided p-values. Below {half} the whole {confidence} interval lies "
        "within the margin on both sides: equivalent. Otherwise: margin not shown, which does not mean that the arms "
        "differ."
    ),
    "guide.adjustment": (
        "Variance removed: the share of the difference's variance that covariates and strata explain. 30 % removed is "
        "worth as much as 43 % more units."
    ),
    "guide.ratio": "Ratio: one sum over all units of an arm, divided by another. It is no mean over units.",
    "guide.quantile": "Quantile: the value below which that share of the units lies; the median is the middle unit's.",
    "guide.segments": (
        "Interaction test (Cochran's Q): whether the levels' effects differ by more than chance allows. I²: the share "
        "of the spread between the levels that is not chance. No evidence of a difference is no proof that there is "
        "none."
    ),
    "guide.bayes": (
        "Probability to be better: how strongly to believe, after the data and from the stated prior, that the arm is "
        "better than the control. Expected loss: what a choice costs on average, nothing when it is right and the "
        "difference when it is wrong. A {confidence} credible interval contains the effect with that probability. None "
        "of this is corrected for several looks or comparisons."
    ),
    "guide.exact": (
        "Exact: a p-value and interval from the probabilities of all possible tables, for rates with few events. "
        "Boschloo's is the customary exact test; it and the interval may differ slightly."
    ),
    "guide.odds": (
        "Odds ratio: the odds are the units with the event to those without it. It is no ratio of rates: for frequent "
        "events it lies further from 1."
    ),
    "guide.winsorised": "Winsorised: values above the stated limit count as that limit, so that a few do not decide.",
    "guide.bootstrap": "Bootstrap: an interval from reweighting the units at random many times.",
    "guide.permutation": (
        "Permutation test: how often a random reshuffling of the arms gives a difference at least this large."
    ),
    "guide.complier": (
        "Difference in compliance: how many more of the arm's units than of the control's took up the treatment. The "
        "complier effect is the difference in the outcome divided by it."
    ),
    # Charts.
    "chart.headline": "{metric}",
    "chart.headline.values.rate": "Rate by arm",
    "chart.headline.values.mean": "Mean by arm, {unit}",
    "chart.headline.values.plain": "Mean by arm",
    "chart.headline.values.other": "Value by arm, {unit}",
    "chart.headline.values.other.plain": "Value by arm",
    "chart.headline.difference": "Difference from {control}, {unit}",
    "chart.headline.difference.plain": "Difference from {control}",
    "chart.points": "pp",
    "chart.retention": "Rates by arm",
    "chart.effects": "Lift against {control}",
    "chart.effects.title": "All metrics: lift against {control}",
    "chart.subtitle": "{title} · {interval_name}",
    "chart.interval": "dots are estimates, lines their {confidence} intervals",
    "chart.interval.adjusted": (
        "dots are estimates, lines their {confidence} intervals (adjusted where several arms are compared)"
    ),
    "chart.clipped": "an arrow: the interval goes on beyond the chart",
    "chart.none": "not estimable",
    "chart.empty": "Nothing to show.",
    "chart.invalid": "INVALID: for diagnosis only",
    "chart.alt.values": "{arm} {value}",
    "chart.alt.headline": "Chart of {metric}. {values}. {effects}.",
    "chart.alt.effect": "{arm} against {control}: {effect}",
    "chart.alt.retention": "Chart of rates by arm with intervals: {values}.",
    "chart.alt.effects": "Chart of the lifts of all metrics with intervals: {values}.",
    "effect": "{estimate} ({interval})",
    # Terminal.
    "text.metrics": "Metrics ({confidence} intervals)",
    "text.population": "Population",
    "text.bayes": "Bayesian view: {arms} (does not decide).",
    "text.bayes.arm": "{arm} is better than {control} with probability {probability}",
    "text.exact": "Exact test, {metric}, {arm}: p {p}.",
    "text.segment": "Segments: the effect of {arm} on {metric} differs by {column} (declared; interaction p {p}).",
    "text.checks": "Checks that did not pass",
    "text.checks.all": "All {count} health checks passed.",
}

ENGLISH = Language(code="en", decimal=".", group="\u202f", months=_ENGLISH_MONTHS, messages=_ENGLISH)
LANGUAGES: Mapping[str, Language] = {"en": ENGLISH}


def language(code: str) -> Language:
    """Return the language with this code; raises :class:`~abtest.errors.UsageError` when reports do not speak it."""
    try:
        return LANGUAGES[code]
    except KeyError:
        known = ", ".join(sorted(LANGUAGES))
        raise UsageError(f"report.language: {code!r} is not available; use one of: {known}") from None
