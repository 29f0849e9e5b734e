"""A small instrument that has one row of every kind, to try the SCPI core on."""

from __future__ import annotations

from fixtures.sim.device import Session, SimClock
from fixtures.sim.scpi.common_commands import common_rows
from fixtures.sim.scpi.errors import ScpiError
from fixtures.sim.scpi.exchange import MessageExchange, ScpiSession
from fixtures.sim.scpi.interpreter import Interpreter, definite_block
from fixtures.sim.scpi.parameters import (
    Arguments,
    Block,
    Boolean,
    Channels,
    Choice,
    Extreme,
    Limits,
    Number,
    Parameter,
    Text,
)
from fixtures.sim.scpi.status import ConditionRegister, Status
from fixtures.sim.scpi.tree import Answer, Command

VOLTS = Limits(0.0, 30.0, 5.0)


class Everything:
    """Remembers the last value that each command was given."""

    def __init__(self, queue_capacity: int = 32) -> None:
        self.status = Status(queue_capacity)
        self.clock = SimClock(1.0)
        self.condition = 0
        self.last: dict[str, object] = {}
        self.status.questionable = ConditionRegister(lambda: self.condition)
        self.interpreter = Interpreter(self.rows(), self.status, lambda: None)

    def connect(self) -> Session:
        return ScpiSession(self.interpreter, self.clock)

    def exchange(self) -> MessageExchange:
        return MessageExchange(self.interpreter)

    def rows(self) -> tuple[Command, ...]:
        volts = Number(lambda: VOLTS, "V", ("UP",))
        return (
            *common_rows("MAKER,MODEL,1,2", self.status, self.last.clear),
            self.keeping("[SOURce:]VOLTage[:LEVel][:IMMediate]", volts),
            Command("[SOURce:]VOLTage[:LEVel][:IMMediate]?", self.volts, (Extreme(lambda: VOLTS),)),
            self.keeping("[SOURce:]CURRent", Number(lambda: Limits(0, 10, 1), "A")),
            self.keeping("[SOURce:]FREQuency", Number(lambda: Limits(0, 1e9, 1e3), "HZ")),
            self.keeping("[SOURce:]COUNt", Number(lambda: Limits(-100, 100, 1))),
            self.keeping("OUTPut<4>[:STATe]", Boolean()),
            Command("OUTPut<4>:NUMBer?", lambda row: str(row.suffixes[0])),
            self.keeping("MODE", Choice(("MEASured", "PROTected"))),
            self.keeping("LABel", Text()),
            self.keeping("ROUTe:CLOSe", Channels(1, 10)),
            self.keeping("RANGe", Number(lambda: Limits(0, 10, 1)), Channels(1, 10, is_required=False)),
            self.keeping("TRACe:DATA", Block()),
            Command("TRACe:DATA?", lambda _: definite_block(b"one\ntwo;three")),
            Command("BREAK?", self.broken),
            Command("SLOW?", lambda _: Answer(b"late", took_s=0.25)),
            Command("SETTle", lambda _: Answer(None, took_s=0.5)),
        )

    def keeping(self, pattern: str, *parameters: Parameter) -> Command:
        def keep(row: Arguments) -> None:
            self.last[pattern.split("[:")[0]] = row.values[0] if len(row.values) == 1 else row.values

        return Command(pattern, keep, parameters)

    def volts(self, row: Arguments) -> str:
        return str(row.number(0) if row.values[0] is not None else self.last.get("[SOURce:]VOLTage", VOLTS.default))

    def broken(self, _: Arguments) -> str:
        raise ScpiError(-230)
