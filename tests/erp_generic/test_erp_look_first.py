"""Looking first: nothing is written without need, in a dry run, or over another's change."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from exempt import (
    ConfigError,
    Outcome,
)
from peers.erp_build import (
    ORDER,
    URL,
    as_json,
    item,
    push,
    push_one,
)

SHOWN = {"taxable": True, "certificate": "", "tax": 8.1}


def test_only_what_differs_is_written_and_told(mocked: respx.MockRouter) -> None:
    mocked.get(ORDER).mock(return_value=as_json(SHOWN))
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    result = push_one(read={})
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
    assert push_one(item(**wanted), read={}).outcome is Outcome.UNCHANGED
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
    assert push_one(read={}, body=body).outcome is outcome


def test_the_place_to_look_may_be_another(mocked: respx.MockRouter) -> None:
    shown = {"lines": [{"taxable": False}]}
    mocked.get(f"{URL}/views/SO-1").mock(return_value=as_json(shown))
    read = {"path": "views/{external_id}", "compare": {"lines[0].taxable": "{tax_applicable}"}}
    assert push_one(read=read, method="POST").outcome is Outcome.UNCHANGED


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
    result = push_one(dry_run=True, **changes)
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
    assert push_one(read={}).outcome is outcome


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
    assert push_one(etag=True).outcome is Outcome.APPLIED
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
