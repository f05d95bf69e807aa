"""Settings tried out: rows beside records, what is set aside, and what must be mended."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import (
    AuthError,
    CheckRequest,
    CheckResult,
    Connector,
    ConnectorInfo,
    Customer,
    Employee,
    FetchRequest,
    Order,
    Page,
    PermanentError,
    Problem,
    Settings,
    hookimpl,
    wiring,
)
from exempt.cli import output
from exempt.cli.base import State
from exempt.cli.connectors_try import try_out
from exempt.discovery import Catalogue
from exempt.errors import ExemptError

SECRET = "canary-9f8e7d"
CANARY_NAME = "Canary & Sons"


class ShopSettings(Settings):
    """A remote for these tests."""

    key: SecretStr | None = None
    problem: str | None = None
    customers: str = "ordinary"
    since: int = 0


class Shop(Connector):
    """Has customers and staff, the orders are unreadable, and products are not implemented."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        if self.settings.problem == "refused":
            raise AuthError("the key was refused")
        problem = self.settings.problem
        said = [Problem(code=problem, message="no row has it", help="mend it")] if problem else []
        return CheckResult(account="Shop Inc.", problems=tuple(said))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        return CUSTOMERS[self.settings.customers](request)

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        rows = [{"id": "E1", "pay": "98765.43"}, {"pay": "98765.44"}]
        return Page.read(rows, lambda row: Employee(external_id=row["id"]))

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        raise PermanentError("orders.records: leads to nothing")


def customer(row: dict[str, Any]) -> Customer:
    return Customer(external_id=row["id"], name=row["title"], exempt=row.get("free"))


def identifier(row: dict[str, Any]) -> str:
    return str(row["id"])


def ordinary(request: FetchRequest) -> Page[Customer]:
    """A good row, a bad one, and one that holds the key."""
    rows: list[dict[str, Any]] = [
        {"id": "C1", "title": CANARY_NAME, "free": True, "amount": 12.5},
        {"id": "C2"},
        {"id": "C3", "title": "Third", "echo": f"k={SECRET}"},
    ]
    return Page.read(rows[: request.page_size], customer, row_id=identifier)


def hidden(request: FetchRequest) -> Page[Customer]:
    """Made without `Page.read`, so no row shows."""
    return Page(records=(Customer(external_id="C1", name="First"),))


def gathered(request: FetchRequest) -> Page[Customer]:
    """Records that the connector gathers itself while it reads the rows."""
    found: list[Customer] = []

    def translate(row: dict[str, Any]) -> None:
        found.append(customer(row))

    rows = [{"id": "C1", "title": "First"}, {"id": "C2"}, {"id": "C3", "title": "Third"}]
    read: Page[Customer] = Page.read(rows, translate)
    return Page(records=tuple(found), rejected=read.rejected)


def only_bad(request: FetchRequest) -> Page[Customer]:
    return Page.read([{"id": "C2"}], customer)


def late(request: FetchRequest) -> Page[Customer]:
    """The first page is empty."""
    if request.cursor is None:
        return Page(next_cursor="on")
    return ordinary(request)


CUSTOMERS: dict[str, Callable[[FetchRequest], Page[Customer]]] = {
    "ordinary": ordinary,
    "hidden": hidden,
    "gathered": gathered,
    "only_bad": only_bad,
    "late": late,
    "none": lambda _request: Page(),
}


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    info = ConnectorInfo("shop", "Shop", ShopSettings, lambda settings, _context: Shop(settings))
    monkeypatch.setattr(wiring, "discover", lambda: Catalogue({"shop": info}, ()))
    monkeypatch.setenv("SHOP_KEY", SECRET)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[State]:
    """The options before the command."""
    monkeypatch.chdir(tmp_path)
    return type("State", (State,), {"settings": tmp_path / "exempt.toml", "now": None})


def shop(folder: Path, text: str = "", head: str = 'connector = "shop"') -> str:
    """A file of settings to try."""
    path = folder / "shop.toml"
    path.write_text(f"{head}\n{text}\n", encoding="utf-8")
    return str(path)


