"""The lists of one source: rows that were rejected, a dry run, customers held against its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ExemptError
from exempt.model.access import Right
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.services import source_rows
from exempt.services.reconciling import Difference, DifferenceKind, Reconciliation
from exempt.services.rows import ConnectionRow
from exempt.services.source_views import SourceView
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.sources import known, known_row, seen, steward_of
from exempt.web.pages import Call, Pages
from exempt.web.typed import number_of

pages = Pages()

A_PAGE = 100
LAST_PAGE = 10_000
SHOWN = 200
"""Differences, and things that would be written, on a page."""

KINDS = {
    DifferenceKind.MISSING_THERE: "Missing there",
    DifferenceKind.MISSING_HERE: "Missing here",
    DifferenceKind.DIFFERS: "Differs",
    DifferenceKind.CLAIM: "Exempt there, no certificate here",
}


@pages.get("/sources/{name}/rejected", may=Right.READ)
def rejected(call: Call) -> Response:
    """Rows that could not be read, and why."""
    view = seen(call)
    stream, number = _stream(call), _page(call)
    with call.site.store.reading() as tx:
        counts = source_rows.rejected_counts(tx, view.row.id) if view.row else {}
        start = (number - 1) * A_PAGE
        rows = (
            source_rows.rejected(tx, view.row.id, stream, limit=A_PAGE, offset=start)
            if view.row
            else []
        )
    total = sum(counts.values())
    here = f"/sources/{view.name}/rejected"
    fits = counts.get(stream, 0) if stream else total
    tabs = [(here, "All", total)]
    tabs += [(f"{here}?stream={each}", each.value.capitalize(), n) for each, n in counts.items()]
    return call.page(
        "sources/rejected.html",
        view=view,
        rows=rows,
        tabs=tabs,
        here=1 + list(counts).index(stream) if stream in counts else 0,
        address=here + (f"?stream={stream}" if stream else ""),
        export=f"{here}/export?" + (f"stream={stream}&" if stream else ""),
        number=number,
        last=max(1, -(-fits // A_PAGE)),
        total=fits,
        **known(call),
    )


@pages.get("/sources/{name}/rejected/export", may=Right.READ, slow=True)
def export_rejected(call: Call) -> Response:
    """All of them as a file."""
    view, row = known_row(call)
    stream = _stream(call)
    every = source_rows.all_rejected(call.site.store, row.id, stream, LAST_PAGE * A_PAGE)
    rows: Iterator[Row] = (
        (each.stream.value, each.external_id, each.row, each.reason, each.seen_at) for each in every
    )
    heads = ("Stream", "Id in the source", "Row", "Reason", "Seen (UTC)")
    return exports.send(call, Sheet("Rejected rows", heads, rows), f"rejected-{view.name}")


@pages.get("/sources/{name}/dry-run", may=Right.EDIT)
def before_dry_run(call: Call) -> Response:
    """What a dry run is."""
    return _dry(call, seen(call))


@pages.post("/sources/{name}/dry-run", may=Right.EDIT, slow=True)
def dry_run(call: Call) -> Response:
    """What a sync would write, with nothing written."""
    view = seen(call)
    try:
        done = steward_of(call).rehearse(view.name)
    except ExemptError as error:
        return _dry(call, view, status=422, wrong=str(error))
    return _dry(call, view, done=done, shown=done.writes[:SHOWN])


def _dry(call: Call, view: SourceView, *, status: int = 200, **more: object) -> Response:
    if view.configured is None:
        raise HTTPException(404)
    told = {"done": None, "shown": (), "wrong": "", **more}
    return call.page("sources/dry_run.html", status, view=view, **told, **known(call))


@pages.get("/sources/{name}/reconcile", may=Right.READ, slow=True)
def reconcile(call: Call) -> Response:
    """Customers held against those of the source, where somebody asks for it."""
    view, row = _reads_customers(call)
    asked = call.query.get("compare") == "yes"
    reconciliation = _reconciliation(call, row)
    differences: list[Difference] = []
    counts: Counter[DifferenceKind] = Counter()
    if asked:
        found = reconciliation.differences()
        differences = list(islice(found, SHOWN))
        counts.update(each.kind for each in differences)
        counts.update(each.kind for each in found)
    return call.page(
        "sources/reconcile.html",
        view=view,
        asked=asked,
        everyone=bool(call.query.get("everyone")),
        complete=reconciliation.complete,
        reconciliation=reconciliation,
        differences=differences,
        counts=counts,
        kinds=KINDS,
        **known(call),
    )


@pages.get("/sources/{name}/reconcile/export", may=Right.READ, slow=True)
def export_differences(call: Call) -> Response:
    """All that differs, as a file."""
    view, row = _reads_customers(call)
    about = ("What", "Customer number", "Customer", "Id in the source", "Field")
    heads = (*about, "In Exempt", "In the source", "What to do")
    rows: Iterator[Row] = (
        (
            KINDS[each.kind],
            each.number,
            each.name,
            each.external_id,
            each.field,
            each.ours,
            each.theirs,
            each.advice,
        )
        for each in _reconciliation(call, row).differences()
    )
    return exports.send(call, Sheet("Differences", heads, rows), f"differences-{view.name}")


def _reads_customers(call: Call) -> tuple[SourceView, ConnectionRow]:
    view, row = known_row(call)
    if Capability.CUSTOMERS not in row.capabilities:
        raise HTTPException(404)
    return view, row


def _reconciliation(call: Call, row: ConnectionRow) -> Reconciliation:
    everyone = bool(call.query.get("everyone"))
    return Reconciliation(call.site.store, row, call.site.clock().date(), everyone)


def _stream(call: Call) -> Stream | None:
    text = call.query.get("stream", "")
    return Stream(text) if text in set(Stream) else None


def _page(call: Call) -> int:
    return min(number_of(call.query.get("page")) or 1, LAST_PAGE)
