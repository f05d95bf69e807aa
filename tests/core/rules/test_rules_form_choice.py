from __future__ import annotations

import pytest

from exempt.model.certificate import ExemptionReason
from exempt.rules.form_choice import options
from exempt.rules.form_definitions import shipped_book
from exempt.rules.pack import shipped_pack

R = ExemptionReason


@pytest.mark.parametrize(
    ("states", "reason", "possible"),
    [
        pytest.param(["US-TX"], R.RESALE, ["tx_01_339", "mtc"], id="resale in Texas"),
        pytest.param(["US-TX"], R.CHARITABLE, ["tx_01_339_back"], id="a charity in Texas"),
        pytest.param(["US-KY"], R.RESALE, ["us_ky", "f0003", "mtc"], id="all three in Kentucky"),
        pytest.param(["US-KY"], R.RELIGIOUS, ["f0003"], id="a church in Kentucky"),
        pytest.param(["US-WV"], R.RESALE, ["f0003"], id="West Virginia has the Streamlined form"),
        pytest.param(["US-NY"], R.RESALE, ["ny_st_120"], id="New York takes its own form only"),
        pytest.param(["US-MA"], R.RESALE, ["us_ma"], id="so does Massachusetts"),
        pytest.param(["US-DC"], R.RESALE, [], id="the District issues its own"),
        pytest.param(["US-FL"], R.RESALE, ["mtc"], id="Florida issues its own"),
        pytest.param(["US-OR"], R.RESALE, [], id="Oregon asks for none"),
        pytest.param(["US-PR"], R.RESALE, ["us_pr"], id="what other forms count is not known"),
        pytest.param(["US-OH", "US-WI"], R.RESALE, ["f0003", "mtc"], id="two states"),
        pytest.param(["US-OH", "US-TX"], R.RESALE, ["mtc"], id="one of which is not Streamlined"),
        pytest.param(["US-OH", "US-TX"], R.RELIGIOUS, [], id="no form for both"),
        pytest.param(["US-OH", "US-TX"], None, ["mtc"], id="no reason yet"),
        pytest.param([], R.RESALE, [], id="no state yet"),
        pytest.param(["CA-ON"], R.RESALE, ["f0003", "mtc"], id="a place of which nothing is known"),
    ],
)
def test_which_forms_can_be_filled_in(
    states: list[str], reason: ExemptionReason | None, possible: list[str]
) -> None:
    found = options(shipped_book(), shipped_pack(), states, reason)
    assert [option.form.key for option in found if option.possible] == possible
    assert all(option.against for option in found if not option.possible)


@pytest.mark.parametrize(
    ("states", "reason", "form", "sentence"),
    [
        (["US-FL"], R.RESALE, "fl_dr_13", "Florida issues it: upload the one that you have."),
        (["US-OR"], R.RESALE, "mtc", "Oregon asks for no certificate."),
        (["US-NY"], R.RESALE, "f0003", "New York does not take it."),
        ([], None, "f0003", "Choose a state first."),
        (["US-KY"], R.RELIGIOUS, "us_ky", "Kentucky Resale Certificate is not for this reason."),
    ],
)
def test_why_a_form_does_not_serve(
    states: list[str], reason: ExemptionReason | None, form: str, sentence: str
) -> None:
    found = options(shipped_book(), shipped_pack(), states, reason)
    [option] = [each for each in found if each.form.key == form]
    assert sentence in option.against


def test_on_what_condition_a_form_serves() -> None:
    found = options(shipped_book(), shipped_pack(), ["US-ME"], R.RESALE)
    [option] = [each for each in found if each.form.key == "mtc"]
    assert option.possible
    assert option.conditions == ("Maine takes it on a condition: for nonresidents.",)
