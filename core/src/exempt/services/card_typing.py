"""A customer's card as somebody types it, field by field: read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from exempt.errors import RefusedError
from exempt.model.address import state_of
from exempt.model.custom import CustomField
from exempt.model.customer import (
    ADDRESS,
    CARD_TITLES,
    INVISIBLE,
    TEXTS,
    Contact,
    CustomerCard,
    CustomerDetails,
    invisible,
    usable_email,
)
from exempt.services import cards

FLAGS = ("bill_to", "ship_to", "exempt", "excluded_from_mailings")
FIELDS = ("name", *TEXTS, "country")
"""The fields of a card that are typed as a text."""


class FieldsError(RefusedError):
    """What was typed is no card.

    Attributes:
        problems: What is wrong, by field; within contacts as ``contacts-0-email``.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(dict.fromkeys(problems.values())))
        self.problems = dict(problems)


class Typed(NamedTuple):
    """A card as it is typed.

    Attributes:
        texts: By field of `FIELDS`.
        flags: Those of `FLAGS` that are ticked.
        contacts: Each with role, name, email and phone; one without any of the last three is none.
        custom: The seller's own fields, by key.
    """

    texts: Mapping[str, str]
    flags: Collection[str] = ("bill_to", "ship_to")
    contacts: Sequence[Mapping[str, str]] = ()
    custom: Mapping[str, str] = {}


def typed_of(card: CustomerDetails) -> Typed:
    """*card* as its form shows it."""
    return Typed(
        {name: getattr(card, name) or "" for name in FIELDS},
        [name for name in FLAGS if getattr(card, name)],
        [
            {
                "role": contact.role.value,
                "name": contact.name,
                "email": contact.email or "",
                "phone": contact.phone or "",
            }
            for contact in card.contacts
        ],
        dict(card.custom),
    )


def details_of(
    typed: Typed,
    defined: Mapping[str, CustomField],
    before: CustomerCard | None = None,
    owned: Collection[str] = (),
) -> CustomerDetails:
    """The card that is typed.

    Args:
        typed: What was typed.
        defined: The seller's own fields.
        before: The card that is edited; what forms do not show of it stays.
        owned: The fields, as in `ownership.OWNABLE`, that stay as they are on it.

    Raises:
        FieldsError: Something is wrong with it.
    """
    problems: dict[str, str] = {}
    values: dict[str, Any] = {
        **{name: typed.texts.get(name, "").strip() or None for name in FIELDS},
        **{name: name in typed.flags for name in FLAGS},
        "contacts": tuple(_contacts(typed.contacts, problems)),
        "custom": _custom(typed.custom, defined, before, problems),
        "ship_to_zones": before.ship_to_zones if before else (),
    }
    for name in (*FIELDS, *FLAGS):
        if before and cards.owned_as(name) in owned:
            values[name] = getattr(before, name)
    if values["state"] and not values["country"] and _is_of_us(values["state"]):
        values["country"] = "US"
    problems |= _looked(values, before)
    try:
        details = CustomerDetails(**values)
    except ValidationError as error:
        problems |= {name: said for name, said in _mistakes(error) if name not in problems}
        raise FieldsError(problems) from None
    if problems:
        raise FieldsError(problems)
    return details


def refused_as(error: RefusedError, typed: Typed) -> dict[str, str]:
    """What a service said of a card as a whole, put to the field that it is about."""
    sentence = str(error)
    for field in ("number", "email", "code", *ADDRESS):
        title = CARD_TITLES[field]
        if sentence.startswith(title):
            rest = sentence.removeprefix(title).strip()
            rest = rest.removeprefix(typed.texts.get(field, "")).removeprefix(":").strip()
            return {field: f"{_upper(title)}: {rest}"}
    return {"name": _upper(sentence)}


def _looked(values: Mapping[str, Any], before: CustomerCard | None) -> dict[str, str]:
    """What no card can say that is entered today, whatever older ones say."""
    problems = {}
    if not values["name"]:
        problems["name"] = "Name: write what the customer is called"
    email = values["email"]
    if email and not usable_email(email) and not (before and before.email == email):
        problems["email"] = "A/P e-mail: write an address such as ap@example.com"
    for name in ("number", "code"):
        same = before and getattr(before, name) == values[name]
        if values[name] and not same and invisible(values[name]):
            problems[name] = f"{_upper(CARD_TITLES[name])}: has {INVISIBLE}"
    return problems


def _contacts(rows: Sequence[Mapping[str, str]], problems: dict[str, str]) -> Iterator[Contact]:
    for number, row in enumerate(rows):
        said = {name: text.strip() for name, text in row.items() if text.strip()}
        if not said.keys() - {"role"}:
            continue
        try:
            yield Contact.model_validate(said)
        except ValidationError as error:
            for found in error.errors(include_url=False):
                part = str(found["loc"][0]) if found["loc"] else "name"
                problems[f"contacts-{number}-{part}"] = f"Contact {number + 1}: {_CONTACT[part]}"


_CONTACT = {
    "name": "write a name, of 500 characters at most",
    "email": "write an e-mail address such as ap@example.com",
    "phone": "write a number to call",
    "role": "choose what the contact is for",
}


def _custom(
    typed: Mapping[str, str],
    defined: Mapping[str, CustomField],
    before: CustomerCard | None,
    problems: dict[str, str],
) -> dict[str, str]:
    values = dict(before.custom) if before else {}
    for key, text in typed.items():
        if values.get(key, "") == text.strip():
            continue
        try:
            values = cards.read_custom(defined, {key: text}, values)
        except RefusedError as error:
            title = defined[key].title if key in defined else key
            problems[f"custom-{key}"] = f"{title}: {str(error).removeprefix(f'{key}: ')}"
    return values


def _is_of_us(state: str) -> bool:
    try:
        state_of(state, "US")
    except ValueError:
        return False
    return True


def _mistakes(error: ValidationError) -> Iterator[tuple[str, str]]:
    for found in error.errors(include_url=False):
        name = str(found["loc"][0]) if found["loc"] else "name"
        yield name, f"{_upper(CARD_TITLES.get(name, name))}: {_wrong(name, found)}"


def _wrong(name: str, found: Any) -> str:
    if found["type"] == "string_too_long":
        return f"write {found['ctx']['max_length']} characters at most"
    if found["type"] == "string_pattern_mismatch":
        if name == "country":
            return "write two letters, such as US"
        return "has a character that cannot be kept: type it anew, without that"
    return str(found["msg"]).removeprefix("Value error, ")


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
