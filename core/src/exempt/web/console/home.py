"""The home page: what needs a person today, and how certificates stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from exempt.model.access import Right
from exempt.model.presence import WarningKind
from exempt.rules.status import CertificateStatus
from exempt.services.home import Act, Counted, Home
from exempt.services.overview_ports import BUCKETS, IN_FORCE, CertificateFigures
from exempt.web.console.trend import Chart, chart_of
from exempt.web.pages import Call, Pages

pages = Pages()

SPOKEN = {
    CertificateStatus.ACTIVE: ("Active", "green"),
    CertificateStatus.EXPIRING_SOON: ("Expiring soon", "yellow"),
    CertificateStatus.EXPIRED: ("Expired", "red"),
    CertificateStatus.FUTURE: ("Future", "blue"),
    CertificateStatus.PENDING: ("Pending review", "yellow"),
    CertificateStatus.INVALID: ("Invalid", "red"),
    CertificateStatus.ARCHIVED: ("Archived", "grey"),
}


class Figure(NamedTuple):
    """A figure of the page, and the list behind it.

    Attributes:
        to: The address of the list; "" where there is none.
        kind: "bad", "warn" or "".
        capped: There are more, as the list says, too.
    """

    to: str
    number: int
    words: str
    symbol: str
    kind: str = "warn"
    capped: bool = False


class Bucket(NamedTuple):
    """Certificates that end in so many days; ``share`` is of the largest bucket, in percent."""

    to: str
    words: str
    number: int
    share: int


class Step(NamedTuple):
    """What a newcomer does first."""

    to: str
    title: str
    sentence: str
    done: bool


class Seen:
    """What the page shows; what takes its time is counted when the page comes to it."""

    def __init__(self, call: Call) -> None:
        site = call.site
        self._may = call.by.may
        self._asks = site.requests_enabled
        self._paths = {getattr(route, "path", "") for route in call.request.app.routes}
        self._home = Home(site.store, call.scope, site.clock(), site.expiring_soon_days)
        self.on = self._home.on

    # --- what needs a person ---------------------------------------------------------------

    def tasks(self) -> Iterator[Figure]:
        """What waits, what is quick to count first."""
        home = self._home
        yield self._figure("/review", home.to_review(), "certificates to review", "inbox")
        soon = self.certificates.statuses.get(CertificateStatus.EXPIRING_SOON, 0)
        to = "/certificates?status=expiring_soon"
        yield self._figure(to, soon, "certificates expiring soon", "clock")
        owed = home.owed()
        yield self._figure("/deliveries?state=dead", owed.dead, "failed deliveries", "truck", "bad")
        if owed.maybe_sent:
            to = "/deliveries?state=maybe_sent"
            yield self._figure(to, owed.maybe_sent, "mails that may have been sent", "mail", "bad")
        yield from self._nexus()
        yield from self._system()
        yield self._figure("/still-ordering", home.still_ordering(), *_STILL)
        for lack, counted, words in (
            ("certificate", home.without_certificate, "exempt customers without a certificate"),
            ("email", home.without_email, "customers without an e-mail address"),
        ):
            to = f"/customers?lack={lack}"
            yield self._counted(to, counted(), words, "building-2")
        to = "/orders?decided=without&status=open"
        yield self._counted(to, home.sold_without(), "open orders sold without a certificate")

    def _nexus(self) -> Iterator[Figure]:
        warnings = self._home.warnings()
        hires = warnings.get(WarningKind.EMPLOYEE, 0)
        to = f"/warnings?kind={WarningKind.EMPLOYEE}"
        yield self._figure(to, hires, "new-hire warnings", "user-plus")
        for kind, words in _THRESHOLDS.items():
            if many := warnings.get(kind, 0):
                to = f"/warnings?kind={kind}"
                yield self._figure(to, many, words, "trending-up", "bad")
        to = "/products?status=unmapped"
        yield self._figure(to, self._home.unmapped(), "unmapped products", "tag")

    def _system(self) -> Iterator[Figure]:
        paused = len(self._home.paused())
        yield self._figure("/sources?state=paused", paused, "paused connections", "pause", "bad")
        if self._may(Right.ADMINISTER) and (failing := len(self._home.failing())):
            to = "/jobs?state=failing"
            yield self._figure(to, failing, "jobs that fail", "activity", "bad")

    def _counted(self, to: str, counted: Counted, words: str, symbol: str = "receipt") -> Figure:
        return self._figure(to, counted.number, words, symbol)._replace(capped=counted.capped)

    def _figure(self, to: str, number: int, words: str, symbol: str, kind: str = "warn") -> Figure:
        return Figure(self._link(to), number, words, symbol, kind)

    def _link(self, to: str) -> str:
        """The address, where there is such a page."""
        return to if to.partition("?")[0] in self._paths else ""

    # --- how certificates stand ------------------------------------------------------------

    @cached_property
    def certificates(self) -> CertificateFigures:
        """How many there are."""
        return self._home.certificates()

    def statuses(self) -> list[tuple[str, str, str, int]]:
        """Every status: the list's address, the word, the colour, how many."""
        return [
            (self._link(f"/certificates?status={status}"), *SPOKEN[status], many)
            for status in SPOKEN
            for many in (self.certificates.statuses.get(status, 0),)
        ]

    def buckets(self) -> list[Bucket]:
        """When those in force end, by the first of their states that does."""
        figures = self.certificates
        most = max(*figures.ending, figures.ended, 1)
        rows = [
            (self._ending(first, last), _days(first, last), many)
            for (first, last), many in zip(BUCKETS, figures.ending, strict=True)
        ]
        if figures.ended:
            rows.append((self._ending(None, -1), "Ended in one of its states", figures.ended))
        return [Bucket(to, words, many, round(100 * many / most)) for to, words, many in rows]

    def _ending(self, first: int | None, last: int | None) -> str:
        query = [("status", status.value) for status in IN_FORCE]
        for name, days in (("ends_from", first), ("ends_to", last)):
            if days is not None:
                query.append((name, str(self.on + dt.timedelta(days=days))))
        return self._link(f"/certificates?{urlencode(query)}")

    def rejected(self) -> Figure:
        """What was rejected this month."""
        query = {
            "subject": "certificate",
            "field": "review_status",
            "new": "rejected",
            "first": str(self.on.replace(day=1)),
        }
        number = self._home.rejected()
        to = f"/audit?{urlencode(query)}"
        return self._figure(to, number, "rejected this month", "circle-x", "")

    def lately(self) -> list[Act]:
        """What was done last."""
        return self._home.lately(4, administers=self._may(Right.ADMINISTER))

    def trend(self) -> Chart:
        """How many were in force, month by month."""
        return chart_of([(each.day, each.number) for each in self._home.trend()])

    # --- the first steps -------------------------------------------------------------------

    @cached_property
    def filled(self) -> dict[str, bool]:
        """What there is at all."""
        return dict(self._home.filled())

    @property
    def is_new(self) -> bool:
        """Whether there is neither a customer nor a certificate yet."""
        return not (self.filled["customers"] or self.filled["certificates"])

    def steps(self) -> Sequence[Step]:
        """What to do first, as far as there are pages for it."""
        return [
            step._replace(to=self._link(step.to) if self._may(right) else "", done=self.filled[of])
            for right, of, step in _STEPS
            if self._asks or of != "requests"
        ]


