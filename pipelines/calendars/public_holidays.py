"""Public holidays of a country or of a part of it, from the `holidays` library: US, DE-BY."""

import difflib
from datetime import date

import holidays


def public_holidays(code: str, first: date, last: date) -> dict[date, str]:
    """The names of the public holidays from `first` to `last`, those moved off a weekend too.

    `code`: an ISO country, or country and subdivision as the library names it.
    """
    country, _, part = code.partition("-")
    found = holidays.country_holidays(
        country, subdiv=part or None, years=range(first.year, last.year + 1)
    )
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def unknown_country(code: str) -> str | None:
    """What is wrong with a code, with what is allowed; None where nothing is."""
    country, dash, part = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        close = difflib.get_close_matches(country.upper(), list(known), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{country!r} is not a country with known holidays, as US or DE{hint}"
    if dash and part not in known[country]:
        allowed = ", ".join(known[country]) or "none"
        return f"{part!r} is no part of {country} with holidays of its own; there are: {allowed}"
    return None
