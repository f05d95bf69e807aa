"""How a client proves who it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from pydantic import SecretStr

from exempt.errors import ConfigError


class Auth:
    """Credentials; they go to the client's own origin only.

    Args:
        bearer: For ``Authorization: Bearer``.
        basic: A user name, which may be shown, and a password.
        headers: Secret headers by their name.
        query: Secret parameters by their name, for remotes that know no better.

    Raises:
        ConfigError: A secret cannot be sent in a header.
    """

    def __init__(
        self,
        *,
        bearer: SecretStr | None = None,
        basic: tuple[str, SecretStr] | None = None,
        headers: Mapping[str, SecretStr] | None = None,
        query: Mapping[str, SecretStr] | None = None,
    ) -> None:
        self._basic = basic
        self._bearer = None if bearer is None else _sendable("bearer token", bearer)
        self._headers = {name: _sendable(name, secret) for name, secret in (headers or {}).items()}
        self._query = dict(query or {})

    def headers(self) -> dict[str, str]:
        """The headers to add to a call, secrets in clear."""
        made = {name: secret.get_secret_value() for name, secret in self._headers.items()}
        if self._bearer is not None:
            made["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"
        if self._basic is not None:
            user, password = self._basic
            pair = f"{user}:{password.get_secret_value()}".encode()
            made["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return made

    def query(self) -> dict[str, str]:
        """The parameters to add to a call, secrets in clear."""
        return {name: secret.get_secret_value() for name, secret in self._query.items()}


def _sendable(name: str, secret: SecretStr) -> SecretStr:
    """*secret*, checked: the errors of the layers below would quote it."""
    text = secret.get_secret_value()
    if not text or text != text.strip() or not (text.isascii() and text.isprintable()):
        msg = (
            f"{name}: the secret is empty, has blanks or a line break around it, or a letter"
            " beyond ASCII: copy it again"
        )
        raise ConfigError(msg)
    return secret
