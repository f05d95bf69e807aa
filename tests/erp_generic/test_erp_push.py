"""Writing back: what the answers mean, and that one item's failure is its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    ConnectorError,
    Outcome,
    PushRequest,
    RateLimited,
    TransientError,
)
from exempt.testing import StillContext
from peers.erp_build import (
    ORDER,
    PUSH_ORDER,
    as_json,
    connector,
    item,
    push,
    push_one,
)

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
    assert push_one().outcome is outcome
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
    assert push_one(outcomes=rules).outcome is outcome


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
    assert push_one(message="error.message").message == (
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
    assert push_one(**changes).outcome is outcome
    assert route.call_count == calls
    assert {call.request.headers["idempotency-key"] for call in route.calls} == {"push-1"}


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


def test_a_rate_limit_holds_for_all_that_were_not_tried_any_more(mocked: respx.MockRouter) -> None:
    mocked.patch(url__regex=r".*SO-1$").mock(return_value=as_json({}))
    mocked.patch(url__regex=r".*SO-2$").mock(return_value=HOUR)
    assert [r.retry_after for r in push(*THREE)] == [None, *[dt.timedelta(hours=1)] * 2]


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
