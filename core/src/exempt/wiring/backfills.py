"""What files of sales are kept, read and put in order with, and the template for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.spool import Spool, open_spool
from exempt.adapters.spreadsheets import open_table
from exempt.model.tabular import TableFile
from exempt.services import backfill_ports as ports
from exempt.services.backfills.importing import Importing
from exempt.services.backfills.reading import Told, no_one
from exempt.services.file_templates import of_sales
from exempt.wiring import Exempt
from exempt.wiring.spreadsheets import write_blank

MOST = 4 * 1024**3
"""Bytes of a file: some twenty million rows."""


class Parts(ports.Parts):
    """Files among the documents; what is read of them lies beside these meanwhile.

    Args:
        documents: Keeps the files.
        folder: Where the documents lie.
    """

    def __init__(self, documents: LocalDocuments, folder: Path) -> None:
        self._documents = documents
        self._folder = folder

    def keep(self, content: IO[bytes]) -> str:  # noqa: D102 - the port says it
        sha256, _size = self._documents.put(content, most=MOST)
        return sha256

    @contextmanager
    def table(self, sha256: str, name: str) -> Iterator[TableFile]:  # noqa: D102 - the same
        with self._documents.open(sha256) as content, open_table(Path(content.name), name) as table:
            yield table

    def spool(self) -> AbstractContextManager[Spool]:  # noqa: D102 - the same
        return open_spool(self._folder)


def backfill_parts(exempt: Exempt) -> Parts:
    """The parts of this installation."""
    return Parts(exempt.documents, exempt.settings.folder / exempt.settings.file.exempt.documents)


def importing_of(exempt: Exempt, told: Told = no_one) -> Importing:
    """What an import needs here."""
    return Importing(exempt.store, backfill_parts(exempt), exempt.policy, exempt.clock, told)


def write_backfill_template(path: Path, *, replace: bool = False) -> None:
    """Write a template with some example rows, .csv or .xlsx by its name.

    Raises:
        RefusedError: The file is there already, or cannot be written.
    """
    write_blank(path, of_sales(), replace=replace)
