"""The configuration: `config.toml`, with environment variables over it. Every mistake at once, with its place.

`PILETIBOT_JIRA__TOKEN` sets `token` of `[jira]`, `PILETIBOT_SITE` sets `site`, and so on.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as VariableError

from bot.core.entries import SiteWord
from bot.core.entry import Word
from bot.core.findings import nearest
from bot.core.retention import Retention
from bot.mail import Tls, address_of, is_address
from bot.secret import Secret
from bot.web.settings import LEAST_TOKEN, Metrics, Web

PREFIX = "PILETIBOT_"
CONFIG = f"{PREFIX}CONFIG"
"""The environment variable that names the configuration's file."""

TOKEN = f"{PREFIX}JIRA__TOKEN"
PASSWORD = f"{PREFIX}MAIL__PASSWORD"
TOKENS = f"{PREFIX}WEB__TOKENS"
METRICS_TOKEN = f"{PREFIX}METRICS__TOKEN"

NAMESPACE = "^[a-z][a-z0-9_]{0,62}$"
"""What the name of a schema of PostgreSQL's may be."""

NOT_SETTINGS = frozenset({CONFIG, f"{PREFIX}SOAK"})
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Misconfigured(Exception):
    """Something an administrator must mend; `problems` says each mistake with its place, and no secret."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Jira(_Section):
    """Where the Jira is and who asks: `user` with an API token (Cloud), or a personal access token alone.

    `former_accounts` are the ids of accounts that the bot had before: comments of theirs with its mark are its own.
    """

    allow_http: bool = False
    url: _Text
    user: _Text | None = None
    token: Secret | None = None
    token_file: Path | None = None
    ca_bundle: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    former_accounts: tuple[_Text, ...] = ()
    requests_per_minute: Annotated[int, Field(ge=30, le=6000)] = 300

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write the address of the Jira, such as https://jira.example.ee")
        if parts.username or parts.password:
            raise ValueError("no name and no password belong in the address; see `user` and `token_file`")
        if parts.scheme == "http" and not info.data.get("allow_http") and not _is_loopback(parts.hostname):
            raise ValueError("http sends the token unencrypted; write https, or set allow_http = true")
        return url.rstrip("/")


class OtherJira(Jira):
    """Another Jira, in whose tickets tier 2 works: it is only looked at."""

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0


class Rules(_Section):
    """The folder of the desk's rulebook; in seconds: how long a change is told ahead, and between two `git pull`."""

    folder: Path
    notice_s: Annotated[int, Field(ge=0, le=7 * 86_400)] = 900
    pull_s: Annotated[int, Field(ge=0, le=86_400)] = 0


class Store(_Section):
    """Where the bot's memory is: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.

    `journal` is the file that knows which letters were begun, which no backup of the database takes back.
    `namespace` is a schema of PostgreSQL's in which the tables are, instead of the server's usual one.
    """

    url: Secret = Secret("sqlite:///piletibot.db")
    namespace: Annotated[str, StringConstraints(pattern=NAMESPACE)] | None = None
    journal: Path | None = None

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: Secret) -> Secret:
        if not re.match(r"(sqlite|postgres(ql)?(\+\w+)?)://", url.get_secret_value()):
            raise ValueError("write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
        return url


class Mail(_Section):
    """The mail server that letters leave by; without `host` there is none. `addresses` give each person theirs."""

    host: _Text | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    tls: Tls = "starttls"
    allow_plain: bool = False
    user: _Text | None = None
    password: Secret | None = None
    password_file: Path | None = None
    ca_bundle: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    size_mb: Annotated[float, Field(gt=0, le=100)] = 10.0
    sender: _Text | None = None
    reply_to: _Text | None = None
    addresses: dict[str, str] = {}
    addresses_file: Path | None = None

    @field_validator("sender", "reply_to")
    @classmethod
    def _is_an_address(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None and not is_address(address_of(text) if info.field_name == "sender" else text):
            raise ValueError("write a mail address, such as piletibot@example.ee")
        return text

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: dict[str, str]) -> dict[str, str]:
        if wrong := [person for person, address in addresses.items() if not is_address(address)]:
            raise ValueError(f"no mail address is written for {', '.join(wrong)}")
        return addresses

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.host is None:
            return self
        if self.sender is None:
            raise ValueError("'sender' is missing: write the address that letters come from")
        if self.tls == "none" and not self.allow_plain and not _is_loopback(self.host):
            raise ValueError("tls = 'none' shows letters to the network; write starttls, or set allow_plain = true")
        if self.user is None and (self.password or self.password_file):
            raise ValueError("'user' is missing: the password is whose?")
        return self


class Imports(_Section):
    """Files of other systems, in place of those that the rulebook names beside itself: calls, and ratings."""

    calls: Path | None = None
    ratings: Path | None = None


class Digest(_Section):
    """The folder into which digests go as files."""

    folder: Path | None = None


class Engine(_Section):
    """How often, in seconds: polls, how far each looks back over the last, and the sweep over all tickets.

    With `workers` this process is one of several that work on one PostgreSQL, with so many parts of cycles in hand at
    once; 0 is a bot that is alone. One that stands still for longer than `lease_s` and twice the time that a request
    may take is taken over from by the others.
    """

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    lease_s: Annotated[int, Field(ge=15, le=3600)] = 180
    poll_s: Annotated[int, Field(ge=5, le=86_400)] = 60
    overlap_s: Annotated[int, Field(ge=0, le=86_400)] = 300
    reconcile_s: Annotated[int, Field(ge=60, le=7 * 86_400)] = 1800


class Heartbeat(_Section):
    """The dead man's signal: a file that is touched, an address that is asked, and what being away may last."""

    file: Path | None = None
    url: Secret | None = None
    ca_bundle: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    away_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: Secret | None) -> Secret | None:
        parts = urlsplit(url.get_secret_value() if url else "https://unset")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write an address, such as https://hc-ping.example/UUID")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("write https: http is only for this machine")
        return url


