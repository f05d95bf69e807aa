"""The name of a file as it came, as long as every system takes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import RefusedError
from exempt.rules.filenames import ending, file_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        pytest.param("form.pdf", "form.pdf", id="an ordinary one"),
        pytest.param("Zertifikat für 株式会社 (2).pdf", "Zertifikat für 株式会社 (2).pdf",
                     id="letters of other languages"),
        pytest.param("form", "form", id="one without an ending"),
        pytest.param("../../etc/form.pdf", "form.pdf", id="folders above"),
        pytest.param("/srv/form.pdf", "form.pdf", id="folders below"),
        pytest.param("C:\\Users\\ana\\form.pdf", "form.pdf", id="folders of Windows"),
        pytest.param("form\x00.pdf", "form.pdf", id="a NUL"),
        pytest.param("form\n\x1b[2J\x7f\x9f.pdf", "form[2J.pdf", id="what moves a cursor"),
        pytest.param("form\u202efdp.txt", "formfdp.txt", id="what turns letters around"),
        pytest.param("\u2066a\u2069\u200e\u200f\u061c\u2028\ufeff.pdf", "a.pdf",
                     id="other marks of direction"),
        pytest.param("  form.pdf ", "form.pdf", id="blanks around it"),
        pytest.param("=1+1.pdf", "=1+1.pdf", id="a sign of equality"),
        pytest.param("x" * 251 + ".pdf", "x" * 251 + ".pdf", id="255 bytes"),
        pytest.param("console.pdf", "console.pdf", id="almost a device"),
        pytest.param("a.con", "a.con", id="a device behind the dot"),
    ],
)  # fmt: skip
def test_the_name_that_is_kept(given_name: str, kept: str) -> None:
    assert file_name(given_name) == kept


@pytest.mark.parametrize(
    ("given_name", "complaint"),
    [
        pytest.param("", "file '': its name is empty: rename it", id="none"),
        pytest.param("folder/", "file 'folder/': its name is empty: rename it", id="a folder"),
        pytest.param("\u202e \n", "file ' ': its name is empty: rename it", id="nothing to see"),
        pytest.param("..", "file '..': its name begins or ends with a dot: rename it",
                     id="the folder above"),
        pytest.param(".profile", "file '.profile': its name begins or ends with a dot: rename it",
                     id="a hidden one"),
        pytest.param("a.exe.", "file 'a.exe.': its name begins or ends with a dot: rename it",
                     id="a dot that Windows overlooks"),
        pytest.param("x" * 296 + ".pdf",
                     f"file '{'x' * 60}…': its name has 300 bytes, and 255 are the most: rename it",
                     id="300 letters"),
        pytest.param("ü" * 126 + ".pdf",
                     f"file '{'ü' * 60}…': its name has 256 bytes, and 255 are the most: rename it",
                     id="fewer letters, too many bytes"),
        *(
            pytest.param(f"a{sign}b.pdf",
                         f"file 'a{sign}b.pdf': its name has a {sign}, which not every system"
                         " takes: rename it", id=f"a {sign}")
            for sign in '<>:"|?*'
        ),
        *(
            pytest.param(name, f"file '{name}': its name is that of a device on Windows: rename it",
                         id=f"the device {name}")
            for name in ("con", "CON", "aux.pdf", "NUL.tar.gz", "prn", "com0", "com9", "LPT1.txt",
                         "lpt0")
        ),
        pytest.param("a\udcff.pdf", "file 'a?.pdf': its name is no UTF-8: rename it",
                     id="what is no UTF-8"),
        pytest.param("a\ud800.pdf", "file 'a?.pdf': its name is no UTF-8: rename it",
                     id="half of a letter"),
        pytest.param("a\udfff", "file 'a?': its name is no UTF-8: rename it",
                     id="the other half of one"),
    ],
)  # fmt: skip
def test_a_name_that_is_refused(given_name: str, complaint: str) -> None:
    with pytest.raises(RefusedError) as caught:
        file_name(given_name)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(("length", "told"), [(60, "x" * 59 + ":"), (61, "x" * 60 + "…")])
def test_a_long_name_is_not_told_whole(length: int, told: str) -> None:
    with pytest.raises(RefusedError) as caught:
        file_name("x" * (length - 1) + ":")
    assert str(caught.value).startswith(f"file '{told}': its name has a :")


@given(st.text())
def test_a_name_that_is_kept_once_is_kept_again(text: str) -> None:
    try:
        name = file_name(text)
    except RefusedError:
        return
    assert file_name(name) == name
    assert not {"/", "\\", "\x00", "\u202e"} & set(name)
    assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("form.pdf", ".pdf"),
        ("FORM.PDF", ".pdf"),
        ("FORM.DOCX", ".docx"),
        ("form.tar.gz", ".gz"),
        ("form", ""),
        ("form.", ""),
        ("form.exe . .", ".exe"),
        (".bat", ".bat"),
        ("", ""),
    ],
)
def test_what_a_name_ends_in(name: str, found: str) -> None:
    assert ending(name) == found
