"""``abtest audit`` computes the arms that other tools draw, and says of a log what does not match, never who."""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from abtest import assign, bucket, load
from abtest.assignment.audit import audit
from abtest.assignment.hashes import PLANS
from abtest.assignment.hashes.plan import Number
from abtest.definition.assignment import HASHES, Assignment
from abtest.engines.choice import Choice
from abtest.engines.engine import Statement
from abtest.engines.sqltext import Binder
from abtest.errors import DefinitionError, UsageError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference/vendor_arms.json").read_text(encoding="utf-8"))
UNITS = REFERENCE["units"]
NAMES = "abcdefgh"


def experiment(assignment, weights=(1, 1), *, folder=None, **changes):
    assignment = dict(assignment)
    ranges = assignment.pop("ranges", {})
    arms = [{"name": n, "control": not i, "weight": w} for i, (n, w) in enumerate(zip(NAMES, weights, strict=False))]
    arms = [{**arm, "ranges": ranges[arm["name"]]} if arm["name"] in ranges else arm for arm in arms]
    definition = {
        "name": "drip",
        "unit": "id",
        "timezone": "UTC",
        "period": {"start": "2026-03-02"},
        "arms": arms,
        "data": {"customers": {}, "assignments": {}},
        "assignment": assignment,
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    return load({**definition, **changes}, folder=folder)


def log(units, arms):
    return {"assignments": pa.table({"id": pa.array(units), "arm": pa.array(arms, pa.string())})}


def label(case):
    return " ".join(f"{key}={value}" for key, value in case["assignment"].items())


def recorded(case):
    return [None if arm is None else NAMES[arm] for arm in case["arms"]]


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=label)
def test_the_arms_are_those_that_the_tool_s_own_package_gives(case):
    found = audit(experiment(case["assignment"], case["weights"]), tables=log(UNITS, recorded(case)))
    assert found.ok, found
    assert found.left_out == case["arms"].count(None)
    assert found.matching == len(UNITS) - found.left_out == found.rows - found.left_out


def test_every_tool_of_the_list_is_held_to_its_package():
    assert {case["assignment"]["hash"] for case in REFERENCE["cases"]} == set(PLANS) - {"abtest"}
    assert list(PLANS) == list(HASHES) == list(Assignment.model_fields["hash"].annotation.__args__)


def number(what, unit):
    engine = Choice().open()
    try:
        binder = Binder("test")
        text = what.sql(binder.bind(unit, "unit"), binder)
        return int(engine.rows(Statement(f"SELECT {text} AS number", binder.values))[0]["number"])
    finally:
        engine.close()


# From the vendors' public tests: [seed, value, version, hash] of GrowthBook's cases.json.
GROWTHBOOK = [
    ("", "a", 1, 220),
    ("b", "a", 1, 946),
    ("ef", "d", 1, 652),
    ("", '___)((*":&', 1, 563),
    ("seed", "a", 2, 505),
    ("foo", "ab", 2, 2575),
    ("89123klj", "8952klfjas09ujkasdf", 2, 1240),
    ("90850943850283058242805", "123", 2, 7516),
    ("()**(%$##$%#$#", '___)((*":&', 2, 128),
]
LAUNCHDARKLY = [
    ("hashKey.saltyA.", "userKeyA", 0.42157587),
    ("hashKey.saltyA.", "userKeyB", 0.6708485),
    ("hashKey.saltyA.", "userKeyC", 0.10343106),
    ("61.", "userKeyA", 0.09801207),
    ("61.", "userKeyB", 0.14483777),
    ("61.", "userKeyC", 0.9242641),
]


@pytest.mark.parametrize(("seed", "value", "version", "expected"), GROWTHBOOK)
def test_growthbook_s_published_vectors(seed, value, version, expected):
    first, second = Number("fnv1a32", 1000, after=seed), Number("fnv1a32 twice", 10_000, before=seed)
    assert number(first if version == 1 else second, value) == expected


