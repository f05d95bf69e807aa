"""The settings of the daemon: what is good, and what each mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.errors import SettingsError
from exempt.rules.schedules import parse
from exempt.settings import load
from exempt.settings.tables import ConnectionSettings, Daemon, SettingsFile

NO_SCHEDULE = 'is no schedule: write 15m, 2h, a line of cron as "0 6 * * 1-5", or never'
NO_TIME = "is no time: write it as 30s, 15m, 2h or 1d"
NO_ADDRESS = "is no address: write HOST:PORT, as 127.0.0.1:8080"
NO_ZONE = "is no time zone: write it as America/New_York"
A_SECRET = "a secret does not stand in the file: write env:NAME or file:PATH"

SHOP = """\
[companies.northwind]
name = "Northwind Fasteners Inc."
[connections.shop]
connector = "fake"
company = "northwind"
"""


def loaded(folder: Path, text: str) -> SettingsFile:
    path = folder / "exempt.toml"
    path.write_text(text, encoding="utf-8")
    return load(path).file


def daemon(folder: Path, line: str) -> Daemon:
    return loaded(folder, f"[daemon]\n{line}\n").daemon


def shop(folder: Path, line: str) -> ConnectionSettings:
    return loaded(folder, f"{SHOP}{line}\n").connections["shop"]


def test_without_a_word_it_reads_each_quarter_of_an_hour_and_writes_to_nobody(
    tmp_path: Path,
) -> None:
    found = loaded(tmp_path, SHOP)
    said = found.daemon
    assert (said.pull, said.daily, said.time_zone) == ("15m", "10 0 * * *", "UTC")
    assert said.send_notices is False, "nobody's customers are mailed because a daemon was started"
    assert (said.listen, said.metrics_token) == ("127.0.0.1:8080", None)
    assert parse(said.pull)
    assert parse(said.daily)
    assert found.connections["shop"].schedule is None
    assert found.connections["shop"].rate_per_second is None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('listen = "0.0.0.0:80"', "0.0.0.0:80"),
        ('listen = ":8080"', ":8080"),
        ('listen = "[::1]:65535"', "[::1]:65535"),
        ('listen = "localhost:0"', "localhost:0"),
        ('metrics_token = "env:TOKEN"', "env:TOKEN"),
        ('metrics_token = "file:/run/secrets/token"', "file:/run/secrets/token"),
        ('time_zone = "America/New_York"', "America/New_York"),
        ('time_zone = "Asia/Kolkata"', "Asia/Kolkata"),
        ('pull = "10s"', "10s"),
        ('pull = "never"', "never"),
        ('pull = "*/20 6-22 * * MON-FRI"', "*/20 6-22 * * MON-FRI"),
        ('daily = "0 5 * * *"', "0 5 * * *"),
        ("send_notices = true", True),
        ("expiry_notices = []", ()),
        ("expiry_notices = [366, 0]", (366, 0)),
        ("reminders = [1, 366]", (1, 366)),
        ("at_once = 2", 2),
        ("at_once = 64", 64),
        ('hook_timeout = "1s"', "1s"),
        ('hook_timeout = "1d"', "1d"),
        ('drain = "5m"', "5m"),
        ("memory = 200", 200),
        ("keep_runs = 1", 1),
        ("keep_webhooks = 3650", 3650),
        ('log = "json"', "json"),
    ],
)
def test_a_good_setting(tmp_path: Path, line: str, value: Any) -> None:
    assert getattr(daemon(tmp_path, line), line.partition(" ")[0]) == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('listen = "8080"', f"listen: {NO_ADDRESS}"),
        ('listen = "localhost"', f"listen: {NO_ADDRESS}"),
        ('listen = "localhost:65536"', f"listen: {NO_ADDRESS}"),
        ('listen = "http://localhost:80"', f"listen: {NO_ADDRESS}"),
        ('listen = "local host:80"', f"listen: {NO_ADDRESS}"),
        ('listen = "localhost:80\\n"', f"listen: {NO_ADDRESS}"),
        ("listen = 8080", "listen: Input should be a valid string"),
        ('metrics_token = "hunter2"', f"metrics_token: {A_SECRET}"),
        ('metrics_token = ""', f"metrics_token: {A_SECRET}"),
        ('time_zone = "Mars"', f"time_zone: {NO_ZONE}"),
        ('time_zone = ""', f"time_zone: {NO_ZONE}"),
        ('time_zone = "America"', f"time_zone: {NO_ZONE}"),
        ('time_zone = "../../etc/passwd"', f"time_zone: {NO_ZONE}"),
        ('pull = "5s"', "pull: is too often: write 10s or more"),
        ('pull = "0m"', f"pull: {NO_TIME}"),
        ('pull = "hourly"', f"pull: {NO_SCHEDULE}"),
        ('daily = "0 0 30 2 *"', f"daily: {NO_SCHEDULE}"),
        ("daily = 0", "daily: Input should be a valid string"),
        ('send_notices = "perhaps"', "send_notices: Input should be a valid boolean, unable"),
        ("expiry_notices = [30, 367]", "expiry_notices.1: Input should be less than or equal"),
        ("expiry_notices = 30", "expiry_notices: Input should be a valid tuple"),
        ("reminders = [0]", "reminders.0: Input should be greater than or equal to 1"),
        ("at_once = 1", "at_once: Input should be greater than or equal to 2"),
        ("at_once = 65", "at_once: Input should be less than or equal to 64"),
        ('hook_timeout = "never"', f"hook_timeout: {NO_TIME}"),
        ('hook_timeout = "0s"', f"hook_timeout: {NO_TIME}"),
        ('hook_timeout = "25h"', "hook_timeout: is too long: write 1d or less"),
        ('drain = "60"', f"drain: {NO_TIME}"),
        ('drain = "999999d"', "drain: is too long: write 1d or less"),
        ("memory = 199", "memory: Input should be greater than or equal to 200"),
        ("keep_runs = 0", "keep_runs: Input should be greater than or equal to 1"),
        ("keep_webhooks = 3651", "keep_webhooks: Input should be less than or equal to 3650"),
        ('log = "xml"', "log: Input should be 'text' or 'json'"),
        ('pul = "15m"', "pul: no such setting: did you mean 'pull'?"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        daemon(tmp_path, line)
    assert str(wrong.value).startswith(f"{tmp_path}/exempt.toml, line 2: daemon.{said}")
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('schedule = "2h"', "2h"),
        ('schedule = "0 6 * * 1-5"', "0 6 * * 1-5"),
        ('schedule = "never"', "never"),
        ("rate_per_second = 0.5", 0.5),
        ("rate_per_second = 10000", 10_000),
    ],
)
def test_a_good_setting_of_a_connection(tmp_path: Path, line: str, value: Any) -> None:
    assert getattr(shop(tmp_path, line), line.partition(" ")[0]) == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('schedule = "9s"', "schedule: is too often: write 10s or more"),
        ('schedule = "each day"', f"schedule: {NO_SCHEDULE}"),
        ('schedule = ""', f"schedule: {NO_SCHEDULE}"),
        ("schedule = 15", "schedule: Input should be a valid string"),
        ("rate_per_second = 0", "rate_per_second: Input should be greater than 0"),
        ("rate_per_second = -1", "rate_per_second: Input should be greater than 0"),
        ("rate_per_second = 10001", "rate_per_second: Input should be less than or equal to 10000"),
        ("rate_per_second = inf", "rate_per_second: Input should be less than or equal to 10000"),
        ("rate_per_second = nan", "rate_per_second: Input should be "),
        ('rate_per_second = "fast"', "rate_per_second: Input should be a valid number"),
    ],
)
def test_a_mistake_of_a_connection_is_named_with_its_place(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(SettingsError) as wrong:
        shop(tmp_path, line)
    assert str(wrong.value).startswith(f"{tmp_path}/exempt.toml, line 6: connections.shop.{said}")
