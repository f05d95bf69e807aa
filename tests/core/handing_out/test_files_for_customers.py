"""In the portal customers see and save what they gave, and nothing else (F26)."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.requesting import SubmissionState, SubmissionWay
from exempt.services import submissions
from exempt.services.files import Kept
from support.browsing import Browser, Premises
from support.stores import enter
from support.uploading import put_to_draft

ENDS = ["", "/copy", "/pages/1", "/pages/2/small"]


@pytest.fixture
def guest(premises: Premises) -> Browser:
    """A customer in the portal."""
    return premises.guest()


@pytest.fixture
def given(premises: Premises, guest: Browser) -> Kept:
    """A file that they put to a draft."""
    return put_to_draft(premises, guest)


@pytest.mark.parametrize("end", ENDS)
def test_they_see_what_they_gave_and_save_it(
    premises: Premises, guest: Browser, given: Kept, end: str
) -> None:
    answer = guest.get(f"/portal/files/{given.sha256}{end}")
    assert answer.status_code == 200
    assert (
        answer.headers["content-security-policy"]
        == "sandbox; default-src 'none'; frame-ancestors 'none'"
    )
    shown = "pages" in end
    assert ("content-disposition" in answer.headers) is not shown


@pytest.mark.parametrize("end", ENDS)
def test_other_customers_and_strangers_do_not(premises: Premises, given: Kept, end: str) -> None:
    path = f"/portal/files/{given.sha256}{end}"
    assert premises.guest("A-1").get(path).status_code == 404
    assert premises.stranger().get(path).status_code == 410
    assert premises.staff().get(path).status_code == 410  # nor do staff by their own session


def test_what_staff_attached_is_not_theirs(
    premises: Premises, guest: Browser, on_file: Any
) -> None:
    assert guest.get(f"/portal/files/{on_file.kept.sha256}").status_code == 404


def test_staff_see_it_when_it_was_sent_in(premises: Premises, guest: Browser, given: Kept) -> None:
    staff, path = premises.staff(), f"/files/{given.sha256}"
    assert staff.get(path).status_code == 404
    store = premises.store
    draft = submissions.start(store, guest.request_id, SubmissionWay.UPLOAD, premises.now)
    with store.writing() as tx:
        certificate_id = enter(tx, premises.ids["C-1"])
        tx.submissions.submit(draft.id, certificate_id, None, premises.now, seen=draft.version)
        now = tx.submissions.get(draft.id)
    assert now is not None
    assert now.state is SubmissionState.WAITING
    assert staff.get(path).status_code == 200
    assert guest.get(f"/portal/files/{given.sha256}").status_code == 200


def test_another_site_gets_nothing(guest: Browser, given: Kept) -> None:
    path = f"/portal/files/{given.sha256}/pages/1"
    answer = guest.get(path, sec_fetch_site="cross-site", sec_fetch_mode="no-cors")
    assert answer.status_code == 403
