"""Show, check and copy packs of rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from exempt.cli.output import count, print_json, print_table, say, short
from exempt.data import jurisdiction_name
from exempt.errors import NotFoundError, RefusedError, SettingsError
from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.rulesdata import (
    Acceptance,
    Issuer,
    ReasonCodes,
    RulesPack,
    Sourced,
    SstMembership,
    StateRule,
)
from exempt.model.terms import Term, ValidityKind, YearEnd
from exempt.rules.reasons import CodeSystem, reason_code, sst_letter
from exempt.settings import mistakes
from exempt.wiring import Exempt

_AT_ALL = {Acceptance.YES: "", Acceptance.LIMITED: " (limited)", Acceptance.UNKNOWN: "?"}
_ACCEPTANCE = {
    Acceptance.YES: "yes",
    Acceptance.LIMITED: "in narrow cases",
    Acceptance.NO: "no",
    Acceptance.UNKNOWN: "not known",
    Acceptance.NOT_NEEDED: "not needed",
}
_MEMBERSHIP = {
    SstMembership.FULL: "full member",
    SstMembership.ASSOCIATE: "associate member",
    SstMembership.NONE: "not a member",
}
_ISSUERS = {
    Issuer.STATE: "the state issues it",
    Issuer.PURCHASER: "the buyer fills it in",
    None: "not found",
}
_LASTS: Mapping[ValidityKind, str] = {
    ValidityKind.NO_EXPIRATION: "no end{advice}",
    ValidityKind.UNTIL_REVOKED: "until revoked{advice}",
    ValidityKind.UNTIL_CHANGE: "until the buyer's business changes{advice}",
    ValidityKind.UNTIL_CANCELLED: "until the buyer cancels it{advice}",
    ValidityKind.UNTIL_ACCOUNT_CLOSED: "until the buyer's account is closed{advice}",
    ValidityKind.RECURRING_12M: "while sales are at most 12 months apart",
    ValidityKind.FIXED_YEARS: "{length}",
    ValidityKind.FIXED_YEARS_UNLESS_RECURRING: "{length}, longer while sales recur",
    ValidityKind.REVIEW_YEARS: "no end{advice}",
    ValidityKind.ANNUAL_DEC31: "until 31 December of its year",
    ValidityKind.LICENSE_LINKED: "as long as the buyer's licence{usual}",
    ValidityKind.PRINTED: "until the date printed on it, {limit}",
    ValidityKind.PRINTED_DEC31: "until the 31 December printed on it, {limit}",
    ValidityKind.PERIOD_ON_FORM: "the period written on it, {limit}",
    ValidityKind.PERMIT_COPY: "one sale: each needs a copy of the permit",
    ValidityKind.NO_SALES_TAX: "no sales tax",
    ValidityKind.UNKNOWN: "not known",
}


def lasts(rule: StateRule) -> str:
    """How long a certificate lasts, in a few words: ``3 years``, ``until revoked``."""
    term = rule.validity_value
    span = _span(term.months or 0)
    limit = f"at most {_span(term.longest or 0)}"
    if term.at_most:
        limit = f"{span} as a rule, {limit}"
    return _LASTS[rule.validity_kind].format(
        length=limit if term.at_most else span,
        limit=limit,
        advice=f"; a new one is advised after {span}" if term.months else "",
        usual=_usual(term, span),
    )


def _usual(term: Term, span: str) -> str:
    """The usual end of a licence; nothing where none is usual."""
    if term.year_end:
        of = " of an odd year" if term.year_end is YearEnd.ODD else ""
        return f", usually until 31 December{of}"
    return f", usually {span}" if term.months else ""


def _span(months: int) -> str:
    years, rest = divmod(months, 12)
    return count(months, "month") if rest else count(years, "year")


# --- list --------------------------------------------------------------------------------


def show_list(exempt: Exempt, state: str | None, *, as_json: bool) -> None:
    """``exempt rules list``: all states, or one in full."""
    pack, on = exempt.rules, exempt.clock().date()
    rules = [_one(pack, state)] if state else list(pack.states)
    if as_json:
        rows = [{**rule.model_dump(mode="json"), "lasts": lasts(rule)} for rule in rules]
        print_json({"version": pack.version, "states": rows})
    elif state:
        (rule,) = rules
        print_table("", (jurisdiction_name(rule.jurisdiction), rule.jurisdiction), _full(rule, on))
    else:
        print_table(
            f"{count(len(rules), 'jurisdiction')}, version {pack.version}",
            ("State", "A certificate lasts", "Form", "Taken", "Confidence, as of", "Review by"),
            [_brief(rule, on) for rule in rules],
        )
        say(
            "Taken: the multijurisdiction form (MTC), the Streamlined Sales Tax form (SST), the"
            " number of the buyer's home state, a blanket. A question mark: not known."
        )


def _one(pack: RulesPack, state: str) -> StateRule:
    try:
        code: str = TypeAdapter(Jurisdiction).validate_python(state)
    except ValidationError:
        msg = f"{state}: there is no such state: write its two letters or its name"
        raise NotFoundError(msg) from None
    if rule := pack.state(code):
        return rule
    msg = f"{jurisdiction_name(code)}: the pack has no rule for it: see exempt rules list"
    raise NotFoundError(msg)


def _brief(rule: StateRule, on: dt.date) -> tuple[object, ...]:
    """A row that fits on a narrow screen, on two lines."""
    return (
        short(rule.jurisdiction),
        lasts(rule),
        rule.form_number or "–",
        _taken_at_all(rule),
        f"{rule.confidence}\n{rule.as_of}",
        _review(rule, on),
    )


def _taken_at_all(rule: StateRule) -> str:
    """``MTC, home state (limited), blanket``; what is not taken is left out."""
    asked = {
        "MTC": rule.mtc_accepted,
        "SST": rule.sst_form_accepted,
        "home state": rule.home_state_number,
        "blanket": rule.blanket_allowed,
    }
    taken = [f"{what}{_AT_ALL[how]}" for what, how in asked.items() if how in _AT_ALL]
    return ", ".join(taken) or "–"


def _full(rule: StateRule, on: dt.date) -> list[tuple[str, object]]:
    """Everything of one state; what is empty was not found, which is not "none"."""
    form = (rule.form_number, rule.form_title, rule.form_revision)
    number = ": ".join(filter(None, (rule.id_name, rule.id_format)))
    bad_faith = "no protection, not even for sales before its end"
    retention = rule.retention_years
    return [
        ("A certificate lasts", lasts(rule)),
        *([("If it has expired", bad_faith)] if rule.expired_is_bad_faith else []),
        ("Form", ", ".join(filter(None, form)) or "none prescribed"),
        ("Who makes it", _ISSUERS[rule.issuer]),
        ("Streamlined Sales Tax", _MEMBERSHIP[rule.sst]),
        ("SST form taken", _taken(rule.sst_form_accepted)),
        ("MTC form taken", _taken(rule.mtc_accepted, rule.mtc_condition)),
        ("Home-state number taken", _taken(rule.home_state_number, rule.home_state_condition)),
        ("Blanket allowed", _taken(rule.blanket_allowed)),
        ("Number", number or "not found"),
        *([("Pattern of the number", rule.id_pattern)] if rule.id_pattern else []),
        ("Look it up at", rule.verify_url or "not found"),
        ("Cure after a sale", _days(rule.cure_days)),
        ("Cure when audited", _days(rule.audit_cure_days)),
        ("Keep it for", "not found" if retention is None else f"{retention.normalize():f} years"),
        ("Note", rule.note or "–"),
        ("Confidence", rule.confidence),
        ("As of", rule.as_of),
        ("Review by", _review(rule, on)),
        ("Source", rule.source),
    ]


def _taken(acceptance: Acceptance, condition: str | None = None) -> str:
    word = _ACCEPTANCE[acceptance]
    return f"{word}: {condition}" if condition else word


def _days(days: int | None) -> str:
    return "not found" if days is None else count(days, "day")


def _review(row: Sourced, on: dt.date) -> str:
    return f"{row.review_by} (overdue)" if row.review_by < on else str(row.review_by)


# --- reasons -----------------------------------------------------------------------------


class _Codes(BaseModel):
    """The settings of a connection that writes codes of reasons; see `exempt.Settings`."""

    reasons: dict[ExemptionReason, str] = {}
    reason_codes_of: CodeSystem | None = None

    def of(self, reason: ExemptionReason) -> str | None:
        """What the connection writes for *reason*."""
        return reason_code(reason, self.reason_codes_of, self.reasons)

    def origin(self, reason: ExemptionReason) -> str | None:
        """Whose code that is: ``own``, a system's, or nobody's."""
        return "own" if self.reasons.get(reason) else self.reason_codes_of

    def words(self, reason: ExemptionReason) -> str:
        """``RES`` where the code is its own, ``G (avatax)`` where it is a system's."""
        code, origin = self.of(reason), self.origin(reason)
        if code is None:
            return "–"
        return code if origin == "own" else f"{code} ({origin})"


