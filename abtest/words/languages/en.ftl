# Every word that abtest says in English. The syntax is that of Fluent; abtest/words/catalogue.py says how much of it.

# How numbers and dates are written: as CLDR has them for this locale. What is stated here is the same, and spares
# loading it; but a percent sign has a blank before it (number-percent), as in ISO 80000.
-locale = en-GB
-decimal = .
-group = ,
-digits = latn

# Numbers and dates. U+00A0 keeps a number and its unit on one line.
number-percent = { $value }{"\u00A0"}%
number-points = { $value }{"\u00A0"}pp
number-unit = { $value }{"\u00A0"}{ $unit }
number-interval = { $low }{"\u00A0"}to{"\u00A0"}{ $high }
number-above = above { $value }
number-below = below { $value }
number-more = >{"\u00A0"}{ $value }
number-less = <{"\u00A0"}{ $value }
number-missing = –
ordinal = { NUMBER($n, type: "ordinal") ->
    [one] { $n }st
    [two] { $n }nd
    [few] { $n }rd
   *[other] { $n }th
 }
date-period = { $start } to { $end }
date-from = from { $start }
date-until = until { $end }
date-end-of = the end of { $date }, { $zone }
date-instant = { $date }, { $time } { $zone }

# The frame of the page.
kicker = A/B experiment
page = Page { $page } of { $pages }
footer = { $name } · definition { $definition } · abtest { $abtest } · generated { $generated }
card-footer = Definition { $definition } · abtest { $abtest } · { $generated }
invalid-banner = INVALID · a health check failed · do not act on these numbers
invalid-effects =
    The effects below are shown for diagnosis only. A failed check means that the arms cannot be compared fairly,
    whatever the numbers say.

# What was tested.
fact-arms = Arms
fact-period = Enrolment
fact-who = Who
fact-data = Data through
fact-lock = Definition
arm-control = control
arm-share = { $share } planned
arm-cadence = every { $days } days
arm-cadence-one = every day
arm-line = { $arm } ({ $details })
arm-described = { $arm }: { $description }
who-eligible = { $eligible } eligible of { $assigned } assigned
who-unit = unit: { $unit }
who-row = each row of the data is one unit
who-cluster = randomised by { $cluster }
who-strata = stratified by { $strata }
who-rule = eligible when { $rule }
who-triggered = exposed units only: those with { $exposure }
who-triggered-count = exposed units only: { $exposed } with { $exposure }
exposure-event = an event in { $event } after assignment
exposure-event-window = an event in { $event }, days { $low } to { $high } after assignment

# The lock.
lock-locked = Locked
lock-locked-on = Locked on { $date }
lock-line = { $locked }, { $deviations }
lock-line-after = { $locked }, after outcome data existed; { $deviations }
lock-deviations = { $count } deviations
lock-deviations-one = 1 deviation
lock-deviations-none = no deviations
lock-changed = changed since: { $keys }
lock-changed-more = { $keys } and { $count } more
lock-change = { $change } ({ $place })
lock-absent = not set
lock-not = not locked
lock-data-after = outcome data existed when it was locked
lock-data-before = no outcome data existed when it was locked
lock-data-unknown = whether outcome data existed when it was locked is not known
section-deviations = Deviations from the lock
section-deviations-intro = What was changed in the definition after it was locked. Formatting and comments do not count.
column-field = Field
column-locked = When locked
column-present = Now
column-place = Where

# The verdict.
verdict = Verdict
verdict-ship = Ship { $arm }
verdict-ship-none = Ship
verdict-keep-control = Keep { $control }
verdict-keep-running = Keep running
verdict-keep-running-on = Keep running: readable on { $date }
verdict-inconclusive = Inconclusive
verdict-keep-control-guardrail = Keep { $control }: { $metric } is worse in { $arm }
verdict-keep-control-primary = Keep { $control }: { $metric } is worse in { $arm }
verdict-keep-running-guardrail = Keep running: { $metric } is not shown safe yet
verdict-inconclusive-guardrail = Inconclusive: { $metric } is not shown safe
verdict-exploratory = Exploratory: changed after the lock
verdict-changed = What decides was changed after it was locked, so nothing here is confirmed: { $changes }.
verdict-invalid = INVALID: do not use these results
verdict-effect =
    { $metric }: { $value } with { $arm }, { $control_value } with { $control }{ $like ->
    [true] , adjusted for covariates
   *[other] { "" }
    }. Difference { $difference }
    ({ $interval_name } { $interval }).
verdict-effect-open =
    { $metric }: { $value } with { $arm }, { $control_value } with { $control }{ $like ->
    [true] , adjusted for covariates
   *[other] { "" }
    }. Difference { $difference }, without an
    interval: { $reason }.
verdict-missing = { $metric }: the effect of { $arm } could not be estimated. { $reason }
verdict-several = { $metric }, difference from { $control }: { $effects } ({ $interval_name }).
verdict-several-open = { $metric }, difference from { $control }: { $effects }, without an interval: { $reason }.
verdict-many = { $metric }: { $count } arms compared with { $control }. Each effect is shown below.
verdict-failed = Failed check: { $message }
verdict-no-metric = No metric was analysed.
reasons = Why
more = The report says more.
overview = All metrics
glance = Other metrics: difference from { $control }, { $confidence } interval
glance-more = Other metrics: difference from { $control }, { $confidence } interval (the report has { $count } more)
glance-open = no interval
glance-label = { $metric }: { $arm }
interval = { $confidence } interval
interval-adjusted = { $confidence } interval, adjusted for several comparisons
interval-adjusted-short = { $confidence } interval, adjusted
interval-one-sided = one-sided { $confidence } interval
interval-one-sided-adjusted = one-sided { $confidence } interval, adjusted for several comparisons
interval-one-sided-adjusted-short = one-sided { $confidence } interval, adjusted
intervals = { $confidence } intervals
intervals-one-sided = one-sided
intervals-one-sided-guardrails = one-sided, guardrails two-sided
intervals-anytime = valid at every look

# The headline effect.
headline = Headline effect
headline-difference = Difference from { $control }
headline-lift = Lift relative to { $control }
headline-arm-rate = { $numerator } of { $n }
headline-arm-mean = n = { $n }
headline-arm-followed = { $n } units followed
headline-open = No interval: { $reason }
headline-p = p{"\u00A0"}{ $p }
headline-p-adjusted = adjusted p{"\u00A0"}{ $p }
headline-p-adjusted-margin = adjusted p of the margin test { $p }
headline-more =
    In plain numbers: about { $estimate } more per { $base } with { $arm } ({ $interval_name }: { $interval }).
headline-fewer =
    In plain numbers: about { $estimate } fewer per { $base } with { $arm } ({ $interval_name }: { $interval }).
headline-range = { $low } to { $high }
headline-bound-least = at least { $count }
headline-bound-most = at most { $count }
headline-bound-no-fewer = no fewer
headline-bound-no-more = no more
headline-count-more = { $count } more
headline-count-fewer = { $count } fewer
headline-count-same = no change
headline-not-estimable = not estimable

# How far the experiment has come.
progress = Status
progress-section = How far it has come
progress-sentence = { $metric }: { $mature } of { $counted } units are mature.
progress-sentence-none = It is too early to read any metric.
progress-sentence-no-effect =
    No effect is shown before then, since the few who came first say little and invite a choice that the plan did not make.
progress-metric = { $metric } ({ $role })
progress-enrolled = Enrolled so far
progress-later = { $count } more are assigned to later days
progress-mature = Mature now
progress-readable = Readable on
progress-readable-all = all units mature, their events arrived
progress-no-date = no date is known: the definition states no end of enrolment (period.end)
progress-so-far = { $date }, for those enrolled so far
progress-now = now
progress-others = The other metrics: mature now
progress-arm = { $arm }: { $count }
progress-of = { $mature } of { $counted }
progress-column-mature = Mature, { $arm }
progress-column-days = Days
progress-column-all = All
progress-more = and { $count } more metrics, in results.json
progress-more-arms = and { $count } more arms
progress-more-tables = and { $count } more tables
progress-more-checks = and { $count } more, in results.json
progress-table-metrics = When each metric can be read
progress-table-enrolment = Enrolment
progress-split = Sample ratio
progress-exposed = { $share } ({ $count })
progress-exposed-title = Exposed, by { $event }
progress-sent = { $count } ({ $each } per unit)
progress-sent-title = Rows in { $event } so far
progress-fresh = Freshness of the data
progress-fresh-source = { $source }: last event on { $date }
progress-fresh-behind = { $source }: last event on { $date }, { $count ->
    [1] 1 day
   *[other] { $count } days
    } before the data's end
progress-fresh-none = { $source }: no event
progress-not-yet = No unit is mature yet.
progress-not-yet-on = No unit is mature yet; all are on { $date }.

# Roles, directions, verdicts, statuses.
role-primary = primary
role-secondary = secondary
role-guardrail = guardrail
good-up = more is better
good-down = less is better
good-up-time = later is better
good-down-time = sooner is better
time-method = restricted mean (Kaplan–Meier)

# When a metric counts.
start-assignment = assignment
start-exposure = first exposure
window = days { $low } to { $high } after { $start }
window-day = day { $day } after { $start }
window-calendar = calendar days { $low } to { $high } after { $start }
window-calendar-day = calendar day { $day } after { $start }
window-first = first { $length } after { $start }
length-hours = { $n } hours
length-days = { $n } days
length-weeks = { $n } weeks
length-months = { $n } months of 30 days
window-week = { $ordinal } calendar week after { $start }
window-month = { $ordinal } calendar month after { $start }
window-quarter = { $ordinal } calendar quarter after { $start }
window-year = { $ordinal } calendar year after { $start }
window-week-several = { $first } to { $last } calendar week after { $start }
window-month-several = { $first } to { $last } calendar month after { $start }
window-quarter-several = { $first } to { $last } calendar quarter after { $start }
window-year-several = { $first } to { $last } calendar year after { $start }

