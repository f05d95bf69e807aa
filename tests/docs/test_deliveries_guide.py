"""The guide of deliveries can be followed, where an ERP and a mail server have failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.test_tutorials import Follower, blocks
from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store.store import SqlStore
from exempt.services.ports import Transaction
from exempt.services.rows import DeliveryState, DeliveryTarget
from support.databases import open_database

for needed in ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp"):
    pytest.importorskip(f"exempt_{needed}", reason=f"exempt_{needed} is missing")

PAGE = "how-to/deliveries.md"
NOON = dt.datetime(2026, 11, 20, 12, 5, tzinfo=dt.UTC)

ERP = ("erp", DeliveryTarget.ORDER, "SO-5004", "rejected",
       "PUT orders/SO-5004: answered 423: the order is open in another window")  # fmt: skip
MAIL = ("mail", DeliveryTarget.MAIL, "5", "unknown",
        "the server closed the connection after the mail was sent")  # fmt: skip


def fail(
    tx: Transaction, name: str, target: DeliveryTarget, thing: str, outcome: str, message: str
) -> None:
    """Let the last delivery to a thing have come once more, and failed."""
    row = next(row for row in tx.connections.all() if row.name == name)
    last = tx.deliveries.last(row.id, target, [thing])[thing]
    tx.deliveries.owe(row.id, target, [(thing, last.version + 1, last.wanted)], NOON)
    failed = tx.deliveries.last(row.id, target, [thing])[thing]
    tx.deliveries.mark(failed, DeliveryState.DEAD, outcome=outcome, message=message, at=NOON)


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    somebody = Follower(tmp_path, monkeypatch)
    somebody.run(["exempt", "demo"])
    monkeypatch.setenv("EXEMPT_SETTINGS", "exempt-demo/exempt.toml")
    with open_database(f"sqlite:///{tmp_path}/exempt-demo/exempt.db") as database:
        store = SqlStore(database, LocalDocuments(tmp_path / "documents").open)
        with store.writing() as tx:
            fail(tx, *ERP)
            fail(tx, *MAIL)
    yield somebody
    somebody.leave()


def test_the_guide_can_be_followed(follower: Follower) -> None:
    for region in blocks(PAGE):
        follower.follow(region)
