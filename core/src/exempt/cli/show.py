"""Show what is known: checks, status, customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from exempt.cli import daemon_view, nexus_json, nexus_table
from exempt.cli.companies import scope
from exempt.cli.output import count, money, print_json, print_table, say, short
from exempt.errors import ExemptError
from exempt.model.decision import Ground
from exempt.services.exposures import exposures
from exempt.services.product_ports import ProductFilter
from exempt.services.report_rows import GroundCount
from exempt.services.requests import lacking
from exempt.wiring import Exempt

_DEAD_SHOWN = 20

GROUNDS = {
    Ground.OVERRIDE: "decided by hand",
    Ground.CERTIFICATE: "covered by a certificate",
    Ground.FREE_FORM_NUMBER: "covered by a free-form number",
    Ground.NO_CERTIFICATE: "claimed exempt, but NO CERTIFICATE",
    Ground.NOT_CLAIMED: "ordinary, taxed",
    Ground.NO_SALES_TAX: "state without sales tax",
    Ground.OUTSIDE: "outside the known jurisdictions",
    Ground.NO_SHIP_TO: "ship-to state unknown",
    Ground.UNKNOWN_CUSTOMER: "customer unknown",
}


def show_check(exempt: Exempt, names: Sequence[str], *, as_json: bool) -> int:
    """``exempt check``; 1 when a connection does not work."""
    found: dict[str, dict[str, Any]] = {}
    for name in exempt.names(names):
        try:
            result = exempt.check(name)
            found[name] = {"account": result.account, "problems": list(result.problems)}
        except ExemptError as error:
            found[name] = {"account": None, "error": str(error), "problems": []}
    if as_json:
        print_json(found)
    for name, answer in found.items() if not as_json else ():
        if "error" in answer:
            say(f"✗ {answer['error']}", "red")
            continue
        broken = any(p.severity == "error" for p in answer["problems"])
        say(f"{'✗' if broken else '✓'} {name}: {answer['account']}", "red" if broken else "green")
        for problem in answer["problems"]:
            say(f"  {problem.severity}: {problem.message}")
            say(f"    → {problem.help}")
    bad = any(
        "error" in r or any(p.severity == "error" for p in r["problems"]) for r in found.values()
    )
    return 1 if bad else 0


def show_status(exempt: Exempt, company: str | None, *, only_this: bool, as_json: bool) -> None:
    """``exempt status``."""
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        rows = [
            row
            for row in tx.connections.all()
            if company_ids is None or row.company_id in company_ids
        ]
        names = {row.name for row in rows}
        connections = [one for one in tx.reports.connections() if one.name in names]
        counts = tx.decisions.counts(company_ids)
        uncovered = lacking(tx, exempt.clock().date(), company_ids)
        dead = [(name, one) for name, one in tx.deliveries.dead() if name in names]
        rejected = [
            (row.name, stream, r) for row in rows for stream, r in tx.sources.rejected(row.id)
        ]
        unmapped = tx.products.count(ProductFilter(company_ids=company_ids, mapped=False))
        warnings = sum(tx.warnings.counts(company_ids).values())
        nexus = exposures(tx, company_ids, exempt.clock().date(), exempt.policy)
        daemon = daemon_view.look(tx, exempt.clock())
    about = None if company_ids is None else names
    if as_json:
        print_json(
            {
                "connections": [c._asdict() for c in connections],
                "orders": [c._asdict() for c in counts],
                "uncovered": [u._asdict() for u in uncovered],
                "dead_deliveries": [{"connection": n, **d._asdict()} for n, d in dead],
                "rejected": [
                    {"connection": n, "stream": s, **r.model_dump()} for n, s, r in rejected
                ],
                "unmapped_products": unmapped,
                "nexus": nexus_json.status(nexus),
                "open_warnings": warnings,
                "daemon": daemon_view.told(daemon, about),
            }
        )
        return
    print_table(
        "Connections",
        ("Connection", "Customers", "Orders", "Products", "Employees", "Rejected", "Owed", "Dead"),
        [
            (
                c.name,
                *(c.records.get(s, "–") for s in ("customers", "orders", "products", "employees")),
                c.rejected or "–",
                c.deliveries.get("pending", "–"),
                c.deliveries.get("dead", "–"),
            )
            for c in connections
        ],
        right=range(1, 8),
    )
    for row in rows:
        if row.paused_reason is not None:
            daemon_view.say_paused(row)
    daemon_view.show_daemon(daemon, about)
    print_table(
        "Orders", ("Decision", "Tax", "States", "Orders", "Worth"), order_rows(counts), right=(3, 4)
    )
    _show_people_needed(uncovered, dead, rejected)
    nexus_table.say_status(nexus)
    if unmapped:
        say(f"{count(unmapped, 'product')} without a tax category: exempt products propose")
    if warnings:
        say(f"{count(warnings, 'warning')} of nexus to look at: exempt warnings list", "yellow")


def order_rows(counts: Sequence[GroundCount]) -> list[tuple[object, ...]]:
    """Orders by what was decided: how many, in which states, and their worth."""
    groups: dict[tuple[str, bool], list[GroundCount]] = defaultdict(list)
    for one in counts:
        groups[one.ground, one.tax_applicable].append(one)
    return [
        (
            GROUNDS[Ground(ground)],
            "applies" if taxed else "exempt",
            ", ".join(sorted({short(g.jurisdiction) for g in group})),
            sum(g.orders for g in group),
            " + ".join(
                money(sum(g.total_minor for g in group if g.currency == currency), currency)
                for currency in sorted({g.currency for g in group})
            ),
        )
        for (ground, taxed), group in sorted(
            groups.items(), key=lambda item: (list(GROUNDS).index(Ground(item[0][0])), item[0][1])
        )
    ]


def _show_people_needed(uncovered: Any, dead: Any, rejected: Any) -> None:
    if uncovered:
        print_table(
            "Customers to ask for a certificate",
            ("Customer", "Name", "States", "Orders", "Asked for"),
            [
                (u.number, u.name, states(u.jurisdictions), u.orders, states(u.asked))
                for u in uncovered
            ],
            right=(3,),
        )
    if dead:
        print_table(
            "Deliveries that wait for a person",
            ("Id", "Connection", "What", "Outcome", "Why"),
            [
                (d.id, n, f"{d.target} {d.external_id}", d.outcome, d.message)
                for n, d in dead[:_DEAD_SHOWN]
            ],
            right=(0,),
        )
        if len(dead) > _DEAD_SHOWN:
            say(f"… and {len(dead) - _DEAD_SHOWN:,} more: exempt deliveries list --state dead")
        daemon_view.say_what_to_do()
    if rejected:
        print_table(
            "Rows that could not be read",
            ("Connection", "Stream", "Row", "Why"),
            [(n, s, r.row, r.reason) for n, s, r in rejected[:50]],
        )
        if len(rejected) > 50:
            say(f"… and {len(rejected) - 50} more: exempt status --json shows all")


def states(jurisdictions: Sequence[str]) -> str:
    """``CA, TX``."""
    return ", ".join(short(j) for j in jurisdictions)
