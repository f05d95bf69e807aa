"""A virus scanner is asked before anything else; while it does not answer, nothing is taken."""

from __future__ import annotations

import io
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from exempt.adapters.papers.inspector import ProcessInspector
from exempt.adapters.papers.scanning import Clamd, ScanningInspector
from exempt.model.paper import Refusal
from exempt.services.papers import PaperRefused
from support import hostile_papers as made
from support.paper_desk import PaperDesk

# A socket of a file system is no network.
pytestmark = pytest.mark.enable_socket

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Answers as clamd does; `say` changes that.

    Attributes:
        scanned: What it was given.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scanned: list[bytes] = []
        self.say: Callable[[bytes], bytes] = self._verdict
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _verdict(self, content: bytes) -> bytes:
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, suppress(OSError), line.makefile("rb") as given:
                assert given.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack(">I", given.read(4))[0]:
                    content += given.read(size)
                self.scanned.append(content)
                line.sendall(self.say(content))

    def close(self) -> None:
        """Answer no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    """A scanner at a short path."""
    with TemporaryDirectory(dir="/tmp") as folder:
        fake = FakeClamd(Path(folder) / "clamd.ctl")
        yield fake
        fake.close()


@pytest.fixture
def scanned(clamd: FakeClamd) -> Iterator[PaperDesk]:
    """A desk with that scanner."""
    scanner = Clamd(str(clamd.path), patience=5)
    with ExitStack() as stack:
        yield PaperDesk(ScanningInspector(ProcessInspector(), scanner), stack)


def test_what_has_no_virus_is_looked_into(scanned: PaperDesk, clamd: FakeClamd) -> None:
    content = made.noise((2000, 1500))  # more than a piece
    looked = scanned.look(content)
    assert looked.seen.pages == 1
    assert clamd.scanned == [content]
    scanned.draw(looked)


def test_what_has_one_is_refused_and_logged_by_its_name(
    scanned: PaperDesk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(PaperRefused) as refused:
        scanned.look(made.pdf() + EICAR)
    assert refused.value.refusal is Refusal.INFECTED
    assert "Eicar-Test-Signature" in caplog.text
    assert "A virus was found" in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"INSTREAM size limit exceeded. ERROR\0", id="it is too large for it"),
        pytest.param(b"", id="it hangs up"),
        pytest.param(b"x" * 9000, id="it raves"),
    ],
)
def test_without_a_verdict_nothing_is_taken(
    scanned: PaperDesk, clamd: FakeClamd, answer: bytes
) -> None:
    clamd.say = lambda _content: answer
    with pytest.raises(PaperRefused) as refused:
        scanned.look(made.pdf())
    assert refused.value.refusal is Refusal.UNCHECKED


def test_what_a_scanner_calls_a_virus_is_no_line_of_the_log(
    scanned: PaperDesk, clamd: FakeClamd, caplog: pytest.LogCaptureFixture
) -> None:
    clamd.say = lambda _content: b"stream: Evil\r2026 forged \x1b[31m FOUND\0"
    with pytest.raises(PaperRefused):
        scanned.look(made.pdf())
    assert "Evil_2026_forged___31m" in caplog.text


def test_a_scanner_that_is_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PaperRefused) as refused:
        Clamd(str(tmp_path / "no.ctl"))(io.BytesIO(made.pdf()))
    assert refused.value.refusal is Refusal.UNCHECKED
    assert "papers are not taken" in caplog.text


def test_a_scanner_that_is_silent(clamd: FakeClamd) -> None:
    silent = threading.Event()
    clamd.say = lambda _content: (silent.wait(10) and b"") or b""
    with pytest.raises(PaperRefused):
        Clamd(str(clamd.path), patience=0.1)(io.BytesIO(made.pdf()))
    silent.set()
