"""The states that goods of customers go to: by sources and by hand, else by their addresses."""

from __future__ import annotations

_OF_SOURCES = (
    "JOIN source_customer s ON s.customer_id = c.id AND s.deleted_at IS NULL"
    " JOIN ship_to t ON t.source_customer_id = s.id AND t.jurisdiction IS NOT NULL"
)
_NOTHING_SAID = (
    "c.ship_to AND c.address_country IS NOT NULL AND length(c.address_state) BETWEEN 1 AND 3"
    " AND NOT EXISTS (SELECT 1 FROM ship_to_zone z WHERE z.customer_id = c.id)"
    " AND NOT EXISTS (SELECT 1 FROM source_customer s JOIN ship_to t"
    " ON t.source_customer_id = s.id AND t.jurisdiction IS NOT NULL"
    " WHERE s.customer_id = c.id AND s.deleted_at IS NULL)"
)

GOODS_GO_TO = (
    (_OF_SOURCES, "t.jurisdiction", "TRUE"),
    ("JOIN ship_to_zone t ON t.customer_id = c.id", "t.jurisdiction", "TRUE"),
    ("", "(c.address_country || '-' || upper(c.address_state))", _NOTHING_SAID),
)
"""What is joined to ``customer c``, the state by then, and on which condition."""
