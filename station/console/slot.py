"""A slot of the bench: the process that plays its run, what it has said, what it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from station.console.player import STOP_PATIENCE_S, Begin, Exited, Player, SlotBusy, SlotIdle

logger = logging.getLogger(__name__)


class Said(msgspec.Struct):
    """What the console must understand of a line; the page understands the rest."""

    event: str
    run_id: str = ""
    verdict: str = ""
    marginal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What the operator asked for; ``product`` decides which plan is played, ``purpose`` what the run says."""

    serial: str
    product: str
    operator: str
    is_provisional: bool
    purpose: str = "outgoing"


@dataclass(slots=True)
class PlayedRun:
    """A run from the order to the end of its process; ``entries`` are its lines as they came, ``number`` the page's."""

    slot: str
    number: int
    order: RunOrder
    started_at: datetime
    entries: list[msgspec.Raw] = field(default_factory=list)
    is_running: bool = True
    run_id: str = ""
    verdict: str = ""
    is_marginal: bool = False
    ended_at: datetime | None = None


class Slot:
    """Plays one run at a time by ``command``, which speaks JSON lines; ``changed`` hears each line and each end.

    ``number`` gives the next run's, over all slots of the bench. ``ready`` may have a process that does the command.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        bench: str,
        changed: Callable[[PlayedRun, msgspec.Raw | None], None],
        number: Callable[[], int],
        ready: Begin | None = None,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._bench = bench
        self._changed = changed
        self._number = number
        self._player = Player(ready)
        self.run: PlayedRun | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run's process is alive or being started."""
        return self.run is not None and self.run.is_running

    @property
    def process_id(self) -> int | None:
        """The process of the run that is played, or of the last one."""
        return self._player.process_id

    async def start(self, order: RunOrder) -> PlayedRun:
        """Start the process; raises SlotBusy while another lives."""
        if self.is_running:
            raise SlotBusy
        self.run = run = PlayedRun(self.name, self._number(), order, datetime.now(UTC))
        arguments = ["--bench", self._bench, "--product", order.product, "--operator", order.operator, "--events"]
        purpose = () if order.purpose == "outgoing" else ("--purpose", order.purpose)
        problem = await self._player.begin((*self._command, order.serial, *arguments, *purpose))
        if problem is not None:
            self._end(run, problem)
            return run
        self._changed(run, None)
        self._player.listen(lambda line: self._take(run, line), lambda unexplained: self._end(run, unexplained))
        return run

    async def answer(self, command: str, said: Mapping[str, object]) -> None:
        """Answer a prompt by the run's ``command`` with what was ``said``; raises SlotIdle when nothing runs."""
        await self._tell({"command": command, **said})

    async def abort(self) -> None:
        """Ask the run to stop and make safe; raises SlotIdle when nothing runs."""
        await self._tell({"command": "abort"})

    async def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Abort what runs, ask by SIGTERM after ``patience_s``, and return after as long again at the latest."""
        await self._player.stop(patience_s)

    async def _tell(self, command: Mapping[str, object]) -> None:
        if not self.is_running:
            raise SlotIdle
        await self._player.tell(command)

    def _take(self, run: PlayedRun, line: bytes) -> bool:
        """Keep one line; True when it is the run's last word."""
        try:
            said = msgspec.json.decode(line, type=Said)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            logger.warning("a line of the run is not an event (%s): %.200r", error, line)
            return False
        run.run_id = said.run_id or run.run_id
        run.verdict = said.verdict or run.verdict
        run.is_marginal = run.is_marginal or bool(said.marginal) or said.event == "step_retried"
        entry = msgspec.Raw(line.strip())
        run.entries.append(entry)
        self._changed(run, entry)
        return said.event in ("run_finished", "refused")

    def _end(self, run: PlayedRun, unexplained: Exited | None) -> None:
        run.is_running = False
        run.ended_at = datetime.now(UTC)
        if unexplained is not None:
            entry = msgspec.Raw(msgspec.json.encode(unexplained))
            run.entries.append(entry)
            self._changed(run, entry)
        self._changed(run, None)
