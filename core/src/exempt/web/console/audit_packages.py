"""The page on which somebody takes out what an auditor asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from starlette.responses import Response

from exempt.data import jurisdictions
from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.services import audit_packages
from exempt.services.packing import Packing
from exempt.services.report_ports import Covering, Period
from exempt.web import handing_out as out
from exempt.web.console.reports import states
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of

pages = Pages()


@pages.get("/reports/audit", may=Right.READ)
def form(call: Call) -> Response:
    """Which state, and which days."""
    on = call.site.clock().date()
    typed = {"from": f"{on.year - 3}-01-01", "to": on.isoformat(), "state": ""}
    return _form(call, {}, typed)


@pages.post("/reports/audit", may=Right.READ, slow=True)
def package(call: Call) -> Response:
    """The package, to be saved."""
    typed = {name: call.text(name) for name in ("state", "from", "to", "pages")}
    period = Period(day_of(typed["from"]), day_of(typed["to"]))
    errors = _errors(typed, period)
    if errors:
        return _form(call, errors, typed)
    site = call.site
    press = site.press if typed["pages"] and site.printer else None
    packing = Packing(site.documents, site.clock, site.policy, site.expiring_soon_days, press)
    try:
        made = audit_packages.make(
            site.store, packing, Covering(typed["state"], period, call.scope), call.by
        )
    except RefusedError as error:
        return _form(call, {"pages": str(error)}, typed)
    return out.saved(made.file, made.name, "application/zip")


def _errors(typed: Mapping[str, str], period: Period) -> dict[str, str]:
    errors = {}
    if typed["state"] not in jurisdictions():
        errors["state"] = "Choose the state whose auditor asks."
    if period.first is None:
        errors["from"] = "Say from which day on, as in 2024-01-01."
    if period.last is None:
        errors["to"] = "Say through which day, as in 2026-12-31."
    elif (period.first or dt.date.min) > period.last:
        errors["to"] = "The last day lies before the first."
    return errors


def _form(call: Call, errors: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    return call.page(
        "reports/audit.html",
        422 if errors else 200,
        errors=errors,
        typed=typed,
        states=states(),
        can_print=call.site.printer is not None,
    )
