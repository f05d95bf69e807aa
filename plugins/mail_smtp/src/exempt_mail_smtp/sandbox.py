"""A mail server on loopback that keeps every mail in a file and delivers none."""

from __future__ import annotations

SIZE_LIMIT = 10_000_000
USER = "sandbox"
VARIABLE = "EXEMPT_SANDBOX_SMTP_PASSWORD"
