"""udsoncan over can-isotp, with nothing of the station between, is satisfied with the simulated control unit."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import can
import isotp
import pytest
from udsoncan import AsciiCodec, DidCodec
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection
from udsoncan.exceptions import NegativeResponseException, TimeoutException

from tests.can_benches import UNIT, can_world
from tests.can_channels import bus_of
from tests.conftest import Bench, start_bench

IDENTIFIERS = {0xF187: 11, 0xF189: 5, 0xF18C: 12, 0xF190: 17, 0xF191: 1, 0xF195: 6}


@pytest.fixture(scope="module", params=["can", "socketcand"])
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A unit that only its network keeps awake, on either carrier of the simulator."""
    folder = tmp_path_factory.mktemp("uds")
    running = start_bench(can_world(folder, request.param), folder / "bench.toml", 0.0)
    running.control("insert", unit=UNIT)
    yield running
    running.stop()


def power(box: Bench) -> None:
    """B+ on, ACC off: the unit sleeps."""
    with socket.create_connection(box.endpoint("psu"), 5.0) as psu:
        psu.sendall(b"INST OUT1\nVOLT 14.4\nCURR 3\nOUTP:SEL 1\nOUTP:GEN 1\n*OPC?\n")
        psu.settimeout(5.0)
        psu.recv(100)
        deadline = time.monotonic() + 5.0
        while box.truth()["state"] != "asleep" and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture(scope="module")
def client(box: Bench) -> Iterator[Client]:
    power(box)
    identifiers: dict[int, DidCodec] = {identifier: AsciiCodec(length) for identifier, length in IDENTIFIERS.items()}
    with bus_of(box.address["can"]) as bus, bus_of(box.address["can"]) as network:
        management = can.Message(arbitration_id=0x455, data=[0], is_extended_id=False)
        awake = network.send_periodic(management, 0.1)
        address = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7A0, rxid=0x7A8)
        stack = isotp.CanStack(bus, address=address, params={"tx_padding": 0xCC})
        deadline = time.monotonic() + 5.0
        while box.truth()["state"] not in ("booting", "awake") and time.monotonic() < deadline:
            time.sleep(0.02)
        with Client(
            PythonIsoTpConnection(stack),
            config={"data_identifiers": identifiers, "p2_timeout": 1.0, "use_server_timing": False},
        ) as tester:
            yield tester
        awake.stop()
        time.sleep(0.2)  # python-can's thread sends once more before it sees that it was stopped


def test_identifiers_of_every_length_are_read_alone_and_together(client: Client) -> None:
    values = client.read_data_by_identifier(list(IDENTIFIERS)).service_data.values
    assert (values[0xF187], values[0xF18C], values[0xF189]) == ("FJN7-8601-A", UNIT, "2.1.0")
    assert all(client.read_data_by_identifier_first([each]) == value for each, value in values.items())


def test_negative_responses_carry_the_codes_of_the_standard(client: Client) -> None:
    client.change_session(1)
    refused = {}
    for name, ask in {
        "session": lambda: client.change_session(2),
        "routine": lambda: client.start_routine(0xFF00),
        "reset": lambda: client.ecu_reset(1),
        "group": lambda: client.clear_dtc(0x123456),
        "codes": lambda: client.get_supported_dtc(),
    }.items():
        with pytest.raises(NegativeResponseException) as caught:
            ask()
        refused[name] = caught.value.response.code
    assert refused == {"session": 0x12, "routine": 0x7F, "reset": 0x11, "group": 0x31, "codes": 0x12}


def test_the_session_tells_its_times_and_the_factory_reset_runs_in_it(client: Client) -> None:
    entered = client.change_session(3).service_data
    assert (entered.p2_server_max, entered.p2_star_server_max) == (0.05, 0.5)
    assert client.start_routine(0xFF00).service_data.routine_id_echo == 0xFF00
    deadline = time.monotonic() + 5.0
    while (result := client.get_routine_result(0xFF00).service_data.routine_status_record) != b"\x00":
        assert result == b"\x01" and time.monotonic() < deadline
    assert client.read_data_by_identifier_first([0xF190]) == "0" * 17


def test_a_suppressed_answer_does_not_come(client: Client) -> None:
    with client.suppress_positive_response:
        client.tester_present()
    assert client.conn.wait_frame(timeout=0.2) is None
    client.tester_present()


def test_clearing_says_that_it_is_pending_and_leaves_no_code(client: Client) -> None:
    client.config["p2_star_timeout"] = 1.0
    client.clear_dtc(0xFFFFFF)
    found = client.get_dtc_by_status_mask(0x08).service_data
    assert (found.dtc_count, found.status_availability.get_byte_as_int()) == (0, 0x09)


def test_a_unit_that_is_taken_out_is_silent(client: Client, box: Bench, tmp_path: Path) -> None:
    client.tester_present()
    box.control("remove")
    client.config["p2_timeout"] = 0.3
    with pytest.raises(TimeoutException):
        client.tester_present()
