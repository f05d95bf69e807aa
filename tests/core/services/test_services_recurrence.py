"""Where a state wants sales to recur, the order history decides how long a certificate holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import OrderKind, Stream
from exempt.model.decision import Finding, Profile
from exempt.model.rulesdata import RulesPack
from exempt.model.terms import Term, ValidityKind
from exempt.rules.pack import shipped_pack
from exempt.services import certificates
from exempt.services.policy import Policy
from exempt.services.rules_changed import follow_rules
from support.records import TODAY, YEAR, address, customer, in_state, order
from support.world import Source, World

DAY = dt.timedelta(days=1)
FIRST = TODAY - 4 * YEAR


@pytest.fixture
def buyer(erp: Source) -> Source:
    """A customer with a certificate for New Jersey and Texas, signed four years ago."""
    erp.remote.put(customer(exempt=True))
    erp.pull(Stream.CUSTOMERS)
    erp.world.certify("C-1", "NJ", "TX", signed_date=FIRST)
    return erp


def sell(source: Source, name: str, after: dt.timedelta, state: str = "NJ", **facts: Any) -> None:
    source.remote.put(
        order(name, order_date=FIRST + after, ship_to=address(state), **{"closed": True, **facts})
    )


def _names(source: Source) -> list[str]:
    return list(dict.fromkeys(sold.external_id for sold in source.remote.log[Stream.ORDERS]))


def read(source: Source, **changes: Any) -> dict[str, str | None]:
    """Read what is new; the grounds of all orders."""
    source.pull(**changes)
    return {name: source.world.ground(name) for name in _names(source)}


def test_it_holds_while_sales_are_no_more_than_12_months_apart(buyer: Source) -> None:
    for number, days in enumerate((0, 365, 730, 1096)):
        sell(buyer, f"O-{number}", dt.timedelta(days=days))
    assert read(buyer) == {
        "O-0": "certificate",
        "O-1": "certificate",
        "O-2": "certificate",
        "O-3": "no_certificate",
    }
    decision = buyer.world.decision("O-3")
    assert decision is not None
    lapsed = next(step for step in decision.steps if step.finding is Finding.LAPSED)
    assert lapsed.held_through == FIRST + dt.timedelta(days=1095)


def test_texas_does_not_ask_for_it(buyer: Source) -> None:
    for number, days in enumerate((0, 1000)):
        sell(buyer, f"O-{number}", dt.timedelta(days=days), "TX")
    assert set(read(buyer).values()) == {"certificate"}


def test_nor_does_the_profile_r2(buyer: Source) -> None:
    for number, days in enumerate((0, 1000)):
        sell(buyer, f"O-{number}", dt.timedelta(days=days))
    assert set(read(buyer, policy=Policy(Profile.R2)).values()) == {"certificate"}


def test_history_may_come_in_any_order(world: World, buyer: Source) -> None:
    """A sale that is read late closes a gap, or opens one; closed orders follow too."""
    sell(buyer, "O-LAST", dt.timedelta(days=800))
    assert read(buyer)["O-LAST"] == "certificate", "the first sale that is known"
    sell(buyer, "O-FIRST", dt.timedelta(days=100))
    assert read(buyer)["O-LAST"] == "no_certificate", "there was a gap"
    sell(buyer, "O-BETWEEN", dt.timedelta(days=460))
    assert set(read(buyer).values()) == {"certificate"}
    sell(buyer, "O-BETWEEN", dt.timedelta(days=460), voided=True)
    assert read(buyer)["O-LAST"] == "no_certificate", "a cancelled sale is none"


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"kind": OrderKind.CREDIT, "total": -5}, id="a credit"),
        pytest.param({"total": 0}, id="a sale of nothing"),
        pytest.param({"voided": True}, id="a cancelled sale"),
        pytest.param({"customer_external_id": "C-2"}, id="a sale to another customer"),
        pytest.param({"ship_to": address("NY")}, id="a sale to another state"),
    ],
)
def test_what_is_no_sale(world: World, buyer: Source, facts: dict[str, Any]) -> None:
    sell(buyer, "O-0", dt.timedelta())
    buyer.remote.put(order("O-X", order_date=FIRST + 300 * DAY, ship_to=address("NJ"))
                     .model_copy(update=facts))  # fmt: skip
    sell(buyer, "O-1", dt.timedelta(days=600))
    assert read(buyer)["O-1"] == "no_certificate"


def test_sales_by_way_of_another_source_count(world: World, buyer: Source) -> None:
    shop = world.connect("shop")
    shop.remote.put(customer("S-1", email="ap@x.example"))
    buyer.remote.put(customer(exempt=True, email="ap@x.example"))
    for source in (buyer, shop):
        source.pull(Stream.CUSTOMERS)
    sell(buyer, "O-0", dt.timedelta())
    sell(buyer, "O-1", dt.timedelta(days=600))
    assert read(buyer)["O-1"] == "no_certificate"
    sell(shop, "S-9", dt.timedelta(days=300), customer_external_id="S-1")
    read(shop)
    assert world.ground("O-1") == "certificate"


def test_an_edit_counts_from_its_new_first_day(world: World, buyer: Source) -> None:
    sell(buyer, "O-0", dt.timedelta(), closed=False)
    sell(buyer, "O-1", dt.timedelta(days=600), closed=False)
    assert read(buyer)["O-1"] == "no_certificate"
    with world.store.reading() as tx:
        before = tx.certificates.get(1)
    assert before is not None
    renewed = before.details.model_copy(
        update={"jurisdictions": (in_state("NJ", effective_date=FIRST + 500 * DAY),)}
    )
    certificates.edit(world.store, 1, renewed, world.act(), seen=1)
    assert (world.ground("O-0"), world.ground("O-1")) == ("no_certificate", "certificate")


def test_a_customer_that_stopped_buying_is_shown_as_taxed(world: World) -> None:
    crm = world.connect("crm")
    crm.remote.put(customer(exempt=True, ship_to=(address("NJ"),)))
    crm.pull(Stream.CUSTOMERS)
    world.certify("C-1", "NJ", signed_date=FIRST)
    sell(crm, "O-0", dt.timedelta())
    crm.pull()
    with world.store.reading() as tx:
        (found,) = tx.certificates.find([1])
    assert found.jurisdictions[0].held_through == FIRST.replace(year=FIRST.year + 1)


def with_rule(state: str, kind: str) -> Policy:
    """The shipped rules, but for one state's."""
    pack = shipped_pack()
    states = tuple(
        rule.model_copy(update={"validity_kind": ValidityKind(kind), "validity_value": Term()})
        if rule.jurisdiction == f"US-{state}"
        else rule
        for rule in pack.states
    )
    return Policy(pack=RulesPack(version=kind, states=states, reasons=pack.reasons))


def test_other_rules_work_out_anew_how_long_certificates_hold(world: World, buyer: Source) -> None:
    for number, days in enumerate((0, 600)):
        sell(buyer, f"O-{number}", dt.timedelta(days=days), closed=False)
        sell(buyer, f"T-{number}", dt.timedelta(days=days), "TX", closed=number == 0)
    read(buyer)
    neither, both = with_rule("NJ", "until_revoked"), with_rule("TX", "recurring_12m")

    def follow(policy: Policy) -> tuple[int, list[str | None]]:
        changed = follow_rules(world.store, policy, lambda: world.now, at_once=1)
        return changed, [world.ground(name) for name in ("O-1", "T-1")]

    no, yes = "no_certificate", "certificate"
    assert follow(Policy()) == (0, [no, yes])
    assert follow(neither) == (2, [yes, yes]), "O-0 changed in its steps"
    assert follow(neither) == (0, [yes, yes])
    assert follow(both) == (3, [no, no]), "T-0 is closed"
    assert follow(Policy(Profile.R2)) == (3, [yes, yes])
    assert follow(Policy()) == (2, [no, yes])
