"""Where somebody works or lives, read from the words people write for it.

Streets are not kept: what counts is the state, and the city and the postal
code where a local tax needs them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from exempt import Address

_COUNTRIES = {
    "us": "US", "usa": "US", "united states": "US", "united states of america": "US",
    "canada": "CA", "mexico": "MX", "uk": "GB", "gb": "GB", "united kingdom": "GB",
    "great britain": "GB", "england": "GB", "scotland": "GB", "ireland": "IE", "germany": "DE",
    "france": "FR", "spain": "ES", "portugal": "PT", "italy": "IT", "netherlands": "NL",
    "poland": "PL", "romania": "RO", "ukraine": "UA", "sweden": "SE", "switzerland": "CH",
    "israel": "IL", "india": "IN", "philippines": "PH", "singapore": "SG", "japan": "JP",
    "china": "CN", "australia": "AU", "new zealand": "NZ", "brazil": "BR", "argentina": "AR",
    "colombia": "CO", "costa rica": "CR",
}  # fmt: skip
_PROVINCES = frozenset(
    ["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"]
)
_REMOTE = re.compile(
    r"^(((fully|100%) )?(remote|virtual|telecommute|(work|works|working) from home|wfh)\b|home$)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[,;:|/()\r\n]|\s[-\u2013\u2014]\s?")
_ZIP = re.compile(r"(?:^|\s)(\d{5}(?:-\d{4})?)$")
_NO_STATE = (
    "no state can be read from it: write 'Austin, TX', 'TX' or 'Remote', or give the place's"
    " address under `locations` in the settings"
)


def country_code(text: str) -> str:
    """``GB`` for "United Kingdom"; what is not known by name stays as it is."""
    return _COUNTRIES.get(_squeezed(text), text)


class Places:
    """Reads the words for a place.

    Args:
        default_country: The country of a place that names none.
        known: Addresses by the name that the file gives them, in any case.
    """

    def __init__(self, default_country: str, known: Mapping[str, Address]) -> None:
        self.default_country = default_country
        self._known = {_squeezed(name): address for name, address in known.items()}

    def locate(self, text: str) -> Address | None:
        """The place that *text* names; None for "Remote" and for nothing at all.

        Understood are a state ("TX", "Texas"), a city before it ("Austin,
        TX"), a whole address ("410 Congress Ave, Austin, TX 78701, USA"), a
        state before a name ("TX - Downtown"), a remote worker's state
        ("Remote - Texas"), a place abroad ("London, UK"), and the known names.

        Raises:
            ValueError: It names no place that is understood; the text is not quoted.
        """
        if found := self._known.get(_squeezed(text)):
            return found
        pieces = _SEPARATORS.split(_REMOTE.sub("", text.strip()))
        parts = [part for piece in pieces if (part := piece.strip(" .-\u2013\u2014"))]
        country, parts = _without_country(parts)
        if not parts and country in {None, "US"}:
            return None
        if (country or self.default_country) == "US":
            return _in_united_states(parts)
        return _abroad(country or self.default_country, parts)


def _without_country(parts: list[str]) -> tuple[str | None, list[str]]:
    """The country that the last of *parts* names, or its province gives away."""
    match parts:
        case [*_, str(province)] if province in _PROVINCES:
            return "CA", parts
        case [*_, str(province), "CA"] if province in _PROVINCES:
            return "CA", parts[:-1]
        case [*before, str(last)] if _squeezed(last) in _COUNTRIES:
            return _COUNTRIES[_squeezed(last)], before
    return None, parts


def _abroad(country: str, parts: list[str]) -> Address:
    province = parts.pop() if parts and parts[-1] in _PROVINCES else None
    return Address(country=country, state=province, city=_city(parts))


def _in_united_states(parts: Sequence[str]) -> Address:
    *before, last = parts
    postal_code = None
    if found := _ZIP.search(last):
        postal_code = found[1]
        last = last[: found.start()] or (before.pop() if before else "")
    for state_text, city in ((last, before), (_last_words(last), ()), (parts[0], ())):
        if state := _state(state_text):
            return Address(country="US", state=state, city=_city(city), postal_code=postal_code)
    raise ValueError(_NO_STATE)


def _last_words(text: str) -> str:
    """``West Virginia`` of "Charleston West Virginia"; a code only in capitals ("Austin TX")."""
    words = text.split()
    for count in (3, 2, 1):
        end = " ".join(words[-count:])
        if _state(end) and (len(end) > 2 or end.isupper()):
            return end
    return ""


def _city(parts: Sequence[str]) -> str | None:
    """The last of *parts*, unless it looks like a street."""
    return parts[-1] if parts and not any(map(str.isdigit, parts[-1])) else None


@functools.lru_cache(maxsize=1024)
def _state(text: str) -> str | None:
    try:
        return Address(country="US", state=text.replace(".", "")).state
    except ValidationError:
        return None


def _squeezed(text: str) -> str:
    return " ".join(text.replace(".", "").casefold().split())
