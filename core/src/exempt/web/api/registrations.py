"""Where the seller is registered to collect tax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body as JsonBody
from fastapi import Query
from starlette.responses import Response

from exempt.data import jurisdictions
from exempt.model.access import Right
from exempt.rules.registrations import RegistrationDetails
from exempt.services import companies, registrations, scoped
from exempt.services.exposure_ports import RegistrationRow
from exempt.services.ports import Transaction
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import listed
from exempt.web.api.registration_bodies import (
    EXAMPLE,
    NewRegistrations,
    Registration,
    RegistrationList,
    RegistrationQuery,
    RegistrationsMade,
)
from exempt.web.problems import Wrong, invalid

operations = Operations("Registrations", "Where the seller is registered to collect tax.")


@operations.get("/nexus/registrations", Right.READ, 404)
def list_registrations(
    call: Called, query: Annotated[RegistrationQuery, Query()]
) -> RegistrationList:
    """List where companies are registered to collect, and since when."""
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        ids = scoped.company_ids(tx, keys, call.caller)
        rows = registrations.listed(tx, ids, removed=query.removed)
        after, limit = query.wanted
        wanted = [
            row
            for row in sorted(rows, key=lambda row: row.id)
            if row.id > after and query.jurisdiction in {None, row.jurisdiction}
        ]
        return RegistrationList(
            **listed(
                call, query, wanted[:limit], lambda row: row.id, lambda rows: _shown(tx, call, rows)
            )
        )


@operations.post("/nexus/registrations", Right.EDIT, 404, status_code=201)
def create_registrations(
    call: Called,
    new: Annotated[NewRegistrations, JsonBody(openapi_examples={"two states": {"value": EXAMPLE}})],
) -> RegistrationsMade:
    """State that a company is registered in one state or several: all is kept, or nothing."""
    with call.store.reading() as tx:
        company = scoped.company(tx, new.company, call.caller)
    rows = registrations.add(call.store, company.id, _details(new), call.act)
    with call.store.reading() as tx:
        return RegistrationsMade(data=_shown(tx, call, rows))


def _details(new: NewRegistrations) -> list[RegistrationDetails]:
    """What was sent, as records.

    Raises:
        Problem: A jurisdiction is not known, or one would end before it begins.
    """
    wrong = []
    for number, each in enumerate(new.registrations):
        at = f"/registrations/{number}"
        if each.jurisdiction not in jurisdictions():
            wrong.append(Wrong("pointer", f"{at}/jurisdiction", "is no state that is known here"))
        last = each.registered_through
        if last is not None and last < each.registered_from:
            said = "lies before registered_from: one of the two is wrong"
            wrong.append(Wrong("pointer", f"{at}/registered_through", said))
    if wrong:
        raise invalid(wrong)
    return [RegistrationDetails(**dict(each)) for each in new.registrations]


@operations.get("/nexus/registrations/{registration_id}", Right.READ, 404)
def get_registration(call: Called, registration_id: Id) -> Registration:
    """One registration, also one that was taken back."""
    with call.store.reading() as tx:
        row = registrations.get(tx, registration_id, call.caller.company_ids)
        return _shown(tx, call, [row])[0]


@operations.delete("/nexus/registrations/{registration_id}", Right.EDIT, status_code=204)
def delete_registration(call: Called, registration_id: Id) -> Response:
    """Take a registration back that was a mistake; it stays on file as such."""
    registrations.remove(call.store, registration_id, call.act, call.caller.company_ids)
    return Response(status_code=204)


def _shown(
    tx: Transaction, call: Call, rows: Sequence[RegistrationRow]
) -> tuple[Registration, ...]:
    keys = companies.keys(tx)
    on = call.act.at.date()
    return tuple(
        Registration(
            **{name: value for name, value in row._asdict().items() if name != "company_id"},
            company=keys[row.company_id],
            in_force=row.in_force(on),
        )
        for row in rows
    )
