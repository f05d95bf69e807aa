"""A webhook comes in: believed or not, kept once, and followed by one run."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from typing import Any

import pytest

from exempt import PermanentError, Stream, WebhookRejected
from exempt.adapters.connections.connection import OpenConnection
from exempt.errors import ConnectorError
from exempt.http.pace import Pace
from exempt.services import duties
from exempt.services.receiving import Received, receive
from exempt.testing import StillContext
from support.records import NOW, order
from support.stores import rows
from support.webhooks import Hooked, event, hooked, sent, stripe_event, stripe_signature
from support.world import World

E1 = event("e-1", "O-1")


@pytest.fixture
def shop(any_world: World) -> Hooked:
    """A shop that sends webhooks."""
    return hooked(any_world)


def test_a_genuine_one_is_kept_and_its_job_asked_for(shop: Hooked) -> None:
    assert shop.send(E1) == Received(202, b"thank you", new=1)
    assert (shop.kept(), shop.states(), shop.asked()) == ((1, 1), {"e-1": "pending"}, 1)
    with shop.store.reading() as tx:
        (kept,) = tx.webhooks.pending(shop.source.row.id, 10)
    assert (kept.event.external_ids, kept.received_at) == (("O-1",), NOW)
    assert rows(shop.store, "SELECT body FROM webhook") == [(sent(E1),)]


def test_one_that_is_refused_leaves_no_trace(shop: Hooked) -> None:
    answer = shop.send(E1, secret="wrong")
    assert answer == Received(403, b"shop: webhook: another secret")
    assert (shop.kept(), shop.asked()) == ((0, 0), 0)


@pytest.mark.parametrize("status", [200, 302, 399, 500, 0])
def test_a_refusal_is_answered_with_4xx_whatever_its_connector_says(
    shop: Hooked, status: int
) -> None:
    shop.source.remote.faults["receive_webhook"] = [WebhookRejected("no", status=status)]
    assert shop.send(E1).status == 400


def test_one_that_speaks_of_nothing_we_read_is_answered_and_not_kept(shop: Hooked) -> None:
    assert shop.send() == Received(202, b"thank you")
    assert (shop.kept(), shop.asked()) == ((0, 0), 0)


def test_three_times_the_same_event_is_one_runs_worth_of_work(shop: Hooked) -> None:
    runs: list[str] = []
    shop.store.enqueue = lambda _connection, _run_id, job: runs.append(job)
    assert [shop.send(E1) for _ in range(3)] == [
        Received(202, b"thank you", new=1),
        *[Received(202, b"thank you")] * 2,
    ]
    assert (shop.kept(), shop.asked(), len(runs)) == ((1, 1), 1, 1)
    shop.source.remote.put(order())
    duties.webhook(shop.source.job())
    assert len([r for s, r in shop.source.remote.fetched if s is Stream.ORDERS]) == 1
    assert shop.send(E1).new == 0, "nor later, when it was followed"
    assert (shop.kept(), shop.asked()) == ((1, 1), 1)


def test_many_events_while_a_run_waits_are_one_run(shop: Hooked) -> None:
    runs: list[str] = []
    shop.store.enqueue = lambda _connection, _run_id, job: runs.append(job)
    for number in range(5):
        shop.send(event(f"e-{number}", f"O-{number}"))
    assert (shop.asked(), len(runs)) == (5, 1)


def test_of_a_webhook_that_brings_known_and_new_events_the_new_ones_count(shop: Hooked) -> None:
    shop.send(E1)
    assert shop.send(E1, event("e-2", "O-2")).new == 1
    assert (shop.kept(), shop.asked()) == ((2, 2), 2)


def test_the_same_event_twice_at_once_is_kept_once(shop: Hooked) -> None:
    answers: list[Received] = []
    together = threading.Barrier(4)

    def send() -> None:
        together.wait()
        answers.append(shop.send(E1))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.new for answer in answers) == [0, 0, 0, 1]
    assert (shop.kept(), shop.asked()) == ((1, 1), 1)


def test_an_event_that_was_given_up_is_followed_when_it_is_sent_again(shop: Hooked) -> None:
    shop.send(E1)
    shop.source.remote.faults["fetch_orders"] = [PermanentError("unreadable")]
    duties.webhook(shop.source.job())
    assert shop.states() == {"e-1": "dead"}
    shop.source.remote.put(order())
    assert shop.send(E1).new == 1
    duties.webhook(shop.source.job())
    assert shop.states() == {"e-1": "done"}
    assert shop.source.stored("O-1") == ["O-1"]


def test_what_cannot_be_asked_for_is_not_kept(shop: Hooked) -> None:
    def fail(*_arguments: Any) -> None:
        raise ConnectionError

    shop.store.enqueue = fail
    with pytest.raises(ConnectionError):
        shop.send(E1)
    assert (shop.kept(), shop.asked()) == ((0, 0), 0)


def test_a_connector_that_fails_is_no_answer(shop: Hooked) -> None:
    shop.source.remote.faults["receive_webhook"] = [ValueError("fake-secret")]
    with pytest.raises(ConnectorError, match="failed unexpectedly"):
        shop.send(E1)
    assert shop.kept() == (0, 0)


def test_to_verify_waits_for_no_turn_at_the_remote(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace of a connection is that of calls to its remote, and this is none."""
    monkeypatch.setattr(Pace, "wait", lambda _pace: pytest.fail("it waits"))
    assert hooked(world).send(E1).new == 1


