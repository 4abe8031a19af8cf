"""The hooks before a commit are the checks of scripts/check, by tools of the environment; none is fetched."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"

pytestmark = pytest.mark.skipif(not CONFIG.exists(), reason="these are not in this copy")


def test_every_hook_is_a_tool_of_the_locked_environment_that_scripts_check_runs():
    repositories = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    checked = set(re.findall(r"^step .*?\$bin/([\w-]+)", (ROOT / "scripts/check").read_text(encoding="utf-8"), re.M))
    lock = (ROOT / "requirements/ci.lock").read_text(encoding="utf-8")
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in repositories[0]["hooks"]}
    assert tools == checked
    for package in ("ruff", "mypy", "import-linter"):
        assert re.search(rf"^{package}==", lock, re.M), package
    assert all(hook["language"] == "system" for hook in repositories[0]["hooks"])
