"""What a row of the table and the chip's own table (SFDP) say together; where they disagree nothing is burned."""

from __future__ import annotations

from msgspec.structs import replace

from station.ic_programmer.sfdp import BadSfdp, Geometry, SfdpErase, geometry_of
from station.ic_programmer.target import BUILT_IN, EraseKind, Target
from station.model.errors import ConfigError, WrongChip

WHO = "set the chip apart; the test engineer compares its data sheet with the row of targets.toml"


def require_readable(target: Target, space: bytes) -> None:
    """Raise WrongChip where an address of the row could be another one in the chip: it is not even read then."""
    geometry = _geometry(target, space)
    if geometry is not None:
        _refuse(_address_problem(target, geometry))


def _geometry(target: Target, space: bytes) -> Geometry | None:
    """What the chip says of itself in ``space``, None where that is empty: a chip without SFDP."""
    if not space:
        if target.address_bytes == 4:
            raise WrongChip(f"the chip has no table of its own (SFDP) that proves 4-byte instructions: {WHO}")
        return None
    try:
        return geometry_of(space)
    except BadSfdp as error:
        raise WrongChip(f"the chip's own table (SFDP) {error}: {WHO}") from None


def _refuse(problem: str) -> None:
    if problem:
        raise WrongChip(f"the chip's own table (SFDP) {problem}: {WHO}")


def completed(target: Target, space: bytes) -> Target:
    """``target`` with all figures: those of the row, and from ``space`` those that the row leaves out.

    ``space`` is empty for a chip without SFDP. Raises WrongChip where the two contradict each other or the chip does
    not prove that it knows 4-byte instructions, ConfigError where neither says how long something takes.
    """
    geometry = _geometry(target, space)
    if geometry is None:
        if not target.is_complete:
            raise _incomplete(target, "and the chip has no table of its own (SFDP)")
        return target
    _refuse(_address_problem(target, geometry) or _erase_problem(target, geometry))
    kinds = target.erases or _kinds_of_the_chip(target, geometry)
    full = replace(
        target,
        page_bytes=target.page_bytes or geometry.page_bytes or 0,
        program_typical_s=target.program_typical_s or geometry.program_typical_s or 0.0,
        program_max_s=target.program_max_s or geometry.program_max_s or 0.0,
        erases=tuple(_timed(kind, geometry) for kind in kinds),
    )
    if not full.is_complete:
        raise _incomplete(target, "nor does the chip's own table (SFDP)")
    if full.page_bytes > full.erases[0].size_bytes:
        said = f"says {full.page_bytes} bytes a page, more than the smallest erase block has"
        raise WrongChip(f"the chip's own table (SFDP) {said}: {WHO}")
    return full


def _incomplete(target: Target, and_the_chip: str) -> ConfigError:
    problem = f"the row does not say how large a page is or how long program and erase take, {and_the_chip}"
    return ConfigError(str(BUILT_IN), 0, target.name, f"{problem}: add the figures of its data sheet")


def _address_problem(target: Target, geometry: Geometry) -> str:
    """What the chip says otherwise of its addresses, in words that follow "the chip's own table"; empty if nothing."""
    if geometry.size_bytes != target.size_bytes:
        return f"says {geometry.size_bytes} bytes, a {target.name} has {target.size_bytes}"
    if target.address_bytes == 3 and geometry.address_bytes == (4,):
        return f"says that it takes only 4-byte addresses, a {target.name} takes 3"
    return _four_byte_problem(target, geometry) if target.address_bytes == 4 else ""


def _erase_problem(target: Target, geometry: Geometry) -> str:
    """The same of its pages and erase blocks."""
    if not geometry.is_uniform:
        return "says that its erase blocks are of different sizes in different places"
    if target.page_bytes and geometry.page_bytes and target.page_bytes != geometry.page_bytes:
        return f"says {geometry.page_bytes} bytes a page, a {target.name} has {target.page_bytes}"
    return next((problem for kind in target.erases if (problem := _kind_problem(target, kind, geometry))), "")


def _four_byte_problem(target: Target, geometry: Geometry) -> str:
    if geometry.has_4_byte_table:
        return "" if geometry.has_4_byte_access else "does not list reading and programming with 4-byte addresses"
    if target.four_byte_from is not None and geometry.revision >= target.four_byte_from:
        return ""
    twins = f" (the same identity: {', '.join(target.same_jedec)})" if target.same_jedec else ""
    return f"does not say that the chip knows 4-byte instructions, it may be an older type{twins}"


def _kind_problem(target: Target, kind: EraseKind, geometry: Geometry) -> str:
    said = [erase for erase in geometry.erases if erase.size_bytes == kind.size_bytes]
    by_opcode = [erase for erase in geometry.erases if _opcode(target, erase) == kind.opcode]
    if by_opcode and by_opcode[0].size_bytes != kind.size_bytes:
        size = by_opcode[0].size_bytes
        return f"says that 0x{kind.opcode:02X} erases {size} bytes, on a {target.name} it is {kind.size_bytes}"
    if target.address_bytes == 4 and not geometry.has_4_byte_table:
        return "" if said else f"has no erase of {kind.size_bytes} bytes, a {target.name} has one"
    if by_opcode:
        return ""
    return f"has no erase of {kind.size_bytes} bytes by 0x{kind.opcode:02X}, a {target.name} has one"


def _opcode(target: Target, erase: SfdpErase) -> int | None:
    """The instruction that is used on ``target``: above 16 MiB the one with four address bytes."""
    return erase.opcode if target.address_bytes == 3 else erase.opcode_4_byte


def _kinds_of_the_chip(target: Target, geometry: Geometry) -> tuple[EraseKind, ...]:
    """The erase kinds for a row without any: one of each size."""
    kinds: dict[int, EraseKind] = {}
    for erase in geometry.erases:
        opcode = _opcode(target, erase)
        if opcode is not None:
            kinds.setdefault(erase.size_bytes, EraseKind(opcode, erase.size_bytes, 0.0, 0.0))
    return tuple(kinds.values())


def _timed(kind: EraseKind, geometry: Geometry) -> EraseKind:
    """``kind`` with the times of the chip's table where it has none itself."""
    if kind.max_s:
        return kind
    said = next((erase for erase in geometry.erases if erase.size_bytes == kind.size_bytes), None)
    if said is None or said.typical_s is None or said.max_s is None:
        return kind
    return replace(kind, typical_s=said.typical_s, max_s=said.max_s)
