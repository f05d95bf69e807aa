"""Orders on the command line: explained, decided by hand, replayed, held against today."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support.desk import Desk
from support.records import address, line, order


def said(desk: Desk, *arguments: str, code: int = 0) -> str:
    return " ".join(desk.run("orders", *arguments, code=code).split())


def database(desk: Desk, sql: str) -> None:
    """Tamper with the database."""
    with sqlite3.connect(Path(desk.folder) / "exempt.db") as connection:
        connection.execute(sql)
    connection.close()


# --- explain -----------------------------------------------------------------------------


def test_an_order_is_explained_in_full(desk: Desk) -> None:
    desk.add("--number", "N-1")
    told = said(desk, "explain", "TX-1")
    for words in (
        "Order TX-1 of erp customer Acme date 2026-11-20, ship-to TX, 100.00 USD",
        "goods to 1 Main St, Springfield, TX",
        "Exempt. Certificate N-1 covers Texas on 2026-11-20.",
        "- N-1 (TX) is the one used.",
        "Not taxed: - line 1, HAMMER, 100.00 USD: customer exempt",
        "rule default-2, decided 2026-11-20 12:00 UTC",
    ):
        assert words in told
    assert "By hand" not in told
    assert "History" not in told


def test_the_short_form_says_the_same(desk: Desk) -> None:
    assert desk.run("explain", "TX-1") == desk.run("orders", "explain", "TX-1")
    assert desk.json("explain", "TX-1") == desk.json("orders", "explain", "TX-1")


def test_each_line_says_why_it_is_not_taxed(desk: Desk) -> None:
    untaxed = {"not_taxed_reason": "product_not_taxed"}
    desk.sell(order("MIX", lines=(line("1"), line("2", **untaxed))))
    assert desk.explained("MIX")["not_taxed"] == {"1": None, "2": "product_not_taxed"}
    desk.add("--single-use", "--order", "MIX")
    reasons = desk.explained("MIX")["not_taxed"]
    assert reasons == {"1": "transaction_exempt", "2": "transaction_exempt"}


def test_of_many_lines_the_first_show(desk: Desk) -> None:
    lines = tuple(line(str(number)) for number in range(1, 31))
    desk.sell(order("LONG", lines=lines, ship_to=address("OR")))
    told = said(desk, "explain", "LONG")
    assert "line 20, 100.00 USD: no tax … and 10 more: --json shows all" in told


def test_what_was_done_by_hand_and_what_dropped_it_show(desk: Desk) -> None:
    desk.run("orders", "override", "TX-1", "exempt", "--reason", "A gift.")
    told = said(desk, "explain", "TX-1")
    assert "By hand: exempt, by anna on 2026-11-20 12:00: A gift." in told
    desk.sell(order("TX-1", ship_to=address("FL")))
    told = said(desk, "explain", "TX-1")
    assert "By hand" not in told
    assert "erp: ship to state: US TX → US FL" in told
    assert "erp: decided by hand: yes → dropped" in told
    explained = desk.explained()
    assert explained["by_hand"][0]["ended_reason"] == "ship to state changed from US TX to US FL"
    assert [each["field"] for each in explained["history"]] == [
        *("decided_by_hand", "ship_to_state", "decided_by_hand"),
    ]


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A desk where a shop has an order ``TX-1`` too."""
    shop = desk.erp.world.connect("shop")
    shop.remote.put(order("S-1", number="TX-1", total="7"))
    shop.pull()
    return desk


def test_a_number_in_two_connections(two: Desk) -> None:
    assert [each["connection"] for each in two.json("explain", "TX-1")] == ["erp", "shop"]
    (only,) = two.json("explain", "TX-1", "--connection", "shop")
    assert only["record"]["external_id"] == "S-1"
    assert "none with this number or id in mars" in two.refused(
        "explain", "TX-1", "--connection", "mars"
    )
    assert "2 fit: name one of id:" in two.refused("orders", "reset", "TX-1")
    done = two.json("orders", "override", "TX-1", "taxable", "--reason", "?", "--connection",
                    "shop")  # fmt: skip
    assert done["connection"] == "shop"
    assert two.json("explain", f"id:{done['id']}")[0]["record"]["external_id"] == "S-1"


