"""Text of a stranger is shown as it is and does nothing: on a terminal, in a report, in a spreadsheet."""

import ast
import contextlib
import io
import json
from pathlib import Path

import pytest

import abtest
from abtest.cli import app, main
from abtest.errors import AbtestError, DataError, DefinitionError, UsageError
from abtest.words.visible import hidden

ROOT = Path(__file__).parents[2]
EVIL = "we\u202eylk\x1b[31m\u200b\u2066"
MINIMAL = """\
name: wide
data: {customers: {path: players.csv, arm: version, unit: player}}
arms: [{name: gate_30, control: true}, {name: gate_40}]
metrics: {stayed: {role: primary, type: column}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"p{n},{('gate_30', 'gate_40')[n % 2]},{n % 3 % 2}\n" for n in range(60))
    (tmp_path / "players.csv").write_text("player,version,stayed\n" + rows)
    (tmp_path / "wide.yaml").write_text(MINIMAL)
    return tmp_path


def told(*command: str) -> str:
    """Run a command; return all that it printed, its error included."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            app(list(command), standalone_mode=False)
        except AbtestError as error:
            out.write(str(error))
    return out.getvalue()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("arms: [{name: gate_30", 'arms: [{name: "gate\\u202e30"'),
        ("arm: version", 'arm: "ver\\u200bsion"'),
        ("path: players.csv", 'path: "play\\u00aders.csv"'),
        ("unit: player", 'unit: "play\\u2066er"'),
        ("data: {customers: {", "data: {customers: {where: \"version = 'x\\u200b'\", "),
    ],
)
def test_what_hides_in_a_name_is_refused_and_named(here, key, text):
    (here / "wide.yaml").write_text(MINIMAL.replace(key, text))
    with pytest.raises(DefinitionError, match=r"holds U\+[0-9A-F]{4} [A-Z -]+, which nobody sees; remove it"):
        abtest.load("wide.yaml")


def test_what_hides_in_a_title_is_written_out(here):
    (here / "wide.yaml").write_text(MINIMAL + 'title: "A\\u202eB"\nhypothesis: "می\\u200cماند\\u2066x"\n')
    out = told("analyze", "wide.yaml", "--no-report", "-o", "out")
    assert "A<U+202E>B" in out
    assert hidden(out.replace("\n", "")) is None
    stored = json.loads((here / "out/results.json").read_text())
    assert stored["experiment"]["title"] == "A\u202eB"
    assert "\u202e" not in (here / "out/results.json").read_text()


def test_persian_stays_persian(here):
    (here / "wide.yaml").write_text(MINIMAL + 'title: "می\u200cماند"\n')
    assert "می\u200cماند" in told("analyze", "wide.yaml", "--no-report", "-o", "out")


def _places(value: object, path: tuple[object, ...] = ()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _places(part, (*path, number))
    elif isinstance(value, str):
        yield path


def test_no_field_of_a_strangers_results_talks_to_a_terminal(here):
    from abtest.analysis.result import Analysis
    from abtest.analysis.stored import read_analysis
    from abtest.report.blocks import texts
    from abtest.report.document import build
    from abtest.report.formats.text import summary

    abtest.render(abtest.analyze(abtest.load("wide.yaml")), "results.json")
    content = json.loads((here / "results.json").read_text())
    places = list(_places(content))
    assert len(places) > 50
    read, refused = 0, []
    for place in places:
        changed = json.loads(json.dumps(content))
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] += EVIL
        (here / "stranger.json").write_text(json.dumps(changed))
        try:
            analysis = read_analysis("stranger.json")
        except AbtestError as error:
            refused.append(str(error).replace("\n", ""))
            continue
        read += 1
        shown = [summary(analysis), *texts(build(analysis)), analysis._repr_html_(), analysis.to_json()]
        assert all(hidden(text.replace("\n", "")) is None for text in shown), place
        assert Analysis.model_validate_json(analysis.to_json()) == analysis
    assert read > 20
    assert not any(map(hidden, refused))


