"""The documents of a certificate as pages to look at; see ``templates/review/paper.html``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exempt.errors import ExemptError
from exempt.services import papers
from exempt.services.review_look import SeenFile
from exempt.web.pages import Call


class Spot(NamedTuple):
    """Where something was read: a box on a page, as parts of a thousand of its sides."""

    id: str
    title: str
    disagrees: bool
    left: float
    top: float
    width: float
    height: float


class PageView(NamedTuple):
    """A page of a document, and what was read on it."""

    number: int
    picture: str
    spots: Sequence[Spot]


class FileView(NamedTuple):
    """A file of the certificate; without pages it can only be opened."""

    name: str
    size: int
    address: str
    pages: Sequence[PageView]


class Papers(NamedTuple):
    """All documents of a certificate."""

    files: Sequence[FileView]


def file_view(
    each: SeenFile, spots: Callable[[int], Sequence[Spot]] = lambda _page: ()
) -> FileView:
    """A file page by page; *spots* says where something was read on one of them."""
    file, address = each.file, f"/files/{each.file.sha256}"
    numbers = range(1, each.paper.pages + 1) if each.paper else range(0)
    pages = [PageView(page, f"{address}/pages/{page}", spots(page)) for page in numbers]
    return FileView(file.name, file.size, address, pages)


def look_into(call: Call, files: Sequence[SeenFile]) -> bool:
    """Look into files that came by another way than the portal; whether one can be shown now."""
    site, found = call.site, False
    for each in files:
        try:
            if each.paper is None:
                papers.paper_of(
                    site.store, site.documents, site.inspector, each.file.sha256, site.clock()
                )
                found = True
        except ExemptError:
            continue  # the page says that it can only be opened
    return found
