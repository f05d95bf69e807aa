"""Whether a webhook is believed only when it is genuine, and then names what changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.errors import WebhookRejected
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.messages import WebhookRequest
from exempt.testing.contract.base import Group
from exempt.testing.levels import gold
from exempt.testing.network import watched
from exempt.testing.telling import fail, must
from exempt.testing.trial import Trial

_HOOK = "Connector.receive_webhook"
_SECOND = dt.timedelta(seconds=1)
_OLD = dt.timedelta(days=1)


class Webhooks(Group):
    """Signature first; ids to fetch again, so that order and repetition do not matter."""

    @gold
    def test_a_genuine_webhook_names_its_records(self, alone: Trial) -> None:
        """They are fetched again by their ids."""
        stream, ids, request = _genuine(alone)
        named = _named(alone.open().receive_webhook(request))
        must(
            (stream, ids[0]) in named,
            did=f"received the remote's own webhook of {stream} {ids[0]}",
            came=f"events of {sorted(named)}",
            asks="an event that names the stream and the record's external_id",
            read="WebhookEvent",
        )

    @gold
    @pytest.mark.parametrize("how", ["body", "headers", "empty", "garbage", "other secret"])
    def test_a_forged_webhook_is_refused(self, alone: Trial, how: str) -> None:
        """Anybody can call the address."""
        _, _, good = _genuine(alone)
        connection = alone.open()
        if how == "other secret":
            connection = _with_another_secret(alone)
        forged = {
            "body": good.model_copy(update={"body": good.body + b" "}),
            "headers": good.model_copy(update={"headers": {}}),
            "empty": good.model_copy(update={"body": b""}),
            "garbage": good.model_copy(update={"body": b"\xff{", "headers": {}}),
            "other secret": good,
        }[how]
        _refused(connection, forged, f"received a webhook that nobody signed ({how})")

    @gold
    def test_an_old_webhook_is_refused(self, alone: Trial) -> None:
        """It was kept by a stranger; where the remote signs no time, it may be taken."""
        stream, ids, now = _genuine(alone)
        old = alone.control("webhook")(stream, ids, alone.bench.now() - _OLD)
        if (old.body, old.headers) == (now.body, now.headers):
            return
        late = old.model_copy(update={"received_at": alone.bench.now()})
        _refused(alone.open(), late, "received a webhook that was signed a day ago")

    @gold
    def test_a_repeated_webhook_is_the_same_event(self, alone: Trial) -> None:
        """A remote that got no answer sends it again."""
        _, _, request = _genuine(alone)
        first = alone.open().receive_webhook(request)
        second = alone.open().receive_webhook(request)
        must(
            [e.event_id for e in first.events] == [e.event_id for e in second.events],
            did="received the same webhook twice",
            came="other event ids the second time",
            asks="the remote's own id of the event, so that a repetition is known as one",
            read="WebhookEvent.event_id",
        )

    @gold
    def test_webhooks_out_of_order_are_both_taken(self, alone: Trial) -> None:
        """The network does not keep their order."""
        stream, ids, later = _genuine(alone)
        earlier = alone.control("webhook")(stream, ids, alone.bench.now() - _SECOND)
        connection = alone.open()
        for request in (later, earlier.model_copy(update={"received_at": later.received_at})):
            named = _named(connection.receive_webhook(request))
            must(
                (stream, ids[0]) in named,
                did="received two webhooks, the later one first",
                came=f"events of {sorted(named)}",
                asks="both taken: the record is fetched again, so order does not matter",
                read=_HOOK,
            )

    @gold
    def test_receiving_reaches_no_network(self, alone: Trial) -> None:
        """The remote waits for the answer, and a stranger could make us call."""
        _, _, request = _genuine(alone)
        connection = alone.open()
        alone.bench.plan(None)
        with watched() as reached:
            connection.receive_webhook(request)
        must(
            not reached and not alone.bench.calls,
            did="received a webhook",
            came=f"the network was reached: {', '.join(sorted(set(reached)))}",
            asks="no call: name the ids, the core fetches the records",
            read=_HOOK,
        )


def _genuine(trial: Trial) -> tuple[Stream, list[str], WebhookRequest]:
    """A stream, an id of it, and the webhook of its change."""
    trial.needs(Capability.WEBHOOKS)
    control = trial.control("webhook")
    for stream in trial.streams:
        if stream is Stream.BOUNCES:
            continue
        ids = sorted(trial.read(stream, page_size=100).ids)[:1]
        return stream, ids, control(stream, ids, trial.bench.now())
    return trial.not_shown("no stream is read, so the tests know no record")


def _named(result: Any) -> set[tuple[Stream, str]]:
    return {(event.stream, each) for event in result.events for each in event.external_ids}


def _refused(connection: Any, request: WebhookRequest, did: str) -> None:
    try:
        result = connection.receive_webhook(request)
    except WebhookRejected:
        return
    except Exception as error:  # noqa: BLE001 - whatever else it is
        came = f"{type(error).__name__}: {error}"
    else:
        came = f"it was taken: {len(result.events)} events"
    fail(did=did, came=came, asks="WebhookRejected, before anything is read of it", read=_HOOK)


def _with_another_secret(trial: Trial) -> Any:
    """A connection all of whose secrets are others than the remote's."""
    name = "EXEMPT_CONTRACT_WRONG"
    trial.bench.environ_with(name, "not-the-right-one-0123456789")
    return trial.open(**_replaced(trial.bench.raw_settings, f"env:{name}"))


def _replaced(value: Any, reference: str) -> Any:
    """*value* with every reference exchanged."""
    if isinstance(value, dict):
        return {name: _replaced(inner, reference) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, reference) for inner in value]
    is_one = isinstance(value, str) and value.startswith(("env:", "file:"))
    return reference if is_one else value
