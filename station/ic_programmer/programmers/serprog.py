"""A programmer that speaks flashrom's Serial Flasher Protocol, version 1, over TCP or a serial port.

Source: flashrom, doc/supported_hw/supported_prog/serprog/serprog-protocol.rst.

O_SPIOP acts at once and never goes through the programmer's operation buffer; what saves time is sending commands
ahead of their answers, within Q_SERBUF, and O_DELAY with O_EXEC as a wait inside that stream. A programmer without them
is given as many NOPs instead as take it that long.
"""

from __future__ import annotations

import logging
import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from station.link.frames import Frame, Take, Window
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import LinkError, ProgrammerError
from station.model.roles import SpiTransaction

log = logging.getLogger(__name__)

ACK, NAK = 0x06, 0x15
NOP, Q_IFACE, Q_CMDMAP, Q_PGMNAME, Q_SERBUF, Q_BUSTYPE = range(6)
Q_WRNMAXLEN, O_INIT, O_DELAY, O_EXEC, SYNCNOP = 0x08, 0x0B, 0x0E, 0x0F, 0x10
Q_RDNMAXLEN, S_BUSTYPE, O_SPIOP, S_SPI_FREQ, S_PIN_STATE = 0x11, 0x12, 0x13, 0x14, 0x15

BUS_SPI = 0x08
WINDOW_BYTES = 1 << 14
"""No more is sent ahead though the programmer takes it: a burn that is stopped still plays what is under way.

Some 80 ms at 2 Mbaud, and the 16 ms that an adapter may hold an answer back are a fifth of that.
"""
ANSWER_BYTES = 1 << 15
"""So much may be asked for: two reads of 8 KiB keep a wire busy while an answer is held back."""

CLOCKS_HZ = (12_000_000, 4_000_000, 1_000_000)
"""Of the chip, where the programmer lets it be set: the first at the beginning, because nobody knows what an earlier
owner left; a lower one where reading is not steady. Estimates: a wire is slower than the first, a clip bears the last.
"""

MOST_NOPS = 512
"""Of one wait; a longer one is the host's: estimate of where that takes less time."""
MEASURED_NOPS = 256
MEASURED_TIMES = 3

SYNC_S = 2.0
ANSWER_S = 1.0
SLOWEST_BYTES_PER_S = 5760
"""57,600 baud, the slowest wire whose answers are waited for."""

_SYNCED = re.compile(rb"\x15\x06")
_SYNC = tuple(Challenge((bytes((NOP,)) * count + bytes((SYNCNOP,)),), _SYNCED) for count in (8, 64, 512, 8192))
"""More and more NOPs: an interrupted command swallows them until it has all its bytes."""

_SYNC_AGAIN = Challenge((bytes((SYNCNOP,)),), _SYNCED)


