"""Webhooks are followed at once where the worker is in the same process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt import AuthError, Stream, TransientError
from exempt.services import duties
from exempt.wiring.express import Express
from exempt.wiring.web import Receivers
from support.records import NOW, order
from support.webhooks import SECRET, event, sent


@pytest.fixture
def express(house: Any) -> Iterator[Express]:
    """A thread that follows webhooks."""
    with contextlib.closing(Express(house.exempt)) as made:
        yield made


@pytest.fixture
def receivers(house: Any, express: Express) -> Iterator[Receivers]:
    """Who receives, and lets them be followed at once."""
    with contextlib.closing(Receivers(house.exempt, express.follow)) as made:
        yield made


def send(receivers: Receivers, event_id: str = "e-1", *ids: str) -> None:
    body = sent(event(event_id, *(ids or ("O-1",))))
    assert receivers.receive("shop", body, {"x-secret": SECRET}, {}).new == 1


def job(house: Any) -> Any:
    with house.exempt.store.reading() as tx:
        return tx.jobs.get("webhook:shop")


def test_a_sale_is_decided_without_waiting_for_the_queue(
    house: Any, receivers: Receivers, until: Any
) -> None:
    house.shop.put(order())
    send(receivers)
    until(lambda: house.states() == {"e-1": "done"})
    with house.exempt.store.reading() as tx:
        (view,) = tx.decisions.find_orders("O-1")
    assert view.decision is not None
    assert job(house).waiting, "the job that was asked for is still there, should this one fail"


def test_many_at_once_are_followed_together(house: Any, receivers: Receivers, until: Any) -> None:
    """Those that come in while the first one is followed take one more reading, or two."""
    reached, go_on = threading.Event(), threading.Event()

    def hold(hook: str) -> None:
        if hook == "fetch_orders" and not reached.is_set():
            reached.set()
            assert go_on.wait(30)

    house.shop.before = hold
    send(receivers)
    assert reached.wait(30)
    for number in range(2, 40):
        send(receivers, f"e-{number}", f"O-{number}")
    go_on.set()
    until(lambda: set(house.states().values()) == {"done"})
    readings = [request for stream, request in house.shop.fetched if stream is Stream.ORDERS]
    assert len(house.states()) == 39
    assert len(readings) <= 3


def test_a_paused_connection_is_left_alone(house: Any, express: Express) -> None:
    with contextlib.closing(Receivers(house.exempt, lambda _name: None)) as receivers:
        send(receivers)
    house.pause("the key was refused")
    express._follow("shop")
    assert (house.states(), house.shop.fetched) == ({"e-1": "pending"}, [])
    house.pause(None)
    express._follow("shop")
    assert house.states() == {"e-1": "done"}


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("canary")])
def test_what_fails_is_left_to_the_job(
    house: Any,
    receivers: Receivers,
    until: Any,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    caplog.set_level("INFO")
    house.shop.faults["fetch_orders"] = [error]
    send(receivers)
    until(lambda: "left to the job" in caplog.text)
    assert "canary" not in caplog.text
    assert (house.states(), house.shop.closed) == ({"e-1": "pending"}, 1)
    send(receivers, "e-2")
    until(lambda: house.states() == {"e-1": "done", "e-2": "done"})


def test_a_mistake_of_our_own_stops_no_later_one(
    house: Any, receivers: Receivers, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()

    def fail(_job: object) -> None:
        reached.set()
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(duties, "webhook", fail)
        send(receivers)
        assert reached.wait(30)
    send(receivers, "e-2")
    until(lambda: house.states() == {"e-1": "done", "e-2": "done"})


def test_while_the_job_fails_it_is_not_overtaken(house: Any, express: Express) -> None:
    """Its pauses are those of a remote that is to be left alone."""
    with contextlib.closing(Receivers(house.exempt, lambda _name: None)) as receivers:
        send(receivers)
    with house.exempt.store.writing() as tx:
        tx.jobs.begin("webhook:shop", "w1", NOW)
        tx.jobs.end("webhook:shop", NOW, problem="away", next_at=NOW)
    express._follow("shop")
    assert (house.states(), house.shop.fetched) == ({"e-1": "pending"}, [])


def test_a_connection_that_is_gone_is_nobodys_business(
    house: Any, express: Express, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    express._follow("gone")
    express.close()
    assert caplog.records == []
    assert not [each for each in threading.enumerate() if each.name == "express"]
