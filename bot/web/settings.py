"""The sections `[web]` and `[metrics]` of the configuration: where they listen, and who may look."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from bot.secret import Secret

LEAST_TOKEN = 20
"""How long a token is at least."""

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")]


class Web(BaseModel):
    """The lead's page: where it listens, the names it is reached by, and how people sign in.

    People sign in by the header that a proxy among the `trusted` sets, by a token of their own, or, on this machine
    alone, not at all: then it is `open_to` one person or role.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    listen: _Text = "127.0.0.1:8090"
    hosts: tuple[_Text, ...] = ()
    https: bool = False
    user_header: _HeaderName | None = None
    trusted: tuple[_Text, ...] = ("127.0.0.1", "::1")
    people: dict[str, str] = {}
    tokens: dict[str, Secret] = {}
    tokens_file: Path | None = None
    open_to: _Text | None = None
    session_s: Annotated[int, Field(ge=300, le=7 * 86_400)] = 12 * 3600

    @field_validator("listen")
    @classmethod
    def _is_an_address(cls, listen: str) -> str:
        address(listen)
        return listen

    @field_validator("trusted")
    @classmethod
    def _are_networks(cls, trusted: tuple[str, ...]) -> tuple[str, ...]:
        return _networks(trusted)

    @field_validator("tokens")
    @classmethod
    def _are_long(cls, tokens: dict[str, Secret]) -> dict[str, Secret]:
        if problem := token_problem({person: each.get_secret_value() for person, each in tokens.items()}):
            raise ValueError(problem)
        return tokens

    @model_validator(mode="after")
    def _somebody_may_look(self) -> Self:
        tokens = bool(self.tokens or self.tokens_file)
        if not (self.user_header or tokens or self.open_to):
            raise ValueError(
                "nobody could sign in: name the proxy's `user_header`, or give people `tokens`, "
                'or say open_to = "lead" for everybody on this machine'
            )
        if self.open_to and (self.user_header or tokens):
            raise ValueError("open_to lets everybody in, so that nobody need sign in: leave it out, or the others")
        host, _ = address(self.listen)
        if is_loopback(host):
            return self
        if self.open_to:
            raise ValueError(f"open_to lets everybody in who reaches {self.listen}: listen on 127.0.0.1 alone")
        if tokens and not self.https:
            raise ValueError(
                f"at {self.listen} tokens would cross the network unencrypted: put a proxy with https before it and "
                "say https = true, or listen on 127.0.0.1"
            )
        return self

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose proxies are believed."""
        return tuple(map(ip_network, self.trusted))


class Metrics(BaseModel):
    """Where figures and probes are answered, for machines: at an address of their own, or at the page's.

    Figures are told to the addresses or networks of `allow`, and to who bears the token; without either to this
    machine alone. Probes are answered to everybody. The process counts as dead when no cycle has ended for `live_s`
    seconds, and as not ready when Jira was not reached for `ready_s`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    listen: _Text | None = None
    allow: tuple[_Text, ...] = ()
    token: Secret | None = None
    token_file: Path | None = None
    live_s: Annotated[int, Field(ge=60, le=86_400)] = 1800
    ready_s: Annotated[int, Field(ge=60, le=86_400)] = 900

    @field_validator("listen")
    @classmethod
    def _is_an_address(cls, listen: str | None) -> str | None:
        if listen is not None:
            address(listen)
        return listen

    @field_validator("allow")
    @classmethod
    def _are_networks(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        return _networks(allow)

    @field_validator("token")
    @classmethod
    def _is_long(cls, token: Secret | None) -> Secret | None:
        if token is not None and len(token.get_secret_value()) < LEAST_TOKEN:
            raise ValueError(f"a token has at least {LEAST_TOKEN} characters")
        return token

    @model_validator(mode="after")
    def _is_reached(self) -> Self:
        if self.listen is None and not (self.token or self.token_file):
            raise ValueError(
                "without `listen` figures are at /metrics of the page, which others reach: "
                'name a `token_file`, or say listen = "127.0.0.1:9464"'
            )
        if self.listen is None and self.allow:
            raise ValueError("at the page a proxy may ask for anybody: `allow` counts only with `listen`")
        return self


def _networks(written: tuple[str, ...]) -> tuple[str, ...]:
    for each in written:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError(f"'{each}' is no address or network; write 10.0.0.5 or 10.0.0.0/24") from None
    return written


def address(listen: str) -> tuple[str, int]:
    """Part `HOST:PORT`, an IPv6 address in brackets. Raises ValueError for anything else."""
    host, colon, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        if bare != "localhost":
            ip_address(bare)
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            raise ValueError
        if ":" in bare and bare == host:
            raise ValueError
    except ValueError:
        raise ValueError("write an address of this machine with a port, such as 127.0.0.1:8090") from None
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host == "localhost" or ip_address(host).is_loopback


def token_problem(tokens: Mapping[str, str]) -> str | None:
    """Why these tokens of people cannot be; quotes none of them."""
    short = [person for person, token in tokens.items() if len(token) < LEAST_TOKEN]
    if short:
        return f"a token has at least {LEAST_TOKEN} characters; too short is that of {', '.join(short)}"
    if len(set(tokens.values())) < len(tokens):
        return "each person needs a token of their own, and two are the same"
    return None
