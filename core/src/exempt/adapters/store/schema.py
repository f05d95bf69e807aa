"""What all tables share: the metadata they belong to, and columns that recur.

Every constraint has a name, so that a migration can find it again.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives rowids to INTEGER keys only; PostgreSQL wants room for more than 2 billion rows.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def id_() -> sa.Column[int]:
    """The key of a row."""
    return sa.Column("id", Id, primary_key=True)


def ref(name: str, target: str, *, null: bool = False) -> sa.Column[int]:
    """The key of a row of *target*."""
    return sa.Column(name, Id, sa.ForeignKey(f"{target}.id"), nullable=null)


def address(prefix: str) -> list[sa.Column[str]]:
    """The six parts of an address."""
    return [
        sa.Column(f"{prefix}_{part}", sa.Text)
        for part in ("country", "state", "line1", "line2", "city", "postal_code")
    ]


def source() -> list[sa.Column[object]]:
    """What every record of a source has."""
    return [
        id_(),  # type: ignore[list-item]
        ref("connection_id", "connection"),  # type: ignore[list-item]
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    ]
