"""What a SPI NOR is asked, and what its answers mean."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnJob
from station.ic_programmer.nor import SpiNor
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.nor_pages import LOOKS
from station.ic_programmer.nor_status import NorStatus
from station.ic_programmer.target import EraseKind, read_targets
from station.model.burn_record import ChipIdentity
from station.model.errors import BusyError, ContactError, ProtectedError
from tests.station.ic_programmer.scripted_programmer import CLOCK, Programmer, opened
from tests.station.ic_programmer.sfdp_spaces import basic

CHIP = read_targets()["W25Q64JV"]
IDLE = [b"\0"] * (LOOKS + 1)
"""What the status says to all looks at a first page."""


@dataclass
class Chip:
    """Answers by opcode, each time the next of its list and then the last for ever; ``heard`` is every transaction."""

    answers: dict[int, list[bytes]] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)

    def spi(self, write: bytes, length: int) -> bytes:
        self.heard.append(write)
        left = self.answers.get(write[0], [b"\0"])
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer[:length].ljust(length, b"\0")


def asked(chip: Chip, ask: Callable[[SpiNor], object]) -> object:
    with opened(Programmer(spi=chip.spi, max_write=4096)) as bus:
        return ask(SpiNor(bus, CHIP, CLOCK))


def written(nor: SpiNor, pages: list[tuple[int, bytes]]) -> None:
    nor.program(pages, lambda _: None, (), lambda _address, _content: None)


def test_a_chip_is_woken_and_reset_before_it_is_asked_three_times() -> None:
    chip = Chip({0x9F: [b"\xef\x40\x17"]})
    assert asked(chip, SpiNor.read_jedec) == "EF4017"
    assert chip.heard == [b"\xab", b"\x66", b"\x99", b"\x9f", b"\x9f", b"\x9f"]


@pytest.mark.parametrize("silence", [b"\xff\xff\xff", b"\0\0\0"])
def test_an_identity_of_all_ones_or_zeros_is_no_contact(silence: bytes) -> None:
    with pytest.raises(ContactError, match=r"my programmer: no chip answers .* pins 1 \(CS\)"):
        asked(Chip({0x9F: [silence]}), SpiNor.read_jedec)


def test_an_identity_that_changes_is_bad_contact() -> None:
    with pytest.raises(ContactError, match="the chip says EF4013 and EF4017: reseat"):
        asked(Chip({0x9F: [b"\xef\x40\x17", b"\xef\x40\x13", b"\xef\x40\x17"]}), SpiNor.read_jedec)


def test_a_chip_without_sfdp_or_unique_id_has_them_empty() -> None:
    chip = Chip({0x5A: [b"\xff" * 256], 0x4B: [b"\xff" * 8]})
    identity = asked(chip, lambda nor: nor.read_identity("EF4017"))
    assert identity == ChipIdentity("EF4017", "", "")


@pytest.mark.parametrize(
    ("opcode", "status", "said"),
    [(0x05, 0x04, "register 1 is 0x04"), (0x35, 0x40, "register 2 is 0x40"), (0x15, 0x04, "register 3 is 0x04")],
)
def test_any_bit_that_protects_is_refused(opcode: int, status: int, said: str) -> None:
    with pytest.raises(ProtectedError, match=said):
        asked(Chip({opcode: [bytes([status])]}), SpiNor.require_unprotected)


def test_bits_that_do_not_protect_are_left_alone() -> None:
    chip = Chip({0x05: [b"\x00"], 0x35: [b"\x02"], 0x15: [b"\x60"]})
    asked(chip, SpiNor.require_unprotected)
    assert chip.heard == [b"\x05", b"\x35", b"\x15"]


def test_an_erase_is_enabled_sent_and_polled_until_it_is_done() -> None:
    chip = Chip({0x05: [*[b"\x03"] * 11, b"\x00"]})
    asked(chip, lambda nor: nor.erase(CHIP.erases[0], 0x12000))
    assert chip.heard == [b"\x06", b"\x20\x01\x20\x00", *[b"\x05"] * 12]


def test_an_erase_that_does_not_end_is_busy_after_the_maximum() -> None:
    with pytest.raises(BusyError, match="still busy with erase of 4096 bytes at 0x012000"):
        asked(Chip({0x05: [b"\x03"]}), lambda nor: nor.erase(CHIP.erases[0], 0x12000))


def test_an_erase_that_leaves_write_enable_set_was_refused() -> None:
    with pytest.raises(ProtectedError, match="refuses erase of 4096 bytes at 0x012000"):
        asked(Chip({0x05: [b"\x02"]}), lambda nor: nor.erase(CHIP.erases[0], 0x12000))


def test_a_status_of_all_ones_is_a_lost_contact() -> None:
    with pytest.raises(ContactError, match="fell silent during erase"):
        asked(Chip({0x05: [b"\xff"]}), lambda nor: nor.erase(CHIP.erases[0], 0))


def test_pages_are_enabled_written_and_checked_each() -> None:
    chip = Chip()
    asked(chip, lambda nor: written(nor, [(0, b"a" * 256), (0x100, b"b" * 256)]))
    pages = [b"\x02\0\0\0" + b"a" * 256, b"\x02\0\x01\0" + b"b" * 256]
    looks = [b"\x05"] * (LOOKS + 1)
    assert chip.heard == [b"\x06", pages[0], *looks, b"\x06", pages[1], b"\x05"]


def test_a_page_behind_one_that_was_still_busy_is_written_again() -> None:
    chip = Chip({0x05: [*IDLE, b"\x01", b"\x00"]})
    asked(chip, lambda nor: written(nor, [(page << 8, b"a" * 256) for page in range(3)]))
    assert [write[2] for write in chip.heard if write[0] == 0x02] == [0, 1, 2, 2]


def test_a_first_page_slower_than_all_looks_at_it_is_waited_for_and_is_not_written_again() -> None:
    chip = Chip({0x05: [*[b"\x01"] * (LOOKS + 2), b"\x00"]})
    asked(chip, lambda nor: written(nor, [(page << 8, b"a" * 256) for page in range(2)]))
    assert [write[2] for write in chip.heard if write[0] == 0x02] == [0, 1]


def test_samples_from_all_over_the_chip_are_read_twice_before_anything_else() -> None:
    chip = Chip({0x03: [b"FJHU"]})
    asked(chip, SpiNor.require_steady_reading)
    places = [b"\x03\0\0\0", b"\x03\x2a\xaa\x00", b"\x03\x55\x54\x00", b"\x03\x7f\xff\x00"]
    assert [write[:2] for write in chip.heard] == [place[:2] for place in places * 2]


def test_a_sample_that_reads_differently_the_second_time_is_bad_contact() -> None:
    chip = Chip({0x03: [b"FJHU", b"FJHU", b"FJHU", b"FJHU", b"FJHU", b"FJHV", b"FJHU"]})
    with pytest.raises(ContactError, match=r"0x2AAA.. reads differently the second time: reseat"):
        asked(chip, SpiNor.require_steady_reading)


def test_a_burn_whose_samples_differ_ends_before_anything_is_done() -> None:
    chip = Chip({0x9F: [b"\xef\x40\x17"], 0x03: [b"FJHU", b"FJHU", b"FJHU", b"FJHU", b"XJHU", b"FJHU"]})
    job = BurnJob(Image("a.bin", "", "", (Segment(0, b"FJHU"),)), CHIP)
    with opened(Programmer(spi=chip.spi)) as bus:
        outcome = burn(job, NorChip(bus, job.target, CLOCK), CLOCK, lambda _: None)
    assert [(stage.name, stage.outcome) for stage in outcome.stages] == [("contact", "ERROR")]
    assert {write[0] for write in chip.heard} == {0xAB, 0x66, 0x99, 0x9F, 0x03}


def test_a_table_that_lies_behind_the_first_256_bytes_is_read_too() -> None:
    near = basic()
    space = near[:12] + (0x340).to_bytes(3, "little") + near[15:256] + b"\xff" * 0x240 + near[0x40:0x80]
    chip = Chip()

    def spi(write: bytes, length: int) -> bytes:
        chip.heard.append(write)
        at = int.from_bytes(write[1:4], "big")
        return space[at : at + length].ljust(length, b"\xff")

    short = replace(CHIP, program_typical_s=0.0, program_max_s=0.0)
    with opened(Programmer(spi=spi)) as bus:
        target = SpiNor(bus, short, CLOCK).learn_layout()
    assert target.program_typical_s == pytest.approx(704e-6)
    assert {write[0] for write in chip.heard} == {0x5A}


def test_a_table_of_its_own_that_changes_is_bad_contact() -> None:
    table = b"SFDP" + bytes((0, 1, 0, 0xFF))
    with pytest.raises(ContactError, match="table \\(SFDP\\) changes: reseat"):
        asked(Chip({0x5A: [table, table + b"\1"]}), SpiNor.learn_layout)


LARGE = replace(CHIP, size_bytes=1 << 25, erases=(EraseKind(0x21, 4096, 0.045, 0.4),))


def asked_large(chip: Chip, ask: Callable[[SpiNor], object], max_write: int = 4096) -> object:
    with opened(Programmer(spi=chip.spi, max_write=max_write)) as bus:
        return ask(SpiNor(bus, LARGE, CLOCK))


def test_a_chip_above_16_mib_is_spoken_to_with_four_address_bytes_and_its_mode_is_left_alone() -> None:
    chip = Chip()
    asked_large(chip, lambda nor: nor.read(0x1FFFFF0, 16, lambda _: None))
    asked_large(chip, lambda nor: nor.erase(LARGE.erases[0], 0x1000000))
    asked_large(chip, lambda nor: written(nor, [(0x1000100, b"a" * 256)]))
    page = b"\x12\x01\0\x01\0" + b"a" * 256
    erase = [b"\x06", b"\x21\x01\0\0\0"]
    assert [said for said in chip.heard if said != b"\x05"] == [b"\x13\x01\xff\xff\xf0", *erase, b"\x06", page]


def test_a_page_that_a_programmer_cannot_carry_at_once_is_written_in_two_parts() -> None:
    chip = Chip()
    asked_large(chip, lambda nor: written(nor, [(0x100, bytes(range(256)))]), max_write=260)
    halves = [write for write in chip.heard if write[0] == 0x12]
    assert [write[1:5].hex() for write in halves] == ["00000100", "00000180"]
    assert b"".join(write[5:] for write in halves) == bytes(range(256))


def test_a_page_in_two_parts_is_written_again_whole_where_its_second_may_be_missing() -> None:
    chip = Chip({0x05: [*IDLE, *IDLE, b"\x01", b"\x00"]})
    asked_large(chip, lambda nor: written(nor, [(0x100, b"a" * 256), (0x200, b"b" * 256)]), max_write=260)
    pages = [write[3:5].hex() for write in chip.heard if write[0] == 0x12]
    assert pages == ["0100", "0180", "0200", "0280", "0200", "0280"]


def test_a_page_that_reads_differently_each_time_is_bad_contact_not_a_bad_chip() -> None:
    data = b"FJHU" * 64
    sectors = itertools.count()

    def flickering(write: bytes, length: int) -> bytes:
        if write[0] == 0x9F:
            return b"\xef\x40\x17"
        if write[0] != 0x03:
            return b"\0" * length
        number = next(sectors) if length == 4096 else 2
        if number == 0:
            return b"\xff" * length
        return (data if number > 1 else b"XJHU" + data[4:]).ljust(length, b"\xff")

    job = BurnJob(Image("a.bin", "", "", (Segment(0, data),)), CHIP)
    with opened(Programmer(spi=flickering)) as bus:
        outcome = burn(job, NorChip(bus, job.target, CLOCK), CLOCK, lambda _: None)
    assert outcome.result == "ERROR"
    assert outcome.failure is not None
    assert outcome.failure.message == (
        "my programmer: page 0x000000 reads differently each time: reseat the chip or the clip"
    )


@pytest.mark.parametrize(("answer", "is_busy"), [(b"\x00", False), (b"\x03", True)])
def test_a_pc_that_was_held_up_looks_once_more_before_a_chip_is_called_busy(answer: bytes, is_busy: bool) -> None:
    chip, seen, long_ago = Chip({0x05: [answer]}), 0x03, CLOCK.now() - 10.0
    with opened(Programmer(spi=chip.spi, max_write=4096)) as bus:
        if is_busy:
            with pytest.raises(BusyError, match="still busy with an erase"):
                NorStatus(bus, CLOCK).finish(seen, "an erase", long_ago, 0.001)
        else:
            NorStatus(bus, CLOCK).finish(seen, "an erase", long_ago, 0.001)
    assert chip.heard == [b"\x05"]
