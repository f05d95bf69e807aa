"""The form of a certificate, as it is typed: read field by field, so that nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from exempt.data import jurisdictions
from exempt.model.customer import invisible
from exempt.model.requesting import Answers
from exempt.rules.answers import Amiss
from exempt.rules.day_words import with_short_dates
from exempt.services.submissions import Draft
from exempt.web.portal import words

_NUMBER = "number:"
_FIELD = "field:"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


@dataclass
class Typed:
    """What somebody typed, and what was understood of it.

    Attributes:
        answers: All of it that can be kept.
        raw: As it was typed, by the field's name on the page.
        wrong: What could not be understood, by field of `Answers`.
        seen: The draft that they had before them.
    """

    answers: Answers
    raw: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)
    seen: Draft = field(default_factory=Draft)


def read(form: FormData, before: Answers) -> Typed:
    """Read a form; what its page does not ask stays as it was *before*."""
    raw = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    typed = Typed(before, raw, seen=Draft(_number(raw, "draft"), _number(raw, "version")))
    for name, value in _values(form, raw):
        problem = _put(typed, name, value)
        if problem:
            typed.wrong[name] = problem
    return typed


def _number(raw: Mapping[str, str], name: str) -> int:
    text = raw.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _put(typed: Typed, name: str, value: Any) -> str:
    """Keep one value, or say what is wrong with it."""
    field_name, _, key = name.partition(".")
    if key or field_name in {"numbers", "fields"}:
        value = _without(typed, name) | ({key: value} if value else {})
    kept = typed.answers.model_dump() | {field_name: value}
    try:
        typed.answers = Answers.model_validate(kept)
    except ValidationError:
        typed.answers = Answers.model_validate(kept | {field_name: _without(typed, name)})
        return _WRONG.get(field_name, words.TOO_LONG)
    return ""


def _without(typed: Typed, name: str) -> Any:
    """The field as it is kept when what was typed cannot be."""
    field_name, _, key = name.partition(".")
    if field_name in {"numbers", "fields"}:
        entries = getattr(typed.answers, field_name)
        return {each: one for each, one in entries.items() if each != key}
    return Answers().model_dump()[field_name]


_WRONG = {
    "numbers": words.NO_NUMBER,
    "effective_date": words.NO_DAY,
    "expiration_date": words.NO_DAY,
    "exemption_reason": words.UNKNOWN,
    "identification_type": words.UNKNOWN,
    "issued_by": words.UNKNOWN,
    "jurisdictions": words.UNKNOWN,
}


def _values(form: FormData, raw: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Field by field what the page has sent; of what it has not sent, nothing."""
    if "asks_states" in raw:
        yield "jurisdictions", _states(form)
    for name, value in _PLAIN.items():
        if name in raw:
            yield name, value(_clean(raw[name]))
    if "asks_single_use" in raw:
        yield "single_use", raw.get("single_use") == "yes"
    for name, text in raw.items():
        kind, _, key = name.partition(":")
        if kind == "number" and (not key or key in jurisdictions()):
            yield f"numbers.{key}", _clean(text)
        elif kind == "field" and _KEY.fullmatch(key):
            yield f"fields.{key}", _clean(text)
    for asked in form.getlist("asks_yes_no"):
        key = str(asked)
        if _KEY.fullmatch(key) and f"{_FIELD}{key}" not in raw:
            yield f"fields.{key}", ""


def _clean(text: str) -> str:
    """*text* without what cannot be seen, but for its line breaks."""
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in shown if each == "\n" or not invisible(each)).strip()


def _states(form: FormData) -> Sequence[str]:
    """The states that are ticked, and the one that is chosen from the list of all others."""
    named = [*form.getlist("jurisdictions"), form.get("add_state")]
    return tuple(dict.fromkeys(n for n in named if isinstance(n, str) and n in jurisdictions()))


def _day(text: str) -> str | None:
    """A day as browsers send it, or as somebody types it where they know no such field."""
    american = _AMERICAN.fullmatch(text)
    if american is None:
        return text or None
    month, day, year = american.groups()
    return f"{year}-{month:>02}-{day:>02}"


def _or_none(text: str) -> str | None:
    return text or None


_PLAIN: Mapping[str, Callable[[str], Any]] = {
    "identification_type": str,
    "issued_by": _or_none,
    "exemption_reason": _or_none,
    "reason_text": str,
    "effective_date": _day,
    "expiration_date": _day,
    "purchase_order_number": _or_none,
    "note": str,
}


# --- for the page ------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """The fields of the form as a page shows them.

    Attributes:
        answers: What is kept.
        raw: What was typed just now, which wins where it was not understood.
        errors: What is to be mended, by field; ``notes``: what to look at.
    """

    answers: Answers
    raw: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a field of the page."""
        if name in self.raw:
            return self.raw[name]
        if name.startswith(_NUMBER):
            return self.answers.numbers.get(name.removeprefix(_NUMBER), "")
        if name.startswith(_FIELD):
            return self.answers.fields.get(name.removeprefix(_FIELD), "")
        kept = getattr(self.answers, name)
        return "" if kept is None else str(kept)


def shown(typed: Typed, found: Sequence[Amiss] = ()) -> Shown:
    """What somebody typed, with what is amiss beside its field."""
    errors = {name: with_short_dates(said) for name, said in typed.wrong.items()}
    notes: dict[str, str] = {}
    for each in found:
        into = errors if each.blocks else notes
        said = with_short_dates(each.sentence)
        if each.field in typed.wrong:
            continue
        into[each.field] = f"{into[each.field]} {said}" if each.field in into else said
    raw = {name: text for name, text in typed.raw.items() if name not in {"draft", "version"}}
    in_order = sorted(errors, key=lambda name: _ORDER.index(name.partition(".")[0]))
    return Shown(typed.answers, raw, {name: errors[name] for name in in_order}, notes)


_ORDER = ("files", "form_kind", *Answers.model_fields, "signature")
"""Of the fields on the page."""
