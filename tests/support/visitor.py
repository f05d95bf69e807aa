"""Somebody with a browser without JavaScript: follows links, fills in forms, keeps cookies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
from starlette.types import ASGIApp

SITE = "https://exempt.example"


@dataclass
class Form:
    """A form of a page: where it goes, and what stands in it."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    complete: dict[str, str] = field(default_factory=dict)


class Visitor:
    """Somebody at *address* with a browser of their own.

    Attributes:
        page: What was answered last.
        cookies: What their browser keeps.
    """

    def __init__(self, app: ASGIApp, address: str = "203.0.113.9") -> None:
        self._transport = httpx.ASGITransport(app, client=(address, 40000))
        self.cookies = httpx.Cookies()
        self.page = httpx.Response(204)

    def get(self, path: str, *, follow: bool = True, **headers: str) -> httpx.Response:
        """Look at a page."""
        return self._call("GET", path, follow=follow, headers=_names(headers))

    def send(
        self, action: str, *, follow: Any = True, headers: Any = None, **values: Any
    ) -> httpx.Response:
        """Fill in the form of this page that goes to *action*, and send it."""
        form = self.form(action)
        data = {**form.fields, **{name: _list(value) for name, value in values.items()}}
        return self._call("POST", action, follow=follow, data=data, headers=headers)

    def post(self, path: str, *, follow: bool = False, **told: Any) -> httpx.Response:
        """Send something without a form."""
        return self._call("POST", path, follow=follow, **told)

    def form(self, action: str) -> Form:
        """The form of this page that goes to *action*; also by one of its buttons."""
        found = _Forms(self.page.text).found
        assert action in found, f"no form to {action}, but to {sorted(found)}: {self.page.text}"
        return found[action]

    def __contains__(self, words: str) -> bool:
        """Whether the page says so."""
        return words in " ".join(self.page.text.split())

    @property
    def where(self) -> str:
        """The path of this page."""
        return self.page.url.raw_path.decode()

    def _call(self, method: str, path: str, *, follow: bool, **told: Any) -> httpx.Response:
        return asyncio.run(self._answered(method, urljoin(SITE, path), follow=follow, **told))

    async def _answered(
        self, method: str, url: str, *, follow: bool, **told: Any
    ) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, cookies=self.cookies) as client:
            self.page = await client.request(method, url, follow_redirects=follow, **told)
            self.cookies = client.cookies
        return self.page


class _Forms(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, Form] = {}
        self._now: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action", "")  # a dialog's has none
            self._now = self.found[action] = Form(action)
        if self._now is None:
            return
        if "formaction" in given:
            self.found[given["formaction"]] = self._now
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._select = name
        if tag == "option" and ("selected" in given or self._select not in self._now.fields):
            self._now.fields[self._select] = [given.get("value", "")]
        if tag == "input" and name:
            self._now.kinds[name] = kind
            self._now.complete[name] = given.get("autocomplete", "")
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self._now.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._now = None


def _list(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
