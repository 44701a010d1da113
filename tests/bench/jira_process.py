"""A sandbox Jira of so many tickets, in a process of its own: prints its address, ends when its input does."""

from __future__ import annotations

import sys

from desk import loaded
from tickets import issues

from bot.sandbox.server import serve

if __name__ == "__main__":
    with serve(loaded(issues(int(sys.argv[1])))) as sandbox:
        print(sandbox.url, flush=True)
        sys.stdin.read()
