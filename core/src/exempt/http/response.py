"""An answer that was accepted, and what can be read from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urljoin

from exempt.errors import PermanentError, TransientError
from exempt.http.address import origin, same_page, shown

# RFC 8288, section 3: <address>; name=value; name="value", <address>; …
_PARAMETER = r'\s*;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?'
_LINK = re.compile(rf"<([^>]*)>((?:{_PARAMETER})*)")


class Response:
    """An answer: its status, its headers (names in lower case) and whole body."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes, url: str) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.content = content
        self._url = url

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not legible is replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, numbers with a fraction as `Decimal`.

        Raises:
            TransientError: It is no JSON: cut off, or a login or error page.
                The call itself may well have been carried out.
        """
        try:
            return json.loads(self.content, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, ArithmeticError, RecursionError):
            kind = self.headers.get("content-type", "no content type")
            msg = f"{shown(self._url)}: answered {self.status} with a body that is no JSON ({kind})"
            raise TransientError(msg, maybe_applied=True) from None

    def link(self, target: str) -> str:
        """*target*, as found in this answer, as an absolute address.

        Raises:
            PermanentError: It leads to another host, or to this very page.
        """
        try:
            absolute = urljoin(self._url, target)
            there = origin(absolute)
        except ValueError:
            there = absolute = "an unreadable address"
        if there != origin(self._url):
            msg = (
                f"{shown(self._url)}: links to another host ({there}); not followed,"
                " so that no credentials go there"
            )
            raise PermanentError(msg)
        if same_page(absolute, self._url):
            msg = f"{shown(self._url)}: its next link leads to itself; reading would never end"
            raise PermanentError(msg)
        return absolute

    def next_link(self) -> str | None:
        """The ``rel="next"`` of the Link header (RFC 8288), absolute; None without one."""
        for target, relations in _links(self.headers.get("link", "")):
            if "next" in relations:
                return self.link(target)
        return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    """The target and relations of each link in *header*."""
    for link in _LINK.finditer(header):
        relations = next(
            (
                quoted or plain
                for name, quoted, plain in re.findall(_PARAMETER, link[2])
                if name.lower() == "rel"
            ),
            "",
        )
        yield link[1].strip(), relations.lower().split()
