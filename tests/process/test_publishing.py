"""What a folder holds after publishing: the new set, other people's files as they were, and nothing of an older set."""

import errno
import os
import stat
import subprocess
import time
from pathlib import Path

import pytest
from broken_runs import FOREIGN, NEW, OLD, contents, earlier, fill, forked, leftovers, publish_new

from abtest.errors import UsageError
from abtest.process import disk, publishing
from abtest.process.publishing import publish, settle
from abtest.process.temporary import TemporaryFolder, sweep

ROOT = Path(__file__).parents[2]


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    fill(folder, OLD)
    return folder


def test_a_folder_of_ours_keeps_its_permissions_and_its_files_theirs(out):
    out.chmod(0o2750)
    (out / "drip.pdf").chmod(0o600)
    publish_new(out)
    assert contents(out) == NEW
    assert stat.S_IMODE(out.stat().st_mode) == 0o2750
    assert stat.S_IMODE((out / "drip.pdf").stat().st_mode) == 0o600


def test_a_folder_of_ours_changes_in_one_step(out):
    before = out.stat().st_ino
    publish_new(out)
    assert out.stat().st_ino != before


@pytest.mark.parametrize("stands", ["in it", "beside others"])
def test_a_folder_that_somebody_stands_in_or_shares_stays_the_same_one(out, monkeypatch, stands):
    if stands == "in it":
        monkeypatch.chdir(out)
    else:
        fill(out, FOREIGN)
    before = out.stat().st_ino
    publish_new(Path() if stands == "in it" else out)
    assert out.stat().st_ino == before
    assert contents(out) == {**NEW, **(FOREIGN if stands != "in it" else {})}


def test_a_link_to_a_folder_is_followed_and_stays(tmp_path, out):
    (tmp_path / "link").symlink_to(out)
    written = publish(NEW, tmp_path / "link", earlier=earlier)
    assert written[0] == tmp_path / "link" / "results.json"
    assert (tmp_path / "link").is_symlink()
    assert contents(out) == NEW


def test_what_somebody_saves_at_the_last_moment_is_kept(out, monkeypatch):
    exchange = disk.exchange

    def late(one, other):
        fill(out, {**FOREIGN, "drip.png": b"half"})
        exchange(one, other)

    monkeypatch.setattr(disk, "exchange", late)
    publish_new(out)
    assert contents(out) == {**NEW, **FOREIGN}
    assert leftovers(out.parent) == []


@pytest.mark.parametrize("died", ["after the exchange", "before it"])
def test_what_somebody_saved_before_a_kill_is_kept_by_the_next_run(out, died):
    def write():
        exchange = disk.exchange

        def late(one, other):
            fill(out, FOREIGN)
            if died == "after the exchange":
                exchange(one, other)
            os._exit(9)

        disk.exchange = late
        publish_new(out)

    assert forked(write)[0] == 9
    assert leftovers(out.parent) != []
    settle(out, reading=True)
    assert contents(out) == {**(NEW if died == "after the exchange" else OLD), **FOREIGN}
    assert leftovers(out.parent) == []


def test_without_an_earlier_set_nothing_is_stale(tmp_path):
    fill(tmp_path, {"drip.pdf": b"somebody's", "drip-curve-a.png": b"mine"})
    publish({"results.json": b"new", "more.txt": b"1"}, tmp_path, earlier=earlier)
    assert set(contents(tmp_path)) == {"results.json", "more.txt", "drip.pdf", "drip-curve-a.png"}


