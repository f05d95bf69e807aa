"""Writing back: what is sent, what the answers mean, and that nothing is written twice."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    ConfigError,
    ConnectorError,
    ItemResult,
    Outcome,
    PushItem,
    PushRequest,
    RateLimited,
    TransientError,
)
from exempt.testing import StillContext
from peers.erp_build import CUSTOMERS, PUSH_ORDER, URL, as_json, connector, item

ORDER = f"{URL}/orders/SO-1"


@pytest.fixture(autouse=True)
def mocked() -> Iterator[respx.MockRouter]:
    """No call leaves the machine."""
    with respx.mock(assert_all_called=False) as router:
        yield router


def push(
    *items: PushItem, dry_run: bool = False, context: StillContext | None = None, **changes: Any
) -> list[ItemResult]:
    """The results of writing *items*; *changes* are those of ``push.orders``."""
    erp = connector(
        context,
        push__orders=PUSH_ORDER | changes,
        reasons={"resale": "G"},
        push__customers={"path": "customers/{external_id}", "body": {"exempt": "{exempt}"}},
    )
    request = PushRequest(items=items or (item(),), dry_run=dry_run)
    return list(erp.push_exemption_status(request).results)


def one(*items: PushItem, **changes: Any) -> ItemResult:
    """The only result."""
    (result,) = push(*items, **changes)
    return result


@dataclass
class Pdf:
    """A certificate's file."""

    name: str = "certificate.pdf"
    media_type: str = "application/pdf"
    sha256: str = "0" * 64
    size: int = 4

    def open(self) -> IO[bytes]:
        return io.BytesIO(b"%PDF")


CALIFORNIA = {"jurisdiction": "CA", "exempt": False}
CUSTOMER = {
    "target": "customer",
    "external_id": "C-1",
    "tax_applicable": None,
    "certificate_number": None,
}


@pytest.mark.parametrize(
    ("changes", "body", "sent"),
    [
        pytest.param({}, {"t": "{tax_applicable}"}, {"t": False}, id="a flag stays a flag"),
        pytest.param(
            {"tax_applicable": True},
            {"t": "Tax: {tax_applicable}"},
            {"t": "Tax: true"},
            id="in a text",
        ),
        pytest.param({"version": 7}, {"t": "{version}"}, {"t": 7}, id="a number stays a number"),
        pytest.param(
            {"certificate_number": None}, {"t": "{certificate_number}"}, {"t": None}, id="null"
        ),
        pytest.param({}, {"t": "{{{state}}}"}, {"t": "{TX}"}, id="braces"),
        pytest.param(
            {}, {"t": 1, "u": True, "v": ["x"]}, {"t": 1, "u": True, "v": ["x"]}, id="constants"
        ),
        pytest.param({}, {"a": {"b": "{external_id}"}}, {"a": {"b": "SO-1"}}, id="nested"),
        pytest.param(
            {},
            {
                "e": "{exempt}",
                "n": "{exemption_number}",
                "r": "{exemption_reason}",
                "c": "{reason_code}",
                "s": "{signed_date}",
                "x": "{expiration_date}",
                "f": "{effective_date}",
                "j": "{jurisdiction}",
            },
            {
                "e": True,
                "n": "1-23",
                "r": "resale",
                "c": "G",
                "s": "2026-01-02",
                "x": "2027-01-31",
                "f": None,
                "j": "US-TX",
            },
            id="the order's jurisdiction",
        ),
        pytest.param(
            {"jurisdictions": []},
            {"e": "{exempt}", "s": "{state}", "c": "{reason_code}", "n": "{exemption_number}"},
            {"e": False, "s": None, "c": None, "n": None},
            id="no jurisdiction",
        ),
        pytest.param(
            {"files": (Pdf(),)},
            {"for_each_file": {"n": "{file_name}", "t": "{file_type}", "c": "{file_base64}"}},
            [
                {
                    "n": "certificate.pdf",
                    "t": "application/pdf",
                    "c": base64.b64encode(b"%PDF").decode(),
                }
            ],
            id="files",
        ),
        pytest.param(
            {}, {"n": "{file_name}", "c": "{file_base64}"}, {"n": None, "c": None}, id="no file"
        ),
    ],
)
def test_the_body(mocked: respx.MockRouter, changes: Any, body: Any, sent: Any) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    assert one(item(**changes), body=body).outcome is Outcome.APPLIED
    assert json.loads(route.calls[0].request.content) == sent


