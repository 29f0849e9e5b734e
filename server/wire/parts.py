"""What runs and burns have in common: the unit they name and the failure that ended them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from server.wire.fields import AnyUuid, FailureKind, Moment, Name, Reason, Text200


class UnitRef(Struct, frozen=True, forbid_unknown_fields=True):
    """A unit; ``family`` is empty while no serial rule matches."""

    family: Annotated[str, Meta(max_length=40)]
    serial: Annotated[str, Meta(min_length=1, max_length=64)]
    id: AnyUuid


class Failure(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a run or burn ended as ERROR or ABORTED, or a burn as FAIL; ``kind`` says who must act."""

    kind: FailureKind
    subject: Text200
    message: Reason
    step: Name | None
    at: Moment