def test_a_paused_connections_events_wait_until_it_goes_on(shop: Hooked) -> None:
    row = shop.source.row
    with shop.store.writing() as tx:
        tx.connections.pause(row.id, "the key was refused", NOW)
    assert shop.send(E1).new == 1
    assert shop.states() == {"e-1": "pending"}
    asked = shop.asked()
    duties.resume(shop.store, row, NOW)
    assert shop.asked() == asked + 1, "whatever became of the run that found it paused"
    shop.source.remote.put(order())
    duties.webhook(shop.source.job())
    assert shop.states() == {"e-1": "done"}


@pytest.mark.parametrize("came", list(itertools.permutations(("made", "changed", "deleted"))))
def test_events_out_of_order_lead_to_what_the_source_shows(
    world: World, came: tuple[str, ...]
) -> None:
    shop = hooked(world)
    remote = shop.source.remote
    remote.put(order("O-1"), order("O-2"), order("O-1", number="changed"))
    remote.remove(Stream.ORDERS, "O-2")
    for each in came:
        shop.send(event(each, "O-1", "O-2"))
        duties.webhook(shop.source.job())
    assert rows(shop.store, "SELECT external_id, number FROM sales_order") == [("O-1", "changed")]


# --- Stripe's ----------------------------------------------------------------------------


@pytest.fixture
def stripe(world: World) -> OpenConnection:
    """A connection to Stripe that believes two secrets."""
    plugin = pytest.importorskip("exempt_billing_stripe", reason="the plugin is not installed")
    (info,) = plugin.exempt_connectors()
    settings = info.settings(api_key="sk_test_x", webhook_secrets=("whsec_old", "whsec_new"))
    connector = info.open(settings, StillContext())
    return OpenConnection("stripe", info, connector, settings)


BODY = stripe_event("evt_1", "in_1")
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(stripe_signature(BODY, "whsec_new"), 200, id="genuine"),
        pytest.param(stripe_signature(BODY, "whsec_old"), 200, id="with the older secret"),
        pytest.param(stripe_signature(BODY, "whsec_x"), 400, id="with another secret"),
        pytest.param(stripe_signature(BODY + b" ", "whsec_new"), 400, id="of another body"),
        pytest.param(stripe_signature(BODY, "whsec_new", NOW - HOUR), 400, id="an hour old"),
        pytest.param(stripe_signature(BODY, "whsec_new", NOW + HOUR), 400, id="an hour ahead"),
        pytest.param({}, 400, id="not signed"),
    ],
)
def test_of_stripes_only_the_genuine_is_kept(
    world: World, stripe: OpenConnection, headers: dict[str, str], status: int
) -> None:
    shop = Hooked(world.connect("stripe", stripe.capabilities))
    arguments: Any = {"body": BODY, "headers": headers, "query": {}, "clock": lambda: NOW}
    answer = receive(world.store, shop.source.row.id, stripe, **arguments)
    assert answer.status == status
    fine = status == 200
    assert (answer.new, shop.kept(), shop.asked()) == ((1, (1, 1), 1) if fine else (0, (0, 0), 0))
    replayed = receive(world.store, shop.source.row.id, stripe, **arguments)
    assert (replayed.status, replayed.new) == (status, 0)
    assert shop.kept() == ((1, 1) if fine else (0, 0))
