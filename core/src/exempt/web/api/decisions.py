"""Decisions: of orders that are being entered, and of those that are known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from fastapi import Body as JsonBody
from fastapi import Query
from pydantic import Field

from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.model.asking import (
    Answer,
    Buyer,
    LineAnswer,
    Looked,
    OnFile,
    Prompt,
    Question,
)
from exempt.model.decision import Decision, Ground
from exempt.model.record import ExternalId
from exempt.model.sources import Order
from exempt.rules.asking import on_file
from exempt.rules.explain import step as sentence_of
from exempt.rules.explain import verdict
from exempt.rules.lines import not_taxed_reason
from exempt.services import orders, scoped
from exempt.services.deciding import Terms
from exempt.services.ports import Transaction
from exempt.services.rows import OrderView
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.problems import Wrong, invalid

operations = Operations("Decisions", "Whether an order is to be taxed, and why.")

EXAMPLE = {
    "company": "northwind",
    "customer": {"number": "1001"},
    "ship_to": {"country": "US", "state": "TX", "postal_code": "78701"},
    "order_date": "2026-11-20",
    "number": "SO-1001",
    "currency": "USD",
    "lines": [{"line_id": "1", "product_external_id": "HEX-10", "amount": "1250.00"}],
}


@operations.post("/decisions", Right.DECIDE, 404)
def decide_order(
    call: Called,
    question: Annotated[Question, JsonBody(openapi_examples={"order entry": {"value": EXAMPLE}})],
) -> Answer:
    """Decide an order while it is entered; nothing of it is kept.

    Where something is missing, `prompt` has what to ask whoever enters the order,
    and in `yes` the call that sends the request.
    """
    with call.store.reading() as tx:
        mine = scoped.companies(tx, call.caller)
        if question.company is None and question.customer.number is not None and len(mine) == 1:
            # A number that another company uses, too, is none of theirs.
            question = question.model_copy(update={"company": mine[0].key})
        try:
            return orders.answer_for(tx, question, _terms(call), call.caller)
        except RefusedError as error:
            raise invalid([Wrong("pointer", "/customer", str(error))]) from None


def _terms(call: Call) -> Terms:
    site = call.site
    return Terms(site.policy, site.clock, site.expiring_soon_days, site.requests_enabled)


class OrderNamed(Body):
    """Which order is meant, as its source names it."""

    connection: ExternalId = Field(description="The connection that it is of.")
    external_id: ExternalId = Field(description="Its id in that system.")


class OrderDecision(Body):
    """What was decided for an order that is known, and why.

    Attributes:
        exempt: Not taxed at all; `exempt_percentage` has the part that is not.
        jurisdiction: Where the goods go; null = not known.
        rule: The rule and its version.
        certificate: The one that covers it.
        verdict: In a few sentences.
        steps: Each certificate that was looked at, in the order of their ids.
        lines: Why no tax is on each line.
        prompt: What to ask, where a certificate could change the decision.
    """

    order_id: int
    connection: str
    external_id: str
    number: str | None
    decided_at: dt.datetime | None
    exempt: bool
    tax_applicable: bool
    exempt_percentage: Decimal
    ground: Ground
    rule: str
    jurisdiction: str | None
    order_date: dt.date
    certificate: OnFile | None
    verdict: str
    steps: tuple[Looked, ...]
    lines: tuple[LineAnswer, ...]
    prompt: Prompt | None


@operations.get("/orders/decision", Right.READ, 404, 409)
def get_decision_by_order(call: Called, named: Annotated[OrderNamed, Query()]) -> OrderDecision:
    """What was decided for an order that a source has shown, by its id there."""
    with call.store.reading() as tx:
        rows = {row.name: row for row in scoped.connections(tx, call.caller)}
        row = rows.get(named.connection)
        order_id = orders.id_of(tx, row, named.external_id) if row else None
        if order_id is None:
            raise scoped.none_such(f"order {named.external_id!r} of {named.connection!r}")
        view = scoped.order(tx, f"id:{order_id}", None, call.caller)
        return _shown(call, tx, view)


@operations.get("/orders/{order_id}/decision", Right.READ, 404, 409)
def get_decision(call: Called, order_id: Id) -> OrderDecision:
    """What was decided for an order, by our own id of it."""
    with call.store.reading() as tx:
        view = scoped.order(tx, f"id:{order_id}", None, call.caller)
        return _shown(call, tx, view)


def _shown(call: Call, tx: Transaction, view: OrderView) -> OrderDecision:
    decision, order = view.decision, view.record
    if decision is None:
        msg = f"order {view.id}: nothing is decided for it: it was cancelled, or is to be read yet"
        raise RefusedError(msg)
    prompt = None
    if not decision.exempt:
        prompt = orders.answer_for(tx, _question(view), _terms(call), call.caller).prompt
    return OrderDecision(
        order_id=view.id,
        connection=view.connection,
        external_id=order.external_id,
        number=order.number,
        decided_at=view.decided_at,
        exempt=decision.exempt,
        tax_applicable=decision.tax_applicable,
        exempt_percentage=decision.exempt_percentage,
        ground=decision.ground,
        rule=decision.rule,
        jurisdiction=decision.jurisdiction,
        order_date=decision.order_date,
        certificate=on_file(decision, call.site.expiring_soon_days),
        verdict=verdict(decision),
        steps=tuple(
            Looked(
                certificate_id=each.certificate_id,
                jurisdiction=each.jurisdiction,
                finding=each.finding,
                sentence=sentence_of(each),
            )
            for each in decision.steps
        ),
        lines=_lines(order, decision),
        prompt=prompt,
    )


def _question(view: OrderView) -> Question:
    order = view.record
    return Question(
        customer=Buyer(external_id=order.customer_external_id, connection=view.connection),
        ship_to=order.ship_to,
        order_date=order.order_date,
        number=order.number or order.external_id,
        purchase_order_number=order.purchase_order_number,
        currency=order.currency,
        tax_applicable=order.tax_applicable,
    )


def _lines(order: Order, decision: Decision) -> tuple[LineAnswer, ...]:
    return tuple(
        LineAnswer(line_id=line.line_id, not_taxed_reason=not_taxed_reason(line, decision))
        for line in order.lines
    )
