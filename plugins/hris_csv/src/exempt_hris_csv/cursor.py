"""What the core keeps between two pages, and between two runs.

``rows:OFFSET:LINE:DIGEST:STAMP`` goes on in the middle of a file;
``file:DIGEST`` says that a file with this content was read to its end.
"""

from __future__ import annotations

from exempt import CursorExpired
from exempt_hris_csv.table import Position, Table

_EXPIRED = "the file was changed before the row at which reading should go on: it is read anew"


def going_on(position: Position, table: Table) -> str:
    """The cursor of the page that begins at *position*."""
    return f"rows:{position.offset}:{position.line}:{position.digest}:{table.stamp}"


def finished(position: Position) -> str:
    """The checkpoint of a file whose end is *position*."""
    return f"file:{position.digest}"


def start_of(cursor: str | None, table: Table) -> Position | None:
    """Where the page begins that *cursor* asks for; None where nothing is new.

    A file that looks untouched (same size, time of change and file number) is
    trusted to be so. Should that ever be wrong, its checkpoint will not fit,
    and the next run reads it anew.

    Raises:
        CursorExpired: The file was changed before the cursor.
    """
    match cursor.split(":") if cursor else []:
        case []:
            return table.start
        case ["file", digest]:
            return None if table.end().digest == digest else table.start
        case ["rows", offset, line, digest, stamp] if offset.isdigit() and line.isdigit():
            position = Position(int(offset), int(line), digest)
            if stamp == table.stamp or table.reaches(position):
                return position
    raise CursorExpired(_EXPIRED)
