"""Run a worker, a web server, or both, until a signal or the worker itself ends them."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from exempt.cli.output import say
from exempt.errors import RefusedError
from exempt.wiring import Exempt
from exempt.wiring.logs import begin_logging
from exempt.wiring.tracing import end_watching, watch
from exempt.wiring.worker import Why, Worker, prepared

if TYPE_CHECKING:
    from exempt.web.serving import Server
    from exempt.web.site import Sandbox

LOOK_EVERY = 5.0
"""Seconds between two looks at the connections that were made elsewhere."""

_WEB = ("cryptography", "fastapi", "httptools", "starlette", "uvicorn")


def run_all(exempt: Exempt, name: str, listen: str | None) -> NoReturn:
    """``exempt run``."""
    server = server_for(listen or exempt.settings.file.daemon.listen, "exempt run")
    _work(exempt, name, server, hooks=True)


def run_worker(exempt: Exempt, name: str, listen: str | None) -> NoReturn:
    """``exempt worker``."""
    server = None if listen is None else server_for(listen, "exempt worker --listen")
    _work(exempt, name, server, hooks=False)


def run_web(exempt: Exempt, listen: str | None) -> NoReturn:
    """``exempt web``."""
    server = server_for(listen or exempt.settings.file.daemon.listen, "exempt web")
    from exempt.wiring.web import Receivers, app_of  # noqa: PLC0415 - an extra

    begin_logging(exempt)
    watch("web")
    stopped = threading.Event()
    why = Why.STOPPED

    def died() -> None:
        nonlocal why
        why = Why.ANEW
        stopped.set()

    with ExitStack() as stack:
        stack.callback(prepared(exempt).close)
        receivers = Receivers(exempt, lambda _name: None)
        stack.callback(receivers.close)
        stack.callback(server.close)
        server.start(app_of(exempt, receivers, server.url), died)
        _on_signals(stopped.set)
        _say_where(server, hooks=True)
        _say_welcome(exempt, server)
        while not stopped.wait(LOOK_EVERY):
            _look_at_connections(exempt)
    _end(why)


def _look_at_connections(exempt: Exempt) -> None:
    try:
        exempt.connections.look()
    except Exception:
        logging.getLogger("exempt.web").debug("connections were not looked at", exc_info=True)


def run_sandbox(exempt: Exempt, server: Server, sandbox: Sandbox) -> NoReturn:
    """Run everything, with what a *sandbox* adds to it."""
    _work(exempt, "sandbox", server, hooks=True, sandbox=sandbox)


def _work(
    exempt: Exempt,
    name: str,
    server: Server | None,
    *,
    hooks: bool,
    sandbox: Sandbox | None = None,
) -> NoReturn:
    """Do jobs, and serve meanwhile; when it is to end, the web server takes no more first."""
    begin_logging(exempt, name)
    watch(name)
    worker = Worker(exempt, name)

    def stop() -> None:
        if server is not None:
            server.stop()
        worker.stop()

    with ExitStack() as stack:
        if server is not None:
            served = _Served(exempt, server, hooks, sandbox)
            _serve(served, stack, died=lambda: worker.stop(Why.ANEW))
        _on_signals(stop)
        why = worker.run()
    _end(why)


class _Served(NamedTuple):
    """What is served beside a worker."""

    exempt: Exempt
    server: Server
    hooks: bool
    sandbox: Sandbox | None


def _serve(served: _Served, stack: ExitStack, died: Callable[[], None]) -> None:
    """Serve until *stack* is closed; webhooks are followed at once, since the worker is here."""
    from exempt.wiring.express import Express  # noqa: PLC0415 - not without a web server
    from exempt.wiring.web import Receivers, app_of  # noqa: PLC0415 - an extra

    exempt, server, hooks, sandbox = served
    receivers = None
    if hooks:
        express = Express(exempt)
        stack.callback(express.close)
        receivers = Receivers(exempt, express.follow)
        stack.callback(receivers.close)
    stack.callback(server.close)
    server.start(app_of(exempt, receivers, server.url if hooks else None, sandbox), died)
    _say_where(server, hooks=hooks)
    if hooks:
        _say_welcome(exempt, server)


def server_for(address: str, command: str) -> Server:
    """A web server that is to listen at *address*, which is its own from now on.

    Raises:
        RefusedError: Somebody else listens there, or what serves is not installed.
    """
    if not all(importlib.util.find_spec(name) for name in _WEB):
        msg = (
            f"{command} needs a web server: install exempt[web]; exempt worker --id NAME does jobs"
            " without one"
        )
        raise RefusedError(msg)
    from exempt.web.serving import Server  # noqa: PLC0415 - an extra

    return Server(address)


def _say_where(server: Server, *, hooks: bool) -> None:
    all_of_it = "the pages, the API at /api/v1, webhooks at /hooks/CONNECTION, health, metrics"
    served = all_of_it if hooks else "health and metrics"
    say(f"Listens at {server.url}: {served}.", wrap=False)


def _say_welcome(exempt: Exempt, server: Server) -> None:
    """Where there is no administrator yet, how somebody becomes the first one."""
    from exempt.wiring.access import first_link  # noqa: PLC0415 - an extra

    link = first_link(exempt, server.url)
    if link is not None:
        say("There is no administrator yet. Whoever opens this within an hour becomes the first:")
        say(link, wrap=False)


def _on_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT end it in good order; the second one at once."""

    def handle(number: int, _frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop).start()  # it takes locks that may be held right now

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def _end(why: Why) -> NoReturn:
    """End the process, whatever a connector is still at, or start it anew in its place."""
    end_watching()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if why is Why.ANEW:
        os.execv(sys.executable, [sys.executable, "-m", "exempt", *sys.argv[1:]])  # noqa: S606
    os._exit(0)
