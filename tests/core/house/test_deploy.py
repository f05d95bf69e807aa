"""What `deploy/` has can be started, and is read by those who read it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from exempt.cli import app
from exempt.settings import load

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))


def accepts(arguments: list[str]) -> None:
    """Fail unless the command line takes these; nothing is run."""
    group = typer.main.get_command(app)
    with group.make_context("exempt", arguments, resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, context._protected_args + context.args)  # type: ignore[attr-defined]
        assert command is not None, f"{arguments}: there is no command {name}"
        with command.make_context(name, rest, parent=context) as made:
            assert not made.args, f"{arguments}: {made.args} is not taken"


def test_compose_runs_a_web_server_two_workers_and_postgresql() -> None:
    services = compose()["services"]
    commands = {name: each["command"] for name, each in services.items() if "command" in each}
    assert set(services) - set(commands) == {"database"}
    for command in commands.values():
        assert command[0] == "exempt"
        accepts(command[1:])
    kinds = sorted(command[1] for command in commands.values())
    assert kinds == ["migrate", "web", "worker", "worker"]


def test_workers_of_compose_have_names_of_their_own() -> None:
    commands = [each.get("command", []) for each in compose()["services"].values()]
    names = [command[command.index("--id") + 1] for command in commands if "--id" in command]
    assert len(names) == len(set(names)) == 2


def test_compose_waits_longer_than_a_worker_drains() -> None:
    drain = load(DEPLOY / "exempt.toml").file.daemon.drain
    assert drain == "60s"
    for name, service in compose()["services"].items():
        if "stop_grace_period" in service:
            assert service["stop_grace_period"] == "90s", name


def test_every_volume_and_secret_of_compose_is_declared() -> None:
    whole = compose()
    for service in whole["services"].values():
        named = [v.split(":")[0] for v in service.get("volumes", []) if not v.startswith(".")]
        assert set(named) <= set(whole["volumes"])
        assert set(service.get("secrets", [])) <= set(whole["secrets"])


def test_what_the_settings_refer_to_is_given_by_compose() -> None:
    text = (DEPLOY / "exempt.toml").read_text(encoding="utf-8")
    environment = compose()["services"]["web"]["environment"]
    variables = set(re.findall(r'^[^#]*"env:(\w+)"', text, re.MULTILINE))
    assert variables <= set(environment)
    files = set(re.findall(r'^[^#]*"file:/run/secrets/(\w+)"', text, re.MULTILINE))
    assert files <= set(compose()["services"]["web"]["secrets"])


def test_the_unit_starts_a_command_that_there_is() -> None:
    unit = (DEPLOY / "exempt.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    program, *arguments = shlex.split(line)
    assert program.endswith("/bin/exempt")
    accepts(arguments)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not there: the unit is NOT looked at by systemd")
    unit = (DEPLOY / "exempt.service").read_text(encoding="utf-8")
    # Neither the program nor the user is on this machine.
    unit = re.sub(r"^(User|Group)=.*\n", "", unit, flags=re.MULTILINE)
    unit = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    path = tmp_path / "exempt.service"
    path.write_text(unit, encoding="utf-8")
    ended = subprocess.run([verify, "verify", path], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_image_installs_extras_and_plugins_that_there_are() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    about = tomllib.loads((ROOT / "core/pyproject.toml").read_text(encoding="utf-8"))
    (extras,) = re.findall(r'"\./core\[([\w,]+)\]"', text)
    assert set(extras.split(",")) <= set(about["project"]["optional-dependencies"])
    (plugins,) = re.findall(r'^ARG PLUGINS="([\w ]+)"', text, re.MULTILINE)
    assert {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()} == set(
        plugins.split()
    )
    (command,) = re.findall(r"^CMD \[(.*)\]$", text, re.MULTILINE)
    accepts([part.strip(' "') for part in command.split(",")][1:])
