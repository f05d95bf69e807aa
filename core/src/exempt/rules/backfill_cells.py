"""What the cells of a file of sales may hold, and how they are kept: ids, amounts, places."""

from __future__ import annotations

import functools
import re
from decimal import Decimal

from exempt.data import currency_exponent
from exempt.data import jurisdictions as known_jurisdictions
from exempt.model.backfill import MistakeKind
from exempt.model.customer import usable_email
from exempt.rules.backfill_currencies import CURRENCIES
from exempt.rules.import_cells import known_state

LONGEST_ID = 255
LONGEST = 500
MOST = Decimal(10**13)

SIGNS = "()#*"
"""Signs that ids may not have, unless asked for.

They are what spreadsheets and pivot tables write where they show nothing, as
``#####``, ``#N/A``, ``(blank)`` and ``*``: taken as ids, they would make one
customer or one sale of many.
"""

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
_SIGNS = re.compile(r"[()#*]")
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_PLAIN_AMOUNT = re.compile(r"-?\d{1,12}(?:\.\d{1,2})?")
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<minus>[-\u2212+])?(?P<symbol>US\$|[$\u20ac\u00a3])?(?P<minus2>[-\u2212])?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?P<part>\.\d*)?(?P<minus3>-)?(?P<close>\))?"
)
_LIKE_THOUSANDS = re.compile(r"[-(]?\$?\d{1,3}(?:\.\d{3})+\)?(?:,\d+)?")
_COMMA = re.compile(r"[^,]*\d,\d{1,2}\)?")
_DOLLAR_CODES = "USD CAD AUD NZD HKD SGD TWD MXN CLP COP ARS BRL BSD BBD BZD BMD JMD TTD"
_DOLLARS = frozenset(_DOLLAR_CODES.split())
_OF_SYMBOL = {"\u20ac": frozenset({"EUR"}), "\u00a3": frozenset({"GBP"})}
_US_ZIP = re.compile(r"(\d{5})(?:-?(\d{4}))?")
_CA_ZIP = re.compile(r"([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)")
_ANY_ZIP = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,14}[A-Z0-9])?")
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "exempt"})
_NO = frozenset({"no", "n", "false", "f", "0", "taxable"})
_SALE = frozenset({"sale", "invoice", "order", "sales invoice", "sales order", "1", "0"})
_CREDIT = frozenset({"credit", "refund", "return", "credit memo", "credit note", "return invoice",
                     "5"})  # fmt: skip
_COUNTRIES = {
    "USA": "US",
    "U.S.": "US",
    "U.S.A.": "US",
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "CAN": "CA",
    "CANADA": "CA",
    "UK": "GB",
    "GBR": "GB",
    "UNITED KINGDOM": "GB",
    "GREAT BRITAIN": "GB",
}


class WrongError(ValueError):
    """A cell cannot be taken.

    Attributes:
        what: What is wrong with it.
        mend: What to do.
    """

    def __init__(self, kind: MistakeKind, what: str, mend: str) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.mend = mend


def read_text(text: str, longest: int = LONGEST) -> str:
    """A text of one line, without outer blanks.

    Raises:
        WrongError: It is too long, or has characters that do not print.
    """
    text = text.strip()
    if len(text) > longest:
        what = f"has {len(text):,} characters, and {longest} are the most"
        raise WrongError(MistakeKind.TOO_LONG, what, "shorten it")
    if not (text.isascii() and text.isprintable()) and _NO_TEXT.search(text):
        what = "has characters that do not print, or were lost when the file was saved"
        raise WrongError(MistakeKind.BAD_SIGNS, what, "type it again, and save as CSV UTF-8")
    return text


def read_id(text: str) -> str:
    """An id with whatever signs it has.

    Raises:
        WrongError: As `read_text`; or a spreadsheet has rounded it.
    """
    text = read_text(text, LONGEST_ID)
    if not text.isprintable():
        what = "has characters that cannot be seen"
        raise WrongError(MistakeKind.BAD_SIGNS, what, "type it again")
    if text[:1].isdigit() and _ROUNDED.fullmatch(text):
        what = "was rounded by the spreadsheet"
        raise WrongError(MistakeKind.BAD_SIGNS, what, "make the column a text, and type it again")
    return text


