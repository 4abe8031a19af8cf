"""What all parts of the definition's model share."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a definition: immutable and closed, so a misspelt key is an error and not a silent default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        arbitrary_types_allowed=True,
        # Parts are checked as parts of a definition, whose validator holds theirs: none of their own need be built.
        defer_build=True,
    )
