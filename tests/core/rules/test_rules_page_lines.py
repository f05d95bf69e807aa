from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.extract import Word
from exempt.model.paper import Box
from exempt.rules.page_lines import Line, around, find, lines_of, plain
from support.words import TALL, words

PAPER = """
Name of purchaser           Phone
Northwind Traders LLC       614 555 0100
Date:  03/02/2026
"""


def texts(lines: list[Line]) -> list[str]:
    return [" ".join(token.word.text for token in line.tokens) for line in lines]


def test_words_beside_each_other_are_a_line() -> None:
    assert texts(lines_of(words(PAPER), 1, 11 / 8.5)) == [
        "Name of purchaser Phone",
        "Northwind Traders LLC 614 555 0100",
        "Date: 03/02/2026",
    ]


@given(st.floats(-0.035, 0.035), st.permutations(range(11)))
def test_a_page_that_lies_askew_has_the_same_lines(slope: float, order: list[int]) -> None:
    straight = texts(lines_of(words(PAPER), 1, 11 / 8.5))
    askew = words(PAPER, slope=slope)
    assert len(askew) == 11 + 1
    shuffled = [askew[at] for at in order] + [askew[11]]
    assert texts(lines_of(shuffled, 1, 11 / 8.5)) == straight


def test_each_page_has_its_own() -> None:
    assert lines_of(words(PAPER, page=2), 1, 1.3) == []


def test_the_rule_of_a_table_is_no_word() -> None:
    tall = Word("|", Box(page=1, left=0.5, top=0.05, right=0.502, bottom=0.3))
    found = lines_of([*words(PAPER), tall], 1, 1.3)
    assert texts(found) == texts(lines_of(words(PAPER), 1, 1.3))


def test_a_tall_word_stays() -> None:
    tall = Word("TITLE", Box(page=1, left=0.1, top=0.4, right=0.9, bottom=0.4 + 5 * TALL))
    assert "TITLE" in texts(lines_of([*words(PAPER), tall], 1, 1.3))


@pytest.mark.parametrize(
    ("on_paper", "phrase", "exactly", "likeness"),
    [
        pytest.param("Name of purchaser", "name of purchaser", True, 1.0, id="capitals"),
        pytest.param("2. NAME OF PURCHASER:", "name of purchaser", True, 1.0, id="in a line"),
        pytest.param("N ame of pur chaser", "name of purchaser", True, 1.0, id="words torn apart"),
        pytest.param("Name of purchascr", "name of purchaser", True, 0, id="misread, in a text"),
        pytest.param("Name of purchascr", "name of purchaser", False, 0.93, id="misread, a scan"),
        pytest.param("Name of parcels", "name of purchaser", False, 0, id="something else"),
        pytest.param("Name of          purchaser", "name of purchaser", True, 0, id="a wide space"),
        pytest.param("Dale", "date", False, 0, id="of a short word each letter counts"),
        pytest.param("Oate 1 date", "date", False, 1.0, id="later in the line"),
        pytest.param("selleracme", "seller's name", False, 0, id="a short one must be nearer"),
        pytest.param("something of an other length", "date", False, 0, id="of another length"),
        pytest.param("• Date", "date", False, 1.0, id="after a dot that is no letter"),
    ],
)
def test_find(on_paper: str, phrase: str, exactly: bool, likeness: float) -> None:
    found = find(lines_of(words(on_paper), 1, 1.3), phrase, exactly=exactly)
    assert (found[0].likeness if found else 0) == pytest.approx(likeness, abs=0.06)


def test_a_phrase_is_found_as_often_as_it_stands_there() -> None:
    lines = lines_of(words("Date    Title    Date\nDate"), 1, 1.3)
    assert len(find(lines, "date", exactly=True)) == 3
    assert len(find(lines, "date", exactly=False)) == 3


def test_the_most_alike_of_overlapping_words_counts() -> None:
    [hit] = find(lines_of(words("LJ Federal government"), 1, 1.3), "federal government",
                 exactly=False)  # fmt: skip
    assert [token.word.text for token in hit.tokens] == ["Federal", "government"]


def test_a_hit_knows_where_it_is() -> None:
    [line] = lines_of(words("My Date Here"), 1, 1.3)
    [hit] = find([line], "date", exactly=True)
    assert hit.left < hit.right
    assert around(hit.tokens) == line.tokens[1].word.box


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Purchaser\u2019s Tax-ID #", "purchaserstaxid#"),
        ("Köln & Ångström", "koln&angstrom"),
        ("北京", "北京"),
        ("___", ""),
    ],
)
def test_plain(text: str, bare: str) -> None:
    assert plain(text) == bare
