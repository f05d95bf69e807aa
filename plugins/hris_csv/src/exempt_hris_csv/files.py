"""Which files are read: found by name, folder or pattern, in the order of their age.

A file that is being written is left alone. Its name may say so (hidden, or
ending in ``.part`` and the like); else it is what was changed a moment ago.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exempt import ConfigError

FILES_MAX = 1000
"""So many files may be read together: a cursor has a letter for each."""

SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".json", ".jsonl", ".ndjson"})
_BEING_WRITTEN = frozenset(
    {".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".new"}
)
_MAGIC = re.compile(r"[*?\[]")
_DATES = (
    re.compile(
        r"(?<!\d)(?P<y>20\d\d)[-_.]?(?P<m>0[1-9]|1[0-2])[-_.]?(?P<d>0[1-9]|[12]\d|3[01])"
        r"(?:[-_T ]?(?P<t>\d{4}|\d{6}))?(?!\d)"
    ),
    re.compile(
        r"(?<!\d)(?P<m>0[1-9]|1[0-2])[-_.](?P<d>0[1-9]|[12]\d|3[01])[-_.](?P<y>20\d\d)"
        r"(?:[-_T ]?(?P<t>\d{4}|\d{6}))?(?!\d)"
    ),
)


@dataclass(frozen=True)
class Export:
    """A file to be read.

    Attributes:
        path: The file.
        label: What messages call it.
        found: Whether a folder or pattern led to it, and not its own name.
        quiet: Whether it was left alone for long enough; one named outright always is.
    """

    path: Path
    label: str
    found: bool = False
    quiet: bool = True

    @property
    def series(self) -> str:
        """Its label without date and suffix: ``staff`` of ``staff-2026-11-20.csv``."""
        folder = self.label.removesuffix(self.path.name)
        return folder + _undated(self.path)


def find_exports(
    paths: Sequence[Path], *, newest: bool, now: dt.datetime, quiet: dt.timedelta
) -> list[Export]:
    """The files that *paths* lead to: in that order, of one folder or pattern the oldest first.

    Args:
        paths: Files, folders and patterns, absolute.
        newest: Of a folder or pattern only the newest counts that is quiet, if any is.
        now: The moment.
        quiet: For how long a file that was found must have been left alone.

    Raises:
        ConfigError: A folder or pattern leads to no file, or all to too many.
    """
    exports: dict[Path, Export] = {}
    for path in paths:
        for export in _found(path, newest=newest, now=now, quiet=quiet):
            exports.setdefault(export.path, export)
    if len(exports) > FILES_MAX:
        msg = (
            f"{len(exports)} files, at most {FILES_MAX} are read together: narrow the pattern in"
            " `path`, or set files = 'newest'"
        )
        raise ConfigError(msg)
    return list(_told_apart(exports.values()))


def _found(path: Path, *, newest: bool, now: dt.datetime, quiet: dt.timedelta) -> Iterable[Export]:
    is_folder = path.is_dir()
    if not is_folder and (path.exists() or not _MAGIC.search(str(path))):
        return [Export(path, path.name)]
    stats = {p: p.stat() for p in (_in_folder(path) if is_folder else _fitting(path))}
    if not stats:
        what = f"no export in the folder {path.name}" if is_folder else f"no file fits {path.name}"
        msg = f"{what}: put one there, or mend `path`"
        raise ConfigError(msg)
    dates = {p: _date_in(p.stem) for p in stats}
    dated = all(dates.values())
    ages = {p: (dates[p] if dated else "", stat.st_mtime_ns, p.name) for p, stat in stats.items()}

    def is_quiet(
        p: Path,
    ) -> bool:  # clocks of two machines may differ, so a moment ahead counts too
        return abs(now.timestamp() - stats[p].st_mtime) >= quiet.total_seconds()

    exports = [
        Export(p, p.name, found=True, quiet=is_quiet(p))
        for p in sorted(stats, key=ages.__getitem__)
    ]
    if newest:
        return [next((e for e in reversed(exports) if e.quiet), exports[-1])]
    return exports


def _in_folder(folder: Path) -> Iterator[Path]:
    return (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and _is_export(p))


def _fitting(pattern: Path) -> Iterator[Path]:
    parts = pattern.parts
    first = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    return (p for p in Path(*parts[:first]).glob(str(Path(*parts[first:]))) if _is_export(p))


def _is_export(path: Path) -> bool:
    hidden = path.name.startswith((".", "~"))
    return path.is_file() and not hidden and path.suffix.lower() not in _BEING_WRITTEN


def _date_in(stem: str) -> str:
    """The date in a file's name, with the time behind it; empty where there is none."""
    for pattern in _DATES:
        if found := pattern.search(stem):
            return "".join((found["y"], found["m"], found["d"], found["t"] or ""))
    return ""


def _undated(path: Path) -> str:
    """*path*'s name without date and suffix."""
    stem = path.stem
    for pattern in _DATES:
        stem = pattern.sub("", stem, count=1)
    return stem.strip(" -_.") or path.stem


def _told_apart(exports: Iterable[Export]) -> Iterator[Export]:
    """Labels with their folder where two files have one name."""
    exports = list(exports)
    names = Counter(export.label for export in exports)
    for export in exports:
        folder = f"{export.path.parent.name}/" if names[export.label] > 1 else ""
        yield replace(export, label=folder + export.label)
