"""The audit trail: who changed what, as far as whoever looks may see it."""

from __future__ import annotations

from collections.abc import Iterator

from exempt.services.audit_ports import OF_ADMINISTRATION, AuditFilter, AuditPage, AuditRow
from exempt.services.ports import Store
from exempt.services.rows import Subject

AT_ONCE = 2_000


def seen_by(filters: AuditFilter, *, administers: bool) -> AuditFilter:
    """*filters*, without what only those see who administer: users, API keys, endpoints."""
    if administers:
        return filters
    wanted = set(filters.subjects or Subject) - set(OF_ADMINISTRATION)
    return filters._replace(subjects=tuple(sorted(wanted)))


def page(store: Store, filters: AuditFilter, *, administers: bool) -> AuditPage:
    """A part of the trail, the newest change first."""
    if _none(filters, administers=administers):
        return AuditPage([], 0)
    with store.reading() as tx:
        return tx.audit.page(seen_by(filters, administers=administers))


def every(store: Store, filters: AuditFilter, *, administers: bool) -> Iterator[AuditRow]:
    """All that fit; a portion a transaction, so that no writer waits for whoever reads."""
    if _none(filters, administers=administers):
        return
    wanted = seen_by(filters, administers=administers)
    before: int | None = None
    while True:
        with store.reading() as tx:
            rows = tx.audit.portion(wanted, before, AT_ONCE)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        before = rows[-1].id


def people(store: Store) -> list[str]:
    """Everybody who ever changed something."""
    with store.reading() as tx:
        return tx.audit.people()


def _none(filters: AuditFilter, *, administers: bool) -> bool:
    """Whether only such changes are asked for as nobody sees who does not administer."""
    asked = set(filters.subjects)
    return not administers and bool(asked) and asked <= set(OF_ADMINISTRATION)
