"""How staff sign in, of one Exempt."""

from __future__ import annotations

import importlib.util

from exempt.errors import SettingsError
from exempt.services import users
from exempt.services.access_ports import Access, IdentityProvider
from exempt.settings import resolve
from exempt.wiring import Exempt

WORDS = ("exempt", "certificate", "sales tax")
"""In no good password here, beside the names of the companies (ASVS 6.2.11)."""


def access_of(exempt: Exempt) -> Access:
    """How staff sign in.

    Raises:
        SettingsError: The secret of the provider is not where the settings say.
    """
    from exempt.adapters.passwords import Argon2Passwords  # noqa: PLC0415 - an extra

    file = exempt.settings.file
    oidc = file.web.oidc
    names = (company.name for company in file.companies.values())
    return Access(
        passwords=Argon2Passwords(),
        second_factor=file.web.second_factor == "required",
        words=(*WORDS, *names),
        provider=_provider(exempt),
        domains=frozenset(oidc.domains) if oidc else frozenset(),
        default_role=oidc.default_role if oidc else None,
    )


def _provider(exempt: Exempt) -> IdentityProvider | None:
    settings, oidc = exempt.settings, exempt.settings.file.web.oidc
    if oidc is None:
        return None
    if importlib.util.find_spec("authlib") is None:
        msg = f"{settings.place('web.oidc')}: web.oidc: needs authlib: install exempt[oidc]"
        raise SettingsError(msg)
    from exempt.adapters.oidc import OidcProvider  # noqa: PLC0415 - an extra

    key = "web.oidc.client_secret"
    try:
        secret = resolve(oidc.client_secret, key, settings.folder, exempt.environ)
    except SettingsError as error:
        msg = f"{settings.place(key)}: {error}"
        raise SettingsError(msg) from None
    return OidcProvider(
        oidc.issuer,
        oidc.client_id,
        secret.strip(),
        label=oidc.label,
        trust_emails=oidc.trust_emails,
        clock=exempt.clock,
    )


def first_link(exempt: Exempt, listens_at: str) -> str | None:
    """A link that makes the first administrator, for an hour; None where there is one."""
    token = users.first_link(exempt.store, exempt.clock())
    return None if token is None else welcome_link(exempt, token, listens_at)


def welcome_link(exempt: Exempt, token: str, listens_at: str = "") -> str:
    """The address of a link with this token."""
    web = exempt.settings.file.web
    return (
        f"{web.url or listens_at or f'http://{exempt.settings.file.daemon.listen}'}/welcome/{token}"
    )
