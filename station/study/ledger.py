"""A study's file: what it is to find out, and every run that was played for it; goes on where it was left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from station.model.errors import OperatorError, StorageError
from station.runner.journal import Journal, make_folder, read_journal
from station.study.design import Cell, Kind, StudyDesign, StudyEntry, StudyRun, decode_study_entry

FILE = "study.jsonl"


class Ledger:
    """The study in ``folder``; its file is appended to run by run and survives any kill."""

    def __init__(self, folder: Path, design: StudyDesign) -> None:
        """Raises OperatorError where the folder holds another study, StorageError where the disk refuses."""
        make_folder(folder)
        self.folder = folder
        self.design = design
        path = folder / FILE
        entries = read_journal(path, decode_study_entry) if path.exists() else ()
        if entries:
            _check_same(path, entries[0], design)
        self.runs = [entry for entry in entries if isinstance(entry, StudyRun)]
        self._journal: Journal[StudyEntry] = Journal(path, decode_study_entry)
        if not entries:
            self._journal.write(design, is_durable=True)

    def add(self, run: StudyRun) -> None:
        """Keep ``run``; it is on the disk when this returns."""
        self._journal.write(run, is_durable=True)
        self.runs.append(run)

    def close(self) -> None:
        """Put everything on the disk."""
        self._journal.close()

    def due(self) -> Iterator[Cell]:
        """The runs that are still to be played; those that the station failed are played again, but not in a soak."""
        if self.design.kind is Kind.SOAK:
            yield from islice(self.design.cells(), len(self.runs), None)
        else:
            done = {run.cell for run in self.runs if run.is_usable}
            yield from (cell for cell in self.design.cells() if cell not in done)

    def played_s(self) -> float:
        """How long its runs took."""
        return sum(run.seconds for run in self.runs)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be played."""
        if self.design.kind is Kind.SOAK and self.design.seconds:
            return self.played_s() >= self.design.seconds
        return next(self.due(), None) is None


def _check_same(path: Path, found: StudyEntry, wanted: StudyDesign) -> None:
    if not isinstance(found, StudyDesign):
        raise StorageError(str(path), "does not begin with a study")
    before, after = (msgspec.to_builtins(design) for design in (found, wanted))
    different = [name for name in after if before.get(name) != after[name]]
    if different:
        problem = f"{path} holds a study with other {', '.join(different)}: go on with the same, or give another folder"
        raise OperatorError(problem)
