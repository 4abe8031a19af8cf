"""``abtest plan`` as a user meets it: answers, files, history, and what is written into the definition."""

import json
import shutil
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).parents[2]
DRIP = ["plan", "drip.yaml", "--effect", "5pp", "--baseline", "retained_8w=0.40", "--baseline", "unsubscribed=2%"]
COMMENTED = """# What it is.
name: gate   # short
data: {customers: {path: players.csv, unit: userid, arm: version}}

arms: [{name: gate_30, control: true}, {name: gate_40}]
metrics:
    retention_7:   {role: primary, type: column}   # kept

# Notes at the end.
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copy(ROOT / "experiments/drip.yaml", tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "experiments/data")
    (tmp_path / "gate.yaml").write_text(COMMENTED)
    return tmp_path


def ran(words, folder, code=0):
    done = warm.completed(words, folder)
    assert done.returncode == code, done.stderr.decode()
    return (done.stdout if code == 0 else done.stderr).decode()


def test_a_plan_is_printed_and_as_json(folder):
    text = ran([*DRIP, "--per-week", "2000"], folder)
    assert "Enough units are mature, and their events are there, on 27 May 2026." in text.replace("\u00a0", " ")
    found = json.loads(ran([*DRIP, "--per-week", "2000", "--json"], folder))
    assert found["readable"] == "2026-05-27"
    assert found["power"] >= 0.8
    assert [metric["name"] for metric in found["metrics"]] == ["retained_8w", "unsubscribed"]


@pytest.mark.parametrize(("suffix", "begins"), [("pdf", b"%PDF"), ("html", b"<!"), ("md", b"<!--"), ("json", b"{")])
def test_a_page_is_written_in_each_format(folder, suffix, begins):
    ran([*DRIP, "--per-week", "2000", "-o", f"plan.{suffix}"], folder)
    assert (folder / f"plan.{suffix}").read_bytes().lstrip().startswith(begins)


def test_what_was_planned_is_written_once_and_everything_else_stays(folder):
    words = ["plan", "gate.yaml", "--baseline", "40%", "--effect", "5pp", "--write"]
    ran(words, folder)
    written = (folder / "gate.yaml").read_text()
    assert written.startswith(COMMENTED)
    assert "  units: 3067\n  power: 0.8\n  detectable: {retention_7: 5pp}\n" in written
    ran(words, folder)
    assert (folder / "gate.yaml").read_text() == written
    assert "Planned: 3,067 units of all arms" in " ".join(ran(["explain", "gate.yaml"], folder).split())
    (folder / "gate.yaml").write_bytes(
        COMMENTED.replace("# Notes", "planned:\n  units: 50\n  power: 0.9\n\n# Notes").replace("\n", "\r\n").encode()
    )
    ran(words, folder)
    raw = (folder / "gate.yaml").read_bytes()
    assert raw.endswith(b"\r\n\r\n# Notes at the end.\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert b"units: 50" not in raw


def test_a_file_that_is_no_block_is_not_touched(folder):
    metrics = "metrics: {kept: {role: primary, type: column}}"
    head = "name: g, data: {customers: {path: p.csv, arm: v}}, arms: [{name: a, control: true}, {name: b}]"
    flow = "{" + head + ", " + metrics + "}\n"
    (folder / "flow.yaml").write_text(flow)
    ran(["plan", "flow.yaml", "--baseline", "40%", "--effect", "5pp", "--write"], folder, code=2)
    assert (folder / "flow.yaml").read_text() == flow


def test_history_measures_what_the_metrics_see(folder):
    words = ["plan", "drip.yaml", "--effect", "5pp", "--history", "2026-03-02:2026-05-31", "--json"]
    found = {metric["name"]: metric for metric in json.loads(ran(words, folder))["metrics"]}
    sample = json.loads((ROOT / "reports/sample/results.json").read_text())
    control = {metric["name"]: metric["arms"][0] for metric in sample["metrics"]}
    # The same customers from another day on: near the experiment's own control, whose days are later ones.
    for name in ("retained_8w", "orders_56d", "revenue_56d"):
        assert found[name]["baseline"] == pytest.approx(control[name]["value"], rel=0.1)
        assert found[name]["low"] < found[name]["baseline"] < found[name]["high"]
    assert 0.2 < found["orders_56d"]["r2"] < 0.9
    assert found["retained_8w"]["measured_units"] == 18_108


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--effect", "5pp"], "has no baseline to plan with"),
        (["--baseline", "40%"], "has no effect to plan for"),
        (["--baseline", "140%", "--effect", "1pp"], "--baseline: must be at most 100%"),
        (["--baseline", "40%", "--effect", "-5pp"], "--effect: must be a positive amount"),
        (["--baseline", "retention=4", "--effect", "1pp"], "did you mean 'retention_7'"),
        (["--baseline", "40%", "--effect", "5pp", "--power", "1.5"], "--power: must be at least 0.5"),
        (["--baseline", "40%", "--effect", "5pp", "--icc", "0.1"], "have no meaning without `cluster`"),
        (["--baseline", "40%", "--effect", "5pp", "--history", "2020:2021"], "must be two days"),
        (["--baseline", "40%", "--effect", "5pp", "-o", "plan.docx"], "cannot write .docx"),
    ],
)
def test_what_cannot_be_planned_is_a_usage_error_with_a_cure(folder, words, told):
    assert told in " ".join(ran(["plan", "gate.yaml", *words], folder, code=2).split())
