"""The main job through real processes: files, bytes, streams and exit codes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_runs import COMMAND, DEFINITION, TABLES, process, read_csv, write_csv, write_experiment

WHEN = {"SOURCE_DATE_EPOCH": "1775000000"}
FILES = {
    "results.json",
    "small.pdf",
    "small.png",
    "small-headline.png",
    "small-retention.png",
    "small-effects.png",
    "small-curve-retained.png",
}
HEAVY = ("numpy", "duckdb", "scipy", "pandas", "matplotlib", "typst", "statsmodels", "babel")
NOT_OF_STATISTICS = ("scipy.stats", "pandas", "statsmodels", "numpy.f2py", "numpy.testing")
NOT_OF_COMPARE = ("duckdb", "babel", "abtest.definition.model", "abtest.report.sections", "abtest.report.figures")
NOT_DRAWN = ("matplotlib", "typst", "abtest.report.drawing.draw", "abtest.report.drawing.drawings")


def _strict(text):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on the same input: one prints the summary, the other JSON."""
    folder = tmp_path_factory.mktemp("runs")
    write_experiment(folder)
    before = {path.name for path in folder.iterdir()}
    first = process(folder, "analyze", "drip.yaml", "-o", "first", real=True, **WHEN)
    second = process(folder, "analyze", "drip.yaml", "-o", "second", "--json", real=True, **WHEN)
    assert {path.name for path in folder.iterdir()} - before == {"first", "second"}
    return folder, first, second


def test_the_main_job_succeeds_in_silence_on_stderr(runs):
    _, first, second = runs
    assert (first.returncode, first.stderr) == (0, b"")
    assert (second.returncode, second.stderr) == (0, b"")


def test_it_writes_pdf_png_and_results_and_nothing_else(runs):
    folder, first, _ = runs
    assert {path.name for path in (folder / "first").iterdir()} == FILES
    assert (folder / "first" / "small.pdf").read_bytes().startswith(b"%PDF-")
    assert all(name.encode() in first.stdout for name in FILES)


def test_two_runs_give_the_same_bytes(runs):
    folder, *_ = runs
    for name in FILES:
        assert (folder / "first" / name).read_bytes() == (folder / "second" / name).read_bytes(), name


def test_json_on_stdout_is_strict_and_is_the_results_file(runs):
    folder, _, second = runs
    _strict(second.stdout)
    assert second.stdout == (folder / "second" / "results.json").read_bytes()


def test_report_renders_the_same_bytes_from_the_results_alone(runs, tmp_path):
    folder, *_ = runs
    shutil.copy(folder / "first" / "results.json", tmp_path / "results.json")
    again = process(tmp_path, "report", "results.json", "-o", "again", **WHEN)
    assert (again.returncode, again.stderr) == (0, b"")
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "again"}
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / "first" / name).read_bytes(), name


def test_a_sample_ratio_mismatch_is_written_marked_invalid_and_exits_4(case):
    rows = read_csv(case.folder / "assignments.csv")
    kept = [row for number, row in enumerate(rows) if row[1] != "biweekly" or number % 4 == 1]
    write_csv(case.folder / "assignments.csv", kept)
    outcome = case.run("analyze", "drip.yaml", "-o", "out")
    result = _strict((case.folder / "out" / "results.json").read_text())
    assert outcome.code == 4
    assert {f"out/{name}" for name in FILES} <= outcome.left
    assert result["decision"]["recommendation"] == "invalid"
    assert any(check["id"] == "srm_assigned" and check["status"] == "fail" for check in result["checks"])
    assert "INVALID" in outcome.out.upper()


