"""Traces, where the environment asks for them as OpenTelemetry's own variables do."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version

from exempt.adapters.observing import WATCHERS

_log = logging.getLogger("exempt.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""One of these says where traces go; without one nothing is made and nothing is sent."""

PATIENCE = 5.0
"""Seconds to wait for a collector when the process ends."""

_ends: list[Callable[[], None]] = []


def watch(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send traces of what the worker *name* does, where the environment says; whether it does.

    Whatever is wrong with it is logged, and keeps nobody from work.
    """
    if not asked_for(environ):
        return False
    try:
        # The extra "telemetry", half a second of imports.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        from exempt.adapters.tracing import Traces  # noqa: PLC0415
    except ModuleNotFoundError:
        _log.warning("no traces are sent: install exempt[telemetry], or unset %s", ENDPOINTS[1])
        return False
    try:
        traces = Traces(BatchSpanProcessor(OTLPSpanExporter()), name, version("exempt"))
    except Exception as error:  # noqa: BLE001 - it reads a score of variables
        _log.warning("no traces are sent: %s: see the variables OTEL_…", type(error).__name__)
        return False
    WATCHERS.append(traces.watch)
    # One line for each batch that is lost, and not one for each try.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)

    def end() -> None:
        if traces.watch in WATCHERS:
            WATCHERS.remove(traces.watch)
        traces.close(PATIENCE)

    _ends.append(end)
    return True


def asked_for(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces, by variables that OpenTelemetry defines."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "").strip() not in ("", "otlp"):
        return False
    return any(environ.get(each, "").strip() for each in ENDPOINTS)


def end_watching() -> None:
    """Send what is left; to be called before the process ends."""
    while _ends:
        _ends.pop()()
