"""Write docs/reference and schemas of settings from the code: ``python docs/generate.py``.

What the code says of itself is taken from there: docstrings, fields, defaults,
options. What it cannot say, such as when the core calls a hook, stands here.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main
from generator import api, settings_file
from generator.describe import described, in_order, joined, linked
from generator.docstrings import entries, line, prose, sections, table

import exempt
import exempt.http
from exempt import errors, hookspecs, settings
from exempt.cli import app
from exempt.cli.connectors_schema import schema_of
from exempt.discovery import discover
from exempt.services import push

FOLDER = Path(__file__).parent / "reference"
SCHEMAS = {"erp_generic": FOLDER.parents[1] / "plugins" / "erp_generic" / "settings.schema.json"}
MADE = "<!-- Made from the code by docs/generate.py: change it there. -->"
HOMES = (
    *("record", "address", "certificate", "sources"),
    *("checking", "fetching", "pushing", "messages"),
)

HOOKS = {name: hook for name, hook in vars(exempt.Connector).items() if not name.startswith("_")}

CALLED = {
    "check": "by `exempt check` and `exempt demo`, and by the daemon to see whether a paused"
    " connection works again.",
    "choices": "by the console, for every setting, when somebody checks settings before a"
    " connection is made or changed.",
    "ranges": "by `exempt sync`, before a stream is read for the first time, and again when its"
    " cursors no longer count: after `CursorExpired`, or after a change of the connection's"
    " settings, of `since` or of `cursor_version`.",
    "fetch_customers": "by `exempt sync`, for one page after the other; where `ranges` gave"
    " several, by several connectors side by side. With `ids`: for customers that orders name and"
    " no page has shown, and after a push that ended as `conflict` or `unknown`.",
    "fetch_orders": "as `fetch_customers`. With `ids`: after a push that ended as `conflict` or"
    " `unknown`.",
    "fetch_products": "as `fetch_customers`, without `ids` so far.",
    "fetch_employees": "as `fetch_customers`, without `ids` so far.",
    "fetch_bounces": "as `fetch_customers`, without `ids`.",
    "push_exemption_status": "by `exempt sync` where `write_back` is true, after all streams were"
    " read; by `exempt sync --dry-run` with `dry_run`, whatever `write_back` says.",
    "send_request": "by `exempt requests send` and `exempt requests remind`, once a mail, and by"
    " `exempt sync` and the daemon for mails that are still owed.",
    "receive_webhook": "by the server of `exempt run` and `exempt web`, for each request to"
    " `/hooks/NAME`, one at a time for each connection; what it names is read by a job.",
    "close": "once for each connector that was opened, also after errors.",
}
TWICE = {
    "check": "Any number of calls; it writes nothing.",
    "choices": "Any number of calls.",
    "ranges": "It may be asked again for the same stream. A record in two ranges does no harm.",
    "fetch_customers": "A page, after a crash. A record, on several pages: of two states the one"
    " with the later `updated_at` stays, and without a moment the one that came last.",
    "fetch_orders": "As `fetch_customers`.",
    "fetch_products": "As `fetch_customers`.",
    "fetch_employees": "As `fetch_customers`.",
    "fetch_bounces": "As `fetch_customers`.",
    "push_exemption_status": "An item, with the same `key`: after a crash, and after the outcomes"
    " `retry` and `unknown`.",
    "send_request": "A message, with the same `key`: after a crash, and after the outcome `retry`."
    " After `unknown` it is not sent again.",
    "receive_webhook": "Remotes deliver an event several times and in any order.",
    "close": "It is called once.",
}
SYNC_DOES = {
    "ConfigError": (
        "The run of this connection ends. It shows as paused until a check or sync succeeds.",
        "The same; everything stays owed.",
    ),
    "TransientError": (
        "The run of this connection ends; the next one goes on after the last page stored.",
        "Each item of the batch counts as `retry`, or as `unknown` where `maybe_applied` says so.",
    ),
    "RateLimited": ("As `TransientError`.", "As `TransientError`, not before `retry_after`."),
    "PermanentError": (
        "The run of this connection ends; the next one asks for the same page.",
        "Each item of the batch counts as `rejected`: it is dead, and waits for a person.",
    ),
    "CursorExpired": (
        "The stream is read anew, at once; if that fails too, the run ends.",
        "As `PermanentError`; it has no business there.",
    ),
    "WebhookRejected": ("As `PermanentError`; it has no business there.",) * 2,
}


def page(*parts: str) -> str:
    """A page of its parts."""
    return joined(MADE, *parts) + "\n"


# --- hooks and records -------------------------------------------------------------------


def hooks_page() -> str:
    """The hook specification."""
    _, found, form = sections(hookspecs)[""].partition("A plugin's module")
    return page(
        "# Hooks",
        f"The hook specification, version {exempt.SPEC_VERSION} (`exempt.SPEC_VERSION`).",
        prose(found + form),
        "A hook takes `(self, request)`, is marked with `@exempt.hookimpl`, and returns its one"
        " result; it neither yields nor awaits. A name that the specification does not have, an"
        " override without the mark and a missing `check` are refused when the connection is"
        " opened, with the nearest right name. The [tutorial](../tutorial-connector.md) makes a"
        " connector step by step.",
        "## exempt_connectors",
        "A hook of a plugin's module: `exempt_connectors() -> Collection[ConnectorInfo]`.",
        prose(sections(hookspecs.Discovery.exempt_connectors)[""]),
        "A plugin that cannot be imported, that calls `sys.exit`, returns something else, needs"
        " another version of the specification, or brings a name that is taken, is left out; the"
        " others go on. `exempt plugins` says why.",
        *(
            described(name, getattr(exempt, name))
            for name in ("ConnectorInfo", "Settings", "Context", "Sandbox", "SandboxControls")
        ),
        "## exempt_rules_packs",
        "A hook of a plugin's module: `exempt_rules_packs() -> Collection[RulesPackInfo]`. See"
        " [rules packs](../how-to/rules-packs.md).",
        prose(sections(hookspecs.Discovery.exempt_rules_packs)[""]),
        described("RulesPackInfo", exempt.RulesPackInfo),
        "## Connector",
        prose(sections(exempt.Connector)[""]),
        *(_hook(name, hook) for name, hook in HOOKS.items()),
    )


def _hook(name: str, hook: Callable[..., object]) -> str:
    said = sections(hook)
    written = hook.__annotations__
    raises = entries(said.get("Raises", "")).items()
    rows = [
        ("request", linked(written["request"])),
        ("result", _result(written["return"])),
        ("errors", " ".join(["those of every hook.", *(f"`{e}`: {text}" for e, text in raises)])),
        ("called", CALLED[name]),
        ("may happen twice", TWICE[name]),
    ]
    returns = f"Returns: {line(said['Returns'])}" if "Returns" in said else ""
    return joined(f"### {name}", prose(said[""]), returns, table(("", ""), rows))


def _result(written: str) -> str:
    if found := re.fullmatch(r"Page\[(\w+)\]", written):
        return f"{linked('Page')} of {linked(found[1])}"
    return "nothing" if written == "None" else linked(written)


def records_page() -> str:
    """Everything that `exempt` exports, beside the hooks and the errors."""
    intro = (
        "What a connector's author imports from `exempt`, beside the [hooks](hooks.md), the"
        " [HTTP client](http.md) and the [errors](errors.md). Records are frozen. They are"
        " validated once, when they are made, refuse unknown fields, and never show in an error"
        " the value that was refused."
    )
    parts = ["# Records", intro]
    for home in HOMES:
        module = importlib.import_module(f"exempt.model.{home}")
        title, _, more = sections(module)[""].partition("\n\n")
        parts += [f"## {line(title).rstrip('.')}", prose(more), *in_order(module)]
    return page(*parts)


def http_page() -> str:
    """The HTTP client."""
    values = {name: getattr(exempt.http, name) for name in sorted(exempt.http.__all__)}
    return page(
        "# HTTP client",
        prose(sections(exempt.http)[""]),
        f"`TRIES` is {exempt.http.TRIES}, `LONGEST_WAIT` is {exempt.http.LONGEST_WAIT.seconds} s."
        " `Params` is what `params` takes: names with a text, a number, a truth value or a list"
        " of texts.",
        *(
            described(name, value)
            for name, value in values.items()
            if callable(value) and name != "Params"
        ),
    )


# --- settings ----------------------------------------------------------------------------


def settings_page() -> str:
    """The settings file."""
    return page(
        "# Settings",
        f"One file in TOML: `{settings.FILE_NAME}` in the folder where `exempt` is run, or the one"
        " that `--settings` or the variable `EXEMPT_SETTINGS` names. `exempt init` makes one with"
        " every setting of every installed connector, commented. Relative paths start in the"
        " file's folder. A key that is not listed here is refused, with its line and the nearest"
        " right key.",
        "A secret does not stand in the file. In its place stands `env:NAME` or `file:PATH`: in"
        " `exempt.database`, and anywhere below `[connections.NAME.settings]`. See"
        " [secrets](../how-to/secrets.md).",
        "KEY and NAME have 1 to 63 lower-case letters, digits, hyphens and underscores, and begin"
        " with a letter or digit. What was read belongs to the connection's name: under another"
        " name, everything is read anew.",
        settings_file.tables(),
    )


# --- errors ------------------------------------------------------------------------------


def errors_page() -> str:
    """The errors, and what follows from each."""
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    return page(
        "# Errors",
        prose(sections(errors)[""]),
        "## What the sync does",
        "A connector raises one of these; any other exception counts as `PermanentError`. An"
        " error ends the run of its own connection and of no other. What was stored before stays."
        " `AuthError` and `ScopeError` are handled as `ConfigError`.",
        table(
            ("error", "while reading", "while writing or sending"),
            [(f"`{name}`", *told) for name, told in SYNC_DOES.items()],
        ),
        "## What becomes of one item",
        "An item of a push tells by its outcome what became of it:",
        prose(sections(push)[""].partition("\n\n")[2]),
        "## What a person sees",
        "The command line prints an error as one sentence on standard error and ends with 1: what"
        " it is about, what is wrong, how to mend it. A mistake in the command itself ends with 2."
        " `exempt check` and `exempt sync` show the errors of all connections before they end.",
        "## The classes",
        *(described(value.__name__, value) for value in classes),
    )


# --- the command line --------------------------------------------------------------------


def cli_page() -> str:
    """The command line."""
    return page(
        "# Command line",
        "Options of `exempt` itself come before the command. A command ends with 0 when all is"
        " well, with 1 when something was refused or a connection had a problem, and with 2 when"
        " the command was not understood. With `--json` standard output holds the result as JSON,"
        " and nothing else. `python -m exempt` is the same program.",
        *_commands(typer.main.get_command(app), "exempt"),
    )


def _commands(command: Any, path: str) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    records = [
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if not getattr(parameter, "hidden", False) and parameter.name != "help"
    ]
    yield joined(
        f"## {path}",
        command.help,
        f"```text\n{path} {' '.join(command.collect_usage_pieces(context))}\n```",
        table(
            ("argument or option", "meaning"),
            [(f"`{left}`", " ".join(right.split())) for left, right in records],
        ),
    )
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, f"{path} {name}")


def api_page() -> str:
    """The API for programs."""
    return page("# API", *api.parts())


PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": api_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "hooks.md": hooks_page,
    "http.md": http_page,
    "records.md": records_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write every page that differs from its file."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        path, text = FOLDER / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote reference/{name}\n")
    for name, path in SCHEMAS.items():
        schema = schema_of(discover().get(name, name))
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.name} of {name}\n")


if __name__ == "__main__":
    main()
