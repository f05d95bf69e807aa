"""The products that a file brings for the first time, and their tax categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.backfill import BackfillRun, BackfillState
from exempt.services import products
from exempt.services.backfills import runs
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction


class NewProduct(NamedTuple):
    """A product id that its source never named before the file was checked."""

    external_id: str
    name: str
    tax_category: str | None


def of(tx: Transaction, run: BackfillRun) -> list[NewProduct]:
    """The new products of a checked file, by id; the first some thousand of them."""
    ids = list(run.counts.first_new)
    known = tx.products.categories(run.connection_id, ids)
    return [NewProduct(each, name, known.get(each)) for each, name in run.counts.first_new.items()]


def assign(
    store: Store, run_id: int, categories: Mapping[str, str], act: Act, *, rest: str | None = None
) -> None:
    """Give products of a checked file their tax categories, before or after its import.

    Args:
        store: Where they are kept.
        run_id: Which file.
        categories: By product id.
        act: Who does it.
        rest: The category of all others that have none yet.

    Raises:
        RefusedError: The file is not checked, or has no such new product.
        NotFoundError: There is no such category, or no such file.
    """
    with store.writing() as tx:
        run = runs.get(tx, run_id)
        runs.refuse_unless(run, *_WITH_PRODUCTS)
        strange = [each for each in categories if each not in run.counts.first_new]
        if strange:
            msg = f"backfill {run.id}: has no new product {strange[0]!r}: see those it has with"
            raise RefusedError(f"{msg} exempt backfill products {run.id}")
        wanted = dict(categories)
        if rest is not None:
            without = [each.external_id for each in of(tx, run) if each.tax_category is None]
            wanted = dict.fromkeys(without, rest) | wanted
        products.assign_named(tx, run.connection_id, wanted, act)


_WITH_PRODUCTS = (
    BackfillState.CHECKED,
    BackfillState.IMPORTING,
    BackfillState.IMPORTED,
    BackfillState.COMPLETE,
)
