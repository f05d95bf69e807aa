"""Cards that look like one customer: pairs, without comparing each card with each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.customer_lists import CustomerLists
from exempt.adapters.store.database import many, one_of, run
from exempt.rules.likeness import ComparedCard
from exempt.rules.matching import Likeness, email_key, number_key, tax_id_key
from exempt.services import likeness_ports as ports
from exempt.services.likeness_ports import AlikePage, AlikeRow, DoublesFilter


class _Kind(NamedTuple):
    """A likeness in the tables.

    Attributes:
        column: The key that an index of the company's cards has.
        key: By what cards are alike, of a card ``c``.
        families: A billing customer and its ship-to customers count as one.
        next_one: Who is not the same as the oldest is compared with the next one, too.
    """

    column: str
    key: str
    families: bool
    next_one: bool


# As `rules.likeness.zip_key`.
_ZIP = (
    "nullif(CASE WHEN coalesce(c.address_country, 'US') = 'US'"
    " THEN substr(replace(c.address_postal_code, ' ', ''), 1, 5)"
    " ELSE upper(replace(c.address_postal_code, ' ', '')) END, '')"
)
_KINDS = {
    Likeness.NUMBER: _Kind("number_key", "c.number_key", families=False, next_one=True),
    Likeness.TAX_ID: _Kind("tax_id_key", "c.tax_id_key", families=True, next_one=True),
    Likeness.EMAIL: _Kind("email_key", "c.email_key", families=True, next_one=False),
    Likeness.NAME_AND_ZIP: _Kind(
        "name_key", f"c.name_key || ' ' || {_ZIP}", families=False, next_one=True
    ),
    Likeness.NAME: _Kind("name_key", "c.name_key", families=True, next_one=False),
}
_STRENGTH = {likeness: strength for strength, likeness in enumerate(_KINDS)}
_AGAIN = ", ".join(str(_STRENGTH[one]) for one, kind in _KINDS.items() if kind.next_one)

_TRIED = 20  # of the oldest, so that thousands of locations alike are not compared with each other

_APART = (
    "(EXISTS (SELECT 1 FROM not_same n WHERE n.low_id = {0} AND n.high_id = {1})"
    " OR EXISTS (SELECT 1 FROM ship_to_link l WHERE l.ship_to_id = {0} AND l.bill_to_id = {1})"
    " OR EXISTS (SELECT 1 FROM ship_to_link l WHERE l.ship_to_id = {1} AND l.bill_to_id = {0}))"
)
_FIRST = (
    # Of each family the oldest that is alike by something stands for it.
    "family AS (SELECT strength, company_id, likeness, min(id) AS id FROM member"
    " GROUP BY strength, company_id, likeness, family),"
    " card AS MATERIALIZED (SELECT strength, company_id, likeness, id,"
    " min(id) OVER alike AS low, row_number() OVER (alike ORDER BY id) AS place FROM family"
    " WINDOW alike AS (PARTITION BY strength, company_id, likeness))"
)
_JUDGED = (
    "judged AS MATERIALIZED (SELECT c.*, "  # noqa: S608
    f"{_APART.format('c.low', 'c.id')} AS apart FROM card c WHERE c.low < c.id)"
)
_PAIR = (
    "pair (strength, low, high) AS (SELECT strength, low, id FROM judged WHERE NOT apart"  # noqa: S608
    " UNION ALL SELECT j.strength, min(c.id), j.id FROM judged j"
    " JOIN card c ON c.strength = j.strength AND c.company_id = j.company_id"
    " AND c.likeness = j.likeness AND c.id < j.id"
    f" WHERE j.apart AND j.strength IN ({_AGAIN}) AND c.place <= {_TRIED}"
    f" AND NOT {_APART.format('c.id', 'j.id')} GROUP BY j.strength, j.likeness, j.id)"
)
_KEYS: Mapping[Likeness, Callable[[ComparedCard], str | None]] = {
    Likeness.NUMBER: lambda card: number_key(card.number),
    Likeness.TAX_ID: lambda card: tax_id_key(card.tax_id),
    Likeness.EMAIL: lambda card: email_key(card.email),
}
_CARD = (
    "SELECT c.id, m.key, c.name, c.number, c.tax_id, c.email, c.address_country,"
    " c.address_postal_code, EXISTS (SELECT 1 FROM ship_to_link l WHERE l.ship_to_id = c.id),"
    " (SELECT count(*) FROM source_customer s WHERE s.customer_id = c.id"
    " AND s.deleted_at IS NULL), (SELECT count(*) FROM certificate_customer k"
    " WHERE k.customer_id = c.id), c.company_id FROM customer c"
    " JOIN company m ON m.id = c.company_id WHERE "
)


class LookAlikes(CustomerLists, ports.LookAlikes):
    """Cards that look like one customer."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def pairs(self, filters: DoublesFilter) -> AlikePage:
        members, parameters = self._members(filters)
        limit = f" LIMIT {filters.limit:d} OFFSET {filters.offset:d}" if filters.limit else ""
        fits = ""
        if filters.words and (words := filters.words.strip()):
            test, *values = self._has_words(words)
            one = f"SELECT 1 FROM customer c WHERE c.id IN (low, high) AND {test}"  # noqa: S608
            fits = f" WHERE EXISTS ({one})"
            parameters += values
        sql = (
            f"WITH {members}, {_FIRST}, {_JUDGED}, {_PAIR}, listed AS MATERIALIZED"  # noqa: S608
            f" (SELECT low, high, min(strength) AS strength FROM pair{fits} GROUP BY low, high)"
            " SELECT t.total, p.low, p.high FROM (SELECT count(*) AS total FROM listed) t"
            f" LEFT JOIN (SELECT * FROM listed ORDER BY strength, low, high{limit}) p ON TRUE"
            " ORDER BY p.strength, p.low, p.high"
        )
        rows = run(self._c, sql, *parameters)
        return AlikePage(self._rows_of([(row[1], row[2]) for row in rows if row[1]]), rows[0][0])

    def _members(self, filters: DoublesFilter) -> tuple[str, list[Any]]:
        """Living cards that something is the same of, each with the customer that it belongs to."""
        just, parameters = "", []
        if filters.company_ids is not None:
            just = f" AND {one_of(self._c, 'company_id')}"
            parameters = [many(self._c, sorted(filters.company_ids))] * len(_KINDS)
        parts = []
        for likeness, (column, key, families, _) in _KINDS.items():
            # First by the index alone: of most cards nothing is the same.
            same = (
                f"SELECT company_id, {column} FROM customer WHERE {column} <> ''{just}"  # noqa: S608
                f" GROUP BY company_id, {column} HAVING count(*) > 1"
            )
            family = "coalesce(f.bill_to_id, c.id)" if families else "c.id"
            bill_tos = (
                " LEFT JOIN (SELECT ship_to_id, min(bill_to_id) AS bill_to_id FROM ship_to_link"
                " GROUP BY ship_to_id) f ON f.ship_to_id = c.id"
            )
            parts.append(
                f"SELECT {_STRENGTH[likeness]} AS strength, c.company_id, {key} AS likeness, c.id,"  # noqa: S608
                f" {family} AS family FROM ({same}) g JOIN customer c"
                f" ON c.company_id = g.company_id AND c.{column} = g.{column}"
                f"{bill_tos if families else ''} WHERE c.gone_at IS NULL AND {key} IS NOT NULL"
            )
        return f"member AS ({' UNION ALL '.join(parts)})", parameters

    def _rows_of(self, pairs: list[tuple[int, int]]) -> list[AlikeRow]:
        ids = sorted({each for pair in pairs for each in pair})
        rows = run(self._c, _CARD + one_of(self._c, "c.id"), many(self._c, ids))
        cards = {row[0]: ComparedCard(*row[:-1])._replace(is_ship_to=bool(row[8])) for row in rows}
        companies = {row[0]: row[-1] for row in rows}
        counts = self._counts(cards.values())
        return [
            AlikeRow(
                cards[low],
                cards[high],
                {
                    likeness: counts[companies[low], likeness, key]
                    for likeness, key_of in _KEYS.items()
                    if (key := key_of(cards[low])) and key == key_of(cards[high])
                },
            )
            for low, high in pairs
        ]

    def _counts(self, cards: Collection[ComparedCard]) -> dict[tuple[int, Likeness, str], int]:
        """How many living cards of each company have a number, tax ID or e-mail."""
        found = {}
        for likeness, key_of in _KEYS.items():
            column = _KINDS[likeness].column
            sql = (
                f"SELECT company_id, {column}, count(*) FROM customer WHERE gone_at IS NULL"  # noqa: S608
                f" AND {one_of(self._c, column)} GROUP BY company_id, {column}"
            )
            keys = sorted({key for card in cards if (key := key_of(card))})
            for company_id, key, count in run(self._c, sql, many(self._c, keys)):
                found[company_id, likeness, key] = count
        return found
