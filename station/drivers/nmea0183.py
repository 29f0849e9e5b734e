"""A receiver of positions that speaks NMEA 0183.

Source: NMEA 0183, version 4.10, as published in u-blox 8 / M8 Receiver Description UBX-13003221, "NMEA Protocol": frame
and checksum, RMC (status A or V, mode), GSV (sentences of a cycle, satellites in view, up to four a sentence, C/N0
empty while not tracked, a signal's number at the end from 4.10 on).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

from station.drivers.instrument import OpenInstrument
from station.link.link import Link
from station.link.talker import Talker
from station.model.clock import Clock
from station.model.errors import DutError, LinkLost, LinkTimeout
from station.model.reading import Reading

POLL_S = 0.02
"""How finely the time to a fix is known, beside the receiver's own second."""

LONGEST_CYCLE_S = 3.0
"""A receiver speaks at least once a second; a cycle that has begun is not taken, the one after it is whole."""

SILENCE_S = 0.3
"""Ends a cycle that no other sentence follows: a cycle's sentences come without a pause."""

PER_SENTENCE = 4
NO_POSITION = ("E", "M", "S", "N")
"""Modes of RMC that come from no satellite: estimated, manual, simulated, none."""

_FRAME = re.compile(r"\$([A-Z]{2}[A-Z]{3}(?:,[^$*,]*)*)\*([0-9A-F]{2})")


class NotNmea(ValueError):
    """What was heard is no sentence, or not as it was sent."""


class Sentence(msgspec.Struct, frozen=True):
    """``talker`` is GP, GN, ...; ``kind`` RMC, GSV, ...; ``fields`` come after it."""

    talker: str
    kind: str
    fields: tuple[str, ...]


