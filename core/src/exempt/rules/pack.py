"""A pack of rules, read from the text of its tables; what is wrong is refused by name.

Each table is a CSV file with a row of column titles; an empty cell says
nothing. ``states.csv`` has the fields of `StateRule`, ``reasons.csv`` those
of `ReasonCodes`. A row without source, date or date of review is refused.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping

from exempt.data.pack import shipped_texts
from exempt.errors import SettingsError
from exempt.model.certificate import ExemptionReason
from exempt.model.rulesdata import ReasonCodes, RulesPack, Sourced, StateRule
from exempt.rules.sourced_tables import SourcedTable, overdue


@functools.cache
def shipped_pack() -> RulesPack:
    """The pack that comes with Exempt."""
    return read_pack(shipped_texts(), "exempt.data")


def read_pack(texts: Mapping[str, str], where: str) -> RulesPack:
    """The pack in *texts*, text by file name.

    Args:
        texts: ``states.csv`` and ``reasons.csv``.
        where: The folder or package they are from, for errors.

    Raises:
        SettingsError: Something is wrong with them; every mistake is named by
            file, line and column.
    """
    states = SourcedTable(StateRule, f"{where}/states.csv").read(texts["states.csv"])
    reasons = SourcedTable(ReasonCodes, f"{where}/reasons.csv").read(texts["reasons.csv"])
    if not reasons.mistakes:
        missing = {*ExemptionReason} - {row.exemption_reason for row in reasons.rows}
        reasons.mistakes += [
            f"{reasons.name}: no row for {reason}: add one" for reason in sorted(missing)
        ]
    if mistakes := states.mistakes + reasons.mistakes:
        raise SettingsError("\n".join(mistakes))
    rows: list[Sourced] = [*states.rows, *reasons.rows]
    newest = max(row.as_of for row in rows)
    return RulesPack(
        version=f"{newest}+{_digest(texts)}",
        states=tuple(states.rows),
        reasons=tuple(reasons.rows),
    )


def stale(pack: RulesPack, on: dt.date) -> tuple[Sourced, ...]:
    """The rows whose date of review is past on the day *on*, the longest overdue first."""
    return overdue((*pack.states, *pack.reasons), on)


def _digest(texts: Mapping[str, str]) -> str:
    content = "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items()))
    return hashlib.sha256(content.encode()).hexdigest()[:8]