# --- choose ------------------------------------------------------------------------------


@pytest.fixture
def drawer(desk: Desk) -> Desk:
    """Acme has a certificate for Georgia, one for Texas, one that expired; Bolt has one."""
    desk.add("--state", "GA", "--expires", "2026-12-31", "--number", "N-GA")
    desk.add("--number", "N-TX")
    desk.add("--expires", "2026-11-01", "--number", "N-OLD")
    desk.add("--state", "TX", "--state", "CA", "--pending", "--number", "N-NEW")
    desk.run("certificates", "edit", "4", "--add-customer", "C-2", "--drop-customer", "C-1")
    return desk


def test_the_customers_certificates_are_listed_the_fit_ones_first(drawer: Desk) -> None:
    told = drawer.run("orders", "choose", "TX-1")
    assert [row.split()[1] for row in re.findall(r"^ +\d.*$", told, re.MULTILINE)] == [
        *("N-TX", "N-OLD", "N-GA"),
    ]
    assert "no: it expired on 2026-11-01" in told
    assert "no: it is for Georgia" in told
    found = drawer.json("orders", "choose", "TX-1")
    assert [(each["certificate_id"], each["against"]) for each in found] == [
        (2, None),
        (3, "expired"),
        (1, "other_jurisdiction"),
    ]


def test_a_customer_without_certificates(desk: Desk) -> None:
    assert "has no certificate on file" in said(desk, "choose", "TX-1")
    assert desk.json("orders", "choose", "TX-1") == []


def test_one_that_fits_is_chosen(drawer: Desk) -> None:
    told = said(drawer, "choose", "TX-1", "2", "--reason", "By phone.")
    assert "Exempt. Certificate N-TX was chosen by hand: By phone." in told


def test_one_that_does_not_fit_is_refused_and_chosen_anyway(drawer: Desk) -> None:
    refusal = drawer.refused("orders", "choose", "TX-1", "3")
    assert "expired on 2026-11-01: choose another one, or say --anyway" in refusal
    told = said(drawer, "choose", "TX-1", "3", "--anyway", "--reason", "They mailed it.")
    assert "It expired on 2026-11-01." in told
    assert drawer.explained()["decision"]["tax_applicable"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("TX-1", "4"), "is none of the order's billing customer", id="not theirs"),
        pytest.param(("TX-1", "99"), "is none of the order's billing customer", id="no such"),
        pytest.param(("NO-1", "2"), "order 'NO-1': there is none", id="no such order"),
        pytest.param(("TX-1", "0"), "Invalid value for", id="no id"),
        pytest.param(("TX-1", "2", "--reason", "x" * 501), "at most 500", id="a long reason"),
    ],
)
def test_a_choice_that_is_none(drawer: Desk, arguments: tuple[str, ...], words: str) -> None:
    assert words in drawer.refused("orders", "choose", *arguments)


# --- override, reset ---------------------------------------------------------------------


