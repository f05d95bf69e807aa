"""How Exempt is, for whoever watches over it; strangers learn no more than whether it is well."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from exempt.services.health import Health

T = TypeVar("T")

_log = logging.getLogger("exempt.web")

WITHIN = 5.0
"""Seconds that a look may take; who watches gives up about then."""

AT_ONCE = 3
_PASSED_ON = ("forwarded", "via", "x-real-ip")


class Sights(NamedTuple):
    """What there is to see.

    Attributes:
        ping: Raises when the database does not answer.
        health: See `exempt.services.health.look`.
        metrics: The exposition and its media type; None without them.
        token: Whoever has it sees everything from anywhere.
    """

    ping: Callable[[], object]
    health: Callable[[], Health]
    metrics: Callable[[], tuple[bytes, str]] | None = None
    token: SecretStr | None = None


class Looks:
    """The addresses ``/healthz``, ``/readyz`` and ``/metrics``."""

    def __init__(self, sights: Sights) -> None:
        self._sights = sights
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="looks")

    async def healthz(self, _request: Request) -> Response:
        """Whether the process lives and its database answers."""
        try:
            await self._soon(self._sights.ping)
        except Exception as error:  # noqa: BLE001 - the driver's own errors are not known here
            _log.warning("the database does not answer: %s", type(error).__name__)
            return JSONResponse({"status": "database away"}, 503)
        return JSONResponse({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        """Whether the work is done, too; with all there is to tell for who may see it."""
        try:
            health = await self._soon(self._sights.health)
        except Exception as error:  # noqa: BLE001 - the same
            _log.warning("the database does not answer: %s", type(error).__name__)
            told: dict[str, Any] = {"problems": ["the database does not answer"]}
            ready = False
        else:
            told, ready = details(health), health.ready
        shown = told if self._may_see(request) else {}
        status = "ready" if ready else "not ready"
        return JSONResponse({"status": status, **shown}, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Everything that is counted, in Prometheus' form."""
        if not self._may_see(request):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        if self._sights.metrics is None:
            raise HTTPException(404)
        try:
            body, media_type = await self._soon(self._sights.metrics)
        except Exception as error:  # noqa: BLE001 - the same
            _log.warning("there are no metrics: %s", type(error).__name__)
            raise HTTPException(503) from None
        return Response(body, headers={"Content-Type": media_type})

    async def _soon(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.run_in_executor(self._pool, call), WITHIN)

    def _may_see(self, request: Request) -> bool:
        """Whether it is somebody at this machine, or somebody with the token."""
        if _is_at_this_machine(request):
            return True
        token = self._sights.token
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if token is None or kind.lower() != "bearer":
            return False
        sent = given.strip().encode("latin-1")  # as it came
        return hmac.compare_digest(sent, token.get_secret_value().encode())


def _is_at_this_machine(request: Request) -> bool:
    """Whether the call comes from here, and was passed on by no proxy, as far as that shows."""
    passed_on = any(
        name in _PASSED_ON or name.startswith("x-forwarded-") for name in request.headers
    )
    host = _host(request)
    return (
        request.client is not None
        and _is_loopback(request.client.host)
        and (host == "localhost" or _is_loopback(host))
        and not passed_on
    )


def _host(request: Request) -> str:
    """What the caller takes this machine for, without the port."""
    text = request.headers.get("host", "")
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def details(health: Health) -> dict[str, Any]:
    """All of *health* as JSON; spans of time in seconds."""
    return {
        "problems": list(health.problems),
        "version": health.version,
        "workers": [
            {
                "name": worker.name,
                "host": worker.host,
                "memory_bytes": worker.memory,
                "seconds_since_tick": (health.at - worker.ticked_at).total_seconds(),
            }
            for worker in health.workers
        ],
        "waiting": list(health.waiting),
        "waiting_seconds": None if health.waits is None else health.waits.total_seconds(),
        "failing": [
            {"job": job.name, "failures": job.failures, "problem": job.problem}
            for job in health.failing
        ],
        "connections": {
            each.name: {
                "paused": each.paused_reason,
                "paused_by": each.paused_by,
                "read_at": each.read_at.isoformat() if each.read_at else None,
                "owed": each.owed,
                "dead": each.dead,
            }
            for each in health.connections
        },
    }
