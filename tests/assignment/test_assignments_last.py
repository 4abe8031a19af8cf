"""Assignments last: a grown base keeps every earlier arm, and a file is extended or left as it is."""

import hashlib
import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy import stats

from abtest import assign, bucket, load
from abtest.errors import UsageError

LATER = "2026-03-09T09:30"


def experiment(folder, *, weights=(1, 1), salt="s", strata=(), zone="Europe/Helsinki", path="arms.csv"):
    arms = [{"name": f"arm {n}", "control": not n, "weight": weight} for n, weight in enumerate(weights)]
    definition = {
        "name": "drip",
        "unit": "id",
        "period": {"start": "2026-03-02"},
        "arms": arms,
        "data": {"customers": {}, "assignments": {"path": path, "at": "assigned_at"}},
        "assignment": {"salt": salt},
        "analysis": {"strata": list(strata)},
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    return load(definition if zone is None else {**definition, "timezone": zone}, folder=folder)


def base(count, **columns):
    return {"customers": pl.DataFrame({"id": [f"c{n:05d}" for n in range(count)], **columns})}


def rows(path):
    return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)


def arms_in(path):
    return dict(rows(path).select("id", "arm").iter_rows())


@pytest.mark.parametrize("name", ["arms.csv", "arms.parquet"])
def test_a_grown_base_keeps_every_earlier_arm_and_adds_the_new(name, tmp_path):
    of, path = experiment(tmp_path, path=name), tmp_path / name
    first = assign(of, tables=base(300))
    before = rows(path)
    second = assign(of, tables=base(500), at=LATER)
    after = rows(path)
    assert (first.added, first.kept, second.added, second.kept) == (300, 0, 200, 300)
    assert after.head(300).equals(before)
    assert arms_in(path) == {f"c{n:05d}": bucket(f"c{n:05d}", of).arm for n in range(500)}
    assert sum(second.arms.values()) == len(after) == 500


def test_extending_twice_equals_extending_once_but_for_the_times(tmp_path):
    of = experiment(tmp_path)
    for count in (100, 250, 400):
        assign(of, tables=base(count), at=LATER)
    assign(of, tmp_path / "once.csv", tables=base(400), at=LATER)
    assert (tmp_path / "arms.csv").read_bytes() == (tmp_path / "once.csv").read_bytes()


def test_who_left_the_base_or_is_no_longer_eligible_stays_in_the_file(tmp_path):
    of = experiment(tmp_path)
    assign(of, tables=base(300))
    before = arms_in(tmp_path / "arms.csv")
    shrunk = {"customers": pl.DataFrame({"id": [f"c{n:05d}" for n in range(200, 350)]})}
    found = assign(of, tables=shrunk, at=LATER)
    assert (found.kept, found.added) == (300, 50)
    assert {unit: arms_in(tmp_path / "arms.csv")[unit] for unit in before} == before


def test_when_nobody_is_new_the_files_are_not_touched(tmp_path):
    of = experiment(tmp_path)
    assign(of, tables=base(100))
    stamps = [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    found = assign(of, tables=base(100))
    assert (found.kept, found.added) == (100, 0)
    assert [(p.name, p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(tmp_path.iterdir())] == stamps


@pytest.mark.parametrize("change", [{"weights": (3, 1)}, {"salt": "other"}, {"weights": (1, 1, 1)}])
def test_a_file_is_not_extended_by_a_definition_that_draws_its_units_otherwise(change, tmp_path):
    assign(experiment(tmp_path), tables=base(300))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="have another arm than the definition draws"):
        assign(experiment(tmp_path, **change), tables=base(400), at=LATER)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assign(experiment(tmp_path, **change), tables=base(400), at=LATER, overwrite=True)
    assert len(rows(tmp_path / "arms.csv")) == 400


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("precious", "cannot be (extended|read)"),
        ("id,arm,assigned_at,colour\na,arm 0,2026-03-02,red\n", "its columns are not those that assign writes"),
        ("id,arm\na,arm 0\n", "its columns are not those"),
        ("id,arm,assigned_at\na,arm 9,2026-03-02\n", "1 of its rows have no arm of the definition"),
        ("id,arm,assigned_at\n,arm 0,2026-03-02\n", "1 of its rows have no id"),
        ("id,arm,assigned_at\na,arm 0,\n", "1 of its rows have no time"),
        ("id,arm,assigned_at\na,arm 0,soon\n", "cannot be read as assignments"),
        ("id,arm,assigned_at\nc00001,{arm},2026-03-02\nc00001,{arm},2026-03-03\n", "name a unit again"),
    ],
)
def test_what_is_no_file_of_ours_is_left_as_it_is(text, message, tmp_path):
    of, path = experiment(tmp_path), tmp_path / "arms.csv"
    path.write_text(text.replace("{arm}", bucket("c00001", of).arm), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=message) as error:
        assign(of, tables=base(10), at=LATER)
    assert str(path) in str(error.value)
    assert "--force" in str(error.value)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["arms.csv"]


def test_a_file_of_an_earlier_version_without_manifest_and_bucket_is_extended(tmp_path):
    of, path = experiment(tmp_path), tmp_path / "arms.csv"
    old = [f"c{n:05d},{bucket(f'c{n:05d}', of).arm},2026-03-01 22:00:00+00" for n in range(20)]
    path.write_text("\n".join(["id,arm,assigned_at", *old, ""]), encoding="utf-8")
    assert assign(of, tables=base(30), at=LATER).kept == 20
    found = rows(path)
    assert found["assigned_at"].to_list() == ["2026-03-02T00:00:00+02:00"] * 20 + ["2026-03-09T09:30:00+02:00"] * 10
    assert found["bucket"].to_list() == [str(bucket(unit, of).number) for unit in found["id"]]


