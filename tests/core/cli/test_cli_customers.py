"""The accounts team's day with customer cards: list, show, add, edit, what belongs together."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Stream
from support.desk import Desk
from support.records import address, customer, order

SETTINGS = """
[custom_fields.customers.region]
title = "Sales region"
kind = "choice"
choices = ["West", "East"]

[custom_fields.customers.since]
title = "Customer since"
kind = "date"

[custom_fields.certificates.box]
title = "Box"
kind = "number"

[companies.west]
name = "Northwind West"
parent = "northwind"
"""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with fields of its own, and a second company."""
    path = desk.folder / "exempt.toml"
    path.write_text(path.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    return desk


def add(desk: Desk, *arguments: str, company: str = "northwind") -> Any:
    return desk.json("customers", "add", "--company", company, *arguments)


def names(desk: Desk, *arguments: str) -> list[str]:
    return [row["name"] for row in desk.json("customers", "list", *arguments)["customers"]]


def said(desk: Desk, *arguments: str) -> str:
    return " ".join(desk.run("customers", *arguments).split())


# --- add and edit ------------------------------------------------------------------------


def test_a_card_made_by_hand_warns_until_a_source_has_it(desk: Desk) -> None:
    told = said(desk, "add", "--company", "northwind", "--name", "Depot", "--number", "D-1")
    assert "Customer D-1 added as id:3 to Northwind Fasteners Inc." in told
    assert "! No source has it yet" in told
    assert names(desk, "--lacking", "source") == ["Depot"]
    assert "! No source has this customer" in said(desk, "show", "D-1")
    desk.erp.remote.put(customer("77", number="d-1", name="Depot Inc."))
    desk.erp.pull(Stream.CUSTOMERS)
    assert names(desk, "--lacking", "source") == []
    assert "! No source has this customer" not in said(desk, "show", "D-1")


def test_only_a_name_is_needed(desk: Desk) -> None:
    told = said(desk, "add", "--company", "west", "--name", "Depot")
    assert "! Recommended, and not there: customer number, A/P e-mail." in told
    assert "wants: address line 1, city, state, country, zip." in told


def test_what_a_tax_engine_needs(desk: Desk) -> None:
    made = add(desk, "--name", "Depot", "--line1", "1 Dock Rd", "--city", "Reno", "--state", "nv",
               "--zip", "00501")  # fmt: skip
    assert (made["state"], made["country"], made["postal_code"]) == ("NV", "US", "00501")
    assert made["lacks"] == {"engine": [], "recommended": ["number", "email"]}
    assert "Depot" not in names(desk, "--lacking", "engine")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        pytest.param(("--name", ""), "--name: cannot be empty", id="no name"),
        pytest.param(("--name", "X", "--number", "C-1"), "number C-1: is that of id:1 already",
                     id="a number that another has"),
        pytest.param(("--name", "X", "--email", "ap at x"), "A/P e-mail: no address that mail",
                     id="an e-mail that none is"),
        pytest.param(("--name", "X", "--state", "ZZ", "--country", "US"), "--state: unknown state",
                     id="a state that is none"),
        pytest.param(("--name", "X", "--country", "Utopia"), "--country: write two letters",
                     id="a country that is none"),
        pytest.param(("--name", "X", "--ship-to-state", "ZZ"), "--ship-to-state ZZ: unknown state",
                     id="a ship-to state that is none"),
        pytest.param(("--name", "X", "--set", "shoe=7"), "shoe: no such custom field",
                     id="a field that is not defined"),
        pytest.param(("--name", "X", "--set", "region=North"), "region: write one of West, East",
                     id="none of the choices"),
        pytest.param(("--name", "X", "--set", "since=1/2/26"), "since: write a date as YYYY-MM-DD",
                     id="no date"),
        pytest.param(("--name", "X", "--set", "region"), "--set region: write KEY=VALUE",
                     id="no value"),
        pytest.param(("--name", "X", "--contact", "boss=Ann"),
                     "boss: no such role: write one of accounts-payable, tax, purchasing, other",
                     id="a role that is none"),
        pytest.param(("--name", "X", "--contact", "tax="), "--contact: name: cannot be empty",
                     id="a contact without a name"),
        pytest.param(("--name", "X" * 501), "--name: write 500 characters at most",
                     id="a name that is too long"),
        pytest.param(("--name", "X", "--number", "1\n2"), "customer number: has a line break",
                     id="a number on two lines"),
        pytest.param(("--name", "X", "--contact", "Ann <nope>"), "--contact: email: no e-mail",
                     id="a contact without a mailbox"),
    ],
)  # fmt: skip
def test_what_is_refused(desk: Desk, arguments: tuple[str, ...], why: str) -> None:
    assert why in desk.refused("customers", "add", "--company", "northwind", *arguments)
    assert names(desk) == ["Acme", "Bolt"]


