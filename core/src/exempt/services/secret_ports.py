"""What the services need for secrets: a key that lies outside the database."""

from __future__ import annotations

import hashlib
import secrets
from typing import Protocol


class Keys(Protocol):
    """Seals what must be read again, and signs what comes back; by a key outside the database."""

    def seal(self, text: str) -> str:
        """*text* so that only `unseal` can read it."""
        ...

    def unseal(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            RefusedError: It was sealed with another key, or changed.
        """
        ...

    def sign(self, purpose: str, text: str) -> str:
        """A signature of *text* for one *purpose*, as URL-safe text."""
        ...

    def signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether *signature* is that of *text* for *purpose*; takes equal time either way."""
        ...


def new_token() -> str:
    """A secret of 256 random bits, as URL-safe text of 43 characters."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token: its SHA-256, as hex."""
    return hashlib.sha256(token.encode()).hexdigest()
