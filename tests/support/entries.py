"""Comments and files for tests: an installation that has somebody to say something of."""

from __future__ import annotations

import io
from typing import Any

from exempt import Stream
from exempt.model.entry import Entry
from exempt.services import entries
from exempt.services.entries import EntryRow, EntrySubject
from exempt.services.files import Upload
from exempt.services.rows import Subject
from support import files
from support.records import DAY, NOW, customer
from support.world import World

CUSTOMER: EntrySubject = Subject.CUSTOMER
CERTIFICATE: EntrySubject = Subject.CERTIFICATE
ANNA: dict[str, Any] = {"by": "anna", "at": NOW}
BEA: dict[str, Any] = {"by": "bea", "at": NOW + DAY}


def begun(world: World) -> World:
    """With the customer 1 and the certificate 1."""
    erp = world.connect("erp")
    erp.remote.put(customer("C-1"), customer("C-2"))
    erp.pull(Stream.CUSTOMERS)
    world.certify("C-1", "TX")
    return world


def upload(name: str = "form.pdf", content: bytes = files.PDF) -> Upload:
    """A file that comes in as a stream."""
    return Upload(name, io.BytesIO(content))


def comment(world: World, text: str = "They called.", subject: EntrySubject = CUSTOMER) -> Entry:
    """A comment of Anna's."""
    return entries.add_comment(world.store, subject, 1, text, **ANNA)


def listed(
    world: World, subject: EntrySubject = CUSTOMER, subject_id: int = 1, **which: bool
) -> list[EntryRow]:
    """What people see."""
    with world.store.reading() as tx:
        return entries.listed(tx, subject, subject_id, **which)


def history(world: World, subject: Subject = CUSTOMER) -> list[tuple[Any, ...]]:
    """What was done to comments and files: which, before, after, by whom."""
    with world.store.reading() as tx:
        changes = tx.history.of(subject, 1)
    return [
        (change.field, change.old, change.new, change.changed_by)
        for change in changes
        if change.field.startswith(("comment", "file"))
    ]


class Within:
    """A store whose transaction is one that has begun already."""

    def __init__(self, tx: Any) -> None:
        self.tx = tx

    def writing(self) -> Any:
        return self

    def __enter__(self) -> Any:
        return self.tx

    def __exit__(self, *_: object) -> None:
        pass


def within(tx: Any) -> Any:
    """*tx* as a store."""
    return Within(tx)
