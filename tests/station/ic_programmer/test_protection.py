"""Protection of an IC as a stage of its burn: taken away on record, set and read back; else it is no PASS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from station.ic_programmer.chip_types import read_chip_types
from station.ic_programmer.job import STAGES, BurnOptions, BurnOutcome
from station.ic_programmer.nor_protection import read_protections
from station.ic_programmer.protection import require_settable
from station.ic_programmer.setting import parse_settings
from station.ic_programmer.stm32_target import read_stm32
from station.ic_programmer.target import read_targets
from station.model.errors import ConfigError, OperatorError
from tests.station.ic_programmer import modelled_burn
from tests.station.ic_programmer.microcontrollers import Mcu, at_stage, microcontroller
from tests.station.ic_programmer.modelled_burn import Bench, content, image_of

SIZE = 0x2000
IMAGE = image_of(content(SIZE))
ALL_OF_IT = BurnOptions(protection=(("BP", 7), ("TB", 1)))
LIFTED = BurnOptions(lifts_protection=True)
TRAITS = replace(modelled_burn.TRAITS, serial_buffer_bytes=2048)


def remark(outcome: BurnOutcome, stage: str) -> tuple[str, str]:
    """How a stage ended, and what is on record of it."""
    found = next(each for each in outcome.stages if each.name == stage)
    return found.outcome, found.message


def said(outcome: BurnOutcome) -> tuple[str, str]:
    assert outcome.failure is not None, outcome
    return outcome.result, outcome.failure.message


def test_a_flash_is_protected_behind_the_read_back_and_its_registers_are_on_record() -> None:
    bench = Bench(traits=TRAITS)
    outcome = bench.burn(IMAGE, ALL_OF_IT)
    assert (outcome.result, outcome.proof) == ("PASS", "readback_final"), outcome.failure
    assert tuple(stage.name for stage in outcome.stages) == (*STAGES, "protect")
    assert remark(outcome, "protect") == ("PASS", "BP=7,TB=1: status registers are 3C 00 00")
    bench.site.chip.power_cycle()
    assert bench.site.chip.status(0) == 0x3C, "it is kept without power"
    bench.connect()
    assert said(bench.burn(image_of(content(SIZE, 2)))) == (
        "FAIL",
        "write protection is set: status register 1 is 0x3C; it is burned only where its recipe takes that away",
    )
    assert bench.holds(SIZE) == content(SIZE)


def test_protection_is_taken_away_on_record_before_a_burn_that_says_so() -> None:
    bench, new = Bench(traits=TRAITS), content(SIZE, 2)
    bench.burn(IMAGE, ALL_OF_IT)
    bench.connect()
    outcome = bench.burn(image_of(new), LIFTED)
    assert (outcome.result, bench.holds(SIZE), bench.site.chip.status(0)) == ("PASS", new, 0)
    assert tuple(stage.name for stage in outcome.stages)[:3] == ("contact", "unprotect", "identify")
    assert remark(outcome, "unprotect") == ("PASS", "write protection taken away: status registers were 3C 00 00")
    assert outcome.backup is not None and outcome.backup.content == content(SIZE)
    bench.connect()
    assert remark(bench.burn(image_of(new), LIFTED), "unprotect") == ("PASS", "no protection was set")


@pytest.mark.parametrize("register", [0x02, 0x08], ids=["quad enable", "security register lock"])
def test_what_no_setting_names_stays_as_it_is(register: int) -> None:
    bench = Bench(traits=TRAITS)
    registers = bench.site.chip.registers
    registers.write(bytes((0x01, 0x00, register)), is_kept=True)
    outcome = bench.burn(IMAGE, BurnOptions(protection=(("BP", 1), ("CMP", 1))))
    assert outcome.result == "PASS", outcome.failure
    assert registers.now == [0x04, 0x40 | register, 0x00]


@pytest.mark.parametrize("fault", ["wp_low", "status_dropped"])
def test_a_protection_that_the_chip_does_not_take_is_no_pass(fault: str) -> None:
    bench = Bench(traits=TRAITS)
    if fault == "wp_low":
        bench.site.chip.protect(0x80)
    bench.fault(fault)
    result, message = said(bench.burn(IMAGE, ALL_OF_IT))
    assert result == "FAIL" and "is its pin WP (3) low" in message
    assert bench.holds(SIZE) == content(SIZE), "what was burned stays"


def test_a_protection_that_is_gone_after_a_reset_is_no_pass() -> None:
    bench = Bench(traits=TRAITS)
    bench.site.chip.registers.forgets = True
    assert said(bench.burn(IMAGE, ALL_OF_IT))[1].startswith("status register 1 is 0x00 after writing 0x3C")


@pytest.mark.parametrize("fault", ["wp_low", "status_dropped"])
def test_a_protection_that_cannot_be_taken_away_is_refused_before_anything_is_changed(fault: str) -> None:
    bench = Bench(old=content(SIZE, 2), traits=TRAITS)
    bench.site.chip.protect(0x9C)
    bench.fault(fault)
    outcome = bench.burn(IMAGE, LIFTED)
    assert said(outcome)[0] == "FAIL" and "WP (3)" in said(outcome)[1]
    assert (outcome.stages[-1].name, bench.holds(SIZE)) == ("unprotect", content(SIZE, 2))


def test_another_chip_keeps_its_protection() -> None:
    bench = Bench(traits=TRAITS)
    bench.site.chip.protect(0x1C)
    bench.fault("other_id", jedec=0xC22014)
    assert said(bench.burn(IMAGE, LIFTED))[1] == "the chip says C22014, a W25Q80DV says EF4014"
    assert bench.site.chip.status(0) == 0x1C


@pytest.mark.parametrize("stage", ["unprotect", "protect"])
@pytest.mark.parametrize(("fault", "result"), [("no_contact", "ERROR"), ("other_id", "ERROR"), ("wip_stuck", "FAIL")])
def test_trouble_while_protection_is_changed_is_never_a_pass(stage: str, fault: str, result: str) -> None:
    bench = Bench(traits=TRAITS)
    bench.site.chip.protect(0x04)
    bench.at[(stage, 0)] = lambda bench: bench.fault(fault)
    outcome = bench.burn(IMAGE, replace_options(ALL_OF_IT))
    if (stage, fault) != ("unprotect", "other_id"):  # that one is seen by the next look at who it is
        assert outcome.stages[-1].name == stage
    assert outcome.result in (result, "FAIL") and outcome.failure is not None


def replace_options(options: BurnOptions) -> BurnOptions:
    return BurnOptions(lifts_protection=True, protection=options.protection)


@pytest.mark.parametrize(
    ("target", "text", "problem"),
    [
        ("W25Q80DV", "BP=8", "it has 3 bits"),
        ("W25Q80DV", "LB=1", "LB of a W25Q80DV cannot be set here: there is BP, TB, SEC, SRP, CMP"),
        ("W25Q80DV", "SRL=1", "cannot be set here"),
        ("W25X05", "BP=1", "there is nothing"),
        ("24C256", "BP=1", "there is nothing"),
        ("STM32F407xG", "RDP=2", "2 can never be undone"),
        ("STM32F407xG", "RDP=0", "0 is no protection"),
        ("STM32G071xB", "WRP0=0", "there is RDP"),
        ("STM32F103xB", "RDP", "is no setting"),
        ("STM32F103xB", "RDP=1,RDP=1", "is no setting of its own"),
    ],
)
def test_what_cannot_be_set_or_undone_is_refused_in_words(target: str, text: str, problem: str) -> None:
    with pytest.raises(OperatorError) as error:
        require_settable(read_chip_types()[target], parse_settings(text))
    assert problem in str(error.value)


def test_an_eeprom_or_a_wrong_setting_is_refused_before_the_chip_is_touched() -> None:
    bench = Bench(traits=TRAITS)
    outcome = bench.burn(IMAGE, BurnOptions(protection=(("SRL", 1),)))
    assert (outcome.result, outcome.stages[-1].name, bench.site.chip.erase_count) == ("ERROR", "contact", 0)


def test_each_way_to_protect_is_of_types_there_are_and_writes_all_that_protects_them() -> None:
    targets = read_targets()
    for scheme in read_protections().values():
        for part in scheme.parts:
            masks = targets[part].protection
            assert all(scheme.write[index] for index, mask in enumerate(masks) if mask), part
            assert scheme.bits["BP"].mask & masks[0] == masks[0] & 0x3C, part


def test_a_wrong_row_is_refused_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "protection.toml"
    rest = 'is_pair = false\nwrite_max_ms = 15.0\nbits = { BP = [1, 2, 3] }\nsource = "x"\n'
    file.write_text(f"[x]\nparts = []\nwrite = [0, 0, 0]\n{rest}", encoding="utf-8")
    with pytest.raises(ConfigError, match="must have the instruction of each register"):
        read_protections(file)


# Microcontrollers


def burned(mcu: Mcu, options: BurnOptions, seed: int = 1) -> BurnOutcome:
    return mcu.burned(image_of(content(600, seed)), options=options)


def test_readout_protection_is_set_last_and_proved_by_its_refusing_to_be_read() -> None:
    mcu = microcontroller("STM32F407xG")
    outcome = burned(mcu, BurnOptions(protection=(("RDP", 1),)))
    assert (outcome.result, outcome.proof) == ("PASS", "readback_final"), outcome.failure
    assert remark(outcome, "protect") == ("PASS", "RDP=1: it refuses to be read")
    assert mcu.flash.is_read_protected and bytes(mcu.flash.cells[:600]) == content(600)
    assert said(burned(mcu, BurnOptions(), 2))[0] == "FAIL"
    result, message = said(burned(mcu, LIFTED, 2))
    assert result == "FAIL" and "erases everything in the microcontroller, which the recipe does not allow" in message
    assert bytes(mcu.flash.cells[:600]) == content(600), "nothing was erased"


def test_readout_protection_is_taken_away_with_all_that_is_there_where_the_recipe_says_so() -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.cells[:] = content(65536, 3)
    mcu.flash.protect_readout(True)
    mcu.flash.reset()
    outcome = burned(mcu, BurnOptions(erases_all_to_unlock=True))
    assert (outcome.result, mcu.flash.is_read_protected) == ("PASS", False), outcome.failure
    assert remark(outcome, "unprotect") == ("PASS", "readout protection taken away: everything in it was erased")
    assert bytes(mcu.flash.cells) == content(600) + b"\xff" * (65536 - 600)


def test_a_rom_that_refuses_twice_is_protected_and_unlocked_all_the_same() -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.rom.doubles_nack = True
    assert burned(mcu, BurnOptions(protection=(("RDP", 1),))).result == "PASS"
    assert "readout protection is on" in said(burned(mcu, BurnOptions()))[1]
    outcome = burned(mcu, BurnOptions(erases_all_to_unlock=True), 2)
    assert (outcome.result, bytes(mcu.flash.cells[:600])) == ("PASS", content(600, 2)), outcome.failure


@pytest.mark.parametrize("kind", ["STM32F103x8", "STM32F407xG"])
def test_option_bytes_are_set_read_back_and_taken_away_again(kind: str) -> None:
    mcu = microcontroller(kind)
    outcome = burned(mcu, BurnOptions(protection=(("WRP0", 0xFE), ("RDP", 1))))
    assert outcome.result == "PASS", outcome.failure
    assert mcu.flash.write_protected and mcu.flash.is_read_protected and not mcu.flash.is_dead
    mcu.flash.protect_readout(False)
    mcu.flash.reset()
    outcome = burned(mcu, BurnOptions(lifts_protection=True), 2)
    assert outcome.result == "PASS", outcome.failure
    assert remark(outcome, "unprotect")[1] == "write protection taken away: it was WRP0=0xFE"
    assert bytes(mcu.flash.cells[:600]) == content(600, 2)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ((("RDP", 1),), "it acknowledged readout protection, and can be read all the same"),
        ((("WRP0", 0xFC),), "address 0x1FFFF808: expected 0xFC, read back 0xFF"),
    ],
)
def test_protection_that_is_dropped_silently_is_no_pass(settings: tuple[tuple[str, int], ...], problem: str) -> None:
    mcu = microcontroller("STM32F103x8")
    assert mcu.flash.options is not None
    mcu.flash.options.drops_writes = True
    outcome = burned(mcu, BurnOptions(protection=settings))
    assert (*said(outcome), outcome.stages[-1].name) == ("FAIL", problem, "protect")


def test_readout_protection_that_is_not_given_up_is_refused() -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.protect_readout(True)
    mcu.flash.reset()
    assert mcu.flash.options is not None
    mcu.flash.options.drops_writes = True
    outcome = burned(mcu, BurnOptions(erases_all_to_unlock=True))
    assert said(outcome)[0] == "FAIL" and "cannot be read all the same" in said(outcome)[1]


def test_another_microcontroller_is_not_erased_to_unlock_it() -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.cells[:] = content(65536, 3)
    mcu.flash.is_read_protected = True
    outcome = mcu.burned(image_of(content(600)), target="STM32F407xG", options=BurnOptions(erases_all_to_unlock=True))
    assert said(outcome)[1] == "the microcontroller says product 0x410, a STM32F407xG says 0x413"
    assert bytes(mcu.flash.cells) == content(65536, 3)


@pytest.mark.parametrize("nth", [1, 2])
def test_one_refusal_is_no_readout_protection(nth: int) -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.cells[:600] = content(600, 3)

    def refuse() -> None:
        mcu.rom.nack_in = nth

    outcome = mcu.burned(
        image_of(content(600)), at_stage("unprotect", refuse), options=BurnOptions(erases_all_to_unlock=True)
    )
    assert outcome.result == "PASS" and outcome.backup is not None, outcome.failure
    assert outcome.backup.content[:600] == content(600, 3), "it was read before anything was erased"


@pytest.mark.parametrize("stage", ["unprotect", "protect"])
def test_a_cable_pulled_while_protection_is_changed_is_an_error(stage: str) -> None:
    mcu = microcontroller("STM32F103x8")
    mcu.flash.protect_readout(True)
    mcu.flash.reset()

    def cut() -> None:
        for wire in mcu.wires:
            wire.is_cut = True
        mcu.rom.is_running_application = True

    options = BurnOptions(erases_all_to_unlock=True, protection=(("RDP", 1),))
    outcome = mcu.burned(image_of(content(600)), at_stage(stage, cut), options=options)
    assert (outcome.result, outcome.stages[-1].name) == ("ERROR", stage)


def test_families_with_option_bytes_say_where_and_all_products_can_be_protected_against_readout() -> None:
    for target in read_stm32().values():
        require_settable(target, (("RDP", 1),))
        options = target.family.options
        assert options is None or options.readout not in options.fields.values(), target.name
