"""What webhooks speak of is read again at once, with all that follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import AuthError, Capability, PermanentError, Stream, TransientError
from exempt.services import duties
from exempt.services.rows import DeliveryTarget
from support.fake_connector import WRITES
from support.records import address, customer, order
from support.webhooks import HOOKED, Hooked, event, hooked
from support.world import World


@pytest.fixture
def shop(any_world: World) -> Hooked:
    """A shop that sends webhooks, and takes statuses of customers and orders."""
    return hooked(any_world, capabilities=WRITES | HOOKED)


def follow(shop: Hooked, *events: Any) -> None:
    """Send a webhook with these events, and do the job that follows it."""
    shop.send(*events)
    duties.webhook(shop.source.job())


def asked(shop: Hooked) -> list[tuple[Stream, tuple[str, ...] | None]]:
    """Which records were read, by stream."""
    return [(stream, request.ids) for stream, request in shop.source.remote.fetched]


def test_a_sale_is_decided_with_the_buyer_that_nobody_has_read_yet(shop: Hooked) -> None:
    shop.source.remote.put(customer("C-1", exempt=True), order("O-1"))
    follow(shop, event("e", "O-1"))
    assert asked(shop) == [(Stream.ORDERS, ("O-1",)), (Stream.CUSTOMERS, ("C-1",))]
    assert shop.source.world.ground("O-1") == "no_certificate"


def test_a_buyer_that_is_known_is_not_read_again(shop: Hooked) -> None:
    shop.source.remote.put(customer("C-1"), order("O-1"), order("O-2"))
    follow(shop, event("e", "O-1"))
    follow(shop, event("f", "O-2"))
    assert asked(shop)[-1] == (Stream.ORDERS, ("O-2",))


def test_customers_are_read_before_the_orders_that_name_them(shop: Hooked) -> None:
    shop.source.remote.put(customer("C-1"), order("O-1"))
    follow(shop, event("e", "O-1"), event("f", "C-1", stream=Stream.CUSTOMERS))
    assert asked(shop) == [(Stream.CUSTOMERS, ("C-1",)), (Stream.ORDERS, ("O-1",))]


def test_a_sale_to_a_certified_buyer_is_exempt_at_once(shop: Hooked) -> None:
    world, remote = shop.source.world, shop.source.remote
    remote.put(customer("C-1", name="Acme"))
    follow(shop, event("e", "C-1", stream=Stream.CUSTOMERS))
    world.certify("Acme", "TX")
    remote.put(order("O-1", tax_applicable=True))
    follow(shop, event("f", "O-1"))
    assert world.ground("O-1") == "certificate"
    assert "O-1" in shop.source.owed(), "and its source is told so"


def test_a_buyer_that_cannot_be_read_leaves_its_sale_taxed(shop: Hooked) -> None:
    shop.source.remote.put(order("O-1"))
    shop.source.remote.faults["fetch_customers"] = [PermanentError("gone for good")]
    follow(shop, event("e", "O-1"))
    assert shop.source.world.ground("O-1") == "unknown_customer"
    assert shop.states() == {"e": "done"}


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("refused")])
@pytest.mark.parametrize("hook", ["fetch_orders", "fetch_customers"])
def test_while_the_source_is_away_everything_waits(
    world: World, hook: str, error: Exception
) -> None:
    shop = hooked(world)
    shop.source.remote.put(customer("C-1"), order("O-1"))
    shop.source.remote.faults[hook] = [error]
    with pytest.raises(type(error)):
        follow(shop, event("e", "O-1"))
    assert shop.states() == {"e": "pending"}
    duties.webhook(shop.source.job())
    assert shop.states() == {"e": "done"}
    assert world.ground("O-1") == "not_claimed"


def test_a_flag_that_was_turned_over_is_put_right_at_once(shop: Hooked) -> None:
    """A customer without certificate is flagged exempt at the source: it is told otherwise."""
    shop.source.remote.put(customer("C-1", exempt=True))
    follow(shop, event("e", "C-1", stream=Stream.CUSTOMERS))
    owed = shop.source.last("C-1", DeliveryTarget.CUSTOMER)
    assert '"exempt":false' in owed.wanted.replace(" ", "")


def test_a_sale_to_another_state_is_told_of_the_customer(shop: Hooked) -> None:
    """What a customer's status covers depends on where its goods go."""
    world, remote = shop.source.world, shop.source.remote
    remote.put(customer("C-1", name="Acme"))
    follow(shop, event("e", "C-1", stream=Stream.CUSTOMERS))
    world.certify("Acme", "TX")
    before = shop.source.last("C-1", DeliveryTarget.CUSTOMER).wanted
    remote.put(order("O-1", ship_to=address("CA")))
    follow(shop, event("f", "O-1"))
    after = shop.source.last("C-1", DeliveryTarget.CUSTOMER).wanted
    assert ("US-CA" in before, "US-CA" in after) == (False, True)


def test_where_customers_cannot_be_read_only_the_order_is(world: World) -> None:
    shop = hooked(world, capabilities={Capability.ORDERS, Capability.WEBHOOKS})
    shop.source.remote.put(order("O-1"))
    follow(shop, event("e", "O-1"))
    assert asked(shop) == [(Stream.ORDERS, ("O-1",))]
    assert shop.states() == {"e": "done"}