# Benchmark and goal.
level-benchmark = benchmark { $value }
level-goal = goal { $value }
level-reading = { $level }: { $reading }
level-finding = { $level }: { $arms }.
level-arm = { $arm } { $reading }
level-all = all arms { $reading }
level-above = above
level-below = below
level-not-distinguished = not distinguished
margin-non-inferiority = margin { $margin }
margin-superiority = must be better by more than { $margin }
margin-equivalence = equivalent within ±{ $margin }
margin-p-non-inferiority = margin test p { $p }
margin-p-superiority = superiority test p { $p }
margin-p-equivalence = equivalence test p { $p }
margin-by-interval = judged by the interval
worse = worse
better = better
metric-verdict-better = better
metric-verdict-worse = worse
metric-verdict-different = different
metric-verdict-no-difference-shown = no difference shown
metric-verdict-no-improvement-shown = no improvement shown
metric-verdict-safe = safe
metric-verdict-harmed = harmed
metric-verdict-not-shown-safe = not shown safe
metric-verdict-equivalent = equivalent
metric-verdict-margin-not-shown = margin not shown
metric-verdict-not-estimable = not estimable
metric-other-signs =
    { $arm } differs by { $before } as it is, and by { $after } once the covariates are alike: by chance, its customers had
    other covariates than the control's. The adjusted difference counts.
metric-caution = { $arm }: { $caution }
metric-verdict-not-judged = not judged
status-pass = ✓ pass
status-warn = ! warn
status-fail = ✗ FAIL
status-skipped = – skipped
separator = {" "}·{" "}

# Sections, tables, columns.
section-metrics = Metrics
section-metrics-intro =
    Each arm against { $control }. Every estimate has its { $confidence } interval under it; { $correction }.
section-metrics-none = p-values are not corrected for several comparisons
section-metrics-adjusted =
    the adjusted p-value and interval account for several comparisons ({ $correction }; family: { $family })

# On which side, and for how many looks.
caption-one-sided = Tested one-sided, each metric in its good direction: the interval has one bound, on the bad side.
caption-one-sided-guardrails =
    Primary and secondary metrics are tested one-sided, each in its good direction: the interval has one bound, on the
    bad side. Guardrails are tested two-sided.
caption-anytime =
    Intervals and p-values are confidence sequences: they hold at every look, so looking as often as one likes is
    allowed here.
other-both = { $what } are two-sided, and for one look.
other-sides = { $what } are two-sided.
other-looks = { $what } are for one look.
other-own = The arms' own intervals
other-levels = The arms' own intervals, which tell what lies above or below a benchmark or goal,
other-overall = These tests
other-segments = The effects in segments
other-readings = All readings but those as reported and those without covariates
method-sides = Sides
method-looks = Looks
sides-two-sided = two-sided
sides-one-sided = one-sided, in each metric's good direction
sides-one-sided-guardrails =
    one-sided in each metric's good direction for primary and secondary metrics, two-sided for guardrails
looks-once = one: intervals and p-values are for a single look
looks-anytime = at any time: confidence sequences, valid at every look
looks-anytime-planned =
    at any time: confidence sequences, valid at every look, narrowest at { $planned } units of both arms together
method-lock = Lock
section-adjustment-intro =
    What was known before the assignment (covariates, strata) explains part of the outcome; taking it out narrows the
    interval without changing what is estimated. The estimate with it is the one that counts.
table-adjustment = Effects with and without covariates and strata
column-adjusted-difference = With
column-unadjusted-difference = Without
column-unadjusted-p = p without
column-removed = Variance removed
section-rates = Retention and other rates by arm
section-means = Means by arm
section-means-mixed = Means, ratios and quantiles by arm
section-population = Who was counted
section-population-intro = From every assigned unit to those whose outcome could be read. Shares are of the assigned.
section-base = The customers table
section-checks = Health checks
section-method = Method
section-guide = How to read this report
section-provenance = Provenance
table-metrics = Metrics by arm and comparisons with the control
table-overall = Are all arms equal?
table-rates = Rates by arm
table-means = Means by arm
table-means-mixed = Means, ratios and quantiles by arm
table-population = Population by arm
table-population-part = Population by arm, part { $part } of { $parts }
table-checks = Health checks
table-method = Estimand and method of each metric
table-sources = Sources
table-headline = Primary metric: every arm against { $control }
column-arm = Arm
column-n = n
column-value = Value
column-difference = Difference
column-lift = Lift
column-p = p-value
column-adjusted = Adj. p
column-verdict = Verdict
column-numerator = With event
column-rate = Rate
column-mean = Mean
column-sd = SD
column-interval = { $confidence } interval
column-missing = Missing
column-against = Benchmark, goal
check-design = design: { $code }
column-step = Step
column-check = Check
column-status = Status
status-section = How far it has come
column-message = Finding
column-metric = Metric
column-estimand = What is estimated
column-method = How
column-statistic = Statistic
column-df = df
column-source = Source
column-rows = Rows
column-fingerprint = Fingerprint
cell-control = control
cell-adjusted-value = adj. { $value }
cell-adjusted-values = adj. { $arm } against { $control }
cell-adjusted = adj. { $interval }
step-share = Planned share
step-assigned = Assigned
step-excluded = − { $reason }
step-eligible = = Eligible
step-exposed = of these: exposed
step-exposed-note =
    Exposed: { $exposure }. Exposure is only counted; units are analysed whether they were exposed or not.
step-exposed-triggered = = Exposed, analysed
step-exposed-triggered-note = Exposed: { $exposure }. Only exposed units are analysed, from their first exposure on.
step-unexposed = − not exposed
step-open = of these: window still open
step-whole = of these: mature
step-immature = − window still open
step-mature = = Mature
step-mature-note =
    Mature: the whole window of the longest primary metric lies before the data's end. Other windows may have other
    counts.
step-mature-note-time =
    Mature: the whole window of the longest primary metric lies before the data's end. It is a time to an event, which
    uses the other units too, for as long as they were followed.
base-total = Customers in the table
base-not-eligible = Not eligible
base-eligible = Eligible
base-unassigned = Eligible without an arm
note-reason = { $metric }, { $arm }: { $reason }
note-interval = No interval: { $reason }.
note-adjusted = No adjusted interval: { $reason }.
note-followed = Units followed: one whose window is still open counts for as long as it was followed; none is left out.
note-margin-adjusted =
    The adjusted p-value is that of the test at the margin, one-sided: below half of 1 − confidence the margin is shown.
note-arm = { $arm }: { $reason }
note-covariates =
    Difference and lift are adjusted for covariates or strata, so they are not exactly those of the values shown; the
    table below has both.
note-unknown = No reason was recorded.
empty-metrics = No metric was analysed.
empty-population = No unit was assigned.
empty-checks = No check was run.

# Other readings: what stands beside the tests.
section-readings = Other readings
section-readings-intro =
    The same comparisons seen in other ways. None of these decides: the verdicts rest on the section Metrics alone.
    Beside the rows as reported, covariates and strata play no part here, nor does a correction for several
    comparisons.
table-bayes = Bayesian view
table-bayes-lead =
    How likely it is that an arm is better than { $control }, given the prior and the data, and what each choice is
    expected to cost.
bayes-prior = prior: { $prior }
column-better = Probability to be better
column-loss-treatment = Expected loss if chosen
column-loss-control = Expected loss if { $control } is kept
column-credible-difference = Difference ({ $confidence } credible)
column-credible-lift = Lift ({ $confidence } credible)
table-methods = The same effects by other methods
table-methods-lead = The first row of each comparison is the one that counts.
table-methods-exact =
    An exact test stands beside a comparison where fewer than 5 units with or without the event are expected in an arm:
    approximate tests are in doubt there.
column-reading = Reading
reading-reported = As reported
reading-reported-winsorised = As reported, winsorised
reading-unadjusted = Winsorised, without covariates or strata
reading-not-winsorised = Not winsorised
reading-bootstrap = Bootstrap
reading-permutation = Permutation test
reading-exact = Exact
reading-exact-method = exact unconditional, Chan and Zhang
reading-boschloo = Boschloo p { $p }
table-odds = Odds ratios
table-odds-lead = The odds of the event in the arm divided by those in { $control }; 1 means no difference.
column-odds = Odds ratio
table-complier = Effect on compliers
table-complier-lead =
    The complier effect is the effect on those units that took up the treatment because they were assigned to it, if
    the assignment acts through the take-up alone; the comparison of all assigned units (intention to treat) is the one
    that decides.
column-complier = Effect on compliers
column-compliance = Difference in compliance

# Segments.
section-segments = Segments
section-segments-intro =
    Does the effect differ between groups of customers? The interaction test answers first: single levels differ by
    chance alone. The shrunken effect draws each level towards the common effect and is the better guess of what to
    expect there. Covariates and strata play no part in these effects, and the interaction tests are not corrected for
    their number.
table-segment-declared = By { $column }: declared before the start
table-segment-exploratory = By { $column }: EXPLORATORY
segment-declared = The adjusted p-values of a metric are corrected over the levels (Holm).
segment-exploratory =
    Not declared before the start. Segment effects chosen after the fact are hypotheses for a new experiment, not
    findings.