def test_a_file_that_was_changed_since_is_not_extended(tmp_path):
    of, path = experiment(tmp_path), tmp_path / "arms.csv"
    assign(of, tables=base(20))
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"is not the file that arms\.csv\.manifest\.json speaks of"):
        assign(of, tables=base(30), at=LATER)


def test_new_units_need_a_time_of_their_own(tmp_path):
    of = experiment(tmp_path)
    assign(of, tables=base(20))
    with pytest.raises(UsageError, match="10 eligible customers are not in it yet; say when they enter: --at"):
        assign(of, tables=base(30))


@pytest.mark.parametrize(
    ("zone", "at", "written"),
    [
        ("Europe/Helsinki", None, "2026-03-02T00:00:00+02:00"),
        ("Europe/Helsinki", "2026-07-01T12:00:00Z", "2026-07-01T15:00:00+03:00"),
        ("America/St_Johns", "2026-01-05 08:15", "2026-01-05T08:15:00-03:30"),
        ("Asia/Kathmandu", "2026-01-05T00:00:00.250Z", "2026-01-05T05:45:00.250000+05:45"),
        ("UTC", "2026-01-05", "2026-01-05T00:00:00+00:00"),
        (None, "2026-01-05T10:00:00+05:00", "2026-01-05T05:00:00+00:00"),
        ("Africa/Monrovia", "1971-01-01T00:00:00Z", "1971-01-01T00:00:00+00:00"),
    ],
)
def test_a_csv_shows_the_time_as_the_zone_s_clocks_do_with_the_offset(zone, at, written, tmp_path):
    of = experiment(tmp_path, zone=zone)
    if zone is None:
        of = load({**of.definition.model_dump(exclude_unset=True), "period": None}, folder=tmp_path)
    assign(of, tables=base(2), at=at)
    assert rows(tmp_path / "arms.csv")["assigned_at"].to_list() == [written] * 2


def test_the_stratum_stands_beside_the_arm(tmp_path):
    of = experiment(tmp_path, strata=["country", "plan"])
    tables = base(4, country=["FI", "SE", None, "FI"], plan=["a", "b", "a", " "])
    assign(of, tables=tables)
    assert rows(tmp_path / "arms.csv")["stratum"].to_list() == ["FI / a", "SE / b", "(none) / a", "FI / (none)"]
    grown = base(5, country=["SE", "SE", None, "FI", "NO"], plan=["a", "b", "a", " ", "b"])
    assign(of, tables=grown, at=LATER)
    assert rows(tmp_path / "arms.csv")["stratum"].to_list() == [
        "FI / a",
        "SE / b",
        "(none) / a",
        "FI / (none)",
        "NO / b",
    ]


def test_the_manifest_tells_how_the_file_was_drawn_and_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772409600")
    of = experiment(tmp_path, weights=(3, 1), strata=["country"])
    countries = ["FI", "SE"] * 200
    assign(of, tables=base(400, country=countries))
    assign(of, tables=base(600, country=countries + ["FI"] * 200), at=LATER)
    found = json.loads((tmp_path / "arms.csv.manifest.json").read_text(encoding="utf-8"))
    table = rows(tmp_path / "arms.csv")
    sizes = [len(table.filter(pl.col("arm") == f"arm {n}")) for n in range(2)]
    assert found["sha256"] == hashlib.sha256((tmp_path / "arms.csv").read_bytes()).hexdigest()
    assert found["arms"] == [
        {"name": "arm 0", "weight": 3.0, "units": sizes[0]},
        {"name": "arm 1", "weight": 1.0, "units": sizes[1]},
    ]
    assert (found["units"], found["salt"], found["definition_sha256"]) == (600, "s", of.sha256)
    assert found["balance"]["sample_ratio_p"] == pytest.approx(stats.chisquare(sizes, [450, 150]).pvalue)
    assert {entry["stratum"]: sum(entry["units"].values()) for entry in found["strata"]} == {"FI": 400, "SE": 200}
    assert [(run["added"], run["at"], run["engine"]) for run in found["runs"]] == [
        (400, "2026-03-02T00:00:00+00:00", "duckdb"),
        (200, "2026-03-02T00:00:00+00:00", "duckdb"),
    ]


def test_integers_stay_integers_in_an_extended_parquet_file(tmp_path):
    of = experiment(tmp_path, path="arms.parquet")
    assign(of, tables={"customers": pa.table({"id": [3, 1, 2]})})
    assign(of, tables={"customers": pa.table({"id": [5, 1, 4]})}, at=LATER)
    table = pyarrow.parquet.read_table(tmp_path / "arms.parquet")
    assert table["id"].to_pylist() == [1, 2, 3, 4, 5]
    assert pa.types.is_timestamp(table.schema.field("assigned_at").type)


@pytest.mark.parametrize("name", ["bucket", "BUCKET"])
def test_a_column_of_the_data_that_has_a_name_of_ours_is_refused(name, tmp_path):
    of = experiment(tmp_path)
    changed = of.definition.model_dump(exclude_unset=True)
    changed["data"]["assignments"]["arm"] = name
    with pytest.raises(UsageError, match="of its own; name the columns of unit, arm and time otherwise"):
        assign(load(changed, folder=tmp_path), tables=base(5))


def test_arms_of_another_tool_are_not_drawn_here(tmp_path):
    changed = {
        **experiment(tmp_path).definition.model_dump(exclude_unset=True),
        "assignment": {"hash": "growthbook-v2"},
    }
    of = load(changed, folder=tmp_path)
    with pytest.raises(UsageError, match="growthbook-v2 draws the arms itself; `abtest audit` checks them"):
        assign(of, tables=base(5))
    with pytest.raises(ValueError, match="draws the arms"):
        bucket("c1", of)