def test_several_companies_want_one_to_be_named(desk: Desk) -> None:
    assert "which company? Say --company with one of northwind, west" in desk.refused(
        "customers", "add", "--name", "X"
    )
    assert "company 'east': there is none: one of northwind, west" in desk.refused(
        "customers", "add", "--name", "X", "--company", "east"
    )


def test_fields_of_ones_own(desk: Desk) -> None:
    made = add(desk, "--name", "X", "--set", "region=west", "--set", "since=2026-01-05")
    assert made["custom"] == {"region": "West", "since": "2026-01-05"}
    shown = said(desk, "show", "X")
    assert "Sales region West" in shown
    edited = desk.json("customers", "edit", "X", "--set", "since=")
    assert edited["custom"] == {"region": "West"}
    entered = desk.add("--set", "box=0012")
    desk.json("certificates", "edit", str(entered["id"]), "--set", "box=13")
    assert desk.shown()["custom"] == {"box": "13"}
    changed = [(c["field"], c["old"], c["new"]) for c in desk.shown()["history"]]
    assert ("custom.box", "12", "13") in changed


def test_the_ap_email_is_edited_and_its_history_kept(desk: Desk) -> None:
    assert names(desk, "--lacking", "email") == ["Bolt"]
    desk.run("customers", "edit", "C-2", "--email", "ap@bolt.example")
    assert names(desk, "--lacking", "email") == []
    history = desk.json("customers", "show", "C-2", "--history")["history"]
    (change,) = [each for each in history if each["field"] == "email"]
    assert (change["old"], change["new"], change["changed_by"]) == (
        None,
        "ap@bolt.example",
        "anna",
    )
    assert "A/P e-mail ap@bolt.example" in said(desk, "show", "C-2")


def test_an_edit_changes_only_what_is_given(desk: Desk) -> None:
    add(desk, "--name", "X", "--number", "X-1", "--city", "Reno", "--contact",
        "tax=Ann Lee <ann@x.example> 555-1")  # fmt: skip
    desk.run("customers", "edit", "X-1", "--city", "", "--contact", "accounts-payable=Bo")
    card = desk.json("customers", "show", "X-1")
    assert (card["number"], card["city"], card["version"]) == ("X-1", None, 2)
    assert [each["name"] for each in card["contacts"]] == ["Ann Lee", "Bo"]
    desk.run("customers", "edit", "X-1", "--drop-contact", "ann lee")
    assert [c["name"] for c in desk.json("customers", "show", "X-1")["contacts"]] == ["Bo"]
    assert "is so already" in said(desk, "edit", "X-1", "--number", "X-1")
    assert "--drop-contact zoe: this card has no such contact" in desk.refused(
        "customers", "edit", "X-1", "--drop-contact", "Zoe"
    )
    assert "say what to change" in desk.refused("customers", "edit", "X-1")


def test_of_two_editors_one_is_told(desk: Desk) -> None:
    desk.run("customers", "edit", "C-1", "--phone", "1")
    refused = desk.refused("customers", "edit", "C-1", "--phone", "2", "--version", "1")
    assert "customer id:1: is at version 2 by now, not 1: anna changed phone" in refused


