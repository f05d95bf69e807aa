"""A line of the log: complete, readable by programs or by people, and never more than one."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from decimal import Decimal
from enum import Enum

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exempt.adapters.logs import LONGEST
from exempt.errors import TransientError
from exempt.services.telling import about
from exempt.wiring.logs import Json, Text
from support.logs import Log
from support.records import NOW, customer

LOG = logging.getLogger("exempt.tested")

ONLY_JSON = pytest.mark.parametrize("log", ["json"], indirect=True)
ONLY_TEXT = pytest.mark.parametrize("log", ["text"], indirect=True)


@ONLY_JSON
def test_a_line_tells_when_what_and_what_it_is_about(log: Log) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with about(job="pull:erp", connection="erp"), about(stream="orders"):
        LOG.warning("%d rows of %s", 3, "Müller", extra={"seconds": 0.25, "outcomes": {"ok": 2}})
    line = log.one()
    at = dt.datetime.fromisoformat(line.pop("time"))
    assert before <= at <= dt.datetime.now(dt.UTC)
    assert at.utcoffset() == dt.timedelta()
    assert line == {
        "level": "WARNING",
        "logger": "exempt.tested",
        "message": "3 rows of Müller",
        "worker": "w1",
        "job": "pull:erp",
        "connection": "erp",
        "stream": "orders",
        "seconds": 0.25,
        "outcomes": {"ok": 2},
    }


@ONLY_TEXT
def test_people_read_the_same(log: Log) -> None:
    with about(job="pull:erp"):
        LOG.info("done", extra={"why": 'he said "no"', "empty": "", "outcomes": {"ok": 2}})
    (line,) = log.lines()
    _, rest = line.split("Z ", 1)
    assert rest == (
        "INFO exempt.tested: done worker=w1 job=pull:erp"
        r' why="he said \"no\"" empty="" outcomes={"ok": 2}'
    )


class Colour(Enum):
    RED = "red"


class Odd:
    def __str__(self) -> str:
        raise RuntimeError


@ONLY_JSON
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(Decimal("1.50"), "1.50", id="an amount"),
        pytest.param(NOW, str(NOW), id="a moment"),
        pytest.param(Colour.RED, "red", id="one of a set"),
        pytest.param(True, True, id="yes"),
        pytest.param(None, None, id="nothing"),
        pytest.param(float("nan"), "nan", id="what JSON has no number for"),
        pytest.param(10**30, str(10**30), id="a number that not all readers hold"),
        pytest.param(10**5000, "int", id="a number that Python does not write"),
        pytest.param(b"\xff\x00", "2 bytes", id="bytes: how many"),
        pytest.param(KeyError("Anna"), "KeyError", id="an error: its kind alone"),
        pytest.param(customer(email="ap@x.example"), "Customer", id="a record: its kind alone"),
        pytest.param(Odd(), "Odd", id="what cannot say what it is"),
        pytest.param({"a": ({"b": [1]},)}, {"a": [{"b": [1]}]}, id="nested"),
        pytest.param([[[[[["x"]]]]]], [[[[[]]]]], id="too deep"),
        pytest.param(range(3), "range(0, 3)", id="something else"),
        pytest.param("x" * (LONGEST + 1), "x" * LONGEST + "…", id="a long text is cut"),
    ],
)
def test_extra_fields_of_any_kind(log: Log, value: object, shown: object) -> None:
    LOG.info("x", extra={"field": value})
    assert log.one()["field"] == shown


@ONLY_JSON
def test_a_field_cannot_pass_for_the_lines_own(log: Log) -> None:
    LOG.info("x", extra={"level": "CRITICAL", "logger": "root", "worker": "w2"})
    line = log.one()
    assert (line["level"], line["level_"]) == ("INFO", "CRITICAL")
    assert (line["logger"], line["logger_"]) == ("exempt.tested", "root")


@given(text=st.text(), field=st.text(), name=st.text(min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@pytest.mark.parametrize("made", [Json, Text])
def test_whatever_is_said_stays_on_one_line(
    made: Callable[[dict[str, str]], logging.Formatter], text: str, field: str, name: str
) -> None:
    record = logging.makeLogRecord({"msg": "%s", "args": (text,), "name": name, "field": field})
    line = made({}).format(record)
    assert len(line.splitlines()) == 1
    assert line.isprintable(), "nothing in it steers a terminal"
    if made is Json:
        assert json.loads(line)["message"] == text.strip()
        assert json.loads(line)["field"] == field


def test_a_message_whose_arguments_do_not_fit_is_still_told(log: Log) -> None:
    LOG.info("%d orders", "no")
    (line,) = log.lines()
    assert "%d orders (its arguments do not fit)" in line


@ONLY_JSON
def test_of_an_error_there_is_its_kind_and_place_and_nothing_that_it_says(log: Log) -> None:
    def fail() -> None:
        try:
            int("Anna Smith")
        except ValueError as error:
            raise LookupError("Anna Smith") from error

    try:
        fail()
    except LookupError:
        LOG.exception("it went wrong")
    (line,) = log.lines()
    assert "Anna" not in line
    raised = json.loads(line)["raised"]
    place = "observing/test_observing_logs.py:"
    first, cause = raised.split(", from ")
    assert first.startswith("LookupError at ")
    assert first.count(place) == 2
    assert cause.startswith(f"ValueError at {place}")


@ONLY_JSON
def test_an_error_that_was_never_raised_has_no_place(log: Log) -> None:
    LOG.error("x", exc_info=RuntimeError("Anna"))
    assert log.one()["raised"] == "RuntimeError at no place"
    LOG.error("x", exc_info=(None, None, None))
    assert "raised" not in log.one(), "nothing goes wrong right now"


# --- what would be printed past the log -------------------------------------------------


@ONLY_JSON
def test_what_ends_a_thread_is_logged_and_not_printed(log: Log) -> None:
    def fail() -> None:
        raise ValueError("Anna Smith")

    for target in (fail, sys.exit):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    line = log.one()
    assert (line["level"], line["message"]) == ("ERROR", "a thread ended by something unforeseen")
    assert line["raised"].startswith("ValueError at ")


@ONLY_JSON
def test_what_ends_the_process_is_logged_and_not_printed(log: Log) -> None:
    error = ValueError("Anna Smith")
    sys.excepthook(ValueError, error, None)
    line = log.one()
    assert (line["level"], line["raised"]) == ("CRITICAL", "ValueError at no place")


@ONLY_JSON
def test_what_python_would_ignore_aloud_is_logged(log: Log) -> None:
    class Unclean:
        def __del__(self) -> None:
            raise ValueError("Anna Smith")

    Unclean()
    assert log.one()["raised"].startswith("ValueError at ")


def test_warnings_are_lines_too(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old\nthing", UserWarning, stacklevel=1)
    (line,) = log.lines()
    assert "UserWarning: old" in line


def test_the_engine_does_not_print_by_itself(log: Log) -> None:
    pytest.importorskip("dbos")
    from dbos._logger import init_logger

    init_logger()  # as it does when it starts: prints by itself if nobody listens
    logging.getLogger("dbos").warning("first\nsecond")
    (line,) = log.lines()
    assert line.startswith("{" if log.kind == "json" else "2")
    assert '"applicationID"' not in line


@ONLY_JSON
def test_a_call_that_is_tried_again_is_told_without_what_was_sent(log: Log) -> None:
    """Stamina's own line has the arguments of the call, and what the error says."""
    tries: list[str] = []

    @stamina.retry(on=TransientError, attempts=3)
    def call(customer: str) -> None:
        tries.append(customer)
        if len(tries) < 2:
            raise TransientError(customer)

    with about(connection="erp"):
        call("Anna Smith")
    line = log.one()
    assert line.pop("in_seconds") >= 0
    assert {key: line[key] for key in ("logger", "message", "retry", "connection")} == {
        "logger": "exempt.http",
        "message": "tries again after a TransientError",
        "retry": 1,
        "connection": "erp",
    }
    assert "Anna" not in str(line)


