"""The ways in which ERPs divide a list into pages, each a form of ``paging`` in the settings.

A position (`At`) says which page comes next. It goes into the cursor, so it is
small, holds no secret, and a fresh object can go on from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from exempt import PermanentError, Settings
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.integers import integer

if TYPE_CHECKING:  # it brings the HTTP library, which discovery does without
    from exempt_erp_generic.remote import Answer

At = int | str | tuple[int, int] | None
"""None is the first page; else an offset, a token, an address, or a page and the rows before it."""

Params = dict[str, str | int | bool | list[str]]


class Paging(Settings):
    """What all ways have in common; by itself the whole list comes in one answer."""

    size: int = Field(100, ge=1, le=10_000, description="Rows to ask for at once, at most.")
    size_param: str | None = Field(None, description="Query parameter for the rows to ask for.")

    def address(self, _at: At) -> str | None:
        """The address of the page at *at*, where it has one of its own."""
        return None

    def values(self, at: At, size: int) -> dict[str, Any]:
        """Placeholder → value, for the page at *at* of *size* rows."""
        return {"size": size} | self._position(at)

    def params(self, at: At, size: int, named: Collection[str] = ()) -> Params:
        """The query parameters for that page, without those *named* elsewhere."""
        names = {"size": self.size_param} | self._params()
        return {
            param: value
            for placeholder, value in self.values(at, size).items()
            if placeholder not in named and (param := names.get(placeholder)) and value is not None
        }

    def _position(self, _at: At) -> dict[str, Any]:
        return {}

    def _params(self) -> dict[str, str | None]:
        """Placeholder of the position → its query parameter."""
        return {}

    def after(self, _at: At, answer: Answer, _rows: list[Any]) -> At:
        """The position after the page at *at*; None = that was the last.

        Raises:
            PermanentError: The answer contradicts the settings, so that
                reading on, or stopping, would lose records.
        """
        refuse_overlooked(answer)
        return None

    def cut_off(self, _at: At, _answer: Answer, _rows: list[Any]) -> bool:
        """Whether the list ends at *at* although the answer tells of more."""
        return False


class NoPaging(Paging):
    """The whole list comes in one answer."""

    kind: Literal["none"]


class PagePaging(Paging):
    """Pages have numbers. Without has_more, total_pages or total, an empty page is the end."""

    kind: Literal["page"]
    param: str = Field("page", description="Query parameter for the page's number.")
    start: int = Field(1, description="Number of the first page.")
    has_more: Expression | None = Field(None, description="Path in the body: true if more follows.")
    total_pages: Expression | None = Field(None, description="Path in the body: how many pages.")
    total: Expression | None = Field(None, description="Path in the body: how many rows in all.")

    def _position(self, at: At) -> dict[str, Any]:
        return {"page": self._page(at)[0]}

    def _params(self) -> dict[str, str | None]:
        return {"page": self.param}

    def _page(self, at: At) -> tuple[int, int]:
        return at if isinstance(at, tuple) else (self.start, 0)

    def after(self, at: At, answer: Answer, rows: list[Any]) -> At:
        """The next number, and the rows before it.

        Where ``total_pages`` tells of more, a page of which a filter in
        ``records`` leaves nothing is not the end.
        """
        page, before = self._page(at)
        seen = before + len(rows)
        ended = (
            (not rows and not self.total_pages)
            or (self.has_more and not _flag(self.has_more, answer))
            or (self.total_pages and page - self.start + 1 >= _count(self.total_pages, answer))
            or (self.total and seen >= _count(self.total, answer))
        )
        return None if ended else (page + 1, seen)

    def cut_off(self, at: At, answer: Answer, rows: list[Any]) -> bool:
        """Whether an empty page tells of more."""
        page, before = self._page(at)
        return not rows and bool(
            (self.has_more and _flag(self.has_more, answer))
            or (self.total_pages and _count(self.total_pages, answer) > page - self.start + 1)
            or (self.total and _count(self.total, answer) > before)
        )


class OffsetPaging(Paging):
    """Rows are skipped by number. Without has_more or total, an empty page is the end."""

    kind: Literal["offset"]
    param: str = Field("offset", description="Query parameter for the rows to skip.")
    start: int = Field(0, ge=0, le=1, description="Its value for the first row: 0, or 1.")
    has_more: Expression | None = Field(None, description="Path in the body: true if more follows.")
    total: Expression | None = Field(None, description="Path in the body: how many rows in all.")

    def _position(self, at: At) -> dict[str, Any]:
        return {"offset": self.start + (at if isinstance(at, int) else 0)}

    def _params(self) -> dict[str, str | None]:
        return {"offset": self.param}

    def after(self, at: At, answer: Answer, rows: list[Any]) -> At:
        """The next offset: by the rows that came, which may be fewer than were asked for."""
        offset = (at if isinstance(at, int) else 0) + len(rows)
        ended = (
            not rows
            or (self.has_more and not _flag(self.has_more, answer))
            or (self.total and offset >= _count(self.total, answer))
        )
        return None if ended else offset

    def cut_off(self, at: At, answer: Answer, rows: list[Any]) -> bool:
        """Whether an empty page tells of more."""
        before = at if isinstance(at, int) else 0
        return not rows and bool(
            (self.has_more and _flag(self.has_more, answer))
            or (self.total and _count(self.total, answer) > before)
        )


class CursorPaging(Paging):
    """The body names a token for the next page."""

    kind: Literal["cursor"]
    param: str = Field("cursor", description="Query parameter for the token.")
    next: Expression = Field(description="Path in the body to the token; null or empty at the end.")
    has_more: Expression | None = Field(None, description="Path in the body: true if more follows.")

    def _position(self, at: At) -> dict[str, Any]:
        return {"cursor": at if isinstance(at, (str, int)) else None}

    def _params(self) -> dict[str, str | None]:
        return {"cursor": self.param}

    def after(self, at: At, answer: Answer, _rows: list[Any]) -> At:
        """The token."""
        if self.has_more and not _flag(self.has_more, answer):
            return None
        token = _find(self.next, answer)
        if token in (None, ""):
            if self.has_more or at is None:
                refuse_overlooked(answer, more=self.has_more is not None)
            return None
        if isinstance(token, bool) or not isinstance(token, (str, int)):
            msg = f"paging.next: {self.next} leads to no token but to a {type(token).__name__}"
            raise PermanentError(msg + names_in(answer.body))
        return token


class _LinkPaging(Paging):
    """Each page has an address."""

    def address(self, at: At) -> str | None:
        """The address itself."""
        return at if isinstance(at, str) else None

    def after(self, at: At, answer: Answer, _rows: list[Any]) -> At:
        """The next address."""
        found = self._next(answer)
        if found is None and at is None:
            refuse_overlooked(answer)
        return found

    def _next(self, answer: Answer) -> str | None:
        raise NotImplementedError


class LinkHeaderPaging(_LinkPaging):
    """The ``Link`` header names the next page (RFC 8288)."""

    kind: Literal["link_header"]

    def _next(self, answer: Answer) -> str | None:
        return answer.next_link()


class NextUrlPaging(_LinkPaging):
    """The body names the next page's address, absolute or relative."""

    kind: Literal["next_url"]
    next: Expression = Field(description="Path in the body; null or empty at the end.")

    @field_validator("size_param")
    @classmethod
    def _of_the_page(cls, name: str | None) -> str | None:
        if name == "$top":
            msg = "$top limits the whole list: set headers = { Prefer = 'odata.maxpagesize=500' }"
            raise ValueError(msg)
        return name

    def _next(self, answer: Answer) -> str | None:
        target = _find(self.next, answer)
        if target in (None, "", False):
            return None
        if not isinstance(target, str):
            msg = f"paging.next: {self.next} leads to no address but to a {type(target).__name__}"
            raise PermanentError(msg + names_in(answer.body))
        return answer.link(target)


