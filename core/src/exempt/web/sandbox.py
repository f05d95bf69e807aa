"""The page of a sandbox: its clock, the mails that nobody got, and what its systems were told."""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response

from exempt.errors import RefusedError
from exempt.rules.schedules import seconds
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.site import Mail, Sandbox

pages = Pages()


@pages.get("/sandbox", may=PUBLIC)
def show(call: Call) -> Response:
    """The clock, the mails, and what was written."""
    return _page(call)


@pages.post("/sandbox/clock", may=PUBLIC)
def put_forward(call: Call) -> Response:
    """Put the clock forward."""
    try:
        _sandbox(call).advance(dt.timedelta(seconds=seconds(call.text("by"))))
    except (ValueError, RefusedError) as error:
        return _page(call, 422, wrong=f"{error}")
    return call.go("/sandbox", f"The clock shows {call.site.clock():%B %-d, %Y, %H:%M} UTC.")


def _page(call: Call, status: int = 200, wrong: str = "") -> Response:
    mails, told = _sandbox(call).mails(), _sandbox(call).writes()
    links = [_link(call, mail) for mail in mails]
    at = call.site.clock()
    return call.page(
        "sandbox.html",
        status,
        at=at,
        mails=list(zip(mails, links, strict=True)),
        told={name: sorted(words.items()) for name, words in told.items() if words},
        wrong=wrong,
    )


def _sandbox(call: Call) -> Sandbox:
    assert call.site.sandbox is not None  # noqa: S101 - else there is no such page
    return call.site.sandbox


def _link(call: Call, mail: Mail) -> str | None:
    """The link in a mail that leads here, without the address before it."""
    begins = f"{call.site.url}/"
    words = (word.strip("<>.,") for word in mail.text.split())
    return next((f"/{w.removeprefix(begins)}" for w in words if w.startswith(begins)), None)
