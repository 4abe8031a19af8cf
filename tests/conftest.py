"""What all tests need."""

import os
import signal
import threading
from pathlib import Path

from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A shell starts jobs in the background with SIGINT and SIGQUIT ignored, nohup with SIGHUP, and what they start inherits
# that. Tests send all three.
if threading.current_thread() is threading.main_thread():
    for name in ("SIGINT", "SIGQUIT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)

# Drawn examples are the same in every run: a change is judged by what it changes. ABTEST_RANDOM=1 draws new ones.
# How long one takes is no claim of these tests: a busy machine takes as long as it takes.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("random", print_blob=True, deadline=None)
settings.load_profile("random" if os.environ.get("ABTEST_RANDOM") else "same")

# What takes longest begins first, so that no processor waits for another at the end; and what forks begins before all,
# since a process that has run other tests is large, and takes ten times as long to fork.
_FIRST = (
    "process",
    "robustness/test_killed",
    "warehouse/test_spark",
    "robustness",
    "torture",
    "privacy",
    "docs",
    "warehouse",
)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent

    def place(item):
        name = item.path.relative_to(here).as_posix() if item.path.is_relative_to(here) else ""
        return next((rank for rank, beginning in enumerate(_FIRST) if name.startswith(beginning)), len(_FIRST))

    items.sort(key=place)


class OneSpark(LoadFileScheduling):
    """One worker for all tests of Spark, which starts once and becomes quick with use; else one for each file."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return "spark" if "/test_spark" in file or "_on_spark" in file else file


def pytest_xdist_make_scheduler(config, log):
    return OneSpark(config, log)
