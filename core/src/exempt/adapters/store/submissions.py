"""What customers send in through the portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store import web_tables as w
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import many, one_of, run
from exempt.model.requesting import (
    Answers,
    Signature,
    Submission,
    SubmissionState,
    SubmissionWay,
    SubmittedFile,
)
from exempt.services import submission_ports as ports
from exempt.services.submission_ports import SubmissionView

_S = w.submission.c
_F = w.submission_file.c
_DRAFT, _WAITING = SubmissionState.DRAFT.value, SubmissionState.WAITING.value
_FIELDS = tuple(SubmittedFile.model_fields)


class Submissions(ports.Submissions):
    """Drafts, what waits for review, and what was reviewed."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def start(self, request_id: int, customer_id: int, way: SubmissionWay, at: dt.datetime) -> int:
        made = sa.insert(w.submission).values(
            request_id=request_id,
            customer_id=customer_id,
            state=_DRAFT,
            way=way.value,
            made_at=at,
            saved_at=at,
        )
        return int(self._c.execute(made.returning(_S.id)).scalar_one())

    def get(self, submission_id: int) -> Submission | None:
        return next(iter(self._select(_S.id == submission_id)), None)

    def views(self, submission_ids: Collection[int]) -> list[SubmissionView]:
        by_id = {view.submission.id: view for view in self._views(_S.id.in_(submission_ids))}
        return [by_id[each] for each in submission_ids if each in by_id]

    def of_requests(self, request_ids: Collection[int]) -> list[Submission]:
        return self._select(_S.request_id.in_(request_ids))

    def of_customers(self, customer_ids: Collection[int]) -> list[Submission]:
        return self._select(_S.customer_id.in_(customer_ids))

    def of_certificate(self, certificate_id: int) -> Submission | None:
        return next(iter(self._select(_S.certificate_id == certificate_id)), None)

    def save(
        self,
        submission_id: int,
        way: SubmissionWay,
        answers: Answers,
        at: dt.datetime,
        *,
        seen: int,
    ) -> bool:
        values = {"way": way.value, "answers": answers.model_dump_json(), "version": seen + 1}
        return self._move(submission_id, _DRAFT, at, seen=seen, **values)

    def add_file(self, submission_id: int, file: SubmittedFile) -> int | None:
        if not self._move(submission_id, _DRAFT, file.added_at):
            return None
        values = file.model_dump(exclude={"id"})
        made = sa.insert(w.submission_file).values(submission_id=submission_id, **values)
        return int(self._c.execute(made.returning(_F.id)).scalar_one())

    def drop_file(self, submission_id: int, file_id: int) -> bool:
        drafts = sa.select(_S.id).where(_S.id == submission_id, _S.state == _DRAFT)
        gone = sa.delete(w.submission_file).where(_F.id == file_id, _F.submission_id.in_(drafts))
        return self._c.execute(gone).rowcount == 1

    def submit(
        self,
        submission_id: int,
        certificate_id: int,
        signature: Signature | None,
        at: dt.datetime,
        *,
        seen: int,
    ) -> bool:
        return self._move(
            submission_id,
            _DRAFT,
            at,
            seen=seen,
            state=_WAITING,
            certificate_id=certificate_id,
            signature=signature.model_dump_json() if signature else None,
            submitted_at=at,
        )

    def discard(self, submission_id: int, at: dt.datetime) -> bool:
        return self._move(submission_id, _DRAFT, at, state=SubmissionState.WITHDRAWN.value)

    def reviewed(
        self, submission_id: int, state: SubmissionState, at: dt.datetime, by: str
    ) -> bool:
        return self._move(
            submission_id, _WAITING, None, state=state.value, reviewed_at=at, reviewed_by=by
        )

    def _move(
        self,
        submission_id: int,
        was: str,
        saved_at: dt.datetime | None,
        *,
        seen: int | None = None,
        **values: Any,
    ) -> bool:
        """Change one that *was* in this state, and at the version *seen*; False when it is not."""
        moved = sa.update(w.submission).where(_S.id == submission_id, _S.state == was)
        if seen is not None:
            moved = moved.where(_S.version == seen)
        if saved_at is not None:
            values["saved_at"] = saved_at
        return self._c.execute(moved.values(**values)).rowcount == 1

    def waiting(
        self,
        company_ids: Collection[int] | None = None,
        *,
        after: tuple[dt.datetime, int] | None = None,
        limit: int = 100,
    ) -> list[SubmissionView]:
        which = [_S.state == _WAITING, *_of_companies(company_ids)]
        if after is not None:
            moment, submission_id = after
            later = sa.or_(
                _S.submitted_at > moment,
                sa.and_(_S.submitted_at == moment, _S.id > submission_id),
            )
            which.append(later)
        return self._views(*which, limit=limit)

    def count_waiting(self, company_ids: Collection[int] | None = None) -> int:
        counted = sa.select(sa.func.count()).select_from(
            w.submission.join(t.customer, t.customer.c.id == _S.customer_id)
        )
        which = counted.where(_S.state == _WAITING, *_of_companies(company_ids))
        return int(self._c.scalar(which) or 0)

    def unnoticed(self) -> list[SubmissionView]:
        return self._views(_S.state == _WAITING, _S.noticed_at.is_(None))

    def noticed(self, submission_ids: Sequence[int], at: dt.datetime) -> None:
        if submission_ids:
            sql = f"UPDATE submission SET noticed_at = ? WHERE {one_of(self._c, 'id')}"  # noqa: S608
            run(self._c, sql, micros(at), many(self._c, submission_ids))

    def _views(
        self, *which: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[SubmissionView]:
        query = (
            sa.select(
                _S.id,
                t.customer.c.name,
                t.customer.c.number,
                t.company.c.id.label("company_id"),
                t.company.c.name.label("company"),
            )
            .select_from(
                w.submission.join(t.customer, t.customer.c.id == _S.customer_id).join(
                    t.company, t.company.c.id == t.customer.c.company_id
                )
            )
            .where(*which)
            .order_by(_S.submitted_at, _S.id)
            .limit(limit)
        )
        rows = self._c.execute(query).all()
        of = {each.id: each for each in self._select(_S.id.in_([row.id for row in rows]))}
        return [
            SubmissionView(of[row.id], row.name, row.number, row.company_id, row.company)
            for row in rows
        ]

    def _select(self, which: sa.ColumnElement[bool]) -> list[Submission]:
        rows = self._c.execute(sa.select(w.submission).where(which).order_by(_S.id)).mappings()
        found = [dict(row) for row in rows]
        files: dict[int, list[SubmittedFile]] = {row["id"]: [] for row in found}
        query = sa.select(w.submission_file).where(_F.submission_id.in_(files)).order_by(_F.id)
        for row in self._c.execute(query).mappings() if files else ():
            file = SubmittedFile(**{name: row[name] for name in _FIELDS})
            files[row["submission_id"]].append(file)
        return [_submission(row, files[row["id"]]) for row in found]


def _of_companies(company_ids: Collection[int] | None) -> list[sa.ColumnElement[bool]]:
    return [] if company_ids is None else [t.customer.c.company_id.in_(company_ids)]


def _submission(row: dict[str, Any], files: Sequence[SubmittedFile]) -> Submission:
    signed = row["signature"]
    read = {
        "answers": Answers.model_validate_json(row["answers"]),
        "signature": Signature.model_validate_json(signed) if signed else None,
        "files": tuple(files),
    }
    return Submission(**{**row, **read})
