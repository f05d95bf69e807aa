"""The lists of users and keys: narrowed, and taken along for a review of who may do what."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Right, Role
from exempt.services import api_keys
from support.browsing import Browser, Premises, premises_in
from support.records import NOW


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """An administrator, a viewer of Acme, and the keys of a shop and of an ERP."""
    with premises_in(tmp_path) as found:
        found.staff(Role.VIEWER, "acme")
        for name in ("shop", "=erp"):
            api_keys.make(found.store, name, rights=[Right.READ], by="anna", at=NOW)
        yield found


def table(browser: Browser, path: str) -> list[dict[str, str]]:
    text = browser.get(path).content.decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_who_may_do_what_is_exported(house: Premises) -> None:
    rows = table(house.staff(Role.ADMINISTRATOR), "/users/export")
    told = {row["E-mail"]: (row["Role"], row["Companies"], row["State"]) for row in rows}
    assert told == {
        "viewer@acme.example": ("viewer", "Acme", "invited"),
        "administrator@acme.example": ("administrator", "all", "invited"),
    }


def test_keys_are_exported_without_what_one_could_call_by(house: Premises) -> None:
    rows = table(house.staff(Role.ADMINISTRATOR), "/keys/export")
    assert sorted(row["Name"] for row in rows) == ["'=erp", "shop"]
    assert {row["May"] for row in rows} == {"read"}
    assert all(row["Begins with"].startswith("exk_live_") for row in rows)


@pytest.mark.parametrize(
    ("path", "there", "gone"),
    [
        ("/users?words=VIEWER", "viewer@acme.example", "administrator@acme.example</span>"),
        ("/keys?words=shop", "<b>shop</b>", "<b>=erp</b>"),
    ],
)
def test_a_list_is_narrowed_by_words(house: Premises, path: str, there: str, gone: str) -> None:
    page = house.staff(Role.ADMINISTRATOR).get(path).text
    assert there in page
    assert gone not in page


@pytest.mark.parametrize("path", ["/users?words=nobody", "/keys?words=nothing"])
def test_where_nothing_fits_it_is_said(house: Premises, path: str) -> None:
    assert "fits" in house.staff(Role.ADMINISTRATOR).get(path).text