# --- lists -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param((), ["Acme", "Bolt", "Depot", "Zinc"], id="all"),
        pytest.param(("bolt",), ["Bolt"], id="by a part of the name"),
        pytest.param(("z-9",), ["Zinc"], id="by the number"),
        pytest.param(("12 3456",), ["Zinc"], id="by a part of the tax ID, however it is written"),
        pytest.param(("K9",), ["Depot"], id="by the code"),
        pytest.param(("acme.example",), ["Acme"], id="by the e-mail"),
        pytest.param(("id:2",), ["Bolt"], id="by our id"),
        pytest.param(("100%",), [], id="a sign that means nothing"),
        pytest.param(("--company", "northwind"), ["Acme", "Bolt", "Depot", "Zinc"],
                     id="a company with those below it"),
        pytest.param(("--company", "northwind", "--only-this"), ["Acme", "Bolt", "Zinc"],
                     id="a company without those below it"),
        pytest.param(("--company", "west"), ["Depot"], id="a company below another"),
        pytest.param(("--exempt",), ["Acme", "Bolt"], id="who claims exemption"),
        pytest.param(("--not-exempt",), ["Depot", "Zinc"], id="who does not"),
        pytest.param(("--bought-exempt",), ["Acme"], id="who made exempt purchases"),
        pytest.param(("--lacking", "certificate"), ["Bolt"], id="exempt without a certificate"),
        pytest.param(("--no-mailings",), ["Zinc"], id="who is left out of mailings"),
        pytest.param(("--state", "CA"), ["Zinc"], id="whose goods go to a state"),
        pytest.param(("--state", "NV"), ["Depot"], id="whose address is there"),
        pytest.param(("--state", "AZ"), [], id="not whose address is there, with others said"),
        pytest.param(("--limit", "2", "--page", "2"), ["Depot", "Zinc"], id="the second page"),
    ],
)  # fmt: skip
def test_lists(desk: Desk, arguments: tuple[str, ...], found: list[str]) -> None:
    add(desk, "--name", "Zinc", "--number", "Z-9", "--tax-id", "12-3456789", "--no-mailings",
        "--ship-to-state", "CA", "--state", "AZ")  # fmt: skip
    add(desk, "--name", "Depot", "--code", "k9", "--state", "NV", company="west")
    desk.add("--state", "TX")
    assert names(desk, *arguments) == found


def test_the_list_of_a_person(desk: Desk) -> None:
    told = said(desk, "list")
    assert "2 customers" in told
    assert "C-1 Acme ap@acme.example" in told
    assert "No customer fits." in said(desk, "list", "nobody")
    assert "Page 1 of 2; --page shows another one." in said(desk, "list", "--limit", "1")
    told = said(desk, "list", "--page", "1000000")
    assert told == "There is no page 1000000: the list has 1."
    assert "--state: unknown state" in desk.refused("customers", "list", "--state", "")


def test_companies_are_a_tree(desk: Desk) -> None:
    desk.add()
    found = desk.json("companies", "list")
    assert [(one["key"], one["depth"], one["customers"], one["certificates"]) for one in found] == [
        ("northwind", 0, 2, 1),
        ("west", 1, 0, 0),
    ]
    assert "  Northwind West" in desk.run("companies", "list")


@pytest.mark.parametrize(
    ("company", "certificates", "to_ask", "orders"),
    [("northwind", 1, 2, 3), ("west", 0, 0, 0)],
)
def test_every_list_can_be_of_one_company(
    desk: Desk, company: str, certificates: int, to_ask: int, orders: int
) -> None:
    desk.add()
    of_it = ("--company", company)
    assert desk.json("certificates", "list", *of_it)["total"] == certificates
    assert len(desk.json("requests", "list", *of_it)["to_ask"]) == to_ask
    counted = desk.json("status", *of_it)["orders"]
    assert sum(one["orders"] for one in counted) == orders


# --- show --------------------------------------------------------------------------------


def test_a_card_shows_what_covers_each_state(desk: Desk) -> None:
    desk.add("--state", "TX")
    card = desk.json("customers", "show", "C-1")
    assert (card["name"], card["number"], card["active_certificates"]) == ("Acme", "C-1", 1)
    assert {one["jurisdiction"]: one["certificate_id"] for one in card["states"]} == {
        "US-CA": None,
        "US-TX": 1,
    }
    assert {one["jurisdiction"]: one["orders"] for one in card["exposure"] if one["claimed_only"]} \
        == {"US-CA": 1, "US-TX": 1}  # fmt: skip
    told = said(desk, "show", "C-1")
    assert "Certificates 1 active of 1" in told
    assert "Texas certificate 1" in told
    assert "California nothing 1 100.00 USD" in told
    assert "exempt requests send C-1 ask it for what is missing: CA" in told


# --- ship-tos, merging -------------------------------------------------------------------


