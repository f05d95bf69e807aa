"""Reports of the register: certificates that expired, will soon, or fail a state's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exempt.model.certificate import Certificate, ReviewStatus
from exempt.rules.objections import ObjectionSeverity
from exempt.rules.status import CertificateStatus
from exempt.services.listing_ports import Next
from exempt.services.objecting import objections
from exempt.services.ports import Store, Transaction
from exempt.services.reports.shapes import About, Ask, Field, Found, Kind, Line, Report, spoken
from exempt.services.rows import CertificateFilter, CertificateSort

LOOKED = 300
"""Certificates that one page of `INVALID` holds against the rules."""

_AT_ONCE = 1_000
_LASTING = (
    CertificateStatus.ACTIVE,
    CertificateStatus.EXPIRING_SOON,
    CertificateStatus.FUTURE,
)
_FIELDS = (
    Field("customer", "Customer"),
    Field("certificate", "Certificate"),
    Field("number", "Number", hidden=True),
    Field("states", "States", Kind.PLACES),
    Field("reason", "Reason"),
    Field("signed", "Signed", Kind.DAY),
    Field("ends", "Ends", Kind.DAY),
)


def _ending(status: CertificateStatus, key: str, title: str, lead: str, none: str) -> Report:
    """The certificates of a status, by the day that they end."""

    def filters(ask: Ask) -> CertificateFilter:
        return CertificateFilter(
            company_ids=ask.company_ids,
            jurisdiction=ask.jurisdiction,
            statuses=[status],
            expires_from=ask.period.first,
            expires_to=ask.period.last,
            sort=CertificateSort.EXPIRES,
            descending=status is CertificateStatus.EXPIRED,
            limit=ask.limit,
            offset=ask.offset,
        )

    def part(tx: Transaction, ask: Ask) -> Found:
        page = tx.search.certificates(filters(ask), ask.on, ask.soon_days)
        lines = [_line(each, page.customers, ask) for each in page.certificates]
        return Found(lines, page.total)

    def lines(store: Store, ask: Ask) -> Iterator[Line]:
        with store.reading() as tx:
            for found in _each(tx, filters(ask), ask):
                names = _names(tx, found)
                yield from (_line(each, names, ask) for each in found)

    past = status is CertificateStatus.EXPIRED
    return Report(
        *(key, title, lead, none, _FIELDS, part, lines),
        by_period=True,
        period_of="Ended" if past else "Ends",
    )


EXPIRED = _ending(
    CertificateStatus.EXPIRED,
    "expired-certificates",
    "Expired certificates",
    "Certificates that cover nothing new, because their last day is over.",
    "No certificate has expired.",
)
EXPIRING = _ending(
    CertificateStatus.EXPIRING_SOON,
    "expiring-certificates",
    "Certificates expiring soon",
    "Certificates that end in the days to come: ask for the next one now.",
    "No certificate expires soon.",
)


def _invalid(tx: Transaction, ask: Ask) -> Found:
    """Of the next certificates by id those that fail; rejected ones are counted only."""
    filters = CertificateFilter(
        company_ids=ask.company_ids, jurisdiction=ask.jurisdiction, statuses=_LASTING
    )
    ids = tx.listing.certificates(
        filters, Next(ask.after, LOOKED), ask.on, ask.soon_days, ReviewStatus.ACCEPTED
    )
    lines = _failing(tx, ids, ask)
    onward = ids[-1] if len(ids) == LOOKED else 0
    total = None if onward or ask.after else len(lines)
    return Found(lines, total, looked=len(ids), onward=onward)


def _all_invalid(store: Store, ask: Ask) -> Iterator[Line]:
    onward = 0
    with store.reading() as tx:
        while True:
            found = _invalid(tx, ask._replace(after=onward))
            yield from found.lines
            onward = found.onward
            if not onward:
                return


def _failing(tx: Transaction, ids: Sequence[int], ask: Ask) -> list[Line]:
    certificates = tx.certificates.find(ids)
    against = {each.id: _against(each, ask) for each in certificates}
    failing = [each for each in certificates if against[each.id]]
    names = _names(tx, failing)
    return [
        Line(
            (_whose(each, names), each.id, *said),
            About.CERTIFICATE,
            each.id,
        )
        for each in failing
        for said in against[each.id]
    ]


def _against(certificate: Certificate, ask: Ask) -> list[tuple[str, str]]:
    """State and sentence of each rule that the certificate fails."""
    return [
        (place, one.sentence)
        for place, all_of_it in objections(certificate, ask.policy, ask.on).items()
        if ask.jurisdiction in {None, place}
        for one in all_of_it
        if one.severity is ObjectionSeverity.REFUSE
    ]


INVALID = Report(
    "invalid-certificates",
    "Invalid certificates",
    "Certificates in force that fail a state's rule, and so do not protect you as they stand.",
    "No certificate in force fails a state's rule.",
    (
        Field("customer", "Customer"),
        Field("certificate", "Certificate"),
        Field("state", "State", Kind.PLACE),
        Field("objection", "What is wrong", wide=True),
    ),
    _invalid,
    _all_invalid,
)


def _each(tx: Transaction, filters: CertificateFilter, ask: Ask) -> Iterator[list[Certificate]]:
    """All that fit, by id."""
    last = 0
    while ids := tx.listing.certificates(filters, Next(last, _AT_ONCE), ask.on, ask.soon_days):
        yield tx.certificates.find(ids)
        last = ids[-1]


def _names(tx: Transaction, certificates: Sequence[Certificate]) -> dict[int, str]:
    ids = {each for certificate in certificates for each in certificate.customer_ids}
    return {card.id: card.name for card in tx.cards.find(ids)}


def _line(certificate: Certificate, names: Mapping[int, str], ask: Ask) -> Line:
    """One certificate; where one state is asked for, what it says of that."""
    shown = [
        one for one in certificate.jurisdictions if ask.jurisdiction in {None, one.jurisdiction}
    ]
    numbers = dict.fromkeys(one.exemption_number for one in shown if one.exemption_number)
    cells = (
        _whose(certificate, names),
        certificate.id,
        certificate.number or "; ".join(numbers),
        " ".join(one.jurisdiction for one in shown),
        "; ".join(dict.fromkeys(spoken(one.reason) for one in shown)),
        certificate.signed_date,
        min((one.last_date for one in shown if one.last_date), default=None),
    )
    return Line(cells, About.CERTIFICATE, certificate.id)


def _whose(certificate: Certificate, names: Mapping[int, str]) -> str:
    return "; ".join(names.get(each, "") for each in certificate.customer_ids)
