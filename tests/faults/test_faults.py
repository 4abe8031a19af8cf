"""Every fault that was found and mended stays mended: a folder each, with what must come of it now.

A folder holds the files that the fault needs and ``expected.json``: the ``claim``, the command to ``run``, the ``exit``
code, ``words`` that stand in what it says (stdout and stderr together), what ``never`` stands there, and ``numbers``:
paths into what ``--json`` prints, with their values; ``unchanged`` names files that must stay as they are. ``base``
names a folder of shared files that are put in first. A file whose name ends in ``.hex`` is written as the bytes that it
spells.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from abtest.cli import main

FAULTS = Path(__file__).parent
CASES = sorted(path.parent for path in FAULTS.rglob("expected.json"))


def copied(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        elif path.suffix == ".hex":
            place.with_suffix("").write_bytes(bytes.fromhex(path.read_text()))
        elif path.name != "expected.json":
            shutil.copyfile(path, place)


def value_at(tree: object, path: str) -> object:
    for step in path.split("."):
        if isinstance(tree, list):
            named = [each for each in tree if isinstance(each, dict) and step in {each.get("name"), each.get("arm")}]
            tree = named[0] if named else tree[int(step)]
        else:
            tree = tree[step]  # type: ignore[index]
    return tree


@pytest.mark.parametrize("fault", CASES, ids=lambda path: str(path.relative_to(FAULTS)))
def test_a_fault_stays_mended(fault, tmp_path, monkeypatch, capsys):
    expected = json.loads((fault / "expected.json").read_text(encoding="utf-8"))
    if "base" in expected:
        copied(FAULTS / expected["base"], tmp_path)
    copied(fault, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["abtest", *expected["run"]])
    code: object = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code or 0
    out, err = capsys.readouterr()
    assert (expected["claim"], code) == (expected["claim"], expected["exit"]), err
    for word in expected.get("words", []):
        assert word in out + err
    for word in ["Traceback", *expected.get("never", [])]:
        assert word not in out + err
    for name in expected.get("unchanged", []):
        assert (tmp_path / name).read_bytes() == (fault / name).read_bytes()
    for path, value in expected.get("numbers", {}).items():
        assert value_at(json.loads(out), path) == pytest.approx(value), path