def customer(**changes: Any) -> PushItem:
    """A customer that is exempt in Texas, by a certificate, but not in California."""
    statuses = [CALIFORNIA, item().jurisdictions[0].model_dump()]
    return item(**CUSTOMER | {"jurisdictions": statuses} | changes)


def test_a_customers_jurisdictions_become_lists(mocked: respx.MockRouter) -> None:
    route = mocked.patch(f"{URL}/customers/C-1").mock(return_value=httpx.Response(204))
    entry = {"state": "{state}", "number": "{certificate_number}"}
    body = {
        "exempt": "{exempt}",
        "number": "{exemption_number}",
        "states": "{exempt_states}",
        "words": "in {exempt_states}",
        "all": {"for_each_jurisdiction": entry},
        "some": {"for_each_exemption": entry},
    }
    write = {"path": "customers/{external_id}", "body": body}
    erp = connector(customers=CUSTOMERS, push__customers=write)
    (result,) = erp.push_exemption_status(PushRequest(items=(customer(),))).results
    assert result.outcome is Outcome.APPLIED
    texas = {"state": "TX", "number": "77"}
    assert json.loads(route.calls[0].request.content) == {
        "exempt": True,
        "number": "1-23",
        "states": ["TX"],
        "words": "in TX",
        "all": [{"state": "CA", "number": None}, texas],
        "some": [texas],
    }


@pytest.mark.parametrize(
    ("changes", "body", "sent"),
    [
        pytest.param(
            {"values": {"tax_applicable": {"true": "TAX", "false": "NONTAX"}}},
            {"code": "{tax_applicable}"},
            {"code": "NONTAX"},
            id="the ERP's own words",
        ),
        pytest.param(
            {"values": {"exempt": {"true": False, "false": True}}},
            {"liable": "{exempt}"},
            {"liable": False},
            id="a flag the other way round",
        ),
        pytest.param(
            {"date_format": "%m/%d/%Y"}, {"d": "{signed_date}"}, {"d": "01/02/2026"}, id="dates"
        ),
        pytest.param(
            {"date_format": "epoch"}, {"d": "{signed_date}"}, {"d": 1767312000}, id="seconds"
        ),
    ],
)
def test_values_in_the_erps_form(
    mocked: respx.MockRouter, changes: Any, body: Any, sent: Any
) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    one(body=body, **changes)
    assert json.loads(route.calls[0].request.content) == sent


@pytest.mark.parametrize(
    ("items", "changes", "words"),
    [
        pytest.param(
            [
                item(
                    jurisdictions=[
                        item().jurisdictions[0].model_dump() | {"exemption_reason": "tribal"}
                    ]
                )
            ],
            {"body": {"c": "{reason_code}"}},
            "reasons of the settings has no code for 'tribal': add it",
            id="a reason without a code",
        ),
        pytest.param(
            [item(tax_applicable=None)],
            {"values": {"tax_applicable": {"true": 1, "false": 0}}},
            "values.tax_applicable of the settings does not say what to write for ''",
            id="a value without a word",
        ),
        pytest.param(
            [item(external_id="..")], {}, "is empty or dots only", id="dots as identifier"
        ),
    ],
)
def test_what_cannot_be_filled_in_is_rejected_without_a_call(
    mocked: respx.MockRouter, items: list[PushItem], changes: Any, words: str
) -> None:
    result = one(*items, **changes)
    assert result.outcome is Outcome.REJECTED
    assert words in result.message
    assert mocked.calls.call_count == 0


def test_what_is_not_described_is_rejected() -> None:
    (result,) = connector().push_exemption_status(PushRequest(items=(customer(),))).results
    assert result.outcome is Outcome.REJECTED
    assert result.message == "push.customers is not in the settings: add it"


