"""ICs of burn orders: stock follows what the letters count, and what it cannot follow is told, never refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from server.errors import NotFound, NotInForce
from server.images.flows import Use, approve_image
from server.ingest.acceptance import accept_burn
from server.orders.flows import correct_accounts
from server.parts.burned import BurnRow, burn_rows, follow_again
from server.parts.flows import reverse
from server.parts.movements import MovementFilter, movements
from server.parts.verify import differences
from server.units.queries import discrepancies_of
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import unit
from tests.server.order_desk import PRODUCT, OrderDesk, digest, shared_server
from tests.server.stock_room import BOSS, CLERK, ENGINEER, StockRoom, made_id


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("burned") / "site") as running:
        yield running


@pytest.fixture
def room(server: RunningServer) -> StockRoom:
    return StockRoom(server.database, server.site.settings)


class IcDesk(OrderDesk):
    """Orders for a type of IC that no other desk burns."""

    def begin(self, target: str, quantity: int = 3, serial: str = "") -> str:
        """An order for the type; its number."""
        self.target = target
        self.image()
        with self.server.database.writing() as connection:
            use = Use(PRODUCT, "B", target, "")
            approval = approve_image(connection, digest(self.program), use, self.author(BOSS))
        return self.order(approval, quantity, serial)

    def good(self, no: str) -> list[str]:
        return self.burn(no, target=self.target)


@pytest.fixture
def target() -> str:
    return f"W25Q{secrets.token_hex(4).upper()}"


@pytest.fixture
def desk(server: RunningServer) -> IcDesk:
    return IcDesk(server)


def followed(room: StockRoom, no: str) -> BurnRow:
    with room.database.reading() as connection:
        (row,) = burn_rows(connection, no)
    return row


def test_taken_good_scrapped_and_returned_ics_move_the_stock_of_their_part(
    room: StockRoom, desk: IcDesk, target: str
) -> None:
    number = room.part("IC", stock=10, kind="ic", target=target)
    no = desk.begin(target)
    assert desk.custody(no, "taken", 5) == []
    assert (room.at(number), room.at(number, "BURNING")) == (5, 5)
    assert [desk.good(no), desk.good(no)] == [[], []]
    assert desk.custody(no, "scrapped", 1) == []
    assert desk.custody(no, "returned", 1) == []
    assert [room.at(number, code) for code in ("STORE", "BURNING", "BURNED", "SCRAP")] == [6, 1, 2, 1]
    row = followed(room, no)
    assert row.told == row.followed and row.differences == []
    with room.database.reading() as connection:
        newest = movements(connection, MovementFilter(text=no))[0]
        assert (newest.kind, newest.reason, newest.order_no, newest.actor) == ("burn", "returned", no, "李雷")
        assert list(differences(connection)) == []
    with pytest.raises(NotInForce, match="not taken back by hand"), room.database.writing() as connection:
        reverse(connection, made_id(), newest.id, "no", room.author(BOSS))


def test_a_letter_sent_twice_moves_the_stock_once(room: StockRoom, desk: IcDesk, target: str) -> None:
    number = room.part("IC", stock=10, kind="ic", target=target)
    letter = desk.custody_letter(desk.begin(target), "taken", 2)
    assert desk.put(letter) == []
    assert desk.server.put(letter).status_code == 200
    assert room.at(number) == 8


def test_where_stock_has_no_such_ic_the_letter_counts_with_a_discrepancy_and_stock_follows_later(
    room: StockRoom, desk: IcDesk, target: str
) -> None:
    number = room.part("IC", stock=1, kind="ic", target=target)
    no = desk.begin(target)
    letter = desk.custody_letter(no, "taken", 4)
    words = f"{no}: 3 ICs taken, the ledger has 1 of {number} for it"
    assert desk.put(letter) == [words]
    again = desk.server.put(letter)
    assert (again.status_code, again.json()["discrepancies"]) == (200, [words])
    assert desk.accounts(no)[1] == 4, "the ICs have changed hands, whatever the ledger says"
    assert (room.at(number), room.at(number, "BURNING")) == (0, 1)
    with room.database.reading() as connection:
        assert [found.code for found in discrepancies_of(connection, letter.id)] == ["stock"]
    assert followed(room, no).differences == [("taken", 3)]
    room.receive(number, 5)
    with room.database.writing() as connection:
        assert follow_again(connection, no, room.author(CLERK)) == []
        with pytest.raises(NotFound):
            follow_again(connection, "BO-2026-999999", room.author(CLERK))
    assert (room.at(number), room.at(number, "BURNING")) == (2, 4)
    assert desk.good(no) == []
    assert followed(room, no).differences == []


def test_a_letter_that_the_order_does_not_count_moves_no_stock(room: StockRoom, desk: IcDesk, target: str) -> None:
    number = room.part("IC", stock=5, kind="ic", target=target)
    no = desk.begin(target)
    assert desk.custody(no, "returned", 1) != []
    assert desk.burn("BO-2026-999999", target=target) != []
    assert (room.at(number), room.at(number, "BURNING")) == (5, 0)


def test_a_correction_and_a_burn_that_is_judged_again_move_the_stock_too(
    room: StockRoom, desk: IcDesk, target: str
) -> None:
    number = room.part("IC", stock=5, kind="ic", target=target)
    no = desk.begin(target)
    burn = desk.burn_letter(no, target=target)
    assert desk.put(burn) != [], "no IC was taken"
    with room.database.writing() as connection:
        correct_accounts(connection, no, "taken", "3", "forgotten", room.author(ENGINEER))
    assert room.at(number, "BURNING") == 3
    with room.database.writing() as connection:
        accept_burn(connection, no, burn.id, "it was taken", room.author(ENGINEER))
        correct_accounts(connection, no, "scrapped", "1", "broken", room.author(ENGINEER))
        correct_accounts(connection, no, "scrapped", "-1", "found", room.author(ENGINEER))
        correct_accounts(connection, no, "taken", "-1", "counted wrong", room.author(ENGINEER))
    assert [room.at(number, code) for code in ("STORE", "BURNING", "BURNED", "SCRAP")] == [3, 1, 1, 0]
    assert followed(room, no).differences == []


def test_an_order_for_an_ic_on_its_board_or_begun_before_the_part_moves_nothing(
    room: StockRoom, desk: IcDesk, target: str
) -> None:
    early = desk.begin(target)
    assert desk.custody(early, "taken", 2) == []
    number = room.part("IC", stock=5, kind="ic", target=target)
    assert [desk.good(early), desk.custody(early, "returned", 1)] == [[], []]
    board = IcDesk(desk.server)
    on_board = board.begin(target, 1, board.serial)
    assert board.burn(on_board, target=target, kind="unit", unit=unit(board.serial)) == []
    assert board.accounts(on_board)[0] == "closed"
    assert (room.at(number), room.at(number, "BURNING")) == (5, 0)
    with room.database.reading() as connection:
        assert burn_rows(connection, early) == burn_rows(connection, on_board) == []