def show_reasons(exempt: Exempt, connection: str | None, *, as_json: bool) -> None:
    """``exempt rules reasons``: ours in the codes of other systems, and of one *connection*."""
    pack = exempt.rules
    codes = _codes_of(exempt, connection) if connection else None
    if as_json:
        rows = [_reason_as_json(row, codes) for row in pack.reasons]
        print_json({"version": pack.version, "connection": connection, "reasons": rows})
        return
    letters = [sst_letter(pack, row.exemption_reason) for row in pack.reasons]
    forms = {(letter.scheme, letter.revision) for letter in letters}
    head = "SST letter"
    if len(forms) == 1:  # said once above them, so that the table is narrow
        ((scheme, revision),) = forms
        head = f"SST {scheme}\n{revision}"
    print_table(
        f"{count(len(pack.reasons), 'reason')}, version {pack.version}",
        ("Reason", head, "AvaTax", "Stripe", "TaxJar", *([connection] if connection else [])),
        [
            (
                row.exemption_reason,
                letter.letter if len(forms) == 1 else letter,
                ", ".join(row.avatax_entity_use),
                row.stripe_tax_exempt,
                row.taxjar_exemption_type,
                *([codes.words(row.exemption_reason)] if codes else []),
            )
            for row, letter in zip(pack.reasons, letters, strict=True)
        ],
    )
    say(
        "SST: the letter on that form of the Streamlined Sales Tax Governing Board, in that"
        " revision; on another it may mean another reason. Of two AvaTax codes the first is usual."
    )
    if codes:
        say(f"{connection}: what is written; in brackets, whose standard code that is.")


def _reason_as_json(row: ReasonCodes, codes: _Codes | None) -> dict[str, Any]:
    said = row.model_dump(mode="json")
    if codes is None:
        return said
    reason = row.exemption_reason
    return {**said, "code": codes.of(reason), "code_of": codes.origin(reason)}


def _codes_of(exempt: Exempt, connection: str) -> _Codes:
    """What the settings of *connection* say of codes.

    Raises:
        RefusedError: Its connector writes none.
    """
    (name,) = exempt.names([connection])
    configured, key = exempt.connections[name], f"connections.{name}"
    where = f"{exempt.settings.place(key)}: {key}.connector"
    model = exempt.catalogue.get(configured.connector, where).settings
    if "reasons" not in model.model_fields:
        msg = f"{name}: {configured.connector} writes no codes of reasons: name another connection"
        raise RefusedError(msg)
    usual = {
        field: model.model_fields[field].get_default(call_default_factory=True)
        for field in _Codes.model_fields
        if field in model.model_fields
    }
    try:
        return _Codes.model_validate(usual | configured.settings)
    except ValidationError as error:
        wrong = mistakes(error, exempt.settings, f"{key}.settings", model)
        raise SettingsError("\n".join(wrong)) from None
