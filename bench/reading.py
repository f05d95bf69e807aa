"""How well papers are read: precision and recall a field, for each way that a paper may come.

``uv run --group test python bench/reading.py``. The papers are made here: the
items of six official forms in few words of our own, each with other names,
numbers and dates, as text, as a fillable PDF, flattened, and as pictures from
clean to bad. No copy of a state's form is among them, and no handwriting: a
real stack of papers will be read less well. What is wrong and looks sure is
counted apart, for that is what would lead a reviewer astray.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from exempt.adapters.reading.extractor import extract
from exempt.adapters.reading.pictures import available
from exempt.model.paper import FieldName, Reading
from exempt.rules.form_definitions import shipped_book
from exempt.rules.pack import shipped_pack
from exempt.rules.page_lines import plain
from exempt.rules.reading import Known, read
from support.made_papers import FORMS, Says, flattened, pages_of, scanned

KNOWN = Known(shipped_book(), shipped_pack())
SURE = 0.8
"""With so much confidence a wrong value would mislead."""

NAMES = {FieldName.BUYER_NAME, FieldName.SELLER_NAME, FieldName.SIGNED_BY}
BUYERS = ("Northwind Traders LLC", "Green Valley Hardware Co", "Müller & Sons Inc",
          "O'Brien Lighting Supply", "Pacific Coast Furniture", "Tri-County Auto Parts Ltd",
          "Lakeside Garden Center")  # fmt: skip
SELLERS = ("Acme Lighting Inc", "Continental Tool Works", "Best Paper Company")
SIGNERS = ("Mary Neill", "John Q Public", "Ana Sousa", "Wei Chen")

WAYS: dict[str, tuple[str, Callable[[bytes, bytes], bytes]]] = {
    "fields of a PDF": ("application/pdf", lambda _flat, fillable: fillable),
    "text": ("application/pdf", lambda flat, _fillable: flat),
    "flattened": ("application/pdf", lambda _flat, fillable: flattened(fillable)),
    "PDF of a scan, 200 dpi": (
        "application/pdf", lambda flat, _fillable: pages_of([scanned(flat, dots=200)])),
    "picture, 150 dpi": ("image/png", lambda flat, _fillable: scanned(flat)),
    "JPEG q55, 1.3° askew": (
        "image/jpeg", lambda flat, _fillable: scanned(flat, askew=1.3, quality=55)),
    "JPEG q40, 100 dpi, 2° askew": (
        "image/jpeg", lambda flat, _fillable: scanned(flat, dots=100, askew=-2, quality=40)),
}  # fmt: skip


class Paper(NamedTuple):
    """A paper, and what stands on it."""

    form: str
    flat: bytes
    fillable: bytes
    expected: set[tuple[FieldName, str]]


def papers(each: int, seed: int) -> Iterator[Paper]:
    """So many of each form."""
    chance = random.Random(seed)  # noqa: S311 - the same papers each time
    for form, make in FORMS.items():
        for _ in range(each):
            says = _says(form, chance)
            flat, fillable = make(says), make(says, fillable=True)
            yield Paper(form, flat, fillable, _expected(form, says))


def _says(form: str, chance: random.Random) -> Says:
    def digits(many: int) -> str:
        return "".join(chance.choice("123456789") for _ in range(many))

    states = {
        "f0003": [(chance.choice(["OH", "WI", "KY", "NJ", "IN"]), digits(9))],
        "mtc": [(state, digits(9)) for state in chance.sample(["AL", "CO", "TX", "OH", "PA"], 3)],
        "tx_01_339": [("TX", digits(11))],
        "ca_cdtfa_230": [("CA", digits(9))],
        "ny_st_120": [("NY", digits(9))],
        "fl_dr_13": [("FL", f"{digits(2)}-{digits(10)}-{digits(1)}")],
    }[form]
    day = dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(900))
    return Says(
        buyer_name=chance.choice(BUYERS),
        seller_name=chance.choice(SELLERS),
        numbers=tuple(states),
        reason=chance.choice("EGHIJM"),
        signed_on=day.strftime(chance.choice(["%m/%d/%Y", "%B %d, %Y", "%m-%d-%y"])),
        signed_by=chance.choice(SIGNERS),
        single=form in {"f0003", "ny_st_120"} and chance.random() < 0.3,
        expires=f"December 31, {day.year}",
    )


_REASONS = {"E": "charitable", "G": "resale", "H": "agriculture", "I": "manufacturing",
            "J": "direct_pay", "M": "educational"}  # fmt: skip


def _expected(form: str, says: Says) -> set[tuple[FieldName, str]]:
    found = {(FieldName.BUYER_NAME, plain(says.buyer_name))}
    for state, number in says.numbers:
        found |= {(FieldName.JURISDICTION, f"US-{state}"), (FieldName.NUMBER, number)}
    reason = _REASONS[says.reason] if form == "f0003" else "resale"
    found.add((FieldName.EXEMPTION_REASON, reason))
    if form == "fl_dr_13":
        return found | {(FieldName.EXPIRATION_DATE, f"{says.expires[-4:]}-12-31")}
    if says.single or form == "ny_st_120":
        found.add((FieldName.SINGLE_PURCHASE, "yes" if says.single else "no"))
    formats = ("%m/%d/%Y", "%B %d, %Y", "%m-%d-%y")
    day = next(date for one in formats if (date := _parsed(says.signed_on, one)))
    return found | {
        (FieldName.SELLER_NAME, plain(says.seller_name)),
        (FieldName.SIGNED_BY, plain(says.signed_by)),
        (FieldName.SIGNED_DATE, day.isoformat()),
    }


def _parsed(text: str, pattern: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, pattern).replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None


class Score:
    """How a field was read, in one way."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = self.misleading = 0

    def __str__(self) -> str:
        said, there = self.right + self.wrong, self.right + self.missed
        precision = f"{self.right / said:.0%}" if said else "–"
        recall = f"{self.right / there:.0%}" if there else "–"
        return f"{precision} / {recall}" + (f" ({self.misleading})" if self.misleading else "")


