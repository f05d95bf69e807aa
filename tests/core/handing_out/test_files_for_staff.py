"""Files for staff: by company, never run by a browser (ASVS 3.2.1, 5.4.1, 8.2.2)."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from exempt.model.access import Role
from exempt.model.paper import Refusal
from exempt.web.handing_out import disposition
from support.browsing import Premises

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
EVERYWHERE = {
    "content-security-policy": SANDBOX,
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
}


def headers_of(response: Any) -> dict[str, str]:
    return {name: response.headers[name] for name in EVERYWHERE}


def test_the_original_is_saved_just_as_it_came(premises: Premises, on_file: Any) -> None:
    answer = premises.staff().get(on_file.address)
    assert answer.status_code == 200
    assert answer.content == b"%PDF-1.7 a certificate"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == "22"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Ausfullung 3.pdf"; '
        "filename*=UTF-8''Ausf%C3%BCllung%20%E2%80%9C3%E2%80%9D.pdf"
    )
    assert headers_of(answer) == EVERYWHERE


def test_the_copy_is_saved_too(premises: Premises, on_file: Any) -> None:
    answer = premises.staff().get(f"{on_file.address}/copy")
    assert answer.content.startswith(b"%PDF-copy of ")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert headers_of(answer) == EVERYWHERE


@pytest.mark.parametrize(("end", "size"), [("", (170, 220)), ("/small", (17, 22))])
def test_pages_are_looked_at_as_pictures(
    premises: Premises, on_file: Any, end: str, size: tuple[int, int]
) -> None:
    answer = premises.staff().get(f"{on_file.address}/pages/2{end}")
    assert answer.headers["content-type"] == "image/webp"
    assert "content-disposition" not in answer.headers
    assert Image.open(io.BytesIO(answer.content)).size == size
    assert headers_of(answer) == EVERYWHERE


@pytest.mark.parametrize("page", ["0", "3", "99999999999999999999"])
def test_there_is_no_such_page(premises: Premises, on_file: Any, page: str) -> None:
    assert premises.staff().get(f"{on_file.address}/pages/{page}").status_code == 404


ENDS = ["", "/copy", "/pages/1", "/pages/1/small"]


@pytest.mark.parametrize("end", ENDS)
def test_nobody_else_gets_it(premises: Premises, on_file: Any, end: str) -> None:
    address = f"{on_file.address}{end}"
    assert premises.staff(Role.REVIEWER, "northwind").get(address).status_code == 200
    assert premises.staff(Role.ADMINISTRATOR, "acme").get(address).status_code == 404
    unknown = premises.stranger().get(address)
    assert (unknown.status_code, unknown.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert premises.guest().get(address).status_code == 303  # the portal's cookie is no session


def test_there_is_no_such_file(premises: Premises) -> None:
    staff = premises.staff()
    for sha256 in ("e" * 64, "x", "..%2f..%2fexempt.toml", "A" * 64):
        for end in ENDS:
            assert staff.get(f"/files/{sha256}{end}").status_code == 404


@pytest.mark.parametrize(
    ("fetched", "status"),
    [
        pytest.param({}, 200, id="an old browser"),
        pytest.param({"sec_fetch_site": "same-origin", "sec_fetch_dest": "image"}, 200, id="ours"),
        pytest.param({"sec_fetch_site": "none"}, 200, id="typed"),
        pytest.param(
            {
                "sec_fetch_site": "cross-site",
                "sec_fetch_mode": "navigate",
                "sec_fetch_dest": "document",
            },
            200,
            id="a link in a web mail",
        ),
        pytest.param(
            {
                "sec_fetch_site": "cross-site",
                "sec_fetch_mode": "navigate",
                "sec_fetch_dest": "iframe",
            },
            403,
            id="a frame of another site",
        ),
        pytest.param(
            {
                "sec_fetch_site": "same-site",
                "sec_fetch_mode": "no-cors",
                "sec_fetch_dest": "image",
            },
            403,
            id="a picture on a page of a neighbour",
        ),
        pytest.param(
            {"sec_fetch_site": "cross-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
            403,
            id="a script of another site",
        ),
    ],
)
def test_pages_of_other_sites_get_nothing(
    premises: Premises, on_file: Any, fetched: dict[str, str], status: int
) -> None:
    staff = premises.staff()
    for end in ENDS:
        assert staff.get(f"{on_file.address}{end}", **fetched).status_code == status


def test_what_was_changed_on_the_disk_is_not_served(premises: Premises, on_file: Any) -> None:
    premises.documents._path(on_file.kept.sha256).write_bytes(b"%PDF-1.7 a forged one.")
    answer = premises.staff().get(on_file.address)
    assert answer.status_code == 503
    assert b"forged" not in answer.content


def test_what_cannot_be_drawn_is_said(premises: Premises, on_file: Any) -> None:
    premises.inspector.refuses = Refusal.TOO_COMPLEX
    assert premises.staff().get(f"{on_file.address}/pages/1").status_code == 422
    premises.inspector.refuses = Refusal.UNCHECKED
    assert premises.staff().get(f"{on_file.address}/pages/1").status_code == 503


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        pytest.param("form.pdf", "form.pdf", id="plain"),
        pytest.param('a"; filename="b.exe', "a__ filename=_b.exe", id="quotes"),
        pytest.param("a\r\nSet-Cookie: x", "a__Set-Cookie: x", id="lines"),
        pytest.param("100%.pdf", "100_.pdf", id="a percent sign"),
        pytest.param("証明書", "file", id="Japanese"),
        pytest.param("\ud800.pdf", ".pdf", id="half a letter"),
    ],
)
def test_a_name_stays_within_its_header(name: str, plain: str) -> None:
    said = disposition(name)
    assert said.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert said.isascii()
    assert said.isprintable()


# --- print -------------------------------------------------------------------------------


def test_a_certificate_is_printed_with_its_pages(premises: Premises, on_file: Any) -> None:
    staff = premises.staff()
    first = staff.get(f"/certificates/{on_file.certificate_id}/print")
    assert first.headers["content-type"] == "application/pdf"
    assert "certificate-1.pdf" in first.headers["content-disposition"]
    assert headers_of(first) == EVERYWHERE
    assert staff.get(f"/certificates/{on_file.certificate_id}/print").content == first.content
    pages = pdfium.PdfDocument(first.content)
    words = [page.get_textpage().get_text_range() for page in pages]
    assert "Certificate 1" in words[0]
    assert "page 1 of 2" in words[-2]
    assert "page 2 of 2" in words[-1]


def test_another_company_prints_nothing(premises: Premises, on_file: Any) -> None:
    address = f"/certificates/{on_file.certificate_id}/print"
    assert premises.staff(Role.ADMINISTRATOR, "acme").get(address).status_code == 404
    assert premises.staff().get("/certificates/999/print").status_code == 404


@pytest.mark.parametrize("refusal", [None, Refusal.CORRUPT])
def test_what_cannot_be_shown_is_said_on_paper(
    premises: Premises, on_file: Any, refusal: Refusal | None
) -> None:
    premises.inspector.refuses = refusal
    if refusal is None:
        for path in premises.documents._folder.rglob("*"):
            if path.is_file():
                path.unlink()
    answer = premises.staff().get(f"/certificates/{on_file.certificate_id}/print")
    *_, last = pdfium.PdfDocument(answer.content)
    assert "cannot be printed" in last.get_textpage().get_text_range()
