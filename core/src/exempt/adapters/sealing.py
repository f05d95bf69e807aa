"""Seals and signs by one secret: sealing by Fernet of cryptography, signing by HMAC-SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from exempt.errors import RefusedError
from exempt.services.secret_ports import Keys


class SecretKeys(Keys):
    """The keys made from *secret*; each purpose has one of its own."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._key("seal")))

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            msg = (
                "what is sealed in the database was sealed with another key: put the key back that"
                " web.secret_key named, or the file exempt.key, from a backup"
            )
            raise RefusedError(msg) from None

    def sign(self, purpose: str, text: str) -> str:
        digest = hmac.digest(self._key(f"sign {purpose}"), text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def signed(self, purpose: str, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode())

    def _key(self, use: str) -> bytes:
        return hashlib.sha256(b"exempt " + use.encode() + b"\0" + self._secret).digest()

    def __repr__(self) -> str:
        return "SecretKeys(…)"
