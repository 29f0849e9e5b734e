"""The server's settings, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.errors import SettingError

PREFIX = "FANJI_"
DATABASE_URL = re.compile(r"(sqlite|postgresql)(\+\w+)?://.*")
SWITCH = {"on": True, "off": False}
SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the records are kept, and which site and zone they belong to; raises SettingError for what cannot be.

    ``prepares_statements`` is false where a pooler such as pgbouncer stands before PostgreSQL.
    """

    database_url: str = "sqlite:///fanji-data/fanji.sqlite"
    data_dir: Path = Path("fanji-data")
    site: str = "main"
    timezone: str = "Asia/Shanghai"
    prepares_statements: bool = True

    def __post_init__(self) -> None:
        if not DATABASE_URL.fullmatch(self.database_url):
            raise SettingError(f"{PREFIX}DATABASE_URL", "begins with sqlite:// or postgresql://")
        if not SITE.fullmatch(self.site):
            raise SettingError(f"{PREFIX}SITE", "has 1 to 31 lower-case letters, digits and hyphens")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            problem = f"{self.timezone!r} is no time zone of the IANA list, such as Asia/Shanghai"
            raise SettingError(f"{PREFIX}TIMEZONE", problem) from None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from the FANJI_ variables; raises SettingError that names the variable."""
    default = Settings()
    prepares = environment.get(f"{PREFIX}PREPARED_STATEMENTS", "on")
    if prepares not in SWITCH:
        raise SettingError(f"{PREFIX}PREPARED_STATEMENTS", "is on or off")
    return Settings(
        environment.get(f"{PREFIX}DATABASE_URL", default.database_url),
        Path(environment.get(f"{PREFIX}DATA_DIR", default.data_dir)),
        environment.get(f"{PREFIX}SITE", default.site),
        environment.get(f"{PREFIX}TIMEZONE", default.timezone),
        SWITCH[prepares],
    )
