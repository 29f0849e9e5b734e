"""The simulated USB is allowed for as long as a test of links runs."""

from __future__ import annotations

import pytest

from tests.station.link.link_kinds import USB_BACKEND


@pytest.fixture(autouse=True)
def usb_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
