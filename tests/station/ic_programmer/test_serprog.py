"""The client of the Serial Flasher Protocol, against a small scripted programmer that has what a test gives it."""

from __future__ import annotations

import time

import pytest

from station.ic_programmer.programmers.serprog import Serprog
from station.link.link import LinkState
from station.link.opening import open_link
from station.model.errors import LinkError, ProgrammerError
from station.model.roles import SpiTransaction
from tests.station.ic_programmer.scripted_programmer import ALL, CLOCK, Programmer, opened
from tests.station.link.peer import scripted_peer


def test_it_synchronises_without_waiting_and_learns_the_limits() -> None:
    programmer = Programmer()
    start = time.monotonic()
    with opened(programmer) as serprog:
        assert time.monotonic() - start < 0.9  # flashrom sleeps a second
        assert (serprog.describe(), serprog.max_write_bytes(), serprog.max_read_bytes()) == ("my programmer", 260, 4096)
    assert b"\x12\x08" in programmer.done
    assert programmer.done[-1] == b"\x15\x01"


def test_a_length_of_0_means_2_to_the_24() -> None:
    with opened(Programmer(max_write=0, max_read=0)) as serprog:
        assert (serprog.max_write_bytes(), serprog.max_read_bytes()) == (1 << 24, 1 << 24)


@pytest.mark.parametrize("swallowed", [9, 60, 300])
def test_a_programmer_in_the_middle_of_an_old_command_is_brought_back(swallowed: int) -> None:
    with opened(Programmer(swallow=swallowed)) as serprog:
        assert serprog.transfer(b"\x9f", 3) == b"\x9f\x9f\x9f"


def test_another_version_is_refused() -> None:
    with (
        pytest.raises(ProgrammerError, match="prog: speaks version 2 of the protocol, not 1"),
        opened(Programmer(version=2)),
    ):
        pass


@pytest.mark.parametrize("programmer", [Programmer(buses=0x01), Programmer(commands=ALL[:-2])])
def test_a_programmer_without_spi_is_refused(programmer: Programmer) -> None:
    with pytest.raises(ProgrammerError, match="has no SPI"), opened(programmer):
        pass


def test_something_else_at_the_port_is_refused() -> None:
    with scripted_peer(lambda data: [(0.0, b"login: ")], is_text=False) as peer:
        link = open_link("prog", peer.address, CLOCK, 1.0)
        with pytest.raises(LinkError):
            Serprog(link, CLOCK).begin()
        assert link.state is not LinkState.OPEN
        link.close()


def test_transactions_are_answered_in_order_with_waits_inside_the_stream() -> None:
    programmer = Programmer()
    with opened(programmer) as serprog:
        programmer.done.clear()
        program = SpiTransaction(b"\x02\0\0\0data", 0, 700)
        assert serprog.stream([SpiTransaction(b"\x06"), program, SpiTransaction(b"\x05", 1)]) == [b"", b"", b"\x05"]
    assert [command[0] for command in programmer.done] == [0x13, 0x13, 0x0E, 0x0F, 0x13]
    assert programmer.done[2] == b"\x0e" + (700).to_bytes(4, "little")
    assert programmer.done[1] == b"\x13\x08\0\0\0\0\0\x02\0\0\0data"


def test_a_programmer_without_delays_is_waited_for_by_the_host() -> None:
    programmer = Programmer(commands=tuple(command for command in ALL if command not in (0x0E, 0x0F)))
    with opened(programmer) as serprog:
        programmer.done.clear()
        start = time.monotonic()
        answers = serprog.stream([SpiTransaction(b"\x02", 0, 30_000), SpiTransaction(b"\x05", 1)])
        assert time.monotonic() - start >= 0.03
    assert answers == [b"", b"\x05"]
    assert [command[0] for command in programmer.done] == [0x13, 0x13]


def test_no_more_is_sent_ahead_than_the_programmers_buffer_holds() -> None:
    programmer = Programmer(buffer_bytes=512)
    with opened(programmer) as serprog:
        programmer.largest_burst = 0
        serprog.stream([SpiTransaction(b"\x02" + bytes(200))] * 50)
    assert 208 <= programmer.largest_burst <= 512


def test_what_the_programmer_cannot_carry_is_not_sent() -> None:
    programmer = Programmer()
    with opened(programmer) as serprog:
        programmer.done.clear()
        with pytest.raises(ProgrammerError, match="takes 260 bytes and gives 4096 in one transaction, not 261 and 0"):
            serprog.transfer(bytes(261), 0)
    assert programmer.done == []


def test_a_refused_command_is_an_error_of_the_programmer() -> None:
    programmer = Programmer()
    with opened(programmer) as serprog:
        programmer.refused = (0x13,)
        with pytest.raises(ProgrammerError, match="refuses command 0x13"):
            serprog.stream([SpiTransaction(b"\x9f", 3)] * 2)


def test_the_pins_are_let_go_at_the_end_where_the_link_is_sound() -> None:
    programmer = Programmer()
    with opened(programmer) as serprog:
        serprog.end()
    assert programmer.done[-1] == b"\x15\x00"


def test_a_programmer_that_does_not_let_go_is_reported_and_nothing_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    programmer = Programmer()
    with opened(programmer) as serprog:
        programmer.refused = (0x15,)
        serprog.end()
    assert "the pins of prog may still be driven: prog: refuses command 0x15" in caplog.messages
