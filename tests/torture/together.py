"""Several commands at once that write to one place, each from other data; and commands beside those that read."""

import dataclasses
import json
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.torture import shim
from tests.torture.cases import Bench, Case, Fault, Server, Verdict, laid_out, request, said
from tests.torture.scenes import Scene, Snapshot, snapshot

_Set = tuple[tuple[str, ...], Snapshot]
YEARS = 10 * 365 * 86_400


@dataclass(frozen=True)
class Crowd:
    """Runs of one command at once. ``sets`` holds each one's arguments, and the set that it makes when alone."""

    scene: Scene
    label: str
    sets: Sequence[_Set]
    pause: int = 0
    shifts: tuple[int, ...] = ()
    reader: bool = False


def crowds(bench: Bench, scenes: Sequence[Scene], rounds: Mapping[int, int]) -> Iterator[Crowd]:
    """Yield crowds for the commands: ``rounds`` says how often so many run at once."""
    for scene, sets in _several(bench, scenes, max(rounds)):
        for many, times in rounds.items():
            for number in range(times):
                yield Crowd(scene, f"{many} at once, round {number}", sets[:many], reader=number % 2 == 0)


def pauses(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Crowd]:
    """Yield crowds in which one run stops before a call that writes, and another runs meanwhile.

    In every third, the clock of the other is years ahead: it must not take the first for dead.
    """
    for scene, sets in _several(bench, scenes, 2):
        for place in range(1, len(bench.trace(scene, "publishing", shim.WRITING)) + 1):
            shift = YEARS if place % 3 == 0 else 0
            yield Crowd(scene, f"another in the pause before call {place}", sets, place, (0, shift))


def _several(bench: Bench, scenes: Sequence[Scene], many: int) -> Iterator[tuple[Scene, list[_Set]]]:
    """Yield the scenes whose data can differ, each with so many data, and what each makes of the scene, run alone."""
    for scene in scenes:
        if scene.arguments[0] not in {"report", "simulate", "assign", "lock"} or "in place" in scene.name:
            continue
        folder = bench.place("crowd")
        shutil.copytree(scene.folder, folder)
        there = dataclasses.replace(scene, folder=folder, stored=None)
        arguments = [_other(there, number) for number in range(many)]
        yield dataclasses.replace(there, old=snapshot(folder)), [_alone(bench, there, each) for each in arguments]


def _alone(bench: Bench, scene: Scene, arguments: tuple[str, ...]) -> _Set:
    place = bench.place("alone")
    shutil.copytree(scene.folder, place)
    bench.undisturbed(dataclasses.replace(scene, arguments=arguments), place)
    return arguments, _output(scene, snapshot(place))


def _other(scene: Scene, number: int) -> tuple[str, ...]:
    """Return the arguments of the scene's command with other data, which is written beside the scene's own."""
    command, *rest = scene.arguments
    if command == "report":
        results = json.loads((scene.folder / "results.json").read_text())
        results["experiment"]["title"] = f"Run {number}"
        (scene.folder / f"results-{number}.json").write_text(json.dumps(results))
        return ("report", f"results-{number}.json", "-o", "out")
    forced = [part for part in rest if part != "--force"]
    if command == "simulate":
        return (command, *forced, "--seed", str(100 + number), "--force")
    text = (scene.folder / "drip.yaml").read_text()
    changed = text.replace("cadence: 14d", f"cadence: {14 + number}d") + f"assignment: {{salt: salt-{number}}}\n"
    (scene.folder / f"drip-{number}.yaml").write_text(changed)
    output = () if "-o" in forced else ("-o", scene.output)
    return (command, f"drip-{number}.yaml", *forced[1:], *output, "--force")


def _output(scene: Scene, found: Snapshot) -> Snapshot:
    """Return the part of what is found that lies where the scene's command writes."""
    own = {scene.output, f"{scene.output}.manifest.json"}
    return {name: each for name, each in found.items() if name in own or name.startswith(scene.output + "/")}


