"""The guide of log, metrics, alerts and traces says what the code does."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("prometheus_client", reason="the extra web is not installed")

from exempt.adapters.metrics import METRICS
from exempt.adapters.observing import OUTCOMES
from exempt.model.pushing import Outcome
from exempt.services.job_ports import JobKind
from exempt.services.telling import about
from exempt.wiring import tracing
from exempt.wiring.logs import Json, Text

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to" / "observe.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_metric_is_in_the_table_with_its_labels() -> None:
    rows = re.findall(r"^\| `(exempt_\w+)` \|([^|]*)\|", PAGE, re.MULTILINE)
    in_table = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    assert in_table == {name: labels for name, (_, labels) in METRICS.items()}


@pytest.mark.parametrize(
    ("label", "values"),
    [
        pytest.param("kind", [kind.value for kind in JobKind], id="kinds"),
        pytest.param("outcome", OUTCOMES, id="outcomes"),
        pytest.param(
            "result",
            ["record", "deleted", "rejected", "event", *(outcome.value for outcome in Outcome)],
            id="results",
        ),
    ],
)
def test_every_value_of_a_label_is_named(label: str, values: list[str]) -> None:
    _, said = " ".join(PAGE.split()).split(f"`{label}` is ", 1)
    said = re.split(r"`\w+` is |Beside", said)[0]
    assert set(re.findall(r"`(\w+)`", said)) == set(values)


def rules() -> list[dict[str, Any]]:
    yaml = pytest.importorskip("yaml")
    for block in blocks("yaml"):
        read = yaml.safe_load(block)
        if "groups" in read:
            return [rule for group in read["groups"] for rule in group["rules"]]
    raise AssertionError


def test_there_are_three_rules_and_each_says_what_is_wrong() -> None:
    assert [rule["alert"] for rule in rules()] == [
        "ExemptDoesNoWork",
        "ExemptConnectionBehind",
        "ExemptNeedsAPerson",
    ]
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"]["summary"].endswith(".")


def test_rules_name_metrics_and_labels_that_there_are() -> None:
    for rule in rules():
        named = re.findall(r"(exempt_\w+)(?:\{(\w+)=\"\w+\"\})?", rule["expr"])
        assert named
        for name, label in named:
            assert name in METRICS
            assert not label or label in METRICS[name][1]
        for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
            assert f"by ({label})" in rule["expr"], "else it is not in what the rule gives"


def test_the_lines_of_the_log_are_as_it_writes_them() -> None:
    at = dt.datetime(2026, 11, 20, 12, 0, 4, 512_000, dt.UTC).timestamp()
    fields = {"msg": "done", "name": "exempt.jobs", "levelname": "INFO", "seconds": 0.93}
    record = logging.makeLogRecord({"created": at, **fields})
    with about(job="pull:erp", connection="erp"):
        (text,) = [block for block in blocks("text") if "exempt.jobs" in block]
        assert Text({"worker": "main"}).format(record) == text.strip()
        (as_json,) = blocks("json")
        assert Json({"worker": "main"}).format(record) == as_json.strip()
    assert json.loads(as_json)


def test_the_variables_of_traces_are_those_that_are_looked_at() -> None:
    assert tracing.ENDPOINTS[1] in PAGE
    assert f"at most {tracing.PATIENCE:g} seconds" in PAGE
