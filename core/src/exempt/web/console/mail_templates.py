"""The pages of the words of mails: looked at, tried, replaced; for all companies or for one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from exempt.errors import NotFoundError
from exempt.model.access import Right
from exempt.model.messages import Purpose
from exempt.services import scoped, template_editing
from exempt.services.mail_texts import BUILT_IN, Words
from exempt.services.rows import CompanyRow
from exempt.services.template_editing import PURPOSES, Preview, UnusableError
from exempt.web.pages import Call, Pages

pages = Pages()

TITLES = {
    Purpose.REQUEST: ("Request", "Asks for certificates that are missing, or are to be renewed."),
    Purpose.REMINDER: ("Reminder", "Follows a request that was not answered."),
    Purpose.EXPIRY: ("Expiry notice", "Tells in time that a certificate ends."),
    Purpose.REJECTION: ("Rejection", "Says why a certificate was not accepted."),
    Purpose.RECEIPT: ("Receipt", "Confirms that something was sent in."),
}
WORDS = {
    "customer": "the customer's name",
    "company": "your company's name",
    "contact": "the company's address for customers, or nothing",
    "link": "the link to the portal, or nothing; not in subjects",
    "states": "the states that a certificate is asked for, a list",
    "endings": "what ends, a line each",
    "first_end": "the first of those days, while it lies ahead",
    "asked": "the day of the request that it reminds of",
    "reasons": "why it was rejected, a sentence each",
    "message": "what staff added to a request",
    "portal_url": "another address to upload at, or nothing",
}
"""What templates may name."""

ALONE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none';"
    " form-action 'none'; base-uri 'none'"
)
"""The policy of a mail that is shown as it is: it can run and load nothing."""


@pages.get("/mail-templates", may=Right.ADMINISTER)
def list_(call: Call) -> Response:
    """All kinds of mails, and whose words count."""
    key = call.query.get("company", "")
    company, companies = _company(call, key)
    of = company.id if company else None
    found = [template_editing.current(call.site.store, each, of) for each in PURPOSES]
    return call.page(
        "requests/templates.html", found=found, titles=TITLES, company=key, companies=companies
    )


@pages.get("/mail-templates/{purpose}", may=Right.ADMINISTER)
def one(call: Call) -> Response:
    """The words of one kind, an example of them, and their versions."""
    purpose, key = _purpose(call), call.query.get("company", "")
    company, _ = _company(call, key)
    of = company.id if company else None
    now = template_editing.current(call.site.store, purpose, of)
    words = now.words
    number = call.query.get("version", "")
    if number == "built-in":
        words = BUILT_IN[purpose]
    elif number:
        rows = template_editing.versions(call.site.store, purpose, of)
        words = next((Words(r.subject, r.text) for r in rows if f"{r.version}" == number), words)
    return _page(call, purpose, key, words)


@pages.post("/mail-templates/{purpose}", may=Right.ADMINISTER)
def save(call: Call) -> Response:
    """Try the words, show the mail that they make, or let them count."""
    purpose, key = _purpose(call), call.text("company")
    company, _ = _company(call, key)
    of = company.id if company else None
    words = Words(call.text("subject"), str(call.form.get("text", "")).replace("\r\n", "\n"))
    site = call.site
    try:
        if call.text("do") == "html":
            return _alone(template_editing.preview(site.store, purpose, of, words, site.post))
        if call.text("do") == "preview":
            return _page(call, purpose, key, words)
        row = template_editing.save(site.store, purpose, of, words, site.act(call.by.name))
    except UnusableError as error:
        return _page(call, purpose, key, words, error)
    back = f"/mail-templates/{purpose.value}" + (f"?company={key}" if key else "")
    return call.go(back, f"Version {row.version} counts from now on, also for mails that wait.")


def _alone(preview: Preview) -> Response:
    return HTMLResponse(preview.html, headers={"Content-Security-Policy": ALONE})


def _page(
    call: Call, purpose: Purpose, key: str, words: Words, error: UnusableError | None = None
) -> Response:
    company, companies = _company(call, key)
    of, site = company.id if company else None, call.site
    preview: Preview | None = None
    try:
        preview = template_editing.preview(site.store, purpose, of, words, site.post)
    except UnusableError as found:
        error = error or found
    return call.page(
        "requests/template.html",
        400 if error else 200,
        now=template_editing.current(site.store, purpose, of),
        versions=template_editing.versions(site.store, purpose, of),
        title=TITLES[purpose],
        words=words,
        preview=preview,
        parts=preview.parts if preview else (),
        mistakes=error.mistakes if error else (),
        company=key or (company.key if company else ""),
        company_name=company.name if company else "",
        companies=companies,
        known=WORDS,
    )


def _purpose(call: Call) -> Purpose:
    text = call.path["purpose"]
    if text not in {each.value for each in PURPOSES}:
        raise HTTPException(404)
    return Purpose(text)


def _company(call: Call, key: str) -> tuple[CompanyRow | None, list[CompanyRow]]:
    """The company that was chosen, None = all; and those that there are to choose from.

    Whoever sees just some companies cannot change what counts for all.
    """
    with call.site.store.reading() as tx:
        companies = scoped.companies(tx, call.by)
        if not key and call.by.company_ids is None:
            return None, companies
        try:
            return scoped.company(tx, key or (companies[0].key if companies else ""), call.by), (
                companies
            )
        except NotFoundError:
            raise HTTPException(404) from None
