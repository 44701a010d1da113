"""Mistakes and outages in words for a person, and the exit code that goes with each."""

from __future__ import annotations

from bot.engine.tracker import Denied, Unreachable
from bot.settings import Misconfigured
from bot.store.errors import StoreError, Unfit

FOUND, MISTAKE, UNREACHABLE = 1, 2, 3


def explain(error: Exception) -> tuple[str, int] | None:
    """Give the lines to show and the exit code; None for what is a fault of the bot itself."""
    match error:
        case Misconfigured():
            return str(error), MISTAKE
        case Denied():
            return f"Jira does not let the account in: {error}", MISTAKE
        case Unreachable():
            return f"Jira is unreachable: {error}", UNREACHABLE
        case Unfit():
            return str(error), MISTAKE
        case StoreError():
            return f"the database cannot be used: {error}", UNREACHABLE
        case OSError() if error.filename is not None:
            return f"{error.filename}: {error.strerror}", MISTAKE
        case _:
            return None
