"""A seller with HR systems and mail, and what its people are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from exempt import Capability, Employee, Stream
from exempt.model.messages import SendRequest
from exempt.model.presence import WarningState
from exempt.services.delivery_ports import DeliveryFilter
from exempt.services.nexus_warnings import raise_employee_warnings
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.presence_ports import PresenceRow, WarningRow
from exempt.services.warning_mails import warn
from exempt.services.warning_steps import said
from support.fake_connector import MAILS
from support.records import address, employee
from support.world import Source, World

HIRED = dt.date(2024, 3, 1)
TOLD = "tax@northwind.example"


def hire(
    number: str = "E-1", work: str | None = "TX", home: str | None = None, **changes: Any
) -> Employee:
    """An employee who works in Texas since 2024-03-01."""
    fields = {
        "work_location": address(work) if work else None,
        "home_location": address(home) if home else None,
        "start_date": HIRED,
    }
    return employee(number, **{**fields, **changes})


@dataclass
class Firm:
    """Northwind, its HR system and its mail; ``alerts_to``: who is told."""

    world: World
    alerts_to: tuple[str, ...] = (TOLD,)
    company: str = "northwind"
    hr: Source = field(init=False)
    mail: Source = field(init=False)

    def __post_init__(self) -> None:
        self.hr = self.connect("gusto")
        self.mail = self.world.connect("mail", MAILS)

    def connect(self, name: str) -> Source:
        """Another HR system."""
        return self.world.connect(name, [Capability.EMPLOYEES], company=self.company)

    @property
    def policy(self) -> Policy:
        """What warnings go by."""
        return Policy(nexus=NexusPolicy(alerts_to=self.alerts_to))

    def shows(self, *people: Employee, of: Source | None = None) -> None:
        """Let an HR system show these, and read it."""
        source = of or self.hr
        source.remote.put(*people)
        source.pull(Stream.EMPLOYEES)

    def loses(self, number: str) -> None:
        """Let the HR system have somebody no more, and read it."""
        self.hr.remote.remove(Stream.EMPLOYEES, number)
        self.hr.pull(Stream.EMPLOYEES)

    def watch(self) -> int:
        """What the background does: how many warnings that raises."""
        return raise_employee_warnings(self.world.store, self.policy, lambda: self.world.now)

    def told(self, **changes: Any) -> list[SendRequest]:
        """What a run of mails sends."""
        before = len(self.mail.remote.sent)
        warn(replace(self.mail.reading(policy=self.policy), **changes))
        return self.mail.remote.sent[before:]

    def pass_days(self, days: int) -> None:
        """Let time go by."""
        self.world.now += dt.timedelta(days=days)

    def warnings(self, *states: WarningState) -> list[WarningRow]:
        """All warnings, or those of these states, oldest first."""
        with self.world.store.reading() as tx:
            return sorted(tx.warnings.all(states=states), key=lambda row: row.id)

    def says(self) -> list[str]:
        """What the open warnings say."""
        return [said(row) for row in self.warnings(WarningState.OPEN)]

    def presences(self) -> list[PresenceRow]:
        """What is confirmed."""
        with self.world.store.reading() as tx:
            return tx.presence.all()

    def deliveries(self) -> list[tuple[str, str]]:
        """Of each warning that a mail was owed for: its id, and what became of the mail."""
        with self.world.store.reading() as tx:
            page = tx.handling.page(DeliveryFilter(connection="mail"))
        return sorted((v.delivery.external_id, v.delivery.state) for v in page.deliveries)
