"""Every page of the site: who may call it, what guards it, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.web.app import all_pages
from exempt.web.guard import HEADERS, PAGE_POLICY
from exempt.web.pages import Page
from support.pages import Whole, address, whole_in

V, R, A = Role.VIEWER, Role.REVIEWER, Role.ADMINISTRATOR
EVERYBODY = (None, V, R, A)
STAFF, REVIEWERS, ADMINISTRATORS = (V, R, A), (R, A), (A,)

MATRIX: dict[str, tuple[Role | None, ...]] = {
    "GET /": STAFF,
    "GET /account": STAFF,
    "POST /account/name": STAFF,
    "POST /account/password": STAFF,
    "POST /account/recovery-codes": STAFF,
    "POST /account/second-factor": STAFF,
    "POST /account/second-factor/confirm": STAFF,
    "POST /account/second-factor/drop": STAFF,
    "POST /account/sessions/end": STAFF,
    "GET /certificates/{certificate_id:int}/print": STAFF,
    "GET /file-links/{token}": EVERYBODY,
    "GET /files/{sha256}": STAFF,
    "GET /files/{sha256}/copy": STAFF,
    "GET /files/{sha256}/pages/{page:int}": STAFF,
    "GET /files/{sha256}/pages/{page:int}/small": STAFF,
    "GET /keys": ADMINISTRATORS,
    "POST /keys": ADMINISTRATORS,
    "GET /keys/new": ADMINISTRATORS,
    "POST /keys/{key_id:int}/revoke": ADMINISTRATORS,
    "GET /mail-templates": ADMINISTRATORS,
    "GET /mail-templates/{purpose}": ADMINISTRATORS,
    "POST /mail-templates/{purpose}": ADMINISTRATORS,
    "GET /portal": EVERYBODY,
    "POST /portal": EVERYBODY,
    "GET /portal/certificates/{id:int}": EVERYBODY,
    "POST /portal/certificates/{id:int}": EVERYBODY,
    "GET /portal/files/{sha256}": EVERYBODY,
    "GET /portal/files/{sha256}/copy": EVERYBODY,
    "GET /portal/files/{sha256}/pages/{page:int}": EVERYBODY,
    "GET /portal/files/{sha256}/pages/{page:int}/small": EVERYBODY,
    "GET /portal/find": EVERYBODY,
    "POST /portal/find": EVERYBODY,
    "GET /portal/form": EVERYBODY,
    "POST /portal/form": EVERYBODY,
    "GET /portal/preview": EVERYBODY,
    "GET /portal/sent": EVERYBODY,
    "GET /portal/sign": EVERYBODY,
    "POST /portal/sign": EVERYBODY,
    "GET /r/{token}": EVERYBODY,
    "GET /requests": STAFF,
    "GET /requests/bulk": REVIEWERS,
    "POST /requests/bulk": REVIEWERS,
    "GET /requests/new": REVIEWERS,
    "POST /requests/new": REVIEWERS,
    "GET /requests/{request_id:int}": STAFF,
    "POST /requests/{request_id:int}/cancel": REVIEWERS,
    "POST /requests/{request_id:int}/resend": REVIEWERS,
    "POST /requests/{request_id:int}/revoke": REVIEWERS,
    "GET /review": STAFF,
    "GET /review/next": STAFF,
    "GET /review/{certificate_id:int}": STAFF,
    "POST /review/{certificate_id:int}/accept": REVIEWERS,
    "POST /review/{certificate_id:int}/read": REVIEWERS,
    "POST /review/{certificate_id:int}/reject": REVIEWERS,
    "POST /review/{certificate_id:int}/save": REVIEWERS,
    "POST /review/{certificate_id:int}/told": REVIEWERS,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "GET /sign-in/back": EVERYBODY,
    "GET /sign-in/code": EVERYBODY,
    "POST /sign-in/code": EVERYBODY,
    "GET /sign-in/elsewhere": EVERYBODY,
    "GET /sign-in/second-factor": EVERYBODY,
    "POST /sign-in/second-factor": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "GET /users": ADMINISTRATORS,
    "POST /users": ADMINISTRATORS,
    "GET /users/new": ADMINISTRATORS,
    "GET /users/{user_id:int}": ADMINISTRATORS,
    "POST /users/{user_id:int}": ADMINISTRATORS,
    "POST /users/{user_id:int}/disable": ADMINISTRATORS,
    "POST /users/{user_id:int}/enable": ADMINISTRATORS,
    "POST /users/{user_id:int}/link": ADMINISTRATORS,
    "POST /users/{user_id:int}/second-factor/drop": ADMINISTRATORS,
    "POST /users/{user_id:int}/sign-out": ADMINISTRATORS,
    "POST /welcome": EVERYBODY,
    "GET /welcome/{token}": EVERYBODY,
}
"""Who may call which page; None is a stranger."""

PAGES = {f"{page.method} {page.path}": page for page in all_pages()}
NO_TOKEN = "The form has expired"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The site; nothing that the tests do changes it, but what it remembers of denials."""
    with whole_in(tmp_path_factory.mktemp("whole")) as made:
        for role in Role:
            made.cookies(role)
        yield made


