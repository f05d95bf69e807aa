"""The pages of customers: the list, what it exports, and cards that look like one customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from exempt.data import jurisdiction_name, jurisdictions
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.rules.likeness import TITLES as LIKENESSES
from exempt.services import bulk_requests, companies, customer_lists, joining, scoped
from exempt.services.bulk_requests import Kind, Scope
from exempt.services.customer_ports import CustomerSort, ListFilter, Standing
from exempt.services.likeness import doubles
from exempt.services.likeness_ports import DoublesFilter
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow, CustomerLack
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister, Picked
from exempt.web.pages import Call, Pages
from exempt.web.typed import number_of, numbers_of

pages = Pages()

STANDINGS = {
    Standing.EXEMPT: "Counts as exempt",
    Standing.COVERED: "Exempt, with a certificate",
    Standing.UNCOVERED: "Exempt, without a certificate",
    Standing.TAXABLE: "Not exempt",
    Standing.BOUGHT: "Bought something exempt",
    Standing.NO_MAILINGS: "Left out of mailings",
}
LACKS = {
    CustomerLack.EMAIL: "An e-mail that reaches it",
    CustomerLack.CERTIFICATE: "A certificate, although exempt",
    CustomerLack.SOURCE: "A record in any source",
    CustomerLack.ENGINE: "What a tax engine wants",
}
"""What a customer may be without, as the filter says it."""

TABS: Sequence[tuple[str, Mapping[str, StrEnum]]] = (
    ("All", {}),
    ("Exempt", {"standing": Standing.EXEMPT}),
    ("Without certificate", {"lack": CustomerLack.CERTIFICATE}),
    ("Without e-mail", {"lack": CustomerLack.EMAIL}),
    ("In no source", {"lack": CustomerLack.SOURCE}),
)
"""What is asked for most."""

LIST = Lister(
    "/customers",
    columns=(
        Column("name", "Customer", sort=True, fixed=True),
        Column("number", "Number", sort=True),
        Column("email", "A/P e-mail"),
        Column("state", "State"),
        Column("standing", "Exemption"),
        Column("certificates", "In force", end=True),
        Column("ends", "Ends first"),
        Column("sources", "Sources", end=True),
        Column("company", "Company", hidden=True),
        Column("code", "Code", hidden=True),
        Column("tax_id", "Tax ID", hidden=True),
        Column("added", "Added", sort=True, hidden=True),
    ),
    filters=("standing", "lack", "state", "company"),
    sort="name",
)

E = TypeVar("E", bound=StrEnum)

A_PAGE = 50

AT_ONCE = 1_000
"""So many customers are asked at once."""

SHOWN = 100
"""So many of them are named; the rest are counted."""


class Kept(NamedTuple):
    """The companies whose customers are listed, and of which one can be chosen."""

    ids: Collection[int] | None
    choices: list[CompanyRow]


@pages.get("/customers", may=Right.READ)
def list_(call: Call) -> Response:
    """All customers that fit, by name at first."""
    asked, on = LIST.read(call), call.site.clock().date()
    with call.site.store.reading() as tx:
        kept = _kept(call, tx, asked)
        found = customer_lists.page(tx, _filter(asked, kept.ids), on)
        empty = not found.total and not asked.narrowed
    return call.page(
        "customers/list.html",
        listing=LIST.shown(call, asked, total=found.total, capped=found.capped),
        rows=found.customers,
        empty=empty,
        companies=kept.choices,
        standings=[(value.value, title) for value, title in STANDINGS.items()],
        lacks=[(value.value, title) for value, title in LACKS.items()],
        states=states(),
        tabs=_tabs(asked),
        here=_here(asked),
        may_edit=call.by.may(Right.EDIT),
        may_ask=_may_ask(call),
    )


@pages.get("/customers/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """Every customer that fits, or those that were ticked, by id."""
    asked, on = LIST.read(call), call.site.clock().date()
    with call.site.store.reading() as tx:
        kept = _kept(call, tx, asked)
    wanted = _filter(asked, kept.ids)
    if "ids" in call.query:
        ids = numbers_of(call.query["ids"].split(","))
        wanted = ListFilter(company_ids=call.scope, ids=tuple(ids))
    sheet = customer_lists.sheet(call.site.store, wanted, on)
    return exports.send(call, sheet, "customers")


def states() -> list[tuple[str, str]]:
    """The states that goods may go to, by name."""
    return sorted(
        ((code, jurisdiction_name(code)) for code in jurisdictions()), key=lambda one: one[1]
    )


def _filter(asked: Asked, company_ids: Collection[int] | None) -> ListFilter:
    state = asked.filter("state")
    return ListFilter(
        words=asked.words,
        company_ids=company_ids,
        standing=_one_of(Standing, asked.filter("standing")),
        lacking=_one_of(CustomerLack, asked.filter("lack")),
        jurisdiction=state if state in jurisdictions() else None,
        sort=CustomerSort(asked.sort),
        descending=asked.descending,
        limit=asked.limit,
        offset=asked.offset,
    )


# --- many at once ----------------------------------------------------------------------------


@pages.post("/customers/bulk", may=Right.READ, slow=True)
def ticked(call: Call) -> Response:
    """Who of those that were ticked would be asked; a file of them anybody may have."""
    picked = LIST.picked(call)
    if picked.do == "export":
        here = f"ids={','.join(map(str, picked.ids))}"
        query = picked.asked.query(page=None) if picked.everything else here
        return RedirectResponse(f"/customers/export?{query}&as=csv", 303)
    if picked.do != "request" or not _may_ask(call):
        raise HTTPException(403)
    ids = _chosen(call, picked)
    if not ids:
        return call.go(picked.asked.address(), "Tick the customers that you mean first.")
    site = call.site
    planned = bulk_requests.plan(site.store, _scope(call, ids), site.clock(), site.post)
    return call.page(
        "customers/bulk.html",
        chosen=ids[:AT_ONCE],
        more=len(ids) > AT_ONCE,
        most=AT_ONCE,
        going=[each for each in planned if each.left_out is None],
        left_out=[each for each in planned if each.left_out],
        others=min(len(ids), AT_ONCE) - len(planned),
        shown=SHOWN,
        back=picked.asked.address(),
        query=call.text("query"),
    )


@pages.post("/customers/bulk/request", may=Right.REQUEST, slow=True)
def request(call: Call) -> Response:
    """Ask them for their certificates."""
    if not call.site.requests_enabled:
        raise HTTPException(403)
    ids, site = numbers_of(call.text("chosen").split(",")), call.site
    done = bulk_requests.ask_all(site.store, _scope(call, ids), site.act(call.by.name), site.post)
    asked = sum(each.left_out is None for each in done)
    if not asked:
        return call.go(LIST.picked(call).asked.address(), "Nobody was asked.")
    said = f"{asked:,} customer{'' if asked == 1 else 's'} asked; their mails go out now."
    return call.go("/requests", said)


def _may_ask(call: Call) -> bool:
    return call.site.requests_enabled and call.by.may(Right.REQUEST)


def _chosen(call: Call, picked: Picked) -> list[int]:
    """Those that were ticked, or all that fit; `AT_ONCE` and one more at most."""
    if not picked.everything:
        return list(picked.ids[: AT_ONCE + 1])
    on = call.site.clock().date()
    with call.site.store.reading() as tx:
        wanted = _filter(picked.asked, _kept(call, tx, picked.asked).ids)
        return customer_lists.first_ids(tx, wanted, AT_ONCE + 1, on)


def _scope(call: Call, ids: Collection[int]) -> Scope:
    """Who of these may be asked; of those that the caller sees."""
    return Scope(tuple(Kind), call.scope, call.site.expiring_soon_days, set(list(ids)[:AT_ONCE]))


def _one_of(kind: type[E], text: str) -> E | None:
    return kind(text) if text in set(kind) else None


def _kept(call: Call, tx: Transaction, asked: Asked) -> Kept:
    """The companies of the switcher, narrowed to the one that the filter names."""
    shown = call.scope
    choices = [row for row in scoped.companies(tx, call.by) if shown is None or row.id in shown]
    key = asked.filter("company")
    if not key:
        return Kept(shown, choices)
    if key not in {row.key for row in choices}:
        raise HTTPException(404)
    below = companies.scope(tx, key) or frozenset()
    return Kept(below if shown is None else below & shown, choices)


def _tabs(asked: Asked) -> list[tuple[str, str, None]]:
    nothing = dict.fromkeys(("standing", "lack", "page"))
    return [
        (
            asked.address(**{**nothing, **{name: value.value for name, value in of.items()}}),
            title,
            None,
        )
        for title, of in TABS
    ]


def _here(asked: Asked) -> int:
    said = {name: asked.filter(name) for name in ("standing", "lack") if asked.filter(name)}
    return next((at for at, (_title, of) in enumerate(TABS) if of == said), -1)


# --- cards that look like one customer ---------------------------------------------------


@pages.get("/customers/look-alikes", may=Right.READ)
def look_alikes(call: Call) -> Response:
    """Pairs of cards that may be one customer each."""
    return _pairs(call)


def _pairs(call: Call, wrong: str = "") -> Response:
    words = call.query.get("words", "").strip()[:200]
    number = min(number_of(call.query.get("page")) or 1, 10_000)
    with call.site.store.reading() as tx:
        filters = DoublesFilter(
            words=words or None,
            company_ids=call.scope,
            limit=A_PAGE,
            offset=(number - 1) * A_PAGE,
        )
        found = doubles(tx, filters)
    return call.page(
        "customers/look_alikes.html",
        422 if wrong else 200,
        pairs=found.pairs,
        total=found.total,
        number=number,
        last=max(1, -(-found.total // A_PAGE)),
        words=words,
        address="/customers/look-alikes" + (f"?{urlencode({'words': words})}" if words else ""),
        titles=LIKENESSES,
        wrong=wrong,
        may_edit=call.by.may(Right.EDIT),
    )


@pages.post("/customers/look-alikes/not-same", may=Right.EDIT)
def not_same(call: Call) -> Response:
    """Remember that two of them are two customers."""
    ids = [each for text in call.texts("id")[:2] if (each := number_of(text))]
    if len(ids) != 2:
        raise HTTPException(422)
    site = call.site
    try:
        with site.store.reading() as tx:
            one, other = (scoped.customer(tx, each, call.by) for each in ids)
        joining.not_same(site.store, one.id, other.id, site.act(call.by.name))
    except NotFoundError:
        raise HTTPException(404) from None
    except RefusedError as error:
        return _pairs(call, str(error))
    return call.go("/customers/look-alikes", f"{one.name} and {other.name} stay two customers.")
