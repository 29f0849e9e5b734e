"""How times, quantities and digests read in one language and one time zone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from markupsafe import Markup

from server.web.language import Language

MINUS = "\N{MINUS SIGN}"
SCALED_UNITS = frozenset({"A", "V", "W", "s", "Hz", "Ω"})
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
DIGITS = 5


Moment = datetime | str
"""A moment of our own records, or as a letter writes it (RFC 3339 with ``Z``)."""


def as_datetime(moment: Moment) -> datetime:
    """``moment`` as an aware datetime; raises ValueError where it has no zone."""
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if parsed.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return parsed


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one answer; ``at`` is the moment from which relative times count."""

    language: Language
    zone: ZoneInfo
    at: datetime

    def local(self, moment: Moment) -> datetime:
        """``moment`` in the site's zone; a moment without a zone is a defect and raises."""
        return as_datetime(moment).astimezone(self.zone)

    def time(self, moment: Moment, seconds: bool = False) -> Markup:
        """Date and time in the site's zone, the year left out when it is this one; how long ago on hover."""
        local = self.local(moment)
        pattern = "%m-%d %H:%M" if local.year == self.local(self.at).year else "%Y-%m-%d %H:%M"
        return self._time_element(moment, local.strftime(pattern + (":%S" if seconds else "")), self.ago_text(moment))

    def full_time(self, moment: Moment) -> Markup:
        """Date and time to the second with the year and the zone's offset."""
        return self._time_element(moment, self.local(moment).strftime("%Y-%m-%d %H:%M:%S"), self.ago_text(moment))

    def ago(self, moment: Moment) -> Markup:
        """``3 minutes ago``; the exact time on hover."""
        exact = self.local(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
        return self._time_element(moment, self.ago_text(moment), exact)

    def ago_text(self, moment: Moment) -> str:
        return format_timedelta(as_datetime(moment) - self.at, add_direction=True, locale=self.language.locale)

    def day(self, moment: Moment) -> str:
        return self.local(moment).strftime("%Y-%m-%d")

    def clock(self, moment: Moment) -> Markup:
        """The time of day alone, for lists that name the day once."""
        return self._time_element(moment, self.local(moment).strftime("%H:%M:%S"), self.ago_text(moment))

    def duration(self, start: Moment, end: Moment) -> str:
        """Seconds with one decimal below a minute, else minutes and seconds."""
        total = max((as_datetime(end) - as_datetime(start)).total_seconds(), 0.0)
        if total < 60:
            return f"{total:.1f} s"
        minutes, seconds = divmod(round(total), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"

    def _time_element(self, moment: Moment, text: str, title: str) -> Markup:
        machine = as_datetime(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, title, text)


def quantity(value: float, unit: str, beside: tuple[float, ...] = ()) -> str:
    """A number with its unit, scaled by a prefix: 0.0094 A reads 9.4 mA.

    ``beside`` are the limits it is read against: it never looks equal to one that it only comes near to.
    """
    factor, prefix = _prefix(value, unit, beside)
    digits = DIGITS
    text = _plain(value / factor, digits)
    others = [limit for limit in beside if limit != value]
    while digits < 15 and any(text == _plain(limit / factor, digits) for limit in others):
        digits += 1
        text = _plain(value / factor, digits)
    return f"{text} {prefix}{unit}".rstrip()


def _prefix(value: float, unit: str, beside: tuple[float, ...]) -> tuple[float, str]:
    """The prefix of the larger of value and limits, so that both read in the same unit."""
    size = max((abs(number) for number in (value, *beside) if math.isfinite(number)), default=0.0)
    if unit not in SCALED_UNITS or size == 0:
        return 1.0, ""
    return next((pair for pair in PREFIXES if size >= pair[0]), PREFIXES[-1])


def _plain(number: float, digits: int) -> str:
    if not math.isfinite(number):
        return str(number)
    text = f"{number:.{digits}g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}×10^{int(exponent)}"
    return text.replace("-", MINUS)


def limit_text(unit: str, low: float | None, high: float | None, beside: tuple[float, ...] = ()) -> str:
    """``4.75 … 5.25 V``, ``≤ 5 mA``, ``≥ 7.5 V``; empty without bounds."""
    bounds = tuple(bound for bound in (low, high) if bound is not None)
    if low is not None and high is not None:
        factor, prefix = _prefix(max(bounds, key=abs), unit, (*bounds, *beside))
        return f"{_plain(low / factor, 15)} … {_plain(high / factor, 15)} {prefix}{unit}".rstrip()
    for bound, sign in ((low, "≥"), (high, "≤")):
        if bound is not None:
            factor, prefix = _prefix(bound, unit, beside)
            return f"{sign} {_plain(bound / factor, 15)} {prefix}{unit}".rstrip()
    return ""


def byte_size(count: int) -> str:
    """A size in binary units: 1 MiB."""
    for factor, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def short_digest(digest: str) -> str:
    """The first twelve characters: enough to compare by eye, the whole stands beside it on hover."""
    return digest[:12]


def person(actor: str) -> str:
    """The name alone of an actor such as ``user:lin``."""
    return actor.removeprefix("user:")


def iso_day(text: str) -> date | None:
    """A day typed or picked in a filter; None for anything that is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
