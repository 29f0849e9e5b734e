"""A port whose calls block, as a byte channel: its own thread makes the calls that may outlive their time limit.

Two changes of thread cost about as much as a query over HiSLIP on loopback itself, so that a call which a port promises
to end in time is made by the caller.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import Protocol

import msgspec

_SHORTEST_CALL_S = 0.02
"""Less finds nothing of what a device holds ready: it must be asked for it first; estimate: some round trips."""

_CLOSE_S = 0.2
"""So long whoever closes waits for the port to be free for others; it may take longer where the peer is silent."""


class BlockingPort(Protocol):
    """What a library gives that only blocks; but for ``interrupt``, one call at a time.

    Once it is open, ``is_stream`` says whether the peer may speak at any time, not only when it was written to;
    ``prompt_write_bytes`` and ``reads_promptly`` which calls always end at their time limit and soon after
    ``interrupt``: writes of that many bytes at most, and reads.
    """

    is_stream: bool
    prompt_write_bytes: int
    reads_promptly: bool

    def open(self, timeout_s: float) -> None:
        """Open it; raises OSError."""
        ...

    def write(self, data: bytes, timeout_s: float) -> None:
        """Send all of ``data``; raises TimeoutError, another OSError, or EOFError where the peer has closed."""
        ...

    def read(self, timeout_s: float) -> tuple[bytes, bool]:
        """What has arrived, nothing at the time limit; and whether nothing more comes until the next write."""
        ...

    def interrupt(self) -> None:
        """From another thread: end a call that blocks, as far as the library lets one."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class _Job(msgspec.Struct, frozen=True):
    """``out`` is to be written; None: read."""

    out: bytes | None
    timeout_s: float


class _Result(msgspec.Struct, frozen=True):
    taken: int = 0
    arrived: bytes = b""
    is_complete: bool = False
    error: OSError | EOFError | None = None
    is_woken: bool = False


class BlockingChannel:
    """One call at a time is under way; one that outlives its deadline is waited for by nobody."""

    def __init__(self, port: BlockingPort, timeout_s: float) -> None:
        """Open ``port``, or raise OSError within ``timeout_s``."""
        self._port = port
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._results: SimpleQueue[_Result] = SimpleQueue()
        self._is_busy = True
        self._is_complete = True
        self._is_woken = False
        self._is_closed = False
        self._is_calling = False
        self._is_stuck = False  # a message that went out in part must not be sent again behind its beginning
        self._worker = threading.Thread(target=self._work, args=(timeout_s,), name="port", daemon=True)
        self._worker.start()
        try:
            self._result(timeout_s)
        except EOFError:
            self.close()
            raise ConnectionResetError("the peer closed the link") from None
        except OSError:
            self.close()
            raise
        if self._is_busy:
            self.close()
            raise TimeoutError("no answer in time")

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + timeout_s
        if self._is_woken or self._is_closed:
            return 0, b""
        if self._is_busy:
            late = self._result(timeout_s)  # what an earlier call that ran out of time has come to
            if late.arrived or self._is_busy:
                return 0, late.arrived
        if self._is_stuck or (not out and self._is_complete):
            self._wait_for_wake(deadline)
            return 0, b""
        remaining = max(deadline - time.monotonic(), _SHORTEST_CALL_S)
        job = _Job(bytes(out) if out else None, remaining)
        is_prompt = len(out) <= self._port.prompt_write_bytes if out else self._port.reads_promptly
        result = self._called(job) if is_prompt else self._delegated(job)
        return result.taken, result.arrived

    def wake(self) -> None:
        self._is_woken = True
        self._results.put(_Result(is_woken=True))
        if self._is_calling:
            self._port.interrupt()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._jobs.put(None)
        if self._is_busy:
            self._port.interrupt()
        else:
            self._worker.join(_CLOSE_S)

    def _called(self, job: _Job) -> _Result:
        self._is_calling = True
        try:
            return _Result() if self._is_woken else self._taken(self._do(job))
        finally:
            self._is_calling = False

    def _delegated(self, job: _Job) -> _Result:
        self._is_busy = True
        self._jobs.put(job)
        return self._result(job.timeout_s)

    def _result(self, timeout_s: float) -> _Result:
        try:
            result = self._results.get(timeout=max(timeout_s, 0.0))
        except Empty:
            return _Result()
        if result.is_woken:
            return result
        self._is_busy = False
        return self._taken(result)

    def _taken(self, result: _Result) -> _Result:
        self._is_complete = result.is_complete
        if result.error is not None:
            raise result.error
        return result

    def _wait_for_wake(self, deadline: float) -> None:
        try:
            self._results.get(timeout=max(deadline - time.monotonic(), 0.0))
        except Empty:
            return

    def _work(self, timeout_s: float) -> None:
        job: _Job | None = None
        try:
            self._port.open(timeout_s)
            self._results.put(_Result(is_complete=not self._port.is_stream))
            while (job := self._jobs.get()) is not None:
                self._results.put(self._do(job))
        except (OSError, EOFError) as error:
            self._results.put(_Result(error=error))
        finally:
            self._port.close()

    def _do(self, job: _Job) -> _Result:
        try:
            if job.out is None:
                arrived, is_complete = self._port.read(job.timeout_s)
                return _Result(arrived=arrived, is_complete=is_complete)
            self._port.write(job.out, job.timeout_s)
            return _Result(taken=len(job.out))
        except TimeoutError:
            self._is_stuck = job.out is not None
            return _Result()
        except (OSError, EOFError) as error:
            return _Result(error=error)
