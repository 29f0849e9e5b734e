"""Power: how a unit starts, what it draws awake and asleep, whether it runs on at the ends of its supply.

Steps for any unit with B+ and ACC on two outputs, a multimeter on its test points and a shunt; the products put them
in order. Every wait is for something that can be read, with a deadline. What is measured of the unit at rest bears no
other step beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.reading import Reading, Statement
from station.model.roles import Ammeter, HeadUnit, Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.runner.trace import TraceRecorder

POLL_S = 0.02
READINGS_PER_QUESTION = 3
"""Current readings between two questions whether the unit is ready; a silent unit takes its time to be silent."""
SETTLED_READINGS = 10
"""How many readings in a row, some 0.4 s, a settled current is judged by."""
SETTLE_S = 2.0
"""Longest time for a supply to reach a set voltage (HMP4040: below 10 ms for a load step, slower without load)."""
SLEEP_RANGE_A = 1.0
"""Holds the operating current, from which a unit that falls asleep starts, and resolves a tenth of the limit."""
RANGE_V = 100.0
"""Holds the battery's level: a fault may put it on any line of the jig, and that is to be measured, not an overload."""


@step(
    zh="接通电源",
    en="Connect B+",
    deadline_s=10,
    energises=True,
    stops_on_fail=True,
    uses={"nominal_supply": "V", "supply_limit": "A"},
    measures={"supply_voltage": "V"},
)
def power_up(
    supply: Supply, acc: Supply, meter: Multimeter, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """B+ on, ACC still off: the unit is asleep, the voltage stands at its terminals."""
    acc.switch_off()
    supply.set(conditions["nominal_supply"], conditions["supply_limit"])
    supply.switch_on()
    measure("supply_voltage", _settled("supply_voltage", lambda: meter.read_v("b_plus", RANGE_V), clock, measure))


@step(
    zh="开机",
    en="Boot",
    deadline_s=20,
    energises=True,
    stops_on_fail=True,
    uses={"nominal_supply": "V", "acc_limit": "A", "longest_boot": "s"},
    measures={"boot_time": "s", "peak_current": "A"},
)
def boot(
    supply: Supply,
    acc: Supply,
    dut: HeadUnit,
    clock: Clock,
    conditions: Conditions,
    measure: Measure,
    trace: TraceRecorder,
) -> None:
    """ACC on; the current is drawn as a curve until the unit answers. Boot took at most as long as is measured."""
    curve = trace.curve("boot_current", "s", "A")
    acc.set(conditions["nominal_supply"], conditions["acc_limit"])
    started = clock.now()
    acc.switch_on()
    peak = supply.read_a()
    curve.add(0.0, peak)
    is_ready = dut.is_ready()
    while not is_ready and clock.now() - started < conditions["longest_boot"]:
        for _ in range(READINGS_PER_QUESTION):
            clock.wait(POLL_S)
            reading = supply.read_a()
            curve.add(clock.now() - started, reading)
            peak = reading if reading.value > peak.value or reading.is_overload else peak
        is_ready = dut.is_ready()
    measure("peak_current", peak)
    if not is_ready:
        raise DutError(f"the unit does not answer {conditions['longest_boot']:g} s after ACC was switched on")
    seconds = clock.now() - started
    measure("boot_time", Reading(seconds, "s", "clock", f"{seconds:.3f}", clock.utc()))


@step(
    zh="电源轨",
    en="Rails",
    deadline_s=10,
    is_alone=True,
    measures={"rail_5v": "V", "rail_3v3": "V"},
)
def rails(meter: Multimeter, measure: Measure) -> None:
    """The two regulated voltages."""
    measure("rail_5v", meter.read_v("rail_5v", RANGE_V))
    measure("rail_3v3", meter.read_v("rail_3v3", RANGE_V))


@step(
    zh="工作电流",
    en="Operating current",
    deadline_s=10,
    is_alone=True,
    uses={"supply_limit": "A"},
    measures={"idle_current": "A"},
)
def idle_current(current: Ammeter, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the unit draws after boot, once the peak has gone; muted, for noise at its last owner's volume counts."""
    range_a = conditions["supply_limit"]
    dut.write("mute", "1")
    measure("idle_current", _settled("idle_current", lambda: current.read_a(range_a), clock, measure))
    dut.write("mute", "0")


@step(
    zh="欠压",
    en="Undervoltage",
    deadline_s=10,
    uses={"lowest_supply": "V", "nominal_supply": "V", "supply_limit": "A", "supply_window": "V", "hold": "s"},
    measures={"undervoltage_rail_5v": "V", "is_running_after_undervoltage": ""},
)
def undervoltage(
    supply: Supply, meter: Multimeter, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The unit runs on at the lowest supply voltage."""
    uptime_s = dut.uptime_s()
    _go_to(conditions["lowest_supply"], supply, meter, clock, conditions)
    clock.wait(conditions["hold"])
    measure("undervoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
    measure("is_running_after_undervoltage", _has_run_on(dut, uptime_s, clock))
    _go_to(conditions["nominal_supply"], supply, meter, clock, conditions)


@step(
    zh="过压",
    en="Overvoltage",
    deadline_s=10,
    uses={"highest_supply": "V", "nominal_supply": "V", "supply_limit": "A", "supply_window": "V", "hold": "s"},
    measures={"overvoltage_rail_5v": "V", "is_running_after_overvoltage": ""},
)
def overvoltage(
    supply: Supply, meter: Multimeter, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The unit runs on at the highest supply voltage."""
    uptime_s = dut.uptime_s()
    _go_to(conditions["highest_supply"], supply, meter, clock, conditions)
    clock.wait(conditions["hold"])
    measure("overvoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
    measure("is_running_after_overvoltage", _has_run_on(dut, uptime_s, clock))
    _go_to(conditions["nominal_supply"], supply, meter, clock, conditions)


@step(
    zh="静态电流",
    en="Dark current",
    deadline_s=15,
    uses={"longest_sleep": "s", "asleep_below": "A", "settled_change": "A"},
    measures={"dark_current": "A"},
)
def dark_current(
    acc: Supply, current: Ammeter, clock: Clock, conditions: Conditions, measure: Measure, trace: TraceRecorder
) -> None:
    """ACC off; wait until the unit sleeps and its current falls no more, or as long as falling asleep may take."""
    curve = trace.curve("dark_current", "s", "A")
    acc.switch_off()
    started = clock.now()
    latest: deque[Reading] = deque(maxlen=SETTLED_READINGS)
    while clock.now() - started < conditions["longest_sleep"] or not latest:
        latest.append(current.read_a(SLEEP_RANGE_A))
        curve.add(clock.now() - started, latest[-1])
        is_asleep = latest[-1].value < conditions["asleep_below"]
        is_steady = abs(latest[0].value - latest[-1].value) <= conditions["settled_change"]
        if len(latest) == SETTLED_READINGS and is_asleep and is_steady:
            break
        clock.wait(POLL_S)
    measure("dark_current", latest[-1])


@step(
    zh="功放控制线",
    en="Amplifier remote",
    deadline_s=10,
    is_alone=True,
    measures={"amp_remote_drop": "V"},
)
def amp_remote(meter: Multimeter, measure: Measure) -> None:
    """The amplifier's remote line against B+."""
    measure("amp_remote_drop", read_remote_drop(meter))


@step(
    zh="扬声器直流偏压",
    en="Speaker line offsets",
    deadline_s=10,
    is_alone=True,
    measures={
        "offset_front_left": "V",
        "offset_front_right": "V",
        "offset_rear_left": "V",
        "offset_rear_right": "V",
    },
)
def speaker_offsets(meter: Multimeter, measure: Measure) -> None:
    """The direct voltage between the legs of each bridged pair."""
    for name in ("offset_front_left", "offset_front_right", "offset_rear_left", "offset_rear_right"):
        measure(name, meter.read_v(name, RANGE_V))


def read_remote_drop(meter: Multimeter) -> Reading:
    """B+ less the amplifier's remote line, in volts."""
    battery = meter.read_v("b_plus", RANGE_V)
    remote = meter.read_v("amp_remote", RANGE_V)
    is_overload = battery.is_overload or remote.is_overload
    raw = f"{battery.raw} - {remote.raw}"
    return replace(remote, value=battery.value - remote.value, raw=raw, is_overload=is_overload)


def _settled(name: str, read: Callable[[], Reading], clock: Clock, measure: Measure) -> Reading:
    """The first reading inside the limit of ``name``, or the last one after ``SETTLE_S``."""
    deadline = clock.now() + SETTLE_S
    reading = read()
    while not measure.is_inside(name, reading) and clock.now() < deadline:
        clock.wait(POLL_S)
        reading = read()
    return reading


def _go_to(volts_v: float, supply: Supply, meter: Multimeter, clock: Clock, conditions: Conditions) -> None:
    """Set B+ and wait until the unit's terminals have it; raises DutError where the unit pulls it down."""
    supply.set(volts_v, conditions["supply_limit"])
    window = conditions["supply_window"]

    def is_there() -> bool:
        return abs(meter.read_v("b_plus", RANGE_V).value - volts_v) <= window

    if not wait_until(clock, is_there, clock.now() + SETTLE_S, POLL_S):
        raise DutError(f"B+ at the unit does not reach {volts_v:g} V within {window:g} V")


def _has_run_on(dut: HeadUnit, uptime_s: float, clock: Clock) -> Statement:
    """Whether the unit answers and has not restarted since it had run for ``uptime_s``."""
    try:
        is_so = dut.uptime_s() >= uptime_s
    except DutError:
        is_so = False
    return Statement(is_so, "dut", clock.utc())
