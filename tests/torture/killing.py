"""Signals before every call that changes the disk: five of them, one that nobody hears."""

import signal
from collections.abc import Iterator, Sequence

from tests.torture import shim
from tests.torture.cases import Bench, Case
from tests.torture.scenes import Scene
from tests.torture.seam import SeamOrder

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def before_every_write(
    bench: Bench,
    scenes: Sequence[Scene],
    *,
    level: str = "publishing",
    poor: bool = False,
    signals: Sequence[signal.Signals] = SIGNALS,
) -> Iterator[Case]:
    """Yield a case for each signal before each call that writes, renames, removes, makes or syncs."""
    for scene in scenes:
        for place, line in enumerate(bench.trace(scene, level, shim.WRITING, poor=poor), 1):
            for number in signals:
                order = shim.Order("", shim.WRITING, "signal", place, place, number=number, poor=poor)
                label = f"{number.name} before call {place}: {line.partition(' ')[0]} {line.partition('/case/')[2]}"
                yield Case(scene, label, order, level=level, signal=number)


def at_the_seam(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield the like for the calls of publishing's own seam, where Python hears the signal before the call."""
    for scene in scenes:
        for place, line in enumerate(bench.seam_trace(scene), 1):
            for number in SIGNALS:
                order = SeamOrder((), place, place, number=number)
                label = f"{number.name} at seam call {place}: {line.partition(' ')[0]} {line.partition('/case/')[2]}"
                yield Case(scene, label, seam=order, signal=number)