def crowded(crowd: Crowd, server: Server, place: Path) -> Verdict:
    """Let a crowd run, and judge what it leaves."""
    scene = crowd.scene
    with laid_out(scene, place) as folder:
        runs = []
        for number, (arguments, _) in enumerate(crowd.sets):
            shift = crowd.shifts[number] if crowd.shifts else 0
            paused = number == 0 and crowd.pause > 0
            order = shim.Order(
                str(place / "case"),
                shim.WRITING,
                "pause" if paused else "count",
                crowd.pause,
                crowd.pause,
                shift=shift,
            )
            run = request(scene, place, folder, arguments, "publishing")
            out, err = (str(place / "notes" / f"{name}-{number}") for name in ("out", "err"))
            runs.append(dataclasses.replace(run, order=order, out=out, err=err))
        watch = _Watch(folder / scene.output, [each for _, each in crowd.sets], _output(scene, scene.old))
        if crowd.reader:
            watch.start()
        ended = server.run(*runs, in_the_pause=crowd.pause > 0)
        faults = list(watch.stop()) if crowd.reader else []
        errors = [(place / "notes" / f"err-{number}").read_text(errors="replace") for number in range(len(runs))]
        whole = [known for _, known in crowd.sets]
        for each, err in zip(ended, errors, strict=True):
            if each.code is None:
                faults.append(Fault("hang", f"hung: {err[-300:]}"))
            elif each.code not in {0, 2} or "Traceback" in err:
                faults.append(Fault("crash", f"exit code {each.code}: {err[-300:]}"))
        there = _output(scene, snapshot(folder))
        state = "new" if there in whole else "old" if there == _output(scene, scene.old) else "mixed"
        left = tuple(sorted({*snapshot(folder)} - {*scene.old} - {name for known in whole for name in known}))
        if not any(each.code == 0 for each in ended):
            faults.append(Fault("crash", f"none of them succeeded: {errors[0][-200:]}"))
        elif state != "new" and not left:
            faults.append(Fault("lost", f"the set is of none of them: {_unlike(there, whole)}"))
        # Alone again, it must succeed; and then nothing else is left.
        following = server.run(request(scene, place, folder, crowd.sets[0][0], "publishing"))
        if following[0].code != 0:
            faults.append(Fault("crash", f"the next command ends with {following[0].code}: {said(place)[1][-300:]}"))
        elif _output(scene, snapshot(folder)) != whole[0]:
            faults.append(
                Fault("lost", f"then the set is not whole: {_unlike(_output(scene, snapshot(folder)), whole[:1])}")
            )
        lying = {*snapshot(folder)} - {*scene.old} - {*whole[0]}
        if lying or [*(place / "case" / "tmp").iterdir()]:
            faults.append(Fault("leak", f"left after the next command: {', '.join(sorted(lying)[:4])}"))
        case = Case(scene, crowd.label)
        return Verdict(case, ended[0].code, state, left, tuple(faults), ended[0].seconds, "; ".join(errors)[-2000:])


def _unlike(there: Snapshot, whole: Sequence[Snapshot]) -> str:
    nearest = min(whole, key=lambda known: len({*known.items()} ^ {*there.items()}))
    return ", ".join(sorted({name for name, _ in {*nearest.items()} ^ {*there.items()}})[:6])


class _Watch:
    """Reads every file of an output over and over, as a colleague's viewer does, and notes what is not whole."""

    def __init__(self, output: Path, sets: Sequence[Snapshot], old: Snapshot) -> None:
        self._output = output
        self._known = {each for known in [*sets, old] for each in known.values()}
        self._vouched = output / "results.json" if f"{output.name}/results.json" in old else None
        self._faults: list[Fault] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> list[Fault]:
        self._ends.set()
        self._thread.join()
        return self._faults[:1]

    def _read(self) -> None:
        while not self._ends.wait(0.001):
            if self._vouched is not None and not self._vouched.exists():
                self._faults.append(Fault("lost", "a reader finds no results.json where there always was one"))
            try:
                found = snapshot(self._output) if self._output.is_dir() else snapshot_of(self._output)
            except (FileNotFoundError, NotADirectoryError):
                continue  # a folder that is swapped away while it is read
            torn = [name for name, each in found.items() if each not in self._known and ".abtest" not in name]
            if torn:
                self._faults.append(Fault("lost", f"a reader finds {torn[0]} half-written"))


def snapshot_of(file: Path) -> Snapshot:
    """Return the snapshot of one file."""
    return {name: each for name, each in snapshot(file.parent).items() if name == file.name}
