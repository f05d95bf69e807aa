"""What products are for tax: shown, proposed and assigned; the exposures follow.

A product that nobody has assigned blocks nothing: it counts as taxed, and is
counted, with what was sold of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.errors import NotFoundError
from exempt.model.certificate import Change
from exempt.model.products import KnownProduct
from exempt.model.rulesdata import Confidence
from exempt.rules.product_proposals import Proposal, as_sure, propose, shipped_words
from exempt.rules.tax_categories import TaxCategories, shipped_categories
from exempt.services.certificates import Act
from exempt.services.counting import ask_recount
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.product_ports import Assignment, ProductCode, ProductFilter, Sold
from exempt.services.rows import StoredOrder, Subject

TOLD_AT_MOST = 10
"""So many wrong ids are named in one error."""


class Unmapped(NamedTuple):
    """Product ids without a tax category, and what was sold of them.

    Attributes:
        ids: How many.
        orders: How many orders name one of them.
        amounts: What their lines come to, in minor units, by currency.
    """

    ids: int
    orders: int
    amounts: Mapping[str, int]


class ProductView(NamedTuple):
    """A product with all that is known of it.

    Attributes:
        first_order: Where it was first seen on an order; None = on none so far.
        proposal: What it may be, where nobody has said.
        history: Who gave it which category, the oldest change first.
    """

    code: ProductCode
    sold: Sold
    first_order: StoredOrder | None
    proposal: Proposal | None
    history: list[Change]


class Proposed(NamedTuple):
    """A product that nobody has assigned, and what it may be."""

    code: ProductCode
    proposal: Proposal


class Assigned(NamedTuple):
    """What an assignment changed.

    Attributes:
        product_ids: Those that had another category before.
        recounted: The connections whose orders are counted anew because of it.
    """

    product_ids: tuple[int, ...]
    recounted: frozenset[int]


def unmapped(tx: Transaction, company_ids: Collection[int] | None = None) -> Unmapped:
    """The product ids of these companies that nobody has assigned; None = of all companies."""
    wanted = ProductFilter(company_ids=company_ids, mapped=False)
    ids = tx.products.count(wanted)
    sold = tx.products.sold_in_all(wanted) if ids else Sold()
    return Unmapped(ids, sold.orders, sold.amounts)


def find(tx: Transaction, words: str, wanted: ProductFilter | None = None) -> ProductCode:
    """The product with this id in its source, or with our own as ``id:12``.

    Args:
        tx: The transaction.
        words: The id.
        wanted: Just among these.

    Raises:
        NotFoundError: There is none, or it is in several connections.
    """
    return find_each(tx, [words], wanted)[0]


def find_each(
    tx: Transaction, words: Sequence[str], wanted: ProductFilter | None = None
) -> list[ProductCode]:
    """The products with these ids, in that order.

    Raises:
        NotFoundError: Some are not there, or in several connections; each is named.
    """
    known: dict[str, list[ProductCode]] = {}
    for code in tx.products.find(wanted or ProductFilter()):
        known.setdefault(code.external_id, []).append(code)
        known[f"id:{code.id}"] = [code]
    wrong = [said for each in words if (said := _wrong(each, known.get(each, [])))]
    if wrong:
        more = f"\nand {len(wrong) - TOLD_AT_MOST} more" if len(wrong) > TOLD_AT_MOST else ""
        raise NotFoundError("\n".join(wrong[:TOLD_AT_MOST]) + more)
    return [known[each][0] for each in words]


def _wrong(words: str, found: Sequence[ProductCode]) -> str | None:
    if not found:
        return f"product {words!r}: there is none"
    if len(found) > 1:
        ids = ", ".join(f"id:{each.id} ({each.connection})" for each in found)
        return f"product {words!r}: is in {len(found)} connections: name one of {ids}"
    return None


def show(tx: Transaction, code: ProductCode) -> ProductView:
    """All that is known of a product."""
    first = tx.products.first_order(code.id)
    proposals = [] if code.tax_category else proposals_for(tx, [code])
    return ProductView(
        code,
        tx.products.sold([code.id]).get(code.id, Sold()),
        None if first is None else tx.sources.order(first),
        proposals[0].proposal if proposals else None,
        history(tx, code.id),
    )


def history(tx: Transaction, product_id: int) -> list[Change]:
    """Who assigned a product, oldest first."""
    return tx.history.of(Subject.PRODUCT, product_id)


def new_in(tx: Transaction, connection_id: int, external_ids: Collection[str]) -> list[str]:
    """Those of these ids that the connection has never named before, in order."""
    return tx.products.new_in(connection_id, external_ids)


# --- proposals -----------------------------------------------------------------------------


def proposals(tx: Transaction, wanted: ProductFilter) -> list[Proposed]:
    """What the products that are *wanted* and that nobody has assigned may be."""
    return proposals_for(tx, tx.products.find(wanted._replace(mapped=False)))


def proposals_for(tx: Transaction, codes: Sequence[ProductCode]) -> list[Proposed]:
    """What these products may be; one of which nothing is known is left out."""
    elsewhere = tx.products.elsewhere([code.id for code in codes]) if codes else {}
    categories, words = shipped_categories(), shipped_words()
    found = []
    for code in codes:
        known = KnownProduct(
            external_id=code.external_id,
            name=code.name,
            tax_code=code.tax_code,
            elsewhere=elsewhere.get(code.id, {}),
        )
        proposal = propose(known, categories, words)
        if proposal is not None:
            found.append(Proposed(code, proposal))
    return found


def accept_proposals(
    store: Store, wanted: ProductFilter, act: Act, *, sure: Confidence = Confidence.LOW
) -> tuple[list[Proposed], Assigned]:
    """Assign what is proposed for the products *wanted*, where that is at least so sure."""
    with store.writing() as tx:
        taken = [one for one in proposals(tx, wanted) if as_sure(one.proposal.confidence, sure)]
        assignments = [
            Assignment(one.code.id, one.proposal.category, one.proposal.reason) for one in taken
        ]
        return taken, _assign(tx, [one.code for one in taken], assignments, act)


def accept_for(
    store: Store, product_ids: Collection[int], act: Act, company_ids: Collection[int] | None
) -> tuple[list[Proposed], Assigned]:
    """Assign what is proposed for these products, by our own ids; of others of them nothing.

    Raises:
        NotFoundError: One of them is none of these companies; nothing was assigned.
    """
    with store.writing() as tx:
        codes = [
            each for each in of_companies(tx, product_ids, company_ids) if each.tax_category is None
        ]
        taken = proposals_for(tx, codes)
        assignments = [
            Assignment(one.code.id, one.proposal.category, one.proposal.reason) for one in taken
        ]
        return taken, _assign(tx, [one.code for one in taken], assignments, act)


def of_companies(
    tx: Transaction, product_ids: Collection[int], company_ids: Collection[int] | None
) -> list[ProductCode]:
    """The products with these ids of ours, of these companies; None = of any.

    Raises:
        NotFoundError: One of them is none; each is named.
    """
    known = tx.products.of(product_ids)
    mine = {
        key: code
        for key, code in known.items()
        if company_ids is None or code.company_id in company_ids
    }
    wrong = [f"product {each}: there is none" for each in product_ids if each not in mine]
    if wrong:
        raise NotFoundError("\n".join(wrong[:TOLD_AT_MOST]))
    return [mine[each] for each in product_ids]


# --- assigning -----------------------------------------------------------------------------


def assign(
    store: Store, words: Sequence[str], category: str | None, act: Act, within: ProductFilter
) -> Assigned:
    """Give products a tax category, all of them or none; None takes it away.

    Args:
        store: Where they are.
        words: Their ids, see `find`.
        category: Its key.
        act: Who does it.
        within: Just among these.

    Raises:
        NotFoundError: There is no such category, or one of the ids is wrong.
    """
    _check(category)
    with store.writing() as tx:
        return _assign_one(tx, find_each(tx, words, within), category, act)


def assign_ids(
    tx: Transaction,
    product_ids: Collection[int],
    category: str | None,
    act: Act,
    company_ids: Collection[int] | None = None,
) -> Assigned:
    """The same for products by our own ids, of these companies or of any.

    Raises:
        NotFoundError: There is no such category or product; nothing was assigned.
    """
    _check(category)
    return _assign_one(tx, of_companies(tx, product_ids, company_ids), category, act)


def assign_matching(
    store: Store, wanted: ProductFilter, category: str | None, act: Act
) -> Assigned:
    """The same for all products that are *wanted*.

    Raises:
        NotFoundError: There is no such category.
    """
    _check(category)
    with store.writing() as tx:
        return _assign_one(tx, tx.products.find(wanted), category, act)


def assign_named(
    tx: Transaction, connection_id: int, categories: Mapping[str, str | None], act: Act
) -> Assigned:
    """Give products of one connection their categories, by the ids of its source.

    Ids that it has never named before are remembered, as a file has them before it
    is imported.

    Raises:
        NotFoundError: There is no such category; nothing was assigned.
    """
    for category in set(categories.values()):
        _check(category)
    tx.products.seen(connection_id, list(categories), act.at)
    codes = tx.products.named(connection_id, list(categories))
    assignments = [Assignment(codes[each].id, said) for each, said in categories.items()]
    return _assign(tx, list(codes.values()), assignments, act)


def _check(category: str | None) -> None:
    if category is not None:
        categories().find(category)


def categories() -> TaxCategories:
    """The pick list."""
    return shipped_categories()


def _assign_one(
    tx: Transaction, codes: Iterable[ProductCode], category: str | None, act: Act
) -> Assigned:
    codes = list(codes)
    return _assign(tx, codes, [Assignment(code.id, category) for code in codes], act)


def _assign(
    tx: Transaction, codes: Sequence[ProductCode], assignments: Sequence[Assignment], act: Act
) -> Assigned:
    """Assign, and have orders counted anew where it makes a difference anywhere."""
    changed = tx.products.assign(assignments, act.at, act.by)
    after = {each.product_id: each.category for each in assignments}
    alike = act.policy.nexus.taxability.alike
    moved = {
        code.connection_id
        for code in codes
        if code.id in changed and not alike(code.tax_category, after[code.id])
    }
    recounted = tx.recounts.with_orders(sorted(moved)) if moved else set()
    if recounted:
        ask_recount(tx, recounted, "what products are has changed", act.at)
        tx.jobs.ask(JobKind.NEXUS)
    return Assigned(tuple(changed), frozenset(recounted))
