"""What is asked before a run may begin, and how the record keeps the answer."""

from __future__ import annotations

import msgspec

PASSED = "passed"
UNKNOWN = "unknown"
"""Nobody could say: the record says so, and why."""
WAIVED = "waived"
"""It would have been refused, were it a run that judges a unit."""


class GateNote(msgspec.Struct, frozen=True):
    """One gate that let a run begin; ``outcome`` is passed, unknown or waived, ``basis`` what that rests on.

    ``state_age_s`` is how old the server's snapshot was that it was read from, None where none was used or the
    snapshot does not say.
    """

    name: str
    outcome: str
    basis: str
    state_age_s: int | None = None
