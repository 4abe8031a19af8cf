"""What scripts/mutate changes, what it leaves alone, and that it tells a test that notices from one that does not."""

import argparse

import pytest
from test_measure import script

mutate = script("mutate")
SOURCE = '''"""A module."""

LEVEL = 3
NAME = "a name that is only told"


def above(x: int, least: "int" = 2) -> bool:
    """Whether x is above."""
    if x is None:
        raise ValueError("words of an error")
    return x > least and not x == LEVEL
'''


def changes(source):
    return {(each.line, each.change) for each in mutate.mutants(source)}


def test_comparisons_operators_constants_and_returns_are_changed_and_words_are_not():
    assert changes(SOURCE) == {
        (3, "3 → 4"),
        (7, "2 → 3"),
        (9, "is → is not"),
        (11, "x > least and not x == LEVEL → None"),
        (11, "> → >="),
        (11, "> → <="),
        (11, "and → or"),
        (11, "not  → "),
        (11, "== → !="),
    }


def test_each_change_is_one_place_of_a_text_that_compiles():
    for each in mutate.mutants(SOURCE):
        text = mutate.changed(SOURCE, each)
        compile(text, "changed", "exec")
        assert text != SOURCE
        differing = [pair for pair in zip(text.splitlines(), SOURCE.splitlines(), strict=True) if pair[0] != pair[1]]
        assert len(differing) == 1


def test_a_change_knows_its_function():
    of = {each.change: (each.place, each.scope) for each in mutate.mutants(SOURCE)}
    assert of["> → >="] == ("above", (7, 11))
    assert of["3 → 4"] == ("module", None)


def test_only_tests_that_call_the_function_run():
    mutant = next(each for each in mutate.mutants(SOURCE) if each.place == "above")
    calls = {"near": (0.1, [7]), "far": (0.1, [20]), "none": (0.2, [])}
    assert mutate._tests_of(mutant, calls) == {"near": 0.1}
    outside = next(each for each in mutate.mutants(SOURCE) if each.scope is None)
    assert set(mutate._tests_of(outside, calls)) == set(calls)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    (tmp_path / "abtest").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "abtest/__init__.py").write_text("")
    (tmp_path / "abtest/small.py").write_text("def double(x):\n    return x * 2 if x > 0 else 0\n")
    monkeypatch.setattr(mutate, "HOME", tmp_path)
    return tmp_path


def options(**more):
    return argparse.Namespace(sample=None, seed=1, lines=(), jobs=2, timeout=30, longest=5.0, **more)


def test_a_change_that_a_test_notices_is_killed_and_another_survives(tree):
    """A run of its own, on a tree of one module: what is asserted of it dies, what is not lives on."""
    (tree / "tests/test_small.py").write_text(
        "from small_copy import double\n\n\ndef test_double():\n    assert double(3) == 6\n"
    )
    # Not the name of the package, which this process has imported already.
    (tree / "small_copy.py").write_text((tree / "abtest/small.py").read_text())
    one = mutate._Subject(tree / "small_copy.py", ["tests/test_small.py"], [{"text": "", "reason": ""}])
    source = one.path.read_text()
    code = (
        "import sys, json, argparse\n"
        f"sys.path[:0] = [{str(tree)!r}, {str(mutate.__file__.rsplit('/', 1)[0])!r}]\n"
        "from importlib.machinery import SourceFileLoader\n"
        f"m = SourceFileLoader('mutate', {mutate.__file__!r}).load_module()\n"
        "from pathlib import Path\n"
        f"m.HOME = Path({str(tree)!r})\n"
        "import os; os.chdir(m.HOME)\n"
        "m._import_all_but = lambda one: None\n"
        "one = m._Subject(m.HOME / 'small_copy.py', ['tests/test_small.py'], [])\n"
        "score = m.examine(one, argparse.Namespace(sample=None, seed=1, lines=(), jobs=2, timeout=60, longest=5.0))\n"
        "print(json.dumps([score.killed, score.run, [each['change'] for each in score.survivors]]))\n"
    )
    import json
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tree)
    assert done.returncode == 0, done.stderr
    killed, run, survivors = json.loads(done.stdout.splitlines()[-1])
    assert run == len(mutate.mutants(source))
    assert killed == run - len(survivors)
    # Only x = 3 is asked: that the edge is at 0, and what is returned below it, nobody asserts.
    assert sorted(survivors) == ["0 → 1", "0 → 1", "> → >="]


def test_the_kept_changes_are_of_lines_that_exist_and_have_a_reason():
    import tomllib
    from pathlib import Path

    root = Path(mutate.__file__).resolve().parents[1]
    for name, kept in tomllib.loads((root / "tests/mutation/equivalent.toml").read_text(encoding="utf-8")).items():
        found = {(each.text, each.change) for each in mutate.mutants((root / name).read_text(encoding="utf-8"))}
        for each in kept.get("equivalent", []):
            assert (each["text"], each["change"]) in found, (name, each)
            assert len(each["reason"]) > 10
