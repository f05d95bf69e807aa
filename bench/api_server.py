"""One contender of `bench/api.py`: serves on a free port, says which, and ends with its input."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

from exempt.adapters.store.asking import Asking
from exempt.adapters.store.database import Database, run
from exempt.adapters.store.quick import QuickAsking
from exempt.model.access import Caller, Right
from exempt.model.asking import Question
from exempt.services.deciding import Terms, ask
from exempt.services.policy import Policy
from exempt.web.deciding import Deciding, Decisions
from exempt.web.limiting import Limiter
from exempt.web.serving import Server

CALLER = Caller("api:bench", frozenset(Right), key_id=1)
TERMS = Terms(Policy(), lambda: dt.datetime.now(dt.UTC))


async def hello(_scope: Any, receive: Any, send: Any) -> None:
    """The limit: the same server, which says the same few bytes to everybody."""
    await receive()
    body = b'{"hello": "world"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def exempt(path: Path) -> Any:
    """Ours, with an API key that is looked up as in service."""
    limiter = Limiter(1_000_000_000)
    deciding = Deciding(TERMS, QuickAsking(path), lambda _key: CALLER, limiter)
    return Decisions(deciding, hello)


def fastapi(path: Path) -> Any:
    """The peer: FastAPI's plain ``def`` with the same queries and the same rule."""
    from fastapi import FastAPI  # noqa: PLC0415 - of this contender alone

    app = FastAPI()
    database = Database(f"sqlite:///{path}")

    @app.post("/api/v1/decisions")
    def decide(question: Question) -> Any:
        with database.reading() as connection:
            asking = Asking(lambda sql, values: run(connection, sql, *values))
            return ask(asking, question, TERMS, CALLER)

    decide.__annotations__["question"] = Question
    return app


def main() -> None:
    """Serve until the input ends."""
    kind, path = sys.argv[1], Path(sys.argv[2])
    server = Server("127.0.0.1:0")
    app = hello if kind == "hello" else {"exempt": exempt, "fastapi": fastapi}[kind](path)
    server.start(app)
    print(server.url, flush=True)
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()
