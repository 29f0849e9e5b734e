"""Whether the instruments are those the bench file names; tells swapped addresses from strangers."""

from __future__ import annotations

from collections.abc import Mapping

from station.config.bench_file import BenchFile, Identity
from station.model.errors import WrongIdentity


def require_identities(bench: BenchFile, found: Mapping[str, Identity]) -> None:
    """Raise WrongIdentity for the first instrument that is another, with both identities and a hint if swapped."""
    for name, identity in found.items():
        expected = bench.instruments[name].identity
        if expected is not None and identity != expected:
            raise WrongIdentity(name, wrong_identity(bench, name, identity))


def wrong_identity(bench: BenchFile, name: str, found: Identity) -> str:
    """What is wrong with ``found`` at the address of ``name``."""
    expected = bench.instruments[name].identity
    owner = next((row.name for row in bench.instruments.values() if row.name != name and row.identity == found), None)
    hint = f"; that is {owner}: are the addresses of {name} and {owner} swapped?" if owner else ""
    return f"expected {expected} at {bench.instruments[name].address}, found {found}{hint}"
