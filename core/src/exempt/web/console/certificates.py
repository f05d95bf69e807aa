"""The list of certificates: found, narrowed down, given out, and many of them handled at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from exempt.data import jurisdictions
from exempt.errors import NotFoundError
from exempt.model.access import Right
from exempt.model.certificate import CertificateKind, ExemptionReason, ReviewStatus
from exempt.rules.status import REQUEST_OFFERED, CertificateStatus, certificate_status
from exempt.services import certificate_bulk as bulk
from exempt.services import certificate_lists, scoped
from exempt.services.certificate_bulk import Chosen
from exempt.services.certificate_ports import CertificateRows
from exempt.services.rows import CertificateFilter, CertificateSort
from exempt.web.console import exports
from exempt.web.console.certificate_view import KINDS, REASONS, REVIEWS, STATUSES, known, places
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of, numbers_of

pages = Pages()
E = TypeVar("E", bound=StrEnum)

FILTERS = ("status", "review", "state", "reason", "kind", "ends", "ends_within")
LIST = Lister(
    "/certificates",
    columns=(
        Column("customer", "Customer", sort=True, fixed=True),
        Column("state", "States"),
        Column("number", "Number", sort=True),
        Column("reason", "Reason"),
        Column("form", "Form", hidden=True),
        Column("kind", "For", hidden=True),
        Column("signed", "Signed", hidden=True),
        Column("effective", "Effective", hidden=True),
        Column("expires", "Expires", sort=True),
        Column("status", "Status", fixed=True),
        Column("review", "Review", hidden=True),
        Column("entered", "Entered", sort=True, hidden=True),
        Column("source", "Came by", hidden=True),
        Column("files", "Files", hidden=True, end=True),
    ),
    filters=(*FILTERS, "customer", "ends_from", "ends_to", "on"),
    sort="-entered",
)
SORTS = {
    "customer": CertificateSort.CUSTOMER,
    "number": CertificateSort.NUMBER,
    "expires": CertificateSort.EXPIRES,
    "entered": CertificateSort.ID,
}
ENDS = {"0-30": (0, 30), "31-60": (31, 60), "61-90": (61, 90), "91": (91, None), "past": (None, -1)}
"""In how many days the first of its states ends."""

ENDS_TITLES = (
    ("0-30", "Within 30 days"),
    ("31-60", "In 31 to 60 days"),
    ("61-90", "In 61 to 90 days"),
    ("91", "In 91 days or later"),
    ("past", "Before today"),
)
LONGEST = 36_500  # days
SHOWN = 100
"""So many are named where many are handled at once; the rest are counted."""


@pages.get("/certificates", may=Right.READ)
def list_(call: Call) -> Response:
    """Those that fit, the newest first, with how many there are of each status."""
    asked, site = LIST.read(call), call.site
    on = site.clock().date()
    wanted = filter_of(call, asked)
    with site.store.reading() as tx:
        found = certificate_lists.page(tx, wanted, on, site.expiring_soon_days)
    here, tabs = _tabs(asked, wanted.statuses, found)
    return call.page(
        "certificates/list.html",
        listing=LIST.shown(call, asked, total=found.total),
        rows=[_row(each, found, on, site.expiring_soon_days) for each in found.certificates],
        tabs=tabs,
        here=here,
        places=places(),
        reasons=REASONS,
        kinds=KINDS,
        review_options=[(each.value, words) for each, (words, _) in REVIEWS.items()],
        ends=ENDS_TITLES,
        within=asked.filter("ends_within") if wanted.expires_to else "",
        just=_just(call, asked, wanted),
        empty=not sum(found.counts.values()) and not asked.narrowed,
        **_may(call),
        **known(),
    )


@pages.get("/certificates/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All that fit, or those that were ticked, by id."""
    wanted = filter_of(call, LIST.read(call))
    if "ids" in call.query:
        ids = numbers_of(call.query["ids"].split(","))
        wanted = CertificateFilter(company_ids=call.scope, ids=tuple(ids))
    site = call.site
    sheet = certificate_lists.sheet(
        site.store, wanted, site.clock().date(), site.expiring_soon_days
    )
    return exports.send(call, sheet, "certificates")


