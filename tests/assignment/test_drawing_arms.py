"""The arm of a unit depends on its id, the salt and the weights, and on nothing else."""

import datetime as dt
import hashlib
import random
from fractions import Fraction

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abtest import analyze, assign, bucket, load
from abtest.errors import DataError, UsageError
from abtest.process import disk

SPACE = 2**60


def experiment(weights=(1, 1), *, names=None, folder=None, **changes):
    names = names or [f"arm {place}" for place in range(len(weights))]
    definition = {
        "name": "drip",
        "unit": "id",
        "timezone": "Europe/Helsinki",
        "period": {"start": "2026-03-02"},
        "arms": [
            {"name": n, "control": not i, "weight": w} for i, (n, w) in enumerate(zip(names, weights, strict=True))
        ],
        "data": {"customers": {}, "assignments": {"path": "assignments.csv", "arm": "arm", "at": "assigned_at"}},
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    return load({**definition, **changes}, folder=folder)


def by_hand(unit: str, salt: str, weights=(1, 1)) -> tuple[int, int]:
    """Bucket number and arm index: the first 15 hex digits of SHA-256 of ``salt:unit``, cut at the weights' shares."""
    number = int(hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest()[:15], 16)
    total, running = sum(Fraction(str(weight)) for weight in weights), Fraction(0)
    for arm, weight in enumerate(weights):
        running += Fraction(str(weight)) / total
        if number < running * SPACE:
            return number, arm
    raise AssertionError(number)


def drawn(customers, tmp_path, of=None, **options) -> dict[object, str]:
    """Assign and return the arm per unit as the file holds it."""
    path = tmp_path / "drawn.parquet"
    assign(of or experiment(), path, tables={"customers": customers}, overwrite=True, **options)
    table = pyarrow.parquet.read_table(path)
    return dict(zip(table["id"].to_pylist(), table["arm"].to_pylist(), strict=True))


# sha256 of "drip:1", "drip:007", "drip:Åsa" and "drip:客户", first 15 hex digits, computed with coreutils' sha256sum.
PINNED = {"1": "d1492d4b1b2429f", "007": "4f287beb7195408", "Åsa": "159d3e9e3776a80", "客户": "2299a84cc99e9c1"}


@pytest.mark.parametrize("unit", PINNED)
def test_a_bucket_is_the_published_hash_of_salt_and_id(unit):
    assert bucket(unit, experiment()).number == int(PINNED[unit], 16)


@settings(max_examples=120, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip(" ")),
    st.text("ab:/ ", min_size=1).map(str.strip).filter(bool),
)
def test_a_bucket_equals_sha_256_computed_by_hand(unit, salt):
    found = bucket(unit, experiment(assignment={"salt": salt}))
    number, arm = by_hand(unit.strip(" "), salt)
    assert found == (number, f"arm {arm}")


def test_a_whole_number_and_its_digits_are_one_id_but_leading_zeros_count():
    of = experiment()
    assert bucket(7, of) == bucket("7", of) == bucket(" 7 ", of)
    assert len({bucket(unit, of).number for unit in ("7", "07", "007")}) == 3


@pytest.mark.parametrize("unit", ["", "   ", None, True, 7.0, float("nan")])
def test_what_is_no_id_has_no_bucket(unit):
    with pytest.raises(ValueError, match="unit must be an id"):
        bucket(unit, experiment())


IDS = {
    "plain text": [f"customer-{number}" for number in range(500)],
    "leading zeros": [f"{number:07d}" for number in range(500)],
    "zeros of several lengths": ["7", "07", "007", "0007", "70", "070"],
    "unicode": [
        "Åsa",
        "A\u030asa",
        "客户",
        "é",
        "e\u0301",
        "👩\u200d🚀",
        "ß",
        "İ",
        "a\u00a0",
        "\u3000b",
        "x\ty",
        "\u2003q",
    ],
    "awkward": ["a,b", 'say "x"', "it's", "a;b", "$1", "%s", "null", "NaN", "true", "1e3", "a:b", "--", "\\n"],
    "whole numbers": [0, 1, 7, 10, -3, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)],
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("weights", [(1, 1), (9, 1), (1, 1, 1), (0.2, 0.3, 0.5)])
def test_the_engine_and_the_function_agree_on_every_unit(kind, weights, tmp_path):
    of = experiment(weights)
    found = drawn(pa.table({"id": IDS[kind]}), tmp_path, of)
    assert set(found) == set(IDS[kind])
    for unit, arm in found.items():
        assert arm == bucket(unit, of).arm == f"arm {by_hand(str(unit), 'drip', weights)[1]}"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".ndjson"])
