"""The words of a report in English, by message id."""

from abtest.words import english_time

MONTHS = (
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


def _ordinal_ending(n: int) -> str:
    return "th" if n % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


MESSAGES = {
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
    "ordinal": "{n}th",
    **{f"ordinal.{n}": f"{n}{_ordinal_ending(n)}" for n in range(1, 121)},
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
    "fact.lock": "Definition",
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
    "who.triggered": "exposed units only: those with {exposure}",
    "who.triggered.count": "exposed units only: {exposed} with {exposure}",
    "exposure.event": "an event in {event} after assignment",
    "exposure.event.window": "an event in {event}, days {low} to {high} after assignment",
    # The lock.
    "lock.locked": "Locked",
    "lock.locked.on": "Locked on {date}",
    "lock.line": "{locked}, {deviations}",
    "lock.line.after": "{locked}, after outcome data existed; {deviations}",
    "lock.deviations": "{count} deviations",
    "lock.deviations.one": "1 deviation",
    "lock.deviations.none": "no deviations",
    "lock.changed": "changed since: {keys}",
    "lock.changed.more": "{keys} and {count} more",
    "lock.change": "{change} ({place})",
    "lock.absent": "not set",
    "lock.not": "not locked",
    "lock.data.after": "outcome data existed when it was locked",
    "lock.data.before": "no outcome data existed when it was locked",
    "lock.data.unknown": "whether outcome data existed when it was locked is not known",
    "section.deviations": "Deviations from the lock",
    "section.deviations.intro": (
        "What was changed in the definition after it was locked. Formatting and comments do not count."
    ),
    "column.field": "Field",
    "column.locked": "When locked",
    "column.present": "Now",
    "column.place": "Where",
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
    "verdict.effect.open": (
        "{metric}: {value} with {arm}, {control_value} with {control}. "
        "Difference {difference}, without an interval: {reason}."
    ),
    "verdict.missing": "{metric}: the effect of {arm} could not be estimated. {reason}",
    "verdict.several": "{metric}, difference from {control}: {effects} ({interval_name}).",
    "verdict.several.open": "{metric}, difference from {control}: {effects}, without an interval: {reason}.",
    "verdict.many": "{metric}: {count} arms compared with {control}. Each effect is shown below.",
    "verdict.failed": "Failed check: {message}",
    "verdict.no metric": "No metric was analysed.",
    "reasons": "Why",
    "more": "The report says more.",
    "overview": "All metrics",
    "glance": "Other metrics: difference from {control}, {confidence} interval",
    "glance.more": "Other metrics: difference from {control}, {confidence} interval (the report has {count} more)",
    "glance.open": "no interval",
    "glance.label": "{metric}: {arm}",
    "interval": "{confidence} interval",
    "interval.adjusted": "{confidence} interval, adjusted for several comparisons",
    "interval.adjusted.short": "{confidence} interval, adjusted",
    "interval.one-sided": "one-sided {confidence} interval",
    "interval.one-sided.adjusted": "one-sided {confidence} interval, adjusted for several comparisons",
    "interval.one-sided.adjusted.short": "one-sided {confidence} interval, adjusted",
    "intervals": "{confidence} intervals",
    "intervals.one-sided": "one-sided",
    "intervals.one-sided.guardrails": "one-sided, guardrails two-sided",
    "intervals.anytime": "valid at every look",
    # The headline effect.
    "headline": "Headline effect",
    "headline.difference": "Difference from {control}",
    "headline.lift": "Lift relative to {control}",
    "headline.arm.rate": "{numerator} of {n}",
    "headline.arm.mean": "n = {n}",
    "headline.arm.followed": "{n} units followed",
    "headline.open": "No interval: {reason}",
    "headline.p": "p\u00a0{p}",
    "headline.p.adjusted": "adjusted p\u00a0{p}",
    "headline.p.adjusted.margin": "adjusted p of the margin test {p}",
    "headline.more": "In plain numbers: about {estimate} more per {base} with {arm} ({interval_name}: {interval}).",
    "headline.fewer": "In plain numbers: about {estimate} fewer per {base} with {arm} ({interval_name}: {interval}).",
    "headline.range": "{low} to {high}",
    "headline.bound.least": "at least {count}",
    "headline.bound.most": "at most {count}",
    "headline.bound.no fewer": "no fewer",
    "headline.bound.no more": "no more",
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
    "good.up.time": "later is better",
    "good.down.time": "sooner is better",
    "time.method": "restricted mean (Kaplan–Meier)",
    # When a metric counts.
    "start.assignment": "assignment",
    "start.exposure": "first exposure",
    "window": "days {low} to {high} after {start}",
    "window.day": "day {day} after {start}",
    "window.calendar": "calendar days {low} to {high} after {start}",
    "window.calendar.day": "calendar day {day} after {start}",
    "window.first": "first {days} days after {start}",
    "window.week": "{ordinal} calendar week after {start}",
    "window.month": "{ordinal} calendar month after {start}",
    "window.quarter": "{ordinal} calendar quarter after {start}",
    "window.year": "{ordinal} calendar year after {start}",
    "window.week.several": "{first} to {last} calendar week after {start}",
    "window.month.several": "{first} to {last} calendar month after {start}",
    "window.quarter.several": "{first} to {last} calendar quarter after {start}",
    "window.year.several": "{first} to {last} calendar year after {start}",
    # Benchmark and goal.
    "level.benchmark": "benchmark {value}",
    "level.goal": "goal {value}",
    "level.reading": "{level}: {reading}",
    "level.finding": "{level}: {arms}.",
    "level.arm": "{arm} {reading}",
    "level.all": "all arms {reading}",
    "level.above": "above",
    "level.below": "below",
    "level.not distinguished": "not distinguished",
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
    "metric.verdict.no improvement shown": "no improvement shown",
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
    # On which side, and for how many looks.
    "caption.one-sided": (
        "Tested one-sided, each metric in its good direction: the interval has one bound, on the bad side."
    ),
    "caption.one-sided.guardrails": (
        "Primary and secondary metrics are tested one-sided, each in its good direction: the interval has one bound, "
        "on the bad side. Guardrails are tested two-sided."
    ),
    "caption.anytime": (
        "Intervals and p-values are confidence sequences: they hold at every look, so looking as often as one likes "
        "is allowed here."
    ),
    "other.both": "{what} are two-sided, and for one look.",
    "other.sides": "{what} are two-sided.",
    "other.looks": "{what} are for one look.",
    "other.own": "The arms' own intervals",
    "other.levels": "The arms' own intervals, which tell what lies above or below a benchmark or goal,",
    "other.overall": "These tests",
    "other.segments": "The effects in segments",
    "other.readings": "All readings but those as reported and those without covariates",
    "method.sides": "Sides",
    "method.looks": "Looks",
    "sides.two-sided": "two-sided",
    "sides.one-sided": "one-sided, in each metric's good direction",
    "sides.one-sided.guardrails": (
        "one-sided in each metric's good direction for primary and secondary metrics, two-sided for guardrails"
    ),
    "looks.once": "one: intervals and p-values are for a single look",
    "looks.anytime": "at any time: confidence sequences, valid at every look",
    "looks.anytime.planned": (
        "at any time: confidence sequences, valid at every look, narrowest at {planned} units of both arms together"
    ),
    "method.lock": "Lock",
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
    "column.against": "Benchmark, goal",
    "check.design": "design: {code}",
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
    "step.exposed": "of these: exposed",
    "step.exposed.note": (
        "Exposed: {exposure}. Exposure is only counted; units are analysed whether they were exposed or not."
    ),
    "step.exposed.triggered": "= Exposed, analysed",
    "step.exposed.triggered.note": (
        "Exposed: {exposure}. Only exposed units are analysed, from their first exposure on."
    ),
    "step.unexposed": "− not exposed",
    "step.open": "of these: window still open",
    "step.whole": "of these: mature",
    "step.immature": "− window still open",
    "step.mature": "= Mature",
    "step.mature.note": (
        "Mature: the whole window of the longest primary metric lies before the data's end. Other windows may have "
        "other counts."
    ),
    "step.mature.note.time": (
        "Mature: the whole window of the longest primary metric lies before the data's end. It is a time to an event, "
        "which uses the other units too, for as long as they were followed."
    ),
    "base.total": "Customers in the table",
    "base.not eligible": "Not eligible",
    "base.eligible": "Eligible",
    "base.unassigned": "Eligible without an arm",
    "note.reason": "{metric}, {arm}: {reason}",
    "note.interval": "No interval: {reason}.",
    "note.adjusted": "No adjusted interval: {reason}.",
    "note.followed": (
        "Units followed: one whose window is still open counts for as long as it was followed; none is left out."
    ),
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
    "provenance.data": "Data through",
    "provenance.data.none": "no event source was used",
    "provenance.generated": "Generated",
    "provenance.versions": "Versions",
    "provenance.platform": "Platform",
    "provenance.seed": "Seed",
    "provenance.schema": "Results format",
    "provenance.path.none": "in memory",
    "provenance.path.catalogue": "a table of the engine's catalogue",
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
    "guide.interval.anytime": (
        "{confidence} interval: the range of effects that fit the data, whenever one looks. If such an experiment were "
        "repeated many times and looked at as often as one likes, in about {confidence} of them no interval would ever "
        "miss the true effect. That makes it wider than an interval for one look. An interval that contains 0 means "
        "that no difference has been shown, not that there is none."
    ),
    "guide.p.anytime": (
        "p-value: holds at every look. If the arms did not differ, it would ever fall below {alpha} in at most "
        "{share} of such experiments, however often one looks. Below {alpha} the interval excludes 0. It is not the "
        "probability that the result is wrong."
    ),
    "guide.one-sided": (
        "One-sided: only an improvement is looked for, and the p-value counts chance differences in that direction "
        "only. The interval has a bound on the bad side; the other side is open. No improvement shown means that the "
        "arm may be no better, or worse: such a test cannot tell these apart."
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
    "guide.time_to_event": (
        "Days to an event: the mean number of days before a unit's first event, of the days that the window has; a "
        "unit without the event counts with all of them (the area under the Kaplan–Meier curve). Units whose window is "
        "still open count too, for as long as they were followed."
    ),
    "guide.levels": (
        "Benchmark and goal: an arm is above (or below) a level when its own interval lies wholly above (or below) it; "
        "not distinguished when the interval holds the level. They do not decide."
    ),
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
    "chart.headline.values.time": "Mean days before the event, by arm",
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
    "chart.clipped.one-sided": (
        "an arrow: the interval goes on beyond the chart; at the end of a thin line it has no bound (one-sided test)"
    ),
    "chart.open": "{estimate} (no interval)",
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
    "text.metrics": "Metrics ({intervals})",
    "text.population": "Population",
    "text.bayes": "Bayesian view: {arms} (does not decide).",
    "text.bayes.arm": "{arm} is better than {control} with probability {probability}",
    "text.exact": "Exact test, {metric}, {arm}: p {p}.",
    "text.segment": "Segments: the effect of {arm} on {metric} differs by {column} (declared; interaction p {p}).",
    "text.checks": "Checks that did not pass",
    "text.checks.all": "All {count} health checks passed.",
    **english_time.MESSAGES,
}
