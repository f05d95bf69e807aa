"""Every check of the house: ``uv run nox`` is exactly what CI runs.

While working, ``uv run nox -t quick`` takes seconds, and ``uv run nox -s tests
-- -k words`` runs some tests. What follows ``--`` goes to pytest.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # they are skipped, and said so at the end

# Tests start Python some hundred times: where it keeps nothing compiled, they take twice as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLUGINS = ("billing_stripe", "erp_generic", "hris_csv", "mail_smtp")
OF_PLUGINS = tuple(f"tests/{name}" for name in PLUGINS)
SOURCES = ("core/src", *(f"plugins/{name}/src" for name in PLUGINS))

EVERYTHING = ("-e", "core", *(arg for name in PLUGINS for arg in ("-e", f"plugins/{name}")))
TEST = ("--group", "test")
LINT = ("--group", "lint", "nox")

# Deselects what starts other programs or kills its own; and what takes long, see `thorough`.
SWIFT = ("-m", "not peer and not crash and not lengthy")
NOT_LENGTHY = ("-m", "not lengthy")
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile")  # on two cores: many wait for a while


@nox.session(tags=["quick"])
def lint(session: nox.Session) -> None:
    """Style and form."""
    session.install(*LINT)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(tags=["quick"])
def types(session: nox.Session) -> None:
    """Types, of the tests too."""
    session.install(*EVERYTHING, *TEST, *LINT)
    session.run("mypy", *SOURCES, "tests", "noxfile.py")


@nox.session(tags=["quick"])
def layers(session: nox.Session) -> None:
    """Who may import whom."""
    session.install(*EVERYTHING, *LINT)
    session.run("lint-imports", "--no-logo")


ONE_BY_ONE = ("-n", "2", "--dist", "load")
DAEMON = "tests/journeys/daemon"
SERVICES = "tests/core/services"

# What decides is covered whole, by the tests of just that.
DECIDING = ("tests/core/model", "tests/core/rules")

# What hangs on Python's version, or on that of a dependency: the foundations, on SQLite.
ON_SQLITE = {"EXEMPT_TEST_DATABASES": "sqlite"}
ON_POSTGRESQL = {"EXEMPT_TEST_DATABASES": "postgresql"}
NOTHING_LARGE = tuple(
    f"--ignore-glob=*{name}*"
    for name in ("_at_size.py", "_contract.py", "recipe", "mutants", "test_console_")
)
FOUNDATIONS = ("connections", "engine", "http", "model", "settings", "web")
KEPT = ("certificates", "database", "decisions", "migrations", "records", "search")
DEPENDENT = ("connections", "engine", "http", "observing", "printing", "settings", "spreadsheets")


def _of_core(*folders: str) -> tuple[str, ...]:
    return tuple(f"tests/core/{folder}" for folder in folders)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """On the Python at hand what no other session has (`plugin`, `docs`); else the foundations."""
    session.install(*EVERYTHING, *TEST)
    if session.posargs:
        session.run("pytest", *SIDE_BY_SIDE, *session.posargs)
    elif session.python != HERE:
        between = session.python == "3.12"  # what works before and after it works there
        some = _of_core("http", "settings") if between else (*_of_core(*FOUNDATIONS), *OF_PLUGINS)
        session.run("pytest", *SIDE_BY_SIDE, *SWIFT, *NOTHING_LARGE, *some, env=ON_SQLITE)
    else:
        session.run("coverage", "erase")
        session.run("pytest", *SIDE_BY_SIDE, "--cov", "--cov-report=", *DECIDING)
        session.run("coverage", "report", "--fail-under=100")
        # The store is tested on both databases, what stands on it on one; `thorough` has the rest.
        session.run("pytest", *SIDE_BY_SIDE, *NOT_LENGTHY, SERVICES, env=ON_SQLITE)
        elsewhere = (*DECIDING, *OF_PLUGINS, SERVICES, "tests/docs", "tests/journeys")
        others = (f"--ignore={folder}" for folder in elsewhere)
        session.run("pytest", *SIDE_BY_SIDE, *NOT_LENGTHY, *others)
        # Some take long: those that kill workers run on both databases in `journeys`.
        session.run("pytest", *ONE_BY_ONE, "tests/journeys", f"--ignore={DAEMON}")
        session.run("pytest", *ONE_BY_ONE, DAEMON, env=ON_POSTGRESQL)


@nox.session(default=False, tags=["quick"])
def swift(session: nox.Session) -> None:
    """The tests that start no programs."""
    session.install(*EVERYTHING, *TEST)
    session.run("pytest", *SIDE_BY_SIDE, *SWIFT, *session.posargs)


@nox.session(default=False)
def journeys(session: nox.Session) -> None:
    """All journeys on both databases, the workers that are killed among them."""
    session.install(*EVERYTHING, *TEST)
    session.run("pytest", *ONE_BY_ONE, "tests/journeys", *session.posargs)


@nox.session(default=False)
def thorough(session: nox.Session) -> None:
    """What takes ten seconds and more, one by one; and the services on PostgreSQL."""
    session.install(*EVERYTHING, *TEST)
    session.run("pytest", *ONE_BY_ONE, "-m", "lengthy", *session.posargs)
    session.run("pytest", *SIDE_BY_SIDE, SERVICES, env=ON_POSTGRESQL)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Pages in Chromium; what they look like lies in the folder screenshots."""
    session.install(*EVERYTHING, *TEST)
    seen = {"EXEMPT_SCREENSHOTS": str(Path("screenshots").resolve())}
    session.run("pytest", *SIDE_BY_SIDE, "tests/browser", *session.posargs, env=seen)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Workers under full load, killed at random: EXEMPT_SOAK_MINUTES (10) on each database."""
    session.install(*EVERYTHING, *TEST)
    session.run("pytest", "-s", "tests/soak/soak.py", *session.posargs)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """The rules broken on purpose, in more than a thousand ways: a test must fail for each."""
    session.install("-e", "core", *TEST, "mutmut>=3.8,<4")
    folder = Path(session.create_tmp()).resolve() / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("core/src", "tests"):
        shutil.copytree(name, folder / Path(name).name)
    shutil.copy("pyproject.toml", folder)
    shutil.copy("tests/core/rules/mutants.cfg", folder / "setup.cfg")
    session.chdir(folder)
    session.run("mutmut", "run", "--max-children", "2", *session.posargs)
    results = str(session.run("mutmut", "results", silent=True)).splitlines()
    if survivors := [line for line in results if line and not line.endswith("not checked")]:
        session.error("\n".join(("no test fails for these: see mutmut show NAME", *survivors)))


@nox.session
@nox.parametrize("name", PLUGINS, ids=PLUGINS)
def plugin(session: nox.Session, name: str) -> None:
    """One plugin in an environment that has only the core beside it."""
    session.install("-e", "core", "-e", f"plugins/{name}", *TEST)
    session.run("pytest", *SIDE_BY_SIDE, f"tests/{name}", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The examples of the README and of docs/."""
    session.install(*EVERYTHING, *TEST)
    pages = ("tests/core/house/test_examples.py", "tests/docs")
    session.run("pytest", *SIDE_BY_SIDE, *pages, *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """The core with the lowest versions that it and the plugins allow."""
    extras = ("-e", "core[documents,postgres,spreadsheets,telemetry,web]", *EVERYTHING[2:])
    session.install("--resolution", "lowest-direct", *extras)
    session.install(*TEST)
    files = (f"tests/core/store/test_store_{name}.py" for name in KEPT)
    some = (*SWIFT, *NOTHING_LARGE, *_of_core(*DEPENDENT, "web"), *files)
    session.run("pytest", *SIDE_BY_SIDE, *some, *session.posargs, env=ON_SQLITE)


@nox.session
def wheels(session: nox.Session) -> None:
    """What would be published: the core alone, then the plugins beside it."""
    folder = Path(session.create_tmp()).resolve()
    build = ("uv", "build", "--all-packages", "--wheel", "--clear", "--out-dir", str(folder))
    session.run_install(*build, external=True)
    core, *plugins = sorted(folder.glob("*.whl"), key=lambda path: path.name)
    if problems := [problem for path in (core, *plugins) for problem in _problems(path)]:
        session.error("\n".join(problems))
    session.install(str(core))
    session.run("exempt", "--version")
    session.run("exempt", "plugins")
    session.install(*map(str, plugins))
    listed = str(session.run("exempt", "plugins", silent=True))
    if listed.count("loaded") != len(PLUGINS):
        session.error(f"not every plugin is loaded:\n{listed}")


def _problems(wheel: Path) -> list[str]:
    """What is wrong with a wheel, one line each."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(archive.read(metadata).decode())
    needs = about.get_all("Requires-Dist", [])
    ours = sorted(need for need in needs if need.startswith("exempt"))
    expected = [] if about["Name"] == "exempt" else ["exempt<1,>=0.1"]
    checks = {
        f"needs {ours} of ours, not {expected}": ours == expected,
        "has no py.typed": any(name.endswith("/py.typed") for name in names),
        "has no README": len(_text(about).split()) > 20,
        "names no licence": about["License-Expression"] == "Apache-2.0",
    }
    return [f"{wheel.name}: {problem}" for problem, fine in checks.items() if not fine]


def _text(about: Message) -> str:
    return str(about.get_payload())
