"""CAN frames with a deadline: what is heard, when it ends, and what a bus that is lost raises."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import can
import pytest

from station.config.address import ReplayAddress, TcpAddress
from station.config.can_address import CanAddress
from station.link.can import CanLink, can_link_to
from station.link.clock import SystemClock
from station.link.link import LinkState
from station.link.opening import link_to
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.can_channels import REQUEST, RESPONSE, Channel, free_channel

CLOCK = SystemClock()
ON_THE_WAY_S = 0.2
"""More than a frame needs from one participant to another."""


@pytest.fixture
def channel() -> Iterator[Channel]:
    with free_channel() as free:
        yield free


@pytest.fixture
def link(channel: Channel) -> Iterator[CanLink]:
    opened = can_link_to("ecu", channel.address(), CLOCK)
    opened.open(2.0)
    yield opened
    opened.close()


def message(identifier: int, data: bytes, is_extended: bool = False) -> can.Message:
    return can.Message(arbitration_id=identifier, data=data, is_extended_id=is_extended)


def test_a_frame_goes_out_with_the_one_identifier_and_comes_in_with_the_other(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        link.send(b"\x02\x3e\x00", 0.5)
        heard = peer.recv(1.0)
        assert heard is not None
        assert (heard.arbitration_id, bytes(heard.data), heard.is_extended_id) == (REQUEST, b"\x02\x3e\x00", False)
        peer.send(message(RESPONSE, b"\x02\x7e\x00"))
        assert link.receive(1.0) == b"\x02\x7e\x00"


def test_frames_of_others_are_not_heard(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        peer.send(message(0x420, b"\x01"))
        peer.send(message(RESPONSE, b"\x02", is_extended=True))
        peer.send(message(REQUEST, b"\x03"))
        peer.send(message(RESPONSE, b"\x04"))
        assert link.receive(1.0) == b"\x04"


def test_an_identifier_above_11_bits_is_an_extended_one(channel: Channel) -> None:
    opened = can_link_to("ecu", channel.address(0x18DA10F1, 0x18DAF110), CLOCK)
    opened.open(2.0)
    with channel.bus() as peer:
        opened.send(b"\x01", 0.5)
        heard = peer.recv(1.0)
        assert heard is not None and heard.is_extended_id and heard.arbitration_id == 0x18DA10F1
        peer.send(message(0x18DAF110, b"\x02", is_extended=True))
        assert opened.receive(1.0) == b"\x02"
    opened.close()


def test_silence_ends_at_the_deadline_although_others_speak(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        task = peer.send_periodic(message(0x420, b"\x01"), 0.01)
        start = time.monotonic()
        with pytest.raises(LinkTimeout, match=r"ecu: no frame within 0\.2 s"):
            link.receive(0.2)
        assert 0.2 <= time.monotonic() - start < 0.5
        task.stop()


def test_what_was_heard_before_is_forgotten_whatever_lies_between(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        for number in range(20):
            peer.send(message(0x420 if number % 2 else RESPONSE, bytes([number])))
        time.sleep(ON_THE_WAY_S)
        assert link.forget() == 10
        peer.send(message(RESPONSE, b"\xff"))
        assert link.receive(1.0) == b"\xff"


def test_it_is_suspect_until_it_is_trusted_and_again_when_it_is_not(link: CanLink) -> None:
    assert link.state is LinkState.SUSPECT
    link.trust()
    assert link.state is LinkState.OPEN
    assert str(link.distrust("out of step")) == "ecu: out of step"
    assert link.state is LinkState.SUSPECT
    link.close()
    link.trust()
    assert link.state is LinkState.CLOSED


def test_closing_from_another_thread_ends_a_wait(link: CanLink) -> None:
    timer = threading.Timer(0.05, link.close)
    timer.start()
    start = time.monotonic()
    with pytest.raises(LinkLost, match="ecu: was closed"):
        link.receive(10.0)
    assert time.monotonic() - start < 1.0
    timer.join()
    with pytest.raises(LinkLost, match="ecu: was closed"):
        link.send(b"\x01", 0.1)


def test_a_link_that_was_closed_can_be_opened_again(link: CanLink, channel: Channel) -> None:
    link.close()
    link.open(2.0)
    with channel.bus() as peer:
        peer.send(message(RESPONSE, b"\x07"))
        assert link.receive(1.0) == b"\x07"


def test_a_frame_is_repeated_until_it_is_stopped(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        repetition = link.repeat(b"\x01", 0.02)
        start = time.monotonic()
        assert all(peer.recv(2.0) is not None for _ in range(5))
        assert time.monotonic() - start >= 0.06
        repetition.check()
        repetition.stop()
        repetition.stop()
        while peer.recv(0.0) is not None:
            pass
        assert peer.recv(0.2) is None


def test_closing_ends_a_repetition(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        repetition = link.repeat(b"\x01", 0.01)
        assert peer.recv(2.0) is not None
        link.close()
        while peer.recv(0.0) is not None:
            pass
        assert peer.recv(0.2) is None
    repetition.check()


@pytest.mark.parametrize(
    ("interface", "channel_name", "problem"),
    [
        ("nothing", "can0", "'nothing' not supported"),
        ("udp_multicast", "1.2.3.4", "Invalid argument"),
        ("socketcan", "can77", "No such device|not supported"),
    ],
)
def test_a_channel_that_is_not_there_is_refused_with_its_reason(
    interface: str, channel_name: str, problem: str
) -> None:
    dead = can_link_to("ecu", CanAddress(interface, channel_name, 1, 2), CLOCK)
    with pytest.raises(LinkRefused, match=rf"^ecu: cannot be opened: .*({problem})"):
        dead.open(1.0)
    assert dead.state is LinkState.CLOSED


def test_an_address_of_the_other_wire_is_refused(channel: Channel) -> None:
    with pytest.raises(LinkRefused, match=r"psu: can://.* carries CAN frames, not bytes"):
        link_to("psu", channel.address(), CLOCK)
    with pytest.raises(LinkRefused, match="ecu: tcp://psu:5025 carries bytes, not CAN frames"):
        can_link_to("ecu", TcpAddress("psu", 5025), CLOCK)


said: list[bytes] = []
"""What the daemon was sent last: nothing where the client has closed."""


@contextmanager
def daemon(*after_handshake: bytes, is_late: threading.Event | None = None) -> Iterator[CanAddress]:
    """A server of socketcand's protocol that says ``after_handshake``, then closes at the first frame it is sent.

    It does not begin before ``is_late`` is set.
    """

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            if is_late is not None:
                is_late.wait(10.0)
            client.sendall(b"< hi >")
            for _ in ("open", "rawmode"):
                client.recv(1024)
                client.sendall(b"< ok >")
            time.sleep(0.05)
            for text in after_handshake:
                client.sendall(text)
            said.append(client.recv(1024))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield CanAddress("socketcand", "can0", REQUEST, RESPONSE, (("host", "127.0.0.1"), ("port", port)))
        thread.join(timeout=5)


def test_a_bus_that_does_not_open_in_time_is_refused_at_the_deadline_and_closed_when_it_does() -> None:
    is_late = threading.Event()
    said.clear()
    with daemon(is_late=is_late) as address:
        opened = can_link_to("ecu", address, CLOCK)
        start = time.monotonic()
        with pytest.raises(LinkRefused, match="ecu: cannot be opened: socketcand does not open in time"):
            opened.open(0.3)
        assert time.monotonic() - start < 0.5
        is_late.set()
    assert said == [b""]


def test_an_interface_that_cannot_be_waited_for_keeps_its_deadlines_and_can_be_closed() -> None:
    with daemon(b"< frame 7A8 1.0 027E00 >") as address:
        opened = can_link_to("ecu", address, CLOCK)
        opened.open(2.0)
        assert opened.receive(1.0) == b"\x02\x7e\x00"
        with pytest.raises(LinkTimeout):
            opened.receive(0.1)
        timer = threading.Timer(0.05, opened.close)
        timer.start()
        with pytest.raises(LinkLost, match="was closed"):
            opened.receive(10.0)
        timer.join()


def test_a_controller_that_is_bus_off_is_a_lost_link() -> None:
    with daemon(b"< error 040 1.0 >") as address:
        opened = can_link_to("ecu", address, CLOCK)
        opened.open(2.0)
        with pytest.raises(LinkLost, match="ecu: the controller is bus off"):
            opened.receive(2.0)
        opened.close()


def test_an_interface_that_is_gone_is_a_lost_link() -> None:
    with daemon() as address:
        opened = can_link_to("ecu", address, CLOCK)
        opened.open(2.0)
        opened.trust()
        with pytest.raises(LinkLost, match="ecu: "):
            for _ in range(50):
                opened.send(b"\x01", 0.1)
                time.sleep(0.01)
        assert opened.state is LinkState.SUSPECT
        opened.close()


def test_a_repetition_that_ended_by_itself_is_a_lost_link() -> None:
    with daemon() as address:
        opened = can_link_to("ecu", address, CLOCK)
        opened.open(2.0)
        repetition = opened.repeat(b"\x01", 0.01)
        deadline = time.monotonic() + 5.0
        with pytest.raises(LinkLost, match=r"ecu: (Broken pipe|Connection reset)"):
            while time.monotonic() < deadline:
                repetition.check()
                time.sleep(0.01)
        with pytest.raises(LinkLost):
            repetition.stop()
        opened.close()


@pytest.fixture
def recording(channel: Channel, tmp_path: Path) -> Path:
    """A request with its answer, something thrown away, a repetition and a silence."""
    file = tmp_path / "can.jsonl"
    opened = can_link_to("ecu", channel.address(), CLOCK, file)
    opened.open(2.0)
    with channel.bus() as peer:
        peer.send(message(RESPONSE, b"\xee"))
        time.sleep(ON_THE_WAY_S)
        assert opened.forget() == 1
        opened.send(b"\x03\x22\xf1\x87", 0.5)
        peer.send(message(RESPONSE, b"\x03\x7f\x22\x31"))
        assert opened.receive(1.0) == b"\x03\x7f\x22\x31"
        repetition = opened.repeat(b"\x01", 0.02)
        repetition.stop()
    opened.close()
    return file


def test_a_recording_has_a_line_a_frame(recording: Path, channel: Channel) -> None:
    rows = [json.loads(line) for line in recording.read_text().splitlines()]
    assert {row["link"] for row in rows} == {"ecu"}
    assert [(row["what"], row["data"]) for row in rows] == [
        ("open", str(channel.address())),
        ("x", "EE"),
        (">", "0322F187"),
        ("<", "037F2231"),
        (">", "01 every 0.02 s"),
        (">", "01 no more"),
        ("close", ""),
    ]


def test_a_recording_answers_in_place_of_the_bus(recording: Path) -> None:
    replayed = can_link_to("ecu", ReplayAddress(str(recording)), CLOCK)
    replayed.open(1.0)
    assert replayed.forget() == 0
    replayed.send(b"\x03\x22\xf1\x87", 0.5)
    assert replayed.receive(0.1) == b"\x03\x7f\x22\x31"
    with pytest.raises(LinkTimeout):
        replayed.receive(0.05)
    replayed.repeat(b"\x01", 0.02).stop()
    replayed.close()


def test_a_frame_that_the_recording_does_not_have_is_a_lost_link(recording: Path) -> None:
    replayed = can_link_to("ecu", ReplayAddress(str(recording)), CLOCK)
    replayed.open(1.0)
    with pytest.raises(LinkLost, match=r"can\.jsonl:3: .* is sent where the recording has"):
        replayed.send(b"\x03\x22\xf1\x89", 0.5)


def test_what_a_recording_has_left_over_is_an_error_at_the_end(recording: Path) -> None:
    replayed = can_link_to("ecu", ReplayAddress(str(recording)), CLOCK)
    replayed.open(1.0)
    replayed.send(b"\x03\x22\xf1\x87", 0.5)
    with pytest.raises(LinkRefused, match=r"can\.jsonl:4: left over: <"):
        replayed.close()
