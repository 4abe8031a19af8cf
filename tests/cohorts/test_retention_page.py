"""docs/retention.md is run as it stands, and prints what it says it prints."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import warm

PAGE = (Path(__file__).parents[2] / "docs/retention.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "visits.csv").write_text(blocks("csv")[0], encoding="utf-8")
    return tmp_path


def run(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_run_and_the_first_prints_the_table(folder):
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    done = [warm.completed(shlex.split(command)[1:], folder) for command in commands]
    assert [(each.returncode, each.stderr) for each in done] == [(0, b"")] * len(done)
    printed = [each.stdout.decode() for each in done]
    assert len(printed) == 2
    assert blocks("text")[0].rstrip() in printed[0].replace("\u00a0", " ")
    assert {path.name for path in (folder / "reports/retention").iterdir()} == {
        "retention.json",
        "retention.csv",
        "triangle.csv",
        "triangle.png",
    }


def test_the_python_runs(folder):
    assert run([sys.executable, "-c", blocks("python")[0]], folder).startswith("2026-03 2 3\n")
