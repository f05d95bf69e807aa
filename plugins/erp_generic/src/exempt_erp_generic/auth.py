"""Credentials, as they stand in the settings: each form of ``auth``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from exempt import Settings
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.template import KEPT, Body, Naming, Template, nearest

LOGIN = Naming(frozenset({"user", "password"}), kept=True)


class NoAuth(Settings):
    """No credentials."""

    kind: Literal["none"] = "none"


class BearerAuth(Settings):
    """``Authorization: Bearer …``."""

    kind: Literal["bearer"]
    token: SecretStr = Field(description="The token.")


class BasicAuth(Settings):
    """User and password."""

    kind: Literal["basic"]
    user: str = Field(description="The user's name.")
    password: SecretStr = Field(description="The user's password.")


class ApiKeyAuth(Settings):
    """A key in a header or in the query."""

    kind: Literal["api_key"]
    place: Literal["header", "query"] = Field("header", description="Where the key goes.")
    name: str = Field(min_length=1, description="Name of the header or parameter.")
    value: SecretStr = Field(description="The key; in a header with what the ERP wants before it.")


class TokenAuth(Settings):
    """What all ways of getting an OAuth 2.0 token have in common (RFC 6749)."""

    token_url: str = Field(
        description="Address that gives tokens; it may be on another host than base_url."
    )
    client_id: str = Field(min_length=1, description="The client's public identifier.")
    scope: str | None = Field(None, description="Rights to ask for, divided by blanks.")
    fields: dict[str, str] = Field(
        default_factory=dict, description="Further fields of the form; nothing secret."
    )
    header: str = Field("Authorization", description="Header of each call that carries the token.")
    scheme: str = Field("Bearer", description="Word before the token; empty = the token alone.")

    @field_validator("token_url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return plain_address(url)


class _SecretAuth(TokenAuth):
    client_auth: Literal["basic", "body"] = Field(
        "basic", description="How client_id and client_secret are sent: as user, or in the form."
    )


class ClientCredentialsAuth(_SecretAuth):
    """A token for the client itself (RFC 6749, section 4.4)."""

    kind: Literal["client_credentials"]
    client_secret: SecretStr = Field(description="The client's secret.")


class RefreshTokenAuth(_SecretAuth):
    """A token for a user who agreed once (RFC 6749, section 6).

    Where the remote gives a new refresh token with each answer, it is kept in
    the file that the setting refers to before it is used.
    """

    kind: Literal["refresh_token"]
    client_secret: SecretStr | None = Field(
        None, description="The client's secret; none for a public client."
    )
    refresh_token: SecretStr = Field(
        description="The refresh token; as file:PATH, for a new one is written there."
    )


class ClientAssertionAuth(TokenAuth):
    """A token for a client that signs with its own key (RFC 7523, section 2.2)."""

    kind: Literal["client_assertion"]
    private_key: SecretStr = Field(description="The private key, as PEM.")
    algorithm: Literal["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256"] = Field(
        "PS256", description="How it is signed; the key must fit: RS and PS are of RSA."
    )
    key_id: str | None = Field(None, description="The key's identifier at the remote: kid.")
    claims: dict[str, str | int | list[str]] = Field(
        default_factory=dict, description="Further claims of the assertion, such as scope."
    )
    audience: str | None = Field(None, description="The claim aud; else token_url.")


class SessionAuth(Settings):
    """A login, whose cookies or values go with each call until the ERP asks for a new one."""

    kind: Literal["session"]
    path: str = Field(description="Where to log in, below base_url, by POST.")
    user: str = Field("", description="The user's name, for {user}.")
    password: SecretStr = Field(description="The password or key, for {password}.")
    body: Annotated[Body, Naming(frozenset({"user", "password"}))] = Field(
        description="Table of texts with {user} and {password}, sent as JSON."
    )
    cookies: tuple[str, ...] = Field(
        (), description="Cookies of the answer to send with each call; the first must come."
    )
    keep: dict[str, Expression] = Field(
        default_factory=dict, description="Name → JMESPath in the answer, for {kept.name}."
    )
    send: dict[str, Annotated[Template, LOGIN]] = Field(
        default_factory=dict, description="Headers of each call, with {kept.name} in them."
    )
    minutes: float | None = Field(
        None, gt=0, description="How long a login holds; else until a call is answered 401."
    )
    logout: str | None = Field(
        None, description="Where to log out by POST, below base_url, when the work is done."
    )

    @model_validator(mode="after")
    def _sends_something(self) -> Self:
        if not self.cookies and not self.send:
            msg = "give cookies or send: what proves the login in later calls"
            raise ValueError(msg)
        for header, template in self.send.items():
            check_kept(f"send.{header}", template.names, self.keep)
        return self


AnyAuth = Annotated[
    NoAuth
    | BearerAuth
    | BasicAuth
    | ApiKeyAuth
    | ClientCredentialsAuth
    | RefreshTokenAuth
    | ClientAssertionAuth
    | SessionAuth,
    Field(discriminator="kind"),
]


def plain_address(url: str) -> str:
    """*url*, if it is an address without user, query or fragment.

    Raises:
        ValueError: It is not.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "is no address: write it as https://erp.example/api"
        raise ValueError(msg)
    if parts.username or parts.query or parts.fragment:
        msg = "has a user, a query or a fragment: these go into auth, and into params"
        raise ValueError(msg)
    return url


def check_kept(place: str, names: Iterable[str], keep: Collection[str]) -> None:
    """Refuse placeholders ``{kept.…}`` that nothing keeps.

    Raises:
        ValueError: There is one; says where.
    """
    for name in sorted(names):
        if name.startswith(KEPT) and name.removeprefix(KEPT) not in keep:
            known = [f"{KEPT}{each}" for each in keep]
            msg = f"{place} names {{{name}}}, which keep does not have"
            raise ValueError(f"{msg}: {nearest(name, known)}" if known else f"{msg}: add it")
