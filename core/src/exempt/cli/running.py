"""Run a worker, a web server, or both, until a signal or the worker itself ends them."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from exempt.wiring import Exempt
from exempt.wiring.worker import Why, Worker


def run_all(exempt: Exempt, name: str) -> NoReturn:
    """``exempt run``."""
    run_worker(exempt, name)


def run_worker(exempt: Exempt, name: str) -> NoReturn:
    """``exempt worker``."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    worker = Worker(exempt, name)
    _on_signals(worker.stop)
    _end(worker.run())


def _on_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT end it in good order; the second one at once."""

    def handle(number: int, _frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop).start()  # it takes locks that may be held right now

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def _end(why: Why) -> NoReturn:
    """End the process, whatever a connector is still at, or start it anew in its place."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if why is Why.ANEW:
        os.execv(sys.executable, [sys.executable, "-m", "exempt", *sys.argv[1:]])  # noqa: S606
    os._exit(0)