@pytest.mark.parametrize("number", [2, 8])
@pytest.mark.parametrize("foreign", [{}, FOREIGN], ids=["alone", "beside others"])
@pytest.mark.parametrize("there", [True, False])
def test_of_several_runs_at_once_the_last_wins_whole(tmp_path, number, foreign, there):
    folder = tmp_path / ("out" if there else "deep/out")
    if there:
        fill(folder, {**OLD, **foreign})
    sets = [{name: f"{run}".encode() for name in [*OLD, f"only-{run}.png"][: 2 + run % 3]} for run in range(number)]
    names = {name for files in sets for name in files}
    children = []
    for files in sets:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for _ in range(4):
                    publish(files, folder, earlier=lambda _: names)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    deadline = time.monotonic() + 100
    while children and time.monotonic() < deadline:
        done, status = os.waitpid(children[0], os.WNOHANG)
        if done:
            assert status == 0
            children.remove(done)
        elif folder.exists() and not foreign:
            # Whoever looks, looks into one folder: its names are those of one run.
            found = {path.name for path in folder.iterdir()}
            assert found <= names | set(OLD) or any(name.startswith(".abtest-") for name in found)
        time.sleep(0.002)
    assert not children
    assert contents(folder) in [{**files, **(foreign if there else {})} for files in sets]
    assert leftovers(tmp_path) == []


def test_a_folder_that_is_being_written_to_is_waited_for_and_then_refused(out, monkeypatch):
    monkeypatch.setattr(publishing, "PATIENCE", 0.2)
    with disk.opened(out) as number:
        assert disk.try_lock(number)
        with pytest.raises(UsageError, match=r"out: another process has been writing there for 0 seconds; run again"):
            publish_new(out)
    assert contents(out) == OLD


def test_a_journal_from_elsewhere_is_not_believed(tmp_path):
    """One that came in an archive, or was copied, has another number than its note says."""
    folder = tmp_path / "out"
    fill(folder, {**OLD, **FOREIGN})

    def write():
        disk.sync_folder = lambda folder: os._exit(9) if any(folder.glob(".abtest-commit-*")) else None
        publish_new(folder)

    assert forked(write)[0] == 9
    subprocess.run(["cp", "-a", folder, tmp_path / "copy"], check=True)
    before = contents(tmp_path / "copy")
    with pytest.raises(UsageError, match=r"copy: holds \.abtest-commit-\w+, a set of files that another computer"):
        settle(tmp_path / "copy", reading=True)
    assert contents(tmp_path / "copy") == before
    publish_new(tmp_path / "copy")
    assert {name: text for name, text in contents(tmp_path / "copy").items() if ".abtest" not in name} == {
        **NEW,
        **FOREIGN,
    }
    settle(folder, reading=True)
    assert contents(folder) == {**NEW, **FOREIGN}


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_not_replaced(tmp_path, kind):
    place = tmp_path / "x.json"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place = Path("/dev/null")
    with pytest.raises(UsageError, match=r"a folder stands where|is a device, pipe or|devices and processes"):
        publish({place.name: b"1"}, place.parent)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_inputs_are_kept_under_every_name(tmp_path):
    fill(tmp_path, {"customers.csv": b"precious"})
    (tmp_path / "link.csv").symlink_to("customers.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "customers.csv")
    (tmp_path / "way").symlink_to(tmp_path)
    for place in (
        "customers.csv",
        "link.csv",
        "hard.csv",
        "way/customers.csv",
        "way/../" + tmp_path.name + "/hard.csv",
    ):
        target = tmp_path / place
        for keep in ("customers.csv", "link.csv", "hard.csv"):
            with pytest.raises(UsageError, match="is read by this command"):
                publish({target.name: b"new"}, target.parent, keep=[tmp_path / keep])
    with pytest.raises(UsageError, match="is read by this command"):
        publish({"new.csv": b"new", "link.csv": b"new"}, tmp_path, keep=[tmp_path / "customers.csv"])
    assert (tmp_path / "customers.csv").read_bytes() == b"precious"


def test_a_stale_file_that_is_read_is_kept(out):
    with pytest.raises(UsageError, match=r"drip-curve-a\.png: is read by this command"):
        publish(NEW, out, earlier=earlier, keep=[out / "drip-curve-a.png"])
    assert contents(out) == OLD


def test_a_new_file_never_replaces_one_that_comes_in_between(tmp_path, monkeypatch):
    rename_new = disk.rename_new

    def slow(old, new):
        new.write_text("theirs")
        rename_new(old, new)

    monkeypatch.setattr(disk, "rename_new", slow)
    with pytest.raises(UsageError, match=r"a\.csv: exists already"):
        publish({"a.csv": b"ours"}, tmp_path, overwrite=False)
    assert contents(tmp_path) == {"a.csv": b"theirs"}


def test_a_disk_without_links_and_flags_keeps_that_promise(tmp_path, monkeypatch):
    call = disk.call

    def poor(name, function, *arguments, **options):
        if name in {"rename_new", "exchange", "link"}:
            raise OSError(errno.EPERM if name == "link" else errno.EINVAL, "")
        if name == "lock":
            raise OSError(errno.ENOLCK, "")
        return call(name, function, *arguments, **options)

    monkeypatch.setattr(disk, "call", poor)
    publish({"a.csv": b"1"}, tmp_path, overwrite=False)
    with pytest.raises(UsageError, match="exists already"):
        publish({"a.csv": b"2"}, tmp_path, overwrite=False)
    (tmp_path / "whole").write_bytes(b"staged")
    publish({"b.csv": tmp_path / "whole"}, tmp_path, overwrite=False)
    for _ in range(2):
        publish_new(tmp_path / "out")
    assert contents(tmp_path) == {
        "a.csv": b"1", "b.csv": b"staged", "whole": b"staged", **{f"out/{name}": text for name, text in NEW.items()}
    }  # fmt: skip
    assert leftovers(tmp_path) == []


def test_only_abandoned_folders_of_ours_are_swept(tmp_path):
    living = TemporaryFolder(tmp_path)
    assert forked(lambda: (TemporaryFolder(tmp_path), os._exit(9)))[0] == 9
    others = {"abtest-notes", ".abtest-0123456789abc", ".abtest-XXXXXXXXXXXX", "abtest-0123456789ab.txt"}
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".abtest-aaaaaaaaaaaa").write_text("a file")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "kept").touch()
    (tmp_path / ".abtest-bbbbbbbbbbbb").symlink_to(tmp_path / "precious")
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *others, living.path.name, ".abtest-aaaaaaaaaaaa", ".abtest-bbbbbbbbbbbb", "precious"
    }  # fmt: skip
    assert (tmp_path / "precious" / "kept").exists()
    living.remove()


