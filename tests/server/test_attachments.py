"""Photos that stations send behind their runs: checked, kept once, and shown on the run's page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.attachments.photo_file import MAX_PHOTO_BYTES
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook, unit
from tests.server.pages_site import PagesSite, pages_site
from tests.station.playing.pictures import jpeg, png

PATTERN = "[0-9a-f]{64}/[0-9]+"


@pytest.fixture
def site(prepared_site: Site, tmp_path: Path) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path / "site") as made:
        yield made


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(site: PagesSite, content: bytes, sha256: str = "", token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or site.site.tokens['bench-1']}", "Content-Type": "image/png"}
    return site.visitor().put(f"/v1/attachments/{sha256 or digest(content)}", content=content, headers=headers)


def photographed(content: bytes) -> dict[str, Any]:
    """A run's measurement of a photo."""
    (row, *_) = LetterBook().run().content["measurements"]
    value = f"{digest(content)}/{len(content)}"
    changes = {"name": "kit_packed", "unit": "", "comparator": "matches", "expected": [PATTERN], "value": value}
    return {**row, **changes, "low": None, "high": None, "outcome": "PASS"}


def run_page(site: PagesSite, content: bytes, book: LetterBook) -> str:
    """The address of a run that has the photo."""
    letter = book.run(measurements=[photographed(content)])
    token = {"Authorization": f"Bearer {site.site.tokens['bench-1']}", "Content-Type": "application/json"}
    answer = site.visitor().put(letter.path, content=letter.body, headers=token)
    assert answer.status_code == 201, answer.text
    return f"/units/{unit('FJR126110001')['id']}/runs/{letter.id}"


def test_a_photo_is_shown_on_its_runs_page_as_soon_as_it_has_come(site: PagesSite, book: LetterBook) -> None:
    photo, reader = png(), site.person("reader")
    address = run_page(site, photo, book)
    picture = f"/attachments/{digest(photo)}"
    before = reader.get(address).text
    assert "It is still at the station." in before and picture not in before
    assert reader.get(picture).status_code == 404
    first, again = put(site, photo), put(site, photo)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["sha256"], first.json()["outcome"]) == (digest(photo), "stored")
    after = reader.get(address).text
    assert f'<img src="{picture}"' in after and "still at the station" not in after
    shown = reader.get(picture)
    assert (shown.content, shown.headers["content-type"]) == (photo, "image/png")
    assert shown.headers["x-content-type-options"] == "nosniff"


def test_the_page_says_in_chinese_that_a_photo_has_not_come(site: PagesSite, book: LetterBook) -> None:
    reader = site.person("reader")
    reader.cookies.set("fanji_lang", "zh_CN")
    assert "照片还在工位上，尚未上传。" in reader.get(run_page(site, png(), book)).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg/>", "no whole JPEG or PNG"),
        (b"\xff\xd8\xff half", "no whole"),
        (png()[:-8], "no whole"),
        (b"", "no whole"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_receipt_and_not_kept(site: PagesSite, content: bytes, words: str) -> None:
    answer = put(site, content)
    assert (answer.status_code, answer.json()["sha256"]) == (422, digest(content))
    assert words in answer.json()["problem"]
    assert site.person("reader").get(f"/attachments/{digest(content)}").status_code == 404


def test_bytes_that_were_changed_on_the_way_are_acknowledged_as_others(site: PagesSite) -> None:
    answer = put(site, jpeg(), sha256=digest(png()))
    assert (answer.status_code, answer.json()["sha256"]) == (422, digest(jpeg()))
    assert site.person("reader").get(f"/attachments/{digest(png())}").status_code == 404


def test_a_photo_is_bounded_and_only_a_station_sends_one_and_only_a_person_sees_it(site: PagesSite) -> None:
    assert put(site, jpeg() + bytes(MAX_PHOTO_BYTES)).status_code == 413
    assert put(site, png(), token="none").status_code == 401
    assert put(site, png(), sha256="x").status_code == 422
    assert put(site, png()).status_code == 201
    assert site.visitor().get(f"/attachments/{digest(png())}").status_code in (303, 401)


def test_a_file_that_was_lost_is_taken_again(site: PagesSite) -> None:
    photo = png()
    assert put(site, photo).status_code == 201
    path = site.site.folder / "data/attachments" / digest(photo)[:2] / digest(photo)
    (found,) = site.site.settings.data_dir.glob("attachments/??/*")
    found.unlink()
    assert site.person("reader").get(f"/attachments/{digest(photo)}").status_code == 503, path
    assert put(site, photo).status_code == 200
    assert site.person("reader").get(f"/attachments/{digest(photo)}").content == photo
