"""What the pages of sources need beside the store: plugins, settings, and connectors to ask.

It is a port, since what opens connectors and reads settings is wired together elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from exempt.model.checking import CheckResult, Problem
from exempt.services.job_ports import JobKind
from exempt.services.rows import ConnectionRow
from exempt.services.source_ports import MadeConnection


class PluginView(NamedTuple):
    """Something that an installed plugin brings, or why it does not; ``state`` as a word."""

    name: str
    title: str
    kind: str
    package: str
    version: str
    state: str
    reason: str


class ConnectorView(NamedTuple):
    """A connector that a connection can be made of."""

    name: str
    title: str
    package: str


class ConfiguredView(NamedTuple):
    """What is said of a connection, in the settings file or in the console.

    Attributes:
        title: Of its connector; its name where that is not installed.
        company: The key of its company.
        schedule: When it is read, in words.
        since: The first day that is read; None = as far back as is wanted, `EVERYTHING` = all.
        version: Of what was made in the console; 0 = it stands in the settings file.
    """

    name: str
    connector: str
    title: str
    company: str
    schedule: str
    write_back: bool
    since: dt.date | None
    version: int = 0
    changed_by: str = ""
    changed_at: dt.datetime | None = None


class Tried(NamedTuple):
    """What came of trying settings out.

    Attributes:
        account: Of the remote.
        choices: For settings that the connector offers values of: pairs of value and label.
    """

    account: str
    problems: Sequence[Problem]
    choices: Mapping[str, Sequence[tuple[str, str]]]


class WouldWrite(NamedTuple):
    """Something that a sync would write."""

    target: str
    external_id: str
    old: str
    new: str
    said: str


class Rehearsal(NamedTuple):
    """What a sync would do, with nothing done.

    Attributes:
        whole: It came to its end; else it was ended since it took too long.
        read: How many records of each stream came.
    """

    writes: Sequence[WouldWrite]
    read: Mapping[str, int]
    whole: bool
    problem: str = ""
    held_back: str = ""
    unread: str = ""


class Steward(Protocol):
    """Whoever keeps the connections; errors are `ExemptError`s."""

    @property
    def may_make(self) -> bool:
        """Whether connections may be made in the console at all."""
        ...

    @property
    def references(self) -> str:
        """To what a secret may refer, as a sentence."""
        ...

    def plugins(self) -> list[PluginView]:
        """What is installed."""
        ...

    def connectors(self) -> list[ConnectorView]:
        """What connections can be made of, by title."""
        ...

    def connections(self) -> dict[str, ConfiguredView]:
        """Those that are configured by now, by name."""
        ...

    def schema(self, connector: str) -> Mapping[str, Any]:
        """The JSON schema of a connector's settings.

        Raises:
            NotFoundError: There is no such connector.
        """
        ...

    def options(self) -> Mapping[str, Any]:
        """The JSON schema of what can be said of any connection."""
        ...

    def made(self, name: str) -> MadeConnection | None:
        """A connection as it was made in the console; its secrets are references or sealed."""
        ...

    def try_out(self, draft: MadeConnection) -> Tried:
        """Open a connection of these settings, and ask it whether it works; nothing is kept.

        Raises:
            FormError: Some of them are wrong.
            ExemptError: It cannot be opened, or does not answer.
        """
        ...

    def save(self, draft: MadeConnection, by: str) -> None:
        """Make or change a connection; secrets that were typed are sealed.

        Raises:
            FormError: Some of it is wrong.
            ConflictError: Somebody else changed it meanwhile.
            RefusedError: Connections are not made in the console here.
        """
        ...

    def remove(self, name: str, version: int, by: str) -> None:
        """Remove a connection that was made in the console; what was read stays.

        Raises:
            ConflictError: Somebody else changed or removed it meanwhile.
        """
        ...

    def row(self, name: str) -> ConnectionRow:
        """A connection as the store knows it; made known if need be.

        Raises:
            NotFoundError: There is none of that name.
            ExemptError: It was never used, and cannot be opened.
        """
        ...

    def check(self, name: str) -> CheckResult:
        """Ask a connection whether it works; if it does, a pause by an error ends."""
        ...

    def run_now(self, name: str) -> list[JobKind]:
        """Ask for all its jobs."""
        ...

    def rehearse(self, name: str) -> Rehearsal:
        """What a sync of it would write, with nothing written anywhere; it ends after a while.

        Raises:
            RefusedError: Another one is being rehearsed.
        """
        ...
