"""The pages by which staff ask customers: one of them, or all who must be."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.certificate import ExemptionReason
from exempt.model.customer import CustomerCard
from exempt.model.requesting import Way
from exempt.services import bulk_requests, customers, requesting, scoped
from exempt.services.bulk_requests import Kind, Scope
from exempt.services.links import address_of
from exempt.services.mail_html import parts
from exempt.services.mail_texts import BUTTONS
from exempt.services.owed_mails import PLACEHOLDER
from exempt.services.requesting import Look, UnfitError, Wish
from exempt.web.console.requests_made import made_page
from exempt.web.pages import Call, Pages

pages = Pages()

KINDS = {
    Kind.MISSING: "Missing: they claim an exemption, and nothing is on file",
    Kind.EXPIRED: "Expired within the last year",
    Kind.EXPIRING: "Expiring soon",
}
WAYS = {
    Way.MAIL: "Send it by mail",
    Way.LINK: "Make a link to pass on",
    Way.LETTER: "Make a letter with a QR code",
}


@pages.get("/requests/new", may=Right.REQUEST)
def new(call: Call) -> Response:
    """The form, with all that is missing chosen; without a customer, the way to one."""
    _enabled(call)
    words = call.query.get("customer", "").strip()
    if not words:
        return call.page("requests/who.html", words="", wrong="")
    try:
        card = _customer(call, words)
    except NotFoundError as error:
        return call.page("requests/who.html", 404, words=words, wrong=str(error))
    if words != f"id:{card.id}":
        return RedirectResponse(f"/requests/new?customer=id:{card.id}", 303)
    look = _look(call, card.id)
    chosen = [each.jurisdiction for each in look.offers if each.offered]
    way = Way.LINK if card.excluded_from_mailings and call.site.post.url else Way.MAIL
    return _form(call, look, Wish(card.id, chosen, (), "", way=way))


@pages.post("/requests/new", may=Right.REQUEST)
def make(call: Call) -> Response:
    """Make it, or show what the mail would say."""
    _enabled(call)
    site = call.site
    try:
        look = _look(call, _customer(call, call.text("customer")).id)
    except NotFoundError:
        raise HTTPException(404) from None
    wish = _wish(call, look)
    if call.text("do") == "preview":
        return _form(call, look, wish)
    try:
        made = requesting.make(
            site.store,
            wish,
            site.act(call.by.name),
            site.post,
            soon_days=site.expiring_soon_days,
        )
    except UnfitError as error:
        return _form(call, look, wish, error.problems)
    except RefusedError as error:
        return _form(call, look, wish, {"recipient": str(error)})
    if made.link:
        return made_page(call, made, wish.way)
    said = f"The request goes to {made.request.recipient}."
    return call.go(f"/requests/{made.request.id}", said)


def _wish(call: Call, look: Look) -> Wish:
    recipient = call.text("recipient")
    known = (look.card.email or "").casefold() == recipient.casefold()
    return Wish(
        look.card.id,
        call.texts("jurisdictions"),
        [ExemptionReason(text) for text in call.texts("reasons") if text in set(ExemptionReason)],
        "" if known and look.card.mailbox else recipient,
        bool(call.text("save_recipient")),
        call.text("message").replace("\r\n", "\n"),
        Way(call.text("way")) if call.text("way") in set(Way) else Way.MAIL,
    )


def _form(call: Call, look: Look, wish: Wish, wrong: dict[str, str] | None = None) -> Response:
    site = call.site
    mail = requesting.draft(
        site.store, wish, site.clock().date(), site.post, soon_days=site.expiring_soon_days
    )
    link = address_of(site.post.url, PLACEHOLDER) if site.post.url else ""
    ways = [
        (way.value, title)
        for way, title in WAYS.items()
        if way is Way.MAIL or (site.post.url and (way is Way.LINK or site.letter_printer))
    ]
    return call.page(
        "requests/new.html",
        400 if wrong else 200,
        look=look,
        wish=wish,
        mail=mail,
        parts=parts(mail.text, link, BUTTONS[mail.purpose]),
        wrong=wrong or {},
        reasons=[(each.value, reason_title(each)) for each in ExemptionReason],
        ways=ways,
    )


def reason_title(reason: ExemptionReason) -> str:
    """``Federal government``."""
    return reason.value.replace("_", " ").capitalize()


def _look(call: Call, customer_id: int) -> Look:
    site = call.site
    today = site.clock().date()
    return requesting.look(site.store, customer_id, today, site.expiring_soon_days, site.post)


def _customer(call: Call, words: str) -> CustomerCard:
    """The customer that was named, if the caller sees it."""
    with call.site.store.reading() as tx:
        mine = {row.key for row in scoped.companies(tx, call.by)}
        found = customers.named(tx, words, mine)
        return scoped.customer(tx, found.id, call.by)


# --- all of them ---------------------------------------------------------------------------------


@pages.get("/requests/bulk", may=Right.REQUEST, slow=True)
def bulk(call: Call) -> Response:
    """Who would be asked, and who not."""
    _enabled(call)
    return _bulk(call, call.query.getlist("kind"), call.query.get("company", ""))


@pages.post("/requests/bulk", may=Right.REQUEST, slow=True)
def ask(call: Call) -> Response:
    """Ask them."""
    _enabled(call)
    scope = _scope(call, call.texts("kind"), call.text("company"))
    if not scope.kinds:
        return _bulk(call, [], call.text("company"), "Choose at least one of the three.")
    done = bulk_requests.ask_all(
        call.site.store, scope, call.site.act(call.by.name), call.site.post
    )
    asked = sum(each.left_out is None for each in done)
    said = f"{asked:,} customer{'' if asked == 1 else 's'} asked; their mails go out now."
    return call.go("/requests", said if asked else "Nobody had to be asked.")


def _bulk(call: Call, kinds: list[str], company: str, wrong: str = "") -> Response:
    """The list, of all kinds when none is named; where there are many, once they are asked for."""
    named = kinds or ([] if wrong else [kind.value for kind in Kind])
    scope = _scope(call, named, company)
    site = call.site
    with site.store.reading() as tx:
        companies = scoped.companies(tx, call.by)
        many = 0 if kinds else bulk_requests.flagged(tx, scope.company_ids, site.clock().date())
    waits = many > MANY or not scope.kinds
    planned = [] if waits else bulk_requests.plan(site.store, scope, site.clock(), site.post)
    going = [each for each in planned if each.left_out is None]
    return call.page(
        "requests/bulk.html",
        400 if wrong else 200,
        wrong=wrong,
        going=going,
        left_out=[each for each in planned if each.left_out],
        chosen=named,
        kinds=[(kind.value, title) for kind, title in KINDS.items()],
        company=company,
        companies=companies,
        shown=SHOWN,
        many=many if waits else 0,
    )


SHOWN = 100
"""How many customers are listed; the rest are counted."""

MANY = 2_000
"""Customers flagged as exempt; to look through more takes seconds, and is not done unasked."""


def _scope(call: Call, kinds: list[str], company: str) -> Scope:
    with call.site.store.reading() as tx:
        try:
            ids: Any = scoped.company_ids(tx, [company], call.by) if company else call.scope
        except NotFoundError:
            raise HTTPException(404) from None
    chosen = [Kind(text) for text in kinds if text in set(Kind)]
    return Scope(chosen, ids, call.site.expiring_soon_days)


def _enabled(call: Call) -> None:
    """Refuse where customers are not asked at all (A04)."""
    if not call.site.requests_enabled:
        raise HTTPException(403)