def tried(
    state: type[State], given: str, *streams: str, rows: int = 3, as_json: bool = True
) -> int:
    return try_out(state, given, streams, rows, as_json=as_json)


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_each_row_stands_beside_the_record_made_of_it(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(state, shop(tmp_path), "customers") == 0
    found = told(capsys)
    first, second, third = found["streams"]["customers"]["rows"]
    assert first["raw"] == {"id": "C1", "title": CANARY_NAME, "free": True, "amount": 12.5}
    assert (first["record"]["name"], first["record"]["exempt"]) == (CANARY_NAME, True)
    assert (second["raw"], second["record"]) == ({"id": "C2"}, None)
    assert second["rejected"]["reason"] == "title: missing"
    assert third["record"]["external_id"] == "C3"
    assert {"email", "tax_id"} <= {*found["streams"]["customers"]["empty"]}
    assert "exempt" not in found["streams"]["customers"]["empty"]
    assert (found["account"], found["failed"]) == ("Shop Inc.", False)


@pytest.mark.parametrize("width", [50, 140])
def test_people_see_the_row_as_it_came_on_every_width(
    state: type[State],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setattr(output.console, "_width", width)
    tried(state, shop(tmp_path), "customers", rows=2, as_json=False)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert all(
        words in shown for words in (f'"title": "{CANARY_NAME}"', "external_id", "set aside")
    )
    beside = [line for line in shown.splitlines() if "external_id" in line and '"id"' in line]
    assert bool(beside) is (width > 90) or width == 140
    assert "customers: 1 record, 1 row set aside" in shown


def test_a_secret_that_comes_back_in_a_row_is_not_shown(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = shop(tmp_path, 'key = "env:SHOP_KEY"')
    for as_json in (True, False):
        tried(state, given, "customers", as_json=as_json)
        shown = capsys.readouterr().out
        assert "[secret]" in shown
        assert SECRET not in shown


def test_nothing_of_it_is_stored_or_logged(
    state: type[State], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tried(state, shop(tmp_path), "customers")
    assert [path.name for path in tmp_path.iterdir()] == ["shop.toml"]
    assert CANARY_NAME not in caplog.text


@pytest.mark.parametrize(
    ("text", "streams", "code"),
    [
        pytest.param("", ["customers"], 0, id="one row set aside among good ones is no failure"),
        pytest.param("", [], 1, id="a stream that cannot be read"),
        pytest.param('problem = "never_matched"', ["customers"], 1, id="a path that never matches"),
        pytest.param('problem = "refused"', ["customers"], 1, id="credentials refused"),
        pytest.param('customers = "only_bad"', ["customers"], 1, id="every row set aside"),
        pytest.param('customers = "none"', ["customers"], 0, id="an empty stream"),
    ],
)
def test_the_exit_code_says_whether_something_must_be_mended(
    state: type[State], tmp_path: Path, text: str, streams: list[str], code: int
) -> None:
    assert tried(state, shop(tmp_path, text), *streams) == code


def test_a_connector_that_shows_no_rows_shows_its_records(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = shop(tmp_path, 'customers = "hidden"')
    tried(state, given, "customers", as_json=False)
    assert "does not show rows as they came" in capsys.readouterr().out
    tried(state, given, "customers")
    (row,) = told(capsys)["streams"]["customers"]["rows"]
    assert (row["raw"], row["record"]["name"]) == (None, "First")


def test_records_that_a_connector_gathers_itself_stand_beside_their_rows(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(state, shop(tmp_path, 'customers = "gathered"'), "customers")
    rows = told(capsys)["streams"]["customers"]["rows"]
    assert [(row["raw"]["id"], row["record"] and row["record"]["name"]) for row in rows] == [
        ("C1", "First"),
        ("C2", None),
        ("C3", "Third"),
    ]


@pytest.mark.parametrize("as_json", [True, False])
def test_rows_of_staff_are_never_shown_as_they_came(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    tried(state, shop(tmp_path), "employees", as_json=as_json)
    shown = capsys.readouterr().out
    assert "98765" not in shown
    assert "E1" in shown
    assert "id: missing" in shown


def test_an_empty_first_page_is_not_the_end(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(state, shop(tmp_path, 'customers = "late"'), "customers")
    assert len(told(capsys)["streams"]["customers"]["rows"]) == 3


def test_no_more_rows_than_were_asked_for(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(state, shop(tmp_path), "customers", rows=1)
    assert len(told(capsys)["streams"]["customers"]["rows"]) == 1


def test_a_connection_of_the_settings_file_by_its_name(
    state: type[State], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exempt.toml").write_text(
        '[companies.main]\nname = "M"\n[connections.store]\nconnector = "shop"\ncompany = "main"\n'
    )
    tried(state, "store", "customers")
    assert told(capsys)["connector"] == "shop"
    assert not (tmp_path / "exempt.db").exists()


@pytest.mark.parametrize(
    ("head", "text", "words"),
    [
        pytest.param("", "", "connector is missing: begin the file with", id="no connector"),
        pytest.param("x = ", "", "no valid TOML", id="no TOML"),
        pytest.param('connector = "shpo"', "", "did you mean 'shop'", id="no such connector"),
        pytest.param(
            'connector = "shop"',
            'custommers = "none"',
            "shop.toml, line 2: custommers: no such setting: did you mean 'customers'?",
            id="a slip of the keyboard, at its line",
        ),
        pytest.param(
            'connector = "shop"',
            '[settings]\ncustommers = "none"',
            "shop.toml, line 3: settings.custommers: no such setting",
            id="the same in a table of its own",
        ),
        pytest.param(
            'connector = "shop"',
            'company = "main"\n[settings]\n',
            "company: beside the table [settings] there is connector and nothing else",
            id="something beside the table",
        ),
        pytest.param(
            'connector = "shop"',
            'key = "plain"',
            "line 2: key: a secret does not stand in the file: write env:NAME",
            id="a secret in the file",
        ),
        pytest.param(
            'connector = "shop"', 'key = "env:NONE"', "no variable NONE", id="a lost reference"
        ),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_place(
    state: type[State], tmp_path: Path, head: str, text: str, words: str
) -> None:
    with pytest.raises(ExemptError) as caught:
        tried(state, shop(tmp_path, text, head))
    assert words in str(caught.value)
    assert "connections.tried" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "streams", "words"),
    [
        ("nowhere.toml", [], "there is no such file of settings"),
        ("store", [], "is no file, and there is no settings file"),
        ("shop.toml", ["people"], "--stream people: is none of customers"),
        ("shop.toml", ["products"], "the settings describe no products"),
    ],
)
def test_what_cannot_be_tried_is_said(
    state: type[State], tmp_path: Path, given: str, streams: list[str], words: str
) -> None:
    shop(tmp_path)
    with pytest.raises(ExemptError, match=words):
        tried(state, given, *streams)
