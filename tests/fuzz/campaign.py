"""Run many cases in a child process that may crash, hang or eat memory; this process stays well and notes which did.

A worker tells over a pipe which case it begins and how it ended. When it falls silent for longer than a case may take
it is killed, when it dies the case it was at is the find, and another worker goes on with the next.
"""

import json
import os
import random
import resource
import selectors
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.cases import Case, Find, Target, emptied, inside

MEMORY = 8 << 30
"""Bytes of address space that a worker may have."""
_DIES = 70
"""Exit code of a worker that could not go on."""


@dataclass(frozen=True)
class Found:
    """A case that must not be: its number and what happened."""

    number: int
    what: str


@dataclass
class Campaign:
    """What came of a run of many cases."""

    target: str
    seed: int
    runs: int = 0
    seconds: float = 0
    finds: list[Found] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)
    slowest: float = 0


def case_of(target: Target, name: str, seed: int, number: int) -> Case:
    """Return one case again."""
    return target.case(random.Random(f"{name} {seed} {number}"))


def campaign(
    target: Target, name: str, seed: int, runs: int, *, first: int = 0, within: float | None = None
) -> Iterator[Campaign]:
    """Run the cases ``first`` to ``first + runs``; yield the state after each, for who wants to tell of it.

    ``within`` ends the campaign after so many seconds.
    """
    target.prepare()
    state = Campaign(name, seed)
    begun, number = time.monotonic(), first
    while number < first + runs:
        for event in _worked(target, name, seed, range(number, first + runs)):
            number = event["number"] + 1
            state.runs += 1
            state.seconds = time.monotonic() - begun
            state.slowest = max(state.slowest, event["seconds"])
            if "find" in event:
                state.finds.append(Found(event["number"], event["find"]))
            else:
                state.kinds[event["kind"]] += 1
                state.firsts.setdefault(event["kind"], event["number"])
            yield state
            if within is not None and state.seconds > within:
                return


def _worked(target: Target, name: str, seed: int, numbers: range) -> Iterator[dict]:
    """Yield how each case ended, until all are done or the worker is lost over one."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(reading)
        _work(target, name, seed, numbers, writing)
    os.close(writing)
    try:
        yield from _heard(reading, worker, target.SECONDS, numbers)
    finally:
        os.close(reading)
        _end(worker)


def _heard(reading: int, worker: int, patience: float, numbers: range) -> Iterator[dict]:
    current, begun, waiting = numbers.start, time.monotonic(), b""
    with selectors.DefaultSelector() as ready:
        ready.register(reading, selectors.EVENT_READ)
        while True:
            # Far more than a case may take, since the machine has other work; what it took is judged by its own clock.
            if not ready.select(timeout=4 * patience + 30):
                yield {"number": current, "find": "hang: killed", "seconds": time.monotonic() - begun}
                return
            chunk = os.read(reading, 65536)
            if not chunk:
                break
            *lines, waiting = (waiting + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                current, begun = event["number"] + 1, time.monotonic()
                if "find" not in event and event["seconds"] > patience and event["processor"] > patience:
                    event["find"] = f"took {event['processor']:.1f} s"
                yield event
    _, status = os.waitpid(worker, 0)
    if current < numbers.stop:
        how = (
            signal.Signals(os.WTERMSIG(status)).name
            if os.WIFSIGNALED(status)
            else f"exit {os.waitstatus_to_exitcode(status)}"
        )
        yield {"number": current, "find": f"crash: the process ended with {how}", "seconds": time.monotonic() - begun}


def _end(worker: int) -> None:
    try:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def _work(target: Target, name: str, seed: int, numbers: range, writing: int) -> None:
    """Run cases until the numbers end; never return."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):
            os.dup2(null, stream)
        home = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder in memory)
        with tempfile.TemporaryDirectory(prefix="fuzz-", dir=home) as folder:
            os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder, "tmp"))
            for number in numbers:
                event = _one(target, name, seed, number, Path(folder))
                os.write(writing, (json.dumps(event) + "\n").encode())
    except BaseException as error:
        os.write(2, f"the worker ends: {error!r}\n".encode())
        os._exit(_DIES)
    os._exit(0)


def _one(target: Target, name: str, seed: int, number: int, folder: Path) -> dict:
    emptied(folder)
    (folder / "tmp").mkdir()
    (folder / "case").mkdir()
    begun, processor = time.monotonic(), time.process_time()
    event: dict[str, object] = {"number": number}
    try:
        case = case_of(target, name, seed, number)
        case.write(folder / "case")
        with inside(folder / "case"):
            event["kind"] = target.judge(case)
        left = [path.name for path in (folder / "tmp").iterdir()]
        if left:
            raise Find(f"left in the temporary folder: {left}")
    except Exception as error:
        import traceback

        where = "".join(traceback.format_exception(error)[-6:]) if not isinstance(error, Find) else ""
        event["find"] = f"{type(error).__name__}: {error}"[:4000] + "\n" + where[-3000:]
    event["seconds"] = time.monotonic() - begun
    event["processor"] = time.process_time() - processor
    return event
