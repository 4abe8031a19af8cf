"""What every output says in words: the rule that counted, and what to mind about these data."""

from collections.abc import Iterator, Sequence

from abtest.cohorts.counting import Counts
from abtest.cohorts.periods import label
from abtest.cohorts.question import Question
from abtest.cohorts.result import Period
from abtest.grammar.time import DAY_US

QUIET_DAYS = 3
"""Days without any event at the end of the data, after which the export is doubted."""


def rule_of(asked: Question, zone: str) -> tuple[str, ...]:
    """Return the rule, sentence by sentence: who is a customer, what S, E, N and R are, and the formula."""
    by = asked.by
    never = f"Customers who join or come back during the {by} never count as retained."
    dates = f"local dates in {zone}" + (", weeks from Monday" if by == "week" else "")
    if asked.within is None:
        return (
            f"A customer is active in a {by} with at least one event in it ({dates}).",
            f"S: active in the {by} before. E: active in this {by}. N (new): the first event of all lies in this {by}. "
            f"R (reactivated): active in this {by} and earlier, but not in the {by} before.",
            "CRR = retained / S = (E − N − R) / S, where retained are those active in both. " + never,
        )
    length = asked.within_text
    return (
        f"A customer counts at an instant when they had an event in the {length} before it ({dates}).",
        f"S: customers at the start of the {by}. E: customers at its end. N (new): customers at its end whose first "
        f"event of all lies in this {by}. R (reactivated): customers at its end, not at its start, with an event "
        "before.",
        "CRR = retained / S = (E − N − R) / S, where retained are customers at both. " + never,
    )


def notes_of(asked: Question, counts: Counts, periods: Sequence[Period]) -> tuple[str, ...]:
    """Return what to mind about these data."""
    return tuple(_notes(asked, counts, periods))


def _notes(asked: Question, counts: Counts, periods: Sequence[Period]) -> Iterator[str]:
    iso = counts.calendar.iso
    final = label(counts.final, asked.by)
    if counts.running:
        until = str(iso(counts.through_us))[:10]
        end = f"the data are said to end on {asked.through}" if asked.through else f"the last event is of {until}"
        cure = "" if asked.through else "; if the data cover it to its end, say so with --through"
        yield f"{final} is still running ({end}): it is incomplete, and compared with nothing{cure}."
    begin = label(counts.first, asked.by)
    if periods[0].at_start is None:
        yield (
            f"The data begin in {begin} (first event {str(iso(counts.first_us))[:10]}). Who was a customer before is "
            f"not known, so everyone seen in it counts as new, and it has no rate."
        )
    if asked.within is not None:
        short = [period.label for period in periods if period.complete and period.at_start and period.rate is None]
        if short:
            yield (
                f"At the start of {_range(short)} the data were not yet {asked.within_text} long: who was a customer "
                "is not known, so there is no rate."
            )
    ahead = [period.label for period in periods if period.plain_rate is not None and period.reactivated]
    if ahead:
        yield (
            "(E − N) / S counts customers who came back as if they had stayed; it is shown beside CRR, and is higher "
            f"in {len(ahead)} of {sum(period.rate is not None for period in periods)} periods."
        )
    for count, what in (
        (counts.without_unit, f"no id in {asked.unit!r}"),
        (counts.without_time, f"no time in {asked.at!r}"),
    ):
        if count:
            yield f"{count:,} of {counts.rows:,} rows have {what}; they are not counted."
    if counts.after_through:
        yield f"{counts.after_through:,} rows are later than {asked.through}; they are not counted."
    if asked.through is not None and counts.through_us - counts.last_us > QUIET_DAYS * DAY_US:
        quiet = (counts.through_us - counts.last_us) // DAY_US
        yield (
            f"There is no event in the last {quiet:,} days up to {asked.through}; if the export stopped early, "
            "customers look lost who are not."
        )


def _range(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"
