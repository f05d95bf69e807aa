"""Products and what they are for tax, on the command line."""

from __future__ import annotations

from typing import Any, NamedTuple

from exempt.cli import products_view as view
from exempt.cli.base import acting
from exempt.cli.output import count, print_json, say
from exempt.errors import NotFoundError, RefusedError
from exempt.model.rulesdata import Confidence
from exempt.rules.product_proposals import as_sure
from exempt.services import companies, product_lists, products
from exempt.services.ports import Transaction
from exempt.services.product_ports import ProductFilter, Sold
from exempt.services.products import Assigned
from exempt.wiring import Exempt


class Among(NamedTuple):
    """Which products the options let through."""

    words: str | None
    company: str | None
    connection: str | None
    only_this: bool


class Chosen(NamedTuple):
    """Which of them are to be assigned, and what they are."""

    ids: tuple[str, ...]
    category: str | None
    none: bool
    all_unmapped: bool


def show_list(
    exempt: Exempt,
    among: Among,
    *,
    unmapped: bool,
    category: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """``exempt products list``."""
    exempt.settle()
    if category is not None:
        products.categories().find(category)
    with exempt.store.reading() as tx:
        wanted = _wanted(tx, among)
        wanted = wanted._replace(category=category, mapped=False if unmapped else None)
        found = tx.products.find(wanted, limit=limit)
        sold = tx.products.sold([code.id for code in found])
        total = tx.products.count(wanted)
        missing = products.unmapped(tx, wanted.company_ids)
    if as_json:
        told = [view.as_json(code, sold.get(code.id, Sold())) for code in found]
        print_json({"total": total, "products": told, "unmapped": missing._asdict()})
        return
    view.print_list(found, sold, total)
    view.say_unmapped(missing)


def _wanted(tx: Transaction, among: Among) -> ProductFilter:
    """What the options say."""
    known = [row.name for row in tx.connections.all()]
    if among.connection is not None and among.connection not in known:
        msg = f"{among.connection}: no such connection: one of {', '.join(known) or 'none'}"
        raise NotFoundError(msg)
    return ProductFilter(
        company_ids=companies.scope(tx, among.company, children=not among.only_this),
        connection=among.connection,
        words=among.words,
    )


def show_one(exempt: Exempt, words: str, connection: str | None, *, as_json: bool) -> None:
    """``exempt products show``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        wanted = _wanted(tx, Among(None, None, connection, only_this=False))
        seen = products.show(tx, products.find(tx, words, wanted))
    taxability, on = exempt.policy.nexus.taxability, exempt.clock().date()
    if as_json:
        print_json(view.one_as_json(seen, taxability, on))
    else:
        view.print_one(seen, taxability, on)


def assign(exempt: Exempt, among: Among, chosen: Chosen, *, as_json: bool) -> None:
    """``exempt products assign``."""
    _check(among, chosen)
    exempt.settle()
    act = acting(exempt)
    with exempt.store.reading() as tx:
        wanted = _wanted(tx, among)
    category = None if chosen.none else chosen.category
    if chosen.ids:
        done = products.assign(exempt.store, chosen.ids, category, act, wanted)
    else:
        mapped = False if chosen.all_unmapped else None
        done = products.assign_matching(exempt.store, wanted._replace(mapped=mapped), category, act)
    if as_json:
        print_json(_done(exempt, done))
        return
    what = f"is {view.titled(category)} now" if category else "has no tax category now"
    say(f"{count(len(done.product_ids), 'product')}: {what}." if done.product_ids else _NOTHING)
    _say_recount(exempt, done)


_NOTHING = "Nothing changed: it was so before, or no product fits."


def _check(among: Among, chosen: Chosen) -> None:
    """Refuse what does not say which products, or not what they are."""
    ways = (bool(chosen.ids), chosen.all_unmapped or bool(among.words))
    if sum(ways) != 1:
        msg = "say which: product ids, or else --all-unmapped or --matching TEXT"
        raise RefusedError(msg)
    if chosen.none == (chosen.category is not None):
        msg = "say what they are: --category KEY, or --none to take it away"
        raise RefusedError(msg)


def _done(exempt: Exempt, done: Assigned) -> dict[str, Any]:
    return {"assigned": list(done.product_ids), "counted_anew": _recounted(exempt, done)}


def _recounted(exempt: Exempt, done: Assigned) -> list[str]:
    """The names of the connections whose orders are counted anew."""
    with exempt.store.reading() as tx:
        return sorted(row.name for row in tx.connections.all() if row.id in done.recounted)


def _say_recount(exempt: Exempt, done: Assigned) -> None:
    if names := _recounted(exempt, done):
        say(f"The orders of {', '.join(names)} are counted anew, in the background.")
    elif done.product_ids:
        say("No state taxes it otherwise than before, so nothing is counted anew.")


def propose(exempt: Exempt, among: Among, at_least: str, *, accept: bool, as_json: bool) -> None:
    """``exempt products propose``."""
    exempt.settle()
    sure = Confidence(at_least)
    with exempt.store.reading() as tx:
        wanted = _wanted(tx, among)
        found = products.proposals(tx, wanted)
        without = product_lists.unmapped(tx, wanted) - len(found)
    found = [one for one in found if as_sure(one.proposal.confidence, sure)]
    done = Assigned((), frozenset())
    if accept:
        found, done = products.accept_proposals(exempt.store, wanted, acting(exempt), sure=sure)
    if as_json:
        told = [view.proposed_as_json(one) for one in found]
        accepted = _done(exempt, done) if accept else {}
        print_json({"proposals": told, "without": without, **accepted})
        return
    view.print_proposals(found, without, accepted=accept)
    if accept:
        _say_recount(exempt, done)
