"""The page of exchange rates: those on file, what waits for one, and taking in a file of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.model.access import Right
from exempt.services import rates, scoped
from exempt.services.sale_ports import KeptRate
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages

pages = Pages()

MISTAKES_SHOWN = 50
LONGEST_SOURCE = 100

LIST = Lister(
    "/rates",
    columns=(
        Column("currency", "Currency", sort=True, fixed=True),
        Column("day", "From", sort=True),
        Column("rate", "US dollars for one unit", end=True),
        Column("source", "Source"),
        Column("added", "Added", sort=True),
    ),
    filters=("currency",),
    sort="-day",
)

_KEYS: dict[str, Any] = {
    "currency": lambda each: (each.rate.currency, each.rate.day),
    "day": lambda each: (each.rate.day, each.rate.currency),
    "added": lambda each: (each.added_at, each.rate.day),
}


@pages.get("/rates", may=Right.READ)
def list_(call: Call) -> Response:
    """The rates on file, the newest first, and what is set aside for want of one."""
    return _page(call)


def _page(call: Call, status: int = 200, **told: Any) -> Response:
    asked = LIST.read(call)
    with call.site.store.reading() as tx:
        every = rates.kept(tx)
        companies = {row.id for row in scoped.companies(tx, call.by)}
        mine = companies if call.scope is None else companies & call.scope
        aside = rates.set_aside(tx, mine)
    rows = _fit(every, asked)
    currencies = sorted({each.rate.currency for each in every})
    return call.page(
        "nexus/rates.html",
        status,
        listing=LIST.shown(call, asked, total=len(rows)),
        rows=rows[asked.offset : asked.offset + asked.limit],
        currencies=[(each, each) for each in currencies],
        aside=aside,
        may=may_import(call),
        **({"mistakes": (), "many": 0, "wrong": "", "source": "", "table": ""} | told),
    )


def may_import(call: Call) -> bool:
    """Whether somebody may take in rates: they count for all companies."""
    return call.by.may(Right.EDIT) and call.by.company_ids is None


def _fit(every: list[KeptRate], asked: Asked) -> list[KeptRate]:
    currency = asked.filter("currency")
    found = [
        each
        for each in every
        if (not currency or each.rate.currency == currency)
        and asked.fits(f"{each.rate.currency} {each.rate.source}")
    ]
    found.sort(key=_KEYS.get(asked.sort, _KEYS["day"]), reverse=asked.descending)
    return found


@pages.get("/rates/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """The rates that the filters name, as they can be taken in again."""
    with call.site.store.reading() as tx:
        rows = _fit(rates.kept(tx), LIST.read(call))
    return exports.send(call, Sheet("Rates", HEADS, _cells(rows)), "rates")


HEADS = ("currency", "day", "rate", "source", "taken_in_at", "taken_in_by")


def _cells(rows: list[KeptRate]) -> Iterator[Row]:
    for each in rows:
        rate = each.rate
        yield rate.currency, rate.day, rate.rate, rate.source, each.added_at, each.added_by


@pages.post("/rates/import", may=Right.EDIT)
def take_in(call: Call) -> Response:
    """Take in a table of rates: all of it, or nothing where something is wrong with it."""
    if not may_import(call):
        raise HTTPException(403)
    source = call.text("source")[:LONGEST_SOURCE]
    typed = {"source": source, "table": str(call.form.get("table", ""))}
    text = _text(call)
    if text is None:
        return _page(call, 422, **typed, wrong="The file is not in UTF-8: save it as CSV UTF-8.")
    if not text.strip():
        return _page(call, 422, **typed, wrong="Choose a file, or write rates into the field.")
    done = rates.import_rates(call.site.store, text, call.site.act(call.by.name), source=source)
    if done.mistakes:
        return _page(
            call,
            422,
            **typed,
            mistakes=done.mistakes[:MISTAKES_SHOWN],
            many=len(done.mistakes),
            wrong="Nothing was taken in: mend what is named below, and send it again.",
        )
    said = f"{done.changed} {'rate is' if done.changed == 1 else 'rates are'} new or changed."
    if done.recounted:
        said += f" Orders of {', '.join(done.recounted)} are counted anew."
    return call.go("/rates", said)


def _text(call: Call) -> str | None:
    """What was sent, as a file or in the field; None = it is not text."""
    file = call.form.get("file")
    if isinstance(file, UploadFile) and file.size:
        try:
            return file.file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
    return str(call.form.get("table", ""))
