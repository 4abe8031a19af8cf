"""Whatever call fails, and wherever the process is killed: the old set or the new one, never anything between."""

import errno
from functools import partial
from pathlib import Path

import pytest
from broken_runs import (
    BUG,
    FOREIGN,
    KILLED,
    NEW,
    OLD,
    REFUSED,
    Broken,
    calls,
    contents,
    fill,
    forked,
    leftovers,
    publish_new,
)

from abtest.process.publishing import publish, settle
from tests.thorough import THOROUGH

LAYOUTS: dict[str, dict[str, bytes] | None] = {
    "no folder": None,
    "an empty folder": {},
    "an old set": OLD,
    "an old set beside other files": {**OLD, **FOREIGN},
    "other files": FOREIGN,
}


def lay_out(tmp_path: Path, layout: str, name: str) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """Return the folder, and what is in it before and after."""
    home = tmp_path / name
    home.mkdir()
    folder = home / ("deep/er/out" if layout == "no folder" else "out")
    files = LAYOUTS[layout]
    if files is not None:
        folder.mkdir()
        fill(folder, files)
    kept = {name: content for name, content in (files or {}).items() if name in FOREIGN}
    return folder, dict(files or {}), {**kept, **NEW}


def state(folder: Path) -> dict[str, bytes]:
    """Return the files in the folder that nobody of us is in the middle of writing."""
    return {name: content for name, content in contents(folder).items() if not name.startswith(".abtest-")}


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return request.param


def some(many: int, layout: str, every: int) -> range:
    """Return the calls to break: all, or ``every`` few from another one on in each layout, so that none is spared."""
    return range(1, many + 1) if THOROUGH else range(1 + list(LAYOUTS).index(layout) % every, many + 1, every)


@pytest.fixture
def many(tmp_path, layout):
    """How many calls one run makes in the layout."""
    folder, _, after = lay_out(tmp_path, layout, "counted")
    many = calls(partial(publish_new, folder))
    assert contents(folder) == after
    assert leftovers(tmp_path) == []
    assert many > 10
    return many


@pytest.mark.parametrize(("how", "number"), [("once", errno.EIO), ("always", errno.ENOSPC)])
def test_a_call_that_fails_leaves_the_old_set_or_the_new_one(tmp_path, layout, many, how, number):
    for at in some(many, layout, 3):
        folder, before, after = lay_out(tmp_path, layout, f"{at}")
        code, said = forked(partial(publish_new, folder), Broken(how, at, number))
        assert code != BUG, (at, said)
        found = state(folder)
        if code == 0:
            assert found == after, at
        elif "everything is written" in said:
            assert found != after or leftovers(folder), at
        else:
            assert (code, found) == (REFUSED, before), (at, said)
            assert str(folder) in said
            assert layout != "no folder" or how == "always" or not folder.exists(), at
        if how == "once":
            assert not leftovers(folder.parent) or "written" in said or code == 0, at
        code, said = forked(partial(publish_new, folder))
        assert code == 0, (at, said)
        assert contents(folder) == after, at
        assert leftovers(tmp_path / f"{at}") == [], at


def test_a_process_that_is_killed_leaves_the_old_set_or_the_new_one(tmp_path, layout, many):
    journalled = 0
    for at in some(many, layout, 2):
        folder, before, after = lay_out(tmp_path, layout, f"{at}")
        code, said = forked(partial(publish_new, folder), Broken("kill before", at))
        assert code in {KILLED, 0}, said  # fewer calls where others have left less in the system's temporary folder
        found = state(folder)
        if any(".abtest-commit-" in name for name in leftovers(folder)):
            journalled += 1  # decided; whoever reads or writes next completes it
            forked(partial(settle, folder, reading=True))
            assert contents(folder) == after, at
            assert leftovers(tmp_path / f"{at}") == [], at
        else:
            assert found in (before, after), at
        code, said = forked(partial(publish_new, folder))
        assert code == 0, (at, said)
        assert contents(folder) == after, at
        assert leftovers(tmp_path / f"{at}") == [], at
    assert (journalled > 0) == ("other files" in layout)


def test_a_process_that_is_killed_where_folders_cannot_change_places_is_completed_too(tmp_path):
    def write(folder: Path) -> None:
        from abtest.process import disk

        def unable(*_: object) -> None:
            raise NotImplementedError

        disk.exchange = unable
        publish_new(folder)

    for at in range(1, 200):
        folder, before, after = lay_out(tmp_path, "an old set", f"{at}")
        code, _ = forked(partial(write, folder), Broken("kill before", at))
        settle(folder, reading=True)
        assert contents(folder) in (before, after)
        assert leftovers(tmp_path) == []
        if code == 0:
            assert at > 40
            break
        assert code == KILLED


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("how", ["once", "always", "kill before"])
def test_a_single_file_is_old_or_new_and_nothing_else_is_touched(tmp_path, how, overwrite):
    for at in range(1, 100):
        home = tmp_path / f"{at}"
        fill(home, {**FOREIGN, "results.json": b"other", **({"a.csv": b"old"} if overwrite else {})})
        before = contents(home)
        write = partial(publish, {"a.csv": b"new"}, home, overwrite=overwrite)
        code, said = forked(write, Broken(how, at))
        found = {name: content for name, content in contents(home).items() if "abtest-" not in name}
        assert code != BUG, said
        assert found == ({**before, "a.csv": b"new"} if code == 0 else before) or (
            code == KILLED and found == {**before, "a.csv": b"new"}
        )
        settle(home)
        assert leftovers(home) == []
        if code == 0 and at > 40:
            return
    raise AssertionError("never came to an end")
