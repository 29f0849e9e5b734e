"""Network management by its frames: awake, asleep, and what proves neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import can
import pytest

from station.drivers.can_network import CanNetwork
from station.link.can import CanLink, can_link_to
from station.link.clock import SystemClock
from station.model.errors import DutError, LinkLost
from tests.can_channels import Channel, free_channel

CLOCK = SystemClock()
OWN = can.Message(arbitration_id=0x420, data=b"\x01", is_extended_id=False)


@pytest.fixture
def channel() -> Iterator[Channel]:
    with free_channel() as free:
        yield free


@pytest.fixture
def link(channel: Channel) -> Iterator[CanLink]:
    opened = can_link_to("network", channel.address(0x401, 0x420), CLOCK)
    opened.open(2.0)
    yield opened
    opened.close()


@contextmanager
def doing(work: Callable[[], None]) -> Iterator[None]:
    """``work`` is under way inside."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(timeout=5)


def sends(bus: can.BusABC, count: int, period_s: float = 0.05) -> Callable[[], None]:
    def work() -> None:
        for _ in range(count):
            time.sleep(period_s)
            bus.send(OWN)

    return work


def test_frames_are_sent_every_tenth_of_a_second_until_it_is_enough(link: CanLink, channel: Channel) -> None:
    network = CanNetwork(link, CLOCK)
    with channel.bus() as peer:
        network.keep_awake(True)
        heard = [peer.recv(1.0) for _ in range(5)]
        assert {message.arbitration_id for message in heard if message is not None} == {0x401}
        times = [message.timestamp for message in heard if message is not None]
        assert len(times) == 5
        assert times[-1] - times[0] == pytest.approx(0.4, abs=0.15)
        network.keep_awake(True)
        network.keep_awake(False)
        network.keep_awake(False)
        while peer.recv(0.0) is not None:
            pass
        assert peer.recv(0.3) is None


def test_a_unit_is_awake_at_its_first_frame(link: CanLink, channel: Channel) -> None:
    network = CanNetwork(link, CLOCK)
    with channel.bus() as peer:
        peer.send(OWN)  # an old one: it proves nothing
        time.sleep(0.05)
        with doing(sends(peer, 1, 0.2)):
            reading = network.wait_awake(3.0)
    assert 0.15 <= reading.value < 2.0
    assert (reading.unit, reading.instrument) == ("s", "network")


def test_a_unit_that_does_not_wake_is_the_units_fault(link: CanLink) -> None:
    start = time.monotonic()
    with pytest.raises(DutError, match=r"the unit sends no network management within 0\.2 s"):
        CanNetwork(link, CLOCK).wait_awake(0.2)
    assert time.monotonic() - start < 0.4


def test_a_unit_is_asleep_since_its_last_frame(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer, doing(sends(peer, 4)):
        reading = CanNetwork(link, CLOCK).wait_asleep(5.0)
    assert 0.15 <= reading.value < 2.0


def test_a_unit_that_does_not_fall_silent_is_the_units_fault(link: CanLink, channel: Channel) -> None:
    with (
        channel.bus() as peer,
        doing(sends(peer, 20)),
        pytest.raises(DutError, match=r"still sends network management after 0\.2 s"),
    ):
        CanNetwork(link, CLOCK).wait_asleep(0.2)


def test_silence_proves_no_sleep_where_there_was_no_sound(link: CanLink, channel: Channel) -> None:
    with channel.bus() as peer:
        peer.send(OWN)
        time.sleep(0.05)
        with pytest.raises(DutError, match="sent no network management before it should fall asleep"):
            CanNetwork(link, CLOCK).wait_asleep(2.0)


def test_a_bus_that_is_closed_is_no_fault_of_the_unit(link: CanLink) -> None:
    network = CanNetwork(link, CLOCK)
    timer = threading.Timer(0.1, link.close)
    timer.start()
    with pytest.raises(LinkLost, match="network: was closed"):
        network.wait_awake(5.0)
    timer.join()
    with pytest.raises(LinkLost):
        network.wait_asleep(5.0)
    with pytest.raises(LinkLost):
        network.keep_awake(True)
