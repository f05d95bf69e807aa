"""A collector of traces on loopback, as OpenTelemetry's protocol over HTTP has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Collector:
    """What came to it.

    Attributes:
        spans: Each span, with ``resource`` and ``attributes`` as mappings.
        bodies: What was sent, as it came.
        silent: It takes what is sent, and never answers.
    """

    url: str = ""
    spans: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    silent: threading.Event | None = None

    def take(self, body: bytes) -> None:
        """Read what was sent."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        {
                            "name": span.name,
                            "resource": of,
                            "attributes": _values(span.attributes),
                            "id": span.span_id,
                            "parent": span.parent_span_id,
                            "failed": span.status.code == 2,
                        }
                    )
        self.asked.set()


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value for each in attributes}


@contextmanager
def collecting(*, silent: bool = False) -> Iterator[Collector]:
    """A collector that runs."""
    collector = Collector(silent=threading.Event() if silent else None)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            if collector.silent is not None:
                collector.silent.wait(30)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            if collector.silent is not None:
                collector.silent.set()
            server.shutdown()
            thread.join()
