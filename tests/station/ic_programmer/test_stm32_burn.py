"""A microcontroller burned through its boot ROM, one fault each: no PASS unread, one retry, then why."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from fixtures.sim.stm32_flash import stm32_kinds
from station.ic_programmer.burn import burn
from station.ic_programmer.job import STAGES, BurnJob, BurnOutcome
from station.ic_programmer.stm32_target import read_stm32
from station.model.errors import ContactError, ProtectedError, TargetError, WrongChip
from tests.station.ic_programmer.microcontrollers import Mcu, at_stage, content, image_of, microcontroller

KINDS = sorted(stm32_kinds())
START = 0x08000000


def failure_of(outcome: BurnOutcome) -> tuple[str, str | None, str]:
    assert outcome.failure is not None
    return outcome.result, outcome.failure.step, outcome.failure.message


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_burned_twice_and_proved_by_reading_all_of_it_back(kind: str) -> None:
    mcu = microcontroller(kind)
    first = content(6000)
    assert mcu.burned(image_of(first)).result == "PASS"
    second = content(1500, seed=2)
    outcome = mcu.burned(image_of(second, start=700))
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
    wanted = first[:700] + second + first[2200:]
    assert bytes(mcu.flash.cells[:6000]) == wanted
    assert outcome.after_sha256 == hashlib.sha256(second).hexdigest()
    assert outcome.before_sha256 == hashlib.sha256(first[700:2200]).hexdigest()
    assert (outcome.retries, outcome.is_marginal, mcu.flash.forbidden_programs) == (0, False, 0)
    assert outcome.programmer_model.startswith("STM32 boot ROM")
    assert outcome.identity.jedec == f"{mcu.flash.kind.product:04X}"
    assert {stage.outcome for stage in outcome.stages} == {"PASS"}
    assert tuple(stage.name for stage in outcome.stages) == STAGES


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_sectors_that_the_image_touches_are_erased(kind: str) -> None:
    mcu = microcontroller(kind)
    spans = mcu.flash.spans
    third = spans[2][0]
    mcu.burned(image_of(content(100), start=third))
    mcu.burned(image_of(content(100, seed=2), start=third))
    assert mcu.flash.erase_counts == [int(number == 2) for number in range(len(spans))]


def test_all_of_a_small_flash_is_erased_at_once_because_that_is_quicker() -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.cells[:] = content(65536, seed=3)
    outcome = mcu.burned(image_of(content(65536, seed=2)))
    erase = outcome.stages[STAGES.index("erase")]
    assert outcome.result == "PASS" and (erase.finished_at - erase.started_at).total_seconds() < 0.1


def test_one_that_does_not_tell_its_size_is_never_erased_at_once() -> None:
    mcu = microcontroller("STM32F103xB")
    mcu.flash.kind = replace(mcu.flash.kind, size_register=0x1FFFE000)
    mcu.flash.cells[:] = content(131072, seed=3)
    outcome = mcu.burned(image_of(content(65536)), target="STM32F103x8")
    assert (outcome.result, outcome.failure) == ("PASS", None)
    assert bytes(mcu.flash.cells[65536:]) == content(131072, seed=3)[65536:]


def test_its_unique_id_is_on_record() -> None:
    assert microcontroller("STM32F407xG").burned(image_of(content(64))).identity.unique_id == "0102030405060708090A0B0C"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("STM32F407xG", "the microcontroller says product 0x410, a STM32F407xG says 0x413"),
        ("STM32F103xB", "the microcontroller says that it has 64 KiB, a STM32F103xB has 128"),
    ],
)
def test_another_microcontroller_is_refused_before_it_is_touched(target: str, message: str) -> None:
    mcu = microcontroller("STM32F103x8")
    outcome = mcu.burned(image_of(content(64)), target=target)
    assert failure_of(outcome) == ("FAIL", "identify", message)
    assert (outcome.identity.jedec, sum(mcu.flash.erase_counts), outcome.backup) == ("0410", 0, None)


def test_what_depends_on_an_option_byte_is_not_burned() -> None:
    mcu = microcontroller("STM32F103x8")
    target = read_stm32()["STM32G474xE"]
    outcome = burn(BurnJob(image_of(content(64)), target), mcu.chip(), mcu.clock, lambda _: None)
    assert outcome.result == "ERROR" and "DBANK" in failure_of(outcome)[2]


def test_readout_protection_is_refused_in_words_and_stays() -> None:
    mcu = microcontroller()
    mcu.burned(image_of(content(300)))
    mcu.flash.is_read_protected = True
    outcome = mcu.burned(image_of(content(300, seed=2)))
    result, step, message = failure_of(outcome)
    assert (result, step) == ("FAIL", "identify")
    assert "readout protection is on; to take it away erases everything" in message
    assert mcu.flash.is_read_protected and bytes(mcu.flash.cells[:300]) == content(300)


def test_readout_protection_that_comes_in_the_middle_is_no_pass() -> None:
    mcu = microcontroller()

    def protect() -> None:
        mcu.flash.is_read_protected = True

    outcome = mcu.burned(image_of(content(600)), at_stage("read_back", protect))
    assert outcome.result == "FAIL" and "readout protection is on" in failure_of(outcome)[2]
    assert outcome.proof == "none"


def test_writes_that_are_dropped_silently_fail_with_their_address() -> None:
    mcu = microcontroller()
    mcu.flash.drops_writes = True
    result, step, message = failure_of(mcu.burned(image_of(b"\x12" * 600, start=0x400)))
    assert (result, step) == ("FAIL", "read_back")
    assert message == "address 0x000400: expected 0x12, read back 0xFF"


def test_a_write_protected_sector_fails_though_its_erase_was_acknowledged() -> None:
    mcu = microcontroller()
    mcu.burned(image_of(b"\x12" * 2048))
    mcu.flash.write_protected = {1}
    result, _, message = failure_of(mcu.burned(image_of(b"\x34" * 2048)))
    assert result == "FAIL" and "address 0x000400" in message
    assert bytes(mcu.flash.cells[1024:2048]) == b"\x12" * 1024


def test_a_stuck_bit_fails_with_its_address() -> None:
    mcu = microcontroller()
    mcu.flash.stuck = {0x123: 0x20}
    mcu.flash.erase(0)
    outcome = mcu.burned(image_of(b"\xff" * 0x200 + content(64)))
    assert outcome.result == "FAIL" and "address 0x000123: expected 0xFF" in failure_of(outcome)[2]


@pytest.mark.parametrize("nth", [1, 2, 3, 7])
def test_one_refused_block_is_sent_again_and_counted(nth: int) -> None:
    mcu = microcontroller()
    mcu.rom.nack_write_in = nth
    outcome = mcu.burned(image_of(content(2000)))
    assert (outcome.result, outcome.retries, outcome.is_marginal) == ("PASS", 1, True)
    assert bytes(mcu.flash.cells[:2000]) == content(2000)


def test_a_command_refused_for_no_reason_is_given_again_at_every_place() -> None:
    for nth in range(1, 60, 4):
        mcu = microcontroller()
        chip = mcu.chip()
        mcu.rom.nack_in = nth
        outcome = burn(BurnJob(image_of(content(300)), read_stm32()[mcu.kind]), chip, mcu.clock, lambda _: None)
        assert outcome.result == "PASS", nth


def test_noise_on_the_line_is_met_by_beginning_again_once_at_every_place() -> None:
    for nth in range(2, 72, 5):
        mcu = microcontroller()
        chip = mcu.chip()
        mcu.rom.noise_in = nth
        outcome = burn(BurnJob(image_of(content(300)), read_stm32()[mcu.kind]), chip, mcu.clock, lambda _: None)
        assert (outcome.result, outcome.retries) == ("PASS", 1), (nth, outcome.failure)
        assert bytes(mcu.flash.cells[:300]) == content(300)


@pytest.mark.parametrize("command", ["31ce", "43bc"])
@pytest.mark.parametrize("sent", [0, 1, 2, 60, 255, 257])
def test_it_is_found_in_the_middle_of_a_command_whose_sender_was_killed(command: str, sent: int) -> None:
    mcu = microcontroller()
    mcu.flash.cells[:] = content(65536, seed=5)
    body = b"\xff" + content(256) + b"\0" if command == "31ce" else b"\x7f" + bytes(range(128)) + b"\0" * 129
    head = bytes.fromhex(command) + (b"\x08\x00\x00\x00\x08" if command == "31ce" else b"")
    mcu.rom.connect().receive(b"\x7f" + head + body[:sent])
    assert mcu.client.begin().product == 0x410
    assert bytes(mcu.flash.cells) == content(65536, seed=5) and sum(mcu.flash.erase_counts) == 0
    assert mcu.client.read(START, 16) == content(16, seed=5)


def test_a_block_that_is_refused_twice_fails_with_its_address() -> None:
    mcu = microcontroller()

    def refuse_all() -> None:
        mcu.rom.nack_write_in = 1

    chip = mcu.chip()
    original = mcu.client.begin

    refuse_all()
    again = {"count": 0}

    def begin_and_refuse() -> object:
        again["count"] += 1
        refuse_all()
        return original()

    mcu.client.begin = begin_and_refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(TargetError, match="refuses programming 0x08000000"):
        chip.program([(0, b"\x12" * 256)], lambda _: None)
    assert again["count"] == 1


def test_a_lost_acknowledgement_is_no_reason_to_program_a_block_twice() -> None:
    mcu = microcontroller("STM32G071xB")
    mcu.rom.lost_ack_in = 2
    outcome = mcu.burned(image_of(content(2000)))
    assert (outcome.result, outcome.retries, mcu.flash.forbidden_programs) == ("PASS", 1, 0)


def test_a_block_that_was_programmed_in_part_is_left_for_the_next_burn() -> None:
    mcu = microcontroller("STM32G071xB")
    chip = mcu.chip()
    mcu.rom.nack_write_in = 1
    mcu.flash.program(START, b"\x34" * 8)
    with pytest.raises(TargetError, match="0x08000000 was programmed in part"):
        chip.program([(0, b"\x12" * 256)], lambda _: None)
    assert mcu.burned(image_of(b"\x12" * 256)).result == "PASS"


def test_two_answers_are_bad_contact() -> None:
    mcu = microcontroller()
    mcu.rom.has_twin = True
    with pytest.raises(ContactError, match="mcu: two microcontrollers answer: leave only one"):
        mcu.client.begin()


def test_a_line_that_gives_back_what_is_sent_is_bad_contact() -> None:
    mcu = microcontroller()
    mcu.rom.has_echo = True
    with pytest.raises(ContactError, match="mcu: the line gives back what is sent"):
        mcu.client.begin()


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "plan"])
@pytest.mark.parametrize("trouble", ["echo", "twin", "cut", "silent", "swapped"])
def test_trouble_at_any_stage_is_never_a_pass(stage: str, trouble: str) -> None:
    mcu = microcontroller()
    mcu.burned(image_of(content(600)))
    outcome = mcu.burned(image_of(content(600, seed=2)), at_stage(stage, lambda: make(mcu, trouble)))
    assert outcome.result in ("ERROR", "FAIL"), (stage, trouble)
    assert outcome.stages[-1].outcome == outcome.result


def make(mcu: Mcu, trouble: str) -> None:
    match trouble:
        case "echo":
            mcu.rom.has_echo = True
        case "twin":
            mcu.rom.has_twin = True
        case "cut":
            for wire in mcu.wires:
                wire.is_cut = True
            mcu.lines[-1].close()
            mcu.rom.is_running_application = True
        case "silent":
            mcu.rom.is_running_application = True
        case "swapped":
            mcu.rom.product = 0x414


def test_a_look_reads_what_is_there_and_refuses_what_is_protected() -> None:
    mcu = microcontroller("STM32L053x8")
    mcu.burned(image_of(content(300)))
    chip = mcu.chip()
    chip.contact()
    chip.identify()
    chip.require_readable()
    assert chip.read(100, 200, lambda _: None) == content(300)[100:300]
    mcu.flash.is_read_protected = True
    with pytest.raises(ProtectedError, match="readout protection is on"):
        chip.read(0, 16, lambda _: None)


def test_a_look_for_another_type_is_refused() -> None:
    mcu = microcontroller("STM32F103x8")
    chip = mcu.chip("STM32F103xB")
    chip.contact()
    with pytest.raises(WrongChip, match="has 64 KiB"):
        chip.identify()
