"""Front door of the soaks: ``python -m tests.soak [AREA …]`` runs one area or all at full length and prints a table.

An area is a module with ``soak() -> list[Finding]`` and a row in AREAS. The test-suite runs a part of each.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from tests.soak import api, drivers, executive, links, mutation, server, units
from tests.soak.finding import Finding, show

AREAS: dict[str, Callable[[], list[Finding]]] = {
    "api": api.soak,
    "drivers": drivers.soak,
    "executive": executive.soak,
    "links": links.soak,
    "mutation": mutation.soak,
    "server": server.soak,
    "units": units.soak,
}


def main(arguments: list[str]) -> int:
    """Exit code 1 when something went wrong, 2 for an area that is not there."""
    unknown = [area for area in arguments if area not in AREAS]
    if unknown:
        print(f"no area {', '.join(unknown)}; there are {', '.join(AREAS)}", file=sys.stderr)  # noqa: T201
        return 2
    logging.basicConfig(level=logging.CRITICAL)  # faults are the rule here, and what libraries say of them no news
    findings = [finding for area in arguments or AREAS for finding in AREAS[area]()]
    show(findings)
    return 0 if all(finding.holds for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
