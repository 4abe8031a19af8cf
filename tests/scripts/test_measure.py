"""How scripts/measure counts, on trees of a few lines whose figures are counted by hand."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
METRICS = {
    "metrics/__init__.py": "from abtest.metrics.retention import Retention\n",
    "metrics/retention.py": 'class Retention:\n    type: Literal["retention"]\n\n\nmetric.type == "retention"\n',
    "metrics/total.py": 'class Total:\n    type: Literal["sum"]\n',
}


def script(name: str) -> ModuleType:
    """Load a script, which has no suffix."""
    loader = SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


measure = script("measure")


@pytest.fixture
def tree(tmp_path):
    def write(files: dict[str, str]) -> Path:
        for name, text in {"__init__.py": "", **files}.items():
            path = tmp_path / "abtest" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "abtest"

    return write


@pytest.fixture
def asked(tree):
    """Return the places that a module with these lines asks at."""

    def places(lines: str) -> list[str]:
        known = measure.modules(tree({**METRICS, "room.py": lines}))
        return measure.dispatches(known["abtest.room"], known, measure.vocabulary(known))

    return places


@pytest.mark.parametrize(
    "lines",
    [
        'metric.type == "retention"',
        'if self.metric.kind != "rate": pass',
        "known = metric.type in _MEANS",
        'outcome.reduce == "time"',
        'match metric.type:\n    case "retention": pass',
        "METHODS[metric.kind](metric)",
        'METHODS.get(metric.type, "other")',
        'what == "retention"',
        'anything.type == "sum"',
        'anything.kind in ("rate", "other")',
        'SHARES = frozenset({"retention", "sum"})',
        'WORDS = {"retention": 1, "sum": 2}',
        "from abtest.metrics import Retention\nisinstance(metric, Retention)",
        "from abtest.metrics.total import Total\nisinstance(metric, int | Total)",
        "from abtest.metrics.retention import Retention\nmatch metric:\n    case Retention(): pass",
    ],
)
def test_asking_for_the_type_of_a_metric_is_one_place(asked, lines):
    assert len(asked(lines)) == 1


@pytest.mark.parametrize(
    "lines",
    [
        'column.kind == "text"',
        "metric.is_rate",
        "metric.traits.type",
        'name == "sum"',  # also a word of SQL
        "show(metric.type)",
        'words = ("sum", "of", "all")',
        '{"retention": 1}',
        "class Retention: pass\nisinstance(metric, Retention)",
        "isinstance(metric, Unknown)",
    ],
)
def test_what_only_looks_like_it_is_none(asked, lines):
    assert asked(lines) == []


def test_two_questions_on_one_line_are_one_place_and_on_two_lines_two(asked):
    assert len(asked('a = metric.type == "sum" or metric.kind == "rate"')) == 1
    assert len(asked('a = metric.type == "sum"\nb = metric.kind == "rate"')) == 2


def test_metrics_themselves_are_not_asked_about(tree):
    known = measure.modules(tree(METRICS))
    assert [name for name, module in known.items() if not measure.in_metrics(module)] == ["abtest"]


def test_modules_with_one_importer(tree):
    known = measure.modules(
        tree(
            {
                "alone.py": "",
                "twice.py": "",
                "nobody.py": "from .alone import thing\nimport abtest.twice\n",
                "room/__init__.py": "def later():\n    from abtest import twice\n",
                "room/inner.py": "from . import beside\n",
                "room/beside.py": "from abtest.room.beside import itself\n",
            }
        )
    )
    assert measure.single_importers(known) == [
        "abtest.alone < abtest.nobody",
        "abtest.room.beside < abtest.room.inner",
    ]


def test_short_modules_have_less_than_a_hundred_lines_and_folders_are_not_asked(tree):
    known = measure.modules(tree({"long.py": "\n" * 100, "short.py": "\n" * 99}))
    assert measure.short(known) == ["short.py"]


def test_a_change_of_room_is_counted_call_by_call():
    calls = ["cli/a.py", "cli/b.py", "stats/a.py", "cli/a.py", "cli/deep/c.py", "__main__.py"]
    assert measure.room_changes(calls) == 3


def test_the_way_of_one_metric_is_what_runs_not_what_importing_runs(tree):
    package = tree(
        {
            "__main__.py": """\
def main():
    from pathlib import Path
    from abtest.deep import step
    step.go()
    Path("reports/one").mkdir(parents=True)
    Path("reports/one/one.pdf").touch()
    import os
    os._exit(0)
""",
            "deep/__init__.py": "",
            "deep/step.py": "from abtest.deep.loaded import made\n\n\ndef go():\n    return [each for each in made]\n",
            "deep/loaded.py": "def make():\n    return [1]\n\n\nclass Made:\n    x = make()\n\n\nmade = make()\n",
        }
    )
    way = measure.traced(package)
    assert way.loaded == ["__main__.py", "deep/loaded.py", "deep/step.py"]
    assert way.steps == ["__main__.py main > deep/step.py go"]
    assert set(way.calls) == {"__main__.py", "deep/step.py"}
    assert measure.room_changes(way.calls) == 1


def test_the_table_is_put_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{measure.BEGIN}\nold\n{measure.END}\nafter\n")
    measure.put(measure.table([measure.Row("things", 1000, 20, "≤ 30")]), page)
    assert page.read_text().splitlines() == [
        "before",
        measure.BEGIN,
        "| | before | now | target |",
        "|---|---:|---:|---:|",
        "| things | 1,000 | 20 | ≤ 30 |",
        measure.END,
        "after",
    ]
