"""A photo that a run asks for, on the operator's page: taken, shown, taken again, kept; by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from station.playing.photos import check_photo
from tests.browser.console_page import OperatorPage, console_process, operator_page
from tests.station.playing.pictures import add_pictured, png
from tests.station.playing.run_process import letters

pytestmark = pytest.mark.browser

RULES = [{"family": "PIC", "product": "PIC-1", "pattern": "PIC[0-9]{3}"}]
TITLE = {"zh_CN": "请把配件和机器放在一起拍照", "en": "Photograph the unit with its accessories"}


@pytest.fixture
def console(bench: Callable[..., Any], tmp_path: Path) -> Iterator[str]:
    """The address of a console whose bench tests the product that asks for a photo."""
    box = bench(time_scale=0.0)
    add_pictured(box)
    with console_process(box.bench_file, tmp_path / "state", RULES) as (url, _):
        yield url


def asked(shown: OperatorPage, language: str) -> None:
    """A run that asks for a photo, in a browser that shows its choosers to the test from the beginning."""
    shown.page.on("filechooser", lambda chooser: None)
    shown.wait_for("name")
    shown.scan("王芳")
    shown.scan("PIC001")
    expect(shown.page.locator("#prompt-title")).to_have_text(TITLE[language])
    expect(shown.page.locator("#photo-choose")).to_be_visible()
    expect(shown.page.locator("#photo-take")).to_be_hidden()


def take(shown: OperatorPage, name: str, content: bytes) -> None:
    """Open the chooser by its key and choose a picture."""
    with shown.page.expect_file_chooser() as chooser:
        shown.press("Space")
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": content})


def kept(folder: Path) -> list[Path]:
    photos = folder / "state/attachments"
    return sorted(photos.iterdir()) if photos.exists() else []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_photo_is_taken_shown_and_kept_by_keyboard_alone(
    browser: Browser, console: str, tmp_path: Path, language: str
) -> None:
    with operator_page(browser, console, language) as shown:
        asked(shown, language)
        shown.shoot(f"photo-asked-{language}")
        take(shown, "packed.png", png(640, 480))
        expect(shown.page.locator("#photo-picture")).to_be_visible()
        expect(shown.page.locator("#photo-take")).to_be_focused()
        shown.shoot(f"photo-taken-{language}")
        assert kept(tmp_path) == []
        shown.press("Enter")
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome")).to_have_attribute("data-verdict", "PASS")
    (photo,) = kept(tmp_path)
    assert check_photo(photo.read_bytes()) == ".jpeg"
    value = letters(tmp_path / "state")[0]["measurements"][0]["value"]
    assert value == f"{photo.stem}/{photo.stat().st_size}"


def test_a_photo_is_taken_again_and_only_the_last_one_is_kept(browser: Browser, console: str, tmp_path: Path) -> None:
    with operator_page(browser, console, "en") as shown:
        asked(shown, "en")
        take(shown, "dark.png", png(64, 48, shade=0))
        expect(shown.page.locator("#photo-choose span")).to_have_text("Take another")
        take(shown, "wide.png", png(3200, 100))
        expect(shown.page.locator("#photo-picture")).to_have_attribute("width", "1600")
        shown.press("Enter")
        shown.wait_for("outcome")
    assert len(kept(tmp_path)) == 1


def test_nothing_but_a_photo_answers(browser: Browser, console: str, tmp_path: Path) -> None:
    notice = "#notice"
    with operator_page(browser, console, "en") as shown:
        asked(shown, "en")
        shown.press("Enter")
        expect(shown.page.locator(notice)).to_contain_text("Take the photo first")
        shown.scan("1")
        expect(shown.page.locator(notice)).to_contain_text("a photo is asked for")
        take(shown, "photo.png", b"this is a text")
        expect(shown.page.locator(notice)).to_contain_text("no whole picture")
        expect(shown.page.locator("#photo-take")).to_be_hidden()
        shown.press("Escape", "Escape")
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome")).to_have_attribute("data-verdict", "ABORTED")
    assert kept(tmp_path) == []


@pytest.fixture
def with_camera(bench: Callable[..., Any], tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """As ``console``, where the bench has a camera of its own; the bench too."""
    box = bench("navigation", time_scale=0.0)
    add_pictured(box)
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(f'{text}\n[photo]\nrole = "camera"\n', encoding="utf-8")
    with console_process(box.bench_file, tmp_path / "state", RULES) as (url, _):
        yield url, box


def test_the_benchs_camera_takes_the_photo_by_a_key_and_nothing_is_kept_before_a_person_takes_it_over(
    browser: Browser, with_camera: tuple[str, Any], tmp_path: Path
) -> None:
    url, box = with_camera
    with operator_page(browser, url, "en") as shown:
        asked(shown, "en")
        expect(shown.page.locator("#photo-bench")).to_be_visible()
        box.control("fault", device="camera", fault="refuse", on=True)
        shown.press("F8")
        expect(shown.page.locator("#notice")).to_contain_text("camera gave no picture")
        assert any("409" in complaint for complaint in shown.complaints)  # the browser's own line about the answer
        shown.complaints.clear()
        box.control("fault", device="camera", fault="refuse", on=False)
        shown.press("F8")
        expect(shown.page.locator("#photo-picture")).to_be_visible()
        expect(shown.page.locator("#photo-picture")).to_have_attribute("width", "800")
        expect(shown.page.locator("#photo-take")).to_be_focused()
        shown.shoot("photo-of-the-bench")
        assert kept(tmp_path) == []
        shown.press("Enter")
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome")).to_have_attribute("data-verdict", "PASS")
    (photo,) = kept(tmp_path)
    assert check_photo(photo.read_bytes()) == ".jpeg"


def test_where_the_bench_has_no_camera_there_is_no_such_key(browser: Browser, console: str, tmp_path: Path) -> None:
    with operator_page(browser, console, "en") as shown:
        asked(shown, "en")
        expect(shown.page.locator("#photo-bench")).to_be_hidden()
        shown.press("F8")
        expect(shown.page.locator("#photo-picture")).to_be_hidden()
        shown.press("Escape", "Escape")
        shown.wait_for("outcome")