def test_the_default_folder_is_named_after_the_experiment(case):
    outcome = case.run("analyze", "drip.yaml", "--no-report", "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert outcome.left == {"reports", "reports/small", "reports/small/results.json"}


def test_formats_of_the_definition_choose_the_files(case):
    (case.folder / "drip.yaml").write_text(f"{DEFINITION}report: {{formats: [pdf]}}\n")
    assert case.run("analyze", "drip.yaml", "-o", "out", "-q").left == {"out", "out/results.json", "out/small.pdf"}


@pytest.mark.parametrize("metric", ["constant", "nothing", "text"])
def test_a_column_that_holds_no_information_is_null_with_a_reason_and_never_nan(case, metric):
    lines = ["version,constant,nothing,text"]
    lines += [f"{'a' if number % 2 else 'b'},1,,{number % 3}" for number in range(40)]
    (case.folder / "wide.csv").write_text("\n".join(lines) + "\n")
    (case.folder / "drip.yaml").write_text(
        "name: wide\ndata: {customers: {path: wide.csv, arm: version}}\narms: [{name: a, control: true}, {name: b}]\n"
        f"metrics: {{{metric}: {{role: primary, type: column}}}}\n"
    )
    outcome = case.run("analyze", "drip.yaml", "-o", "out", "--no-report", "--json")
    assert outcome.code in {0, 4}, outcome.err
    found = _strict(outcome.out)["metrics"][0]
    if metric == "nothing":
        assert [arm["value"] for arm in found["arms"]] == [None, None]


def test_nought_of_a_hundred_against_twelve_is_answered(case):
    lines = ["arm,y"] + [f"a,0\nb,{int(number < 12)}" for number in range(100)]
    (case.folder / "wide.csv").write_text("\n".join(lines) + "\n")
    (case.folder / "drip.yaml").write_text(
        "name: wide\ndata: {customers: {path: wide.csv, arm: arm}}\narms: [{name: a, control: true}, {name: b}]\n"
        "metrics: {y: {role: primary, type: column}}\n"
    )
    outcome = case.run("analyze", "drip.yaml", "-o", "out", "--json")
    comparison = _strict(outcome.out)["metrics"][0]["comparisons"][0]
    assert outcome.code == 0, outcome.err
    assert comparison["difference"]["estimate"] == pytest.approx(0.12)
    assert 0 < comparison["p_value"] < 0.001
    assert comparison["lift"]["estimate"] is None


def test_an_arm_without_mature_units_is_answered(case):
    case.edit("drip.yaml", "[7d, 35d]", "[7d, 500d]")
    outcome = case.run("analyze", "drip.yaml", "-o", "out", "--json")
    assert outcome.code in {0, 4}, outcome.err
    assert [arm["value"] for arm in _strict(outcome.out)["metrics"][0]["arms"]] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), (*HEAVY, "pydantic", "yaml", "ctypes", "abtest.metrics")),
        (("validate", "drip.yaml"), (*HEAVY, "ctypes", "abtest.stats", "abtest.analysis", "abtest.report.blocks")),
        (("explain", "drip.yaml"), (*HEAVY, "abtest.stats", "abtest.analysis", "abtest.report.blocks")),
        (("compare", "a=48/200", "b=53/200"), (*NOT_OF_COMPARE, *NOT_OF_STATISTICS, *NOT_DRAWN)),
        (("analyze", "drip.yaml", "--no-report", "-o", "told"), (*NOT_OF_STATISTICS, *NOT_DRAWN)),
        (("analyze", "drip.yaml", "--no-report", "-o", "quiet", "-q"), (*NOT_DRAWN, "abtest.report.sections")),
    ],
    ids=lambda given: " ".join(given) if given[0] in {"--help", "validate", "explain", "compare", "analyze"} else "",
)
def test_commands_import_only_what_they_need(experiment_files, arguments, unwanted):
    code = (
        f"import sys; sys.argv = {['abtest', *arguments]!r}\n"
        "from abtest.cli import main\n"
        "try:\n    main()\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        # What is loaded when it is first used is there by its name, and nothing more.
        "kinds = {name: type(module).__name__ for name, module in sys.modules.items()}\n"
        f"print('LOADED', [name for name in {unwanted!r} if kinds.get(name, '_LazyModule') != '_LazyModule'])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=experiment_files, capture_output=True, check=True, text=True
    )
    assert found.stdout.endswith("LOADED []\n")


