"""The boot ROM of an STM32: commands with complements, silence where half a command waits, protection."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest

from fixtures.sim.device import Session
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.stm32_rom import Stm32Rom

ACK, NACK = b"\x79", b"\x1f"
F1, F4, G0 = "STM32F103xB", "STM32F407xG", "STM32G071xB"
START = 0x08000000


class Host:
    """Asks a boot ROM, byte for byte."""

    def __init__(self, chip: str) -> None:
        self.flash = Stm32Flash(stm32_kinds()[chip])
        self.rom = Stm32Rom(self.flash)
        self._session: Session = self.rom.connect()
        self.took_s = 0.0

    def send(self, *data: int) -> bytes:
        replies = self._session.receive(bytes(data))
        self.took_s = sum(reply.delay_s for reply in replies)
        return b"".join(reply.data for reply in replies)

    def command(self, code: int) -> bytes:
        return self.send(code, code ^ 0xFF)

    def summed(self, data: bytes) -> bytes:
        return self.send(*data, reduce(xor, data))

    def address(self, address: int) -> bytes:
        return self.summed(address.to_bytes(4, "big"))

    def write(self, address: int, data: bytes) -> bytes:
        answer = self.command(0x31) + self.address(address)
        return answer + self.summed(bytes((len(data) - 1,)) + data)

    def read(self, address: int, length: int) -> bytes:
        answer = self.command(0x11) + self.address(address) + self.send(length - 1, (length - 1) ^ 0xFF)
        assert answer[:3] == 3 * ACK
        return answer[3:]


@pytest.fixture(params=[F1, F4, G0])
def host(request: pytest.FixtureRequest) -> Host:
    made = Host(request.param)
    assert made.send(0x7F) == ACK
    return made


def test_it_is_silent_until_it_has_heard_7f_once() -> None:
    host = Host(F1)
    assert host.send(0x00, 0xFF) == b""
    assert host.send(0x7F) == ACK
    assert host.send(0x7F) == b"", "a second 7Fh is half a command"
    assert host.send(0x7F) == NACK


def test_it_tells_its_commands_and_its_product(host: Host) -> None:
    commands = host.command(0x00)
    assert commands[:2] == ACK + bytes((11,)) and commands[-1:] == ACK
    assert (0x44 in commands[3:-1]) == host.flash.kind.has_extended_erase != (0x43 in commands[3:-1])
    assert host.command(0x02) == ACK + b"\x01" + host.flash.kind.product.to_bytes(2, "big") + ACK


def test_what_is_written_is_read(host: Host) -> None:
    data = bytes(range(256))
    assert host.write(START, data) == 3 * ACK
    assert host.took_s == pytest.approx(host.flash.kind.program_unit_ms * 256 / host.flash.kind.unit_bytes / 1000)
    assert host.read(START, 256) == data
    assert host.read(START + 256, 4) == b"\xff" * 4


@pytest.mark.parametrize("data", [(0x31, 0xCF), (0x31, 0xCE, 8, 0, 0, 1, 9), (0x31, 0xCE, 8, 0, 0, 0, 9), (0x45, 0xBA)])
def test_a_wrong_complement_checksum_address_or_command_is_refused(host: Host, data: tuple[int, ...]) -> None:
    assert host.send(*data)[-1:] == NACK
    assert host.command(0x02)[:1] == ACK


def test_what_is_not_erased_is_not_written_over() -> None:
    first, second = b"\xf0" * 8, b"\x3c" * 8
    found = {}
    for chip in (F1, F4, G0):
        host = Host(chip)
        host.send(0x7F)
        host.write(START, first)
        assert host.write(START, second) == 3 * ACK
        found[chip] = host.read(START, 8)
    assert found == {F1: first, F4: b"\x30" * 8, G0: first}


def test_pages_and_sectors_are_erased_in_their_time() -> None:
    old = Host(F1)
    old.send(0x7F)
    old.write(START + 1024, b"\0" * 4)
    assert old.command(0x43) + old.summed(bytes((0, 1))) == 2 * ACK
    assert (old.took_s, old.read(START + 1024, 4)) == (0.020, b"\xff" * 4)
    new = Host(F4)
    new.send(0x7F)
    new.write(START + 0x10000, b"\0" * 4)
    assert new.command(0x44) + new.summed(b"\x00\x00\x00\x04") == 2 * ACK
    assert (new.took_s, new.read(START + 0x10000, 4)) == (1.2, b"\xff" * 4)
    assert new.command(0x44) + new.summed(b"\xff\xff") == 2 * ACK
    assert new.took_s == 16.0
    assert new.command(0x43) == NACK, "it has the other erase"


def test_a_write_protected_sector_says_it_was_erased_and_was_not() -> None:
    host = Host(F1)
    host.send(0x7F)
    host.write(START, b"\0" * 4)
    assert host.command(0x63) + host.summed(bytes((0, 0))) == 2 * ACK
    assert host.command(0x02) == b"", "it has reset"
    assert host.send(0x7F) == ACK
    assert host.command(0x43) + host.send(0xFF, 0x00) == 2 * ACK
    assert host.read(START, 4) == b"\0" * 4


def test_readout_protection_refuses_and_its_end_erases_everything(host: Host) -> None:
    host.write(START, b"\x12" * 8)
    assert host.command(0x82) == 2 * ACK
    assert host.send(0x7F) == ACK
    erase = 0x44 if host.flash.kind.has_extended_erase else 0x43
    assert [host.command(code) for code in (0x11, 0x21, 0x31, erase)] == [NACK] * 4
    assert host.command(0x02)[:1] == ACK
    assert host.command(0x92) == 2 * ACK
    assert host.took_s == pytest.approx(host.flash.kind.mass_erase_ms / 1000)
    assert host.send(0x7F) == ACK
    assert host.read(START, 8) == b"\xff" * 8


def test_faults_of_the_flash_say_nothing_of_themselves(host: Host) -> None:
    host.flash.stuck[4] = 0x01
    assert host.write(START, b"\xff" * 8) == 3 * ACK
    assert host.read(START, 8) == b"\xff" * 4 + b"\xfe" + b"\xff" * 3
    host.flash.drops_writes = True
    assert host.write(START + 256, b"\x12" * 8) == 3 * ACK
    assert host.read(START + 256, 8) == b"\xff" * 8
    host.rom.nack_in = 1
    assert host.command(0x02) == NACK
    assert host.command(0x02)[:1] == ACK


def test_the_application_runs_after_go_until_a_reset(host: Host) -> None:
    host.write(START, b"\x12" * 8)
    assert host.command(0x21) + host.address(START) == 2 * ACK
    assert host.send(0x7F) == b""
    host.rom.reset()
    assert host.send(0x7F) == ACK


OPEN_F1 = bytes.fromhex("a55aff00ff00ff00ff00ff00ff00ff00")


@pytest.fixture
def f1() -> Host:
    host = Host(F1)
    host.send(0x7F)
    return host


def test_option_bytes_are_written_whole_and_loaded_by_the_reset_that_follows(f1: Host) -> None:
    assert f1.read(0x1FFFF800, 16) == OPEN_F1
    guarded = OPEN_F1[:8] + b"\xfe\x01" + OPEN_F1[10:]
    assert f1.write(0x1FFFF800, guarded) == 3 * ACK
    assert f1.command(0x02) == b"", "it was reset: only 7Fh is heard"
    assert f1.send(0x7F) == ACK
    assert f1.read(0x1FFFF800, 16) == guarded
    assert f1.flash.write_protected == {0, 1, 2, 3}
    assert f1.command(0x73) == 2 * ACK and f1.send(0x7F) == ACK
    assert (f1.read(0x1FFFF800, 16), f1.flash.write_protected) == (OPEN_F1, set())


def test_option_bytes_are_written_from_their_beginning_and_within_their_end(f1: Host) -> None:
    assert f1.command(0x31) + f1.address(0x1FFFF804) == ACK + NACK
    assert f1.write(0x1FFFF800, OPEN_F1 + b"\0" * 4) == 2 * ACK + NACK


@pytest.mark.parametrize("readout", ["a5ff", "00ff", "cc33"])
def test_on_f1_all_but_one_value_with_its_complement_is_readout_protection(f1: Host, readout: str) -> None:
    f1.write(0x1FFFF800, bytes.fromhex(readout) + OPEN_F1[2:])
    assert f1.send(0x7F) == ACK
    assert f1.command(0x11) == NACK and not f1.flash.is_dead


def test_on_f4_level_2_leaves_no_rom_that_answers() -> None:
    f4 = Host(F4)
    f4.send(0x7F)
    assert f4.read(0x1FFFC000, 2) == b"\xef\xaa"
    f4.write(0x1FFFC000, bytes.fromhex("efccffffffffffffff0fffffffffffff"))
    assert f4.send(0x7F) == b"" and f4.flash.is_dead


def test_option_bytes_that_are_dropped_are_acknowledged_all_the_same(f1: Host) -> None:
    assert f1.flash.options is not None
    f1.flash.options.drops_writes = True
    assert f1.command(0x82) == 2 * ACK and f1.send(0x7F) == ACK
    assert f1.read(0x1FFFF800, 16) == OPEN_F1
