"""The sandbox without a network: a transport that is mounted on a `requests` session."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from bot.sandbox.api import Site
from bot.sandbox.server import request_of


class InProcess(BaseAdapter):
    """Carries a session's requests to a site in this process, and its faults back as `requests` raises them.

    A slow answer takes no time: it raises `ReadTimeout` when it is slower than the timeout asked for.
    """

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer the request. Raises requests' ConnectionError, ReadTimeout or ChunkedEncodingError on faults."""
        body = request.body or b""
        if not isinstance(body, bytes):
            body = str(body).encode()
        url = request.url or ""
        host = url.split("/", 3)[2] if "//" in url else "sandbox.invalid"
        headers = {**{name: str(value) for name, value in request.headers.items()}, "host": host}
        answer = self.site.handle(request_of(request.method or "GET", url, headers, body))
        limit: Any = timeout[1] if isinstance(timeout, tuple) else timeout
        if limit is not None and answer.delay_s > limit:
            raise requests.ReadTimeout(f"no answer within {limit} s", request=request)
        if answer.dropped:
            raise requests.ConnectionError("the connection was dropped", request=request)
        if answer.cut is not None:
            raise requests.exceptions.ChunkedEncodingError("the answer was cut short", request=request)
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.raw = HTTPResponse(body=io.BytesIO(answer.body), status=answer.status, preload_content=False)
        response.encoding = "utf-8"
        response.request = request
        response.url = url
        return response

    def close(self) -> None:
        """Nothing is held open."""
