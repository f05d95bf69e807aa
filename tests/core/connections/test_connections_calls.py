"""A connector at work is watched: what it returns, what it raises, what it says."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from exempt import (
    CheckResult,
    Choice,
    ChoicesRequest,
    ChoicesResult,
    CloseRequest,
    FetchRequest,
    ItemResult,
    Outcome,
    Page,
    Problem,
    Purpose,
    PushRequest,
    PushResult,
    RangesResult,
    Rejected,
    SendRequest,
    Stream,
    WebhookEvent,
    WebhookRequest,
    WebhookResult,
)
from exempt.adapters.connections.connection import OpenConnection
from exempt.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    CursorExpired,
    PermanentError,
    RateLimited,
    TransientError,
    WebhookRejected,
)
from support.odd_connectors import SECRET, opened, returning, with_hook
from support.records import NOW, customer, order

# --- what it returns -------------------------------------------------------------------

SEND = SendRequest(key="k", purpose=Purpose.REQUEST, to=("a@b.example",), subject="s", text="t")
DONE = ItemResult(key="k", outcome=Outcome.APPLIED, message="done", remote_id="1")
EVENT = WebhookEvent(event_id="e", stream=Stream.ORDERS, external_ids=("O-1",))
WEBHOOK = WebhookRequest(body=b"{}", received_at=NOW)

CALLS: dict[str, Callable[[OpenConnection], object]] = {
    "check": lambda c: c.check(),
    "choices": lambda c: c.choices("region"),
    "ranges": lambda c: c.ranges(Stream.ORDERS, None),
    "fetch_customers": lambda c: c.fetch(Stream.CUSTOMERS, FetchRequest()),
    "fetch_orders": lambda c: c.fetch(Stream.ORDERS, FetchRequest()),
    "fetch_products": lambda c: c.fetch(Stream.PRODUCTS, FetchRequest()),
    "fetch_employees": lambda c: c.fetch(Stream.EMPLOYEES, FetchRequest()),
    "push_exemption_status": lambda c: c.push(PushRequest(items=())),
    "send_request": lambda c: c.send(SEND),
    "receive_webhook": lambda c: c.receive_webhook(WEBHOOK),
}


@pytest.mark.parametrize("hook", CALLS)
@pytest.mark.parametrize("rubbish", [None, "text", {"records": []}, ChoicesRequest(setting="s")])
def test_a_result_of_another_kind(hook: str, rubbish: object) -> None:
    with pytest.raises(PermanentError, match=f"x: {hook} returned {type(rubbish).__name__} where"):
        CALLS[hook](returning(hook, rubbish))


def test_a_page_of_other_records() -> None:
    mixed = Page[Any](records=(order(), customer()))
    with pytest.raises(PermanentError, match="returned a record of Customer where Order was due"):
        CALLS["fetch_orders"](returning("fetch_orders", mixed))


@pytest.mark.parametrize(
    ("hook", "result"),
    [
        ("check", CheckResult(account="Fake Inc.")),
        ("choices", ChoicesResult(choices=(Choice(value="eu", label="Europe"),))),
        ("ranges", RangesResult(cursors=("a", "b"))),
        ("fetch_orders", Page[Any](records=(order(),), deleted=("O-2",), next_cursor="c")),
        ("push_exemption_status", PushResult(results=(DONE,))),
        ("send_request", DONE),
        ("receive_webhook", WebhookResult(events=(EVENT,), status=202, body=b"thanks")),
    ],
)
def test_results_come_through_as_they_are(hook: str, result: object) -> None:
    assert CALLS[hook](returning(hook, result)) == result


# --- what it raises --------------------------------------------------------------------


def raising(hook: str, error: BaseException) -> OpenConnection:
    def fail(self: object, request: object) -> None:
        raise error from ValueError(f"what led to it: {SECRET}")

    return opened(with_hook(hook, fail))


STRAY = [
    ValueError(SECRET),
    KeyError(SECRET),
    RuntimeError("line\nbreak"),
    AssertionError(),
    RecursionError(),
    MemoryError(),
    SystemExit(SECRET),
    GeneratorExit(),
    BaseExceptionGroup(SECRET, [ValueError(SECRET), SystemExit(1)]),
    UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "bad"),
]


@pytest.mark.parametrize("error", STRAY, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("hook", CALLS)
def test_a_stray_exception_becomes_permanent(hook: str, error: BaseException) -> None:
    with pytest.raises(PermanentError) as caught:
        CALLS[hook](raising(hook, error))
    said = str(caught.value)
    assert said.startswith(f"x: {hook} failed unexpectedly with {type(error).__name__}")
    assert SECRET not in said + repr(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


OURS: list[ConnectorError] = [
    AuthError(f"the key {SECRET} was refused"),
    ConfigError(SECRET),
    TransientError(SECRET, maybe_applied=True),
    RateLimited(SECRET),
    PermanentError(SECRET),
    CursorExpired(SECRET),
    WebhookRejected(SECRET, status=401),
]


@pytest.mark.parametrize("error", OURS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("hook", ["check", "fetch_orders", "push_exemption_status"])
def test_an_error_of_ours_keeps_its_kind_and_loses_its_secrets(
    hook: str, error: ConnectorError
) -> None:
    fresh = type(error)(str(error))
    fresh.__dict__.update(error.__dict__)
    with pytest.raises(type(error)) as caught:
        CALLS[hook](raising(hook, fresh))
    assert caught.value is fresh, "with all it carries"
    assert str(caught.value) == f"x: {str(error).replace(SECRET, '[secret]')}"
    assert SECRET not in repr(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_somebody_who_wants_to_leave_may() -> None:
    with pytest.raises(KeyboardInterrupt):
        raising("check", KeyboardInterrupt()).check()


def test_a_long_complaint_is_cut() -> None:
    with pytest.raises(PermanentError) as caught:
        raising("check", ValueError("x" * 9999)).check()
    assert len(str(caught.value)) < 600


def test_a_failed_farewell_is_logged_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    def fail(self: object, request: CloseRequest) -> None:
        raise ValueError(SECRET)

    opened(with_hook("close", fail)).close()
    (record,) = caplog.records
    assert record.name == "exempt.connection.x"
    assert record.getMessage() == "x: close failed unexpectedly with ValueError: [secret]"


# --- what it says in results -----------------------------------------------------------


def test_words_for_people_lose_their_secrets_too() -> None:
    bad = Rejected(row=f"row of {SECRET}", reason=f"refused {SECRET}", external_id="O-1")
    problem = Problem(code="refused", message=f"no {SECRET}", help=f"renew {SECRET}")
    done = ItemResult(key="k", outcome=Outcome.REJECTED, message=f"401 for {SECRET}")
    results: dict[str, object] = {
        "check": CheckResult(account="A", problems=(problem,)),
        "fetch_orders": Page[Any](records=(order(),), rejected=(bad,), checkpoint="c"),
        "push_exemption_status": PushResult(results=(done,)),
        "send_request": done,
    }
    for hook, result in results.items():
        shown = repr(CALLS[hook](returning(hook, result)))
        assert SECRET not in shown
        assert shown.replace("[secret]", SECRET) == repr(result)
