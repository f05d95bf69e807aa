"""Traces: a span for each job and hook, sent where the environment says and only then."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra telemetry is not installed")

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.observing import WATCHERS, watched
from exempt.adapters.tracing import Traces
from exempt.errors import AuthError
from exempt.wiring import tracing
from support.collector import collecting
from support.fake_connector import FakeConnector, FakeSettings, Remote, info, open_fake

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    yield
    tracing.end_watching()


class Traced:
    """What was traced, in the order it ended."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.traces = Traces(SimpleSpanProcessor(self._kept), "w1", "1.2.3")
        WATCHERS.append(self.traces.watch)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._kept.get_finished_spans()


@pytest.mark.parametrize("patience", [None, 5.0], ids=["waited for", "waited for so long"])
def test_a_job_and_the_hooks_that_it_called(patience: float | None) -> None:
    traced = Traced()
    remote = Remote()
    connection = OpenConnection(
        "erp", info(remote), FakeConnector(remote), FakeSettings(), patience=patience
    )
    with watched("job", kind="pull", connection="erp"):
        connection.check()
        connection.close()
    check, close, job = traced.spans
    assert [span.name for span in traced.spans] == ["hook check", "hook close", "job pull"]
    assert job.attributes == {
        "exempt.kind": "pull",
        "exempt.connection": "erp",
        "exempt.outcome": "ok",
    }
    assert check.attributes == {
        "exempt.hook": "check",
        "exempt.connection": "erp",
        "exempt.outcome": "ok",
    }
    assert (check.kind, job.kind) == (SpanKind.CLIENT, SpanKind.INTERNAL)
    assert job.parent is None
    for span in (check, close):
        assert span.parent is not None
        assert span.parent.span_id == job.context.span_id
        assert span.context.trace_id == job.context.trace_id


def test_a_job_of_all_connections_names_none() -> None:
    traced = Traced()
    with watched("job", kind="daily", connection=""):
        pass
    assert traced.spans[0].attributes == {"exempt.kind": "daily", "exempt.outcome": "ok"}


def test_of_an_error_there_is_its_class_and_nothing_that_it_says() -> None:
    traced = Traced()
    remote = Remote(faults={"check": [AuthError("Anna"), LookupError("Anna")]})
    connection = open_fake("erp", remote)
    for _ in range(2):
        with pytest.raises(Exception, match="Anna"):
            connection.check()
    refused, stray = traced.spans
    assert refused.status.status_code is StatusCode.ERROR
    assert refused.attributes is not None
    assert (refused.attributes["error.type"], refused.attributes["exempt.outcome"]) == (
        "AuthError",
        "config",
    )
    assert stray.attributes is not None
    assert stray.attributes["error.type"] == "LookupError"
    for span in traced.spans:
        assert "Anna" not in span.to_json()
        assert not span.events


def test_who_it_is() -> None:
    traced = Traced()
    with watched("job", kind="daily"):
        pass
    of = traced.spans[0].resource.attributes
    assert (of["service.name"], of["service.instance.id"], of["service.version"]) == (
        "exempt",
        "w1",
        "1.2.3",
    )


def test_who_it_is_may_be_said_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "tax")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=trial")
    traced = Traced()
    with watched("job", kind="daily"):
        pass
    of = traced.spans[0].resource.attributes
    assert (of["service.name"], of["deployment.environment.name"]) == ("tax", "trial")


# --- when they are sent ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "asks"),
    [
        pytest.param({}, False, id="nothing is said"),
        pytest.param({ENDPOINT: " "}, False, id="an empty address"),
        pytest.param({ENDPOINT: "http://x"}, True, id="an address"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True, id="for traces"),
        pytest.param({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, False, id="for others"),
        pytest.param({ENDPOINT: "http://x", "OTEL_SDK_DISABLED": "TRUE"}, False, id="turned off"),
        pytest.param({ENDPOINT: "http://x", "OTEL_TRACES_EXPORTER": "none"}, False, id="no traces"),
        pytest.param({ENDPOINT: "http://x", "OTEL_TRACES_EXPORTER": "otlp"}, True, id="so it is"),
    ],
)
def test_whether_the_environment_asks_for_traces(environ: dict[str, str], asks: bool) -> None:
    assert tracing.asked_for(environ) is asks


def test_nothing_is_made_nor_even_imported_unless_it_is_asked_for() -> None:
    code = (
        "import sys; from exempt.adapters import observing;"
        " from exempt.wiring.tracing import watch;"
        " print(watch('w1'), observing.WATCHERS,"
        " [name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False [] []"


def test_asked_for_and_not_installed_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    assert not tracing.watch("w1", {ENDPOINT: "http://127.0.0.1:1"})
    assert caplog.messages == [
        f"no traces are sent: install exempt[telemetry], or unset {ENDPOINT}"
    ]
    assert not WATCHERS


def test_a_variable_that_is_wrong_keeps_nobody_from_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-1")
    assert not tracing.watch("w1")
    assert caplog.messages == ["no traces are sent: ValueError: see the variables OTEL_…"]


def test_they_arrive_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.url)
        assert tracing.watch("w1")
        open_fake("erp", Remote()).check()
        tracing.end_watching()
        with watched("job", kind="too late"):
            pass
    (span,) = collector.spans
    assert span["name"] == "hook check"
    assert span["resource"]["service.instance.id"] == "w1"
    assert span["attributes"]["exempt.connection"] == "erp"


def test_a_collector_that_does_not_answer_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "PATIENCE", 0.2)
    with collecting(silent=True) as collector:
        monkeypatch.setenv(ENDPOINT, collector.url)
        tracing.watch("w1")
        open_fake("erp", Remote()).check()
        began = time.monotonic()
        tracing.end_watching()
        assert time.monotonic() - began < 5
        assert collector.asked.wait(10), "it was asked"


def test_a_collector_that_is_away_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    assert tracing.watch("w1")
    assert open_fake("erp", Remote()).check().account == "Fake Inc."
    tracing.end_watching()
