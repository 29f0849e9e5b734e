"""Every ledger can be reached from the header, and nobody is shown a door that is closed to him."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.admin.permissions import permissions
from server.app import create_app
from server.web.navigation import GROUPS, Navigation, navigation
from tests.server.conftest import Site
from tests.server.page_routes import page_routes
from tests.server.pages_site import PagesSite, pages_site


class Anybody:
    def may(self, action: str) -> bool:
        return True


@pytest.fixture(scope="module")
def served(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("doors") / "site") as site:
        yield site


def here(doors: Navigation) -> list[str]:
    return [door.text for door in (*doors.groups, *doors.places) if door.is_here]


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/", ["Home"]),
        ("/cases", ["Returns", "Return cases"]),
        ("/arrivals/0190b2c4", ["Returns", "Receive"]),
        ("/units/0190b2c4", ["Returns", "Units"]),
        ("/units/0190b2c4/runs/0190b2c5", ["Tests", "Test ledger"]),
        ("/parts/plan", ["Parts", "Purchase plan"]),
        ("/parts/0190b2c4/change", ["Parts", "Stock"]),
        ("/nowhere", []),
    ],
)
def test_the_header_says_where_one_is(path: str, texts: list[str]) -> None:
    assert here(navigation(path, Anybody())) == texts


def test_every_page_without_a_key_of_its_own_belongs_to_a_place(served: PagesSite) -> None:
    paths = [path for path in page_routes(create_app(served.site.settings)) if "{" not in path]
    assert len(paths) > 20
    assert [path for path in paths if not here(navigation(path, Anybody()))] == ["/docs", "/login", "/login/code"]


def test_every_door_opens_to_those_who_see_it(served: PagesSite) -> None:
    """A reader tries all that he is shown; doors that ask for more are tried by each role that sees them."""
    places = [place for group in GROUPS for place in group.places]
    closed = []
    for role in permissions().roles:
        person = served.person(role)
        for place in places:
            is_tried = permissions().allows(role, place.action) if place.action else role == "reader"
            if is_tried and person.get(place.path).status_code != 200:
                closed.append((role, place.path))
    assert closed == []