def filter_of(call: Call, asked: Asked) -> CertificateFilter:
    """What the address asks; what makes no sense is as if it were not there."""
    first, last = _ends(asked, call.site.clock().date())
    place = asked.filter("state")
    known_statuses = [each for each in asked.filters("status") if each in set(CertificateStatus)]
    return CertificateFilter(
        words=asked.words or None,
        company_ids=call.scope,
        customer_id=number_of(asked.filter("customer")),
        jurisdiction=place if place in jurisdictions() else None,
        reason=_one_of(ExemptionReason, asked.filter("reason")),
        statuses=tuple(dict.fromkeys(map(CertificateStatus, known_statuses))),
        expires_from=first,
        expires_to=last,
        review_status=_one_of(ReviewStatus, asked.filter("review")),
        kind=_one_of(CertificateKind, asked.filter("kind")),
        in_force_on=day_of(asked.filter("on")),
        sort=SORTS[asked.sort],
        descending=asked.descending,
        limit=asked.limit,
        offset=asked.offset,
    )


def _ends(asked: Asked, on: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day that the earliest end may be, by all that is said of it."""
    starts, stops = [day_of(asked.filter("ends_from"))], [day_of(asked.filter("ends_to"))]
    after, before = ENDS.get(asked.filter("ends"), (None, None))
    within = number_of(asked.filter("ends_within"))
    if within is not None and within <= LONGEST:
        starts.append(on)
        stops.append(on + dt.timedelta(days=within))
    starts.append(None if after is None else on + dt.timedelta(days=after))
    stops.append(None if before is None else on + dt.timedelta(days=before))
    return (
        max((each for each in starts if each), default=None),
        min((each for each in stops if each), default=None),
    )


def _row(certificate: Any, found: CertificateRows, on: dt.date, soon_days: int) -> dict[str, Any]:
    status = certificate_status(certificate, on, soon_days)
    end = certificate.first_expiration
    return {
        "it": certificate,
        "holders": found.of(certificate),
        "status": status,
        "days": (end - on).days if end else None,
        "offered": status in REQUEST_OFFERED,
    }


def _tabs(
    asked: Asked, chosen: Collection[CertificateStatus], found: CertificateRows
) -> tuple[int, list[tuple[str, str, int]]]:
    """Which tab is shown, and all of them; several statuses at once have one of their own."""
    every = sum(found.counts.values())
    tabs = [(asked.address(status=None), "All", every)]
    tabs += [
        (asked.address(status=status.value), words, found.counts[status])
        for status, (words, _) in STATUSES.items()
    ]
    if len(chosen) > 1:
        words = " or ".join(STATUSES[each][0].lower() for each in chosen)
        tabs.append((asked.address(), words.capitalize(), found.total))
        return len(tabs) - 1, tabs
    return (1 + list(STATUSES).index(next(iter(chosen))) if chosen else 0), tabs


def _just(call: Call, asked: Asked, wanted: CertificateFilter) -> list[tuple[str, str]]:
    """What is asked for that no field of the filters shows, and the address without it."""
    told = []
    if wanted.customer_id is not None:
        try:
            with call.site.store.reading() as tx:
                name = scoped.customer(tx, wanted.customer_id, call.by).name
        except NotFoundError:
            name = "a customer that is not there"
        told.append((f"Just certificates of {name}.", asked.address(customer=None)))
    first, last = day_of(asked.filter("ends_from")), day_of(asked.filter("ends_to"))
    if first or last:
        days = (f"from {first}" if first else "", f"to {last}" if last else "")
        said = " ".join(each for each in days if each)
        told.append((f"Just those that end {said}.", asked.address(ends_from=None, ends_to=None)))
    if wanted.in_force_on:
        told.append((f"Just those in force on {wanted.in_force_on}.", asked.address(on=None)))
    return told


def _may(call: Call) -> dict[str, bool]:
    return {
        "may_edit": call.by.may(Right.EDIT),
        "may_ask": call.site.requests_enabled and call.by.may(Right.REQUEST),
    }


# --- many at once ----------------------------------------------------------------------------


@pages.post("/certificates/bulk", may=Right.READ, slow=True)
def ticked(call: Call) -> Response:
    """What would be done with those that were ticked; a file of them anybody may have."""
    picked = LIST.picked(call)
    if picked.do == "export":
        here = f"ids={','.join(map(str, picked.ids))}"
        query = picked.asked.query(page=None) if picked.everything else here
        return RedirectResponse(f"/certificates/export?{query}&as=csv", 303)
    chosen = _chosen(call)
    if not chosen.ids:
        return call.go(picked.asked.address(), "Tick the certificates that you mean first.")
    if picked.do == "archive" and call.by.may(Right.EDIT):
        return _archiving(call, chosen)
    if picked.do == "request" and _may(call)["may_ask"]:
        return _asking(call, chosen)
    raise HTTPException(403)


@pages.post("/certificates/bulk/archive", may=Right.EDIT, slow=True)
def archive(call: Call) -> Response:
    """Archive them."""
    chosen, back = _chosen(call), LIST.picked(call).asked.address()
    done = bulk.archive_all(call.site.store, chosen.ids, call.site.act(call.by.name))
    said = f"{_count(done.archived, 'certificate')} archived; "
    said += f"{_count(done.orders_changed, 'open order')} decided anew."
    if done.already:
        said += f" {_count(done.already, 'certificate')} had been archived before."
    return call.go(back, said)


@pages.post("/certificates/bulk/request", may=Right.REQUEST, slow=True)
def request(call: Call) -> Response:
    """Ask their customers for new ones."""
    if not call.site.requests_enabled:
        raise HTTPException(403)
    chosen, site = _chosen(call), call.site
    act = site.act(call.by.name)
    done = bulk.ask_all(site.store, chosen.ids, act, site.post, site.expiring_soon_days)
    asked = sum(not each.left_out for each in done)
    if not asked:
        return call.go(LIST.picked(call).asked.address(), "Nobody was asked.")
    said = f"{_count(asked, 'customer')} asked; their mails go out now."
    return call.go("/requests", said)


def _chosen(call: Call) -> Chosen:
    """Those that were ticked, or all that fit; of those that the caller sees."""
    picked, site = LIST.picked(call), call.site
    on, soon = site.clock().date(), site.expiring_soon_days
    said = numbers_of(call.text("chosen").split(","))
    wanted = CertificateFilter(company_ids=call.scope, ids=tuple(said) or picked.ids)
    if picked.everything:
        wanted = filter_of(call, picked.asked)
    return bulk.chosen(site.store, wanted, on, soon)


def _archiving(call: Call, chosen: Chosen) -> Response:
    site = call.site
    on, soon = site.clock().date(), site.expiring_soon_days
    wanted = CertificateFilter(company_ids=call.scope, ids=chosen.ids[:SHOWN])
    with site.store.reading() as tx:
        found = certificate_lists.first_rows(tx, wanted, SHOWN, on, soon)
    return _sure(
        call, chosen, "archive", rows=[_row(one, found, on, soon) for one in found.certificates]
    )


def _asking(call: Call, chosen: Chosen) -> Response:
    site = call.site
    act = site.act(call.by.name)
    planned = bulk.plan(site.store, chosen.ids, act, site.post, site.expiring_soon_days)
    return _sure(
        call,
        chosen,
        "request",
        going=[each for each in planned if not each.left_out],
        left_out=[each for each in planned if each.left_out],
    )


def _sure(call: Call, chosen: Chosen, do: str, **more: Any) -> Response:
    """What would be done, to be looked at before it is."""
    return call.page(
        "certificates/bulk.html",
        do=do,
        chosen=chosen,
        back=LIST.picked(call).asked.address(),
        query=call.text("query"),
        most=bulk.MOST,
        shown=SHOWN,
        **more,
        **known(),
    )


# --- small things ----------------------------------------------------------------------------


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _one_of(kind: type[E], text: str) -> E | None:
    return kind(text) if text in set(kind) else None
