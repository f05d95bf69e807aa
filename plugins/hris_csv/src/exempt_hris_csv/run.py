"""One reading of all files together: how it begins, goes on and knows that nothing is new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exempt import ConfigError, Rejected, TransientError
from exempt_hris_csv.cursor import LEFT, WAITING, Done, Run, expired, form_of, letter
from exempt_hris_csv.files import Export
from exempt_hris_csv.opening import explained
from exempt_hris_csv.places import Places
from exempt_hris_csv.settings import HrisCsvSettings
from exempt_hris_csv.survey import stamp, survey


@dataclass(frozen=True)
class Begun:
    """The beginning of a run.

    Attributes:
        run: Its first place.
        rejected: What its first page says of files as a whole.
        whole: Whether every row of every file says whose it is.
    """

    run: Run
    rejected: tuple[Rejected, ...]
    whole: bool


def begin(
    exports: Sequence[Export], settings: HrisCsvSettings, places: Places, last: Done | None
) -> Begun | None:
    """Look through all *exports*; None where they are what they were at *last*.

    Raises:
        ConfigError: None of them can be read.
        TransientError: The same, and time may mend it.
    """
    states_now = "".join("0" if export.quiet else WAITING for export in exports)
    if last and last.digest == _digest(exports, settings, states_now):
        return None
    before = _stamp(exports, settings, states_now)
    states, employees, whole = "", 0, True
    rejected: list[Rejected] = []
    errors: list[ConfigError | TransientError] = []
    for export in exports:
        try:
            with explained(export, settings.encoding):
                found = survey(export, settings, places)
        except (ConfigError, TransientError) as error:
            errors.append(error)
            states += WAITING if isinstance(error, TransientError) else LEFT
            rejected.append(Rejected(row=export.label[:500], reason=f"the whole file: {error}"))
        else:
            states += letter(found.form.number)
            employees += found.employees
            whole = whole and not found.anonymous
    if len(errors) == len(exports):
        raise errors[0]
    if _stamp(exports, settings, states_now) != before:
        raise expired()
    there = Done(_digest(exports, settings, states), employees, len(exports))
    whole = whole and not errors
    snapshot = settings.complete_exports and whole
    if snapshot and last and (why := _not_believed(there, last, settings.gone_share_max)):
        snapshot = False
        there = replace(there, employees=last.employees, files=last.files)
        rejected.append(Rejected(row="the export as a whole", reason=why))
    run = Run(0, None, states, snapshot, _stamp(exports, settings, states), there)
    return Begun(run, tuple(rejected), whole)


def go_on(exports: Sequence[Export], settings: HrisCsvSettings, run: Run) -> None:
    """See to it that *exports* are still the files in which *run* was begun.

    Files that look untouched (same size, time of change and file number) are
    trusted to be so. Should that ever be wrong, the digest at the end does not
    fit, and the next run reads them anew.

    Raises:
        CursorExpired: They are not.
    """
    if len(exports) == len(run.states):
        if _stamp(exports, settings, run.states) == run.stamp:
            return
        if _digest(exports, settings, run.states) == run.done.digest:
            return
    raise expired()


@dataclass(frozen=True)
class Part:
    """A part of a run: one file, of which one kind of rows is taken.

    Attributes:
        export: The file.
        form: The number of the form of its dates.
        departed: Take only those who are gone; False = only the others; None = everybody.
    """

    export: Export
    form: int
    departed: bool | None = None


def parts(exports: Sequence[Export], run: Run, *, numbers_are_shared: bool) -> list[Part]:
    """What is read one after the other.

    Where one number in several files is one employee, who is gone comes from
    all files first, and then who is there: so that somebody who went from one
    company to another is there in the end, in whichever order the files come.
    """
    readable = [
        Part(export, form)
        for export, state in zip(exports, run.states, strict=True)
        if (form := form_of(state)) is not None
    ]
    if len(readable) == 1 or not numbers_are_shared:
        return readable
    return [replace(part, departed=departed) for departed in (True, False) for part in readable]


def _not_believed(there: Done, last: Done, gone_share_max: float) -> str | None:
    """Why so much less than *last* is not taken for complete."""
    if gone_share_max == 1:
        return None
    mend = "nobody is taken for gone; if it is right, set gone_share_max = 1"
    if there.files < last.files:
        return f"{there.files} files, there were {last.files}: {mend}"
    if there.employees < last.employees * (1 - gone_share_max):
        return f"{there.employees} employees, there were {last.employees}: {mend}"
    return None


def _stamp(exports: Sequence[Export], settings: HrisCsvSettings, states: str) -> str:
    return _hash(settings, (f"{label}:{look}" for label, look in _looks(exports, states)))


def _looks(exports: Sequence[Export], states: str) -> Iterator[tuple[str, str]]:
    for export, state in zip(exports, states, strict=True):
        try:
            yield export.label, WAITING if state == WAITING else stamp(export)
        except OSError:
            yield export.label, LEFT


def _digest(exports: Sequence[Export], settings: HrisCsvSettings, states: str) -> str:
    """Of the content of all files; those that are being written count as such."""

    def contents() -> Iterator[str]:
        for export, state in zip(exports, states, strict=True):
            try:
                yield f"{export.label}:{WAITING if state == WAITING else _content(export)}"
            except OSError:
                yield f"{export.label}:{LEFT}"

    return _hash(settings, contents())


def _content(export: Export) -> str:
    with export.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash(settings: HrisCsvSettings, texts: Iterator[str]) -> str:
    chain = hashlib.sha256(settings.model_dump_json().encode())
    for text in texts:
        chain.update(hashlib.sha256(text.encode()).digest())
    return chain.hexdigest()[:32]
