"""Files that vanish, shrink, grow or are replaced while a command reads them, at points all over the run.

What comes out must be what the files said before, or what they say afterwards, whole; or an error and the old set.
"""

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.torture import shim
from tests.torture.cases import Bench, Case, Fault, Server, Verdict, laid_out, request, said
from tests.torture.mischief import WAYS, do
from tests.torture.scenes import Scene, Snapshot, snapshot

READING = ("open-read", "read", "stat", "map")


@dataclass(frozen=True)
class Change:
    """A case in which ``way`` is done to ``file`` at one point of the run; ``other`` is the file whose content
    it may get."""

    case: Case
    way: str
    file: str
    other: Path


def changes(bench: Bench, scenes: Sequence[Scene], other: Path, points: int) -> Iterator[Change]:
    """Yield changes for each input of the scenes, at so many points of the run. ``other`` holds other data."""
    for scene in scenes:
        files = sorted(path.name for path in scene.folder.iterdir() if path.is_file() and (other / path.name).exists())
        if scene.arguments[0] == "report":
            files = ["results.json"]
        calls = len(bench.trace(scene, "counting", READING))
        for file in files:
            for way in WAYS:
                for place in sorted({1 + step * (calls - 1) // max(points - 1, 1) for step in range(points)}):
                    order = shim.Order("", READING, "pause", place, place)
                    case = Case(scene, f"{file} {way} before call {place}", order, level="counting")
                    yield Change(case, way, file, other / file)


def changed(change: Change, server: Server, place: Path) -> Verdict:
    """Try a change and judge what comes of it."""
    case, scene = change.case, change.case.scene
    assert case.order is not None
    with laid_out(scene, place) as folder:
        run = dataclasses.replace(
            request(scene, place, folder, scene.arguments, case.level),
            order=dataclasses.replace(case.order, root=str(place / "case")),
            mischief=(change.way, str(folder / change.file), str(change.other)),
        )
        ended = server.run(run)[0]
        _, err = said(place)
        there, faults = _output(scene, snapshot(folder)), []
        old = _output(scene, scene.old)
        new = there == _output(scene, scene.new) or (there != old and there == _afterwards(change, server, place))
        state = "old" if there == old else "new" if new else "mixed"
        if ended.code is None:
            faults.append(Fault("hang", f"hung: {err[-300:]}"))
        elif ended.code not in {0, 2, 3, 4} or "Traceback" in err:
            faults.append(Fault("crash", f"exit code {ended.code}: {err[-300:]}"))
        if state == "mixed":
            faults.append(Fault("lost", f"what came out is of no state of the files: code {ended.code}, {err[-300:]}"))
        if ended.code in {2, 3} and there != old:
            faults.append(Fault("untrue", f"exit code {ended.code}, but the output is not the old one"))
        if ended.code in {0, 4} and there == old != _afterwards(change, server, place):
            faults.append(Fault("untrue", "says that all is done, but the output is the old one"))
        lying = [*(place / "case" / "tmp").iterdir(), *folder.glob("**/.abtest*")]
        if lying:
            faults.append(Fault("leak", f"left: {lying[0].name}"))
        return Verdict(case, ended.code, state, (), tuple(faults), ended.seconds, err[-2000:])


def _afterwards(change: Change, server: Server, place: Path) -> Snapshot | None:
    """Return what comes out where the file is changed before the command starts; ``None`` where that is an error."""
    scene, work = change.case.scene, place / "case" / "afterwards"
    shutil.copytree(scene.folder, work)
    do((change.way, str(work / change.file), str(change.other)))
    ended = server.run(request(scene, place, work, scene.arguments, "counting"))[0]
    found = _output(scene, snapshot(work))
    shutil.rmtree(work)
    return found if ended.code in {0, 4} else None


def _output(scene: Scene, found: Snapshot) -> Snapshot:
    return {name: each for name, each in found.items() if name == scene.output or name.startswith(scene.output + "/")}
