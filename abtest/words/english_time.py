"""The words of a report in English about retention in time, by message id: curves, reading early, survival, value."""

MESSAGES = {
    # Periods.
    "period.day": "day {number}",
    "period.week": "week {number}",
    "period.month": "month {number}",
    "period.days": "days {low} to {high}",
    "period.to": "to {period}",
    "period.later": "{period} or later",
    "step.name.day": "day",
    "step.name.week": "week",
    "step.name.month": "month",
    # Curves.
    "other.time": "The intervals, bands and tests of this section",
    "section.curves": "Over time",
    "section.curves.intro": (
        "Each arm over the time since the start, and its difference from the control. The verdicts rest on the section "
        "Metrics alone."
    ),
    "curve.kind.bracket": "in each {step}",
    "curve.kind.on or after": "in the {step} or later, up to the horizon",
    "curve.kind.event-free": "share still without the event (Kaplan–Meier)",
    "curve.kind.incidence": "share with {cause} so far (Aalen–Johansen)",
    "curve.kind.cumulative": "cumulated since the start",
    "curve.axis.numbered.day": "Day after {start} (day 0 is the first)",
    "curve.axis.numbered.week": "Week after {start} (week 1 is days 0 to 7)",
    "curve.axis.numbered.month": "Month after {start} (month 1 is days 0 to 30)",
    "curve.axis.elapsed.day": "Days since {start}",
    "curve.axis.elapsed.week": "Weeks since {start}",
    "curve.axis.elapsed.month": "Months of 30 days since {start}",
    "curve.panel.unit": "{kind}, {unit}",
    "curve.difference": "Difference of {arm} from {control}, {unit}",
    "curve.difference.plain": "Difference of {arm} from {control}",
    "curve.counts.mature": "n: units whose period is complete",
    "curve.counts.cumulative": "n: units followed through the period",
    "curve.counts.followed": "At risk: units still followed, without the event",
    "curve.note.bars": "Bars are {confidence} intervals, each for its own point alone.",
    "curve.note.bands": "The darker bands are {confidence} intervals, each for its own point alone.",
    "curve.note.band": (
        "The light band is for the whole curve: with {confidence} confidence all of the true curve lies within it."
    ),
    "curve.note.n.mature": (
        "Each point stands on its own denominator, the units whose period lies before the data's end."
    ),
    "curve.note.n.cumulative": (
        "Units that are not followed to the end count for as long as they are; n is how many were followed through "
        "each period."
    ),
    "curve.note.n.followed": (
        "Every unit counts for as long as it was followed; the numbers at risk are those still followed without the "
        "event."
    ),
    "curve.clipped": "Intervals that leave the chart go on beyond it.",
    "curve.differs": "The curves of {arm} and {control} differ ({test}: p\u00a0{p}).",
    "curve.same": ("No difference between the curves of {arm} and {control} has been shown ({test}: p\u00a0{p})."),
    "curve.untested": "Whether the curves of {arm} and {control} differ could not be tested: {reason}.",
    "curve.test": "test of the whole curve",
    "curve.alt": "Chart of {title}, {kind}. {values}.",
    "curve.total": "In the first {days} days, {arm} against {control}: {effects}. Mature and immature units count.",
    "curve.total.none": "The total difference of {arm} from {control} could not be estimated: {reason}.",
    "curve.total.difference": "difference {effect}",
    "curve.total.lift": "lift {effect}",
    "table.curve": "{title}: {kind}",
    "table.curve.thinned": "{shown} of {all} points; the results file has all of them.",
    "column.period": "Period",
    "column.difference.of": "Difference, {arm}",
    # Reading early.
    "section.early": "Reading early",
    "section.early.intro": (
        "Some units' windows are still open. Two readings deal with that. The first leaves these units out and divides "
        "by the mature ones alone. The second, Kaplan–Meier, uses every unit for as long as it was followed, to "
        "estimate the same thing at the end of the window. The definition chose before the start which of them "
        "decides; the other one stands beside it and is never mixed with it. Every estimate has its {confidence} "
        "interval under it."
    ),
    "early.mature": "Mature units only",
    "early.kaplan-meier": "Kaplan–Meier, all units",
    "early.mature.detail": "units whose whole window lies before the data's end",
    "early.kaplan-meier.detail": "every unit for as long as it was followed",
    "early.share": "share with the event by day {day}; the restricted mean decides",
    "early.title.decides": "{reading}: decides",
    "early.title.beside": "{reading}: does not decide",
    "early.title.withheld": "{reading}: WITHHELD, do not use",
    "early.withheld": "Withheld: {reason}. It is shown for diagnosis only.",
    "early.withheld.primary": (
        "Withheld: {reason}. It was to decide; it is shown for diagnosis only, and nothing should be decided by it."
    ),
    "column.n.used": "n used",
    "text.early": "Reading early, {metric}, {reading} (does not decide): {effects}.",
    "text.early.withheld": "Reading early, {metric}, {reading}: withheld, {reason}.",
    # Survival.
    "section.survival": "Survival",
    "section.survival.intro": (
        "What else is known of times to an event. The restricted mean in the section Metrics decides; these tests and "
        "numbers are not corrected for their number. Every estimate has its {confidence} interval under it."
    ),
    "survival.competing": (
        "Events that preclude this one: {events}. A unit that has had one of them can no longer have the event, so "
        "shares by day are those of Aalen and Johansen, which do not pretend that it could."
    ),
    "survival.statistic": "χ² {statistic}",
    "survival.differs": "{test}: the arms' times differ ({numbers}).",
    "survival.same": "{test}: no difference between the arms' times has been shown ({numbers}).",
    "survival.untested": "{test}: could not be done.",
    "survival.days": "days",
    "survival.median.none": "the curve does not come down to a half",
    "table.hazards": "Hazard ratios",
    "table.hazards.lead": (
        "How many times as often as in {control} the event happens, at any time, to those who have not had it; 1 means "
        "no difference (Cox's model)."
    ),
    "column.hazard": "Hazard ratio",
    "column.proportional": "Does one ratio describe the whole time?",
    "hazard.constant": "No sign against it (p\u00a0{p}).",
    "hazard.changes": "No: the ratio changes with time (p\u00a0{p}). Read the curves and the restricted mean instead.",
    "hazard.unchecked": "Could not be checked.",
    "table.medians": "Medians",
    "table.medians.lead": "Days until half of the units have had the event.",
    "column.median": "Median",
    "table.landmarks": "Shares with the event by day",
    "table.landmarks.lead": "Units that were not followed so long count for as long as they were.",
    "column.landmark": "With the event",
    "landmark.day": "By day {day}",
    "landmark.cause": "{cause}, by day {day}",
    # Value.
    "section.value": "Customer value",
    "section.value.terms": (
        "A customer is worth {margin} for each period of {days} days that they stay (metric: {metric}). {last} periods "
        "were observed; {horizon}. {discount}"
    ),
    "value.horizon": "periods up to {periods} count",
    "value.endless": "all later periods count, without end",
    "value.discount": "Later periods are discounted by {rate} per period.",
    "value.undiscounted": "Nothing is discounted.",
    "section.value.apart": (
        "What was observed is data. What is extrapolated is projected by a model, on the assumption that the arms go "
        "on as it says: nobody has seen it. The total is both together. Every estimate has its {confidence} interval "
        "under it."
    ),
    "table.value": "Value per customer and lifetime",
    "value.group.money": "Value per customer",
    "value.group.change": "Difference in value from {control}",
    "value.group.life": "Lifetime: expected periods that a customer stays",
    "column.customers": "Customers",
    "column.observed": "Observed, periods 1 to {last}",
    "column.extrapolated": "Extrapolated: projected by a model",
    "column.total": "Total, partly projected",
    "value.observed": "observed",
    "value.projected": "projected by a model",
    "value.chart.title": "Customers still there, observed and projected",
    "value.chart.panel": "Share of customers still there",
    "value.chart.axis": "Periods of {days} days since the start",
    "value.chart.note": (
        "Solid lines with filled marks were observed (Kaplan–Meier); dashed lines with hollow marks are projected by a "
        "model. Bands are {confidence} intervals; those of the projection, hatched, hold only if the model does."
    ),
    "value.chart.note.observed": "Lines were observed (Kaplan–Meier); bands are {confidence} intervals.",
    "value.chart.alt": "Chart of the shares of customers still there; periods after {last} are projected. {values}.",
    "value.alt.observed": "{share} after period {period}",
    "value.alt.projected": "projected {share} after period {period}",
    "value.fit.good": "{arm}: {model}. No sign that the model does not fit what was observed (p\u00a0{p}).",
    "value.fit.bad": (
        "{arm}: {model}. The model does not fit what was observed (p\u00a0{p}): do not use the projection."
    ),
    "value.fit.untested": "{arm}: {model}. Whether it fits what was observed could not be tested.",
    "value.fit.none": "{arm}: no model, so nothing is projected: {reason}.",
    "value.fit.alpha": "α {value}",
    "value.fit.beta": "β {value}",
    "text.value": (
        "Value per customer, {arm} against {control}: observed {observed}; with what a model projects {total}."
    ),
    "text.value.bad": (
        "Value per customer, {arm} against {control}: observed {observed}; the model does not fit what was observed, "
        "so do not use its projection."
    ),
    # The board's rate.
    "section.board": "The board's retention rate",
    "section.board.base": (
        "What the effect on {metric} means for the customer retention rate (E − N)/S of the whole base: of S = {base} "
        "customers at the start, {assigned} ({share}) take part in the experiment."
    ),
    "section.board.control": "With {control} {rate} of them stay.",
    "section.board.joined": (
        "Customers who join later are in neither side of E − N. Every estimate has its {confidence} interval under it."
    ),
    "table.board": "The effect on the base's rate",
    "column.reached": "Share of S reached",
    "column.moved": "(E − N)/S, as run",
    "column.customers.moved": "Customers, as run",
    "column.if_all": "(E − N)/S, if all of S were treated so",
    "column.customers.if_all": "Customers, if all were",
    "text.board": "The board's rate (E − N)/S: {arm} moved it by {moved}; if all were treated so, {all}.",
    # In plain words.
    "headline.needed": "That is about {one} ({interval_name}: {interval}).",
    "headline.needed.open": "That is about {one}.",
    "words.one.more": "1\u00a0more in\u00a0{number}",
    "words.one.fewer": "1\u00a0fewer in\u00a0{number}",
    "words.through": "{low}, through no change, to {high}",
    "words.worst": "at worst {one}",
    "words.best": "at best {one}",
    "words.per": "{count} per\u00a0{base}",
    "table.words": "In plain words: against {control}",
    "table.words.lead": "Each number has its {confidence} interval on its right.",
    "table.words.lead.adjusted": (
        "Each number has its {confidence} interval on its right, not adjusted for several comparisons."
    ),
    "column.words.per": "More or fewer",
    "column.words.needed": "One in",
    "column.words.range": "Interval",
    # Amounts in total.
    "table.totals": "In total: against {control}",
    "table.totals.lead": (
        "The difference per customer times customers, with its {confidence} interval, not adjusted for several "
        "comparisons. Only amounts within the window count; nothing is projected."
    ),
    "column.totals.customers": "Customers in the arm",
    "column.totals.run": "More or less, as run",
    "column.totals.base": "All eligible",
    "column.totals.all": "If all were treated so",
    "note.totals.base": "The number of all eligible customers is not known: there is no table of customers.",
    "text.totals": (
        "In total, {metric}: {arm} brought {run} with its {customers} customers; with all {base} it would be {all}."
    ),
    "text.totals.run": "In total, {metric}: {arm} brought {run} with its {customers} customers.",
    # The guide.
    "guide.kaplan-meier": (
        "Kaplan–Meier: a unit whose window is still open counts for as long as it was followed, as one of those among "
        "whom the event could still be seen. That is right if units that came late are like those that came early; a "
        "reading for which that is in doubt is withheld."
    ),
    "guide.curves": (
        "Curve: an interval holds for its own point; looking for the best point of a curve needs the band, which holds "
        "for all points at once. The test of the whole curve says no more than that the arms differ somewhere."
    ),
    "guide.hazard": (
        "Hazard ratio: the rate of the event among those who have not had it, in the arm relative to the control. One "
        "number for the whole time is meaningful only while that ratio does not change."
    ),
    "guide.projection": (
        "Projection: a model of churn (shifted beta-geometric) is fitted to the observed periods and continued. Its "
        "interval allows for chance in the data, not for a model that is wrong."
    ),
    "guide.needed": (
        "One more in N (number needed to treat): so many units must get the arm for one more, or one fewer, with the "
        "outcome. An interval that includes no change passes through infinitely many, from more to fewer."
    ),
}