segment-group-declared = { $metric }: { $arm } against { $control }
segment-group-exploratory = { $metric }: { $arm } against { $control } (exploratory)
segment-same = No evidence that the effect differs between the levels ({ $test }).
segment-differs = The effect differs between the levels ({ $test }).
segment-untested = Whether the effect differs between the levels could not be tested: { $reason }
segment-q = interaction test: Q { $statistic }
segment-df = df { $df }
segment-p = p { $p }
segment-heterogeneity = I² { $share }
segment-blank = (empty)
column-level = Level
column-segment-arm = Arm
column-shrunken = Shrunken

# Method and provenance.
method-confidence = Confidence
method-correction = Correction
method-family = Family
correction-holm = Holm
correction-hochberg = Hochberg
correction-bonferroni = Bonferroni
correction-bh = Benjamini–Hochberg
correction-by = Benjamini–Yekutieli
correction-dunnett = Dunnett
correction-none = none
provenance-definition = Definition
provenance-data = Data through
provenance-data-none = no event source was used
provenance-generated = Generated
provenance-versions = Versions
provenance-platform = Platform
provenance-seed = Seed
provenance-schema = Results format
provenance-path-none = in memory
provenance-path-database = a table of a database
provenance-path-catalogue = a table of the engine's catalogue
guide-difference =
    Difference: the arm's value minus the control's, in the metric's own unit. pp is percentage points: from 40 % to 43
    % is +3 pp.
guide-lift = Lift: the same difference relative to the control's value: from 40 % to 43 % is +7.5 %.
guide-interval =
    { $confidence } interval: the range of effects that fit the data. If such an experiment were repeated many times,
    about { $confidence } of the intervals would contain the true effect. An interval that contains 0 means that no
    difference has been shown, not that there is none.
guide-p =
    p-value: how often chance alone would give a difference at least this large if the arms did not differ. Below
    { $alpha } the interval excludes 0. It is not the probability that the result is wrong.
guide-interval-anytime =
    { $confidence } interval: the range of effects that fit the data, whenever one looks. If such an experiment were
    repeated many times and looked at as often as one likes, in about { $confidence } of them no interval would ever
    miss the true effect. That makes it wider than an interval for one look. An interval that contains 0 means that no
    difference has been shown, not that there is none.
guide-p-anytime =
    p-value: holds at every look. If the arms did not differ, it would ever fall below { $alpha } in at most { $share }
    of such experiments, however often one looks. Below { $alpha } the interval excludes 0. It is not the probability
    that the result is wrong.
guide-one-sided =
    One-sided: only an improvement is looked for, and the p-value counts chance differences in that direction only. The
    interval has a bound on the bad side; the other side is open. No improvement shown means that the arm may be no
    better, or worse: such a test cannot tell these apart.
guide-adjusted =
    Adjusted: with several comparisons, chance has several opportunities; the adjusted p-value and interval allow for
    that.
guide-primary =
    Primary metrics decide. Secondary metrics explain. A guardrail must not get worse by more than its margin: safe
    (harm beyond the margin is excluded), not shown safe (it is not excluded), harmed (harm is shown).
guide-mature = Mature: a unit whose whole window lies before the data's end. Others are too young to be counted.
guide-srm =
    Sample-ratio mismatch: the arms' sizes differ from the plan by more than chance allows. It points to lost or
    misrouted units, and makes a comparison unfair.
guide-margin-non-inferiority =
    Margin test: a one-sided p-value against the margin. Below { $half } the { $confidence } interval excludes harm
    beyond the margin.
guide-margin-superiority =
    Superiority test: a one-sided p-value against the margin. Below { $half } the arm is better by more than the
    margin, not only by more than 0. Otherwise: margin not shown.
guide-margin-equivalence =
    Equivalence test: the larger of two one-sided p-values. Below { $half } the whole { $confidence } interval lies
    within the margin on both sides: equivalent. Otherwise: margin not shown, which does not mean that the arms differ.
guide-adjustment =
    Variance removed: the share of the difference's variance that covariates and strata explain. 30 % removed is worth
    as much as 43 % more units.
guide-ratio = Ratio: one sum over all units of an arm, divided by another. It is no mean over units.
guide-time_to_event =
    Days to an event (or hours, weeks, months): the mean number of them before a unit's first event, of those that the
    window has; a unit without the event counts with all (the area under the Kaplan–Meier curve). Units whose window is still open
    count too, for as long as they were followed.
guide-levels =
    Benchmark and goal: an arm is above (or below) a level when its own interval lies wholly above (or below) it; not
    distinguished when the interval holds the level. They do not decide.
