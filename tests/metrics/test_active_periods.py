"""Active periods, from the YAML to the results, against a count of each unit's rows."""

import csv
import datetime as dt
import random
import zoneinfo

import pytest
import yaml

import abtest
from abtest.errors import DefinitionError

ZONE = zoneinfo.ZoneInfo("Europe/Helsinki")
START = dt.datetime(2026, 3, 23, tzinfo=ZONE)
"""A Monday; on the Sunday after it the clock goes forward."""
DAYS = {"day": 1, "week": 7, "month": 30}


class Shop:
    """Units, most of them regular in some way, and their visits; written to CSV with blanks, gaps and strangers."""

    def __init__(self, seed: int, units: int = 240) -> None:
        chance = random.Random(seed)
        self.begun = {f"u{n}": START + dt.timedelta(minutes=chance.randrange(5 * 1440)) for n in range(units)}
        self.arm = {unit: "ab"[place // 6 % 2] for place, unit in enumerate(self.begun)}
        self.country = {unit: chance.choice(("FI", "SE")) for unit in self.begun}
        self.store = {unit: f"s{place // 6}" for place, unit in enumerate(self.begun)}
        self.visits: dict[str, list[dt.datetime]] = {}
        for unit, begun in self.begun.items():
            days = chance.sample(range(-28, 70), chance.choice((0, 3, 10, 40)))
            noon = begun.astimezone(dt.UTC)
            edges = [
                noon + dt.timedelta(days=day) + chance.choice((0, -1, 1)) * dt.timedelta(microseconds=1) for day in days
            ]
            self.visits[unit] = edges + [noon + dt.timedelta(days=day, hours=chance.randrange(24)) for day in days]

    def write(self, folder) -> None:
        chance = random.Random(1)
        rows = [(unit, at.astimezone(ZONE).isoformat()) for unit, times in self.visits.items() for at in times]
        rows += [rows[0]] * 3 + [("", rows[0][1]), ("stranger", "2026-09-01T00:00:00Z"), ("u1", "")]
        chance.shuffle(rows)
        self._csv(folder / "visits.csv", ("customer_id", "at"), [(chance.choice(("", " ")) + u, at) for u, at in rows])
        units = [(unit, self.country[unit], self.store[unit]) for unit in self.begun]
        self._csv(folder / "customers.csv", ("customer_id", "country", "store"), units)
        given = [(unit, self.arm[unit], at.isoformat()) for unit, at in self.begun.items()]
        self._csv(folder / "assignments.csv", ("customer_id", "arm", "at"), given)

    @staticmethod
    def _csv(path, head, rows) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])

    def active(self, unit: str, window: tuple[int, int], step: int, days: str) -> int:
        """Count the periods of a window with a visit, one by one."""
        begun, found = self.begun[unit], 0
        for low in range(*window, step):
            if days == "exact":
                first, last = (begun.astimezone(dt.UTC) + dt.timedelta(days=day) for day in (low, low + step))
            else:
                midnights = [
                    dt.datetime.combine(begun.date(), dt.time(), ZONE) + dt.timedelta(days=day)
                    for day in (low, low + step)
                ]
                first, last = (begun if low == 0 else midnights[0]), midnights[1]
            found += any(first.astimezone(dt.UTC) <= at < last.astimezone(dt.UTC) for at in self.visits[unit])
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made, folder = Shop(3), tmp_path_factory.mktemp("shop")
    made.write(folder)
    return made, folder


def definition(metric: str, more: str = "{}") -> dict[str, object]:
    said = yaml.safe_load(f"""
name: active
unit: customer_id
timezone: Europe/Helsinki
period: {{start: 2026-03-23, end: 2026-03-27, through: 2026-07-31}}
arms: [{{name: a, control: true}}, {{name: b}}]
data:
  customers: {{path: customers.csv}}
  assignments: {{path: assignments.csv, arm: arm, at: at}}
  visits: {{path: visits.csv, at: at}}
metrics: {{m: {{role: primary, type: active_periods, event: visits, {metric}}}}}
""")
    return said | yaml.safe_load(more)


def analysed(shop, metric: str, more: str = "{}"):
    return abtest.analyze(abtest.load(definition(metric, more), folder=shop[1])).metric("m")


def expected(shop, window, by, days, least=None) -> list[float]:
    """Return per arm the mean number, or the share with enough."""
    found = []
    for arm in "ab":
        numbers = [shop[0].active(unit, window, DAYS[by], days) for unit, of in shop[0].arm.items() if of == arm]
        values = numbers if least is None else [number >= least for number in numbers]
        found.append(sum(values) / len(values))
    return found


@pytest.mark.parametrize("days", ["exact", "calendar"])
@pytest.mark.parametrize(
    ("window", "by"),
    [((0, 56), "week"), ((7, 35), "week"), ((0, 10), "day"), ((3, 65), "day"), ((0, 60), "month"), ((0, 7), "week")],
)
def test_the_mean_is_that_of_a_count_row_by_row(shop, window, by, days):
    metric = analysed(shop, f"window: [{window[0]}d, {window[1]}d], by: {by}, days: {days}")
    assert (metric.kind, metric.unit) == ("mean", f"{by}s")
    assert [arm.value for arm in metric.arms] == pytest.approx(expected(shop, window, by, days))
    assert [arm.n for arm in metric.arms] == [120, 120]


@pytest.mark.parametrize("days", ["exact", "calendar"])
@pytest.mark.parametrize("least", [1, 2, 5, 8])
def test_the_share_is_that_of_units_that_are_active_often_enough(shop, least, days):
    metric = analysed(shop, f"window: [0d, 56d], at_least: {least}, days: {days}")
    shares = expected(shop, (0, 56), "week", days, least)
    assert (metric.kind, metric.unit) == ("rate", "fraction")
    assert [arm.value for arm in metric.arms] == pytest.approx(shares)
    assert [arm.numerator for arm in metric.arms] == [round(120 * share) for share in shares]


