"""Each fault of a line does what its name says, to a client on a real socket or pty."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections.abc import Callable

import pytest

from tests.conftest import Bench

Start = Callable[..., Bench]


class Client:
    """A client of the supply that waits a bounded time."""

    def __init__(self, bench: Bench, device: str = "psu") -> None:
        self._socket = socket.create_connection(bench.endpoint(device), timeout=5)

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode() + b"\n")

    def hear(self, seconds: float = 0.3) -> bytes:
        """What arrives within ``seconds``, up to a line's end; b'' also when the peer hangs up."""
        data, deadline = b"", time.monotonic() + seconds
        while not data.endswith(b"\n") and time.monotonic() < deadline:
            if not select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                break
            piece = self._socket.recv(4096)
            if not piece:
                break
            data += piece
        return data

    def ask(self, text: str, seconds: float = 0.3) -> bytes:
        self.send(text)
        return self.hear(seconds)

    def is_hung_up(self) -> bool:
        ready = select.select([self._socket], [], [], 2.0)[0]
        try:
            return bool(ready) and self._socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._socket.close()


def test_drop_swallows_answers_until_it_is_switched_off(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="drop")
    assert client.ask("*IDN?") == b""
    box.control("fault", device="psu", fault="drop", on=False)
    assert client.ask("*IDN?", 2).startswith(b"ROHDE&SCHWARZ,HMP4040,103781,")
    client.close()


def test_a_fault_can_spare_some_answers_and_strike_a_counted_number(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="drop", after_replies=2, count=1)
    heard = [client.ask("*ESR?") != b"" for _ in range(4)]
    assert heard == [True, True, False, True]
    client.close()


def test_delay_is_real_time_even_in_a_world_without_time(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="delay", seconds=0.25)
    started = time.monotonic()
    assert client.ask("*ESR?", 2) != b""
    assert time.monotonic() - started >= 0.25
    client.close()


def test_split_sends_an_answer_in_pieces(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="split", parts=3, seconds=0.15)
    assert b"\n" not in client.ask("*IDN?", 0.05)
    assert client.hear(2).endswith(b"\n")
    client.close()


def test_stale_gives_the_previous_querys_answer(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="stale", count=1)
    assert client.ask("*IDN?", 0.15) == b""
    client.send("*ESR?")
    assert client.hear(2).startswith(b"ROHDE&SCHWARZ")
    client.close()


def test_an_answer_held_back_still_comes_when_the_fault_is_over(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="stale")
    assert client.ask("*IDN?", 0.15) == b""
    box.control("fault", device="psu", fault="stale", on=False)
    assert client.ask("*ESR?", 2).startswith(b"ROHDE&SCHWARZ")
    client.close()


def test_close_ends_connections_and_refuses_to_talk_until_the_cable_is_back(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="close")
    assert client.is_hung_up()
    second = Client(box)
    assert second.is_hung_up()
    box.control("fault", device="psu", fault="close", on=False)
    third = Client(box)
    assert third.ask("*IDN?", 2) != b""
    for each in (client, second, third):
        each.close()


def test_close_can_strike_in_the_middle_of_a_conversation(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="close", after_replies=1)
    assert client.ask("*IDN?", 2) != b""
    client.send("*IDN?")
    assert client.is_hung_up()
    client.close()


def test_refuse_lets_nobody_in_and_the_port_stays_the_same_afterwards(bench: Start) -> None:
    box = bench()
    box.control("fault", device="psu", fault="refuse")
    with pytest.raises(ConnectionRefusedError):
        Client(box)
    box.control("fault", device="psu", fault="refuse", on=False)
    client = Client(box)
    assert client.ask("*IDN?", 2) != b""
    client.close()


def test_wrong_identity_changes_the_answer_to_idn_and_no_other(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="wrong_identity", identity="SOMEBODY,ELSE,1,2")
    assert client.ask("*IDN?", 2).strip() == b"SOMEBODY,ELSE,1,2"
    assert client.ask("*ESR?", 2).strip().isdigit()
    client.close()


def test_garbage_keeps_the_line_end_and_nothing_else(bench: Start) -> None:
    box = bench()
    client = Client(box)
    box.control("fault", device="psu", fault="garbage")
    answer = client.ask("*IDN?", 2)
    assert answer.endswith(b"\n") and b"HMP4040" not in answer
    client.close()


def test_faults_with_a_probability_are_the_same_in_every_run_of_a_seed(bench: Start) -> None:
    patterns = []
    for _ in range(2):
        box = bench()
        client = Client(box)
        box.control("fault", device="psu", fault="garbage", probability=0.5)
        patterns.append([client.ask("*ESR?", 2).strip().isdigit() for _ in range(12)])
        client.close()
    assert patterns[0] == patterns[1] and len(set(patterns[0])) == 2


def test_a_pulled_serial_adapter_comes_back_under_the_address_that_is_told(bench: Start) -> None:
    box = bench()
    first = os.open(_path(box.address["dut"]), os.O_RDWR | os.O_NOCTTY)
    box.control("fault", device="dut", fault="close")
    with pytest.raises(OSError, match="Input/output error"):
        os.write(first, b"PING\n")
    os.close(first)
    address = box.control("fault", device="dut", fault="close", on=False)["address"]
    again = os.open(_path(address), os.O_RDWR | os.O_NOCTTY)
    assert os.write(again, b"PING\n") == 5
    os.close(again)


def test_the_other_devices_do_not_notice(bench: Start) -> None:
    box = bench()
    box.control("fault", device="psu", fault="close")
    client = Client(box, "dmm")
    assert client.ask("*IDN?", 2).startswith(b"KEITHLEY INSTRUMENTS,MODEL DMM6500,")
    assert json.dumps(box.truth()["faults"]["psu"]) == '["close"]'
    client.close()


def _path(address: str) -> str:
    return address.removeprefix("serial://").partition("?")[0]
