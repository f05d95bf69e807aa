"""The forms that are known: those with a definition, and one for every other state.

A definition is a TOML file with the fields of `Form`. A state without one has
a form made of its row in ``states.csv``: the data that states ask for alike.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from exempt.data import jurisdiction_name
from exempt.data.form_texts import shipped_form_texts
from exempt.errors import SettingsError
from exempt.model.formdata import Form, FormBook
from exempt.model.rulesdata import Acceptance, Issuer, RulesPack, StateRule, repeated
from exempt.rules.pack import shipped_pack

COMMON = "_common.toml"
"""What forms have alike."""


@functools.cache
def _shipped() -> tuple[Mapping[str, Any], tuple[Form, ...]]:
    return _read_all(shipped_form_texts(), "exempt.data")


def form_book(pack: RulesPack, own: Mapping[str, str] | None = None, where: str = "") -> FormBook:
    """The shipped forms, those of *own*, and one for each state that has none.

    Args:
        pack: The rules of the states.
        own: Further definitions, text by file name; one with the key of a
            shipped form stands in its place.
        where: The folder they are from, for errors.

    Raises:
        SettingsError: Something is wrong with one; each mistake is named by file and field.
    """
    common, shipped = _shipped()
    mine = _read_all(own or {}, where, common)[1]
    with_one = {jurisdiction for form in shipped for jurisdiction in form.jurisdictions}
    others = (
        _of_state(rule, common)
        for rule in pack.states
        if rule.jurisdiction not in with_one and _has_a_form(rule)
    )
    known = {form.key: form for form in (*shipped, *others, *mine)}
    return FormBook(forms=tuple(known.values()), unknown=_unknown(common))


def _unknown(common: Mapping[str, Any]) -> Form:
    """What papers are read by whose form nobody knows."""
    return Form.model_validate(
        {
            **common,
            "key": "unknown",
            "title": "Certificate",
            "can_be_filled": False,
            "source": "what forms have alike",
            "retrieved": "2026-11-22",
            "confidence": "low",
        }
    )


def _has_a_form(rule: StateRule) -> bool:
    """Whether it has one that is not the Streamlined form, perhaps under a number of its own."""
    streamlined = (rule.form_title or "").startswith("Streamlined")
    return rule.blanket_allowed is not Acceptance.NOT_NEEDED and not streamlined


def _of_state(rule: StateRule, common: Mapping[str, Any]) -> Form:
    """The form of a state, made of its row and what is common to all."""
    place = jurisdiction_name(rule.jurisdiction)
    title = rule.form_title or "Exemption Certificate"
    named = place.casefold() in title.casefold()
    number = rule.form_number or ""
    return Form.model_validate(
        {
            **common,
            "key": rule.jurisdiction.lower().replace("-", "_"),
            "title": title if named else f"{place} {title}",
            "number": number,
            "revision": rule.form_revision or "",
            "jurisdictions": (rule.jurisdiction,),
            "reasons": ("resale",) if _for_resale_only(title) else (),
            "can_be_filled": rule.issuer is not Issuer.STATE,
            "signs": [[place], *_signs_of_number(number), [title]],
            "source": f"states.csv: {rule.source}; its layout was not looked at"[:500],
            "retrieved": rule.as_of,
            "confidence": "low",
        }
    )


def _for_resale_only(title: str) -> bool:
    names_resale = re.search(r"\b(resale|reseller)\b", title, re.IGNORECASE)
    return names_resale is not None and not re.search(r"\bor exempt", title, re.IGNORECASE)


def _signs_of_number(number: str) -> list[list[str]]:
    """A number of few digits says nothing without the word before it."""
    if not number:
        return []
    short = number.isdigit() and len(number) <= 3
    return [[f"form {number}", *([] if short else [number])]]


def _read_all(
    texts: Mapping[str, str], where: str, common: Mapping[str, Any] | None = None
) -> tuple[Mapping[str, Any], tuple[Form, ...]]:
    """What forms have in common, and the forms."""
    tables: dict[str, dict[str, Any]] = {}
    mistakes: list[str] = []
    for name, text in texts.items():
        try:
            tables[name] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            mistakes.append(f"{where}/{name}: is no TOML: {error}")
    common = common or tables.pop(COMMON, {})
    forms: list[Form] = []
    for name, table in tables.items():
        try:
            forms.append(Form.model_validate(_with_common(common, table)))
        except ValidationError as error:
            mistakes += [f"{where}/{name}{wrong}" for wrong in _wrong(error)]
    if twice := repeated(form.key for form in forms):
        mistakes.append(f"{where}: more than one form {', '.join(twice)}: keep one")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return common, tuple(forms)


def _with_common(common: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """A form's own labels and ticks before those of all; else its own in their place."""
    merged = {**common, **table}
    for part in ("labels", "ticks", "stops"):
        own = table.get(part, [])
        merged[part] = [*own, *common.get(part, [])] if isinstance(own, list) else own
    return merged


def _wrong(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"])
        message = found["msg"].removeprefix("Value error, ")
        yield f", {place}: {message}" if place else f": {message}"


@functools.cache
def shipped_book() -> FormBook:
    """The shipped forms, with the shipped pack's states."""
    return form_book(shipped_pack())
