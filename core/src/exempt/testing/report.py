"""The report of the contract: what was shown of each connector, and the level it reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from exempt.testing.levels import MARKER, Level, level_of
from exempt.testing.telling import APART, GAP

_SHOWN_MAX = 12
"""So many things that keep a connector from a level are named."""


@dataclass(frozen=True)
class Shown:
    """What became of one test."""

    place: int
    group: str
    name: str
    level: Level
    became: str
    why: str = ""
    live: bool = False


def note(item: pytest.Item) -> None:
    """Put on *item* whose contract, which group and which level it is of."""
    kind = item.cls if isinstance(item, pytest.Function) else None
    level = level_of(item)
    function = getattr(item, "function", None)
    group = getattr(function, "__module__", "").rpartition(".")[2]
    subject = getattr(kind, "connector", "")
    name = subject if isinstance(subject, str) else subject.name
    whose = name or item.config.getoption("--exempt-connector") or "?"
    wanted = len(_tests(kind)) if kind else 0
    homes = [each.__module__ for each in reversed(kind.__mro__)] if kind else []
    place = homes.index(function.__module__) if function and function.__module__ in homes else 0
    options = item.config.option
    live = bool(name and name == options.exempt_connector and options.exempt_settings)
    item.user_properties.append((MARKER, (whose, group, int(level or 0), wanted, place, live)))


def _tests(kind: type) -> list[str]:
    return [name for name in dir(kind) if name.startswith("test_")]


def lines(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """The report, line by line."""
    found: dict[str, dict[str, Shown]] = defaultdict(dict)
    wanted: dict[str, int] = {}
    for report in reports:
        whose, shown, count = _shown(report)
        wanted[whose] = count
        before = found[whose].get(report.nodeid)
        if before is None or shown.became == "failed":
            found[whose][report.nodeid] = shown
    for whose, tests in found.items():
        yield from _of_one(whose, tests.values(), wanted[whose])


def _shown(report: pytest.TestReport) -> tuple[str, Shown, int]:
    properties = dict(report.user_properties)
    noted: Any = properties[MARKER]
    whose, group, level, count, place, live = noted
    why = ""
    became: str = report.outcome
    if report.skipped:
        became = "apart" if properties.get(GAP) == APART else "not shown"
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        why = why.removeprefix("Skipped: ").partition(": ")[2]
    name = report.nodeid.rpartition("::")[2]
    return str(whose), Shown(place, group, name, Level(level), became, why, live), int(count)


def _of_one(whose: str, tests: Collection[Shown], wanted: int) -> Iterator[str]:
    groups = [group for _, group in sorted({(test.place, test.group) for test in tests})]
    width = max(map(len, groups))
    for group in groups:
        counts = [
            f"{number} {became}"
            for became in ("passed", "failed", "not shown")
            if (number := sum(t.group == group and t.became == became for t in tests))
        ]
        yield f"{whose}  {group:{width}}  {', '.join(counts) or 'does not apply'}"
    if any(test.live for test in tests):
        yield from _of_account(whose, tests)
        return
    ran = {test.name.partition("[")[0] for test in tests}
    if len(ran) < wanted:
        yield f"{whose}: no level: only {len(ran)} of {wanted} tests of the contract were run"
        return
    reached, kept = _reached(tests)
    yield f"{whose}: level {reached.word if reached else 'none'}"
    if kept:
        above = Level(reached + 1 if reached else 1)
        yield f"What keeps it from {above.word}:"
        yield from (f"  {line}" for line in kept[:_SHOWN_MAX])
        if len(kept) > _SHOWN_MAX:
            yield f"  … and {len(kept) - _SHOWN_MAX} more"


def _of_account(whose: str, tests: Collection[Shown]) -> Iterator[str]:
    """What a real account has shown: no level, for no fault can be made there."""
    passed = sum(test.became == "passed" for test in tests)
    failed = [test.name for test in tests if test.became == "failed"]
    yield f"{whose}: a real account gives no level; {passed} passed, {len(failed)} failed"
    yield from (f"  failed: {name}" for name in failed[:_SHOWN_MAX])
    if len(failed) > _SHOWN_MAX:
        yield f"  … and {len(failed) - _SHOWN_MAX} more"


def _reached(tests: Collection[Shown]) -> tuple[Level | None, list[str]]:
    """The highest level without a gap, and the gaps of the next."""
    reached = None
    for level in Level:
        of_level = [test for test in tests if test.level is level]
        failed: dict[str, list[str]] = defaultdict(list)
        gaps: dict[str, list[str]] = defaultdict(list)
        for test in of_level:
            if test.became == "failed":
                failed[test.name.partition("[")[0]].append(test.name)
            if test.became == "not shown":
                gaps[test.why].append(test.name)
        kept = [f"failed: {_first(names)}" for names in failed.values()]
        kept += [f"not shown: {why} ({_first(names)})" for why, names in gaps.items()]
        if kept:
            return reached, kept
        reached = level
    return reached, []


def _first(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
