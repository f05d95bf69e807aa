"""The sandbox's ERP behind a door at which things go wrong: refused, cut, limited, held up."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from exempt_erp_generic import sandbox as erp
from exempt_erp_generic.sandbox import server as sandbox_server

LONGEST = 60.0
"""Seconds that an answer is held up at most."""


@dataclass(frozen=True)
class Answer:
    """What is answered in place of the ERP; status 0 cuts the line."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    done_first: bool = False


CUT = Answer()
CUT_WHEN_DONE = Answer(done_first=True)

Fault = Callable[[str, str], Answer | None]
"""Called with method and path of each call; None lets it through."""


def let_through(_method: str, _path: str) -> Answer | None:
    """No fault."""
    return None


@dataclass
class Held:
    """An answer that is ready and does not go out."""

    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Wait to be let go."""
        self.reached.set()
        self._released.wait(LONGEST)

    def release(self) -> None:
        """Let it go, and all that come after."""
        self._released.set()


class Front:
    """An ERP at an address of its own, which it keeps while it is down.

    Attributes:
        calls: Method and path of each call that came in, oldest first.
        fault: What goes wrong now.
    """

    def __init__(self, books: erp.Books) -> None:
        self.books = books
        self.calls: list[tuple[str, str]] = []
        self.fault: Fault = let_through
        self.replies: dict[str, Any] = {}
        self._holds: list[tuple[str, str, int, Held]] = []
        self._mutex = threading.Lock()
        self._server = _Server(self, 0)
        self._thread: threading.Thread | None = None
        self.port = self._server.server_port

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a connection to it."""
        return erp.settings_for(f"http://127.0.0.1:{self.port}/api")

    def up(self) -> None:
        """Take calls."""
        self._server.server_activate()
        arguments = (0.05,)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=arguments, daemon=True
        )
        self._thread.start()

    def down(self) -> None:
        """Refuse connections, and cut those that there are at their next call."""
        self.close()
        self._server = _Server(self, self.port)  # bound, so that nobody else takes the port

    def close(self) -> None:
        """Give up the address."""
        self._server.over = True
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def hold(self, method: str, part: str, nth: int = 1) -> Held:
        """Hold up the answer of the *nth* call from now on whose path has *part*."""
        held = Held()
        self._holds.append((method, part, nth, held))
        return held

    def release(self) -> None:
        """Let go of all answers that are held up."""
        for *_, held in self._holds:
            held.release()

    def came(self, method: str, path: str) -> Held | None:
        """Note a call; what it is to wait for once it is carried out."""
        with self._mutex:
            self.calls.append((method, path))
            for at, (of, part, left, held) in enumerate(self._holds):
                if of == method and part in path:
                    self._holds[at] = (of, part, left - 1, held)
                    if left <= 1:
                        return held
        return None

    def muddle(self, at: dt.datetime) -> int:
        """Let a colleague free the orders of tax that Exempt wrote to; how many there are.

        It is done *at* that moment by the clock of the ERP, unless that is later already.
        """
        wrong = {"taxable": False, "exempt_percent": 100}
        with self.books.lock:
            self.books._now = max(self.books._now, at)
            orders = {change.no for change in self.books.journal if change.stream == "orders"}
            for no in sorted(orders):
                self.books.write("orders", no, wrong)
        return len(orders)

    def written(self) -> list[tuple[str, str | None]]:
        """What Exempt wrote: of what, and with which key."""
        return [(change.no, change.key) for change in [*self.books.journal] if change.key]

    def count(self, method: str, part: str = "") -> int:
        """How many calls came in."""
        return sum(1 for of, path in [*self.calls] if of == method and part in path)


class _Server(sandbox_server._Server):
    def __init__(self, front: Front, port: int) -> None:
        super(sandbox_server._Server, self).__init__(
            ("127.0.0.1", port), _Handler, bind_and_activate=False
        )
        self.books, self.key, self.replies = front.books, erp.KEY, front.replies
        self.front = front
        self.over = False
        self.server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever called was killed: nothing to say."""


class _Handler(sandbox_server._Handler):
    server: _Server

    def _answer(self, handle: Callable[[bytes], Any]) -> None:
        if self.server.over:
            self.close_connection = True
            return
        held = self.server.front.came(self.command, self.path)
        answer = self.server.front.fault(self.command, self.path)
        if answer is None:
            super()._answer(handle)
            if held is not None:  # what is written stays in the buffer meanwhile
                held.wait()
        elif answer.status:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            if answer.done_first:
                self.wfile, written = io.BytesIO(), self.wfile
                super()._answer(handle)
                self.wfile = written
            self.close_connection = True


@contextlib.contextmanager
def fronts(*all_books: erp.Books) -> Iterator[list[Front]]:
    """An ERP with each of the books, all of them up."""
    made = [Front(books) for books in all_books]
    try:
        for front in made:
            front.up()
        yield made
    finally:
        for front in made:
            front.release()
            front.close()