guide-quantile = Quantile: the value below which that share of the units lies; the median is the middle unit's.
guide-segments =
    Interaction test (Cochran's Q): whether the levels' effects differ by more than chance allows. I²: the share of the
    spread between the levels that is not chance. No evidence of a difference is no proof that there is none.
guide-bayes =
    Probability to be better: how strongly to believe, after the data and from the stated prior, that the arm is better
    than the control. Expected loss: what a choice costs on average, nothing when it is right and the difference when
    it is wrong. A { $confidence } credible interval contains the effect with that probability. None of this is
    corrected for several looks or comparisons.
guide-exact =
    Exact: a p-value and interval from the probabilities of all possible tables, for rates with few events. Boschloo's
    is the customary exact test; it and the interval may differ slightly.
guide-odds =
    Odds ratio: the odds are the units with the event to those without it. It is no ratio of rates: for frequent events
    it lies further from 1.
guide-winsorised = Winsorised: values above the stated limit count as that limit, so that a few do not decide.
guide-bootstrap = Bootstrap: an interval from reweighting the units at random many times.
guide-permutation = Permutation test: how often a random reshuffling of the arms gives a difference at least this large.
guide-complier =
    Difference in compliance: how many more of the arm's units than of the control's took up the treatment. The
    complier effect is the difference in the outcome divided by it.

# Charts.
chart-headline = { $metric }
chart-headline-values-rate = Rate by arm
chart-headline-values-mean = Mean by arm, { $unit }
chart-headline-values-plain = Mean by arm
chart-headline-values-other = Value by arm, { $unit }
chart-headline-values-other-plain = Value by arm
chart-headline-values-time = Mean { $unit } before the event, by arm
chart-headline-difference = Difference from { $control }, { $unit }
chart-headline-difference-plain = Difference from { $control }
chart-points = pp
chart-retention = Rates by arm
chart-effects = Lift against { $control }
chart-effects-title = All metrics: lift against { $control }
chart-subtitle = { $title } · { $interval_name }
chart-interval = dots are estimates, lines their { $confidence } intervals
chart-interval-adjusted =
    dots are estimates, lines their { $confidence } intervals (adjusted where several arms are compared)
chart-clipped = an arrow: the interval goes on beyond the chart
chart-clipped-one-sided =
    an arrow: the interval goes on beyond the chart; at the end of a thin line it has no bound (one-sided test)
chart-open = { $estimate } (no interval)
chart-none = not estimable
chart-empty = Nothing to show.
chart-invalid = INVALID: for diagnosis only
chart-alt-values = { $arm } { $value }
chart-alt-headline = Chart of { $metric }. { $values }. { $effects }.
chart-alt-effect = { $arm } against { $control }: { $effect }
chart-alt-retention = Chart of rates by arm with intervals: { $values }.
chart-alt-effects = Chart of the lifts of all metrics with intervals: { $values }.
effect = { $estimate } ({ $interval })

# Terminal.
text-metrics = Metrics ({ $intervals })
text-population = Population
text-bayes = Bayesian view: { $arms } (does not decide).
text-bayes-arm = { $arm } is better than { $control } with probability { $probability }
text-exact = Exact test, { $metric }, { $arm }: p { $p }.
text-segment = Segments: the effect of { $arm } on { $metric } differs by { $column } (declared; interaction p { $p }).
text-checks = Checks that did not pass
text-checks-all = All { $count } health checks passed.

# Periods.
period-hour = hour { $number }
period-day = day { $number }
period-week = week { $number }
period-month = month { $number }
period-days = days { $low } to { $high }
period-to = to { $period }
period-later = { $period } or later
step-name-hour = hour
step-name-day = day
step-name-week = week
step-name-month = month

# Curves.
other-time = The intervals, bands and tests of this section
section-curves = Over time
section-curves-intro =
    Each arm over the time since the start, and its difference from the control. The verdicts rest on the section
    Metrics alone.
curve-kind-bracket = in each { $step }
curve-kind-on-or-after = in the { $step } or later, up to the horizon
curve-kind-event-free = share still without the event (Kaplan–Meier)
curve-kind-incidence = share with { $cause } so far (Aalen–Johansen)
curve-kind-cumulative = cumulated since the start
curve-axis-numbered-day = Day after { $start } (day 0 is the first)
curve-axis-numbered-week = Week after { $start } (week 1 is days 0 to 7)
curve-axis-numbered-month = Month after { $start } (month 1 is days 0 to 30)
curve-axis-elapsed-hour = Hours since { $start }
curve-axis-elapsed-day = Days since { $start }
curve-axis-elapsed-week = Weeks since { $start }
curve-axis-elapsed-month = Months of 30 days since { $start }
curve-panel-unit = { $kind }, { $unit }
curve-difference = Difference of { $arm } from { $control }, { $unit }
curve-difference-plain = Difference of { $arm } from { $control }
curve-counts-mature = n: units whose period is complete
curve-counts-cumulative = n: units followed through the period
curve-counts-followed = At risk: units still followed, without the event
curve-note-bars = Bars are { $confidence } intervals, each for its own point alone.
curve-note-bands = The darker bands are { $confidence } intervals, each for its own point alone.
curve-note-band =
    The light band is for the whole curve: with { $confidence } confidence all of the true curve lies within it.
curve-note-n-mature = Each point stands on its own denominator, the units whose period lies before the data's end.
curve-note-n-cumulative =
    Units that are not followed to the end count for as long as they are; n is how many were followed through each
    period.
curve-note-n-followed =
    Every unit counts for as long as it was followed; the numbers at risk are those still followed without the event.
curve-clipped = Intervals that leave the chart go on beyond it.
curve-differs = The curves of { $arm } and { $control } differ ({ $test }: p{"\u00A0"}{ $p }).
curve-same =
    No difference between the curves of { $arm } and { $control } has been shown ({ $test }: p{"\u00A0"}{ $p }).
curve-untested = Whether the curves of { $arm } and { $control } differ could not be tested: { $reason }.
curve-test = test of the whole curve
curve-alt = Chart of { $title }, { $kind }. { $values }.
curve-total = In the first { $days } days, { $arm } against { $control }: { $effects }. Mature and immature units count.
curve-total-none = The total difference of { $arm } from { $control } could not be estimated: { $reason }.
curve-total-difference = difference { $effect }
curve-total-lift = lift { $effect }
table-curve = { $title }: { $kind }
table-curve-thinned = { $shown } of { $all } points; the results file has all of them.
table-curve-waiting = { $count ->
    [1] One more period has
   *[other] { $count } more periods have
    } no mature unit yet.
column-period = Period
column-difference-of = Difference, { $arm }

# Reading early.
section-early = Reading early
section-early-intro =
    Some units' windows are still open. Two readings deal with that. The first leaves these units out and divides by
    the mature ones alone. The second, Kaplan–Meier, uses every unit for as long as it was followed, to estimate the
    same thing at the end of the window. The definition chose before the start which of them decides; the other one
    stands beside it and is never mixed with it. Every estimate has its { $confidence } interval under it.
early-mature = Mature units only
early-kaplan-meier = Kaplan–Meier, all units
early-mature-detail = units whose whole window lies before the data's end
early-kaplan-meier-detail = every unit for as long as it was followed
early-share = share with the event by day { $day }; the restricted mean decides
early-title-decides = { $reading }: decides
early-title-beside = { $reading }: does not decide
early-title-withheld = { $reading }: WITHHELD, do not use
early-withheld = Withheld: { $reason }. It is shown for diagnosis only.
early-withheld-primary =
    Withheld: { $reason }. It was to decide; it is shown for diagnosis only, and nothing should be decided by it.
column-n-used = n used
text-early = Reading early, { $metric }, { $reading } (does not decide): { $effects }.
text-early-withheld = Reading early, { $metric }, { $reading }: withheld, { $reason }.

# Survival.
section-survival = Survival
section-survival-intro =
    What else is known of times to an event. The restricted mean in the section Metrics decides; these tests and
    numbers are not corrected for their number. Every estimate has its { $confidence } interval under it.
survival-competing =
    Events that preclude this one: { $events }. A unit that has had one of them can no longer have the event, so shares
    by day are those of Aalen and Johansen, which do not pretend that it could.
survival-statistic = χ² { $statistic }
survival-differs = { $test }: the arms' times differ ({ $numbers }).
survival-same = { $test }: no difference between the arms' times has been shown ({ $numbers }).
survival-untested = { $test }: could not be done.
survival-hours = hours
survival-days = days
survival-weeks = weeks
survival-months = months
survival-hours-capital = Hours
survival-days-capital = Days
survival-weeks-capital = Weeks
survival-months-capital = Months of 30 days
survival-median-none = the curve does not come down to a half
table-hazards = Hazard ratios
table-hazards-lead =
    How many times as often as in { $control } the event happens, at any time, to those who have not had it; 1 means no
    difference (Cox's model).
table-hazards-stratified = Hazard ratios within strata
table-hazards-stratified-lead =
    The same ratio, the same in all strata; how often the event happens without the treatment may differ between them.
column-hazard = Hazard ratio
column-proportional = Does one ratio describe the whole time?
hazard-constant = No sign against it (p{"\u00A0"}{ $p }).
hazard-changes = No: the ratio changes with time (p{"\u00A0"}{ $p }). Read the curves and the restricted mean instead.
hazard-unchecked = Could not be checked.
table-medians = Medians
table-medians-lead = { $unit } until half of the units have had the event.
column-median = Median
table-landmarks = Shares with the event by { $unit }
table-landmarks-lead = Units that were not followed so long count for as long as they were.
column-landmark = With the event
landmark-by-hours = by hour { $time }
landmark-by-days = by day { $time }
landmark-by-weeks = by week { $time }
landmark-by-months = by month { $time }
landmark-cause = { $cause }, { $by }

# Value.
section-value = Customer value
section-value-terms =
    A customer is worth { $margin } for each period of { $days } days that they stay (metric: { $metric }). { $last }
    periods were observed; { $horizon }. { $discount }
value-horizon = periods up to { $periods } count
value-endless = all later periods count, without end
value-discount = Later periods are discounted by { $rate } per period.
value-undiscounted = Nothing is discounted.
section-value-apart =
    What was observed is data. What is extrapolated is projected by a model, on the assumption that the arms go on as
    it says: nobody has seen it. The total is both together. Every estimate has its { $confidence } interval under it.
table-value = Value per customer and lifetime
value-group-money = Value per customer
value-group-change = Difference in value from { $control }
value-group-life = Lifetime: expected periods that a customer stays
column-customers = Customers
column-observed = Observed, periods 1 to { $last }
column-extrapolated = Extrapolated: projected by a model
column-total = Total, partly projected
value-observed = observed
value-projected = projected by a model
value-chart-title = Customers still there, observed and projected
value-chart-panel = Share of customers still there
value-chart-axis = Periods of { $days } days since the start
value-chart-note =
    Solid lines with filled marks were observed (Kaplan–Meier); dashed lines with hollow marks are projected by a
    model. Bands are { $confidence } intervals; those of the projection, hatched, hold only if the model does.
value-chart-note-observed = Lines were observed (Kaplan–Meier); bands are { $confidence } intervals.
value-chart-alt = Chart of the shares of customers still there; periods after { $last } are projected. { $values }.
value-alt-observed = { $share } after period { $period }
value-alt-projected = projected { $share } after period { $period }
value-fit-good = { $arm }: { $model }. No sign that the model does not fit what was observed (p{"\u00A0"}{ $p }).
value-fit-bad =
    { $arm }: { $model }. The model does not fit what was observed (p{"\u00A0"}{ $p }): do not use the projection.
value-fit-untested = { $arm }: { $model }. Whether it fits what was observed could not be tested.
value-fit-none = { $arm }: no model, so nothing is projected: { $reason }.
value-fit-alpha = α { $value }
value-fit-beta = β { $value }
text-value =
    Value per customer, { $arm } against { $control }: observed { $observed }; with what a model projects { $total }.
text-value-bad =
    Value per customer, { $arm } against { $control }: observed { $observed }; the model does not fit what was
    observed, so do not use its projection.

# The board's rate.
section-board = The board's retention rate
section-board-base =
    What the effect on { $metric } means for the customer retention rate (E − N)/S of the whole base: of S = { $base }
    customers at the start, { $assigned } ({ $share }) take part in the experiment.
section-board-control = With { $control } { $rate } of them stay.
section-board-joined =
    Customers who join later are in neither side of E − N. Every estimate has its { $confidence } interval under it.
table-board = The effect on the base's rate
column-reached = Share of S reached
column-moved = (E − N)/S, as run
column-customers-moved = Customers, as run
column-if_all = (E − N)/S, if all of S were treated so
column-customers-if_all = Customers, if all were
text-board = The board's rate (E − N)/S: { $arm } moved it by { $moved }; if all were treated so, { $all }.

# In plain words.
headline-needed = That is about { $one } ({ $interval_name }: { $interval }).
headline-needed-open = That is about { $one }.
words-one-more = 1{"\u00A0"}more in{"\u00A0"}{ $number }
words-one-fewer = 1{"\u00A0"}fewer in{"\u00A0"}{ $number }
words-through = { $low }, through no change, to { $high }
words-worst = at worst { $one }
words-best = at best { $one }
words-per = { $count } per{"\u00A0"}{ $base }
table-words = In plain words: against { $control }
table-words-lead = Each number has its { $confidence } interval on its right.
table-words-lead-adjusted =
    Each number has its { $confidence } interval on its right, not adjusted for several comparisons.
column-words-per = More or fewer
column-words-needed = One in
column-words-range = Interval

# Amounts in total.
table-totals = In total: against { $control }
table-totals-lead =
    The difference per customer times customers, with its { $confidence } interval, not adjusted for several
    comparisons. Only amounts within the window count; nothing is projected.
column-totals-customers = Customers in the arm
column-totals-run = More or less, as run
column-totals-base = In all arms
column-totals-all = If all were treated so
note-totals-base = The number of all eligible customers is not known: there is no table of customers.
text-totals =
    In total, { $metric }: { $arm } brought { $run } with its { $customers } customers; with all { $base } of the experiment it
    would be { $all }.
text-totals-run = In total, { $metric }: { $arm } brought { $run } with its { $customers } customers.

# The guide.
guide-kaplan-meier =
    Kaplan–Meier: a unit whose window is still open counts for as long as it was followed, as one of those among whom
    the event could still be seen. That is right if units that came late are like those that came early; a reading for
    which that is in doubt is withheld.
guide-curves =
    Curve: an interval holds for its own point; looking for the best point of a curve needs the band, which holds for
    all points at once. The test of the whole curve says no more than that the arms differ somewhere.
guide-hazard =
    Hazard ratio: the rate of the event among those who have not had it, in the arm relative to the control. One number
    for the whole time is meaningful only while that ratio does not change.
guide-projection =
    Projection: a model of churn (shifted beta-geometric) is fitted to the observed periods and continued. Its interval
    allows for chance in the data, not for a model that is wrong.
guide-needed =
    One more in N (number needed to treat): so many units must get the arm for one more, or one fewer, with the
    outcome. An interval that includes no change passes through infinitely many, from more to fewer.

# Numbers in sentences.
number-p = p{"\u00A0"}{ $p }
number-p-equals = p{"\u00A0"}={"\u00A0"}{ $p }
effect-named = { $estimate } ({ $interval_name } { $interval })

# The decision's reasons. Codes of results.json; abtest/words/saying.py says what their fields are.
decision-better = { $metric }: { $arm } is better than { $control }, { decision-numbers }
decision-worse = { $metric }: { $arm } is worse than { $control }, { decision-numbers }
decision-safe = { $metric }: { $arm } is shown not to be worse by its margin than { $control }, { decision-numbers }
decision-equivalent = { $metric }: { $arm } is equivalent within its margin to { $control }, { decision-numbers }
decision-margin-not-shown =
    { $metric }: { $arm } is not shown to meet its margin against { $control }, { decision-numbers }
decision-not-shown-safe =
    { $metric }: { $arm } is not shown to stay within its margin of { $control }, { decision-numbers }
decision-no-improvement = { $metric }: { $arm } is not shown to be better than { $control }, { decision-numbers }
decision-no-difference = { $metric }: { $arm } is not shown to differ from { $control }, { decision-numbers }
decision-numbers =
    { $like ->
    [true] adjusted for covariates{" "}
   *[other] { "" }
    }{ $value } against { $control_value }: { $effect }{ $of_margin ->
    [true] ; test at the margin, one-sided:
   *[other] ,
    } { $p_value }{ $corrected ->
    [true] , corrected for the number of primary comparisons
   *[other] { "" }
    }.
decision-few-events =
    { $metric }: with so few events, the exact test of { $arm } against { $control } that never errs more often than it
    says does not show this ({ $p_value }); that is too little to ship on.
caution-few-carry =
    Few units carry an arm's amounts: they weigh no more than { $n } of equal size. With such data the interval of the
    difference can end too early: a nominal 95 % covers about 90 % where there is an effect.
caution-few-signed =
    Few units, of either sign, carry an arm's total. With such data the interval of the difference can end too early: a
    nominal 95 % covers about 90 % where there is an effect.
caution-few-adjusted =
    An arm's values are skewed: they weigh no more than { $n } of equal size. With such data the interval after
    adjustment can end too early: a nominal 95 % covers about 93 % where the effect grows with the value.
caution-lopsided =
    The values are skewed and one arm is much smaller. { $adjusted ->
    [true] After adjustment
   *[other] With values of both signs
    } no correction for that is made: an effect that is not there is found on one side in 4 % to 8 % of experiments,
    where a nominal 95 % says 2.5 %.
caution-reading =
    { $reading ->
    [bootstrap] The bootstrap's interval
    [credible] The credible interval
   *[other] The interval without winsorising
    } can end too early: an arm's values weigh no more than { $n } of equal size, and a nominal 95 % covers about 93 %.
decision-not-compared = { $metric } cannot be compared between { $arm } and { $control }: { $because }.
decision-largest =
    { $arm } has the largest effect among the arms that win; that it beats { $others } was not tested.
decision-immature =
    { $metric }: { $immature } of { $counted } counted units were not mature when the data ended; { $followed ->
    [true] they count for as long as they were followed
   *[other] they are left out
    }. { $monitored ->
    [true] Intervals and p-values hold at every look, so reading before all are mature is sound here.
   *[other] Reading before all are mature is sound once, at a date planned beforehand; looking again and again until it
    is significant is not.
    }
decision-empty =
    { $metric } cannot tell { $arm } from { $control }: nobody in any arm has anything but 0. That is more often a table or
    column that was not read than a quiet time; look at that first.
decision-lacking =
    Look at, the most likely first: how each arm's outcomes are exported and joined; filters that drop units of one arm;
    units of one arm that were lost from view before the outcome; a blank that means no and should be 0.
decision-excluded-both =
    { $metric }, { $arm } against { $control }: a rise of more than { $rise } or a fall of more than { $fall } is excluded
    at { $confidence }.
decision-excluded-rise =
    { $metric }, { $arm } against { $control }: a rise of more than { $rise } is excluded at { $confidence }.
decision-excluded-fall =
    { $metric }, { $arm } against { $control }: a fall of more than { $fall } is excluded at { $confidence }.
decision-excluded-beyond =
    { $metric }, { $arm } against { $control }: differences that are not within { $range } are excluded at
    { $confidence }.
decision-detectable =
    { $metric }: with these units, a true difference of { $found } between { $arm } and { $control } would have been found
    with { $power } power, a smaller one less often.
decision-detectable-margin =
    { $metric }: with these units, and { $arm } and { $control } truly alike, a margin of { $found } would have been shown
    with { $power } power, a narrower one less often.
decision-detectable-superiority =
    { $metric }: with these units, a true difference of { $found } between { $arm } and { $control } would have been shown
    to exceed the margin with { $power } power, a smaller one less often.
decision-detectable-not =
    { $metric }: what could have been found between { $arm } and { $control } is not said: { $because }.
decision-needed =
    { $metric }: { $question ->
    [non-inferiority] if { $arm } and { $control } were truly alike, showing the margin
    [equivalence] if { $arm } and { $control } were truly alike, showing the margin
    [superiority] if the true difference were the observed one, showing the margin
   *[other] if the true difference were the observed one, finding it
    } with { $power } power would take about { $alike ->
    [true] { $arm_units } units per arm in all
   *[other] { $control_units } units in { $control } and { $arm_units } in { $arm }
    }, { $more ->
    [0] which are there already
   *[other] { $more } more than there are
    }{ $weeks ->
    [0] { "" }
    [1] : about 1 more week of enrolment as it was
   *[other] : about { $weeks } more weeks of enrolment as it was
    }{ $dated ->
    [true] , readable on { $on }
   *[other] { "" }
    }. That is a size to plan once, not to look until it is significant.
decision-possible-effects =
    No difference shown is not the same as no difference: the interval holds the effects that remain possible.
decision-planned =
    Planned: { $units } units with a value ({ $mature } are mature for { $metric }){ $sized ->
    [true] , which would show an effect of { $margin }
   *[other] {""}
    }{ $dated ->
    [true] ; readable on { $readable_on }
   *[other] {""}
    }.
decision-mismatch =
    Something other than chance decides who is in which arm or who is seen; find it before reading any effect. Look at,
    the most likely first: how units are assigned and whether the split was changed; what logs the assignment, and whether
    it loses units of one arm; filters and joins after the assignment; bots and test accounts; merged or renamed ids.
decision-diagnosis = The effects below are printed for diagnosis only; do not act on them.
guardrail-safe =
    Guardrail { $metric } stays within its margin of { $margin } in { $arm } against { $control }: { $effect }.
guardrail-harmed =
    Guardrail { $metric } is worse, and may be worse by more than its margin of { $margin } in { $arm } against
    { $control }: { $effect }.
guardrail-harmed-beyond =
    Guardrail { $metric } is worse by more than its margin of { $margin } in { $arm } against { $control }: { $effect }.
guardrail-not-shown-safe =
    Guardrail { $metric } is not shown to stay within its margin of { $margin } in { $arm } against { $control }:
    { $effect }.
guardrail-empty =
    Guardrail { $metric } says nothing of { $arm } against { $control }: nobody in any arm has anything but 0. Without an
    event it is not shown safe; look first whether its table or column was read.
guardrail-worse = Guardrail { $metric } is worse in { $arm } against { $control }: { $effect }.
guardrail-better = Guardrail { $metric } is better in { $arm } against { $control }: { $effect }.
guardrail-not-compared = Guardrail { $metric } cannot be compared in { $arm } against { $control }: { $effect }.
guardrail-without-margin =
    Guardrail { $metric } is not shown to be worse (no margin was declared, so safety is not shown either) in { $arm }
    against { $control }: { $effect }.
why-size-of-few-events = events are too few for a formula of power
why-size-unknown = its statistic has no standard error here
reason-too-little = there is too little data

# What the health checks find. Codes of results.json.
check-none-exposed =
    None of the { $eligible } eligible units was exposed: check that ids are written alike in all tables, and the window
    of population.exposure.
check-none-counted =
    None of the { $assigned } assigned units is counted: { $excluded ->
    [not_in_customers] they are not in the customers table: check that ids are written alike in both
    [outside_period] they were assigned outside the period: check period and the time zone
    [not_eligible] they are not eligible: check population.eligible
    [nothing] there are none
    [several_arms] most are excluded as several arms
    [placeholder_id] their ids stand for nobody
    [no_assignment_time] most are excluded as no assignment time
    [conflicting_rows] most are excluded as conflicting rows
    [eligibility_unknown] most are excluded as eligibility unknown
    [no_cluster] most are excluded as no cluster
   *[other] most are excluded as { $excluded }
    }.
check-not-in-customers =
    { $n } of { $assigned } assigned units are not in the customers table; they are left out.
check-no-rows = { $source } has no rows: it counts as 0 for every unit.
check-no-event-matches =
    None of the { $rows } events in { $source } belongs to a counted unit; check that ids are written alike in all
    tables.
check-sparse-events =
    { $metric }: an arm expects only { $expected } units with (or without) the event, fewer than 5. The exact test given
    their number decides there{ $n ->
    [1] { "" }
   *[other] {" "}and in { $n } primary and guardrail metrics in all
    }; more units would say more.
check-quiet =
    { $source }: the last event is { $n } days before the data's end; if the export stops early, what is missing counts
    as 0.
check-events-match =
    { $source }: of { $rows } events, { $matched } near the windows belong to counted units.
check-near-events =
    { $source }: { $n } events match nobody, and would belong to { $units } assigned units if ids were written alike.
    Add { check-fold } to the definition.
check-near-customers =
    { $n } assigned units are not in the customers table, and would be { $units } of its customers if ids were written
    alike. Add { check-fold } to the definition.
check-fold = `ids: {"{"}fold: [{ $folds }]{"}"}`
check-ids-folded =
    { $n } ids of the assignments are one with another since `ids.fold` makes no difference of how they are written;
    their rows count as one unit's.
check-stray-end =
    { $source }: { $n } events lie after the day on which the daily counts end; the data end there. Correct their times,
    or say where the data end with period.through.
check-odd-years =
    { $source }: { $n } rows lie in years in which nothing can have happened: { $years }. Correct them, or leave them out
    with `where`.
check-repeated-events =
    { $source }: { $n } rows repeat the { $column } of another row and are else alike: events that were delivered twice, or
    files that overlap. Add `key: { $column }` to the table, and each counts once.
check-equal-events =
    { $source }: { $n } rows are equal to another in every column: events that were delivered twice, or files that overlap.
    Add `key:` with the columns that together tell one event from another to the table, and each counts once.
check-order-lines =
    { $source }: { $n } rows have the { $column } of another row, and differ from it: lines of one order are counted as
    orders. Add `distinct: { $column }` to metrics of type count.
check-amounts-below =
    { $source }: { $below } rows have a value below 0 in { $column }, and { $zero } of 0; each counts as an event. Add
    `where: { $column } > 0` to the table; where refunds belong to a sum, to a second table of the same file that the
    metrics that count name.
check-amounts-zero =
    { $source }: { $zero } rows have a value of 0 in { $column }, and count as events. If they are none, add
    `where: { $column } > 0` to the table.
check-placeholder-ids =
    { $n } assigned ids stand for nobody, such as (not set), null or 0; they are left out, with all their events.
check-immature =
    { $metric }: { $mature } of { $counted } counted units are mature; the others' window is still open when the data
    ends, and they { $followed ->
    [true] count while they are followed
   *[other] are left out of it
    }.
check-nothing-happened =
    { $metric }: none of the { $n } counted units of any arm has an event in the window; check that ids are written alike
    in all tables, the window, and the conditions of the table.
check-only-zeros =
    { $metric }: the value is 0 for all { $n } counted units; is this the right column, and is it filled?
check-missing-unequally =
    { $metric }: the arms lack values unequally ({ $by_arm } of { $sizes } units by arm), so the units that have one cannot be
    compared; find out why they are blank.
check-ones-and-blanks =
    { $metric }: every value is 1 and the rest is blank ({ $by_arm } of { $sizes } units by arm); if a blank means no, add
    read: {"{"}false: [""]{"}"} to data.customers, otherwise every arm has a rate of 100 %.
check-many-missing =
    { $metric }: { $n } of { $counted } counted units have no value ({ $by_arm } of { $sizes } by arm) and are left out; the
    result is about the others.
check-missing-alike = { $metric }: the arms lack values alike ({ $by_arm } of { $sizes } units by arm).
check-mature = { $metric }: every counted unit is mature.
check-outside-period = { $n } units were assigned outside the period; they are left out.
check-repeated-assignments =
    { $source }: { $n } assignments repeat a unit in the same arm; each unit counts once, from its first row.
check-repeated-rows =
    { $source }: { $n } rows repeat a unit in the same arm; each unit counts once, from its first row.
check-unread-values =
    { $source }: in { $n } of { $rows } rows { $column } is no number ({ $words }); these events are left out of its sums,
    and count elsewhere.{ $cure ->
        [none] { "" }
       *[other] {" "}If that is as it should be, say so: { $cure }.
    }
check-unread-cells =
    { $source }: in { $n } of { $rows } rows { $column } is no number ({ $words }); these units have no value in it, and count
    elsewhere.{ $cure ->
        [none] { "" }
       *[other] {" "}If that is as it should be, say so: { $cure }.
    }
check-empty-values =
    { $source }: { $n } of { $rows } events have no { $column }; they are left out of its sums, and count elsewhere.
check-thousands =
    { $source }: { $n } of { $rows } values of { $column } have a point before three digits, and none has another number of
    decimals; if 1.250 means 1250, write { $cure }, otherwise confirm them with { $otherwise }.
check-without-id = { $source }: { $n } of { $rows } rows have no id; they are left out.
check-without-time = { $source }: { $n } of { $rows } rows have no time; they are left out.
check-without-arm = { $source }: { $n } of { $rows } rows have no arm; they count as not assigned.
check-several-arms =
    { $n } of { $assigned } units are in several arms; they are left out (in the ledger under the arm of their first
    assignment).
check-one-arm = No unit is in more than one arm.
check-sample-ratio-untested = Sample ratio of { check-stage }: { $because }.
check-sample-ratio-fits = Sample ratio: { check-stage } { $by_arm } fit the planned { $planned }.
check-sample-ratio-of-exposed =
    Sample ratio: { check-stage } { $by_arm } do not fit the planned { $planned }; the arms differ in who is exposed,
    which an analysis of all assigned units allows.
check-sample-ratio-mismatch =
    Sample-ratio mismatch: { check-stage } { $by_arm } do not fit the planned { $planned }.
check-stage =
    { $stage ->
    [assigned] assigned
    [exposed] exposed
    [mature] mature
    [counted] counted
   *[eligible] eligible
    } { $clusters ->
    [true] clusters
   *[false] units
    }
check-split-at-any-time =
    { $holds ->
    [true] The sample ratio stayed with the planned shares on every day of enrolment, however often one looks.
   *[false] The sample ratio left the planned shares at some day of enrolment by more than chance allows, however often
    one looks.
    }
check-split-by-day =
    { $holds ->
    [true] The sample ratio holds on every day of assignment.
   *[false] The sample ratio does not hold on every day of assignment; { check-split-why }
    }
check-split-by-column =
    { $holds ->
    [true] The sample ratio holds in every level of { $column }.
   *[false] The sample ratio does not hold in every level of { $column }; { check-split-why }
    }
check-split-why = was the split changed, or does something decide who is in which arm there?
check-early-untested =
    { $metric }: whether the outcome depends on the date of assignment cannot be tested yet.
check-early-holds =
    { $metric }: no sign that the outcome depends on the date of assignment, as reading immature units by Kaplan–Meier
    supposes.
check-early-fails =
    { $metric }: the outcome changes with the date of assignment, and the arms were followed for different lengths of
    time, so Kaplan–Meier mixes the one with the other; do not use that reading, and compare units of one week with each
    other.
check-early-drifts =
    { $metric }: the outcome changes with the date of assignment, so the units followed longest do not speak for the
    others; the Kaplan–Meier values are off, their difference less so, since both arms were followed alike.

# What became of a definition that was changed after it was locked.
locked-changed =
    What decides was changed after the lock, so this result is exploratory and confirms nothing: { $sentences }{ $more ->
    [0] { "" }
   *[other] ; and { $more } more
    }.
locked-would-ship =
    As the definition is now, its rules would say: ship { $arm }. Confirm that in a new experiment.
locked-not-answered = The locked question is not answered: { $because }.
locked-answer =
    The question as it was locked, answered from the same data: { $recommendation ->
    [ship] ship { $arm }
    [keep-control] keep { $control }
    [keep-running] keep running
    [invalid] invalid, a health check fails
   *[inconclusive] inconclusive
    }.
locked-reason = As locked: { $because }

# Which comparisons share a correction.
family-one =
    the one primary comparison ({ $names }); no correction is needed{ family-gate }
family-several =
    { $n } primary comparisons: { $names }, { $arms } arm(s) against the control{ family-gate }
family-gate = { $gatekeeping ->
    [true] ; secondary metrics are tested after all of them (gatekeeping)
   *[false] { "" }
    }

# Methods, as results.json names them.
method-score = Miettinen–Nurminen score
method-score-corrected = Miettinen–Nurminen score, skewness-corrected
method-score-few = exact conditional test of few events (mid-p)
method-stratified-score = stratified Miettinen–Nurminen score, Mantel–Haenszel weights
method-stratified-score-corrected =
    stratified Miettinen–Nurminen score, skewness-corrected, Mantel–Haenszel weights
method-stratified-score-few = stratified exact conditional test of few events (mid-p)
method-welch = Welch t, lift by Fieller
method-skewed = skewness-corrected test of share and amounts
method-delta = delta method, Welch t, lift by Fieller
method-delta-alone = delta method
method-regression = regression adjustment per arm (Lin), Welch t, lift by Fieller
method-linearised = linearised (CR2), Bell–McCaffrey t, lift by Fieller
method-clusters-adjusted =
    regression adjustment per arm (Lin), cluster-robust (CR2), Bell–McCaffrey t, lift by Fieller
method-clusters = cluster-robust (CR2), Bell–McCaffrey t, lift by Fieller
method-kaplan-meier = Kaplan–Meier z, lift by Fieller
method-aalen-johansen = Aalen–Johansen z, lift by Fieller
method-restricted-mean = restricted mean time z, lift by Fieller
method-cumulative = mean cumulative function z, lift by Fieller
method-value = value per customer z, lift by Fieller
method-wald = Wald (instrumental variable), Anderson–Rubin interval
method-bootstrap = Poisson bootstrap, percentile interval
method-quantile = { $quantile } quantile: order statistics, bootstrap of ranks
method-curve-test = largest |statistic| of the curve, multivariate normal
method-log-rank = Log-rank test
method-log-rank-any = Log-rank test of any event
method-log-rank-all = Log-rank test of all arms
method-log-rank-stratified = Stratified log-rank test of all arms
method-pearson = Pearson's chi-squared test of all arms
method-welch-anova = Welch's analysis of variance of all arms
method-share-kaplan-meier = Kaplan–Meier
method-share-one-minus = 1 − Kaplan–Meier
method-share-aalen-johansen = Aalen–Johansen
method-other-ends = { $method }, other events as ends of follow-up
method-one-sided = { $method }, one-sided
method-confidence-sequence = { $method }, confidence sequence
method-beta = shifted beta-geometric
method-geometric = geometric
method-flat = flat
method-prior-beta = Beta({ $a }, { $b }) for each arm's rate
method-prior-jeffreys = Jeffreys, Beta({ $a }, { $b }) for each arm's rate
method-prior-normal = Normal(mean { $mean }, sd { $sd }) for each arm's mean

# What the report calls a check, by its id.
check-name-srm = srm { $what }
check-name-srm-assigned = srm assigned
check-name-srm-eligible = srm eligible
check-name-srm-exposed = srm exposed
check-name-srm-mature = srm mature
check-name-srm-anytime = srm anytime
check-name-srm-by = srm by { $column }
check-name-srm-by-day = srm by day
check-name-counted = counted
check-name-several-arms = several arms
check-name-outside-period = outside period
check-name-maturity = maturity
check-name-repeated-rows = { $table }.repeated rows
check-name-order-lines = { $table }.order lines
check-name-amounts = { $table }.amounts
check-name-end = { $table }.end
check-name-years = { $table }.years
check-name-placeholder-ids = placeholder ids
check-name-near-ids = { $table }.near ids
check-name-repeated = { $table }.repeated
check-name-without-id = { $table }.without id
check-name-without-time = { $table }.without time
check-name-without-arm = { $table }.without arm
check-name-events = { $table }.events
check-name-early = early.{ $metric }

# Why an assigned unit is not counted, by the ledger's names.
excluded-several-arms = several arms
excluded-placeholder-id = placeholder id
excluded-no-assignment-time = no assignment time
excluded-outside-period = outside period
excluded-not-in-customers = not in customers
excluded-conflicting-rows = conflicting rows
excluded-eligibility-unknown = eligibility unknown
excluded-not-eligible = not eligible
excluded-no-cluster = no cluster
excluded-not-exposed = not exposed

# Why something is missing or unbounded: the reasons of the statistics and of the analysis, parts of sentences.
why-alike =
    the share lost does not fall with time: the customers look alike and the model is at its geometric limit, where α
    and β are infinite; intervals suppose that all customers are alike
why-amounts-one-side = a mean cannot be told from 0, so the change is bounded on one side only
why-arm-with-few-units = an arm has fewer than two units
why-arm-with-few-values = an arm has fewer than two units with a value
why-arm-without-customers = no customer of this arm was followed for a day at least
why-arm-without-values = no unit of this arm has a value for this metric
why-arm-without-variation = no variation: an arm has the same value for all its units
why-bound-above-half = a bound is missing: its curve does not come down to one half
why-clusters-same-differences = no variation: the clusters' differences are all the same
why-clusters-without-variation = no variation: all clusters have the same mean
why-compliance-half-line =
    the difference in compliance cannot be told from 0, so the complier effect is bounded on one side only
why-compliance-two-pieces =
    the difference in compliance cannot be told from 0: the complier effects compatible with the data fall into two
    pieces, which no single interval describes
why-compliance-whole-line =
    the difference in compliance is too uncertain: every complier effect is compatible with the data
why-control-mean-tiny = the control mean is too close to 0 for a quotient that a computer can hold
why-control-mean-zero = the control mean is 0, so a relative change cannot be estimated
why-control-near-zero = the control's credible interval contains 0, so the relative change is not bounded
why-control-not-positive = the control's value is not positive in all replicates
why-control-without-success = the control has no successes, so the relative change has no upper bound and no estimate
why-denominator-zero = the denominator is 0
why-drift =
    the outcome changes with the date of assignment, and the arms were followed for different lengths of time, so
    Kaplan–Meier mixes the one with the other
why-either-sign = the difference may be of either sign: the number goes through infinity from benefit to harm
why-equal-compliance = the arms comply equally often, so there is no complier effect to estimate
why-equal-rates = the rates are equal, so no number of customers is needed or enough
why-events-at-one-time = all events that compare the arms happened at one time, so a change over time cannot be judged
why-few-periods-for-fit = too few periods with 5 losses expected to judge the fit
why-few-replicates = { $n } replicates are too few for an interval at confidence { $confidence }
why-few-segments = fewer than two segments have an effect with a standard error
why-few-units-by-group = too few units for a test by group
why-few-units-for-bounds = too few units for a bound on each side at this confidence
why-few-clusters-for-covariates = the { why-side } has too few clusters for { $n } covariates
why-few-units-for-covariates = the { why-side } has too few units for { $n } covariates
why-few-units-in-arm = fewer than { $n } units in an arm: their values are not shown
why-fewer-arms-given = fewer than two arms were given
why-fewer-arms-with-units = fewer than two arms have units
why-follow-up-ends = follow-up ends at { $ends }, before the horizon of { $horizon }
why-gate-closed = an earlier question of the declared order was not answered, so this one is not tested
why-gate-without-p-value =
    a question in an earlier family has no p-value, so it cannot be rejected and this one is not asked
why-half-without-event = more than half of the units are still without the event when follow-up ends
why-lacking = the arms lack values of it unequally, so the units that have one cannot be compared
why-level-out-of-reach = the correction asks for a level nearer to certainty than an interval can be computed at
why-lifetime-infinite = the expected lifetime is infinite: α is at most 1, so name a horizon or a discount rate
why-lifetime-perhaps-infinite = an infinite expected lifetime is compatible with the data: the interval of α reaches 1
why-lift-half-line = the control mean cannot be told from 0, so the relative change is bounded on one side only
why-lift-two-pieces =
    the control mean cannot be told from 0: the relative changes compatible with the data fall into two pieces, which
    no single interval describes
why-lift-whole-line = the control mean is too uncertain: every relative change is compatible with the data
why-lost-in-first-period =
    all losses fall in the first period: the model says that nobody else ever leaves, which it cannot project
why-margin-without-size = the control mean is 0, so a relative margin has no size
why-no-arm-with-units = no arm has units
why-no-bound-from-zero =
    the control's posterior does not vanish at a rate of 0, so the relative change has no upper bound but the prior's
why-no-common-stratum = no stratum has units in both arms
why-no-customers = there are no customers
why-no-difference = there is no difference
why-no-event-at-risk = no event happened while units of both arms were at risk
why-no-event-between-periods = no event happened while customers of two enrolment periods were at risk
why-no-event-in-two-arms = no event happened while units of two arms were at risk
why-no-median = other events preclude this one, so half of the units need not have it at all: see the shares by day
why-no-odds = neither arm has a { $lacking ->
    [success] success
   *[failure] failure
    }, so the odds cannot be compared
why-no-period =
    in one arm fewer than { $n } customers, or fewer than { $share } of them, are known to be still there after one
    period, so no period is observed
why-no-point-varies = no point varies
why-no-statistic = the comparison has no statistic
why-no-statistics = no comparison has a statistic
why-no-success = neither arm has a success, so a relative change cannot be estimated
why-no-units = there are no units
why-no-variation = no variation: all units have the same value
why-no-variation-in-arms = no variation: all units of each arm have the same value, so chance cannot be judged
why-nobody-eligible = no eligible unit in this arm
why-nobody-exposed = no exposed unit in this arm
why-nobody-lost = no customer was lost, so the model has nothing to learn from
why-nobody-lost-while-others-stayed = no variation: no customer was lost while others stayed, so chance cannot be judged
why-nobody-mature = no unit is mature for this period
why-nobody-mature-yet = no unit of this arm is mature: every window ends after the data does
why-nothing-projected = the horizon lies within the observed periods, so nothing is projected
why-odds-unbounded = an arm has no success or no failure: the odds ratio is unbounded
why-of-side = { why-side }: { $because }
why-one-arm-planned = only one arm was planned to get units, so there is no ratio to test
why-one-arm-without-value = one of the two arms has no value
why-one-period = customers were at risk in one period only: how churn changes with time cannot be seen
why-one-unit = there is only one unit, so its variation is unknown
why-same-amount = no variation: all units have the same amount up to this period
why-same-ratio = no variation: all units have the same ratio
why-same-time = no variation: all units have the same time up to the horizon
why-segment-without-effect = the segment has no effect with a standard error
why-side = { $side ->
    [control] control
    [arm] arm
   *[treatment] treatment
    }
why-side-with-few-units = the { why-side } has fewer than two units
why-side-with-one-cluster = all of the { why-side }'s members are in one cluster, so their variation is unknown
why-side-with-one-denominator = all of the { why-side }'s denominator is of one unit, so their variation is unknown
why-side-with-one-unit = the { why-side } has only one unit, so its variation is unknown
why-side-without-clusters = the { why-side } has no clusters
why-side-without-denominator = the denominator of the { why-side } is 0
why-side-without-event = the { why-side } has no event while both arms are at risk, so the hazard ratio is not finite
why-side-without-units = the { why-side } has no units
why-statistic-missing = the statistic does not exist in some replicates
why-text = { $text }
why-too-early = too few units so far for an interval that holds at every look
why-too-many-tables = more than { $n } tables are possible, too many to go through
why-unplanned-units = an arm that was planned to get no units has some
why-locked-not-analysed = the locked definition cannot be analysed with the tables that the present one names
why-locked-list = a list in a file that the locked definition names is not as it was when it was locked

# What only a notebook shows.
column-role = Role
column-control = Control
notebook-exploratory = { $verdict } (exploratory: changed after the lock)

# What a metric estimates.
estimand-conversion =
    Share of units with at least one event in { $event } { $window } { estimand-read }{ estimand-days }
estimand-count =
    Mean number of events in { $event } per unit { $window }, 0 without events { estimand-read }{ estimand-days }{ $cut }
estimand-sum =
    Mean per unit of the sum of { $taken } { $window }, 0 without events { estimand-read }{ estimand-days }{ $cut }
estimand-mean =
    Mean over units with an event of their average { $taken } { $window } (conditional on behaviour{ estimand-exposed
    }){ estimand-days }
estimand-ratio =
    Ratio of sums over all units: { $numerator } per { $denominator } { $window } (the denominator is an outcome too{
    estimand-exposed }){ estimand-days }
estimand-quantile =
    { $median ->
    [true] Median
   *[false] { $quantile } quantile
    } over units of the { $what } { $window }, 0 without events { estimand-read }{ estimand-days }
estimand-time-to-event =
    Mean number of the first { $days } days { estimand-without-event }; { estimand-whom })
estimand-time-to-event-of =
    Mean number of the first { $days } { estimand-time-unit } { estimand-without-event }{ $until }; { estimand-whom })
