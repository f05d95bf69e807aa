"""Comments and files of whatever has them: added, edited and removed by forms on its own page.

    entries.add_pages(pages, "/customers/{customer_id:int}", Owner(Subject.CUSTOMER, ...))

makes ``POST …/entries``, ``POST …/entries/{entry_id}`` and ``POST …/entries/{entry_id}/remove``;
the macros of ``parts/entries.html`` draw the table and its forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.entry import Entry
from exempt.rules.papers import MAX_BYTES
from exempt.services import entries
from exempt.services.entries import EntrySubject
from exempt.services.files import Upload
from exempt.web.pages import Call, Pages

AROUND = 128 * 1024
"""Bytes of a form beside its file."""


class Typed(NamedTuple):
    """What was sent and could not be kept.

    Attributes:
        wrong: Why not; "" = nothing was sent.
        text: What was typed.
        entry_id: Which one was to be edited; None = a new one was to be added.
    """

    wrong: str = ""
    text: str = ""
    entry_id: int | None = None


NOTHING = Typed()


class Owner(NamedTuple):
    """Whose comments and files.

    Attributes:
        find: The id of what the path names; 404 where the caller does not see it.
        address: Where its comments and files are shown, by its id.
        show: The same page, with what was sent and could not be kept.
    """

    subject: EntrySubject
    find: Callable[[Call], int]
    address: Callable[[int], str]
    show: Callable[[Call, int, Typed], Response]


def add_pages(pages: Pages, base: str, owner: Owner) -> None:
    """Register the forms of *owner* below *base*, its address."""

    @pages.post(f"{base}/entries", may=Right.EDIT, body_max=MAX_BYTES + AROUND, slow=True)
    def add(call: Call) -> Response:
        """Add a comment, a file, or both."""
        subject_id, text = owner.find(call), call.text("text")
        site = call.site
        try:
            added = entries.add(
                site.store,
                site.documents,
                owner.subject,
                subject_id,
                text=text,
                file=_file(call),
                by=call.by.name,
                at=site.clock(),
            )
        except RefusedError as error:
            return owner.show(call, subject_id, Typed(_first_up(error), text))
        said = " and ".join(one.kind.value for one in added)
        return call.go(owner.address(subject_id), f"{said.capitalize()} added.")

    @pages.post(f"{base}/entries/{{entry_id:int}}", may=Right.EDIT)
    def edit(call: Call) -> Response:
        """Give it another text, or another name."""
        subject_id = owner.find(call)
        entry, text = _entry(call, owner.subject, subject_id), call.text("text")
        try:
            entries.edit(call.site.store, entry.id, text, by=call.by.name, at=call.site.clock())
        except RefusedError as error:
            return owner.show(call, subject_id, Typed(_first_up(error), text, entry.id))
        return call.go(owner.address(subject_id), f"{entry.kind.value.capitalize()} changed.")

    @pages.post(f"{base}/entries/{{entry_id:int}}/remove", may=Right.EDIT)
    def remove(call: Call) -> Response:
        """Show it no more."""
        subject_id = owner.find(call)
        entry = _entry(call, owner.subject, subject_id)
        try:
            entries.remove(call.site.store, entry.id, by=call.by.name, at=call.site.clock())
        except RefusedError as error:  # somebody else was quicker
            return owner.show(call, subject_id, Typed(_first_up(error), entry_id=entry.id))
        said = f"{entry.kind.value.capitalize()} removed; the history still has it."
        return call.go(owner.address(subject_id), said)


def _file(call: Call) -> Upload | None:
    """The file that was chosen, if any."""
    given = call.form.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return None
    return Upload(given.filename, given.file)


def _entry(call: Call, subject: EntrySubject, subject_id: int) -> Entry:
    """The comment or file that the path names, if it is of *subject_id*."""
    try:
        with call.site.store.reading() as tx:
            rows = entries.listed(tx, subject, subject_id, with_removed=True)
    except NotFoundError:
        raise HTTPException(404) from None
    wanted = call.path["entry_id"]
    found = next((row.record for row in rows if row.record.id == wanted), None)
    if found is None:
        raise HTTPException(404)
    return found


def _first_up(error: RefusedError) -> str:
    sentence = str(error)
    return f"{sentence[:1].upper()}{sentence[1:]}"
