"""What the pages and the API have, of one Exempt."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.quick import QuickAsking
from exempt.errors import SettingsError
from exempt.rules.schedules import seconds
from exempt.settings import resolve
from exempt.settings.tables import CompanySettings
from exempt.web.site import Site
from exempt.wiring import Exempt
from exempt.wiring.access import access_of
from exempt.wiring.forms import form_printer, reader_of
from exempt.wiring.letters import letter_printer
from exempt.wiring.papers import inspector_of, parts_of, printer_of

KEY_FILE = "exempt.key"


def site_of(exempt: Exempt, listens_at: str) -> Site:
    """The site; *listens_at* is its address where the settings name none.

    Raises:
        SettingsError: Its key cannot be read.
    """
    file = exempt.settings.file
    return Site(
        store=exempt.store,
        documents=exempt.documents,
        policy=exempt.policy,
        clock=exempt.clock,
        keys=SecretKeys(secret_key(exempt)),
        inspector=inspector_of(exempt),
        parts=parts_of(exempt),
        printer=printer_of(exempt),
        url=file.web.url or listens_at,
        name=_name(file.companies),
        contacts={key: each.contact for key, each in file.companies.items() if each.contact},
        post=exempt.post,
        letter_printer=letter_printer(),
        requests_enabled=file.requests.enabled,
        link_days=file.requests.link_days,
        expiring_soon_days=file.exempt.expiring_soon_days,
        forms=exempt.forms,
        reader=reader_of(exempt),
        form_printer=form_printer(),
        session_idle=dt.timedelta(seconds=seconds(file.web.session_idle)),
        session_length=dt.timedelta(seconds=seconds(file.web.session_length)),
        access=access_of(exempt),
        hosts=_hosts(file.web.url),
        trusted_proxies=file.web.trusted_proxies,
        api_calls_per_minute=file.web.api_calls_per_minute,
        api_origins=file.web.api_origins,
        customer_fields=file.custom_fields.customers,
        certificate_fields=file.custom_fields.certificates,
    )


def _name(companies: Mapping[str, CompanySettings]) -> str:
    """That of the company at the top of all others; "" where there are several."""
    tops = [each.name for each in companies.values() if each.parent is None]
    return tops[0] if len(tops) == 1 else ""


def _hosts(url: str | None) -> tuple[str, ...]:
    """The names of a public address, with its port and, where that is the usual one, without."""
    if url is None:
        return ()
    scheme, _, host = url.lower().partition("://")
    usual = {"http": ":80", "https": ":443"}[scheme]
    bare = host.removesuffix(usual)
    return (bare, bare + usual) if bare != host or ":" not in bare else (host,)


def _quick(exempt: Exempt) -> QuickAsking | None:
    """Order entry's own way to customers, where the database is a file of this machine."""
    database = exempt.database.engine.url.database
    if not exempt.database.is_sqlite or not database:
        return None
    return QuickAsking(Path(database))


def secret_key(exempt: Exempt) -> str:
    """The secret that seals and signs; made when it is needed first.

    Raises:
        SettingsError: It is not where the settings say, or too short.
    """
    settings, key = exempt.settings, "web.secret_key"
    reference = settings.file.web.secret_key
    if reference is not None:
        try:
            found = resolve(reference, key, settings.folder, exempt.environ)
        except SettingsError as error:
            msg = f"{settings.place(key)}: {error}"
            raise SettingsError(msg) from None
        if len(found.strip()) < 32:
            msg = f"{settings.place(key)}: {key}: {reference} is shorter than 32 characters"
            raise SettingsError(msg)
        return found.strip()
    path = settings.folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(48) + "\n")
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}: mend its rights, or restore it from a backup"
        raise SettingsError(msg) from None
