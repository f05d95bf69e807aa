"""The contract that every connector keeps, held against this one."""

from __future__ import annotations

import pytest

from exempt import CursorExpired, FetchRequest, Stream
from exempt.testing import Contract
from exempt.testing.levels import gold
from exempt.testing.trial import Trial
from exempt.testing.variants import changed
from exempt_hris_csv import exempt_connectors


class TestHrisCsv(Contract):
    connector = exempt_connectors()[0]
    level = "gold"

    @gold
    @pytest.mark.parametrize("stream", [Stream.EMPLOYEES], ids=str)
    def test_a_record_changed_between_two_pages_is_not_lost(
        self, alone: Trial, stream: Stream
    ) -> None:
        """A page belongs to one state of the file; a file that changed is read anew."""
        whole = alone.read(stream)
        connection = alone.open()
        page = connection.fetch(stream, FetchRequest(page_size=2))
        alone.control("put")(changed(whole.records[0]))
        with pytest.raises(CursorExpired):
            connection.fetch(stream, FetchRequest(cursor=page.next_cursor, page_size=2))
        anew = alone.read(stream)
        assert anew.ids == whole.ids
        assert anew.records[0] != whole.records[0]
