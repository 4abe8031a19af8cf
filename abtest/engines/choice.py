"""The engines by name. Each is imported only when it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abtest.engines.engine import Engine, Limits
from abtest.engines.remote import destination, require_allowed
from abtest.errors import UsageError

if TYPE_CHECKING:
    from abtest.definition.model import Definition

ENGINES = ("duckdb", "spark")
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, where it runs and what it may use, as a caller asks for it.

    What is ``None`` is the definition's to say, and what a definition does not say is DuckDB on this machine. Where
    Spark runs on another machine, the definition's word alone does not do: the caller agrees to it with
    ``allow_remote``, or the user's settings list the machine.
    """

    engine: str | None = None
    master: str | None = None
    remote: str | None = None
    limits: Limits | None = None
    allow_remote: bool = False

    def open(self, definition: "Definition", progress: Progress | None = None) -> Engine:
        """Open the engine for a definition; the caller closes it. Raises as :func:`open_engine` does."""
        name = self.engine or definition.engine or "duckdb"
        master, remote = self.master, self.remote
        if name == "spark" and not (master or remote):
            # Spark runs in one place: where the caller names one, that of the definition does not count.
            master, remote = definition.spark.master, definition.spark.remote
            if not self.allow_remote:
                require_allowed(destination(master, remote), key="spark.remote" if remote else "spark.master")
        return open_engine(name, master=master, remote=remote, limits=self.limits, progress=progress)


def open_engine(
    name: str = "duckdb",
    *,
    master: str | None = None,
    remote: str | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Engine:
    """Open the engine ``name``; the caller closes it.

    ``master`` and ``remote`` say where Spark runs: a master URL (``spark://host:7077``, ``local[4]``, ``yarn``) or a
    Spark Connect address (``sc://host:15002``). ``limits`` bound what an engine uses of this machine; a cluster has its
    own. ``progress`` is called with a label and a share in [0, 1] or ``None``.
    Raises :class:`~abtest.errors.UsageError` for an unknown name, or when what the engine needs is not installed, and
    :class:`~abtest.errors.DataError` when the cluster cannot be reached.
    """
    if name == "spark":
        from abtest.engines.spark.application import SparkEngine

        return SparkEngine(master=master, remote=remote, limits=limits, progress=progress)
    if name != "duckdb":
        raise UsageError(f"engine: {name!r} is none; known: {', '.join(ENGINES)}")
    if master or remote:
        raise UsageError(
            "spark: master and remote say where Spark runs, but the engine is duckdb; choose the spark engine "
            "(--engine spark)"
        )
    from abtest.engines.duckdb.database import DuckDB

    return DuckDB(progress=progress, limits=limits)
