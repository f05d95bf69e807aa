"""Send a request again: another mail, or another link to pass on."""

from __future__ import annotations

import datetime as dt

from exempt.errors import RefusedError
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, SubmissionState, Way
from exempt.rules.history import FieldChange
from exempt.rules.rejections import sentence
from exempt.rules.request_states import Step, may, state_of
from exempt.services import cards
from exempt.services.answered import still_missing
from exempt.services.certificates import Act
from exempt.services.links import address_of, new_link
from exempt.services.owed_mails import About, owe_mail
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.request_ports import RequestRow
from exempt.services.request_steps import get
from exempt.services.requesting import Made, UnfitError, against_way
from exempt.services.rows import Subject
from exempt.services.wording import Ending


def resend(
    store: Store,
    request_id: int,
    act: Act,
    post: Post,
    *,
    way: Way = Way.MAIL,
    recipient: str = "",
    only_this: bool = False,
) -> Made:
    """Send a request again, or make another link of it; it stands where it stood.

    Args:
        store: Where it is.
        request_id: Which.
        act: Who does it.
        post: How mails and links are made.
        way: By mail, or as a link that is told here, and never again.
        recipient: Another address, from now on.
        only_this: Let all older links of it work no more.

    Raises:
        UnfitError: The address cannot be used, or there is no such way.
        RefusedError: It is over, or waits for review.
        NotFoundError: There is no such request.
    """
    post.refuse_unless_enabled()
    with store.writing() as tx:
        request = get(tx, request_id)
        tx.alone([request.company_id])
        request = get(tx, request_id)
        state = state_of(request, act.at)
        if not may(state, Step.RESEND):
            msg = f"request {request_id}: is {state.value}, and not sent again"
            raise RefusedError(msg)
        request = _redirected(tx, request, way, recipient, post)
        if only_this:
            tx.links.revoke(request_id, act.at)
        change = FieldChange(f"request {request_id}", None, f"sent again, by {way.value}")
        tx.history.add(Subject.CUSTOMER, request.customer_id, [change], act.at, act.by)
        if way is Way.MAIL:
            purpose, about = _anew(tx, request, act.at.date())
            owe_mail(tx, request, purpose, about, act.at, post=post)
            return Made(get(tx, request_id))
        made = new_link(tx, request_id, act.at, post.link_days)
        return Made(get(tx, request_id), address_of(post.url or "", made.token))


def revoke_links(store: Store, request_id: int, act: Act) -> None:
    """Let no link of a request work any more; the next mail has another.

    Raises:
        NotFoundError: There is no such request.
    """
    with store.writing() as tx:
        request = get(tx, request_id)
        tx.links.revoke(request_id, act.at)
        change = FieldChange(f"request {request_id}", None, "links revoked")
        tx.history.add(Subject.CUSTOMER, request.customer_id, [change], act.at, act.by)


def _redirected(
    tx: Transaction, request: RequestRow, way: Way, recipient: str, post: Post
) -> RequestRow:
    """The request with the address that is used from now on; whatever came back is forgotten."""
    card = cards.get(tx, request.customer_id)
    own = request.recipient if request.own_recipient else ""
    to = recipient or own
    against = against_way(tx, card, way, to or (card.email or ""), post)
    if against:
        raise UnfitError(dict([against]))
    if way is Way.MAIL:
        is_own = bool(to) and to.casefold() != (card.email or "").casefold()
        tx.requests.redirect(request.id, to or card.email or "", own=is_own)
        if not is_own:
            tx.cards.try_again([card.id])
    return get(tx, request.id)


def _anew(tx: Transaction, request: RequestRow, on: dt.date) -> tuple[Purpose, About]:
    """What the next mail of a request is about: what is still missing, or what was rejected."""
    if RequestState(request.state) is RequestState.REJECTED:
        rejections = _rejections(tx, request.id)
        if rejections:
            return Purpose.REJECTION, About(rejections=rejections)
    missing = still_missing(tx, [request], on)[request.id]
    ends = {place: day for place, day in request.ends if place in missing}
    about = About(
        places=tuple(p for p in request.jurisdictions if p in missing and p not in ends),
        ends=tuple(Ending(place, day) for place, day in ends.items()),
    )
    return Purpose(request.purpose), about


def _rejections(tx: Transaction, request_id: int) -> tuple[str, ...]:
    """Why what was sent in last was rejected, a sentence each."""
    sent = tx.submissions.of_requests([request_id])
    rejected = [each for each in sent if each.state is SubmissionState.REJECTED]
    if not rejected or rejected[-1].certificate_id is None:
        return ()
    certificate = tx.certificates.get(rejected[-1].certificate_id)
    return tuple(map(sentence, certificate.rejections)) if certificate else ()
