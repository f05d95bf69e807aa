"""The page that files are dropped on: customers, sales of the past, employees; and earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.backfill import DateForm
from exempt.model.imports import ReadingOptions, Template
from exempt.rules.import_titles import lay_out
from exempt.services import employee_files, file_templates, intake, scoped
from exempt.services.backfill_ports import Parts
from exempt.services.file_ports import FileFilter, FileOf, FileRow, Stands
from exempt.services.file_templates import TemplateName
from exempt.services.importing import leaving
from exempt.services.importing.leaving import FileKept, Heads
from exempt.services.rows import CompanyRow
from exempt.services.tables_out import Sheet
from exempt.web import handing_out as out
from exempt.web.arriving import BODY_MAX
from exempt.web.console import exports, imports_in
from exempt.web.console.imports_words import DATE_FORMS, KINDS, STANDS, words_of
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages

pages = Pages()

MOST = 50 * 1024 * 1024
"""Bytes of a file."""

LIST = Lister(
    "/imports",
    columns=(
        Column("file", "File", sort=True, fixed=True),
        Column("of", "Contents"),
        Column("stands", "Status"),
        Column("rows", "Rows", sort=True, end=True),
        Column("made", "Uploaded", sort=True),
        Column("ended", "Imported"),
    ),
    filters=("of", "stands"),
    sort="-made",
)
_SORTS = {"file": "name", "rows": "rows", "made": "made"}
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MARK = "file-to-import"


# --- the list --------------------------------------------------------------------------------


@pages.get("/imports", may=Right.READ)
def list_(call: Call) -> Response:
    """Where a file is dropped, and the earlier ones."""
    return _page(call)


def _page(call: Call, status: int = 200, **wrong: Any) -> Response:
    asked = LIST.read(call)
    with call.site.store.reading() as tx:
        found = intake.files(tx, _filter(call, asked))
        companies = scoped.companies(tx, call.by)
        sources = intake.sources_of(tx, call.by)
    counts = found.counts
    of = asked.filter("of")
    total = counts.get(FileOf(of), 0) if of in KINDS else sum(counts.values())
    return call.page(
        "imports/list.html",
        status,
        listing=LIST.shown(call, asked, total=total),
        rows=found.rows,
        tabs=_tabs(asked, counts),
        here=1 + list(KINDS).index(of) if of in KINDS else 0,
        kinds=KINDS,
        stands=STANDS,
        words_of=words_of,
        companies=companies,
        company_pairs=[(row.key, row.name) for row in companies],
        source_pairs=[(row.name, row.name) for row in sources],
        date_forms=[(form.value, words) for form, words in DATE_FORMS.items()],
        most=MOST,
        may_edit=call.by.may(Right.EDIT) and call.site.tables is not None,
        typed=_typed(call),
        wrong=wrong,
    )


def _tabs(asked: Asked, counts: Mapping[FileOf, int]) -> list[tuple[str, str, int]]:
    every = (asked.address(of=None), "All", sum(counts.values()))
    return [every, *((asked.address(of=k), t, counts.get(FileOf(k), 0)) for k, t in KINDS.items())]


def _filter(call: Call, asked: Asked) -> FileFilter:
    of, stands = asked.filter("of"), asked.filter("stands")
    return FileFilter(
        company_ids=call.scope,
        of=FileOf(of) if of in KINDS else None,
        stands=Stands(stands) if stands in STANDS else None,
        words=asked.words,
        sort=_SORTS.get(asked.sort, "made"),
        descending=asked.descending,
        limit=asked.limit,
        offset=asked.offset,
    )


def _typed(call: Call) -> dict[str, str]:
    """What stands in the form of a file."""
    chosen = call.text("of") or call.query.get("of", "")
    names = ("company", "source", "time_zone", "date_form", "aliases", "any_signs", "template")
    return {"of": chosen if chosen in KINDS else "customers"} | {
        name: call.text(name) for name in names
    }


@pages.get("/imports/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All files that the filters name."""
    wanted = _filter(call, LIST.read(call))._replace(limit=None, offset=0)
    with call.site.store.reading() as tx:
        rows = intake.files(tx, wanted).rows
    return exports.send(call, Sheet("Imports", _HEADS, map(_told, rows)), "imports")


_HEADS = (
    *("File", "Contents", "Company", "Status", "Rows"),
    *("Uploaded", "Uploaded by", "Imported", "Imported by"),
)


def _told(row: FileRow) -> tuple[Any, ...]:
    return (
        *(row.name, KINDS[row.of], row.company, words_of(row)[0], row.rows),
        *(row.made_at, row.made_by, row.ended_at, row.ended_by),
    )


@pages.get("/backfills", may=Right.READ)
def backfills(_call: Call) -> Response:
    """The files of sales are among the others."""
    return RedirectResponse("/imports?of=sales", 303)


# --- templates -------------------------------------------------------------------------------


@pages.get("/imports/templates/{name}", may=Right.READ, slow=True)
def template(call: Call) -> Response:
    """A template to fill in: ``basic.xlsx``, ``sales.csv``."""
    out.check_context(call.request)
    which, _, form = call.path["name"].partition(".")
    writer = call.site.blank_writer
    if which not in set(TemplateName) or form not in _TYPES or writer is None:
        raise HTTPException(404)
    blank = file_templates.template(TemplateName(which), call.site.customer_fields)
    try:
        file = file_templates.spooled(blank, f"{which}.{form}", writer)
    except RefusedError as error:
        raise HTTPException(422, str(error)) from None
    return out.saved(file, f"{_NAMES[which]}.{form}", _TYPES[form])


_NAMES = {
    "basic": "customers-basic",
    "full": "customers-full",
    "sales": "sales",
    "employees": "employees",
}


