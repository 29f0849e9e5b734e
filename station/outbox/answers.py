"""What the server's answer to a letter means, and who must act where it was not taken."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fate(StrEnum):
    """What becomes of a letter."""

    DELIVERED = "delivered"
    SET_ASIDE = "set_aside"
    KEPT = "kept"


class Answer(msgspec.Struct, frozen=True):
    """The fate of one letter; ``receipt`` is the word kept with it, ``problem`` says who must act.

    ``concerns_all`` where every other letter would get the same answer.
    """

    fate: Fate
    receipt: str
    problem: str
    concerns_all: bool = False


class _Receipt(msgspec.Struct):
    """The part of fixtures/wire/v1/receipt.schema.json that decides."""

    sha256: str
    outcome: str
    problem: str


_FOR_ALL = {
    401: "the server refuses this station's token: its administrator must renew it",
    403: "this station's token may not send letters: the server's administrator must allow it",
    404: "no Fanji server is at this address: whoever set FANJI_SERVER_URL must correct it",
    429: "the server asks to send more slowly",
    503: "the server is busy or being maintained",
}


def read_answer(status: int, body: bytes, sha256: str) -> Answer:
    """The fate of the letter with digest ``sha256``; what cannot be understood keeps it."""
    receipt = _receipt(body)
    is_ours = receipt is not None and receipt.sha256 == sha256
    if status in (200, 201) and receipt is not None and is_ours:
        return Answer(Fate.DELIVERED, receipt.outcome, "")
    if status in (409, 422) and receipt is not None and is_ours:
        return Answer(Fate.SET_ASIDE, receipt.outcome, receipt.problem or f"the server answered {status}")
    if status in (400, 413):
        problem = receipt.problem if receipt else body[:200].decode("utf-8", "replace")
        return Answer(Fate.SET_ASIDE, f"refused_{status}", f"the server answered {status}: {problem}")
    if status in _FOR_ALL:
        return Answer(Fate.KEPT, "", f"{_FOR_ALL[status]} (answer {status})", concerns_all=True)
    if status in (200, 201, 409, 422):
        said = f"acknowledges sha256 {receipt.sha256[:12]}…" if receipt else "gives no receipt"
        problem = f"the answer {status} {said}, not that of the letter: whoever runs the network must look for a proxy"
        return Answer(Fate.KEPT, "", problem)
    if status in (408,) or status >= 500:
        return Answer(Fate.KEPT, "", f"the server failed (answer {status}): whoever runs it must look at its log")
    return Answer(Fate.KEPT, "", f"answer {status} is none of a Fanji server: see FANJI_SERVER_URL", concerns_all=True)


def _receipt(body: bytes) -> _Receipt | None:
    """The receipt in ``body``; one without an outcome is none: the letter's row could not say what became of it."""
    try:
        receipt = msgspec.json.decode(body, type=_Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return receipt if receipt.outcome else None
