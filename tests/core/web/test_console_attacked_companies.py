"""Who works for one company learns nothing of another one, by whatever address or form they try."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")
pytest.importorskip("openpyxl", reason="needs exempt[spreadsheets]")

from exempt.model.access import Role
from exempt.services import saved_views, sessions
from exempt.web.app import all_pages
from exempt.web.pages import Page
from support.access import VISIT, user
from support.attacked import IDS, addresses, secretco_in, told
from support.pages import Whole
from support.records import NOW

R, A = Role.REVIEWER, Role.ADMINISTRATOR
THEIRS = (
    *("Secretco", "Lone Star", "Bluebonnet", "Cactus", "Prairie Tools", "Alamo", "SO-1"),
    *("BOLT-M8", "Hex bolt", "3-SOON", "SOON.pdf", "promised a new one", "Warehouse in Sparks"),
    *("Office in Austin", "3-20045", "gusto", "Harbor Hotels", "secret-", "Kept for", "letter.pdf"),
)
"""Words that stand in records of the other company, and nowhere else."""

EVERYTHING = "everyone=yes&all=yes&customer=1&certificate=1&source=erp&by=anna&id=1"
FORM = (
    "seen=1&seen_other=1&version=1&ids=1&ids=2&id=1&id=2&chosen=1,2,3&all=yes&customer=id:1"
    "&certificate=1&state=US-TX&jurisdictions=US-TX&company=n&from=2020-01-01&to=2026-12-31"
    "&text=hi&words=C-1001&other=2&notes=x&reason=because&outcome=exempt&product=1&source=1"
    "&category=goods_general&effective_date=2026-01-01&registered_from=2026-01-01&kind=property"
    "&last_day=2026-11-01&connection=erp&external_id=C-1001&back=one&sure=high&anyway=yes"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """All that Secretco has, and a reviewer of another company."""
    with secretco_in(tmp_path_factory.mktemp("companies")) as made:
        store = made.exempt.store
        with store.writing() as tx:
            mine = tx.connections.company("mine", "Mine Inc.", None)
        with store.reading() as tx:
            whose = tx.users.by_email("reviewer@acme.example")
        assert whose is not None
        saved_views.keep(store, whose.id, "/customers", name="Kept for me", query="words=x", at=NOW)
        someone = user(store, R, email="dana@mine.example", company_ids=[mine])
        with store.writing() as tx:
            made._cookies[R] = {"__Host-sid": sessions.begin(tx, someone, VISIT, NOW)}
        yield made


def pages(method: str) -> list[Page]:
    """Those of staff; what somebody does with themselves, and signing in, are others' tests."""
    aside = ("/account", "/views", "/company")
    return [
        page
        for page in all_pages()
        if page.method == method and page.may and not page.path.startswith(aside)
    ]


def test_no_page_tells_of_another_company(whole: Whole) -> None:
    wrong = []
    for page in pages("GET"):
        anybodys = page.path.startswith(("/nexus/{", "/mail-templates/{")) or "{" not in page.path
        for path in addresses(whole, page):
            for query in ("", EVERYTHING, "company=n&as=xlsx"):
                answer = whole.call("GET", f"{path}?{query}", R)
                found = [words for words in THEIRS if words.casefold() in told(answer)]
                if found or answer.status_code >= 500 or (answer.is_success and not anybodys):
                    wrong.append(f"{path}?{query}: {answer.status_code} {found}")
    assert wrong == []


def test_no_form_changes_anything_of_another_company(whole: Whole) -> None:
    aside = {"user_session", "history", "attempt"}
    before, wrong = whole.contents(), []
    for page in pages("POST"):
        for path in addresses(whole, page):
            for do in ("archive", "confirm"):
                answer = whole.send(path, f"{FORM}&do={do}", R)
                found = [words for words in THEIRS if words.casefold() in told(answer)]
                if (
                    found
                    or answer.status_code >= 500
                    or ("{" in page.path and answer.status_code not in {403, 404})
                ):
                    wrong.append(f"{path}: {answer.status_code} {found}")
    assert wrong == []
    after = whole.contents()
    assert [name for name in before if before[name] != after[name] and name not in aside] == []


def test_what_belongs_to_somebody_else_is_not_removed(whole: Whole) -> None:
    for number in IDS:
        for do in ("rename", "remove"):
            said = {"path": "/customers", "name": "Mine"}
            assert whole.post(f"/views/{number}/{do}", said, R).status_code == 404
    assert "Kept for me" in str(whole.contents()["saved_view"])
    assert whole.post("/company", {"company": "n"}, R).status_code == 404
    whole._cookies[R] |= {"__Host-company": "n"}
    for page in pages("GET"):
        if "{" not in page.path:
            assert "Secretco" not in whole.call("GET", page.path, R).text, page.path
