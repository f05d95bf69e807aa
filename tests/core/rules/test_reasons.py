"""Our reasons in the codes of other systems, and back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import ExemptionReason as Reason
from exempt.rules.pack import shipped_pack
from exempt.rules.reasons import (
    CodeSystem,
    SstLetter,
    code_of,
    reason_code,
    reasons_of,
    reasons_of_letter,
    sst_letter,
)

PACK = shipped_pack()
F0003 = dt.date(2021, 12, 21)

CROSSWALK = """
federal_government A A    government    foreign_diplomat D D    other
state_government   B B    government    charitable       E E    other
local_government   B N    government    religious        F F    other
tribal             C C    government    educational      M F,M  other
resale             G G    wholesale     agriculture      H H    other
manufacturing      I I    other         direct_pay       J J    other
direct_mail        K K    other         aquaculture      L P    other
fishery            L Q    other         nonresident      L R    other
other              L L    other
"""
WORDS = CROSSWALK.split()
ROWS = [tuple(WORDS[at : at + 4]) for at in range(0, len(WORDS), 4)]


def letter(of: str, scheme: str = "F0003", revision: dt.date = F0003) -> SstLetter:
    return SstLetter(scheme=scheme, revision=revision, letter=of)


@pytest.mark.parametrize(
    ("reason", "sst", "avatax", "taxjar"), ROWS, ids=[f"{row[0]} in every system" for row in ROWS]
)
def test_the_crosswalk(reason: str, sst: str, avatax: str, taxjar: str) -> None:
    row = PACK.reason(Reason(reason))
    assert sst_letter(PACK, Reason(reason)) == letter(sst)
    assert row.avatax_entity_use == tuple(avatax.split(","))
    assert code_of(PACK, Reason(reason), system=CodeSystem.AVATAX) == avatax[0]
    assert code_of(PACK, Reason(reason), system=CodeSystem.STRIPE) == "exempt"
    assert code_of(PACK, Reason(reason), system=CodeSystem.TAXJAR) == taxjar


def test_every_reason_is_in_the_crosswalk() -> None:
    assert {Reason(row[0]) for row in ROWS} == set(Reason)


def test_the_systems_have_the_names_that_settings_use() -> None:
    assert list(CodeSystem) == ["avatax", "stripe", "taxjar"]


def test_a_letter_is_written_with_its_form_and_revision() -> None:
    assert str(sst_letter(PACK, Reason.RESALE)) == "F0003 (rev. 2021-12-21) G"


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        pytest.param(letter("G"), [Reason.RESALE], id="G on F0003 is resale"),
        pytest.param(letter("B"), [Reason.STATE_GOVERNMENT, Reason.LOCAL_GOVERNMENT],
                     id="B on F0003 is a state or a city"),
        pytest.param(letter("L"),
                     [Reason.AQUACULTURE, Reason.FISHERY, Reason.NONRESIDENT, Reason.OTHER],
                     id="L on F0003 is anything else"),
        pytest.param(letter("Z"), [], id="there is no Z on F0003"),
        pytest.param(letter("H", "ST3"), [], id="H on Minnesota's ST3 is not H on F0003"),
        pytest.param(letter("F", revision=dt.date(2011, 1, 1)), [],
                     id="F of an older revision is not F of this one"),
    ],
)  # fmt: skip
def test_the_reasons_of_a_letter(found: SstLetter, reasons: list[Reason]) -> None:
    assert reasons_of_letter(PACK, found) == tuple(reasons)


OWN = {Reason.RESALE: "RES", Reason.CHARITABLE: "501C3", Reason.FISHERY: ""}


@pytest.mark.parametrize(
    ("reason", "system", "own", "code"),
    [
        pytest.param(Reason.RESALE, CodeSystem.AVATAX, OWN, "RES", id="its own code wins"),
        pytest.param(Reason.RESALE, None, OWN, "RES", id="its own code needs no standard"),
        pytest.param(Reason.TRIBAL, CodeSystem.AVATAX, OWN, "C",
                     id="the standard one where it has none of its own"),
        pytest.param(Reason.FISHERY, CodeSystem.AVATAX, OWN, "Q",
                     id="an empty code of its own is none"),
        pytest.param(Reason.TRIBAL, None, OWN, None, id="none where it uses no standard"),
        pytest.param(Reason.TRIBAL, None, None, None, id="none where nothing is set"),
        pytest.param(Reason.TRIBAL, CodeSystem.TAXJAR, {}, "government", id="nothing of its own"),
    ],
)  # fmt: skip
def test_the_code_that_a_connection_writes(
    reason: Reason, system: CodeSystem | None, own: dict[Reason, str] | None, code: str | None
) -> None:
    assert code_of(PACK, reason, system=system, own=own) == code


@pytest.mark.parametrize("system", [None, *CodeSystem])
@pytest.mark.parametrize("own", [None, OWN])
def test_a_connector_is_told_the_same(
    system: CodeSystem | None, own: dict[Reason, str] | None
) -> None:
    for reason in Reason:
        assert reason_code(reason, system, own) == code_of(PACK, reason, system=system, own=own)


SWAPPED = {Reason.RESALE: "A", Reason.FEDERAL_GOVERNMENT: "G"}
SHARED = {Reason.RESALE: "X", Reason.TRIBAL: "X"}


@pytest.mark.parametrize(
    ("code", "system", "own", "reasons"),
    [
        pytest.param("RES", CodeSystem.AVATAX, OWN, [Reason.RESALE], id="its own code"),
        pytest.param(" res ", None, OWN, [Reason.RESALE], id="capitals and spaces do not matter"),
        pytest.param("C", CodeSystem.AVATAX, OWN, [Reason.TRIBAL], id="a standard code"),
        pytest.param("c", CodeSystem.AVATAX, None, [Reason.TRIBAL], id="in small letters too"),
        pytest.param("G", CodeSystem.AVATAX, OWN, [],
                     id="the standard code of a reason that has its own says nothing"),
        pytest.param("A", CodeSystem.AVATAX, SWAPPED, [Reason.RESALE],
                     id="its own code wins over the standard's"),
        pytest.param("X", None, SHARED, [Reason.RESALE, Reason.TRIBAL],
                     id="one code of its own for two reasons"),
        pytest.param("M", CodeSystem.AVATAX, None, [Reason.EDUCATIONAL],
                     id="the second code of a reason"),
        pytest.param("F", CodeSystem.AVATAX, None, [Reason.RELIGIOUS, Reason.EDUCATIONAL],
                     id="a code that does not tell two reasons apart"),
        pytest.param("wholesale", CodeSystem.TAXJAR, None, [Reason.RESALE], id="TaxJar's resale"),
        pytest.param("exempt", CodeSystem.STRIPE, None, list(Reason),
                     id="Stripe tells no reasons apart"),
        pytest.param("none", CodeSystem.STRIPE, None, [], id="Stripe's taxed customer has none"),
        pytest.param("C", None, None, [], id="without a standard nobody knows it"),
        pytest.param("?", CodeSystem.AVATAX, OWN, [], id="an unknown code"),
    ],
)  # fmt: skip
def test_the_reasons_that_a_connection_shows(
    code: str, system: CodeSystem | None, own: dict[Reason, str] | None, reasons: list[Reason]
) -> None:
    assert list(reasons_of(PACK, code, system=system, own=own)) == reasons


own_codes = st.dictionaries(
    st.sampled_from(Reason), st.text("ABCXYZ", min_size=1, max_size=2), max_size=17
)


@given(st.sampled_from(Reason), st.none() | st.sampled_from(CodeSystem), own_codes)
def test_a_code_that_is_written_is_understood_again(
    reason: Reason, system: CodeSystem | None, own: dict[Reason, str]
) -> None:
    """Unless the connection uses the same code of its own for another reason."""
    code = code_of(PACK, reason, system=system, own=own)
    if code is None:
        assert reason not in own
    elif reason in own or code.casefold() not in {name.casefold() for name in own.values()}:
        assert reason in reasons_of(PACK, code, system=system, own=own)
