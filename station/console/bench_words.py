"""The texts about the bench itself: who sits at it, how its instruments are, what was tested there before."""

from __future__ import annotations

from collections.abc import Callable


def bench_words(_: Callable[[str], str]) -> dict[str, str]:
    """Texts by the key under which the scripts look them up; ``{}`` stands for what is filled in."""
    return seat_words(_) | _instrument_words(_) | _past_words(_)


def seat_words(_: Callable[[str], str]) -> dict[str, str]:
    """Who sits at the bench."""
    return {
        "seat.badge": _("Scan your badge, or type your name"),
        "seat.pin": _("Type your PIN"),
        "seat.begin": _("Begin"),
        "seat.next": _("Next"),
        "seat.kept": _("Kept until you change it. It is written into every record."),
        "seat.listed": _("Your name on the server's list is written into every record. Left alone, the bench locks."),
        "seat.pin.hint": _("Esc goes back to the name"),
        "seat.changed": _("{} is at the bench."),
        "problem.pin": _("Type your PIN"),
        "problem.not_known": _("Name, badge or PIN is not right. Wait {} s, then try again."),
        "problem.shift_running": _("This is a badge. The operator can only change between two tests."),
        "again": _("Test again"),
        "sound.on": _("Sound is on"),
        "sound.off": _("Sound is off"),
    }


def _instrument_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "bench.well": _("{} instruments well"),
        "bench.bad": _("{} of {} need attention"),
        "bench.soon": _("calibration due in {} days"),
        "bench.unseen": _("instruments not seen"),
        "bench.none": _("no instruments"),
        "selftest": _("self-test of the bench"),
        "golden": _("golden unit of {}"),
        "golden.PASS.hint": _("The bench may test units of this product until the golden unit is due again."),
        "golden.FAIL.hint": _("The bench may be at fault. No unit of this product is tested until this one passes."),
        "golden.passed": _("passed {}"),
        "golden.until": _("due {}"),
        "golden.never": _("it has not been tested here: put it into the jig and test it"),
        "golden.failed": _("it failed here: have the bench mended, then test it again"),
        "golden.bench_changed": _("the bench file was changed since it passed: test it again"),
        "golden.plan_changed": _("the plan was changed since it passed: test it again"),
        "golden.future": _("it passed in the future, a clock was set: test it again"),
        "golden.overdue": _("it is due: put it into the jig and test it"),
        "instrument.over": _("calibration over since {} days: have it calibrated"),
        "instrument.today": _("calibration due today"),
        "instrument.due": _("calibration due in {} days"),
        "instrument.undated": _("not under calibration"),
        "instrument.seen": _("seen {}"),
        "instrument.unseen": _("not seen yet"),
    }


def _past_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "past.title": _("Scan or type a serial number to find its tests"),
        "past.hint": _("a part of it is enough · a day as 2026-11-26 · ↑ ↓ choose · Tab to the lists · Esc goes back"),
        "past.searched": _("Serial number with {} · Esc shows all"),
        "past.day": _("Tests of {}"),
        "past.none": _("No test at this bench matches."),
        "past.gone": _("Of this test the verdict alone is still kept here. The server has the record."),
        "past.busy": _("Earlier tests are shown between two tests."),
        "past.failed": _("The history could not be read. Tell the administrator."),
        "past.attempt": _("attempt {}"),
        "purpose.outgoing": _("outgoing test"),
        "purpose.incoming": _("incoming test"),
        "purpose.golden": _("golden unit"),
        "purpose.grr": _("study"),
        "purpose.debug": _("debug, judges no unit"),
    }
