"""Processes of their own, killed by ``strace`` before a system call, whatever makes it.

Slow, so only the calls that change names are tried. What the shim may have missed shows here.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.torture.cases import ROOT, Bench, Case, Fault, Server, Verdict, difference, laid_out, request, seen
from tests.torture.scenes import Scene, again, snapshot

CALLS = "rename,renameat,renameat2,link,linkat,mkdir,mkdirat,unlink,unlinkat,rmdir,fsync,fdatasync,ftruncate"
PATIENCE = 120


def missing() -> str | None:
    """Return why this cannot be done here, or ``None``."""
    if shutil.which("strace") is None:
        return "needs strace"
    probe = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "strace may not trace here" if probe.returncode else None


def before_every_name(bench: Bench, scenes: Sequence[Scene], step: int) -> Iterator[Case]:
    """Yield a case for every ``step``-th system call that changes a name in the scene's folder."""
    for scene in scenes:
        place = bench.place("strace")
        with laid_out(scene, place) as folder:
            _run(scene, place, folder, [])
            calls = len(re.findall(r"^\d+ +\w+\(", (place / "notes" / "calls").read_text(), re.MULTILINE))
        for number in range(1, calls + 1, step):
            yield Case(scene, f"{number}", signal=9)


def killed(case: Case, server: Server, place: Path) -> Verdict:
    """Try a case and judge it; the next command is run by the server."""
    scene = case.scene
    with laid_out(scene, place) as folder:
        code = _run(scene, place, folder, ["-e", f"inject={CALLS}:signal=KILL:when={case.label}"])
        state, left = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
        # A process of its own draws the report; the next one does, too, and then the sets are compared by their names.
        following = server.run(request(scene, place, folder, again(scene), "whole"))[0]
        after, lying = seen(scene, snapshot(folder), snapshot(place / "case" / "tmp"))
        faults = []
        if state == "mixed" and after == "new" and scene.foreign:
            state = "between"
        if state == "mixed":
            faults.append(Fault("lost", f"the set is mixed: {difference(scene, folder)}"))
        if following.code != scene.code or after != "new":
            faults.append(Fault("lost", f"the next command ends with {following.code}, and the set is {after}"))
        if lying:
            faults.append(Fault("leak", f"left after the next command: {', '.join(lying[:4])}"))
        return Verdict(case, code, state, left, tuple(faults))


def _run(scene: Scene, place: Path, folder: Path, inject: list[str]) -> int:
    """Run a scene's command under strace and return its exit code as Python has it."""
    environment = {key: text for key, text in os.environ.items() if key != "LD_PRELOAD"}
    environment |= {
        "TMPDIR": str(place / "case" / "tmp"),
        "SOURCE_DATE_EPOCH": "1777000000",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    # What is below the case's folder is not known to strace, which takes paths as they are: so the calls are not
    # filtered by place. Nothing else changes names, since Python writes no bytecode.
    command = ["strace", "-f", "-qq", "-o", str(place / "notes" / "calls"), "-e", f"trace={CALLS}", *inject]
    command += [sys.executable, "-m", "abtest", *scene.arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode
