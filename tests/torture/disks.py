"""A disk that is full after every kilobyte: by counting bytes, by ``ulimit -f``, and on a small disk of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.torture import shim
from tests.torture.cases import Bench, Case, Server, Verdict, tried
from tests.torture.scenes import Scene

KILOBYTE = 1024
BLOCK = 4096
"""Bytes: a tmpfs gives room in pages."""
LEAST = 4096
"""Bytes: what a command says goes to a file as well, which must not be cut."""
BEYOND = 12_288
"""Bytes beyond the size of a set that are tried, too: what publishing notes for itself takes room."""


def full_after_every_kilobyte(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield cases in which so many bytes can be written, and no more: the last write is cut, as on a real disk."""
    del bench
    for scene in scenes:
        for budget in range(0, _size(scene) + BEYOND, KILOBYTE):
            yield Case(scene, f"disk full after {budget} bytes", shim.Order("", budget=budget), lasting=True)


def files_no_larger_than(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield cases in which no file may be larger than so many kilobytes (``ulimit -f``)."""
    del bench
    for scene in scenes:
        for limit in range(LEAST, _largest(scene) + 2 * KILOBYTE, KILOBYTE):
            yield Case(scene, f"ulimit -f {limit}", file_limit=limit, lasting=True)


def rooms(bench: Bench, scenes: Sequence[Scene]) -> Iterator[tuple[Case, int]]:
    """Yield cases and the bytes of the disk on which each is tried."""
    del bench
    for scene in scenes:
        held = sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in scene.folder.rglob("*") if path.is_file())
        for room in range(BLOCK, _size(scene) + 24 * BLOCK, BLOCK):
            yield Case(scene, f"{room} bytes of room on a small disk", lasting=True), held + room


def on_a_small_disk(sized: tuple[Case, int], server: Server, place: Path) -> Verdict:
    """Try a case on a disk of its own. The next command finds one that is large enough."""
    case, size = sized
    disk = place / "case"
    disk.mkdir(parents=True)

    def enlarge() -> None:
        subprocess.run(["mount", "-o", f"remount,size={size + (64 << 20)}", str(disk)], check=True)

    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)], check=True)
    try:
        return tried(case, server, place, before_the_next=enlarge)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def no_small_disk() -> str | None:
    """Return why no small disk can be had here, or ``None``."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs Linux and the superuser"
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]
    return (
        "mounting is not allowed here" if subprocess.run(probe, capture_output=True, check=False).returncode else None
    )


def _size(scene: Scene) -> int:
    return sum(path.stat().st_size for path in _written(scene))


def _largest(scene: Scene) -> int:
    return max(path.stat().st_size for path in _written(scene))


def _written(scene: Scene) -> list[Path]:
    """Return the files that an undisturbed run of the scene's command has written."""
    output = scene.once / scene.output
    return [output] if output.is_file() else [path for path in output.rglob("*") if path.is_file()]
