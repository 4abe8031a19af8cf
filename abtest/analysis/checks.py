"""Health: is the data what the experiment says it is? A failed check makes the analysis invalid."""

from collections.abc import Iterator, Sequence

from abtest.analysis.result import Check, MetricResult
from abtest.definition.lints import DataRange, lints
from abtest.definition.model import ASSIGNMENTS, Definition
from abtest.moments.collected import Collected, SourceCounts
from abtest.stats.srm import anytime_sample_ratio, sample_ratio_by_group, sample_ratio_mismatch

SRM_LEVEL = 0.001
QUIET_DAYS = 7
_DAY = 86_400_000_000


def health_checks(definition: Definition, collected: Collected, metrics: Sequence[MetricResult]) -> list[Check]:
    """Return every check with its status: sample ratio at each stage, assignment, ids, times, maturity."""
    return [
        *_sample_ratios(definition, collected, metrics),
        *_sample_ratios_within(definition, collected),
        *_counted(definition, collected),
        *_assignment(collected),
        *_ids_and_times(collected),
        *_events(definition, collected),
        *_maturity(definition, metrics),
    ]


def design_checks(definition: Definition, collected: Collected) -> list[Check]:
    """Return the warnings about the definition itself that it does not silence, as checks ``design.<code>``."""
    events = [source for source in collected.sources if source.name in definition.event_sources]
    seen = DataRange({source.name: source.first for source in events}, {source.name: source.last for source in events})
    return [
        Check(
            id=f"design.{finding.code}",
            status="warn",
            message=f"{finding.path[1]}: {finding.message}"
            if finding.path[0] == "metrics" and len(finding.path) > 1
            else finding.message[:1].upper() + finding.message[1:],
        )
        for finding in lints(definition, seen)
        if finding.path[0] != "data"  # a table that ends early has a check of its own
    ]


def _sample_ratios(definition: Definition, collected: Collected, metrics: Sequence[MetricResult]) -> Iterator[Check]:
    weights = [arm.weight for arm in definition.arms]
    primary = longest_primary(metrics)
    # What was randomised is what must be in proportion: the sizes of clusters vary by more than chance between units.
    if definition.cluster is not None:
        stages = {"eligible": [arm.clusters or 0 for arm in collected.ledger]}
    else:
        stages = {
            "assigned": [arm.assigned for arm in collected.ledger],
            "eligible": [arm.eligible for arm in collected.ledger],
        }
    if definition.population.exposure is not None and definition.cluster is None:
        stages["exposed"] = [arm.exposed or 0 for arm in collected.ledger]
    if primary is not None and definition.timed and definition.cluster is None:
        stages["mature"] = [arm.mature for arm in primary.arms]
    for stage, counts in stages.items():
        test = sample_ratio_mismatch(counts, weights)
        planned = ":".join(f"{weight:g}" for weight in weights)
        shown = " / ".join(f"{count:,}" for count in counts)
        named = "counted" if definition.cluster is not None and definition.triggered else stage
        what = f"{named} {'clusters' if definition.cluster is not None else 'units'}"
        if test.p_value is None:
            yield Check(id=f"srm_{stage}", status="skipped", message=f"Sample ratio of {what}: {test.reason}.")
        elif test.p_value < SRM_LEVEL and stage == "exposed" and not definition.triggered:
            yield Check(
                id=f"srm_{stage}",
                status="warn",
                message=f"Sample ratio: {what} {shown} do not fit the planned {planned}; the arms differ in who is "
                "exposed, which an analysis of all assigned units allows.",
                p_value=test.p_value,
            )
        elif test.p_value < SRM_LEVEL:
            yield Check(
                id=f"srm_{stage}",
                status="fail",
                message=f"Sample-ratio mismatch: {what} {shown} do not fit the planned {planned}.",
                p_value=test.p_value,
            )
        else:
            yield Check(
                id=f"srm_{stage}",
                status="pass",
                message=f"Sample ratio: {what} {shown} fit the planned {planned}.",
                p_value=test.p_value,
            )


def _sample_ratios_within(definition: Definition, collected: Collected) -> Iterator[Check]:
    """Whether the split held on every day and in every segment; a warning, since a changed plan shows too."""
    if definition.cluster is not None:
        return
    weights = [arm.weight for arm in definition.arms]
    groups = {
        f"srm_by_{column}": (f"in every level of {column}", levels) for column, levels in collected.levels.items()
    }
    if len(collected.days) > 1:
        groups["srm_by_day"] = ("on every day of assignment", collected.days)
        anytime = anytime_sample_ratio(collected.days, weights)
        failed = anytime.p_value is not None and anytime.p_value < SRM_LEVEL
        yield Check(
            id="srm_anytime",
            status="warn" if failed else "pass",
            message="The sample ratio left the planned shares at some day of enrolment by more than chance allows, "
            "however often one looks."
            if failed
            else "The sample ratio stayed with the planned shares on every day of enrolment, however often one looks.",
            p_value=anytime.p_value,
        )
    for key, (what, counts) in groups.items():
        test = sample_ratio_by_group(counts, weights)
        if test.p_value is None:
            continue
        failed = test.p_value < SRM_LEVEL
        yield Check(
            id=key,
            status="warn" if failed else "pass",
            message=f"The sample ratio {'does not hold' if failed else 'holds'} {what}"
            + ("; was the split changed, or does something decide who is in which arm there?" if failed else "."),
            p_value=test.p_value,
        )


