"""One request on the command line."""

from __future__ import annotations

import datetime as dt

from exempt.cli.output import print_facts, print_json, print_table, say
from exempt.cli.show import states
from exempt.services.request_views import RequestView, view
from exempt.wiring import Exempt


def show(exempt: Exempt, request_id: int, *, as_json: bool) -> None:
    """``exempt requests show``."""
    seen = view(exempt.store, request_id, exempt.clock())
    if as_json:
        print_json(_told(seen))
        return
    request = seen.request
    say(f"Request {request.id} to {request.customer_name}", "bold")
    print_facts(
        (name, value)
        for name, value in (
            ("status", seen.state.value.replace("_", " ")),
            ("states", states(request.jurisdictions)),
            ("reasons", ", ".join(request.reasons)),
            ("sent to", request.recipient),
            ("made", f"{request.created_at:%Y-%m-%d %H:%M} by {request.made_by or 'exempt'}"),
            ("by", request.way),
            ("links until", _moment(request.expires_at)),
            ("opened", _moment(request.opened_at)),
            ("submitted", _moment(request.submitted_at)),
            ("closed", _moment(request.closed_at)),
            ("came back", request.bounce or ""),
            ("message", request.message),
        )
        if value
    )
    if seen.mails:
        print_table(
            "Mails",
            ("Delivery", "When", "What", "To", "State", "Said"),
            [
                (m.delivery_id, _moment(m.done_at or m.owed_at), m.purpose.value, m.to,
                 m.state.value, m.message)
                for m in seen.mails
            ],
            right=(0,),
        )  # fmt: skip
    if seen.sent:
        print_table(
            "Sent in",
            ("Submission", "When", "State", "Certificate"),
            [(s.id, _moment(s.submitted_at), s.state.value, s.certificate_id) for s in seen.sent],
            right=(0,),
        )
    for change in seen.changes:
        say(f"  {change.changed_at:%Y-%m-%d %H:%M}  {change.changed_by}: {change.new}")


def _moment(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _told(seen: RequestView) -> dict[str, object]:
    return {
        **seen.request._asdict(),
        "state": seen.state,
        "mails": [mail._asdict() for mail in seen.mails],
        "submissions": seen.sent,
        "changes": seen.changes,
    }
