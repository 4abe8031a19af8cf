"""One case: a scene, what is done to its command, what is found directly after, and after the next command."""

import dataclasses
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.torture import shim
from tests.torture.scenes import Scene, again, snapshot
from tests.torture.seam import SeamOrder
from tests.torture.server import Ended, Run

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
LARGE = 65_536
"""Bytes of a request for memory that counts as one that may fail."""
ENDINGS = {0, 2, 3, 4}
"""The exit codes of a command that no signal has ended."""
FAULTS = ("lost", "crash", "hang", "leak", "untrue")
"""What may be wrong: a set neither old nor new, or a user's file touched; an exit code or a traceback that is none of
ours; more than :data:`~tests.torture.server.HANG` seconds; files that the next command leaves lying; a message or an
exit code that is not true."""


@dataclass(frozen=True)
class Case:
    """What is done to a scene's command. ``label`` says it in a few words; ``signal`` is the one that is sent.

    ``lasting``: the trouble does not end before the command does. ``succeeds``: it is no trouble for a command.
    ``may_abort``: a library may end the process, as the system would.
    """

    scene: Scene
    label: str
    order: shim.Order | None = None
    seam: SeamOrder | None = None
    level: str = "publishing"
    signal: int = 0
    file_limit: int | None = None
    memory_limit: int | None = None
    lasting: bool = False
    succeeds: bool = False
    may_abort: bool = False


@dataclass(frozen=True)
class Fault:
    """Something that must not be. ``kind`` is one of :data:`FAULTS`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What became of a case. ``state``: ``old``, ``new``, ``between`` (the next command heals it) or ``mixed``.

    ``left``: what lay about until the next command.
    """

    case: Case
    code: int | None
    state: str
    left: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    seconds: float = 0.0
    err: str = ""


class Server:
    """A server of its own process; runs are asked for one request at a time."""

    def __init__(self, library: Path) -> None:
        self._lock = threading.Lock()  # cases are tried in threads, and traced in another
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.server", str(library)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads, "LD_PRELOAD": str(library)},
        )
        self._answer()

    def run(self, *runs: Run, in_the_pause: bool = False) -> list[Ended]:
        """Run commands that start at once, or the others in the pause of the first, and return how each ended."""
        assert self._process.stdin is not None
        wanted = {"runs": [dataclasses.asdict(run) for run in runs], "in_the_pause": in_the_pause}
        with self._lock:
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            return [Ended(**fields) for fields in json.loads(self._answer())]

    def close(self) -> None:
        """End the server."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server of the torture runs has ended")
        return line


@dataclass
class Bench:
    """Where cases are run: servers, and a folder for what they write."""

    base: Path
    servers: list[Server]
    numbers: Iterator[int] = field(default_factory=itertools.count)
    _traces: dict[tuple[object, ...], list[str]] = field(default_factory=dict)

    def all(self, cases: Iterable[T], attempt: Callable[[T, Server, Path], Verdict]) -> Iterator[Verdict]:
        """Try the cases, as many at once as there are servers; each attempt gets a new place."""
        idle: queue.SimpleQueue[Server] = queue.SimpleQueue()
        for server in self.servers:
            idle.put(server)

        def one(case: T) -> Verdict:
            server = idle.get()
            try:
                return attempt(case, server, self.place("case"))
            finally:
                idle.put(server)

        with ThreadPoolExecutor(len(self.servers)) as workers:
            yield from workers.map(one, cases)

    def place(self, name: str) -> Path:
        """Return a path that nothing has."""
        return self.base / f"{name}-{next(self.numbers)}"

    def trace(self, scene: Scene, level: str, kinds: Sequence[str], *, poor: bool = False) -> list[str]:
        """Return the calls of these kinds in an undisturbed run: ``kind path`` each."""
        known = set(kinds) if kinds in (("thread",), ("memory",)) else set(shim.FILES)
        key = (scene.name, level, *sorted(known), poor)
        if key not in self._traces:
            order = shim.Order("", tuple(known), last=0, memory=LARGE, poor=poor)
            self._traces[key] = self._traced(scene, level, order)
        return [line for line in self._traces[key] if line.partition(" ")[0] in kinds]

    def seam_trace(self, scene: Scene) -> list[str]:
        """Return the calls that an undisturbed run makes through publishing's own seam: ``name arguments`` each."""
        key = (scene.name, "seam")
        if key not in self._traces:
            self._traces[key] = self._traced(scene, "publishing", SeamOrder(last=0))
        return self._traces[key]

    def _traced(self, scene: Scene, level: str, order: shim.Order | SeamOrder) -> list[str]:
        place = self.place("trace")
        with laid_out(scene, place) as folder:
            log = place / "notes" / "calls"
            run = dataclasses.replace(request(scene, place, folder, scene.arguments, level), log=str(log))
            if isinstance(order, SeamOrder):
                run = dataclasses.replace(run, seam=order)
            else:
                run = dataclasses.replace(run, order=dataclasses.replace(order, root=str(place / "case")))
            ended = self.servers[0].run(run)[0]
            if ended.code != scene.code:
                raise AssertionError((scene.name, ended, said(place)))
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            return [line.split(" ", 1)[1] for line in lines]

    def undisturbed(self, scene: Scene, folder: Path, *, level: str = "publishing") -> int | None:
        """Run a scene's command in ``folder`` and return its exit code."""
        place = self.place("once")
        (place / "case" / "tmp").mkdir(parents=True)
        (place / "notes").mkdir()
        ended = self.servers[0].run(request(scene, place, folder, scene.arguments, level))[0]
        if ended.code not in {0, 4}:
            raise AssertionError((scene.name, scene.arguments, ended, said(place)))
        return ended.code


