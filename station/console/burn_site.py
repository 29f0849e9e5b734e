"""A programmer of the bench: the process that burns in it, what it has said, how its socket wears."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from station.console.player import Exited, Player, SlotBusy, SlotIdle
from station.history.sockets import SocketWear

logger = logging.getLogger(__name__)


class Said(msgspec.Struct):
    """What the console must understand of a line; the page understands the rest."""

    event: str
    burn_id: str = ""
    result: str = ""
    message: str = ""
    zh: str = ""


class Words(msgspec.Struct, frozen=True):
    """A sentence in both languages; ``zh`` is empty where there is only the English one."""

    en: str
    zh: str


@dataclass(slots=True)
class PlayedBurn:
    """A burn from the key that started it to the end of its process; ``entries`` are its lines as they came."""

    number: int
    order: str
    started_at: datetime
    entries: list[msgspec.Raw] = field(default_factory=list)
    is_running: bool = True
    burn_id: str = ""
    result: str = ""
    ended_at: datetime | None = None


class BurnSite:
    """Burns one IC at a time by ``command``; ``changed`` hears each line and each end, ``wear`` is read by others."""

    def __init__(
        self,
        name: str,
        socket: str,
        command: Sequence[str],
        changed: Callable[[BurnSite, msgspec.Raw | None], None],
        number: Callable[[], int],
    ) -> None:
        self.name = name
        self.socket = socket
        self.is_used = True
        self.wear: SocketWear | None = None
        self.problem: Words | None = None
        self.burn: PlayedBurn | None = None
        self._command = tuple(command)
        self._changed = changed
        self._number = number
        self._player = Player()

    @property
    def is_running(self) -> bool:
        """Whether an IC is burned here."""
        return self.burn is not None and self.burn.is_running

    async def start(self, order: str, operator: str, unit: str) -> PlayedBurn:
        """Burn the next IC of ``order``; raises SlotBusy while another is burned."""
        if self.is_running:
            raise SlotBusy
        self.burn = burn = PlayedBurn(self._number(), order, datetime.now(UTC))
        words = [f"--order={order}", f"--operator={operator}", f"--programmer={self.name}", f"--socket={self.socket}"]
        unit_words = [f"--unit={unit}"] if unit else []
        problem = await self._player.begin((*self._command, *words, *unit_words, "--events"))
        if problem is not None:
            self._end(burn, problem)
            return burn
        self._changed(self, None)
        self._player.listen(lambda line: self._take(burn, line), lambda unexplained: self._end(burn, unexplained))
        return burn

    async def abort(self) -> None:
        """Stop between two transfers; raises SlotIdle where nothing is burned."""
        if not self.is_running:
            raise SlotIdle
        await self._player.abort()

    async def stop(self) -> None:
        """Abort what is burned and wait for its end."""
        await self._player.stop()

    def _take(self, burn: PlayedBurn, line: bytes) -> bool:
        """Keep one line, progress only as the last; True when it is the burn's last word."""
        try:
            said = msgspec.json.decode(line, type=Said)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            logger.warning("a line of the burn is not an event (%s): %.200r", error, line)
            return False
        burn.burn_id = said.burn_id or burn.burn_id
        if said.event == "burn_finished":  # before, its record is not kept
            burn.result = said.result
        entry = msgspec.Raw(line.strip())
        if said.event == "progress" and burn.entries and _is_progress(burn.entries[-1]):
            burn.entries[-1] = entry
        else:
            burn.entries.append(entry)
        self._changed(self, entry)
        return said.event in ("burn_finished", "refused")

    def _end(self, burn: PlayedBurn, unexplained: Exited | None) -> None:
        burn.is_running = False
        burn.ended_at = datetime.now(UTC)
        if unexplained is not None:
            entry = msgspec.Raw(msgspec.json.encode(unexplained))
            burn.entries.append(entry)
            self._changed(self, entry)
        self._changed(self, None)


def _is_progress(entry: msgspec.Raw) -> bool:
    return msgspec.json.decode(entry, type=Said).event == "progress"