def _counted(definition: Definition, collected: Collected) -> Iterator[Check]:
    assigned = sum(arm.assigned for arm in collected.ledger)
    excluded: dict[str, int] = {}
    for arm in collected.ledger:
        for reason, count in arm.excluded.items():
            excluded[reason] = excluded.get(reason, 0) + count
    missing = excluded.get("not_in_customers", 0)
    eligible = sum(arm.eligible for arm in collected.ledger)
    exposed = sum(arm.exposed or 0 for arm in collected.ledger)
    if definition.population.exposure is not None and eligible and not exposed:
        yield Check(
            id="counted",
            status="fail" if definition.triggered else "warn",
            message=f"None of the {eligible:,} eligible units was exposed: check that ids are written alike in all "
            "tables, and the window of population.exposure.",
        )
        if definition.triggered:
            return
    if not sum(arm.eligible for arm in collected.ledger):
        reason = max(excluded, key=lambda name: excluded[name], default="")
        cure = {
            "not_in_customers": "they are not in the customers table: check that ids are written alike in both",
            "outside_period": "they were assigned outside the period: check period and the time zone",
            "not_eligible": "they are not eligible: check population.eligible",
        }.get(reason, f"most are excluded as {reason.replace('_', ' ')}" if reason else "there are none")
        yield Check(id="counted", status="fail", message=f"None of the {assigned:,} assigned units is counted: {cure}.")
    elif missing:
        yield Check(
            id="counted",
            status="warn",
            message=f"{missing:,} of {assigned:,} assigned units are not in the customers table; they are left out.",
        )


def _assignment(collected: Collected) -> Iterator[Check]:
    several = sum(arm.excluded.get("several_arms", 0) for arm in collected.ledger)
    assigned = sum(arm.assigned for arm in collected.ledger)
    if several:
        yield Check(
            id="several_arms",
            status="warn",
            message=f"{several:,} of {assigned:,} units are in several arms; they are left out "
            "(in the ledger under the arm of their first assignment).",
        )
    else:
        yield Check(id="several_arms", status="pass", message="No unit is in more than one arm.")
    outside = sum(arm.excluded.get("outside_period", 0) for arm in collected.ledger)
    if outside:
        yield Check(
            id="outside_period",
            status="warn",
            message=f"{outside:,} units were assigned outside the period; they are left out.",
        )


def _ids_and_times(collected: Collected) -> Iterator[Check]:
    for source in collected.sources:
        if source.repeated:
            what = "assignments repeat" if source.name == ASSIGNMENTS else "rows repeat"
            yield Check(
                id=f"{source.name}.repeated",
                status="warn",
                message=f"{source.name}: {source.repeated:,} {what} a unit in the same arm; "
                "each unit counts once, from its first row.",
            )
        if source.without_unit:
            yield _rows(source, source.without_unit, "id", "have no id; they are left out")
        if source.without_time:
            yield _rows(source, source.without_time, "time", "have no time; they are left out")
        if source.without_arm:
            yield _rows(source, source.without_arm, "arm", "have no arm; they count as not assigned")


def _rows(source: SourceCounts, count: int, what: str, rest: str) -> Check:
    return Check(
        id=f"{source.name}.without_{what}",
        status="warn",
        message=f"{source.name}: {count:,} of {source.rows:,} rows {rest}.",
    )


def _events(definition: Definition, collected: Collected) -> Iterator[Check]:
    primary = {definition.outcome(name).source for name in definition.primaries}
    for source in collected.sources:
        if source.name not in definition.event_sources:
            continue
        if not sum(arm.counted for arm in collected.ledger):
            continue
        if source.rows == 0:
            yield Check(
                id=f"{source.name}.events",
                status="warn",
                message=f"{source.name} has no rows: it counts as 0 for every unit.",
            )
            continue
        if source.matched is None:
            continue  # it only says who was exposed
        if source.matched == 0:
            # A rare event may have met nobody yet; a primary metric without any event means that ids do not fit.
            yield Check(
                id=f"{source.name}.events",
                status="fail" if source.name in primary else "warn",
                message=f"None of the {source.rows:,} events in {source.name} belongs to a counted unit; "
                "check that ids are written alike in all tables.",
            )
            continue
        if source.last is not None and collected.through is not None:
            quiet = (collected.through - source.last) / _DAY
            if quiet > QUIET_DAYS:
                yield Check(
                    id=f"{source.name}.events",
                    status="warn",
                    message=f"{source.name}: the last event is {quiet:.0f} days before the data's end; "
                    "if the export stops early, what is missing counts as 0.",
                )
                continue
        yield Check(
            id=f"{source.name}.events",
            status="pass",
            message=f"{source.name}: of {source.rows:,} events, {source.matched:,} near the windows belong to counted "
            "units.",
        )


def _maturity(definition: Definition, metrics: Sequence[MetricResult]) -> Iterator[Check]:
    primary = longest_primary(metrics)
    if primary is None or not definition.timed:
        return
    mature = sum(arm.mature for arm in primary.arms)
    eligible = mature + sum(arm.immature for arm in primary.arms)
    if mature < eligible:
        yield Check(
            id="maturity",
            status="warn",
            message=f"{primary.title}: {mature:,} of {eligible:,} counted units are mature; the others' window is "
            "still open when the data ends, and they "
            + ("count while they are followed." if primary.counts_immature else "are left out of it."),
        )
    else:
        yield Check(id="maturity", status="pass", message=f"{primary.title}: every counted unit is mature.")


def longest_primary(metrics: Sequence[MetricResult]) -> MetricResult | None:
    """Return the primary metric whose window ends last: the one with the fewest mature units."""
    primaries = [metric for metric in metrics if metric.role == "primary"]
    return max(primaries, key=lambda metric: sum(arm.immature for arm in metric.arms), default=None)