@dataclass(slots=True)
class SkyView:
    """The GSV sentences of one cycle, of all talkers; ``cn0_dbhz`` is of the satellites that are tracked."""

    cn0_dbhz: dict[tuple[str, str], int] = field(default_factory=dict)
    _missing: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the last group has all its sentences."""
        return not self._missing

    def add(self, sentence: Sentence) -> None:
        """The next sentence; raises NotNmea for one out of turn or with other than its share of satellites."""
        total, number, in_view = (_whole(text) for text in sentence.fields[:3])
        if number != (total - self._missing + 1 if self._missing else 1) or not 1 <= number <= total:
            raise NotNmea(f"sentence {number} of {total} of a GSV cycle out of turn")
        blocks = sentence.fields[3 : 3 + len(sentence.fields[3:]) // PER_SENTENCE * PER_SENTENCE]
        expected = min(max(in_view - PER_SENTENCE * (number - 1), 0), PER_SENTENCE)
        if len(blocks) != expected * PER_SENTENCE:
            raise NotNmea(f"{in_view} satellites in view, but {len(blocks) // PER_SENTENCE} in sentence {number}")
        for first in range(0, len(blocks), PER_SENTENCE):
            if blocks[first + 3]:
                satellite = (sentence.talker, blocks[first])
                self.cn0_dbhz[satellite] = max(_whole(blocks[first + 3]), self.cn0_dbhz.get(satellite, 0))
        self._missing = total - number


def parse(line: bytes) -> Sentence:
    """The sentence of a line; raises NotNmea where the frame or the checksum is wrong."""
    match = _FRAME.fullmatch(line.decode("latin-1"))
    if match is None:
        raise NotNmea(f"{line!r} is no sentence")
    checksum = 0
    for character in match[1].encode("latin-1"):
        checksum ^= character
    if checksum != int(match[2], 16):
        raise NotNmea(f"{line!r} has the checksum {checksum:02X}")
    address, *fields = match[1].split(",")
    return Sentence(address[:2], address[2:], tuple(fields))


def has_fix(sentence: Sentence) -> bool:
    """Whether an RMC reports a position from satellites."""
    if sentence.kind != "RMC" or len(sentence.fields) < 9:
        return False
    mode = sentence.fields[11] if len(sentence.fields) > 11 else ""
    return sentence.fields[1] == "A" and mode not in NO_POSITION


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise NotNmea(f"{text!r} in a GSV sentence is no number")
    return int(text)


class Nmea0183:
    """A station.model.roles.Gnss; a receiver that says nothing is the unit's fault, noise on the line is the link's."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._talker = Talker(link, clock)
        self._is_lost = False
        self._may_be_rest = False

    def begin(self) -> None:
        """It cannot be asked: nothing is."""

    def prepare(self) -> None:
        """Nothing to set."""

    def wait_fix(self, longest_s: float) -> Reading:
        """Seconds from this call to the sentence that reports a position, to 20 ms and the receiver's own second.

        Raises DutError where none does within ``longest_s``, LinkError for a sentence with a wrong checksum.
        """
        began = self._clock.now()
        with self._link.hold():
            self._forget()
            return self._fix(began, longest_s)

    def wait_new_fix(self, longest_loss_s: float, longest_s: float) -> Reading:
        """As ``wait_fix``, but a fix counts only after a sentence that reports none; both are told after this call.

        Raises DutError also where no sentence reports that within ``longest_loss_s``.
        """
        began = self._clock.now()
        with self._link.hold():
            self._forget()
            self._wait_loss(began, longest_loss_s)
            return self._fix(began, longest_s)

    def _fix(self, began: float, longest_s: float) -> Reading:
        while (line := self._line(began + longest_s)) is not None:
            if has_fix(self._parse(line)):
                seconds = self._clock.now() - began
                return Reading(seconds, "s", self._link.name, line.decode("ascii"), self._clock.utc())
        raise DutError(f"{self._link.name}: no fix within {longest_s:g} s")

    def _wait_loss(self, began: float, longest_s: float) -> None:
        found = f"says nothing of a fix for {longest_s:g} s"
        while (line := self._line(began + longest_s)) is not None and self._clock.now() < began + longest_s:
            sentence = self._parse(line)
            if sentence.kind == "RMC" and not has_fix(sentence):
                return
            if sentence.kind == "RMC":
                found = f"still has its fix {longest_s:g} s after it was told to forget it"
        raise DutError(f"{self._link.name}: {found}")

    def read_cn0_dbhz(self, satellites: int) -> Reading:
        """Mean of the strongest ``satellites`` of the next whole GSV cycle; raises DutError where fewer are tracked."""
        with self._link.hold():
            self._forget()
            view = self._next_view(self._clock.now() + LONGEST_CYCLE_S)
        strongest = sorted(view.cn0_dbhz.values(), reverse=True)[:satellites]
        if len(strongest) < satellites:
            raise DutError(f"{self._link.name}: tracks {len(strongest)} satellites, {satellites} are wanted")
        raw = " ".join(str(cn0) for cn0 in strongest)
        return Reading(sum(strongest) / satellites, "dBHz", self._link.name, raw, self._clock.utc())

    def _next_view(self, deadline: float) -> SkyView:
        view: SkyView | None = None
        while True:
            until = deadline if view is None or not view.is_whole else min(deadline, self._clock.now() + SILENCE_S)
            line = self._line(until)
            if line is None and (view is None or not view.is_whole):
                raise DutError(f"{self._link.name}: no whole GSV cycle within {LONGEST_CYCLE_S:g} s")
            sentence = None if line is None else self._parse(line)
            if view is not None and (sentence is None or sentence.kind != "GSV"):
                if not view.is_whole:
                    raise self._link.distrust("a GSV cycle breaks off")
                return view
            if sentence is not None and sentence.kind == "GSV" and (view or sentence.fields[1:2] == ("1",)):
                view = view or SkyView()
                self._add(view, sentence)

    def _add(self, view: SkyView, sentence: Sentence) -> None:
        try:
            view.add(sentence)
        except ValueError as error:
            raise self._link.distrust(str(error)) from None

    def _parse(self, line: bytes) -> Sentence:
        try:
            return parse(line)
        except NotNmea as error:
            raise self._link.distrust(str(error)) from None

    def _forget(self) -> None:
        """Nothing that was sent before this call is heard."""
        if self._is_lost:
            self._link.open(self._timeout_s)
            self._is_lost = False
        try:
            self._may_be_rest = self._talker.forget()
        except LinkLost:
            self._is_lost = True
            raise

    def _line(self, deadline: float) -> bytes | None:
        """The next line, None where none is whole by then; what is left of one that had begun is dropped."""
        while True:
            try:
                line = self._talker.line(0.0)
            except LinkTimeout:
                if self._clock.now() >= deadline:
                    return None
                self._clock.wait(POLL_S)
                continue
            except LinkLost:
                self._is_lost = True
                raise
            is_rest, self._may_be_rest = self._may_be_rest and not line.startswith(b"$"), False
            if not is_rest:
                return line


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The receiver, which plays one role."""
    receiver = Nmea0183(link, clock, timeout_s)
    return OpenInstrument(receiver, lambda row: receiver)
