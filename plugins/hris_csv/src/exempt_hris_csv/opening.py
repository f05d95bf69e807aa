"""Opens an export by its kind, and puts what is wrong with a file into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from exempt import ConfigError, TransientError
from exempt_hris_csv.columns import count_known, find_columns, require_columns
from exempt_hris_csv.employees import EmployeeReader, Reading
from exempt_hris_csv.files import Export
from exempt_hris_csv.finch import JsonDocument, JsonLines
from exempt_hris_csv.places import Places
from exempt_hris_csv.rows import Opened
from exempt_hris_csv.settings import HrisCsvSettings
from exempt_hris_csv.table import open_table


def open_export(export: Export, settings: HrisCsvSettings) -> Opened:
    """Find out how *export* is written.

    Raises:
        ConfigError: It is empty.
        OSError: It cannot be read.
    """
    match export.path.suffix.lower():
        case ".json":
            return JsonDocument(export.path)
        case ".jsonl" | ".ndjson":
            return JsonLines(export.path)
    return open_table(
        export.path,
        encoding=settings.encoding,
        delimiter=settings.delimiter,
        known=lambda header: count_known(header, settings.columns),
    )


def reader_of(
    opened: Opened, export: Export, settings: HrisCsvSettings, places: Places, date_format: str
) -> EmployeeReader:
    """What translates the rows of *opened*, whose dates have the form *date_format*.

    Raises:
        ConfigError: A column is missing.
    """
    columns = find_columns(opened.header, settings.columns)
    require_columns(columns, opened.header)
    reading = Reading(
        places=places,
        date_format=date_format,
        keep_labels=settings.keep_labels,
        contractors=settings.contractors == "include",
        prefix=f"{export.series}:" if settings.numbers == "per file" else "",
    )
    return EmployeeReader(opened.header, columns, reading)


@contextmanager
def explained(export: Export, encoding: str) -> Iterator[None]:
    """Errors of a file and its columns, in words that name the file.

    Raises:
        ConfigError: A person must mend it.
        TransientError: It may be readable later.
    """
    name = export.label
    try:
        yield
    except ConfigError as error:
        msg = f"{name}: {error}"
    except (FileNotFoundError, NotADirectoryError):
        msg = f"{name}: no such file in {export.path.parent}: put it there, or mend `path`"
    except (PermissionError, IsADirectoryError):
        msg = f"{name}: not a file that may be read: mend `path`, or give the permission"
    except UnicodeError:
        written = "UTF-8" if is_json(export) else encoding
        msg = f"{name}: not {written} throughout: save it as UTF-8"
    except TransientError as error:
        msg = f"{name}: {error}"
        raise TransientError(msg, retry_after=error.retry_after) from None
    except OSError as error:
        msg = f"{name}: could not be read: {error.strerror}"
        raise TransientError(msg) from error
    else:
        return
    raise ConfigError(msg) from None


def is_json(export: Export) -> bool:
    """Whether *export* holds JSON."""
    return export.path.suffix.lower().startswith((".json", ".ndjson"))
