"""Writes statuses as CSV files into a folder, a file a batch."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from pathlib import Path

from exempt import ConfigError, ItemResult, Outcome, PushItem, TransientError
from exempt_erp_generic.facts import Facts
from exempt_erp_generic.writing import Drop


class Batch:
    """The rows of one file, gathered item by item.

    Args:
        name: As the settings call it, for errors.
        folder: Of the settings file.
        day: For the file's name.
    """

    def __init__(self, name: str, drop: Drop, folder: Path, day: str) -> None:
        self._name, self._drop, self._day = name, drop, day
        self._folder = folder / drop.folder
        self._rows: list[list[str]] = []
        self._keys: list[str] = []

    def add(self, item: PushItem, facts: Facts) -> None:
        """Add the rows of *item*; one at least, so that the ERP sees what holds nowhere.

        Raises:
            ValueError: A column cannot be filled in, or has a letter that the file cannot have.
        """
        scopes = [facts]
        if self._drop.rows == "jurisdiction":
            scopes = list(facts.each("for_each_jurisdiction")) or [facts]
        columns = self._drop.columns.values()
        rows = [[text.fill(scope.value) for text in columns] for scope in scopes]
        try:
            "".join(cell for row in rows for cell in row).encode(self._drop.encoding)
        except UnicodeEncodeError:
            msg = f"{self._name}.drop.encoding: {self._drop.encoding} lacks a letter: use utf-8"
            raise ValueError(msg) from None
        self._rows += rows
        self._keys.append(item.key)

    def write(self, *, dry_run: bool) -> list[ItemResult]:
        """Write the file whole, under its name only when it is complete.

        The name comes from the items, so the same batch again is the same file.

        Raises:
            ConfigError: There is no such folder, or it may not be written to.
            TransientError: The disk is full, or the like.
        """
        path = self._folder / self._file_name()
        if not self._folder.is_dir():
            msg = f"{self._name}.drop.folder: there is no folder {self._drop.folder!r}: make it"
            raise ConfigError(msg)
        content = self._content()
        if path.exists() and path.read_bytes() == content:
            return self._results(Outcome.UNCHANGED, "")
        if not dry_run:
            try:
                _put(path, content)
            except PermissionError:
                msg = f"{self._name}.drop.folder: {self._drop.folder!r} may not be written to"
                raise ConfigError(msg) from None
            except OSError as error:
                msg = f"{self._name}.drop: {path.name} cannot be written ({error.strerror})"
                raise TransientError(msg) from None
        verb = "would write" if dry_run else "written to"
        return self._results(Outcome.APPLIED, f"{verb} {path.name}")

    def _results(self, outcome: Outcome, message: str) -> list[ItemResult]:
        return [ItemResult(key=key, outcome=outcome, message=message) for key in self._keys]

    def _file_name(self) -> str:
        batch = hashlib.sha256("\n".join(sorted(self._keys)).encode()).hexdigest()[:16]
        return self._drop.name.fill({"batch": batch, "day": self._day}.__getitem__)

    def _content(self) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._drop.delimiter, lineterminator="\r\n")
        writer.writerow(self._drop.columns)
        writer.writerows(self._rows)
        try:
            return text.getvalue().encode(self._drop.encoding)
        except UnicodeEncodeError:
            msg = f"{self._name}.drop.encoding: {self._drop.encoding} lacks a letter: use utf-8"
            raise ConfigError(msg) from None


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
