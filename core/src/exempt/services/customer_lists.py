"""All customers that filters name, as a table to give out."""

from __future__ import annotations

import datetime as dt

from exempt.services.customer_ports import ListedCustomer, ListFilter
from exempt.services.ports import Store
from exempt.services.tables_out import AT_ONCE, Row, Sheet, all_rows

_HEADS = (
    *("Id", "Customer number", "Name", "Code", "Tax ID", "A/P e-mail", "Mail reaches it"),
    *("City", "State", "Company", "Counts as exempt", "Certificates in force", "First ends on"),
    *("Free-form number", "Left out of mailings", "Records of sources", "Added"),
)


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