@contextmanager
def bench(base: Path, servers: int) -> Iterator[Bench]:
    """Give a bench in ``base``, which is removed at the end."""
    base.mkdir(parents=True)
    started: list[Server] = []
    try:
        library = shim.build(base)
        started.extend(Server(library) for _ in range(servers))
        yield Bench(base, started)
    finally:
        for server in started:
            server.close()
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def laid_out(scene: Scene, place: Path) -> Iterator[Path]:
    """Give the folder of a scene as a case starts from it; all is removed at the end."""
    folder = place / "case" / "exp"
    try:
        shutil.copytree(scene.folder, folder, symlinks=True)
        (place / "case" / "tmp").mkdir()
        (place / "notes").mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(place, ignore_errors=True)


def request(scene: Scene, place: Path, folder: Path, arguments: tuple[str, ...], level: str) -> Run:
    """Return the run of a scene's command. ``level``: ``publishing``, ``counting`` (it counts, too) or ``whole``."""
    stored = {"TORTURE_ANALYSIS": str(scene.stored)} if level == "publishing" and scene.stored else {}
    notes = place / "notes"
    return Run(
        arguments,
        str(folder),
        str(place / "case" / "tmp"),
        str(notes / "out"),
        str(notes / "err"),
        cheap=level != "whole",
        environment=stored,
    )


def tried(case: Case, server: Server, place: Path, before_the_next: Callable[[], object] = bool) -> Verdict:
    """Try a case and judge it; ``before_the_next`` is done before the next command."""
    scene = case.scene
    with laid_out(scene, place) as folder:
        order = None if case.order is None else dataclasses.replace(case.order, root=str(place / "case"))
        run = dataclasses.replace(
            request(scene, place, folder, scene.arguments, case.level),
            order=order,
            seam=case.seam,
            file_limit=case.file_limit,
            memory_limit=case.memory_limit,
        )
        ended = server.run(run)[0]
        out, err = said(place)
        state, left = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
        faults = list(_touched(scene, snapshot(folder)))
        before_the_next()
        if state == "mixed" and _may_be_between(case) and scene.arguments[0] in {"analyze", "report"}:
            faults.extend(_unhealed_by_reading(scene, server, place, folder))
        # What may not stay as it is must be whole after the next command; and then nothing else is left.
        following = server.run(request(scene, place, folder, again(scene), _next_level(case)))[0]
        after, lying = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
        if state == "mixed" and after == "new" and _may_be_between(case):
            state = "between"
        if state == "mixed":
            faults.append(Fault("lost", f"the set is mixed: {difference(scene, folder)}"))
        faults.extend(_wrong_end(case, ended, state, out, err))
        faults.extend(_silent(scene, folder, err))
        if following.code != scene.code:
            faults.append(Fault("crash", f"the next command ends with {following.code}: {said(place)[1][-300:]}"))
        elif after != "new":
            faults.append(Fault("lost", f"after the next command the set is {after}: {difference(scene, folder)}"))
        if lying:
            faults.append(Fault("leak", f"left after the next command: {', '.join(lying[:4])}"))
        return Verdict(case, ended.code, state, left, tuple(faults), ended.seconds, err[-2000:])


def _may_be_between(case: Case) -> bool:
    """Whether one step cannot put all in place, and the process had no chance to finish: then the next command does."""
    poor = case.order is not None and case.order.poor and "." not in case.scene.output
    return (case.scene.foreign or poor) and (case.signal == signal.SIGKILL or case.lasting)


