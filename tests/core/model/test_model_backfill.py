"""Files of sales, as they are kept."""

from __future__ import annotations

from exempt.model.backfill import BackfillCounts, BackfillOptions, BackfillUndone, MistakeKind


def test_mistakes_are_counted_over_all_kinds() -> None:
    counts = BackfillCounts(mistakes={MistakeKind.BAD_ZIP: 2, MistakeKind.BAD_DATE: 3})
    assert counts.wrong == 5
    assert BackfillCounts().wrong == 0


def test_counts_and_options_are_read_back_as_they_were_written() -> None:
    counts = BackfillCounts(rows=3, sums={"USD": "12.50"}, mistakes={MistakeKind.BAD_ZIP: 1})
    assert BackfillCounts.model_validate_json(counts.model_dump_json()) == counts
    options = BackfillOptions(mapping={"a": "date", "b": None}, defaults={"country": "US"})
    assert BackfillOptions.model_validate_json(options.model_dump_json()) == options


def test_what_was_put_back_portion_by_portion_adds_up() -> None:
    first = BackfillUndone(removed=1, restored=2, customers=3, products=4, details=5, left=6)
    assert first.plus(BackfillUndone(removed=10, left=20)) == BackfillUndone(
        removed=11, restored=2, customers=3, products=4, details=5, left=26
    )
