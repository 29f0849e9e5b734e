"""A step: a plain typed function whose parameters are the bench roles it needs, and what its author says of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args, get_type_hints

import msgspec
from msgspec.structs import replace

from station.config.retries import MOST, OF_THE_STATION
from station.model.clock import Clock
from station.model.errors import PlanError
from station.model.roles import (
    Ammeter,
    AudioAnalyser,
    Camera,
    Diagnostics,
    Gnss,
    HeadUnit,
    LabelPrinter,
    Load,
    Multimeter,
    Operator,
    Relays,
    RfSource,
    Scale,
    Scanner,
    Supply,
    VehicleBus,
)
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.questions import Questions
from station.runner.round_values import RoundValues
from station.runner.rounds import plain
from station.runner.series import Masks
from station.runner.shipping_list import ShippingList
from station.runner.trace import TraceRecorder
from station.runner.watch import Watch

Mode = Literal["awake", "asleep", "off", "any"]
"""How a step needs the unit; ``any`` is for what the unit takes no part in: accessories, labels, looks."""

Section = Literal["setup", "main", "always"]
"""When a step is played: before all others, in between, or at the end however the others ended."""

INJECTED: Mapping[type, str] = {
    Measure: "measure",
    Clock: "clock",
    Operator: "operator",
    Conditions: "conditions",
    TraceRecorder: "trace",
    ShippingList: "shipping_list",
    Questions: "questions",
    Masks: "masks",
    RoundValues: "rounds",
}
"""What the runner gives to any step, under a fixed parameter name."""

ROLE_KINDS: Mapping[type, str] = {
    Supply: "supply",
    Multimeter: "multimeter",
    Ammeter: "ammeter",
    HeadUnit: "head_unit",
    Load: "load",
    AudioAnalyser: "audio_analyser",
    RfSource: "rf_source",
    Gnss: "gnss",
    Relays: "relays",
    VehicleBus: "vehicle_bus",
    Diagnostics: "diagnostics",
    Camera: "camera",
    Scanner: "scanner",
    LabelPrinter: "label_printer",
    Scale: "scale",
}
"""The kinds of role a step may ask for, with the name by which a bench offers them."""


class Step(msgspec.Struct, frozen=True):
    """A function with its declaration; ``roles`` are name and kind, ``injected`` the other parameters.

    ``round`` is which time a step of a repeated group is played, 0 for any other step. The function knows nothing of
    it: what it measures without a number is that of its round. ``watch`` makes it a monitor (station.runner.monitor).
    """

    name: str
    function: Callable[..., None]
    declaration: Declaration
    roles: Mapping[str, type]
    injected: frozenset[str]
    round: int = 0
    watch: Watch | None = None

    def plain_measures(self) -> Sequence[str]:
        """What the function calls its measurements."""
        return [plain(name, self.round) for name in self.declaration.measures]

    def plain_asks(self) -> Sequence[str]:
        """What the function calls its questions."""
        return [plain(name, self.round) for name in self.declaration.asks]

    def following(self, *steps: Step) -> Step:
        """This step where it comes after ``steps``: shared steps are put in order by the product that plays them."""
        return replace(self, declaration=replace(self.declaration, after=steps))


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """The decorator ``@step(...)``.

    ``measures`` and ``uses`` give the unit of each measurement the step takes and of each condition it needs ("" for
    texts and statements), ``masks`` the units, of x and y, of the masks it holds series against, ``asks`` which of the
    measurements it may take by a question to the operator; the plan's file must say the same. ``energises`` makes the
    journal durable before the step starts. A plan stops after a failed step only where it ``stops_on_fail``. The step
    is killed after ``deadline_s``.

    Steps whose roles are played by different instruments are played at the same time, unless one comes ``after`` the
    other, they need the unit in different modes, or one bears no other beside it. That is so for a step that may change
    B+ or ACC (it ``energises`` or takes a supply), and for one that ``is_alone``: what it measures depends on what the
    unit does meanwhile. Steps of ``mode="any"`` bear all. ``takes_s`` is about how long the step takes, where that is
    far from its deadline: longest paths are begun first, and nothing else comes of it.

    ``retries`` is how often the step is played again after a failure of the station (``link``, ``instrument``); a unit
    is given another try only by the plan's file. ``only_if`` names values of earlier measurements without which the
    step is skipped; what it had to measure is missing then. Steps of the section ``setup`` come before all others,
    which are not played where one of them fails; those of ``always`` come last and are played after a failure, an error
    and an operator's refusal too, but not after a kill (deadline, stop, signal), when outputs go off at once.

    ``sums_up`` gives for a measurement over all rounds of a repeated group which one of the group it is of, and which
    aggregate (station.runner.repetition.over_rounds).
    """

    zh: str
    en: str
    deadline_s: float
    after: Sequence[Step] = ()
    measures: Mapping[str, str] = msgspec.field(default_factory=dict)
    uses: Mapping[str, str] = msgspec.field(default_factory=dict)
    asks: Sequence[str] = ()
    masks: Mapping[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    energises: bool = False
    stops_on_fail: bool = False
    mode: Mode = "awake"
    is_alone: bool = False
    takes_s: float | None = None
    retries: Mapping[str, int] = msgspec.field(default_factory=dict)
    only_if: Mapping[str, str | bool] = msgspec.field(default_factory=dict)
    section: Section = "main"
    sums_up: Mapping[str, tuple[str, str]] = msgspec.field(default_factory=dict)

    def __call__(self, function: Callable[..., None]) -> Step:
        name = function.__name__
        if not self.zh.strip() or not self.en.strip():
            raise PlanError(f"step {name}: zh and en must say what the step does")
        if not self.deadline_s > 0:
            raise PlanError(f"step {name}: deadline_s must be above 0")
        if self.takes_s is not None and not self.takes_s > 0:
            raise PlanError(f"step {name}: takes_s must be above 0")
        roles: dict[str, type] = {}
        injected: set[str] = set()
        hints = get_type_hints(function)
        for parameter in inspect.signature(function).parameters:
            kind = hints.get(parameter)
            if not isinstance(kind, type) or (kind not in ROLE_KINDS and kind not in INJECTED):
                raise PlanError(f"step {name}: parameter {parameter} is no role of a bench: its annotation is {kind}")
            if kind in ROLE_KINDS:
                roles[parameter] = kind
            elif INJECTED[kind] == parameter:
                injected.add(parameter)
            else:
                raise PlanError(f"step {name}: parameter {parameter} must be named {INJECTED[kind]}")
        self._check_mode(name, Supply in roles.values())
        self._check_playing(name)
        return Step(name, function, self, roles, frozenset(injected))

    def _check_mode(self, name: str, takes_supply: bool) -> None:
        if self.mode not in get_args(Mode):
            raise PlanError(f"step {name}: mode is one of {', '.join(get_args(Mode))}, not {self.mode!r}")
        if self.mode == "any" and (takes_supply or self.energises or self.is_alone):
            raise PlanError(f"step {name}: a step of mode any bears others beside it, so it may not change the supply")

    def _check_playing(self, name: str) -> None:
        if self.section not in get_args(Section):
            raise PlanError(f"step {name}: section is one of {', '.join(get_args(Section))}, not {self.section!r}")
        for kind, count in self.retries.items():
            if kind not in OF_THE_STATION:
                problem = f"code may allow retries after {' and '.join(OF_THE_STATION)}, not after {kind!r}"
                raise PlanError(f"step {name}: {problem}: that is for the plan's file")
            if not 0 <= count <= MOST:
                raise PlanError(f"step {name}: {count} retries are not 0 to {MOST}")


step = Declaration
