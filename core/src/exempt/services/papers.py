"""The papers that certificates stand on: looked into before they are kept, shown as pictures.

The bytes that came in are kept unaltered. What people see and what is handed
on is a copy in which nothing can run; pages are drawn when they are first
looked at. All of it lies among the documents, by hash.
"""

from __future__ import annotations

import datetime as dt
from typing import IO, NamedTuple, Protocol

from exempt.errors import NotFoundError, RefusedError
from exempt.model.paper import PageImage, Paper, Refusal
from exempt.rules import papers as rules
from exempt.services.files import Documents, Kept, NoRoomError, SizeError, open_whole
from exempt.services.ports import Store


class PaperRefused(RefusedError):
    """A file is not taken; the message is a sentence for whoever sent it."""

    def __init__(self, refusal: Refusal, sentence: str | None = None) -> None:
        super().__init__(sentence or rules.sentence(refusal))
        self.refusal = refusal


class Seen(NamedTuple):
    """What was seen in a file; see `exempt.model.paper.Paper`."""

    media_type: str
    pages: int
    shown_media_type: str
    removed: tuple[str, ...] = ()


class Drawn(NamedTuple):
    """The size of a page's picture in pixels, and that of the small one."""

    width: int
    height: int
    small_width: int
    small_height: int


class Inspector(Protocol):
    """Looks into files that may be hostile, each in a process of its own."""

    def look(self, original: IO[bytes], shown: IO[bytes]) -> Seen:
        """Look into a file, and write the copy that is shown to *shown*.

        Raises:
            PaperRefused: It is not to be taken.
        """
        ...

    def draw(
        self, shown: IO[bytes], media_type: str, page: int, picture: IO[bytes], small: IO[bytes]
    ) -> Drawn:
        """Draw a page of a copy made by `look`, the first being 1, as WebP in two sizes.

        Raises:
            PaperRefused: It cannot be drawn.
            NotFoundError: It has no such page.
        """
        ...


# --- taking in ---------------------------------------------------------------------------


def take_in(  # noqa: PLR0917 - the ports, what comes in, and when
    store: Store,
    documents: Documents,
    inspector: Inspector,
    name: str,
    stream: IO[bytes],
    at: dt.datetime,
) -> Kept:
    """Keep a paper that comes in as a stream; one that is refused leaves nothing behind.

    *name* may be anything: it is kept as far as a file may have it.

    Raises:
        PaperRefused: It is not to be taken; the message says why and how to mend it.
    """
    try:
        with documents.receive(stream) as incoming:
            paper = _known(store, documents, incoming.sha256)
            _check_kind(incoming.file)
            if paper is None:
                paper = _look(documents, inspector, incoming.sha256, incoming.file, at)
            incoming.keep()
    except SizeError as error:
        raise PaperRefused(Refusal.TOO_LARGE if error.size else Refusal.EMPTY) from None
    except NoRoomError:
        raise PaperRefused(Refusal.NO_ROOM) from None
    _remember(store, paper)
    kind = next(each for each in rules.TAKEN if each.media_type == paper.media_type)
    return Kept(rules.name_for(name, kind), paper.media_type, paper.sha256, incoming.size)


def _check_kind(file: IO[bytes]) -> None:
    beginning = file.read(rules.BEGINNING)
    if rules.kind_of(beginning) not in rules.TAKEN:
        raise PaperRefused(Refusal.TYPE, rules.sentence(Refusal.TYPE, beginning))
    file.seek(0)


def known(store: Store, sha256: str) -> Paper | None:
    """What was seen in a file when it came; None = nobody has looked."""
    with store.reading() as tx:
        return tx.papers.get(sha256)


def paper_of(
    store: Store, documents: Documents, inspector: Inspector, sha256: str, at: dt.datetime
) -> Paper:
    """What is known of a kept file; one that was never looked into is looked into now.

    Raises:
        NotFoundError: Its bytes are not there any more.
        PaperRefused: It cannot be shown, only handed out as it came.
        RefusedError: Its bytes were changed since it was kept.
    """
    known = _known(store, documents, sha256)
    return known or look_anew(store, documents, inspector, sha256, at)


def look_anew(
    store: Store, documents: Documents, inspector: Inspector, sha256: str, at: dt.datetime
) -> Paper:
    """Look into a kept file, whatever is known of it; raises as `paper_of` does."""
    with open_whole(documents, sha256, f"document {sha256[:12]}…") as original:
        paper = _look(documents, inspector, sha256, original, at)
    _remember(store, paper)
    return paper


def _known(store: Store, documents: Documents, sha256: str) -> Paper | None:
    """The paper, if its copy is there as well."""
    with store.reading() as tx:
        paper = tx.papers.get(sha256)
    return paper if paper is not None and documents.has(paper.shown_sha256) else None


def _look(
    documents: Documents, inspector: Inspector, sha256: str, original: IO[bytes], at: dt.datetime
) -> Paper:
    with documents.scratch() as copy:
        seen = inspector.look(original, copy)
        copy.seek(0)
        shown_sha256, _ = documents.put(copy)
    return Paper(
        sha256=sha256,
        media_type=seen.media_type,
        pages=seen.pages,
        shown_sha256=shown_sha256,
        shown_media_type=seen.shown_media_type,
        removed=seen.removed,
        checked_at=at,
    )


def _remember(store: Store, paper: Paper) -> None:
    with store.reading() as tx:
        if tx.papers.get(paper.sha256) == paper:
            return
    with store.writing() as tx:
        tx.papers.add(paper)


# --- pages -------------------------------------------------------------------------------


def page_image(
    store: Store,
    documents: Documents,
    inspector: Inspector,
    sha256: str,
    page: int,
    *,
    small: bool = False,
) -> PageImage:
    """The picture of a page of a paper, the first being 1; drawn when it is first wanted.

    It has 150 dots an inch; with *small* it is a thumbnail.

    Raises:
        NotFoundError: There is no such page, or nobody looked into the paper
            yet: see `paper_of`.
        PaperRefused: It cannot be drawn.
    """
    with store.reading() as tx:
        paper = tx.papers.get(sha256)
        if paper is None or not 1 <= page <= paper.pages:
            msg = f"document {sha256[:12]}…: has no such page"
            raise NotFoundError(msg)
        made = tx.papers.page(sha256, page, small=small)
    if made is not None and _whole(documents, made.image_sha256):
        return made
    large, thumbnail = _drawn(documents, inspector, paper, page)
    with store.writing() as tx:
        tx.papers.add_page(sha256, large)
        tx.papers.add_page(sha256, thumbnail, small=True)
    return thumbnail if small else large


def _whole(documents: Documents, sha256: str) -> bool:
    try:
        open_whole(documents, sha256, "the picture").close()
    except (NotFoundError, RefusedError):
        return False
    return True


def _drawn(
    documents: Documents, inspector: Inspector, paper: Paper, page: int
) -> tuple[PageImage, PageImage]:
    with (
        documents.open(paper.shown_sha256) as shown,
        documents.scratch() as picture,
        documents.scratch() as small,
    ):
        drawn = inspector.draw(shown, paper.shown_media_type, page, picture, small)
        hashes = []
        for each in (picture, small):
            each.seek(0)
            hashes.append(documents.put(each)[0])
    return (
        PageImage(page=page, image_sha256=hashes[0], width=drawn.width, height=drawn.height),
        PageImage(
            page=page, image_sha256=hashes[1], width=drawn.small_width, height=drawn.small_height
        ),
    )
