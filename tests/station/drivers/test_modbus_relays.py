"""The relay board by its frames, byte by byte: every switching read back, every answer proved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from station.drivers.modbus import ModbusSlave, crc16
from station.drivers.modbus_relays import ModbusRelays, NamedRelays
from station.link.clock import SystemClock
from station.link.link import Link, LinkState
from station.link.opening import open_link
from station.model.errors import InstrumentError, LinkRefused, LinkTimeout, PlanError
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()
NAMES = {"illumination": 1, "reverse": 2, "b_plus": 15}
OPEN, SECOND_CLOSED = "01 01 02 00 00", "01 01 02 02 00"
READ = "01 01 00 00 00 10"
CLOSE_SECOND = "01 05 00 01 FF 00"
ANSWER_S = 0.4

Exchange = tuple[str, str]
"""Request and answer in hex, without their CRC; an empty answer is silence."""


def frame(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + crc16(body)


@contextmanager
def playing(*exchanges: Exchange, has_echo: bool = True) -> Iterator[Link]:
    """Answer exactly these; sentinels are answered as a board with or without the diagnostics function does."""
    left, wrong = list(exchanges), list[str]()

    def reply(message: bytes) -> list[tuple[float, bytes]]:
        said = message[:-2].hex(" ").upper()
        if message[1] == 0x08:
            return [(0.0, message if has_echo else frame("01 88 01"))]
        if not has_echo and said in ("01 01 00 00 00 01", "01 01 00 00 00 09"):
            return [(0.0, frame("01 01 01 00" if said.endswith("01") else OPEN))]
        expected, answer = left.pop(0) if left else ("nothing", "")
        if said != expected or crc16(message[:-2]) != message[-2:]:
            wrong.append(f"{said} instead of {expected}")
        return [(0.0, frame(answer))] if answer else []

    with scripted_peer(reply, is_text=False) as peer:
        link = open_link("matrix", peer.address, CLOCK, 1.0)
        try:
            yield link
        finally:
            link.close()
    assert (wrong, left) == ([], [])


def relays(link: Link) -> NamedRelays:
    return ModbusRelays(link, CLOCK, ANSWER_S, 16).named(NAMES)


def test_the_frame_check_is_that_of_the_published_example() -> None:
    """Waveshare, Protocol Manual of Modbus RTU Relay: open relay 0 is 01 05 00 00 FF 00 8C 3A."""
    assert crc16(bytes.fromhex("01050000FF00")) == bytes.fromhex("8C3A")


def test_a_relay_is_closed_and_read_back() -> None:
    with playing((READ, OPEN), (CLOSE_SECOND, CLOSE_SECOND), (READ, SECOND_CLOSED)) as link:
        relays(link).close("reverse")


def test_several_relays_are_each_switched_and_read_back_together() -> None:
    exchanges = [
        (READ, SECOND_CLOSED),
        ("01 05 00 00 FF 00", "01 05 00 00 FF 00"),
        ("01 05 00 0E FF 00", "01 05 00 0E FF 00"),
        (READ, "01 01 02 03 40"),
    ]
    with playing(*exchanges) as link:
        relays(link).close("illumination", "b_plus")


def test_open_without_a_name_opens_what_is_closed_of_all_that_the_role_names() -> None:
    opened = [(f"01 05 00 {coil - 1:02X} 00 00",) * 2 for coil in (1, 15)]
    with playing((READ, "01 01 02 01 50"), *opened, (READ, "01 01 02 00 10")) as link:
        relays(link).open()


def test_relays_that_are_as_they_should_be_are_not_switched() -> None:
    with playing((READ, SECOND_CLOSED), (READ, OPEN)) as link:
        relays(link).close("reverse")
        relays(link).open("reverse")


def test_a_board_is_prepared_by_opening_every_relay_in_one_message() -> None:
    with playing(("01 0F 00 00 00 10 02 00 00", "01 0F 00 00 00 10"), (READ, OPEN)) as link:
        ModbusRelays(link, CLOCK, ANSWER_S, 16).prepare()


def test_a_relay_that_does_not_close_is_an_instrument_error() -> None:
    exchanges = [(READ, OPEN), (CLOSE_SECOND, CLOSE_SECOND), (READ, OPEN)]
    with playing(*exchanges) as link, pytest.raises(InstrumentError, match="matrix: coil 2 did not close"):
        relays(link).close("reverse")


def test_a_relay_that_stays_closed_is_an_instrument_error() -> None:
    exchanges = [("01 0F 00 00 00 10 02 00 00", "01 0F 00 00 00 10"), (READ, SECOND_CLOSED)]
    with playing(*exchanges) as link, pytest.raises(InstrumentError, match="matrix: coil 2 did not open"):
        ModbusRelays(link, CLOCK, ANSWER_S, 16).prepare()


def test_a_board_with_fewer_coils_than_its_row_says_so_itself() -> None:
    exchanges = [(READ, "01 81 02")]
    with (
        playing(*exchanges) as link,
        pytest.raises(InstrumentError, match="refuses function 01: exception 2, illegal data address"),
    ):
        ModbusRelays(link, CLOCK, ANSWER_S, 16).begin()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("01 05 00 02 FF 00", "belongs to another request"),
        ("02 05 00 01 FF 00", "another slave"),
        ("01 06 00 01 FF 00", "is not to function 05"),
    ],
)
def test_an_answer_to_something_else_makes_the_link_suspect(answer: str, problem: str) -> None:
    with playing((READ, OPEN), (CLOSE_SECOND, answer)) as link:
        with pytest.raises(LinkRefused, match=problem):
            relays(link).close("reverse")
        assert link.state is LinkState.SUSPECT


def test_a_damaged_answer_makes_the_link_suspect() -> None:
    def reply(message: bytes) -> list[tuple[float, bytes]]:
        answer = frame(OPEN)
        return [(0.0, message if message[1] == 0x08 else answer[:-1] + bytes((answer[-1] ^ 1,)))]

    with scripted_peer(reply, is_text=False) as peer:
        link = open_link("matrix", peer.address, CLOCK, 1.0)
        with pytest.raises(LinkRefused, match="damaged"):
            relays(link).close("reverse")
        assert link.state is LinkState.SUSPECT
        link.close()


def test_an_answer_to_a_reading_that_comes_twice_is_found_out() -> None:
    def reply(message: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, frame(OPEN)), (0.05, frame(OPEN))] if message[1] == 0x01 else [(0.0, message)]

    with scripted_peer(reply, is_text=False) as peer:
        link = open_link("matrix", peer.address, CLOCK, 1.0)
        with pytest.raises(LinkRefused):
            ModbusRelays(link, CLOCK, ANSWER_S, 16).begin()
        assert link.state is LinkState.SUSPECT
        link.close()


def test_a_board_that_lags_by_one_answer_is_not_believed() -> None:
    held: list[bytes] = []

    def reply(message: bytes) -> list[tuple[float, bytes]]:
        held.append(message if message[1] == 0x08 else frame("01 01 01 00"))
        return [(0.0, held.pop(0))] if len(held) > 1 else []

    with scripted_peer(reply, is_text=False) as peer:
        link = open_link("matrix", peer.address, CLOCK, 1.0)
        with pytest.raises(LinkTimeout):
            ModbusRelays(link, CLOCK, ANSWER_S, 16).begin()
        link.close()


def test_a_board_without_diagnostics_is_proved_by_answers_of_two_lengths() -> None:
    with playing((READ, OPEN), (CLOSE_SECOND, CLOSE_SECOND), (READ, SECOND_CLOSED), has_echo=False) as link:
        relays(link).close("reverse")
        assert link.state is LinkState.OPEN


def test_of_measuring_relays_one_is_closed_after_the_others_have_been_proved_open() -> None:
    exchanges = [
        (READ, "01 01 02 01 00"),
        ("01 05 00 00 00 00", "01 05 00 00 00 00"),
        (READ, OPEN),
        (CLOSE_SECOND, CLOSE_SECOND),
        (READ, SECOND_CLOSED),
        (READ, SECOND_CLOSED),
    ]
    with playing(*exchanges) as link:
        board = ModbusRelays(link, CLOCK, ANSWER_S, 16)
        board.connect(2, {1, 2, 3})
        board.connect(2, {1, 2, 3})


def test_a_measuring_relay_is_not_closed_while_another_stays_closed() -> None:
    exchanges = [(READ, "01 01 02 01 00"), ("01 05 00 00 00 00",) * 2, (READ, "01 01 02 01 00")]
    with playing(*exchanges) as link, pytest.raises(InstrumentError, match="coil 1 did not open"):
        ModbusRelays(link, CLOCK, ANSWER_S, 16).connect(2, {1, 2, 3})


def test_a_relay_that_is_not_wired_is_a_mistake_of_the_plan() -> None:
    with playing() as link, pytest.raises(PlanError, match=r"wires no relay 'fog' \(there are: illumination, reverse"):
        relays(link).close("fog")


def test_a_silent_board_is_an_error_within_its_time() -> None:
    with playing((READ, OPEN), (CLOSE_SECOND, "")) as link:
        start = CLOCK.now()
        with pytest.raises(LinkTimeout, match="matrix"):
            relays(link).close("reverse")
        assert CLOCK.now() - start < ANSWER_S + 0.5
        assert link.state is LinkState.SUSPECT


def test_inputs_are_read_and_the_answer_is_proved() -> None:
    with playing(("01 02 00 00 00 03", "01 02 01 05")) as link:
        slave = ModbusSlave(link, CLOCK, ANSWER_S, 1)
        slave.synchronise()
        assert slave.read_inputs(3) == {1, 3}


def test_a_board_without_inputs_is_an_error_and_no_open_input() -> None:
    with playing(("01 02 00 00 00 01", "01 82 01")) as link:
        slave = ModbusSlave(link, CLOCK, ANSWER_S, 1)
        slave.synchronise()
        with pytest.raises(InstrumentError, match="refuses function 02"):
            slave.read_inputs(1)
