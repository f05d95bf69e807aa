"""The cards and a source, held against each other: who is missing where, and what differs."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Capability, Rejected, Stream
from exempt.errors import NotFoundError, RefusedError
from exempt.model.fetching import Page
from exempt.services import cards, joining
from exempt.services.reconciling import Difference, Reconciliation, readers
from exempt.services.reconciling import DifferenceKind as Kind
from support.cards import card_of, make_cards, on_card, pull
from support.records import DAY, NOW, TODAY, YEAR, act, address, customer, order
from support.world import Source, World

ANNA = act()


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


def held(source: Source, **options: Any) -> Reconciliation:
    return Reconciliation(source.world.store, source.row, TODAY, **options)


def found(source: Source, *kinds: Kind, **options: Any) -> list[Difference]:
    every = held(source, **options).differences()
    return [one for one in every if not kinds or one.kind in kinds]


def names(differences: list[Difference]) -> list[str | None]:
    return [one.name for one in differences]


# --- missing in the source ---------------------------------------------------------------


def test_who_is_missing_in_the_source(erp: Source) -> None:
    world = erp.world
    make_cards(
        world.store,
        on_card("Flagged", number="1", exempt=True),
        on_card("Ordinary", number="2"),
        on_card("Certified", number="3"),
    )
    make_cards(world.store, on_card("Elsewhere", exempt=True), company="southwind")
    with world.store.writing() as tx:  # as a new card is, once it was worked out
        tx.cards.recount({1, 2, 3, 4}, NOW, by="anna")
    world.certify("Certified", "TX")
    pull(erp, customer("E", name="Known", number="9", exempt=True))
    there = found(erp, Kind.MISSING_THERE)
    assert names(there) == ["Flagged", "Certified"]
    assert there[0] == Difference(
        "erp", Kind.MISSING_THERE, 1, "1", "Flagged", None, None, None, "never was there",
        "enter it in erp, or put its record on this card (customers link)",
    )  # fmt: skip
    assert names(found(erp, Kind.MISSING_THERE, everyone=True)) == [
        "Flagged",
        "Ordinary",
        "Certified",
    ]


def test_who_was_deleted_there(erp: Source) -> None:
    pull(erp, customer("E", name="Acme", number="1"))
    erp.world.certify("Acme", "TX")
    assert found(erp, Kind.MISSING_THERE) == []
    erp.remote.remove(Stream.CUSTOMERS, "E")
    erp.pull(Stream.CUSTOMERS)
    (one,) = found(erp, Kind.MISSING_THERE)
    assert (one.external_id, one.theirs) == ("E", "deleted there on 2026-11-20")
    assert one.advice == "see whether it is still a customer: if so, enter it there again"
    pull(erp, customer("E2", name="Acme", number="1"))
    assert found(erp, Kind.MISSING_THERE) == [], "it is there by another record"


def test_who_was_merged_is_missed_nowhere(erp: Source) -> None:
    make_cards(erp.world.store, on_card("Old", exempt=True))
    pull(erp, customer("E", name="Acme"))
    joining.merge(erp.world.store, 2, 1, ANNA)
    assert found(erp, Kind.MISSING_THERE, everyone=True) == []


def test_each_source_is_looked_at_by_itself(world: World, erp: Source) -> None:
    shop = world.connect("shop")
    pull(erp, customer("E", name="Acme", exempt=True))
    pull(shop, customer("S", name="Bolt", exempt=True))
    assert names(found(erp, Kind.MISSING_THERE)) == ["Bolt"]
    assert names(found(shop, Kind.MISSING_THERE)) == ["Acme"]


# --- missing here ------------------------------------------------------------------------


def test_who_could_not_be_read(erp: Source) -> None:
    erp.remote.spoil(Stream.CUSTOMERS, "row 7", "E-7")
    erp.pull(Stream.CUSTOMERS)
    assert found(erp) == [
        Difference(
            "erp", Kind.MISSING_HERE, None, None, None, "E-7", None, None,
            "row 7 could not be read: total: missing",
            "mend the record in erp: the next sync takes it in",
        )
    ]  # fmt: skip


def test_of_whom_an_older_state_is_kept(erp: Source) -> None:
    pull(erp, customer("E", name="Acme", number="1"))
    erp.remote.spoil(Stream.CUSTOMERS, "row 7", "E")
    erp.pull(Stream.CUSTOMERS)
    (one,) = found(erp)
    assert (one.customer_id, one.number, one.name) == (1, "1", "Acme")
    assert one.ours == "an older state"


def test_rejected_orders_are_no_customers(erp: Source) -> None:
    erp.remote.spoil(Stream.ORDERS, "row 7", "O-7")
    pull(erp)
    assert found(erp) == []


def test_whom_only_orders_name(erp: Source) -> None:
    pull(erp, customer("E"), *(order(f"O-{n}", customer_external_id="X") for n in range(3)),
         order("Y", customer_external_id="Y"), order("E", customer_external_id="E"),
         order("Z", customer_external_id="Z", voided=True))  # fmt: skip
    said = [(one.external_id, one.theirs) for one in found(erp)]
    assert said == [
        ("X", "3 orders name it, and the customer was never read"),
        ("Y", "1 order names it, and the customer was never read"),
    ]


# --- fields ------------------------------------------------------------------------------


def edited(world: World, customer_id: int = 1, **changes: Any) -> None:
    details = card_of(world.store, customer_id).details.model_copy(update=changes)
    cards.edit(world.store, customer_id, details, ANNA)


def fields(source: Source) -> dict[str | None, tuple[str | None, str | None]]:
    return {one.field: (one.ours, one.theirs) for one in found(source, Kind.DIFFERS)}


def test_what_a_source_just_made_agrees(erp: Source) -> None:
    pull(erp, customer("E", number="1", email="a@b.cc", billing_address=address()), customer("F"))
    reconciliation = held(erp)
    assert list(reconciliation.differences()) == []
    assert (reconciliation.records, reconciliation.agreeing) == (2, 2)
    assert list(reconciliation.differences()) == []
    assert reconciliation.records == 2, "they are counted anew"


def test_fields_that_differ(erp: Source) -> None:
    pull(erp, customer("E", name="Acme", number="1", email="a@b.cc", billing_address=address()))
    edited(erp.world, name="Acme Inc.", email=None, city="Austin", number=" 1 ", code="X")
    assert fields(erp) == {
        "name": ("Acme Inc.", "Acme"),
        "A/P e-mail": (None, "a@b.cc"),
        "city": ("Austin", "Springfield"),
    }, "of the code the source has none at all"
    pull(erp, customer("F", code="Y"))
    assert fields(erp)["code"] == ("X", None), "now it has one for somebody"


def test_whether_it_is_billed_is_compared_where_the_source_says_so(erp: Source) -> None:
    pull(erp, customer("E"))
    edited(erp.world, bill_to=False)
    assert fields(erp) == {}, "it calls everybody billed"
    pull(erp, customer("F", bill_to=False))
    assert fields(erp) == {"billed": ("no", "yes")}


def test_who_has_the_last_word_is_said(world: World, erp: Source) -> None:
    shop = world.connect("shop")
    pull(erp, customer("E", name="Acme", number="1"))
    pull(shop, customer("S", name="ACME", number="1"))
    (one,) = found(shop)
    assert one.advice.startswith("the card counts: correct it in shop")
    with world.store.writing() as tx:
        tx.cards.set_owns(erp.row.id, {"name"})
    (one,) = found(shop)
    assert one.advice == "erp has the last word: correct it in shop"
    assert found(erp) == []


def test_two_records_of_one_source_on_a_card(erp: Source) -> None:
    pull(erp, customer("E", name="Acme", number="1"), customer("F", name="Bolt", number="1"))
    with erp.world.store.writing() as tx:
        tx.cards.set_owns(erp.row.id, {"name"})
    reconciliation = held(erp)
    (one,) = reconciliation.differences()
    assert one.advice.startswith("erp has several records on this card")
    assert (reconciliation.records, reconciliation.agreeing) == (2, 1)


def test_what_is_deleted_there_is_not_compared(erp: Source) -> None:
    pull(erp, customer("E", name="Acme"))
    edited(erp.world, name="Other")
    erp.remote.remove(Stream.CUSTOMERS, "E")
    erp.pull(Stream.CUSTOMERS)
    assert found(erp) == []


# --- claims ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "theirs"),
    [
        pytest.param({"exempt": True}, "flagged", id="a flag"),
        pytest.param({"exemption_number": "N-1", "exempt": False}, "N-1", id="a number"),
        pytest.param({"exemption_code": "G"}, "G", id="a code"),
        pytest.param({"exempt": False}, None, id="no claim"),
        pytest.param({"exempt": True, "resale_certificate_number": "FF"}, None,
                     id="a free-form number prevails"),
    ],
)  # fmt: skip
def test_a_claim_without_a_certificate(
    erp: Source, claim: dict[str, Any], theirs: str | None
) -> None:
    pull(erp, customer("E", **claim))
    said = [(one.kind, one.ours, one.theirs) for one in found(erp)]
    assert said == ([(Kind.CLAIM, "no certificate in force", theirs)] if theirs else [])


@pytest.mark.parametrize(
    ("dates", "hint"),
    [
        pytest.param({}, False, id="in force"),
        pytest.param({"expiration_date": TODAY}, False, id="on its last day"),
        pytest.param({"expiration_date": TODAY - DAY}, True, id="expired"),
        pytest.param({"effective_date": TODAY + DAY}, True, id="not yet in force"),
    ],
)
def test_a_certificate_counts_while_it_is_in_force(
    erp: Source, dates: dict[str, Any], hint: bool
) -> None:
    pull(erp, customer("E", name="Acme", exempt=True))
    erp.world.certify("Acme", "TX", signed_date=TODAY - YEAR, **dates)
    assert bool(found(erp, Kind.CLAIM)) is hint


def test_a_certificate_of_the_billing_customer_counts(erp: Source) -> None:
    pull(erp, customer("P", name="Parent"), customer("S", parent_external_id="P", exempt=True))
    erp.world.certify("Parent", "TX")
    assert found(erp, Kind.CLAIM) == []


# --- portions, and which sources ---------------------------------------------------------


def test_in_portions_it_is_the_same(erp: Source) -> None:
    world = erp.world
    make_cards(world.store, *(on_card(f"Card {n}") for n in range(7)))
    pull(erp, *(customer(f"E-{n}", name=f"R{n}", exempt=True) for n in range(7)))
    for n in range(8, 15):
        edited(world, n, name=f"Edited {n}")
    page: Page[Any] = Page(
        rejected=tuple(Rejected(row=f"row {n}", reason="no", external_id=None) for n in range(7))
    )
    with world.store.writing() as tx:
        tx.sources.save_rejected(erp.row.id, Stream.CUSTOMERS, page, None, NOW)
    pull(erp, *(order(f"O-{n}", customer_external_id=f"X-{n}") for n in range(7)))
    whole = found(erp, everyone=True)
    assert [one.kind for one in whole] == [
        *[Kind.MISSING_THERE] * 7,
        *[Kind.MISSING_HERE] * 14,
        *[Kind.DIFFERS, Kind.CLAIM] * 7,
    ]
    for at_once in (1, 3, 7):
        assert found(erp, everyone=True, at_once=at_once) == whole


def test_whoever_takes_the_first_few_reads_no_more(erp: Source) -> None:
    make_cards(erp.world.store, *(on_card(f"Card {n}") for n in range(10)))
    every = held(erp, everyone=True, at_once=2).differences()
    next(every)
    make_cards(erp.world.store, on_card("Late"))
    assert "Late" in names(list(every)), "the next portion is read when it is asked for"


def test_which_sources_there_are(world: World, erp: Source) -> None:
    world.connect("orders", {Capability.ORDERS})
    world.connect("crm", {Capability.CUSTOMERS})
    with world.store.reading() as tx:
        assert [row.name for row in readers(tx)] == ["crm", "erp"]
        assert [row.name for row in readers(tx, ["erp"])] == ["erp"]
        with pytest.raises(RefusedError, match="orders: reads no customers: name a connection"):
            readers(tx, ["orders"])
        with pytest.raises(NotFoundError, match="new: was never read: run exempt sync new first"):
            readers(tx, ["erp", "new"])


def test_a_source_may_not_be_read_to_its_end(erp: Source) -> None:
    assert not held(erp).complete
    erp.remote.put(customer("E"), customer("F"))
    reads = iter([False])
    erp.pull(Stream.CUSTOMERS, page_size=1, stop=lambda: next(reads, True))
    assert not held(erp).complete
    erp.pull(Stream.CUSTOMERS)
    assert held(erp).complete
