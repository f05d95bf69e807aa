"""What the pages and the API have, of one Exempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.quick import QuickAsking
from exempt.rules.schedules import seconds
from exempt.settings.explained import explain
from exempt.settings.tables import CompanySettings
from exempt.web.site import Site
from exempt.wiring import Exempt
from exempt.wiring.access import access_of
from exempt.wiring.backfills import backfill_parts
from exempt.wiring.connections import CustomerPages
from exempt.wiring.forms import form_printer, reader_of
from exempt.wiring.keys import secret_key
from exempt.wiring.letters import letter_printer
from exempt.wiring.papers import inspector_of, parts_of, printer_of
from exempt.wiring.sources import Steward
from exempt.wiring.spreadsheets import workbook_writer, write_blank


def site_of(exempt: Exempt, listens_at: str) -> Site:
    """The site; *listens_at* is its address where the settings name none.

    Raises:
        SettingsError: Its key cannot be read.
    """
    file, keys = exempt.settings.file, SecretKeys(secret_key(exempt))
    return Site(
        store=exempt.store,
        documents=exempt.documents,
        policy=exempt.policy,
        clock=exempt.clock,
        keys=keys,
        steward=Steward(exempt, keys),
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
        workbook_writer=workbook_writer(),
        tables=backfill_parts(exempt),
        blank_writer=write_blank,
        session_idle=dt.timedelta(seconds=seconds(file.web.session_idle)),
        session_length=dt.timedelta(seconds=seconds(file.web.session_length)),
        access=access_of(exempt),
        hosts=_hosts(file.web.url),
        trusted_proxies=file.web.trusted_proxies,
        api_calls_per_minute=file.web.api_calls_per_minute,
        api_origins=file.web.api_origins,
        customer_fields=file.custom_fields.customers,
        customer_addresses=CustomerPages(exempt.connections),
        certificate_fields=file.custom_fields.certificates,
        settings=partial(explain, exempt.settings),
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
