"""Lists: what the address of one says, and what all of them show around their rows.

    LIST = Lister("/certificates", columns=(...), filters=("status", "state"), sort="expires")

    asked = LIST.read(call)
    return call.page("…", rows=rows, listing=LIST.shown(call, asked, total=total))

The address says it all, so that a link, a bookmark and a kept view show the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams

from exempt.services import saved_views
from exempt.services.view_ports import SavedView
from exempt.web.pages import Call
from exempt.web.typed import number_of, numbers_of

PAGE_SIZES = (50, 100, 200)
LAST_PAGE = 100_000
LONGEST_WORDS = 200
MOST_IDS = 10_000

_OURS = ("words", "page", "sort", "columns", "rows", "size")


class Column(NamedTuple):
    """A column of a list.

    Attributes:
        sort: Whether the list can be sorted by it.
        fixed: Always shown.
        hidden: Not shown unless somebody chooses it.
        end: Of numbers, which stand at the right.
    """

    key: str
    title: str
    sort: bool = False
    fixed: bool = False
    hidden: bool = False
    end: bool = False


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list.

    Attributes:
        page: From 1.
        limit: Rows of a page.
        sort: The key of a column.
        columns: The keys of those that are shown.
        dense: Rows stand close.
        kept: The filters by name, each with its values.
    """

    lister: Lister
    words: str
    page: int
    limit: int
    sort: str
    descending: bool
    columns: tuple[str, ...]
    dense: bool
    kept: Mapping[str, tuple[str, ...]]

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.limit

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for that not every row has."""
        return bool(self.words or self.kept)

    def fits(self, text: str) -> bool:
        """Whether all words that are looked for are in *text*, in whatever case."""
        there = text.casefold()
        return all(word in there for word in self.words.casefold().split())

    def filter(self, name: str) -> str:
        """The first value of a filter; "" where nothing is asked."""
        return self.filters(name)[0] if self.filters(name) else ""

    def filters(self, name: str) -> tuple[str, ...]:
        """All values of a filter."""
        return self.kept.get(name, ())

    def query(self, **changes: str | int | Sequence[str] | None) -> str:
        """What stands behind the question mark, with *changes*; None drops one.

        Whatever else changes, it is the first page then.
        """
        plain = self.lister.plain
        said: dict[str, Sequence[str]] = {
            "words": [self.words],
            **{name: list(values) for name, values in self.kept.items()},
            "sort": [("-" if self.descending else "") + self.sort],
            "columns": [",".join(self.columns)],
            "rows": ["compact" if self.dense else ""],
            "size": [str(self.limit)],
            "page": [str(self.page)] if not changes else [],
        }
        for name, value in changes.items():
            known = [] if value is None else [str(value)] if isinstance(value, str | int) else value
            said[name] = list(known)
        pairs = [
            (name, value)
            for name, values in said.items()
            for value in values
            if value and value != plain.get(name)
        ]
        return urlencode(pairs)

    def address(self, **changes: str | int | Sequence[str] | None) -> str:
        """The list's address with *changes*."""
        query = self.query(**changes)
        return self.lister.path + (f"?{query}" if query else "")


class Head(NamedTuple):
    """The head of a column; the ``order`` of rows by it is ascending, descending, or ""."""

    column: Column
    address: str
    order: str


