"""What is owed to outside systems, and requests to customers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run, run_many
from exempt.adapters.store.history import note
from exempt.adapters.store.jobs import Jobs
from exempt.model.messages import Bounce
from exempt.model.pushing import Outcome
from exempt.services import delivery_ports as ports
from exempt.services.delivery_ports import MailRow
from exempt.services.job_ports import JobKind
from exempt.services.rows import (
    ConnectionRow,
    Delivery,
    DeliveryState,
    DeliveryTarget,
    RequestRow,
)

COLUMNS = (
    "id, connection_id, target, external_id, version, wanted, state, attempts, due_at, outcome,"
    " message, done_at"
)


class Deliveries(ports.Deliveries):
    """What is owed."""

    def __init__(self, connection: sa.Connection, jobs: Jobs) -> None:
        self._c = connection
        self._jobs = jobs

    def last(
        self, connection_id: int, target: DeliveryTarget, external_ids: Collection[str]
    ) -> dict[str, Delivery]:
        sql = (
            f"SELECT {COLUMNS} FROM delivery WHERE connection_id = ? AND target = ?"  # noqa: S608
            f" AND {one_of(self._c, 'external_id')} ORDER BY version"
        )
        rows = run(self._c, sql, connection_id, target.value, many(self._c, list(external_ids)))
        return {row[3]: delivery_of(row) for row in rows}

    def owe(
        self,
        connection_id: int,
        target: DeliveryTarget,
        wanted: Sequence[tuple[str, int, str]],
        at: dt.datetime,
    ) -> None:
        now = micros(at)
        self.withdraw(connection_id, target, [external_id for external_id, _, _ in wanted], at)
        run_many(
            self._c,
            "INSERT INTO delivery (connection_id, target, external_id, version, wanted, state,"
            " attempts, due_at, created_at) VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?)",
            [
                (connection_id, target.value, external_id, version, text, now, now)
                for external_id, version, text in wanted
            ],
        )
        if wanted:
            mail = target is DeliveryTarget.MAIL
            self._jobs.ask(JobKind.MAIL if mail else JobKind.PUSH, connection_id)

    def withdraw(
        self,
        connection_id: int,
        target: DeliveryTarget,
        external_ids: Sequence[str],
        at: dt.datetime,
        *,
        why: str | None = None,
    ) -> None:
        if external_ids:
            sql = (
                "UPDATE delivery SET state = 'superseded', done_at = ?,"  # noqa: S608
                " message = coalesce(?, message) WHERE connection_id = ?"
                " AND target = ? AND state IN ('pending', 'dead')"
                f" AND {one_of(self._c, 'external_id')}"
            )
            ids = many(self._c, external_ids)
            run(self._c, sql, micros(at), why, connection_id, target.value, ids)

    def due(
        self, connection_id: int, targets: Collection[DeliveryTarget], at: dt.datetime, limit: int
    ) -> list[Delivery]:
        sql = (
            f"SELECT {COLUMNS} FROM delivery WHERE connection_id = ? AND state = 'pending'"  # noqa: S608
            f" AND due_at <= ? AND {one_of(self._c, 'target')} ORDER BY due_at, id LIMIT ?"
        )
        names = many(self._c, [target.value for target in targets])
        return [
            delivery_of(row) for row in run(self._c, sql, connection_id, micros(at), names, limit)
        ]

    def next_due(
        self, connection_id: int, targets: Collection[DeliveryTarget]
    ) -> dt.datetime | None:
        sql = (
            "SELECT min(due_at) FROM delivery WHERE connection_id = ? AND state = 'pending'"  # noqa: S608
            f" AND {one_of(self._c, 'target')}"
        )
        names = many(self._c, [target.value for target in targets])
        first = run(self._c, sql, connection_id, names)[0][0]
        return None if first is None else moment(first)

    def mark(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        outcome: str,
        message: str,
        at: dt.datetime,
        due_at: dt.datetime | None = None,
    ) -> None:
        """A delivery that was superseded meanwhile stays so: what took its place is owed."""
        # Past SQLAlchemy's compiler: it would take half the time of a push.
        run(
            self._c,
            "UPDATE delivery SET state = ?, outcome = ?, message = ?, attempts = attempts + 1,"
            " due_at = ?, done_at = ? WHERE id = ? AND state = 'pending'",
            state.value,
            outcome,
            message,
            micros(due_at or delivery.due_at),
            None if state is DeliveryState.PENDING else micros(at),
            delivery.id,
        )

    def maybe_sent(self, delivery: Delivery, *, sent: bool = True) -> bool:
        d = t.delivery.c
        marked = self._c.execute(
            sa.update(t.delivery)
            .where(d.id == delivery.id, d.state == DeliveryState.PENDING.value)
            .values(outcome=Outcome.UNKNOWN.value if sent else delivery.outcome)
        )
        return marked.rowcount > 0

    def reword(self, delivery: Delivery, wanted: str) -> None:
        sql = "UPDATE delivery SET wanted = ? WHERE id = ? AND state = 'pending'"
        run(self._c, sql, wanted, delivery.id)

    def dead(self) -> list[tuple[str, Delivery]]:
        columns = ", ".join(f"d.{column.strip()}" for column in COLUMNS.split(","))
        sql = (
            f"SELECT {columns}, n.name FROM delivery d JOIN connection n ON n.id = d.connection_id"  # noqa: S608
            " WHERE d.state = 'dead' ORDER BY d.id"
        )
        return [(row[-1], delivery_of(row[:-1])) for row in run(self._c, sql)]


def delivery_of(row: Any) -> Delivery:
    """The delivery in a row of `COLUMNS`."""
    return Delivery(
        id=row[0],
        connection_id=row[1],
        target=DeliveryTarget(row[2]),
        external_id=row[3],
        version=row[4],
        wanted=row[5],
        state=DeliveryState(row[6]),
        attempts=row[7],
        due_at=moment(row[8]),
        outcome=row[9],
        message=row[10],
        done_at=None if row[11] is None else moment(row[11]),
    )


_MAIL_OF_R = (
    "SELECT {} FROM delivery d WHERE d.connection_id IN (SELECT id FROM connection)"
    " AND d.target = 'mail' AND d.external_id = CAST(r.id AS TEXT)"
)
_WENT_OUT = "(d.state = 'sent' OR d.outcome = 'unknown')"
_MAILED = f"EXISTS ({_MAIL_OF_R.format(1)} AND {_WENT_OUT})"
_REQUESTS = (
    "SELECT r.id, r.customer_id, c.name, r.recipient, r.jurisdictions, r.state, r.created_at,"  # noqa: S608
    f" CASE WHEN r.state = 'withdrawn' THEN ({_MAIL_OF_R.format('max(d.message)')}) END, r.purpose,"
    f" ({_MAIL_OF_R.format('count(*)')} AND {_WENT_OUT}), r.expiration_date, r.ends, r.bounce,"
    " r.bounced_at"
    " FROM request r JOIN customer c ON c.id = r.customer_id"
)


def asked_for(connection: sa.Connection) -> dict[int, tuple[str, ...]]:
    """For which states a request to each customer is open."""
    return _states(
        connection,
        f"r.purpose = 'request' AND r.state <> 'withdrawn' AND r.bounced_at IS NULL AND ({_MAILED}"
        f" OR NOT EXISTS ({_MAIL_OF_R.format(1)} AND d.state = 'dead'))",
    )


def _states(connection: sa.Connection, test: str, *parameters: int) -> dict[int, tuple[str, ...]]:
    """The states of requests, by customer."""
    found: dict[int, tuple[str, ...]] = {}
    sql = f"SELECT r.customer_id, r.jurisdictions FROM request r WHERE {test}"  # noqa: S608
    for customer_id, places in run(connection, sql, *parameters):
        found[customer_id] = (*found.get(customer_id, ()), *json.loads(places))
    return found


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
    ) -> int:
        request_id = self._c.execute(
            sa.insert(t.request)
            .values(
                customer_id=customer_id,
                recipient=recipient,
                jurisdictions=json.dumps(list(jurisdictions)),
                state="not_opened",
                created_at=at,
                purpose="expiry" if ends else "request",
                expiration_date=min((day for _, day in ends), default=None),
                ends=json.dumps([(place, f"{day}") for place, day in ends]) if ends else None,
            )
            .returning(t.request.c.id)
        ).scalar_one()
        return int(request_id)

    def get(self, request_id: int) -> RequestRow | None:
        rows = run(self._c, f"{_REQUESTS} WHERE r.id = ?", request_id)
        return next(map(_request, rows), None)

    def readdress(self, request_id: int, recipient: str) -> None:
        run(self._c, "UPDATE request SET recipient = ? WHERE id = ?", recipient, request_id)

    def withdraw(self, request_id: int) -> None:
        sql = f"UPDATE request AS r SET state = 'withdrawn' WHERE r.id = ? AND NOT {_MAILED}"  # noqa: S608
        run(self._c, sql, request_id)

    def mailed(self, customer_id: int) -> set[str]:
        test = f"r.purpose = 'request' AND r.customer_id = ? AND r.bounced_at IS NULL AND {_MAILED}"
        found = _states(self._c, test, customer_id)
        return {*found.get(customer_id, ())}

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

    def places(self, customer_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        asked = asked_for(self._c)
        return {each: asked[each] for each in customer_ids if each in asked}

    def of(self, customer_ids: Collection[int]) -> list[RequestRow]:
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
        return _states(self._c, test, micros(day), micros(day + dt.timedelta(days=1)))

    def all(self, company_ids: Collection[int] | None = None) -> list[RequestRow]:
        just, parameters = "", []
        if company_ids is not None:
            just = f" WHERE {one_of(self._c, 'c.company_id')}"
            parameters = [many(self._c, sorted(company_ids))]
        rows = run(self._c, f"{_REQUESTS}{just} ORDER BY r.id", *parameters)
        return [_request(row) for row in rows]


def _request(row: Any) -> RequestRow:
    request_id, customer_id, name, recipient, places, state, made_at, why, *rest = row
    purpose, mails, first_end, ends, bounce, bounced_at = rest
    return RequestRow(
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
        None if bounced_at is None else moment(bounced_at),
    )


def _mail(row: Any) -> MailRow:
    external_id, connection_id, version, state, outcome, owed_at, done_at = row
    return MailRow(
        int(external_id),
        connection_id,
        version,
        DeliveryState(state),
        outcome,
        moment(owed_at),
        None if done_at is None else moment(done_at),
    )
