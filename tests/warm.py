"""The command line in processes of their own that need not import everything again.

A server that has imported all of abtest, and run it once, forks a process for each command: a tenth of a second instead
of one or two. What runs is what ``abtest`` runs, with signals, streams, variables and folder of its own, and can be
killed. What depends on how Python starts (flags, variables, what is imported when) is tested with ``real`` ones.

    run = start(["analyze", "drip.yaml"], folder)      # as subprocess.Popen
    done = completed(["validate", "drip.yaml"], folder)   # as subprocess.run
"""

import functools
import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = str(Path(sys.executable).with_name("abtest"))
"""The installed command."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)
_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_")
"""Beginnings of the names of variables that are read when Python starts, and never again."""


class Started:
    """A command that runs; as far as it goes the same as :class:`subprocess.Popen`."""

    def __init__(self, pid: int, place: "tempfile.TemporaryDirectory[str]", end: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._place, self._end = place, end

    def poll(self, timeout: float | None = 0) -> int | None:
        """Return the exit code, ``None`` while it runs."""
        if self.returncode is None and select.select([self._end], [], [], timeout)[0]:
            self.returncode = int(os.read(self._end, 20))
            os.close(self._end)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for the end; return stdout and stderr."""
        if self.poll(timeout) is None:
            raise subprocess.TimeoutExpired("abtest", timeout or 0)
        out, err = (Path(self._place.name, name).read_bytes() for name in ("out", "err"))
        return out, err


def start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, first: str = ""
) -> Started:
    """Start ``abtest`` with arguments in a folder; ``first`` is Python that the process runs before."""
    place = tempfile.TemporaryDirectory(prefix="abtest-warm-")
    os.mkfifo(f"{place.name}/end")
    end = os.open(f"{place.name}/end", os.O_RDONLY | os.O_NONBLOCK)
    request = {
        "arguments": list(map(str, arguments)),
        "folder": str(folder),
        "environment": dict(os.environ if environment is None else environment),
        "place": place.name,
        "first": first,
    }
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return Started(int(server.stdout.readline()), place, end)


def completed(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    real: bool = False,
    timeout: float = 60,
) -> "subprocess.CompletedProcess[bytes]":
    """Run ``abtest`` to its end; ``real``: as the installed command, as where a variable is one that Python starts by.

    Raises :class:`subprocess.TimeoutExpired` after ``timeout`` seconds.
    """
    variables = {**os.environ, **(environment or {})}
    command = [COMMAND, *map(str, arguments)]
    if real or _of_the_start(variables) != _of_the_start(os.environ):
        return subprocess.run(
            command,
            cwd=folder,
            env=variables,
            capture_output=True,
            check=False,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
    run = start(arguments, folder, variables)
    try:
        out, err = run.communicate(timeout)
    except subprocess.TimeoutExpired:
        run.kill()
        raise
    assert run.returncode is not None
    return subprocess.CompletedProcess(command, run.returncode, out, err)


def _of_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_AT_THE_START)}


@functools.cache
def _server() -> "subprocess.Popen[str]":
    """Start the server of this process; it ends with it."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    server = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).resolve())],
        cwd=tempfile.gettempdir(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
    )
    assert server.stdout is not None
    if server.stdout.readline() != "ready\n":
        raise RuntimeError("the server of warm processes did not start")
    return server


def serve() -> None:
    """Answer each request with the id of the process that runs it, until stdin ends."""
    import gc

    import_everything()
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that wait for a command are not waited for
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        here, there = os.pipe()
        if os.fork() == 0:
            try:
                os.close(here)
                _wait_for(request, there)
            finally:
                os._exit(0)
        os.close(there)
        print(os.read(here, 20).decode(), flush=True)
        os.close(here)


def _wait_for(request: dict[str, object], answer: int) -> None:
    """Fork the command, tell its id, and write down how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end = os.open(f"{request['place']}/end", os.O_WRONLY)
    process = os.fork()
    if process == 0:
        os.close(answer)
        os.close(end)
        try:
            _become(request)
        except BaseException:  # a fault of these tests; nothing may go back into the server
            traceback.print_exc()
        finally:
            os._exit(99)
    os.write(answer, str(process).encode())
    os.close(answer)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with suppress(BrokenPipeError):
        os.write(end, str(code).encode())


def _become(request: dict[str, object]) -> None:
    """Be the command: as far as it can tell, it was just started."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # this and the next two: as Python starts
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, err = (os.open(f"{request['place']}/{name}", flags, 0o600) for name in ("out", "err"))
    for source, target in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    time.tzset()
    tempfile.tempdir = None
    sys.argv = ["abtest", *request["arguments"]]  # type: ignore[misc]
    exec(str(request["first"]), {"__name__": "first"})  # noqa: S102 - the test's own
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


def import_everything() -> None:
    """Import all that commands import, and let libraries do what they do the first time."""
    import importlib
    import pkgutil

    import abtest

    for module in pkgutil.walk_packages(abtest.__path__, "abtest."):
        if not module.name.endswith("__main__") and ".spark" not in module.name:
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        units = range(60)
        rows = {
            "customers": ["id,first", *(f"u{unit},2025-05-01T10:00:00Z" for unit in units)],
            "assignments": ["id,arm,at", *(f"u{unit},{'ab'[unit % 2]},2026-03-02T08:00:00Z" for unit in units)],
            "orders": ["id,at", *(f"u{unit},2026-03-{10 + unit % 9}T08:00:00Z" for unit in units if unit % 3)],
        }
        for table, lines in rows.items():
            (folder / f"{table}.csv").write_text("\n".join([*lines, ""]))
        experiment = abtest.load(
            {
                "name": "warm",
                "unit": "id",
                "timezone": "Europe/Helsinki",
                "period": {"start": "2026-03-02", "end": "2026-03-08", "through": "2026-05-01"},
                "arms": [{"name": "a", "control": True}, {"name": "b"}],
                "data": {
                    "customers": {"path": "customers.csv"},
                    "assignments": {"path": "assignments.csv", "at": "at"},
                    "orders": {"path": "orders.csv", "at": "at"},
                },
                "metrics": {
                    "kept": {"type": "retention", "event": "orders", "window": ["7d", "28d"], "role": "primary"}
                },
            },
            folder=folder,
        )
        abtest.analyze(experiment, limits=abtest.Limits(threads=1))
    # The typesetter's threads would stay, so it is only imported; of charts, what takes long is to look for fonts.
    importlib.import_module("typst")
    figure = importlib.import_module("matplotlib.figure").Figure()
    figure.subplots().set_title("fonts")
    figure.savefig(io.BytesIO(), format="svg")
    # A thread of the parent's would be missing in its children, which could wait for it for ever.
    threads = os.listdir("/proc/self/task")  # noqa: PTH208
    if len(threads) > 1:
        raise RuntimeError(f"the server has {len(threads)} threads; it must not have more than one")


if __name__ == "__main__":
    serve()
