"""Show the installed connectors."""

from __future__ import annotations

from exempt.cli.output import print_json, print_table, say
from exempt.discovery import discover


def show_plugins(*, as_json: bool) -> None:
    """``exempt plugins``."""
    rows = discover().rows
    if as_json:
        print_json([vars(row) for row in rows])
        return
    if not rows:
        say("No connector is installed. Try: pip install exempt-billing-stripe")
        return
    print_table(
        "",
        ("Connector", "System", "Package", "State", "Reason"),
        [(r.name, r.title, f"{r.distribution} {r.version}", r.state, r.reason) for r in rows],
    )
