"""A clock that is wrong, or is set while a command runs; and the sweeping of what a killed command left."""

import dataclasses
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.torture import shim
from tests.torture.cases import Bench, Case, Fault, Server, Verdict, laid_out, request, said, seen
from tests.torture.scenes import Scene, again, snapshot

DAY = 86_400
SHIFTS = (-10 * 365 * DAY, -DAY, -3_600, 3_600, 10 * 365 * DAY)
"""Seconds: ten years back, a day back, an hour back, as in autumn, an hour ahead, as in spring, ten years ahead."""


def set_while_running(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield cases in which the clock is off from the start, or jumps after some looks at it: it must not matter."""
    del bench
    for scene in scenes:
        for shift in SHIFTS:
            for after in (0, 1, 3, 10, 30):
                order = shim.Order("", shim.FILES, shift=shift, shift_after=after)
                yield Case(scene, f"clock {shift:+d} s after {after} looks", order, succeeds=True)


def between_commands(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield cases: killed before a call that writes, and the next command has another clock."""
    for scene in scenes:
        calls = len(bench.trace(scene, "publishing", shim.WRITING))
        for place in range(1, calls + 1, 4):
            for shift in (SHIFTS[0], SHIFTS[-1]):
                order = shim.Order("", shim.WRITING, "signal", place, place, number=signal.SIGKILL, shift=shift)
                yield Case(scene, f"SIGKILL before call {place}, next clock {shift:+d} s", order, signal=signal.SIGKILL)


def killed_then_shifted(case: Case, server: Server, place: Path) -> Verdict:
    """Try a case of :func:`between_commands`: the next command succeeds, and a third leaves nothing."""
    assert case.order is not None
    scene = case.scene
    with laid_out(scene, place) as folder:
        run = request(scene, place, folder, scene.arguments, case.level)
        root = str(place / "case")
        ended = server.run(dataclasses.replace(run, order=dataclasses.replace(case.order, root=root, shift=0)))[0]
        state, left = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
        faults = []
        for shift in (case.order.shift, 0):
            run = request(scene, place, folder, again(scene), case.level)
            following = server.run(dataclasses.replace(run, order=shim.Order(root, shift=shift)))[0]
            after, lying = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
            if following.code != scene.code:
                faults.append(Fault("crash", f"the next command ends with {following.code}: {said(place)[1][-300:]}"))
            elif after != "new":
                faults.append(Fault("lost", f"after the next command the set is {after}"))
        if lying:
            faults.append(Fault("leak", f"left after two more commands: {', '.join(lying[:4])}"))
        if state == "mixed" and scene.foreign and after == "new":
            state = "between"
        if state == "mixed":
            faults.append(Fault("lost", "the set is mixed"))
        return Verdict(case, ended.code, state, left, tuple(faults), ended.seconds)
