"""A pair of CAN identifiers on a channel, as people write it.

``can://INTERFACE/CHANNEL?send=0x7A0&receive=0x7A8&bitrate=500000``: interface, channel and further settings are those
of python-can (``socketcan/can0``, ``udp_multicast/239.74.163.2`` with ``port``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

import msgspec

MAX_STANDARD_ID, MAX_EXTENDED_ID = 0x7FF, 0x1FFFFFFF
EXAMPLE = "can://socketcan/can0?send=0x7A0&receive=0x7A8&bitrate=500000"

_INTERFACE = re.compile(r"[a-z][a-z0-9_-]*")
_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_IDENTIFIER = re.compile(r"0x[0-9A-Fa-f]{1,8}")
_OWN_SETTINGS = ("can_filters", "channel", "config_context", "hop_limit", "ignore_config", "interface")


class CanAddress(msgspec.Struct, frozen=True):
    """What is sent and what is heard on one channel; others may speak on the same channel with other identifiers.

    Identifiers above 0x7FF are extended ones. ``settings`` are in the order of their names.
    """

    interface: str
    channel: str
    send: int
    receive: int
    settings: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        settings = "".join(f"&{name}={value}" for name, value in self.settings)
        return f"can://{self.interface}/{self.channel}?send=0x{self.send:X}&receive=0x{self.receive:X}{settings}"


def parse_can_address(text: str) -> CanAddress:
    """The address that ``text`` writes; raises ValueError saying what is wrong with it."""
    parts = urlsplit(text)
    channel = parts.path.removeprefix("/")
    if not _INTERFACE.fullmatch(parts.netloc) or not channel or parts.fragment:
        raise ValueError(f"{text!r} is no address: write {EXAMPLE}")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError(f"{text!r} is no address: a setting stands there twice")
    send, receive = _identifier(text, values, "send"), _identifier(text, values, "receive")
    if send == receive:
        raise ValueError(f"{text!r} is no address: what is sent and what is heard have the same identifier")
    for name, value in values.items():
        if not _SETTING.fullmatch(name) or not value or name in _OWN_SETTINGS:
            raise ValueError(f"{text!r} is no address: {name} is no setting of a CAN interface with a value")
    settings = tuple((name, int(value) if value.isdecimal() else value) for name, value in sorted(values.items()))
    return CanAddress(parts.netloc, channel, send, receive, settings)


def _identifier(text: str, values: dict[str, str], name: str) -> int:
    digits = values.pop(name, "")
    if not _IDENTIFIER.fullmatch(digits) or int(digits, 16) > MAX_EXTENDED_ID:
        raise ValueError(f"{text!r} is no address: {name} must be an identifier such as 0x7A0, at most 0x1FFFFFFF")
    return int(digits, 16)


def conflict(address: CanAddress, owners: Iterable[tuple[object, str]]) -> str:
    """Who of ``owners`` (address and name) is on the same channel with other settings; empty where nobody is."""
    channel = (address.interface, address.channel)
    neighbours = [(other, owner) for other, owner in owners if isinstance(other, CanAddress)]
    for other, owner in neighbours:
        if (other.interface, other.channel) == channel and other.settings != address.settings:
            return owner
    return ""
