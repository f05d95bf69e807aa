"""A connector that does not answer is waited for so long and no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from threading import Event, get_ident

import pytest

from exempt import AuthError, CheckResult, CloseRequest, ConnectorInfo, Settings, Stream
from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.patience import HangsError, hanging, within
from exempt.errors import PermanentError, TransientError
from exempt.model.fetching import FetchRequest
from exempt.model.pushing import PushRequest
from exempt.services.telling import about, current
from support.odd_connectors import REDACT, SECRET, Plain, with_hook

SOON = 0.02
"""Seconds, after which somebody counts as hanging here."""

LONG = 30.0


@pytest.fixture
def gate() -> Iterator[Event]:
    """Whoever hangs goes on when it is set, as it is in the end."""
    assert hanging() == 0
    gate = Event()
    yield gate
    gate.set()
    assert nobody_hangs()


def nobody_hangs() -> bool:
    """Whether all that were left have ended, within half a minute."""
    return any(not hanging() or Event().wait(0.01) for _ in range(3000))


def opened(hook: str, call: Callable[..., object], patience: float | None) -> OpenConnection:
    """A connection with one odd hook, which is waited for."""
    info: ConnectorInfo[Settings] = ConnectorInfo(
        name="plain", title="Plain", settings=Settings, open=lambda _s, _c: Plain()
    )
    connector = with_hook(hook, call)
    return OpenConnection("x", info, connector, Settings(), REDACT, patience=patience)


# --- waiting -------------------------------------------------------------------------------------


def test_what_comes_in_time_is_given_back() -> None:
    found = object()
    assert within(LONG, lambda: found) is found
    assert within(LONG, lambda: None) is None


@pytest.mark.parametrize("error", [ValueError("a slip"), SystemExit(3), KeyboardInterrupt()])
def test_what_is_raised_in_time_is_raised(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        within(LONG, call)
    assert raised.value is error


def test_what_hangs_is_left_alone_and_counted_until_it_ends(gate: Event) -> None:
    for number in (1, 2):
        with pytest.raises(HangsError):
            within(SOON, gate.wait)
        assert hanging() == number
    gate.set()
    assert nobody_hangs()


def test_what_comes_too_late_is_dropped(gate: Event) -> None:
    came: list[str] = []

    def late() -> str:
        gate.wait()
        came.append("late")
        return "late"

    with pytest.raises(HangsError):
        within(SOON, late)
    gate.set()
    assert nobody_hangs()
    assert came == ["late"]
    assert within(LONG, lambda: "in time") == "in time"


def test_a_call_knows_what_it_is_about_and_changes_that_for_nobody() -> None:
    told: ContextVar[str] = ContextVar("told", default="nothing")

    def call() -> tuple[str, dict[str, str], int]:
        before = told.get()
        told.set("by the call")
        return before, dict(current()), get_ident()

    told.set("by us")
    with about(job="pull:erp"):
        said, fields, thread = within(LONG, call)
    assert (said, fields) == ("by us", {"job": "pull:erp"})
    assert told.get() == "by us"
    assert thread != get_ident()


# --- a connection --------------------------------------------------------------------------------

CALLS: dict[str, Callable[[OpenConnection], object]] = {
    "check": lambda c: c.check(),
    "fetch_orders": lambda c: c.fetch(Stream.ORDERS, FetchRequest()),
    "push_exemption_status": lambda c: c.push(PushRequest(items=())),
}


@pytest.mark.parametrize("hook", CALLS)
def test_a_hook_that_hangs_is_given_up_and_may_have_done_it(hook: str, gate: Event) -> None:
    def hang(self: object, request: object) -> None:
        gate.wait()

    connection = opened(hook, hang, SOON)
    with pytest.raises(TransientError) as given_up:
        CALLS[hook](connection)
    assert str(given_up.value) == f"x: {hook} gave no answer for 0.02 s: it was given up"
    assert given_up.value.maybe_applied
    assert given_up.value.retry_after is None
    assert hanging() == 1


def test_after_one_that_hung_the_next_call_works(gate: Event) -> None:
    calls = iter(["hangs", "works"])

    def check(self: object, request: object) -> CheckResult:
        said = next(calls)
        if said == "hangs":
            gate.wait()
        return CheckResult(account=said)

    connection = opened("check", check, SOON)
    with pytest.raises(TransientError, match="gave no answer"):
        connection.check()
    connection._patience = LONG
    assert connection.check().account == "works"
    assert hanging() == 1, "the other hangs on"


def test_a_farewell_that_hangs_holds_up_nobody(
    gate: Event, caplog: pytest.LogCaptureFixture
) -> None:
    def close(self: object, request: CloseRequest) -> None:
        gate.wait()

    opened("close", close, SOON).close()
    assert "x: close gave no answer for 0.02 s" in caplog.text


@pytest.mark.parametrize("patience", [None, LONG], ids=["for ever", "so long"])
def test_what_a_hook_raises_is_the_same_however_long_it_is_waited_for(
    patience: float | None,
) -> None:
    def raising(error: BaseException) -> OpenConnection:
        def check(self: object, request: object) -> CheckResult:
            raise error

        return opened("check", check, patience)

    for stray in (SystemExit(SECRET), ValueError(SECRET), TimeoutError(SECRET), GeneratorExit()):
        with pytest.raises(PermanentError, match="x: check failed unexpectedly") as became:
            raising(stray).check()
        assert SECRET not in str(became.value)
    with pytest.raises(AuthError, match="x: refused"):
        raising(AuthError("refused")).check()
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt()).check()


def test_without_patience_no_thread_is_needed() -> None:
    def check(self: object, request: object) -> CheckResult:
        return CheckResult(account=str(get_ident()))

    assert opened("check", check, None).check().account == str(get_ident())
    assert opened("check", check, LONG).check().account != str(get_ident())
