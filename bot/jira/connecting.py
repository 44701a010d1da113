"""Connections to a Jira that ask, once they are made and before a request goes over them, whether it still may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter


class Connecting(HTTPAdapter):
    """What a session sends by: `made` is called when a connection is made, with what it makes sure of done.

    A host's name is looked up, each of its addresses tried in turn, a proxy and TLS spoken to: each of these may take
    a whole timeout, and urllib3 knows no bound on all of them together. What `made` raises is raised, and the
    connection is closed with nothing of the request sent.
    """

    def __init__(self, made: Callable[[], None]) -> None:
        self._made = made
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Prepare the connections to the site itself."""
        super().init_poolmanager(*args, **more)
        self._ask_in(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Give the connections by way of a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **more)
        if not known:
            self._ask_in(manager)
        return manager

    def _ask_in(self, manager: Any) -> None:
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _asking(pool, self._made) for scheme, pool in pools.items()}


def _asking(pool: Any, made: Callable[[], None]) -> type:
    """A pool of connections as `pool` is one, of which each asks when it is made."""
    plain = pool.ConnectionCls

    def connect(self: Any) -> None:
        plain.connect(self)
        made()

    connection = type(plain.__name__, (plain,), {"connect": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