AnyPaging = Annotated[
    NoPaging | PagePaging | OffsetPaging | CursorPaging | LinkHeaderPaging | NextUrlPaging,
    Field(discriminator="kind"),
]


def _find(path: Expression, answer: Answer) -> Any:
    try:
        return path(answer.body)
    except ValueError as error:
        msg = f"paging: {error}"
        raise PermanentError(msg) from None


def _flag(path: Expression, answer: Answer) -> bool:
    found = _find(path, answer)
    if isinstance(found, bool):
        return found
    msg = f"paging.has_more: {path} leads to no true or false: reading could end too early"
    raise PermanentError(msg + names_in(answer.body))


def _count(path: Expression, answer: Answer) -> int:
    found = _find(path, answer)
    try:
        return integer(found)
    except ValueError:
        msg = f"paging: {path} leads to no number: reading could end too early"
        raise PermanentError(msg + names_in(answer.body)) from None


def names_in(body: Any) -> str:
    """What an error adds about an answer: the names that it has, and none of its values."""
    names = ", ".join(map(repr, list(body)[:12])) if isinstance(body, dict) else ""
    return f"; the answer has {names}" if names else ""


def refuse_overlooked(answer: Answer, *, more: bool = False) -> None:
    """Refuse to end with a first page that itself points to a second one."""
    overlooked = "the Link header" if answer.next_link() else next(_next_keys(answer.body), None)
    if overlooked or more:
        msg = (
            "paging: the settings see no further page, but the answer names one in"
            f" {overlooked or 'has_more'}: correct paging, or most records would be missed"
        )
        raise PermanentError(msg)


def _next_keys(body: Any, depth: int = 2) -> Iterator[str]:
    """Names in *body* that look like a link to a next page."""
    if not isinstance(body, dict) or not depth:
        return
    for name, value in body.items():
        if "next" in name.lower() and isinstance(value, str) and ("?" in value or "://" in value):
            yield repr(name)
        yield from _next_keys(value, depth - 1)
