"""The job that tells others by webhooks of what happened."""

from __future__ import annotations

from exempt.errors import SettingsError
from exempt.services import events_out
from exempt.services.running import Ended
from exempt.wiring import Exempt


def send_events(exempt: Exempt) -> Ended:
    """Send what is due; it comes again when something is due next.

    Raises:
        SettingsError: What seals secrets is not installed.
    """
    at = exempt.clock()
    with exempt.store.reading() as tx:
        due = tx.events.next_due()
    if due is None or due > at:
        return Ended(next_at=due)
    try:
        from exempt.adapters.posting import HttpPoster  # noqa: PLC0415 - only with endpoints
        from exempt.adapters.sealing import SecretKeys  # noqa: PLC0415 - an extra
        from exempt.wiring.keys import secret_key  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        msg = "webhooks cannot be signed here: install exempt[web] where the worker runs"
        raise SettingsError(msg) from None
    poster = HttpPoster(map(str, exempt.settings.file.web.events_to))
    try:
        keys = SecretKeys(secret_key(exempt))
        next_at = events_out.send_due(exempt.store, keys, poster, exempt.clock)
    finally:
        poster.close()
    return Ended(next_at=next_at)
