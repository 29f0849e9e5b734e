"""A ledger as a file: exactly the lines that its page's filter finds, in the reader's language and the site's times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from server.errors import BadInput, NotFound
from server.web.language import Language
from server.web.render import reader_language
from server.web.spoken import spoken
from server.web.spreadsheet import KINDS, Cell, spreadsheet

AT_ONCE = 1000
MOST_ROWS = 200_000
"""A spreadsheet program holds a million lines; who wants more than these reads the API."""


class Numbered(Protocol):
    """A line of a ledger that is paged by its id."""

    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Teller:
    """Says codes and moments as the reader reads them."""

    language: Language
    zone: ZoneInfo

    def word(self, table: str, code: str | None) -> str:
        """The word for a code; empty for none."""
        return spoken(self.language, table, code) if code else ""

    def time(self, moment: datetime | None) -> str:
        """Year to second in the site's zone, as spreadsheet programs sort it; empty for none."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def every(page: Callable[[str | None, int], Sequence[Row]]) -> Iterator[Row]:
    """All lines of a ledger, page by page; raises BadInput where there are more than a file takes."""
    after: str | None = None
    for _ in range(MOST_ROWS // AT_ONCE):
        rows = page(after, AT_ONCE)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id
    raise BadInput(f"the filter finds more than {MOST_ROWS} lines: narrow it, by days for instance", "filter")


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most ``size`` rows (itertools has it from Python 3.12 on)."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def ledger_file(
    request: Request,
    zone: ZoneInfo,
    suffix: str,
    name: str,
    columns: Sequence[str],
    cells: Callable[[Teller], Iterable[Sequence[Cell]]],
) -> Response:
    """The download; ``cells`` gives the lines in the order of ``columns``. Raises NotFound for another suffix."""
    if suffix not in KINDS:
        raise NotFound("a ledger is a .csv or an .xlsx file")
    teller = Teller(reader_language(request), zone)
    return spreadsheet(suffix, name, [teller.word("ledger_column", column) for column in columns], cells(teller))
