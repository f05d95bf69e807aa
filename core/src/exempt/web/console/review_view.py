"""What the page of a review shows, made ready for its template."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name, jurisdictions
from exempt.model.certificate import CertificateKind, Change
from exempt.model.paper import Box, FieldName
from exempt.rules.comparing import Agreement, Compared
from exempt.rules.review_checks import TITLES
from exempt.services.review_look import Looked
from exempt.services.sheet import field_title, value_text
from exempt.web.console.certificate_view import FORMS, KINDS, NUMBERS, REASONS, Options, spoken
from exempt.web.console.paper_view import FileView, Spot, file_view
from exempt.web.console.review_form import Values


class Field(NamedTuple):
    """A field to edit.

    Attributes:
        name: In the form.
        kind: ``text``, ``date``, ``select`` or ``long``.
        read: What the document says, in words; "" = nothing was read.
        take: What to put into the field to take that over.
        spot: Where it was read.
        answered: What the customer filled in, where it was changed since.
    """

    name: str
    label: str
    kind: str
    value: str
    options: Options = ()
    error: str = ""
    help: str = ""
    agreement: Agreement = Agreement.NOT_READ
    read: str = ""
    take: str = ""
    spot: str = ""
    answered: str = ""

    @property
    def id(self) -> str:
        """Its id on the page."""
        return f"f-{self.name.replace('.', '-')}"


class StateView(NamedTuple):
    """The fields of one state."""

    jurisdiction: str
    title: str
    fields: Sequence[Field]
    law: str
    on_paper: Compared | None

    @property
    def to_look_at(self) -> bool:
        """Whether something is wrong in it, or disagrees."""
        wrong = (Agreement.DIFFERENT, Agreement.ONLY_READ)
        marked = any(each.error or each.agreement in wrong for each in self.fields)
        return marked or (self.on_paper is not None and self.on_paper.disagrees)

    @property
    def in_short(self) -> str:
        """Its number and dates on one line."""
        shown = {each.name.rpartition(".")[2]: each.value for each in self.fields}
        days = f"{shown['effective_date']} – {shown['expiration_date'] or 'no end'}"
        return " · ".join(filter(None, (shown["exemption_number"], days)))


class Happening(NamedTuple):
    """What somebody did at one moment, in words."""

    at: dt.datetime
    by: str
    said: Sequence[str]


class View(NamedTuple):
    """The whole page.

    Attributes:
        folded: Whether states are shown that nothing disagrees in only when opened.
        history: The newest first.
    """

    files: Sequence[FileView]
    whole: Sequence[Field]
    states: Sequence[StateView]
    names: Sequence[Field]
    more_states: Options
    only_read: Sequence[str]
    folded: bool
    history: Sequence[Happening]


STATES_OPEN = 3
HAPPENINGS = 12

_COMPARED = {
    "exemption_number": FieldName.NUMBER,
    "reason": FieldName.EXEMPTION_REASON,
    "effective_date": FieldName.EFFECTIVE_DATE,
    "expiration_date": FieldName.EXPIRATION_DATE,
    "signed_date": FieldName.SIGNED_DATE,
    "kind": FieldName.SINGLE_PURCHASE,
}
_OF_A_STATE = (
    ("exemption_number", "Number", "text", ()),
    ("identification_type", "Kind of number", "select", NUMBERS),
    ("reason", "Reason", "select", REASONS),
    ("effective_date", "Effective", "date", ()),
    ("expiration_date", "Expires", "date", ()),
)
_OF_THE_WHOLE = (
    ("form_kind", "Form", "select", FORMS),
    ("kind", "For", "select", KINDS),
    ("signed_date", "Signed", "date", ()),
    ("order_numbers", "Orders", "text", ()),
    ("number", "Certificate number", "text", ()),
    ("notes", "Notes", "long", ()),
)
_HELP = {
    "order_numbers": "Only for these, by number; a comma between them.",
    "expiration_date": "Empty = without an end.",
}


def view_of(looked: Looked, values: Values, errors: Mapping[str, str]) -> View:
    """The page of a certificate whose fields have these *values*, and what is wrong with them."""
    compared = {(each.field, each.jurisdiction): each for each in looked.compared}
    spots = {key: spot_id(each) for key, each in compared.items()}

    def field(
        name: str, label: str, kind: str, options: Options, place: str | None = None
    ) -> Field:
        full = f"{place}.{name}" if place else name
        key = (_COMPARED.get(name, FieldName.SIGNED_BY), place)
        plain = Field(full, label, kind, values.get(full, ""), options, errors.get(full, ""))
        plain = plain._replace(help=_HELP.get(name, ""))
        one = compared.get(key)
        return _with_reading(plain, one, spots[key]) if one else plain

    held = [one.jurisdiction for one in looked.certificate.jurisdictions]
    names = ((FieldName.BUYER_NAME, "Customer"), (FieldName.SELLER_NAME, "Seller"))
    extra = [c for c in looked.compared if c.field is FieldName.JURISDICTION and not c.entered]
    return View(
        files=[
            file_view(each, lambda page, at=at: list(_spots(at, page, looked)))  # type: ignore[misc]
            for at, each in enumerate(looked.files)
        ],
        whole=[field(*each) for each in _OF_THE_WHOLE],
        states=[
            StateView(
                place,
                jurisdiction_name(place),
                [field(*each, place=place) for each in _OF_A_STATE],
                looked.law[place].why if place in looked.law else "",
                compared.get((FieldName.JURISDICTION, place)),
            )
            for place in held
        ],
        names=[_name(label, compared[name, None], spots[name, None]) for name, label in names],
        more_states=[
            (code, jurisdiction_name(code)) for code in sorted(jurisdictions()) if code not in held
        ],
        only_read=[jurisdiction_name(each.jurisdiction or "") for each in extra],
        folded=len(held) > STATES_OPEN,
        history=_history(looked.history)[:HAPPENINGS],
    )


def spot_id(compared: Compared) -> str:
    """The id of where a field was read; "" = it is not known where."""
    if compared.read is None or compared.read.found.box is None:
        return ""
    return f"s-{compared.field}-{compared.jurisdiction or 'all'}"


def _with_reading(field: Field, one: Compared, spot: str) -> Field:
    read = one.read.found.value if one.read else ""
    answered = one.answered or ""
    if one.field is FieldName.EXEMPTION_REASON:
        shown, answered = spoken(read), spoken(answered)
    elif one.field is FieldName.SINGLE_PURCHASE:
        kind = CertificateKind.SINGLE_USE if read == "yes" else CertificateKind.BLANKET
        shown, answered = dict(KINDS)[kind] if read else "", ""
        read = kind.value if read else ""
    else:
        shown = read
    return field._replace(
        agreement=one.agreement, read=shown, take=read, spot=spot, answered=answered
    )


def _name(label: str, one: Compared, spot: str) -> Field:
    """A name that is shown, and not edited here."""
    name = f"name-{one.field}"
    return _with_reading(Field(name, label, "shown", one.entered or ""), one, spot)


def _spots(file: int, page: int, looked: Looked) -> Iterator[Spot]:
    """Where on a page of a file something was read."""
    for each in looked.compared:
        if each.read is None or each.read.file != file:
            continue
        box = each.read.found.box
        if box is not None and box.page == page:
            title = f"{TITLES[each.field]}: {each.read.found.seen or each.read.found.value}"
            yield _spot(spot_id(each), title, box, disagrees=each.disagrees)


def _spot(name: str, title: str, box: Box, *, disagrees: bool) -> Spot:
    sides = (box.left, box.top, box.right - box.left, box.bottom - box.top)
    return Spot(name, title, disagrees, *(round(1000 * each, 1) for each in sides))


def _history(changes: Sequence[Change]) -> list[Happening]:
    """What happened, the newest first; all that was entered at first is one thing."""
    found: list[Happening] = []
    for (at, by), group in itertools.groupby(
        changes, key=lambda each: (each.changed_at, each.changed_by)
    ):
        listed = list(group)
        first = any(each.field == "review_status" and each.old is None for each in listed)
        told = [each for each in listed if not first or each.field == "file"]
        said = [*(["entered it"] if first else []), *map(_told, told)]
        found.append(Happening(at, by, said))
    return found[::-1]


def _told(change: Change) -> str:
    title, new = field_title(change.field), value_text(change.field, change.new)
    if change.old is None:
        return f"{title}: {new}"
    return f"{title}: {value_text(change.field, change.old)} → {new}"
