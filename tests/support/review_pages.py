"""Somebody who reviews in a browser: forms as the pages of review have them, filled in and sent."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import httpx

from support.browsing import Browser


def post(browser: Browser, path: str, **fields: Any) -> httpx.Response:
    """Send a form."""
    body = urlencode(fields, doseq=True)
    kind = "application/x-www-form-urlencoded"
    return browser.send("POST", path, content=body, content_type=kind)


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form with the details, as a browser would send them."""
    form = page[page.index('id="fields"') :]
    form = form[: form.index("</form>")]
    values = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, body in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', body)
        values[name] = chosen[1] if chosen else ""
    return {name: value for name, value in values.items() if name != "drop"}


def accept(browser: Browser, certificate_id: int | None, **changes: Any) -> httpx.Response:
    """Accept with the fields of the page, some of them changed."""
    page = browser.get(f"/review/{certificate_id}")
    return post(browser, f"/review/{certificate_id}/accept", **{**fields_of(page.text), **changes})
