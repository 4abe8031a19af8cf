"""Exposure: who met what is tested, when, and what is counted of them from then on."""

import datetime as dt
import random

import pyarrow as pa
import pytest
from window_cases import ARMS, Case, calendar_metrics, check, collect, definition_of, random_case, tables
from window_reference import DAY, INSTANT, Assigned, Event, Exposure, Metric, Study, day_begins

from abtest import analyze, load
from abtest.analysis.result import Analysis, Check
from tests.thorough import examples

ZONE = "Europe/Helsinki"
AT = dt.datetime(2026, 3, 2, 13, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
WEEK = {"m": Metric("count", "orders", (0, 7))}
TRIGGERS = pytest.mark.parametrize("triggers", [False, True], ids=["trigger: assignment", "trigger: exposure"])


def case_of(
    exposure: Exposure,
    events: dict[str, list[tuple[int, dt.datetime]]],
    metrics: dict[str, Metric] | None = None,
    units: int = 2,
    **study: object,
) -> Case:
    """Return a case of units assigned at ``AT``, in turn to the two arms; data goes on for 99 days."""
    named = Study(ZONE, metrics or WEEK, exposure=exposure, **study)
    assignments = [Assigned(f"u{number}", number % 2, AT) for number in range(units)]
    of_event = {name: [Event(f"u{unit}", at) for unit, at in rows] for name, rows in events.items()}
    for rows in of_event.values():
        rows.append(Event("a stranger", AT + 99 * DAY))
    return Case(named, assignments, of_event, definition_of(named), tables(random.Random(0), assignments, of_event))


def analysed(case: Case, **changes: object) -> Analysis:
    return analyze(load({**case.definition, **changes}), case.frames)


def check_of(analysis: Analysis, name: str) -> Check:
    return next(found for found in analysis.checks if found.id == name)


@pytest.mark.parametrize("seed", examples(12, of=24))
def test_every_count_equals_the_reference(seed):
    chance = random.Random(seed)
    exposure = Exposure(
        chance.choice(("sends", "orders")),  # of its own, or what a metric counts too
        chance.choice((None, (0, 14), (0, 1), (1, 3))),
        triggers=seed % 3 > 0,
    )
    default = chance.choice(("exact", "day"))
    metrics = calendar_metrics(default)
    if default == "exact":
        metrics |= {"left": Metric("time", "exits", (0, 7)), "ordered": Metric("time", "orders", (0, 28))}
    check(random_case(seed, exposure=exposure, metrics=metrics, default=default))


@pytest.mark.parametrize(
    ("window", "since", "exposed"),
    [
        (None, -INSTANT, False),
        (None, 0 * DAY, True),
        (None, 90 * DAY, True),
        ((0, 14), 0 * DAY, True),
        ((0, 14), 14 * DAY - INSTANT, True),
        ((0, 14), 14 * DAY, False),
        ((1, 3), DAY - INSTANT, False),
        ((1, 3), DAY, True),
        ((1, 3), 3 * DAY, False),
    ],
)
@TRIGGERS
def test_exposure_is_the_first_event_in_its_window_after_the_assignment(triggers, window, since, exposed):
    case = case_of(Exposure("sends", window, triggers), {"orders": [], "sends": [(0, AT + since), (1, AT + 2 * DAY)]})
    _, found = check(case)
    assert [ledger.exposed for ledger in found.ledger] == [int(exposed), 1]


def test_windows_of_a_triggered_analysis_start_at_the_first_exposure():
    sent = AT + 3 * DAY
    orders = [(0, sent - INSTANT), (0, sent), (0, sent + 7 * DAY - INSTANT), (0, sent + 7 * DAY), (0, AT)]
    events = {"orders": orders, "sends": [(0, sent), (0, sent + DAY), (1, sent)]}
    for triggers, expected in ((True, 2), (False, 3)):
        _, found = check(case_of(Exposure("sends", None, triggers), events))
        assert found.metrics["m"].arms[0].total == expected


def test_calendar_windows_of_a_triggered_analysis_start_on_the_day_of_the_exposure():
    sent = day_begins(dt.date(2026, 3, 28), ZONE) + 12 * HOUR
    tomorrow = day_begins(dt.date(2026, 3, 29), ZONE)  # of 23 hours
    orders = [
        (0, sent - INSTANT),
        (0, sent),
        (0, tomorrow),
        (0, tomorrow + 23 * HOUR - INSTANT),
        (0, tomorrow + 23 * HOUR),
    ]
    metrics = {"m": Metric("count", "orders", (0, 2), "day"), "next": Metric("any", "orders", (1, 2), "month")}
    case = case_of(Exposure("sends", None, triggers=True), {"orders": orders, "sends": [(0, sent), (1, sent)]}, metrics)
    _, found = check(case)
    assert found.metrics["m"].arms[0].total == 3


@pytest.mark.parametrize("clock", ["exact", "day"])
def test_covariates_stay_before_the_assignment(clock):
    sent = AT + 5 * DAY
    orders = [(0, AT - 2 * DAY), (0, AT - INSTANT), (0, AT), (0, sent - 2 * DAY), (0, sent - INSTANT), (0, sent)]
    metrics = {"m": Metric("count", "orders", (0, 7), clock, (-7, 0), clock)}
    case = case_of(Exposure("sends", None, triggers=True), {"orders": orders, "sends": [(0, sent), (1, sent)]}, metrics)
    _, found = check(case)
    own_day = clock == "exact"  # the order of one microsecond before the assignment is on the assignment's own day
    assert found.metrics["m"].arms[0].of("x0")[0] == 1 + own_day


@TRIGGERS
def test_the_ledger_tells_assigned_eligible_and_exposed_apart(triggers):
    case = case_of(
        Exposure("sends", None, triggers),
        {"orders": [], "sends": [(unit, AT + DAY) for unit in (0, 2, 4, 1)]},
        units=12,
        start=dt.date(2026, 3, 1),
        end=dt.date(2026, 3, 2),
    )
    late = [Assigned(f"late{number}", number % 2, AT + 9 * DAY) for number in range(5)]
    exposed_late = [Event("late0", AT + 10 * DAY)]
    assignments = [*case.assignments, *late]
    events = {**case.events, "sends": [*case.events["sends"], *exposed_late]}
    case = Case(case.study, assignments, events, case.definition, tables(random.Random(0), assignments, events))
    _, found = check(case)
    assert [(ledger.assigned, ledger.eligible, ledger.exposed) for ledger in found.ledger] == [(9, 6, 3), (8, 6, 1)]
    assert [dict(ledger.excluded) for ledger in found.ledger] == [{"outside_period": 3}, {"outside_period": 2}]
    assert [ledger.counted for ledger in found.ledger] == ([3, 1] if triggers else [6, 6])
    population = analysed(case).population
    assert [(arm.assigned, arm.eligible, arm.exposed) for arm in population] == [(9, 6, 3), (8, 6, 1)]
    assert [arm.assigned - sum(arm.excluded.values()) for arm in population] == [arm.eligible for arm in population]
    assert [arm.mature for arm in population] == ([3, 1] if triggers else [6, 6])


@pytest.mark.parametrize("exposed", [(200, 190), (200, 100)])
@TRIGGERS
def test_unequal_exposure_fails_only_an_analysis_of_the_exposed(triggers, exposed):
    sends = [(2 * number + arm, AT + DAY) for arm, size in enumerate(exposed) for number in range(size)]
    case = case_of(Exposure("sends", None, triggers), {"orders": [(0, AT + DAY)], "sends": sends}, units=500)
    analysis = analysed(case)
    ratio = check_of(analysis, "srm_exposed")
    unequal = exposed[1] == 100
    assert ratio.status == (("fail" if triggers else "warn") if unequal else "pass")
    assert (analysis.decision.recommendation == "invalid") == (unequal and triggers)
    assert check_of(analysis, "srm_eligible").status == "pass"


def test_without_exposure_nothing_is_said_of_it():
    study = Study(ZONE, WEEK)
    assignments = [Assigned(f"u{number}", number % 2, AT) for number in range(4)]
    events = {"orders": [Event("u0", AT + 9 * DAY)]}
    analysis = analyze(load(definition_of(study)), tables(random.Random(0), assignments, events))
    assert {arm.exposed for arm in analysis.population} == {None}
    assert not [found for found in analysis.checks if found.id == "srm_exposed"]


@pytest.mark.parametrize("days", ["exact", "calendar"])
def test_when_nobody_was_exposed_a_triggered_analysis_is_invalid_and_says_why(days):
    case = case_of(Exposure("sends", None, triggers=True), {"orders": [(0, AT + DAY)], "sends": []}, units=40)
    analysis = analysed(case, analysis={"days": days})
    assert analysis.decision.recommendation == "invalid"
    assert "None of the 40 eligible units was exposed" in check_of(analysis, "counted").message
    assert [(arm.eligible, arm.exposed, arm.mature) for arm in analysis.population] == [(20, 0, 0)] * 2
    assert {arm.value for arm in analysis.metrics[0].arms} == {None}


def test_when_nobody_was_exposed_only_that_is_wrong():
    case = case_of(Exposure("sends", None, triggers=True), {"orders": [(0, AT + DAY)], "sends": []}, units=40)
    analysis = analysed(case)
    assert [found.id for found in analysis.checks if found.status == "fail"] == ["counted"]
    assert not any("no eligible unit" in (arm.reason or "") for arm in analysis.metrics[0].arms)


def test_when_nobody_was_exposed_an_analysis_of_all_assigned_warns():
    case = case_of(Exposure("sends"), {"orders": [(0, AT + DAY)], "sends": []}, units=40)
    analysis = analysed(case)
    assert [arm.n for arm in analysis.metrics[0].arms] == [20, 20]
    assert any(found.status == "warn" and "exposed" in found.message for found in analysis.checks)


@TRIGGERS
def test_an_exposure_table_without_rows_exposes_nobody(triggers):
    case = case_of(Exposure("sends", None, triggers), {"orders": [(0, AT + DAY)], "sends": []})
    found = collect(case.definition, {**case.frames, "sends": case.frames["sends"].slice(0, 0)})
    assert [ledger.exposed for ledger in found.ledger] == [0, 0]
    assert [sums.n for sums in found.metrics["m"].arms] == ([0, 0] if triggers else [1, 1])


@TRIGGERS
def test_what_a_metric_counts_can_be_the_exposure_too(triggers):
    sends = [(0, AT - DAY), (0, AT + DAY), (0, AT + 8 * DAY - INSTANT), (0, AT + 8 * DAY), (1, AT + DAY)]
    case = case_of(Exposure("sends", None, triggers), {"sends": sends}, {"m": Metric("count", "sends", (0, 7))})
    _, found = check(case)
    assert [sums.total for sums in found.metrics["m"].arms] == ([2, 1] if triggers else [1, 1])


@pytest.mark.parametrize("style", ["dates", "instants"])
def test_what_came_after_the_declared_end_of_the_data_exposes_nobody(style):
    through = dt.date(2026, 3, 20)
    over = day_begins(through + dt.timedelta(days=1), ZONE)
    sends = [(0, over - INSTANT), (1, over), (2, over + DAY), (3, AT + DAY)]
    case = case_of(
        Exposure("sends"), {"orders": [], "sends": sends}, units=4, start=dt.date(2026, 3, 1), through=through
    )
    if style == "dates":  # the day after the last is written as its midnight
        days = pa.array([dt.date(2026, 3, 20), dt.date(2026, 3, 21), dt.date(2026, 3, 22), dt.date(2026, 3, 3)])
        table = pa.table({"unit": ["u0", "u1", "u2", "u3"], "at": days, "value": [1] * 4})
        found = collect(case.definition, {**case.frames, "sends": table})
    else:
        _, found = check(case)
    assert [ledger.exposed for ledger in found.ledger] == [1, 1]


def wide(case: Case, **changes: object) -> tuple[dict[str, object], dict[str, pa.Table]]:
    """Return the case as one wide file with events, its units in shops of three."""
    rows = case.assignments
    customers = pa.table(
        {
            "unit": [row.unit for row in rows],
            "arm": [ARMS[row.arm] for row in rows],
            "at": pa.array([row.at for row in rows], pa.timestamp("us", "UTC")),
            # Cluster-randomised: a shop is wholly in one arm.
            "shop": [f"{row.arm}-{number // 6}" for number, row in enumerate(rows)],
        }
    )
    data = dict(case.definition["data"])
    del data["assignments"]
    data["customers"] = {"at": "at", "arm": "arm"}
    frames = {name: table for name, table in case.frames.items() if name != "assignments"}
    return {**case.definition, "data": data, **changes}, {**frames, "customers": customers}


@pytest.mark.parametrize("seed", range(4))
@TRIGGERS
def test_a_wide_file_with_events_counts_as_assignments_do(seed, triggers):
    case = random_case(seed, exposure=Exposure("sends", None, triggers))
    _, found = check(case)
    of_wide = collect(*wide(case))
    assert of_wide.ledger == found.ledger
    assert {name: moments.arms for name, moments in of_wide.metrics.items()} == {
        name: moments.arms for name, moments in found.metrics.items()
    }


@TRIGGERS
def test_clusters_count_as_those_of_the_units_that_are_analysed(triggers):
    sends = [(unit, AT + DAY) for unit in (0, 2, 4, 1, 7, 13)]  # three shops of one arm and one of the other
    orders = [(unit, AT + 2 * DAY) for unit in (0, 2, 7, 8)]
    case = case_of(
        Exposure("sends", None, triggers),
        {"orders": orders, "sends": sends},
        {"m": Metric("any", "orders", (0, 7))},
        24,
    )
    definition, frames = wide(case, cluster="shop")
    found = collect(definition, frames)
    assert [ledger.clusters for ledger in found.ledger] == ([1, 3] if triggers else [4, 4])
    assert [ledger.exposed for ledger in found.ledger] == [3, 3]
    clusters = found.metrics["m"].clusters
    assert clusters is not None
    by_arm = [
        (sum(sums.totals[arm] for sums in clusters), sum(sums.clusters * sums.members[arm] for sums in clusters))
        for arm in range(2)
    ]
    assert by_arm == ([(2, 3), (1, 3)] if triggers else [(3, 12), (1, 12)])
    checks = analyze(load(definition), frames).checks
    assert not [found for found in checks if found.id == "srm_exposed"]


@TRIGGERS
def test_exposure_stands_beside_strata_and_segments(triggers):
    case = case_of(
        Exposure("sends", None, triggers),
        {"orders": [(unit, AT + 2 * DAY) for unit in range(7)], "sends": [(unit, AT + DAY) for unit in range(13)]},
        {"m": Metric("any", "orders", (0, 7))},
        24,
    )
    definition, frames = wide(case, analysis={"strata": ["shop"]}, segments=["shop"])
    found = collect(definition, frames)
    moments = found.metrics["m"]
    for levels in (moments.strata, moments.segments["shop"]):
        assert [sum(arms[arm].n for arms in levels.values()) for arm in (0, 1)] == ([7, 6] if triggers else [12, 12])
        assert [sum(arms[arm].total for arms in levels.values()) for arm in (0, 1)] == [4, 3]
    nobody = {**frames, "sends": frames["sends"].slice(0, 0)}
    assert [ledger.exposed for ledger in collect(definition, nobody).ledger] == [0, 0]


def test_a_column_metric_of_exposed_units_needs_no_window():
    case = case_of(
        Exposure("sends", None, triggers=True), {"orders": [], "sends": [(0, AT), (2, AT), (1, AT)]}, units=6
    )
    definition, frames = wide(case, metrics={"score": {"type": "column", "role": "primary"}})
    frames["customers"] = frames["customers"].append_column("score", pa.array([1, 2, 4, 8, 16, 32]))
    data = {name: source for name, source in definition["data"].items() if name != "orders"}
    found = collect({**definition, "data": data}, {name: frames[name] for name in data})
    assert [(sums.n, sums.total // sums.scale) for sums in found.metrics["score"].arms] == [(2, 5), (1, 2)]
