"""What a clerk has burned and scrapped is counted from signing on, and begins anew with the next."""

from __future__ import annotations

from station.console.burn_shift import Shift, ShiftTold


def test_a_shift_counts_good_and_bad_ics_and_why_they_were_scrapped() -> None:
    shift = Shift()
    for result in ("PASS", "FAIL", "PASS", "ERROR", "ABORTED", ""):
        shift.note_burn("李雷", result)
    shift.note_scrap("李雷", "burn_failed", 1)
    shift.note_scrap("李雷", "lost", 2)
    shift.note_scrap("李雷", "lost", 1)
    assert shift.told("李雷") == ShiftTold(2, 1, {"burn_failed": 1, "lost": 3})


def test_it_stands_while_the_page_is_locked_and_ends_with_the_next_clerk() -> None:
    shift = Shift()
    shift.note_burn("李雷", "PASS")
    assert shift.told("") == shift.told("李雷") == ShiftTold(1, 0, {})
    assert shift.told("韩梅梅") == ShiftTold(0, 0, {})
    assert shift.told("李雷") == ShiftTold(0, 0, {})
