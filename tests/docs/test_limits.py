"""docs/limits.md says what the code holds to: every number is that of its constant, and no limit is left out."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import abtest

HOME = Path(abtest.__file__).parent
PAGE = (HOME.parent / "docs/limits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([0-9,]+) \| `([\w.]+)` \| ([^|]+) \|$", PAGE, re.MULTILINE)
LIMIT = re.compile(r"_?(?:MOST|MAX|LONGEST|LARGEST|DEEPEST|REACHED)(?:_[A-Z_]+)?")
SHOWN = {
    # How much of a result, or of a value, is shown or drawn: nothing is refused.
    "cohorts.chart.MOST_CELLS",
    "cohorts.text.MOST_ROWS",
    "report.sections.curves._MOST_ROWS",
    "report.sections.locking._LONGEST",
    "definition.lock._LONGEST",
    "analysis.survival.MOST_POINTS",
    "analysis.worth.MOST_POINTS",
    "planning.dates.MOST_DAYS",
    "planning.plan.MOST_POINTS",
    "planning.plan.MOST_WEEKS",
    "words.names._LONGEST_ARM",
    "words.names._MOST_LISTED",
}
REASONED = {
    # Told in words, as its digits would fill a line.
    "analysis.coherence.LARGEST",
    "analysis.stored._LONGEST_KEY",
    # How a calculation goes, from where on an advice is given, or of which range something is made: no limit on input.
    "analysis.companions.LARGEST_EXACT",
    "analysis.detectable._LONGEST_WEEKS",
    "analysis.worth.LARGEST_LOG",
    "databases.reach._MOST_ADDRESS",
    "warehouse.daily.MOST_DAYS",
    "comparing.arms.LARGEST",
    "definition.lints.cadence.LONGEST_CYCLE",
    "definition.lints.roles.MOST_COMPARISONS",
    "definition.lints.roles.MOST_PRIMARIES",
    "moments.sums.MOST_UNITS",
    "init.timing.MOST_MATURE",
    "process.unfinished._MOST_BYTES",
    "report.names._MOST_BYTES",
    "report.names._MOST_CURVES",
    "warehouse.distinct._MOST_BITS",
    "files.header._MOST_BYTES",
    "warehouse.magnitudes.MOST_SHIFTED",
    "warehouse.windows._LONGEST_DAYS",
}


def constants() -> dict[str, Path]:
    """Return every constant of the code that is called like a limit, by its name within the package."""
    found = {}
    for path in HOME.rglob("*.py"):
        room = ".".join(path.relative_to(HOME).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                if isinstance(target, ast.Name) and LIMIT.fullmatch(target.id):
                    found[f"{room}.{target.id}"] = path
    return found


@pytest.mark.parametrize(("what", "most", "constant", "said"), ROWS, ids=[row[2] for row in ROWS])
def test_the_page_has_the_number_of_the_code_and_words_of_its_error(what, most, constant, said):
    module, _, name = constant.rpartition(".")
    value = getattr(importlib.import_module(module), name)
    assert int(most.replace(",", "")) == value, what
    source = (HOME.parent / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8")
    assert len(re.findall(rf"\b{name}\b", source)) > 1, "the constant is used where it stands"
    assert said.strip() == "–" or said.strip() in source


def test_every_table_of_the_page_is_read():
    assert len(ROWS) == len(re.findall(r"^\| (?!what|-)", PAGE, re.MULTILINE)) > 40


def test_every_limit_of_the_code_is_on_the_page_or_said_to_be_none():
    of_statistics = {name for name in constants() if name.startswith("stats.")}
    listed = {row[2].removeprefix("abtest.") for row in ROWS}
    assert constants().keys() - of_statistics - SHOWN - REASONED == listed - of_statistics
    assert not listed & (SHOWN | REASONED)
