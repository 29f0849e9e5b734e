"""Holds, releases and demands by the page: who sees them, who may change them, what is said where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.admin.permissions import permissions
from tests.server.conftest import Site
from tests.server.pages_site import PagesSite, csrf_of, pages_site

PLAN = "ab" * 32
FORMS = {
    "holds.write": ("/gates/holds", {"what": "unit", "name": "FJR126110001", "reason": "swollen"}),
    "plans.release": ("/gates/plans", {"product": "FJ-R1", "sha256": PLAN}),
    "routes.write": ("/gates/routes", {"what": "repair", "serial": "FJR126110002", "detail": "no sound"}),
}


@pytest.fixture
def site(prepared_site: Site, tmp_path: Path) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path / "site") as made:
        yield made


def send(person: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return person.post(path, data={"csrf": csrf_of(person.get("/gates")), **fields})


def test_everybody_sees_them_and_only_who_may_has_the_forms(site: PagesSite) -> None:
    for role in permissions().roles:
        page = site.person(role).get("/gates")
        assert page.status_code == 200
        for action, (path, _) in FORMS.items():
            has_form = f'action="{path}"' in page.text
            assert has_form == permissions().allows(role, action), (role, action)


@pytest.mark.parametrize("action", FORMS)
def test_who_may_not_changes_nothing_and_nobody_does_without_the_pages_token(site: PagesSite, action: str) -> None:
    path, fields = FORMS[action]
    assert send(site.person("reader"), path, **fields).status_code == 403
    assert site.person("supervisor").post(path, data=fields).status_code == 403
    assert site.visitor().post(path, data=fields).status_code in (303, 401, 403)
    assert "FJR12611000" not in site.person("reader").get("/gates").text
    assert PLAN not in site.person("reader").get("/gates").text


def test_a_unit_is_held_told_to_the_stations_and_released_with_both_reasons(site: PagesSite) -> None:
    engineer = site.person("engineer")
    done = send(engineer, "/gates/holds", what="unit", name=" fjr126110001", reason="swollen capacitors")
    assert (done.status_code, done.headers["location"]) == (303, "/gates#holds")
    page = engineer.get("/gates").text
    assert "FJR126110001" in page and "swollen capacitors" in page and "engineer" in page
    token = {"Authorization": f"Bearer {site.site.tokens['bench-1']}"}
    (told,) = site.visitor().get("/v1/stations/me/state", headers=token).json()["holds"]
    assert (told["serial"], told["reason"]) == ("FJR126110001", "swollen capacitors")
    form = page.split('action="/gates/holds/')[1].split('"')[0]
    assert send(engineer, f"/gates/holds/{form}", reason="inspected").status_code == 303
    assert "Nothing is held." in engineer.get("/gates").text
    gone = send(engineer, f"/gates/holds/{form}", reason="inspected")
    assert gone.status_code == 404 and "it is not there any more" in gone.text


def test_a_plan_is_released_once_and_withdrawn(site: PagesSite) -> None:
    engineer = site.person("engineer")
    assert send(engineer, "/gates/plans", product="FJ-R1", sha256=PLAN.upper()).status_code == 303
    again = send(engineer, "/gates/plans", product="FJ-R1", sha256=PLAN)
    assert again.status_code == 409 and "it is so already" in again.text
    assert send(engineer, "/gates/plans/withdraw", product="FJ-R1", sha256=PLAN, reason="a limit").status_code == 303
    assert PLAN not in engineer.get("/gates").text


def test_a_repair_and_a_burn_are_demanded_and_a_repair_is_put_on_record(site: PagesSite) -> None:
    technician = site.person("technician")
    assert send(technician, "/gates/routes", what="repair", serial="FJR126110002", detail="no sound").status_code == 303
    burn = {"what": "burn", "serial": "FJR126110002", "detail": "FJ-R1 1.4.2", "image": PLAN}
    assert send(technician, "/gates/routes", **burn).status_code == 303
    page = technician.get("/gates").text
    assert "no sound" in page and "FJ-R1 1.4.2" in page
    assert send(technician, "/gates/routes", what="repaired", serial="FJR126110002").status_code == 303
    page = technician.get("/gates").text
    assert "no sound" not in page and "FJ-R1 1.4.2" in page


@pytest.mark.parametrize(
    ("path", "fields", "words", "kept"),
    [
        ("/gates/holds", {"what": "product", "name": "FJ-N7", "reason": " "}, "say why", "FJ-N7"),
        ("/gates/holds", {"what": "unit", "name": "A*", "reason": "why not"}, "cannot be a serial number", "why not"),
        ("/gates/plans", {"product": "FJ-R1", "sha256": "abc"}, "whole sha256", "FJ-R1"),
        ("/gates/routes", {"what": "burn", "serial": "FJR126110002", "image": "x"}, "whole sha256", "FJR126110002"),
    ],
)
def test_what_cannot_be_is_said_beside_its_form_and_nothing_typed_is_lost(
    site: PagesSite, path: str, fields: dict[str, str], words: str, kept: str
) -> None:
    answer = send(site.person("engineer"), path, **fields)
    assert answer.status_code == 422
    assert words in answer.text and f'value="{kept}"' in answer.text
    assert "Nothing is held." in answer.text and "Nothing is missing." in answer.text