@pytest.mark.parametrize(("before", "value", "expected"), LAUNCHDARKLY)
def test_launchdarkly_s_published_vectors(before, value, expected):
    found = number(Number("sha1", 16**15, before, digits=15), value) / (16**15 - 1)
    assert found == pytest.approx(expected, abs=5e-8)


@pytest.mark.parametrize(
    ("value", "experiment_id", "expected"),
    [
        ("ppid1", "1886780721", 5254),
        ("ppid2", "1886780721", 4299),
        ("ppid2", "1886780722", 2434),
        ("ppid3", "1886780721", 5439),
        (f"a {'very ' * 15}long ppd string", "1886780721", 6128),
    ],
)
def test_optimizely_s_published_vectors(value, experiment_id, expected):
    assert number(Number("murmur3", 2**32, after=experiment_id, seed=1), value) * 10_000 // 2**32 == expected


@pytest.mark.parametrize(("group", "value", "expected"), [("gr1", "123", 73), ("groupX", "999", 25)])
def test_unleash_s_published_vectors(group, value, expected):
    assert number(Number("murmur3", 100, before=f"{group}:"), value) + 1 == expected


@pytest.mark.parametrize(("text", "expected"), [("blargh", 0x0AC33512D18E20D5), ("unicode 🗻", 0xD460740C12959D83)])
def test_statsig_s_published_vectors(text, expected):
    assert number(Number("sha256", 10_000, digits=16), text) == expected % 10_000


