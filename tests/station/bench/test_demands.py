"""A bench whose instruments give less than the plan wants is refused before anything is opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from station.bench import check_bench, check_demands
from station.config.bench_file import BenchFile, read_bench_file
from station.config.limits_file import LimitsFile, read_limits
from station.drivers.catalogue import DRIVERS
from station.drivers.safe_output import ACTIONS
from station.model.errors import ConfigError
from station.model.needs import NEEDS as NEEDS_OF
from station.sequences.catalogue import load_plan
from tests.supply_benches import FEEDS, HELPER, PSU, Feed, supply_world

LIMITS = load_plan("FJ-R1").limits_file


def bench_with(folder: Path, model: str, feeds: tuple[Feed, Feed]) -> BenchFile:
    """A bench file whose addresses nobody answers at."""
    supply_world(folder, model, feeds)
    text = (folder / f"{model}.template.toml").read_text(encoding="utf-8")
    for number, name in enumerate((PSU, HELPER, "dmm", "dut"), 1):
        text = text.replace(f'"${{{name}}}"', f'"tcp://127.0.0.1:{number}"')
    file = folder / "bench.toml"
    file.write_text(text, encoding="utf-8")
    return read_bench_file(file)


@pytest.mark.parametrize("model", FEEDS)
def test_a_bench_that_gives_enough_is_taken(tmp_path: Path, model: str) -> None:
    check_demands(bench_with(tmp_path, model, FEEDS[model]), LIMITS)


@pytest.mark.parametrize(
    ("model", "channel", "problem"),
    [
        ("e36312a", 2, r"channel 2 of a e36312a gives at most 1 A, supply_limit is 3 A in .*fj_r1\.toml"),
        ("e36313a", 1, r"channel 1 of a e36313a gives at most 6 V, highest_supply is 16 V in .*fj_r1\.toml"),
        ("dp832", 3, r"channel 3 of a dp832 gives at most 5 V, highest_supply is 16 V in .*fj_r1\.toml"),
        ("dp821", 1, r"channel 1 of a dp821 gives at most 1 A, supply_limit is 3 A in .*fj_r1\.toml"),
    ],
)
def test_a_channel_that_gives_too_little_is_named_with_both_values(
    tmp_path: Path, model: str, channel: int, problem: str
) -> None:
    bench = bench_with(tmp_path, model, (Feed(PSU, channel), Feed(HELPER, 2)))
    with pytest.raises(ConfigError, match=rf"bench\.toml:\d+: roles\.supply\.channel: {problem}"):
        check_demands(bench, LIMITS)


def test_a_channel_that_gives_too_few_watts_is_named_with_both_values(tmp_path: Path) -> None:
    text = Path(LIMITS.file).read_text(encoding="utf-8")
    greedy = tmp_path / "greedy.toml"
    greedy.write_text(text.replace('value = 3.0\nunit = "A"', 'value = 10.0\nunit = "A"'), encoding="utf-8")
    bench = bench_with(tmp_path, "hmp4040", (Feed(PSU, 1), Feed(HELPER, 2)))
    check_demands(bench, read_limits(greedy))
    text = greedy.read_text(encoding="utf-8").replace("value = 16.0", "value = 17.0")
    greedy.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="at most 160 W, highest_supply and supply_limit make 170 W in"):
        check_demands(bench, read_limits(greedy))


def test_two_roles_behind_one_switch_are_refused(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, "gpd3303s", (Feed(PSU, 1), Feed(PSU, 2)))
    with pytest.raises(ConfigError, match="a gpd3303s switches all its channels together, and psu is supply already"):
        check_bench(bench)


def test_a_run_on_such_a_bench_does_not_begin(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, "e36312a", (Feed(PSU, 2), Feed(HELPER, 2)))
    command = [sys.executable, "-m", "station.cli", "run", "FJR126110003", "--bench", bench.file, "--product", "FJ-R1"]
    played = subprocess.run(
        [*command, "--operator", "Li", "--events"],
        capture_output=True,
        text=True,
        check=False,
        env={"FANJI_STATE_DIR": str(tmp_path / "state")},
    )
    assert played.returncode == 2
    assert '"event":"refused"' in played.stdout.replace(" ", "")
    assert "gives at most 1 A, supply_limit is 3 A" in played.stdout


PLAN = """
[plan]
name = "X outgoing"
product = "X"
version = "1"
[conditions.most]
value = {value}
unit = "{unit}"
source = "this test"
[measurements.idle]
zh = "a"
en = "a"
comparator = "at_most"
unit = "A"
high = 1.0
source = "this test"
[needs.{role}]
{key} = "most"
"""
INSTRUMENTS = """
[instruments.other]
driver = "{driver}"
address = "tcp://127.0.0.1:9"
identity = {{ maker = "M", model = "M", serial = "1" }}
[roles.it]
instrument = "other"
{role}
"""


def needing(folder: Path, role: str, key: str, value: float, unit: str) -> LimitsFile:
    """A plan that needs this of one role."""
    file = folder / "needs.toml"
    file.write_text(PLAN.format(role=role, key=key, value=value, unit=unit), encoding="utf-8")
    return read_limits(file)


def bench_and(folder: Path, driver: str, role: str) -> BenchFile:
    """The bench with one more instrument, which plays the role ``it``."""
    bench = bench_with(folder, "hmp4040", (Feed(PSU, 1), Feed(HELPER, 2)))
    file = Path(bench.file)
    text = file.read_text(encoding="utf-8") + INSTRUMENTS.format(driver=driver, role=role)
    if ACTIONS.keys() & set(DRIVERS[driver].kinds.values()):
        text = text.replace('order = ["acc"', 'order = ["it", "acc"')
    file.write_text(text, encoding="utf-8")
    return read_bench_file(file)


SHUNT = "shunt = { channel = 1, resistance_ohm = "
NEEDS = [
    ("34461a", "points = { a = 1 }", "highest_voltage", "V", 1000.0, 1000.1),
    ("dmm6500", "points = { a = 1 }", "highest_voltage", "V", 110.0, 111.0),
    ("sdm3055", f"{SHUNT}100.0, highest_a = 20.0 }}", "highest_current", "mA", 10000.0, 10001.0),
    ("dmm6500", f"{SHUNT}0.1, highest_a = 10.0 }}", "highest_current", "A", 10.0, 10.1),
    ("dl3021", "", "highest_current", "A", 40.0, 41.0),
    ("smb100a", "", "highest_frequency", "MHz", 1100.0, 1101.0),
    ("smb100a", "path_loss_db = 20.0", "highest_level", "dBuV EMF", 111.0, 112.0),
    ("u8903b", "points = { a = 1 }", "highest_frequency", "kHz", 20.0, 21.0),
]


@pytest.mark.parametrize(("driver", "role", "key", "unit", "enough", "_"), NEEDS)
def test_an_instrument_that_can_do_what_the_plan_needs_is_taken(
    tmp_path: Path, driver: str, role: str, key: str, unit: str, enough: float, _: float
) -> None:
    check_demands(bench_and(tmp_path, driver, role), needing(tmp_path, "it", key, enough, unit))


@pytest.mark.parametrize(("driver", "role", "key", "unit", "_", "greedy"), NEEDS)
def test_an_instrument_that_cannot_is_refused_with_both_values_before_anything_is_opened(
    tmp_path: Path, driver: str, role: str, key: str, unit: str, _: float, greedy: float
) -> None:
    problem = rf"the {key} of a {driver} is .* here, most is {greedy:g} {unit} in .*needs\.toml"
    with pytest.raises(ConfigError, match=rf"bench\.toml:\d+: roles\.it\.instrument: {problem}"):
        check_demands(bench_and(tmp_path, driver, role), needing(tmp_path, "it", key, greedy, unit))


@pytest.mark.parametrize("unit", ["dBuV", "dBuV PD", "dBm"])
def test_a_level_that_does_not_say_emf_is_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(ConfigError, match="dBuV EMF"):
        needing(tmp_path, "it", "highest_level", 60.0, unit)


def test_a_driver_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, "hmp4040", (Feed(PSU, 1), Feed(HELPER, 2)))
    with pytest.raises(ConfigError, match="nothing is known of the highest_voltage of a fj_service_port"):
        check_demands(bench, needing(tmp_path, "dut", "highest_voltage", 1.0, "V"))


def test_a_role_that_the_bench_has_not_is_left_to_whoever_checks_the_roles(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, "hmp4040", (Feed(PSU, 1), Feed(HELPER, 2)))
    check_demands(bench, needing(tmp_path, "nobody", "highest_voltage", 1e6, "V"))


def test_every_capability_of_a_driver_is_one_that_a_plan_can_need_of_its_roles() -> None:
    for entry in DRIVERS.values():
        known = {key for kind in entry.kinds.values() for key in NEEDS_OF.get(kind, ())}
        known |= {"highest_voltage"} if "ammeter" in entry.kinds.values() else set()
        assert set(entry.capabilities) <= known, entry.name
