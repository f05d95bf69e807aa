"""The seller's companies on the command line."""

from __future__ import annotations

from exempt.cli.output import print_json, print_table
from exempt.services import companies
from exempt.services.companies import tree
from exempt.services.rows import CertificateFilter, CustomerFilter
from exempt.wiring import Exempt


def show(exempt: Exempt, *, as_json: bool) -> None:
    """``exempt companies list``."""
    exempt.settle()
    on, soon = exempt.clock().date(), exempt.settings.file.exempt.expiring_soon_days
    found = []
    with exempt.store.reading() as tx:
        connections = tx.connections.all()
        for placed in tree(tx.cards.companies()):
            mine = frozenset({placed.company.id})
            found.append(
                {
                    "key": placed.company.key,
                    "name": placed.company.name,
                    "depth": placed.depth,
                    "connections": sum(c.company_id in mine for c in connections),
                    "customers": tx.cards.page(CustomerFilter(company_ids=mine, limit=1), on).total,
                    "certificates": tx.search.certificates(
                        CertificateFilter(company_ids=mine, limit=1), on, soon
                    ).total,
                }
            )
    if as_json:
        print_json(found)
        return
    print_table(
        "Companies",
        ("Key", "Name", "Connections", "Customers", "Certificates"),
        [
            (
                one["key"],
                f"{'  ' * int(str(one['depth']))}{one['name']}",
                *(one[name] for name in ("connections", "customers", "certificates")),
            )
            for one in found
        ],
        right=(2, 3, 4),
        whole={"Key"},
    )


def scope(exempt: Exempt, company: str | None, *, only_this: bool) -> frozenset[int] | None:
    """The companies that a list is about; None = all."""
    if company is None:
        return None
    exempt.settle()
    with exempt.store.reading() as tx:
        return companies.scope(tx, company, children=not only_this)