# --- a file that comes in --------------------------------------------------------------------


class _Came(NamedTuple):
    """A file, and what it is to be taken for."""

    file: FileKept
    of: FileOf
    company: CompanyRow


@pages.post("/imports", may=Right.EDIT, body_max=MOST + BODY_MAX, slow=True)
def upload(call: Call) -> Response:
    """Take a file in, and have it checked."""
    upload_ = call.form.get("file")
    if not isinstance(upload_, UploadFile) or not upload_.filename:
        return _page(call, 422, file="Choose a file, or drop one here.")
    of = call.text("of")
    if of not in KINDS:
        return _page(call, 422, of="Say what the file has.")
    try:
        company = _company(call, call.form)
    except RefusedError as error:
        return _page(call, 422, company=imports_in.sentence(error))
    try:
        file = leaving.keep(tables_of(call), upload_.filename, upload_.file)
        return _taken_in(call, _Came(file, FileOf(of), company))
    except RefusedError as error:
        name = leaving.shown_name(upload_.filename)
        return _page(call, 422, file=imports_in.sentence(error, name))


def _taken_in(call: Call, came: _Came) -> Response:
    """Go on to the page of the file.

    Raises:
        RefusedError: It cannot be taken for what it is said to be.
    """
    if came.of is FileOf.SALES:
        return call.go(f"/backfills/{imports_in.sales(call, came.file, came.company).id}")
    if came.of is FileOf.EMPLOYEES:
        act = call.site.act(call.by.name)
        run = employee_files.take_in(
            call.site.store, tables_of(call), came.file, came.company.id, act
        )
        return call.go(f"/imports/employees/{run.id}")
    options = ReadingOptions(
        template=Template(call.text("template"))
        if call.text("template") in set(Template)
        else None,
        aliases=bool(call.text("aliases")),
    )
    try:
        return _begun(call, came.file, came.company, options)
    except RefusedError:
        leaving.heads(tables_of(call), came.file)  # or it is no table at all
        return _to_columns(call, came)


def _begun(call: Call, file: FileKept, company: CompanyRow, options: ReadingOptions) -> Response:
    run = leaving.begin(
        call.site.store,
        tables_of(call),
        file,
        company.id,
        call.site.act(call.by.name),
        options=options,
        custom=call.site.customer_fields,
    )
    return call.go(f"/imports/{run.id}")


def tables_of(call: Call) -> Parts:
    """What keeps files that are imported."""
    if call.site.tables is None:
        raise HTTPException(404)
    return call.site.tables


def _company(call: Call, said: Mapping[str, Any]) -> CompanyRow:
    """The company that a form, or an address, names.

    Raises:
        RefusedError: There are several, and none is named.
    """
    with call.site.store.reading() as tx:
        try:
            return scoped.company(tx, str(said.get("company", "")) or None, call.by)
        except NotFoundError:
            raise HTTPException(404) from None
        except RefusedError:
            msg = "choose the company that they belong to"
            raise RefusedError(msg) from None


# --- columns with other titles ---------------------------------------------------------------


def _to_columns(call: Call, came: _Came) -> Response:
    """On to the page where the columns of a kept file are matched."""
    said = {**came.file._asdict(), "company": came.company.key, "mark": _mark(call, came.file)}
    return call.go(f"/imports/columns?{urlencode(said)}")


@pages.get("/imports/columns", may=Right.EDIT, slow=True)
def columns(call: Call) -> Response:
    """Ask which column of a kept file is which of the template."""
    file = _kept(call, call.query)
    try:
        found = leaving.heads(tables_of(call), file)
    except ExemptError:
        raise HTTPException(404) from None
    wrong = ""
    try:
        lay_out(file.name, found.titles, ReadingOptions(), call.site.customer_fields)
    except RefusedError as error:
        wrong = imports_in.besides_titles(error, file.name)
    return _columns(call, _Came(file, FileOf.CUSTOMERS, _company(call, call.query)), found, wrong)


def _columns(call: Call, came: _Came, found: Heads, wrong: str, status: int = 200) -> Response:
    return call.page(
        "imports/columns.html",
        status,
        columns=imports_in.guessed(found, call.site.customer_fields, call.form),
        choices=imports_in.titles(call.site.customer_fields),
        file=came.file,
        company=came.company,
        mark=_mark(call, came.file),
        wrong=wrong,
    )


@pages.post("/imports/columns", may=Right.EDIT, slow=True)
def matched(call: Call) -> Response:
    """Go on with a file whose titles were matched by hand."""
    file, company = _kept(call, call.form), _company(call, call.form)
    try:
        found = leaving.heads(tables_of(call), file)
    except ExemptError:
        return _page(call, 422, file="The file is not there any more: drop it here again.")
    try:
        options = ReadingOptions(mapping=imports_in.mapping(found, call.form))
        return _begun(call, file, company, options)
    except RefusedError as error:
        came = _Came(file, FileOf.CUSTOMERS, company)
        return _columns(call, came, found, imports_in.sentence(error, file.name), 422)


def _kept(call: Call, said: Mapping[str, Any]) -> FileKept:
    """The file that a page of ours named to whoever brought it."""
    file = FileKept(str(said.get("sha256", "")), str(said.get("name", "")))
    if not call.site.keys.signed(_MARK, _marked(call, file), str(said.get("mark", ""))):
        raise HTTPException(404)
    return file


def _mark(call: Call, file: FileKept) -> str:
    return call.site.keys.sign(_MARK, _marked(call, file))


def _marked(call: Call, file: FileKept) -> str:
    """What ties a kept file to whoever brought it."""
    return f"{call.by.user_id} {file.sha256} {file.name}"


assert set(DATE_FORMS) == set(DateForm)  # noqa: S101 - a date form without words is found at once
