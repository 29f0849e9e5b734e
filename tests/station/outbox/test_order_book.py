"""The orders and images on the station's disk: what comes is bounded, what is damaged is fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.config.settings import Settings
from station.link.clock import SystemClock
from station.model.errors import ServerError
from station.outbox.order_book import OrderBook
from tests.station.outbox.burn_office import NO, BurnOffice


class HurriedClock(SystemClock):
    """A hundred seconds pass whenever it is asked."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> float:
        self._asked += 1
        return 100.0 * self._asked


@pytest.fixture
def office() -> Iterator[BurnOffice]:
    with BurnOffice(image=bytes(range(256)) * 4096) as office:
        yield office


@pytest.fixture
def settings(tmp_path: Path, office: BurnOffice) -> Settings:
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text("secret")
    return Settings(tmp_path / "state", office.url, tmp_path / "token")


def test_an_image_that_comes_too_slowly_is_given_up(settings: Settings) -> None:
    image = OrderBook(settings, SystemClock()).told(NO).sheet.image
    with pytest.raises(ServerError, match="does not come to an end"):
        OrderBook(settings, HurriedClock()).image_file(image)


def test_an_image_that_was_damaged_on_the_disk_is_fetched_again(settings: Settings, office: BurnOffice) -> None:
    book = OrderBook(settings, SystemClock())
    file = book.image_file(book.told(NO).sheet.image)
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert book.image_file(book.told(NO).sheet.image).read_bytes() == office.image


def test_an_order_that_was_damaged_on_the_disk_is_none(settings: Settings, office: BurnOffice) -> None:
    book = OrderBook(settings, SystemClock())
    book.told(NO)
    (settings.state_dir / "orders" / f"{NO}.json").write_bytes(b'{"asked_at":')
    office.statuses = {"/v1/burn-orders/": 503}
    with pytest.raises(ServerError, match="is not on this station's disk"):
        book.told(NO)
