"""The whole way of an order on the sample company, against sandboxes on this machine."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from exempt.cli.nexus import Asked as Wanted
from exempt.cli.nexus import show_table
from exempt.cli.output import console, count, money, print_table, say
from exempt.cli.rechecking import show_differing
from exempt.cli.sample_company import (
    NOON,
    bringing_sandboxes,
    enter_certificates,
    its_systems,
    write_settings,
)
from exempt.cli.sample_sales import FILE_NAME as OLD_SHOP
from exempt.cli.sample_sales import import_past_sales, write_past_sales
from exempt.cli.show import order_rows, show_check, states
from exempt.cli.syncing import Progress
from exempt.discovery import Catalogue, discover
from exempt.errors import RefusedError
from exempt.hookspecs import Sandbox
from exempt.model.decision import Ground
from exempt.rules.wanted_words import in_words
from exempt.services.recheck import closed_orders
from exempt.services.rehearsed import Before
from exempt.services.requests import Asked
from exempt.services.sync import Synced
from exempt.settings import FILE_NAME
from exempt.testing import sample
from exempt.wiring import Exempt, mails
from exempt.wiring.nexus_watch import watch_nexus

_MARK = ".exempt-demo"


def run_demo(folder: Path) -> int:
    """``exempt demo``: check, read, decide, write back, ask, and say what happened."""
    catalogue = discover()
    bringing_sandboxes(catalogue)
    _make_folder(folder)
    with its_systems(folder, catalogue) as systems:
        return _Demo(folder, catalogue, systems).run()


def _make_folder(folder: Path) -> None:
    """An empty folder; one of an earlier demo is made anew, any other is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            msg = f"{folder}: holds other files: name a folder that is not there yet"
            raise RefusedError(msg)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("Made by exempt demo, and made anew by the next one.\n")


