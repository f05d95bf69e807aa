"""Physical nexus: where people are, what was stated of it, and the warnings to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body as JsonBody
from fastapi import Query
from starlette.responses import Response

from exempt.model.access import Right
from exempt.model.people import PersonThere
from exempt.rules.presences import PresenceDetails
from exempt.services import companies, people, presences, scoped, warning_steps
from exempt.services.people import CompanyStaff, StateView
from exempt.services.ports import Transaction
from exempt.services.presence_ports import PresenceRow, WarningRow
from exempt.services.presences import PresenceChange, UnfitRowsError
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import listed
from exempt.web.api.presence_bodies import (
    EXAMPLE,
    ChangedPresence,
    Confirmation,
    ConfirmedWarning,
    Dismissal,
    EmployeePlace,
    EmployeeThere,
    NewPresence,
    NewPresences,
    NexusWarning,
    NexusWarningList,
    NexusWarningQuery,
    Presence,
    PresenceList,
    PresenceQuery,
    PresencesAdded,
    StateEmployees,
    StateEmployeesList,
    StateEmployeesQuery,
)
from exempt.web.problems import Problem, Wrong, invalid

operations = Operations("Physical nexus", "Where people and property are, and since when.")

# --- people ----------------------------------------------------------------------------


@operations.get("/nexus/employees", Right.READ, 404)
def list_state_employees(
    call: Called, query: Annotated[StateEmployeesQuery, Query()]
) -> StateEmployeesList:
    """List the states where people work or live, since when, and whether nexus is confirmed.

    A person whom several HR systems know counts once; a home counts as a place of work does.
    """
    code = query.jurisdiction
    with call.store.reading() as tx:
        ids = scoped.company_ids(tx, [query.company] if query.company else [], call.caller)
        on = call.act.at.date()
        past = query.past or code is not None
        found = people.staff(tx, ids, on, jurisdiction=code, past=past)
    return StateEmployeesList(
        data=tuple(
            _state(one, view, with_people=code is not None) for one in found for view in one.states
        ),
        unplaced=sum(one.unplaced for one in found),
    )


def _state(one: CompanyStaff, view: StateView, *, with_people: bool) -> StateEmployees:
    staff = view.staff._asdict()
    there = tuple(map(_person, staff.pop("people")))
    return StateEmployees(
        **staff,
        company=one.company.key,
        levies_sales_tax=view.taxes,
        nexus_since=view.nexus_since,
        warning_id=view.warning_id,
        people=there if with_people else None,
    )


def _person(there: PersonThere) -> EmployeeThere:
    fields = there._asdict()
    person = fields.pop("person")
    return EmployeeThere(
        **fields,
        employee_ids=tuple(dict.fromkeys(number for _, number in person.records)),
        label=person.label,
        contractor=person.contractor,
        places=tuple(
            EmployeePlace(
                kind=each.place.kind,
                from_day=each.place.from_day,
                through_day=each.place.through_day,
                seen_day=each.place.seen_day,
                connection=each.connection,
            )
            for each in person.places
        ),
    )


# --- presences -------------------------------------------------------------------------


@operations.get("/nexus/presences", Right.READ, 404)
def list_presences(call: Called, query: Annotated[PresenceQuery, Query()]) -> PresenceList:
    """List where there is physical nexus, since when, and why."""
    with call.store.reading() as tx:
        ids = scoped.company_ids(tx, [query.company] if query.company else [], call.caller)
        rows = sorted(presences.listed(tx, ids, removed=query.removed), key=lambda row: row.id)
        wanted = [
            row
            for row in rows
            if row.id > query.wanted.after and query.jurisdiction in {None, row.jurisdiction}
        ]
        show = _Shown(tx, call)
        part = wanted[: query.wanted.limit]
        return PresenceList(**listed(call, query, part, lambda row: row.id, show.presences))


@operations.post("/nexus/presences", Right.EDIT, 404, status_code=201)
def create_presences(
    call: Called,
    new: Annotated[NewPresences, JsonBody(openapi_examples={"two states": {"value": EXAMPLE}})],
) -> PresencesAdded:
    """Add physical nexus in one state or several, in one save: all of it, or nothing.

    A warning of people in one of these states is confirmed by it.
    """
    with call.store.reading() as tx:
        company = scoped.company(tx, new.company, call.caller)
    try:
        rows = presences.add(call.store, company.id, _details(new.presences), call.act)
    except UnfitRowsError as error:
        raise _unfit(error) from None
    with call.store.reading() as tx:
        return PresencesAdded(data=_Shown(tx, call).presences(rows))


def _details(told: Sequence[NewPresence]) -> list[PresenceDetails]:
    """What was sent, as records.

    Raises:
        Problem: A jurisdiction is none that is known here.
    """
    unknown = [
        Wrong("pointer", f"/presences/{number}/jurisdiction", "is no state that is known here")
        for number, each in enumerate(told)
        if not people.is_known(each.jurisdiction)
    ]
    if unknown:
        raise invalid(unknown)
    return [PresenceDetails(**dict(each)) for each in told]


def _unfit(error: UnfitRowsError) -> Problem:
    return invalid(
        [Wrong("pointer", f"/presences/{each.row - 1}", each.said) for each in error.wrong]
    )


@operations.get("/nexus/presences/{presence_id}", Right.READ, 404)
def get_presence(call: Called, presence_id: Id) -> Presence:
    """One presence, also one that was taken back."""
    with call.store.reading() as tx:
        row = presences.get(tx, presence_id, call.caller.company_ids)
        return _Shown(tx, call).presence(row)


@operations.put("/nexus/presences/{presence_id}", Right.EDIT, changes=False)
def edit_presence(call: Called, presence_id: Id, told: ChangedPresence) -> Presence:
    """Put this in place of what a presence says; what it said before is remembered."""
    wanted = PresenceChange(
        effective_date=told.effective_date,
        end_date=told.end_date,
        notes=told.notes,
        goes_on=told.end_date is None,
    )
    mine = call.caller.company_ids
    row = presences.change(call.store, presence_id, wanted, call.act, mine)
    with call.store.reading() as tx:
        return _Shown(tx, call).presence(row)


@operations.delete("/nexus/presences/{presence_id}", Right.EDIT, status_code=204)
def delete_presence(call: Called, presence_id: Id) -> Response:
    """Take back what was entered by mistake; what was true once gets an `end_date` instead."""
    presences.remove(call.store, presence_id, call.act, call.caller.company_ids)
    return Response(status_code=204)


# --- warnings --------------------------------------------------------------------------


@operations.get("/nexus/warnings", Right.READ, 404)
def list_nexus_warnings(
    call: Called, query: Annotated[NexusWarningQuery, Query()]
) -> NexusWarningList:
    """List warnings: first people in a state, thresholds that are near or met."""
    states = [query.state] if query.state else []
    with call.store.reading() as tx:
        ids = scoped.company_ids(tx, [query.company] if query.company else [], call.caller)
        rows = warning_steps.listed(tx, ids, states=states, kind=query.kind)
        after, limit = query.wanted
        part = sorted((row for row in rows if row.id > after), key=lambda row: row.id)[:limit]
        show = _Shown(tx, call)
        return NexusWarningList(**listed(call, query, part, lambda row: row.id, show.warnings))


@operations.get("/nexus/warnings/{warning_id}", Right.READ, 404)
def get_nexus_warning(call: Called, warning_id: Id) -> NexusWarning:
    """One warning, and what became of it."""
    with call.store.reading() as tx:
        row = warning_steps.get(tx, warning_id, call.caller.company_ids)
        return _Shown(tx, call).warning(row)


@operations.post("/nexus/warnings/{warning_id}/read", Right.EDIT, 404)
def read_nexus_warning(call: Called, warning_id: Id) -> NexusWarning:
    """Acknowledge a warning; it stays open."""
    mine = call.caller.company_ids
    (row,) = warning_steps.read(call.store, [warning_id], call.act, mine)
    with call.store.reading() as tx:
        return _Shown(tx, call).warning(row)


@operations.post("/nexus/warnings/{warning_id}/confirm", Right.EDIT, 404)
def confirm_nexus_warning(call: Called, warning_id: Id, told: Confirmation) -> ConfirmedWarning:
    """Confirm a warning; one of people becomes physical nexus."""
    done = warning_steps.confirm(
        call.store,
        warning_id,
        call.act,
        call.caller.company_ids,
        effective_date=told.effective_date,
        notes=told.notes,
    )
    with call.store.reading() as tx:
        show = _Shown(tx, call)
        made = show.presence(done.presence) if done.presence else None
        return ConfirmedWarning(warning=show.warning(done.warning), presence=made)


@operations.post("/nexus/warnings/{warning_id}/dismiss", Right.EDIT, 404)
def dismiss_nexus_warning(call: Called, warning_id: Id, told: Dismissal) -> NexusWarning:
    """Dismiss a warning, for a reason; people who come there later raise another."""
    mine = call.caller.company_ids
    row = warning_steps.dismiss(call.store, warning_id, told.reason, call.act, mine)
    with call.store.reading() as tx:
        return _Shown(tx, call).warning(row)


class _Shown:
    """Rows as they go out, with the keys of companies for their ids."""

    def __init__(self, tx: Transaction, call: Call) -> None:
        self._keys = companies.keys(tx)
        self._on = call.act.at.date()

    def presence(self, row: PresenceRow) -> Presence:
        fields: dict[str, Any] = row._asdict()
        company = self._keys[fields.pop("company_id")]
        return Presence(**fields, company=company, in_force=row.in_force(self._on))

    def presences(self, rows: Sequence[PresenceRow]) -> tuple[Presence, ...]:
        return tuple(map(self.presence, rows))

    def warning(self, row: WarningRow) -> NexusWarning:
        fields: dict[str, Any] = row._asdict()
        shown = {name: fields[name] for name in NexusWarning.model_fields if name in fields}
        key = self._keys[row.company_id]
        return NexusWarning(**{**shown, "company": key, "said": warning_steps.said(row)})

    def warnings(self, rows: Sequence[WarningRow]) -> tuple[NexusWarning, ...]:
        return tuple(map(self.warning, rows))