# FNV-1a: Noll's reference list. MurmurHash3_x86_32: SMHasher's and Wikipedia's examples.
@pytest.mark.parametrize(("text", "expected"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_fnv_s_reference_values(text, expected):
    assert number(Number("fnv1a32", 2**32), text) == expected


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        ("", 0, 0),
        ("", 1, 0x514E28B7),
        ("", 0xFFFFFFFF, 0x81F16F39),
        ("test", 0, 0xBA6BD213),
        ("test", 0x9747B28C, 0x704B81DC),
        ("Hello, world!", 0x9747B28C, 0x24884CBA),
        ("The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
    ],
)
def test_murmur_s_reference_values(text, seed, expected):
    assert number(Number("murmur3", 2**32, seed=seed), text) == expected


def own(count=2000):
    """A log of our own draw, and its definition."""
    of = experiment({"salt": "s"}, (3, 1))
    return of, _drawn(of, pa.table({"id": [f"customer-{n}" for n in range(count)]}))


def _drawn(of, customers):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arms.parquet"
        assign(of, path, tables={"customers": customers})
        return pl.read_parquet(path).select(pl.col("id"), pl.col("arm"))


def test_our_own_arms_match():
    of, drawn = own()
    found = audit(of, tables={"assignments": drawn})
    assert (found.ok, found.matching, found.rows, found.hints) == (True, 2000, 2000, ())


def test_each_kind_of_mismatch_is_counted_with_the_first_rows():
    of, drawn = own()
    arms = drawn["arm"].to_list()
    ids = drawn["id"].to_list()
    other = {"a": "b", "b": "a"}
    for row in (4, 7, 1500):
        arms[row] = other[arms[row]]
    arms[9], arms[10], ids[11] = "c", " ", " "
    ids.append(ids[0])
    arms.append(other[arms[0]])
    found = audit(of, tables={"assignments": pl.DataFrame({"id": ids, "arm": arms})})
    assert not found.ok
    assert {kind.kind: (kind.rows, kind.units, kind.first_rows) for kind in found.mismatches} == {
        "other_arm": (4, 4, (5, 8, 1501, 2001)),
        "no_arm": (1, 1, (11,)),
        "unknown_arm": (1, 1, (10,)),
        "no_id": (1, 0, (12,)),
    }
    assert found.units_in_several_arms == 1
    assert found.matching == 2001 - 7
    assert sum(pair.rows for pair in found.pairs) == 2000


def test_no_more_than_five_positions_of_a_kind_are_told():
    of, drawn = own()
    swapped = drawn.with_columns(pl.when(pl.arange(2000) % 7 == 0).then(pl.lit("c")).otherwise("arm").alias("arm"))
    [kind] = audit(of, tables={"assignments": swapped}).mismatches
    assert (kind.rows, kind.first_rows) == (286, (1, 8, 15, 22, 29))


def test_positions_are_rows_of_the_files_whatever_a_filter_leaves_out(tmp_path):
    of, drawn = own()
    marked = drawn.with_columns(pl.Series("test", [n % 2 == 0 for n in range(2000)]))
    marked = marked.with_columns(pl.when(pl.arange(2000) == 1001).then(pl.lit("z")).otherwise("arm").alias("arm"))
    marked.write_csv(tmp_path / "log.csv")
    data = {"customers": {}, "assignments": {"path": "log.csv", "where": "not test"}}
    of = experiment({"salt": "s"}, (3, 1), data=data, folder=tmp_path)
    found = audit(of)
    assert found.rows == 1000
    assert [kind.first_rows for kind in found.mismatches] == [(1002,)]


def test_arms_that_changed_places_are_recognised():
    of, drawn = own()
    swapped = drawn.with_columns(pl.col("arm").replace({"a": "b", "b": "a"}))
    [hint] = audit(of, tables={"assignments": swapped}).hints
    assert "exchanged: b stands where the hash gives a, a stands where the hash gives b" in hint


def test_another_salt_is_said_to_match_by_chance():
    _, drawn = own()
    found = audit(experiment({"salt": "t"}, (3, 1)), tables={"assignments": drawn})
    assert found.by_chance == pytest.approx(0.625, abs=0.02)
    assert [hint.startswith("no more rows match than by chance") for hint in found.hints] == [True]


def test_the_other_version_and_the_other_case_are_recognised():
    case = next(case for case in REFERENCE["cases"] if case["assignment"]["hash"] == "growthbook-v2")
    changed = {**case["assignment"], "hash": "growthbook-v1"}
    found = audit(experiment(changed, case["weights"]), tables=log(UNITS, recorded(case)))
    assert found.hints == ("nearly all rows match with hash: growthbook-v2",)
    of, drawn = own()
    upper = drawn.with_columns(pl.col("id").str.to_uppercase())
    assert audit(of, tables={"assignments": upper}).hints == ("nearly all rows match with ids in lower case",)


@pytest.mark.parametrize("kind", ["integers", "csv", "wide", "duplicates"])
def test_integers_files_wide_tables_and_repeated_rows_are_judged_alike(kind, tmp_path):
    ids = random.Random(5).sample(range(10**9), 500)
    of = experiment({"salt": "s"})
    drawn = _drawn(of, pa.table({"id": ids}))
    if kind == "csv":
        drawn.write_csv(tmp_path / "a.csv")
        of = experiment({"salt": "s"}, data={"customers": {}, "assignments": {"path": str(tmp_path / "a.csv")}})
        assert audit(of).ok
    elif kind == "wide":
        of = experiment({"salt": "s"}, data={"customers": {"arm": "arm"}}, period=None)
        assert audit(of, tables={"customers": drawn}).ok
    else:
        found = audit(of, tables={"assignments": pl.concat([drawn] * 3) if kind == "duplicates" else drawn})
        assert (found.ok, found.rows) == (True, 1500 if kind == "duplicates" else 500)


WRONG = [
    ({"hash": "growthbook"}, "assignment.hash"),
    ({"hash": "posthog"}, "needs `salt`"),
    ({"hash": "split", "salt": "x", "seed": 1}, "assignment.salt: has no meaning with hash: split"),
    ({"hash": "split", "seed": 1.5}, "must be a whole number of 32 bits"),
    ({"hash": "split", "seed": 2**32}, "must be a whole number of 32 bits"),
    ({"hash": "split", "seed": 1, "coverage": 0.5}, "needs `coverage_seed`"),
    ({"hash": "eppo", "salt": "x", "coverage": 0.5}, "needs `coverage_salt`"),
    ({"hash": "launchdarkly", "salt": "x"}, "needs `seed`, or the flag's `key` and `salt`"),
    ({"hash": "launchdarkly", "seed": 3, "key": "x"}, "takes the place of `key` and `salt`"),
    ({"hash": "growthbook-v2", "coverage": 0}, "must be greater than 0 and at most 1"),
    ({"hash": "growthbook-v2", "coverage": 20}, "must be greater than 0 and at most 1"),
    ({"hash": "growthbook-v2", "namespace": {"id": "n", "range": [0.5, 0.5]}}, "0 <= from < to <= 1"),
    ({"hash": "growthbook-v2", "ranges": {"a": [[0, 0.5]]}}, "arms[1]: has no `ranges`, and others have"),
    ({"hash": "growthbook-v2", "ranges": {"a": [[0, 0.5]], "b": [[0.4, 1]]}}, "two of the arms' ranges overlap"),
    ({"hash": "posthog", "salt": "x", "ranges": {"a": [[0, 1]]}}, "arms[0].ranges: has no meaning with hash: posthog"),
    ({"hash": "eppo", "salt": "x", "ranges": {"a": [[0.5, 0.2]]}}, "0 <= from < to <= 1"),
    ({"coverage": 0.5}, "has no meaning with hash: abtest"),
]


@pytest.mark.parametrize(("assignment", "message"), WRONG)
def test_what_a_hash_cannot_use_is_refused_with_its_place(assignment, message):
    with pytest.raises(DefinitionError) as error:
        experiment(assignment)
    assert message in str(error.value)


def test_a_table_without_an_id_cannot_be_audited():
    of = load(
        {
            "name": "gate",
            "data": {"customers": {"arm": "v"}},
            "arms": [{"name": "x", "control": True}, {"name": "y"}],
            "metrics": {"kept": {"role": "primary", "type": "column"}},
        }
    )
    with pytest.raises(UsageError, match="needs `unit`"):
        audit(of, tables={"customers": pa.table({"v": ["x"], "kept": [True]})})


DEFINITION = """\
name: drip
unit: id
arms: [{name: biweekly, control: true}, {name: weekly}]
data: {customers: {path: log.csv}, assignments: {path: log.csv, arm: variant}}
metrics: {kept: {role: primary, type: column}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "drip.yaml").write_text(DEFINITION, encoding="utf-8")
    of = load(tmp_path / "drip.yaml")
    rows = [f"SECRET-{n},{bucket(f'SECRET-{n}', of).arm},{n % 2}" for n in range(300)]
    (tmp_path / "log.csv").write_text("\n".join(["id,variant,kept", *rows, ""]), encoding="utf-8")
    return tmp_path


def run(folder, *options):
    command = [sys.executable, "-m", "abtest", "audit", "drip.yaml", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_leaves_with_0_when_all_match(folder):
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "300 match, all of them" in done.stdout
    assert json.loads(run(folder, "--json").stdout)["ok"] is True


def test_the_command_leaves_with_4_and_tells_counts_and_positions_but_nobody(folder):
    path = folder / "log.csv"
    text = path.read_text(encoding="utf-8")
    arm = text.splitlines()[3].split(",")[1]
    other = "weekly" if arm == "biweekly" else "biweekly"
    text = text.replace(f"SECRET-2,{arm}", f"SECRET-2,{other}").replace("SECRET-5,", "SECRET-5,HIDDEN-", 1)
    path.write_text(text, encoding="utf-8")
    told, as_json = run(folder), run(folder, "--json")
    assert told.returncode == as_json.returncode == 4
    assert "1 row of 1 unit in another arm than the hash gives; data rows 3" in told.stdout
    found = json.loads(as_json.stdout)
    assert [(kind["kind"], kind["rows"], kind["first_rows"]) for kind in found["mismatches"]] == [
        ("other_arm", 1, [3]),
        ("unknown_arm", 1, [6]),
    ]
    assert found["matching"] == 298
    for output in (told.stdout, told.stderr, as_json.stdout, as_json.stderr):
        assert "SECRET" not in output
        assert "HIDDEN" not in output