class _Demo:
    def __init__(
        self, folder: Path, catalogue: Catalogue, sandboxes: Mapping[str, Sandbox]
    ) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._sandboxes = sandboxes
        self._environ = dict(os.environ)
        for sandbox in sandboxes.values():
            self._environ.update(sandbox.environment)
        self._began = time.monotonic()

    def run(self) -> int:
        """All steps; 1 when a connection had a problem."""
        say(f"{sample.COMPANY}: a sample company, on {sample.TODAY:%-d %B %Y}.", "bold")
        say("Its systems run as sandboxes on this machine; nothing leaves it.")
        self._write_settings(write_back=False)
        exempt = self._exempt()
        try:
            say("\n1  Do the connections work?", "bold")
            failed = show_check(exempt, [], as_json=False)
            say("\n2  Read customers, orders, products and employees; decide each order", "bold")
            failed |= self._sync(exempt)
            say("Nothing is on file yet, so every order is taxed, or lacks its certificate:")
            self._show_orders(exempt)
            say("3  Enter the certificates that the seller has on paper", "bold")
            self._enter_certificates(exempt)
            self._recheck(exempt)
        finally:
            exempt.close()
        self._write_settings(write_back=True)
        exempt = self._exempt()
        try:
            say("\n4  Write the decisions back", "bold")
            before = Before(exempt.store)
            rehearsed = exempt.rehearse(seen=before.look)
            failed |= self._sync(exempt)
            self._show_written(rehearsed, before)
            say("5  Ask customers for what is missing", "bold")
            self._show_result(exempt, _ask(exempt))
            self._show_nexus(exempt)
            self._show_further()
        finally:
            exempt.close()
        return failed

    def _exempt(self) -> Exempt:
        return Exempt(self._folder / FILE_NAME, clock=self._now, environ=self._environ)

    def _now(self) -> dt.datetime:
        return NOON + dt.timedelta(seconds=time.monotonic() - self._began)

    def _write_settings(self, *, write_back: bool) -> None:
        write_settings(self._folder, self._catalogue, self._sandboxes, write_back=write_back)

    def _sync(self, exempt: Exempt) -> int:
        progress = Progress()
        results = exempt.sync(told=progress.told)
        console.print(progress)
        for result in results:
            if result.problem:
                say(f"✗ {result.problem}", "red")
        return 1 if any(r.problem for r in results) else 0

    def _enter_certificates(self, exempt: Exempt) -> None:
        entered, changed = enter_certificates(exempt, "demo")
        anew = f"{count(changed, 'open order')} decided anew"
        say(f"{count(entered, 'certificate')} entered; {anew}.")

    def _recheck(self, exempt: Exempt) -> None:
        """Closed orders keep their decision until somebody asks."""
        found = list(closed_orders(exempt.store, exempt.act("demo"), apply=True))
        if found:
            say("A closed order keeps its decision until somebody asks, as is done here:")
            show_differing(found, applied=True)

    def _show_orders(self, exempt: Exempt) -> None:
        with exempt.store.reading() as tx:
            rows = order_rows(tx.decisions.counts())
        print_table("", ("Decision", "Tax", "States", "Orders", "Worth"), rows, right=(3, 4))

    def _show_result(self, exempt: Exempt, asked: Asked) -> None:
        for one in asked.sent:
            say(f"   asked {one.name} ({one.email}) for {states(one.jurisdictions)}")
        for one in asked.without_email:
            missing = states(one.jurisdictions)
            say(f"   {one.name} has no e-mail address: somebody must call ({missing})", "yellow")
        say("\nWhere the company stands now", "bold")
        self._show_orders(exempt)
        with exempt.store.reading() as tx:
            counts = tx.decisions.counts()
        lacking = [c for c in counts if c.ground == Ground.NO_CERTIFICATE]
        covered = sum(c.orders for c in counts if not c.tax_applicable)
        say(
            f"Of {sum(c.orders for c in counts)} orders, {covered} are covered by a certificate on"
            f" file. For {sum(c.orders for c in lacking)}, worth"
            f" {money(sum(c.total_minor for c in lacking), 'USD')}, an exemption is claimed that"
            f" nothing covers ({states(sorted({c.jurisdiction or '' for c in lacking}))}): they are"
            " taxed until a certificate arrives."
            f" {count(len(asked.sent), 'customer was', 'customers were')} asked for certificates.\n"
        )

    def _show_nexus(self, exempt: Exempt) -> None:
        """What was sold in the old shop counts towards the states' thresholds, too."""
        say("6  Where else is tax to be collected?", "bold")
        path = write_past_sales(self._folder)
        watch_nexus(exempt, lambda: False)
        with exempt.store.rehearsing():  # so that the demo's company stays as the guides know it
            run = import_past_sales(exempt, path, "demo")
            say(
                f"With {count(run.counts.new, 'sale')} of an old shop, {run.counts.first_day} to"
                f" {run.counts.last_day}, out of a file:"
            )
            watch_nexus(exempt, lambda: False)
            show_table(exempt, Wanted())

    def _show_written(self, rehearsed: Sequence[Synced], before: Before) -> None:
        """What the rehearsal foretold, and how many records the sandboxes saw change."""
        print_table(
            "",
            ("System", "Record", "Was", "Is now"),
            [
                (result.connection, f"{d.target} {d.external_id}", before.of(d), in_words(item))
                for result in rehearsed
                for d, item, _ in sorted(
                    result.would_write, key=lambda w: (w[0].target, w[0].external_id)
                )
            ],
        )
        changed = sum(len(sandbox.writes()) for sandbox in self._sandboxes.values())
        say(f"The sandboxes report {count(changed, 'changed record')}.\n")

    def _show_further(self) -> None:
        say("\nLook further", "bold")
        for command, shows in (
            ("explain SO-5005", "why this order is taxed"),
            ("status", "what needs a person"),
            ("certificates list", "what is on file, and until when"),
            ("certificates show 6", "all that is known of one"),
            ("customers show C-1001", "one card for a customer of two systems"),
            ("warnings list", "first employees in a state"),
            (f"backfill import {self._folder / OLD_SHOP} --wait", "the sales of the old shop"),
            ("nexus OH", "then: one state, its law, the order that crossed the line"),
        ):
            say(
                f"   {_program()} -s {self._folder / FILE_NAME} {command:<19} # {shows}", wrap=False
            )
        for mail in sorted((self._folder / "sandboxes").glob("**/*.eml"))[:1]:
            say(f"   cat {mail}   # a mail as it was sent", wrap=False)


def _ask(exempt: Exempt) -> Asked:
    """Ask by mail; nobody, where no installed connector sends any."""
    try:
        return mails.ask(exempt)[0]
    except RefusedError as error:
        say(f"   {error}", "yellow")
        return Asked([], [], [], [], [])


def _program() -> str:
    """How this program was called, as short as it can be typed again."""
    path = Path(sys.argv[0])
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return path.name
