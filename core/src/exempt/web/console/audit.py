"""The audit trail: who changed what, when, and what stood there before and after."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from exempt.model.access import Right
from exempt.model.custom import CustomField
from exempt.rules import card_words, certificate_words
from exempt.services import audit
from exempt.services.audit_ports import LOOKED_THROUGH, OF_ADMINISTRATION, AuditFilter, AuditRow
from exempt.services.rows import Subject
from exempt.services.tables_out import Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of

pages = Pages()

TITLES: Mapping[Subject, str] = {
    Subject.CERTIFICATE: "Certificate",
    Subject.CUSTOMER: "Customer",
    Subject.ORDER: "Order",
    Subject.PRODUCT: "Product",
    Subject.PRESENCE: "Presence",
    Subject.WARNING: "Warning",
    Subject.CONNECTION: "Connection",
    Subject.USER: "User",
    Subject.API_KEY: "API key",
    Subject.ENDPOINT: "Webhook endpoint",
}
PLACES: Mapping[Subject, str] = {
    Subject.CERTIFICATE: "/certificates/{}",
    Subject.CUSTOMER: "/customers/{}",
    Subject.ORDER: "/orders/{}",
    Subject.PRODUCT: "/products/{}",
    Subject.PRESENCE: "/presence/{}",
    Subject.WARNING: "/warnings/{}",
    Subject.USER: "/users/{}",
}
"""Where a thing has its page."""

LIST = Lister(
    "/audit",
    columns=(
        Column("when", "When", fixed=True),
        Column("who", "Who"),
        Column("what", "What"),
        Column("field", "Field"),
        Column("before", "Before"),
        Column("after", "After"),
    ),
    filters=("by", "subject", "id", "field", "new", "first", "last"),
)


@pages.get(LIST.path, may=Right.READ)
def list_(call: Call) -> Response:
    """Every change that fits, the newest first."""
    asked = LIST.read(call)
    administers = call.by.may(Right.ADMINISTER)
    wanted = _filters(call, asked)
    found = audit.page(call.site.store, wanted, administers=administers)
    known = {getattr(route, "path", "") for route in call.request.app.routes}
    return call.page(
        "home/audit.html",
        rows=found.rows,
        listing=LIST.shown(call, asked, total=found.total, capped=found.capped),
        wanted=wanted,
        subjects=[
            (subject.value, title)
            for subject, title in TITLES.items()
            if administers or subject not in OF_ADMINISTRATION
        ],
        people=[(name, name) for name in _people(call)],
        titles=TITLES,
        address=lambda row: _address(row, known),
        field=lambda row: _field(call, row),
        value=_value,
        looked_through=LOOKED_THROUGH,
    )


@pages.get(f"{LIST.path}/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All that fits, as a file."""
    wanted = _filters(call, LIST.read(call))
    heads = ("When (UTC)", "Who", "Kind", "Id", "Name", "Field", "Before", "After")
    rows = (
        (
            row.changed_at,
            row.changed_by,
            TITLES[row.subject],
            row.subject_id,
            row.name,
            row.field,
            row.old,
            row.new,
        )
        for row in audit.every(call.site.store, wanted, administers=call.by.may(Right.ADMINISTER))
    )
    return exports.send(call, Sheet("Audit trail", heads, rows), "audit-trail")


def _filters(call: Call, asked: Asked) -> AuditFilter:
    """What the address asks; what makes no sense is as if it were not there."""
    subject = asked.filter("subject")
    number = number_of(asked.filter("id"))
    return AuditFilter(
        by=asked.filter("by"),
        subjects=(Subject(subject),) if subject in set(Subject) else (),
        subject_id=number if subject in set(Subject) else None,
        words=asked.words,
        called=_called(call, asked.words),
        field=asked.filter("field"),
        outcome=asked.filter("new"),
        first=day_of(asked.filter("first")),
        last=day_of(asked.filter("last")),
        company_ids=call.scope,
        limit=asked.limit,
        offset=asked.offset,
    )


def _called(call: Call, words: str) -> Mapping[Subject, list[str]]:
    """The fields that the page calls by these words."""
    if not words.strip():
        return {}
    sought = words.strip()
    return {
        Subject.CERTIFICATE: certificate_words.fields_called(
            sought, _titles(call.site.certificate_fields)
        ),
        Subject.CUSTOMER: card_words.fields_called(sought, _titles(call.site.customer_fields)),
    }


def _field(call: Call, row: AuditRow) -> str:
    """What was changed, as the thing's own page calls it."""
    if row.subject is Subject.CERTIFICATE:
        return certificate_words.field_title(row.field, _titles(call.site.certificate_fields))
    if row.subject is Subject.CUSTOMER:
        return card_words.field_title(row.field, _titles(call.site.customer_fields))
    plain = row.field.replace("_", " ")
    return f"{plain[:1].upper()}{plain[1:]}"


def _titles(own: Mapping[str, CustomField]) -> dict[str, str]:
    return {key: field.title for key, field in own.items()}


def _value(row: AuditRow, value: str | None) -> str:
    """What stood there, or stands there now."""
    is_certificate = row.subject is Subject.CERTIFICATE
    return certificate_words.value_words(row.field, value) if is_certificate else value or ""


def _people(call: Call) -> list[str]:
    """Who can be chosen: whoever sees all companies sees everybody."""
    return audit.people(call.site.store) if call.by.company_ids is None else []


def _address(row: AuditRow, known: set[str]) -> str:
    """Where the thing has its page; "" where it has none, or is there no more."""
    place = PLACES.get(row.subject, "") if row.name else ""
    there = place and any(path.startswith(place.partition("{")[0] + "{") for path in known)
    return place.format(row.subject_id) if there else ""
