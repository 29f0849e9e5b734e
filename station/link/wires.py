"""What may lie between the station and an instrument: bytes or CAN frames, and which addresses lead to which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from station.config.address import Address, ProgramAddress, ReplayAddress
from station.config.can_address import EXAMPLE, CanAddress
from station.link.can import CanLink, can_link_to
from station.link.link import Link
from station.link.opening import link_to
from station.model.clock import Clock

AnyLink = Link | CanLink
_Link = TypeVar("_Link", Link, CanLink)


class Wire(msgspec.Struct, Generic[_Link], frozen=True):
    """``example`` is how an address of it is written; ``link_to`` makes a closed link, perhaps with a recording."""

    name: str
    example: str
    carries: Callable[[Address], bool]
    link_to: Callable[[str, Address, Clock, Path | None], _Link]


BYTES = Wire("bytes", "tcp://host:port", lambda address: not isinstance(address, CanAddress | ProgramAddress), link_to)
CAN = Wire("CAN frames", EXAMPLE, lambda address: isinstance(address, CanAddress | ReplayAddress), can_link_to)
