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
    "GET /audit": STAFF,
    "GET /audit/export": STAFF,
    "GET /deliveries": STAFF,
    "POST /deliveries/bulk": REVIEWERS,
    "POST /deliveries/drop": REVIEWERS,
    "GET /deliveries/export": STAFF,
    "GET /deliveries/{delivery_id:int}": STAFF,
    "POST /deliveries/{delivery_id:int}/drop": REVIEWERS,
    "POST /deliveries/{delivery_id:int}/retry": REVIEWERS,
    "GET /job-runs": ADMINISTRATORS,
    "GET /job-runs/export": ADMINISTRATORS,
    "GET /jobs": ADMINISTRATORS,
    "GET /jobs/export": ADMINISTRATORS,
    "POST /jobs/run": ADMINISTRATORS,
    "GET /search": STAFF,
    "GET /settings": ADMINISTRATORS,
    "GET /settings/export": ADMINISTRATORS,
    "GET /still-ordering": STAFF,
    "GET /still-ordering/export": STAFF,
    "GET /account": STAFF,
    "POST /account/name": STAFF,
    "POST /account/password": STAFF,
    "POST /account/recovery-codes": STAFF,
    "POST /account/second-factor": STAFF,
    "POST /account/second-factor/confirm": STAFF,
    "POST /account/second-factor/drop": STAFF,
    "POST /account/sessions/end": STAFF,
    "GET /certificates": STAFF,
    "POST /certificates/bulk": STAFF,
    "POST /certificates/bulk/archive": REVIEWERS,
    "POST /certificates/bulk/request": REVIEWERS,
    "GET /certificates/export": STAFF,
    "GET /certificates/new": REVIEWERS,
    "POST /certificates/new": REVIEWERS,
    "GET /certificates/{certificate_id:int}": STAFF,
    "POST /certificates/{certificate_id:int}/archive": REVIEWERS,
    "GET /certificates/{certificate_id:int}/edit": REVIEWERS,
    "POST /certificates/{certificate_id:int}/edit": REVIEWERS,
    "POST /certificates/{certificate_id:int}/entries": REVIEWERS,
    "POST /certificates/{certificate_id:int}/entries/{entry_id:int}": REVIEWERS,
    "POST /certificates/{certificate_id:int}/entries/{entry_id:int}/remove": REVIEWERS,
    "POST /certificates/{certificate_id:int}/files": REVIEWERS,
    "POST /certificates/{certificate_id:int}/take-back": REVIEWERS,
    "GET /certificates/{certificate_id:int}/print": STAFF,
    "GET /customers": STAFF,
    "GET /customers/export": STAFF,
    "POST /customers/bulk": STAFF,
    "POST /customers/bulk/request": REVIEWERS,
    "GET /customers/look-alikes": STAFF,
    "POST /customers/look-alikes/not-same": REVIEWERS,
    "GET /customers/new": REVIEWERS,
    "POST /customers/new": REVIEWERS,
    "GET /customers/{customer_id:int}": STAFF,
    "GET /customers/{customer_id:int}/certificates": STAFF,
    "GET /customers/{customer_id:int}/comments": STAFF,
    "GET /customers/{customer_id:int}/edit": REVIEWERS,
    "POST /customers/{customer_id:int}/edit": REVIEWERS,
    "POST /customers/{customer_id:int}/entries": REVIEWERS,
    "POST /customers/{customer_id:int}/entries/{entry_id:int}": REVIEWERS,
    "POST /customers/{customer_id:int}/entries/{entry_id:int}/remove": REVIEWERS,
    "GET /customers/{customer_id:int}/history": STAFF,
    "GET /customers/{customer_id:int}/merge": REVIEWERS,
    "POST /customers/{customer_id:int}/merge": REVIEWERS,
    "GET /customers/{customer_id:int}/orders": STAFF,
    "POST /customers/{customer_id:int}/remove": REVIEWERS,
    "GET /customers/{customer_id:int}/requests": STAFF,
    "GET /customers/{customer_id:int}/ship-to": STAFF,
    "POST /customers/{customer_id:int}/ship-to/link": REVIEWERS,
    "POST /customers/{customer_id:int}/ship-to/unlink": REVIEWERS,
    "GET /customers/{customer_id:int}/sources": STAFF,
    "POST /customers/{customer_id:int}/sources/link": REVIEWERS,
    "POST /customers/{customer_id:int}/sources/split": REVIEWERS,
    "POST /customers/{customer_id:int}/unclaim": REVIEWERS,
    "POST /customers/{customer_id:int}/zones": REVIEWERS,
    "POST /customers/{customer_id:int}/zones/remove": REVIEWERS,
    "GET /file-links/{token}": EVERYBODY,
    "GET /files/{sha256}": STAFF,
    "GET /files/{sha256}/copy": STAFF,
    "GET /files/{sha256}/pages/{page:int}": STAFF,
    "GET /files/{sha256}/pages/{page:int}/small": STAFF,
    "GET /backfills": STAFF,
    "GET /backfills/{run_id:int}": STAFF,
    "GET /backfills/{run_id:int}/left/export": STAFF,
    "GET /backfills/{run_id:int}/mistakes/export": STAFF,
    "GET /backfills/{run_id:int}/undo": REVIEWERS,
    "POST /backfills/{run_id:int}/check": REVIEWERS,
    "POST /backfills/{run_id:int}/complete": REVIEWERS,
    "POST /backfills/{run_id:int}/drop": REVIEWERS,
    "POST /backfills/{run_id:int}/import": REVIEWERS,
    "POST /backfills/{run_id:int}/products": REVIEWERS,
    "POST /backfills/{run_id:int}/undo": REVIEWERS,
    "GET /imports": STAFF,
    "POST /imports": REVIEWERS,
    "GET /imports/columns": REVIEWERS,
    "POST /imports/columns": REVIEWERS,
    "GET /imports/employees/{run_id:int}": STAFF,
    "GET /imports/employees/{run_id:int}/left/export": STAFF,
    "GET /imports/employees/{run_id:int}/mistakes/export": STAFF,
    "GET /imports/employees/{run_id:int}/undo": REVIEWERS,
    "POST /imports/employees/{run_id:int}/apply": REVIEWERS,
    "POST /imports/employees/{run_id:int}/drop": REVIEWERS,
    "POST /imports/employees/{run_id:int}/undo": REVIEWERS,
    "GET /imports/export": STAFF,
    "GET /imports/templates/{name}": STAFF,
    "GET /imports/{import_id:int}": STAFF,
    "POST /imports/{import_id:int}/apply": REVIEWERS,
    "GET /imports/{import_id:int}/changes": STAFF,
    "GET /imports/{import_id:int}/changes/export": STAFF,
    "POST /imports/{import_id:int}/check": REVIEWERS,
    "POST /imports/{import_id:int}/drop": REVIEWERS,
    "GET /imports/{import_id:int}/problems/export": STAFF,
    "GET /imports/{import_id:int}/undo": REVIEWERS,
    "POST /imports/{import_id:int}/undo": REVIEWERS,
    "GET /keys": ADMINISTRATORS,
    "POST /keys": ADMINISTRATORS,
    "GET /keys/export": ADMINISTRATORS,
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
    "GET /orders": STAFF,
    "GET /orders/export": STAFF,
    "GET /orders/{order_id:int}": STAFF,
    "GET /orders/{order_id:int}/choose": REVIEWERS,
    "POST /orders/{order_id:int}/choose": REVIEWERS,
    "POST /orders/{order_id:int}/override": REVIEWERS,
    "POST /orders/{order_id:int}/reset": REVIEWERS,
    "GET /reports": STAFF,
    "GET /reports/audit": STAFF,
    "POST /reports/audit": STAFF,
    "GET /reports/compliance": STAFF,
    "GET /reports/compliance/export": STAFF,
    "GET /reports/customers-without-certificates": STAFF,
    "GET /reports/customers-without-certificates/export": STAFF,
    "GET /reports/expired-certificates": STAFF,
    "GET /reports/expired-certificates/export": STAFF,
    "GET /reports/expiring-certificates": STAFF,
    "GET /reports/expiring-certificates/export": STAFF,
    "GET /reports/failed-pushes": STAFF,
    "GET /reports/failed-pushes/export": STAFF,
    "GET /reports/invalid-certificates": STAFF,
    "GET /reports/invalid-certificates/export": STAFF,
    "GET /reports/sales-without-certificates": STAFF,
    "GET /reports/sales-without-certificates/export": STAFF,
    "GET /requests": STAFF,
    "GET /requests/bulk": REVIEWERS,
    "POST /requests/bulk": REVIEWERS,
    "GET /requests/export": STAFF,
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
    "GET /users/export": ADMINISTRATORS,
    "GET /users/new": ADMINISTRATORS,
    "GET /users/{user_id:int}": ADMINISTRATORS,
    "POST /users/{user_id:int}": ADMINISTRATORS,
    "POST /users/{user_id:int}/disable": ADMINISTRATORS,
    "POST /users/{user_id:int}/enable": ADMINISTRATORS,
    "POST /users/{user_id:int}/link": ADMINISTRATORS,
    "POST /users/{user_id:int}/second-factor/drop": ADMINISTRATORS,
    "POST /users/{user_id:int}/sign-out": ADMINISTRATORS,
    "POST /company": STAFF,
    "POST /views": STAFF,
    "POST /views/{view_id:int}/remove": STAFF,
    "POST /views/{view_id:int}/rename": STAFF,
    "GET /connect": ADMINISTRATORS,
    "GET /connect/{connector}": ADMINISTRATORS,
    "POST /connect/{connector}": ADMINISTRATORS,
    "GET /source-events": STAFF,
    "GET /source-export": STAFF,
    "GET /sources": STAFF,
    "GET /sources/{name}": STAFF,
    "GET /sources/{name}/dry-run": REVIEWERS,
    "GET /sources/{name}/events": STAFF,
    "GET /sources/{name}/reconcile": STAFF,
    "GET /sources/{name}/reconcile/export": STAFF,
    "GET /sources/{name}/rejected": STAFF,
    "GET /sources/{name}/rejected/export": STAFF,
    "GET /sources/{name}/settings": ADMINISTRATORS,
    "POST /sources/{name}/backfill": REVIEWERS,
    "POST /sources/{name}/check": REVIEWERS,
    "POST /sources/{name}/dry-run": REVIEWERS,
    "POST /sources/{name}/pause": REVIEWERS,
    "POST /sources/{name}/remove": ADMINISTRATORS,
    "POST /sources/{name}/resume": REVIEWERS,
    "POST /sources/{name}/run": REVIEWERS,
    "POST /sources/{name}/settings": ADMINISTRATORS,
    "GET /nexus": STAFF,
    "GET /nexus/export": STAFF,
    "POST /nexus/count": REVIEWERS,
    "GET /nexus/forecasts": STAFF,
    "GET /nexus/{state}": STAFF,
    "GET /nexus/{state}/orders": STAFF,
    "GET /nexus/{state}/orders/export": STAFF,
    "GET /nexus/{state}/forecast": STAFF,
    "GET /registrations": STAFF,
    "GET /registrations/export": STAFF,
    "GET /registrations/new": REVIEWERS,
    "POST /registrations": REVIEWERS,
    "POST /registrations/{registration_id:int}/end": REVIEWERS,
    "POST /registrations/{registration_id:int}/remove": REVIEWERS,
    "GET /presence": STAFF,
    "GET /presence/export": STAFF,
    "GET /presence/manage": REVIEWERS,
    "POST /presence/manage": REVIEWERS,
    "GET /presence/{presence_id:int}": STAFF,
    "POST /presence/{presence_id:int}": REVIEWERS,
    "POST /presence/{presence_id:int}/remove": REVIEWERS,
    "GET /warnings": STAFF,
    "GET /warnings/export": STAFF,
    "POST /warnings/bulk": REVIEWERS,
    "POST /warnings/close": REVIEWERS,
    "GET /warnings/{warning_id:int}": STAFF,
    "POST /warnings/{warning_id:int}/read": REVIEWERS,
    "POST /warnings/{warning_id:int}/confirm": REVIEWERS,
    "POST /warnings/{warning_id:int}/dismiss": REVIEWERS,
    "GET /employees": STAFF,
    "GET /employees/export": STAFF,
    "GET /rates": STAFF,
    "GET /rates/export": STAFF,
    "POST /rates/import": REVIEWERS,
    "GET /products": STAFF,
    "GET /products/export": STAFF,
    "POST /products/bulk": REVIEWERS,
    "POST /products/assign": REVIEWERS,
    "GET /products/proposals": STAFF,
    "POST /products/proposals": REVIEWERS,
    "GET /products/{product_id:int}": STAFF,
    "GET /products/{product_id:int}/sold": STAFF,
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