def test_files_and_frames_of_one_id_draw_one_arm(ending, tmp_path):
    ids = ["1", "22", "333", "4444", "55555"]
    frame = pl.DataFrame({"id": ids})
    path = tmp_path / f"customers{ending}"
    {".csv": frame.write_csv, ".parquet": frame.write_parquet, ".ndjson": frame.write_ndjson}[ending](path)
    of = experiment(data={"customers": {"path": str(path)}, "assignments": {}})
    assign(of, tmp_path / "out.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    as_numbers = drawn(pa.table({"id": [int(unit) for unit in ids]}), tmp_path)
    assert dict(zip(table["id"].to_pylist(), table["arm"].to_pylist(), strict=True)) == {
        str(k): v for k, v in as_numbers.items()
    }


def test_neither_the_order_of_rows_nor_who_else_is_in_the_file_matters(tmp_path):
    ids = [f"c{number}" for number in range(400)]
    everyone = drawn(pl.DataFrame({"id": ids}), tmp_path)
    for seed in range(3):
        some = random.Random(seed).sample(ids, 150)
        assert drawn(pl.DataFrame({"id": some}), tmp_path) == {unit: everyone[unit] for unit in some}


def test_the_file_s_bytes_do_not_depend_on_the_order_of_rows(tmp_path):
    ids = [f"c{number}" for number in range(3000)]
    written = []
    for seed in range(3):
        random.Random(seed).shuffle(ids)
        for ending in (".csv", ".parquet"):
            path = tmp_path / f"{seed}{ending}"
            assign(experiment(), path, tables={"customers": pl.DataFrame({"id": ids})})
            written.append(path.read_bytes())
    assert written[0::2] == [written[0]] * 3
    assert written[1::2] == [written[1]] * 3


def test_another_salt_draws_independently():
    one, other = experiment(), experiment(assignment={"salt": "another"})
    table = [[0, 0], [0, 0]]
    for unit in range(4000):
        table[bucket(unit, one).arm == "arm 0"][bucket(unit, other).arm == "arm 0"] += 1
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_the_salt_is_the_experiment_s_name_unless_declared():
    assert bucket("x", experiment()) == bucket("x", experiment(assignment={"salt": "drip"}))


@pytest.mark.parametrize("weights", [(1, 1), (9, 1), (0.01, 0.99), (1, 1, 1), (5, 3, 2)])
def test_a_hundred_thousand_units_fit_the_weights(weights, tmp_path):
    of = experiment(weights)
    done = assign(of, tmp_path / "many.parquet", tables={"customers": pl.DataFrame({"id": range(100_000)})})
    sizes = list(done.arms.values())
    assert sum(sizes) == done.eligible == done.customers == 100_000
    expected = [100_000 * weight / sum(weights) for weight in weights]
    assert stats.chisquare(sizes, expected).pvalue > 0.001


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 20), st.integers(2, 20))
def test_only_the_ratio_of_the_weights_matters(unit, first, second):
    scaled = experiment((first / 10, second / 10), names=["a", "b"])
    assert bucket(unit, experiment((first, second), names=["a", "b"])) == bucket(unit, scaled)


def test_a_heavier_last_arm_moves_units_only_into_it():
    """From 1:1 to 1:3 nobody leaves the second arm."""
    before, after = experiment((1, 1)), experiment((1, 3))
    moves = [(bucket(unit, before).arm, bucket(unit, after).arm) for unit in range(3000)]
    assert ("arm 1", "arm 0") not in moves
    assert {("arm 0", "arm 0"), ("arm 0", "arm 1"), ("arm 1", "arm 1")} == set(moves)


def test_only_eligible_customers_are_drawn_and_everyone_is_counted(tmp_path):
    joined = [
        dt.date(2026, 3, 1),
        dt.date(2026, 3, 2),
        dt.date(2025, 1, 1),
        None,
        dt.date(2025, 1, 1),
        dt.date(2026, 2, 1),
    ]
    customers = pa.table({"id": ["a", "b", "c", "d", "e", "e"], "first_order_at": pa.array(joined, pa.date32())})
    done = assign(
        experiment(population={"eligible": "first_order_at < 2026-02-15"}),
        tmp_path / "some.csv",
        tables={"customers": customers},
    )
    assert (done.customers, done.eligible) == (5, 2)
    assert sorted(pd.read_csv(tmp_path / "some.csv")["id"]) == ["c", "e"]


def test_rows_of_one_customer_that_disagree_are_not_drawn(tmp_path):
    customers = pa.table({"id": ["a", "a", "b", "b", "c"], "ok": [True, False, True, True, None]})
    assert set(drawn(customers, tmp_path, experiment(population={"eligible": "ok"}))) == {"b"}


def test_the_time_is_the_customer_s_own_where_the_definition_names_one(tmp_path):
    moments = [dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC), None, dt.datetime(2026, 3, 6, 8, tzinfo=dt.UTC)]
    customers = pa.table({"id": ["a", "b", "c"], "enrolled_at": pa.array(moments, pa.timestamp("us", "UTC"))})
    path = tmp_path / "times.parquet"
    done = assign(experiment(assignment={"at": "enrolled_at"}), path, tables={"customers": customers})
    assert (done.eligible, done.without_time, sum(done.arms.values())) == (3, 1, 2)
    assert pyarrow.parquet.read_table(path)["assigned_at"].to_pylist() == [moments[0], moments[2]]


