"""What a user may say of DuckDB: how much of this machine it may use."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from abtest.engines.options import EngineOptions, Progress

if TYPE_CHECKING:
    from abtest.engines.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDB(EngineOptions):
    """DuckDB, embedded: it runs inside this process, and nowhere else."""

    name: ClassVar[str] = "duckdb"
    title: ClassVar[str] = "DuckDB"
    about: ClassVar[str] = "embedded"
    packages: ClassVar[tuple[str, ...]] = ("duckdb",)

    def open(self, progress: Progress | None = None) -> "Engine":
        """Open a database in memory; the caller closes it."""
        from abtest.engines.duckdb.database import Database

        return Database(progress=progress, limits=self.limits)

    def parquet_fault(self, path: Path) -> str | None:
        """Compare the values of a file with the statistics in its footer."""
        from abtest.engines.duckdb.statistics import fault_of

        return fault_of(path, self.limits)

    @classmethod
    def functions(cls) -> str:
        """Return the macros that each database is given."""
        from abtest.engines.duckdb.database import MACROS

        return f"-- Functions that DuckDB lends from Spark's vocabulary, and the readers of text columns\n{MACROS}"
