"""Every report, in the order in which they are shown."""

from __future__ import annotations

from exempt.services.reports import customers, pushes, registers, sales

REPORTS = (
    sales.SUMMARY,
    sales.WITHOUT,
    customers.WITHOUT_CERTIFICATES,
    registers.EXPIRED,
    registers.EXPIRING,
    registers.INVALID,
    pushes.FAILED,
)
