"""Show the installed plugins."""

from __future__ import annotations

from exempt.cli.output import print_json, print_table, say
from exempt.discovery import PluginKind, PluginRow, discover


def show_plugins(*, as_json: bool) -> None:
    """``exempt plugins``."""
    rows = discover().rows
    if as_json:
        print_json([vars(row) for row in rows])
        return
    packs = [row for row in rows if row.kind is PluginKind.RULES_PACK]
    others = [row for row in rows if row.kind is not PluginKind.RULES_PACK]
    if others:
        _show(("Connector", "System"), others)
    else:
        say("No connector is installed. Try: pip install exempt-billing-stripe")
    if packs:
        _show(("Rules pack", "Title"), packs)


def _show(heads: tuple[str, str], rows: list[PluginRow]) -> None:
    print_table(
        "",
        (*heads, "Package", "State", "Reason"),
        [(r.name, r.title, f"{r.distribution} {r.version}", r.state, r.reason) for r in rows],
    )
