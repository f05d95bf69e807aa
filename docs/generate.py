"""Write docs/reference from the code: ``python docs/generate.py``.

What the code says of itself is taken from there: docstrings, fields, defaults,
options. What it cannot say, such as when the core calls a hook, stands here.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main
from docstrings import entries, prose, sections, table
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import exempt
import exempt.http
from exempt import errors, hookspecs, settings
from exempt.cli import app
from exempt.services import push

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made from the code by docs/generate.py: change it there. -->"
NOT_BUILT = "[not built yet](../README.md#not-built-yet)"

HOOKS = {name: hook for name, hook in vars(exempt.Connector).items() if not name.startswith("_")}

CALLED = {
    "check": "by `exempt check` and `exempt demo`.",
    "choices": f"by nothing so far: pick lists are {NOT_BUILT}.",
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
    "push_exemption_status": "by `exempt sync` where `write_back` is true, after all streams were"
    " read; by `exempt sync --dry-run` with `dry_run`, whatever `write_back` says.",
    "send_request": "by `exempt requests send`, once a mail, and by `exempt sync` for mails that"
    " are still owed.",
    "receive_webhook": f"by nothing so far: the server that takes webhooks in is {NOT_BUILT}.",
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
    "push_exemption_status": "An item, with the same `key`: after a crash, and after the outcomes"
    " `retry` and `unknown`.",
    "send_request": "A message, with the same `key`: after a crash, and after the outcome `retry`."
    " After `unknown` it is not sent again.",
    "receive_webhook": "Remotes deliver an event several times and in any order.",
    "close": "It is called once.",
}
SYNC_DOES = {
    "ConfigError": (
        "The run of this connection ends. The connection shows as paused in `exempt status` until"
        " a check or a sync succeeds.",
        "The same; everything stays owed.",
    ),
    "TransientError": (
        "The run of this connection ends; the next one goes on after the last page stored.",
        "Each item of the batch counts as `retry`, or as `unknown` where `maybe_applied` says so.",
    ),
    "RateLimited": ("As `TransientError`.", "As `TransientError`, not before `retry_after`."),
    "PermanentError": (
        "The run of this connection ends; the next one asks for the same page.",
        "Each item of the batch counts as `rejected`: its delivery is dead, and waits for a person.",
    ),
    "CursorExpired": (
        "The stream is read anew, at once.",
        "As `PermanentError`; it has no business there.",
    ),
    "WebhookRejected": ("As `PermanentError`; it has no business there.",) * 2,
}


# --- the pages -----------------------------------------------------------------------------


def records_page() -> str:
    """Everything that `exempt` exports, beside the hooks and the errors."""
    parts = [
        "# Records",
        "What a connector's author imports from `exempt`, beside the [hooks](hooks.md), the"
        " [HTTP client](http.md) and the [errors](errors.md). Records are frozen. They are"
        " validated once, when they are made, refuse unknown fields, and never show in an error"
        " the value that was refused.",
    ]
    for home in HOMES:
        module = importlib.import_module(f"exempt.model.{home}")
        parts.append(f"## `{module.__name__}`\n\n{prose(sections(module)[''])}")
        parts += _in_order(module)
    return page(*parts)


def _in_order(module: Any) -> Iterator[str]:
    """The public names of a module, in its order; a type's text stands below it."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if (
                name in PUBLIC
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                yield f"### {name}\n\n{prose(inspect.cleandoc(str(after.value.value)))}"
        elif isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in PUBLIC:
            yield described(node.name, getattr(module, node.name))


def hooks_page() -> str:
    """The hook specification."""
    connector = sections(exempt.Connector)
    return page(
        "# Hooks",
        f"Version {exempt.SPEC_VERSION} (`exempt.SPEC_VERSION`). {prose(sections(hookspecs)[''])}",
        "A hook takes `(self, request)`, is marked with `@exempt.hookimpl`, and returns its one"
        " result; it neither yields nor awaits. A name that the specification does not have, an"
        " override without the mark and a missing `check` are refused when the connection is"
        " opened, with the nearest right name. The [tutorial](../tutorial-connector.md) makes a"
        " connector step by step.",
        "## `exempt_connectors`",
        "The one hook of a plugin's module: `exempt_connectors() -> Collection[ConnectorInfo]`.",
        prose(sections(hookspecs.Discovery.exempt_connectors)[""]),
        "A plugin that cannot be imported, that calls `sys.exit`, returns something else, needs"
        " another version of the specification, or brings a name that is taken, is left out; the"
        " others go on. `exempt plugins` says why.",
        *(
            described(name, getattr(exempt, name))
            for name in ("ConnectorInfo", "Settings", "Context", "Sandbox")
        ),
        "## `Connector`",
        prose(connector[""]),
        *(_hook(name, hook) for name, hook in HOOKS.items()),
    )


def _hook(name: str, hook: Any) -> str:
    said = sections(hook)
    asked, given = hook.__annotations__["request"], hook.__annotations__["return"]
    result = "nothing" if given == "None" else _result(given)
    raises = entries(said["Raises"]) if "Raises" in said else {}
    own = "".join(f" `{error}`: {text}" for error, text in raises.items())
    rows = [
        ("request", _linked(asked)),
        ("result", result),
        ("errors", f"those of every hook.{own}"),
        ("called", CALLED[name]),
        ("may happen twice", TWICE[name]),
    ]
    text = [f"### `{name}`", prose(said[""])]
    if "Returns" in said:
        text.append(f"Returns: {' '.join(prose(said['Returns']).split())}")
    return "\n\n".join([*text, table(("", ""), rows)])


