"""A third engine: the embedded one in a thin wrapper, with a part of the YAML, flags and limits of its own.

``python toy_engine.py …`` is abtest with it in the list. Nothing else of abtest is told that it is there.
"""

import sys
from dataclasses import dataclass
from typing import Annotated, ClassVar

import abtest.engines
from abtest.engines import DuckDB, EngineOptions
from abtest.engines.options import Elsewhere, Key, Limits, Setting
from abtest.errors import UsageError


def _shelf(text):
    if not text.startswith("shelf-"):
        raise ValueError("must be a shelf such as shelf-3")
    return text


@dataclass(frozen=True, slots=True)
class ToyLimits(Limits):
    """Limits with one that only the toy has."""

    pieces: Annotated[int | None, Setting("toy-pieces", "Pieces to play with.", "all of them", int)] = None

    def __post_init__(self):
        Limits.__post_init__(self)
        if self.pieces is not None and self.pieces > 12:
            raise UsageError(f"toy pieces: there are 12, not {self.pieces}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy(EngineOptions):
    """Where the toy stands."""

    name: ClassVar[str] = "toy"
    title: ClassVar[str] = "the toy"
    about: ClassVar[str] = "for play"
    says: ClassVar[str] = "where the toy stands"
    packages: ClassVar[tuple[str, ...]] = ("PyYAML",)
    has_catalogue: ClassVar[bool] = True

    shelf: Annotated[
        str | None,
        Setting("toy-shelf", "The shelf.", "the definition's", key=Key("The shelf.", ("shelf-1",), _shelf)),
    ] = None
    friend: Annotated[
        str | None, Setting("toy-friend", "Whose it is.", "the definition's", key=Key("Whose house it is in."))
    ] = None
    limits: ToyLimits = ToyLimits()

    def open(self, progress=None):
        print(f"toy: {self.shelf} {self.limits.pieces} {self.limits.threads}", file=sys.stderr)
        return DuckDB(limits=self.limits).open(progress)

    def elsewhere(self):
        return Elsewhere("friend", (f"toy://{self.friend}",)) if self.friend else None

    @classmethod
    def machines(cls, address):
        return (address,) if address.startswith("toy://") else None

    @classmethod
    def functions(cls):
        return "-- the toy has none"


if __name__ == "__main__":
    abtest.engines.ENGINES = (*abtest.engines.ENGINES, Toy)
    from abtest.__main__ import main

    main()
