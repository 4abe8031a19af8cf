"""Publishing in a process of its own whose calls of the system fail, or which is killed at one of them."""

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from abtest.errors import UsageError
from abtest.process import disk
from abtest.process.publishing import publish

OLD = {"results.json": b"old", "drip.pdf": b"old pdf", "drip-curve-a.png": b"old curve"}
NEW = {"results.json": b"new", "drip.pdf": b"new pdf", "drip.png": b"new card"}
FOREIGN = {"notes.txt": b"mine", "deep/data.csv": b"mine too"}
KILLED, REFUSED, BUG = 137, 2, 1


def earlier(folder: Path) -> set[str]:
    """What an earlier set in the folder may have, as a report knows it by its results."""
    return {*OLD, *NEW} if (folder / "results.json").exists() else set()


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file at any depth, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leftovers(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*abtest-*")]


class Broken:
    """Stands in for :func:`disk.call`: counts, and from the call ``at`` on fails (once or always), or kills there."""

    def __init__(self, how: str, at: int, number: int = errno.EIO) -> None:
        self.how, self.at, self.number, self.count = how, at, number, 0

    def __call__(self, name: str, function: Callable[..., object], *arguments: object, **options: object) -> object:
        self.count += 1
        if self.how == "kill before" and self.count == self.at:
            os._exit(KILLED)
        if (self.how == "once" and self.count == self.at) or (self.how == "always" and self.count >= self.at):
            raise OSError(self.number, os.strerror(self.number))
        if self.how == "no swap" and name == "exchange":
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return function(*arguments, **options)


def calls(write: Callable[[], object]) -> int:
    """Return how many calls of the system ``write`` makes."""
    counting = Broken("count", 0)
    before, disk.call = disk.call, counting
    try:
        write()
    finally:
        disk.call = before
    return counting.count


def forked(work: Callable[[], object], broken: Broken | None = None) -> tuple[int, str]:
    """Do ``work`` in a process of its own and return its exit code and what it said."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        code, said = BUG, ""
        try:
            os.close(reading)
            if broken is not None:
                disk.call = broken
            work()
            code = 0
        except UsageError as error:
            code, said = REFUSED, str(error)
        except BaseException:
            said = traceback.format_exc()
        finally:
            os.write(writing, json.dumps(said).encode()[:60_000])
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return code, json.loads(said) if said else ""


def publish_new(folder: Path) -> None:
    publish(NEW, folder, earlier=earlier)


def skip_without_fork() -> bool:
    return sys.platform == "win32"
