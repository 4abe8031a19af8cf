"""A process that has imported everything, and forks a child for each command: a case takes a tenth of a second.

It reads requests from stdin, a line of JSON each, and answers on stdout. A request is a list of runs: they start at
once, or the others only when the first pauses, and that goes on when they have ended, or wait for it.
"""

import contextlib
import dataclasses
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import abtest
from tests.torture import shim
from tests.torture.mischief import do
from tests.torture.scenes import write_inputs
from tests.torture.seam import SeamOrder
from tests.torture.seam import install as install_seam

HANG = 30.0
"""Seconds after which a command counts as hanging."""
WAITING = 1.5
"""Seconds that commands get to end while another one pauses; some wait for it."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)


@dataclass(frozen=True)
class Run:
    """One run of a command.

    ``cheap`` puts cheap stand-ins where rendering is not the subject. ``mischief`` is done when the order pauses.
    ``file_limit`` is what ``ulimit -f`` sets, in bytes. ``log`` is a file that gets a line for each counted call.
    """

    arguments: tuple[str, ...]
    folder: str
    temporary: str
    out: str
    err: str
    order: shim.Order | None = None
    seam: SeamOrder | None = None
    cheap: bool = False
    mischief: tuple[str, ...] = ()
    file_limit: int | None = None
    memory_limit: int | None = None
    log: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = HANG


@dataclass(frozen=True)
class Ended:
    """How a run ended: ``code`` as a shell in Python has it (negative: by a signal); ``None``: it hung."""

    code: int | None
    seconds: float


def serve(library: str) -> None:
    """Answer requests until stdin ends."""
    _import_everything()
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        runs = [_run(fields) for fields in request["runs"]]
        ended = (_in_the_pause if request["in_the_pause"] else _at_once)(runs, library)
        print(json.dumps([dataclasses.asdict(each) for each in ended]), flush=True)


def _run(fields: dict[str, Any]) -> Run:
    order, seam = fields.pop("order"), fields.pop("seam")
    if order is not None:
        order = shim.Order(**{**order, "kinds": tuple(order["kinds"])})
    if seam is not None:
        seam = SeamOrder(**{**seam, "names": tuple(seam["names"])})
    return Run(**{**fields, "order": order, "seam": seam})


def _at_once(runs: list[Run], library: str) -> list[Ended]:
    began = time.monotonic()
    started = [_start(run, library) for run in runs]
    return [_wait(child, run, began) for child, run in zip(started, runs, strict=True)]


def _in_the_pause(runs: list[Run], library: str) -> list[Ended]:
    began = time.monotonic()
    first = _start(runs[0], library)
    select.select([first.handle, first.reached], [], [], runs[0].patience)
    others = [_start(run, library) for run in runs[1:]]
    deadline = time.monotonic() + WAITING
    for other in others:
        select.select([other.handle], [], [], max(deadline - time.monotonic(), 0))
    ended = [_wait(first, runs[0], began)]
    return ended + [_wait(child, run, began) for child, run in zip(others, runs[1:], strict=True)]


@dataclass(frozen=True)
class _Child:
    process: int
    handle: int
    reached: int
    go: int


def _start(run: Run, library: str) -> _Child:
    here_reached, there_reached = os.pipe()
    there_go, here_go = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(here_reached)
            os.close(here_go)
            _become(run, library, there_reached, there_go)
        except BaseException:  # a fault of these tests; nothing may leave the child
            traceback.print_exc()
        finally:
            os._exit(99)
    os.close(there_reached)
    os.close(there_go)
    return _Child(process, os.pidfd_open(process), here_reached, here_go)


def _wait(child: _Child, run: Run, began: float) -> Ended:
    waiting, code, mischief = [child.handle, child.reached], None, list(run.mischief)
    while True:
        left = began + run.patience - time.monotonic()
        ready = select.select(waiting, [], [], max(left, 0))[0]
        if child.handle in ready:
            code = os.waitstatus_to_exitcode(os.waitpid(child.process, 0)[1])
            break
        if not ready:
            os.kill(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)
            break
        if os.read(child.reached, 1) == b"":
            waiting.remove(child.reached)
        else:
            if mischief:
                do(mischief)
                mischief = []
            with contextlib.suppress(BrokenPipeError):
                os.write(child.go, b"g")
    for descriptor in (child.handle, child.reached, child.go):
        os.close(descriptor)
    return Ended(code, round(time.monotonic() - began, 3))


def _become(run: Run, library: str, reached: int, go: int) -> None:
    """Be the command: as far as it can tell, it was just started."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python starts
    nothing = os.open(os.devnull, os.O_RDONLY)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    out, err = os.open(run.out, flags, 0o600), os.open(run.err, flags, 0o600)
    for source, target in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    log = -1 if run.log is None else os.open(run.log, flags, 0o600)
    os.chdir(run.folder)
    os.environ.update({"TMPDIR": run.temporary, "SOURCE_DATE_EPOCH": "1777000000", **run.environment})
    tempfile.tempdir = None
    # Where the case's own folder fails, Python would take the machine's, out of sight.
    tempfile._candidate_tempdir_list = lambda: [run.temporary, run.folder]  # type: ignore[attr-defined]
    sys.argv = ["abtest", *run.arguments]
    if run.cheap:
        from tests.torture.cheap import install

        install()
    if run.file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (run.file_limit, run.file_limit))
    if run.memory_limit is not None:
        resource.setrlimit(resource.RLIMIT_AS, (run.memory_limit, run.memory_limit))
    if run.seam is not None:
        install_seam(run.seam, log)
    if run.order is not None:
        shim.arm(library, run.order, log=log, reached=reached, go=go)
    from abtest.__main__ import main

    code: object = 1
    try:
        main()
        code = 0
    except SystemExit as leaving:
        code = 0 if leaving.code is None else leaving.code
    except BaseException:  # as the interpreter would
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _import_everything() -> None:
    """Import all that commands import, and let libraries do what they do the first time."""
    for module in pkgutil.walk_packages(abtest.__path__, "abtest."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("typst")
    from abtest.engines.options import Limits
    from abtest.report.drawing.draw import draw  # noqa: F401 - matplotlib comes with it

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, "new")
        experiment, limits = abtest.load(folder / "drip.yaml"), Limits(threads=1)
        analysis = abtest.analyze(experiment, limits=limits)
        # Markdown draws every chart, and leaves the typesetter, whose threads would stay, alone.
        importlib.import_module("abtest.report.formats").rendered(analysis, ["md"], "report")
        abtest.assign(experiment, folder / "drawn.parquet", limits=limits)
        abtest.assign(experiment, folder / "drawn.csv", limits=limits)
        importlib.import_module("abtest.cohorts.run").retention(
            str(folder / "orders.parquet"), unit="customer_id", at="ordered_at", timezone="UTC", limits=limits
        )
    # A thread of the parent's would be missing in its children, which could wait for it for ever.
    threads = os.listdir("/proc/self/task")  # noqa: PTH208
    if len(threads) > 1:
        raise RuntimeError(f"the server of the torture runs has {len(threads)} threads; it must not have more than one")


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    serve(sys.argv[1])
