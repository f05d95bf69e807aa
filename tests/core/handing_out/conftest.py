"""A site, and a paper on it that a customer gave."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from exempt.model.certificate import AttachedFile
from exempt.services import papers
from exempt.services.files import Kept
from support.browsing import Premises, premises_in
from support.stores import enter

PDF = b"%PDF-1.7 a certificate"


class OnFile(NamedTuple):
    """A certificate of C-1, and the paper that is attached to it."""

    certificate_id: int
    kept: Kept

    @property
    def address(self) -> str:
        """Where the console has it."""
        return f"/files/{self.kept.sha256}"


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    """A site."""
    with premises_in(tmp_path) as here:
        yield here


@pytest.fixture
def on_file(premises: Premises) -> OnFile:
    """A certificate of Northwind with a paper of two pages."""
    kept = take(premises, PDF, "Ausfüllung “3”.pdf")
    with premises.store.writing() as tx:
        certificate_id = enter(tx, premises.ids["C-1"])
        tx.certificates.attach(certificate_id, AttachedFile(**kept._asdict()))
    return OnFile(certificate_id, kept)


def take(premises: Premises, content: bytes, name: str) -> Kept:
    """Take in a paper."""
    site = premises.site
    held = (site.store, site.documents, site.inspector)
    return papers.take_in(*held, name, io.BytesIO(content), premises.now)
