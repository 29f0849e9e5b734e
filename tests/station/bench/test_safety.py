"""Make-safe switches off and opens in order, proves it, ends within a second, and never raises."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.bench import make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.drivers.hmp4040 import HmpOutput
from station.drivers.modbus_relays import NamedRelays
from station.drivers.point_multimeter import PointMultimeter
from station.link.clock import SystemClock
from station.model.run_record import SafeAction
from tests.conftest import Bench
from tests.relay_benches import relay_world
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()
StartBench = Callable[..., Bench]


def energised(running: Bench) -> BenchFile:
    """Both outputs on, and the station's links gone."""
    bench_file = read_bench_file(running.bench_file)
    opened = open_bench(bench_file, CLOCK, {"supply", "acc"})
    for name in ("supply", "acc"):
        supply = opened.roles[name]
        assert isinstance(supply, HmpOutput)
        supply.set(14.4, 2.0)
        supply.switch_on()
    opened.close()
    assert all(running.truth()["outputs"][channel]["is_on"] for channel in ("1", "2"))
    return bench_file


def timed(bench_file: BenchFile) -> tuple[tuple[SafeAction, ...], float]:
    start = time.monotonic()
    return make_safe(bench_file, CLOCK), time.monotonic() - start


def test_both_outputs_are_switched_off_in_order_and_read_back(bench: StartBench) -> None:
    running = bench(time_scale=1.0)
    actions, took_s = timed(energised(running))
    assert [(action.role, action.action, action.is_proved) for action in actions] == [
        ("acc", "switch_off", True),
        ("supply", "switch_off", True),
    ]
    assert all(action.detail.endswith(" V") and float(action.detail[:-2]) < 1.0 for action in actions)
    outputs = running.truth()["outputs"]
    assert not outputs["1"]["is_on"] and not outputs["2"]["is_on"]
    assert outputs["2"]["changed_at"] < outputs["1"]["changed_at"]
    assert took_s < 1.0


def test_a_bench_that_is_off_is_proved_to_be_off(bench: StartBench) -> None:
    actions, _ = timed(read_bench_file(bench().bench_file))
    assert all(action.is_proved for action in actions)


def test_a_dead_supply_is_not_proved_and_nothing_is_raised(bench: StartBench) -> None:
    running = bench()
    bench_file = energised(running)
    running.control("fault", device="psu", fault="refuse", on=True)
    actions, took_s = timed(bench_file)
    assert [action.is_proved for action in actions] == [False, False]
    assert actions[0].detail == "psu: cannot be opened: Connection refused"
    assert took_s < 1.0


@pytest.mark.parametrize("fault", ["drop", "stale", "garbage", "close"])
def test_a_supply_that_does_not_answer_properly_is_not_proved(bench: StartBench, fault: str) -> None:
    running = bench()
    bench_file = energised(running)
    running.control("fault", device="psu", fault=fault, on=True)
    actions, took_s = timed(bench_file)
    assert [action.is_proved for action in actions] == [False, False]
    assert took_s < 1.05


def test_another_instrument_at_the_address_is_left_alone(bench: StartBench) -> None:
    running = bench()
    bench_file = energised(running)
    running.control("fault", device="psu", fault="wrong_identity", on=True)
    actions, _ = timed(bench_file)
    assert [action.is_proved for action in actions] == [False, False]
    assert "found NOBODY,NOTHING,0" in actions[0].detail
    assert running.truth()["outputs"]["1"]["is_on"]


def with_acc_at(running: Bench, port: int) -> BenchFile:
    """The bench with ACC, first in the order, on another supply."""
    text = running.bench_file.read_text(encoding="utf-8")
    text = text.replace('[roles.acc]\ninstrument = "psu"', '[roles.acc]\ninstrument = "psu2"')
    text += f"""
[instruments.psu2]
driver = "hmp4040"
address = "tcp://127.0.0.1:{port}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "2" }}
"""
    running.bench_file.write_text(text, encoding="utf-8")
    return read_bench_file(running.bench_file)


