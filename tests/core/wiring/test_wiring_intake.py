"""What the daemon goes on with, of files that people brought."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.model.backfill import BackfillOptions, BackfillState
from exempt.model.imports import ImportState
from exempt.services.backfills import checking, sources
from exempt.services.backfills import importing as backfilling
from exempt.services.backfills import runs as backfills
from exempt.services.importing import applying, leaving, runs, undoing
from exempt.wiring import Exempt
from exempt.wiring.backfills import backfill_parts
from exempt.wiring.intake import waiting
from support.databases import made
from support.imports import Office, billing, write
from support.records import NOW, act
from support.sale_files import as_csv, sale
from support.stores import rows


@pytest.fixture
def exempt(tmp_path: Path) -> Iterator[Exempt]:
    file = tmp_path / "exempt.toml"
    file.write_text('[exempt]\ndatabase = "env:DB"\n')
    with made("sqlite", tmp_path, migrated=True) as url:
        exempt = Exempt(file, clock=lambda: NOW, environ={"DB": url})
        yield exempt
        exempt.close()


def work(exempt: Exempt) -> list[str]:
    """Do what waits; what that was."""
    found = waiting(exempt)
    for each in found:
        each.go_on()
    return [each.name for each in found]


def test_an_import_of_customers_goes_all_its_ways_by_the_daemon(
    exempt: Exempt, tmp_path: Path
) -> None:
    office, parts = Office(exempt.store, tmp_path), backfill_parts(exempt)
    content = write(tmp_path / "c.csv", billing("C-1")).read_bytes()
    file = leaving.keep(parts, "c.csv", io.BytesIO(content))
    number = leaving.begin(exempt.store, parts, file, office.company_id, act()).id

    def state() -> ImportState:
        with exempt.store.reading() as tx:
            return runs.get(tx, number).state

    assert work(exempt) == [f"import {number}"]
    assert (state(), work(exempt)) == (ImportState.CHECKED, []), "then a person has to look"
    applying.leave_to_daemon(exempt.store, number, act(by="anna"))
    work(exempt)
    assert state() is ImportState.APPLIED
    undoing.leave_to_daemon(exempt.store, number, act(by="eve"))
    work(exempt)
    assert state() is ImportState.UNDONE
    done = rows(exempt.store, "SELECT changed_by FROM history WHERE field = 'made' ORDER BY id")
    assert done == [("anna",), ("eve",)], "each in the name of who wanted it"


def test_a_file_of_sales_is_checked_and_imported_by_the_daemon(
    exempt: Exempt, tmp_path: Path
) -> None:
    Office(exempt.store, tmp_path)
    parts = backfill_parts(exempt)
    with exempt.store.writing() as tx:
        source = sources.find_or_make(tx, None, None, ())
    content = io.BytesIO(as_csv(*(sale(f"I-{n}") for n in range(40))))
    run = backfills.take_in(exempt.store, parts, "s.csv", content, source, BackfillOptions(), act())
    assert work(exempt) == [], "nobody asked for it yet"
    checking.leave_to_daemon(exempt.store, run.id)
    assert work(exempt) == [f"backfill {run.id}"]
    with exempt.store.reading() as tx:
        checked = backfills.get(tx, run.id)
    assert (checked.state, checked.counts.transactions) == (BackfillState.CHECKED, 40)
    backfilling.begin(exempt.store, run.id, act())
    work(exempt)
    with exempt.store.reading() as tx:
        assert backfills.get(tx, run.id).state is BackfillState.IMPORTED
    assert len(rows(exempt.store, "SELECT id FROM sales_order")) == 40


def test_it_is_kept_how_much_of_a_file_of_sales_was_read(exempt: Exempt, tmp_path: Path) -> None:
    Office(exempt.store, tmp_path)
    parts = backfill_parts(exempt)
    with exempt.store.writing() as tx:
        source = sources.find_or_make(tx, None, None, ())
    content = io.BytesIO(as_csv(*(sale(f"I-{n}") for n in range(4_500))))
    run = backfills.take_in(exempt.store, parts, "s.csv", content, source, BackfillOptions(), act())
    seen: list[float] = []

    def told(_rows: int, _part: float) -> None:
        with exempt.store.reading() as tx:
            seen.append(backfills.get(tx, run.id).counts.part)

    checked = checking.check(exempt.store, parts, run.id, exempt.clock, told=told)
    assert any(0 < part < 1 for part in seen), seen
    assert checked.counts.part == 0.0
