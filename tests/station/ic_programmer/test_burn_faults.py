"""Every fault at every stage, in modelled time: never a pass, never a hang, always a reason; what was there is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.sim.modelled_wire import ModelledWire
from fixtures.sim.nor import Nor
from station.ic_programmer.image import Image
from station.ic_programmer.job import STAGES, BurnOptions, BurnOutcome
from tests.modelled_site import kind_of
from tests.station.ic_programmer import modelled_burn
from tests.station.ic_programmer.modelled_burn import ALL_NEW, DIFFERENCE, PRODUCTION, Bench, content, image_of

SIZE = 0x4000
OLD, NEW = content(SIZE, 2), content(SIZE)
IMAGE = image_of(NEW)
LONGEST_S = 10.0
"""A whole burn of this size takes 0.6 s; the data sheet's maxima that a fault may use up are 0.4 s for a sector."""
TRAITS = replace(modelled_burn.TRAITS, serial_buffer_bytes=2048)
"""Not the whole burn is under way when something happens."""

WAYS = {"production": PRODUCTION, "difference": DIFFERENCE, "all new": ALL_NEW}


@pytest.fixture(params=WAYS)
def options(request: pytest.FixtureRequest) -> BurnOptions:
    return WAYS[request.param]


def ended(bench: Bench, outcome: BurnOutcome, result: str, said: str) -> None:
    """It failed in time with a reason, and what it had changed is kept where it should be."""
    assert (outcome.result, outcome.failure is not None) == (result, True), outcome
    assert outcome.failure is not None and said in outcome.failure.message, outcome.failure
    assert outcome.stages[-1].outcome == result and outcome.failure.step == outcome.stages[-1].name
    assert bench.site.clock.now() < LONGEST_S
    if outcome.backup is not None:
        assert bench.kept == [outcome.backup.content] == [OLD]


def said_of(outcome: BurnOutcome) -> str:
    return outcome.failure.message if outcome.failure is not None else ""


def restored(bench: Bench) -> bytes:
    """What the chip holds once the backup is burned into it, when the fault is gone."""
    bench.connect()
    assert bench.burn(Image("backup", "", "", image_of(bench.kept[0]).segments)).result == "PASS"
    return bench.holds(SIZE)


def of_the_data(mask: int, is_set: bool) -> tuple[int, int]:
    """The first address from 0x1000 on whose byte has that bit in the new content, and what it is."""
    return next((a, NEW[a]) for a in range(0x1000, SIZE) if bool(NEW[a] & mask) == is_set)


def test_a_bit_stuck_at_0_fails_with_its_address(options: BurnOptions) -> None:
    bench, (address, byte) = Bench(OLD, TRAITS), of_the_data(0x20, is_set=True)
    bench.at[("erase", 0)] = lambda bench: bench.fault("stuck_bit", address=address, mask=0x20, value=0)
    wanted = 0xFF if options.has_blank_check else byte
    said = f"address 0x{address:06X}: expected 0x{wanted:02X}, read back 0x{wanted & ~0x20:02X}"
    ended(bench, bench.burn(IMAGE, options), "FAIL", said)


def test_a_bit_stuck_at_1_fails_with_its_address(options: BurnOptions) -> None:
    bench, (address, byte) = Bench(OLD, TRAITS), of_the_data(0x20, is_set=False)
    bench.at[("erase", 0)] = lambda bench: bench.fault("stuck_bit", address=address, mask=0x20, value=1)
    said = f"address 0x{address:06X}: expected 0x{byte:02X}, read back 0x{byte | 0x20:02X}"
    ended(bench, bench.burn(IMAGE, options), "FAIL", said)


def test_a_sector_that_does_not_erase_fails_with_its_address_and_nothing_larger_is_erased(options: BurnOptions) -> None:
    bench = Bench(OLD, TRAITS)
    bench.fault("sector_not_erasing", address=0x2000)
    ended(bench, bench.burn(IMAGE, options), "FAIL", "address 0x0020")
    assert bench.site.chip.erase_count == SIZE // 0x1000
    bench.fault("sector_not_erasing", is_on=False)
    if options.has_backup:
        assert restored(bench) == OLD