def read_strict_id(text: str) -> str:
    """An id without `SIGNS`.

    Raises:
        WrongError: As `read_id`; or it has one of them.
    """
    text = read_id(text)
    if found := _SIGNS.search(text):
        what = f"has the sign {found[0]}, which spreadsheets write where nothing can be shown"
        mend = "write the id itself; if it is so, say --any-signs"
        raise WrongError(MistakeKind.BAD_SIGNS, what, mend)
    return text


def read_email(text: str) -> str:
    """An e-mail address.

    Raises:
        WrongError: It is none.
    """
    text = read_text(text)
    if not usable_email(text):
        mend = "write one, as ap@example.com, or leave it empty"
        raise WrongError(MistakeKind.BAD_EMAIL, "is no e-mail address", mend)
    return text


@functools.lru_cache(1024)
def read_yes_no(text: str) -> str:
    """``yes`` or ``no``.

    Raises:
        WrongError: It is neither.
    """
    word = text.strip().casefold()
    if word not in _YES and word not in _NO:
        raise WrongError(MistakeKind.BAD_YES_NO, "is neither yes nor no", "write yes or no")
    return "yes" if word in _YES else "no"


@functools.lru_cache(1024)
def read_kind(text: str) -> str:
    """``sale`` or ``credit``.

    Raises:
        WrongError: It is neither.
    """
    word = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    if word not in _SALE and word not in _CREDIT:
        mend = "write sale or credit, or leave it empty"
        raise WrongError(MistakeKind.BAD_KIND, "is neither a sale nor a credit", mend)
    return "sale" if word in _SALE else "credit"


@functools.lru_cache(1024)
def read_marketplace(text: str) -> str:
    """The marketplace's name; empty for ``no``."""
    word = text.strip().casefold()
    if word in _NO:
        return ""
    return "marketplace" if word in _YES else read_text(text)


# --- money -------------------------------------------------------------------------------


@functools.lru_cache(512)
def read_currency(text: str) -> str:
    """An ISO 4217 code in capitals.

    Raises:
        WrongError: It is none.
    """
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code, re.ASCII):
        what, mend = "is no currency of three letters", "write its code, as USD"
        raise WrongError(MistakeKind.BAD_CURRENCY, what, mend)
    if code not in CURRENCIES:
        what = "is a currency that is not supported: the codes of ISO 4217 are"
        raise WrongError(MistakeKind.BAD_CURRENCY, what, "write its code, as USD")
    return code


def read_amount(text: str, currency: str) -> str:
    """An amount as plain digits: ``-5.00`` for ``-$5.00``, ``(5.00)`` and ``5.00-``.

    Args:
        text: What the cell says.
        currency: Whose it is; empty where that is not known.

    Raises:
        WrongError: It is no number, or could be two.
    """
    if _PLAIN_AMOUNT.fullmatch(text):
        return text
    bare = "".join(text.split())
    if currency and bare.upper().startswith(currency):
        bare = bare[len(currency) :]
    elif currency and bare.upper().endswith(currency):
        bare = bare[: -len(currency)]
    found = _AMOUNT.fullmatch(bare)
    if found is None or not (found["whole"] or (found["part"] or ".") != "."):
        what = "is no number"
        if _LIKE_THOUSANDS.fullmatch(bare) or _COMMA.fullmatch(bare):
            what = "has a comma where cents begin"
        raise WrongError(MistakeKind.BAD_AMOUNT, what, "write it as 1234.50, or -1234.50")
    _check_symbol(found["symbol"], currency)
    digits = (found["whole"] or "0").replace(",", "")
    part = (found["part"] or "").rstrip(".")
    _check_digits(digits, part, found["whole"] or "", currency)
    return f"{'-' if _below_zero(found) else ''}{digits}{part}"


def read_number(text: str) -> str:
    """An amount that the spreadsheet itself keeps as a number.

    Raises:
        WrongError: It is more than ten trillion.
    """
    _check_digits(text.lstrip("-").partition(".")[0], "", "", "")
    return text


