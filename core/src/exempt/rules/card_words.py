"""What became of a customer's card, in sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from exempt.data import jurisdiction_name, jurisdictions
from exempt.model.certificate import Change
from exempt.model.customer import CARD_TITLES, card_title

_NUMBERED = re.compile(r"(comment|file|request) ([0-9]+)")
_SHA256 = re.compile(r", sha256 [0-9a-f]{64}$")
_LONG = 400


def field_title(field: str, titles: Mapping[str, str] | None = None) -> str:
    """What a field is called where something begins with it."""
    name = (titles or {}).get(field.removeprefix("custom."), card_title(field))
    return f"{name[:1].upper()}{name[1:]}"


def fields_called(words: str, titles: Mapping[str, str] | None = None) -> list[str]:
    """The fields whose title has *words* in it, whatever the case of the letters."""
    known = (*CARD_TITLES, *(f"custom.{key}" for key in titles or {}))
    every = (*known, *(f"merged.{name}" for name in known))
    return [each for each in every if words.casefold() in field_title(each, titles).casefold()]


def said_of(change: Change, titles: Mapping[str, str] | None = None) -> str:
    """*change* as a sentence; *titles* of the seller's own fields, by their keys."""
    old, new = _short(change.old), _short(change.new)
    if special := _SPECIAL.get(change.field):
        return special(old, new)
    if found := _NUMBERED.fullmatch(change.field):
        kind = found[1].capitalize()
        return (
            f"{kind} {found[2]}: {_request(new)}" if kind == "Request" else _entry(kind, old, new)
        )
    return _plain(change.field, old, new, titles or {})


def _plain(field: str, old: str, new: str, titles: Mapping[str, str]) -> str:
    name = field_title(field, titles)
    if {old, new} <= {"yes", "no", ""}:
        return f"{name}: {new or 'no'}"
    if field.startswith("merged."):
        return f"{name}: {old}" + (f"; here it is {new}" if new else "")
    if not old:
        return f"{name}: {new}"
    return f"{name}: {old} → {new}" if new else f"{name} emptied; it was {old}"


def _entry(kind: str, old: str, new: str) -> str:
    if not old:
        return f"{kind} added: {new}"
    return f"{kind} changed: {old} → {new}" if new else f"{kind} removed: {old}"


def _sources(old: str, new: str) -> str:
    return f"Record put on this card: {new}" if new else f"Record taken off this card: {old}"


def _ship_to(old: str, new: str) -> str:
    if not old:
        return f"Ship-to customer linked: {new}"
    return f"Ship-to customer unlinked: {old}" + (f"; still linked: {new}" if new else "")


def _bill_to(old: str, new: str) -> str:
    if not old:
        return f"Made a ship-to of {new}"
    return f"No ship-to any more of {old}" + (f"; still linked: {new}" if new else "")


def _made(old: str, new: str) -> str:
    if old:
        return f"Card removed ({new})" if new else "Card removed"
    how = {"staff": "by hand", "source": "from a source", "import": "by an import"}
    return f"Card made {how.get(new, f': {new}')}".replace(" :", ":")


def _merged(_old: str, new: str) -> str:
    return (
        f"Merged {new}" if new.startswith("into ") else f"Another card merged into this one: {new}"
    )


def _zones(old: str, new: str) -> str:
    before, after = _places(old), _places(new)
    gone = [place for place in before if place not in after]
    come = [place for place in after if place not in before]
    parts = (("added", come), ("removed", gone))
    said = ", ".join(
        f"{what} {', '.join(map(jurisdiction_name, places))}" for what, places in parts if places
    )
    return f"Ship-to states: {said}"


def _request(new: str) -> str:
    """For which states, where it was made; else what became of it."""
    places = _places(new)
    if any(place not in jurisdictions() for place in places):
        return new
    return f"asked for {', '.join(map(jurisdiction_name, places))}"


def _places(text: str) -> list[str]:
    return text.split(", ") if text else []


def _short(text: str | None) -> str:
    plain = _SHA256.sub("", text or "")
    return plain if len(plain) <= _LONG else f"{plain[:_LONG]}…"


_SPECIAL: Mapping[str, Callable[[str, str], str]] = {
    "sources": _sources,
    "ship_to_customers": _ship_to,
    "bill_to_customers": _bill_to,
    "made": _made,
    "merged": _merged,
    "ship_to_zones": _zones,
}