def _unhealed_by_reading(scene: Scene, server: Server, place: Path, folder: Path) -> Iterator[Fault]:
    """Yield a fault where a command that only reads the set finds it as the killed one left it."""
    reading = ("report", f"{scene.output}/results.json", "-o", "elsewhere")
    ended = server.run(request(scene, place, folder, reading, "publishing"))[0]
    shutil.rmtree(folder / "elsewhere", ignore_errors=True)
    state, _ = seen(scene, snapshot(folder), {})
    if state != "new":
        yield Fault("lost", f"a command that reads the set ({ended.code}) leaves it {state}: {said(place)[1][-300:]}")


def _next_level(case: Case) -> str:
    return "whole" if case.level == "whole" else "publishing"


def drawn(bench: Bench, scenes: Iterable[Scene]) -> list[Scene]:
    """Return the scenes as they are where reports are drawn in earnest: cases of the level ``whole``."""
    found = []
    for scene in scenes:
        place = bench.place("drawn")
        shutil.copytree(scene.folder, place)
        bench.undisturbed(scene, place, level="whole")
        found.append(dataclasses.replace(scene, new=snapshot(place), once=place))
    return found


def said(place: Path) -> tuple[str, str]:
    """Return what the last command said on stdout and stderr."""
    out, err = ((place / "notes" / name).read_text(errors="replace") for name in ("out", "err"))
    return out, err


def seen(scene: Scene, found: Mapping[str, str], temporary: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return which set is there, and what lies beside it."""
    known = {**scene.old, **scene.new}
    left = tuple(sorted([name for name in found if name not in known] + [f"$TMPDIR/{name}" for name in temporary]))
    there = {name: content for name, content in found.items() if name in known}
    if there == scene.new:
        return "new", left
    if there == scene.old:
        return "old", left
    return "mixed", left


def difference(scene: Scene, folder: Path) -> str:
    """Return in which files what is there differs from the old set and from the new one."""
    there = snapshot(folder)
    texts = []
    for age, known in (("old", scene.old), ("new", scene.new)):
        wrong = sorted(name for name in {*there, *known} if there.get(name) != known.get(name))
        texts.append(f"not {age} in {', '.join(wrong[:6])}")
    return "; ".join(texts)


def _touched(scene: Scene, there: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the files that are the same in both sets, and are not as they were: inputs, and what a user keeps here."""
    for name, content in scene.old.items():
        if scene.new.get(name) == content and there.get(name) != content:
            yield Fault("lost", f"{name} is {'touched' if name in there else 'gone'}")


def _silent(scene: Scene, folder: Path, err: str) -> Iterator[Fault]:
    """Yield a lock that does not say what an undisturbed one says, where nothing was said on stderr."""
    if scene.arguments[0] != "lock" or not (folder / scene.output).exists():
        return
    texts = [json.loads((place / scene.output).read_text()) for place in (folder, scene.once)]
    if texts[0]["sha256"] == texts[1]["sha256"] and texts[0]["outcome_data"] != texts[1]["outcome_data"]:
        told = "cannot be told" in err and texts[0]["outcome_data"]["seen"] is None
        if not told:
            yield Fault("untrue", f"the lock says of outcomes: {texts[0]['outcome_data']}; stderr: {err[-200:]}")


def _wrong_end(case: Case, ended: Ended, state: str, out: str, err: str) -> Iterator[Fault]:
    """Yield what is wrong with how the command ended and with what it said."""
    code, scene, tail = ended.code, case.scene, err[-300:]
    if code is None:
        yield Fault("hang", f"hung for {ended.seconds:.0f} s: {tail}")
        return
    expected = {scene.code} if case.signal else ENDINGS - ({4} - {scene.code})
    if case.signal:
        expected |= {-signal.SIGKILL if case.signal == signal.SIGKILL else 128 + case.signal}
    if code not in expected and not (case.may_abort and code in {-signal.SIGABRT, -signal.SIGSEGV}):
        yield Fault("crash", f"exit code {code}: {tail}")
    elif "Traceback" in err and code >= 0:
        yield Fault("crash", f"a traceback: {tail}")
    if case.succeeds and code != scene.code:
        yield Fault("untrue", f"should have succeeded, but ended with {code}: {tail}")
    if code == scene.code and state != "new":
        yield Fault("untrue", f"exit code {code} says that all is done, but the set is {state}")
    if code in {2, 3} and not err.strip():
        yield Fault("untrue", f"exit code {code} without a word")
    if code in {2, 3} and state == "new" and "written" not in err:
        yield Fault("untrue", f"exit code {code}, and yet the new set is there: {tail}")
    if "nothing was written" in err and state != "old":
        yield Fault("untrue", f"says that nothing was written, but the set is {state}")
    if ("files are written" in err or "Written:" in out) and state != "new":
        yield Fault("untrue", f"says that the files are written, but the set is {state}")
