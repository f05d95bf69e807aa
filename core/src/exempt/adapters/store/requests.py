"""Requests for certificates, and notices that some end."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.history import note
from exempt.model.messages import Bounce, Purpose
from exempt.model.requesting import RequestState
from exempt.rules.request_states import OVER, STANDING, WAITS_FOR_CUSTOMER
from exempt.services import request_ports as ports
from exempt.services.request_ports import PLAIN, Asking, MailRow, RequestFilter, RequestPage
from exempt.services.request_ports import RequestRow as Row
from exempt.services.rows import ConnectionRow, DeliveryState


def _in(states: Collection[RequestState]) -> str:
    names = ", ".join(f"'{state.value}'" for state in sorted(states))
    return f"r.state IN ({names})"


_MAIL_OF_R = (
    "SELECT {} FROM delivery d WHERE d.connection_id IN (SELECT id FROM connection)"
    " AND d.target = 'mail' AND d.external_id = CAST(r.id AS TEXT)"
)
_WENT_OUT = "(d.state = 'sent' OR d.outcome = 'unknown')"
_MAILED = f"EXISTS ({_MAIL_OF_R.format(1)} AND {_WENT_OUT})"
_NOT_ANSWERED = f"({_in(WAITS_FOR_CUSTOMER)} AND r.expires_at IS NOT NULL AND r.expires_at <= ?)"
_ASKED = (
    f"r.purpose = 'request' AND {_in(STANDING)} AND r.bounced_at IS NULL AND NOT {_NOT_ANSWERED}"
)
_STATE = f"CASE WHEN {_NOT_ANSWERED} THEN 'expired' ELSE r.state END"
_FROM = (
    " FROM request r JOIN customer c ON c.id = r.customer_id JOIN company m ON m.id = c.company_id"
)
_REQUESTS = (
    "SELECT r.id, r.customer_id, c.name, r.recipient, r.jurisdictions, r.state, r.created_at,"
    f" CASE WHEN r.state = 'withdrawn' THEN ({_MAIL_OF_R.format('max(d.message)')}) END, r.purpose,"
    f" ({_MAIL_OF_R.format('count(*)')} AND {_WENT_OUT}), r.expiration_date, r.ends, r.bounce,"
    " r.bounced_at, c.company_id, m.name, r.reasons, r.message, r.made_by, r.way, r.own_recipient,"
    f" r.expires_at, r.opened_at, r.submitted_at, r.closed_at, r.closed_by{_FROM}"
)


class Requests(ports.Requests):
    """Requests for certificates, and notices that some end."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(
        self,
        customer_id: int,
        recipient: str,
        jurisdictions: Sequence[str],
        at: dt.datetime,
        *,
        ends: Sequence[tuple[str, dt.date]] = (),
        asking: Asking = PLAIN,
    ) -> int:
        purpose = asking.purpose or (Purpose.EXPIRY if ends else Purpose.REQUEST)
        request_id = self._c.execute(
            sa.insert(t.request)
            .values(
                customer_id=customer_id,
                recipient=recipient,
                jurisdictions=json.dumps(list(jurisdictions)),
                state=RequestState.NOT_OPENED.value,
                created_at=at,
                purpose=purpose.value,
                expiration_date=min((day for _, day in ends), default=None),
                ends=json.dumps([(place, f"{day}") for place, day in ends]) if ends else None,
                reasons=json.dumps(list(asking.reasons)),
                message=asking.message,
                made_by=asking.made_by,
                way=asking.way.value,
                own_recipient=asking.own_recipient,
            )
            .returning(t.request.c.id)
        ).scalar_one()
        return int(request_id)

    def get(self, request_id: int) -> Row | None:
        return next(iter(self.find([request_id])), None)

    def find(self, request_ids: Collection[int]) -> list[Row]:
        sql = f"{_REQUESTS} WHERE {one_of(self._c, 'r.id')}"
        rows = run(self._c, sql, many(self._c, list(request_ids)))
        by_id = {row.id: row for row in map(_request, rows)}
        return [by_id[each] for each in request_ids if each in by_id]

    def readdress(self, request_id: int, recipient: str) -> None:
        run(self._c, "UPDATE request SET recipient = ? WHERE id = ?", recipient, request_id)

    def redirect(self, request_id: int, recipient: str, *, own: bool) -> None:
        sql = (
            "UPDATE request SET recipient = ?, own_recipient = ?, bounce = NULL, bounced_at = NULL"
            " WHERE id = ?"
        )
        run(self._c, sql, recipient, own, request_id)

    def withdraw(self, request_id: int) -> None:
        sql = (
            "UPDATE request AS r SET state = 'withdrawn' WHERE r.id = ? AND r.way = 'mail'"  # noqa: S608
            f" AND r.state = 'not_opened' AND NOT {_MAILED}"
        )
        run(self._c, sql, request_id)

    def move(
        self, request: Row, to: RequestState, at: dt.datetime, *, by: str | None = None
    ) -> bool:
        r = t.request.c
        values: dict[str, Any] = {"state": to.value}
        if to is RequestState.OPENED:
            values["opened_at"] = at
        elif to is RequestState.SUBMITTED:
            values["submitted_at"] = at
        elif to in OVER:
            values |= {"closed_at": at, "closed_by": by}
        moved = self._c.execute(
            sa.update(t.request).where(r.id == request.id, r.state == request.state).values(values)
        )
        return moved.rowcount > 0

    def works_until(self, request_id: int, until: dt.datetime) -> None:
        sql = (
            "UPDATE request SET expires_at = ? WHERE id = ?"
            " AND (expires_at IS NULL OR expires_at < ?)"
        )
        run(self._c, sql, micros(until), request_id, micros(until))

    def mailed(self, customer_id: int, at: dt.datetime, *, but: int) -> set[str]:
        test = f"{_ASKED} AND {_MAILED} AND r.customer_id = ? AND r.id <> ?"
        found = self._states(test, micros(at), customer_id, but)
        return {*found.get(customer_id, ())}

    def places(self, customer_ids: Collection[int], at: dt.datetime) -> dict[int, tuple[str, ...]]:
        dead = f"EXISTS ({_MAIL_OF_R.format(1)} AND d.state = 'dead')"
        test = f"{_ASKED} AND {one_of(self._c, 'r.customer_id')} AND ({_MAILED} OR NOT {dead})"
        return self._states(test, micros(at), many(self._c, sorted(customer_ids)))

    def _states(self, test: str, *parameters: Any) -> dict[int, tuple[str, ...]]:
        """The states of requests, by customer."""
        found: dict[int, tuple[str, ...]] = {}
        sql = f"SELECT r.customer_id, r.jurisdictions FROM request r WHERE {test}"  # noqa: S608
        for customer_id, places in run(self._c, sql, *parameters):
            found[customer_id] = (*found.get(customer_id, ()), *json.loads(places))
        return found

    def came_back(
        self, connection: ConnectionRow, bounces: Collection[Bounce], at: dt.datetime
    ) -> int:
        return sum(self._came_back(connection, bounce, at) for bounce in bounces)

    def _came_back(self, connection: ConnectionRow, bounce: Bounce, at: dt.datetime) -> bool:
        # The key is the first field of what is wanted; a column for it would serve this alone.
        begins = f'{{"key":"{bounce.key}"'
        sql = (
            "SELECT r.id, r.customer_id, r.recipient FROM delivery d JOIN request r"
            " ON d.external_id = CAST(r.id AS TEXT) WHERE d.connection_id = ? AND d.target = 'mail'"
            " AND substr(d.wanted, 1, ?) = ? AND r.bounced_at IS NULL"
        )
        rows = run(self._c, sql, connection.id, len(begins), begins)
        said = ": ".join(filter(None, (bounce.status, bounce.reason))) or "no reason given"
        for request_id, customer_id, recipient in rows:
            since = micros(at) if bounce.permanent else None
            sql = "UPDATE request SET bounce = ?, bounced_at = ? WHERE id = ?"
            run(self._c, sql, said, since, request_id)
            if bounce.permanent:
                sql = "UPDATE customer SET bounced_email = ? WHERE id = ?"
                run(self._c, sql, recipient, customer_id)
                told = f"mail to {recipient} came back: {said}"
                note(
                    self._c,
                    [("customer", customer_id, "email", None, told, micros(at), connection.name)],
                )
        return bool(rows)

    def of(self, customer_ids: Collection[int]) -> list[Row]:
        sql = f"{_REQUESTS} WHERE {one_of(self._c, 'r.customer_id')} ORDER BY r.id"
        rows = run(self._c, sql, many(self._c, sorted(customer_ids)))
        return [_request(row) for row in rows]

    def mails(self, request_ids: Collection[int]) -> dict[int, list[MailRow]]:
        sql = (
            "SELECT external_id, connection_id, version, state, outcome, created_at, done_at"  # noqa: S608
            " FROM delivery WHERE connection_id IN (SELECT id FROM connection)"
            f" AND target = 'mail' AND {one_of(self._c, 'external_id')} ORDER BY version, id"
        )
        found: dict[int, list[MailRow]] = {}
        for row in run(self._c, sql, many(self._c, [str(each) for each in request_ids])):
            found.setdefault(int(row[0]), []).append(_mail(row))
        return found

    def told(self, on: dt.date) -> dict[int, tuple[str, ...]]:
        day = dt.datetime.combine(on, dt.time(), dt.UTC)
        test = (
            "r.purpose = 'expiry'"
            f" AND EXISTS ({_MAIL_OF_R.format(1)} AND (d.state = 'pending' OR {_WENT_OUT})"
            " AND coalesce(d.done_at, d.created_at) >= ? AND coalesce(d.done_at, d.created_at) < ?)"
        )
        return self._states(test, micros(day), micros(day + dt.timedelta(days=1)))

    def all(self, company_ids: Collection[int] | None = None) -> list[Row]:
        just, parameters = self._of_companies(company_ids)
        rows = run(self._c, f"{_REQUESTS} WHERE {just} ORDER BY r.id", *parameters)
        return [_request(row) for row in rows]

    def unfinished(self, customer_ids: Collection[int] | None = None) -> list[Row]:
        just, parameters = f"NOT {_in(OVER)}", []
        if customer_ids is not None:
            just += f" AND {one_of(self._c, 'r.customer_id')}"
            parameters = [many(self._c, sorted(customer_ids))]
        rows = run(self._c, f"{_REQUESTS} WHERE {just} ORDER BY r.id", *parameters)
        return [_request(row) for row in rows]

    def page(self, filters: RequestFilter, at: dt.datetime) -> RequestPage:
        tests, parameters = self._chosen(filters)
        counted = run(
            self._c,
            f"SELECT {_STATE} AS stands, count(*){_FROM} WHERE {tests} GROUP BY stands",
            micros(at),
            *parameters,
        )
        counts = {RequestState(state): count for state, count in counted}
        if filters.states:
            tests += f" AND {one_of(self._c, f'({_STATE})')}"
            states = many(self._c, sorted(state.value for state in filters.states))
            parameters += [micros(at), states]
        sql = f"{_REQUESTS} WHERE {tests} ORDER BY r.id DESC LIMIT ? OFFSET ?"
        rows = run(self._c, sql, *parameters, filters.limit, filters.offset)
        return RequestPage([_request(row) for row in rows], counts)

    def _chosen(self, filters: RequestFilter) -> tuple[str, list[Any]]:
        tests, parameters = self._of_companies(filters.company_ids)
        if filters.customer_id is not None:
            tests += " AND r.customer_id = ?"
            parameters.append(filters.customer_id)
        if words := filters.words.strip():
            like = f"%{_escaped(words.casefold())}%"
            names = ("c.name_key", "c.number_key", "lower(r.recipient)")
            either = " OR ".join(f"{name} LIKE ? ESCAPE '!'" for name in names)
            tests += f" AND ({either})"
            parameters += [like, like, like]
        return tests, parameters

    def _of_companies(self, company_ids: Collection[int] | None) -> tuple[str, list[Any]]:
        if company_ids is None:
            return "1 = 1", []
        return one_of(self._c, "c.company_id"), [many(self._c, sorted(company_ids))]


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _request(row: Any) -> Row:
    request_id, customer_id, name, recipient, places, state, made_at, why, *rest = row
    purpose, mails, first_end, ends, bounce, bounced_at, company_id, company, *asking = rest
    reasons, message, made_by, way, own_recipient, *moments, closed_by = asking
    expires_at, opened_at, submitted_at, closed_at = map(_moment, moments)
    return Row(
        request_id,
        customer_id,
        name,
        recipient,
        tuple(json.loads(places)),
        state,
        moment(made_at),
        why,
        purpose,
        mails,
        first_end and dt.date.fromisoformat(first_end),
        tuple((place, dt.date.fromisoformat(day)) for place, day in json.loads(ends or "[]")),
        bounce,
        _moment(bounced_at),
        company_id,
        company,
        tuple(json.loads(reasons)),
        message,
        made_by,
        way,
        bool(own_recipient),
        expires_at,
        opened_at,
        submitted_at,
        closed_at,
        closed_by,
    )


def _moment(value: int | None) -> dt.datetime | None:
    return None if value is None else moment(value)


def _mail(row: Any) -> MailRow:
    external_id, connection_id, version, state, outcome, owed_at, done_at = row
    return MailRow(
        int(external_id),
        connection_id,
        version,
        DeliveryState(state),
        outcome,
        moment(owed_at),
        _moment(done_at),
    )
