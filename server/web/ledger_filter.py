"""What a ledger's address may ask for."""

from __future__ import annotations

from dataclasses import asdict, dataclass

ONLY_JUST = "MARGINAL"
"""In the place of a verdict: what passed, but only just."""
VERDICTS = frozenset({"PASS", "FAIL", "ERROR", "ABORTED", ONLY_JUST})
MAX_TEXT = 100


@dataclass(slots=True)
class LedgerFilter:
    """The filter as typed; used as a dependency it reads the query of the address."""

    text: str = ""
    verdict: str = ""
    product: str = ""
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:MAX_TEXT]
        self.product = self.product.strip()[:MAX_TEXT]
        self.verdict = self.verdict if self.verdict in VERDICTS else ""

    @property
    def pairs(self) -> dict[str, str]:
        return asdict(self)

    @property
    def is_filtered(self) -> bool:
        return any(self.pairs.values())
