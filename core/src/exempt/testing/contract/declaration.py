"""What a connector says of itself, and whether its hooks are hooks."""

from __future__ import annotations

import inspect
from typing import Any

from exempt.discovery import works_with
from exempt.hookspecs import SPEC_VERSION, Connector, ConnectorInfo
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze
from exempt.testing.telling import must
from exempt.testing.trial import Trial

_HOOKS = [name for name in vars(Connector) if not name.startswith("_")]


class Declaration(Group):
    """A plugin is found, fits, and implements hooks."""

    @bronze
    def test_it_is_found(self, info: ConnectorInfo[Any]) -> None:
        """The installed plugin brings a connector of that name."""
        must(
            info.name.isidentifier() and info.title.strip(),
            did="looked at the declaration",
            came=f"the name {info.name!r} and the title {info.title!r}",
            asks="a short name such as acme_erp, and what people call the system",
            read="ConnectorInfo",
        )

    @bronze
    def test_it_works_with_this_specification(self, info: ConnectorInfo[Any]) -> None:
        """``requires_spec`` covers the specification of the core that runs."""
        must(
            works_with(info.requires_spec, SPEC_VERSION),
            did=f"held requires_spec against the specification, which is {SPEC_VERSION}",
            came=f"{info.requires_spec!r} does not cover it",
            asks="versions that it was tested with, such as >=1.0,<2",
            read="ConnectorInfo.requires_spec",
        )

    @bronze
    def test_its_limits_make_sense(self, info: ConnectorInfo[Any]) -> None:
        """No limit stops everything."""
        limits = {
            "push_batch_max": info.push_batch_max,
            "pushes_at_once": info.pushes_at_once,
            "cursor_version": info.cursor_version,
        }
        wrong = [name for name, value in limits.items() if value < 1]
        if info.rate_per_second is not None and info.rate_per_second <= 0:
            wrong.append("rate_per_second")
        must(
            not wrong,
            did="looked at the limits of the declaration",
            came=f"{', '.join(wrong)} below 1",
            asks="limits that let something through",
            read="ConnectorInfo",
        )

    @bronze
    def test_it_opens_and_its_hooks_are_hooks(self, trial: Trial) -> None:
        """The core takes the connector: hooks are known, marked, and return."""
        trial.open()

    @bronze
    def test_no_hook_has_a_default(self, trial: Trial) -> None:
        """A hook takes ``(self, request)``: a default hides that nothing was passed."""
        trial.open()
        kind = type(trial.bench.connectors[-1])
        found = []
        for name in _HOOKS:
            own = getattr(kind, name, None)
            if own is None or own is getattr(Connector, name):
                continue
            parameters = inspect.signature(own).parameters.values()
            found += [name for p in parameters if p.default is not inspect.Parameter.empty]
        must(
            not found,
            did="looked at the arguments of each hook",
            came=f"{', '.join(found)}: its argument has a default",
            asks="def hook(self, request: …): the one argument, always given",
            read="Connector",
        )

    @bronze
    def test_it_can_do_something(self, trial: Trial) -> None:
        """A connection has at least one capability."""
        must(
            trial.capabilities,
            did="opened a connection with the sandbox's settings",
            came="it has no capability at all",
            asks="one hook beside check, or capabilities that name what the settings allow",
            read="ConnectorInfo.capabilities",
        )
