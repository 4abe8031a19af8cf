"""Calls that fail, one after the other: once, from then on, and with everything else from then on."""

import errno
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.torture import shim
from tests.torture.cases import LARGE, Bench, Case
from tests.torture.scenes import Scene
from tests.torture.seam import SeamOrder

ERRORS = {
    "open-read": (errno.EMFILE, errno.EACCES),
    "open-write": (errno.ENOSPC, errno.EACCES),
    "read": (errno.EIO,),
    "write": (errno.ENOSPC, errno.EIO),
    "rename": (errno.EACCES, errno.EIO),
    "link": (errno.EPERM, errno.EIO),
    "sync": (errno.EIO, errno.ENOSPC),
    "mkdir": (errno.ENOSPC, errno.EACCES),
    "unlink": (errno.EACCES, errno.EBUSY),
    "resize": (errno.ENOSPC,),
    "close": (errno.EIO,),
    "lock": (errno.ENOLCK, errno.EIO),
    "stat": (errno.EACCES, errno.EIO),
    "list": (errno.EMFILE, errno.EACCES),
    "map": (errno.ENOMEM,),
    "thread": (errno.EAGAIN,),
    "memory": (errno.ENOMEM,),
    "mode": (errno.EPERM,),
}
SEAM_ERRORS = {
    "open": (errno.ENOSPC, errno.EMFILE),
    "write": (errno.ENOSPC,),
    "fsync": (errno.EIO,),
    "chmod": (errno.EPERM,),
    "rename": (errno.EACCES, errno.EXDEV),
    "rename_new": (errno.EACCES, errno.EINVAL),
    "exchange": (errno.EACCES, errno.EINVAL),
    "link": (errno.EPERM,),
    "mkdir": (errno.ENOSPC,),
    "unlink": (errno.EACCES,),
    "rmdir": (errno.EACCES,),
    "stat": (errno.EACCES,),
    "scan": (errno.EACCES,),
    "read": (errno.EIO,),
    "open_folder": (errno.EMFILE, errno.EACCES),
    "lock": (errno.ENOLCK,),
}


def every_call(
    bench: Bench,
    scenes: Sequence[Scene],
    *,
    kinds: tuple[str, ...] = shim.FILES,
    level: str = "publishing",
    poor: bool = False,
    ways: Sequence[str] = ("once", "from then on", "with all else"),
) -> Iterator[Case]:
    """Yield a case for every call of every scene, each error it may give, and each way in which it lasts."""
    for scene in scenes:
        numbers: Counter[str] = Counter()
        for place, line in enumerate(bench.trace(scene, level, kinds, poor=poor), 1):
            kind = line.split()[0]
            numbers[kind] += 1
            for error in ERRORS[kind]:
                for way in ways:
                    if way == "with all else" and error != ERRORS[kind][-1]:
                        continue
                    alone = way != "with all else"
                    first = numbers[kind] if alone else place
                    yield Case(
                        scene,
                        f"{kind} {first} fails {way} with {errno.errorcode[error]}: {_tail(line)}",
                        shim.Order(
                            "",
                            (kind,) if alone else kinds,
                            "fail",
                            first,
                            first if way == "once" else shim.NEVER,
                            error if alone else errno.EIO,
                            memory=LARGE,
                            poor=poor,
                        ),
                        level=level,
                        lasting=way != "once",
                        may_abort=kind in {"memory", "thread"},
                    )


def every_call_at_the_seam(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield the like for the calls that publishing makes through its own seam."""
    for scene in scenes:
        numbers: Counter[str] = Counter()
        for line in bench.seam_trace(scene):
            name = line.split()[0]
            numbers[name] += 1
            for error in SEAM_ERRORS.get(name, (errno.EIO,)):
                for way in ("once", "from then on"):
                    first, last = numbers[name], numbers[name] if way == "once" else shim.NEVER
                    label = f"seam {name} {first} fails {way} with {errno.errorcode[error]}: {_tail(line)}"
                    order = SeamOrder((name,), first, last, error)
                    yield Case(scene, label, seam=order, lasting=way != "once")


def odd_but_allowed(bench: Bench, scenes: Sequence[Scene]) -> Iterator[Case]:
    """Yield cases in which a read or write moves fewer bytes than asked, as systems may: it must not matter."""
    for scene in scenes:
        for kind in ("read", "write"):
            calls = len(bench.trace(scene, "publishing", (kind,)))
            for place in range(1, calls + 1):
                for last in (place, shim.NEVER):
                    order = shim.Order("", (kind,), "short", place, last)
                    yield Case(scene, f"{kind} {place} is short", order, succeeds=True)


def _tail(line: str) -> str:
    return line.partition("/case/")[2] or line.partition(" ")[2]
