"""Writes a file set onto a card and proves it by reading every byte of it back from the medium."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from station.ic_programmer.job import BurnOutcome
from station.ic_programmer.media.card import Card
from station.ic_programmer.media.manifest import Manifest, MediaFile, set_sha256
from station.ic_programmer.stages import IsAborted, Note, Stages
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import ContactError, Failure, TargetError

STAGES = ("contact", "identify", "plan", "program", "read_back")
"""In this order; the first that fails is the last."""


class MediaJob(msgspec.Struct, frozen=True):
    """The set, and the folder that its files are taken from."""

    manifest: Manifest
    source: Path


def upgrade(job: MediaJob, card: Card, clock: Clock, note: Note, is_aborted: IsAborted = lambda: False) -> BurnOutcome:
    """Play the stages; every StationError ends it and is in the outcome, never raised.

    A file that is on the card already is not written again. PASS means that every byte of every file was read from the
    medium afterwards and is what the manifest says; files that the set does not name stay as they are.
    """
    return _Upgrade(job, card, clock, note, is_aborted).play()


class _Upgrade:
    def __init__(self, job: MediaJob, card: Card, clock: Clock, note: Note, is_aborted: IsAborted) -> None:
        self._job = job
        self._card = card
        self._clock = clock
        self._stages = Stages(clock, note, is_aborted)
        self._model = ""
        self._after_sha256 = ""
        self._before_sha256 = ""

    def play(self) -> BurnOutcome:
        started_at = self._clock.utc()
        result, failure = self._stages.play(self._play_stages)
        return self._outcome(result, failure, started_at)

    def _play_stages(self) -> None:
        manifest, card, stages = self._job.manifest, self._card, self._stages
        with stages.stage("contact"):
            card.require_there()
            self._model = card.describe()
        with stages.stage("identify"):
            card.require_room(manifest.files)
        with stages.stage("plan", manifest.size_bytes):
            found = {file.path: card.read(file, stages.further) for file in manifest.files}
            self._before_sha256 = set_sha256(found)
            changed = [file for file in manifest.files if found[file.path] != (file.size_bytes, file.sha256)]
        with stages.stage("program", sum(file.size_bytes for file in changed)):
            for file in changed:
                card.write(file, self._job.source.joinpath(*file.path.split("/")), stages.further)
        with stages.stage("read_back", manifest.size_bytes):
            read = {file.path: card.read(file, stages.further) for file in manifest.files}
            self._after_sha256 = set_sha256(read)
            for file in manifest.files:
                self._judge(file, read[file.path])

    def _judge(self, file: MediaFile, read: tuple[int, str]) -> None:
        """A file that another reading shows as it should be is bad contact; one that does not, a bad card."""
        if read == (file.size_bytes, file.sha256):
            return
        if self._card.read(file, lambda _: None) != read:
            raise ContactError(self._card.describe(), f"{file.path} reads differently each time: seat the card again")
        raise TargetError(f"{file.path}: what the card gives back is not what was written: the card is bad")

    def _outcome(self, result: str, failure: Failure | None, started_at: datetime) -> BurnOutcome:
        return BurnOutcome(
            result=result,
            failure=failure,
            programmer_model=self._model,
            identity=ChipIdentity("", "", ""),
            backup=None,
            before_sha256=self._before_sha256,
            after_sha256=self._after_sha256,
            regions=(),
            proof="readback_final" if self._after_sha256 else "none",
            stages=tuple(self._stages.ended),
            retries=0,
            is_marginal=False,
            started_at=started_at,
            finished_at=self._clock.utc(),
        )
