"""All families of cases: each is a row of the table, and has a name by which it can be asked for."""

import heapq
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.torture import clocks, disks, failing, inputs, killing, real, shim, together
from tests.torture.cases import Bench, Case, Verdict, drawn, tried
from tests.torture.scenes import Scene

T = TypeVar("T")
FEW = 4
"""Cases of each family, and scenes they are taken from, in a smoke run."""
BRIEF = ("once", "from then on")
WRITERS = ("analyze", "assign csv", "lock", "simulate")
"""Scenes of each way of publishing: a new folder, one of ours, one with other files in it, a single file."""
DRAWN = ("analyze, none", "analyze, foreign", "report, ours")


@dataclass(frozen=True)
class Tools:
    """What the families work with. ``share`` of the cases is tried; ``smoke``: with few scenes."""

    bench: Bench
    scenes: Sequence[Scene]
    other: Path
    share: float = 1.0
    smoke: bool = False

    def some(self, *beginnings: str) -> list[Scene]:
        """Return the scenes whose names begin so; all when nothing is said."""
        found = [scene for scene in self.scenes if not beginnings or scene.name.startswith(beginnings)]
        return found[:: -(-len(found) // FEW)] if self.smoke else found

    def drawn(self, *beginnings: str) -> list[Scene]:
        """Return the like for cases in which reports are drawn in earnest; that takes ten times as long."""
        return drawn(self.bench, self.some(*beginnings)[: 2 if self.smoke else None])

    def thinned(self, cases: Iterable[T], key: Callable[[T], str]) -> Iterator[T]:
        """Return the share of the cases that is to be tried, the same in every run."""

        def place(case: T) -> int:
            return zlib.crc32(key(case).encode())

        if self.smoke:
            return iter(heapq.nsmallest(FEW, cases, key=place))
        return (case for case in cases if place(case) % 100_000 < self.share * 100_000)

    def tried(self, cases: Iterable[Case], attempt: Callable[..., Verdict] = tried) -> Iterator[Verdict]:
        """Try a share of the cases."""
        return self.bench.all(self.thinned(cases, _key), attempt)


def _key(case: Case) -> str:
    # Without the random part of temporary names, so that the same cases are chosen in every run.
    return f"{case.scene.name}|{case.label.partition(': ')[0]}"


@dataclass(frozen=True)
class Family:
    """Cases of one kind. ``kind`` is ``failure``, ``kill`` or ``other``; ``missing`` says why it cannot be run here."""

    name: str
    kind: str
    run: Callable[[Tools], Iterator[Verdict]]
    missing: Callable[[], str | None] = field(default=lambda: None)


def _every_call(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(failing.every_call(tools.bench, tools.some()))


def _every_call_at_the_seam(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(failing.every_call_at_the_seam(tools.bench, tools.some()))


def _failing_on_a_poor_disk(tools: Tools) -> Iterator[Verdict]:
    scenes = tools.some(*WRITERS)
    return tools.tried(failing.every_call(tools.bench, scenes, kinds=shim.WRITING, poor=True, ways=BRIEF))


def _threads(tools: Tools) -> Iterator[Verdict]:
    scenes = tools.drawn(*DRAWN, "assign csv, none", "retention, none")
    return tools.tried(failing.every_call(tools.bench, scenes, kinds=("thread",), level="whole", ways=BRIEF))


def _memory(tools: Tools) -> Iterator[Verdict]:
    scenes = tools.some("analyze, none", "report, ours", "assign csv, none", "retention, ours", "lock, ours")
    cases = failing.every_call(tools.bench, scenes, kinds=("memory",), level="counting", ways=BRIEF)
    return tools.tried(_every_nth(cases, 4))


def _failing_while_drawing(tools: Tools) -> Iterator[Verdict]:
    cases = failing.every_call(tools.bench, tools.drawn(*DRAWN[:2]), level="whole", ways=BRIEF)
    return tools.tried(_every_nth(cases, 4))


def _short(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(failing.odd_but_allowed(tools.bench, tools.some()))


def _kills(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(killing.before_every_write(tools.bench, tools.some()))


def _kills_at_the_seam(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(killing.at_the_seam(tools.bench, tools.some()))


def _kills_on_a_poor_disk(tools: Tools) -> Iterator[Verdict]:
    signals = killing.SIGNALS[:2]
    return tools.tried(killing.before_every_write(tools.bench, tools.some(*WRITERS), poor=True, signals=signals))


def _kills_while_drawing(tools: Tools) -> Iterator[Verdict]:
    cases = killing.before_every_write(tools.bench, tools.drawn(*DRAWN), level="whole")
    return tools.tried(_every_nth(cases, 5))


def _real_kills(tools: Tools) -> Iterator[Verdict]:
    scenes = tools.some("assign", "lock", "simulate")
    return tools.tried(real.before_every_name(tools.bench, scenes, 3), real.killed)


def _crowds(tools: Tools) -> Iterator[Verdict]:
    crowds = together.crowds(tools.bench, tools.some(), {2: 1, 8: 1} if tools.smoke else {2: 12, 8: 6})
    return tools.bench.all(tools.thinned(crowds, lambda crowd: crowd.scene.name + crowd.label), together.crowded)


def _pauses(tools: Tools) -> Iterator[Verdict]:
    crowds = together.pauses(tools.bench, tools.some())
    return tools.bench.all(tools.thinned(crowds, lambda crowd: crowd.scene.name + crowd.label), together.crowded)


def _clock_while_running(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(clocks.set_while_running(tools.bench, tools.some()))


def _clock_between(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(clocks.between_commands(tools.bench, tools.some()), clocks.killed_then_shifted)


def _full_after_every_kilobyte(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(disks.full_after_every_kilobyte(tools.bench, tools.some()))


def _small_disk(tools: Tools) -> Iterator[Verdict]:
    sized = tools.thinned(disks.rooms(tools.bench, tools.some()), lambda pair: _key(pair[0]))
    return tools.bench.all(sized, disks.on_a_small_disk)


def _file_limit(tools: Tools) -> Iterator[Verdict]:
    return tools.tried(disks.files_no_larger_than(tools.bench, tools.some()))


def _inputs(tools: Tools) -> Iterator[Verdict]:
    names = ("analyze, none", "analyze, ours", "retention, ours", "report, ours", "assign csv, ours", "lock, none")
    changes = inputs.changes(tools.bench, tools.some(*names), tools.other, 2 if tools.smoke else 12)
    return tools.bench.all(tools.thinned(changes, lambda change: _key(change.case)), inputs.changed)


def _every_nth(cases: Iterable[T], step: int) -> Iterator[T]:
    for number, case in enumerate(cases):
        if number % step == 0:
            yield case


FAMILIES = (
    Family("failures: every call, once, from then on, with all else", "failure", _every_call),
    Family("failures: at publishing's own seam", "failure", _every_call_at_the_seam),
    Family("failures: on a disk without locks, links, exchanges", "failure", _failing_on_a_poor_disk),
    Family("failures: threads", "failure", _threads),
    Family("failures: memory", "failure", _memory),
    Family("failures: while counting and drawing", "failure", _failing_while_drawing),
    Family("disk full after every kilobyte", "failure", _full_after_every_kilobyte),
    Family("disk full: a small disk, page by page", "failure", _small_disk, disks.no_small_disk),
    Family("ulimit -f, every kilobyte", "failure", _file_limit),
    Family("kills: before every call that writes", "kill", _kills),
    Family("kills: at publishing's own seam", "kill", _kills_at_the_seam),
    Family("kills: on a disk without locks, links, exchanges", "kill", _kills_on_a_poor_disk),
    Family("kills: while counting and drawing", "kill", _kills_while_drawing),
    Family("kills: real processes, by strace", "kill", _real_kills, real.missing),
    Family("short reads and writes", "other", _short),
    Family("at once: two and eight into one folder, beside a reader", "other", _crowds),
    Family("at once: another run in a pause before every call", "other", _pauses),
    Family("clock: wrong, or set while a command runs", "other", _clock_while_running),
    Family("clock: set between a kill and the next command", "other", _clock_between),
    Family("inputs that change while they are read", "other", _inputs),
)
