"""One import of customers: its progress, its problems, what it changes, its report, its undoing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.imports import ChangeKind, ImportRun, ImportState
from exempt.services import cards, intake
from exempt.services.importing import applying, leaving, runs, showing, undoing
from exempt.web.console import exports
from exempt.web.console.imports_in import sentence
from exempt.web.console.imports_words import DOING, KIND_WORDS, as_sentence, parted, state_words
from exempt.web.pages import Call, Pages

pages = Pages()

FIRST = 50
"""Problems, and fields that are erased, that the page itself shows."""

A_FEW = 20
"""Changes and customers that it shows."""

A_PART = 50
"""Changes on a page of them, or a few more."""

_DONE = (ImportState.APPLIED, ImportState.UNDONE, ImportState.UNDOING)


@pages.get("/imports/{import_id:int}", may=Right.READ, slow=True)
def one(call: Call) -> Response:
    """How an import stands, and what is to be done about it."""
    return _page(call, _run(call))


def _run(call: Call) -> ImportRun:
    try:
        with call.site.store.reading() as tx:
            return intake.import_of(tx, call.path["import_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def _page(call: Call, run: ImportRun, status: int = 200, wrong: str = "") -> Response:
    store = call.site.store
    with store.reading() as tx:
        report = runs.report(tx, run.id, A_FEW)
        found = {card.id: card for card in cards.find(tx, [*report.made, *report.changed])}
        company = intake.company_name(tx, run.company_id)
        works = intake.somebody_works(tx, call.site.clock())
    checked = run.state is ImportState.CHECKED
    planned = run.counts.planned
    return call.page(
        "imports/customers.html",
        status,
        run=run,
        wrong=wrong,
        company=company,
        works=works,
        doing=DOING.get(run.state),
        part=showing.part_of(run),
        tally=showing.tally_of(run),
        problems=_findings(call, run, refused=True),
        warnings=_findings(call, run, refused=False) if checked else [],
        changes=showing.glimpse(store, run, limit=A_FEW).changes[:A_FEW] if checked else [],
        erasures=_erasures(call, run) if checked and planned.erasures else [],
        report=report,
        cards=found,
        seen=seen_of(run),
        first=FIRST,
        may_edit=call.by.may(Right.EDIT),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "parted": parted,
        "as_sentence": as_sentence,
        "kind_words": KIND_WORDS,
        "title_of": showing.title_of,
        "state_words": state_words,
    }


def _findings(call: Call, run: ImportRun, *, refused: bool) -> list[Any]:
    shown = {ImportState.CHECKED, ImportState.APPLIED}
    if run.state not in shown:
        return []
    return showing.first_findings(call.site.store, run, FIRST, refused=refused)


def _erasures(call: Call, run: ImportRun) -> list[Any]:
    return showing.glimpse(call.site.store, run, ChangeKind.ERASE, limit=FIRST).changes[:FIRST]


def seen_of(run: ImportRun) -> str:
    """What somebody confirms who imports it; it differs once a new check found something else."""
    counts = run.counts
    return "-".join(map(str, (counts.bad, *counts.planned.model_dump().values())))


# --- what is done ----------------------------------------------------------------------------


@pages.post("/imports/{import_id:int}/check", may=Right.EDIT)
def check(call: Call) -> Response:
    """Hold it against the customers once more."""
    run = _run(call)
    try:
        leaving.check_again(call.site.store, run.id)
    except RefusedError as error:
        return _moved(call, run, error)
    return call.go(f"/imports/{run.id}")


@pages.post("/imports/{import_id:int}/apply", may=Right.EDIT, slow=True)
def apply(call: Call) -> Response:
    """Import it, as was confirmed."""
    run = _run(call)
    counts = run.counts
    erase, skip = bool(call.text("erase")), bool(call.text("skip"))
    if run.state is ImportState.CHECKED:
        if call.text("seen") != seen_of(run):
            said = "It was checked again meanwhile, and found something else: look once more."
            return _page(call, run, 409, said)
        if counts.stuck and not skip:
            said = f"{counts.stuck} cannot go in: mend the file, or tick that they are left out."
            return _page(call, run, 422, said)
        if counts.planned.erasures and not erase:
            said = "Blank cells erase what customers have: see it below, and tick that they may."
            return _page(call, run, 422, said)
    act = call.site.act(call.by.name)
    try:
        applying.leave_to_daemon(call.site.store, run.id, act, erase=erase, skip_bad_rows=skip)
    except RefusedError as error:
        return _moved(call, run, error)
    return call.go(f"/imports/{run.id}")


@pages.post("/imports/{import_id:int}/drop", may=Right.EDIT, slow=True)
def drop(call: Call) -> Response:
    """Give it up."""
    run = _run(call)
    try:
        runs.drop(call.site.store, run.id)
    except RefusedError as error:
        return _moved(call, run, error)
    return call.go("/imports", f"{run.file_name} is given up: nothing was changed.")


def _moved(call: Call, run: ImportRun, error: RefusedError) -> Response:
    """The page as it is by now, where somebody else was quicker, or something is in the way."""
    now = _run(call)
    if now.state is run.state and call.text("seen") in {"", seen_of(run)}:
        return _page(call, now, 409, sentence(error))
    said = f"Somebody else was quicker: by now it is {state_words(now.state).lower()}."
    return _page(call, now, 409, said)


# --- undoing ---------------------------------------------------------------------------------


@pages.get("/imports/{import_id:int}/undo", may=Right.EDIT, slow=True)
def undo_preview(call: Call) -> Response:
    """What undoing would put back, and what it would leave."""
    run = _run(call)
    if run.state is not ImportState.APPLIED:
        return call.go(f"/imports/{run.id}")
    seen = undoing.preview(call.site.store, run.id, call.site.act(call.by.name))
    return call.page("imports/undo.html", run=run, seen=seen, **_words())


@pages.post("/imports/{import_id:int}/undo", may=Right.EDIT, slow=True)
def undo(call: Call) -> Response:
    """Put back what it changed."""
    run = _run(call)
    try:
        undoing.leave_to_daemon(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _moved(call, run, error)
    return call.go(f"/imports/{run.id}")


# --- lists -----------------------------------------------------------------------------------


@pages.get("/imports/{import_id:int}/changes", may=Right.READ, slow=True)
def changes(call: Call) -> Response:
    """Every change, cell by cell, a part at a time."""
    run = _run(call)
    kind = _kind(call)
    try:
        found = showing.glimpse(call.site.store, run, kind, call.query.get("after", ""), A_PART)
    except (ValueError, OverflowError):
        raise HTTPException(404) from None
    more = {"kind": kind.value if kind else "", "after": found.then}
    return call.page(
        "imports/changes.html",
        run=run,
        found=found,
        kind=kind,
        tabs=_tabs(run),
        here=_here(run, kind),
        further=f"/imports/{run.id}/changes?{urlencode(more)}" if found.then else "",
        **_words(),
    )


def _kind(call: Call) -> ChangeKind | None:
    text = call.query.get("kind", "")
    return ChangeKind(text) if text in set(ChangeKind) else None


def _kinds(run: ImportRun) -> list[tuple[ChangeKind, int]]:
    """The kinds of changes that there are, and how many of each."""
    tally = showing.tally_of(run)
    left = run.counts.undone.left if run.state in _DONE else 0
    counted = {
        ChangeKind.NEW: tally.new,
        ChangeKind.CHANGE: tally.changes,
        ChangeKind.ERASE: tally.erasures,
        ChangeKind.ZONE: tally.zones,
        ChangeKind.LINK: tally.links,
        ChangeKind.KEPT: tally.kept,
        ChangeKind.LEFT: left,
    }
    return [(kind, count) for kind, count in counted.items() if count]


def _tabs(run: ImportRun) -> list[tuple[str, str, int]]:
    base = f"/imports/{run.id}/changes"
    every = (base, "All", sum(count for _, count in _kinds(run)))
    return [every, *((f"{base}?kind={k.value}", KIND_WORDS[k][0], n) for k, n in _kinds(run))]


def _here(run: ImportRun, kind: ChangeKind | None) -> int:
    kinds = [each for each, _ in _kinds(run)]
    return 1 + kinds.index(kind) if kind in kinds else 0


@pages.get("/imports/{import_id:int}/changes/export", may=Right.READ, slow=True)
def export_changes(call: Call) -> Response:
    """Every change as a file."""
    run = _run(call)
    if run.state not in {ImportState.CHECKED, *_DONE}:
        raise HTTPException(404)
    sheet = showing.changes_sheet(call.site.store, run, _kind(call))
    return exports.send(call, sheet, f"import-{run.id}-changes")


@pages.get("/imports/{import_id:int}/problems/export", may=Right.READ, slow=True)
def export_problems(call: Call) -> Response:
    """Every problem and warning as a file."""
    run = _run(call)
    sheet = showing.findings_sheet(call.site.store, run.id)
    return exports.send(call, sheet, f"import-{run.id}-problems")
