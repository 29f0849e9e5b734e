"""The ways of a parcel: which statuses a waybill goes through, in and out."""

from __future__ import annotations

IN, OUT = "in", "out"
ANNOUNCED, IN_TRANSIT, ARRIVED, CHECKED = "announced", "in_transit", "arrived", "checked"
HANDED_OVER, SIGNED = "handed_over", "signed"

WAYS = {
    IN: (ANNOUNCED, IN_TRANSIT, ARRIVED, CHECKED),
    OUT: (ANNOUNCED, HANDED_OVER, IN_TRANSIT, SIGNED),
}
"""In order. What comes to us may leave statuses out, because nobody tells us; what leaves us is handed over first."""

STATUSES = tuple(dict.fromkeys(WAYS[IN] + WAYS[OUT]))
LEFT_THE_HOUSE = frozenset(WAYS[OUT][1:])
"""An outbound parcel that nothing is put into or taken out of any more."""


def may_follow(direction: str, before: str, after: str) -> bool:
    """Whether a waybill goes from ``before`` to ``after``: forward only."""
    return after in next_of(direction, before)


def next_of(direction: str, status: str) -> tuple[str, ...]:
    """The statuses that may follow, the usual one first."""
    way = WAYS[direction]
    following = way[way.index(status) + 1 :]
    return (HANDED_OVER,) if HANDED_OVER in following else following