def _below_zero(found: re.Match[str]) -> bool:
    minus = [found["minus"] not in {None, "+"}, bool(found["minus2"]), bool(found["minus3"])]
    brackets = (bool(found["open"]), bool(found["close"]))
    if brackets[0] != brackets[1] or sum([*minus, brackets[0]]) > 1:
        what = "has more than one sign for below zero, or half of one"
        raise WrongError(MistakeKind.BAD_AMOUNT, what, "write it as -1234.50")
    return any(minus) or brackets[0]


def _check_symbol(symbol: str | None, currency: str) -> None:
    wanted = _OF_SYMBOL.get(symbol or "", _DOLLARS) if symbol else frozenset()
    if symbol == "US$":
        wanted = frozenset({"USD"})
    if symbol and currency and currency not in wanted:
        what = f"has the sign {symbol}, and the currency is {currency}"
        raise WrongError(MistakeKind.BAD_AMOUNT, what, "mend whichever is wrong")


def _check_digits(digits: str, part: str, whole: str, currency: str) -> None:
    if len(digits) > 14 or Decimal(digits) >= MOST:
        what = "is more than ten trillion"
        raise WrongError(MistakeKind.BAD_AMOUNT, what, "write it as 1234.50")
    # 1.234 is a thousand elsewhere: it is taken for neither.
    three = len(part) == 4 and len(whole) <= 3 and "," not in whole and digits.strip("0")
    if three and currency_exponent(currency) < 3:
        what = "may be thousands or thousandths"
        mend = f"write {digits}{part[1:]}.00 or {digits}{part[:3]}"
        raise WrongError(MistakeKind.BAD_AMOUNT, what, mend)


# --- places ------------------------------------------------------------------------------


@functools.lru_cache(1024)
def read_country(text: str) -> str:
    """An ISO 3166-1 code of two letters.

    Raises:
        WrongError: It is none.
    """
    code = text.strip().upper()
    code = _COUNTRIES.get(code, code)
    if not re.fullmatch(r"[A-Z]{2}", code, re.ASCII):
        what, mend = "is no country that is supported", "write its two letters, as US"
        raise WrongError(MistakeKind.BAD_COUNTRY, what, mend)
    return code


def home_of(country: str, state: str) -> tuple[str, str]:
    """Country and state, where a territory of the United States stands as a country."""
    if f"US-{country}" in known_jurisdictions() and country in _TERRITORIES:
        return "US", country
    return country, state


_TERRITORIES = frozenset({"PR", "VI", "GU", "AS", "MP"})


@functools.lru_cache(8192)
def read_state(text: str, country: str) -> str:
    """A state as it is kept: two letters in the United States.

    Raises:
        WrongError: There is no such state there.
    """
    bare = read_text(text)
    if country == "US" and bare.upper().startswith("US-"):
        bare = bare[3:]
    try:
        return known_state(bare, country)
    except ValueError:
        what = "is no state of the United States"
        mend = "write its two letters, as TX; or the country, if it is abroad"
        raise WrongError(MistakeKind.BAD_STATE, what, mend) from None


@functools.lru_cache(65536)
def read_zip(text: str, country: str) -> str:
    """A postal code: ``02134`` also where a spreadsheet made 2134 of it.

    Raises:
        WrongError: It is none of that country.
    """
    code = " ".join(text.split()).upper()
    if country == "US":
        code = code.zfill(5) if code.isdecimal() and 3 <= len(code) <= 4 else code
        code = code.zfill(9) if code.isdecimal() and 7 <= len(code) <= 8 else code
        found = _US_ZIP.fullmatch(code)
        if found is None:
            what, mend = "is no ZIP code of the United States", "write it as 02134 or 02134-1000"
            raise WrongError(MistakeKind.BAD_ZIP, what, mend)
        return f"{found[1]}-{found[2]}" if found[2] else found[1]
    if country == "CA":
        found = _CA_ZIP.fullmatch(code)
        if found is None:
            what, mend = "is no postal code of Canada", "write it as K1A 0B1"
            raise WrongError(MistakeKind.BAD_ZIP, what, mend)
        return f"{found[1]} {found[2]}"
    if not _ANY_ZIP.fullmatch(code):
        what = "is no postal code: letters, digits, blanks and hyphens, 16 at most"
        raise WrongError(MistakeKind.BAD_ZIP, what, "mend it, or leave it empty")
    return code
