"""The process that looks into a file: what it may use, and that nobody believes what it says."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from exempt.adapters.papers import inspector as module
from exempt.adapters.papers import limits
from exempt.adapters.papers.inspector import ProcessInspector
from exempt.model.paper import Refusal
from exempt.services.papers import PaperRefused
from support import hostile_papers as made
from support.paper_desk import PaperDesk

PDF_SEEN = '{"pages": 1, "removed": []}'


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Lines of a program that runs in place of the worker."""
    lines: list[str] = []

    class Program(ProcessInspector):
        def _process(self, command: list[str], *more: object) -> tuple[int, bytes]:
            path = tmp_path / "program.py"
            path.write_text("\n".join(lines), encoding="utf-8")
            at = command.index("-m")
            changed = [*command[:at], str(path), *command[at + 2 :]]
            return super()._process(changed, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "ProcessInspector", Program)
    return lines


@pytest.fixture
def strange(other: list[str]) -> Iterator[PaperDesk]:
    """A desk whose inspector runs those lines."""
    with ExitStack() as stack:
        yield PaperDesk(module.ProcessInspector(deadline=5), stack)


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        pytest.param(["print('nonsense')"], Refusal.CORRUPT, id="no JSON"),
        pytest.param(["print('[1]')"], Refusal.CORRUPT, id="no object"),
        pytest.param(["print('{}')"], Refusal.CORRUPT, id="without what was asked"),
        pytest.param(['print(\'{"pages": 51, "removed": []}\')'], Refusal.CORRUPT, id="pages"),
        pytest.param(['print(\'{"refused": "drop table"}\')'], Refusal.CORRUPT, id="a reason"),
        pytest.param(['print(\'{"refused": "pixels"}\')'], Refusal.PIXELS, id="a known reason"),
        pytest.param([f"print('{PDF_SEEN}')", "raise SystemExit(3)"], Refusal.CORRUPT, id="fails"),
        pytest.param(["import no_such_extra"], Refusal.UNCHECKED, id="it is not installed"),
        pytest.param(["while True: print('x' * 1000)"], Refusal.TOO_COMPLEX, id="endless words"),
        pytest.param(
            ["import os, signal", "os.kill(os.getpid(), signal.SIGSEGV)"],
            Refusal.CORRUPT,
            id="it crashes",
        ),
        pytest.param(
            ["import os", "os.abort()"], Refusal.TOO_COMPLEX, id="it gives up without memory"
        ),
    ],
)
def test_what_the_process_says_is_checked(
    other: list[str], strange: PaperDesk, lines: list[str], refusal: Refusal
) -> None:
    other += lines
    with pytest.raises(PaperRefused) as refused:
        strange.look(made.pdf())
    assert refused.value.refusal is refusal


@pytest.mark.parametrize(
    "said", ["{}", '{"sizes": [1, 2, 3]}', '{"sizes": [1, 2, 3, 99999]}', '{"sizes": [0, 1, 1, 1]}']
)
def test_what_it_says_of_pictures_is_checked(
    other: list[str], strange: PaperDesk, said: str
) -> None:
    other += [f"print('{said}')"]
    empty = strange.file(), strange.file(), strange.file()
    with pytest.raises(PaperRefused):
        strange.inspector.draw(empty[0], "application/pdf", 1, *empty[1:])


def test_a_process_without_an_end_is_ended(other: list[str]) -> None:
    other += ["import threading", "threading.Event().wait()"]
    with ExitStack() as stack:
        desk = PaperDesk(module.ProcessInspector(deadline=0.3), stack)
        with pytest.raises(PaperRefused) as refused:
            desk.look(made.pdf())
    assert refused.value.refusal is Refusal.TOO_COMPLEX


def test_the_process_has_limits_and_no_environment(
    other: list[str], strange: PaperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEMPT_SECRET", "canary")
    other += [
        "import json, os, resource, sys",
        "from exempt.adapters.papers import limits",
        "limits.give_up()",
        "names = [name for name in dir(resource) if name.startswith('RLIMIT_')]",
        "now = {name: resource.getrlimit(getattr(resource, name)) for name in names}",
        "told = [now, dict(os.environ), os.listdir('/proc/self/fd'), sys.flags.isolated]",
        "os.write(int(sys.argv[-1]), json.dumps(told).encode())",
        f"print('{PDF_SEEN}')",
    ]
    now, environ, handles, isolated = json.loads(strange.look(made.pdf()).copy)
    assert now["RLIMIT_AS"] == [limits.MEMORY] * 2 == [768 * 1024 * 1024] * 2
    assert now["RLIMIT_CPU"] == [20, 20]
    assert now["RLIMIT_FSIZE"] == [80 * 1024 * 1024] * 2
    assert now["RLIMIT_NOFILE"] == [64, 64]
    assert now["RLIMIT_CORE"] == [0, 0]
    assert "canary" not in str(environ)
    assert "PATH" not in environ
    assert len(handles) == 5  # input, answer, errors, the copy; and the folder that was listed
    assert isolated


MEASURED = """
import json, resource, sys
from contextlib import ExitStack
from pathlib import Path

from exempt.adapters.papers.inspector import ProcessInspector
from exempt.services.papers import PaperRefused
from support.paper_desk import PaperDesk

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ExitStack() as stack:
    desk = PaperDesk(ProcessInspector(), stack)
    looked = desk.look(Path(sys.argv[1]).read_bytes())
    try:
        desk.draw(looked)
        refusal = None
    except PaperRefused as refused:
        refusal = refused.refusal
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([len(looked.copy), refusal, grown, largest]))
"""
"""For a small process: what one starts counts as large as itself, until it runs its program."""


def test_two_hundred_megabytes_in_a_small_file_harm_nobody(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(made.packed_bomb())
    measured = subprocess.run(
        [sys.executable, "-c", MEASURED, str(bomb)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
    )
    copied, refusal, grown, largest = json.loads(measured.stdout)
    assert copied < 1_000_000
    assert refusal == Refusal.TOO_COMPLEX
    assert grown < 64 * 1024  # kilobytes
    assert 0 < largest <= 800 * 1024


def test_so_many_at_once_and_the_next_is_told_to_come_again(
    other: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    other += ["import threading", "threading.Event().wait()"]
    began = time.monotonic()
    with ExitStack() as stack:
        desk = PaperDesk(module.ProcessInspector(deadline=2, patience=0.05), stack)
        said: list[Refusal] = []

        def look() -> None:
            try:
                desk.look(made.pdf())
            except PaperRefused as refused:
                said.append(refused.refusal)

        both = [threading.Thread(target=look) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
    assert sorted(said) == [Refusal.TOO_COMPLEX, Refusal.UNCHECKED]
    assert time.monotonic() - began < 20


def test_a_process_that_cannot_be_started(desk: PaperDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(PaperRefused) as refused:
        desk.look(made.pdf())
    assert refused.value.refusal is Refusal.UNCHECKED


def test_the_original_is_only_read(desk: PaperDesk) -> None:
    content = made.changed(made.script)
    original = desk.file(content)
    desk.inspector.look(original, desk.file())
    original.seek(0)
    assert original.read() == content
    assert io.BytesIO(content).read(5) == b"%PDF-"
