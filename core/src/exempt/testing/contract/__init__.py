"""The contract that every connector keeps, as tests to inherit from."""

from __future__ import annotations

from exempt.testing.contract.astray import Astray
from exempt.testing.contract.changes import Changes
from exempt.testing.contract.check import Check
from exempt.testing.contract.declaration import Declaration
from exempt.testing.contract.faulty import Faulty
from exempt.testing.contract.isolation import Isolation
from exempt.testing.contract.mail import Mail
from exempt.testing.contract.meaning import Meaning
from exempt.testing.contract.meanwhile import Meanwhile
from exempt.testing.contract.pages import Pages
from exempt.testing.contract.push import Push
from exempt.testing.contract.resume import Resume
from exempt.testing.contract.settings import SettingsGroup
from exempt.testing.contract.webhooks import Webhooks
from exempt.testing.contract.weight import Weight


class Contract(  # pytest goes through them from the last to the first
    Weight,
    Astray,
    Faulty,
    Webhooks,
    Mail,
    Meaning,
    Push,
    Isolation,
    Meanwhile,
    Changes,
    Resume,
    Pages,
    Check,
    SettingsGroup,
    Declaration,
):
    """The contract of a connector. Inherit from it in a test file, and name the connector.

    ::

        class TestAcme(Contract):
            connector = "acme_erp"

    Attributes:
        connector: The name of an installed connector, or its `exempt.ConnectorInfo`.
        level: ``bronze``, ``silver`` or ``gold``: what could not be shown of it is a
            failure too. None = it is only told.
    """


__all__ = ["Contract"]
