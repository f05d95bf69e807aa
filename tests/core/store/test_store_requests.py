"""Requests, their links and the words of mails, on both databases."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Way
from exempt.services.request_ports import Asking, RequestFilter, RequestRow
from support.cards import make_cards, on_card
from support.records import DAY, NOW, TODAY


@pytest.fixture
def acme(store: SqlStore) -> int:
    (card,) = make_cards(store, on_card("Ácme 100%", number="A_1", email="ap@acme.example"))
    return card


def add(store: SqlStore, customer: int, *places: str, **asking: object) -> int:
    with store.writing() as tx:
        return tx.requests.add(
            customer,
            "ap@acme.example",
            [f"US-{place}" for place in places],
            NOW,
            asking=Asking(**asking),  # type: ignore[arg-type]
        )


def get(store: SqlStore, request_id: int) -> RequestRow:
    with store.reading() as tx:
        found = tx.requests.get(request_id)
    assert found
    return found


def test_all_of_a_request_is_kept(store: SqlStore, acme: int) -> None:
    request_id = add(
        store, acme, "TX", "CA", reasons=["resale"], message="Hello\nthere", made_by="anna",
        way=Way.LINK, own_recipient=True,
    )  # fmt: skip
    found = get(store, request_id)
    assert (found.jurisdictions, found.reasons) == (("US-TX", "US-CA"), ("resale",))
    assert (found.message, found.made_by, found.way) == ("Hello\nthere", "anna", "link")
    assert (found.own_recipient, found.expires_at, found.company) == (True, None, "Northwind")
    with store.writing() as tx:
        plain = tx.requests.add(acme, "x@x.example", ["US-TX"], NOW, ends=[("US-TX", TODAY)])
    assert not get(store, plain).asks
    assert get(store, plain).ends == (("US-TX", TODAY),)


def test_those_wanted_are_found_in_the_order_wanted(store: SqlStore, acme: int) -> None:
    first, second, _ = (add(store, acme, place) for place in ("TX", "CA", "OH"))
    with store.reading() as tx:
        found = tx.requests.find([second, 99, first])
        none = tx.requests.find([])
    assert [request.id for request in found] == [second, first]
    assert none == []


def test_a_request_moves_from_where_it_was_seen(store: SqlStore, acme: int) -> None:
    request_id = add(store, acme, "TX")
    seen = get(store, request_id)
    with store.writing() as tx:
        assert tx.requests.move(seen, RequestState.OPENED, NOW)
        assert not tx.requests.move(seen, RequestState.CANCELLED, NOW), "it is opened by now"
    assert get(store, request_id).opened_at == NOW
    with store.writing() as tx:
        assert tx.requests.move(
            get(store, request_id), RequestState.CANCELLED, NOW + DAY, by="anna"
        )
    found = get(store, request_id)
    assert (found.state, found.closed_at, found.closed_by) == ("cancelled", NOW + DAY, "anna")


def test_it_works_as_long_as_its_longest_link(store: SqlStore, acme: int) -> None:
    request_id = add(store, acme, "TX")
    with store.writing() as tx:
        for days in (9, 30, 3):
            tx.requests.works_until(request_id, NOW + days * DAY)
    assert get(store, request_id).expires_at == NOW + 30 * DAY


def test_links_and_who_came_through_them(store: SqlStore, acme: int) -> None:
    request_id = add(store, acme, "TX")
    with store.writing() as tx:
        link_id = tx.links.make(request_id, "hash", NOW, NOW + DAY)
        tx.links.opened(link_id, NOW)
        tx.links.opened(link_id, NOW + DAY)
        tx.links.enter("one", link_id, NOW)
        tx.links.enter("two", link_id, NOW)
        tx.links.seen("one", NOW + DAY)
        tx.links.leave("two")
        link = tx.links.find("hash")
        assert link
        assert tx.links.find("other") is None
        assert (link.id, link.request_id, link.opened_at) == (link_id, request_id, NOW)
        assert tx.links.entered("one", NOW) == link
        assert tx.links.entered("one", NOW + DAY) is None, "not seen for too long"
        assert tx.links.entered("two", NOW - DAY) is None
        other = tx.links.make(request_id, "hash-2", NOW, NOW + DAY)
        tx.links.revoke_one(other, NOW)
        assert tx.links.entered("one", NOW), "another one's end ends nothing here"
        tx.links.revoke(request_id, NOW + DAY)
        assert tx.links.entered("one", NOW) is None
        revoked = [tx.links.find(each) for each in ("hash", "hash-2")]
    assert [each and each.revoked_at for each in revoked] == [NOW + DAY, NOW]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({}, [4, 3, 2, 1], id="the newest first"),
        pytest.param({"limit": 2, "offset": 1}, [3, 2], id="a part"),
        pytest.param({"states": [RequestState.EXPIRED]}, [2], id="those that expired"),
        pytest.param({"states": [RequestState.NOT_OPENED, RequestState.OPENED]}, [4, 1],
                     id="of two states"),
        pytest.param({"words": "ácme 100%"}, [2, 1], id="by a name as it is written"),
        pytest.param({"words": "a_1"}, [2, 1], id="by a number"),
        pytest.param({"words": "AP@ACME"}, [4, 3, 2, 1], id="by an address"),
        pytest.param({"words": "%"}, [2, 1], id="no pattern"),
        pytest.param({"company_ids": [1]}, [2, 1], id="of a company"),
        pytest.param({"company_ids": []}, [], id="of none"),
        pytest.param({"customer_id": 2}, [4, 3], id="of a customer"),
    ],
)  # fmt: skip
def test_what_a_list_shows(
    store: SqlStore, acme: int, filters: dict[str, object], found: list[int]
) -> None:
    """A34."""
    (bolt,) = make_cards(store, on_card("Bolt"), company="southwind")
    ids = [add(store, acme, "TX"), add(store, acme, "CA"), add(store, bolt, "TX"),
           add(store, bolt, "CA")]  # fmt: skip
    with store.writing() as tx:
        tx.requests.works_until(ids[1], NOW - DAY)
        tx.requests.works_until(ids[2], NOW - DAY)
        for number, to in ((2, RequestState.SUBMITTED), (3, RequestState.OPENED)):
            tx.requests.move(get(store, ids[number]), to, NOW)
        page = tx.requests.page(RequestFilter(**filters), NOW)  # type: ignore[arg-type]
    assert [row.id for row in page.requests] == found
    if not filters:
        assert page.counts == {
            RequestState.NOT_OPENED: 1, RequestState.EXPIRED: 1, RequestState.SUBMITTED: 1,
            RequestState.OPENED: 1,
        }  # fmt: skip


def test_for_which_states_somebody_is_asked(store: SqlStore, acme: int) -> None:
    open_, expired, over = (add(store, acme, place) for place in ("TX", "CA", "NY"))
    with store.writing() as tx:
        tx.requests.works_until(expired, NOW)
        tx.requests.move(get(store, over), RequestState.ACCEPTED, NOW)
        assert tx.requests.places([acme], NOW) == {acme: ("US-TX",)}
        assert sorted(tx.requests.places([acme], NOW - DAY)[acme]) == ["US-CA", "US-TX"]
        assert tx.requests.mailed(acme, NOW, but=0) == set(), "no mail went out"
        assert [row.id for row in tx.requests.unfinished([acme])] == [open_, expired]
        assert tx.requests.unfinished([]) == []


def test_each_version_of_words_is_kept(store: SqlStore, acme: int) -> None:
    """F13."""
    with store.writing() as tx:
        add_words = tx.templates.add
        add_words(Purpose.REQUEST, None, "all 1", "x", NOW, "anna")
        add_words(Purpose.REQUEST, 1, "own 1", "x", NOW, "anna")
        second = add_words(Purpose.REQUEST, None, "all 2", "x", NOW + DAY, "bert")
        assert (second.version, second.made_at, second.made_by) == (2, NOW + DAY, "bert")
        newest = [tx.templates.newest(Purpose.REQUEST, each) for each in (None, 1, 2)]
        assert tx.templates.newest(Purpose.EXPIRY, 1) is None
        versions = tx.templates.versions(Purpose.REQUEST, None)
    assert [each and each.subject for each in newest] == ["all 2", "own 1", "all 2"]
    assert [each.subject for each in versions] == ["all 2", "all 1"]
