"""``make pages`` writes docs/return-case.md: the state machine of a return case, drawn from its table."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from server.admin.permissions import permissions
from server.gates.judgement import AFTER
from server.gates.reasons import Reason
from server.returns.machine import BEFORE, Machine, Transition, machine
from server.web.case_words import CASE_GATES
from server.web.language import CHINESE, ENGLISH
from server.web.spoken import in_both

HEAD = """# The return case · 返厂单

Made from the table `server/returns/cases.toml` (`make pages`). A case is one journey of a unit through the department;
a unit has at most one open case. Its state is always what its events say, one after the other. A *hold* (拦截) is no
state: it keeps a unit from being shipped or stocked wherever it is. A move with a gate (🔒) is done only while the
server finds the gate open, one with a wrench (🔧) only as repairs allow ([repair](repair.md)); a move in italics
follows from a station's letter, and nobody can press it.

"""
GATES = """## Gates · 放行条件

A gate is open when nothing of this is so. Two persons may override what is marked; the override is bound to what shut
the gate and to the test, the burns and the work of that moment, and ends when one of them changes.
"""
SHUT_BY = {
    "passed": (
        "product_unknown",
        "no_released_plan",
        "not_sent_to_test",
        "not_tested",
        "test_before_work",
        "test_not_passed",
        "discrepancy",
        "product_differs",
        "plan_not_released",
        "firmware_differs",
        "firmware_unproved",
        "image_withdrawn",
    ),
    "shipped": ("held", "accessories_unchecked", "accessory_missing", "packing_missing", "no_waybill"),
    "stocked_in": ("held", "accessories_unchecked", "accessory_missing", "no_grade"),
    "replaced": (
        "no_replacement",
        "replacement_unknown",
        "replacement_busy",
        "replacement_held",
        "replacement_unproved",
    ),
}
"""Which reasons can shut which gate by itself; tests/house/test_cases_page.py holds it to the code."""


REPAIRS = {"ready": "something was done since a test failed", "scrapped": "two persons agree"}
"""What cases.toml asks of server/repairs before a move."""


def page() -> str:
    """The whole page."""
    table = machine()
    return HEAD + "\n".join([*_drawing(table), "", *_moves(table), "", GATES, *_gates()]) + "\n"


def _drawing(table: Machine) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for name, state in table.states.items():
        yield f'    state "{state.zh} {state.en}" as {name}'
    for move in table.moves.values():
        for source in move.sources:
            if move.target:
                yield f"    {source or '[*]'} --> {move.target}: {_label(move)}"
    for name, state in table.states.items():
        if state.is_end:
            yield f"    {name} --> [*]"
    yield "```"


def _label(move: Transition) -> str:
    return f"{move.zh} {move.en}{' 🔒' if move.guard else ' 🔧' if move.repairs else ''}"


def _moves(table: Machine) -> Iterator[str]:
    yield "## Moves · 操作"
    yield ""
    yield "| move | from | to | who | gate | must be said |"
    yield "|---|---|---|---|---|---|"
    for move in table.moves.values():
        word = f"{move.zh} {move.en}"
        cells = [
            word if move.action else f"*{word}*",
            ", ".join(table.states[source].en if source != BEFORE else "—" for source in move.sources),
            table.states[move.target].en if move.target else "stays",
            _who(move),
            CASE_GATES[move.guard] if move.guard else REPAIRS[move.repairs] if move.repairs else "",
            ", ".join(needed.replace("_", " ") for needed in move.needs),
        ]
        yield f"| {' | '.join(cells)} |"


def _who(move: Transition) -> str:
    allowed = permissions()
    roles = [allowed.roles[role].en for role in allowed.roles if move.action and allowed.allows(role, move.action)]
    return ", ".join([*roles, *(["letter of a station"] if move.by_letter else [])])


def _gates() -> Iterator[str]:
    for name, codes in SHUT_BY.items():
        zh, en = in_both("case_gate", name)
        yield f"### {zh} · {en}"
        yield ""
        if name in AFTER:
            yield f"- the gate *{CASE_GATES[AFTER[name]]}* is shut"
        for code in codes:
            reason = Reason(code, ("…", "…"), "…")
            mark = " (can be overridden)" if reason.is_waivable else ""
            yield f"- {reason.text(CHINESE)} · {reason.text(ENGLISH)}{mark}"
        yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
