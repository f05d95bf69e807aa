"""What the core keeps between two pages, and between two runs."""

from __future__ import annotations

from dataclasses import dataclass

from exempt import CursorExpired
from exempt_hris_csv.rows import Position

LEFT = "-"
"""Stands for a file that could not be read when the run began."""

WAITING = "~"
"""Stands for a file that was being written when the run began."""

_EXPIRED = "a file was changed while it was read: all are read anew"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Done:
    """The end of a run: ``done:DIGEST:EMPLOYEES:FILES``.

    Attributes:
        digest: Of the content of all files and of the settings.
        employees: How many rows were there when exports were last believed to be complete.
        files: How many files were there then.
    """

    digest: str
    employees: int
    files: int

    def __str__(self) -> str:
        return f"done:{self.digest}:{self.employees}:{self.files}"


@dataclass(frozen=True)
class Run:
    """A place in a run: ``run:PART:OFFSET:LINE:STATES:SNAPSHOT:STAMP:`` and the `Done` it leads to.

    Attributes:
        part: The file that is read; with several, each is read twice.
        position: The place in it; None = its beginning.
        states: A letter for each file: the number of its dates' form, `LEFT` or `WAITING`.
        snapshot: Whether who is not named in the run is gone.
        stamp: The same as long as all files look untouched.
        done: What is left at the end.
    """

    part: int
    position: Position | None
    states: str
    snapshot: bool
    stamp: str
    done: Done

    def __str__(self) -> str:
        offset, line = (self.position.offset, self.position.line) if self.position else ("", "")
        snapshot = "s" if self.snapshot else ""
        return f"run:{self.part}:{offset}:{line}:{self.states}:{snapshot}:{self.stamp}:{self.done}"


def letter(form: int) -> str:
    """The state of a file whose dates have the form of this number."""
    return _LETTERS[form]


def form_of(state: str) -> int | None:
    """The number of the form of a file's dates; None of a file that is not read."""
    return None if state in {LEFT, WAITING} else _LETTERS.index(state)


def parse_cursor(cursor: str | None) -> Done | Run | None:
    """What *cursor* says; None of None.

    Raises:
        CursorExpired: It is nothing that this version wrote.
    """
    try:
        match cursor.split(":") if cursor else []:
            case []:
                return None
            case ["done", digest, employees, files]:
                return Done(digest, int(employees), int(files))
            case ["run", part, offset, line, states, flag, stamp, "done", digest, rows, files]:
                return Run(
                    part=int(part),
                    position=Position(int(offset), int(line)) if offset else None,
                    states=states,
                    snapshot=flag == "s",
                    stamp=stamp,
                    done=Done(digest, int(rows), int(files)),
                )
    except ValueError:
        pass
    raise CursorExpired(_EXPIRED)


def expired() -> CursorExpired:
    """What is raised where the files are no longer those of the cursor."""
    return CursorExpired(_EXPIRED)
