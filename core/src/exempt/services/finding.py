"""A customer has lost our mail: another link goes to the address that we know, and to no other."""

from __future__ import annotations

from exempt.errors import ExemptError
from exempt.model.customer import usable_email
from exempt.rules.request_states import Step, may, state_of
from exempt.services.certificates import Act
from exempt.services.ports import Store
from exempt.services.post import Post
from exempt.services.resending import resend

AT_MOST = 3
"""So many customers with one address are written to."""


def send_links(store: Store, email: str, act: Act, post: Post) -> int:
    """Mail a link to the customers with this address whose request is open; how many.

    Each gets the mail of its latest request. What cannot be sent is left out: whoever
    typed the address learns nothing of it.
    """
    if not usable_email(email) or not post.enabled:
        return 0
    sent = 0
    for request_id in _open(store, email, act):
        try:
            resend(store, request_id, act, post)
        except ExemptError:
            continue
        sent += 1
    return sent


def _open(store: Store, email: str, act: Act) -> list[int]:
    with store.reading() as tx:
        known = tx.search.customers(email)
        ids = [each.id for each in known if (each.email or "").casefold() == email.casefold()]
        requests = tx.requests.of(ids) if ids else []
    latest = {
        each.customer_id: each.id
        for each in sorted(requests, key=lambda one: one.id)
        if each.asks and may(state_of(each, act.at), Step.RESEND)
    }
    return sorted(latest.values())[-AT_MOST:]