REFUSED = as_json({"error": {"message": "certificate is too long"}}, 422)


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        pytest.param(as_json({}), Outcome.APPLIED, 1, id="200"),
        pytest.param(httpx.Response(204), Outcome.APPLIED, 1, id="204 without a body"),
        pytest.param(httpx.Response(202, text="ok"), Outcome.APPLIED, 1, id="202, not in JSON"),
        pytest.param(httpx.Response(304), Outcome.UNCHANGED, 1, id="304"),
        pytest.param(httpx.Response(400), Outcome.REJECTED, 1, id="400"),
        pytest.param(httpx.Response(404, html="no"), Outcome.MISSING, 1, id="404 in HTML"),
        pytest.param(httpx.Response(410), Outcome.MISSING, 1, id="410"),
        pytest.param(httpx.Response(409), Outcome.CONFLICT, 1, id="409"),
        pytest.param(httpx.Response(412), Outcome.CONFLICT, 1, id="412"),
        pytest.param(REFUSED, Outcome.REJECTED, 1, id="422"),
        pytest.param(httpx.Response(423), Outcome.RETRY, 1, id="423"),
        pytest.param(httpx.Response(405), Outcome.REJECTED, 1, id="405"),
        pytest.param(httpx.Response(302), Outcome.REJECTED, 1, id="a redirect"),
        pytest.param(httpx.Response(500), Outcome.UNKNOWN, 1, id="500"),
        pytest.param(httpx.ReadTimeout, Outcome.UNKNOWN, 1, id="time-out"),
        pytest.param(httpx.RemoteProtocolError, Outcome.UNKNOWN, 1, id="connection lost"),
    ],
)
def test_outcomes(mocked: respx.MockRouter, answer: Any, outcome: Outcome, calls: int) -> None:
    route = mocked.patch(ORDER).mock(side_effect=[answer] * 5)
    assert one().outcome is outcome
    assert route.call_count == calls


@pytest.mark.parametrize(
    ("rules", "answer", "outcome"),
    [
        pytest.param(
            [{"when": "changed == `0`", "outcome": "unchanged"}],
            as_json({"changed": 0}),
            Outcome.UNCHANGED,
            id="by the body",
        ),
        pytest.param(
            [{"when": "error == 'no such order'", "outcome": "missing"}],
            as_json({"error": "no such order"}),
            Outcome.MISSING,
            id="200 with an error in the body",
        ),
        pytest.param(
            [{"status": 500, "when": "contains(message, 'domain')", "outcome": "rejected"}],
            as_json({"message": "not valid for domain"}, 500),
            Outcome.REJECTED,
            id="a 500 that is a refusal",
        ),
        pytest.param(
            [{"status": 500, "when": "message", "outcome": "rejected"}],
            as_json({}, 500),
            Outcome.UNKNOWN,
            id="another 500: as usual",
        ),
        pytest.param(
            [{"status": [200, 404], "outcome": "applied"}],
            httpx.Response(404),
            Outcome.APPLIED,
            id="before the usual meaning",
        ),
        pytest.param(
            [{"when": "id", "outcome": "conflict"}],
            as_json({"id": 1}, 404),
            Outcome.MISSING,
            id="without a status only 2xx",
        ),
    ],
)
def test_outcomes_by_the_settings(
    mocked: respx.MockRouter, rules: Any, answer: Any, outcome: Outcome
) -> None:
    mocked.patch(ORDER).mock(return_value=answer)
    assert one(outcomes=rules).outcome is outcome


QUOTA = as_json({"error": {"code": "QUOTA"}})


def test_errors_of_the_settings_hold_for_writes_too(mocked: respx.MockRouter) -> None:
    mocked.patch(ORDER).mock(return_value=QUOTA)
    limited = {"when": "error.code == 'QUOTA'", "verdict": "rate_limited"}
    erp = connector(push__orders=PUSH_ORDER, errors=[limited])
    with pytest.raises(RateLimited):
        erp.push_exemption_status(PushRequest(items=(item(),)))
    erp = connector(push__orders=PUSH_ORDER, errors=[limited | {"verdict": "transient"}])
    (result,) = erp.push_exemption_status(PushRequest(items=(item(),))).results
    assert result.outcome is Outcome.UNKNOWN


def test_the_erps_words_are_passed_on(mocked: respx.MockRouter) -> None:
    mocked.patch(ORDER).mock(return_value=REFUSED)
    assert one(message="error.message").message == (
        "PATCH orders/SO-1: answered 422: certificate is too long"
    )