def pages(method: str) -> list[Page]:
    return [page for page in PAGES.values() if page.method == method]


def test_every_page_is_in_the_matrix_and_nothing_else_is() -> None:
    assert sorted(MATRIX) == sorted(PAGES)


@pytest.mark.parametrize("role", EVERYBODY, ids=lambda role: role or "stranger")
def test_a_page_answers_those_of_the_matrix_and_refuses_all_others(
    whole: Whole, role: Role | None
) -> None:
    wrong = []
    for name, page in PAGES.items():
        answer = whole.call(page.method, address(page), role)
        may = role in MATRIX[name]
        if may != _was_let_in(page, answer):
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []


def _was_let_in(page: Page, answer: httpx.Response) -> bool:
    """Whether it was not stopped before its handler; a form without a token is stopped later."""
    if page.method == "POST":
        return answer.status_code == 403 and NO_TOKEN in answer.text
    to_sign_in = answer.headers.get("location", "").startswith("/sign-in?next=")
    return answer.status_code != 403 and not to_sign_in


def test_every_answer_has_the_headers_and_says_what_it_is(whole: Whole) -> None:
    names = [name.decode() for name, _ in HEADERS] + ["strict-transport-security"]
    for name, page in PAGES.items():
        for role in (None, Role.ADMINISTRATOR):
            answer = whole.call(page.method, address(page), role)
            assert [each for each in names if each not in answer.headers] == [], name
            assert "no-store" in answer.headers["cache-control"], name
            assert answer.status_code < 500, name
            if answer.content:
                assert "charset=utf-8" in answer.headers["content-type"], name
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert answer.headers["content-security-policy"] == PAGE_POLICY.decode(), name


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"sec_fetch_site": "cross-site"}, id="from another site"),
        pytest.param({"sec_fetch_site": "same-site"}, id="from a neighbour"),
        pytest.param({"origin": "https://evil.example"}, id="from a foreign origin"),
        pytest.param({"x_form_token": "of another browser"}, id="with another token"),
    ],
)
def test_what_changes_something_comes_from_our_own_forms(
    whole: Whole, sent: dict[str, str]
) -> None:
    for page in pages("POST"):
        role = None if page.may is None else Role.ADMINISTRATOR
        headers = {"x_form_token": whole.token(role), **sent}
        answer = whole.call("POST", address(page), role, **headers)
        assert answer.status_code == 403, page.path


def test_looking_changes_nothing(whole: Whole) -> None:
    before = whole.contents()
    for page in pages("GET"):
        for method in ("GET", "HEAD"):
            whole.call(method, address(page), Role.ADMINISTRATOR)
    after = whole.contents()
    assert after | {"attempt": before["attempt"]} == before, "but that somebody guessed links"
