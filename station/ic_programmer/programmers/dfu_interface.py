"""The interface of a DFU device in its configuration descriptor.

Sources: USB 2.0, 9.6; USB DFU 1.1: 4.1.3 (functional descriptor), 4.2.3 (interface in DFU mode).
"""

from __future__ import annotations

import struct

import msgspec

INTERFACE, FUNCTIONAL = 0x04, 0x21
DFU_CLASS = (0xFE, 1)
RUNTIME = 1
CAN_DOWNLOAD, CAN_UPLOAD, STAYS = 0x01, 0x02, 0x04


class DfuInterface(msgspec.Struct, frozen=True):
    """``name_index`` of the alternate setting, 0 for none; ``version`` is bcdDFU, ``block_bytes`` wTransferSize.

    ``protocol`` is 1 while the device runs its firmware. What no descriptor tells is 0.
    """

    name_index: int
    protocol: int
    attributes: int
    block_bytes: int
    version: int


def interface_in(configuration: bytes, alternate: int) -> DfuInterface:
    """What ``configuration`` says of the DFU interface's ``alternate`` setting."""
    name_index = protocol = attributes = block_bytes = version = at = 0
    while at + 2 <= len(configuration) and configuration[at] >= 2:
        part = configuration[at : at + configuration[at]]
        if part[1] == INTERFACE and len(part) >= 9 and tuple(part[5:7]) == DFU_CLASS and part[3] == alternate:
            protocol, name_index = part[7], part[8]
        elif part[1] == FUNCTIONAL and len(part) >= 9:
            attributes = part[2]
            block_bytes, version = struct.unpack_from("<HH", part, 5)
        at += len(part)
    return DfuInterface(name_index, protocol, attributes, block_bytes, version)
