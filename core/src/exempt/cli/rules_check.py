"""Check packs of rules and thresholds for rows to look at again, and copy the shipped ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exempt.cli.output import count, print_json, print_table, say, short
from exempt.data import jurisdiction_name, jurisdictions
from exempt.data.pack import (
    SHIPPED,
    THRESHOLDS,
    has_just_thresholds,
    shipped_texts,
    shipped_thresholds_text,
    texts_in,
    thresholds_text_in,
)
from exempt.data.products import TAXABILITY, shipped_text, taxability_text_in
from exempt.errors import RefusedError, SettingsError
from exempt.model.nexus import Threshold
from exempt.model.rulesdata import Confidence, RulesPack, Sourced
from exempt.rules.pack import read_pack, shipped_pack
from exempt.rules.sourced_tables import overdue
from exempt.rules.taxability import read_taxability
from exempt.rules.thresholds import Thresholds, read_thresholds, shipped_thresholds
from exempt.wiring import Exempt


@dataclass(frozen=True)
class _Rules:
    """What is checked, under the name of the pack."""

    name: str
    pack: RulesPack
    thresholds: Thresholds

    @property
    def rows(self) -> tuple[Sourced, ...]:
        return (*self.pack.states, *self.pack.reasons, *self.thresholds.rows)

    @property
    def missing(self) -> list[str]:
        return sorted({*jurisdictions()} - {rule.jurisdiction for rule in self.pack.states})

    @property
    def without_threshold(self) -> list[str]:
        """States of whose certificates something is known, and of whose threshold nothing."""
        ruled = {rule.jurisdiction for rule in self.pack.states}
        return sorted(ruled - {*self.thresholds.jurisdictions})


def check(exempt: Exempt, folder: Path | None, *, as_json: bool) -> int:
    """``exempt rules check``: 1 when a row is overdue, or what is in *folder* is refused."""
    on = exempt.clock().date()
    if folder is None:
        rules = _Rules(_chosen(exempt), exempt.rules, exempt.thresholds)
        return _report(rules, on, as_json=as_json)
    rules_or_mistakes = _in(folder)
    if isinstance(rules_or_mistakes, _Rules):
        return _report(rules_or_mistakes, on, as_json=as_json)
    if as_json:
        print_json({"pack": str(folder), "refused": rules_or_mistakes})
        return 1
    for mistake in rules_or_mistakes:
        say(mistake, wrap=False)
    say(f"{folder} is refused: {count(len(rules_or_mistakes), 'mistake')}.", "red")
    return 1


def _in(folder: Path) -> _Rules | list[str]:
    """What is in *folder*, or every mistake in it; what it does not have is the shipped one."""
    pack, thresholds, mistakes = shipped_pack(), shipped_thresholds(), []
    try:
        if not has_just_thresholds(folder):
            pack = read_pack(texts_in(folder), str(folder))
    except SettingsError as error:
        mistakes += str(error).splitlines()
    try:
        own = taxability_text_in(folder)
        if own is not None:
            read_taxability(own, str(folder))
    except SettingsError as error:
        mistakes += str(error).splitlines()
    try:
        text = thresholds_text_in(folder)
        if text is not None:
            thresholds = read_thresholds(text, str(folder))
    except SettingsError as error:
        mistakes += str(error).splitlines()
    return mistakes or _Rules(str(folder), pack, thresholds)


def _chosen(exempt: Exempt) -> str:
    """The pack that the settings choose, by its name."""
    general = exempt.settings.file.exempt
    if general.rules_folder is not None:
        return general.rules_folder
    return f"{SHIPPED} (the shipped one)" if general.rules_pack == SHIPPED else general.rules_pack


def _report(rules: _Rules, on: dt.date, *, as_json: bool) -> int:
    past = overdue(rules.rows, on)
    unsure = [row for row in rules.rows if row.confidence is Confidence.LOW]
    if as_json:
        print_json(_for_scripts(rules, past, unsure))
        return 1 if past else 0
    pack, thresholds = rules.pack, rules.thresholds
    say(f"Pack {rules.name}, version {pack.version}")
    say(f"Rows: {count(len(pack.states), 'jurisdiction')}, {count(len(pack.reasons), 'reason')}")
    say(f"Thresholds of nexus: {count(len(thresholds.rows), 'row')}, version {thresholds.version}")
    for what, missing in (("rule", rules.missing), ("threshold", rules.without_threshold)):
        if missing:
            say(f"No {what} for {', '.join(jurisdiction_name(code) for code in missing)}")
    if unsure:
        print_table(
            "Of low confidence",
            ("Row", "As of", "Source"),
            [(_name(row), row.as_of, row.source) for row in unsure],
        )
    if not past:
        say("No row is past its review date.", "green")
        return 0
    print_table(
        "Past their review date",
        ("Row", "Review by", "Days over", "Confidence", "Source"),
        [(_name(row), row.review_by, (on - row.review_by).days, row.confidence, row.source)
         for row in past],
        right=(2,),
    )  # fmt: skip
    say(f"{count(len(past), 'row')} past review: hold each against its source.", "red")
    return 1


def _name(row: Sourced) -> str:
    """``TX``; ``TX threshold from 2019-10-01``."""
    if isinstance(row, Threshold):
        return f"{short(row.jurisdiction)} threshold from {row.in_force_from}"
    return short(row.key)


def _for_scripts(
    rules: _Rules, past: Sequence[Sourced], unsure: Sequence[Sourced]
) -> dict[str, Any]:
    return {
        "pack": rules.name,
        "version": rules.pack.version,
        "thresholds_version": rules.thresholds.version,
        "rows": {
            "states": len(rules.pack.states),
            "reasons": len(rules.pack.reasons),
            "thresholds": len(rules.thresholds.rows),
        },
        "overdue": _as_json(past),
        "low_confidence": _as_json(unsure),
        "without_rule": rules.missing,
        "without_threshold": rules.without_threshold,
    }


def _as_json(rows: Sequence[Sourced]) -> list[dict[str, Any]]:
    columns = {*Sourced.model_fields}
    return [{"row": row.key, **row.model_dump(mode="json", include=columns)} for row in rows]


# --- copy --------------------------------------------------------------------------------


def copy_shipped(folder: Path, *, thresholds: bool = False, taxability: bool = False) -> None:
    """``exempt rules copy``: the shipped pack as files to change; never over one that is there.

    With *thresholds* those of nexus in place of the pack, so with *taxability* what states tax.
    """
    texts = {THRESHOLDS: shipped_thresholds_text()} if thresholds else {}
    texts |= {TAXABILITY: shipped_text(TAXABILITY)} if taxability else {}
    texts = texts or shipped_texts()
    for name in texts:
        if (folder / name).exists():
            msg = f"{folder / name}: is there already: name another folder"
            raise RefusedError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    say(f"Made {' and '.join(texts)} in {folder}: change them, then run exempt rules check.")
