"""An ERP, a token server or a file that is broken or hostile: nothing is missed, lost or hung."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import respx
from pydantic import ValidationError

from exempt import FetchRequest, Outcome, PermanentError, TransientError
from exempt.testing import StillContext
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings
from exempt_erp_generic.template import Template
from exempt_erp_generic.times import moment_as, moment_of
from peers.erp_build import ORDER, URL, as_json, connector, item, order_row, push, push_one

CHICAGO = ZoneInfo("America/Chicago")
LINES = {"path": "lines/{id}", "records": "l", "fields": {"amount": "a"}}
TOKEN = "https://login.example/token"
CLIENT = {
    "kind": "client_credentials",
    "token_url": TOKEN,
    "client_id": "exempt",
    "client_secret": "canary-secret",
}


@pytest.mark.parametrize(
    ("paging", "said"),
    [
        pytest.param({"kind": "page", "has_more": "more"}, {"more": True}, id="pages, a flag"),
        pytest.param({"kind": "page", "total": "n"}, {"n": 500}, id="pages, a total"),
        pytest.param({"kind": "page", "total_pages": "n"}, {"n": 5}, id="pages, their number"),
        pytest.param({"kind": "offset", "has_more": "more"}, {"more": True}, id="offset, a flag"),
        pytest.param({"kind": "offset", "total": "n"}, {"n": 500}, id="offset, a total"),
    ],
)
def test_half_a_list_deletes_nobody(mocked: respx.MockRouter, paging: Any, said: Any) -> None:
    pages = [as_json({"data": [order_row(1)], **said}), as_json({"data": [], **said})]
    mocked.get(f"{URL}/orders").mock(side_effect=pages)
    erp = connector(orders__paging=paging, orders__gone="deleted")
    first = erp.fetch_orders(FetchRequest())
    with pytest.raises(TransientError, match="empty although the ERP tells of more"):
        erp.fetch_orders(FetchRequest(cursor=first.next_cursor))


def test_an_empty_list_that_says_so_is_the_end(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [], "n": 0, "pages": 1}))
    for paging in ({"total": "n"}, {"total_pages": "pages"}):
        erp = connector(orders__paging={"kind": "page", **paging}, orders__gone="deleted")
        assert erp.fetch_orders(FetchRequest()).next_cursor is None


def test_a_detail_of_another_record_takes_no_records_place(mocked: respx.MockRouter) -> None:
    rows = [order_row(number) for number in (1, 2)]
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": rows}))
    mocked.get(url__startswith=f"{URL}/order/").mock(return_value=as_json(order_row(1)))
    erp = connector(orders__detail={"path": "order/{id}"}, orders__gone="deleted")
    with pytest.raises(PermanentError, match="asked for one record, the ERP gave another"):
        erp.fetch_orders(FetchRequest())


@pytest.mark.parametrize(
    ("paging", "body"),
    [
        pytest.param({"kind": "page"}, lambda _n: {"l": [{"a": 1}]}, id="the same page for ever"),
        pytest.param(
            {"kind": "cursor", "next": "next"},
            lambda n: {"l": [{"a": n}], "next": f"token-{n % 2}"},
            id="two pages that name each other",
        ),
    ],
)
def test_lines_without_an_end_are_refused(mocked: respx.MockRouter, paging: Any, body: Any) -> None:
    numbers = itertools.count()
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [order_row(1)]}))
    lines = mocked.get(url__startswith=f"{URL}/lines").mock(
        side_effect=lambda _request: as_json(body(next(numbers)))
    )
    with pytest.raises(PermanentError, match="the same"):
        connector(orders__lines=LINES | {"paging": paging}).fetch_orders(FetchRequest())
    assert lines.call_count <= 3


def test_changes_of_both_hours_that_a_clock_shows_twice_are_asked_for() -> None:
    form = "%Y-%m-%d %H:%M"
    first_pass = dt.datetime(2026, 11, 1, 6, 50, tzinfo=dt.UTC)  # 01:50 in Chicago, summer time
    for minutes in range(180):
        later = (first_pass + dt.timedelta(minutes=minutes)).astimezone(CHICAGO)
        assert str(moment_as(form, first_pass, CHICAGO)) <= f"{later:{form}}"
    assert moment_as(f"{form}%z", first_pass, CHICAGO) == "2026-11-01 01:50-0500"
    spring = dt.datetime(2026, 3, 8, 7, 50, tzinfo=dt.UTC)
    assert moment_as(form, spring, CHICAGO) == "2026-03-08 01:50"


def test_a_change_in_the_year_1_does_not_stop_the_next_run(mocked: respx.MockRouter) -> None:
    row = order_row(1, changed="0001-01-01T00:00:00Z")
    orders = mocked.get(url__startswith=f"{URL}/orders").mock(return_value=as_json({"data": [row]}))
    erp = connector(orders__incremental={"param": "since"})
    page = erp.fetch_orders(FetchRequest())
    assert len(erp.fetch_orders(FetchRequest(cursor=page.checkpoint)).records) == 1
    assert orders.calls.last.request.url.params["since"] == "1899-12-31T23:55:00Z"


def test_a_clock_that_is_ages_ahead_is_not_believed(mocked: respx.MockRouter) -> None:
    answer = as_json(
        {"data": [order_row(1, changed="2999-01-01T00:00:00Z")]},
        Date="Tue, 31 Dec 2999 23:59:59 GMT",
    )
    mocked.get(f"{URL}/orders").mock(return_value=answer)
    page = connector(orders__incremental={"param": "since"}).fetch_orders(FetchRequest())
    assert page.checkpoint == '{"since":"2026-11-20T12:00:00Z"}'


def test_a_number_of_a_billion_digits_is_not_written_out(mocked: respx.MockRouter) -> None:
    endless = Decimal("1E+999999999")
    with pytest.raises(ValueError, match="is not written as parts"):
        moment_of({"year": endless, "month": 1, "day": 1}, ("parts",))
    content = f'{{"data": [{json.dumps(order_row(1))}], "n": {endless}}}'.encode()
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(200, content=content))
    with pytest.raises(PermanentError, match="leads to no number"):
        connector(orders__paging={"kind": "page", "total": "n"}).fetch_orders(FetchRequest())


@pytest.mark.parametrize("life", ["1e999999999", "1000000000000", "-1e30", "[]", "true"])
def test_a_token_may_say_anything_of_its_life(mocked: respx.MockRouter, life: str) -> None:
    content = f'{{"access_token": "a", "expires_in": {life}}}'.encode()
    mocked.post(TOKEN).mock(return_value=httpx.Response(200, content=content))
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [order_row(1)]}))
    assert len(connector(auth=CLIENT).fetch_orders(FetchRequest()).records) == 1


def test_half_a_character_is_no_place_to_go_on(mocked: respx.MockRouter) -> None:
    content = f'{{"data": [{json.dumps(order_row(1))}], "next": "\\ud800"}}'.encode()
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(200, content=content))
    erp = connector(orders__paging={"kind": "cursor", "next": "next"})
    with pytest.raises(PermanentError, match="is no text that can be kept"):
        erp.fetch_orders(FetchRequest())


@pytest.mark.parametrize(
    ("answer", "changes"),
    [
        pytest.param(
            httpx.Response(200, html="<h1>Log in</h1>"), {}, id="a login page in place of the API"
        ),
        pytest.param(
            as_json({}),
            {"outcomes": [{"when": "length(errors) > `0`", "outcome": "rejected"}]},
            id="a rule that does not fit the answer",
        ),
    ],
)
def test_what_became_of_a_write_is_not_guessed(
    mocked: respx.MockRouter, answer: httpx.Response, changes: Any
) -> None:
    mocked.patch(ORDER).mock(return_value=answer)
    result = push_one(**changes)
    assert result.outcome is Outcome.UNKNOWN
    assert "it was sent, but its answer is not understood" in result.message


def test_a_record_that_lies_too_deep_costs_no_others_result(mocked: respx.MockRouter) -> None:
    deep = f'{{"taxable": true, "certificate": {"[" * 800}{"]" * 800}}}'.encode()
    mocked.get(ORDER).mock(return_value=httpx.Response(200, content=deep))
    mocked.patch(ORDER).mock(return_value=as_json({}))  # a Python that can compare it writes
    mocked.get(f"{URL}/orders/SO-2").mock(return_value=as_json({"taxable": True}))
    mocked.patch(f"{URL}/orders/SO-2").mock(return_value=as_json({}))
    first, second = push(item(key="a", external_id="SO-2"), item(), read={})
    assert first.outcome is Outcome.APPLIED
    assert second.outcome in {Outcome.UNKNOWN, Outcome.RETRY, Outcome.APPLIED}


def test_a_row_that_lies_too_deep_is_set_aside_alone(mocked: respx.MockRouter) -> None:
    rows = json.dumps([order_row(1), order_row(2)]).replace('"C-1"', "[" * 800 + "]" * 800, 1)
    content = f'{{"data": {rows}}}'.encode()
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(200, content=content))
    customer = {"path": "customer", "map": {"C-1": "C-1"}}
    page = connector(orders__fields__customer_external_id=customer).fetch_orders(FetchRequest())
    assert [record.external_id for record in page.records] == ["SO-2"]
    assert [row.external_id for row in page.rejected] == ["SO-1"]


def test_words_that_cannot_be_found_cost_no_outcome(mocked: respx.MockRouter) -> None:
    mocked.patch(ORDER).mock(return_value=as_json({}, status=404))
    assert push_one(message="join(', ', errors)").outcome is Outcome.MISSING


def test_what_is_no_number_differs_from_every_number(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"version": "sNaN"}))
    mocked.patch(ORDER).mock(return_value=as_json({}))
    body = {"version": "{version}", "id": "{external_id}"}
    assert push_one(read={}, body=body).outcome is Outcome.APPLIED


@pytest.mark.parametrize(
    ("text", "value", "refused"),
    [
        pytest.param("name eq '{v}'", "x' or 'a' eq 'a", True, id="the whole of a text"),
        pytest.param("name like '%{v}%'", "x' or 'a'='a", True, id="a part of a text"),
        pytest.param("key = '{v}-{v}'", "x\\", True, id="the second part, a backslash"),
        pytest.param('{{"name": "a {v}"}}', '", "admin": "1', True, id="JSON"),
        pytest.param('{{"name": "a {v}"}}', "O'Hara", False, id="another quote"),
        pytest.param("The customer's {v}", "O'Hara", False, id="an apostrophe"),
        pytest.param("a = 'b' and c = {v}", "O'Hara", False, id="behind the quotes"),
    ],
)
def test_no_value_leaves_its_quotes(text: str, value: str, refused: bool) -> None:
    template = Template(text, {"v"})
    for fill in (template.fill, template.path):
        if refused:
            with pytest.raises(ValueError, match="stands between quotes"):
                fill({"v": value}.__getitem__)
        else:
            assert fill({"v": value}.__getitem__)


def test_a_customers_number_does_not_change_the_question(mocked: respx.MockRouter) -> None:
    read = {"params": {"q": "name like '%{certificate_number}%'"}}
    result = push_one(item(certificate_number="x' or 'a'='a"), read=read)
    assert result.outcome is Outcome.REJECTED
    assert mocked.calls.call_count == 0


@pytest.mark.parametrize(
    "end", [pytest.param("C-2,Acm", id="a row"), pytest.param('C-2,"Acme, In', id="a cell")]
)
def test_a_file_that_is_being_written_is_not_the_whole_list(tmp_path: Path, end: str) -> None:
    customers = {
        "files": {"pattern": "customers.csv"},
        "gone": "deleted",
        "fields": {"external_id": "No", "name": "Name"},
    }
    (tmp_path / "customers.csv").write_text(f"No,Name,State\nC-1,Ace,TX\n{end}", encoding="utf-8")
    (info,) = exempt_connectors()
    settings = ErpSettings.model_validate({"customers": customers})
    with pytest.raises(TransientError, match=r"customers\.csv: its last line is cut off"):
        info.open(settings, StillContext(tmp_path)).fetch_customers(FetchRequest())


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "\0", "", ";;"])
def test_what_divides_no_cells_is_refused(delimiter: str) -> None:
    drop = {"folder": "out", "columns": {"No": "{external_id}"}, "delimiter": delimiter}
    with pytest.raises(ValidationError, match="delimiter"):
        ErpSettings.model_validate({"push": {"customers": {"drop": drop}}})
