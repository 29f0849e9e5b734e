"""Front door of the benchmarks: runs one area or all, prints a table, writes benchmarks/results.json."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import burn, executive, links, page, server, takt
from benchmarks.result import Result, show, write

AREAS: dict[str, Callable[[], list[Result]]] = {
    "executive": executive.measure,
    "page": page.measure,
    "burn": burn.measure,
    "server": server.measure,
    "links": links.measure,
    "takt": takt.measure,
}


def main(arguments: list[str]) -> int:
    """Exit code 1 when a bar does not hold."""
    unknown = [area for area in arguments if area not in AREAS]
    if unknown:
        print(f"no area {', '.join(unknown)}; there are {', '.join(AREAS)}", file=sys.stderr)
        return 2
    results = [result for area in arguments or AREAS for result in AREAS[area]()]
    show(results)
    write(results, Path(__file__).parent / "results.json")
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