ALLOWED = {
    "process/disk.py": "the one place",
    "definition/reference.py": "rewrites a page of the docs, for those who develop abtest",
    "engines/spark/session.py": "Java's log, in a temporary folder",
    "engines/duckdb/database.py": "moves what the engine wrote to where publish() takes it from",
    "engines/duckdb/door.py": "links for the engine, in its temporary folder",
    "files/avro.py": "a plain copy for the engine, in its temporary folder",
    "files/prepared.py": "a plain copy for the engine, in its temporary folder",
    "files/workbooks.py": "a plain copy for the engine, in its temporary folder",
    "warehouse/lists.py": "a plain copy for the engine, in its temporary folder",
}


def test_nothing_else_renames_or_opens_for_writing():
    """Every output goes through publish(), or a folder of ours is left half full one day."""
    import ast

    found = set()
    for path in (ROOT / "abtest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            texts = {word.value for word in ast.walk(node) if isinstance(word, ast.Constant)}
            writes = name in {"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "savefig"}
            writes |= name == "open" and bool(texts & {"w", "wb", "a", "ab", "x", "xb", "r+", "r+b"})
            writes |= owner in {"os", "shutil"} and name in {"rename", "replace", "link", "symlink", "move", "mkdir"}
            # A path's `replace` and `rename` take one argument, a text's `replace` two.
            single = len(node.args) == 1 and not node.keywords
            writes |= name in {"rename", "replace"} and owner not in {"os", "disk", "dataclasses"} and single
            if writes and not (name == "open" and owner == "os"):
                found.add(path.relative_to(ROOT / "abtest").as_posix())
    assert found <= set(ALLOWED), found - set(ALLOWED)


def test_a_temporary_folder_that_cannot_be_made_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"temporary folder: cannot be made: No such file .*; name another place with"):
        TemporaryFolder()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"temporary folder: cannot be made in .*file: Not a directory"):
        TemporaryFolder(tmp_path / "file")
