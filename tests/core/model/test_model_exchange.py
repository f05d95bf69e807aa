"""The limits of requests and results, and what their repr keeps to itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from exempt import (
    Attachment,
    Customer,
    FetchRequest,
    Order,
    OrderKind,
    Problem,
    Purpose,
    PushItem,
    Record,
    SendRequest,
    Target,
    WebhookRequest,
    WebhookResult,
)
from exempt.model.decision import Decision, Ground
from support.records import TODAY, facts

CANARY = "ap@lonestar.example"
DAY = dt.date(2026, 11, 20)
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MESSAGE: dict[str, Any] = {
    "key": "k-1", "purpose": Purpose.REQUEST, "to": ("a@b.example",), "subject": "S", "text": "T",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param(FetchRequest, {"page_size": 0}, id="a page of nothing"),
        pytest.param(FetchRequest, {"page_size": 10_001}, id="a page of more than 10,000"),
        pytest.param(FetchRequest, {"cursor": ""}, id="an empty cursor"),
        pytest.param(FetchRequest, {"cursor": "x" * 4097}, id="a cursor of 4,097 characters"),
        pytest.param(FetchRequest, {"cursor": "a\x00"}, id="a cursor with a NUL"),
        pytest.param(SendRequest, {**MESSAGE, "to": ()}, id="a message to nobody"),
        pytest.param(SendRequest, {**MESSAGE, "subject": ""}, id="a message without a subject"),
        pytest.param(SendRequest, {**MESSAGE, "subject": "S\r\nBcc: x"}, id="a header smuggled in"),
        pytest.param(SendRequest, {**MESSAGE, "key": "k 1"}, id="a key no header can carry"),
        pytest.param(Problem, {"code": "No!", "message": "m", "help": "h"}, id="a code in prose"),
        pytest.param(WebhookResult, {"status": 500}, id="a webhook answered with an error"),
        pytest.param(WebhookRequest, {"body": b"", "received_at": DAY}, id="a day for a moment"),
    ],
)
def test_refused(kind: type[Record], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind(**fields)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(SendRequest(**{**MESSAGE, "to": (CANARY,)}), id="a recipient"),
        pytest.param(SendRequest(**{**MESSAGE, "text": CANARY, "html": CANARY}), id="a message"),
        pytest.param(
            Attachment(name="c.pdf", media_type="application/pdf", content=CANARY.encode()),
            id="a file",
        ),
        pytest.param(
            WebhookRequest(
                body=CANARY.encode(), headers={"x": CANARY}, query={"x": CANARY}, received_at=NOON
            ),
            id="a webhook",
        ),
        pytest.param(
            PushItem(key="k", target=Target.ORDER, external_id="o-1", version=1, files=(CANARY,)),
            id="the files of a push",
        ),
    ],
)
def test_a_repr_keeps_people_to_itself(record: Record) -> None:
    assert CANARY not in repr(record)
    assert CANARY not in str(record)


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        pytest.param({}, False, id="nothing said"),
        pytest.param({"exempt": False}, False, id="not exempt"),
        pytest.param({"exempt": True}, True, id="by its flag"),
        pytest.param({"exempt": False, "exemption_number": "E-1"}, True, id="by its number"),
        pytest.param({"exempt": None, "exemption_code": "G"}, True, id="by its code"),
        pytest.param({"exemption_number": "", "exemption_code": ""}, False, id="by empty fields"),
    ],
)
def test_a_customer_is_flagged_exempt(fields: dict[str, Any], flagged: bool) -> None:
    assert Customer(external_id="c-1", name="Rose City", **fields).flagged_exempt is flagged


def test_a_customer_has_a_name() -> None:
    with pytest.raises(ValidationError):
        Customer(external_id="c-1", name="")


def test_an_order_is_an_order_unless_it_says_otherwise() -> None:
    order = Order(
        external_id="o-1", customer_external_id="c-1", order_date=DAY, currency="USD", total=1
    )
    assert (order.kind, order.closed, order.voided) == (OrderKind.ORDER, False, False)


@pytest.mark.parametrize("tax_applicable", [True, False])
def test_exempt_is_not_taxed(tax_applicable: bool) -> None:
    decision = Decision(
        ground=Ground.CERTIFICATE, tax_applicable=tax_applicable, facts=facts(), rule="default-2"
    )
    assert decision.exempt is not tax_applicable
    assert (decision.jurisdiction, decision.order_date) == ("US-TX", TODAY)
