"""Makes a slot safe in the order of its bench file, over links of its own: all off, relays open, all read back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from station.bench.checking import driver_of
from station.bench.identity import wrong_identity
from station.bench.sharing import has_own_output
from station.config.bench_file import BenchFile, RoleRow
from station.drivers.catalogue import DriverEntry
from station.drivers.instrument import OpenInstrument
from station.drivers.safe_output import ACTIONS, SafeOutput
from station.link.lease import Leases
from station.link.link import Link
from station.link.opening import link_to
from station.model.clock import Clock
from station.model.errors import StationError, StorageError, WrongIdentity
from station.model.run_record import SafeAction

log = logging.getLogger(__name__)

TOTAL_S = 0.95
"""All of it, however many instruments are dead."""

ANSWER_S = 0.4
PREDECESSOR_S = 0.3
"""How long a role waits for the one before it in the order: a dead instrument must not keep the others on."""
LEASE_S = 0.15
"""How long to wait for what another slot has: a short step gives it back meanwhile, and a run's end costs no more."""
TURN_S = 0.3
"""How long to wait for another slot's exchange with an instrument: what takes longer waits for an answer in vain."""


@dataclass
class _Duty:
    """One role to make safe; ``is_over`` is set when its command was given or cannot be."""

    role: RoleRow
    action: str
    is_over: threading.Event = field(default_factory=threading.Event)
    result: SafeAction | None = None

    def settle(self, is_proved: bool, detail: str) -> None:
        self.result = SafeAction(self.role.name, self.action, is_proved, detail)
        self.is_over.set()


def make_safe(bench: BenchFile, clock: Clock, leases: Leases | None = None) -> tuple[SafeAction, ...]:
    """Switch off, or open, the roles of ``make_safe.order`` and prove it; takes at most one second.

    Never raises: what could not be done or proved is an action with ``is_proved`` False and the reason. Instruments
    are worked in parallel, one thread each; the order of the roles is kept across them, except that a role waits at
    most 0.3 s for the one before it.

    What other slots use too is taken by its lease. Where another slot has it, this one's channels and relays are
    switched off nevertheless, by their numbers alone and between two exchanges of the other one, which waits meanwhile;
    what has no such parts was found off by the other slot, which switches it off again.
    """
    return SafeWork(bench, clock, leases).do()


class SafeWork:
    """``make_safe`` laid out: its threads wait with their drivers, and no link or lease is touched before ``do``."""

    def __init__(self, bench: BenchFile, clock: Clock, leases: Leases | None = None) -> None:
        self._clock = clock
        self._begin = _Begin()
        self._duties = [_duty(bench, bench.roles[role]) for role in bench.safe_order]
        self._workers: list[tuple[threading.Thread, Link]] = []
        for name in dict.fromkeys(bench.roles[role].made_safe_at() for role in bench.safe_order):
            link = link_to(name, bench.instruments[name].address, clock)
            worker = _Worker(bench, name, link, clock, self._begin, leases if name in bench.shared else None)
            thread = threading.Thread(target=worker.work, args=(self._duties,), name=f"make safe {name}", daemon=True)
            thread.start()
            self._workers.append((thread, link))

    def do(self) -> tuple[SafeAction, ...]:
        """Do it, once."""
        deadline = self._begin.deadline = self._clock.now() + TOTAL_S
        self._begin.is_given.set()
        for thread, link in self._workers:
            thread.join(max(deadline - self._clock.now(), 0.0))
            if thread.is_alive():
                link.interrupt()
                thread.join(0.04)
        late = "no answer in time"
        actions = tuple(duty.result or SafeAction(duty.role.name, duty.action, False, late) for duty in self._duties)
        for action in actions:
            if not action.is_proved:
                log.warning("%s is not proved to be safe: %s", action.role, action.detail)
        return actions


@dataclass
class _Begin:
    """What every worker waits for; ``deadline`` holds once it ``is_given``."""

    is_given: threading.Event = field(default_factory=threading.Event)
    deadline: float = 0.0


