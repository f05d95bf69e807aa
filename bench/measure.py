"""Run processes, and take their time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Time(NamedTuple):
    """Seconds on the wall, and of the processor; the latter bears a busy machine better."""

    wall: float
    cpu: float

    def __sub__(self, other: Time) -> Time:
        return Time(self.wall - other.wall, self.cpu - other.cpu)

    def __mul__(self, factor: float) -> Time:  # type: ignore[override]
        return Time(self.wall * factor, self.cpu * factor)

    def plus(self, other: Time) -> Time:
        """Both together."""
        return Time(self.wall + other.wall, self.cpu + other.cpu)


class Ran(NamedTuple):
    """A command that ended well."""

    whole: Time
    inside: Time | None


def run(*commands: Sequence[str], environment: Mapping[str, str]) -> Ran:
    """Run a command, or several as a pipe.

    What the last one prints as JSON, if it does, is the time it took inside.

    Raises:
        SystemExit: One of them failed; what it said is shown.
    """
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        for number, command in enumerate(commands):
            last = number == len(commands) - 1
            running.append(
                subprocess.Popen(
                    command,
                    stdin=running[-1].stdout if running else subprocess.DEVNULL,
                    stdout=out if last else subprocess.PIPE,
                    stderr=said,
                    env={**os.environ, **environment},
                )
            )
        for process in running[:-1]:
            assert process.stdout
            process.stdout.close()  # the next one has it
        ended = [os.wait4(process.pid, 0) for process in running]
        wall = time.perf_counter() - began
        if any(status for _pid, status, _usage in ended):
            said.seek(0)
            text = said.read().decode(errors="replace")[-3000:]
            msg = f"{' | '.join(' '.join(c) for c in commands)}\n{text}"
            raise SystemExit(msg)
        out.seek(0)
        printed = out.read()
    cpu = sum(usage.ru_utime + usage.ru_stime for _pid, _status, usage in ended)
    return Ran(Time(wall, cpu), _inside(printed))


def _inside(printed: bytes) -> Time | None:
    try:
        told = json.loads(printed)
        return Time(told["wall"], told["cpu"])
    except (ValueError, KeyError, TypeError):
        return None


@dataclass
class Series:
    """What one contender took in each round.

    Attributes:
        rows: Orders the times stand for.
        measured: Orders that were in fact read; the rest is extrapolated.
    """

    rows: int
    measured: int
    times: list[Time] = field(default_factory=list)

    @property
    def median(self) -> Time:
        """By itself for wall and processor."""
        return Time(
            statistics.median(t.wall for t in self.times),
            statistics.median(t.cpu for t in self.times),
        )

    def ratio(self, other: Series) -> Time:
        """How many times *other* it took: the median of the rounds' own ratios."""
        pairs = list(zip(self.times, other.times, strict=True))
        return Time(
            statistics.median(mine.wall / theirs.wall for mine, theirs in pairs),
            statistics.median(mine.cpu / theirs.cpu for mine, theirs in pairs),
        )


class Clock:
    """Seconds since it was made, on the wall and of this process."""

    def __init__(self) -> None:
        self._began = _now()

    def took(self) -> Time:
        """The time until now."""
        return _now() - self._began


def _now() -> Time:
    return Time(time.perf_counter(), time.process_time())


def told(took: Time) -> dict[str, Any]:
    """What a process prints for `run`."""
    return took._asdict()
