"""Others told by webhooks, on each database."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from exempt.adapters.sealing import SecretKeys
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Rejection, RejectionCode, ReviewStatus
from exempt.model.events import EventKind, EventOut
from exempt.rules.signing import WAITS
from exempt.services import certificates, events_out, request_steps
from exempt.services.event_ports import Posted, Poster
from exempt.services.rows import Subject
from support.cards import make_cards, on_card
from support.records import DAY, NOW, TODAY, details
from support.world import World

KEYS = SecretKeys("a secret of tests that is long enough")
URL = "https://erp.example/hooks"
TAKEN = Posted(204, "answered 204")
AWAY = Posted(None, "not reached: ConnectError")


class Post(Poster):
    """Remembers what was posted, and answers in turn."""

    def __init__(self, *answers: Posted) -> None:
        self.answers = list(answers)
        self.posted: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self.posted.append((url, body, headers))
        return self.answers.pop(0) if self.answers else TAKEN

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _url, body, _headers in self.posted]


@pytest.fixture
def world(any_world: World) -> World:
    """Acme, card 1 of company 1, without a certificate."""
    any_world.connect("erp")
    make_cards(any_world.store, on_card("Acme"))
    return any_world


def endpoint(world: World, *kinds: EventKind, url: str = URL, **scope: Any) -> tuple[int, str]:
    new = events_out.add(
        world.store, KEYS, url, kinds or tuple(EventKind), by="anna", at=world.now,
        **{"company_id": None, **scope},
    )  # fmt: skip
    return new.endpoint.id, new.secret


def send(world: World, *answers: Posted) -> tuple[Post, dt.datetime | None]:
    post = Post(*answers)
    return post, events_out.send_due(world.store, KEYS, post, lambda: world.now)


def owed(world: World, endpoint_id: int = 1) -> list[EventOut]:
    with world.store.reading() as tx:
        return list(tx.events.of(endpoint_id, 100))


def test_an_accepted_certificate_is_told_of_once_and_signed(world: World) -> None:
    _, secret = endpoint(world)
    certificate_id, _ = world.certify("Acme", "TX", number="N-1")
    post, next_at = send(world)
    assert next_at is None
    ((url, body, headers),) = post.posted
    assert url == URL
    assert json.loads(body) == {
        "type": "certificate.accepted",
        "timestamp": NOW.isoformat(),
        "data": {
            "certificate_id": certificate_id,
            "version": 1,
            "number": "N-1",
            "customer_ids": [1],
            "jurisdictions": ["US-TX"],
        },
    }
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert send(world)[0].posted == []


def test_what_staff_do_is_told_of(world: World) -> None:
    endpoint(world)
    new = details("TX", customer_ids=(1,))
    done = certificates.add(
        world.store, new, world.act(), review_status=ReviewStatus.PENDING, anyway=True
    )
    certificates.review(
        world.store, done.certificate.id, world.act(),
        rejections=[Rejection(code=RejectionCode.NOT_SIGNED)],
    )  # fmt: skip
    certificates.review(world.store, done.certificate.id, world.act(), anyway=True)
    world.archive(done.certificate.id)
    kinds = [each["type"] for each in send(world)[0].bodies()]
    assert kinds == ["certificate.rejected", "certificate.accepted", "certificate.archived"]


def test_what_a_customer_sends_in_is_told_of(world: World) -> None:
    endpoint(world, EventKind.REQUEST_SUBMITTED)
    with world.store.writing() as tx:
        request_id = tx.requests.add(1, "ap@acme.example", ["US-TX"], NOW)
        request_steps.submitted(tx, request_id, NOW)
    (body,) = send(world)[0].bodies()
    assert body["type"] == "request.submitted"
    assert body["data"] == {"request_id": request_id, "customer_id": 1}


def test_only_who_wants_it_is_told(world: World) -> None:
    """Of another company, of another kind, or switched off: nothing is owed."""
    with world.store.writing() as tx:
        other = tx.connections.company("other", "Other", None)
    endpoint(world, company_id=other)
    endpoint(world, EventKind.REQUEST_SUBMITTED)
    off, _ = endpoint(world)
    events_out.switch(world.store, off, on=False, by="anna", at=world.now)
    wanted, _ = endpoint(world, url="https://two.example/", company_id=1)
    world.certify("Acme", "TX")
    assert [len(owed(world, each)) for each in (1, 2, off, wanted)] == [0, 0, 0, 1]


def test_what_did_not_happen_is_not_told_of(world: World) -> None:
    """It is owed in the transaction in which it happens."""
    endpoint(world)
    with pytest.raises(ZeroDivisionError), world.store.writing() as tx:
        certificates.enter(
            tx, details("TX", customer_ids=(1,)), world.act(),
            review_status=ReviewStatus.ACCEPTED, source="staff",
        )  # fmt: skip
        _ = 1 / 0
    assert owed(world) == []


def test_an_end_that_is_near_is_told_of_once(world: World) -> None:
    endpoint(world, EventKind.CERTIFICATE_EXPIRING)
    soon, _ = world.certify("Acme", "TX", expiration_date=TODAY + 30 * DAY)
    world.certify("Acme", "CA", expiration_date=TODAY + 31 * DAY)
    gone, _ = world.certify("Acme", "NY", expiration_date=TODAY + 3 * DAY)
    world.archive(gone)
    assert events_out.of_endings(world.store, world.now, 30) == 1
    assert events_out.of_endings(world.store, world.now, 30) == 0
    (body,) = send(world)[0].bodies()
    assert body["data"]["certificate_id"] == soon
    assert body["data"]["jurisdiction"] == "US-TX"
    assert body["data"]["expiration_date"] == f"{TODAY + 30 * DAY}"
    world.now += DAY
    assert events_out.of_endings(world.store, world.now, 30) == 1  # the one of California


def test_what_is_not_taken_comes_again_later_and_holds_up_nobody_else(world: World) -> None:
    endpoint(world)
    endpoint(world, url="https://two.example/")
    world.certify("Acme", "TX")
    world.certify("Acme", "CA")
    post, next_at = send(world, AWAY)
    assert [url for url, *_ in post.posted] == [URL, "https://two.example/", "https://two.example/"]
    assert next_at == NOW + WAITS[0]
    assert [(each.state, each.attempts) for each in owed(world)] == [("pending", 0), ("pending", 1)]
    assert owed(world)[1].message == "not reached: ConnectError"
    world.now = NOW + WAITS[0]
    again, next_at = send(world)
    assert len(again.posted) == 2
    assert next_at is None
    assert again.posted[0][1:] == (post.posted[0][1], again.posted[0][2])  # the same bytes
    assert again.posted[0][2]["webhook-id"] == post.posted[0][2]["webhook-id"]


def test_what_is_never_taken_waits_for_a_person_in_the_end(world: World) -> None:
    endpoint(world)
    world.certify("Acme", "TX")
    for wait in (*WAITS, dt.timedelta()):
        send(world, Posted(500, "answered 500"))
        world.now += wait
    (dead,) = owed(world)
    assert (dead.state, dead.attempts, dead.message) == ("dead", 10, "answered 500")
    assert send(world)[0].posted == []
    with world.store.writing() as tx:
        assert tx.events.again(dead.id, world.now)
        assert not tx.events.again(dead.id, world.now)
    assert len(send(world)[0].posted) == 1


def test_whoever_is_gone_for_good_is_told_nothing_more(world: World) -> None:
    endpoint(world)
    world.certify("Acme", "TX")
    assert send(world, Posted(410, "answered 410"))[1] is None
    world.certify("Acme", "CA")
    assert len(owed(world)) == 1
    with world.store.reading() as tx:
        changes = tx.history.of(Subject.ENDPOINT, 1)
        assert events_out.get(tx, 1).disabled_at == NOW
    assert changes[-1].new == "yes: it answered 410 Gone"
    events_out.switch(world.store, 1, on=True, by="anna", at=world.now)
    world.now += WAITS[0]
    assert len(send(world)[0].posted) == 1  # what was owed before


def test_one_that_is_removed_is_owed_nothing(world: World) -> None:
    endpoint(world)
    world.certify("Acme", "TX")
    events_out.remove(world.store, 1, by="anna", at=world.now)
    assert owed(world) == []
    with pytest.raises(NotFoundError, match="webhook 1: there is none"):
        events_out.remove(world.store, 1, by="anna", at=world.now)


def test_what_was_sent_long_ago_is_forgotten(world: World) -> None:
    endpoint(world)
    world.certify("Acme", "TX")
    send(world)
    world.certify("Acme", "CA")
    with world.store.writing() as tx:
        assert tx.events.forget(NOW + DAY) == 1
    assert [each.state for each in owed(world)] == ["pending"]


@pytest.mark.parametrize(
    "url",
    ["", "erp.example", "ftp://erp.example/", "https://", "https://a:b@erp.example/",
     "https://erp.example:0/", "https://erp.example:99999/", "https://erp.example/#x",
     "https://erp.example/\r\nX: 1", "https://[::1", "https://erp.example/" + "x" * 2000],
)  # fmt: skip
def test_what_is_no_address_is_refused(world: World, url: str) -> None:
    with pytest.raises(RefusedError, match="url: is no address to call"):
        endpoint(world, url=url)


def test_an_endpoint_wants_something(world: World) -> None:
    with pytest.raises(RefusedError, match="kinds: name at least one"):
        events_out.add(world.store, KEYS, URL, [], company_id=None, by="anna", at=NOW)


def test_the_secret_is_nowhere_but_in_the_answer(world: World) -> None:
    new = events_out.add(
        world.store, KEYS, URL, list(EventKind), company_id=None, by="anna", at=NOW
    )
    assert new.secret not in repr(new)
    with world.store.reading() as tx:
        kept = events_out.get(tx, 1)
    assert new.secret not in repr(kept)
    assert KEYS.unseal(kept.secret_sealed) == new.secret
