"""The pages of exposures: map, table, one state with its orders and forecast; registrations."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from support.browsing import Premises, premises_in
from support.forms import send_form
from support.nexus import company_id, sale
from support.nexus_desk import fill
from support.records import NOW
from support.world import World


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Northwind with sales, Acme with none; tests change nothing but registrations."""
    with premises_in(tmp_path_factory.mktemp("nexus")) as made:
        fill(made.store, months=23)
        yield made


def tile(page: str, code: str) -> str:
    """The class of a state's tile on the map."""
    found = re.search(rf'<a class="tile (\w+)" href="/nexus/{code}[?"]', page)
    assert found, code
    return found[1]


def rows(page: str) -> list[str]:
    """The states of the table, in order."""
    table = page[page.index("data-rows") :]
    return re.findall(r'class="with-code" href="/nexus/(US-\w\w)', table)


def test_the_map_tells_each_state_apart_and_links_to_it(house: Premises) -> None:
    page = house.staff(company="northwind").get("/nexus").text
    kinds = {code: tile(page, f"US-{code}") for code in ("TX", "KS", "TN", "OR", "AK", "NV")}
    assert kinds == {
        "TX": "registered",
        "KS": "met",
        "TN": "low",
        "OR": "no_tax",
        "AK": "no_sales",
        "NV": "middle",
    }
    assert page.count('<a class="tile ') == 52
    assert "Nevada: " in page
    assert "physical nexus since May 1, 2024" in page


def test_the_nearest_state_comes_first_and_the_table_can_be_sorted_and_narrowed(
    house: Premises,
) -> None:
    staff = house.staff(company="northwind")
    assert rows(staff.get("/nexus").text)[:3] == ["US-TX", "US-KS", "US-OH"]
    assert rows(staff.get("/nexus?sort=state").text)[0] == "US-CA"
    assert rows(staff.get("/nexus?show=physical").text) == ["US-TX", "US-NV"]
    assert rows(staff.get("/nexus?show=near").text) == ["US-PA"]
    assert rows(staff.get("/nexus?words=penn").text) == ["US-PA"]
    assert len(rows(staff.get("/nexus?show=all&size=100").text)) == 52
    assert "No state fits" in staff.get("/nexus?words=atlantis").text


def test_who_sees_another_company_learns_nothing_of_the_sales(house: Premises) -> None:
    theirs = house.staff(Role.ADMINISTRATOR, "acme")
    page = theirs.get("/nexus").text
    assert tile(page, "US-KS") == "no_sales"
    assert "Nothing to watch yet" in page
    assert "SO-" not in theirs.get("/nexus/US-KS/orders").text
    assert theirs.get("/nexus/US-KS?company=northwind").status_code == 404
    assert theirs.get("/nexus/US-KS/forecast?company=northwind").status_code == 404
    assert "228" not in theirs.get("/nexus/US-KS").text


def test_a_state_says_why_it_stands_so_with_the_law_and_its_source(house: Premises) -> None:
    page = house.staff(company="northwind").get("/nexus/ks").text
    assert re.search(r"It was crossed on \w{3} \d+, 2025", page)
    assert "Not registered there; no physical nexus is known." in page
    assert "more than $100,000" in page
    assert "guidance for remote sellers" in page, "the source"
    assert "Alamo &lt;Supply&gt;" in page
    assert "<Supply>" not in page


@pytest.mark.parametrize("path", ["/nexus/US-ZZ", "/nexus/nowhere", "/nexus/US-KS?company=nobody"])
def test_what_is_no_state_or_no_company_is_not_there(house: Premises, path: str) -> None:
    assert house.staff().get(path).status_code == 404


def test_a_window_can_be_chosen_and_another_name_is_as_if_none_were(house: Premises) -> None:
    staff = house.staff(company="northwind")
    assert "Month by month, 2025" in staff.get("/nexus/US-KS?window=2025").text
    assert "Month by month, 2026" in staff.get("/nexus/US-KS?window=1066").text


def test_the_orders_of_a_window_add_up_to_its_figure_and_can_be_saved(house: Premises) -> None:
    staff = house.staff(company="northwind")
    page = staff.get("/nexus/US-KS/orders?window=2025").text
    shown = re.findall(r'data-head="Counts, USD">([\d,.]+)<', page)
    assert len(shown) == 12
    answer = staff.get("/nexus/US-KS/orders/export?window=2025&as=csv", sec_fetch_dest="document")
    saved = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [f"{float(row['Counts']):,.2f}" for row in saved] == shown
    total = f"{sum(float(row['Counts']) for row in saved):,.2f}"
    assert total in staff.get("/nexus/US-KS?window=2025").text


def test_orders_go_on_where_a_page_ended(house: Premises) -> None:
    staff = house.staff(company="northwind")
    page = staff.get("/nexus/US-KS/orders?after=2026-06-30.0").text
    days = re.findall(r'data-head="Day"><time datetime="([\d-]+)"', page)
    assert days
    assert min(days) > "2026-06-30"
    assert staff.get("/nexus/US-KS/orders?after=never.1").status_code == 200


def test_a_forecast_draws_its_months_and_says_that_it_is_an_estimate(house: Premises) -> None:
    page = house.staff(company="northwind").get("/nexus/US-PA/forecast").text
    assert "It is likely to be met about Jan 1, 2027" in page
    assert "An estimate, made of past sales" in page
    assert page.count('class="sold"') > 12
    assert 'class="line"' in page


