"""Every check is on the list, and looks at what was counted without asking anything itself."""

import ast
from pathlib import Path

from abtest import checks
from abtest.checks import design

ROOM = Path(checks.__file__).parent
FILES = sorted(path for path in ROOM.glob("*.py") if path.stem not in {"__init__", "finding"})


def test_every_file_of_the_room_is_one_check_on_the_list():
    listed = {check.__module__ for check in (*checks.CHECKS, design.findings)}
    assert listed == {f"abtest.checks.{path.stem}" for path in FILES}
    assert len(checks.CHECKS) == len(set(checks.CHECKS))


def test_a_check_says_what_it_asks_and_what_it_returns():
    for check in (*checks.CHECKS, design.findings):
        module = ast.parse((ROOM / f"{check.__module__.rpartition('.')[2]}.py").read_text(encoding="utf-8"))
        assert (ast.get_docstring(module) or "").partition("\n")[0].count("?") >= 1, f"{check.__module__} asks nothing"
        assert (check.__doc__ or "").startswith("Return "), check.__module__


def test_no_check_asks_an_engine():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert "abtest.engines" not in text, path.name
        assert "abtest.warehouse" not in text, path.name
