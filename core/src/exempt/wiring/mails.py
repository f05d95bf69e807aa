"""Write to customers: requests by hand, notices and reminders by hand or by the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

from exempt.adapters.connections.connection import OpenConnection
from exempt.errors import ExemptError, RefusedError
from exempt.model.checking import Capability
from exempt.services import bulk_requests, reminding, requests
from exempt.services.bulk_requests import Planned, Scope
from exempt.services.mailing import mail_due
from exempt.services.noticing import notify
from exempt.services.pull import Reading
from exempt.services.reminding import Notices, Reminded
from exempt.services.requests import Asked
from exempt.services.rows import ConnectionRow, DeliveryTarget
from exempt.services.sync import writing_name
from exempt.services.warning_mails import warn
from exempt.wiring import Exempt


class _Mailer(NamedTuple):
    row: ConnectionRow
    connection: OpenConnection


def ask(exempt: Exempt, only: Collection[int] | None = None) -> tuple[Asked, Counter[str]]:
    """Ask customers for missing certificates, and send the mails.

    Each company's mail goes through a connection of its own.

    Raises:
        RefusedError: No connection sends mail.
    """
    with _mailers(exempt) as mailers:
        through = _by_company(_some(exempt, mailers))
        asked = requests.ask(exempt.store, through, exempt.clock(), only=only, post=exempt.post)
        return asked, _send(exempt, mailers)


def remind(exempt: Exempt) -> tuple[Reminded, Counter[str]]:
    """Write the notices and reminders that are due today, and send them.

    Raises:
        RefusedError: No connection sends mail.
    """
    with _mailers(exempt) as mailers:
        through = _by_company(_some(exempt, mailers))
        done = reminding.remind(exempt.store, through, exempt.clock(), _notices(exempt))
        return done, _send(exempt, mailers)


@contextmanager
def mailing(exempt: Exempt) -> Iterator[Counter[str]]:
    """Make the connections that send mail known; after the block what is due goes out.

    Yields:
        What became of it, filled at the end.
    """
    outcomes: Counter[str] = Counter()
    with _mailers(exempt) as mailers:
        yield outcomes
        outcomes += _send(exempt, mailers)


def rehearse(exempt: Exempt) -> Reminded:
    """What `remind` would write, with nothing written; connections that are known stay closed."""
    store = exempt.store  # a new database gets its tables outside the rehearsal
    with store.rehearsing():
        _make_known(exempt)
        return remind_daily(exempt)


def look_bulk(exempt: Exempt, who: Scope) -> list[Planned]:
    """Whom a request to all would go to; connections that are known stay closed."""
    store = exempt.store
    with store.rehearsing():
        _make_known(exempt)
        return bulk_requests.plan(store, who, exempt.clock(), exempt.post)


def remind_daily(exempt: Exempt) -> Reminded:
    """Owe the notices and reminders that are due; the connections' own jobs send them."""
    if not exempt.post.enabled:
        return Reminded([], [], [], [])
    known = _known(exempt)
    rows = (known[name] for name in exempt.names() if name in known)
    through = _by_company(row for row in rows if Capability.REQUESTS in row.capabilities)
    return reminding.remind(exempt.store, through, exempt.clock(), _notices(exempt))


def _known(exempt: Exempt) -> dict[str, ConnectionRow]:
    with exempt.store.reading() as tx:
        return {row.name: row for row in tx.connections.all()}


def _make_known(exempt: Exempt) -> None:
    """Tell the store of connections that it does not know yet, as far as they can be opened."""
    for name in set(exempt.names()) - _known(exempt).keys():
        with suppress(ExemptError), closing(exempt.open(name)) as connection:
            exempt.register({name: connection})


def _notices(exempt: Exempt) -> Notices:
    daemon = exempt.settings.file.daemon
    return Notices(daemon.expiry_notices, daemon.reminders, exempt.post)


def _by_company(rows: Iterable[ConnectionRow]) -> Mapping[int, ConnectionRow]:
    """The first connection of each company."""
    return {row.company_id: row for row in reversed([*rows])}


def _some(exempt: Exempt, mailers: Collection[_Mailer]) -> Iterator[ConnectionRow]:
    if not mailers:
        msg = (
            f"{exempt.settings.path}: no connection sends mail: install exempt-mail-smtp and"
            " add one"
        )
        raise RefusedError(msg)
    return (mailer.row for mailer in mailers)


@contextmanager
def _mailers(exempt: Exempt) -> Iterator[list[_Mailer]]:
    """The connections that send mail, opened and known to the store."""
    opened = _open(exempt)
    try:
        rows = exempt.register(opened)
        yield [_Mailer(rows[name], connection) for name, connection in opened.items()]
    finally:
        for connection in opened.values():
            connection.close()


def _open(exempt: Exempt) -> dict[str, OpenConnection]:
    opened: dict[str, OpenConnection] = {}
    broken: ExemptError | None = None
    for name in exempt.names():
        try:
            connection = exempt.open(name)
        except ExemptError as error:
            broken = error
            continue
        if Capability.REQUESTS in connection.capabilities:
            opened[name] = connection
        else:
            connection.close()
    if broken is not None and not opened:
        raise broken
    return opened


def send_warnings(exempt: Exempt) -> None:
    """Send the mails of warnings of nexus that are due, if there are any.

    Raises:
        ConnectorError: They could not be sent; they stay owed.
    """
    with exempt.store.reading() as tx:
        due = [
            row.id
            for row in tx.connections.all()
            if tx.deliveries.next_due(row.id, (DeliveryTarget.WARNING,)) is not None
        ]
    if not due:
        return
    with _mailers(exempt) as mailers:
        for row, connection in mailers:
            if row.id in due and row.paused_by is None:
                reading = _reading(exempt, row, connection)
                with exempt.store.alone(writing_name(row)) as held:
                    if held:
                        warn(reading)


def _reading(exempt: Exempt, row: ConnectionRow, connection: OpenConnection) -> Reading:
    return Reading(
        exempt.store, row, connection, exempt.clock, policy=exempt.policy, post=exempt.post
    )


def _send(exempt: Exempt, mailers: Iterable[_Mailer]) -> Counter[str]:
    """Send what is due, unless a person paused it, or another run of it does that already."""
    outcomes: Counter[str] = Counter()
    for row, connection in mailers:
        if row.paused_by is None:
            reading = _reading(exempt, row, connection)
            with exempt.store.alone(writing_name(row)) as held:
                outcomes += mail_due(reading) if held else Counter()
                if held and exempt.settings.file.requests.staff_notices:
                    notify(reading)
                if held:
                    warn(reading)
    return outcomes
