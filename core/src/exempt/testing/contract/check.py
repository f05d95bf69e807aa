"""Whether the connection says what works, and offers what a setting may be."""

from __future__ import annotations

from exempt.model.checking import Severity
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze
from exempt.testing.telling import does_not_apply, must
from exempt.testing.trial import Trial


class Check(Group):
    """``check`` names the account and what is wrong; ``choices`` gives a pick list."""

    @bronze
    def test_check_names_the_account(self, trial: Trial) -> None:
        """A person sees which account it is."""
        result = trial.open().check()
        must(
            result.account.strip(),
            did="called check with good settings",
            came="an account without a name",
            asks="the account's name, as its people know it",
            read="Connector.check",
        )

    @bronze
    def test_check_finds_nothing_wrong_with_the_sandbox(self, trial: Trial) -> None:
        """What works is not complained of."""
        problems = trial.open().check().problems
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        must(
            not errors,
            did="called check with good settings",
            came="; ".join(f"{each.code}: {each.message}" for each in errors),
            asks="no problem of severity error where everything works",
            read="Connector.check",
        )

    @bronze
    def test_check_writes_nothing(self, trial: Trial) -> None:
        """It is called by people who only look."""
        before = trial.writes()
        trial.open().check()
        must(
            trial.writes() == before,
            did="called check",
            came="the sandbox says that something was written",
            asks="no write",
            read="Connector.check",
        )

    @bronze
    def test_choices_are_different_from_each_other(self, trial: Trial) -> None:
        """A pick list names each value once, with a label."""
        connection = trial.open()
        offered = {
            name: connection.choices(name).choices
            for name in type(trial.bench.settings()).model_fields
        }
        if not any(offered.values()):
            does_not_apply(trial.item, "it offers no choices for any setting")
        twice = [
            name
            for name, choices in offered.items()
            if len({choice.value for choice in choices}) < len(choices)
        ]
        must(
            not twice,
            did="asked for the choices of each setting",
            came=f"{', '.join(twice)}: a value stands there twice",
            asks="each value once",
            read="Connector.choices",
        )
