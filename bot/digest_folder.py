"""A folder for digests: each file is written whole or not at all, for its owner alone."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from bot.engine.digesting import Unwritten


@dataclass(frozen=True, slots=True)
class DigestFolder:
    """A folder in which digests are kept as files."""

    path: Path

    def put(self, name: str, data: bytes) -> None:
        """Write a file under this name, which may have folders in it, over an earlier one. Raises Unwritten."""
        file = self.path / name
        written = None
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Of this mode from its first moment on: the owner's alone.
            handle, written = mkstemp(dir=file.parent, prefix=f".{file.name}.")
            with os.fdopen(handle, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            Path(written).replace(file)
        except OSError as error:
            if written is not None:
                with suppress(OSError):
                    Path(written).unlink(missing_ok=True)
            raise Unwritten(f"a file cannot be written: {error.strerror or type(error).__name__}") from None
