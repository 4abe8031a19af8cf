"""The benchmark of speed: every method that can run here finds the same numbers, and differences would be seen."""

import copy
import csv
import datetime as dt
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
DAY = 86_400
OWN = ["ours", "bare scan", "hand-tuned", "plain", "polars", "pandas"]


def speed(cache: Path, *options: str) -> dict:
    command = [sys.executable, str(BENCHMARKS / "speed.py"), "--repeats", "1", "--json", "--cache", str(cache)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("speed")


@pytest.fixture(scope="module", params=[("int", "parquet"), ("text", "csv")], ids="-".join)
def case(request: pytest.FixtureRequest, cache: Path) -> dict:
    ids, kind = request.param
    return speed(cache, "--customers", "2000", "--ids", ids, "--format", kind)["cases"][0]


@pytest.fixture(scope="module")
def agreement():
    sys.path.insert(0, str(BENCHMARKS))
    # The package of that name, not the script beside it.
    from speed import agreement

    yield agreement
    sys.path.remove(str(BENCHMARKS))


def seconds(text: str) -> float:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def rows(folder: Path, name: str):
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def test_every_method_finds_our_counts_and_means(case):
    ran = {name for name in OWN if name not in case["skipped"]}
    assert set(case["methods"]) == ran >= {"ours", "bare scan", "hand-tuned", "plain"}
    assert all("is not installed" in reason for reason in case["skipped"].values()), case["skipped"]
    assert case["disagreements"] == {}
    assert set(case["results"]) == ran - {"bare scan"}


def test_time_and_memory_of_every_method_are_those_of_its_process(case):
    for measured in case["methods"].values():
        assert 0.01 < measured["cpu"] < 120
        assert 20e6 < measured["peak_bytes"] < 4e9


def test_counts_and_totals_are_those_of_a_loop_over_the_rows(case, cache):
    if case["format"] != "csv":
        pytest.skip("the loop reads CSV")
    folder = next(cache.glob("data-*/2000-text-csv"))
    start = seconds("2026-03-02T00:00:00Z")
    old = {row["customer_id"] for row in rows(folder, "customers") if seconds(row["first_order_at"]) < start}
    units = {
        row["customer_id"]: (row["arm"], seconds(row["assigned_at"]))
        for row in rows(folder, "assignments")
        if row["customer_id"] in old
    }
    assert 0.85 < len(units) / 2000 < 0.95
    returned, orders, cents = defaultdict(set), defaultdict(int), defaultdict(int)
    for row in rows(folder, "orders"):
        if row["customer_id"] in units:
            arm, assigned = units[row["customer_id"]]
            after = seconds(row["ordered_at"]) - assigned
            if 14 * DAY <= after < 42 * DAY:
                returned["retained", arm].add(row["customer_id"])
            if 0 <= after < 42 * DAY:
                returned[f"week_{int(after // (7 * DAY))}", arm].add(row["customer_id"])
                orders[arm] += 1
                cents[arm] += round(float(row["amount"]) * 100)
    for arm in ("control", "treatment"):
        found = {name: metric["arms"][arm] for name, metric in case["results"]["hand-tuned"].items()}
        n = sum(one == arm for one, _ in units.values())
        assert {found[name]["n"] for name in found} == {n}
        for name in ("retained", *(f"week_{week}" for week in range(6))):
            assert found[name]["total"] == len(returned[name, arm])
        assert found["orders"]["total"] == orders[arm]
        assert found["revenue"]["total"] == pytest.approx(cents[arm] / 100, rel=1e-12)


def test_the_files_are_the_same_whenever_they_are_made(cache, tmp_path):
    speed(cache, "--customers", "2000", "--ids", "text", "--format", "csv", "--methods", "bare scan")
    speed(tmp_path, "--customers", "2000", "--ids", "text", "--format", "csv", "--methods", "bare scan")
    first, second = (next(place.glob("data-*/2000-text-csv")) for place in (cache, tmp_path))
    for name in ("customers", "assignments", "orders"):
        assert (first / f"{name}.csv").read_bytes() == (second / f"{name}.csv").read_bytes()


def test_intervals_lie_within_a_hundredth_of_their_width_of_ours(case, agreement):
    results = case["results"]
    for name, theirs in results.items():
        gaps = [agreement.interval_gap(results["ours"], theirs, metric) for metric in results["ours"]]
        assert max(gaps) < 0.01, (name, gaps)


def test_one_unit_more_or_a_mean_off_by_a_billionth_is_a_disagreement(case, agreement):
    ours = case["results"]["ours"]
    for key, change in (("n", 1), ("total", 1), ("mean", 1e-7)):
        theirs = copy.deepcopy(case["results"]["hand-tuned"])
        assert agreement.disagreements(ours, theirs) == []
        theirs["week_3"]["arms"]["treatment"][key] += change
        listed = agreement.disagreements(ours, theirs)
        assert len(listed) == 1
        assert listed[0].startswith("week_3, treatment: ")


def test_a_peer_that_is_not_installed_is_left_out_with_the_reason(cache):
    found = speed(cache, "--customers", "2000", "--methods", "bare scan,gbstats")["cases"][0]
    assert found["skipped"] == {"gbstats": "it is not installed; add --peers"}
    assert list(found["methods"]) == ["bare scan"]


def test_an_unknown_method_is_refused_with_the_known_ones(cache):
    command = [sys.executable, str(BENCHMARKS / "speed.py"), "--cache", str(cache), "--methods", "fastest"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such method: fastest; there are: ours, bare scan" in done.stderr
