"""What belongs together, said on the command line: ship-tos, records of sources, doubles."""

from __future__ import annotations

from exempt.cli.cards import decided, told
from exempt.cli.output import one_line, print_json, say
from exempt.model.customer import CustomerCard
from exempt.services import cards, joining
from exempt.services.certificates import Act
from exempt.wiring import Exempt


def link_ship_to(exempt: Exempt, act: Act, words: str, ship_to: str, *, as_json: bool) -> None:
    """``exempt customers link-ship-to``."""
    bill_to, location = exempt.customer(words), exempt.customer(ship_to)
    changed = cards.link_ship_to(exempt.store, bill_to.id, location.id, act)
    if as_json:
        print_json({"bill_to": bill_to.id, "ship_to": location.id, "orders_changed": changed})
        return
    names = f"{one_line(location.name)} is a ship-to customer of {one_line(bill_to.name)}"
    say(f"{names} from now on; {decided(changed)}.", "green")


def unlink_ship_to(exempt: Exempt, act: Act, words: str, ship_to: str, *, as_json: bool) -> None:
    """``exempt customers unlink-ship-to``."""
    bill_to, location = exempt.customer(words), exempt.customer(ship_to)
    done = cards.unlink_ship_to(exempt.store, bill_to.id, location.id, act)
    if as_json:
        print_json({"bill_to": bill_to.id, "ship_to": location.id, **done._asdict()})
        return
    if done.said_by:
        say(
            f"{one_line(location.name)} stays a ship-to customer of {one_line(bill_to.name)},"
            f" since {done.said_by} says so: change it there. The link by hand is gone.",
            "yellow",
        )
        return
    names = f"{one_line(location.name)} is no ship-to customer of {one_line(bill_to.name)}"
    say(f"{names} any more; {decided(done.orders_changed)}.", "green")


def link(
    exempt: Exempt, act: Act, connection: str, external_id: str, words: str, *, as_json: bool
) -> None:
    """``exempt customers link``."""
    customer = exempt.customer(words)
    done = joining.link(exempt.store, connection, external_id, customer.id, act)
    if as_json:
        print_json(told(done))
        return
    say(f"{connection} {external_id} is on {_name(done.card)} now; {decided(done)}.", "green")


def split(exempt: Exempt, act: Act, connection: str, external_id: str, *, as_json: bool) -> None:
    """``exempt customers split``."""
    done = joining.split(exempt.store, connection, external_id, act)
    if as_json:
        print_json(told(done))
        return
    say(f"{connection} {external_id} has a card of its own: {_name(done.card)}; {decided(done)}.")


def merge(exempt: Exempt, act: Act, words: str, other: str, *, as_json: bool) -> None:
    """``exempt customers merge``."""
    keep, gone = exempt.customer(words), exempt.customer(other)
    done = joining.merge(exempt.store, keep.id, gone.id, act)
    if as_json:
        print_json(told(done))
        return
    say(f"{_name(done.card)} stands for id:{gone.id}, too; {decided(done)}.", "green")


def not_same(exempt: Exempt, act: Act, words: str, other: str, *, as_json: bool) -> None:
    """``exempt customers not-same``."""
    one, two = exempt.customer(words), exempt.customer(other)
    joining.not_same(exempt.store, one.id, two.id, act)
    if as_json:
        print_json({"not_same": [one.id, two.id]})
        return
    say(f"{one_line(one.name)} and {one_line(two.name)} are two customers: noted.", "green")


def _name(card: CustomerCard) -> str:
    return f"{one_line(card.name)} (id:{card.id})"
