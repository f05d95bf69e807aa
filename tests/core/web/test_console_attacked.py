"""Addresses and forms filled with what nobody means: no page breaks, whatever stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

import exempt.web
from exempt.model.access import Role
from exempt.web.app import all_pages
from exempt.web.pages import Page
from support.pages import Whole, address, whole_in
from support.registered import registered

A = Role.ADMINISTRATOR
NUMBERS = ("0", "-1", "2147483648", "9223372036854775808", "9" * 40, "abc", "%D9%A3", "%00", "1.5")
WORDS = ("%00", "%ED%A0%80", "..%2F..%2Fetc%2Fpasswd", "%F0%9F%98%80", "%22%3E%3Cimg%3E", "US-ZZ")
VALUES = {
    "more digits than Python reads": "9" * 4301,
    "zeros before too large a number": "000000000001" + "9" * 30,
    "the last day there is": "9999-12-31",
    "the first day there is": "0001-01-01",
    "below nothing": "-1",
    "a NUL": "a\0b",
    "half a character": "\ud800",
    "a page": "<script>alert(1)</script>",
}
NAMES = sorted(
    {
        name
        for path in Path(exempt.web.__path__[0]).glob("console/*.py")
        for name in re.findall(
            r'(?:text|texts|filters?|get|getlist|query\[)\(?(?:call, )?"([a-z_]+)"',
            path.read_text(encoding="utf-8"),
        )
    }
)
"""Every parameter and field that a page of the console asks for."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A site with a register."""
    with whole_in(tmp_path_factory.mktemp("attacked")) as made:
        registered(made.exempt.store, made.site.documents)
        yield made


def pages(method: str) -> list[Page]:
    """Those of the console; a test that signs out is over."""
    return [
        page
        for page in all_pages()
        if page.method == method and not page.path.startswith(("/portal", "/sign-out"))
    ]


def test_the_names_of_parameters_are_found() -> None:
    assert {"words", "seen", "ids", "page", "from", "as", "day", "next"} <= set(NAMES)


def test_an_address_of_what_is_not_there_breaks_no_page(whole: Whole) -> None:
    wrong = []
    for page in pages("GET"):
        for odd in NUMBERS if ":int}" in page.path else WORDS if "{" in page.path else ():
            where = re.sub(r"\{\w+(?::int)?\}", odd, page.path)
            answer = whole.call("GET", where, A)
            if answer.status_code >= 500 or odd in answer.headers.get("location", ""):
                wrong.append(f"{where}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_parameter_breaks_a_page(whole: Whole, value: str) -> None:
    names = NAMES if len(value) < 100 else ("page", "id", "after", "customer", "ids")
    query = "&".join(f"{name}={_quoted(value)}" for name in names)
    wrong = []
    for page in pages("GET"):
        answer = whole.call("GET", f"{address(page)}?{query}", A)
        if answer.status_code >= 500 or "<script>alert" in answer.text:
            wrong.append(f"{page.path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_field_breaks_a_form(whole: Whole, value: str) -> None:
    odd = dict.fromkeys(NAMES, value)
    body = "&".join(f"{name}={_quoted(text)}" for name, text in odd.items())
    wrong = []
    for page in pages("POST"):
        for more in ("", "&ids=1&do=archive&seen=1&id=1"):
            answer = whole.send(address(page), body + more, A)
            if answer.status_code >= 500 or "<script>alert" in answer.text:
                wrong.append(f"{page.path}: {answer.status_code}")
    assert wrong == []


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))
