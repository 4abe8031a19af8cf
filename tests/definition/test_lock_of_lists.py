"""A list in a file that a condition names is part of what is locked, by its hash: a change of it is never silent."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
from definition_texts import DRIP

from abtest.analysis.locked import answer_of
from abtest.cli import main
from abtest.definition.deciding import deciding
from abtest.definition.lists import list_hash, lists_of
from abtest.definition.load import Experiment, load
from abtest.definition.lock import Lock, OutcomeData, compare, lists_changed, locked, read_lock
from abtest.moments.collected import Collected

WHERE = "where: 'id not in file(\"staff.txt\")'"
KEY = 'data.customers.where file("staff.txt")'


def experiment(folder: Path, text: str = DRIP) -> Experiment:
    file = folder / "drip.yaml"
    file.write_text(text.replace("customers.parquet", f"customers.parquet, {WHERE}"), encoding="utf-8")
    return load(file)


def lock_for(given: Experiment) -> Lock:
    unseen = OutcomeData(seen=False)
    return locked(given, at="2026-03-01T09:12:00+00:00", version="0.1.0", git=None, outcomes=unseen)


def unasked(_: Experiment) -> Collected:
    raise AssertionError("the locked question cannot be asked of other lists")


def test_the_hash_is_that_of_the_file_as_other_tools_give_it(tmp_path):
    content = b"ann@x.com\nbob@x.com\n"
    (tmp_path / "staff.txt").write_bytes(content)
    given = experiment(tmp_path)
    assert lists_of(given.definition) == ["staff.txt"]
    assert lock_for(given).lists == {"staff.txt": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize(
    "written",
    [b"1\r\n2\r\n", b"1\n2", b"\xef\xbb\xbf1\n2\n", b"\n 1 \n\n2\t\n"],
    ids=["line ends", "no last line end", "mark", "blanks"],
)
def test_how_a_list_is_written_makes_no_difference(tmp_path, written):
    (tmp_path / "staff.txt").write_bytes(b"1\n2\n")
    given = experiment(tmp_path)
    lock = lock_for(given)
    (tmp_path / "staff.txt").write_bytes(written)
    assert compare(lock, given) == []


def test_a_line_more_is_a_deviation_that_decides_at_the_place_of_its_condition(tmp_path):
    staff = tmp_path / "staff.txt"
    staff.write_text("1\n2\n", encoding="utf-8")
    given = experiment(tmp_path)
    lock, before = lock_for(given), list_hash("staff.txt", tmp_path)
    staff.write_text("1\n2\n3\n", encoding="utf-8")
    [found] = compare(lock, given)
    assert (found.key, found.old) == (KEY, f"sha256 {before}")
    assert found.new == f"sha256 {list_hash('staff.txt', tmp_path)}"
    assert given.file is not None
    line = given.file.read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line[found.column - 1 :].startswith("where:")
    assert deciding(lock, given.definition, [found]) == [found]
    assert lists_changed(lock, tmp_path)
    answer = answer_of(given, lock, unasked)
    assert answer.decision is None
    assert "a list in a file" in str(answer.because)


def test_a_list_in_the_condition_of_who_is_eligible_decides_too(tmp_path):
    (tmp_path / "vip.txt").write_text("1\n", encoding="utf-8")
    text = DRIP.replace("eligible: first_order_at < period.start", "eligible: 'id in file(\"vip.txt\")'")
    file = tmp_path / "drip.yaml"
    file.write_text(text, encoding="utf-8")
    given = load(file)
    lock = lock_for(given)
    (tmp_path / "vip.txt").write_text("2\n", encoding="utf-8")
    [found] = compare(lock, given)
    assert found.key == 'population.eligible file("vip.txt")'
    assert deciding(lock, given.definition, [found]) == [found]


def test_a_list_that_comes_or_goes_after_the_lock_is_told(tmp_path):
    given = experiment(tmp_path)
    early = lock_for(given)
    assert early.lists == {"staff.txt": None}
    assert compare(early, given) == []
    (tmp_path / "staff.txt").write_text("1\n", encoding="utf-8")
    [came] = compare(early, given)
    assert (came.old, came.new) == (None, f"sha256 {list_hash('staff.txt', tmp_path)}")
    late = lock_for(given)
    (tmp_path / "staff.txt").unlink()
    [gone] = compare(late, given)
    assert (gone.old, gone.new) == (came.new, None)


def test_a_lock_without_hashes_of_lists_is_read_as_before(tmp_path):
    (tmp_path / "staff.txt").write_text("1\n", encoding="utf-8")
    given = experiment(tmp_path)
    content = json.loads(lock_for(given).text())
    del content["lists"]
    (tmp_path / "drip.lock").write_text(json.dumps(content), encoding="utf-8")
    assert compare(read_lock(tmp_path / "drip.lock"), given) == []


@pytest.mark.parametrize("name", ["\0", "../" * 2000, "", "/", "*" * 300])
def test_a_name_that_names_no_list_has_no_hash(tmp_path, name):
    assert list_hash(name, tmp_path) is None


def test_the_command_tells_a_changed_list_and_no_value_of_it(tmp_path, monkeypatch, capsys):
    def run(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["abtest", "lock", *arguments])
        try:
            main()
        except SystemExit as leaving:
            return leaving.code or 0
        return 0

    staff = tmp_path / "staff.txt"
    file = experiment(tmp_path).file
    assert run(str(file)) == 0
    assert "1 of 1 lists that conditions name cannot be read yet" in capsys.readouterr().err
    staff.write_text("ann@x.com\n", encoding="utf-8")
    assert run(str(file), "--force") == 0
    assert "already locked" not in capsys.readouterr().out
    assert run(str(file), "--check") == 0
    staff.write_text("ann@x.com\nbob@x.com\n", encoding="utf-8")
    capsys.readouterr()
    assert run(str(file), "--check") == 2
    told = capsys.readouterr()
    assert KEY in told.out
    assert run(str(file)) == 2
    assert "1 deviation since" in capsys.readouterr().err
    assert "ann@x" not in told.out + told.err + (tmp_path / "drip.lock").read_text(encoding="utf-8")
