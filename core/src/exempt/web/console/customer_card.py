"""A customer's card, tab by tab: what is known of it, and what hangs on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from exempt.errors import NotFoundError
from exempt.model.access import Right
from exempt.model.customer import CARD_TITLES, CustomerCard
from exempt.rules.card_words import said_of
from exempt.rules.coverage_map import TITLES as COVERS
from exempt.rules.explain import verdict
from exempt.rules.request_states import state_of
from exempt.services import card_sheet, entries, request_views, scoped
from exempt.services.card_sheet import LookedCard
from exempt.services.card_states import states_of
from exempt.services.order_lists import decisions_of, orders_of_customer
from exempt.services.order_words import GROUNDS
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestFilter
from exempt.services.requests import reached_by_mail
from exempt.services.rows import CompanyRow, CustomerRecord, Subject
from exempt.web.console.certificate_view import STATUSES
from exempt.web.console.customers import states
from exempt.web.console.entries import NOTHING, Owner, Typed, add_pages
from exempt.web.console.requests import COLOURS, spoken
from exempt.web.pages import Call, Pages

pages = Pages()

BASE = "/customers/{customer_id:int}"
NEWEST = 50
"""So many orders and requests are shown; the lists of both have the rest."""

TABS = (
    ("", "Overview"),
    ("/ship-to", "Ship-to"),
    ("/certificates", "Certificates"),
    ("/orders", "Orders"),
    ("/requests", "Requests"),
    ("/comments", "Comments & files"),
    ("/sources", "Sources"),
    ("/history", "History"),
)


def found(call: Call) -> CustomerCard:
    """The card that the path names, or the one that stands for it; 404 where there is none."""
    with call.site.store.reading() as tx:
        return named(call, tx, call.path["customer_id"])


def named(call: Call, tx: Transaction, customer_id: int) -> CustomerCard:
    """The card with this id, if the caller sees it; else 404."""
    try:
        return scoped.customer(tx, customer_id, call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def look(call: Call, tx: Transaction, customer_id: int) -> LookedCard:
    """All that is known of the card with this id, if the caller sees it; else 404."""
    card = named(call, tx, customer_id)
    site = call.site
    return card_sheet.look_at(tx, card.id, site.clock().date(), site.expiring_soon_days)


def shown(
    call: Call, tab: str, card: CustomerCard, *, status: int = 200, wrong: str = "", **more: Any
) -> Response:
    """A tab of a card; *wrong* is why what was sent could not be done."""
    asked_for = call.path.get("customer_id", card.id)
    if call.request.method == "GET" and asked_for != card.id:  # it was merged into that one
        return RedirectResponse(f"/customers/{card.id}{tab}", 303)
    with call.site.store.reading() as tx:
        many = card_sheet.counts(tx, card.id)
        mine = scoped.companies(tx, call.by)
    counts = {
        "/certificates": many.certificates,
        "/comments": many.comments,
        "/sources": many.records,
    }
    asks = call.site.requests_enabled and call.by.may(Right.REQUEST)
    return call.page(
        f"customers/card{tab.replace('/', '_').replace('-', '_') or '_overview'}.html",
        status,
        card=card,
        base=f"/customers/{card.id}",
        tabs=[(f"/customers/{card.id}{key}", title, counts.get(key)) for key, title in TABS],
        here=[key for key, _ in TABS].index(tab),
        companies=_line(mine, card.company_id) if len(mine) > 1 else [],
        may_edit=call.by.may(Right.EDIT),
        may_ask=asks,
        wrong=wrong,
        **more,
    )


def _line(mine: list[CompanyRow], company_id: int | None) -> list[CompanyRow]:
    """A company, after those that it belongs to."""
    row = next((each for each in mine if each.id == company_id), None)
    return [*_line(mine, row.parent_id), row] if row else []


@pages.get(BASE, may=Right.READ)
def overview(call: Call) -> Response:
    """What is known of it, and what covers it."""
    site, on = call.site, call.site.clock().date()
    with site.store.reading() as tx:
        looked = look(call, tx, call.path["customer_id"])
    places = states_of(looked, on, site.expiring_soon_days)
    return shown(
        call,
        "",
        looked.card,
        looked=looked,
        places=places,
        in_force={state.jurisdiction for state in places.states if state.coverage},
        covers=COVERS,
        titles=CARD_TITLES,
        defined=site.customer_fields,
        in_source=any(not record.deleted for record in looked.records),
        to_ask=[(one, reached_by_mail(one)) for one in looked.to_ask],
    )


@pages.get(f"{BASE}/ship-to", may=Right.READ)
def ship_to(call: Call) -> Response:
    """Where its goods go."""
    return ship_to_tab(call, found(call))


def ship_to_tab(call: Call, card: CustomerCard, wrong: str = "", **typed: str) -> Response:
    """The same, with what was typed and is *wrong*."""
    with call.site.store.reading() as tx:
        card, links, others, goes_to = card_sheet.ship_tos(tx, card.id)
    by_hand = {(link.bill_to_id, link.ship_to_id) for link in links if link.connection is None}
    pairs = dict.fromkeys((link.bill_to_id, link.ship_to_id) for link in links)
    said_by = {
        pair: sorted(
            {
                link.connection or link.made_by
                for link in links
                if (link.bill_to_id, link.ship_to_id) == pair
            }
        )
        for pair in pairs
    }
    return shown(
        call,
        "/ship-to",
        card,
        status=422 if wrong else 200,
        wrong=wrong,
        zones=card.ship_to_zones,
        others_places=[place for place in goes_to if place not in card.ship_to_zones],
        states=[pair for pair in states() if pair[0] not in card.ship_to_zones],
        below=[(others[b], said_by[a, b], (a, b) in by_hand) for a, b in pairs if a == card.id],
        above=[(others[a], said_by[a, b], (a, b) in by_hand) for a, b in pairs if b == card.id],
        typed=typed,
    )


@pages.get(f"{BASE}/certificates", may=Right.READ)
def certificates(call: Call) -> Response:
    """Those that it holds, and those that cover it through its billing customers."""
    with call.site.store.reading() as tx:
        looked = look(call, tx, call.path["customer_id"])
    newest = sorted(looked.certificates, key=lambda one: -one[0].id)
    return shown(
        call,
        "/certificates",
        looked.card,
        rows=newest,
        colours={each: colour for each, (_, colour) in STATUSES.items()},
        bill_tos=[looked.others[each] for each in looked.card.bill_to_ids],
    )


@pages.get(f"{BASE}/orders", may=Right.READ)
def orders(call: Call) -> Response:
    """Its newest orders, each with what was decided and why."""
    card = found(call)
    with call.site.store.reading() as tx:
        page = orders_of_customer(tx, card.id, NEWEST, call.by.company_ids)
        decided = decisions_of(tx, page)
    why = {order_id: verdict(decision) for order_id, decision in decided.items()}
    return shown(call, "/orders", card, orders=page, why=why, grounds=GROUNDS)


@pages.get(f"{BASE}/requests", may=Right.READ)
def requests(call: Call) -> Response:
    """What it was asked for, the newest first."""
    card, at = found(call), call.site.clock()
    with call.site.store.reading() as tx:
        wanted = RequestFilter(customer_id=card.id, limit=NEWEST)
        page = request_views.page(tx, wanted, at)
    states_now = {row.id: state_of(row, at) for row in page.requests}
    total = sum(page.counts.values())
    return shown(
        call,
        "/requests",
        card,
        rows=page.requests,
        total=total,
        states=states_now,
        spoken=spoken,
        colours=COLOURS,
    )


@pages.get(f"{BASE}/comments", may=Right.READ)
def comments(call: Call) -> Response:
    """Its comments and files."""
    return comments_tab(call, found(call).id, NOTHING)


def comments_tab(call: Call, customer_id: int, typed: Typed) -> Response:
    """The same, with what was *typed* and could not be kept."""
    with call.site.store.reading() as tx:
        card = named(call, tx, customer_id)
        rows = entries.listed(tx, Subject.CUSTOMER, card.id)
    return shown(
        call, "/comments", card, status=422 if typed.wrong else 200, rows=rows, typed=typed
    )


add_pages(
    pages,
    BASE,
    Owner(
        Subject.CUSTOMER,
        lambda call: found(call).id,
        lambda customer_id: f"/customers/{customer_id}/comments",
        comments_tab,
    ),
)


@pages.get(f"{BASE}/sources", may=Right.READ)
def sources(call: Call) -> Response:
    """The records of sources on it."""
    return sources_tab(call, found(call))


def sources_tab(call: Call, card: CustomerCard, wrong: str = "", **typed: str) -> Response:
    """The same, with what was typed and is *wrong*."""
    with call.site.store.reading() as tx:
        card, records, connections, owners, merged = card_sheet.sources(tx, card.id)
    owned: dict[str, list[str]] = {}
    for field, owner in owners.items():
        owned.setdefault(owner, []).append(CARD_TITLES.get(field, field))
    return shown(
        call,
        "/sources",
        card,
        status=422 if wrong else 200,
        wrong=wrong,
        records=records,
        addresses=_addresses(call, records),
        connections=[(row.name, row.name) for row in connections],
        owned=owned,
        merged=merged,
        typed=typed,
    )


def _addresses(call: Call, records: list[CustomerRecord]) -> dict[int, str]:
    """Where the records of sources are shown in those systems, as far as the settings say."""
    known = call.site.customer_addresses
    return {
        record.id: known[record.connection].replace("{id}", quote(record.external_id, safe=""))
        for record in records
        if record.connection in known and not record.deleted
    }


@pages.get(f"{BASE}/history", may=Right.READ)
def history(call: Call) -> Response:
    """Who changed what, the newest first."""
    with call.site.store.reading() as tx:
        card = named(call, tx, call.path["customer_id"])
        changes = card_sheet.changes(tx, card.id)
    titles = {key: field.title for key, field in call.site.customer_fields.items()}
    return shown(
        call,
        "/history",
        card,
        changes=[
            {
                "changed_at": change.changed_at,
                "changed_by": change.changed_by,
                "said": said_of(change, titles)
                + ("" if each == card.id else f" (on the merged card id:{each})"),
            }
            for each, change in reversed(changes)
        ],
    )