def test_a_silent_instrument_first_in_the_order_does_not_keep_the_other_on(bench: StartBench) -> None:
    running = bench()
    energised(running)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        actions, took_s = timed(with_acc_at(running, silent.getsockname()[1]))
    assert [(action.role, action.is_proved) for action in actions] == [("acc", False), ("supply", True)]
    assert not running.truth()["outputs"]["1"]["is_on"]
    assert took_s < 1.0


def test_a_slow_instrument_first_in_the_order_delays_the_other_by_a_bounded_time(bench: StartBench) -> None:
    running = bench()
    energised(running)
    enabled = [b"0"]

    def slow(message: bytes) -> list[tuple[float, bytes]]:
        if message.startswith(b"*ESE "):
            enabled[0] = message.removeprefix(b"*ESE ")
            return []
        answers = {b"*ESE?": enabled[0], b"*IDN?": b"ROHDE&SCHWARZ,HMP4040,2,1.0", b"SYST:ERR?": b'0,"No error"'}
        return [(0.15, answers[message] + b"\n")] if message in answers else []

    with scripted_peer(slow) as peer:
        bench_file = with_acc_at(running, peer.address.port)
        start = time.monotonic()
        actions = make_safe(bench_file, CLOCK)
        assert time.monotonic() - start < 1.05
    assert [(action.role, action.is_proved) for action in actions] == [("acc", False), ("supply", True)]
    assert running.truth()["outputs"]["1"]["changed_at"] - start < 0.5


def test_a_name_that_is_looked_up_for_ever_does_not_hold_make_safe_up(
    bench: StartBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = bench()
    energised(running)
    with_acc_at(running, 5025)
    file = running.bench_file
    file.write_text(file.read_text(encoding="utf-8").replace("tcp://127.0.0.1:5025", "tcp://supply.bench:5025"))
    bench_file = read_bench_file(file)
    is_over = threading.Event()
    look_up = socket.getaddrinfo

    def stand_still(host: str, *rest: Any, **more: Any) -> Any:
        if host == "supply.bench":
            is_over.wait(10)
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", stand_still)
    actions, took_s = timed(bench_file)
    is_over.set()
    assert [(action.role, action.is_proved) for action in actions] == [("acc", False), ("supply", True)]
    assert took_s < 1.05


def with_relays(bench: StartBench, folder: Path) -> tuple[Bench, BenchFile]:
    """Both outputs on, two lines of the jig and a measuring relay closed, and the station's links gone."""
    running = bench(world=relay_world(folder), time_scale=1.0)
    bench_file = energised(running)
    opened = open_bench(bench_file, CLOCK, {"lines", "meter"})
    lines, meter = opened.roles["lines"], opened.roles["meter"]
    assert isinstance(lines, NamedRelays) and isinstance(meter, PointMultimeter)
    lines.close("illumination", "b_plus_interrupted")
    meter.read_v("acc", 14.4)
    opened.close()
    assert running.truth()["relays"]["closed"] == [1, 15, 34]
    return running, bench_file


def test_relays_are_opened_in_their_place_of_the_order_and_read_back(bench: StartBench, tmp_path: Path) -> None:
    running, bench_file = with_relays(bench, tmp_path)
    actions, took_s = timed(bench_file)
    assert [(action.role, action.action, action.is_proved) for action in actions] == [
        ("lines", "open", True),
        ("acc", "switch_off", True),
        ("supply", "switch_off", True),
    ]
    assert actions[0].detail == "all open"
    truth = running.truth()
    assert truth["relays"]["closed"] == [34]  # which is another role's
    outputs = truth["outputs"]
    assert truth["relays"]["changed_at"] < outputs["2"]["changed_at"] < outputs["1"]["changed_at"]
    assert took_s < 1.0


def test_a_dead_relay_board_is_not_proved_and_does_not_keep_the_supplies_on(bench: StartBench, tmp_path: Path) -> None:
    running, bench_file = with_relays(bench, tmp_path)
    running.control("fault", device="matrix", fault="drop", on=True)
    actions, took_s = timed(bench_file)
    assert [(action.role, action.is_proved) for action in actions] == [
        ("lines", False),
        ("acc", True),
        ("supply", True),
    ]
    assert actions[0].detail.startswith("matrix: ")
    assert not running.truth()["outputs"]["1"]["is_on"]
    assert took_s < 1.05
