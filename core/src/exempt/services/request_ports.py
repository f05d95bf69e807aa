"""What the services need of requests for certificates in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from exempt.model.messages import Bounce, Purpose
from exempt.model.pushing import Outcome
from exempt.model.requesting import RequestState, Way
from exempt.services.rows import ConnectionRow, DeliveryState


class RequestRow(NamedTuple):
    """A request for certificates, or a notice that some end.

    Attributes:
        recipient: Where its mails go; with ``own_recipient`` whatever the
            customer's card says.
        state: As it was left; see `exempt.rules.request_states.state_of`.
        mails: How many of it went out, or may have.
        ends: What a notice, or a request to renew, is about: jurisdictions and
            last days; the first of these is ``expiration_date``.
        bounce: What a mail server said of a mail that it could not deliver;
            from ``bounced_at`` on it is known to have given up.
        reasons: The reasons that the portal proposes; ``message``: what staff
            add to the mail; ``made_by``: who asked, "" = Exempt by itself.
        expires_at: Until when its links work; None = it never had one.
    """

    id: int
    customer_id: int
    customer_name: str
    recipient: str
    jurisdictions: tuple[str, ...]
    state: str
    created_at: dt.datetime
    withdrawn_because: str | None = None
    purpose: str = Purpose.REQUEST.value
    mails: int = 0
    expiration_date: dt.date | None = None
    ends: tuple[tuple[str, dt.date], ...] = ()
    bounce: str | None = None
    bounced_at: dt.datetime | None = None
    company_id: int = 0
    company: str = ""
    reasons: tuple[str, ...] = ()
    message: str = ""
    made_by: str = ""
    way: str = Way.MAIL.value
    own_recipient: bool = False
    expires_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None
    submitted_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    closed_by: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it is a request; else it is a notice."""
        return self.purpose == Purpose.REQUEST


class Asking(NamedTuple):
    """How somebody is asked; see `RequestRow`."""

    reasons: Sequence[str] = ()
    message: str = ""
    made_by: str = ""
    way: Way = Way.MAIL
    own_recipient: bool = False
    purpose: Purpose | None = None


PLAIN = Asking()
"""Without any of that."""


class MailRow(NamedTuple):
    """A mail of a request."""

    request_id: int
    connection_id: int
    version: int
    state: DeliveryState
    outcome: str | None
    owed_at: dt.datetime
    done_at: dt.datetime | None

    @property
    def went_out(self) -> bool:
        """Whether it did, or may have."""
        return self.state is DeliveryState.SENT or self.outcome == Outcome.UNKNOWN

    @property
    def counts(self) -> bool:
        """Whether it tells what it says: it went out, is on its way, or a person decides."""
        return self.state is not DeliveryState.SUPERSEDED

    @property
    def at(self) -> dt.datetime:
        """When it went out, or was given up; else since when it is owed."""
        return self.done_at or self.owed_at

    @property
    def day(self) -> dt.date:
        """The day of that."""
        return self.at.date()


class RequestFilter(NamedTuple):
    """Which requests to list, the newest first; what is empty does not matter.

    Attributes:
        words: Part of the customer's name or number, or of the address.
        offset: How many to leave out; ``limit``: how many to give at most.
    """

    states: Collection[RequestState] = ()
    company_ids: Collection[int] | None = None
    customer_id: int | None = None
    words: str = ""
    offset: int = 0
    limit: int = 50


class RequestPage(NamedTuple):
    """A part of a list, and by state how many there are without regard to the states asked for."""

    requests: list[RequestRow]
    counts: dict[RequestState, int]


