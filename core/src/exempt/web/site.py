"""What the pages and the API have of one Exempt: its services' ports, and how it is set up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exempt.services.certificates import Act
from exempt.services.files import Documents
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store
from exempt.services.secret_ports import Keys


@dataclass(frozen=True)
class Site:
    """One Exempt as its pages know it; `exempt.wiring.site` makes it.

    Attributes:
        url: Its public address, without a slash at its end; links in mails begin with it.
        contacts: By the key of a company: the address that customers may write to.
        requests_enabled: Whether customers can be asked for certificates at all.
        link_days: How long the link of a request works.
        expiring_soon_days: See the setting of that name.
    """

    store: Store
    documents: Documents
    policy: Policy
    clock: Clock
    keys: Keys
    url: str
    contacts: Mapping[str, str] = field(default_factory=dict)
    requests_enabled: bool = True
    link_days: int = 30
    expiring_soon_days: int = 30
    session_idle: dt.timedelta = dt.timedelta(minutes=30)
    session_length: dt.timedelta = dt.timedelta(hours=12)

    def act(self, by: str) -> Act:
        """Something that *by* does now."""
        return Act(by, self.clock(), self.policy)

    @property
    def secure(self) -> bool:
        """Whether browsers reach it through TLS, so that cookies may say so."""
        return self.url.startswith("https://")


Routes = Callable[[Site], list[object]]
"""Makes the routes of a part of the site."""
