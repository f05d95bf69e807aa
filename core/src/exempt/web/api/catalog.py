"""Who calls, the seller's companies, and its connections."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Path

from exempt.model.access import Right
from exempt.services import health, scoped
from exempt.services.ports import Transaction
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Operations

operations = Operations("Around", "Whose key it is, companies and connections.")

CONNECTION_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class Me(Body):
    """Whose key it is.

    Attributes:
        name: As histories tell it.
        rights: What it may do.
        companies: The keys of the companies that it is for; null = all.
    """

    name: str
    rights: tuple[Right, ...]
    companies: tuple[str, ...] | None


class Company(Body):
    """A company of the seller's.

    Attributes:
        parent: The key of the one that it belongs to; null = to none.
    """

    key: str
    name: str
    parent: str | None


class CompanyList(Body):
    """The companies that the key is for, each after the one it belongs to."""

    data: tuple[Company, ...]


class Connection(Body):
    """An account of an outside system.

    Attributes:
        connector: Of which kind the system is.
        company: The key of the company whose account it is.
        capabilities: What can be done with it.
        paused_reason: Why nothing is done with it; null = it is at work.
        paused_by: Who paused it; null = an error did.
        read_at: When the daemon last read it to its end.
        owed: How many deliveries wait to be written to it, or to be tried again.
        dead: How many deliveries wait for a person.
    """

    name: str
    connector: str
    company: str
    capabilities: tuple[str, ...]
    paused_reason: str | None
    paused_by: str | None
    read_at: dt.datetime | None
    owed: int
    dead: int


class ConnectionList(Body):
    """The connections of the companies that the key is for, by name."""

    data: tuple[Connection, ...]


@operations.get("/me", None)
def get_me(call: Called) -> Me:
    """Whose key it is, and what it may do."""
    caller = call.caller
    with call.store.reading() as tx:
        keys = tuple(row.key for row in scoped.companies(tx, caller))
    return Me(
        name=caller.name,
        rights=tuple(right for right in Right if caller.may(right)),
        companies=None if caller.company_ids is None else keys,
    )


@operations.get("/companies", Right.READ)
def list_companies(call: Called) -> CompanyList:
    """List the seller's companies."""
    with call.store.reading() as tx:
        mine = scoped.companies(tx, call.caller)
    keys = {row.id: row.key for row in mine}
    return CompanyList(
        data=tuple(
            Company(key=row.key, name=row.name, parent=keys.get(row.parent_id or 0)) for row in mine
        )
    )


@operations.get("/connections", Right.READ)
def list_connections(call: Called) -> ConnectionList:
    """List the connections, with how each does."""
    with call.store.reading() as tx:
        return ConnectionList(data=tuple(_connections(call, tx)))


@operations.get("/connections/{name}", Right.READ, 404)
def get_connection(call: Called, name: Annotated[str, Path(pattern=CONNECTION_NAME)]) -> Connection:
    """One connection, and how it does."""
    with call.store.reading() as tx:
        found = [one for one in _connections(call, tx) if one.name == name]
    if not found:
        raise scoped.none_such(f"connection {name}")
    return found[0]


def _connections(call: Call, tx: Transaction) -> list[Connection]:
    keys = {row.id: row.key for row in scoped.companies(tx, call.caller)}
    states = {one.name: one for one in health.now(tx)}
    return [
        Connection(
            name=row.name,
            connector=row.connector,
            company=keys[row.company_id],
            capabilities=tuple(sorted(row.capabilities)),
            paused_reason=row.paused_reason,
            paused_by=row.paused_by,
            read_at=states[row.name].read_at,
            owed=states[row.name].owed,
            dead=states[row.name].dead,
        )
        for row in scoped.connections(tx, call.caller)
    ]
