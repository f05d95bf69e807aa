"""Workers as real processes in a workspace: started, watched, stopped and killed."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from exempt.adapters.store.database import Database
from exempt.adapters.store.jobs import Jobs
from exempt.cli.toml import to_toml
from exempt.services.job_ports import JobRow
from support.workspace import NOW, Workspace

LOOKS = 0.05
"""Seconds between two looks at what is waited for."""

BEGAN = "takes jobs"
"""What a worker logs when it has begun."""


class Clock:
    """The moment that all processes of a workspace take for now; it stands still until moved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set(dt.datetime.fromisoformat(NOW))

    @property
    def now(self) -> dt.datetime:
        """What it shows."""
        return self._moment

    def set(self, moment: dt.datetime) -> None:
        """Let it be *moment*; whoever looks sees the one before or this one."""
        self._moment = moment
        written = self.path.with_suffix(".new")
        written.write_text(self.written(), encoding="ascii")
        written.rename(self.path)

    def forward(self, **by: float) -> dt.datetime:
        """Move it, by ``minutes=5``; returns the moment that it shows then."""
        self.set(self.now + dt.timedelta(**by))
        return self.now

    def written(self) -> str:
        """How it stands in its file."""
        return self._moment.isoformat()


@dataclass
class Process:
    """A command that runs on; what it says goes to a file."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """All that it logged and printed."""
        return self.log.read_text(encoding="utf-8")

    def kill(self) -> float:
        """End it as a power cut does; when that was, by the monotonic clock."""
        at = time.monotonic()
        self.popen.kill()
        self.popen.wait(30)
        return at

    def stop(self, seconds: float = 30) -> int:
        """Tell it to stop and wait for its end; its exit code."""
        self.popen.terminate()
        return self.popen.wait(seconds)


@dataclass
class Daemon(Workspace):
    """A workspace whose workers run as processes by a clock of its own.

    Attributes:
        daemon: The table ``[daemon]`` of its settings.
    """

    daemon: Mapping[str, Any] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = Clock(self.folder / "now")
        self.now = f"@{self.clock.path}"
        self.database = Database(self.database_url)
        super().__post_init__()

    def __enter__(self) -> Self:
        if any(each.get("write_back") for each in self.connections.values()):
            self._use_register()
        return self

    def _use_register(self) -> None:
        """Enter a certificate of somebody: before the first one, nothing is taken from anybody."""
        self.run("migrate")
        self.run("customers", "add", "--name", "Zenith", "--number", "Z-1")
        certificate = ("--reason", "resale", "--signed", "2024-02-01", "--state", "TX")
        self.run("certificates", "add", "--customer", "Z-1", *certificate)

    def __exit__(self, *_error: object) -> None:
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()
        self.database.close()

    def write_settings(self, **changes: object) -> None:
        """Write the settings file; *changes* go into every connection."""
        super().write_settings(**changes)
        with (self.folder / "exempt.toml").open("a", encoding="utf-8") as file:
            file.write("\n" + to_toml({"daemon": self.daemon}))

    def worker(self, name: str, *, before: str = "", wait: bool = True) -> Process:
        """Start a worker, once it takes jobs; *before* is Python that its process runs first."""
        return self.begin("worker", "--id", name, before=before, log=name, wait=wait)

    def begin(self, *arguments: str, log: str, before: str = "", wait: bool = False) -> Process:
        """Start a command; what it says goes to a file of that name."""
        path = self.folder / f"{len(self.processes)}-{log}.log"
        module = ["-c", f"{before}\nfrom exempt.cli import main; main()"] if before else []
        with path.open("wb") as file:
            popen = subprocess.Popen(
                [sys.executable, *(module or ["-m", "exempt"]), "--now", self.now, *arguments],
                cwd=self.folder,
                env={**os.environ, **self._environ},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        process = Process(popen, path)
        self.processes.append(process)
        if wait:
            self.until(lambda: BEGAN in process.said or popen.poll() is not None)
            assert popen.poll() is None, process.said
        return process

    def until(self, reached: Callable[[], object], seconds: float = 60) -> float:
        """Wait until something is so; the moment it was seen, by the monotonic clock.

        Raises:
            AssertionError: It did not come to be so in time.
        """
        end = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < end, f"waited {seconds:g} s in vain\n{self._story()}"
            threading.Event().wait(LOOKS)
        return time.monotonic()

    def one(self, sql: str, **values: object) -> Any:
        """The one value that *sql* asks for."""
        with self.database.reading() as connection:
            return connection.execute(sa.text(sql), values).scalar_one_or_none()

    def job(self, name: str) -> JobRow | None:
        """A standing job."""
        with self.database.reading() as connection:
            return Jobs(connection, None).get(name)

    def succeeded(self, name: str, since: dt.datetime | None = None) -> bool:
        """Whether a job did its work at that moment or later, and all that was asked."""
        job = self.job(name)
        at = job.succeeded_at if job else None
        idle = job is not None and not job.running and not job.waiting
        return idle and at is not None and at >= (since or self.clock.now)

    def _story(self) -> str:
        """The jobs, and what was logged last, for whoever looks why something did not happen."""
        try:
            with self.database.reading() as connection:
                jobs = Jobs(connection, None).all()
        except sa.exc.DBAPIError:  # what it is about may be a database that is away
            jobs = []
        said = [
            f"{job.name}: waiting={job.waiting} running={job.running} of {job.worker},"
            f" next {job.next_at}, failed {job.failures} times: {job.problem}"
            for job in jobs
        ]
        for process in self.processes:
            said += [f"--- {process.log.name}", *_telling(process.said)[-40:]]
        return "\n".join((f"at {self.clock.now}", *said))

    def deliveries(self, connection: str, state: str = "pending") -> int:
        """How many deliveries to a connection are in that state."""
        sql = (
            "SELECT count(*) FROM delivery d JOIN connection n ON n.id = d.connection_id"
            " WHERE n.name = :name AND d.state = :state"
        )
        return int(self.one(sql, name=connection, state=state))


def _telling(log: str) -> list[str]:
    return [line for line in log.splitlines() if " httpx: " not in line and "alembic" not in line]
