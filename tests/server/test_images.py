"""Images: kept by their digest, approved by another person for one use, withdrawn for all, and never burned before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import bincopy
import httpx
import pytest

from server.admin.permissions import permissions
from server.images import store
from server.web.body_limit import MAX_BODY_BYTES
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook, unit
from tests.server.pages_site import PagesSite, csrf_of, pages_site

TESTED = {"evidence": "FJR126110001: burned and tested, PASS"}
USE = {"product": "FJ-R1", "board_revision": "B", "target": "W25Q64JV"}


class Desk:
    """A served site; each person logs in once."""

    def __init__(self, site: PagesSite) -> None:
        self.site, self.people = site, dict[str, httpx.Client]()
        self.visitor, self.send = site.visitor, site.send

    def person(self, role: str) -> httpx.Client:
        return self.people.get(role) or self.people.setdefault(role, self.site.person(role))


@pytest.fixture(scope="module")
def site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("images") / "site") as made:
        yield Desk(made)


@pytest.fixture(scope="module")
def book() -> LetterBook:
    return LetterBook()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def upload(person: httpx.Client, content: bytes, name: str = "fj-r1.bin", **fields: str) -> httpx.Response:
    form = {"csrf": csrf_of(person.get("/images")), "version": "1.4.2", **fields}
    return person.post("/images", data=form, files={"file": (name, content)})


def send(person: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return person.post(path, data={"csrf": csrf_of(person.get("/images")), **fields})


def approved(site: Desk, content: bytes, name: str = "fj-r1.bin", **use: str) -> str:
    """An image that the engineer added and the supervisor approved; its digest."""
    engineer, supervisor = site.person("engineer"), site.person("supervisor")
    answer = upload(engineer, content, name)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    assert send(engineer, f"{path}/tests", **TESTED).status_code == 303
    assert send(supervisor, f"{path}/approvals", **(USE | use)).status_code == 303
    return path.rpartition("/")[2]


def fetch(site: Desk, sha256: str, token: str | None = None, **headers: str) -> httpx.Response:
    token = site.site.site.tokens["bench-1"] if token is None else token
    return site.visitor().get(f"/v1/images/{sha256}", headers={"Authorization": f"Bearer {token}", **headers})


def test_an_image_goes_from_draft_to_approved_by_two_persons_and_a_station_gets_its_bytes(site: Desk) -> None:
    content = os.urandom(3000)
    engineer, supervisor = site.person("engineer"), site.person("supervisor")
    path = upload(engineer, content, "C:\\images\\r1.bin", sha256=digest(content).upper()).headers["location"]
    assert path == f"/images/{digest(content)}"
    assert "r1.bin" in engineer.get("/images?text=R1.B").text
    assert fetch(site, digest(content)).json()["state"] == "draft"
    too_early = send(supervisor, f"{path}/approvals", **USE)
    assert too_early.status_code == 409 and "was not tested or approved yet" in too_early.text
    assert send(engineer, f"{path}/tests", **TESTED).status_code == 303
    assert fetch(site, digest(content)).json()["state"] == "tested"
    own = send(engineer, f"{path}/approvals", **USE)
    assert own.status_code == 403 and "Another person" in own.text
    assert send(supervisor, f"{path}/approvals", **USE).status_code == 303
    again = send(supervisor, f"{path}/approvals", **USE)
    assert again.status_code == 409 and "so already" in again.text and 'value="W25Q64JV"' in again.text
    got = fetch(site, digest(content))
    assert (got.status_code, got.content, got.headers["etag"]) == (200, content, f'"{digest(content)}"')
    part = fetch(site, digest(content), Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, content[1000:2000])


def test_an_image_is_given_to_stations_alone_and_an_unknown_one_to_nobody(site: Desk) -> None:
    sha256 = approved(site, os.urandom(100))
    assert fetch(site, sha256, token="fjt_wrong").status_code == 401
    assert site.person("supervisor").get(f"/v1/images/{sha256}").status_code == 401
    assert fetch(site, "00" * 32).status_code == 404
    assert fetch(site, "../../fanji.sqlite").status_code in (404, 422)


@pytest.mark.parametrize(
    ("name", "content", "fields", "words"),
    [
        ("fj-r1.bin", b"", {}, "empty, damaged"),
        ("fj-r1.exe", b"MZ", {}, "empty, damaged"),
        ("fj-r1.hex", b"\x7fELF", {}, "empty, damaged"),
        ("fj-r1.hex", b":00000001FE\n", {}, "empty, damaged"),
        ("fj-r1.s19", b"S9030000FC\n", {}, "empty, damaged"),
        ("fj-r1.elf", b"ELF", {}, "empty, damaged"),
        ("fj-r1.dfu", b"DfuSe without its suffix", {}, "empty, damaged"),
        ("fj-r1.bin", b"x", {"version": " "}, "The version is missing"),
        ("fj-r1.bin", b"x", {"sha256": "00" * 32}, "not that of this file"),
        ("fj-r1.bin", b"x", {"sha256": "0"}, "not that of this file"),
        ("fj-r1.bin", b"x", {"note": "a\x07b"}, "characters that cannot be printed"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_nothing_and_loses_nothing_typed(
    site: Desk, name: str, content: bytes, fields: dict[str, str], words: str
) -> None:
    folder = site.site.site.settings.data_dir / "images"
    before = sorted(folder.rglob("*")) if folder.exists() else []
    answer = upload(site.person("engineer"), content, name, **({"note": "kept"} | fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert "note" in fields or 'value="kept"' in answer.text
    assert sorted(folder.rglob("*")) == before or all(path.is_dir() for path in folder.rglob("*") if path not in before)
    assert digest(content) not in site.person("engineer").get("/images").text


def test_a_form_without_a_file_is_refused(site: Desk) -> None:
    answer = send(site.person("engineer"), "/images", version="1")
    assert answer.status_code == 422 and "empty, damaged" in answer.text


def test_bytes_that_are_on_record_are_refused_whatever_they_are_called(site: Desk) -> None:
    content = os.urandom(50)
    assert upload(site.person("engineer"), content).status_code == 303
    again = upload(site.person("supervisor"), content, "other.bin")
    assert again.status_code == 409 and "so already" in again.text


def test_a_file_that_is_too_large_is_cut_off_while_it_is_read(site: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_IMAGE_BYTES", 1000)
    answer = upload(site.person("engineer"), b"x" * 1001)
    assert answer.status_code == 413 and "too large" in answer.text
    assert upload(site.person("engineer"), os.urandom(1000)).status_code == 303


def test_an_image_may_be_longer_than_any_other_body_but_not_from_a_stranger(site: Desk) -> None:
    content = os.urandom(MAX_BODY_BYTES + 1)
    assert upload(site.person("engineer"), content).status_code == 303
    assert site.visitor().post("/images", files={"file": ("x.bin", content)}).status_code == 303, "to the login"
    assert upload(site.person("reader"), content).status_code == 403
    assert site.visitor().post("/login", files={"file": ("x.bin", content)}).status_code == 413


def test_the_digest_of_what_a_text_file_puts_into_a_chip_is_known(site: Desk) -> None:
    content, high = os.urandom(300), os.urandom(20)
    made = bincopy.BinFile()
    made.add_binary(high, address=0x8000)
    made.add_binary(content, address=0x100)
    for name, text in (("r1.hex", made.as_ihex()), ("r1.s37", made.as_srec(address_length_bits=32))):
        path = upload(site.person("engineer"), text.encode(), name).headers["location"]
        assert digest(content + high) in site.person("engineer").get(path).text
    elf = upload(site.person("engineer"), b"\x7fELF" + os.urandom(20), "r1.elf").headers["location"]
    assert "known by the station alone" in site.person("engineer").get(elf).text


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("{", "Input data was truncated"),
        ('{"base": 1}', "base"),
        ('{"preserve": [{"address": 0, "length": 0, "name": "x"}]}', "length"),
        (
            '{"preserve": [{"address": 0, "length": 9, "name": "VIN"}], "serialisation": {"checksums": [], "fields": '
            '[{"name": "serial", "kind": "ascii", "address": 8, "length": 4, "pool": "p"}]}}',
            "VIN and serial overlap",
        ),
        (
            '{"serialisation": {"checksums": [], "fields": '
            '[{"name": "BT", "kind": "mac", "address": 8, "length": 4, "pool": "p"}]}}',
            "BT: a mac has a length of 6",
        ),
        (
            '{"serialisation": {"checksums": [], "fields": '
            '[{"name": "count", "kind": "uint_le", "address": 8, "length": 9, "pool": "p"}]}}',
            "count: a number has a length of at most 8",
        ),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_with_the_place(site: Desk, recipe: str, words: str) -> None:
    sha256 = approved(site, os.urandom(100))
    use = USE | {"target": "W25Q128JV", "recipe": recipe}
    answer = send(site.person("supervisor"), f"/images/{sha256}/approvals", **use)
    assert answer.status_code == 422
    assert "The recipe cannot be read" in answer.text and words in answer.text
    assert "W25Q128JV" in answer.text, "nothing typed is lost"


def test_a_withdrawn_image_is_told_to_stations_given_to_none_and_what_was_burned_with_it_counts_for_nothing(
    site: Desk, book: LetterBook
) -> None:
    content = os.urandom(200)
    sha256 = approved(site, content)
    image = {"name": "fj-r1.bin", "version": "1.4.2", "sha256": sha256, "size_bytes": 200}
    first = book.burn(image=image, after_sha256=sha256, serial="FJR126110021")
    site.send(first)
    token = {"Authorization": f"Bearer {site.site.site.tokens['bench-1']}"}
    before = site.visitor().get("/v1/stations/me/state", headers=token).json()
    assert sha256 not in str(before["withdrawn_images"])
    supervisor = site.person("supervisor")
    assert send(supervisor, f"/images/{sha256}/withdrawal", reason=" ").status_code == 422
    assert send(supervisor, f"/images/{sha256}/withdrawal", reason="蓝牙地址写错").status_code == 303
    after = site.visitor().get("/v1/stations/me/state", headers=token).json()
    assert after["version"] > before["version"]
    row = next(row for row in after["withdrawn_images"] if row["sha256"] == sha256)
    assert (row["content_sha256"], row["reason"], row["withdrawn_by"]) == (sha256, "蓝牙地址写错", "supervisor")
    refused = fetch(site, sha256)
    assert (refused.status_code, refused.json()["state"]) == (409, "withdrawn")
    for path, fields in (("tests", TESTED), ("approvals", USE), ("withdrawal", {"reason": "twice"})):
        again = send(supervisor, f"/images/{sha256}/{path}", **fields)
        assert again.status_code == 409 and "the image is withdrawn" in again.text
    demand = {"what": "burn", "serial": "FJR126110022", "image": sha256, "detail": "FJ-R1 1.4.2"}
    assert send(supervisor, "/gates/routes", **demand).status_code == 303
    burned = book.burn(image=image, after_sha256=sha256, serial="FJR126110022")
    by_file = book.burn(
        image=image | {"sha256": "ab" * 32, "file_sha256": sha256}, after_sha256="ab" * 32, serial="FJR126110023"
    )
    for letter in (burned, by_file):
        answer = site.visitor().put(letter.path, content=letter.body, headers=token)
        assert answer.json()["discrepancies"] == ["the image fj-r1.bin 1.4.2 is withdrawn"]
    assert "FJ-R1 1.4.2" in supervisor.get("/gates").text, "the demand is not met"
    page = supervisor.get(f"/images/{sha256}").text
    assert all(serial in page for serial in ("FJR126110021", "FJR126110022", "FJR126110023"))


def test_a_unit_carries_what_was_burned_last_and_a_failed_burn_carries_nothing(site: Desk, book: LetterBook) -> None:
    old, new = os.urandom(10), os.urandom(20)
    for content in (old, new):
        assert upload(site.person("engineer"), content).status_code == 303

    def burn(content: bytes, serial: str | None, **changes: object) -> None:
        image = {"name": "x.bin", "version": "1", "sha256": digest(content), "size_bytes": len(content)}
        after = {"image": image, "after_sha256": digest(content)} | changes
        site.send(book.burn(serial=serial, **after))

    def page(content: bytes) -> str:
        return site.person("reader").get(f"/images/{digest(content)}").text

    burn(old, "FJR126110031")
    burn(old, "FJR126110032")
    burn(new, "FJR126110031")
    burn(old, "FJR126110031", target="W25Q128JV")
    burn(old, None)
    burn(old, None)
    fail = book.burn("burn-fail", "FJR126110033", image=book.burn().content["image"] | {"sha256": digest(old)})
    book.seq, book.previous = fail.content["seq"] - 2, "0" * 64
    assert "FJR126110032" in page(old) and "FJR126110033" not in page(old)
    assert page(old).count("FJR126110031") == 1, "in its other IC alone"
    assert "FJR126110031" in page(new)
    assert page(old).count(">ad hoc<") == 2, "each IC for stock is one of its own"


FORMS = {
    "images.upload": ("/images", {"version": "1"}),
    "images.test": ("/images/{image}/tests", TESTED),
    "images.approve": ("/images/{image}/approvals", USE),
    "images.withdraw": ("/images/{image}/withdrawal", {"reason": "wrong"}),
}


def test_each_role_sees_every_image_and_does_what_the_table_says(site: Desk) -> None:
    sha256 = digest(b"of nobody in this test")
    people = {role: site.person(role) for role in permissions().roles}
    path = upload(people["engineer"], b"of nobody in this test").headers["location"]
    assert send(people["engineer"], f"{path}/tests", **TESTED).status_code == 303
    for role, person in people.items():
        page = person.get(path)
        assert page.status_code == 200 and person.get("/images").status_code == 200
        may = permissions().allows
        assert (person.get("/images/new").status_code == 200) == may(role, "images.upload"), role
        assert ('href="/images/new"' in person.get("/images").text) == may(role, "images.upload")
        for action, (form, fields) in FORMS.items():
            where = form.replace("{image}", sha256)
            if action in ("images.test", "images.withdraw"):
                assert (f'action="{where}"' in page.text) == may(role, action), (role, action)
            if not may(role, action):
                assert send(person, where, **fields).status_code == 403, (role, action)
            assert person.post(where, data=fields).status_code == 403, "without the page's token"
    for form, fields in FORMS.values():
        answer = site.visitor().post(form.replace("{image}", sha256), data=fields)
        assert answer.headers["location"].startswith("/login")
    assert people["reader"].get(path).text.count("Nobody has said") == 0


def test_a_file_that_is_gone_from_the_disk_is_an_error_of_the_server_and_no_empty_image(site: Desk) -> None:
    sha256 = approved(site, os.urandom(64))
    store.store_of(Path(site.site.site.settings.data_dir)).path(sha256).unlink()
    answer = fetch(site, sha256)
    assert answer.status_code == 503 and "backup" in answer.json()["detail"]
    assert unit("FJR126110001")["id"] not in answer.text
