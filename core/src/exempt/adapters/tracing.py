"""Traces by OpenTelemetry: a span for each job, and for each hook called in it.

A span names kinds and connections, and of an error its class. Nothing that a
remote or a customer said is in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, StatusCode

from exempt.adapters.observing import Going

_KINDS = {"hook": SpanKind.CLIENT, "job": SpanKind.INTERNAL}


class Traces:
    """The traces of this process.

    They go by a provider of their own: what other libraries trace stays out.

    Args:
        processor: Takes spans that ended.
        name: The worker's.
        version: Of Exempt.
    """

    def __init__(self, processor: SpanProcessor, name: str, version: str) -> None:
        ours = {
            "service.name": "exempt",
            "service.instance.id": name,
            "service.version": version,
        }
        # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes first.
        resource = Resource.create(ours).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("exempt", version)

    @contextmanager
    def watch(self, going: Going) -> Iterator[None]:
        """A span while it goes on."""
        names = {key: value for key, value in going.names.items() if value}
        title = f"{going.what} {names.get('hook') or names.get('kind', '')}"
        with self._tracer.start_as_current_span(
            title,
            kind=_KINDS[going.what],
            attributes={f"exempt.{key}": value for key, value in names.items()},
            record_exception=False,  # it would record what the error says
            set_status_on_exception=False,
        ) as span:
            yield
            span.set_attribute("exempt.outcome", going.outcome)
            if going.failed is not None:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", going.failed.__name__)

    def close(self, seconds: float) -> None:
        """Send what is left, and wait so long for it and no longer."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(seconds)
