"""Files of sales, as they are kept."""

from __future__ import annotations

from exempt.model.backfill import BackfillCounts, BackfillOptions, MistakeKind


def test_mistakes_are_counted_over_all_kinds() -> None:
    counts = BackfillCounts(mistakes={MistakeKind.BAD_ZIP: 2, MistakeKind.BAD_DATE: 3})
    assert counts.wrong == 5
    assert BackfillCounts().wrong == 0


def test_counts_and_options_are_read_back_as_they_were_written() -> None:
    counts = BackfillCounts(rows=3, sums={"USD": "12.50"}, mistakes={MistakeKind.BAD_ZIP: 1})
    assert BackfillCounts.model_validate_json(counts.model_dump_json()) == counts
    options = BackfillOptions(mapping={"a": "date", "b": None}, defaults={"country": "US"})
    assert BackfillOptions.model_validate_json(options.model_dump_json()) == options
