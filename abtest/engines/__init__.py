"""What answers SQL. An engine is a folder here, and its name in the one list below.

What an engine does for the rest of the house stands in :mod:`engine`; what a user may say of it, in its own class of
:mod:`options`. From Python::

    from abtest.engines import Spark

    abtest.analyze(experiment, engine=Spark(master="spark://host:7077"))
"""

from abtest.engines.duckdb.options import DuckDB
from abtest.engines.options import EngineOptions
from abtest.engines.spark.options import Spark

__all__ = ["ENGINES", "DuckDB", "EngineOptions", "Spark"]

ENGINES: tuple[type[EngineOptions], ...] = (
    DuckDB,
    Spark,
)
"""All engines. The first is embedded: it counts where nobody names one, and reads what lies on this machine."""