class Serprog:
    """A station.model.roles.SpiBus, with SpiFlow and SpiClock; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._commands = frozenset((NOP, Q_IFACE, Q_CMDMAP))
        self._can_wait = False
        self._clock_step = 0
        self._nop_s = 0.0
        self._window = Window(1, ACK, NAK)
        self._model = ""
        self._max_write = self._max_read = 1 << 24

    def begin(self) -> None:
        """Synchronise, learn what the programmer can do, choose SPI and drive the pins.

        Raises ProgrammerError for one that speaks another version or no SPI.
        """
        self._link.resync(_SYNC, _SYNC_AGAIN, SYNC_S)
        version = int.from_bytes(self._ask(Q_IFACE, 2), "little")
        if version != 1:
            raise ProgrammerError(self._link.name, f"speaks version {version} of the protocol, not 1")
        supported = int.from_bytes(self._ask(Q_CMDMAP, 32), "little")
        self._commands = frozenset(command for command in range(256) if supported >> command & 1)
        self._can_wait = {O_DELAY, O_EXEC} <= self._commands
        if O_SPIOP not in self._commands or not self._number(Q_BUSTYPE, 1, BUS_SPI) & BUS_SPI:
            raise ProgrammerError(self._link.name, "has no SPI")
        if S_BUSTYPE in self._commands:
            self._ask(S_BUSTYPE, 0, bytes((BUS_SPI,)))
        self._max_write = self._number(Q_WRNMAXLEN, 3, 0) or 1 << 24
        self._max_read = self._number(Q_RDNMAXLEN, 3, 0) or 1 << 24
        buffer_bytes = self._number(Q_SERBUF, 2, 1)
        self._window = Window(min(buffer_bytes, WINDOW_BYTES), ACK, NAK, ANSWER_BYTES)
        if Q_PGMNAME in self._commands:
            self._model = self._ask(Q_PGMNAME, 16).rstrip(b"\0").decode("ascii", "replace")
        if O_INIT in self._commands:
            self._ask(O_INIT, 0)
        if S_PIN_STATE in self._commands:
            self._ask(S_PIN_STATE, 0, b"\x01")
        if S_SPI_FREQ in self._commands:
            self._clock_at(CLOCKS_HZ[0])
        if not self._can_wait:
            self._nop_s = self._measured_nop_s()

    def end(self) -> None:
        """Let go of the pins, so that the board may use its chip again; a broken link is only reported."""
        if S_PIN_STATE not in self._commands or self._link.state is not LinkState.OPEN:
            return
        try:
            self._ask(S_PIN_STATE, 0, b"\x00")
        except (LinkError, ProgrammerError) as error:
            log.warning("the pins of %s may still be driven: %s", self._link.name, error)

    def transfer(self, write: bytes, read_length: int) -> bytes:
        """One transaction."""
        return self.stream([SpiTransaction(write, read_length)])[0]

    def stream(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """Transactions sent ahead; waits are inside the stream where the programmer can, else between streams."""
        answers: list[bytes] = []
        self.flow(transactions, answers.append)
        return answers

    def flow(self, transactions: Iterable[SpiTransaction], take: Take) -> None:
        """The same for any number, each drawn when there is room for it."""
        stretches = _Stretches(transactions, self._is_long)
        while stretches.is_more:
            self._flow(stretches.next(), take)
            self._clock.wait(stretches.wait_us / 1e6)

    def flow_bytes(self) -> int:
        """Q_SERBUF, but no more than there is a use for."""
        return self._window.size_bytes

    def max_write_bytes(self) -> int:
        """Q_WRNMAXLEN; it counts opcode and address too."""
        return self._max_write

    def max_read_bytes(self) -> int:
        """Q_RDNMAXLEN; it counts only what is read."""
        return self._max_read

    def slow_down(self) -> bool:
        """The next lower clock of ``CLOCKS_HZ``."""
        if S_SPI_FREQ not in self._commands or self._clock_step + 1 == len(CLOCKS_HZ):
            return False
        self._clock_step += 1
        self._clock_at(CLOCKS_HZ[self._clock_step])
        return True

    def describe(self) -> str:
        """What the programmer calls itself, else the protocol's name; and the clock where it was lowered."""
        slow = f" at {CLOCKS_HZ[self._clock_step] // 1_000_000} MHz" if self._clock_step else ""
        return (self._model or "serprog") + slow

    def _clock_at(self, hertz: int) -> None:
        """The programmer takes that or the next lower clock it has."""
        self._ask(S_SPI_FREQ, 4, hertz.to_bytes(4, "little"))

    def _flow(self, transactions: Iterable[SpiTransaction], take: Take) -> None:
        """One pipeline; the answers to its waits are nobody's."""
        under_way: deque[tuple[int, Take]] = deque()

        def frames() -> Iterator[Frame]:
            for transaction in transactions:
                frame = self._frame(transaction)
                under_way.append((O_SPIOP, take))
                yield frame
                for wait in self._wait_frames(transaction.wait_us):
                    under_way.append((wait.out[0], self._waited))
                    yield wait

        def answered(answer: bytes) -> None:
            command, taker = under_way.popleft()
            if answer[0] == NAK:
                raise self._refused(command)
            taker(answer[1:])

        self._link.flow_frames(frames(), self._window, answered)

    def _waited(self, rest: bytes) -> None:
        """Every NOP of a wait is acknowledged."""
        if rest.strip(bytes((ACK,))):
            raise self._refused(NOP)

    def _is_long(self, wait_us: int) -> bool:
        """Whether the host has to wait, because the programmer cannot inside a stream."""
        return not self._can_wait and wait_us / 1e6 > MOST_NOPS * self._nop_s

    def _wait_frames(self, wait_us: int) -> Sequence[Frame]:
        if not wait_us or self._is_long(wait_us):
            return ()
        seconds = wait_us / 1e6
        if self._can_wait:
            delay = Frame(bytes((O_DELAY,)) + wait_us.to_bytes(4, "little"), 1, ANSWER_S)
            return delay, Frame(bytes((O_EXEC,)), 1, ANSWER_S + 2 * seconds)
        count = math.ceil(seconds / self._nop_s)
        return (Frame(bytes((NOP,)) * count, count, ANSWER_S + 2 * seconds),)

    def _measured_nop_s(self) -> float:
        """How long a NOP takes among others: what many take more than one, so that the wire's latency is not in it.

        The shortest of several: a PC that was busy meanwhile would make a NOP look long, and a wait by NOPs too short.
        """
        count = min(MEASURED_NOPS, max(self._window.size_bytes, 2))
        one_s, all_s = (min(self._nops_s(nops) for _ in range(MEASURED_TIMES)) for nops in (1, count))
        return max(all_s - one_s, 0.0) / (count - 1)

    def _nops_s(self, count: int) -> float:
        began_s = self._clock.now()
        self._ask(NOP, count - 1, bytes((NOP,)) * (count - 1))
        return self._clock.now() - began_s

    def _refused(self, command: int) -> ProgrammerError:
        return ProgrammerError(self._link.name, f"refuses command 0x{command:02X}")

    def _frame(self, transaction: SpiTransaction) -> Frame:
        write, read_length = transaction.write, transaction.read_length
        if len(write) > self._max_write or read_length > self._max_read:
            problem = f"takes {self._max_write} bytes and gives {self._max_read} in one transaction"
            raise ProgrammerError(self._link.name, f"{problem}, not {len(write)} and {read_length}")
        head = bytes((O_SPIOP,)) + len(write).to_bytes(3, "little") + read_length.to_bytes(3, "little")
        return Frame(head + write, 1 + read_length, ANSWER_S + (len(write) + read_length) / SLOWEST_BYTES_PER_S)

    def _ask(self, command: int, answer_bytes: int, parameters: bytes = b"") -> bytes:
        frame = Frame(bytes((command,)) + parameters, 1 + answer_bytes, ANSWER_S)
        answer = self._link.exchange_frames([frame], self._window)[0]
        if answer[0] == NAK:
            raise self._refused(command)
        return answer[1:]

    def _number(self, command: int, answer_bytes: int, otherwise: int) -> int:
        """The little-endian number that answers ``command``, or ``otherwise`` where it is not supported."""
        if command not in self._commands:
            return otherwise
        return int.from_bytes(self._ask(command, answer_bytes), "little")


class _Stretches:
    """Transactions in stretches, each up to a wait of ``wait_us`` that is the host's."""

    def __init__(self, transactions: Iterable[SpiTransaction], is_long: Callable[[int], bool]) -> None:
        self._source = iter(transactions)
        self._is_long = is_long
        self.is_more = True
        self.wait_us = 0

    def next(self) -> Iterator[SpiTransaction]:
        self.is_more, self.wait_us = False, 0
        for transaction in self._source:
            yield transaction
            if self._is_long(transaction.wait_us):
                self.is_more, self.wait_us = True, transaction.wait_us
                return
