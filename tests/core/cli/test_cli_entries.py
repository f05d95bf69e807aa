"""Comments and files on the command line: one table, one numbering."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from exempt.cli.entries import HEADS
from support.desk import Desk
from support.files import PDF, PROGRAM

ACME = ("--customer", "C-1")


def said(desk: Desk, *arguments: str) -> str:
    return " ".join(desk.run(*arguments).split())


def add_file(desk: Desk, name: str = "form.pdf", content: bytes = PDF, *more: str) -> str:
    path = desk.folder / name
    path.write_bytes(content)
    return said(desk, "files", "add", str(path), *ACME, *more)


def test_the_table_has_five_columns(desk: Desk) -> None:
    assert said(desk, "comments", "add", "They called.", *ACME) == "Comment 1 added"
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert add_file(desk) == f"File 2 added: form.pdf, sha256 {sha256}"
    told = desk.run("comments", "list", *ACME)
    assert HEADS == ("Timestamp", "User", "Type", "Entry", "Action")
    assert [" ".join(line.split()) for line in told.splitlines() if line.strip()] == [
        "Timestamp User Type Entry Action",
        told.splitlines()[2].strip(),  # a rule
        "2026-11-20 12:00 anna Comment They called. edit 1 · remove 1",
        "2026-11-20 12:00 anna File form.pdf edit 2 · remove 2",
        "exempt comments edit ID TEXT",
        "exempt files get ID TARGET",
    ]
    assert desk.run("files", "list", *ACME) == told, "they are one table"


def test_a_certificate_has_one_of_its_own(desk: Desk) -> None:
    desk.add()
    of_it = ("--certificate", "1")
    assert "no comments and files yet" in said(desk, "comments", "list", *of_it)
    desk.run("comments", "add", "The seal is missing.", *of_it)
    assert "The seal is missing." in said(desk, "files", "list", *of_it)
    assert "exempt files get" not in said(desk, "files", "list", *of_it)
    assert "no comments and files yet" in said(desk, "files", "list", *ACME)
    last = desk.shown()["history"][-1]
    assert (last["field"], last["new"], last["changed_by"]) == (
        "comment 1",
        "The seal is missing.",
        "anna",
    )


@pytest.mark.parametrize(
    ("command", "option"),
    [(("comments", "add", "Look!"), "--file"), (("files", "add"), "--comment")],
    ids=["a comment with a file", "a file with a comment"],
)
def test_both_at_once_are_two_entries(desk: Desk, command: tuple[str, ...], option: str) -> None:
    path = desk.folder / "form.pdf"
    path.write_bytes(PDF)
    more = (option, str(path)) if option == "--file" else (str(path), option, "Look!")
    added = desk.json(*command, *more, *ACME)["entries"]
    assert [(each["id"], each["kind"], each["text"]) for each in added] == [
        (1, "comment", "Look!"),
        (2, "file", "form.pdf"),
    ]
    assert desk.json("files", "list", *ACME)["entries"] == added
    assert added[1]["media_type"] == "application/pdf"


def test_whoever_edits_is_shown_and_what_is_removed_is_not(desk: Desk) -> None:
    desk.run("comments", "add", "They called.", *ACME)
    add_file(desk)
    desk.now = "2026-11-21T09:30:00+00:00"
    assert said(desk, "--by", "bea", "comments", "edit", "1", "They wrote.") == "Comment 1 changed"
    assert said(desk, "files", "edit", "2", "texas.pdf") == "File 2 is called texas.pdf now"
    told = said(desk, "comments", "list", *ACME)
    assert "2026-11-21 09:30 bea Comment They wrote. edit 1 · remove 1" in told
    assert "2026-11-21 09:30 anna File texas.pdf edit 2 · remove 2" in told
    assert said(desk, "comments", "remove", "1") == "Comment 1 removed; the history keeps it"
    assert said(desk, "files", "remove", "2") == "File 2 removed; the history keeps it"
    assert "no comments and files yet" in said(desk, "comments", "list", *ACME)
    told = said(desk, "comments", "list", *ACME, "--removed")
    assert "bea Comment They wrote. removed by anna, 2026-11-21" in told
    assert "exempt" not in told, "nothing can be done with them"
    shown = desk.json("comments", "list", *ACME, "--removed")["entries"]
    assert [(each["text"], each["user"], each["removed_by"]) for each in shown] == [
        ("They wrote.", "bea", "anna"),
        ("texas.pdf", "anna", "anna"),
    ]


def test_scripts_are_told_what_became_of_an_entry(desk: Desk) -> None:
    desk.run("comments", "add", "They called.", *ACME)
    desk.now = "2026-11-21T09:30:00+00:00"
    edited = desk.json("comments", "edit", "1", "They wrote.")
    assert (edited["text"], edited["timestamp"], edited["added_at"]) == (
        "They wrote.",
        "2026-11-21T09:30:00+00:00",
        "2026-11-20T12:00:00Z",
    )
    assert desk.json("comments", "remove", "1")["removed_by"] == "anna"


def test_a_copy_of_a_file_is_written_and_nothing_is_overwritten(desk: Desk, tmp_path: Path) -> None:
    add_file(desk)
    target = tmp_path / "copy.pdf"
    assert said(desk, "files", "get", "1", str(target)).startswith("File 1 written to ")
    assert target.read_bytes() == PDF
    assert f"{target}: is there already" in desk.refused("files", "get", "1", str(target))
    folder = tmp_path / "folder"
    folder.mkdir()
    told = desk.json("files", "get", "1", str(folder))
    assert (told["path"], told["size"]) == (str(folder / "form.pdf"), len(PDF))
    assert (folder / "form.pdf").read_bytes() == PDF


def test_what_was_changed_since_it_was_kept_is_not_written(desk: Desk, tmp_path: Path) -> None:
    add_file(desk)
    (kept,) = (path for path in (desk.folder / "documents").rglob("*") if path.is_file())
    kept.write_bytes(b"forged")
    said = desk.refused("files", "get", "1", str(tmp_path / "copy.pdf"))
    assert "file 1: was changed since it was kept: restore it from a backup" in said
    assert not (tmp_path / "copy.pdf").exists()


def test_half_a_copy_is_not_left(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    add_file(desk)
    monkeypatch.setattr("shutil.copyfileobj", full)
    said = desk.refused("files", "get", "1", str(tmp_path / "copy.pdf"))
    assert "No space left on device" in said
    assert not (tmp_path / "copy.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(("comments", "list"), "say whose: either --customer", id="of nobody"),
        pytest.param(("comments", "list", *ACME, "--certificate", "1"), "say whose: either",
                     id="of both"),
        pytest.param(("files", "list", "--customer", ""), "there is none with this number",
                     id="of no name"),
        pytest.param(("comments", "add", "x", "--customer", "C-9"), "there is none with this",
                     id="of a customer that is not there"),
        pytest.param(("comments", "add", "x", "--certificate", "9"),
                     "certificate 9: there is none: see exempt certificates list",
                     id="of a certificate that is not there"),
        pytest.param(("comments", "add", " ", *ACME), "write a comment", id="nothing to say"),
        pytest.param(("files", "add", "gone.pdf", *ACME), "gone.pdf: cannot be read: No such file",
                     id="a file that is not there"),
        pytest.param(("files", "add", "bad.pdf", *ACME), "bad.pdf: is a program: leave it out",
                     id="a program"),
        pytest.param(("comments", "edit", "9", "x"), "entry 9: there is none: see exempt comments",
                     id="an entry that is not there"),
        pytest.param(("files", "remove", "9"), "entry 9: there is none", id="nor to be removed"),
        pytest.param(("files", "get", "1", "copy"), "comment 1: is no file: see exempt files list",
                     id="a comment is no file"),
        pytest.param(("comments", "remove", "0"), "Invalid value for 'ID'", id="no id"),
    ],
)  # fmt: skip
def test_what_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.chdir(desk.folder)
    (desk.folder / "bad.pdf").write_bytes(PROGRAM)
    desk.run("comments", "add", "They called.", *ACME)
    before = desk.json("comments", "list", *ACME)
    assert complaint in desk.refused(*arguments)
    assert desk.json("comments", "list", *ACME) == before


def test_what_would_move_a_cursor_is_shown_harmless(desk: Desk) -> None:
    desk.run("comments", "add", "\x1b[2Jsee\u202eyou", *ACME)
    told = desk.run("comments", "list", *ACME)
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert desk.json("comments", "list", *ACME)["entries"][0]["text"] == "\x1b[2Jsee\u202eyou"
