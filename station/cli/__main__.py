"""``python -m station.cli`` is ``fanji-station``."""

from station.cli import main

main()
