"""Forms, sent as a page of the site does."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx

from support.browsing import Browser


def send_form(browser: Browser, path: str, **fields: str | list[str]) -> httpx.Response:
    """Send a form with these fields, and the token that goes along with it."""
    body = urlencode({"form_token": browser.token, **fields}, doseq=True)
    return browser("POST", path, body, content_type="application/x-www-form-urlencoded")
