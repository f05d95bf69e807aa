"""Read a document: what it seems to say is proposed to staff, and nothing is accepted for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import IO, Protocol

from exempt.errors import ExemptError, NotFoundError
from exempt.model.extract import Extract
from exempt.model.formdata import FormBook
from exempt.model.paper import Reading
from exempt.model.rulesdata import RulesPack
from exempt.rules.reading import Known, read
from exempt.services.files import Documents
from exempt.services.ports import Store


class Extractor(Protocol):
    """Looks at a document's words and fields; it may be hostile, so elsewhere than here."""

    def __call__(self, content: IO[bytes], media_type: str) -> Extract:
        """What stands on it; nothing where it cannot be read, or takes too long."""
        ...


@dataclass(frozen=True)
class Reader:
    """What is needed to read documents."""

    extract: Extractor
    book: FormBook
    pack: RulesPack


def read_paper(
    store: Store,
    documents: Documents,
    reader: Reader,
    sha256: str,
    jurisdictions: Collection[str] = (),
) -> Reading:
    """What a document says, read once and then remembered.

    Args:
        store: Where it is remembered.
        documents: Where the document is kept.
        reader: How to read it.
        sha256: Of the document as it came; it was looked at (`Papers.add`).
        jurisdictions: The states that it was asked for: a hint, where it names several.

    Raises:
        NotFoundError: Nobody looked at the document, or it is not kept any more.
    """
    with store.reading() as tx:
        known, paper = tx.papers.reading(sha256), tx.papers.get(sha256)
    if known is not None:
        return known
    if paper is None:
        msg = f"document {sha256[:12]}…: nobody has looked at it yet: take it in first"
        raise NotFoundError(msg)
    with documents.open(paper.shown_sha256) as content:
        extract = reader.extract(content, paper.shown_media_type)
    found = read(extract, Known(reader.book, reader.pack, frozenset(jurisdictions)))
    with store.writing() as tx:
        tx.papers.save_reading(sha256, found)
    return found


def read_waiting(
    store: Store,
    documents: Documents,
    reader: Reader,
    *,
    limit: int = 20,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[ExemptError], None] = lambda _error: None,
) -> int:
    """Read documents that wait for review and that nobody has read; how many.

    A document that cannot be read counts as read, with nothing found; *told*
    of one that is gone.
    """
    with store.reading() as tx:
        papers = tx.papers.unread(limit)
    done = 0
    for paper in papers:
        if stop():
            break
        try:
            read_paper(store, documents, reader, paper.sha256)
        except ExemptError as error:
            told(error)
        else:
            done += 1
    return done
