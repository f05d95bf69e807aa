"""Files of customers read for an import, and templates for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from exempt.adapters.spreadsheets import open_table
from exempt.model.custom import CustomField
from exempt.model.imports import ImportRun, ReadingOptions, Template
from exempt.services.certificates import Act
from exempt.services.file_templates import of_customers
from exempt.services.importing.staging import Told, Upload, no_one, stage
from exempt.services.ports import Store
from exempt.wiring.spreadsheets import write_blank


class FileRead(NamedTuple):
    """An import whose file is read, and what its letters were taken for."""

    run: ImportRun
    encoding: str


def read_customers(
    store: Store,
    path: Path,
    company_id: int,
    act: Act,
    *,
    options: ReadingOptions | None = None,
    custom: Mapping[str, CustomField] | None = None,
    told: Told = no_one,
) -> FileRead:
    """Read a file of customers; see `stage`.

    Raises:
        RefusedError: It cannot be read, or its titles are wrong.
    """
    with open_table(path) as table:
        upload = Upload(table, _sha256(path))
        run = stage(store, upload, company_id, act, options=options, custom=custom, told=told)
        return FileRead(run, table.encoding)


def write_customer_template(
    path: Path, template: Template, custom: Mapping[str, CustomField], *, replace: bool = False
) -> None:
    """Write a template for customers, with columns for *custom* fields.

    Raises:
        RefusedError: The file is there already, or cannot be written.
    """
    write_blank(path, of_customers(template, custom), replace=replace)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
