"""One file of employees: what is wrong with it, or what it brings."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.imports import ImportState, PeopleRun
from exempt.rules.staff_rows import StaffMistake
from exempt.services import employee_files, intake
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.imports import tables_of
from exempt.web.console.imports_in import sentence
from exempt.web.console.imports_words import parted, state_words
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
    mistakes: tuple[StaffMistake, ...] = ()
    if run.state is ImportState.CHECKED and run.counts.bad:
        try:
            mistakes = _mistakes(call, run)
        except ExemptError as error:
            wrong = wrong or sentence(error)
    with call.site.store.reading() as tx:
        company = intake.company_name(tx, run.company_id)
    return call.page(
        "imports/employees.html",
        status,
        run=run,
        company=company,
        wrong=wrong,
        mistakes=mistakes[:FIRST],
        many=len(mistakes),
        parted=parted,
        state=state_words(run.state.value),
        may_edit=call.by.may(Right.EDIT),
    )


def _mistakes(call: Call, run: PeopleRun) -> tuple[StaffMistake, ...]:
    return employee_files.mistakes(tables_of(call), run, call.site.act(call.by.name))


@pages.post("/imports/employees/{run_id:int}/apply", may=Right.EDIT, slow=True)
def apply(call: Call) -> Response:
    """Take all of its people in."""
    run = _run(call)
    try:
        employee_files.apply(call.site.store, tables_of(call), run.id, call.site.act(call.by.name))
    except (RefusedError, NotFoundError) as error:
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
        rows = map(_row, _mistakes(call, run))
    except ExemptError:
        raise HTTPException(404) from None
    return exports.send(call, Sheet("Mistakes", _HEADS, rows), f"employees-{run.id}-mistakes")


def _row(mistake: StaffMistake) -> Row:
    said = parted(mistake.said)
    return mistake.row, mistake.column, said.what, said.mend
