"""Which HTTP proxy stands between the bot and an address: what the environment says, in the words of every program.

`HTTPS_PROXY` (and `HTTP_PROXY`, `ALL_PROXY`) name it, `NO_PROXY` the hosts that are asked directly.
"""

from __future__ import annotations

from urllib.parse import urlsplit

_SPOKEN = ("http", "https")


def proxy_of(url: str) -> str | None:
    """Name the proxy by which an address is asked, without the user and password there; None where there is none."""
    from requests.utils import get_environ_proxies, select_proxy

    named = select_proxy(url, get_environ_proxies(url))
    if not named:
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def is_spoken(proxy: str) -> bool:
    """Whether the bot can speak with such a proxy: over HTTP or HTTPS, not SOCKS."""
    return urlsplit(proxy).scheme in _SPOKEN
