"""The README and the docs are run as they stand, in a copy of the experiments folder."""

import gzip
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- file: (?P<file>[^ ]+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


def blocks(page: Path) -> list[re.Match[str]]:
    return list(BLOCK.finditer(page.read_text(encoding="utf-8")))


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    return tmp_path


def write_files(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if block["file"]:
            (folder / block["file"]).write_text(block["text"], encoding="utf-8")


def run(command: str, folder: Path, *, real: bool = False) -> str:
    words = shlex.split(command, comments=True)
    done = warm.completed(words[1:], folder, real=real, timeout=300)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, f"{command}\n{out}{err}"
    return out


def commands(page: Path) -> list[str]:
    lines = [line for block in blocks(page) if block["kind"] == "sh" for line in block["text"].splitlines()]
    return [line for line in lines if line.startswith("abtest ")]


def test_readme_commands_run(sandbox: Path) -> None:
    page = ROOT / "README.md"
    write_files(page, sandbox)
    outputs = {command: run(command, sandbox, real=True) for command in commands(page)}
    assert len(outputs) >= 8
    assert (sandbox / "reports/drip-cadence/drip-cadence.pdf").read_bytes().startswith(b"%PDF")
    assert (sandbox / "reports/drip-cadence/drip-cadence.png").read_bytes().startswith(b"\x89PNG")
    assert "SHIP WEEKLY" in next(text for command, text in outputs.items() if "write the report" in command)


def test_readme_python_runs(sandbox: Path) -> None:
    code = "\n".join(block["text"] for block in blocks(ROOT / "README.md") if block["kind"] == "python")
    done = subprocess.run([sys.executable, "-c", code], cwd=sandbox, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ship weekly\n")
    assert (sandbox / "drip.pdf").exists()


@pytest.mark.parametrize(
    "name",
    ["assign", "audit", "definition", "init", "lints", "lock", "editors", "planning", "verify", "reading_files"],
)
def test_the_commands_of_a_page_run(sandbox: Path, name: str) -> None:
    page = ROOT / f"docs/{name}.md"
    write_files(page, sandbox)
    for command in commands(page):
        run(command, sandbox)


def test_every_definition_in_the_docs_is_valid(sandbox: Path) -> None:
    import abtest

    checked = 0
    for page in PAGES:
        for block in blocks(page):
            if block["kind"] == "yaml" and re.search(r"^arms:", block["text"], re.MULTILINE):
                write_files(page, sandbox)
                path = sandbox / f"experiments/block-{checked}.yaml"
                path.write_text(block["text"], encoding="utf-8")
                abtest.load(path)
                checked += 1
    assert checked >= 5


def write_hillstrom(folder: Path) -> None:
    """Rebuild the file's counts: rows without ids, many of them equal, and total spend to the cent."""
    arms = {
        "No E-Mail": (21306, 2262, 122, 13908.33),
        "Mens E-Mail": (21307, 3894, 267, 30311.69),
        "Womens E-Mail": (21387, 3238, 189, 23038.11),
    }
    rows = []
    for arm, (n, visits, conversions, spend) in arms.items():
        cents = round(spend * 100)
        for i in range(n):
            # The visitors that convert share the total; the first of them takes the remainder.
            amount = (cents // conversions + (cents % conversions if i == 0 else 0)) / 100 if i < conversions else 0
            rows.append(f"{arm},{int(i < visits)},{int(i < conversions)},{amount}")
    random.Random(1).shuffle(rows)
    text = "segment,visit,conversion,spend\n" + "\n".join(rows) + "\n"
    (folder / "hillstrom.csv.gz").write_bytes(gzip.compress(text.encode()))


def write_landing_page(folder: Path) -> None:
    rows = []
    for arm, page, first, n, converted in (
        ("control", "old_page", 0, 145274, 17489),
        ("treatment", "new_page", 200000, 145310, 17264),
    ):
        rows += [f"{first + i},2017-01-{2 + i % 20:02d} 10:00:00,{arm},{page},{int(i < converted)}" for i in range(n)]
    # A mismatched row, and a second row of a user that says otherwise but comes later: neither counts.
    rows += ["400000,2017-01-02 10:00:00,control,new_page,1", "200000,2017-01-24 10:00:00,treatment,new_page,0"]
    text = "user_id,timestamp,group,landing_page,converted\n" + "\n".join(rows) + "\n"
    (folder / "ab_data.csv.gz").write_bytes(gzip.compress(text.encode()))


def write_online_retail(folder: Path) -> None:
    draw = random.Random(2)
    rows = [
        f"{user},2011-{month:02d}-{draw.randint(1, 28):02d} 12:00:00,{draw.choice(['purchase'] * 9 + ['cancel'])},"
        f"{draw.randint(5, 300)}.50"
        for user in range(12000, 12800)
        for month in sorted(draw.sample(range(1, 12), draw.randint(1, 6)))
    ]
    text = "user_id,timestamp,event,amount\n" + "\n".join(rows) + "\n"
    (folder / "online_retail_events.csv.gz").write_bytes(gzip.compress(text.encode()))


def test_worked_examples_give_the_figures_that_the_page_prints(tmp_path: Path) -> None:
    page = ROOT / "docs/examples.md"
    text = page.read_text(encoding="utf-8")
    write_files(page, tmp_path)
    write_hillstrom(tmp_path)
    write_landing_page(tmp_path)
    write_online_retail(tmp_path)
    for command in commands(page):
        run(command, tmp_path)

    hillstrom = json.loads((tmp_path / "reports/hillstrom/results.json").read_text())
    visit, conversion, spend = hillstrom["metrics"]
    for place in range(3):
        arm = visit["arms"][place]
        printed = (
            f"| {arm['arm']} | {arm['n']} | {arm['numerator']} | {conversion['arms'][place]['numerator']} "
            f"| {spend['arms'][place]['value']:.8f} |"
        )
        assert printed in text
    assert f"visit {visit['comparisons'][0]['difference']['estimate']:+.11f}" in text
    ratio = next(check for check in hillstrom["checks"] if check["id"] == "srm_eligible")
    assert f"p = {ratio['p_value']:.10f}" in text

    landing = json.loads((tmp_path / "reports/landing-page/results.json").read_text())
    for arm in landing["metrics"][0]["arms"]:
        assert f"| {arm['arm']} | {arm['n']} | {arm['numerator']} |" in text

    retail = json.loads((tmp_path / "reports/online-retail-aa/results.json").read_text())
    assert retail["decision"]["recommendation"] == "inconclusive"


def test_retention_in_time_shows_what_its_page_says(sandbox: Path) -> None:
    page = ROOT / "docs/retention_in_time.md"
    write_files(page, sandbox)
    for command in commands(page):
        run(command, sandbox)
    found = json.loads((sandbox / "reports/in-time/results.json").read_text())
    kinds = {(curve["metric"], curve["kind"]) for curve in found["curves"]}
    assert {("retained", "bracket"), ("still_active", "on or after"), ("spent", "cumulative")} <= kinds
    assert {("first_order", "incidence"), ("subscribed", "event-free")} <= kinds
    retained = next(metric for metric in found["metrics"] if metric["name"] == "retained")
    assert [(reading["reading"], reading["primary"]) for reading in retained["readings"]] == [
        ("kaplan-meier", True),
        ("mature", False),
    ]
    assert found["value"]["arms"][0]["observed"]["estimate"] > 0
    assert found["board"]["base"] > 0
