"""A unit on the bench of a repair shop: received, tested, repaired and sent on through the server's flows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from server.admin.author import Author
from server.parts.lines import Line
from server.repairs.asked import Repair
from server.repairs.flows import Recorded, correct, record
from server.repairs.queries import SCRAP, open_scrap_requests
from server.repairs.scrapping import decide_scrap
from server.returns.flows import Move, move
from server.returns.queries import ReturnCase, bare_case
from server.returns.receiving import Arrival, ArrivedUnit, receive
from server.wire.ids import new_id
from server.wire.state import moment_text
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook

FAILED = "dark_current"
MINUTE = timedelta(minutes=1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class UnitInRepair:
    """One unit that no other test has, with its open case, and the chain of a station of its own."""

    server: RunningServer
    serial: str = field(default_factory=lambda: f"FJR1{secrets.randbelow(10**8):08}")
    reason: str = "不开机"
    case_id: str = ""
    book: LetterBook = field(default_factory=LetterBook)

    def receive(self) -> UnitInRepair:
        """As logistics does; a case that is closed is followed by another one."""
        arrival = Arrival(new_id(now()), "SF", secrets.token_hex(6), "4S", (ArrivedUnit(self.serial, self.reason),))
        with self.server.database.writing() as connection:
            opened = receive(connection, arrival, "user:logistics", self.server.site.settings, now())
        self.case_id = opened.cases[0].id
        return self

    def test(self, verdict: str = "FAIL", purpose: str = "incoming", at: datetime | None = None) -> str:
        """A run of the unit; its id. It began at ``at``, or just now."""
        began = at or now()
        golden = {"PASS": "run-pass", "FAIL": "run-fail"}[verdict]
        times = {"started_at": moment_text(began), "finished_at": moment_text(began)}
        letter = self.book.run(golden, self.serial, purpose=purpose, **times)
        assert self.server.put(letter).status_code == 201
        return letter.id

    def burn(self) -> None:
        """A passing burn of the unit's memory."""
        began = now()
        times = {"started_at": moment_text(began), "finished_at": moment_text(began)}
        assert self.server.put(self.book.burn(serial=self.serial, **times)).status_code == 201

    def move(self, name: str, said: str = "", by: str = "supervisor", **changes: str) -> ReturnCase:
        with self.server.database.writing() as connection:
            asked = Move(new_id(now()), self.case_id, name, said, changes=changes)
            return move(connection, asked, Author(by, now())).case

    def asked(self, **changes: Any) -> Repair:
        """A repair as a technician says it: the fuse was blown and is replaced."""
        at = now()
        said: dict[str, Any] = {
            "id": new_id(at),
            "case_id": self.case_id,
            "symptom": "S11",
            "cause": "C11",
            "action": "A11",
            "started_at": at,
            "ended_at": at,
            "designators": ("F1",),
            "parts": (Line("FUSE-10A", 1),),
        }
        return Repair(**(said | changes))

    def repair(self, by: str = "technician", **changes: Any) -> Recorded:
        with self.server.database.writing() as connection:
            return record(connection, self.asked(**changes), Author(by, now()))

    def correct(self, by: str = "technician", **changes: Any) -> Recorded:
        with self.server.database.writing() as connection:
            return correct(connection, self.asked(**changes), Author(by, now()))

    @property
    def case(self) -> ReturnCase:
        with self.server.database.reading() as connection:
            found = bare_case(connection, self.case_id)
        assert found is not None
        return found


def leave_repairs(server: RunningServer) -> None:
    """A row in each table of repairs: a repair with a part, and a unit that is to be scrapped and stays."""
    unit = UnitInRepair(server).receive()
    unit.repair(outcome=SCRAP, scrap_reason="beyond_repair")
    with server.database.writing() as connection:
        asked = open_scrap_requests(connection)[unit.case_id]
        decide_scrap(connection, asked.id, False, "try the other board first", Author("supervisor", now()))
