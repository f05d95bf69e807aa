"""Whether settings are described, closed and discreet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from exempt.errors import ConnectorError
from exempt.hookspecs import ConnectorInfo
from exempt.model.checking import Severity
from exempt.settings import secrets_of
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze, silver
from exempt.testing.telling import does_not_apply, must
from exempt.testing.trial import Trial

_SOUNDS_SECRET = re.compile(r"(^|_)(secret|password|passphrase|token|api_key|private_key)$")
_CANARY = "canary-4711-in-a-value"
_WRONG = "EXEMPT_CONTRACT_WRONG"


class SettingsGroup(Group):
    """What the settings file holds: every field explained, no secret, no surprise."""

    @bronze
    def test_every_setting_is_described(self, info: ConnectorInfo[Any]) -> None:
        """The description is shown in forms and in ``exempt init``."""
        fields = _fields(info.settings)
        bare = [name for name, f in fields if not (f.description or _is_constant(f.annotation))]
        must(
            not bare,
            did="looked at the settings model",
            came=f"no description: {', '.join(dict.fromkeys(bare))}",
            asks="Field(description=…) on every field",
            read="Settings",
        )

    @bronze
    def test_secrets_are_secret(self, info: ConnectorInfo[Any], trial: Trial) -> None:
        """A ``SecretStr`` shows itself nowhere, and the file holds only a reference to it."""
        settings = trial.bench.settings()
        kept = {key.removeprefix(".") for key in secrets_of(settings, "")}
        referred = {key.removeprefix(".") for key in trial.bench.secrets.references}
        plain = sorted(referred - kept)
        plain += [
            name
            for name, field in _fields(info.settings)
            if _SOUNDS_SECRET.search(name) and str in _types(field.annotation)
        ]
        must(
            not plain,
            did="looked which settings are references, or sound like secrets",
            came=f"no SecretStr: {', '.join(dict.fromkeys(plain))}",
            asks="SecretStr for every secret",
            read="Settings",
        )

    @bronze
    def test_an_unknown_setting_is_refused(self, trial: Trial) -> None:
        """A misspelt key must not be passed over."""
        raw = {**trial.bench.settings().model_dump(), "no_such_setting": _CANARY}
        said = _refusal(trial.bench.info.settings, raw)
        must(
            said is not None,
            did="gave a setting that the model does not have",
            came="it was taken",
            asks='extra="forbid", as exempt.Settings has it',
            read="Settings",
        )

    @bronze
    def test_an_error_shows_no_value(self, info: ConnectorInfo[Any], trial: Trial) -> None:
        """Whoever pastes an error into a ticket gives nothing away."""
        good = trial.bench.settings().model_dump()
        shown = []
        for name in info.settings.model_fields:
            said = _refusal(info.settings, {**good, name: [{"unknown_key": _CANARY}]})
            if said and _CANARY in said:
                shown.append(name)
        must(
            not shown,
            did="gave each setting a value of the wrong shape",
            came=f"the error shows the value of {', '.join(shown)}",
            asks="hide_input_in_errors=True, as exempt.Settings has it, and own messages that"
            " name no value",
            read="Settings",
        )

    @bronze
    def test_settings_cannot_be_changed(self, trial: Trial) -> None:
        """Two connectors of a connection share them."""
        settings = trial.bench.settings()
        must(
            settings.model_config.get("frozen"),
            did="looked at the settings model",
            came="it is not frozen",
            asks="frozen=True, as exempt.Settings has it",
            read="Settings",
        )

    @silver
    def test_a_wrong_secret_is_told_by_check(self, alone: Trial) -> None:
        """The first thing that goes wrong when somebody sets up a connection."""
        references = (key.removeprefix(".") for key in alone.bench.secrets.references)
        names = [name for name in references if "." not in name]
        if not names:
            does_not_apply(alone.item, "no setting at top level is a secret")
        alone.bench.environ_with(_WRONG, "not-the-right-one-0123456789")
        must(
            any(_told(alone, name) for name in names),
            did=f"called check with a wrong {', then a wrong '.join(names)}",
            came="no problem of severity error, and no error",
            asks="a problem that says what to mend, or AuthError",
            read="Connector.check",
        )


def _told(trial: Trial, name: str) -> bool:
    """Whether check tells that the secret *name* is wrong."""
    connection = trial.open(**{name: f"env:{_WRONG}"})
    try:
        problems = connection.check().problems
    except ConnectorError:
        return True
    return any(problem.severity is Severity.ERROR for problem in problems)


def _refusal(model: type[BaseModel], raw: object) -> str | None:
    try:
        model.model_validate(raw)
    except ValidationError as error:
        return str(error)
    return None


def _is_constant(annotation: Any) -> bool:
    """Whether there is nothing to choose: it only tells one kind of table from another."""
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def _fields(
    model: type[BaseModel], above: str = "", seen: frozenset[type] = frozenset()
) -> Iterator[tuple[str, Any]]:
    """Every field of *model* and of the models within, by its dotted name."""
    for name, field in model.model_fields.items():
        yield f"{above}{name}", field
        for kind in _types(field.annotation):
            if (
                isinstance(kind, type)
                and issubclass(kind, BaseModel)
                and kind not in seen
                and not kind.__module__.startswith("exempt.")
            ):
                yield from _fields(kind, f"{above}{name}.", seen | {model, kind})


def _types(annotation: Any) -> Iterator[Any]:
    """*annotation* and all that it is made of, secrets left whole."""
    yield annotation
    if annotation is not SecretStr:
        for inner in get_args(annotation):
            yield from _types(inner)
