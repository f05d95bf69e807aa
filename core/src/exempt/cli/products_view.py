"""How products are printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from exempt.cli.output import (
    count,
    money,
    one_line,
    print_facts,
    print_table,
    say,
    say_below,
    short,
)
from exempt.cli.product_categories import in_words, told_by
from exempt.data import currency_exponent
from exempt.rules.tax_categories import shipped_categories
from exempt.rules.taxability import Taxability
from exempt.services.product_ports import ProductCode, Sold
from exempt.services.products import ProductView, Proposed, Unmapped

_DAY = "%Y-%m-%d"


def titled(category: str) -> str:
    """``Clothing: Everyday clothing and shoes``."""
    return shipped_categories().title(category)


def amounts(sold: Mapping[str, int]) -> str:
    """``1,200.00 USD, 30.00 EUR``."""
    return ", ".join(money(minor, currency) for currency, minor in sold.items()) or "–"


def print_list(found: Sequence[ProductCode], sold: Mapping[int, Sold], total: int) -> None:
    """The list."""
    if not found:
        say("No products: none was read so far, or none fits.")
        return
    rows = [
        (
            one_line(code.external_id),
            one_line(code.name) or "–",
            code.connection,
            f"{code.first_seen_at:{_DAY}}",
            titled(code.tax_category) if code.tax_category else "not assigned",
            f"{sold.get(code.id, Sold()).orders:,}",
            amounts(sold.get(code.id, Sold()).amounts),
        )
        for code in found
    ]
    heads = ("Product", "Name", "Connection", "First seen", "What it is", "Orders", "Sold")
    print_table(count(total, "product"), heads, rows, right=(5, 6), whole={"Product", "First seen"})
    if total > len(found):
        say(f"These are the first {len(found)}: --limit shows more.")


def say_unmapped(missing: Unmapped) -> None:
    """How many products nobody has assigned, and what that means."""
    if missing.ids:
        say(unmapped_line(missing), "yellow")
        say("They count as taxed until somebody says what they are:")
        say("  exempt products propose", wrap=False)


def unmapped_line(missing: Unmapped) -> str:
    """``3 products without a tax category, on 12 orders: 1,200.00 USD``."""
    said = f"{count(missing.ids, 'product')} without a tax category"
    if missing.orders:
        said += f", on {count(missing.orders, 'order')}: {amounts(missing.amounts)}"
    return said


def print_one(seen: ProductView, taxability: Taxability, on: dt.date) -> None:
    """A product."""
    code, order = seen.code, seen.first_order
    say()
    say(f"Product {one_line(code.external_id)} of {code.connection}", "bold")
    first = f"{code.first_seen_at:{_DAY}}"
    if order is not None:
        number = one_line(order.record.number or order.record.external_id)
        first += f", first on {order.record.kind} {number} of {order.record.order_date}"
    facts = [
        ("name", one_line(code.name) or "none: it is in no list of products, only on orders"),
        ("tax code", f"{one_line(code.tax_code)} in {code.connection}" if code.tax_code else "–"),
        ("first seen", first),
        ("sold", f"{amounts(seen.sold.amounts)} on {count(seen.sold.orders, 'order')}"),
        ("what it is", titled(code.tax_category) if code.tax_category else "not assigned"),
    ]
    if code.tax_category and code.assigned_at:
        why = f", because {code.assigned_why}" if code.assigned_why else ""
        facts.append(("assigned", f"{code.assigned_at:{_DAY}} by {code.assigned_by}{why}"))
    print_facts(facts)
    if seen.proposal:
        proposal = seen.proposal
        say_below(f"Proposed: {titled(proposal.category)}, as {proposal.reason}.", "yellow")
    if code.tax_category is None:
        say_below("It counts as taxed everywhere until somebody says what it is.", "yellow")
    else:
        _print_states(code.tax_category, taxability, on)
    for change in seen.history if len(seen.history) > 1 else ():
        said = f"{change.old or 'none'} → {change.new or 'none'}"
        say_below(f"{change.changed_at:{_DAY}} {change.changed_by}: {said}", "dim")


def _print_states(category: str, taxability: Taxability, on: dt.date) -> None:
    """What each state says of it of which something is known."""
    rows = []
    for place in dict.fromkeys(row.jurisdiction for row in taxability.of(category)):
        answer = taxability.why(category, place or "", on)
        name = short(place) if place else "elsewhere"
        rows.append((name, in_words(answer), told_by(answer, on)))
    if rows:
        print_table(f"Taxed on {on}", ("State", "Taxed", "By"), rows, whole={"State"})
    say_below("Where nothing is known it counts as taxed.")


def print_proposals(found: Sequence[Proposed], without: int, *, accepted: bool) -> None:
    """What was proposed, or accepted."""
    if found:
        rows = [
            (
                one_line(one.code.external_id),
                one_line(one.code.name) or "–",
                one.code.connection,
                titled(one.proposal.category),
                one.proposal.confidence,
                one.proposal.reason,
            )
            for one in found
        ]
        title = f"{count(len(found), 'proposal')}{' accepted' if accepted else ''}"
        heads = ("Product", "Name", "Connection", "What it may be", "Sure", "Why")
        print_table(title, heads, rows, whole={"Product", "Sure"})
    else:
        say("Nothing to propose.")
    if without:
        say(f"Nothing is known of {count(without, 'product')}: exempt products list --unmapped")
    if found and not accepted:
        say("Nothing was assigned. To take what is as sure as that:")
        say("  exempt products propose --accept --at-least high", wrap=False)


# --- for scripts -----------------------------------------------------------------------


def as_json(code: ProductCode, sold: Sold) -> dict[str, Any]:
    """A product, with what was sold of it."""
    return {**code._asdict(), "orders": sold.orders, "amounts": _majors(sold.amounts)}


def one_as_json(seen: ProductView, taxability: Taxability, on: dt.date) -> dict[str, Any]:
    """A product with all that is known of it."""
    order = seen.first_order
    category = seen.code.tax_category
    rows = taxability.of(category) if category else ()
    return {
        **as_json(seen.code, seen.sold),
        "first_order": order and (order.record.number or order.record.external_id),
        "proposal": seen.proposal and seen.proposal._asdict(),
        "taxability": [row for row in rows if row.in_force(on)],
        "history": seen.history,
    }


def proposed_as_json(one: Proposed) -> dict[str, Any]:
    """A proposal with its product."""
    product = {"id": one.code.id, "external_id": one.code.external_id, "name": one.code.name}
    return {**product, "connection": one.code.connection, **one.proposal._asdict()}


def _majors(sold: Mapping[str, int]) -> dict[str, str]:
    """Amounts as decimals."""
    return {each: str(Decimal(n).scaleb(-currency_exponent(each))) for each, n in sold.items()}