@pytest.mark.parametrize(
    ("changes", "outcome", "calls"),
    [
        pytest.param({}, Outcome.UNKNOWN, 1, id="PATCH may have been carried out"),
        pytest.param({"method": "POST"}, Outcome.UNKNOWN, 1, id="POST too"),
        pytest.param({"method": "PUT"}, Outcome.RETRY, 4, id="PUT twice does no harm"),
        pytest.param({"repeatable": True}, Outcome.RETRY, 4, id="the settings say so"),
        pytest.param({"method": "PUT", "repeatable": False}, Outcome.UNKNOWN, 1, id="or not"),
    ],
)
def test_a_write_whose_answer_was_lost(
    mocked: respx.MockRouter, changes: Any, outcome: Outcome, calls: int
) -> None:
    route = mocked.route(url=ORDER).mock(side_effect=[httpx.ReadTimeout] * 5)
    assert one(**changes).outcome is outcome
    assert route.call_count == calls
    assert {call.request.headers["idempotency-key"] for call in route.calls} == {"push-1"}


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        pytest.param({}, {"idempotency-key": "push-1"}, id="by default"),
        pytest.param(
            {"idempotency_header": "X-Request-Id"},
            {"x-request-id": "push-1", "idempotency-key": None},
            id="by another name",
        ),
        pytest.param({"idempotency_header": ""}, {"idempotency-key": None}, id="none"),
        pytest.param(
            {"headers": {"X-Source": "exempt"}}, {"x-source": "exempt"}, id="further ones"
        ),
    ],
)
def test_headers(mocked: respx.MockRouter, changes: Any, headers: dict[str, str | None]) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    one(**changes)
    assert {name: route.calls[0].request.headers.get(name) for name in headers} == headers


# --- looking first -----------------------------------------------------------------------

SHOWN = {"taxable": True, "certificate": "", "tax": 8.1}


def test_only_what_differs_is_written_and_told(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json(SHOWN))
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    result = one(read={})
    assert result.outcome is Outcome.APPLIED
    assert result.message == "taxable: true → false; certificate: (empty) → 77"
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        pytest.param({"taxable": False, "certificate": "77"}, {}, id="the same"),
        pytest.param({"taxable": False}, {"certificate_number": None}, id="empty is empty"),
        pytest.param({"taxable": False, "certificate": 77}, {}, id="a number as text"),
    ],
)
def test_nothing_is_written_where_it_already_stands(
    mocked: respx.MockRouter, shown: Any, wanted: Any
) -> None:
    mocked.get(ORDER).mock(return_value=as_json(shown))
    assert one(item(**wanted), read={}).outcome is Outcome.UNCHANGED
    assert mocked.calls.call_count == 1


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        pytest.param([{"st": "TX", "id": 9}], Outcome.UNCHANGED, id="with fields of its own"),
        pytest.param([{"st": "TX"}, {"st": "CA"}], Outcome.APPLIED, id="one more"),
        pytest.param([{"st": "CA"}], Outcome.APPLIED, id="another"),
        pytest.param("TX", Outcome.APPLIED, id="no list"),
        pytest.param(["TX"], Outcome.APPLIED, id="no tables"),
        pytest.param(None, Outcome.APPLIED, id="nothing"),
    ],
)
def test_lists_are_compared_entry_by_entry(
    mocked: respx.MockRouter, shown: Any, outcome: Outcome
) -> None:
    mocked.get(ORDER).mock(return_value=as_json({"exemptions": shown}))
    mocked.patch(ORDER).mock(return_value=as_json({}))
    body = {"exemptions": {"for_each_exemption": {"st": "{state}"}}}
    assert one(read={}, body=body).outcome is outcome


