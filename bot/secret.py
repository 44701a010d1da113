"""Secrets of the configuration."""

from __future__ import annotations

from typing import Any, Self

from pydantic import SecretStr


class Secret(SecretStr):
    """A secret that is told by `get_secret_value` alone: text shows stars in its place, and so does a pickle.

    What is dumped of a configuration, sent to another process or kept, therefore has none. A copy is itself.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ("**********",)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self
