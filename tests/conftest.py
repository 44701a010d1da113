"""Property tests search the same examples on every run; `make soak` has them search many more, at random."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("soak" if os.environ.get("PILETIBOT_SOAK") else "steady")
