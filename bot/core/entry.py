"""What all of a rulebook's entries are made of: names, reasons, languages, and the model they share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["et", "en", "ru"]
_NOT_A_NAME = "a name has at most 80 characters, no '/' or '@', and no '~' in front"
Word = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s/@~][^/@\n]{0,79}$"),
    Field(json_schema_extra={"patternErrorMessage": _NOT_A_NAME}),
]
"""A permanent name: no slash, no at sign, not starting with a tilde, since it becomes part of a step's key."""


Reason = Annotated[str, StringConstraints(min_length=10, max_length=400)]
Why = Reason | dict[Language, Reason]
"""A rule's reason, which its messages quote: in the desk's language, or in several."""

Names = dict[Language, str]


class Entry(BaseModel):
    """One entry of a rulebook's YAML: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
