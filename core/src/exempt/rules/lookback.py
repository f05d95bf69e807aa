"""How far back sales are wanted, and where what is known of them begins later.

A state looks back over some years: three as a rule, five at most. So that many
whole calendar years before this one are wanted, from 1 January on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

EVERYTHING = dt.date.min
"""What stands for the first day of history where all that a source has is to be read."""

NEAR_ENOUGH = dt.timedelta(days=31)
"""So long after the day from which sales are wanted the first one may be: not every day has any."""


class Wanted(NamedTuple):
    """From which day on some jurisdictions want sales; none named = all that nobody names."""

    jurisdictions: tuple[str, ...]
    years: int
    first_day: dt.date


class Lookback(NamedTuple):
    """How many years before this one are wanted, and by which jurisdictions other ones."""

    years: int = 3
    by_jurisdiction: Mapping[str, int] = MappingProxyType({})

    def wanted(self, on: dt.date) -> list[Wanted]:
        """From which day on who wants sales, the earliest first."""
        named: dict[int, list[str]] = {self.years: []}
        for jurisdiction, years in sorted(self.by_jurisdiction.items()):
            if years != self.years:
                named.setdefault(years, []).append(jurisdiction)
        return [
            Wanted(tuple(named[years]), years, dt.date(on.year - years, 1, 1))
            for years in sorted(named, reverse=True)
        ]

    def wanted_by(self, jurisdiction: str, on: dt.date) -> Wanted:
        """From which day on a jurisdiction wants sales."""
        years = self.by_jurisdiction.get(jurisdiction, self.years)
        return Wanted((jurisdiction,), years, dt.date(on.year - years, 1, 1))

    def earliest(self, on: dt.date) -> dt.date:
        """The first day that any of them wants."""
        return self.wanted(on)[0].first_day


def start(
    kept: dt.date | None, earliest: dt.date, *, since: dt.date | None, begun: bool, anew: bool
) -> dt.date | None:
    """The day from which a source's orders are read; None = all that it has.

    Args:
        kept: The day that was decided on before; None = all.
        earliest: The first day that is wanted by now.
        since: What the settings say; None = nothing.
        begun: Whether it was decided on before.
        anew: Whether all has to be read again: then as far back as is wanted by
            now, if that is further than before. Else it stays as it is, while
            years go by: what a run that reads a whole list does not name would
            be taken for deleted.
    """
    if since is not None:
        return None if since == EVERYTHING else since
    if not begun:
        return earliest
    return min(kept, earliest) if anew and kept is not None else kept


def is_earlier(day: dt.date | None, than: dt.date | None) -> bool:
    """Whether a reading from *day* on brings more than one from *than* on; None = all."""
    return than is not None and (day is None or day < than)


# --- where it begins later -------------------------------------------------------------


class Lacking(StrEnum):
    """Why sales that are wanted may not be known.

    =============  ========================================================================
    being_read     a source is read for the first time, or further back, and not to its end
    read_from      a source is read only from a later day on
    nothing_older  sources have nothing older: there was none, or it is kept elsewhere
    =============  ========================================================================
    """

    BEING_READ = "being_read"
    READ_FROM = "read_from"
    NOTHING_OLDER = "nothing_older"


class SourceStart(NamedTuple):
    """From which day on the orders of a source are known.

    Attributes:
        connection: Its name.
        reads_from: Where its reading begins; None = with all that it has.
        is_read: Whether it was read to the end from there.
        files_from: The first sale that came for it out of files.
    """

    connection: str
    reads_from: dt.date | None
    is_read: bool
    files_from: dt.date | None = None

    @property
    def known_from(self) -> dt.date | None:
        """From which day on its sales are known once it is read; None = all of them."""
        if self.reads_from is None or self.files_from is None:
            return self.reads_from
        return min(self.reads_from, self.files_from)


class Lack(NamedTuple):
    """Sales that are wanted and may not be known.

    Attributes:
        wanted: By whom they are wanted, and from which day on.
        connection: Of which source; None = of no one source.
        known_from: From which day on they are known.
    """

    why: Lacking
    wanted: Wanted
    connection: str | None
    known_from: dt.date | None


def lacks(sources: Sequence[SourceStart], first_sale: dt.date | None, wanted: Wanted) -> list[Lack]:
    """What may not be known of a company's sales.

    Whether there is nothing older can be told only where all sources were read
    from early enough. Without any sale nothing is said.
    """
    found = []
    for source in sources:
        known = source.known_from
        if not source.is_read:
            found.append(Lack(Lacking.BEING_READ, wanted, source.connection, known))
        elif known is not None and known > wanted.first_day:
            found.append(Lack(Lacking.READ_FROM, wanted, source.connection, known))
    late = first_sale is not None and first_sale > wanted.first_day + NEAR_ENOUGH
    if late and not found:
        found.append(Lack(Lacking.NOTHING_OLDER, wanted, None, first_sale))
    return found
