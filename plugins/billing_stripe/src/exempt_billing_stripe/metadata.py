"""An exemption status in the words of Stripe's metadata.

Each key holds one fact about every exempt state: ``exempt_numbers`` is
``CA=SR-KH-101; TX=1-23-4567890-1``. A state where only a part of a sale is
exempt stands not in ``exempt_states`` but in ``exempt_percentages``, ``IL=60``.

Stripe takes 50 keys of 40 characters, with 500 characters each, for all who
write to a customer; what does not fit goes on in ``exempt_numbers_2`` up to
``_4``. Source: https://docs.stripe.com/api/metadata
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from exempt import JurisdictionStatus, PushItem

_VALUE_MAX = 500
_ROOM = _VALUE_MAX - len("; and 99 more")
_KEYS_MAX = 4
_SEPARATOR = "; "


def _percentage(status: JurisdictionStatus) -> str | None:
    """``60`` for a part of 60.00 percent; nothing where all is exempt."""
    part = status.exempt_percentage
    return None if part is None else f"{part.normalize():f}"


_FACTS: dict[str, Callable[[JurisdictionStatus], object]] = {
    "percentages": _percentage,
    "reasons": lambda status: status.exemption_reason,
    "numbers": lambda status: status.exemption_number,
    "certificates": lambda status: status.certificate_number,
    "signed": lambda status: status.signed_date,
    "effective": lambda status: status.effective_date,
    "expires": lambda status: status.expiration_date,
}


def metadata_of(item: PushItem, prefix: str) -> dict[str, str]:
    """The metadata that shows *item*: nothing at all when no state is exempt, even in part."""
    held = sorted(
        (status for status in item.jurisdictions if status.exempt or status.exempt_percentage),
        key=lambda status: status.jurisdiction,
    )
    states = [_short(status.jurisdiction) for status in held if status.exempt]
    shown = _under(f"{prefix}states", states)
    for name, fact in _FACTS.items():
        entries = [
            f"{_short(status.jurisdiction)}={str(fact(status)).strip()}"
            for status in held
            if fact(status)
        ]
        shown |= _under(f"{prefix}{name}", entries)
    return shown


def own_metadata(metadata: dict[str, str] | None, prefix: str) -> dict[str, str]:
    """That part of a customer's *metadata* which `metadata_of` writes."""
    names = "|".join(("states", *_FACTS))
    own = re.compile(rf"{re.escape(prefix)}({names})(_\d)?")
    return {key: value for key, value in (metadata or {}).items() if own.fullmatch(key)}


def _short(jurisdiction: str) -> str:
    """``TX`` for ``US-TX``; others in full."""
    return jurisdiction.removeprefix("US-")


def _under(key: str, entries: Iterable[str]) -> dict[str, str]:
    """*entries* under *key* and, where it is full, under ``key_2`` and so on."""
    values: list[str] = []
    waiting = [_fitting(entry) for entry in entries]
    while waiting and len(values) < _KEYS_MAX:
        value = waiting.pop(0)
        while waiting and len(value) + len(_SEPARATOR) + len(waiting[0]) <= _ROOM:
            value += _SEPARATOR + waiting.pop(0)
        values.append(value)
    if waiting:
        values[-1] += f"{_SEPARATOR}and {len(waiting)} more"
    return {key if n == 1 else f"{key}_{n}": value for n, value in enumerate(values, start=1)}


def _fitting(entry: str) -> str:
    if len(entry) <= _ROOM:
        return entry
    return entry.partition("=")[0] + "=(too long for Stripe)"