class Log(_Section):
    """What is logged to standard error, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(BaseSettings):
    """The whole configuration; `site` begins the name of every step for ever (design, "A key is for ever")."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    site: Word
    jira: Jira
    sites: dict[SiteWord, OtherJira] = {}
    rules: Rules
    store: Store = Store()
    mail: Mail = Mail()
    imports: Imports = Imports()
    digest: Digest = Digest()
    engine: Engine = Engine()
    heartbeat: Heartbeat = Heartbeat()
    log: Log = Log()
    retention: Retention = Retention()
    web: Web | None = None
    metrics: Metrics | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment over the file, which comes in as arguments; nothing else counts."""
        return env_settings, init_settings


def load_settings(path: Path) -> Settings:
    """Read the configuration; its relative paths are relative to its file. Raises Misconfigured."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise Misconfigured(
            f"{path}: there is no such configuration; make one with `piletibot init`, "
            f"or name it with --config or {CONFIG}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Misconfigured(f"{path}: it cannot be read: {reason}") from None
    try:
        written = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path}: this is not TOML: {error}") from None
    if isinstance(desks := written.get("desks"), dict):
        named = ", ".join(str(desk) for desk in desks.values())
        raise Misconfigured(f"{path}: this names several desks; name the configuration of one of them: {named}")
    problems = [*_misplaced_secrets(path, text, written), *_unknown_variables()]
    try:
        settings = _beside(Settings(**written), path.resolve().parent)
    except ValidationError as error:
        problems += [_problem(detail, path, text, written) for detail in error.errors(include_url=False)]
        raise Misconfigured(*problems) from None
    except VariableError as error:
        raise Misconfigured(*problems, f"environment: {error}") from None
    bundles = {"jira": settings.jira.ca_bundle, "mail": settings.mail.ca_bundle}
    bundles["heartbeat"] = settings.heartbeat.ca_bundle
    bundles |= {f"sites.{name}": site.ca_bundle for name, site in settings.sites.items()}
    for section, file in bundles.items():
        if file and not file.is_file():
            problems.append(f"{_place(path, text, (*section.split('.'), 'ca_bundle'))}: there is no such file")
    if settings.metrics is not None and settings.metrics.listen is None and settings.engine.workers:
        place = _place(path, text, ("metrics",))
        problems.append(f"{place}: metrics: of several processes each has its own figures; write `listen`")
    elif settings.metrics is not None and settings.metrics.listen is None and settings.web is None:
        place = _place(path, text, ("metrics",))
        problems.append(f"{place}: metrics: there is no page under [web] to be reached at; write `listen`")
    url = settings.store.url.get_secret_value()
    if settings.engine.workers and not url.startswith("postgres"):
        place = _place(path, text, ("engine", "workers"))
        problems.append(f"{place}: several processes work on one PostgreSQL; name it with 'url' under [store]")
    if settings.store.namespace is not None and not url.startswith("postgres"):
        problems.append(f"{_place(path, text, ('store', 'namespace'))}: only PostgreSQL has these")
    elif settings.store.namespace is not None and url.count("options=") > 1:
        problems.append(
            f"{_place(path, text, ('store', 'namespace'))}: with it the address has no options of its own"
        )
    if problems:
        raise Misconfigured(*problems)
    return settings


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML. Raises tomllib.TOMLDecodeError, also for what is nested deeper than Python goes."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("it is nested too deeply") from None


