"""How ids are compared: what may differ in how one id is written."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from abtest.engines.folding import FOLDS, Fold
from abtest.grammar.part import Part


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _each_once(folds: list[Fold]) -> list[Fold]:
    return [fold for fold in FOLDS if fold in folds]


class Ids(Part):
    """How ids are compared in all tables."""

    fold: Annotated[list[Fold], BeforeValidator(_listed), AfterValidator(_each_once)] = Field(
        [],
        description="Differences in writing that make no other id: case (A and a), unicode (composed or decomposed, "
        "full width), blanks (of every kind, and characters that nobody sees), zeros (007 and 7), decimal (7.0 and 7, "
        "1.25E+2 and 125).",
        examples=[["case", "blanks"]],
    )
