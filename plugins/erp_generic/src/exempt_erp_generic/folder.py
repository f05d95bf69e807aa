"""Records out of a folder of CSV files: whole lists, of which the newest counts, or changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from exempt import ConfigError, CursorExpired, FetchRequest, Page, Record, TransientError
from exempt_erp_generic.csv_rows import PROBLEM, CsvRow, Spot, every_row, read_rows
from exempt_erp_generic.fetch import Found
from exempt_erp_generic.reading import Files
from exempt_erp_generic.source import S, Source


@dataclass(frozen=True)
class CsvFile:
    """A file that is there.

    Attributes:
        order: Grows from file to file, as the settings say.
        stamp: The same as long as the file looks untouched.
    """

    path: Path
    order: str
    stamp: str


class FilePlace(Record):
    """A place in a folder: the file, and where in it; ``done`` = it was read to its end."""

    order: str
    stamp: str = ""
    offset: int = 0
    line: int = 0
    done: bool = False

    @classmethod
    def read(cls, cursor: str) -> Self:
        """The place that *cursor* names.

        Raises:
            CursorExpired: It is none of ours.
        """
        try:
            return cls.model_validate_json(cursor)
        except ValidationError:
            msg = "the cursor is not legible; the files are read anew"
            raise CursorExpired(msg) from None

    def cursor(self) -> str:
        """The place as text."""
        return self.model_dump_json(exclude_defaults=True)


def listed(folder: Path, files: Files) -> list[CsvFile]:
    """The files of *folder* that fit, oldest first."""
    pattern = Path(files.pattern)
    found = []
    for path in (folder / pattern.parent).glob(pattern.name):
        if path.is_file():
            stat = path.stat()
            order = path.name if files.newest == "name" else f"{stat.st_mtime_ns:020} {path.name}"
            found.append(CsvFile(path, order, f"{stat.st_size}:{stat.st_mtime_ns}"))
    return sorted(found, key=lambda file: file.order)


def fetch_files(folder: Path, source: Source[S], request: FetchRequest) -> Found[S]:
    """The page that *request* asks for; an empty one where no file is new.

    Raises:
        ConfigError: A file is no CSV as the settings describe it, or may not be read.
        TransientError: A file cannot be read now.
        CursorExpired: A file was changed while it was read.
    """
    files = source.settings.files
    assert files is not None  # noqa: S101 - whoever calls has asked
    try:
        there = listed(folder, files)
        if request.ids is not None:
            return _by_ids(source, files, there, request.ids)
        return _page(source, files, there, request)
    except PermissionError as error:
        name = Path(error.filename or files.pattern).name
        msg = f"{source.name}.files: {name} may not be read: give the permission"
        raise ConfigError(msg) from None
    except OSError as error:
        msg = f"{source.name}.files: a file could not be read ({error.strerror})"
        raise TransientError(msg) from None


def _page(source: Source[S], files: Files, there: list[CsvFile], request: FetchRequest) -> Found[S]:
    place = FilePlace.read(request.cursor) if request.cursor else None
    file, spot = _start(files, there, place)
    if file is None:
        return Found(Page(checkpoint=request.cursor), [])
    rows, after = read_rows(file.path, files, spot, request.page_size)
    page = _records(source, rows)
    whole = source.settings.gone == "deleted"
    here = FilePlace(order=file.order, stamp=file.stamp)
    following = _next(files, there, file)
    if after is not None:
        going_on = {"offset": after.offset, "line": after.line}
        end = {"next_cursor": here.model_copy(update=going_on).cursor()}
    elif following is not None:
        end = {"next_cursor": FilePlace(order=following.order, stamp=following.stamp).cursor()}
    else:
        end = {"checkpoint": here.model_copy(update={"done": True}).cursor()}
    return Found(page.model_copy(update={"snapshot": whole, **end}), rows)


def _start(
    files: Files, there: list[CsvFile], place: FilePlace | None
) -> tuple[CsvFile | None, Spot]:
    """The file to read, and from where on; None = nothing is new."""
    if place is None or (place.done and files.contents == "snapshot"):
        fitting = there[-1:] if files.contents == "snapshot" else there[:1]
        known = (place.order, place.stamp) if place else None
        return next((f for f in fitting if (f.order, f.stamp) != known), None), Spot()
    if place.done:
        # The last one is read again where it grew since.
        fresh = (f for f in there if f.order > place.order
                 or (f.order == place.order and f.stamp != place.stamp))  # fmt: skip
        return next(fresh, None), Spot()
    for file in there:
        if (file.order, file.stamp) == (place.order, place.stamp):
            return file, Spot(place.offset, place.line)
    msg = "a file was changed or taken away while it was read; the files are read anew"
    raise CursorExpired(msg)


def _next(files: Files, there: list[CsvFile], file: CsvFile) -> CsvFile | None:
    if files.contents == "snapshot":
        return None
    return next((other for other in there if other.order > file.order), None)


def _by_ids(
    source: Source[S], files: Files, there: list[CsvFile], ids: tuple[str, ...]
) -> Found[S]:
    """The newest row of each; without it in a whole list, it is gone."""
    found: dict[str, CsvRow] = {}
    for file in there[-1:] if files.contents == "snapshot" else there:
        for row in every_row(file.path, files):
            known = source.known_id(row)
            if known in ids:
                found[known] = row
    page = _records(source, list(found.values()))
    missing = tuple(external_id for external_id in ids if external_id not in found)
    gone = missing if there and files.contents == "snapshot" else ()
    return Found(page.model_copy(update={"deleted": (*page.deleted, *gone)}), [*found.values()])


def _records(source: Source[S], rows: list[CsvRow]) -> Page[S]:
    def checked(translate: Callable[[Any], S]) -> Callable[[Any], S]:
        def legible(row: CsvRow) -> S:
            if problem := row.get(PROBLEM):
                raise ValueError(problem)
            return translate(row)

        return legible

    return source.page_of(rows, checked(source.translate))
