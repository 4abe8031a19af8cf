"""The whole chain: definition → moments → :class:`Analysis`."""

import importlib
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from abtest.definition.deciding import deciding
from abtest.definition.load import Experiment
from abtest.definition.lock import compare, lock_of
from abtest.engines.choice import Choice
from abtest.engines.engine import Statement
from abtest.engines.options import EngineOptions, Limits
from abtest.process.seclusion import source_date
from abtest.warehouse.collect import Collector

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis
    from abtest.moments.collected import Collected

Progress = Callable[[str, float | None], None]
_STATISTICS = "abtest.analysis.assemble"


def analyze(
    experiment: Experiment,
    tables: Mapping[str, object] | None = None,
    *,
    progress: Progress | None = None,
    limits: Limits | None = None,
    engine: str | EngineOptions | None = None,
    allow_remote: bool = False,
    verify: Callable[[str], None] | None = None,
) -> "Analysis":
    """Analyse an experiment and return the :class:`~abtest.analysis.result.Analysis`.

    ``tables`` gives pandas, polars or Arrow tables for names under ``data``, in place of their files. ``progress`` is
    called with a label and a share in [0, 1] (or ``None``) while the engine works. ``limits`` bounds what the engine
    uses of this machine. ``engine`` is one of :mod:`abtest.engines`, with what is to be said of where it
    runs, or its name; what is left out is as in the definition. ``allow_remote`` agrees to a definition that names
    another machine, which else the user's settings must list. With
    ``verify`` every file is first read through and compared with its checksums and statistics, and is hashed whole;
    it is called with what could not be noticed (``docs/verify.md``). Raises
    :class:`~abtest.errors.DataError` when the data cannot be read or is not what the definition says.
    """
    source_date()  # before the long work: it refuses a wrong SOURCE_DATE_EPOCH
    lock = lock_of(experiment)  # and this a damaged lock
    asked = Choice.of(engine, limits, allow_remote=allow_remote).resolved(experiment.definition)
    # What the statistics import takes as long as counting a small experiment, and goes on beside it. Not before the
    # long query: each of two threads of Python keeps the other waiting. No daemon: a process must not end amid it.
    statistics = threading.Thread(target=_import_statistics)
    verified = None
    if verify is not None:
        from abtest.warehouse.verifying import verify as read_through

        verified = read_through(experiment, without=tables or (), limits=asked.limits, progress=progress)
        for note in verified.notes:
            verify(note)

    def collect(wanted: Experiment) -> "Collected":
        # The engine is the present definition's, whatever was locked.
        opened = asked.open(progress)
        try:
            collector = Collector(wanted, opened, tables, verified=verified is not None)
            if statistics.ident is None:
                statistics.start()
            return collector.collect()
        finally:
            opened.close()

    collected = collect(experiment)
    answer = None
    if lock is not None and deciding(lock, experiment.definition, compare(lock, experiment)):
        from abtest.analysis.locked import answer_of

        answer = answer_of(experiment, lock, collect)
    if verified is not None:
        verified.require_unchanged()
    from abtest.analysis.assemble import analysis_of

    return analysis_of(experiment, collected, asked.packages, lock=lock, answer=answer)


def _import_statistics() -> None:
    """Import what is needed later. Whatever keeps it from being imported is said there, in the main thread."""
    with suppress(Exception):
        importlib.import_module(_STATISTICS)


def queries(
    experiment: Experiment, tables: Mapping[str, object] | None = None, *, choice: Choice | None = None
) -> list[Statement]:
    """Return the SQL statements that :func:`analyze` runs, in order. Tables are opened; no outcome is computed.

    ``choice`` is the engine; the definition's when absent.
    """
    opened = (choice or Choice()).open(experiment.definition)
    try:
        return Collector(experiment, opened, tables).statements()
    finally:
        opened.close()
