"""Follow what a source says has changed: the records, their buyers, and what these are owed."""

from __future__ import annotations

import logging
from collections.abc import Collection

from exempt.errors import ConfigError, ConnectorError, TransientError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.services.owing import owe_customers
from exempt.services.pull import Reading, read_ids

_log = logging.getLogger("exempt.jobs")


def read_again(reading: Reading, stream: Stream, ids: tuple[str, ...]) -> None:
    """Read these records, decide what follows, and owe the source what it then lacks.

    A sale may be told of before its buyer: who is not known yet is read, too.

    Raises:
        ConnectorError: They cannot be read.
    """
    read_ids(reading, stream, ids)
    if stream is Stream.CUSTOMERS:
        _owe(reading, ids)
    elif stream is Stream.ORDERS:
        buyers = _buyers(reading, ids)
        _read_unknown(reading, buyers)
        _owe(reading, buyers)


def _buyers(reading: Reading, order_ids: tuple[str, ...]) -> set[str]:
    with reading.store.reading() as tx:
        orders = tx.sources.orders_by_id(reading.row.id, order_ids)
    return {order.record.customer_external_id for order in orders}


def _read_unknown(reading: Reading, buyers: Collection[str]) -> None:
    if Capability.CUSTOMERS not in reading.connection.capabilities:
        return
    with reading.store.reading() as tx:
        known = tx.sources.cards(reading.row.id, buyers)
    try:
        read_ids(reading, Stream.CUSTOMERS, tuple(sorted(set(buyers) - known.keys())))
    except (ConfigError, TransientError):
        raise
    except ConnectorError as error:  # their orders stay taxed, and are listed
        _log.warning("buyers could not be read: %s", error)


def _owe(reading: Reading, buyers: Collection[str]) -> None:
    at = reading.clock()
    with reading.store.writing() as tx:
        tx.alone([reading.row.company_id])
        cards = tx.sources.cards(reading.row.id, buyers)
        ids = {card.customer_id for card in cards.values()}
        owe_customers(tx, reading.row, at.date(), at, ids)
