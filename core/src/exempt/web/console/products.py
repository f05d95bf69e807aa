"""The pages of products: which ids sources named, what each is for tax, proposals, batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import currency_exponent
from exempt.errors import NotFoundError
from exempt.model.access import Right
from exempt.model.rulesdata import Confidence
from exempt.rules.product_proposals import as_sure
from exempt.services import product_lists, products, scoped
from exempt.services.certificates import Act
from exempt.services.ports import Transaction
from exempt.services.product_ports import ProductCode, ProductFilter, ProductSort, Sold
from exempt.services.products import Assigned
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages
from exempt.web.typed import inside, number_of, numbers_of

pages = Pages()

AT_ONCE = 10_000
PROPOSALS_SHOWN = 200

LIST = Lister(
    "/products",
    columns=(
        Column("product", "Product", sort=True, fixed=True),
        Column("name", "Name", sort=True),
        Column("source", "Source", sort=True),
        Column("seen", "First seen", sort=True),
        Column("category", "Tax category", sort=True),
        Column("waiting", "Waiting first", sort=True, hidden=True),
        Column("code", "Tax code of its source", hidden=True),
        Column("orders", "Orders", end=True, hidden=True),
        Column("sold", "Sold", end=True, hidden=True),
    ),
    filters=("status", "category", "source"),
    sort="waiting",
)

SURE = (
    (Confidence.HIGH.value, "High confidence"),
    (Confidence.MEDIUM.value, "Medium and higher"),
    (Confidence.LOW.value, "All"),
)


@pages.get("/products", may=Right.READ)
def list_(call: Call) -> Response:
    """Product ids, those that nobody has assigned first."""
    asked = LIST.read(call)
    wanted = _wanted(call, asked)
    sold = bool({"orders", "sold"} & set(asked.columns))
    sort = ProductSort(asked.sort)
    part = product_lists.Wanted(sort, asked.descending, asked.offset, asked.limit, sold)
    with call.site.store.reading() as tx:
        found = product_lists.part(tx, wanted, part)
        sources = [row.name for row in scoped.connections(tx, call.by)]
    total, unmapped = found.total, found.unmapped
    fits = {None: total, False: unmapped, True: total - unmapped}[wanted.mapped]
    return call.page(
        "products/list.html",
        listing=LIST.shown(call, asked, total=fits),
        rows=found.codes,
        proposed={key: each.proposal for key, each in found.proposed.items()},
        sold=found.sold,
        nothing=Sold(),
        tabs=_tabs(asked, total, unmapped),
        here={None: 0, False: 1, True: 2}[wanted.mapped],
        unmapped=unmapped,
        sources=[(name, name) for name in sorted(sources)],
        **_categories(),
    )


def _wanted(call: Call, asked: Asked) -> ProductFilter:
    mapped = {"unmapped": False, "mapped": True}.get(asked.filter("status"))
    return ProductFilter(
        company_ids=call.scope,
        connection=asked.filter("source") or None,
        mapped=mapped,
        category=asked.filter("category") or None,
        words=asked.words or None,
    )


def _tabs(asked: Asked, total: int, unmapped: int) -> list[tuple[str, str, int]]:
    kinds = (
        ("", "All", total),
        ("unmapped", "To assign", unmapped),
        ("mapped", "Assigned", total - unmapped),
    )
    return [(asked.address(status=key or None, page=None), title, n) for key, title, n in kinds]


def _categories() -> dict[str, Any]:
    """The pick list: types, and in each its categories."""
    known = products.categories()
    return {
        "groups": [(kind.title, known.of_type(key)) for key, kind in known.types.items()],
        "title_of": known.title,
    }


@pages.get("/products/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """Every product that the filters name, with what was sold of it."""
    wanted = _wanted(call, LIST.read(call))
    return exports.send(call, Sheet("Products", HEADS, _cells(call, wanted)), "products")


HEADS = (
    *("Product", "Name", "Source", "Tax code of its source", "First seen", "Product type"),
    *("Tax category", "Assigned at", "Assigned by", "Why", "Orders", "Sold", "Currency"),
)


def _cells(call: Call, wanted: ProductFilter) -> Iterator[Row]:
    known = products.categories()
    with call.site.store.reading() as tx:
        for code, sold in product_lists.with_sold(tx, wanted):
            yield from _lines(code, sold, known.title)


def _lines(code: ProductCode, sold: Sold, title_of: Any) -> Iterator[Row]:
    """A line for each currency; one where nothing was sold."""
    kind, _, category = (title_of(code.tax_category) if code.tax_category else "").partition(": ")
    for currency, minor in sold.amounts.items() or (("", 0),):
        yield (
            *(code.external_id, code.name, code.connection, code.tax_code, code.first_seen_at),
            *(kind, category, code.assigned_at, code.assigned_by, code.assigned_why),
            *(sold.orders, Decimal(minor).scaleb(-currency_exponent(currency)), currency),
        )


# --- assigning ---------------------------------------------------------------------------


@pages.post("/products/bulk", may=Right.EDIT)
def bulk(call: Call) -> Response:
    """Take over what is proposed for those ticked; or ask what they are."""
    picked = LIST.picked(call)
    with call.site.store.reading() as tx:
        if picked.everything:
            wanted = _wanted(call, picked.asked)
            ids = [code.id for code in product_lists.following(tx, wanted, 0, AT_ONCE)]
        else:
            ids = list(picked.ids)
    if not ids:
        return call.go("/products", "No product was ticked.")
    if picked.do == "propose":
        try:
            taken, done = products.accept_for(call.site.store, ids, _act(call), call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None
        return call.go("/products", _said(call, done, f"{len(taken)} of {len(ids)}"))
    return _batch(call, ids)


def _batch(call: Call, ids: Sequence[int], wrong: str = "", chosen: str = "") -> Response:
    with call.site.store.reading() as tx:
        try:
            codes = products.of_companies(tx, ids, call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None
    return call.page(
        "products/batch.html",
        422 if wrong else 200,
        codes=codes,
        wrong=wrong,
        chosen=chosen,
        **_categories(),
    )


@pages.post("/products/assign", may=Right.EDIT)
def assign(call: Call) -> Response:
    """Give products their category: all of them, or none."""
    ids = numbers_of(call.text("ids").split(",")[:AT_ONCE])
    chosen = call.text("category")
    if not ids:
        return call.go("/products", "No product was ticked.")
    if not chosen:
        return _batch(call, ids, "Choose what they are.")
    category = None if chosen == "none" else chosen
    if category is not None and products.categories().get(category) is None:
        return _batch(call, ids, "There is no such tax category: choose one of the list.")
    try:
        with call.site.store.writing() as tx:
            done = products.assign_ids(tx, ids, category, _act(call), call.by.company_ids)
    except NotFoundError:
        raise HTTPException(404) from None
    one = call.text("back") == "one" and len(ids) == 1
    back = f"/products/{ids[0]}" if one else "/products"
    return call.go(back, _said(call, done, f"{len(done.product_ids)}"))


def _said(call: Call, done: Assigned, many: str) -> str:
    if not done.product_ids:
        return "Nothing changed: it was so before."
    with call.site.store.reading() as tx:
        names = product_lists.recounted(tx, done.recounted)
    said = f"{many} {'product is' if many == '1' else 'products are'} assigned."
    if names:
        said += f" The orders of {', '.join(names)} are counted anew, in the background."
    return said


def _act(call: Call) -> Act:
    return call.site.act(call.by.name)


# --- proposals ---------------------------------------------------------------------------


@pages.get("/products/proposals", may=Right.READ)
def proposals(call: Call) -> Response:
    """What products without a category may be, and why."""
    sure = _sure(call.query.get("sure", ""))
    with call.site.store.reading() as tx:
        wanted = ProductFilter(company_ids=call.scope, mapped=False)
        every = products.proposals(tx, wanted)
        unmapped = product_lists.unmapped(tx, wanted)
    found = [each for each in every if as_sure(each.proposal.confidence, sure)]
    return call.page(
        "products/proposals.html",
        found=found[:PROPOSALS_SHOWN],
        total=len(found),
        without=unmapped - len(every),
        sure=sure,
        choices=SURE,
        title_of=products.categories().title,
    )


@pages.post("/products/proposals", may=Right.EDIT)
def accept(call: Call) -> Response:
    """Take over all proposals that are as sure as that, or one."""
    site = call.site
    if call.text("product"):
        one = number_of(call.text("product"))
        if one is None:
            raise HTTPException(404)
        try:
            taken, done = products.accept_for(site.store, [one], _act(call), call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None
    else:
        wanted = ProductFilter(company_ids=call.scope, mapped=False)
        sure = _sure(call.text("sure"))
        taken, done = products.accept_proposals(site.store, wanted, _act(call), sure=sure)
    back = call.text("back")
    to = inside(back) if back.startswith("/products") else "/products/proposals"
    return call.go(to, _said(call, done, f"{len(taken)}"))


def _sure(text: str) -> Confidence:
    return Confidence(text) if text in set(Confidence) else Confidence.LOW


# --- one ---------------------------------------------------------------------------------


@pages.get("/products/{product_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """Where it came from, what it is, and who taxes it."""
    on = call.site.clock().date()
    with call.site.store.reading() as tx:
        code = _code(call, tx)
        found = [] if code.tax_category else products.proposals_for(tx, [code])
        history = products.history(tx, code.id)
    taxability = call.site.policy.nexus.taxability
    category = code.tax_category
    places = dict.fromkeys(row.jurisdiction for row in taxability.of(category or ""))
    return call.page(
        "products/one.html",
        code=code,
        proposal=found[0].proposal if found else None,
        history=history,
        taxed=[
            (place, taxability.why(category, place or "", on))
            for place in sorted(places, key=lambda each: each or "")
        ],
        on=on,
        **_categories(),
    )


@pages.get("/products/{product_id:int}/sold", may=Right.READ, slow=True)
def sold(call: Call) -> Response:
    """What was sold of it, line by line added up, which may take a moment."""
    with call.site.store.reading() as tx:
        code = _code(call, tx)
        seen = products.show(tx, code)
    return call.page("products/sold.html", code=code, sold=seen.sold, first=seen.first_order)


def _code(call: Call, tx: Transaction) -> ProductCode:
    """The product that the address names."""
    try:
        return products.of_companies(tx, [call.path["product_id"]], call.by.company_ids)[0]
    except NotFoundError:
        raise HTTPException(404) from None
