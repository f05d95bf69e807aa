"""The pages of warnings: who is new in a state, which line is near; confirmed, dismissed, read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import jurisdiction_name
from exempt.errors import ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.model.presence import WarningKind, WarningState
from exempt.rules.warning_words import title
from exempt.services import people, warning_steps
from exempt.services.certificates import Act
from exempt.services.presence_ports import WarningRow
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.nexus import today
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, numbers_of

pages = Pages()

AT_ONCE = 500

LIST = Lister(
    "/warnings",
    columns=(
        Column("warning", "Warning", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("kind", "Kind"),
        Column("since", "Since", sort=True),
        Column("raised", "Raised", sort=True),
        Column("status", "Status"),
    ),
    filters=("status", "kind"),
    sort="-raised",
)

KINDS = {
    WarningKind.EMPLOYEE: "New hire",
    WarningKind.APPROACHING: "Threshold near",
    WarningKind.MET: "Threshold met",
}
COLOURS = {
    WarningState.OPEN: "yellow",
    WarningState.CONFIRMED: "green",
    WarningState.DISMISSED: "grey",
}
TABS: Mapping[str, tuple[str, WarningState | None]] = {
    "": ("To look at", WarningState.OPEN),
    "confirmed": ("Confirmed", WarningState.CONFIRMED),
    "dismissed": ("Dismissed", WarningState.DISMISSED),
    "all": ("All", None),
}
_KEYS: Mapping[str, Callable[[WarningRow], Any]] = {
    "warning": lambda row: jurisdiction_name(row.jurisdiction),
    "company": lambda row: row.company.casefold(),
    "since": lambda row: row.since,
    "raised": lambda row: (row.raised_at, -row.id),
}


@pages.get("/warnings", may=Right.READ)
def list_(call: Call) -> Response:
    """What is to be confirmed or dismissed; and what was."""
    return _list(call)


def _list(call: Call, wrong: str = "") -> Response:
    asked = LIST.read(call)
    status = asked.filter("status") if asked.filter("status") in TABS else ""
    with call.site.store.reading() as tx:
        every = warning_steps.listed(tx, call.scope)
    rows = _fit(every, asked, status)
    return call.page(
        "warnings/list.html",
        422 if wrong else 200,
        listing=LIST.shown(call, asked, total=len(rows)),
        rows=rows[asked.offset : asked.offset + asked.limit],
        sentence=warning_steps.said,
        title=title,
        tabs=_tabs(asked, every),
        here=list(TABS).index(status),
        kinds=KINDS,
        colours=COLOURS,
        several=len({row.company_id for row in every}) > 1,
        unread=sum(row.read_at is None for row in every if row.state is WarningState.OPEN),
        wrong=wrong,
    )


def _fit(every: Sequence[WarningRow], asked: Asked, status: str) -> list[WarningRow]:
    state, kind = TABS[status][1], asked.filter("kind")
    found = [
        row
        for row in every
        if (state is None or row.state is state)
        and (not kind or row.kind == kind)
        and asked.fits(_text(row))
    ]
    found.sort(key=_KEYS.get(asked.sort, _KEYS["raised"]), reverse=asked.descending)
    return found


def _text(row: WarningRow) -> str:
    place = jurisdiction_name(row.jurisdiction)
    return f"{place} {row.jurisdiction} {row.company} {warning_steps.said(row)}"


def _tabs(asked: Asked, every: Sequence[WarningRow]) -> list[tuple[str, str, int]]:
    return [
        (
            asked.address(status=key or None, page=None),
            words,
            sum(state is None or row.state is state for row in every),
        )
        for key, (words, state) in TABS.items()
    ]


@pages.get("/warnings/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """The rows that the filters name, to be saved."""
    asked = LIST.read(call)
    status = asked.filter("status") if asked.filter("status") in TABS else ""
    with call.site.store.reading() as tx:
        rows = _fit(warning_steps.listed(tx, call.scope), asked, status)
    return exports.send(call, Sheet("Warnings", HEADS, _cells(rows)), "warnings")


HEADS = (
    *("Id", "State", "Company", "Of", "Since", "Warning", "Raised at", "Read at", "Read by"),
    *("Status", "Closed at", "Closed by", "Reason"),
)


def _cells(rows: Sequence[WarningRow]) -> Iterator[Row]:
    for row in rows:
        yield (
            *(row.id, jurisdiction_name(row.jurisdiction), row.company, KINDS[row.kind]),
            *(row.since, warning_steps.said(row), row.raised_at, row.read_at, row.read_by),
            *(row.state.value, row.closed_at, row.closed_by, row.reason),
        )


# --- several at once ---------------------------------------------------------------------


@pages.post("/warnings/bulk", may=Right.EDIT)
def bulk(call: Call) -> Response:
    """Mark those ticked as read; or ask for what confirming or dismissing them wants."""
    picked = LIST.picked(call)
    with call.site.store.reading() as tx:
        every = warning_steps.listed(tx, call.scope)
    if picked.everything:
        asked = picked.asked
        status = asked.filter("status") if asked.filter("status") in TABS else ""
        rows = _fit(every, asked, status)[:AT_ONCE]
    else:
        rows = [row for row in every if row.id in set(picked.ids)]
    rows = [row for row in rows if row.state is WarningState.OPEN]
    if not rows:
        return call.go("/warnings", "None of those is open: nothing was done.")
    if picked.do == "read":
        ids = [row.id for row in rows]
        warning_steps.read(call.site.store, ids, _act(call), call.by.company_ids)
        return call.go("/warnings", f"{_many(len(ids))} read.")
    if picked.do not in {"confirm", "dismiss"}:
        raise HTTPException(400)
    return _several(call, picked.do, rows)


def _several(
    call: Call, do: str, rows: Sequence[WarningRow], words: str = "", wrong: str = ""
) -> Response:
    return call.page(
        "warnings/several.html",
        422 if wrong else 200,
        do=do,
        rows=sorted(rows, key=lambda row: row.id),
        sentence=warning_steps.said,
        words=words,
        wrong=wrong,
        presences=sum(row.kind is WarningKind.EMPLOYEE for row in rows),
    )


@pages.post("/warnings/close", may=Right.EDIT)
def close(call: Call) -> Response:
    """Confirm or dismiss several: all of them, or none."""
    ids = sorted(numbers_of(call.texts("ids")[:AT_ONCE]))
    do, words, mine = call.text("do"), call.text("words"), call.by.company_ids
    try:
        if do == "confirm":
            warning_steps.confirm_all(call.site.store, ids, _act(call), mine, notes=words)
            return call.go("/warnings", f"{_many(len(ids))} confirmed.")
        warning_steps.dismiss_all(call.site.store, ids, words, _act(call), mine)
    except NotFoundError:
        raise HTTPException(404) from None
    except ExemptError as error:
        with call.site.store.reading() as tx:
            rows = [row for row in warning_steps.listed(tx, mine) if row.id in set(ids)]
        return _several(call, do if do == "confirm" else "dismiss", rows, words, _plain(error, ids))
    return call.go("/warnings", f"{_many(len(ids))} dismissed.")


def _plain(error: ExemptError, ids: Sequence[int]) -> str:
    said = str(error)
    if said.endswith("for a reason: say why"):
        return "Say why: a warning is dismissed for a reason."
    return f"Nothing was done. {said}." if ids else said


def _many(number: int) -> str:
    return f"{number} warning{'' if number == 1 else 's'}"


# --- one ---------------------------------------------------------------------------------


@pages.get("/warnings/{warning_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """What it says, what it means, and who did what with it."""
    return _one(call)


def _one(call: Call, **typed: str) -> Response:
    with call.site.store.reading() as tx:
        try:
            row = warning_steps.get(tx, call.path["warning_id"], call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None
        done = warning_steps.history(tx, row.id)
        made = warning_steps.presences_of(tx, row)
        there = (
            people.staff(tx, [row.company_id], today(call), jurisdiction=row.jurisdiction)
            if row.kind is WarningKind.EMPLOYEE
            else []
        )
    now = {
        "effective_date": row.since.isoformat(),
        "notes": "",
        "reason": "",
        "wrong": "",
        "do": "",
    }
    return call.page(
        "warnings/one.html",
        422 if typed.get("wrong") else 200,
        row=row,
        sentence=warning_steps.said(row),
        title=title(row.kind, row.jurisdiction),
        facts=warning_steps.facts_in(row),
        history=done,
        presences=made,
        people=[each for one in there for view in one.states for each in view.staff.people],
        kinds=KINDS,
        colours=COLOURS,
        typed=now | typed,
        is_staff=row.kind is WarningKind.EMPLOYEE,
        open=row.state is WarningState.OPEN,
    )


@pages.post("/warnings/{warning_id:int}/read", may=Right.EDIT)
def read(call: Call) -> Response:
    """Acknowledge it; it stays open."""
    _seen(call)
    ids = [call.path["warning_id"]]
    warning_steps.read(call.site.store, ids, _act(call), call.by.company_ids)
    return call.go(f"/warnings/{ids[0]}", "The warning is marked as read.")


@pages.post("/warnings/{warning_id:int}/confirm", may=Right.EDIT)
def confirm(call: Call) -> Response:
    """It is right: one of people becomes physical nexus."""
    row = _seen(call)
    typed = {"effective_date": call.text("effective_date"), "notes": call.text("notes")}
    first = None
    if row.kind is WarningKind.EMPLOYEE and typed["effective_date"]:
        first = day_of(typed["effective_date"])
        if first is None:
            return _one(call, **typed, do="confirm", wrong="Write the day as YYYY-MM-DD.")
    try:
        done = warning_steps.confirm(
            call.site.store,
            row.id,
            _act(call),
            call.by.company_ids,
            effective_date=first,
            notes=typed["notes"],
        )
    except ExemptError as error:
        return _one(call, **typed, do="confirm", wrong=str(error))
    said = "The warning is confirmed."
    if done.presence is not None:
        place = jurisdiction_name(row.jurisdiction)
        said = (
            f"Confirmed: there is physical nexus in {place} since {done.presence.effective_date}."
        )
    return call.go("/warnings", said)


@pages.post("/warnings/{warning_id:int}/dismiss", may=Right.EDIT)
def dismiss(call: Call) -> Response:
    """There is nothing to it, for a reason."""
    row, reason = _seen(call), call.text("reason")
    if not reason:
        return _one(call, do="dismiss", wrong="Say why: a warning is dismissed for a reason.")
    try:
        warning_steps.dismiss(call.site.store, row.id, reason, _act(call), call.by.company_ids)
    except ExemptError as error:
        return _one(call, reason=reason, do="dismiss", wrong=str(error))
    return call.go("/warnings", "The warning is dismissed.")


def _seen(call: Call) -> WarningRow:
    with call.site.store.reading() as tx:
        try:
            return warning_steps.get(tx, call.path["warning_id"], call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None


def _act(call: Call) -> Act:
    return call.site.act(call.by.name)
