"""The home page: figures that equal the lists behind them, first steps, and one search."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.model.certificate import ReviewStatus
from exempt.model.presence import WarningKind
from exempt.rules.history import FieldChange
from exempt.services import home
from exempt.services.home import Home
from exempt.services.presence_ports import NewWarning
from exempt.services.rows import DeliveryState, DeliveryTarget, Subject
from exempt.web import mishaps, rendering
from exempt.web.console.trend import chart_of
from support.browsing import Premises, premises_in
from support.pages import Whole, whole_in
from support.records import DAY, NOW, TODAY, details, order
from support.stores import connected, enter, save_orders

LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """C-1 of Northwind and A-1 of Acme."""
    with premises_in(tmp_path) as found:
        yield found


def ending(house: Premises, who: str, *days: int) -> list[int]:
    """Certificates for Texas of a customer that end in so many days."""
    with house.store.writing() as tx:
        return [
            enter(tx, house.ids[who], "TX", number=f"N{day}", signed_date=LONG_AGO,
                  effective_date=LONG_AGO, expiration_date=TODAY + day * DAY)
            for day in days
        ]  # fmt: skip


def figures(page: str) -> dict[str, tuple[str, str]]:
    """By the words of a figure of the page: the figure, and where it leads."""
    pattern = (
        r'<li><(?:a|span) class="figure[^"]*"(?: href="([^"]*)")?>.*?<b>([^<]*)</b><span>([^<]*)<'
    )
    return {words: (number, unescape(to)) for to, number, words in re.findall(pattern, page)}


def work(house: Premises) -> None:
    """Something of every kind that needs a person, in both companies."""
    northwind = connected(house.store, "northwind", company="northwind")
    ending(house, "C-1", 3, 40, 70, 200, -20)
    ending(house, "A-1", 5)
    save_orders(house.store, northwind, order("O-1"))
    with house.store.writing() as tx:
        tx.certificates.add(details("TX", customer_ids=(house.ids["C-1"],)),
                            ReviewStatus.PENDING, NOW, by="shop", source="api")  # fmt: skip
        tx.deliveries.owe(northwind.id, DeliveryTarget.ORDER, [("O-1", 1, "{}")], NOW)
        (owed,) = tx.deliveries.last(northwind.id, DeliveryTarget.ORDER, ["O-1"]).values()
        tx.deliveries.mark(owed, DeliveryState.DEAD, outcome="rejected", message="no", at=NOW)
        tx.products.seen(northwind.id, ["P-1", "P-2"], NOW)
        hired = NewWarning(northwind.company_id, "US-OR", WarningKind.EMPLOYEE, "1", TODAY, "{}")
        tx.warnings.open_one(hired, NOW)
        change = FieldChange("review_status", "pending", "rejected")
        tx.history.add(Subject.CERTIFICATE, 1, [change], NOW, "anna")


def led_to(page: str) -> dict[str, str]:
    """Every figure of the page that is a link, by where it leads."""
    main = page.partition("<main")[2]
    links = re.findall(r'<a [^>]*href="(/[^"]+)"[^>]*>(.*?)</a>', main, re.DOTALL)
    found = ((unescape(to), re.search(r"<b>([0-9,]+[+]?)</b>", inside)) for to, inside in links)
    return {to: number[1] for to, number in found if number}


def test_every_figure_is_as_long_as_the_list_that_it_leads_to(house: Premises) -> None:
    work(house)
    anna = house.staff(Role.ADMINISTRATOR)
    shown = led_to(anna.get("/").text)
    assert shown["/deliveries?state=dead"] == "1"
    assert shown["/products?status=unmapped"] == "2"
    assert shown["/warnings?kind=employee"] == "1"
    soon = "status=active&status=expiring_soon&ends_from=2026-11-20&ends_to=2026-12-20"
    assert shown[f"/certificates?{soon}"] == "2"
    compared = []
    for to, number in shown.items():
        if to in {"/review", "/sources?state=paused"}:
            continue  # other kinds of pages; `/sources` needs a whole Exempt
        listed = anna.get(to)
        assert listed.status_code == 200, to
        total = re.search(r'class="many">([0-9,]+[+]?) in all', listed.text)
        assert number == (total[1] if total else "0"), to
        compared.append(to)
    assert len(compared) >= 19


def test_another_companys_things_are_not_counted(house: Premises) -> None:
    work(house)
    theirs = figures(house.staff(Role.VIEWER, "acme").get("/").text)
    assert theirs["certificates to review"][0] == "0"
    assert theirs["certificates expiring soon"][0] == "1"
    assert theirs["failed deliveries"][0] == "0"
    everything = figures(house.staff(Role.ADMINISTRATOR).get("/").text)
    assert everything["certificates expiring soon"][0] == "2"


def test_buckets_lead_to_certificates_in_force_that_end_in_those_days(house: Premises) -> None:
    work(house)
    with house.store.reading() as tx:
        assert tx.overview.certificates(None, TODAY, 30).ending == (2, 1, 1, 1)
    seen = house.staff().get("/").text
    assert "31–60 days" in seen
    assert ">91+ days<" in seen


def test_the_trend_ends_today_and_goes_back_to_the_ends_of_eleven_months(house: Premises) -> None:
    ending(house, "C-1", 200, -20)
    told = Home(house.store, None, NOW, 30).trend()
    assert [str(each.day) for each in told[-3:]] == ["2026-09-30", "2026-10-31", "2026-11-20"]
    assert [each.number for each in told] == [2] * 11 + [1]
    anna = house.staff(Role.ADMINISTRATOR)
    page = anna.get("/").text
    for each in told:
        to = f"/certificates?on={each.day}"
        assert page.count(f'href="{to}"') == 2, "of the column, and in the table"
        listed = anna.get(to).text
        assert f"{each.number} in all" in listed
        assert "Just those in force on" in listed
    assert len(home.month_ends(dt.date(2024, 2, 29), 3)) == 3
    assert home.month_ends(dt.date(2024, 3, 1), 2)[0] == dt.date(2024, 2, 29)


def test_the_highest_column_fills_the_drawing_and_nothing_has_none() -> None:
    chart = chart_of([(TODAY - DAY, 5), (TODAY, 10)])
    assert [bar.height for bar in chart.bars] == [62.0, 124.0]
    assert chart.change == 5
    assert [bar.height for bar in chart_of([(TODAY, 0)]).bars] == [0]
    assert chart_of([]).change == 0


def test_changes_made_at_once_to_one_thing_are_told_together(house: Premises) -> None:
    with house.store.writing() as tx:
        for at, fields in ((NOW - DAY, "abc"), (NOW, "d")):
            changes = [FieldChange(each, None, "x") for each in fields]
            tx.history.add(Subject.CUSTOMER, house.ids["C-1"], changes, at, "anna")
    done = Home(house.store, None, NOW, 30).lately(5, administers=True)
    assert [(act.row.field, act.more) for act in done] == [("d", 0), ("c", 2)]


def test_a_newcomer_is_told_what_to_do_first(house: Premises, monkeypatch: Any) -> None:
    nothing = {"sources": True} | dict.fromkeys(
        ("customers", "orders", "certificates", "requests"), False
    )
    monkeypatch.setattr(Home, "filled", lambda _self: nothing)
    page = house.staff(Role.ADMINISTRATOR).get("/").text
    assert "Welcome to Exempt" in page
    assert page.count('class="done"') == 1
    assert "certificates to review" not in page


def test_what_waits_is_told_even_where_the_rest_of_the_page_breaks_off() -> None:
    def parts() -> Iterator[str]:
        yield "<p>what was counted"
        raise OSError

    told = rendering._portions(parts())
    assert "what was counted" in (said := next(told))
    assert "the rest of this page is missing" in said
    with pytest.raises(OSError, match=r"^$"):
        next(told)


def test_a_page_is_sent_while_it_is_made() -> None:
    made: list[int] = []

    def parts() -> Iterator[str]:
        for number in range(3):
            made.append(number)
            yield "x" * 3_000

    assert len(next(rendering._portions(parts()))) == 3_000
    assert made == [0]


# --- search ----------------------------------------------------------------------------------


def hits(page: str) -> list[str]:
    """Where what was found leads."""
    return re.findall(r'<li><a href="(/[^"]*)"><span class="hit-words">', page)


def test_one_search_finds_customers_orders_certificates_and_requests(house: Premises) -> None:
    work(house)
    with house.store.writing() as tx:
        tx.requests.add(house.ids["C-1"], "ap@c.example", ["US-TX"], NOW)
    page = house.staff().get("/search?words=c-1").text
    kinds = {place.split("/")[1] for place in hits(page)}
    assert {"customers", "requests"} <= kinds
    assert "/orders/1" in hits(house.staff().get("/search?words=O-1").text)
    assert "Nothing fits" in house.staff().get("/search?words=zzzz").text
    assert "Nothing fits" not in house.staff().get("/search").text


def test_nothing_of_another_company_is_found(house: Premises) -> None:
    work(house)
    theirs = house.staff(Role.VIEWER, "acme")
    assert hits(theirs.get("/search?words=customer c-1").text) == []
    assert hits(theirs.get("/search?words=O-1").text) == []


def test_what_is_looked_for_is_shown_as_it_was_typed(house: Premises) -> None:
    page = house.staff().get("/search?words=%3Cb%3E%00%22x").text
    assert "&lt;b&gt;&#34;x" in page
    assert "<b>&#34;x" not in page


# --- what was not found, or is not for them ------------------------------------------------------


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """A whole Exempt."""
    with whole_in(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        pytest.param("/nowhere", 404, "There is no such page", id="no page"),
        pytest.param("/orders/999999", 404, "There is no such page", id="no order"),
        pytest.param("/users", 403, "That is not for you", id="no right"),
    ],
)
def test_whoever_is_signed_in_finds_the_ways_around_a_mishap(
    whole: Whole, path: str, status: int, title: str
) -> None:
    answer = whole.call("GET", path, Role.VIEWER)
    assert answer.status_code == status
    assert title in answer.text
    assert 'aria-label="Main"' in answer.text
    assert ("You are signed in as" in answer.text) == (status == 403)


def test_a_stranger_learns_nothing_of_the_console_by_a_mishap(whole: Whole) -> None:
    answer = whole.call("GET", "/nowhere")
    assert answer.status_code == 404
    assert 'aria-label="Main"' not in answer.text


def test_a_mishap_is_told_even_when_nobody_can_say_who_is_signed_in(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(mishaps, "caller_of", fail)
    answer = whole.call("GET", "/nowhere", Role.VIEWER)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_page_that_is_streamed_is_as_guarded_as_any(house: Premises) -> None:
    answer = house.staff().get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert house.stranger().get("/").headers["location"].startswith("/sign-in")
