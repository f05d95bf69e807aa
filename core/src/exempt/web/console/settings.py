"""The page of settings: what is set, where it stands, and what it means; nothing is set here."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from exempt.model.access import Right
from exempt.services.setting_rows import SettingTable
from exempt.services.tables_out import Sheet
from exempt.web.console import exports
from exempt.web.console.listing import LONGEST_WORDS
from exempt.web.pages import Call, Pages

pages = Pages()


@pages.get("/settings", may=Right.ADMINISTER)
def settings(call: Call) -> Response:
    """Every setting; or those that fit some words, or are set."""
    words, just_set = _asked(call)
    tables = _fitting(call, words, just_set=just_set)
    return call.page(
        "settings/list.html",
        tables=tables,
        words=words,
        just_set=just_set,
        many=sum(len(table.rows) for table in tables),
        everything=_address(words, just_set=False),
        narrowed=_address(words, just_set=True),
        query=urlencode({"words": words, "set": "yes" if just_set else ""}),
    )


@pages.get("/settings/export", may=Right.ADMINISTER, slow=True)
def export(call: Call) -> Response:
    """The same as a file."""
    words, just_set = _asked(call)
    heads = ("Table", "Setting", "Value", "Set in", "Meaning")
    rows = (
        (table.name, row.key, row.value, row.place, row.meaning)
        for table in _fitting(call, words, just_set=just_set)
        for row in table.rows
    )
    return exports.send(call, Sheet("Settings", heads, rows), "settings")


def _asked(call: Call) -> tuple[str, bool]:
    words = " ".join(call.query.get("words", "").split())[:LONGEST_WORDS]
    return words, call.query.get("set") == "yes"


def _fitting(call: Call, words: str, *, just_set: bool) -> list[SettingTable]:
    found = []
    wanted = words.casefold()
    for table in call.site.settings():
        rows = [
            row
            for row in table.rows
            if (row.is_set or not just_set)
            and wanted in f"{table.name}.{row.key} {row.value} {row.meaning}".casefold()
        ]
        if rows:
            found.append(table._replace(rows=rows))
    return found


def _address(words: str, *, just_set: bool) -> str:
    said = {"words": words, "set": "yes" if just_set else ""}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"/settings?{query}" if query else "/settings"
