"""One order: why it is taxed or not, and what staff decide for it by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import jurisdictions
from exempt.errors import ConflictError, ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.services import order_look, orders
from exempt.services.order_look import Look
from exempt.services.order_words import GROUNDS, chosen, written
from exempt.web.console.order_view import known, places
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of

pages = Pages()

LONGEST = 500
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@pages.get("/orders/{order_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """One order, with all about it; also decided as if it were another."""
    return _page(call, _seen(call))


@pages.get("/orders/{order_id:int}/choose", may=Right.EDIT)
def choose_from(call: Call) -> Response:
    """The certificates to choose from, those that fit first (D11)."""
    return _choices(call, _open(call))


@pages.post("/orders/{order_id:int}/choose", may=Right.EDIT)
def choose(call: Call) -> Response:
    """Let it show a certificate that somebody chose."""
    seen, chosen_id = _open(call), number_of(call.text("certificate"))
    if chosen_id is None:
        return _choices(call, seen, 422, wrong="Choose a certificate.")
    if len(call.text("reason")) > LONGEST:
        return _choices(call, seen, 422, errors={"reason": _TOO_LONG})
    try:
        orders.choose(
            call.site.store,
            seen.row.id,
            chosen_id,
            call.site.act(call.by.name),
            reason=call.text("reason"),
            anyway=bool(call.text("anyway")),
            seen=_when(call),
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except ConflictError as error:
        return _choices(call, _open(call), 409, wrong=_sentence(error))
    except ExemptError as error:
        return _choices(call, seen, 422, wrong=_sentence(error))
    return call.go(_address(seen), f"The order goes by the certificate you chose.{_untold(seen)}")


@pages.post("/orders/{order_id:int}/override", may=Right.EDIT)
def override(call: Call) -> Response:
    """Decide it by hand: exempt, or taxable."""
    seen, said = _open(call), call.text("outcome")
    errors = {}
    if said not in {"exempt", "taxable"}:
        errors["outcome"] = "Say whether it is exempt or taxable."
    if not call.text("reason"):
        errors["reason"] = "Say why: an auditor will ask for it."
    elif len(call.text("reason")) > LONGEST:
        errors["reason"] = _TOO_LONG
    if errors:
        return _page(call, seen, 422, errors=errors, doing="override")
    try:
        orders.override(
            call.site.store,
            seen.row.id,
            call.site.act(call.by.name),
            tax_applicable=said == "taxable",
            reason=call.text("reason"),
            seen=_when(call),
        )
    except ExemptError as error:
        return _refused(call, seen, error, "override")
    return call.go(_address(seen), f"The order is {said}, by your word.{_untold(seen)}")


@pages.post("/orders/{order_id:int}/reset", may=Right.EDIT)
def reset(call: Call) -> Response:
    """Take back what was decided by hand; the rule decides again."""
    seen = _open(call)
    try:
        orders.reset(call.site.store, seen.row.id, call.site.act(call.by.name), seen=_when(call))
    except ExemptError as error:
        return _refused(call, seen, error, "reset")
    return call.go(_address(seen), f"The rule decides this order again.{_untold(seen)}")


_TOO_LONG = f"Write at most {LONGEST} characters."


def _seen(call: Call) -> Look:
    """The order that the path names, if the caller may see it."""
    try:
        with call.site.store.reading() as tx:
            return order_look.look(tx, call.path["order_id"], call.by)
    except NotFoundError:
        raise HTTPException(404) from None


def _open(call: Call) -> Look:
    """The same, where it can be decided by hand."""
    seen = _seen(call)
    if not seen.may_decide:
        raise HTTPException(404)
    return seen


def _when(call: Call) -> dt.datetime:
    """When the decision was made that was looked at; what makes no sense never was."""
    try:
        moment = dt.datetime.fromisoformat(call.text("seen"))
    except ValueError:
        return NEVER
    return moment if moment.tzinfo else NEVER


def _address(seen: Look) -> str:
    return f"/orders/{seen.row.id}"


def _untold(seen: Look) -> str:
    closed = seen.record.closed
    return " It is closed in its source, which is not told of this." if closed else ""


def _sentence(error: ExemptError) -> str:
    """What is said of a refusal, without the words for the command line."""
    said = str(error).replace(", or say --anyway", ", or tick that you want it anyway")
    said = said.split(": see exempt ")[0]
    return said[:1].upper() + said[1:] + "."


def _refused(call: Call, seen: Look, error: ExemptError, doing: str) -> Response:
    """The page once more, with what was typed and why nothing was done."""
    if isinstance(error, NotFoundError):
        raise HTTPException(404) from None
    status = 409 if isinstance(error, ConflictError) else 422
    now = _seen(call) if status == 409 else seen
    return _page(call, now, status, wrong=_sentence(error), doing=doing)


def _page(
    call: Call,
    seen: Look,
    status: int = 200,
    *,
    wrong: str = "",
    errors: dict[str, str] | None = None,
    doing: str = "",
) -> Response:
    day, place, strange = _asked(call)
    with call.site.store.reading() as tx:
        now = order_look.what_if(tx, seen, call.site.policy)
        other = None
        if day or place:
            other = order_look.what_if(tx, seen, call.site.policy, day=day, place=place)
    return call.page(
        "orders/one.html",
        status,
        seen=seen,
        row=seen.row,
        record=seen.record,
        now=now,
        other=other,
        asked_day=call.query.get("day", ""),
        asked_place=place or "",
        strange=strange,
        places=places(),
        wrong=wrong,
        errors=errors or {},
        doing=doing,
        typed={"outcome": call.text("outcome"), "reason": call.text("reason")},
        **_words(call),
    )


def _choices(
    call: Call,
    seen: Look,
    status: int = 200,
    *,
    wrong: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    with call.site.store.reading() as tx:
        candidates = order_look.choices_of(tx, seen.row.id, call.site.act(call.by.name))
    return call.page(
        "orders/choose.html",
        status,
        seen=seen,
        row=seen.row,
        candidates=candidates,
        wrong=wrong,
        errors=errors or {},
        chosen_id=call.text("certificate"),
        anyway=bool(call.text("anyway")),
        reason=call.text("reason"),
        **_words(call),
    )


def _asked(call: Call) -> tuple[dt.date | None, str | None, str]:
    """The other day and state to decide it by, and what is wrong with them."""
    text, place = call.query.get("day", ""), call.query.get("place", "")
    known_place = place if place in jurisdictions() else None
    day = day_of(text)
    return day, known_place, "Write the day as 2026-12-31." if text and day is None else ""


def _words(call: Call) -> dict[str, Any]:
    return {
        **known(),
        "grounds": GROUNDS,
        "chosen": chosen,
        "written": written,
        "against": order_look.against,
        "may_edit": call.by.may(Right.EDIT),
    }