@pytest.mark.parametrize(("stage", "what"), [("erase", "erase of 4096 bytes at 0x00"), ("program", "program at 0x00")])
def test_a_chip_that_is_busy_for_ever_fails_after_the_data_sheets_maximum(
    options: BurnOptions, stage: str, what: str
) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0x1000)] = lambda bench: bench.fault("wip_stuck")
    ended(bench, bench.burn(IMAGE, options), "FAIL", f"still busy with {what}")
    bench.fault("wip_stuck", is_on=False)
    if options.has_backup:
        assert restored(bench) == OLD


@pytest.mark.parametrize("stage", ["erase", "program"])
def test_a_chip_that_is_protected_on_the_way_fails_where_it_refuses(options: BurnOptions, stage: str) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0)] = lambda bench: bench.fault("protected", status1=0x1C)
    ended(bench, bench.burn(IMAGE, options), "FAIL", f"the chip refuses {stage}")
    bench.fault("protected", is_on=False)
    if options.has_backup:
        assert restored(bench) == OLD


def test_a_chip_that_refuses_without_a_word_fails_by_what_is_read(options: BurnOptions) -> None:
    bench = Bench(OLD, TRAITS, kind=replace(kind_of(1), keeps_latch=False))
    bench.at[("erase", 0)] = lambda bench: bench.fault("protected", status1=0x1C)
    ended(bench, bench.burn(IMAGE, options), "FAIL", "address 0x0000")


def test_another_chip_is_refused_before_it_is_touched(options: BurnOptions) -> None:
    bench = Bench(OLD, TRAITS)
    bench.fault("other_id", jedec=0xC22014)
    ended(bench, bench.burn(IMAGE, options), "FAIL", "the chip says C22014, a W25Q80DV says EF4014")
    assert bench.holds(SIZE) == OLD


@pytest.mark.parametrize("stage", STAGES)
def test_a_chip_that_is_swapped_on_the_way_is_never_a_pass(options: BurnOptions, stage: str) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0)] = lambda bench: bench.fault("other_id", jedec=0xC22014)
    outcome = bench.burn(IMAGE, options)
    is_proved = stage == "read_back" and not options.has_final_read_back
    assert is_proved or outcome.result != "PASS", "what was read after the swap counts"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("contact", "identify")])
def test_another_chip_of_the_same_type_with_the_same_image_is_never_a_pass(options: BurnOptions, stage: str) -> None:
    bench = Bench(OLD, TRAITS)
    other = Nor(bench.kind, b"another!", bench.site.clock.of_the_world)
    other.cells.load(0, NEW)

    def swap(bench: Bench) -> None:
        bench.site.programmer.socket.hold(other, "another")

    bench.at[(stage, 0)] = swap
    outcome = bench.burn(IMAGE, options)
    is_proved = stage == "read_back" and not options.has_final_read_back
    assert is_proved or (outcome.result, "another chip of this type" in said_of(outcome)) == ("ERROR", True), outcome


@pytest.mark.parametrize("stage", STAGES)
def test_a_clip_that_slips_is_an_error_that_says_what_to_reseat(options: BurnOptions, stage: str) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0)] = lambda bench: bench.fault("no_contact")
    outcome = bench.burn(IMAGE, options)
    if stage == "read_back" and not options.has_final_read_back:
        assert outcome.proof == "readback_interleaved"
        return
    ended(bench, outcome, "ERROR", "reseat")
    bench.fault("no_contact", is_on=False)
    if outcome.backup is not None:
        assert restored(bench) == OLD


