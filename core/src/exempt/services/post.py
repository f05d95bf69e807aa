"""How customers are written to: what the settings say of links, and through which connections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.checking import Capability
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.rows import ConnectionRow


class Post(NamedTuple):
    """What mails and links are made by.

    Attributes:
        url: The public address of the site; None = there are no links.
        portal_url: Another place where customers may upload, told where there
            are no links.
        link_days: How long a link works.
        enabled: Whether customers are asked at all.
        contacts: By the key of a company: whom its customers may write to.
        senders: The connections of the settings, the first one first; None =
            all that are known, by name.
    """

    url: str | None = None
    portal_url: str | None = None
    link_days: int = 30
    enabled: bool = True
    contacts: Mapping[str, str] = {}
    senders: Collection[str] | None = None

    def refuse_unless_enabled(self) -> None:
        """Refuse to ask customers where that is switched off (A04).

        Raises:
            RefusedError: It is.
        """
        if not self.enabled:
            msg = "requests are switched off: set requests.enabled = true to ask customers"
            raise RefusedError(msg)


def mailers(tx: Transaction, post: Post) -> dict[int, ConnectionRow]:
    """By company: the first connection through which its mail goes."""
    known = {row.name: row for row in tx.connections.all() if sends(row)}
    names = known if post.senders is None else post.senders
    rows = [known[name] for name in names if name in known]
    return {row.company_id: row for row in reversed(rows)}


def mailer_of(tx: Transaction, request: RequestRow) -> ConnectionRow | None:
    """Through which connection the next mail of a request goes: that of the last one, if any."""
    known = {row.id: row for row in tx.connections.all() if sends(row)}
    for mail in reversed(tx.requests.mails([request.id]).get(request.id, ())):
        if mail.connection_id in known:
            return known[mail.connection_id]
    mine = (row for row in known.values() if row.company_id == request.company_id)
    return next(mine, None)


def sends(row: ConnectionRow) -> bool:
    """Whether mail goes out through a connection."""
    return Capability.REQUESTS in row.capabilities
