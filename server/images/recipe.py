"""How an image is burned on one board: typed as JSON, part of what is approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated

import msgspec

from server.errors import BadInput
from server.images.burn_options import option_problems, spoken, typed_options
from server.wire.fields import Count
from server.wire.order import BurnOptions, PreservedStretch, Serialisation

MAX_RECIPE = 20_000


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an order's document says beside its image; the fields are those of burn-order.schema.json."""

    base_address: Count | msgspec.UnsetType = msgspec.UNSET
    keeps_holes: bool | msgspec.UnsetType = msgspec.UNSET
    serialisation: Serialisation | msgspec.UnsetType = msgspec.UNSET
    preserve: Annotated[tuple[PreservedStretch, ...], msgspec.Meta(max_length=100)] | msgspec.UnsetType = msgspec.UNSET
    options: BurnOptions | msgspec.UnsetType = msgspec.UNSET

    @property
    def spoken_options(self) -> tuple[tuple[str, str], ...]:
        """Each option that is said, with its value as a form has it."""
        return spoken(self.options)

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools that each IC gets one number of; fields of one pool get the same number."""
        return tuple(dict.fromkeys(field.pool for field in self.serialisation.fields)) if self.serialisation else ()


def parse_recipe(text: str, options: Mapping[str, str]) -> Recipe:
    """The recipe that was typed, nothing for an empty text; raises BadInput that names the place in it.

    ``options`` are those of a form; where it says any, the text may not.
    """
    if len(text) > MAX_RECIPE:
        raise BadInput(f"has at most {MAX_RECIPE} characters", "recipe")
    try:
        recipe = msgspec.json.decode(text, type=Recipe) if text.strip() else Recipe()
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadInput(str(error)[:300], "recipe") from None
    typed = typed_options(options)
    if typed:
        if recipe.options:
            raise BadInput("how it is burned is said in its own fields, not here too: options", "recipe")
        recipe = msgspec.structs.replace(recipe, options=typed)
    for problem in _problems(recipe):
        raise BadInput(problem, "recipe")
    return recipe


def read_recipe(text: str) -> Recipe:
    """A recipe that is on record."""
    return msgspec.json.decode(text, type=Recipe) if text else Recipe()


def write_recipe(recipe: Recipe) -> str:
    """The text that is kept; empty for a recipe that says nothing."""
    return "" if recipe == Recipe() else msgspec.json.encode(recipe).decode()


def _problems(recipe: Recipe) -> Iterator[str]:
    """Where stretches that must stand apart overlap: a number in what is preserved would be lost or destroy it."""
    kept = [(row.address, row.length, row.name) for row in recipe.preserve] if recipe.preserve else []
    fields = recipe.serialisation.fields if recipe.serialisation else ()
    taken = sorted([*kept, *((field.address, field.length, field.name) for field in fields)])
    for (start, length, name), (after, _, other) in pairwise(taken):
        if start + length > after:
            yield f"{name} and {other} overlap"
    for field in fields:
        if field.kind == "mac" and field.length != 6:
            yield f"{field.name}: a mac has a length of 6"
        if field.kind in ("uint_le", "uint_be") and field.length > 8:
            yield f"{field.name}: a number has a length of at most 8"
    if recipe.options:
        yield from option_problems(recipe.options, bool(kept) or recipe.keeps_holes is True)
