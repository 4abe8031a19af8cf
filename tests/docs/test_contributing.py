"""The recipes of CONTRIBUTING.md are followed to the letter, each in a copy of the package; its commands exist."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (Add .+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
BLOCK = re.compile(r"<!-- (new|edit|try|shell)(?:: (.*?))?(?:, twice)? -->\n((?:```\w+\n.*?```\n)+)", re.DOTALL)
KINDS = {f"Add a{kind}" for kind in (" health check", " type of metric", " report format", " language", "n engine")}
WORDS = "abtest/words/languages/en.ftl"
"""Where what a person reads is added; a new kind of thing has a few words of its own."""

pytestmark = pytest.mark.skipif(not (ROOT / "scripts").is_dir(), reason="these are not in this copy")


def steps(section: str) -> list[tuple[str, str, list[str]]]:
    """Return what a recipe says to do: what, with which file, and the texts."""
    return [
        (what, place, re.findall(r"```\w+\n(.*?)```", texts, re.DOTALL))
        for what, place, texts in BLOCK.findall(section)
    ]


def edited(text: str, change: str) -> str:
    """Apply a change whose lines begin with a blank, - or +; where it belongs is found by its own lines."""
    lines = change.splitlines()
    old = "\n".join(line[1:] for line in lines if line[0] in " -")
    new = "\n".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(old) == 1, f"found {text.count(old)} times, not once:\n{old}"
    return text.replace(old, new)


def follow(section: str, copy: Path) -> dict[str, list[str]]:
    """Do what a recipe says in a copy, and return which files are new and which are changed."""
    done: dict[str, list[str]] = {"new": [], "edit": []}
    for what, place, texts in steps(section):
        path = copy / place
        if what == "new":
            assert not path.exists(), place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[0], encoding="utf-8")
        elif what == "edit":
            for change in texts:
                path.write_text(edited(path.read_text(encoding="utf-8"), change), encoding="utf-8")
        elif what == "shell":
            assert not path.exists(), place
            subprocess.run(["bash", "-euc", texts[0]], cwd=copy, check=True)
            assert path.exists()
        if what in {"new", "shell"}:
            done["new"].append(place)
        if what == "edit":
            done["edit"].append(place)
        if what == "try":
            command = [sys.executable, "-c", texts[0]]
            variables = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
            ended = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, check=False)
            assert ended.returncode == 0, ended.stderr
    return done


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_recipe_works_with_one_new_file_and_one_list(name, tmp_path):
    shutil.copytree(ROOT / "abtest", tmp_path / "abtest", ignore=shutil.ignore_patterns("__pycache__"))
    done = follow(SECTIONS[name], tmp_path)
    assert len(done["new"]) == 1
    assert len([place for place in done["edit"] if place != WORDS]) <= 1
    assert any(what == "try" for what, *_ in steps(SECTIONS[name]))
    ruff = Path(sys.executable).with_name("ruff")
    if ruff.exists():
        command = [str(ruff), "check", "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--exit-zero", "-q"]
        python = [place for place in done["new"] if place.endswith(".py")]
        ended = subprocess.run([*command, *python], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert not python or ended.stdout == ""


def test_every_kind_has_its_recipe():
    assert set(SECTIONS) == KINDS


def test_every_file_and_command_that_the_page_names_exists():
    words = re.findall(r"`((?:scripts|\.ci|tests|docs|requirements)/[\w./-]+)", PAGE)
    assert len(words) > 8
    new = {place for section in SECTIONS.values() for what, place, _ in steps(section) if what == "new"}
    assert [word for word in words if not (ROOT / word).exists() and word not in new] == []
    for command in re.findall(r"\| `(\.venv/bin/pytest .*?)` \|", PAGE):
        named = [word for word in shlex.split(command) if word.startswith("tests/")]
        assert all((ROOT / word).exists() for word in named)


def test_every_room_is_named_and_no_other():
    rooms = {path.name for path in (ROOT / "abtest").iterdir() if (path / "__init__.py").exists()}
    listed = re.search(r"^\| Room .*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert listed is not None
    assert set(re.findall(r"`(\w+)/`", listed[0])) == rooms