def test_overridden_and_reset(desk: Desk) -> None:
    desk.add()
    told = said(desk, "override", "TX-1", "taxable", "--reason", "For their canteen")
    assert "Tax applies. Somebody decided so by hand: For their canteen." in told
    assert "Exempt. Certificate CERT-1 covers Texas" in said(desk, "reset", "TX-1")
    assert "nothing was decided by hand" in desk.refused("orders", "reset", "TX-1")
    who = [(each["field"], each["changed_by"]) for each in desk.explained()["history"]]
    assert who == [("decided_by_hand", "anna"), ("decided_by_hand", "anna")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("exempt",), "Missing option '--reason'", id="no reason"),
        pytest.param(("exempt", "--reason", "  "), "an auditor will ask", id="an empty one"),
        pytest.param(("maybe", "--reason", "x"), "'exempt', 'taxable'", id="no outcome"),
    ],
)
def test_an_override_that_is_none(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    assert words in desk.refused("orders", "override", "TX-1", *arguments)


def test_of_a_closed_order_the_source_is_not_told(desk: Desk) -> None:
    told = said(desk, "override", "OLD", "exempt", "--reason", "Settled.")
    assert "closed in its source, which is not told of this" in told


# --- replay ------------------------------------------------------------------------------


def test_decisions_agree_whatever_became_of_the_register(desk: Desk) -> None:
    desk.add("--number", "N-1")
    desk.json("orders", "recheck", "--apply")
    desk.run("certificates", "archive", "1")
    told = said(desk, "replay", "OLD")
    assert "✓ OLD of erp: agrees Exempt. Certificate N-1 covers Texas" in told
    assert "3 decisions made once more from what was kept: the same outcome." in said(
        desk, "replay", "--all"
    )


def test_a_decision_that_was_tampered_with_is_found(desk: Desk) -> None:
    database(desk, "UPDATE decision SET tax_applicable = FALSE WHERE order_id = 1")
    told = said(desk, "replay", "--all", code=1)
    assert "✗ TX-1 of erp: comes out otherwise kept: exempt once more: taxed" in told
    assert "different: tax applicable" in told
    assert "1 decision comes out otherwise" in told
    answer = desk.json("orders", "replay", "--all", code=1)
    assert (answer["agree"], answer["otherwise"]) == (2, 1)
    assert answer["orders"][0]["order"] == "TX-1 of erp"


def test_a_rule_of_the_past_is_counted_and_is_no_error(desk: Desk) -> None:
    database(desk, "UPDATE decision SET rule = 'default-1' WHERE order_id = 3")
    told = said(desk, "replay", "--all")
    assert "2 decisions made once more" in told
    assert "1 decision was made by rule default-1, which this version no longer has." in told
    assert "– OLD of erp: rule default-1 made it" in said(desk, "replay", "OLD")
    answer = desk.json("orders", "replay", "OLD")
    assert answer["rule_gone"] == {"default-1": 1}
    assert answer["orders"][0]["agrees"] is None


@pytest.mark.parametrize("arguments", [(), ("TX-1", "--all")], ids=["none", "one and all"])
def test_what_to_replay_must_be_said(desk: Desk, arguments: tuple[str, ...]) -> None:
    assert "name orders, or say --all" in desk.refused("orders", "replay", *arguments)


def test_a_cancelled_order_has_nothing_to_replay(desk: Desk) -> None:
    desk.sell(order("GONE", voided=True))
    assert "0 decisions made once more" in said(desk, "replay", "GONE")
    assert "Not decided: the order was cancelled." in said(desk, "explain", "GONE")


# --- recheck -----------------------------------------------------------------------------


def test_a_closed_order_is_listed_and_changes_on_request_only(desk: Desk) -> None:
    assert "No closed order would" in said(desk, "recheck")
    desk.add("--number", "N-1")
    listed = said(desk, "recheck")
    assert "OLD 2026-11-20 Acme TX taxed exempt, N-1" in listed
    assert "1 closed order would be decided otherwise today; --apply makes it so." in listed
    assert desk.explained("OLD")["decision"]["tax_applicable"] is True
    assert "No closed order" in said(desk, "recheck", "--customer", "C-2")
    assert "1 closed order decided anew" in said(desk, "recheck", "-c", "C-1", "--apply")
    explained = desk.explained("OLD")
    assert explained["decision"]["certificate_number"] == "N-1"
    (change,) = explained["history"]
    assert (change["field"], change["old"], change["new"], change["changed_by"]) == (
        *("decision", "taxed", "exempt, N-1", "anna"),
    )
    assert "No closed order would" in said(desk, "recheck")


def test_what_would_be_otherwise_as_json(desk: Desk) -> None:
    desk.add("--number", "N-1", "--percentage", "50")
    answer: Any = desk.json("orders", "recheck")
    (one,) = answer["orders"]
    assert (answer["applied"], one["order"], one["customer"]) == (False, "OLD", "Acme")
    assert one["would_be"]["exempt_percentage"] == "50.00"
    assert "taxed 50 % exempt, N-1" in said(desk, "recheck")


def test_names_from_outside_move_no_cursor(desk: Desk) -> None:
    hostile = "[red]X[/red]\x1b[2J"
    desk.sell(order(hostile, closed=True, lines=(line(product_external_id=hostile),)))
    desk.add()
    for command in (("explain", hostile), ("recheck",), ("replay", hostile), ("choose", hostile)):
        told = desk.run("orders", *command)
        assert "[red]X[/red]" in told
        assert "\x1b" not in told
