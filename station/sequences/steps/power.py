"""Power: how a unit starts, what it draws awake and asleep, what its outputs carry.

Steps for any unit with B+ and ACC on two outputs, a multimeter on its test points and a shunt; the products put them
in order. Every wait is for something that can be read, with a deadline. What is measured of the unit at rest bears no
other step beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from station.model.clock import Clock
from station.model.errors import DutError
from station.model.reading import Reading
from station.model.roles import Ammeter, HeadUnit, Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.runner.trace import TraceRecorder

POLL_S = 0.02
READINGS_PER_QUESTION = 3
"""Current readings between two questions whether the unit is ready; a silent unit takes its time to be silent."""
SETTLED_READINGS = 10
"""How many readings in a row, some 0.3 s, a settled value is judged by."""
BETWEEN_READINGS_S = 0.01
"""Between them, beside the 20 ms and more that a reading itself takes (1 PLC)."""
SETTLED_SHARE = 0.005
"""Estimate: how far they may differ, of the last; a tenth of the narrowest limits (+-5 %) of what is judged so."""
SETTLE_S = 2.0
"""Longest time for a supply to reach a set voltage (HMP4040: below 10 ms for a load step, slower without load)."""
LONGEST_SETTLING_S = 4.0
"""Estimate: longest time for a current to be steady after boot, whose peak is over in 2 s."""
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
    measure_settled("supply_voltage", lambda: meter.read_v("b_plus", RANGE_V), SETTLE_S, clock, measure)


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
    measure_settled("idle_current", lambda: current.read_a(range_a), LONGEST_SETTLING_S, clock, measure)
    dut.write("mute", "0")


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


def measure_settled(name: str, read: Callable[[], Reading], longest_s: float, clock: Clock, measure: Measure) -> None:
    """Record the last of the first readings in a row that agree, whatever it says.

    Where none agree within ``longest_s`` the last one is recorded, and DutError raised: what is still on its way may
    be inside its limits only for now.
    """
    latest: deque[Reading] = deque(maxlen=SETTLED_READINGS)
    deadline = clock.now() + longest_s
    while not (is_steady := _agree(latest)) and (clock.now() < deadline or not latest):
        if latest:
            clock.wait(BETWEEN_READINGS_S)
        latest.append(read())
    measure(name, latest[-1])
    if not is_steady:
        last, first = latest[-1], latest[0]
        raise DutError(
            f"{name} is not steady after {longest_s:g} s: from {first.value:g} to {last.value:g} {last.unit}"
        )


def _agree(readings: Sequence[Reading]) -> bool:
    """Whether these are enough, finite, and differ by no more than their share of the last."""
    if len(readings) < SETTLED_READINGS or any(reading.is_overload for reading in readings):
        return False
    values = [reading.value for reading in readings]
    return max(values) - min(values) <= SETTLED_SHARE * abs(values[-1])