@pytest.mark.parametrize(("hz", "clock", "steps"), [(5_000_000, "4 MHz", 1), (2_000_000, "1 MHz", 2)])
def test_a_weak_contact_is_read_at_a_lower_clock_and_the_pass_is_marginal(
    options: BurnOptions, hz: int, clock: str, steps: int
) -> None:
    bench = Bench(OLD, TRAITS)
    bench.fault("weak_contact", hz=hz)
    outcome = bench.burn(IMAGE, options)
    assert (outcome.result, outcome.is_marginal, outcome.retries) == ("PASS", True, steps)
    assert (outcome.programmer_model, bench.holds(SIZE)) == (f"fanji-sim at {clock}", NEW)
    bench.fault("weak_contact", is_on=False)
    bench.connect()
    again = bench.burn(IMAGE, options)
    assert (again.programmer_model, again.is_marginal, bench.site.programmer.spi_hz) == ("fanji-sim", False, 12_000_000)


def test_a_contact_that_is_weak_at_every_clock_is_an_error(options: BurnOptions) -> None:
    bench = Bench(OLD, TRAITS)
    bench.fault("weak_contact", hz=100_000)
    ended(bench, bench.burn(IMAGE, options), "ERROR", "reseat")
    assert bench.holds(SIZE) == OLD


@pytest.mark.parametrize("stage", ["backup", "erase", "program"])
def test_a_contact_that_turns_weak_on_the_way_is_never_a_pass(options: BurnOptions, stage: str) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0)] = lambda bench: bench.fault("weak_contact", hz=100_000)
    outcome = bench.burn(IMAGE, options)
    assert outcome.result in ("ERROR", "FAIL"), "what is read cannot be right"
    assert outcome.failure is not None and outcome.failure.message


def cut(bench: Bench) -> None:
    bench.wire.is_cut = True


@pytest.mark.parametrize("stage", STAGES)
def test_a_cable_pulled_at_any_stage_is_an_error_and_the_old_content_can_be_restored(
    options: BurnOptions, stage: str
) -> None:
    bench = Bench(OLD, TRAITS)
    bench.at[(stage, 0x800 if stage in ("erase", "program") else 0)] = cut
    outcome = bench.burn(IMAGE, options)
    if not options.has_final_read_back and stage == "read_back":
        assert outcome.proof == "readback_interleaved"
        return
    ended(bench, outcome, "ERROR", "prog")
    if outcome.backup is not None:
        assert restored(bench) == OLD


class SpoiledWire(ModelledWire):
    """Of a burn's answers one, after so many others, is another."""

    def __init__(self, bench: Bench, after: int, how: Callable[[bytes], bytes]) -> None:
        super().__init__(bench.site.programmer.connect(), bench.site.clock)
        self.left = 1 << 20
        self._how = how
        bench.wire = self
        bench.at[("contact", 0)] = lambda _: setattr(self, "left", after)

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        taken, arrived = super().exchange(out, timeout_s)
        self.left -= bool(arrived)
        return taken, self._how(arrived) if arrived and self.left == -1 else arrived


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "lost": lambda _: b"",
    "cut short": lambda data: data[:-1],
    "doubled": lambda data: data + data,
    "noise": lambda data: b"\x55" + data,
    "refused": lambda _: b"\x15",
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_answer_that_is_spoiled_anywhere_is_never_a_pass_and_never_a_hang(options: BurnOptions, how: str) -> None:
    small, results = image_of(NEW[:0x1000]), []
    for after in [*range(0, 60, 3), *range(60, 400, 17)]:
        bench = Bench(OLD, TRAITS)
        wire = SpoiledWire(bench, after, SPOILED[how])
        outcome = bench.burn(small, options)
        assert bench.site.clock.now() < LONGEST_S
        results.append(outcome.result)
        if outcome.result == "PASS":
            assert bench.holds(0x1000) == NEW[:0x1000]
            assert wire.left >= -1, "it was spoiled, and not as the pins were let go"
        else:
            assert (outcome.result, outcome.failure is not None) == ("ERROR", True), (after, outcome.failure)
    assert results.count("ERROR") > 10
