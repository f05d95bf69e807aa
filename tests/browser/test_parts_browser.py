# ruff: noqa: E501 - a page
"""What pages are made of, all of it on one page: light and dark, wide and narrow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.responses import HTMLResponse, Response

from exempt.web import app, rendering
from exempt.web.pages import PUBLIC, Call, Pages
from support.live import DESK, PHONE, Window

Open = Callable[..., Window]
GALLERY = """
{% extends "console.html" %}
{% import "parts/forms.html" as forms with context %}
{% import "parts/lists.html" as lists %}
{% import "parts/blocks.html" as blocks %}
{% block title %}Parts{% endblock %}
{% block content %}
{% call blocks.head("Parts", "What pages are made of.", back=("/", "All of it")) %}
  {{ forms.link("/", "Export", symbol="download") }}
  {{ forms.link("/", "Add", "primary", symbol="plus") }}
{% endcall %}
{% for kind in ("good", "warn", "bad", "info") %}{{ blocks.banner("It is " ~ kind ~ ".", kind) }}{% endfor %}
<div class="card">
{{ lists.tabs([("/", "All", 5000), ("/", "Opened", 12), ("/", "Expired", none)], here=1) }}
<form class="filters" role="search">{{ forms.field("words", "Customer", type="search") }}
{{ forms.select("state", "State", [("TX", "Texas"), ("CA", "California")], value="CA", empty="All") }}
{{ forms.button("Filter", symbol="search") }}</form>
{% call lists.table(["Customer", "State", "Sent", "Status", ""], caption="Requests") %}
{% for colour in ("green", "yellow", "red", "blue", "grey") %}
<tr><td data-head="Customer"><a href="/">Brightwater &amp; Sons</a><span class="sub">C-1</span></td>
<td data-head="State">{{ lists.badge("TX") }}</td><td data-head="Sent">{{ lists.moment(at) }}</td>
<td data-head="Status">{{ lists.status(colour, colour) }}</td>
<td>{{ forms.button("Open", small=true) }}</td></tr>
{% endfor %}
{% endcall %}
{{ lists.pager(2, 9, "/?state=opened", total=4120) }}
</div>
{% call blocks.card("A form") %}
<form method="post">{{ forms.token() }}
{{ forms.wrong({"recipient": "This is no e-mail address", "states": "Choose a state"}) }}
<div class="fields">
{{ forms.field("recipient", "Recipient", value="nobody", error="This is no e-mail address", hint="Who gets it.") }}
{{ forms.field("until", "Until", value="2026-01-02", type="date", optional=true) }}
</div>
{{ forms.long("note", "Note", value="<b>", optional=true) }}
{{ forms.chips("states", "States", [("TX", "Texas"), ("CA", "California")], chosen=["TX"], error="Choose a state") }}
{{ forms.checkbox("single", "For one purchase", checked=true, hint="Then its number.") }}
{{ forms.button("Send", "primary", symbol="send") }} {{ forms.link("/", "Cancel") }}
</form>
{% call blocks.dialog("Withdraw", kind="danger") %}<h2>Withdraw it?</h2><p>No more mails.</p>
{{ forms.button("Withdraw it", "danger") }}{% endcall %}
{{ blocks.progress(12, 40, "12 of 40 sent") }}
{% endcall %}
<div class="card">{{ lists.empty("Nothing here", "Ask a customer.", symbol="send") }}</div>
{% endblock %}
"""
parts = Pages()


@parts.get("/test/parts", may=PUBLIC)
def gallery(call: Call) -> Response:
    """All of it."""
    template = rendering._ENV.from_string(GALLERY)
    known: dict[str, Any] = {
        "caller": None,
        "site": call.site,
        "navigation": {},
        "said": "It was sent.",
        "switcher": None,
        "request": call.request,
        "paths": set(),
    }
    form = {"form_token": "t", "form_field": "f", "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)}
    return HTMLResponse(template.render(known | form))


@pytest.fixture(scope="module", autouse=True)
def _gallery() -> Iterator[None]:
    """Let the site have that page."""
    before = app.PARTS
    app.PARTS = (*before, parts)
    yield
    app.PARTS = before


@pytest.mark.parametrize(
    ("width", "dark"),
    [(DESK, False), (DESK, True), (PHONE, False), (PHONE, True)],
    ids=["desk", "desk dark", "phone", "phone dark"],
)
def test_every_part_is_accessible(window: Open, width: int, dark: bool) -> None:
    here = window(width, dark=dark)
    assert here.go("/test/parts").status == 200
    here.check(f"parts-{width}{'-dark' if dark else ''}")


def test_a_field_is_tied_to_its_hint_and_its_error(window: Open) -> None:
    page = window()
    page.go("/test/parts")
    field = page.page.get_by_label("Recipient")
    assert field.get_attribute("aria-invalid") == "true"
    told = [
        page.page.locator(f"#{each}").inner_text()
        for each in field.get_attribute("aria-describedby").split()
    ]
    assert told == ["This is no e-mail address", "Who gets it."]
    page.page.get_by_role("link", name="This is no e-mail address").click()
    assert page.page.evaluate("document.activeElement.id") == "recipient"


def test_a_dialog_opens_and_closes_without_a_script(window: Open) -> None:
    here = window(PHONE, scripts=False)
    here.go("/test/parts")
    inside = here.page.get_by_role("heading", name="Withdraw it?")
    assert not inside.is_visible()
    here.page.get_by_text("Withdraw", exact=True).click()
    assert inside.is_visible()
    here.shoot("parts-dialog")
    here.page.mouse.click(5, 5)
    assert not inside.is_visible()


def test_on_a_phone_a_row_is_a_card_that_names_its_columns(window: Open) -> None:
    here = window(PHONE)
    here.go("/test/parts")
    cell = here.page.locator("td[data-head=State]").first
    assert cell.evaluate("it => getComputedStyle(it, '::before').content") == '"State"'
    assert here.page.locator("tbody tr").first.bounding_box()["width"] < PHONE
