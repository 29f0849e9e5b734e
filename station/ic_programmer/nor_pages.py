"""Programs the pages of a SPI NOR and reads them back in one stream, so that both directions of the wire are busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from station.ic_programmer.chip import PageRead, Progress, Stretch
from station.ic_programmer.nor_instructions import BUSY, READ_STATUS, WRITE_ENABLE, WRITE_ENABLED, NorInstructions
from station.ic_programmer.nor_status import NorStatus
from station.ic_programmer.spi_stream import flow, flow_bytes
from station.ic_programmer.target import Target
from station.model.clock import Clock
from station.model.roles import SpiBus, SpiTransaction

Page = tuple[int, bytes]

LARGEST_READ_BYTES = 1 << 12
WITHOUT_A_FLOW_BYTES = 1 << 14
READS_OF_A_WINDOW = 8
"""A piece that is read back is at most so small a part of what may be under way: its answer must not hold that up."""

MARGIN = 1.25
"""Of the wait for a page, over what the first one took; estimate."""
LOOKS, LOOK = 16, 0.125
"""The first page is looked at so often, each so much of the typical time later: up to two and a half times that."""


class NorPages:
    """Writes pages of one chip; ``late`` counts those that were still busy after their wait.

    Where a page was, the one behind it may have been ignored: it is written again, which changes nothing where it was
    not, and all later waits are longer.
    """

    def __init__(self, bus: SpiBus, instructions: NorInstructions, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._instructions = instructions
        self._target = target
        self._clock = clock
        self._status = NorStatus(bus, clock)
        self._wait_us = round(target.program_typical_s * MARGIN * 1e6)
        self._is_measured = False
        self.late = 0

    def write(self, pages: Sequence[Page], progress: Progress, stretches: Sequence[Stretch], read: PageRead) -> None:
        """Write ``pages`` in the order of their addresses, and read ``stretches`` back behind them.

        ``read`` gets every byte of the stretches, in order, none before the pages in it are written; it may raise to
        stop. Raises BusyError after the data sheet's maximum, ProtectedError or ContactError.
        """
        run = _Run(pages, tuple(self._pieces(stretches)), self._instructions, progress, read)
        if pages and not self._is_measured:
            self._is_measured = True
            self._measure(run)
        while not run.is_done():
            run.wait_us = self._wait_us
            flow(self._bus, run.transactions(), run.take)
            if run.late_status is not None:
                self._settle(run, run.late_status)

    def _measure(self, run: _Run) -> None:
        """Write the first page by itself, to learn how long this chip takes."""
        run.wait_us = round(self._target.program_typical_s * 1e6)
        flow(self._bus, run.first_page(), run.take)
        if run.late_status is not None:
            self._settle(run, run.late_status)
        elif run.slowest_us:
            self._wait_us = min(round(run.slowest_us * MARGIN), self._longest_us())

    def _settle(self, run: _Run, status: int) -> None:
        """A page was late: wait for it, and go on behind it with a longer wait."""
        self.late += 1
        self._wait_us = min(self._wait_us * 2, self._longest_us())
        deadline = self._clock.now() + self._target.program_max_s
        what = f"program at 0x{run.late_address:06X}"
        self._status.finish(status, what, deadline, self._target.program_typical_s / 4)
        run.go_on()

    def _longest_us(self) -> int:
        return round(self._target.program_max_s * 1e6)

    def _pieces(self, stretches: Sequence[Stretch]) -> Iterator[Stretch]:
        """The stretches in pieces that are read at once: whole pages, where the bus carries them."""
        page = self._target.page_bytes
        window = flow_bytes(self._bus, WITHOUT_A_FLOW_BYTES) // READS_OF_A_WINDOW
        step = min(max(window // page * page, page), LARGEST_READ_BYTES, self._bus.max_read_bytes())
        for start, length in stretches:
            for address in range(start, start + length, step):
                yield address, min(step, start + length - address)


class _Run:
    """Where the stream is: so many pages are certainly written, so many pieces are read behind them."""

    def __init__(
        self,
        pages: Sequence[Page],
        pieces: Sequence[Stretch],
        instructions: NorInstructions,
        progress: Progress,
        read: PageRead,
    ) -> None:
        self._pages = pages
        self._pieces = pieces
        self._instructions = instructions
        self._progress = progress
        self._read = read
        self._expected: deque[Callable[[bytes], None]] = deque()
        self._done = self._proved = 0
        self._page_bytes = len(pages[0][1]) if pages else 0
        self._is_late_whole = True
        self.wait_us = self.slowest_us = self.late_address = 0
        self.late_status: int | None = None

    def is_done(self) -> bool:
        return self._done == len(self._pages) and self._proved == len(self._pieces)

    def go_on(self) -> None:
        """The late page has ended; it is whole unless a part of it was sent behind that."""
        self.late_status = None
        if self._is_late_whole:
            self._done += 1
            self._progress(self._done * self._page_bytes)

    def first_page(self) -> Iterator[SpiTransaction]:
        """One page whose status is read again and again."""
        self._expected.clear()
        look_us = max(round(self.wait_us * LOOK), 1)
        for program, written in self._parts(0):
            yield self._expect(WRITE_ENABLE, _drop)
            yield self._expect(SpiTransaction(program.write, 0, self.wait_us // 2), _drop)
            seen: list[int] = []
            for index in range(LOOKS):
                look = SpiTransaction(READ_STATUS.write, 1, look_us)
                yield self._expect(look, partial(self._looked_at, self.wait_us // 2 + index * look_us, seen))
            yield self._expect(READ_STATUS, written)

    def transactions(self) -> Iterator[SpiTransaction]:
        """From where the last run ended; ends behind a page that was late."""
        self._expected.clear()
        next_piece = self._proved
        for number in range(self._done, len(self._pages)):
            for program, written in self._parts(number):
                if self.late_status is not None:
                    return
                yield self._expect(WRITE_ENABLE, _drop)
                yield self._expect(program, _drop)
                yield self._expect(READ_STATUS, written)
            end = self._pages[number][0] + self._page_bytes
            while next_piece < len(self._pieces) and sum(self._pieces[next_piece]) <= end:
                yield self._read_back(self._pieces[next_piece])
                next_piece += 1
        for piece in self._pieces[next_piece:]:
            if self.late_status is not None:
                return
            yield self._read_back(piece)

    def take(self, answer: bytes) -> None:
        """The answer to the transaction that was drawn first of those that have none."""
        self._expected.popleft()(answer)

    def _parts(self, number: int) -> Iterator[tuple[SpiTransaction, Callable[[bytes], None]]]:
        """What writes the page, and who gets the status behind each."""
        address, content = self._pages[number]
        parts = list(self._instructions.program(address, content, self.wait_us))
        step = -(-len(content) // len(parts))
        for index, part in enumerate(parts):
            yield part, partial(self._written, number, address + index * step, index + 1 == len(parts))

    def _read_back(self, piece: Stretch) -> SpiTransaction:
        return self._expect(self._instructions.read(*piece), partial(self._was_read, piece))

    def _expect(self, transaction: SpiTransaction, then: Callable[[bytes], None]) -> SpiTransaction:
        self._expected.append(then)
        return transaction

    def _looked_at(self, after_us: int, seen: list[int], answer: bytes) -> None:
        if not answer[0] & BUSY and not seen:
            seen.append(after_us)
            self.slowest_us = max(self.slowest_us, after_us)

    def _written(self, number: int, address: int, is_last: bool, answer: bytes) -> None:
        if self.late_status is not None:
            return
        if answer[0] & (BUSY | WRITE_ENABLED):
            self.late_status, self.late_address, self._is_late_whole = answer[0], address, is_last
        elif is_last:
            self._done = number + 1
            self._progress(self._done * self._page_bytes)

    def _was_read(self, piece: Stretch, content: bytes) -> None:
        if self.late_status is not None:
            return
        self._proved += 1
        self._read(piece[0], content)


def _drop(_answer: bytes) -> None:
    """It has no answer that says anything."""