def test_no_command_prints_past_the_one_that_writes_out_what_hides():
    """The progress line and the coloured places of diagnostics do it themselves."""
    for path in sorted((ROOT / "abtest/cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "echo":
                argument = ast.unparse(node.args[0]) if node.args else ""
                assert "underlined(" in argument or path.name == "telling.py" or "version" in argument, path


@pytest.mark.parametrize("argument", ["a\x1b[31m.yaml", "a\u202e.yaml", "a\nb.yaml\x07"])
def test_an_argument_in_which_a_character_hides_is_refused(argument, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["abtest", "validate", argument])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    err = capsys.readouterr().err
    assert "which nobody sees" in err
    assert hidden(err.replace("\n", "")) is None


def test_a_file_whose_name_hides_something_is_refused(here):
    (here / "players.csv").rename(here / "play\x1b[2Jers.csv")
    (here / "wide.yaml").write_text(MINIMAL.replace("players.csv", "p*.csv"))
    with pytest.raises(DataError, match=r"play<U\+001B>\[2Jers\.csv has U\+001B ESCAPE in its name; rename it"):
        abtest.analyze(abtest.load("wide.yaml"))


SECRET = "hunter2-do-not-print"  # noqa: S105 - it is planted


@pytest.mark.parametrize(
    "content",
    [
        f"root:x:0:0:{SECRET}:/root:/bin/sh\nbin: [x\n",
        f"[default]\naws_secret = {SECRET}\n",
        f"kind: Secret\ndata:\n  password: {SECRET}\n",
        f"data:\n  password: {SECRET}\n",
        f"metrics:\n  x: {{type: {SECRET}}}\n",
        f"- {SECRET}\n",
        f"'{SECRET}",
        f"*{SECRET}\n",
        f"%{SECRET}\n",
    ],
)
def test_no_line_of_a_file_outside_is_shown_by_include(content, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_text(content)
    used = MINIMAL.replace("type: column}", "type: column}, x: ").replace("data: {", "data: {password: , ")
    (inside / "wide.yaml").write_text(used + "include: ../secret\n")
    with pytest.raises(AbtestError) as caught:
        abtest.load(inside / "wide.yaml")
    shown = str(caught.value) + "".join(found.underlined() for found in getattr(caught.value, "diagnostics", ()))
    assert SECRET not in shown
    assert "secret" in shown  # the place is


def test_no_line_of_a_file_that_a_definition_only_links_to_is_shown(tmp_path):
    for number, content in enumerate((f"a: b: {SECRET}\n", f"password: {SECRET}\n", f'"{SECRET}', f"{SECRET}\n")):
        (tmp_path / "secret").write_text(content)
        link = tmp_path / f"drip{number}.yaml"
        link.symlink_to(tmp_path / "secret")
        with pytest.raises(DefinitionError) as caught:
            abtest.load(link)
        assert all(SECRET not in found.underlined() for found in caught.value.diagnostics)


def test_a_damaged_definition_still_shows_its_line(here):
    (here / "wide.yaml").write_text(MINIMAL + "title: a: b\n")
    with pytest.raises(DefinitionError) as caught:
        abtest.load("wide.yaml")
    assert "title: a: b" in caught.value.diagnostics[0].underlined()


def test_no_line_of_a_lock_that_is_none_is_shown(here):
    (here / "wide.lock").write_text(f'{{"private_key": "{SECRET}"}}')
    with pytest.raises(DefinitionError) as caught:
        abtest.analyze(abtest.load("wide.yaml"))
    assert all(SECRET not in found.underlined() for found in caught.value.diagnostics)


def _customers(folder: Path, ids: list[str]) -> None:
    (folder / "customers.csv").write_text("customer_id\n" + "".join(f'"{unit}"\n' for unit in ids))
    (folder / "draw.yaml").write_text(
        "name: draw\nunit: customer_id\ntimezone: UTC\nperiod: {start: 2026-03-02, end: 2026-03-09}\n"
        "arms: [{name: a, control: true}, {name: b}]\n"
        "data: {customers: {path: customers.csv}, assignments: {path: arms.csv, at: assigned_at},\n"
        "  orders: {path: o.csv, at: at}}\n"
        "metrics: {bought: {role: primary, type: conversion, event: orders, window: [0d, 7d]}}\n"
    )


@pytest.mark.parametrize("unit", ["=1+1", "+cmd", "@SUM(A1)", "-a", "\tx", "＝1"])
def test_ids_that_a_spreadsheet_would_run_are_not_written_as_csv(unit, here):
    _customers(here, ["x", "y", unit])
    experiment = abtest.load("draw.yaml")
    with pytest.raises(DataError, match=r"1 ids begin with .*write Parquet instead: --output arms\.parquet"):
        abtest.assign(experiment, "arms.csv")
    assert not (here / "arms.csv").exists()
    drawn = abtest.assign(experiment, "arms.parquet")
    assert sum(drawn.arms.values()) == 3


@pytest.mark.parametrize("unit", ["-5", "+358", "-0.5", "a-b", "C=1"])
def test_a_number_with_a_sign_is_no_formula(unit, here):
    _customers(here, ["x", "y", unit])
    assert sum(abtest.assign(abtest.load("draw.yaml"), "arms.csv").arms.values()) == 3


def test_an_arm_that_a_spreadsheet_would_run_is_not_written_as_csv(here):
    _customers(here, ["x", "y"])
    (here / "draw.yaml").write_text((here / "draw.yaml").read_text().replace("{name: b}", '{name: "=b"}'))
    with pytest.raises(UsageError, match="spreadsheet"):
        abtest.assign(abtest.load("draw.yaml"), "arms.csv")