def token_of(jira: Jira, site: str | None = None) -> str:
    """Give the token of the Jira, or of another site, from the environment or else from `token_file`.

    Raises Misconfigured when there is none, or when the file may be read by everybody.
    """
    if jira.token is not None:
        return jira.token.get_secret_value()
    if jira.token_file is None:
        section = "jira" if site is None else f"sites.{site}"
        raise Misconfigured(
            f"no token: set {_token_variable(section)}, or name a file with `token_file` under [{section}]"
        )
    return secret_text(jira.token_file, "token")


def _token_variable(section: str) -> str:
    return f"{PREFIX}{section.upper().replace('.', '__')}__TOKEN"


def password_of(mail: Mail) -> str | None:
    """Give the password of the mail server, as `token_of` gives the token; None where nobody logs in there."""
    if mail.user is None:
        return None
    if mail.password is not None:
        return mail.password.get_secret_value()
    if mail.password_file is None:
        raise Misconfigured(f"no password: set {PASSWORD}, or name a file with `password_file` under [mail]")
    return secret_text(mail.password_file, "password")


def metrics_token_of(metrics: Metrics) -> Secret | None:
    """Give the token that whoever asks for figures must bear, as `token_of` gives Jira's; None without one."""
    if metrics.token is not None:
        return metrics.token
    if metrics.token_file is None:
        return None
    token = secret_text(metrics.token_file, "token")
    if len(token) < LEAST_TOKEN:
        raise Misconfigured(f"{metrics.token_file}: a token has at least {LEAST_TOKEN} characters")
    return Secret(token)