@pages.get("/", may=Right.READ)
def home(call: Call) -> Response:
    """What needs a person today."""
    return call.stream("home/home.html", seen=Seen(call))


def _days(first: int, last: int | None) -> str:
    return f"{first}–{last} days" if last is not None else f"{first}+ days"


_STILL = ("expired certificates with open orders", "shopping-cart", "bad")
_THRESHOLDS = {
    WarningKind.APPROACHING: "states near their threshold",
    WarningKind.MET: "states whose threshold is met",
}
_STEPS = (
    (
        Right.ADMINISTER,
        "sources",
        Step(
            "/sources",
            "Connect your billing or ERP system",
            "Customers and orders are read from there, and their exemption status is written back.",
            done=False,
        ),
    ),
    (
        Right.EDIT,
        "customers",
        Step(
            "/imports",
            "Bring in customers",
            "They come with a connection, or from a spreadsheet.",
            done=False,
        ),
    ),
    (
        Right.EDIT,
        "certificates",
        Step(
            "/certificates/new",
            "Enter the first certificate",
            "By hand, or all that you have on file from a spreadsheet.",
            done=False,
        ),
    ),
    (
        Right.REQUEST,
        "requests",
        Step(
            "/requests/new",
            "Ask a customer for one",
            "By e-mail, with a link: they upload a certificate, or fill one in and sign it.",
            done=False,
        ),
    ),
)
