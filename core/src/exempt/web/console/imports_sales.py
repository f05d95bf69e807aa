"""One file of sales of the past: its check, its new products, its import, its completion."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import currency_exponent
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.backfill import BackfillField, BackfillRun, BackfillState, Mistake, MistakeKind
from exempt.services import intake, products
from exempt.services.backfills import checking, importing, new_products, runs, undoing
from exempt.services.rows import ConnectionRow
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.imports_in import options_of, sentence
from exempt.web.console.imports_words import (
    DATE_FORMS,
    STREAM_WORDS,
    as_sentence,
    left_sheet,
    state_words,
    told,
)
from exempt.web.pages import Call, Pages

pages = Pages()

FIRST = 100
"""Mistakes, and new products, that the page shows."""

_HEADS = ("Row", "Column", "Title", "Value", "What is wrong", "How to mend it")
_OF_TITLES = {MistakeKind.UNKNOWN_HEADER, MistakeKind.HEADER_TWICE}
_WORKING = {BackfillState.CHECKING, BackfillState.IMPORTING, BackfillState.UNDOING}
_WITH_PRODUCTS = (BackfillState.CHECKED, BackfillState.IMPORTED, BackfillState.COMPLETE)


@pages.get("/backfills/{run_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """How a file stands, and what is to be done about it."""
    return _page(call, *_run(call))


def _run(call: Call) -> tuple[BackfillRun, ConnectionRow]:
    try:
        with call.site.store.reading() as tx:
            return intake.sales_of(tx, call.path["run_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def _page(
    call: Call, run: BackfillRun, source: ConnectionRow, status: int = 200, **more: Any
) -> Response:
    with call.site.store.reading() as tx:
        found = new_products.of(tx, run) if run.state in _WITH_PRODUCTS else []
        works = intake.somebody_works(tx, call.site.clock())
        left = intake.left(tx, run, FIRST)
        company = intake.company_name(tx, source.company_id)
    counts = run.counts
    stored = counts.stored / counts.rows if counts.rows else 0.0
    shown = {"wrong": "", "products_wrong": "", "chosen": []} | more
    return call.page(
        "imports/sales.html",
        status,
        run=run,
        source=source,
        company=company,
        works=works,
        state=state_words(run.state.value),
        working=run.state in _WORKING,
        storing=bool(counts.stored),
        part=stored if counts.stored and not run.undone_at else counts.part,
        left=left,
        stream_words=STREAM_WORDS,
        as_sentence=as_sentence,
        told=told,
        sums=_sums(run),
        mistakes=run.mistakes[:FIRST],
        titles=_titles(run),
        fields=[(field.value, field.value) for field in BackfillField],
        date_forms=[(form.value, words) for form, words in DATE_FORMS.items()],
        products=found[:FIRST],
        categories=_categories(),
        first=FIRST,
        may_edit=call.by.may(Right.EDIT),
        **shown,
    )


def _sums(run: BackfillRun) -> str:
    """What its rows come to, credits taken off."""
    return ", ".join(
        f"{amount:,.{currency_exponent(currency)}f} {currency}"
        for currency, amount in sorted(run.counts.sums.items())
    )


def _titles(run: BackfillRun) -> list[str]:
    """The titles of the file that nobody knows what to do with."""
    found = [each.title for each in run.mistakes if each.kind in _OF_TITLES]
    return list(dict.fromkeys([*found, *run.options.mapping]))


def _categories() -> list[tuple[str, str]]:
    """The pick list."""
    known = products.categories()
    return [(key, known.title(key)) for key in known.keys]


# --- what is done ----------------------------------------------------------------------------


@pages.post("/backfills/{run_id:int}/check", may=Right.EDIT)
def check(call: Call) -> Response:
    """Read it once more, in another way if the form says so."""
    run, source = _run(call)
    site = call.site
    try:
        options = options_of(call.form, run.options) if call.text("otherwise") else run.options
        now = runs.read_otherwise(site.store, run.id, options, site.act(call.by.name))
        checking.leave_to_daemon(site.store, now.id)
    except RefusedError as error:
        return _refused(call, run, source, error)
    return call.go(f"/backfills/{now.id}")


@pages.post("/backfills/{run_id:int}/import", may=Right.EDIT)
def import_(call: Call) -> Response:
    """Have its sales stored."""
    run, source = _run(call)
    try:
        importing.begin(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _refused(call, run, source, error)
    return call.go(f"/backfills/{run.id}")


@pages.post("/backfills/{run_id:int}/products", may=Right.EDIT)
def assign(call: Call) -> Response:
    """Give new products their tax category: those that are ticked, or each its own."""
    run, source = _run(call)
    ticked, category = call.texts("product")[:5000], call.text("category")
    if not ticked or not category:
        said = "Tick the products, and choose the tax category that they get."
        return _page(call, run, source, 422, products_wrong=said, chosen=ticked)
    act = call.site.act(call.by.name)
    try:
        new_products.assign(call.site.store, run.id, dict.fromkeys(ticked, category), act)
    except (RefusedError, NotFoundError) as error:
        return _page(call, run, source, 422, products_wrong=sentence(error), chosen=ticked)
    many = f"{len(ticked):,} product{'' if len(ticked) == 1 else 's'}"
    return call.go(f"/backfills/{run.id}#products", f"{many} got the tax category.")


@pages.post("/backfills/{run_id:int}/complete", may=Right.EDIT)
def complete(call: Call) -> Response:
    """Say that somebody looked at what came of it."""
    run, source = _run(call)
    try:
        runs.complete(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _refused(call, run, source, error)
    return call.go(f"/backfills/{run.id}", "It is marked as complete.")


@pages.post("/backfills/{run_id:int}/drop", may=Right.EDIT)
def drop(call: Call) -> Response:
    """Give it up."""
    run, source = _run(call)
    try:
        runs.drop(call.site.store, run.id)
    except RefusedError as error:
        return _refused(call, run, source, error)
    return call.go("/imports?of=sales", f"{run.file_name} is given up: nothing was imported.")


def _refused(call: Call, run: BackfillRun, source: ConnectionRow, error: RefusedError) -> Response:
    """The page as it is by now; where somebody else was quicker it says so."""
    now, source = _run(call)
    said = sentence(error)
    if now.state is not run.state:
        said = f"Somebody else was quicker: by now it is {state_words(now.state.value).lower()}."
    status = 409 if now.state is not run.state else 422
    return _page(call, now, source, status, wrong=said)


@pages.get("/backfills/{run_id:int}/mistakes/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """Every mistake as a file."""
    run, _source = _run(call)
    if run.state is not BackfillState.DRAFT or call.site.tables is None:
        raise HTTPException(404)
    site = call.site
    try:
        every = checking.every_mistake(site.store, call.site.tables, run.id, site.clock)
        return exports.send(call, Sheet("Mistakes", _HEADS, map(_row, every)), "mistakes")
    except NotFoundError:
        raise HTTPException(404) from None


def _row(mistake: Mistake) -> Row:
    said = told(mistake)
    return (
        *(mistake.row, mistake.column, mistake.title, mistake.value),
        *(said.what, said.mend),
    )


# --- undoing ---------------------------------------------------------------------------------


@pages.get("/backfills/{run_id:int}/undo", may=Right.EDIT, slow=True)
def undo_preview(call: Call) -> Response:
    """What undoing would take away and put back, and what it would leave."""
    run, source = _run(call)
    if run.state in {BackfillState.UNDOING, BackfillState.UNDONE}:
        return call.go(f"/backfills/{run.id}")
    try:
        seen = undoing.preview(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _refused(call, run, source, error)
    undone = seen.undone
    figures = [
        (None, undone.removed, "sales taken away", ""),
        (None, undone.restored, "sales as they were before", ""),
        (None, undone.customers, "customers taken away", ""),
        (None, undone.products, "products taken away", ""),
        (None, undone.details, "customers and products as they were before", ""),
        (None, undone.left, "records that stay", "warn"),
    ]
    return call.page(
        "imports/undo_records.html",
        seen=seen,
        address=f"/backfills/{run.id}",
        records=run.counts.transactions + run.counts.customers + run.counts.products,
        figures=[each for each in figures if each[1]] or figures[:1],
        stay=undone.left,
        stream_words=STREAM_WORDS,
        as_sentence=as_sentence,
    )


@pages.post("/backfills/{run_id:int}/undo", may=Right.EDIT)
def undo(call: Call) -> Response:
    """Have what it brought put back."""
    run, source = _run(call)
    try:
        undoing.leave_to_daemon(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _refused(call, run, source, error)
    return call.go(f"/backfills/{run.id}")


@pages.get("/backfills/{run_id:int}/left/export", may=Right.READ, slow=True)
def export_left(call: Call) -> Response:
    """Everything that stayed when it was undone, and why."""
    run, _source = _run(call)
    with call.site.store.reading() as tx:
        left = intake.left(tx, run)
    return exports.send(call, left_sheet(left), f"backfill-{run.id}-left")
