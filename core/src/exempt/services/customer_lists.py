"""All customers that filters name, as a table to give out."""

from __future__ import annotations

import datetime as dt

from exempt.services.customer_ports import CustomerList, ListedCustomer, ListFilter
from exempt.services.listing_ports import Next
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CustomerFilter
from exempt.services.tables_out import AT_ONCE, Row, Sheet, all_rows

_HEADS = (
    *("Id", "Customer number", "Name", "Code", "Tax ID", "A/P e-mail", "Mail reaches it"),
    *("City", "State", "Company", "Counts as exempt", "Certificates in force", "First ends on"),
    *("Free-form number", "Left out of mailings", "Records of sources", "Added"),
)


def page(tx: Transaction, filters: ListFilter, on: dt.date) -> CustomerList:
    """A part of a list, as it stands on the day *on*."""
    return tx.customer_lists.page(filters, on)


def first_ids(tx: Transaction, filters: ListFilter, limit: int, on: dt.date) -> list[int]:
    """The lowest ids of those that fit; sort, limit and offset of *filters* do not count."""
    return [each.id for each in tx.customer_lists.after(filters, 0, limit, on)]


def following(tx: Transaction, filters: CustomerFilter, part: Next, on: dt.date) -> list[int]:
    """The ids of the next ones that fit, in the order that *part* asks for."""
    return tx.listing.customers(filters, part, on)


def sheet(store: Store, filters: ListFilter, on: dt.date) -> Sheet:
    """Those that fit on the day *on*, in the order of their ids."""
    rows = all_rows(
        store,
        lambda tx, last: tx.customer_lists.after(filters, last.id if last else 0, AT_ONCE, on),
        _row,
    )
    return Sheet("Customers", _HEADS, rows)


def _row(one: ListedCustomer) -> Row:
    return (
        one.id,
        one.number,
        one.name,
        one.code,
        one.tax_id,
        one.email,
        one.reached,
        one.city,
        one.jurisdiction,
        one.company,
        one.exempt,
        one.certificates,
        one.ends_on,
        one.free_form,
        one.no_mailings,
        one.sources,
        one.made_at,
    )
