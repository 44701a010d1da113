"""How far a backtest is, on standard error where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Tell = Callable[[str, int], None]
"""Is told of a stage, and how much more of it is done."""

Show = Callable[[str, int | None], Tell]
"""Makes what is told of a piece of work, by its name and how much there is to its first stage, if that is known."""


_SAID = {"judge": "judging", "arrange": "arranging"}


@contextmanager
def bars() -> Iterator[Show]:
    """Show a bar for each stage of each piece of work; nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda name, total: lambda stage, more: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    with shown as progress:

        def show(name: str, total: int | None) -> Tell:
            tasks: dict[str, TaskID] = {}

            def tell(stage: str, more: int) -> None:
                if stage not in tasks:
                    known = total if not tasks else None
                    said = _SAID.get(stage, stage)
                    tasks[stage] = progress.add_task(f"{said} {name}".strip(), total=known)
                progress.advance(tasks[stage], more)

            return tell

        yield show
