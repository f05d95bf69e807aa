"""What goes on is told as it happens: to few at once, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from exempt.model.access import Role
from exempt.web.console import source_events
from exempt.web.pages import Call
from support.shop import opened
from support.shop_site import ShopSite

V = Role.VIEWER


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_events, "LOOK", 0.001)
    monkeypatch.setattr(source_events, "_OPEN", source_events._Open())
    monkeypatch.setattr(source_events, "still_signed_in", lambda _site, _request: True)


def call(user_id: int = 1, **headers: str) -> Call:
    """A call that wants events."""
    head = {"accept": "text/event-stream"} | {k.replace("_", "-"): v for k, v in headers.items()}
    request, by = SimpleNamespace(headers=head), SimpleNamespace(user_id=user_id)
    return cast("Call", SimpleNamespace(request=request, by=by, site=None))


def stream(whose: Call, parts: Iterator[str]) -> AsyncIterator[Any]:
    answer = source_events.told(whose, lambda: next(parts), "/sources")
    assert isinstance(answer, StreamingResponse)
    assert answer.media_type == "text/event-stream; charset=utf-8"
    return cast("AsyncIterator[Any]", answer.body_iterator)


def events(whose: Call, parts: list[str]) -> list[str]:
    """All that is told while these are what is to be seen, one after the other."""

    async def told() -> list[str]:
        found: list[str] = []
        with pytest.raises(RuntimeError):  # the parts are over
            async for each in stream(whose, iter(parts)):
                found.append(each)  # noqa: PERF401 - what came before the end is wanted
        return found

    return asyncio.run(told())


def test_an_event_is_told_when_something_changed_and_has_an_id() -> None:
    retry, one, two = events(call(), ["<p>1</p>", "<p>1</p>", "<p>2</p>\n<b>3</b>"])
    assert retry == "retry: 3000\n\n"
    assert one.splitlines()[1:] == ["data: <p>1</p>", ""]
    assert two.splitlines()[1:] == ["data: <p>2</p>", "data: <b>3</b>", ""]
    assert one.startswith("id: ")
    assert one.splitlines()[0] != two.splitlines()[0]


def test_who_comes_again_is_told_only_what_is_new() -> None:
    _, first = events(call(), ["a"])
    seen = first.splitlines()[0].removeprefix("id: ")
    assert len(events(call(last_event_id=seen), ["a", "a"])) == 1, "nothing but when to come again"
    assert len(events(call(last_event_id=seen), ["a", "b"])) == 2


def test_a_word_is_sent_when_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_events, "PING", 0.0)
    assert events(call(), ["a", "a", "a"])[2:] == [": still here\n\n"] * 2


def test_it_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_events, "LIFETIME", 0.0)

    async def told() -> list[str]:
        return [each async for each in stream(call(), iter(["a"]))]

    assert asyncio.run(told())[-1] == "event: over\ndata: \n\n"


def test_it_ends_for_who_is_signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_events, "PING", 0.0)
    monkeypatch.setattr(source_events, "still_signed_in", lambda _site, _request: False)

    async def told() -> list[str]:
        return [each async for each in stream(call(), iter(["a"]))]

    assert asyncio.run(told()) == ["retry: 3000\n\n", "event: over\ndata: \n\n"]


def test_one_person_has_few_at_once() -> None:
    async def fill() -> None:
        begun = []
        for _ in range(source_events.A_USER):
            one = stream(call(), iter("aaaaaaaa"))
            await anext(one)
            begun.append(one)
        with pytest.raises(HTTPException) as raised:
            stream(call(), iter("a"))
        assert raised.value.status_code == 429
        stream(call(user_id=2), iter("a"))
        await begun[0].aclose()  # type: ignore[attr-defined]
        stream(call(), iter("a"))

    asyncio.run(fill())


def test_a_call_that_lasts_is_no_sign_of_life(tmp_path: Path) -> None:
    from exempt.services import sessions

    house = opened(tmp_path)
    with closing(house.exempt):
        site = ShopSite(house)
        (token,) = site.cookies(V).values()
        before = site.contents()
        later = house.exempt.clock() + site.site.session_idle / 2
        lasting = sessions.Lasting(site.site.session_idle, site.site.session_length)
        assert sessions.known(house.exempt.store, token, lasting, later) is not None
        assert site.contents() == before
        assert sessions.current(house.exempt.store, token, lasting, later) is not None
        assert site.contents() != before
