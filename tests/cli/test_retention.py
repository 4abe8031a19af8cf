"""``abtest retention`` as a user runs it: files, exit codes, what goes to which stream."""

import json

import pytest
from cli_runs import process

ASK = ("retention", "visits.csv", "--unit", "customer", "--at", "at", "-o", "out", "--no-report")


@pytest.fixture
def folder(tmp_path):
    rows = [f"{unit},2026-01-10T00:00:00Z" for unit in range(200)]
    rows += [f"{unit},2026-02-10T00:00:00Z" for unit in range(80)]
    (tmp_path / "visits.csv").write_text("customer,at\n" + "\n".join(rows) + "\n")
    return tmp_path


COMPLETE = ("--through", "2026-02-28")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((*COMPLETE, "--benchmark", "50%", "--fail-below-benchmark"), 4),
        ((*COMPLETE, "--benchmark", "50%"), 0),
        ((*COMPLETE, "--benchmark", "41%", "--fail-below-benchmark"), 0),
        ((*COMPLETE, "--benchmark", "30%", "--fail-below-benchmark"), 0),
        (("--benchmark", "30%", "--fail-below-benchmark"), 3),
    ],
)
def test_the_exit_code_tells_cron_whether_retention_is_below_the_benchmark(folder, options, code):
    done = process(folder, *ASK, "--quiet", *options)
    assert done.returncode == code, done.stderr
    assert done.stdout == b""
    assert json.loads((folder / "out/retention.json").read_text())["periods"][1]["retained"] == 80


def test_json_goes_to_stdout_and_equals_the_file(folder):
    done = process(folder, *ASK, "--json", *COMPLETE, "--memory-limit", "500MB", "--threads", "1", "--temp-dir", ".")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (folder / "out/retention.json").read_bytes()
    assert json.loads(done.stdout)["periods"][1]["rate"] == 0.4
    assert sorted(path.name for path in folder.iterdir()) == ["out", "visits.csv"]


def test_the_report_is_two_tables_and_a_picture_more(folder):
    done = process(folder, *ASK[:-1], *COMPLETE)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "retention.csv",
        "retention.json",
        "triangle.csv",
        "triangle.png",
    ]
    assert "2026-02, the last complete month: 40.0\u00a0% stayed, 80 of 200 customers" in done.stdout.decode()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--fail-below-benchmark",), 2, "--fail-below-benchmark: needs --benchmark"),
        (("--by", "day"), 2, "--by"),
        (("--where", "customer ="), 2, "where: "),
        (("--where", "1); DROP TABLE events; --"), 2, "where: "),
        (("--unit", "nobody"), 3, "unit: no column 'nobody' in visits.csv"),
        (("--memory-limit", "much"), 2, "memory limit: must be an amount"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(folder, options, code, words):
    done = process(folder, *ASK, *options)
    assert done.returncode == code, done.stderr
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert [path.name for path in folder.iterdir()] == ["visits.csv"]


def test_a_value_that_is_no_time_is_named_by_row_and_not_shown(folder):
    with (folder / "visits.csv").open("a") as file:
        file.write("9,yesterday\n")
    done = process(folder, *ASK)
    assert done.returncode == 3
    assert b"column 'at': 1 of 281 values" in done.stderr
    assert b"yesterday" not in done.stderr
