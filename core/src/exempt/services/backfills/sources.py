"""Where the sales of a file are from: a source of its own, or a connection that lacks them."""

from __future__ import annotations

import re
from collections.abc import Collection

from exempt.errors import RefusedError
from exempt.model.checking import Capability
from exempt.services import companies
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow, ConnectionRow

CONNECTOR = "file"
"""What stands for a connector where there is none: nothing is read from it, or written to it."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def find_or_make(
    tx: Transaction, name: str | None, company: str | None, configured: Collection[str]
) -> ConnectionRow:
    """The source of that name.

    Args:
        tx: To write in.
        name: None = ``files``, and ``files-KEY`` where there are several companies.
        company: The key of its company; None = the only one, or the one it has.
        configured: The connections of the settings.

    Raises:
        RefusedError: It is no name, or that of a connection that was never
            read, shows no orders, or is another company's; or no company is named.
        NotFoundError: There is no such company.
    """
    rows = {row.name: row for row in tx.connections.all()}
    known = rows.get(name or "")
    if known is not None:
        return _of_that_company(tx, known, company)
    owner = companies.only_one(tx, company)
    chosen = name or _usual(tx, owner)
    if chosen in rows:
        return _of_that_company(tx, rows[chosen], owner.key)
    if not _NAME.fullmatch(chosen):
        msg = f"source {chosen}: write small letters, digits, _ and -, 63 at most"
        raise RefusedError(msg)
    if chosen in configured:
        msg = f"source {chosen}: was never read: run exempt sync {chosen} first"
        raise RefusedError(msg)
    return tx.connections.register(chosen, CONNECTOR, owner.key, ())


def _usual(tx: Transaction, owner: CompanyRow) -> str:
    alone = len(tx.cards.companies()) == 1
    return "files" if alone else f"files-{owner.key}"[:63]


def _of_that_company(tx: Transaction, row: ConnectionRow, company: str | None) -> ConnectionRow:
    if company is not None:
        owner = companies.find(tx.cards.companies(), company)
        if owner.id != row.company_id:
            msg = f"source {row.name}: is of another company than {company}: name another"
            raise RefusedError(msg)
    if not is_file(row) and Capability.ORDERS not in row.capabilities:
        msg = f"source {row.name}: is a connection that shows no orders: name another"
        raise RefusedError(msg)
    return row


def is_file(row: ConnectionRow) -> bool:
    """Whether only files bring its sales."""
    return row.connector == CONNECTOR
