"""Amounts as people write them: money in hundredths of its currency, weight in grams."""

from __future__ import annotations

import re
import unicodedata

from server.errors import BadInput

CURRENCIES = ("CNY", "HKD", "USD", "EUR")
"""Each is counted in hundredths; one that is not, such as JPY, is not taken."""
MAX_MINOR, MAX_WEIGHT_G = 10**11, 10**7
MONEY = re.compile(r"([+-]?)[¥￥$€]?(\d{1,9})(?:\.(\d{1,2})0*)?(?:元|CNY|RMB)?")
WEIGHT = re.compile(r"(\d{1,6})(?:\.(\d{1,3})0*)?(kg|公斤|千克|g|克)?", re.IGNORECASE)


def read_money(text: str, field: str) -> int:
    """``12.5`` or ``¥1,012.50`` in hundredths, exactly; raises BadInput for what has more decimals or is no amount."""
    plain = re.sub(r",(?=\d{3}(\D|$))", "", unicodedata.normalize("NFKC", text).replace(" ", ""))
    found = MONEY.fullmatch(plain)
    if not found:
        raise BadInput("is an amount such as 12.50", field)
    minor = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    if minor > MAX_MINOR:
        raise BadInput("is too much", field)
    return -minor if found[1] == "-" else minor


def read_weight(text: str, field: str) -> int:
    """``1.25``, ``1.25 kg`` or ``1250 g`` in grams, exactly; raises BadInput."""
    found = WEIGHT.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    if not found:
        raise BadInput("is a weight in kg such as 1.25", field)
    in_grams = (found[3] or "kg").lower() in ("g", "克")
    if in_grams and found[2]:
        raise BadInput("is a whole number of grams", field)
    grams = int(found[1]) if in_grams else int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    if grams > MAX_WEIGHT_G:
        raise BadInput("is too much", field)
    return grams


def money_text(minor: int | None) -> str:
    """``12.50``; empty for none."""
    if minor is None:
        return ""
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:02d}"


def weight_text(grams: int | None) -> str:
    """Kilograms without needless zeros: ``1.25``; empty for none."""
    return "" if grams is None else f"{grams / 1000:.3f}".rstrip("0").rstrip(".")


def kilograms(grams: int | None) -> str:
    """``1.25 kg``; empty for none."""
    return "" if grams is None else f"{weight_text(grams)} kg"