def test_a_pipe_that_closes_early_is_no_error(experiment_files):
    reading = subprocess.Popen(
        [COMMAND, "explain", "drip.yaml", "--sql"], cwd=experiment_files, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reading.stdout is not None
    assert reading.stderr is not None
    reading.stdout.close()
    error = reading.stderr.read()
    reading.stderr.close()
    assert b"Traceback" not in error
    assert reading.wait(30) in {0, 141, -signal.SIGPIPE}


def hears_signals(process):
    """Wait until the process has its own handler of SIGTERM; before, Python's defaults end it."""
    status, deadline = Path(f"/proc/{process}/status"), time.monotonic() + 30
    while time.monotonic() < deadline:
        caught = re.search(r"^SigCgt:\s*(\w+)", status.read_text(), re.MULTILINE) if status.exists() else None
        if caught is None:  # a system that does not tell
            time.sleep(1)
            return
        if int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


@pytest.mark.parametrize("delay", [0, 0.1, 0.3, 0.5, 0.8, 1.4])
def test_ctrl_c_leaves_nothing_half_written(tmp_path, delay):
    write_experiment(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    running = subprocess.Popen(
        [COMMAND, "analyze", "drip.yaml", "-o", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **WHEN},
    )
    hears_signals(running.pid)
    time.sleep(delay)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    left = {path.name for path in tmp_path.iterdir()} - before
    if left:  # it was done already
        assert left == {"out"}
        assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    else:
        assert (running.returncode, out, err) == (130, b"", b"interrupted; nothing was written\n")


def test_a_console_that_cannot_show_a_character_gets_a_replacement(experiment_files):
    found = process(experiment_files, "explain", "drip.yaml", PYTHONIOENCODING="latin-1")
    assert (found.returncode, found.stderr) == (0, b"")
    assert "Miettinen?Nurminen" in found.stdout.decode("latin-1")


def test_every_table_may_come_from_another_format(case):
    import duckdb

    before = _strict(case.run("analyze", "drip.yaml", "-o", "out", "--no-report", "--json").out)
    for table, (ending, options) in zip(
        TABLES,
        ((".parquet", "FORMAT parquet"), (".ndjson", "FORMAT json"), (".csv.gz", "FORMAT csv, COMPRESSION gzip")),
        strict=True,
    ):
        path = case.folder / f"{table}.csv"
        duckdb.sql(
            f"COPY (SELECT * FROM read_csv('{path}', all_varchar=true)) TO '{case.folder / table}{ending}' ({options})"
        )
        path.unlink()
        case.edit("drip.yaml", f"{table}.csv", f"{table}{ending}")
    after = _strict(case.run("analyze", "drip.yaml", "-o", "out", "--no-report", "--json").out)
    assert after["metrics"] == before["metrics"]
    assert after["population"] == before["population"]


@pytest.mark.parametrize("command", ["analyze", "report", "retention"])
@pytest.mark.parametrize("name", ["out.pptx", "out.docx", "OUT.SVG", "deep/out.xlsx", "out.csv"])
def test_the_name_of_a_file_is_not_taken_for_a_folder(case, command, name):
    assert case.run("analyze", "drip.yaml", "-o", "there", "--no-report", "-q").code == 0
    given = {
        "analyze": ("drip.yaml", "--no-report"),
        "report": ("there/results.json",),
        "retention": ("orders.csv", "--unit", "customer_id", "--at", "ordered_at"),
    }[command]
    before = set(case.folder.rglob("*"))
    outcome = case.run(command, *given, "-o", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"{name}: is the name of a file")
    assert ("abtest report" in outcome.err) == (command != "retention"), "a cure that works"
    assert set(case.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "start"), [("card.png", b"\x89PNG"), ("deep/it.pdf", b"%PDF"), ("it.txt", b""), ("IT.HTML", b"<!")]
)
def test_report_writes_one_file_by_its_name(case, name, start):
    assert case.run("analyze", "drip.yaml", "-o", "there", "--no-report", "-q").code == 0
    outcome = case.run("report", "there/results.json", "-o", name)
    assert (outcome.code, outcome.out) == (0, f"Written: {name}\n")
    content = (case.folder / name).read_bytes()
    assert content.startswith(start)
    assert len(content) > 100
    assert [path.name for path in (case.folder / name).parent.glob("*.png")] == ["card.png"] * (name == "card.png")


def test_a_folder_may_be_called_like_a_file(case):
    (case.folder / "out.html").mkdir()
    assert case.run("analyze", "drip.yaml", "-o", "out.html", "--no-report", "-q").code == 0
    assert case.run("analyze", "drip.yaml", "-o", "v1.2", "--no-report", "-q").code == 0