class Requests(Protocol):
    """Requests for certificates, and notices that some end."""

    def add(
        self,
        customer_id: int,
        recipient: str,
        jurisdictions: Sequence[str],
        at: dt.datetime,
        *,
        ends: Sequence[tuple[str, dt.date]] = (),
        asking: Asking = PLAIN,
    ) -> int:
        """Make a request, or with *ends* a notice of these; returns its id.

        A purpose in *asking* prevails: of a request with *ends* it is a renewal.
        """
        ...

    def of(self, customer_ids: Collection[int]) -> list[RequestRow]:
        """All requests and notices to these customers."""
        ...

    def mails(self, request_ids: Collection[int]) -> dict[int, list[MailRow]]:
        """The mails of requests, the oldest version first."""
        ...

    def told(self, on: dt.date) -> dict[int, tuple[str, ...]]:
        """Of which states that end customers are told by a mail of the day *on*."""
        ...

    def get(self, request_id: int) -> RequestRow | None:
        """One request."""
        ...

    def find(self, request_ids: Collection[int]) -> list[RequestRow]:
        """Those requests, in this order; unknown ones are absent."""
        ...

    def readdress(self, request_id: int, recipient: str) -> None:
        """Let a request whose mail has not gone out go to another mailbox."""
        ...

    def redirect(self, request_id: int, recipient: str, *, own: bool) -> None:
        """Let the mails of a request go elsewhere; that some came back is forgotten.

        With *own* they go there whatever the customer's card says.
        """
        ...

    def withdraw(self, request_id: int) -> None:
        """Let a request count as not made, since its mail does not go out.

        One of which a mail went out already, or may have, stays as it is.
        """
        ...

    def move(
        self, request: RequestRow, to: RequestState, at: dt.datetime, *, by: str | None = None
    ) -> bool:
        """Let it stand otherwise, and remember since when; False when it does so by now.

        *by* whom it is over.
        """
        ...

    def works_until(self, request_id: int, until: dt.datetime) -> None:
        """Remember that one of its links works until then."""
        ...

    def came_back(
        self, connection: ConnectionRow, bounces: Collection[Bounce], at: dt.datetime
    ) -> int:
        """Remember of mails of a connection that they came back; of how many that is new.

        Where it is for good, the customer counts as one whom mail does not
        reach, until it has another address or a person asks it again.
        """
        ...

    def places(self, customer_ids: Collection[int], at: dt.datetime) -> dict[int, tuple[str, ...]]:
        """For which states requests to customers are open; of notices none is.

        One whose links have ceased to work at *at* is not open.
        """
        ...

    def mailed(self, customer_id: int, at: dt.datetime, *, but: int) -> set[str]:
        """The same, by mails that went out or may have, but for one request."""
        ...

    def all(self, company_ids: Collection[int] | None = None) -> list[RequestRow]:
        """All requests and notices, or those to customers of these companies."""
        ...

    def unfinished(self, customer_ids: Collection[int] | None = None) -> list[RequestRow]:
        """Those that are not over, of these customers or of all."""
        ...

    def page(self, filters: RequestFilter, at: dt.datetime) -> RequestPage:
        """A part of a list, as requests stand at *at*."""
        ...


class TemplateRow(NamedTuple):
    """The words of a kind of mail, as somebody wrote them.

    ``company_id``: whose mails; None = of all companies that have none of their own.
    """

    id: int
    company_id: int | None
    purpose: Purpose
    version: int
    subject: str
    text: str
    made_at: dt.datetime
    made_by: str


class Templates(Protocol):
    """The words of mails; each version is kept."""

    def newest(self, purpose: Purpose, company_id: int | None) -> TemplateRow | None:
        """What counts for a company: its own, else that of all; None = the words built in."""
        ...

    def versions(self, purpose: Purpose, company_id: int | None) -> list[TemplateRow]:
        """All of just this company, or of just those for all; the newest first."""
        ...

    def add(  # noqa: PLR0917 - what a version is
        self,
        purpose: Purpose,
        company_id: int | None,
        subject: str,
        text: str,
        at: dt.datetime,
        by: str,
    ) -> TemplateRow:
        """Keep a new version."""
        ...
