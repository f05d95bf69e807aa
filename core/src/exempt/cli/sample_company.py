"""The sample company: its systems as sandboxes, its settings, and its drawer of paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from exempt.cli.toml import to_toml
from exempt.discovery import Catalogue
from exempt.errors import RefusedError
from exempt.hookspecs import ConnectorInfo, Sandbox
from exempt.model.certificate import CertificateDetails
from exempt.model.forms import IdentificationType
from exempt.services import certificates
from exempt.services.rows import CustomerFilter
from exempt.settings import FILE_NAME
from exempt.testing import sample
from exempt.wiring import Exempt

NOON = dt.datetime.combine(sample.TODAY, dt.time(12), dt.UTC)
"""When it is in the sample company."""

_NAMES = {
    "billing_stripe": "billing",
    "erp_generic": "erp",
    "hris_csv": "hr",
    "mail_smtp": "mail",
}


def bringing_sandboxes(catalogue: Catalogue) -> Mapping[str, ConnectorInfo[Any]]:
    """The installed connectors that bring a sandbox.

    Raises:
        RefusedError: None does.
    """
    able = {n: info for n, info in catalogue.connectors.items() if info.sandbox is not None}
    if not able:
        msg = "no installed connector brings a sandbox: install exempt-erp-generic, for one"
        raise RefusedError(msg)
    return able


@contextmanager
def its_systems(folder: Path, catalogue: Catalogue) -> Iterator[Mapping[str, Sandbox]]:
    """The sandboxes of all installed connectors that bring one, by the connection's name.

    Raises:
        RefusedError: None does.
    """
    with ExitStack() as stack:
        systems: dict[str, Sandbox] = {}
        for name, info in bringing_sandboxes(catalogue).items():
            place = folder / "sandboxes" / name
            place.mkdir(parents=True, exist_ok=True)
            assert info.sandbox is not None  # noqa: S101 - looked at above
            systems[_NAMES.get(name, name)] = stack.enter_context(info.sandbox(place))
        yield systems


def write_settings(
    folder: Path,
    catalogue: Catalogue,
    systems: Mapping[str, Sandbox],
    *,
    write_back: bool,
    **tables: Any,
) -> Path:
    """Write its settings file; *tables* stand in it beside what it needs."""
    named = {_NAMES.get(connector, connector): connector for connector in catalogue.connectors}
    connections = {
        name: {
            "connector": connector,
            "company": "northwind",
            "write_back": write_back,
            "settings": dict(systems[name].settings),
        }
        for name, connector in named.items()
        if name in systems
    }
    company = {"name": sample.COMPANY, "contact": "tax@northwind.example"}
    content = {
        "exempt": {"database": "sqlite:///exempt.db"},
        "companies": {"northwind": company},
        "connections": connections,
        **tables,
    }
    path = folder / FILE_NAME
    path.write_text(to_toml(content), encoding="utf-8")
    return path


def enter_certificates(exempt: Exempt, by: str) -> tuple[int, int]:
    """Enter what it has on paper; how many certificates, and how many orders that changed."""
    entered = changed = 0
    with exempt.store.reading() as tx:
        known = tx.cards.page(CustomerFilter(), exempt.clock().date()).customers
    by_number = {customer.number: customer.id for customer in known}
    for buyer in sample.BUYERS:
        for held in buyer.certificates:
            if buyer.number in by_number:
                details = _details(by_number[buyer.number], *held)
                done = certificates.add(exempt.store, details, exempt.act(by))
                entered += 1
                changed += done.orders_changed
    return entered, changed


def _details(
    customer_id: int, state: str, reason: str, number: str, signed: dt.date, expires: dt.date | None
) -> CertificateDetails:
    """A certificate of its drawer."""
    return CertificateDetails.model_validate(
        {
            "customer_ids": [customer_id],
            "signed_date": signed,
            "jurisdictions": [
                {
                    "jurisdiction": state,
                    "exemption_reason": reason,
                    "exemption_number": number,
                    "identification_type": IdentificationType.STATE_TAX_ID,
                    "expiration_date": expires,
                }
            ],
        }
    )
