"""The vehicle's side of a unit: whether its network wakes it and lets it sleep, and what its control unit says.

Steps for any unit on a vehicle's CAN; the products put them in order, ``trouble_codes`` after the last electrical step.
Identifiers of ISO 14229-1, annex C.1 and of docs/fj-head-units.md, "CAN (FJ-N7)".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from station.model.clock import Clock, wait_until
from station.model.errors import DutError, StationError
from station.model.reading import Reading, TextReading
from station.model.roles import Diagnostics, HeadUnit, Supply, VehicleBus
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step

POLL_S = 0.02
BOOT_POLL_S = 0.5
"""Nothing is measured by this wait, and a unit that does not answer yet takes its time to be silent."""
EXTENDED_SESSION = 0x03
PART_NUMBER, FIRMWARE, SERIAL_NUMBER = 0xF187, 0xF189, 0xF18C
VEHICLE, MAP_VERSION = 0xF190, 0xF195
FACTORY_RESET, IS_DONE = 0xFF00, "00"


@step(
    zh="总线休眠",
    en="Network sleep",
    deadline_s=30,
    energises=True,
    uses={"longest_network_wake": "s", "longest_network_sleep": "s", "longest_boot": "s"},
    measures={"network_sleep": "s"},
)
def network_sleep(
    network: VehicleBus, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """ACC off while the network keeps the unit awake, then the network falls silent: the unit's last frame.

    ACC is on again afterwards and the unit has booted.
    """
    network.keep_awake(True)
    with _without_acc(network, acc, dut, clock, conditions):
        network.wait_awake(conditions["longest_network_wake"])
        network.keep_awake(False)
        measure("network_sleep", _time_to_sleep(network, clock, conditions, measure))


@step(
    zh="总线唤醒",
    en="Network wake-up",
    deadline_s=30,
    energises=True,
    uses={"longest_network_wake": "s", "longest_network_sleep": "s", "network_silence": "s", "longest_boot": "s"},
    measures={"network_wake": "s"},
)
def network_wake(
    network: VehicleBus, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """ACC off and the unit asleep, then network management: its first frame; raises DutError for one that never sleeps.

    ACC is on again afterwards and the unit has booted.
    """
    with _without_acc(network, acc, dut, clock, conditions):
        is_silent = partial(_is_silent, network, conditions["network_silence"])
        longest_s = conditions["longest_network_sleep"]
        if not wait_until(clock, is_silent, clock.now() + longest_s, POLL_S):
            raise DutError(f"the unit still sends network management {longest_s:g} s after ACC was switched off")
        network.keep_awake(True)
        measure("network_wake", network.wait_awake(conditions["longest_network_wake"]))


@step(
    zh="诊断身份",
    en="Identity by diagnostics",
    deadline_s=15,
    measures={"part_number": "", "diagnostic_firmware": "", "diagnostic_serial": "", "map_version": ""},
)
def diagnostic_identity(diagnostics: Diagnostics, measure: Measure) -> None:
    """What the control unit says of itself on the bus."""
    measure("part_number", diagnostics.read(PART_NUMBER))
    measure("diagnostic_firmware", diagnostics.read(FIRMWARE))
    measure("diagnostic_serial", diagnostics.read(SERIAL_NUMBER))
    measure("map_version", diagnostics.read(MAP_VERSION))


@step(zh="车辆解绑", en="Vehicle unpaired", deadline_s=10, measures={"vehicle": ""})
def vehicle(diagnostics: Diagnostics, measure: Measure) -> None:
    """The vehicle that the unit thinks it is in; after the factory reset none."""
    measure("vehicle", diagnostics.read(VEHICLE))


@step(zh="到货故障码", en="Trouble codes on arrival", deadline_s=10, measures={"codes_on_arrival": ""})
def codes_on_arrival(diagnostics: Diagnostics, clock: Clock, measure: Measure) -> None:
    """What is stored before any test has provoked a code: told to the repair, and lost when codes are cleared."""
    measure("codes_on_arrival", _codes(diagnostics, clock))


@step(
    zh="故障码",
    en="Trouble codes",
    deadline_s=20,
    uses={"code_return": "s"},
    measures={"trouble_codes": ""},
)
def trouble_codes(diagnostics: Diagnostics, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Clear what the tests have provoked; what is stored again after a while is wrong with the unit."""
    measure("trouble_codes", _codes_that_return(diagnostics, clock, conditions))


@step(
    zh="诊断恢复出厂",
    en="Reset and clear by diagnostics",
    deadline_s=30,
    uses={"longest_reset": "s", "code_return": "s"},
    measures={"vehicle": "", "trouble_codes": ""},
)
def reset_and_clear(diagnostics: Diagnostics, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The factory reset by its routine instead of the service port; then as ``vehicle`` and ``trouble_codes``."""
    diagnostics.enter_session(EXTENDED_SESSION)
    result = diagnostics.run_routine(FACTORY_RESET, conditions["longest_reset"])
    if result.value != IS_DONE:
        raise DutError(f"the factory reset by diagnostics ended with {result.value or 'nothing'} instead of {IS_DONE}")
    measure("vehicle", diagnostics.read(VEHICLE))
    measure("trouble_codes", _codes_that_return(diagnostics, clock, conditions))


def _codes_that_return(diagnostics: Diagnostics, clock: Clock, conditions: Conditions) -> TextReading:
    diagnostics.clear_codes()
    clock.wait(conditions["code_return"])
    return _codes(diagnostics, clock)


def _codes(diagnostics: Diagnostics, clock: Clock) -> TextReading:
    """Joined by blanks, ``none`` where there are none."""
    return TextReading(" ".join(diagnostics.read_confirmed_codes()) or "none", "diagnostics", clock.utc())


def _time_to_sleep(network: VehicleBus, clock: Clock, conditions: Conditions, measure: Measure) -> Reading:
    """Until the unit's last frame; of one that goes on for too long, as long as it was listened to.

    Raises DutError for a unit that was not heard, and where that long would be inside the limit.
    """
    started = clock.now()
    try:
        return network.wait_asleep(conditions["longest_network_sleep"])
    except DutError:
        network.wait_awake(conditions["longest_network_wake"])
        seconds = clock.now() - started
        reading = Reading(seconds, "s", "network", f"more than {seconds:.3f}", clock.utc())
        if measure.is_inside("network_sleep", reading):
            raise
        return reading


def _is_silent(network: VehicleBus, silence_s: float) -> bool:
    """Whether the unit sends nothing for ``silence_s``."""
    try:
        network.wait_awake(silence_s)
    except DutError:
        return True
    return False


@contextmanager
def _without_acc(
    network: VehicleBus, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions
) -> Iterator[None]:
    """ACC is off inside; afterwards the network is silent, ACC is on and the unit has booted, however it ended."""
    acc.switch_off()
    try:
        yield
    except StationError:
        with suppress(StationError):  # what went wrong first is what is told
            _go_back(network, acc, dut, clock, conditions)
        raise
    _go_back(network, acc, dut, clock, conditions)


def _go_back(network: VehicleBus, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions) -> None:
    network.keep_awake(False)
    acc.switch_on()
    if not wait_until(clock, dut.is_ready, clock.now() + conditions["longest_boot"], BOOT_POLL_S):
        raise DutError(f"the unit does not answer {conditions['longest_boot']:g} s after ACC was switched on again")
