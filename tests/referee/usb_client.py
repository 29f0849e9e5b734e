"""Run beside umockdev: the station's CH341A over the real libusb reads, is interrupted, and loses its plug."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time

from station.config.address import parse_address
from station.ic_programmer.programmers.ch341a import Ch341a
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import LinkError
from station.model.roles import SpiTransaction

CLOCK = SystemClock()


def say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    link = open_link("prog", parse_address("usb://1A86:5512@1-1"), CLOCK, 5.0)
    bus = Ch341a(link, CLOCK)
    bus.begin()
    reads = [SpiTransaction(b"\x03" + address.to_bytes(3, "big"), 4000) for address in range(0, 64_000, 4000)]
    say(sha256=hashlib.sha256(b"".join(bus.stream(reads))).hexdigest())
    threading.Timer(0.1, link.interrupt).start()
    started = time.monotonic()
    try:
        link.query_line(b"\xab\x20", 30.0)
    except LinkError as error:
        say(problem=str(error), seconds=time.monotonic() - started)
    bus.begin()
    say(jedec=bus.transfer(b"\x9f", 3).hex())
    sys.stdin.readline()
    try:
        bus.transfer(b"\x9f", 3)
    except LinkError as error:
        say(problem=str(error))
    link.close()


main()
