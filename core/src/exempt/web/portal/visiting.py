"""Who is in the portal: through which link, for which customer, of which company."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from exempt.errors import TooOftenError
from exempt.model.certificate import Certificate
from exempt.model.customer import CustomerCard
from exempt.model.requesting import RequestState, Submission, SubmissionState
from exempt.rules.holdings import Holding, holdings
from exempt.rules.limiting import Limit
from exempt.rules.request_states import Step, may, state_of
from exempt.services import limiting, links
from exempt.services.certificates import Act
from exempt.services.ports import Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.rows import CompanyRow
from exempt.services.secret_ports import hashed, new_token
from exempt.services.submission_ports import LinkRow
from exempt.web import cookies
from exempt.web.addresses import address_of
from exempt.web.pages import PUBLIC, Call, Handler, Pages
from exempt.web.portal import words
from exempt.web.site import Site

IDLE = dt.timedelta(hours=1)
"""How long somebody may do nothing in the portal before the link must be followed again."""

GUESSES = Limit(30, dt.timedelta(seconds=10), dt.timedelta(minutes=15))
"""How often links that do not work may be tried from one network."""

pages = Pages()


class Visit(NamedTuple):
    """Somebody in the portal, and what there is of theirs.

    Attributes:
        state: Of the request, at this moment.
        sent: What was sent in answer to this request and to others, oldest first.
        certificates: Those of the customer, and of no other one.
    """

    request: RequestRow
    state: RequestState
    company: CompanyRow
    card: CustomerCard
    sent: Sequence[Submission]
    certificates: Sequence[Certificate]

    @property
    def may_send(self) -> bool:
        """Whether something can be sent in."""
        return may(self.state, Step.SUBMIT)

    @property
    def draft(self) -> Submission | None:
        """What is being filled in."""
        mine = [each for each in self.sent if each.request_id == self.request.id]
        return next((s for s in reversed(mine) if s.state is SubmissionState.DRAFT), None)

    def act(self, site: Site) -> Act:
        """Something that whoever got the mail does now."""
        return site.act(f"portal:{self.request.recipient}")

    def holdings(self, site: Site, on: dt.date) -> tuple[Holding, ...]:
        """What there is for each state of the request."""
        return holdings(self.certificates, self.request.jurisdictions, on, site.expiring_soon_days)


@pages.get("/r/{token}", may=PUBLIC)
def follow(call: Call) -> Response:
    """Swap the token for a cookie, so that it stands in no address any more.

    Programs that look into mail follow links, too: nothing is used up by it.
    """
    site, at = call.site, call.site.clock()
    name = _guesser(site, call.request)
    with site.store.reading() as tx:
        wait = limiting.waits(tx, name, GUESSES, at)
    if wait:
        return too_often(call, wait)
    link = links.follow(site.store, str(call.path["token"]), at)
    if link is None:
        return _missed(call, name, at)
    visit_id = new_token()
    with site.store.writing() as tx:
        tx.links.enter(hashed(visit_id), link.id, at)
    response = call.go("/portal")
    cookies.put(site, response, cookies.PORTAL, visit_id)
    return response


def _guesser(site: Site, request: Request) -> str:
    return limiting.named("portal", limiting.network(address_of(site, request)))


def _missed(call: Call, name: str, at: dt.datetime) -> Response:
    try:
        limiting.attempt(call.site.store, {name: GUESSES}, at)
    except TooOftenError as error:
        return too_often(call, error.retry_after)
    return closed(call)


def too_often(call: Call, wait: dt.timedelta) -> Response:
    """Somebody tried too often, and has to wait."""
    response = call.page("portal/later.html", 429, wait=limiting.in_words(wait))
    response.headers["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response


def closed(call: Call) -> Response:
    """The one page for links that are unknown, expired, revoked or guessed."""
    return call.page("portal/closed.html", 410)


# --- visits ------------------------------------------------------------------------------


def visitor(handler: Callable[[Call, Visit], Response]) -> Handler:
    """Let only somebody with a link see a page; whoever has none is told how to get one."""

    def handle(call: Call) -> Response:
        visit = visit_of(call.site, call.request)
        return closed(call) if visit is None else handler(call, visit)

    handle.__name__, handle.__doc__ = handler.__name__, handler.__doc__
    return handle


def visit_of(site: Site, request: Request) -> Visit | None:
    """Who is in the portal; None = nobody, or no more."""
    visit_id = cookies.read(site, request, cookies.PORTAL)
    if not visit_id:
        return None
    at, id_hash = site.clock(), hashed(visit_id)
    with site.store.reading() as tx:
        link = tx.links.entered(id_hash, at - IDLE)
        visit = _visit(tx, link, at) if link is not None and link.works(at) else None
    if visit is not None:
        with site.store.writing() as tx:
            tx.links.seen(id_hash, at)
    return visit


def is_known(site: Site, request: Request) -> bool:
    """Whether somebody is in the portal."""
    return visit_of(site, request) is not None


def _visit(tx: Transaction, link: LinkRow, at: dt.datetime) -> Visit | None:
    request = tx.requests.get(link.request_id)
    if request is None or not may(state_of(request, at), Step.OPEN):
        return None
    (card,) = tx.cards.find([request.customer_id])
    company = next(each for each in tx.cards.companies() if each.id == card.company_id)
    held = tx.certificates.find(tx.cards.certificates_of(card.id))
    return Visit(
        request,
        state_of(request, at),
        company,
        card,
        tx.submissions.of_customers([card.id]),
        [each for each in held if each.customer_ids == (card.id,)],
    )


def page(call: Call, visit: Visit, template: str, status: int = 200, **context: Any) -> Response:
    """A page of the portal, with the company's name and contact at its head."""
    name = visit.company.name
    return call.page(
        f"portal/{template}",
        status,
        company=name,
        initials="".join(word[0] for word in name.split()[:2] if word).upper(),
        contact=call.site.contacts.get(visit.company.key, ""),
        customer=visit.card.name,
        until=visit.request.expires_at.date() if visit.request.expires_at else None,
        may_send=visit.may_send,
        size=words.size,
        **context,
    )
