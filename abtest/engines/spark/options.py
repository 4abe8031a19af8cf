"""What a user may say of Spark: where it runs, and how much of this machine it may use when it runs here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar

from abtest.engines.options import Elsewhere, EngineOptions, Key, Progress, Setting
from abtest.engines.spark.addresses import connect_address, destination, machines

if TYPE_CHECKING:
    from abtest.engines.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark(EngineOptions):
    """Where Spark runs, with `engine: spark`; on this machine when both are absent."""

    name: ClassVar[str] = "spark"
    title: ClassVar[str] = "Spark"
    about: ClassVar[str] = "for data beyond one machine"
    says: ClassVar[str] = "where Spark runs"
    packages: ClassVar[tuple[str, ...]] = ("pyspark",)
    has_catalogue: ClassVar[bool] = True

    master: Annotated[
        str | None,
        Setting(
            "spark-master",
            "Master URL, such as spark://host:7077.",
            "the definition's, else this machine",
            key=Key("Master URL of a cluster.", examples=("spark://host:7077", "yarn")),
        ),
    ] = None
    remote: Annotated[
        str | None,
        Setting(
            "spark-remote",
            "Spark Connect address, such as sc://host:15002.",
            "the definition's",
            key=Key(
                "Address of a Spark Connect server; a token belongs on the command line, not in a file.",
                examples=("sc://host:15002",),
                check=connect_address,
                pattern=r"^\s*sc://.*\S",
            ),
        ),
    ] = field(default=None, repr=False)  # it may hold a token

    def open(self, progress: Progress | None = None) -> "Engine":
        """Start, find or connect to Spark; the caller closes it."""
        from abtest.engines.spark.application import Application

        return Application(master=self.master, remote=self.remote, limits=self.limits, progress=progress)

    def elsewhere(self) -> Elsewhere | None:
        """Return the machines of a cluster or a Connect server; ``None`` for this machine."""
        found = destination(self.master, self.remote)
        return Elsewhere("remote" if self.remote else "master", found.machines) if found.machines else None

    @classmethod
    def machines(cls, address: str) -> tuple[str, ...]:
        """Return the machines behind an address of a master or of a Connect server."""
        return machines(address)

    @classmethod
    def misfit(cls, said: Mapping[str, object]) -> tuple[str, str] | None:
        """Return that of two places one is too many."""
        if len(said) < 2:
            return None
        return "remote", "Spark runs in one place; remove `master` or `remote`"

    @classmethod
    def functions(cls) -> str:
        """Return the functions that each session is given."""
        from abtest.engines.spark.sql import create_functions

        created = ";\n".join(create_functions().values())
        return f"-- Functions that Spark is given; it reads names in backticks, and $name as a parameter\n{created};\n"
