"""Connections are made in the console by forms; no secret is ever shown again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.model.access import Role
from support.shop import CANARY, opened
from support.shop_site import ShopSite, said

R, A = Role.REVIEWER, Role.ADMINISTRATOR
HOSTILE = '"><img src=x onerror=alert(1)>'
FORM = {"name": "shop", "company": "n", "s.key": CANARY, "o.schedule": "1h"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ShopSite]:
    house = opened(tmp_path)
    with closing(house.exempt):
        yield ShopSite(house)


def names(site: ShopSite) -> list[str]:
    return site.house.exempt.names()


def test_a_form_asks_for_what_the_settings_are(site: ShopSite) -> None:
    assert "Shop" in said(site.call("GET", "/connect", A))
    answer = site.call("GET", "/connect/shop", A)
    page = said(answer)
    for words in ("Name", "Company", "Key", "Url", "Folder", "Schedule", "env:EXEMPT_SECRET_NAME"):
        assert words.lower() in page.lower(), words
    assert 'placeholder="https://shop.example"' in answer.text
    assert re.search(r'type="password" id="s.key"', answer.text)
    assert site.call("GET", "/connect/none", A).status_code == 404


def test_a_connection_is_made_with_its_secret_sealed(site: ShopSite) -> None:
    answer = site.post("/connect/shop", {**FORM, "o.write_back": "yes", "o.owns": ["name"]}, A)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/shop")
    assert names(site) == ["erp", "shop"]
    made = site.house.made()
    assert (made.schedule, dict(made.options)) == ("1h", {"write_back": True, "owns": ["name"]})
    assert site.house.exempt.check("shop").account == f"Shop of {len(CANARY)}"
    for path in ("/sources", "/sources/shop", "/sources/shop/settings"):
        answer = site.call("GET", path, A)
        assert CANARY not in answer.text
        assert "sealed:" not in answer.text
    assert CANARY not in site.house.contents()
    assert "In the console, last changed by" in said(site.call("GET", "/sources/shop", A))


@pytest.mark.parametrize(
    ("changes", "field", "wrong"),
    [
        pytest.param({"name": "My Shop"}, "name", "small letters", id="no name"),
        pytest.param({"name": "erp"}, "name", "settings file has", id="a name of the file"),
        pytest.param({"company": "x"}, "company", "choose one", id="no company"),
        pytest.param({"s.key": ""}, "s.key", "is missing: fill it in", id="no secret"),
        pytest.param({"s.key~reference": "env:EXEMPT_SECRET_X"}, "s.key", "not both", id="both"),
        pytest.param({"s.key": "", "s.key~reference": "env:KEY"}, "s.key", "EXEMPT_SECRET_",
                     id="a variable of others"),
        pytest.param({"s.folder": "/etc"}, "s.folder", "names a file", id="a folder"),
        pytest.param({"o.schedule": "often"}, "o.schedule", "is no schedule", id="no schedule"),
        pytest.param({"o.since": "soon"}, "o.since", "Since", id="no day"),
        pytest.param({"o.page_size": "0"}, "o.page_size", "greater than", id="too small"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(
    site: ShopSite, changes: dict[str, str], field: str, wrong: str
) -> None:
    answer = site.post("/connect/shop", {**FORM, "s.url": HOSTILE, **changes}, A)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert wrong in said(answer)
    assert 'value="&#34;&gt;&lt;img' in answer.text, "kept, and harmless"
    assert CANARY not in answer.text, "but for the secret"
    assert names(site) == ["erp"]


def test_settings_are_checked_without_being_kept(site: ShopSite) -> None:
    page = said(site.post("/connect/shop", {**FORM, "do": "check"}, A))
    assert f"It works: the account is Shop of {len(CANARY)}. Nothing is kept yet." in page
    assert names(site) == ["erp"]
    answer = site.post("/connect/shop", {**FORM, "s.key": "wrong", "do": "check"}, A)
    assert "refused" in said(answer)
    assert "the key wrong" not in said(answer)
    answer = site.post("/connect/shop", {**FORM, "o.schedule": "x", "do": "check"}, A)
    assert (answer.status_code, "is no schedule" in said(answer)) == (200, True)


def test_a_check_of_a_form_offers_what_the_connector_knows(site: ShopSite) -> None:
    answer = site.post("/connect/shop", {**FORM, "do": "check"}, A)
    assert '<datalist id="s.url~choices">' in answer.text
    assert "Europe" in said(answer)


def test_a_secret_that_is_left_empty_is_kept(site: ShopSite) -> None:
    site.house.make()
    answer = site.call("GET", "/sources/shop/settings", A)
    assert "One is kept, and not shown" in said(answer)
    form = {"version": "1", "s.url": "https://eu.example", "o.schedule": "2h"}
    assert site.post("/sources/shop/settings", form, A).status_code == 303
    made = site.house.made()
    assert (made.version, made.schedule, made.settings["url"]) == (2, "2h", "https://eu.example")
    assert site.house.exempt.check("shop").account == f"Shop of {len(CANARY)}"
    form = {"version": "2", "s.key": "another secret"}
    assert site.post("/sources/shop/settings", form, A).status_code == 303
    assert site.house.exempt.check("shop").account == "Shop of 14"


def test_who_saw_an_older_version_is_told_and_loses_nothing(site: ShopSite) -> None:
    site.house.make()
    site.house.make(version=1, schedule="3h")
    form = {"version": "1", "s.url": "https://mine.example", "o.schedule": "9h"}
    answer = site.post("/sources/shop/settings", form, A)
    assert answer.status_code == 409
    assert "somebody else changed it meanwhile" in said(answer)
    assert 'value="https://mine.example"' in answer.text
    assert 'name="version" value="2"' in answer.text, "sent once more, it is theirs"
    assert site.house.made().schedule == "3h"
    assert site.post("/sources/shop/remove", {"version": "1"}, A).status_code == 409


def test_it_is_removed_and_what_was_read_stays(site: ShopSite) -> None:
    site.house.make()
    assert site.post("/sources/shop/remove", {"version": "1"}, A).status_code == 303
    assert names(site) == ["erp"]
    assert "connected no more" in said(site.call("GET", "/sources/shop", A))
    assert site.call("GET", "/sources/shop/settings", A).status_code == 404


def test_what_the_settings_file_says_is_not_changed_here(site: ShopSite) -> None:
    for method, path in (("GET", "settings"), ("POST", "settings"), ("POST", "remove")):
        form = {"version": "0", "s.key": "x"}
        answer = (
            site.post(f"/sources/erp/{path}", form, A)
            if method == "POST"
            else site.call("GET", f"/sources/erp/{path}", A)
        )
        assert answer.status_code == 404, path
    assert "Change its settings" not in said(site.call("GET", "/sources/erp", A))


def test_administrators_of_one_company_connect_nothing_to_another(site: ShopSite) -> None:
    other = site.of("w")
    assert "Northwind" not in said(other.call("GET", "/connect/shop", A))
    answer = other.post("/connect/shop", FORM, A)
    assert (answer.status_code, "Company: choose one" in said(answer)) == (422, True)
    site.house.make()
    for path in ("/sources/shop/settings", "/sources/shop"):
        assert other.call("GET", path, A).status_code == 404
    assert other.post("/sources/shop/settings", {"version": "1"}, A).status_code == 404
    assert other.post("/sources/shop/remove", {"version": "1"}, A).status_code == 404
    assert names(site) == ["erp", "shop"]


def test_where_connections_are_not_made_here_there_are_no_forms(tmp_path: Path) -> None:
    house = opened(tmp_path, console={"make_connections": False})
    with closing(house.exempt):
        site = ShopSite(house)
        assert "Connect a system" not in said(site.call("GET", "/sources", A))
        for path in ("/connect", "/connect/shop"):
            assert site.call("GET", path, A).status_code == 404
        assert site.post("/connect/shop", FORM, A).status_code == 404
        assert site.call("GET", "/sources", R).status_code == 200