def test_what_if_shows_both_and_keeps_nothing(house: Premises) -> None:
    staff = house.staff(company="northwind")
    page = staff.get("/nexus/US-TN/forecast?grows=20&sale=40,000&line=50000").text
    assert "What if: +20 %; sale 40,000; line 50000" in page
    assert "As it is" in page
    assert 'value="50000"' in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("grows=much", "grows"),
        ("grows=20&grows_from=2020-01-01", "grows"),
        ("customer=-5", "customer"),
        ("sale=100&sale_from=tomorrow", "sale"),
        ("line=1", "line"),
        ("resale=900000000", "resale"),
    ],
)
def test_what_cannot_be_supposed_is_said_beside_its_field(
    house: Premises, query: str, field: str
) -> None:
    answer = house.staff(company="northwind").get(f"/nexus/US-FL/forecast?{query}")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_all_forecasts_stand_in_one_table(house: Premises) -> None:
    page = house.staff(company="northwind").get("/nexus/forecasts").text
    assert page.index("Texas") < page.index("Pennsylvania")
    assert "Jan 1, 2027" in page


def test_the_table_is_saved_without_formulas(house: Premises) -> None:
    answer = house.staff(company="northwind").get("/nexus/export?show=needs")
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "Kansas" in {row["State"] for row in found}
    assert "Texas" not in {row["State"] for row in found}, "is registered"


def test_registrations_of_several_states_are_kept_together_or_not_at_all(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER, "northwind")
    wrong = send_form(
        staff, "/registrations", state=["US-KS", "US-OR"], registered_from="2026-01-01"
    )
    assert wrong.status_code == 422
    assert "Oregon: has no sales tax to register for" in wrong.text
    assert re.search(r'value="US-KS" checked', wrong.text), "what was typed is kept"
    assert "Kansas" not in staff.get("/registrations").text.partition("data-rows")[2]
    done = send_form(
        staff, "/registrations", state=["US-OH", "US-FL"], registered_from="2026-02-01"
    )
    assert done.headers["location"] == "/registrations"
    page = staff.get("/registrations").text
    assert "Ohio" in page
    assert "Florida" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": [], "registered_from": "2026-01-01"}, "Choose one state at least."),
        ({"state": ["US-KS"], "registered_from": "soon"}, "Write the first day as YYYY-MM-DD."),
        (
            {"state": ["US-KS", "US-CO"], "registered_from": "2026-01-01", "number": "7"},
            "A permit number is of one state",
        ),
        (
            {
                "state": ["US-KS"],
                "registered_from": "2026-02-01",
                "registered_through": "2026-01-01",
            },
            "none before the first",
        ),
        ({"state": ["US-ZZ"], "registered_from": "2026-01-01"}, "Choose states of the United"),
    ],
)
def test_a_registration_that_cannot_be_comes_back_as_it_was_typed(
    house: Premises, fields: dict[str, str | list[str]], said: str
) -> None:
    staff = house.staff(Role.REVIEWER, "northwind")
    answer = send_form(staff, "/registrations", **fields)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_registration_from_the_page_of_a_state_goes_back_there(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER, "northwind")
    asked = {"state": "US-CO", "company": "northwind", "from_state": "yes"}
    wrong = send_form(staff, "/registrations", **asked, registered_from="", notes="soon")
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    assert "<h2>The law</h2>" in wrong.text, "the page of the state"
    done = send_form(staff, "/registrations", **asked, registered_from="2026-03-01")
    assert done.headers["location"] == "/nexus/US-CO?company=northwind"
    assert "Mar 1, 2026" in staff.get("/nexus/US-CO").text


def test_a_registration_is_ended_and_taken_back(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER, "northwind")
    send_form(staff, "/registrations", state="US-IL", registered_from="2026-04-01")
    with house.store.reading() as tx:
        mine = tx.exposures.registrations([company_id(tx, "northwind")])
    (key,) = [row.id for row in mine if row.jurisdiction == "US-IL"]
    theirs = house.staff(Role.ADMINISTRATOR, "acme")
    for path in (f"/registrations/{key}/end", f"/registrations/{key}/remove"):
        assert send_form(theirs, path, last_day="2026-09-30").status_code == 404
        assert send_form(house.staff(), path).status_code == 403, "who may only look"
    early = send_form(staff, f"/registrations/{key}/end", last_day="2026-03-01")
    assert early.status_code == 422
    assert "would end before its first day" in early.text
    evil = {"last_day": "2026-09-30", "back": "https://evil.example"}
    done = send_form(staff, f"/registrations/{key}/end", **evil)
    assert done.headers["location"] == "/registrations"
    assert "Sep 30, 2026" in staff.get("/registrations").text
    again = send_form(staff, f"/registrations/{key}/remove")
    assert again.status_code == 422, "another took its place"
    assert "removed it on" in again.text


def test_orders_that_wait_are_counted_for_who_asks(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with premises_in(tmp_path_factory.mktemp("late")) as house:
        world = World(house.store)
        shop = world.connect("shop", company="northwind")
        shop.remote.put(sale("O-1", "KS", "2026-03-10", 150_000))
        shop.pull()
        with house.store.writing() as tx:
            tx.recounts.ask([shop.row.id], "as a test wants it", NOW)
        staff = house.staff(Role.REVIEWER)
        assert "being counted anew" in staff.get("/nexus").text
        assert "Count them now" not in house.staff().get("/nexus").text, "who may only look"
        assert send_form(staff, "/nexus/count").headers["location"] == "/nexus"
        assert "being counted anew" not in staff.get("/nexus").text
        with house.store.reading() as tx:
            assert tx.recounts.all() == []
