"""``exempt run`` as its operators see it: a log by lines, metrics, and traces that arrive."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="the extra web is not installed")
pytest.importorskip("opentelemetry.sdk", reason="the extra telemetry is not installed")

from exempt_erp_generic import sandbox as erp
from support.collector import Collector, collecting
from support.daemon import Daemon, Process
from support.front import fronts


class Observed:
    """A daemon with an ERP that works and one that is down, and what is seen of it."""

    def __init__(self, daemon: Daemon, collector: Collector) -> None:
        self.daemon, self.collector = daemon, collector
        self.process: Process = daemon.begin("run", "--listen", "127.0.0.1:0", log="run", wait=True)
        daemon.until(lambda: daemon.succeeded("pull:good"))
        daemon.until(lambda: daemon.one("SELECT failures FROM job WHERE name = 'pull:down'"))

    def scrape(self) -> str:
        found = re.search(r"Listens at (\S+?):? ", self.process.said)
        assert found, self.process.said
        with urllib.request.urlopen(f"{found[1]}/metrics", timeout=10) as answer:
            return str(answer.read().decode())


@pytest.fixture
def observed(tmp_path: Path, database_url: str) -> Iterator[Observed]:
    with fronts(erp.Books(), erp.Books()) as (good, down), collecting() as collector:
        down.down()
        connections = {
            name: {"connector": "erp_generic", "settings": front.settings}
            for name, front in (("good", good), ("down", down))
        }
        environment = {
            "EXEMPT_SANDBOX_ERP_KEY": erp.KEY,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        log = {"log": "json"}
        with Daemon(tmp_path / "work", database_url, connections, environment, daemon=log) as made:
            yield Observed(made, collector)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_operator_sees_what_goes_on(observed: Observed) -> None:
    metrics = observed.scrape()
    assert 'exempt_job_seconds_count{connection="good",kind="pull",outcome="ok"}' in metrics
    assert 'exempt_job_seconds_count{connection="down",kind="pull",outcome="transient"}' in metrics
    assert 'exempt_job_failures{connection="down",kind="pull"} 1.0' in metrics
    assert 'exempt_worker_last_tick_timestamp_seconds{worker="main"}' in metrics
    assert observed.process.stop() == 0

    spans = observed.collector.spans
    pulls = {s["attributes"]["exempt.connection"]: s for s in spans if s["name"] == "job pull"}
    assert not pulls["good"]["failed"]
    assert pulls["down"]["attributes"]["error.type"] == "TransientError"
    assert any(
        span["name"] == "hook fetch_orders" and span["parent"] == pulls["good"]["id"]
        for span in spans
    )
    assert {span["resource"]["service.instance.id"] for span in spans} == {"main"}

    *_, last = lines = [
        json.loads(line)
        for line in observed.process.said.splitlines()
        if line.startswith("{")  # else it is said to whoever started it
    ]
    assert {line["worker"] for line in lines} == {"main"}
    done = [line for line in lines if line.get("job") == "pull:good"]
    assert done[-1]["message"] == "done"
    assert done[-1]["connection"] == "good"
    failed = [line for line in lines if line.get("job") == "pull:down"]
    assert failed[-1]["level"] == "WARNING"
    assert last["message"] == "worker main ends: it was told to stop"

    everything = observed.process.said.encode() + b"".join(observed.collector.bodies)
    assert erp.KEY.encode() not in everything + metrics.encode()
