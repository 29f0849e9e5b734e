"""The warning band inside a limit."""

from __future__ import annotations

import math

from station.config.toml_file import TomlFile
from station.model.limit import NUMERIC, Limit


def check_marginal(toml: TomlFile, path: tuple[str, ...], limit: Limit) -> None:
    """Raise ConfigError for a band that no limit can have: of no quantity, of no width, as wide as all that passes."""
    here, band = (*path, "marginal"), limit.marginal
    if band is None:
        return
    if limit.comparator not in NUMERIC:
        raise toml.error(here, f"{limit.comparator} compares no quantity, so nothing is near it")
    if not (math.isfinite(band) and band > 0):
        raise toml.error(here, "must be above 0")
    if limit.low is not None and limit.high is not None and 2 * band >= limit.high - limit.low:
        raise toml.error(here, f"every value from {limit.low:g} to {limit.high:g} would be marginal")
