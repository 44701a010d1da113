"""What the query language asks of a sandbox: its rows, its fields, and the names it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar


class JqlError(Exception):
    """A query Jira would answer with 400; `messages` are the `errorMessages` of that answer."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages: list[str] = list(messages)


class Row(Protocol):
    """One issue as a query sees it."""

    @property
    def id(self) -> str:
        """The permanent number, in digits."""

    @property
    def key(self) -> str:
        """The present key."""

    @property
    def former_keys(self) -> Sequence[str]:
        """The keys it had before it was moved."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields in REST form, texts as strings, persons with `id` and what else is known of them."""

    @property
    def created_ms(self) -> int:
        """When it was created, in UTC milliseconds."""

    @property
    def updated_ms(self) -> int:
        """When it last changed, in UTC milliseconds."""

    @property
    def resolved_ms(self) -> int | None:
        """When it was resolved, in UTC milliseconds, None while it is not."""


class FieldDef(Protocol):
    """A field that the sandbox has."""

    @property
    def id(self) -> str:
        """The permanent id, `customfield_10201` or a system field's name."""

    @property
    def name(self) -> str:
        """The name people see."""

    @property
    def type(self) -> str:
        """`string`, `text`, `number`, `option`, `array`, `user`, `date` or `datetime`."""


R_co = TypeVar("R_co", bound=Row, covariant=True)


class JqlWorld(Protocol[R_co]):
    """A sandbox as a query sees it; the mappings hold `id` and `name`."""

    @property
    def flavour(self) -> str:
        """`cloud` or `dc`."""

    def rows(self) -> Iterable[R_co]:
        """Give every issue that the searching user may see."""

    def fields(self) -> Sequence[FieldDef]:
        """Give the custom fields; system fields may be among them."""

    def projects(self) -> Sequence[Mapping[str, str]]:
        """Give the projects, with `key`."""

    def statuses(self) -> Sequence[Mapping[str, str]]:
        """Give the statuses, with `category`: `new`, `indeterminate` or `done`."""

    def priorities(self) -> Sequence[Mapping[str, str]]:
        """Give the priorities, most urgent first."""

    def issue_types(self) -> Sequence[Mapping[str, str]]:
        """Give the types of issue."""

    def user_exists(self, ref: str) -> bool:
        """Tell whether `ref` (account id, name, key or address) is a user's."""
