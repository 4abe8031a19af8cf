"""The part of a definition that names databases: the driver, and where the address stands; never the address itself."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from abtest.grammar.fields import Number, Text
from abtest.grammar.part import Part

_DRIVER = re.compile(r"[a-z][a-z0-9_]{0,40}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_LONGEST = 86_400


def _driver(value: str) -> str:
    if not _DRIVER.fullmatch(value) or value == "manager":
        raise ValueError("must be the name of an ADBC driver such as postgresql, sqlite or snowflake")
    return value


def _variable(value: str) -> str:
    if "://" in value or not _VARIABLE.fullmatch(value):
        raise ValueError(
            "must be the name of an environment variable such as SHOP_URL; the address itself does not stand in a "
            "definition, since it may hold a password"
        )
    return value


def _seconds(value: float) -> float:
    if not 0 < value <= _LONGEST:
        raise ValueError(f"must be seconds, more than 0 and at most {_LONGEST}")
    return value


class Address(Part):
    """Where the address of a database stands."""

    env: Annotated[Text, AfterValidator(_variable)] | None = Field(
        None, description="The environment variable that holds the address.", examples=["SHOP_URL"]
    )
    file: Text | None = Field(
        None, description="A file that holds the address in one line.", examples=["/run/secrets/shop_url"]
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("needs `env` or `file`, one of them: where the address of the database stands")
        return self


class Database(Part):
    """A database that tables are read from."""

    driver: Annotated[Text, AfterValidator(_driver)] = Field(
        description="The ADBC driver: postgresql, sqlite, or any other that is installed.",
        examples=["postgresql", "sqlite"],
    )
    uri: Address | None = Field(
        None, description="Where the address stands: an environment variable or a file.", examples=[{"env": "SHOP_URL"}]
    )
    path: Text | None = Field(
        None, description="With sqlite: the file of the database, relative to the definition.", examples=["shop.db"]
    )
    timeout: Annotated[Number, AfterValidator(_seconds)] = Field(
        600.0,
        description="Seconds that one question may take.",
        examples=[60],
        json_schema_extra={"exclusiveMinimum": 0, "maximum": _LONGEST},
    )

    @model_validator(mode="after")
    def _reached(self) -> Self:
        if self.driver == "sqlite" and (self.path is None or self.uri is not None):
            raise ValueError("sqlite needs `path`, the file of the database, and no `uri`")
        if self.driver != "sqlite" and (self.uri is None or self.path is not None):
            raise ValueError("needs `uri`: {env: …} or {file: …}, where the address stands; `path` is for sqlite")
        return self
