"""What is known of documents, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import web_tables as w
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import run
from exempt.model.paper import PageImage, Paper, Reading
from exempt.model.requesting import SubmissionState
from exempt.services import submission_ports as ports

_D, _P = w.document.c, w.document_page.c
_PAPER = [column for column in _D if column is not _D.reading]

_ADD = """
    INSERT INTO document (sha256, media_type, pages, shown_sha256, shown_media_type, removed,
        checked_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sha256) DO UPDATE SET media_type = excluded.media_type, pages = excluded.pages,
        shown_sha256 = excluded.shown_sha256, shown_media_type = excluded.shown_media_type,
        removed = excluded.removed, checked_at = excluded.checked_at
"""
_ADD_PAGE = """
    INSERT INTO document_page (sha256, page, image_sha256, width, height) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (sha256, page) DO UPDATE SET image_sha256 = excluded.image_sha256,
        width = excluded.width, height = excluded.height
"""
_NAMED = """
    SELECT sha256, name FROM certificate_file
    UNION SELECT sha256, text FROM entry WHERE sha256 IS NOT NULL
    UNION SELECT sha256, name FROM submission_file
    ORDER BY 1, 2
"""
_USES = """
    SELECT f.name, f.media_type, f.size, u.company_id, u.id, 0 AS draft, 0 AS given
        FROM certificate_file f JOIN certificate_customer k ON k.certificate_id = f.certificate_id
        JOIN customer u ON u.id = k.customer_id WHERE f.sha256 = ?
    UNION SELECT e.text, e.media_type, e.size, u.company_id, u.id, 0, 0
        FROM entry e JOIN customer u ON u.id = e.subject_id
        WHERE e.subject = 'customer' AND e.sha256 = ? AND e.removed_at IS NULL
    UNION SELECT e.text, e.media_type, e.size, u.company_id, u.id, 0, 0
        FROM entry e JOIN certificate_customer k ON k.certificate_id = e.subject_id
        JOIN customer u ON u.id = k.customer_id
        WHERE e.subject = 'certificate' AND e.sha256 = ? AND e.removed_at IS NULL
    UNION SELECT f.name, f.media_type, f.size, u.company_id, u.id,
        CASE WHEN s.submitted_at IS NULL THEN 1 ELSE 0 END, 1
        FROM submission_file f JOIN submission s ON s.id = f.submission_id
        JOIN customer u ON u.id = s.customer_id WHERE f.sha256 = ?
    ORDER BY draft, given, 5, 1
"""


class Papers(ports.Papers):
    """Documents by the hash of the original; the thumbnail of page 3 stands as page -3."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def get(self, sha256: str) -> Paper | None:
        query = sa.select(*_PAPER).where(_D.sha256 == sha256)
        row = self._c.execute(query).mappings().one_or_none()
        return None if row is None else _paper(row)

    def add(self, paper: Paper) -> None:
        run(
            self._c,
            _ADD,
            *(paper.sha256, paper.media_type, paper.pages),
            *(paper.shown_sha256, paper.shown_media_type),
            *(json.dumps(paper.removed), micros(paper.checked_at)),
        )

    def reading(self, sha256: str) -> Reading | None:
        text = self._c.scalar(sa.select(_D.reading).where(_D.sha256 == sha256))
        return None if text is None else Reading.model_validate_json(text)

    def save_reading(self, sha256: str, reading: Reading) -> None:
        self._c.execute(
            sa.update(w.document)
            .where(_D.sha256 == sha256)
            .values(reading=reading.model_dump_json())
        )

    def page(self, sha256: str, page: int, *, small: bool = False) -> PageImage | None:
        query = sa.select(_P.image_sha256, _P.width, _P.height).where(
            _P.sha256 == sha256, _P.page == _number(page, small=small)
        )
        row = self._c.execute(query).mappings().one_or_none()
        return None if row is None else PageImage(page=page, **row)

    def add_page(self, sha256: str, image: PageImage, *, small: bool = False) -> None:
        number = _number(image.page, small=small)
        of_it = (image.image_sha256, image.width, image.height)
        run(self._c, _ADD_PAGE, sha256, number, *of_it)

    def unread(self, limit: int) -> list[Paper]:
        file, submission = w.submission_file.c, w.submission.c
        waiting = (
            sa.select(file.sha256)
            .join(w.submission, submission.id == file.submission_id)
            .where(submission.state == SubmissionState.WAITING.value)
        )
        query = (
            sa.select(*_PAPER)
            .where(_D.reading.is_(None), _D.sha256.in_(waiting))
            .order_by(_D.checked_at, _D.sha256)
            .limit(limit)
        )
        return [_paper(row) for row in self._c.execute(query).mappings()]

    def uses(self, sha256: str) -> list[ports.FileUse]:
        return [
            ports.FileUse(name, media_type, size, company, customer, bool(draft), bool(given))
            for name, media_type, size, company, customer, draft, given in run(
                self._c, _USES, *(sha256,) * 4
            )
        ]

    def named(self) -> dict[str, str]:
        return {row[0]: row[1] for row in run(self._c, _NAMED)}


def _number(page: int, *, small: bool) -> int:
    return -page if small else page


def _paper(row: Mapping[Any, Any]) -> Paper:
    return Paper.model_validate({**row, "removed": tuple(json.loads(row["removed"]))})