@pytest.mark.parametrize(
    ("name", "level", "shown"),
    [
        pytest.param("exempt.jobs", logging.INFO, True, id="what goes on"),
        pytest.param("exempt.jobs", logging.DEBUG, False, id="each step of it, unless --verbose"),
        pytest.param("some_plugin", logging.INFO, True, id="what a plugin says"),
        pytest.param("some_plugin", logging.DEBUG, False, id="each step of a plugin"),
        *(
            pytest.param(f"{name}.part", level, level >= logging.WARNING, id=f"{name} at {level}")
            for name in ("dbos", "httpx", "httpcore", "uvicorn", "alembic")
            for level in (logging.INFO, logging.WARNING)
        ),
    ],
)
def test_what_is_loud_enough(log: Log, name: str, level: int, shown: bool) -> None:
    logging.getLogger(name).log(level, "said")
    assert bool(log.lines()) == shown


def test_verbose_shows_each_step_of_ours_alone(log: Log) -> None:
    logging.getLogger("exempt").setLevel(logging.DEBUG)  # as --verbose does, before
    logging.getLogger("exempt.jobs").debug("ours")
    logging.getLogger("httpx").debug("theirs")
    (line,) = log.lines()
    assert "ours" in line


def test_each_thread_and_task_is_about_its_own_job(log: Log) -> None:
    async def work(name: str) -> None:
        with about(job=name):
            await asyncio.sleep(0)
            LOG.info("at %s", name)

    async def both() -> None:
        await asyncio.gather(work("pull:a"), work("pull:b"))

    asyncio.run(both())
    for line in log.lines():
        name = "pull:a" if "at pull:a" in line else "pull:b"
        assert line.count(name) == 2


def test_a_log_that_cannot_be_written_stops_nobody(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_text: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log.stream, "write", full)
    LOG.info("lost")


def test_begun_twice_each_line_comes_once(log: Log) -> None:
    log.begin()
    LOG.info("once")
    assert len(log.lines()) == 1