@pytest.mark.parametrize(
    ("at", "instant"),
    [
        (None, "2026-03-01T22:00:00+00:00"),
        ("2026-03-05", "2026-03-04T22:00:00+00:00"),
        ("2026-03-05 09:00", "2026-03-05T07:00:00+00:00"),
        ("2026-03-05T09:00:00Z", "2026-03-05T09:00:00+00:00"),
    ],
)
def test_the_time_is_the_one_given_else_the_start_of_the_period_in_the_zone(at, instant, tmp_path):
    path = tmp_path / "start.parquet"
    assign(experiment(), path, tables={"customers": pa.table({"id": ["a", "b"]})}, at=at)
    assert set(pyarrow.parquet.read_table(path)["assigned_at"].to_pylist()) == {dt.datetime.fromisoformat(instant)}


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_written_is_read_by_analyze_with_every_arm_kept(ending, tmp_path):
    names = ['say "weekly", please', "kaksi viikkoa ✉"]
    data = {
        "customers": {"unit": "key"},
        "assignments": {"path": f"a{ending}", "unit": "who", "arm": "variant", "at": "since"},
    }
    of = experiment((2, 1), names=names, data=data, folder=tmp_path)
    ids = ["a,b", 'q"q', "007", "7", *(f"c{number}" for number in range(60))]
    customers = pl.DataFrame({"key": ids, "kept": [True, False] * 32})
    done = assign(of, tables={"customers": customers})
    assert done.path == tmp_path / f"a{ending}"
    analysis = analyze(of, tables={"customers": customers})
    assert (
        [arm.assigned for arm in analysis.population]
        == [arm.eligible for arm in analysis.population]
        == list(done.arms.values())
    )
    for arm in analysis.metric("kept").arms:
        mine = [kept for unit, kept in customers.iter_rows() if bucket(unit, of).arm == arm.arm]
        assert (arm.numerator, arm.n) == (sum(mine), len(mine))


def leftovers(folder, *expected):
    return sorted(path.name for path in folder.iterdir()) == sorted(expected)


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path):
    path = tmp_path / "assignments.csv"
    path.write_text("precious")
    of, tables = experiment(folder=tmp_path), {"customers": pa.table({"id": ["a", "b"]})}
    with pytest.raises(UsageError, match="exists already"):
        assign(of, tables=tables)
    assert path.read_text() == "precious"
    assign(of, tables=tables, overwrite=True)
    assert path.read_text().splitlines()[0] == "id,arm,assigned_at,bucket"
    assert leftovers(tmp_path, "assignments.csv", "assignments.csv.manifest.json")


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "assignments.csv"
    path.write_text("precious")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "rename", full)
    with pytest.raises(UsageError, match="No space left on device; choose another --output"):
        assign(experiment(), path, tables={"customers": pa.table({"id": ["a", "b"]})}, overwrite=True)
    assert path.read_text() == "precious"
    assert leftovers(tmp_path, "assignments.csv")


def test_a_customer_file_that_does_not_parse_leaves_nothing_behind(tmp_path):
    customers = pa.table({"id": ["a", "b"], "since": ["2026-03-01", "soon"]})
    of = experiment(population={"eligible": "since < period.start"})
    with pytest.raises(DataError, match="column 'since': 1 of 2 values"):
        assign(of, tmp_path / "out.csv", tables={"customers": customers})
    assert leftovers(tmp_path)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("out.xlsx", r"must end in \.csv or \.parquet"),
        ("missing/out.csv", "does not exist; create it first"),
        ("", "must end in"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_any_work(target, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        assign(experiment(), tmp_path / target, tables={"customers": pa.table({"id": ["a"]})})
    assert leftovers(tmp_path)


def test_a_folder_in_the_file_s_place_is_refused_and_nothing_is_left_behind(tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(UsageError, match=r"out\.csv"):
        assign(experiment(), tmp_path / "out.csv", tables={"customers": pa.table({"id": ["a"]})}, overwrite=True)
    assert leftovers(tmp_path, "out.csv")


def test_nobody_eligible_is_an_error_and_not_an_empty_file(tmp_path):
    customers = pa.table({"id": ["a", "b"], "active": [False, False]})
    with pytest.raises(DataError, match="no customer is eligible"):
        assign(experiment(population={"eligible": "active"}), tmp_path / "out.csv", tables={"customers": customers})
    assert leftovers(tmp_path)


def test_a_time_is_not_given_twice(tmp_path):
    moments = pa.array([dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    customers = pa.table({"id": ["a"], "enrolled_at": moments})
    with pytest.raises(UsageError):
        assign(
            experiment(assignment={"at": "enrolled_at"}),
            tmp_path / "out.csv",
            tables={"customers": customers},
            at="2026-03-09",
        )
