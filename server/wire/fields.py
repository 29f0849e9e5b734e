"""The kinds of field in a letter; their bounds are those of fixtures/wire/v1."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

MAX_INTEGER = 2**63 - 1

UUID7 = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Id = Annotated[str, Meta(pattern=UUID7)]
AnyUuid = Annotated[str, Meta(pattern=UUID)]
StationId = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Sha256OrEmpty = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$")]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Ordinal = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Version = Annotated[str, Meta(min_length=1, max_length=40)]
Person = Annotated[str, Meta(min_length=1, max_length=80)]
UnitSymbol = Annotated[str, Meta(max_length=20)]
Text200 = Annotated[str, Meta(max_length=200)]
Text500 = Annotated[str, Meta(max_length=500)]
Text2000 = Annotated[str, Meta(max_length=2000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2000)]

Verdict = Literal["PASS", "FAIL", "ABORTED", "ERROR"]
FailureKind = Literal[
    "config", "link", "instrument", "programmer", "target", "dut", "station", "server", "operator", "estop"
]
