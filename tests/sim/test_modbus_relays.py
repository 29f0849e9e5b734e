"""The relay board is a Modbus slave by the book, and its coils are wired to the jig."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.estop import EmergencyStop
from fixtures.sim.head_unit import HeadUnit
from fixtures.sim.jig import TerminalProbes
from fixtures.sim.modbus_relays import ANSWER_S, RelayBoard, crc16
from fixtures.sim.world import World
from tests.sim.test_head_unit import make_unit


class Line:
    """A client that sends frames."""

    def __init__(self, board: RelayBoard) -> None:
        self.session = board.connect()

    def ask(self, request: str) -> str:
        """The answer to a request, both in hex without CRC; empty for silence. The CRC is checked."""
        frame = bytes.fromhex(request)
        replies = self.session.receive(frame + crc16(frame))
        if not replies:
            return ""
        (reply,) = replies
        assert crc16(reply.data[:-2]) == reply.data[-2:]
        return reply.data[:-2].hex(" ").upper()


@pytest.fixture
def switched() -> list[frozenset[int]]:
    return []


@pytest.fixture
def board(switched: list[frozenset[int]]) -> RelayBoard:
    return RelayBoard(48, SimClock(0.0), switched.append)


@pytest.fixture
def line(board: RelayBoard) -> Line:
    return Line(board)


def test_the_frame_check_is_that_of_the_published_example() -> None:
    """Waveshare, Protocol Manual of Modbus RTU Relay: open relay 0 is 01 05 00 00 FF 00 8C 3A."""
    assert crc16(bytes.fromhex("01050000FF00")) == bytes.fromhex("8C3A")


def test_a_coil_is_written_and_read_back(line: Line, switched: list[frozenset[int]]) -> None:
    assert line.ask("01 05 00 03 FF 00") == "01 05 00 03 FF 00"
    assert line.ask("01 01 00 00 00 08") == "01 01 01 08"
    assert switched == [frozenset({4})]
    line.ask("01 05 00 03 00 00")
    assert line.ask("01 01 00 00 00 30") == "01 01 06 00 00 00 00 00 00"
    assert switched[-1] == frozenset()


def test_several_coils_are_written_at_once(line: Line, switched: list[frozenset[int]]) -> None:
    assert line.ask("01 0F 00 08 00 0A 02 03 02") == "01 0F 00 08 00 0A"
    assert switched == [frozenset({9, 10, 18})]
    assert line.ask("01 01 00 07 00 0C") == "01 01 02 06 04"


def test_the_query_data_come_back(line: Line) -> None:
    assert line.ask("01 08 00 00 A5 37") == "01 08 00 00 A5 37"


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("01 05 00 30 FF 00", "01 85 02"),
        ("01 01 00 00 00 31", "01 81 02"),
        ("01 0F 00 28 00 0A 02 00 00", "01 8F 02"),
        ("01 05 00 00 12 34", "01 85 03"),
        ("01 01 00 00 00 00", "01 81 03"),
        ("01 0F 00 00 00 0A 01 00", "01 8F 03"),
        ("01 08 00 01 00 00", "01 88 01"),
        ("01 03 00 00 00 01", "01 83 01"),
    ],
)
def test_what_it_has_not_is_an_exception(line: Line, request_: str, answer: str, board: RelayBoard) -> None:
    assert line.ask(request_) == answer
    assert board.closed == frozenset()


def test_a_board_without_diagnostics_says_so() -> None:
    line = Line(RelayBoard(16, SimClock(0.0), lambda _: None, has_echo=False))
    assert line.ask("01 08 00 00 00 01") == "01 88 01"


def test_a_bad_frame_check_and_another_address_are_silence(line: Line, board: RelayBoard) -> None:
    assert line.session.receive(bytes.fromhex("01050003FF000000")) == []
    assert line.ask("02 05 00 03 FF 00") == ""
    assert board.closed == frozenset()


def test_a_broadcast_is_obeyed_and_not_answered(line: Line, board: RelayBoard) -> None:
    assert line.ask("00 05 00 03 FF 00") == ""
    assert board.closed == frozenset({4})


def test_a_frame_may_come_in_pieces(line: Line) -> None:
    frame = bytes.fromhex("01050003FF00")
    frame += crc16(frame)
    assert line.session.receive(frame[:3]) == []
    (reply,) = line.session.receive(frame[3:])
    assert (reply.data, reply.delay_s) == (frame, ANSWER_S)


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SimClock(0.0), 1, 2)
    world.insert(make_unit())
    world.drive(1, 14.4, 5.0, True)
    world.drive(2, 12.0, 1.0, True)
    yield world


def unit_of(world: World) -> HeadUnit:
    assert world.unit is not None
    return world.unit


def test_coil_15_takes_b_plus_from_the_unit_and_gives_it_back(world: World) -> None:
    line = Line(RelayBoard(48, SimClock(0.0), world.switch_relays))
    assert unit_of(world).state.value == "awake"
    line.ask("01 05 00 0E FF 00")
    assert (unit_of(world).state.value, world.unit_volts_v()[0], world.current_a(1)) == ("off", 0.0, 0.0)
    assert world.volts_v(1) == pytest.approx(14.4)
    line.ask("01 05 00 0E 00 00")
    assert unit_of(world).state.value == "awake"


def test_a_measuring_coil_brings_its_point_to_the_meters_terminals(world: World) -> None:
    line, probes = Line(RelayBoard(48, SimClock(0.0), world.switch_relays)), TerminalProbes(world)
    assert probes.volts_v(None) == 0.0
    line.ask("01 05 00 21 FF 00")
    assert probes.volts_v(None) == pytest.approx(12.0)
    line.ask("01 05 00 22 FF 00")
    assert probes.volts_v(None) == pytest.approx((12.0 + unit_of(world).rail_5v_v()) / 2)
    assert TerminalProbes(world, 2).volts_v(None) == pytest.approx(12.0)


def test_an_input_has_voltage_through_the_contact_of_the_emergency_stop() -> None:
    stop = EmergencyStop()
    wired = RelayBoard(
        16, SimClock(0.0), lambda _: None, inputs=8, energised=lambda: frozenset({3} if stop.is_closed else ())
    )
    line = Line(wired)
    assert line.ask("01 02 00 00 00 08") == "01 02 01 04"
    assert line.ask("01 02 00 02 00 01") == "01 02 01 01"
    stop.press(True)
    assert line.ask("01 02 00 00 00 08") == "01 02 01 00"
    assert line.ask("01 02 00 00 00 09") == "01 82 02"


def test_a_board_without_inputs_does_not_know_the_function(line: Line) -> None:
    assert line.ask("01 02 00 00 00 01") == "01 82 01"