def test_the_place_to_look_may_be_another(mocked: respx.MockRouter) -> None:
    shown = {"lines": [{"taxable": False}]}
    mocked.get(f"{URL}/views/SO-1").mock(return_value=as_json(shown))
    read = {"path": "views/{external_id}", "compare": {"lines[0].taxable": "{tax_applicable}"}}
    assert one(read=read, method="POST").outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("changes", "gets", "words"),
    [
        pytest.param(
            {},
            0,
            "would PATCH orders/SO-1: taxable = false; certificate = 77",
            id="without looking",
        ),
        pytest.param(
            {"read": {}},
            1,
            "would PATCH orders/SO-1: taxable: true → false; certificate: (empty) → 77",
            id="old and new",
        ),
        pytest.param(
            {"etag": True},
            0,
            "would PATCH orders/SO-1: taxable = false; certificate = 77",
            id="etag",
        ),
    ],
)
def test_a_dry_run_writes_nothing(
    mocked: respx.MockRouter, changes: Any, gets: int, words: str
) -> None:
    route = mocked.get(ORDER).mock(return_value=as_json(SHOWN))
    result = one(dry_run=True, **changes)
    assert (result.outcome, result.message) == (Outcome.APPLIED, words)
    assert mocked.calls.call_count == route.call_count == gets


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(httpx.Response(404, html="no"), Outcome.MISSING, id="404"),
        pytest.param(httpx.Response(500), Outcome.RETRY, id="500: nothing was written"),
        pytest.param(httpx.ReadTimeout, Outcome.RETRY, id="time-out: nothing was written"),
        pytest.param(httpx.Response(418), Outcome.REJECTED, id="418"),
    ],
)
def test_looking_fails(mocked: respx.MockRouter, answer: Any, outcome: Outcome) -> None:
    mocked.get(ORDER).mock(side_effect=[answer] * 5)
    assert one(read={}).outcome is outcome


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(as_json({}, ETag='W/"1"'), id="in the header"),
        pytest.param(as_json({"@odata.etag": 'W/"1"'}), id="in the body"),
    ],
)
def test_the_etag_goes_along(mocked: respx.MockRouter, shown: httpx.Response) -> None:
    mocked.get(ORDER).mock(return_value=shown)
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    assert one(etag=True).outcome is Outcome.APPLIED
    assert route.calls[0].request.headers["if-match"] == 'W/"1"'


@pytest.mark.parametrize(
    ("changes", "patch", "words"),
    [
        pytest.param(
            {}, 428, "push.orders: the ERP asks for If-Match (428): set etag = true", id="428"
        ),
        pytest.param({"etag": True}, 200, "push.orders.etag: the ERP sends no ETag", id="no ETag"),
    ],
)
def test_settings_that_do_not_fit_the_erp_stop_the_connection(
    mocked: respx.MockRouter, changes: Any, patch: int, words: str
) -> None:
    mocked.get(ORDER).mock(return_value=as_json({}))
    mocked.patch(ORDER).mock(return_value=as_json({}, patch))
    with pytest.raises(ConfigError) as caught:
        push(**changes)
    assert words in str(caught.value)


# --- batches -----------------------------------------------------------------------------

THREE = tuple(item(key=f"k{n}", external_id=f"SO-{n}") for n in (1, 2, 3))
APPLIED, RETRY = Outcome.APPLIED, Outcome.RETRY
HOUR = httpx.Response(429, headers={"Retry-After": "3600"})


@pytest.mark.parametrize(
    ("second", "outcomes", "calls"),
    [
        pytest.param(httpx.Response(422), [APPLIED, Outcome.REJECTED, APPLIED], 3, id="a refusal"),
        pytest.param(httpx.Response(500), [APPLIED, Outcome.UNKNOWN, APPLIED], 3, id="500"),
        pytest.param(HOUR, [APPLIED, RETRY, RETRY], 2, id="a rate limit"),
        pytest.param(httpx.Response(401), [APPLIED, RETRY, RETRY], 2, id="credentials"),
        pytest.param(httpx.ConnectError, [APPLIED, RETRY, RETRY], 5, id="no connection"),
    ],
)
def test_an_items_failure_is_its_own(
    mocked: respx.MockRouter, second: Any, outcomes: list[Outcome], calls: int
) -> None:
    mocked.patch(url__regex=r".*SO-[13]$").mock(return_value=as_json({}))
    mocked.patch(url__regex=r".*SO-2$").mock(side_effect=[second] * 5)
    results = push(*THREE)
    assert [result.outcome for result in results] == outcomes
    assert [result.key for result in results] == ["k1", "k2", "k3"]
    assert mocked.calls.call_count == calls


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(HOUR, RateLimited, id="a rate limit"),
        pytest.param(httpx.Response(401), AuthError, id="credentials"),
        pytest.param(httpx.ConnectError, TransientError, id="no connection"),
    ],
)
def test_what_stops_the_batch_at_once_is_raised(
    mocked: respx.MockRouter, answer: Any, error: type[ConnectorError]
) -> None:
    mocked.patch(ORDER).mock(side_effect=[answer] * 5)
    with pytest.raises(error):
        push(*THREE)


def test_a_stopped_run_leaves_the_rest_for_later(mocked: respx.MockRouter) -> None:
    context = StillContext()
    context.stop = True
    assert [result.outcome for result in push(*THREE, context=context)] == [RETRY] * 3
    assert mocked.calls.call_count == 0
