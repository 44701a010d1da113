"""Public holidays by country, from the `holidays` package, imported late since it takes 0.1 s."""

from __future__ import annotations

import sys
from datetime import date
from importlib.util import find_spec, module_from_spec


def holidays_in(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country, by its ISO 3166 code. Raises NotImplementedError for an unknown country."""
    _by_country()
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


def shortened_days(year: int) -> frozenset[date]:
    """The four Estonian eves on which work ends three hours early (TLS § 53), on whatever weekday they fall."""
    _by_country()
    import holidays

    return frozenset(holidays.country_holidays("EE", years=year, categories=(holidays.HALF_DAY,)))


def is_country(code: str) -> bool:
    """Whether the holidays of this country are known."""
    try:
        holidays_in(code, 2026)
    except NotImplementedError:
        return False
    return True


def _by_country() -> None:
    """Have each country imported when it is asked for: by itself the package imports 200 with the first, in 0.2 s."""
    name = "holidays.countries"
    if name not in sys.modules and (spec := find_spec(name)):
        sys.modules[name] = module_from_spec(spec)
