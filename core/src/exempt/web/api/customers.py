"""Customers: found, entered and brought up to date; their ship-tos, coverage and exposure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Body as JsonBody
from fastapi import Query, Response

from exempt.data import currency_exponent
from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.services import card_sheet, cards, customer_lists, customers, scoped
from exempt.services.card_sheet import look_at
from exempt.services.listing_ports import Next
from exempt.services.ports import Transaction
from exempt.services.rows import CustomerFilter
from exempt.services.upserting import upsert
from exempt.web.api.calls import Call, Called
from exempt.web.api.customer_bodies import (
    EXAMPLE,
    CoverageList,
    Customer,
    CustomerList,
    CustomerQuery,
    ExposureList,
    NewCustomer,
    ShipTo,
    ShipToList,
    StateCoverage,
    StateExposure,
    in_order,
    shown,
)
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import listed
from exempt.web.problems import Wrong, invalid

operations = Operations("Customers", "Who buys, where goods go, and what covers them.")


@operations.get("/customers", Right.READ, 404)
def list_customers(call: Called, query: Annotated[CustomerQuery, Query()]) -> CustomerList:
    """List customers.

    By `number`, or by `connection` and `external_id`, it is one customer or none.
    """
    on, part = call.act.at.date(), query.wanted
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        filters = CustomerFilter(
            words=query.words,
            company_ids=scoped.company_ids(tx, keys, call.caller),
            flagged=query.flagged,
            lacking=query.lacking,
            jurisdiction=query.jurisdiction,
        )
        ids = _exactly(call, tx, query, filters, part)
        if ids is None:
            ids = customer_lists.following(tx, filters, part, on)
        return CustomerList(**listed(call, query, ids, int, lambda ids: _cards(tx, ids, on)))


def _cards(tx: Transaction, ids: Any, on: dt.date) -> list[Customer]:
    return shown(tx, in_order(cards.find(tx, ids), ids), on)


def _exactly(
    call: Call, tx: Transaction, query: CustomerQuery, filters: CustomerFilter, part: Next
) -> list[int] | None:
    """The one customer that is named exactly; None = none is."""
    if (query.connection is None) != (query.external_id is None):
        wrong = "belongs together with the other: send connection and external_id, or neither"
        name = "connection" if query.connection is None else "external_id"
        raise invalid([Wrong("parameter", name, wrong)])
    if query.connection is not None and query.external_id is not None:
        found = customers.by_record(tx, query.connection, query.external_id)
    elif query.number is not None:
        mine = [company.id for company in scoped.companies(tx, call.caller)]
        found = customers.by_number(tx, mine, query.number)
    else:
        return None
    allowed = filters.company_ids
    ids = [c.id for c in cards.find(tx, found) if allowed is None or c.company_id in allowed]
    return [each for each in sorted(ids) if each > part.after][: part.limit]


@operations.post(
    "/customers",
    Right.EDIT,
    404,
    responses={201: {"model": Customer, "description": "The customer was made."}},
)
def upsert_customer(
    call: Called,
    told: Annotated[NewCustomer, JsonBody(openapi_examples={"an ERP's": {"value": EXAMPLE}})],
    response: Response,
) -> Customer:
    """Make a customer, or bring it up to date.

    The customer with this `number` in the company is made the first time (201), and
    changed after that (200): what is left out stays as it is, null empties a field.
    Without a number a customer is made each time.
    """
    fields = {name: getattr(told, name) for name in told.model_fields_set - {"company"}}
    with call.store.reading() as tx:
        company = scoped.company(tx, told.company, call.caller)
    if "custom" in fields:
        fields["custom"] = custom_of(call, told.custom, {})
    done = upsert(call.store, company.id, fields, call.act)
    if done.made:
        response.status_code = 201
        call.made(f"/customers/{done.card.id}")
    return _answer(call, done.card)


def custom_of(call: Call, told: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """The seller's own fields, read as the settings define them.

    Raises:
        Problem: One is not defined, or does not take its value.
    """
    try:
        return cards.read_custom(call.site.customer_fields, told, before)
    except RefusedError as error:
        raise invalid([Wrong("pointer", "/custom", str(error))]) from None


def _answer(call: Call, card: CustomerCard) -> Customer:
    call.version(card.version)
    with call.store.reading() as tx:
        return shown(tx, [card], call.act.at.date())[0]


@operations.get("/customers/{customer_id}", Right.READ, 404)
def get_customer(call: Called, customer_id: Id) -> Customer:
    """One customer.

    Of a customer that was merged into another, that one is answered.
    """
    return _answer(call, _card(call, customer_id))


def _card(call: Call, customer_id: int) -> CustomerCard:
    with call.store.reading() as tx:
        return scoped.customer(tx, customer_id, call.caller)


@operations.put("/customers/{customer_id}", Right.EDIT)
def edit_customer(call: Called, customer_id: Id, details: CustomerDetails) -> Customer:
    """Put this in place of what is known of a customer: all of it, or nothing.

    A field that a source has the last word on must be as it is there.
    """
    before = _card(call, customer_id)
    as_it_is = {key: before.custom[key] for key in details.custom if key in before.custom}
    new = {key: told for key, told in details.custom.items() if as_it_is.get(key) != told}
    details = details.model_copy(update={"custom": custom_of(call, new, as_it_is)})
    done = cards.edit(call.store, before.id, details, call.act, seen=call.seen())
    return _answer(call, done.card)


# --- ship-tos --------------------------------------------------------------------------------


@operations.get("/customers/{customer_id}/ship-tos", Right.READ, 404)
def list_ship_tos(call: Called, customer_id: Id) -> ShipToList:
    """Where goods of a customer go: states, and its ship-to customers."""
    with call.store.reading() as tx:
        card = scoped.customer(tx, customer_id, call.caller)
        return _ship_tos(tx, card)


def _ship_tos(tx: Transaction, card: CustomerCard) -> ShipToList:
    looked = card_sheet.ship_tos(tx, card.id)
    links = [link for link in looked.links if link.bill_to_id == card.id]
    said_by = {link.ship_to_id: link.connection for link in sorted(links, key=repr)}
    return ShipToList(
        jurisdictions=tuple(looked.places),
        customers=tuple(
            ShipTo(
                customer_id=one.id,
                number=one.number,
                name=one.name,
                jurisdiction=one.jurisdiction,
                said_by=said_by[one.id],
            )
            for one in looked.others.values()
            if one.id in said_by
        ),
    )


@operations.put("/customers/{customer_id}/ship-tos/{ship_to_id}", Right.EDIT, changes=False)
def link_ship_to(call: Called, customer_id: Id, ship_to_id: Id) -> ShipToList:
    """Let one customer be a ship-to customer of another; its certificates cover it from now on."""
    card, other = _card(call, customer_id), _card(call, ship_to_id)
    if other.id not in card.ship_to_ids:
        cards.link_ship_to(call.store, card.id, other.id, call.act)
    with call.store.reading() as tx:
        return _ship_tos(tx, card)


@operations.delete("/customers/{customer_id}/ship-tos/{ship_to_id}", Right.EDIT)
def unlink_ship_to(call: Called, customer_id: Id, ship_to_id: Id) -> ShipToList:
    """Undo that; where a source says so too, the link stays."""
    card, other = _card(call, customer_id), _card(call, ship_to_id)
    if other.id not in card.ship_to_ids:
        raise scoped.none_such(f"ship-to customer {ship_to_id} of customer {customer_id}")
    cards.unlink_ship_to(call.store, card.id, other.id, call.act)
    with call.store.reading() as tx:
        return _ship_tos(tx, card)


# --- what covers it --------------------------------------------------------------------------


@operations.get("/customers/{customer_id}/coverage", Right.READ, 404)
def get_coverage(call: Called, customer_id: Id) -> CoverageList:
    """What covers a customer today, for each state that its goods go to or went to."""
    on = call.act.at.date()
    with call.store.reading() as tx:
        card = scoped.customer(tx, customer_id, call.caller)
        looked = look_at(tx, card.id, on, call.site.expiring_soon_days)
    states = [
        StateCoverage(
            jurisdiction=state.jurisdiction,
            needed=state.needed,
            covered=state.coverage is not None,
            certificate_id=state.coverage.certificate_id if state.coverage else None,
            certificate_number=state.coverage.certificate_number if state.coverage else None,
            exemption_reason=state.coverage.exemption_reason if state.coverage else None,
            last_date=state.coverage.last_date if state.coverage else None,
        )
        for state in looked.states
    ]
    return CoverageList(date=on, data=tuple(states))


@operations.get("/customers/{customer_id}/exposure", Right.READ, 404)
def get_exposure(call: Called, customer_id: Id) -> ExposureList:
    """What was sold to a customer and its ship-to customers, by state and by what was decided."""
    with call.store.reading() as tx:
        card = scoped.customer(tx, customer_id, call.caller)
        found = card_sheet.exposure(tx, card)
    return ExposureList(
        data=tuple(
            StateExposure(
                jurisdiction=one.jurisdiction,
                tax_applicable=one.tax_applicable,
                claimed_only=one.claimed_only,
                currency=one.currency,
                orders=one.orders,
                total=Decimal(one.total_minor).scaleb(-currency_exponent(one.currency)),
            )
            for one in found
        )
    )