def _result(given: str) -> str:
    if found := re.fullmatch(r"Page\[(\w+)\]", given):
        return f"{_linked('Page')} of {_linked(found[1])}"
    return _linked(given)


def http_page() -> str:
    """The HTTP client."""
    values = {name: getattr(exempt.http, name) for name in exempt.http.__all__}
    return page(
        "# HTTP client",
        prose(sections(exempt.http)[""]),
        f"`TRIES` is {exempt.http.TRIES}, `LONGEST_WAIT` is {exempt.http.LONGEST_WAIT.seconds} s;"
        " `Params` is what `params` takes: names with a text, a number, a truth value or a list"
        " of texts.",
        *(
            described(name, value)
            for name, value in values.items()
            if callable(value) and name != "Params"
        ),
    )


def settings_page() -> str:
    """The settings file."""
    tables = {
        "`[exempt]`": settings.General,
        "`[companies.KEY]`": settings.CompanySettings,
        "`[connections.NAME]`": settings.ConnectionSettings,
    }
    return page(
        "# Settings",
        f"One file in TOML, `{settings.FILE_NAME}` in the folder where `exempt` is run, or the one"
        " that `--settings` or the variable `EXEMPT_SETTINGS` names. `exempt init` makes one with"
        " every setting of every installed connector, commented. Relative paths start in the"
        " file's folder. A key that is not listed here is refused, with the line and the nearest"
        " right key.",
        "A secret does not stand in the file. In its place stands `env:NAME` or `file:PATH`: in"
        " `exempt.database`, and anywhere below `[connections.NAME.settings]`. See"
        " [secrets](../how-to/secrets.md).",
        "Keys of companies and names of connections are 1 to 63 lower-case letters, digits,"
        " hyphens and underscores, and begin with a letter or digit. The records that were read"
        " belong to the connection's name: rename it, and everything is read anew.",
        *(
            f"## {heading}\n\n{prose(sections(model)['']).partition(': ')[2].capitalize() or 'What concerns all.'}"
            f"\n\n{_settings(model)}"
            for heading, model in tables.items()
        ),
        "## `[connections.NAME.settings]`",
        "The connector's own settings. They are described in the guide of each connector: see"
        " [connectors](../how-to/connectors.md).",
    )


def _settings(model: type[BaseModel]) -> str:
    return table(
        ("key", "type", "default", "meaning"),
        [
            (
                f"`{name}`",
                _setting_type(field.annotation, written_types(model)[name]),
                "required"
                if field.is_required()
                else shown_default(field.get_default(call_default_factory=True)),
                field.description or "",
            )
            for name, field in model.model_fields.items()
        ],
    )


def _setting_type(kind: Any, written: str) -> str:
    """A setting's type in the words of the file."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    words = {"str": "text", "Name": "a key", "bool": "true or false", "int": "number", "Day": "day"}
    plain = written.removeprefix("Annotated[").partition(",")[0].partition(" | ")[0]
    return words.get(plain, "table")


def errors_page() -> str:
    """The errors, and what follows from each."""
    tree = sections(errors)[""]
    classes = {n: v for n, v in vars(errors).items() if isinstance(v, type)}
    own = [v for v in classes.values() if not issubclass(v, errors.ConnectorError)]
    return page(
        "# Errors",
        prose(tree),
        "## What the sync does",
        "A connector raises one of these; any other exception counts as `PermanentError`. An"
        " error ends the run of its own connection and of no other. What was stored before stays.",
        table(
            ("error", "while reading", "while writing or sending"),
            [(f"`{name}`", *told) for name, told in SYNC_DOES.items()],
        ),
        "`AuthError` and `ScopeError` are handled as `ConfigError`. `exempt check` shows any of"
        " them as the connection's problem and ends with 1.",
        "## What becomes of one item",
        "An item of a push tells by its outcome what became of it:",
        prose(sections(push)[""].partition("\n\n")[2]),
        "## What a person sees",
        "The command line prints any error as one sentence on standard error and ends with 1:"
        " what it is about, what is wrong, how to mend it. A mistake in the command itself ends"
        " with 2.",
        "## The classes",
        *(described(v.__name__, v) for v in (*own, errors.ConnectorError)),
        *(
            described(v.__name__, v)
            for v in classes.values()
            if issubclass(v, errors.ConnectorError) and v is not errors.ConnectorError
        ),
    )


def cli_page() -> str:
    """The command line."""
    return page(
        "# Command line",
        "Options of `exempt` itself come before the command. Every command ends with 0 when all"
        " is well, with 1 when something was refused or a connection had a problem, and with 2"
        " when the command was not understood. With `--json` the result is JSON on standard"
        " output, and nothing else is. `python -m exempt` is the same program.",
        *_commands(typer.main.get_command(app), ("exempt",)),
    )


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    name = " ".join(path)
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    records = [
        (parameter.param_type_name, parameter.get_help_record(context))
        for parameter in command.get_params(context)
        if not getattr(parameter, "hidden", False) and parameter.name != "help"
    ]
    rows = [(f"`{left}`", _clean(right)) for _, (left, right) in records]
    yield "\n\n".join(
        part
        for part in (
            f"## `{name}`",
            command.help,
            f"```text\n{name} {usage}\n```",
            table(("argument or option", "meaning"), rows),
        )
        if part
    )
    for inner, subcommand in getattr(command, "commands", {}).items():
        yield from _commands(subcommand, (*path, inner))


def _clean(text: str) -> str:
    return " ".join(text.split())


PAGES: Mapping[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "records.md": records_page,
    "http.md": http_page,
    "settings.md": settings_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
}


def main() -> None:
    """Write every page that differs."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        path, text = FOLDER / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()
