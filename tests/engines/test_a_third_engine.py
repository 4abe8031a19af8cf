"""An engine is a folder and a name in one list: a toy one has its YAML, flags and limits without another edit."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from abtest import Limits, analyze, assign, load
from abtest.engines import Spark
from abtest.errors import UsageError

TOY = Path(__file__).with_name("toy_engine.py")
ROOT = TOY.parents[2]
DEFINITION = """
name: gate
data: {customers: {path: players.csv, unit: id, arm: version}}
arms: [{name: a, control: true}, {name: b}]
metrics: {kept: {role: primary, type: column}}
"""


@pytest.fixture
def case(tmp_path):
    rows = "".join(f"{i},{'ab'[i % 2]},{int(i % 7 < 3 + i % 2)}\n" for i in range(400))
    (tmp_path / "players.csv").write_text(f"id,version,kept\n{rows}")

    def run(*arguments: str, more: str = "", settings: str = "") -> subprocess.CompletedProcess[str]:
        (tmp_path / "gate.yaml").write_text(DEFINITION + more)
        (tmp_path / "abtest").mkdir(exist_ok=True)
        (tmp_path / "abtest/config.toml").write_text(settings)
        return subprocess.run(
            [sys.executable, str(TOY), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        )

    return run


ANALYZE = ("analyze", "gate.yaml", "--json", "--no-report", "-q")


def test_it_counts_where_the_definition_or_the_command_line_names_it_and_the_numbers_are_the_same(case):
    plain = json.loads(case(*ANALYZE).stdout)
    named = case(*ANALYZE, more="engine: toy\ntoy: {shelf: shelf-3}\n")
    assert named.stderr == "toy: shelf-3 None None\n"
    asked = case(*ANALYZE, "--engine", "toy", "--toy-shelf", "shelf-1", "--toy-pieces", "7", "--threads", "1")
    assert asked.stderr == "toy: shelf-1 7 1\n"
    for other in (json.loads(named.stdout), json.loads(asked.stdout)):
        assert other["metrics"] == plain["metrics"]
        assert "PyYAML" in other["provenance"]["packages"]
        assert other["experiment"]["definition_sha256"] == plain["experiment"]["definition_sha256"]
    assert "PyYAML" not in plain["provenance"]["packages"]


@pytest.mark.parametrize(
    ("more", "arguments", "said"),
    [
        ("engine: toy\ntoy: {shelf: floor}\n", (), "toy.shelf: must be a shelf such as shelf-3"),
        ("engine: toy\ntoy: {shelv: shelf-3}\n", (), "did you mean 'shelf'?"),
        ("toy: {shelf: shelf-3}\n", (), "says where the toy stands, but DuckDB counts; add `engine: toy`"),
        ("engine: toi\n", (), "must be duckdb, spark or toy (got 'toi'); did you mean 'toy'?"),
        ("", ("--toy-shelf", "shelf-1"), "--toy-shelf: of the toy engine, but the engine is duckdb; choose the toy"),
        ("", ("--toy-pieces", "3"), "--toy-pieces: of the toy engine, but the engine is duckdb; choose the toy"),
        ("", ("--engine", "toy", "--toy-pieces", "13"), "toy pieces: there are 12, not 13"),
        ("", ("--engine", "toy", "--threads", "100000"), "threads: 100,000 are more than are of use here"),
        ("engine: toy\ntoy: {friend: eve}\n", (), "toy.friend: the definition leads to toy://eve, and a definition"),
    ],
)
def test_what_cannot_be_is_refused_in_its_own_words(case, more, arguments, said):
    found = case(*ANALYZE, *arguments, more=more)
    assert found.returncode == 2
    assert said in re.sub(r"\s+", " ", found.stderr)


def test_another_machine_of_its_is_gone_to_when_the_user_agrees(case):
    more = "engine: toy\ntoy: {friend: eve}\n"
    assert case(*ANALYZE, "--allow-remote", more=more).returncode == 0
    assert case(*ANALYZE, "--toy-friend", "eve", more=more).returncode == 0
    assert case(*ANALYZE, more=more, settings='allow_remote = ["yarn", "toy://eve"]\n').returncode == 0


def test_the_editors_schema_the_help_the_reference_and_the_queries_know_it(case):
    schema = json.loads(case("schema").stdout)
    assert schema["properties"]["engine"]["enum"] == ["duckdb", "spark", "toy", None]
    assert schema["$defs"]["Toy"]["properties"]["shelf"]["examples"] == ["shelf-1"]
    for command in ("analyze", "assign", "explain", "lock", "validate"):
        told = case(command, "--help").stdout
        assert all(flag in told for flag in ("--toy-shelf", "--toy-friend", "--toy-pieces"))
    assert case("explain", "gate.yaml", "--sql", "--engine", "toy").stdout.startswith("-- the toy has none")
    reference = "import toy_engine, abtest.engines as e; e.ENGINES += (toy_engine.Toy,); import sys; " + (
        "from abtest.definition.reference import reference; sys.stdout.write(reference())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", reference], cwd=TOY.parent, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout  # fmt: skip
    assert "### `toy`\n\nWhere the toy stands." in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": "sparc"}, "engine: 'sparc' is none; known: duckdb, spark"),
        ({"engine": Spark}, "engine: Spark is the kind; give Spark() or 'spark'"),
        ({"engine": 5}, "engine: 5 is none; known: duckdb, spark"),
        ({"limits": "4GB"}, "limits: must be Limits, such as Limits(memory='4GB'), got str"),
    ],
)
def test_an_engine_that_is_none_is_refused_in_python(tmp_path, given, said):
    (tmp_path / "players.csv").write_text("id,version,kept\n1,a,1\n2,b,0\n")
    (tmp_path / "gate.yaml").write_text(DEFINITION)
    for run in (analyze, lambda each, **more: assign(each, tmp_path / "arms.csv", **more)):
        with pytest.raises(UsageError) as caught:
            run(load(tmp_path / "gate.yaml"), **given)
        assert str(caught.value) == said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Spark(master=5), "spark.master: must be text, got int"),
        (lambda: Spark(remote=b"sc://h"), "spark.remote: must be text, got bytes"),
        (lambda: Spark(limits=4), "limits: must be Limits, such as Limits(memory='4GB'), got int"),
        (lambda: Limits(memory=4), "memory: must be text, got int"),
        (lambda: Limits(threads="2"), "threads: must be a whole number, got str"),
        (lambda: Limits(threads=True), "threads: must be a whole number, got bool"),
        (lambda: Limits(threads=100_000), "threads: 100,000 are more than are of use here"),
        (lambda: Spark(master="local[100000]").elsewhere(), "threads of local[…]: 100,000 are more than"),
        (lambda: Spark(master="local-cluster[900,900,1]").elsewhere(), "of local-cluster[…]: 810,000 are more than"),
    ],
)
def test_what_no_engine_can_be_is_refused_where_it_is_made(make, said):
    with pytest.raises(UsageError) as caught:
        make()
    assert said in str(caught.value)


def test_an_address_that_may_hold_a_token_is_not_shown_with_the_engine():
    assert "secret" not in repr(Spark(remote="sc://host/;token=secret"))


@pytest.mark.parametrize("command", ["analyze", "assign", "explain", "lock", "validate", "retention"])
def test_threads_without_end_are_refused_by_every_command(case, command):
    more = {"explain": ("--sql",), "validate": ("--data",), "assign": ("-o", "arms.csv")}.get(command, ())
    given = ("players.csv", "--unit", "id", "--at", "kept") if command == "retention" else ("gate.yaml",)
    found = case(command, *given, *more, "--threads", "100000")
    assert found.returncode == 2
    assert "threads: 100,000 are more than are of use here" in found.stderr


NAMES = re.compile(r"duckdb|spark", re.IGNORECASE)


def test_nothing_outside_of_the_engines_folders_names_an_engine():
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()}"
        for path in (ROOT / "abtest").rglob("*.py")
        if "engines" not in path.relative_to(ROOT).parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if NAMES.search(line)
    }
    assert found == set()


def test_the_list_of_engines_is_quick_to_import():
    code = "import sys, abtest.engines; print(sorted({'duckdb', 'pyspark', 'pydantic', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
