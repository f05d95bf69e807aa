"""Comments and files of a customer, by forms: five columns, edit and remove (E19 to E27)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")


from exempt.model.access import Role
from exempt.rules.papers import MAX_BYTES
from support.browsing import Browser, Premises
from support.customer_pages import customers_house, entries_of, send, upload


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind's customers, for tests that change something."""
    with customers_house(tmp_path) as house:
        yield house


@pytest.fixture
def dana(house: Premises) -> Browser:
    return house.staff(Role.REVIEWER)


def test_a_comment_and_a_file_are_two_rows(house: Premises, dana: Browser) -> None:
    """E25."""
    here = house.ids["C-7"]
    path = f"/customers/{here}/entries"
    assert upload(dana, path, "letter.txt", b"Dear all,", "See the letter").status_code == 303
    comment, file = entries_of(house, here)
    assert (comment.text, file.text, file.size) == ("See the letter", "letter.txt", 9)
    page = dana.get(f"/customers/{here}/comments").text
    for head in ("Timestamp", "User", "Type", "Entry", "Action"):
        assert f'<th scope="col">{head}</th>' in page
    assert dana.get(f"/files/{file.sha256}").content == b"Dear all,"


def test_an_edit_changes_user_and_time_and_a_removal_is_logged(house: Premises) -> None:
    """E24, E27."""
    here = house.ids["C-1001"]
    (before,) = entries_of(house, here)
    theo = house.staff(Role.ADMINISTRATOR)
    house.later(minutes=5)
    path = f"/customers/{here}/entries/{before.id}"
    assert send(theo, path, text="Call on Monday").status_code == 303
    (after,) = entries_of(house, here)
    assert (after.text, after.timestamp) == ("Call on Monday", house.now)
    assert after.user != before.user
    assert send(theo, f"{path}/remove").status_code == 303
    assert entries_of(house, here) == []
    assert "Comment removed: Call on Monday" in theo.get(f"/customers/{here}/history").text
    again = send(theo, path, text="Too late")
    assert (again.status_code, "was removed on" in again.text) == (422, True)
    assert send(theo, f"{path}/remove").status_code == 422


def test_what_cannot_be_kept_comes_back_with_its_dialog_open(
    house: Premises, dana: Browser
) -> None:
    here = house.ids["C-1001"]
    answer = upload(dana, f"/customers/{here}/entries", "run.exe", b"MZ\x90\0" + b"\0" * 60, "See")
    assert answer.status_code == 422
    assert '<details class="dialog" open>' in answer.text
    assert ">See</textarea>" in answer.text
    nothing = send(dana, f"/customers/{here}/entries", text=" ")
    assert (nothing.status_code, "There is nothing to add" in nothing.text) == (422, True)
    (entry,) = entries_of(house, here)
    long = send(dana, f"/customers/{here}/entries/{entry.id}", text="x" * 10_001)
    assert (long.status_code, "10,000 are the most" in long.text) == (422, True)


@pytest.mark.parametrize(("extra", "status"), [(0, 303), (1, 422)], ids=["50 MB", "a byte more"])
def test_a_file_has_50_mb_at_most(house: Premises, dana: Browser, extra: int, status: int) -> None:
    """E20."""
    path = f"/customers/{house.ids['C-7']}/entries"
    content = b"a" * (MAX_BYTES + extra)
    assert upload(dana, path, "big.txt", content).status_code == status
    assert len(entries_of(house, house.ids["C-7"])) == (status == 303)
