"""A form of settings filled in: read into settings, and settings put into a form again.

No secret goes into a form: of one that is kept, a form says just that it is.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from exempt.rules.settings_fields import Field, FieldKind
from exempt.rules.toml import to_toml

Given = Callable[[str], str]
"""What was filled in under a name; "" where nothing was."""

KEPT = "(kept)"
"""What stands in TOML for a secret that is kept."""

ON = "~on"
"""Behind the name of a group that may be left out: whether it is used."""

REFERENCE = "~reference"
"""Behind the name of a secret: where it is, in place of the secret itself."""

FORGET = "~forget"
"""Behind the name of a secret: that what is kept of it is to be kept no more."""

_SEALED = re.compile(r"^sealed:")
_REFERENCE = re.compile(r"^(env|file):.+", re.DOTALL)


class Filled(NamedTuple):
    """What a form says.

    Attributes:
        settings: As they would stand in the settings file.
        errors: What is wrong, by the key of the field.
    """

    settings: dict[str, Any]
    errors: dict[str, str]


class _MistakeError(ValueError):
    """What was filled in cannot be read."""


def read(fields: Sequence[Field], given: Given, kept: Mapping[str, Any]) -> Filled:
    """The settings that a form says; secrets that are left empty are those *kept*.

    Args:
        fields: Those of the form.
        given: What was filled in.
        kept: The settings as they were before.
    """
    errors: dict[str, str] = {}
    return Filled(_read(fields, given, kept, errors), errors)


def _read(
    fields: Sequence[Field], given: Given, kept: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for field in fields:
        try:
            value = _value(field, given, kept.get(field.name), errors)
            _refuse_sealed(field, value, kept.get(field.name))
        except _MistakeError as error:
            errors[field.key] = str(error)
            continue
        if value is not None:
            settings[field.name] = value
    return settings


def _value(field: Field, given: Given, kept: Any, errors: dict[str, str]) -> Any:
    """What a field says; None = nothing, so that its default holds."""
    if field.kind is FieldKind.GROUP:
        used = field.required or given(field.key + ON)
        within = kept if isinstance(kept, Mapping) else {}
        return _read(field.fields, given, within, errors) if used else None
    if field.kind is FieldKind.KINDS:
        return _kinds(field, given, kept, errors)
    if field.kind in {FieldKind.SECRET, FieldKind.SECRETS}:
        return _secret(field, given, kept)
    text = given(field.key)
    if field.kind is FieldKind.YES_NO:
        return None if bool(text) == (field.default == "yes") else bool(text)
    if not text.strip(" \r\n"):
        return None
    return _toml(field, text, kept) if field.kind is FieldKind.TOML else _plain(field, text)


def _plain(field: Field, text: str) -> Any:
    match field.kind:
        case FieldKind.CHOICE:
            return _chosen(text, [value for value, _ in field.choices])
        case FieldKind.NUMBER:
            return _number(text, whole=field.whole)
        case FieldKind.LINES:
            lines = _lines(text)
            return lines[0] if field.single and len(lines) == 1 else lines
        case FieldKind.PAIRS:
            return _pairs(text)
    return text.strip()


def _chosen(text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        msg = "is none of the choices: choose one"
        raise _MistakeError(msg)
    return text


def _kinds(field: Field, given: Given, kept: Any, errors: dict[str, str]) -> Any:
    if not given(field.key):
        return None
    chosen = _chosen(given(field.key), [group.tag for group in field.fields])
    group = next(group for group in field.fields if group.tag == chosen)
    same = isinstance(kept, Mapping) and kept.get(field.tag) == chosen
    return {field.tag: chosen, **_read(group.fields, given, kept if same else {}, errors)}


def _secret(field: Field, given: Given, kept: Any) -> Any:
    """What was typed, where it is, or what is kept."""
    if given(field.key + FORGET):
        return None
    if field.kind is FieldKind.SECRETS:
        return _lines(given(field.key)) or kept
    typed, reference = given(field.key), given(field.key + REFERENCE).strip()
    if typed.strip() and reference:
        msg = "type the secret, or say where it is: not both"
        raise _MistakeError(msg)
    if reference and not _REFERENCE.match(reference):
        msg = "is no reference: write env:NAME or file:PATH"
        raise _MistakeError(msg)
    known = kept if isinstance(kept, str) and _SEALED.match(kept) else None
    return reference or (typed.replace("\r\n", "\n") if typed.strip() else known)


def _number(text: str, *, whole: bool) -> int | float:
    plain = text.strip().replace(",", "").replace(" ", "")
    try:
        number = int(plain) if whole else float(plain)
    except ValueError:
        msg = "is no whole number" if whole else "is no number: write it as 12.5"
        raise _MistakeError(msg) from None
    if not math.isfinite(number) or len(plain) > 30:
        msg = "is no number that could be meant"
        raise _MistakeError(msg)
    return number


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for line in _lines(text):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            msg = f"{line[:40]}: write a name, = and a text, one a line"
            raise _MistakeError(msg)
        pairs[name.strip()] = value.strip()
    return pairs


def _toml(field: Field, text: str, kept: Any) -> Any:
    try:
        table = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        msg = f"is no valid TOML: {error}"
        raise _MistakeError(msg) from None
    except (ValueError, RecursionError):
        msg = "is no valid TOML: a number is too long, or tables lie too deep"
        raise _MistakeError(msg) from None
    if list(table) != [field.name]:
        msg = f"has other tables than {field.name}: begin with [{field.name}] or {field.name} ="
        raise _MistakeError(msg)
    return _with_kept(table[field.name], kept)


def _with_kept(value: Any, kept: Any) -> Any:
    """*value* with the secrets again that a form did not show."""
    if isinstance(value, dict):
        return {
            name: _with_kept(inner, kept.get(name) if isinstance(kept, Mapping) else None)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        known = kept if isinstance(kept, list) else []
        return [
            _with_kept(inner, known[number] if number < len(known) else None)
            for number, inner in enumerate(value)
        ]
    if value == KEPT and isinstance(kept, str) and _SEALED.match(kept):
        return kept
    return value


def _refuse_sealed(field: Field, value: Any, kept: Any) -> None:
    """Let nobody write what only we do."""
    if isinstance(value, str) and _SEALED.match(value) and value != kept:
        msg = "begins with sealed:, which only Exempt writes: type the secret itself"
        raise _MistakeError(msg)
    if isinstance(value, list):
        known = kept if isinstance(kept, list) else []
        for number, inner in enumerate(value):
            same = [each for each in known if each == inner]
            before = known[number] if number < len(known) else None
            _refuse_sealed(field, inner, same[0] if same else before)
    if isinstance(value, dict) and field.kind in {FieldKind.TOML, FieldKind.PAIRS}:
        known_table = kept if isinstance(kept, Mapping) else {}
        for name, inner in value.items():
            _refuse_sealed(field, inner, known_table.get(name))


def filled(fields: Sequence[Field], settings: Mapping[str, Any]) -> dict[str, str]:
    """What a form shows of *settings*, by the names of its fields; of secrets, references only."""
    shown: dict[str, str] = {}
    for field in fields:
        _show(field, settings.get(field.name), shown)
    return shown


def _show(field: Field, value: Any, shown: dict[str, str]) -> None:
    if field.kind is FieldKind.YES_NO:
        ticked = field.default == "yes" if value is None else bool(value)
        shown[field.key] = "yes" if ticked else ""
    elif field.kind is FieldKind.GROUP and isinstance(value, Mapping):
        shown[field.key + ON] = "yes"
        shown.update(filled(field.fields, value))
    elif field.kind is FieldKind.KINDS and isinstance(value, Mapping):
        shown[field.key] = str(value.get(field.tag, ""))
        for group in field.fields:
            shown.update(filled(group.fields, value if group.tag == shown[field.key] else {}))
    elif field.kind is FieldKind.SECRET:
        if _REFERENCE.match(str(value)):
            shown[field.key + REFERENCE] = str(value)
    elif value is not None and field.kind is not FieldKind.SECRETS:
        shown[field.key] = _text(field, value)


def _text(field: Field, value: Any) -> str:
    if field.kind is FieldKind.TOML:
        return to_toml({field.name: _hidden(value)}).strip()
    if isinstance(value, Mapping):
        return "\n".join(f"{name} = {text}" for name, text in value.items())
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    return KEPT if isinstance(value, str) and _SEALED.match(value) else value


def is_kept(fields: Sequence[Field], settings: Mapping[str, Any]) -> frozenset[str]:
    """The keys of secrets that are kept sealed."""
    found: set[str] = set()
    for field in fields:
        value = settings.get(field.name)
        if field.kind is FieldKind.GROUP and isinstance(value, Mapping):
            found |= is_kept(field.fields, value)
        elif field.kind is FieldKind.KINDS and isinstance(value, Mapping):
            chosen = (group for group in field.fields if group.tag == value.get(field.tag))
            for group in chosen:
                found |= is_kept(group.fields, value)
        elif (field.kind is FieldKind.SECRET and _SEALED.match(str(value))) or (
            field.kind is FieldKind.SECRETS and value
        ):
            found.add(field.key)
    return frozenset(found)


def placed(fields: Sequence[Field], errors: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the key of the field that can mend it; "" where there is none.

    Args:
        fields: Those of the form.
        errors: By dotted keys, which may lead further into a field.
    """
    keys = dict(_keys(fields))
    found: dict[str, str] = {}
    for at, wrong in errors.items():
        key = at
        while key and key not in keys:
            key = key.rpartition(".")[0]
        deeper = at[len(key) :].strip(".")
        said = f"{deeper}: {wrong}" if deeper else wrong
        label = f"{keys[key]}: " if key else ""
        found[key] = f"{found[key]}; {said}" if key in found else f"{label}{said}"
    return found


def _keys(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield field.key, field.label
        yield from _keys(field.fields)


def secret_keys(fields: Sequence[Field]) -> Iterator[str]:
    """The keys of the fields that secrets are typed into."""
    for field in fields:
        if field.kind in {FieldKind.SECRET, FieldKind.SECRETS}:
            yield field.key
        yield from secret_keys(field.fields)