class Shown(NamedTuple):
    """What a list's templates know.

    Attributes:
        total: Rows that fit.
        capped: There are more of them than *total*.
        hidden: Pairs of names and values that a form of filters must carry on.
        views: Those that are kept.
        exports: Where all of it is saved from.
    """

    asked: Asked
    path: str
    heads: Sequence[Head]
    choices: Sequence[Column]
    total: int
    capped: bool
    last: int
    views: Sequence[SavedView]
    query: str
    exports: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of the columns that are shown."""
        return self.asked.columns

    def carried(self, *without: str) -> list[tuple[str, str]]:
        """The pairs that a form of filters carries on, but for the fields that it has itself."""
        pairs = parse_qsl(self.asked.query(page=None, words=None))
        return [(name, value) for name, value in pairs if name not in without]

    @property
    def view(self) -> SavedView | None:
        """The kept view that is shown."""
        here = sorted(parse_qsl(self.asked.query(page=None)))
        fits = (view for view in self.views if sorted(parse_qsl(view.query)) == here)
        return next(fits, None)


class Picked(NamedTuple):
    """What somebody ticked.

    Attributes:
        everything: All that fit are meant, not just *ids*.
        asked: What the list showed.
        do: What is to be done.
    """

    ids: tuple[int, ...]
    everything: bool
    asked: Asked
    do: str


class Lister:
    """One list of the console.

    Args:
        path: Its address.
        columns: What its table can show.
        filters: The names of parameters that narrow it; all links carry them on.
        sort: The key of the column that it is sorted by at first, with "-" the other way round.
        exports: Where it is saved from; "" = ``{path}/export``.
    """

    def __init__(
        self,
        path: str,
        *,
        columns: Sequence[Column],
        filters: Sequence[str] = (),
        sort: str = "",
        exports: str = "",
    ) -> None:
        self.path = path
        self.columns = tuple(columns)
        self.filters = tuple(filters)
        self.exports = exports or f"{path}/export"
        self._first = tuple(each.key for each in columns if not each.hidden)
        self.plain = {
            "sort": sort,
            "columns": ",".join(self._first),
            "size": str(PAGE_SIZES[0]),
            "page": "1",
        }
        LISTS[path] = self

    def read(self, call: Call) -> Asked:
        """What the address of *call* asks; what makes no sense is as if it were not there."""
        return self.asked(call.query)

    def asked(self, query: QueryParams) -> Asked:
        """What *query* asks."""
        sort = query.get("sort", "")
        if sort.lstrip("-") not in {each.key for each in self.columns if each.sort}:
            sort = self.plain["sort"]
        return Asked(
            lister=self,
            words=" ".join(query.get("words", "").replace("\0", "").split())[:LONGEST_WORDS],
            page=min(number_of(query.get("page")) or 1, LAST_PAGE),
            limit=_size(query.get("size")),
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            columns=self._columns(query.getlist("columns")),
            dense=query.get("rows") == "compact",
            kept={
                name: values
                for name in self.filters
                if (values := tuple(v for v in query.getlist(name) if v and "\0" not in v))
            },
        )

    def cleaned(self, query: str) -> str:
        """*query* without what this list does not know, and without the page."""
        return self.asked(QueryParams(query)).query(page=None)

    def shown(self, call: Call, asked: Asked, *, total: int, capped: bool = False) -> Shown:
        """What the templates show around the rows."""
        mine: list[SavedView] = []
        if call.by.user_id is not None:
            with call.site.store.reading() as tx:
                mine = saved_views.of(tx, call.by.user_id, self.path)
        return Shown(
            asked=asked,
            path=self.path,
            heads=[_head(asked, each) for each in self.columns if each.key in asked.columns],
            choices=[each for each in self.columns if not each.fixed],
            total=total,
            capped=capped,
            last=max(1, -(-total // asked.limit)),
            views=mine,
            query=asked.query(page=None),
            exports=self.exports,
        )

    def picked(self, call: Call) -> Picked:
        """What the form of `bulk` in ``parts/listing.html`` says."""
        ids = numbers_of(call.texts("ids")[:MOST_IDS])
        asked = self.asked(QueryParams(call.text("query")))
        return Picked(tuple(ids), bool(call.text("all")), asked, call.text("do"))

    def _columns(self, said: Sequence[str]) -> tuple[str, ...]:
        named = {key for text in said for key in text.split(",")}
        known = {each.key for each in self.columns}
        if not named & known:
            return self._first
        return tuple(each.key for each in self.columns if each.fixed or each.key in named)


LISTS: dict[str, Lister] = {}
"""Every list of the console, by its address."""


def _head(asked: Asked, column: Column) -> Head:
    if not column.sort:
        return Head(column, "", "")
    here = asked.sort == column.key
    other = f"-{column.key}" if here and not asked.descending else column.key
    order = ("descending" if asked.descending else "ascending") if here else ""
    return Head(column, asked.address(sort=other, page=None), order)


def _size(text: str | None) -> int:
    size = number_of(text)
    return size if size in PAGE_SIZES else PAGE_SIZES[0]