def score(reading: Reading, paper: Paper, scores: dict[FieldName, Score]) -> None:
    """Count what was found: of a field with one value the likeliest, else all."""
    many = {FieldName.JURISDICTION, FieldName.NUMBER}
    for name in {field for field, _ in paper.expected} | {one.field for one in reading.found}:
        right = {value for field, value in paper.expected if field is name}
        found = [one for one in reading.found if one.field is name]
        best = reading.best(name)
        found = found if name in many else [best] if best else []
        said = {plain(one.value) if name in NAMES else one.value: one.confidence for one in found}
        scores[name].right += len(right & said.keys())
        scores[name].missed += len(right - said.keys())
        for value in said.keys() - right:
            scores[name].wrong += 1
            scores[name].misleading += said[value] >= SURE


def main() -> None:
    """Read them all, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--each", type=int, default=7, help="papers of each of six forms")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    made = [*papers(chosen.each, chosen.seed)]
    ways = [way for way in WAYS if available() or WAYS[way][0] == "application/pdf"]
    print(f"{len(made)} papers; precision / recall (wrong ones of {SURE} confidence and more)\n")
    head = ["", "form", *(field.value for field in _FIELDS), "seconds"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for way in ways:
        print(_row(way, made), flush=True)


_FIELDS = (
    FieldName.JURISDICTION, FieldName.NUMBER, FieldName.EXEMPTION_REASON, FieldName.BUYER_NAME,
    FieldName.SELLER_NAME, FieldName.SIGNED_DATE, FieldName.SIGNED_BY, FieldName.EXPIRATION_DATE,
    FieldName.SINGLE_PURCHASE,
)  # fmt: skip


def _row(way: str, made: list[Paper]) -> str:
    media_type, make = WAYS[way]
    scores: dict[FieldName, Score] = defaultdict(Score)
    forms = 0
    took = 0.0
    for paper in made:
        content = io.BytesIO(make(paper.flat, paper.fillable))
        began = time.perf_counter()
        reading = read(extract(content, media_type), KNOWN)
        took += time.perf_counter() - began
        forms += reading.form == paper.form
        score(reading, paper, scores)
    cells = [way, f"{forms / len(made):.0%}", *(str(scores[name]) for name in _FIELDS)]
    return "| " + " | ".join([*cells, f"{took / len(made):.2f}"]) + " |"


if __name__ == "__main__":
    main()
