"""What became of a certificate, in sentences."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name, jurisdictions
from exempt.model.certificate import Change, ReviewStatus
from exempt.rules import card_words
from exempt.rules.history import FIELD_TITLES

_CODES = {
    *("kind", "form_kind", "identification_type"),
    *("exemption_reason", "validated_reason"),
}
_LONG = 400


class Told(NamedTuple):
    """What somebody did at one moment; ``said`` is one sentence or several."""

    changed_at: dt.datetime
    changed_by: str
    said: str


def told(
    changes: Sequence[Change],
    names: Mapping[str, str] | None = None,
    titles: Mapping[str, str] | None = None,
) -> list[Told]:
    """What happened, the newest first; all that was said of a new certificate is one sentence.

    Args:
        changes: Of its history.
        names: Of its customers, by their ids as text.
        titles: Of the seller's own fields, by their keys.
    """
    found = []
    for (at, by), group in itertools.groupby(
        changes, lambda each: (each.changed_at, each.changed_by)
    ):
        listed = list(group)
        first = any(each.field == "review_status" and each.old is None for each in listed)
        gone = {each.field for each in listed if each.field in jurisdictions() and not each.new}
        listed = [
            each
            for each in listed
            if each.field.partition(".")[0] not in gone or each.field in gone
        ]
        kept = [each for each in listed if not first or each.field in {"review_status", "file"}]
        said = [said_of(each, names or {}, titles or {}) for each in kept]
        found.append(Told(at, by, " ".join(f"{each.removesuffix('.')}." for each in said if each)))
    return found[::-1]


def said_of(change: Change, names: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """*change* as a sentence, without the point at its end; "" where another one says it."""
    if special := _SPECIAL.get(change.field):
        return special(change.old or "", change.new or "")
    if change.field.startswith(("comment ", "file ")):
        return card_words.said_of(change)
    if change.field in jurisdictions():
        return f"{jurisdiction_name(change.field)} {'added' if change.new else 'left out'}"
    title = field_title(change.field, titles)
    old, new = (_short(value_words(change.field, each, names)) for each in (change.old, change.new))
    if not old:
        return f"{title}: {new}"
    return f"{title}: {old} → {new}" if new else f"{title} emptied; it was {old}"


def field_title(field: str, titles: Mapping[str, str] | None = None) -> str:
    """What a field is called where something begins with it; a state's own begin with the state."""
    if field in jurisdictions():
        return jurisdiction_name(field)
    place, _, name = field.rpartition(".")
    return _title(place, name, titles or {})


def fields_called(words: str, titles: Mapping[str, str] | None = None) -> list[str]:
    """The fields whose title has *words* in it, whatever the case of the letters."""
    own = (f"custom.{key}" for key in titles or {})
    of_states = (f"{place}.{name}" for place in jurisdictions() for name in FIELD_TITLES)
    every = (*FIELD_TITLES, *jurisdictions(), *of_states, *own)
    return [each for each in every if words.casefold() in field_title(each, titles).casefold()]


def value_words(field: str, value: str | None, names: Mapping[str, str] | None = None) -> str:
    """What stood in a field, in words; *names* are those of customers, by their ids as text."""
    name = field.rpartition(".")[2]
    if not value:
        return ""
    if name == "customer_ids":
        return ", ".join((names or {}).get(each, f"id:{each}") for each in value.split(", "))
    if name == "exempt_percentage":
        return f"{value} %"
    if name == "issued_by":
        return jurisdiction_name(value)
    return value.replace("_", " ") if name in _CODES else value


def _title(place: str, name: str, titles: Mapping[str, str]) -> str:
    if place == "custom":
        return titles.get(name, name.replace("_", " ").capitalize())
    title = FIELD_TITLES.get(name, name.replace("_", " ")).removesuffix(" there")
    return f"{jurisdiction_name(place)}, {title}" if place else f"{title[:1].upper()}{title[1:]}"


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _reviewed(old: str, new: str) -> str:
    if not old:
        pending = new == ReviewStatus.PENDING
        return "Entered; it waits for review" if pending else "Entered, and accepted at once"
    return {"accepted": "Accepted", "rejected": "Rejected"}.get(new, "Waits for review again")


def _rejected(_old: str, new: str) -> str:
    return f"Because: {new.replace('_', ' ')}" if new else ""


def _archived(_old: str, new: str) -> str:
    return "Archived" if new else "Taken out of the archive"


def _file(old: str, new: str) -> str:
    before, after = (each.rpartition(", sha256 ")[0] or each for each in (old, new))
    if not old:
        return f"File added: {after}"
    return f"File replaced: {before} → {after}" if new else f"File taken off: {before}"


_SPECIAL: Mapping[str, Callable[[str, str], str]] = {
    "review_status": _reviewed,
    "rejections": _rejected,
    "archived_date": _archived,
    "file": _file,
}
