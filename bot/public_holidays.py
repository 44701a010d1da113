"""Public holidays by country, from the `holidays` package, imported late since it takes 0.1 s."""

from __future__ import annotations

from datetime import date


def holidays_in(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country, by its ISO 3166 code. Raises NotImplementedError for an unknown country."""
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


def shortened_days(year: int) -> frozenset[date]:
    """The four Estonian eves on which work ends three hours early (TLS § 53), on whatever weekday they fall."""
    import holidays

    return frozenset(holidays.country_holidays("EE", years=year, categories=(holidays.HALF_DAY,)))


def is_country(code: str) -> bool:
    """Whether the holidays of this country are known."""
    try:
        holidays_in(code, 2026)
    except NotImplementedError:
        return False
    return True
