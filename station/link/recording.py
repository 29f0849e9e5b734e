"""Every byte of a link with direction and time, as JSON lines: a channel around the channel.

A line is ``{"ns": monotonic, "link": name, "what": ">", "data": text}``. ``>`` is to the peer, ``<`` from it, ``open``
and ``close`` have no data, ``draw`` is a number that was drawn at random, ``.`` is when nothing had come although it
was waited for. Each byte is one character of ``data``.
Of CAN a line is a frame, its data in hex; ``x`` is a frame that was thrown away, and ``open`` has the address.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from station.link.channel import ByteChannel


class Recorder:
    """Appends what happens on one link to ``file``; several may write to the same one."""

    def __init__(self, link: str, file: Path) -> None:
        self._link = link
        self._file = file
        self._lock = threading.Lock()

    def note(self, what: str, data: bytes = b"") -> None:
        """Raises OSError where it cannot be written: evidence that is missing is no evidence."""
        row = {"ns": time.monotonic_ns(), "link": self._link, "what": what, "data": data.decode("latin-1")}
        with self._lock, self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")


class RecordingChannel:
    """Passes everything on to ``inner`` and notes it."""

    def __init__(self, inner: ByteChannel, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._is_closed = False
        recorder.note("open")

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        taken, arrived = self._inner.exchange(out, timeout_s)
        if arrived:
            self._recorder.note("<", arrived)
        if taken:
            self._recorder.note(">", bytes(out[:taken]))
        if not taken and not arrived:
            self._recorder.note(".")
        return taken, arrived

    def wake(self) -> None:
        self._inner.wake()

    def close(self) -> None:
        self._inner.close()
        if not self._is_closed:
            self._is_closed = True
            self._recorder.note("close")
