"""Rounding as one does it by hand, and as spreadsheets show it: a half goes up. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def rounded(value: float, digits: int) -> float:
    """Round to so many digits behind the point, a half away from zero: 0.3625 to three is 0.363, 0.0625 is 0.063."""
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
