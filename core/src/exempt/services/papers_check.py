"""All kept files held against their hashes, and what was never looked into looked into.

What is known of papers can be made anew from the files themselves: after a
restore without it, or for files of an older Exempt, this makes it.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.rules import papers as rules
from exempt.services.files import Documents, open_whole
from exempt.services.papers import Inspector, PaperRefused, look_anew, paper_of
from exempt.services.ports import Store


class Checked(NamedTuple):
    """What was found.

    Attributes:
        files: How many there are.
        looked_into: How many were looked into for the first time, or anew.
        problems: Files that are gone or changed.
        unfit: Files that cannot be shown, only handed out as they came.
    """

    files: int
    looked_into: int
    problems: list[str]
    unfit: list[str]


def check(
    store: Store,
    documents: Documents,
    inspector: Inspector | None,
    at: dt.datetime,
) -> Checked:
    """Check every file that something stands on.

    Args:
        inspector: None = nothing is looked into.
    """
    with store.reading() as tx:
        named = tx.papers.named()
    problems, unfit, looked_into = [], [], 0
    for sha256, name in sorted(named.items()):
        try:
            shows = _shows(documents, sha256, name)
            if shows and inspector is not None:
                looked_into += _looked_into(store, documents, inspector, sha256, at)
        except PaperRefused as refused:
            unfit.append(f"{name}, sha256 {sha256[:12]}…: {refused}")
        except (NotFoundError, RefusedError) as error:
            problems.append(str(error))
    return Checked(len(named), looked_into, problems, unfit)


def _shows(documents: Documents, sha256: str, name: str) -> bool:
    """Whether it is a file of which pages can be shown, and is just what was kept."""
    with open_whole(documents, sha256, f"{name}, sha256 {sha256[:12]}…") as content:
        return rules.kind_of(content.read(rules.BEGINNING)) is not None


def _looked_into(
    store: Store, documents: Documents, inspector: Inspector, sha256: str, at: dt.datetime
) -> bool:
    """Look into a file that nobody looked into, or whose copy is not what was made."""
    with store.reading() as tx:
        paper = tx.papers.get(sha256)
    if paper is None:
        paper_of(store, documents, inspector, sha256, at)
        return True
    try:
        open_whole(documents, paper.shown_sha256, "the copy").close()
    except (NotFoundError, RefusedError):
        look_anew(store, documents, inspector, sha256, at)
        return True
    return False