def _duty(bench: BenchFile, role: RoleRow) -> _Duty:
    entry = driver_of(bench, bench.instruments[role.instrument])
    return _Duty(role, ACTIONS.get(entry.kinds.get(role.given_key(), ""), "switch_off"))


class _Worker:
    """Works one instrument's part of the order."""

    def __init__(
        self, bench: BenchFile, name: str, link: Link, clock: Clock, begin: _Begin, leases: Leases | None
    ) -> None:
        """``leases`` where other slots use it too."""
        self._bench = bench
        self._name = name
        self._link = link
        self._clock = clock
        self._begin = begin
        self._leases = leases

    def work(self, duties: Sequence[_Duty]) -> None:
        mine = [duty for duty in duties if duty.role.made_safe_at() == self._name]
        opened = self._laid_out()
        self._begin.is_given.wait()
        with ExitStack() as stack:
            holder = self._holder(stack)
            for duty in mine:
                if holder and not has_own_output(self._bench, duty.role):
                    duty.settle(True, f"slot {holder} has it, and found it off")
            self._work([duty for duty in mine if duty.result is None], duties, opened)

    def _work(self, mine: Sequence[_Duty], duties: Sequence[_Duty], opened: OpenInstrument | StationError) -> None:
        if not mine:
            return
        try:
            outputs = self._open(mine, opened)
            for duty in mine:
                self._command(duties, duty, outputs[duty.role.name])
            for duty in mine:
                self._prove(duty, outputs[duty.role.name])
        except StationError as error:
            for duty in mine:
                duty.settle(False, str(error))
        finally:
            self._link.close()

    def _holder(self, stack: ExitStack) -> str:
        """The slot that has the instrument and does not give it back in time; empty where it is this one's to use."""
        if self._leases is None:
            return ""
        try:
            lease = self._leases.of(self._name)
            has_it = lease.take_within(self._clock, LEASE_S)
            stack.callback(lease.give_back)
            turn = self._leases.turn(self._name, self._clock, TURN_S)
            stack.callback(turn.close)
            stack.enter_context(turn)
        except StorageError as error:
            log.warning("%s is made safe without its lease: %s", self._name, error)
            return ""
        return "" if has_it else lease.holder

    def _laid_out(self) -> OpenInstrument | StationError:
        """The driver on its closed link, or why there is none."""
        row = self._bench.instruments[self._name]
        try:
            entry = driver_of(self._bench, row)
            return entry.opened(self._link, self._clock, ANSWER_S) if isinstance(entry, DriverEntry) else self._unable()
        except StationError as error:
            return error

    def _unable(self) -> StationError:
        driver = self._bench.instruments[self._name].driver
        return self._bench.toml.error(("instruments", self._name), f"a {driver} cannot be made safe")

    def _open(self, mine: Sequence[_Duty], opened: OpenInstrument | StationError) -> dict[str, SafeOutput]:
        """Synchronise; raise WrongIdentity where another one answers."""
        if isinstance(opened, StationError):
            raise opened
        if opened.safe is None:
            raise self._unable()
        row = self._bench.instruments[self._name]
        self._link.open(ANSWER_S)
        found = opened.instrument.begin()
        if row.identity is not None and found is not None and found != row.identity:
            raise WrongIdentity(self._name, wrong_identity(self._bench, self._name, found))
        return {duty.role.name: opened.safe(duty.role) for duty in mine}

    def _command(self, duties: Sequence[_Duty], duty: _Duty, output: SafeOutput) -> None:
        before = duties[: duties.index(duty)]
        if before:
            before[-1].is_over.wait(max(min(PREDECESSOR_S, self._begin.deadline - self._clock.now()), 0.0))
        try:
            output.command()
        except StationError as error:
            duty.settle(False, str(error))
        duty.is_over.set()

    def _prove(self, duty: _Duty, output: SafeOutput) -> None:
        if duty.result is not None:
            return
        try:
            duty.settle(*output.prove(self._clock, self._begin.deadline))
        except StationError as error:
            duty.settle(False, str(error))
