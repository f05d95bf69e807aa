"""Nexus on the command line: the table of states, one state, its orders, and registrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from exempt.cli import output
from support.desk import Desk
from support.nexus import sale


def said(desk: Desk, *arguments: str, code: int = 0) -> str:
    return " ".join(desk.run(*arguments, code=code).split())


@pytest.fixture
def selling(desk: Desk) -> Desk:
    """A desk of a seller over the line in Kansas, and in Florida for the next year.

    The desk's own two orders, TX-1 and CA-1, are over 100 dollars; OLD, too, to Texas.
    """
    desk.sell(
        sale("K-1", "KS", "2026-03-10", 90_000),
        sale("K-2", "KS", "2026-06-15", 20_000.55),
        sale("F-1", "FL", "2026-04-01", 150_000),
        sale("G-1", "GA", "2026-04-01", 85_000),
        sale("G-2", "GA", "2026-04-02", 9_000, marketplace="amazon"),
        sale("W-1", "KS", "2026-04-01", 700, currency="EUR"),
    )
    return desk


# --- the table -------------------------------------------------------------------------


def test_the_table_tells_first_what_needs_a_person(selling: Desk) -> None:
    told = said(selling, "nexus")
    for words in (
        "The threshold is met, and nobody is registered: KS. A threshold is near: FL, GA.",
        # Kansas: 90,000 + 20,000.55; crossed by K-2; collection begins with the next sale.
        "KS $110,000 > $100,000 110.0 2 met 2026-06-15 2026-06-16 NO –",
        # Florida counts the year before, from 1 January 2027 on.
        "FL $150,000 > $100,000 150.0 1 counts later 2026-04-01 2027-01-01 – –",
        # Georgia counts neither the 9,000 of the marketplace nor its sale.
        "GA $85,000 > $100,000 or 200 85.0 1 near – – – –",
        "Collect from: by the usual rule of the state; check with the state.",
        "Set aside, as no rate is known: 700.00 EUR (KS): exempt rates import FILE",
        "no sale from before 2026-03-10 is known; states look back to 2023-01-01",
    ):
        assert words in told
    assert " OH " not in told


def test_all_states_are_shown_when_asked(selling: Desk) -> None:
    told = said(selling, "nexus", "--all")
    assert "OH $0 > $100,000 or 200 0.0 0 – – – – –" in told
    assert "OR $0 no tax – 0 – – – – –" in told
    assert len(selling.json("nexus", "--all")["exposures"]) == 52


def test_nothing_sold_says_what_to_do(desk: Desk) -> None:
    assert "Nothing was sold, and nothing is stated: exempt sync" in said(
        desk, "nexus", "--on", "2020-01-01"
    )


def test_where_nothing_is_near_it_says_so(desk: Desk) -> None:
    assert said(desk, "nexus").startswith(
        "No threshold is near, and none is met without a registration."
    )


def test_on_an_earlier_day(selling: Desk) -> None:
    told = said(selling, "nexus", "--on", "2026-06-14")
    assert "KS $90,000 > $100,000 90.0 1 near – – – –" in told


def test_eighty_columns_hold_it(selling: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    selling.run("presence", "add", "KS", "--kind", "inventory", "--from", "2024-05-01")
    monkeypatch.setattr(output.console, "_width", 80)
    told = selling.run("nexus")
    assert max(map(len, told.splitlines())) <= 80
    words = " ".join(told.split())
    assert "KS $110,000 > $100,000 110.0 met 2026-06-16 NO 2026-06-15" in words
    assert "GA $85,000 > $100,000 85.0 near – – 1 sale or 200" in words
    assert "Physical nexus: KS since 2024-05-01." in words


def test_several_companies_have_a_table_each(selling: Desk) -> None:
    with sqlite3.connect(Path(selling.folder) / "exempt.db") as database:
        database.execute("INSERT INTO company (key, name) VALUES ('acme', 'Acme')")
        acme = "(SELECT id FROM company WHERE key = 'acme')"
        new = f"'US-KS', '2024-05-01', '', '', 1, 'anna' FROM {acme}"
        database.execute(
            "INSERT INTO registration (company_id, jurisdiction, registered_from, number, notes,"
            f" made_at, made_by) SELECT id, {new}"
        )
    database.close()
    told = said(selling, "nexus")
    assert "nobody is registered: KS (northwind)" in told
    assert "Acme, 2026-11-20" in told
    assert "Northwind Fasteners Inc., 2026-11-20" in told


def test_the_json_has_the_cents(selling: Desk) -> None:
    told = selling.json("nexus")
    kansas = told["exposures"][0]
    assert (kansas["jurisdiction"], kansas["status"], kansas["percent"]) == (
        "US-KS", "met", "110.0",
    )  # fmt: skip
    assert kansas["measures"][0]["amount"] == 110_000_55
    assert kansas["crossed_by"]["number"] == "K-2"
    assert kansas["spell"]["collect_from"] == "2026-06-16"
    assert kansas["needs_registration"] is True
    assert kansas["set_aside"][0]["currency"] == "EUR"


def test_status_has_a_line_on_it(selling: Desk) -> None:
    assert "Nexus, met and not registered: KS; near: FL, GA: exempt nexus" in said(
        selling, "status"
    )
    assert selling.json("status")["nexus"] == {
        "met": [{"company": "northwind", "jurisdiction": "US-KS"}],
        "physical": [],
        "near": [
            {"company": "northwind", "jurisdiction": "US-FL"},
            {"company": "northwind", "jurisdiction": "US-GA"},
        ],
    }


def test_sales_to_no_state_are_told(desk: Desk) -> None:
    desk.sell(sale("D-1", "TX", "2026-03-10", 12_000, ship_to=None))
    told = said(desk, "nexus")
    assert "No ship-to state is known of 1 sale of 12,000.00 USD." in told


# --- one state -------------------------------------------------------------------------


def test_a_state_says_why(selling: Desk) -> None:
    told = said(selling, "nexus", "Kansas")
    for words in (
        "Kansas: Northwind Fasteners Inc., 2026-11-20",
        "110,000.55 USD in 2 sales count in 2026: 110.0 % of the threshold, more than $100,000.",
        "It counts all sales, in this or last calendar year.",
        "It was crossed on 2026-06-15 by order K-2 of Acme (erp, 20,000.55 USD), in 2026.",
        "Tax is to be collected from 2026-06-16 on: check with the state.",
        "Not registered there; no physical nexus is known.",
        "Set aside, as no rate is known: 700.00 EUR since 2026-04-01",
        "2026 2026-01-01 2026-12-31 110,000.55 USD 2 110.0 reached",
        "taxable 110,000.55 – 2 yes",
        "2026-03 90,000.00 – – – 90,000.00 1",
        "In force 2021-07-01 to now",
        "Source state revenue department",
        "2026-06-15 K-2 2026-06-15 – 2026-06-16",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param("FL", "That window counts from 2027-01-01 on; a refund may still bring it",
                     id="it counts later"),
        pytest.param("GA", "The threshold is near, and is not reached.", id="near"),
        pytest.param("GA", "taxable 85,000.00 9,000.00 2 direct only", id="what does not count"),
        pytest.param("TX", "The threshold was never reached, as far as sales are known.", id="far"),
        pytest.param("OR", "Oregon has no sales tax of its own: there is no threshold to reach.",
                     id="no tax"),
        pytest.param("IL", "Other versions of it From Through Line Over Counted",
                     id="how it was before"),
        pytest.param("GU", "No threshold is known of Guam on this day", id="not known"),
    ],
)  # fmt: skip
def test_a_state_says(state: str, words: str, selling: Desk) -> None:
    assert words in said(selling, "nexus", state)


def test_what_was_met_and_is_not_any_more_says_until_when(selling: Desk) -> None:
    selling.sell(sale("K-3", "KS", "2026-08-01", -50_000))
    told = said(selling, "nexus", "KS")
    assert "It was met until 2026-08-01, and is not any more." in told


def test_registration_and_presence_stand_there(selling: Desk) -> None:
    selling.run("registrations", "add", "KS", "--from", "2026-09-01", "--number", "P-77")
    selling.run("presence", "add", "KS", "--kind", "inventory", "--from", "2024-05-01")
    told = said(selling, "nexus", "KS")
    assert (
        "Registered since 2026-09-01, number P-77, which is later than tax was to be collected;"
        " physical nexus since 2024-05-01."
    ) in told
    selling.run("registrations", "add", "GA", "--from", "2027-01-01")
    assert "To be registered from 2027-01-01" in said(selling, "nexus", "GA")


def test_the_json_of_a_state_has_months_versions_and_spells(selling: Desk) -> None:
    (told,) = selling.json("nexus", "KS")
    assert [each["amount"] for each in told["windows"][0]["months"]][2:6] == [
        90_000_00, 0, 0, 20_000_55,
    ]  # fmt: skip
    assert told["spells"][0]["crossed_by"]["number"] == "K-2"
    assert told["versions"][0]["jurisdiction"] == "US-KS"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["nexus", "XX"], "XX: unknown state", id="no such state"),
        pytest.param(["nexus", "KS", "--window", "1999"], "one of 2026, 2025", id="no such window"),
        pytest.param(["nexus", "--on", "soon"], "--on: write a date", id="no day"),
        pytest.param(["nexus", "--orders"], "name a state, too", id="orders of nowhere"),
        pytest.param(["nexus", "--company", "x"], "company 'x': there is none", id="no company"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments: list[str], words: str, selling: Desk) -> None:
    assert words in selling.refused(*arguments)


# --- orders ----------------------------------------------------------------------------


def test_the_orders_behind_a_figure_add_up_to_it(selling: Desk) -> None:
    (told,) = selling.json("nexus", "KS", "--orders")
    usd = [each for each in told["orders"] if each["currency"] == "USD"]
    assert sum(each["counts"] for each in usd) == 110_000_55
    assert [each["number"] for each in told["orders"]] == ["K-1", "W-1", "K-2"]
    words = said(selling, "nexus", "KS", "--orders")
    assert "2026-06-15 K-2 Acme taxable 20,000.55 20,000.55 crossed it" in words
    assert "2026-04-01 W-1 Acme taxable set aside 700.00 EUR" in words


def test_what_does_not_count_shows_when_asked(selling: Desk) -> None:
    (told,) = selling.json("nexus", "GA", "--orders")
    assert [each["number"] for each in told["orders"]] == ["G-1"]
    (told,) = selling.json("nexus", "GA", "--orders", "--all")
    assert [each["number"] for each in told["orders"]] == ["G-1", "G-2"]


def test_orders_of_another_window_and_how_many(selling: Desk) -> None:
    assert "There is none." in said(selling, "nexus", "KS", "--orders", "--window", "2025")
    assert "… and more: --limit 10 shows more" in said(
        selling, "nexus", "KS", "--orders", "--limit", "1"
    )


# --- whether it agrees -----------------------------------------------------------------


def test_what_is_counted_agrees_with_the_sources(selling: Desk) -> None:
    told = said(selling, "nexus", "--reconcile")
    assert "erp, USD Source has 354,300.55 USD in 8 orders" in told
    assert "erp, EUR Source has 700.00 EUR in 1 order" in told
    assert "Set aside for want of a rate 700.00 EUR in 1 order" in told
    assert "✓ Every order counts as it should" in told
    assert selling.json("nexus", "--reconcile")["agrees"] is True


def test_a_total_that_went_astray_is_named_and_mended(selling: Desk) -> None:
    with sqlite3.connect(Path(selling.folder) / "exempt.db") as database:
        database.execute("UPDATE sales_total SET taxable = taxable + 1 WHERE grain = 'month'")
    database.close()
    assert "exempt nexus --repair adds them up anew" in said(
        selling, "nexus", "--reconcile", code=1
    )
    assert "added up anew" in said(selling, "nexus", "--repair", code=1)
    assert "✓ Every order counts" in said(selling, "nexus", "--reconcile")


# --- registrations ---------------------------------------------------------------------


def test_several_registrations_in_one_save(desk: Desk) -> None:
    told = said(desk, "registrations", "add", "TX", "Ohio", "--from", "2026-01-01")
    assert "Texas, registered since 2026-01-01: registration 1 of northwind." in told
    assert "Ohio, registered since 2026-01-01: registration 2 of northwind." in told
    assert "1 TX northwind 2026-01-01 – – 2026-11-20 by anna" in said(desk, "registrations", "list")


def test_all_are_kept_or_none(desk: Desk) -> None:
    desk.run("registrations", "add", "TX", "--from", "2026-01-01")
    refused = desk.refused("registrations", "add", "OH", "TX", "OR", "--from", "2026-06-01")
    assert refused == (
        "nothing was saved: Oregon: has no sales tax to register for;"
        " Texas: is registered since 2026-01-01, as registration 1"
    )
    assert len(desk.json("registrations", "list")) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["TX", "--from", "2026-06-01", "--through", "2026-01-01"],
                     "--through: it would end before its first day, 2026-06-01", id="too soon"),
        pytest.param(["TX", "OH", "--from", "2026-06-01", "--number", "P-1"],
                     "--number: is of one state", id="one number for two"),
        pytest.param(["Bavaria", "--from", "2026-06-01"], "Bavaria: unknown state", id="no state"),
        pytest.param(["TX", "--from", "June"], "--from: write a date", id="no day"),
        pytest.param(["TX", "--from", "2026-06-01", "--number", "9" * 101], "--number:",
                     id="too long a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered(arguments: list[str], words: str, desk: Desk) -> None:
    assert words in desk.refused("registrations", "add", *arguments)


def registered(desk: Desk, *more: str) -> list[Any]:
    rows = desk.json("registrations", "list", *more)
    return [(row["id"], row["registered_through"], row["removed_by"]) for row in rows]


def test_what_was_ended_says_so_and_what_it_said_before_is_kept(desk: Desk) -> None:
    desk.run("registrations", "add", "TX", "--from", "2026-01-01", "--number", "P-1")
    told = said(desk, "registrations", "end", "1", "--on", "2026-10-31")
    assert told == "Texas, registered from 2026-01-01 to 2026-10-31: registration 2."
    assert registered(desk) == [(2, "2026-10-31", None)]
    assert registered(desk, "--removed") == [(1, None, "anna"), (2, "2026-10-31", None)]
    assert "before its first day" in desk.refused("registrations", "end", "2", "--on", "2025-01-01")


def test_a_mistake_is_taken_back_once(desk: Desk) -> None:
    assert "No registration is on file" in said(desk, "registrations", "list")
    desk.run("registrations", "add", "TX", "--from", "2026-01-01")
    assert "Registration 1 in Texas removed" in said(desk, "registrations", "remove", "1")
    assert registered(desk) == []
    assert "2026-11-20 by anna" in said(desk, "registrations", "list", "--removed")
    assert "anna removed it on 2026-11-20" in desk.refused("registrations", "remove", "1")
    assert "registration 9: there is none" in desk.refused("registrations", "remove", "9")
    desk.run("registrations", "add", "TX", "--from", "2026-01-01")  # and stated anew
    assert desk.json("registrations", "remove", "2")["removed_by"] == "anna"
