"""A connector is looked at before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exempt import (
    Capability,
    CheckRequest,
    CheckResult,
    ChoicesRequest,
    ChoicesResult,
    Connector,
    FetchRequest,
    Page,
    PushRequest,
    PushResult,
    Stream,
    hookimpl,
)
from exempt.errors import (
    ConfigError,
    PermanentError,
)
from support.fake_connector import Remote, open_fake
from support.odd_connectors import SECRET, Plain, opened, with_hook
from support.records import order


def ordinary(self: object, request: object) -> None: ...


def unmarked(self: object, request: object) -> None: ...


def misspelt(self: object, requst: object) -> None: ...


def too_few(self: object) -> None: ...


def too_many(self: object, request: object, more: object = None) -> None: ...


def generator(self: object, request: object) -> Iterator[int]:
    yield 1


async def coroutine(self: object, request: object) -> None: ...


async def async_generator(self: object, request: object) -> Any:
    yield 1


class Wrapping(Plain):
    """Says it wraps a hook, which is the core's business."""

    @hookimpl(wrapper=True)
    def choices(self, request: ChoicesRequest) -> ChoicesResult:
        return ChoicesResult()


class NoCheck(Connector):
    """Forgets what every connector must have."""

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Any]:
        return Page()


class Alien:
    """No `Connector`, but all it takes."""

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="Alien Inc.")


class Touchy(Plain):
    """Would do something if it were looked at."""

    @property
    def client(self) -> object:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    ("connector", "complaint"),
    [
        pytest.param(with_hook("fetch_order", ordinary),
                     r"x: Odd.fetch_order: .* no such hook: did you mean 'fetch_orders'\?",
                     id="a misspelt hook"),
        pytest.param(with_hook("transmogrify", ordinary),
                     "x: Odd.transmogrify: .* no such hook: see exempt.Connector",
                     id="a hook like none of ours"),
        pytest.param(with_hook("fetch_orders", misspelt),
                     r"x: Odd\.misspelt\(.*\): no argument {'requst'}: a hook takes \(self, req",
                     id="a misspelt argument"),
        pytest.param(with_hook("fetch_orders", too_few),
                     r"x: Odd.fetch_orders takes \['self'\]: a hook takes \(self, request\)",
                     id="an argument too few"),
        pytest.param(with_hook("fetch_orders", too_many),
                     r"Odd.fetch_orders takes \['self', 'request', 'more'\]: a hook takes",
                     id="an argument too many"),
        pytest.param(with_hook("fetch_orders", unmarked, mark=False),
                     "x: Odd.fetch_orders overrides a hook without @hookimpl: add it",
                     id="no @hookimpl"),
        pytest.param(Wrapping(), "x: Wrapping.choices: Declared as wrapper=True .* not a generator",
                     id="a wrapper that is none"),
        pytest.param(with_hook("fetch_orders", generator), "Odd.fetch_orders yields or awaits",
                     id="a generator"),
        pytest.param(with_hook("fetch_orders", coroutine), "Odd.fetch_orders yields or awaits",
                     id="a coroutine"),
        pytest.param(with_hook("fetch_orders", async_generator), "Odd.fetch_orders yields or",
                     id="an asynchronous generator"),
        pytest.param(NoCheck(), "x: NoCheck does not implement check, which every",
                     id="no check"),
        pytest.param(None, "x: NoneType does not implement check", id="no connector at all"),
    ],
)  # fmt: skip
def test_a_connector_that_does_not_keep_to_the_specification(
    connector: object, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        opened(connector)


def test_a_connector_need_not_inherit() -> None:
    assert opened(Alien()).check().account == "Alien Inc."


def test_looking_for_hooks_runs_no_code_of_the_connector() -> None:
    assert opened(Touchy()).check().account == "Plain Inc."


def test_two_connections_of_one_connector_do_not_meet() -> None:
    one, other = (open_fake(name, Remote()) for name in ("one", "other"))
    one._connector._remote.put(order())  # type: ignore[attr-defined]
    assert len(one.fetch(Stream.ORDERS, FetchRequest()).records) == 1
    assert other.fetch(Stream.ORDERS, FetchRequest()).records == ()


# --- what it can do --------------------------------------------------------------------


class Orders(Plain):
    """Fetches and writes orders."""

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Any]:
        return Page()

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        return PushResult()


def leaves(_settings: object) -> Any:
    raise SystemExit(SECRET)


@pytest.mark.parametrize(
    ("connector", "declared", "found"),
    [
        pytest.param(Plain(), None, set(), id="nothing"),
        pytest.param(Orders(), None, {"orders", "push_orders", "push_customers"},
                     id="undeclared, whatever its hooks allow"),
        pytest.param(Orders(), lambda _s: {Capability.ORDERS}, {"orders"}, id="just what it says"),
        pytest.param(Orders(), lambda _s: ["orders", "push_orders"], {"orders", "push_orders"},
                     id="in words"),
        pytest.param(Orders(), lambda _s: (), set(), id="nothing, as it says"),
    ],
)  # fmt: skip
def test_what_a_connection_can_do(connector: object, declared: Any, found: set[str]) -> None:
    assert opened(connector, capabilities=declared).capabilities == found
    assert all(isinstance(c, Capability) for c in opened(connector).capabilities)


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        pytest.param(lambda _s: [Capability.CUSTOMERS],
                     "x: plain declares customers but does not implement its hook",
                     id="more than it implements"),
        pytest.param(lambda _s: ["flying"], "capabilities of plain failed with ValueError",
                     id="what nobody can"),
        pytest.param(lambda _s: None, "capabilities of plain failed with TypeError", id="rubbish"),
        pytest.param(leaves, r"capabilities of plain failed with SystemExit: \[secret\]",
                     id="it leaves the program"),
    ],
)  # fmt: skip
def test_a_wrong_declaration(declared: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        opened(Orders(), capabilities=declared)


def test_a_hook_that_is_not_there_is_not_called() -> None:
    plain = opened(Plain())
    assert plain.choices("region") == ChoicesResult()
    assert plain.ranges(Stream.ORDERS, None) is None
    plain.close()
    with pytest.raises(PermanentError, match="x: fetch_orders returned NoneType where Page"):
        plain.fetch(Stream.ORDERS, FetchRequest())
