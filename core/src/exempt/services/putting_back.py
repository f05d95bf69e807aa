"""Which records of a file can be put back as it is undone, and why others cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from exempt.model.fetching import Stream
from exempt.services.brought_ports import Brought, How
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow


class _LookedError(Exception):
    """Ends a transaction that was only to be looked at."""


@contextmanager
def only_looked(store: Store) -> Iterator[Transaction]:
    """A transaction in which something is done to see what comes of it, and taken back."""
    with suppress(_LookedError), store.writing() as tx:
        yield tx
        raise _LookedError


class PutBack(NamedTuple):
    """What is to be done with some records of a file.

    Attributes:
        remove: It made them.
        restore: It changed them; each has what stood there before.
        notes: Why others stay as they are, by record.
    """

    remove: list[Brought]
    restore: list[Brought]
    notes: dict[int, str]


def sort(found: Sequence[Brought], source: ConnectionRow, file: str) -> PutBack:
    """Tell what can be put back of what was *found*; another *file* is called so."""
    remove, restore, notes = [], [], {}
    for each in found:
        if each.how is How.SAME:
            continue
        if note := _stays(each, source, file):
            notes[each.record_id] = note
        elif each.how is How.NEW:
            remove.append(each)
        else:
            restore.append(each)
    return PutBack(remove, restore, notes)


def _stays(brought: Brought, source: ConnectionRow, file: str) -> str:
    if brought.later is not None:
        return f"{file} {brought.later} has it too, and came later"
    if brought.shown:
        return f"{source.name} has shown it itself since"
    if brought.gone:
        return "was deleted since"
    return ""


def settle(
    tx: Transaction, run_id: int, stream: Stream, found: Sequence[Brought], notes: dict[int, str]
) -> None:
    """Remember of all that was *found* what became of it: a reason to stay, or it is put back.

    Where a later file has it too, that one is undone to what stood there before this one.
    """
    later = {
        each.record_id: each.later
        for each in found
        if each.later is not None and each.how is not How.SAME
    }
    tx.brought.pass_on(run_id, stream, later)
    tx.brought.leave(run_id, stream, notes)
    tx.brought.forget(run_id, stream, [e.record_id for e in found if e.record_id not in notes])
