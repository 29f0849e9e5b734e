"""Builds what a bench file describes; nothing else constructs a driver."""

from station.bench.calibration import check_calibration
from station.bench.checking import check_bench
from station.bench.chip_found import ChipFound, identify_chip
from station.bench.demands import check_demands
from station.bench.lending import slot_leases
from station.bench.opening import OpenBench, open_bench
from station.bench.programmer import open_chip, open_programmer
from station.bench.repertoire import Candidate, repertoire
from station.bench.safety import SafeWork, make_safe
from station.bench.set_points import SetPointReport, try_set_points
from station.bench.survey import InstrumentReport, examine
from station.bench.watched import check_watched

__all__ = [
    "Candidate",
    "ChipFound",
    "InstrumentReport",
    "OpenBench",
    "SafeWork",
    "SetPointReport",
    "check_bench",
    "check_calibration",
    "check_demands",
    "check_watched",
    "examine",
    "identify_chip",
    "make_safe",
    "open_bench",
    "open_chip",
    "open_programmer",
    "repertoire",
    "slot_leases",
    "try_set_points",
]
