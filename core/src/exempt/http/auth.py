"""How a client proves who it is."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
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
        self._headers = {name: _sendable(name, secret) for name, secret in (headers or {}).items()}
        self._bearer = None if bearer is None else _sendable("bearer token", bearer)
        self._query = dict(query or {})

    def apply(self, request: httpx.Request) -> None:
        """Add the credentials to *request*."""
        if self._bearer is not None:
            request.headers["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"
        if self._basic is not None:
            user, password = self._basic
            next(httpx.BasicAuth(user, password.get_secret_value()).auth_flow(request))
        for name, value in self._headers.items():
            request.headers[name] = value.get_secret_value()
        if self._query:
            secrets = {name: value.get_secret_value() for name, value in self._query.items()}
            request.url = request.url.copy_merge_params(secrets)


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
