"""The programmer speaks the Serial Flasher Protocol and keeps its promises about buffers, NAKs and time."""

from __future__ import annotations

import hashlib

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.device import SimClock
from fixtures.sim.nor import Nor
from fixtures.sim.serprog import Serprog, SerprogSession, SerprogTraits

ACK, NAK = b"\x06", b"\x15"
TRAITS = SerprogTraits(name="bench", serial_buffer_bytes=2048, max_write_bytes=260, max_read_bytes=4096)


def session(traits: SerprogTraits = TRAITS, scale: float = 0.0, kind: str | None = "W25Q64JV") -> SerprogSession:
    clock, socket = SimClock(scale), ChipSocket()
    if kind is not None:
        socket.hold(Nor(chip_kinds()[kind], bytes(8), clock), kind)
    return Serprog(socket, traits, clock).connect()


def ask(line: SerprogSession, data: bytes) -> bytes:
    return b"".join(reply.data for reply in line.receive(data))


def seconds(line: SerprogSession, data: bytes) -> float:
    return sum(reply.delay_s for reply in line.receive(data))


def spi(write: bytes, read_length: int = 0) -> bytes:
    return b"\x13" + len(write).to_bytes(3, "little") + read_length.to_bytes(3, "little") + write


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00", "06"),
        ("10", "1506"),
        ("01", "060100"),
        ("03", "06" + b"bench".ljust(16, b"\0").hex()),
        ("04", "060008"),
        ("05", "0608"),
        ("07", "062c01"),
        ("08", "06040100"),
        ("11", "06001000"),
        ("1208", "06"),
        ("1201", "15"),
        ("1400000000", "15"),
        ("1440420f00", "0640420f00"),
        ("14ffffffff", "06001bb700"),
        ("09", "15"),
        ("ee", "15"),
    ],
)
def test_each_command_gets_the_answer_of_the_specification(command: str, answer: str) -> None:
    assert ask(session(), bytes.fromhex(command)).hex() == answer


def test_the_command_map_names_what_is_answered_and_nothing_else() -> None:
    bitmap = int.from_bytes(ask(session(), b"\x02")[1:], "little")
    supported = {command for command in range(256) if bitmap >> command & 1}
    assert supported == {*range(6), 7, 8, 0x0B, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15}


def test_a_spi_operation_returns_the_bytes_of_the_chip() -> None:
    assert ask(session(), spi(b"\x9f", 3)) == ACK + bytes.fromhex("ef4017")


def test_commands_are_understood_however_the_bytes_are_cut() -> None:
    commands = spi(b"\x06") + spi(b"\x02\0\0\0" + b"fanji") + spi(b"\x03\0\0\0", 5) + b"\x14\x40\x42\x0f\x00"
    line = session()
    answer = b"".join(ask(line, commands[index : index + 1]) for index in range(len(commands)))
    assert answer == ACK + ACK + ACK + b"fanji" + ACK + b"\x40\x42\x0f\x00"


def test_a_write_longer_than_promised_is_refused_and_the_next_command_is_understood() -> None:
    line = session()
    assert ask(line, spi(bytes(261)) + spi(b"\x9f", 3)) == NAK + ACK + bytes.fromhex("ef4017")
    assert ask(line, spi(b"\x9f", 4097)) == NAK


def test_the_operation_buffer_takes_delays_until_it_is_full() -> None:
    line = session(SerprogTraits(op_buffer_bytes=10))
    delay = b"\x0e" + (1000).to_bytes(4, "little")
    assert ask(line, b"\x0b" + delay + delay + delay + b"\x0f" + delay) == ACK * 3 + NAK + ACK + ACK


def test_with_its_pins_off_the_programmer_reads_ones() -> None:
    line = session()
    assert ask(line, b"\x15\x00" + spi(b"\x9f", 3)) == ACK + ACK + b"\xff" * 3
    assert ask(line, b"\x15\x01" + spi(b"\x9f", 3)) == ACK + ACK + bytes.fromhex("ef4017")


def test_an_empty_socket_reads_ones() -> None:
    assert ask(session(kind=None), spi(b"\x9f", 3)) == ACK + b"\xff" * 3


def test_a_delay_in_the_stream_lets_the_chip_finish_before_the_next_operation() -> None:
    wait = b"\x0e" + (500).to_bytes(4, "little") + b"\x0f"
    program = spi(b"\x06") + spi(b"\x02\0\0\0\0")
    assert ask(session(scale=1.0), program + spi(b"\x05", 1))[-1] & 1
    assert ask(session(scale=1.0), program + wait + spi(b"\x05", 1))[-1] == 0


def test_the_spi_clock_takes_its_time() -> None:
    traits = SerprogTraits(spi_hz=1_000_000)
    assert seconds(session(traits, 1.0), spi(b"\x03\0\0\0", 60000)) == pytest.approx(60004 * 8 / 1e6, rel=0.01)


def test_a_serial_wire_takes_ten_bits_a_byte_in_both_directions_at_once() -> None:
    traits = SerprogTraits(baud=115200, max_read_bytes=65536)
    assert seconds(session(traits, 1.0), spi(b"\x03\0\0\0", 11520)) == pytest.approx(1.0, rel=0.02)
    pipelined = spi(b"\x02" + bytes(256)) * 100
    assert seconds(session(traits, 1.0), pipelined) == pytest.approx(264 * 100 * 10 / 115200, rel=0.05)


def test_latency_delays_an_answer_but_not_each_of_a_pipeline() -> None:
    traits = SerprogTraits(latency_s=0.016)
    assert seconds(session(traits, 1.0), b"\x00" * 100) == pytest.approx(0.016, rel=0.05)


def test_a_pipeline_of_a_mebibyte_is_written_and_read_back() -> None:
    line, image = session(SerprogTraits()), hashlib.shake_256(b"image").digest(1 << 20)
    pages = [(address, image[address : address + 256]) for address in range(0, len(image), 256)]
    writes = b"".join(spi(b"\x06") + spi(b"\x02" + address.to_bytes(3, "big") + page) for address, page in pages)
    assert ask(line, writes) == ACK * 2 * len(pages)
    reads = b"".join(spi(b"\x03" + address.to_bytes(3, "big"), 65536) for address in range(0, len(image), 65536))
    answer = ask(line, reads)
    assert b"".join(answer[start + 1 : start + 65537] for start in range(0, len(answer), 65537)) == image


def test_without_flow_control_what_overflows_the_buffer_is_lost() -> None:
    uart = SerprogTraits(serial_buffer_bytes=512, max_write_bytes=260, has_flow_control=False)
    assert len(ask(session(uart), bytes(2000))) == 512
    assert len(ask(session(TRAITS), bytes(4000))) == 4000


def test_a_client_that_waits_for_its_answers_loses_nothing() -> None:
    uart = SerprogTraits(serial_buffer_bytes=512, max_write_bytes=260, has_flow_control=False)
    line = session(uart)
    assert sum(len(ask(line, bytes(512))) for _ in range(4)) == 2048


def test_bytes_whose_answer_is_still_due_fill_the_buffer() -> None:
    uart = SerprogTraits(serial_buffer_bytes=512, max_write_bytes=260, has_flow_control=False, latency_s=60.0)
    line = session(uart, scale=1.0)
    assert len(ask(line, bytes(300))) == 300
    assert len(ask(line, bytes(300))) == 212
