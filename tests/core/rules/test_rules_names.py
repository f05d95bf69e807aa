"""Names of businesses compared as a person would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.names import Alike, alike, name_words

SAME, SIMILAR, DIFFERENT = Alike.SAME, Alike.SIMILAR, Alike.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        pytest.param("Acme Robotics", "ACME ROBOTICS", SAME, id="capitals do not matter"),
        pytest.param("Acme Robotics, Inc.", "Acme Robotics", SAME, id="nor does Inc."),
        pytest.param("The Acme Company LLC", "Acme L.L.C.", SAME, id="nor do points in L.L.C."),
        pytest.param("Café Olé", "Cafe Ole", SAME, id="nor do accents"),
        pytest.param("Bright Water", "Brightwater", SAME, id="nor does a blank between"),
        pytest.param("O'Brien Mfg", "OBrien Manufacturing", SAME, id="nor do usual short forms"),
        pytest.param("The Company", "the company", SAME, id="words are kept where no others are"),
        pytest.param("Acme", "Acme Robotics", SIMILAR, id="one has more words"),
        pytest.param("Brightwater Medical", "Brightwoter Medica", SIMILAR, id="misread letters"),
        pytest.param("Acme Robotics", "Bolt Supply", DIFFERENT, id="other words"),
        pytest.param("Acme", "---", DIFFERENT, id="no letter at all"),
        pytest.param("", "", DIFFERENT, id="two empty names"),
    ],
)
def test_alike(one: str, other: str, how: Alike) -> None:
    assert alike(one, other) is how


@given(st.text(max_size=40), st.text(max_size=40))
def test_it_does_not_matter_which_comes_first(one: str, other: str) -> None:
    assert (alike(one, other) is SAME) == (alike(other, one) is SAME)


@given(st.text(max_size=40))
def test_a_name_is_the_same_as_itself_when_it_has_a_word(name: str) -> None:
    assert (alike(name, name) is SAME) == bool(name_words(name))