def secret_text(file: Path, what: str) -> str:
    """Read a file that holds a secret.

    Its group may read it, as secrets are handed to services so (0640, 0440); Misconfigured is raised where everybody
    may read it or more than its owner may change it, and for an empty one.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"{file}: the {what} cannot be read: {reason}") from None
    if mode & 0o007:
        raise Misconfigured(f"{file}: everybody may read the {what}; do: chmod 600 {file}")
    if mode & 0o020:
        raise Misconfigured(f"{file}: its group may change the {what}; do: chmod g-w {file}")
    if not secret:
        raise Misconfigured(f"{file}: the file of the {what} is empty")
    return secret


def addresses_of(mail: Mail) -> dict[str, str]:
    """Give everybody's mail address, those of `addresses_file` (TOML: `person = "address"`) under `addresses`.

    Raises Misconfigured for a file that cannot be read or holds anything else; it quotes no address.
    """
    if mail.addresses_file is None:
        return mail.addresses
    file = mail.addresses_file
    try:
        written = read_toml(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f'{file}: this is not TOML, with lines such as person = "address": {error}') from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Misconfigured(f"{file}: the addresses cannot be read: {reason}") from None
    wrong = [person for person, address in written.items() if not isinstance(address, str) or not is_address(address)]
    if wrong:
        raise Misconfigured(f"{file}: no mail address is written for {', '.join(wrong)}")
    return {**written, **mail.addresses}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _beside(settings: Settings, home: Path) -> Settings:
    """Make the paths absolute, those written as relative from `home`."""

    def there(path: Path | None) -> Path | None:
        return None if path is None else home / path.expanduser()

    loaded = os.environ.get("CREDENTIALS_DIRECTORY")

    def secret(path: Path | None) -> Path | None:
        """What systemd loaded for the service under that name (LoadCredential=), before a file beside this one."""
        if path is not None and loaded and path.parent == Path() and (Path(loaded) / path).is_file():
            return Path(loaded) / path
        return there(path)

    url = _store_beside(settings.store.url.get_secret_value(), home)
    if settings.store.namespace is not None and url.startswith("postgres"):
        url = in_namespace(url, settings.store.namespace)
    journal = there(settings.store.journal) or _journal(url, home)
    beat = settings.heartbeat
    jira, rules, store, mail, web = settings.jira, settings.rules, settings.store, settings.mail, settings.web
    metrics = settings.metrics
    files = {"token_file": secret(jira.token_file), "ca_bundle": there(jira.ca_bundle)}
    letters = {name: there(getattr(mail, name)) for name in ("ca_bundle", "addresses_file")}
    letters["password_file"] = secret(mail.password_file)
    return settings.model_copy(
        update={
            "jira": jira.model_copy(update=files),
            "sites": {
                name: site.model_copy(
                    update={"token_file": secret(site.token_file), "ca_bundle": there(site.ca_bundle)}
                )
                for name, site in settings.sites.items()
            },
            "rules": rules.model_copy(update={"folder": there(rules.folder)}),
            "mail": mail.model_copy(update=letters),
            "imports": Imports(calls=there(settings.imports.calls), ratings=there(settings.imports.ratings)),
            "digest": Digest(folder=there(settings.digest.folder)),
            "heartbeat": beat.model_copy(update={"file": there(beat.file), "ca_bundle": there(beat.ca_bundle)}),
            "metrics": metrics and metrics.model_copy(update={"token_file": secret(metrics.token_file)}),
            "web": web and web.model_copy(update={"tokens_file": secret(web.tokens_file)}),
            "store": store.model_copy(update={"url": Secret(url), "journal": journal}),
        }
    )


def in_namespace(url: str, namespace: str) -> str:
    """Write the address of a PostgreSQL database whose tables are in a schema of that name."""
    return f"{url}{'&' if '?' in url else '?'}options=-c%20search_path%3D{namespace}"


def _journal(url: str, home: Path) -> Path | None:
    """Where the journal of letters is by default: beside a SQLite file, else where the service keeps its things."""
    if not url.startswith("sqlite"):
        return Path(os.environ.get("STATE_DIRECTORY", "").partition(":")[0] or home) / "piletibot.letters"
    file = url.partition(":///")[2]
    return None if file in ("", ":memory:") else Path(f"{file}.letters")


def _store_beside(url: str, home: Path) -> str:
    scheme, found, file = url.partition(":///")
    if not found or not scheme.startswith("sqlite") or file in ("", ":memory:"):
        return url
    return f"{scheme}:///{home / file}"


def _misplaced_secrets(path: Path, text: str, written: Mapping[str, Any]) -> Iterator[str]:
    named = written.get("sites")
    sites = {f"sites.{name}": site for name, site in named.items()} if isinstance(named, dict) else {}
    places = [("jira", "token", TOKEN), ("mail", "password", PASSWORD), ("web", "tokens", TOKENS)]
    places.append(("metrics", "token", METRICS_TOKEN))
    places += [(section, "token", _token_variable(section)) for section in sites]
    for section, secret, variable in places:
        found = sites.get(section, written.get(section))
        if isinstance(found, dict) and secret in found:
            place = _place(path, text, (*section.split("."), secret))
            instead = f"set {variable}, or put it into a file named by `{secret}_file`"
            verb = "do" if secret.endswith("s") else "does"
            yield f"{place}: the {secret} {verb} not belong in here; {instead}"


def _unknown_variables() -> Iterator[str]:
    """Give the variables of ours that set nothing; pydantic sees only those inside a known section."""
    for name in sorted(os.environ):
        section = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and name not in NOT_SETTINGS and section not in Settings.model_fields:
            yield f"{name}: this environment variable sets nothing{_meant(section, Settings)}"


def _problem(detail: ErrorDetails, path: Path, text: str, written: Mapping[str, Any]) -> str:
    loc = tuple(str(part) for part in detail["loc"] if part != "[key]")
    place = _variable(loc) or (_place(path, text, loc) if _is_in(written, loc) else str(path))
    key = ".".join(loc)
    match detail["type"]:
        case "extra_forbidden":
            return f"{place}: unknown key '{key}'{_meant(loc[-1], _model(loc[:-1]))}"
        case "missing":
            what = f"the section [{key}]" if len(loc) == 1 and loc[0] != "site" else f"'{key}'"
            return f"{path}: {what} is missing"
        case "string_pattern_mismatch":
            return f"{place}: {key}: a name of at most 80 characters, with no '/' or '@' in it"
        case "value_error":
            return f"{place}: {key}: {detail['ctx']['error']}"
        case _:
            return f"{place}: {key}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _meant(word: str, model: type[BaseModel]) -> str:
    meant = nearest(word, model.model_fields)
    return f"; did you mean '{meant}'?" if meant else f"; there are {', '.join(model.model_fields)}"


def _model(loc: tuple[str, ...]) -> type[BaseModel]:
    if loc[:1] == ("sites",):
        return OtherJira
    field = Settings.model_fields.get(loc[0]) if loc else None
    kinds = get_args(field.annotation) or (field.annotation,) if field else ()
    found = kinds[0] if kinds else None
    return found if isinstance(found, type) and issubclass(found, BaseModel) else Settings


def _is_in(written: object, loc: tuple[str, ...]) -> bool:
    for part in loc:
        if not isinstance(written, dict) or part not in written:
            return False
        written = written[part]
    return True


def _variable(loc: tuple[str, ...]) -> str | None:
    name = PREFIX + "__".join(loc).upper()
    return name if os.environ.get(name) else None


def _place(path: Path, text: str, loc: tuple[str, ...]) -> str:
    """The file and the line of a key; the file alone where the key is written in some rarer way."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w-]+(?:\.[\w-]+)*)\s*]", line):
            section = tuple(header[1].split("."))
            if section == loc:
                return f"{path}:{number}"
        elif (key := re.match(r"\s*([\w-]+)\s*=", line)) and (*section, key[1]) == loc:
            return f"{path}:{number}"
    return str(path)
