"""One file of employees: what is wrong with it, or what it brings."""

from __future__ import annotations

import itertools

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.imports import ImportState, PeopleRun
from exempt.rules.staff_rows import StaffMistake
from exempt.services import employee_files, employee_undoing, intake
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.imports import tables_of
from exempt.web.console.imports_in import sentence
from exempt.web.console.imports_words import (
    STREAM_WORDS,
    as_sentence,
    left_sheet,
    parted,
    state_words,
)
from exempt.web.pages import Call, Pages

pages = Pages()

FIRST = 100
_HEADS = ("Row", "Column", "What is wrong", "How to mend it")


@pages.get("/imports/employees/{run_id:int}", may=Right.READ, slow=True)
def one(call: Call) -> Response:
    """How a file stands."""
    return _page(call, _run(call))


def _run(call: Call) -> PeopleRun:
    try:
        with call.site.store.reading() as tx:
            return intake.people_of(tx, call.path["run_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def _page(call: Call, run: PeopleRun, status: int = 200, wrong: str = "") -> Response:
    mistakes: list[StaffMistake] = []
    if run.state is ImportState.CHECKED and run.counts.bad:
        try:
            every = employee_files.mistakes(tables_of(call), run)
            mistakes = list(itertools.islice(every, FIRST + 1))
        except ExemptError as error:
            wrong = wrong or sentence(error)
    with call.site.store.reading() as tx:
        company = intake.company_name(tx, run.company_id)
        works = intake.somebody_works(tx, call.site.clock())
        left = intake.left(tx, run, FIRST)
    return call.page(
        "imports/employees.html",
        status,
        run=run,
        company=company,
        works=works,
        working=run.state in {ImportState.APPLYING, ImportState.UNDOING},
        wrong=wrong,
        mistakes=mistakes[:FIRST],
        more=len(mistakes) > FIRST,
        left=left,
        stream_words=STREAM_WORDS,
        as_sentence=as_sentence,
        parted=parted,
        state=state_words(run.state.value),
        may_edit=call.by.may(Right.EDIT),
    )


@pages.post("/imports/employees/{run_id:int}/apply", may=Right.EDIT)
def apply(call: Call) -> Response:
    """Have all of its people taken in."""
    run = _run(call)
    try:
        employee_files.begin(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _page(call, _run(call), 409, sentence(error))
    return call.go(f"/imports/employees/{run.id}")


@pages.post("/imports/employees/{run_id:int}/drop", may=Right.EDIT)
def drop(call: Call) -> Response:
    """Give it up."""
    run = _run(call)
    try:
        employee_files.drop(call.site.store, run.id)
    except RefusedError as error:
        return _page(call, _run(call), 409, sentence(error))
    return call.go("/imports?of=employees", f"{run.file_name} is given up: nothing was changed.")


@pages.get("/imports/employees/{run_id:int}/mistakes/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """Every mistake as a file."""
    run = _run(call)
    try:
        rows = map(_row, employee_files.mistakes(tables_of(call), run))
        return exports.send(call, Sheet("Mistakes", _HEADS, rows), f"employees-{run.id}-mistakes")
    except ExemptError:
        raise HTTPException(404) from None


def _row(mistake: StaffMistake) -> Row:
    said = parted(mistake.said)
    return mistake.row, mistake.column, said.what, said.mend


# --- undoing ---------------------------------------------------------------------------------


@pages.get("/imports/employees/{run_id:int}/undo", may=Right.EDIT, slow=True)
def undo_preview(call: Call) -> Response:
    """What undoing would take away and put back, and what it would leave."""
    run = _run(call)
    if run.state is not ImportState.APPLIED:
        return call.go(f"/imports/employees/{run.id}")
    seen = employee_undoing.preview(call.site.store, run.id, call.site.act(call.by.name))
    undone = seen.undone
    figures = [
        (None, undone.new, "employees taken away", ""),
        (None, undone.changed, "employees as they were before", ""),
        (None, undone.left, "employees who stay", "warn"),
    ]
    return call.page(
        "imports/undo_records.html",
        seen=seen,
        address=f"/imports/employees/{run.id}",
        records=run.counts.done.new + run.counts.done.changed + run.counts.done.unchanged,
        figures=[each for each in figures if each[1]] or figures[:1],
        stay=undone.left,
        stream_words=STREAM_WORDS,
        as_sentence=as_sentence,
    )


@pages.post("/imports/employees/{run_id:int}/undo", may=Right.EDIT)
def undo(call: Call) -> Response:
    """Have what it brought put back."""
    run = _run(call)
    try:
        employee_undoing.leave_to_daemon(call.site.store, run.id, call.site.act(call.by.name))
    except RefusedError as error:
        return _page(call, _run(call), 409, sentence(error))
    return call.go(f"/imports/employees/{run.id}")


@pages.get("/imports/employees/{run_id:int}/left/export", may=Right.READ, slow=True)
def export_left(call: Call) -> Response:
    """Everybody who stayed when it was undone, and why."""
    run = _run(call)
    with call.site.store.reading() as tx:
        left = intake.left(tx, run)
    return exports.send(call, left_sheet(left), f"employees-{run.id}-left")
