"""The folder that holds one recorded run: the bench file, the sources, every byte, what was told, what the clock said.

``bench.toml`` is the bench file as it was, ``sequences/`` its products' sources, ``<instrument>.jsonl`` the bytes,
``clock.jsonl`` the steps' clock, ``events.jsonl`` the run as it was told (what ``--events`` prints).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec.structs import replace

from station.config.address import ReplayAddress
from station.config.bench_file import BenchFile, read_bench_file
from station.model.errors import ConfigError, OperatorError, StorageError
from station.playing.events import Command, RunEvent, RunFinished, Watcher

SOURCES = ("*.py", "*.toml")

_decoder: msgspec.json.Decoder[RunEvent] = msgspec.json.Decoder(RunEvent)


@dataclass(frozen=True, slots=True)
class RecordingFolder:
    """The files of one recording."""

    path: Path

    @property
    def bench_file(self) -> Path:
        """A copy, byte for byte."""
        return self.path / "bench.toml"

    @property
    def clock(self) -> Path:
        """What the steps' clock said."""
        return self.path / "clock.jsonl"

    @property
    def events(self) -> Path:
        """The run as it was told."""
        return self.path / "events.jsonl"

    @property
    def sequences(self) -> tuple[Path, ...]:
        """The folders with the sources of products that do not ship with the station."""
        return tuple(sorted((self.path / "sequences").glob("*")))

    def wire(self, instrument: str) -> Path:
        """The bytes of ``instrument``."""
        return self.path / "wires" / f"{instrument}.jsonl"

    def begin(self, bench: BenchFile) -> BenchFile:
        """Make the folder; gives ``bench`` as it has to be opened, so that everything is noted.

        Raises OperatorError where something is there already, StorageError where the disk refuses.
        """
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise OperatorError(f"{self.path} is not empty: a recording needs a folder of its own")
        try:
            (self.path / "wires").mkdir(parents=True)
            shutil.copyfile(bench.file, self.bench_file)
            for number, folder in enumerate(bench.sequences_path):
                self._copy_sources(folder, self.path / "sequences" / str(number))
        except OSError as error:
            raise StorageError(str(self.path), error.strerror or str(error)) from None
        rows = {name: replace(row, record=self.wire(name).absolute()) for name, row in bench.instruments.items()}
        return replace(bench, instruments=rows)

    def replayed_bench(self) -> BenchFile:
        """The bench with every instrument replaced by what was recorded of it."""
        bench = read_bench_file(self.bench_file, is_at_bench=False)
        rows = {
            name: replace(row, address=ReplayAddress(str(self.wire(name).absolute())))
            for name, row in bench.instruments.items()
        }
        return replace(bench, instruments=rows, programmers={}, sequences_path=self.sequences)

    def told(self) -> tuple[RunEvent, ...]:
        """The run as it was told; raises ConfigError with file and line where that is no whole run."""
        try:
            lines = self.events.read_bytes().splitlines()
        except OSError as error:
            raise ConfigError(str(self.events), 0, "", f"cannot be read: {error.strerror}") from None
        events: list[RunEvent] = []
        for number, line in enumerate(lines, 1):
            try:
                events.append(_decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise ConfigError(str(self.events), number, "", "is no event of a run") from None
        if not events or not isinstance(events[-1], RunFinished):
            raise ConfigError(str(self.events), len(lines), "", "the run has no end here: it cannot be replayed")
        return tuple(events)

    def _copy_sources(self, folder: Path, copy: Path) -> None:
        copy.mkdir(parents=True)
        for pattern in SOURCES:
            for source in folder.glob(pattern):
                shutil.copyfile(source, copy / source.name)


class NotingWatcher:
    """A station.playing.events.Watcher before another one, who writes down what he hears."""

    def __init__(self, watcher: Watcher, file: TextIO) -> None:
        self._watcher = watcher
        self._file = file

    def hear(self, event: RunEvent) -> None:
        """Note ``event`` and pass it on."""
        self._file.write(msgspec.json.encode(event).decode() + "\n")
        self._file.flush()
        self._watcher.hear(event)

    def fileno(self) -> int | None:
        """The watcher's."""
        return self._watcher.fileno()

    def commands(self) -> Sequence[Command]:
        """The watcher's."""
        return self._watcher.commands()
