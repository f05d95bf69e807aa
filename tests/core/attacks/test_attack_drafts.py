"""What a customer never sent in stays theirs, also when they gave it up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.model.access import Role
from exempt.services import submissions
from exempt.services.listing_ports import Next, SubmissionFilter
from support.browsing import Premises, premises_in
from support.uploading import draft_of, put_to_draft


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as here:
        yield here


def test_staff_see_no_draft_that_was_given_up(premises: Premises) -> None:
    guest = premises.guest()
    kept = put_to_draft(premises, guest)
    assert submissions.discard(premises.store, draft_of(premises, guest).id, premises.now)
    staff = premises.staff(Role.REVIEWER)
    assert staff.get(f"/files/{kept.sha256}").status_code == 404
    assert guest.get(f"/portal/files/{kept.sha256}").status_code == 200
    with premises.store.reading() as tx:
        every = SubmissionFilter(None, None, None, None)
        assert tx.listing.submissions(every, Next(0, 50)) == []
