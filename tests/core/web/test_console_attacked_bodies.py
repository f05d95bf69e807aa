"""Bodies that are no forms, or far too much of one: each page refuses them in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

import exempt.web
from exempt.model.access import Role
from exempt.web.app import all_pages
from exempt.web.arriving import BODY_MAX
from exempt.web.forms import FIELDS_MAX, TOKEN
from exempt.web.pages import Page
from support.pages import Whole, address, whole_in
from support.registered import registered

A = Role.ADMINISTRATOR
FORM = "application/x-www-form-urlencoded"
NAMES = sorted(
    {
        name
        for path in Path(exempt.web.__path__[0]).glob("console/*.py")
        for name in re.findall(r'call\.texts?\("([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A site with a register."""
    with whole_in(tmp_path_factory.mktemp("bodies")) as made:
        registered(made.exempt.store, made.site.documents)
        yield made


def pages() -> list[Page]:
    """Those that forms of staff are sent to."""
    return [page for page in all_pages() if page.method == "POST" and page.may]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        pytest.param("application/json", b'{"a": 1}', id="JSON"),
        pytest.param("text/plain", b"form_token=x", id="plain text"),
        pytest.param("", b"\xff\xfe\0", id="nothing that is said"),
        pytest.param("multipart/form-data", b"--b\r\n", id="parts without a boundary"),
        pytest.param("multipart/form-data; boundary=b", b"--b\r\nx", id="parts that break off"),
        pytest.param("multipart/form-data; boundary=b; charset=x", b"--b--\r\n", id="no part"),
        pytest.param(FORM, b"=&=&&%%%&\xff=\xff", id="signs"),
        pytest.param(FORM, b"a=1&" * (FIELDS_MAX + 1), id="more fields than are read"),
    ],
)
def test_what_is_no_form_is_refused(whole: Whole, media_type: str, body: bytes) -> None:
    answers = {page.path: whole.send_raw(address(page), body, media_type, A) for page in pages()}
    wrong = {path: each.status_code for path, each in answers.items() if each.is_success}
    assert {path for path, each in answers.items() if each.status_code not in {400, 403}} == set()
    assert wrong == {}


def test_a_body_that_is_too_large_is_refused(whole: Whole) -> None:
    body = b"a" * (BODY_MAX + 1)
    for page in pages():
        if page.body_max == BODY_MAX:
            answer = whole.send_raw(address(page), body, FORM, A)
            assert answer.status_code == 413, page.path


def test_files_in_place_of_texts_and_fields_that_repeat_break_no_form(whole: Whole) -> None:
    name = "../../\u202egpj\0.\"';exe"
    files = [(field, (name, b"%PDF-1.7", "text/html")) for field in NAMES for _ in range(2)]
    made = httpx.Request("POST", "https://x/", data={TOKEN: whole.token(A)}, files=files)
    body, media_type = made.read(), made.headers["content-type"]
    texts = "&".join(f"{field}=1&{field}=2&{field}=x" for field in NAMES)
    wrong = []
    for page in pages():
        answers = (
            whole.send_raw(address(page), body, media_type, A),
            whole.send(address(page), texts, A),
        )
        wrong += [f"{page.path}: {each.status_code}" for each in answers if each.is_server_error]
    assert wrong == []