@pytest.mark.parametrize("least", ["", ", at_least: 4"], ids=["mean", "share"])
@pytest.mark.parametrize(
    ("more", "method"),
    [
        ("analysis: {strata: [country]}", "stratified|Lin"),
        ("segments: [country]", "."),
        ("cluster: store", "cluster"),
        ("analysis: {monitoring: {method: anytime, planned: 200}}", "confidence sequence"),
        ("analysis: {bayes: true, bootstrap: 200, permutation: 200, odds_ratio: true}", "."),
        ("population: {exposure: {event: visits, window: [0d, 365d]}}", "."),
    ],
    ids=["strata", "segments", "clusters", "monitoring", "companions", "exposure"],
)
def test_it_goes_with_what_other_averages_go_with(shop, more, method, least):
    import re

    metric = analysed(shop, f"window: [0d, 56d]{least}", more)
    share = 4 if least else None
    assert [arm.value for arm in metric.arms] == pytest.approx(expected(shop, (0, 56), "week", "exact", share))
    assert re.search(method, metric.method)
    assert metric.comparisons[0].p_value is not None


def test_segments_have_the_mean_of_their_own_units(shop):
    analysis = abtest.analyze(abtest.load(definition("window: [0d, 56d]", "segments: [country]"), folder=shop[1]))
    (segment,) = analysis.segments
    for level in segment.levels:
        for arm, value in (("a", level.control_value), ("b", level.value)):
            units = [u for u, of in shop[0].arm.items() if of == arm and shop[0].country[u] == level.level]
            assert value == pytest.approx(sum(shop[0].active(u, (0, 56), 7, "exact") for u in units) / len(units))


@pytest.mark.parametrize("days", ["exact", "calendar"])
@pytest.mark.parametrize("least", [None, 3])
def test_the_covariate_is_the_number_of_active_periods_before(shop, days, least):
    """The adjusted difference is that of a regression within each arm (Lin 2013), made here with least squares."""
    import numpy as np

    more = "" if least is None else f", at_least: {least}"
    (comparison,) = analysed(
        shop, f"window: [0d, 28d], days: {days}, covariate: {{window: [-28d, 0d]}}{more}"
    ).comparisons
    before = {unit: before_of(shop[0], unit, days) for unit in shop[0].begun}
    values = {unit: shop[0].active(unit, (0, 28), 7, days) for unit in shop[0].begun}
    centre, ends = np.mean(list(before.values())), []
    for arm in "ab":
        units = [unit for unit, of in shop[0].arm.items() if of == arm]
        x = np.array([before[unit] - centre for unit in units])
        y = np.array([values[unit] if least is None else values[unit] >= least for unit in units], dtype=float)
        ends.append(np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0][0])
    assert comparison.difference.estimate == pytest.approx(ends[1] - ends[0])


def before_of(shop: Shop, unit: str, days: str) -> int:
    """Count the weeks before with a visit; the day of the assignment itself is no day before it."""
    begun, found = shop.begun[unit], 0
    for low in range(-28, 0, 7):
        if days == "exact":
            first, last = (begun.astimezone(dt.UTC) + dt.timedelta(days=day) for day in (low, low + 7))
        else:
            first, last = (
                dt.datetime.combine(begun.date(), dt.time(), ZONE) + dt.timedelta(days=day) for day in (low, low + 7)
            )
        found += any(first.astimezone(dt.UTC) <= at < last.astimezone(dt.UTC) for at in shop.visits[unit])
    return found


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("window: [0d, 10d]", "window of whole weeks"),
        ("window: [0d, 56h], by: day", "window of whole days"),
        ("window: [0d, 45d], by: month", "window of whole months of 30 days"),
        ("window: [0d, 63d], by: day", "window of 63 days; at most 62"),
        ("window: [0d, 14d], covariate: {window: [-10d, 0d]}", "covariate of whole weeks"),
        ("window: [0d, 14d], at_least: 3", "3 active weeks of a window that has 2"),
        ("window: [0d, 14d], at_least: 0", "at_least: must be a whole number from 1 to 62"),
        ("window: [0d, 14d], by: year", "by: must be"),
        ("window: [0d, 14d], reading: kaplan-meier", "reading: unknown key"),
        ("window: [0d, 14d], curve: week", "curve: unknown key"),
        ("window: [0d, 14d], at_least: 1, margin: 0.5, role: guardrail", "say which it is for a rate"),
        ("window: [0d, 14d], margin: 1pp, role: guardrail", "percentage points are for rates"),
    ],
)
def test_what_it_cannot_be_is_refused_with_its_place(metric, told):
    said = definition("window: [0d, 7d]")
    said["metrics"]["more"] = yaml.safe_load(f"{{type: active_periods, event: visits, {metric}}}")
    with pytest.raises(DefinitionError, match=rf"metrics\.more.*{told}"):
        abtest.load(said)


def test_it_is_in_a_report_and_in_explain(shop, tmp_path):
    experiment = abtest.load(definition("window: [0d, 56d], at_least: 3"), folder=shop[1])
    analysis = abtest.analyze(experiment)
    abtest.render(analysis, tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
    from abtest.definition.explain import explain

    told = "Share of units with an event in visits in at least 3 of the 8 weeks from 0d to before 56d after assignment"
    assert told in analysis.metric("m").estimand
    assert told in " ".join(explain(experiment.definition).split())
