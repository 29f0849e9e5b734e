"""How an image is burned, as a form says it: part of the recipe that is approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from server.errors import BadInput
from server.wire.order import BurnOptions

NAMES = BurnOptions.__struct_fields__
PRODUCTION = {
    "backup": "yes",
    "blank_check": "yes",
    "proof": "readback_final",
    "erase": "as_needed",
    "lower_clock": "yes",
    "lifts_protection": "no",
    "protection": "",
}
"""What a form begins with."""
_TRUTH = {"yes": True, "no": False}


def typed_options(typed: Mapping[str, str]) -> BurnOptions | msgspec.UnsetType:
    """The options that were typed, nothing where none was; raises BadInput for what is no option."""
    said = {name: typed[name].strip() for name in NAMES if typed.get(name, "").strip()}
    if not said:
        return msgspec.UNSET
    if "protection" in said:
        said["protection"] = said["protection"].upper().replace(" ", "").replace("0X", "0x")
    try:
        return msgspec.convert({name: _TRUTH.get(value, value) for name, value in said.items()}, BurnOptions)
    except msgspec.ValidationError as error:
        raise BadInput(str(error)[:300], "recipe") from None


def spoken(options: BurnOptions | msgspec.UnsetType) -> tuple[tuple[str, str], ...]:
    """Each option that was said with its value as a form has it, in their order; no protection that stays."""
    said = msgspec.to_builtins(options) if options else {}
    values = {name: {True: "yes", False: "no"}.get(said[name], said[name]) for name in NAMES if name in said}
    unchanged = {("lifts_protection", "no"), ("protection", "")}
    return tuple(row for row in values.items() if row not in unchanged)


def option_problems(options: BurnOptions, is_keeping: bool) -> Iterator[str]:
    """Options that no station could obey together; ``is_keeping``: the IC keeps a part of what it has."""
    if options.backup is False and is_keeping:
        yield "what the IC keeps has to be read first: without a backup nothing is preserved"
    if options.erase == "none" and (options.backup is not False or options.blank_check is False):
        yield "ICs that are new are not erased: they need a blank check, and no backup"