estimand-without-event =
    { estimand-after } without an event in { $event }, by Kaplan–Meier (restricted mean; immature units count while
    followed{ $competing ->
    [0] { "" }
   *[other] ; an event in { $any_of } ends the follow-up
    }
estimand-time-in-columns =
    Mean number of the first { $days } days { estimand-without-event-in-column } days in { $duration })
estimand-time-in-columns-of =
    Mean number of the first { $days } { estimand-time-unit } { estimand-without-event-in-column } { estimand-time-unit
    } in { $duration }{ $until })
estimand-without-event-in-column =
    without the event in { $column }, by Kaplan–Meier (restricted mean; units count for the
estimand-followed = { "" }
estimand-followed-until = , at most until { $column }
estimand-time-unit = { $time_unit ->
    [hours] hours
    [weeks] weeks
    [months] months of 30 days
   *[days] days
    }
estimand-column =
    Average of the column { $column } over { $start ->
    [exposure] exposed units
   *[assignment] units
    } that have a value{ $cut }
estimand-active-periods =
    Mean number per unit of { estimand-period }s with at least one event in { $event }, of the { $size } { estimand-periods
    } { $window } { estimand-read }{ estimand-days }
estimand-active-in =
    Share of units with an event in { $event } in at least { $at_least } of the { $size } { estimand-periods } { $window }
    { estimand-read }{ estimand-days }
estimand-return =
    Share of units that return: at least { estimand-events } in { $event } { $window } { estimand-read }{ estimand-days }
estimand-return-on-day =
    Share of units that return: at least { estimand-events } in { $event } on day { $day } { estimand-after }
    { estimand-read }{ estimand-days }
estimand-return-in-period =
    Share of units that return: at least { estimand-events } in { $event } in the { NUMBER($nth, type: "ordinal") ->
    [one] { $nth }st
    [two] { $nth }nd
    [few] { $nth }rd
   *[other] { $nth }th
    } calendar { estimand-period } after that of the { $start ->
    [exposure] first exposure
   *[assignment] assignment
    } { estimand-read }
estimand-events = { $n ->
    [1] one event
   *[other] { $n } events
    }
estimand-period = { $by ->
    [day] day
    [week] week
    [month] month
    [quarter] quarter
   *[year] year
    }
estimand-periods =
    { $size ->
    [1] { estimand-period }
   *[other] { estimand-period }s
    }{ $by ->
    [month] { " " }of 30 days
   *[other] { "" }
    }
estimand-window = from { $begin } to before { $end } { estimand-after }
estimand-after = { $start ->
    [exposure] after the first exposure
   *[assignment] after assignment
    }
estimand-whom = { $start ->
    [exposure] among exposed units
   *[assignment] intention to treat
    }
estimand-exposed = { $start ->
    [exposure] ; among exposed units
   *[assignment] { "" }
    }
estimand-read = ({ $reading ->
    [kaplan-meier] by Kaplan–Meier: immature units count while followed; { estimand-whom }
   *[mature] { estimand-whom }
    })
estimand-days = { $days_of ->
    [calendar] ; in calendar days
   *[exact] { "" }
    }
estimand-taken = { $column } of { $event }
estimand-taken-value = the value of { $event }
estimand-summed = sum of { $column } of { $event }
estimand-summed-value = sum of the value of { $event }
estimand-number = number of { $event }
estimand-counted = number of events in { $event }
estimand-uncut = { "" }
estimand-cut = ; values above the pooled { $quantile } quantile count as that
estimand-cut-at = ; values above { $level } (the pooled { $quantile } quantile) count as that
word-or = { " or " }

# What was changed after the lock.
deviation-added = { $key }: added: { $new }
deviation-removed = { $key }: removed (was { $old })
deviation-changed = { $key }: { $old } → { $new }
deviation-default = { $setting } (the default)

# What `abtest compare` prints.
compare-overall-few = Whether the arms differ at all cannot be tested: fewer than two arms have units.
compare-overall-flat =
    Whether the arms differ at all cannot be tested: an arm has too few units or no variation.
compare-overall-differ = The arms differ: { $method }, { $p }.
compare-overall-not-shown = The arms are not shown to differ: { $method }, { $p }.
compare-cannot = { $arm } cannot be tested against { $control }: { $reason }.
compare-no-reason = no reason was recorded
compare-sentence =
    { $finding }: { $value } against { $control_value }, difference { $difference } ({ $interval_name }
    { $interval }), { $p }.
compare-interval-adjusted = adjusted { $confidence } interval
compare-p-adjusted = adjusted { $p }
compare-p-margin = one-sided { $p } at the margin
compare-p-margin-adjusted = adjusted one-sided { $p } at the margin
compare-finding-better = { $arm } is better than { $control }
compare-finding-worse = { $arm } is worse than { $control }
compare-finding-worse-beyond = { $arm } is worse than { $control }, by more than { $margin }
compare-finding-worse-not-excluded = { $arm } is worse than { $control }, and { $margin } or more is not excluded
compare-finding-safe = { $arm } is safe, not worse than { $control } by { $margin } or more
compare-finding-not-shown-safe =
    { $arm } is not shown safe, it may be worse than { $control } by { $margin } or more
compare-finding-better-and-safe = { $arm } is better than { $control }, and safe at a margin of { $margin }
compare-finding-superior = { $arm } is better than { $control } by more than { $margin }
compare-finding-superior-not-shown = { $arm } is not shown to be better than { $control } by more than { $margin }
compare-finding-equivalent = { $arm } and { $control } are equivalent within ±{ $margin }
compare-finding-equivalent-not-shown = { $arm } and { $control } are not shown to be equivalent within ±{ $margin }
compare-finding-no-difference = { $arm } is not shown to differ from { $control }
compare-control = { $arm } (control)
compare-column-against = Against { $control }
compare-column-p-difference = p, no difference
compare-column-p-margin = Adj. p, margin
compare-adjusted = adj. { $interval }
compare-by-arm = { $arm }: { $text }
compare-view-non-inferiority = Non-inferiority at a margin of { $margin }
compare-view-superiority = Superiority at a margin of { $margin }
compare-view-equivalence = Equivalence at a margin of { $margin }
compare-view-odds = Odds ratio (1 is no effect)
compare-view-exact = Exact unconditional companion (Chan & Zhang; Boschloo)
compare-view-bayes = Bayesian view, prior: { $prior }
compare-margin-cannot = cannot be tested
compare-margin-shown = shown, one-sided { $p } (to be shown: below { $level })
compare-margin-shown-adjusted = shown, one-sided { $p }, adjusted { $adjusted_p } (to be shown: below { $level })
compare-margin-not-shown = not shown, one-sided { $p } (to be shown: below { $level })
compare-margin-not-shown-adjusted =
    not shown, one-sided { $p }, adjusted { $adjusted_p } (to be shown: below { $level })
compare-odds-why = { $ratio }; { $reason }
compare-exact = difference { $effect }, { $p }; Boschloo { $boschloo }
compare-exact-none = not made, { $reason }
compare-exact-nothing =
    this test never errs more often than it says, and at { $level } it shows nothing; do not act on so few events
compare-bayes =
    better with probability { $better }; expected loss { $loss } with { $arm }, { $control_loss } with { $control }
compare-bayes-none = not estimable, { $reason }
compare-bayes-difference = difference { $difference }
compare-bayes-effects = difference { $difference }; lift { $lift }
compare-bayes-no-lift = difference { $difference }; no lift: { $reason }
compare-and = { " and " }
compare-method-up = Method: { $methods }; more is better.
compare-method-down = Method: { $methods }; less is better.
compare-corrected = Adjusted for { $count } comparisons with the control by { $correction }.
compare-corrected-margins = The margin tests are what is adjusted, and the intervals with them.
compare-corrected-differences =
    Dunnett's correction is of the differences; a margin is shown at the level of their intervals.
compare-corrected-not = Exact tests and the Bayesian view are one question per arm and are not adjusted.
compare-no-difference =
    No difference shown is not the same as no difference: the interval holds the effects that remain possible.
compare-few =
    Few events: an arm expects only { $expected } units with (or without) the event, fewer than 5, so the exact test
    given their number decides. More units would say more.
