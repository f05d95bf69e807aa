"""Try out settings: those of a connection, or of a file of their own."""

from __future__ import annotations

from collections.abc import Sequence

from exempt.cli.base import State
from exempt.cli.connectors_file import in_the_file, load_settings
from exempt.cli.connectors_trial import trial_of
from exempt.cli.connectors_view import show_json, show_trial
from exempt.errors import ExemptError, SettingsError
from exempt.model.fetching import FetchRequest, Stream
from exempt.rules.lookback import EVERYTHING
from exempt.wiring import Exempt, utc_now


def try_out(
    state: type[State], given: str, names: Sequence[str], rows: int, *, as_json: bool
) -> int:
    """``exempt connectors try``; 1 where something must be mended."""
    streams = [_stream(each) for each in names]
    loaded, name = load_settings(given, state.settings)
    exempt = Exempt(loaded, clock=state.now or utc_now)
    try:
        connection = exempt.open(name)
    except ExemptError as error:
        raise SettingsError(in_the_file(str(error), name, loaded)) from None
    configured = loaded.file.connections[name]
    try:
        since = None if configured.since == EVERYTHING else configured.since
        request = FetchRequest(since=since, page_size=rows)
        trial = trial_of(connection, configured.connector, streams, request)
    finally:
        connection.close()
    show = show_json if as_json else show_trial
    show(trial, connection.redacted)
    return 1 if trial.failed else 0


def _stream(name: str) -> Stream:
    try:
        return Stream(name)
    except ValueError:
        msg = f"--stream {name}: is none of {', '.join(Stream)}"
        raise SettingsError(msg) from None