def test_a_bill_to_certificate_covers_ship_to_customers(desk: Desk) -> None:
    desk.erp.remote.put(customer("77", number="S-1", name="Site"))
    desk.erp.pull(Stream.CUSTOMERS)
    desk.sell(order("S-TX", customer_external_id="77", ship_to=address("TX")))
    desk.add("--state", "TX")
    assert desk.explained("S-TX")["decision"]["ground"] == "not_claimed"
    told = said(desk, "link-ship-to", "C-1", "S-1")
    assert "Site is a ship-to customer of Acme from now on;" in told
    assert desk.explained("S-TX")["decision"]["ground"] == "certificate"
    assert "S-1 Site its ship-to anna" in said(desk, "show", "C-1")
    assert "its billing customer" in said(desk, "show", "S-1")
    desk.run("customers", "unlink-ship-to", "C-1", "S-1")
    assert desk.explained("S-TX")["decision"]["ground"] == "not_claimed"


def test_what_a_source_links_stays_linked_and_is_told(desk: Desk) -> None:
    desk.erp.remote.put(customer("77", number="S-1", name="Site"))
    desk.erp.pull(Stream.CUSTOMERS)
    desk.run("customers", "link-ship-to", "C-1", "S-1")
    desk.erp.remote.put(customer("77", number="S-1", name="Site", parent_external_id="C-1"))
    desk.erp.pull(Stream.CUSTOMERS)
    told = said(desk, "unlink-ship-to", "C-1", "S-1")
    assert "Site stays a ship-to customer of Acme, since erp says so: change it there." in told


def test_the_card_and_the_queue_say_the_same(desk: Desk) -> None:
    site = customer("77", number="S-1", name="Site", parent_external_id="C-1",
                    ship_to=(address("NV"),))  # fmt: skip
    desk.erp.remote.put(site)
    desk.erp.pull(Stream.CUSTOMERS)
    (told,) = desk.json("customers", "show", "C-1")["to_ask"]
    assert told["jurisdictions"] == ["US-CA", "US-NV", "US-TX"]
    assert told in desk.json("requests", "list")["to_ask"]
    assert "exempt requests send C-1 ask Acme for what is missing: NV" in said(desk, "show", "S-1")
    desk.run("customers", "edit", "C-1", "--no-mailings")
    assert "call it CA, NV, TX are not covered, and no mail goes to it" in said(desk, "show", "C-1")


def test_a_field_that_the_settings_name_no_more_is_emptied(desk: Desk) -> None:
    add(desk, "--name", "X", "--set", "region=West")
    path = desk.folder / "exempt.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("customers.region", "customers.area"), encoding="utf-8")
    assert desk.json("customers", "edit", "X", "--set", "region=")["custom"] == {}


def test_merged_cards_are_one(desk: Desk) -> None:
    desk.add("--state", "TX", "-c", "C-1")
    merged = desk.json("customers", "merge", "C-2", "C-1")
    assert merged["name"] == "Bolt"
    assert names(desk) == ["Bolt"]
    card = desk.json("customers", "show", "C-2", "--history")
    assert [one["id"] for one in card["certificates"]] == [1]
    assert {one["external_id"] for one in card["sources"]} == {"C-1", "C-2"}
    assert desk.json("customers", "show", "id:1")["name"] == "Bolt", "its old id leads there"
    split = desk.json("customers", "split", "erp", "C-1")
    assert split["name"] == "Acme"
    assert names(desk) == ["Acme", "Bolt"]
    linked = desk.json("customers", "link", "erp", "C-1", "C-2")
    assert linked["name"] == "Bolt"


def test_two_that_look_alike_may_be_two(desk: Desk) -> None:
    assert "Acme and Bolt are two customers: noted." in said(desk, "not-same", "C-1", "C-2")


def test_who_is_left_out_of_mailings_is_not_asked(desk: Desk) -> None:
    desk.run("customers", "edit", "C-1", "--no-mailings")
    told = " ".join(desk.run("requests", "list").split())
    assert "excluded from mailings" in told


def test_a_claim_that_nobody_makes_any_more_is_taken_back_by_a_person(desk: Desk) -> None:
    told = said(desk, "edit", "C-1", "--not-exempt")
    assert "! It stays exempt" in told, "the source says so"
    add(desk, "--name", "Depot", "--number", "D-1", "--exempt")
    assert desk.json("customers", "edit", "D-1", "--not-exempt")["flagged_exempt"] is False
