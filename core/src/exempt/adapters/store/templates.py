"""The words of mails as somebody wrote them, version by version."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import web_tables as w
from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import lock, run
from exempt.model.messages import Purpose
from exempt.services import request_ports as ports
from exempt.services.request_ports import TemplateRow

_SELECT = (
    "SELECT id, company_id, purpose, version, subject, text, made_at, made_by FROM mail_template"
    " WHERE purpose = ? AND {} ORDER BY version DESC"
)


class Templates(ports.Templates):
    """The words of mails."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def newest(self, purpose: Purpose, company_id: int | None) -> TemplateRow | None:
        own = self.versions(purpose, company_id)[:1]
        of_all = [] if own or company_id is None else self.versions(purpose, None)[:1]
        return next(iter(own + of_all), None)

    def versions(self, purpose: Purpose, company_id: int | None) -> list[TemplateRow]:
        if company_id is None:
            rows = run(self._c, _SELECT.format("company_id IS NULL"), purpose.value)
        else:
            rows = run(self._c, _SELECT.format("company_id = ?"), purpose.value, company_id)
        return [_template(row) for row in rows]

    def add(  # noqa: PLR0917 - what a version is
        self,
        purpose: Purpose,
        company_id: int | None,
        subject: str,
        text: str,
        at: dt.datetime,
        by: str,
    ) -> TemplateRow:
        lock(self._c, "mail templates")  # else two could be of one number
        before = self.versions(purpose, company_id)[:1]
        made = sa.insert(w.mail_template).values(
            company_id=company_id,
            purpose=purpose.value,
            version=before[0].version + 1 if before else 1,
            subject=subject,
            text=text,
            made_at=at,
            made_by=by,
        )
        self._c.execute(made)
        return self.versions(purpose, company_id)[0]


def _template(row: Any) -> TemplateRow:
    template_id, company_id, purpose, version, subject, text, made_at, made_by = row
    return TemplateRow(
        template_id, company_id, Purpose(purpose), version, subject, text, moment(made_at), made_by
    )
