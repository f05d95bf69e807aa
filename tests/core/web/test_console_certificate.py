"""One certificate: what its page says, and entering, changing, archiving and filing by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.errors import ConflictError
from exempt.model.access import Role
from exempt.services import certificate_files
from exempt.services.files import Kept
from support.browsing import premises_in
from support.certificate_pages import made_in, paper, stored, text, upload
from support.pages import Whole
from support.registered import Register, registered
from support.review_pages import post

V, R = Role.VIEWER, Role.REVIEWER


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Register]]:
    """One that nobody changes."""
    yield from made_in(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Whole, Register]]:
    yield from made_in(tmp_path)


@pytest.fixture
def whole(both: tuple[Whole, Register]) -> Whole:
    return both[0]


@pytest.fixture
def register(both: tuple[Whole, Register]) -> Register:
    return both[1]


def test_the_page_says_all_that_is_known(looked_at: tuple[Whole, Register]) -> None:
    """A13, A16, A17, A19, A20."""
    whole, register = looked_at
    said = text(whole.call("GET", f"/certificates/{register.ids['SOON']}", V))
    for words in (
        "Expiring soon: ends on Dec 2, 2026, in 12 days.",
        "ask the customer for a new one now",
        "Certificate details Customer Lone Star Industrial Supply LLC Certificate number SOON",
        "Many sales (blanket)",
        "Entered Nov 20, 2026, 12:00 UTC by anna Came by Staff",
        "TX Expiring soon 3-SOON-TX",
        "Resale Oct 16, 2025 Dec 2, 2026",
        "Conflicts with state law",
        "Source: state revenue department, form 01-339",
        "Orders covered 12 in all",
        "SO-1 Nov 19, 2026",
        "Comment They promised a new one.",
        "Entered, and accepted at once. File added: SOON.pdf.",
    ):
        assert words in said, words


def test_without_an_end_it_does_not_expire_and_the_states_rule_says_so(
    looked_at: tuple[Whole, Register],
) -> None:
    whole, register = looked_at
    said = text(whole.call("GET", f"/certificates/{register.ids['LASTS']}", V))
    assert "Active, without an end." in said
    assert "Expires Does not expire" in said
    assert "How long it is valid under state law California: " in said
    assert "Ask for Ms. Neill. She knows." in said
    assert "Lone Star Industrial Supply LLC , The Very Long-Named Association" in said


def test_its_document_is_shown_page_by_page(looked_at: tuple[Whole, Register]) -> None:
    """A18."""
    whole, register = looked_at
    it = stored(whole, register.ids["SOON"])
    page = whole.call("GET", f"/certificates/{it.id}", V).text
    sha256 = it.files[0].sha256
    assert f'src="/files/{sha256}/pages/1"' in page
    assert whole.call("GET", f"/files/{sha256}", V).content == paper()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("SOON", "The one on file ends on Dec 2, 2026."),
        ("GONE", "The one on file ended on Oct 11, 2026."),
        ("OLD", "The one on file was archived."),
        ("BAD", "The one on file was rejected."),
        ("MANY", ""),
        ("NEXT", ""),
        ("WAITS", ""),
    ],
)
def test_a_new_one_can_be_asked_for_where_that_is_offered_by_an_address_that_can_be_changed(
    looked_at: tuple[Whole, Register], number: str, words: str
) -> None:
    """A28 to A30."""
    whole, register = looked_at
    answer = whole.call("GET", f"/certificates/{register.ids[number]}?do=request", R)
    assert ('name="recipient"' in answer.text) == bool(words)
    assert words in text(answer)
    assert ('class="menu-item c-not"' in answer.text) == (not words)
    if words:
        assert re.search(r'type="email"[^>]*value="ap@c-100[0-9]\.example"', answer.text)
    plain = whole.call("GET", f"/certificates/{register.ids[number]}", V)
    assert "Request new certificate" not in plain.text, "whoever only looks asks nobody"


@pytest.mark.parametrize("enabled", [True, False])
def test_where_nobody_is_asked_nobody_can_be(tmp_path: Path, *, enabled: bool) -> None:
    """A04."""
    with premises_in(tmp_path) as premises:
        register = registered(premises.store)
        object.__setattr__(premises.site, "requests_enabled", enabled)
        dana = premises.staff(R)
        for path in ("", f"/{register.ids['SOON']}"):
            assert ("Request new" in dana.get(f"/certificates{path}").text) == enabled
        answer = post(dana, "/certificates/bulk/request", chosen="")
        assert answer.status_code == (303 if enabled else 403)


def test_a_certificate_that_is_not_there_is_not_found(looked_at: tuple[Whole, Register]) -> None:
    for each in ("999", "99999999999"):
        assert looked_at[0].call("GET", f"/certificates/{each}", V).status_code == 404


def test_whoever_only_looks_sees_no_buttons_to_change_it(
    looked_at: tuple[Whole, Register],
) -> None:
    whole, register = looked_at
    mine = whole.call("GET", f"/certificates/{register.ids['SOON']}", V).text
    theirs = whole.call("GET", f"/certificates/{register.ids['SOON']}", R).text
    for words in ("Archive certificate", "Replace or add file", "Add comment or file", "/edit"):
        assert words in theirs
        assert words not in mine


# --- archiving ---------------------------------------------------------------------------


def test_archiving_and_taking_back_decide_open_orders_anew_and_stand_in_the_history(
    whole: Whole, register: Register
) -> None:
    """A26, A27."""
    number = register.ids["SOON"]
    answer = whole.post(f"/certificates/{number}/archive", {"seen": "1"}, R)
    assert answer.headers["location"] == f"/certificates/{number}"
    assert stored(whole, number).archived_date is not None
    said = text(whole.call("GET", f"/certificates/{number}", R))
    assert "Archived. It is no longer applied to new orders: see whether a new one" in said
    assert "Archived. anna" not in said
    assert register.world.ground("SO-1") == "certificate", "it is of an earlier day"
    again = whole.post(f"/certificates/{number}/archive", {"seen": "2"}, R)
    assert again.status_code == 422
    assert "Was archived on Nov 20, 2026 already." in text(again)
    assert whole.post(f"/certificates/{number}/take-back", {"seen": "2"}, R).status_code == 303
    said = text(whole.call("GET", f"/certificates/{number}", R))
    assert "Taken out of the archive." in said


def test_who_archives_what_was_changed_meanwhile_is_told(whole: Whole, register: Register) -> None:
    answer = whole.post(f"/certificates/{register.ids['SOON']}/archive", {"seen": "7"}, R)
    assert answer.status_code == 409
    assert "Is at version 1 by now, not 7" in text(answer)
    assert stored(whole, register.ids["SOON"]).archived_date is None


# --- files, comments ---------------------------------------------------------------------


def test_a_file_is_added_and_another_one_replaced(whole: Whole, register: Register) -> None:
    number = register.ids["SOON"]
    (old,) = stored(whole, number).files
    path = f"/certificates/{number}/files"
    assert (
        upload(whole, path, "new.pdf", paper(buyer="New"), replaces=old.sha256).status_code == 303
    )
    assert [file.name for file in stored(whole, number).files] == ["new.pdf"]
    assert upload(whole, path, "more.pdf", paper(buyer="More")).status_code == 303
    assert [file.name for file in stored(whole, number).files] == ["new.pdf", "more.pdf"]
    said = text(whole.call("GET", f"/certificates/{number}", V))
    assert "File replaced: SOON.pdf → new.pdf." in said
    again = upload(whole, path, "newer.pdf", paper(buyer="Newer"), replaces=old.sha256)
    assert again.status_code == 409
    assert "Somebody replaced this file" in text(again)
    kept = Kept(sha256="0" * 64, name="x", media_type="", size=1)
    with pytest.raises(ConflictError):
        certificate_files.replace_file(
            *(whole.exempt.store, number, old.sha256),
            kept,
            whole.site.act("x"),
        )


def test_what_is_no_document_is_refused_with_the_reason(whole: Whole, register: Register) -> None:
    path = f"/certificates/{register.ids['SOON']}/files"
    answer = upload(whole, path, "page.html", b"<script>alert(1)</script>")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    empty = whole.post(path, {}, R)
    assert (empty.status_code, "Choose a file first." in text(empty)) == (422, True)


def test_comments_are_added_changed_and_removed(whole: Whole, register: Register) -> None:
    """E28."""
    base = f"/certificates/{register.ids['GONE']}"
    assert "Add comment or file to certificate" in whole.call("GET", base, R).text
    assert whole.post(f"{base}/entries", {"text": "<i>Called</i> them."}, R).status_code == 303
    page = whole.call("GET", base, R)
    assert "&lt;i&gt;Called&lt;/i&gt; them." in page.text
    (entry,) = re.findall(rf"{base}/entries/([0-9]+)/remove", page.text)
    assert whole.post(f"{base}/entries/{entry}", {"text": ""}, R).status_code == 422
    assert whole.post(f"{base}/entries/{entry}", {"text": "Wrote."}, R).status_code == 303
    other = f"/certificates/{register.ids['SOON']}/entries/{entry}/remove"
    assert whole.post(other, {}, R).status_code == 404
    assert whole.post(f"{base}/entries/{entry}/remove", {}, R).status_code == 303
    said = text(whole.call("GET", base, R))
    assert "No comments or files yet" in said
    assert "Comment removed: Wrote." in said.replace(f"Comment {entry}", "Comment")
    assert whole.post(f"{base}/entries", {"text": " "}, R).status_code == 422


# --- editing -----------------------------------------------------------------------------
