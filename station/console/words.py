"""Every text that the scripts of the page show, and the languages there are."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

from station.console.bench_words import bench_words

LANGUAGES = {"zh_CN": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh_CN"
COOKIE = "fanji_lang"
FOLDER = Path(__file__).parent / "translations"


def language_of(cookie: str, accepted: str) -> str:
    """The cookie's language if there is one of ours, else the first of ours in Accept-Language, else Chinese."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepted.lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT_LANGUAGE


def translations(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of ``language``."""
    return gettext.translation("messages", FOLDER, [language])


def page_names(_: Callable[[str], str]) -> dict[str, str]:
    """The pages of this station by their paths."""
    return {"/": _("Tests"), "/burn": _("IC burning")}


def words(_: Callable[[str], str]) -> dict[str, str]:
    """Texts by the key under which the scripts look them up; ``{}`` stands for what is filled in."""
    return (
        verdict_words(_)
        | desk_words(_)
        | run_words(_)
        | prompt_words(_)
        | failure_words(_)
        | label_words(_)
        | afterwards_words(_)
        | bench_words(_)
    )


def verdict_words(_: Callable[[str], str]) -> dict[str, str]:
    """What a run, a step or a measurement came to."""
    return {
        "PASS": _("PASS"),
        "FAIL": _("FAIL"),
        "ERROR": _("ERROR"),
        "ABORTED": _("ABORTED"),
        "SKIPPED": _("skipped"),
        "INTERRUPTED": _("interrupted"),
        "NONE": _("no verdict"),
        "RUNNING": _("running"),
        "WAITING": _("waiting"),
        "PASS.hint": _("The unit may go on to packing."),
        "FAIL.hint": _("The unit goes back to repair."),
        "ERROR.hint": _("The station could not judge the unit. This is not the unit's fault."),
        "ABORTED.hint": _("The test was stopped. The unit has not been judged."),
        "REFUSED": _("NOT STARTED"),
        "REFUSED.hint": _("No test was made and nothing was switched on."),
        "EXITED": _("TEST PROCESS ENDED"),
        "EXITED.hint": _(
            "The test program ended by itself. The outputs are switched off by its guard and the run is "
            "put on record as stopped. Test the unit again."
        ),
    }


def desk_words(_: Callable[[str], str]) -> dict[str, str]:
    """The bar, the idle screen and what can go wrong before a run."""
    return {
        "ready": _("Scan the unit's serial number"),
        "ready.hint": _("or type it and press Enter"),
        "next": _("Scan the next unit"),
        "name": _("Who is at the bench?"),
        "letters.none": _("all records sent"),
        "letters.waiting": _("{} waiting"),
        "letters.aside": _("{} set aside"),
        "server.none": _("no server set up"),
        "server.unknown": _("server not asked yet"),
        "server.elsewhere": _("another program sends"),
        "server.up": _("server reached"),
        "server.down": _("server not reached"),
        "lost": _("The console does not answer. Reconnecting …"),
        "busy": _("Scanned {} – not used: a test is running."),
        "problem.busy": _("A test is running. Wait for its end or stop it."),
        "problem.idle": _("No test is running."),
        "problem.no_operator": _("Give your name first."),
        "problem.bad_name": _("This cannot be used as a name (1 to 80 characters)."),
        "problem.serial_as_name": _("This is a serial number. Give your name first, then scan."),
        "problem.bad_serial": _("This cannot be a serial number. Scan the label again."),
        "problem.unknown_product": _("This bench has no test plan for {}."),
        "problem.unreachable": _("The console did not answer. Was its window closed?"),
        "choose": _("Choose the product"),
        "choose.hint": _(
            "No serial-number rule matches {}. The unit is kept under a provisional number until the server knows it."
        ),
        "slot.free": _("free"),
        "slot.asks": _("asks you"),
        "slot.next": _("next unit"),
        "slot.started": _("{} is tested in slot {}."),
        "slot.none": _("Scanned {} – not used: every slot is testing."),
        "problem.no_slot": _("This bench has no such slot."),
        "sent": _("sent"),
        "unsent": _("unsent"),
        "aside": _("set aside"),
        "recent.none": _("No test at this bench yet."),
    }


def run_words(_: Callable[[str], str]) -> dict[str, str]:
    """A run while it is played and what came out of it."""
    return {
        "starting": _("Starting …"),
        "running": _("Testing"),
        "making_safe": _("Switching the outputs off …"),
        "aborting": _("Stopping …"),
        "arm": _("Press Esc again to stop"),
        "arm.all": _("Press Esc again to stop all tests"),
        "step.of": _("step {} of {}"),
        "values.of": _("{} of {} values"),
        "seconds": _("{} s"),
        "no_value": _("no value"),
        "limit.between": _("{} … {}"),
        "limit.at_least": _("≥ {}"),
        "limit.at_most": _("≤ {}"),
        "limit.equals": _("= {}"),
        "limit.one_of": _("one of {}"),
        "limit.matches": _("pattern {}"),
        "limit.photo": _("a photo"),
        "limit.same_as": _("same as {}"),
        "limit.is_true": _("yes"),
        "true": _("yes"),
        "false": _("no"),
        "above": _("{} above the limit {}"),
        "below": _("{} below the limit {}"),
        "instead": _("should be {}"),
        "curve": _("{}: curve in {}"),
        "failed.more": _("and {} more in the list"),
        "unproved": _("NOT PROVED OFF: {} – switch the supply off by hand"),
        "provisional": _("provisional number"),
    }


def label_words(_: Callable[[str], str]) -> dict[str, str]:
    """What became of a label."""
    return {
        "label.printing": _("The label is being printed …"),
        "label.printed": _("Label printed"),
        "label.again.printed": _("Label printed again (print {})"),
        "label.failed": _("Label not printed: {}"),
        "problem.label_asked": _("This label was asked for already."),
    }


def afterwards_words(_: Callable[[str], str]) -> dict[str, str]:
    """The schedule, what was only just, the label, and what fixed it last time."""
    return {
        "share.band": _(" ({}\u00a0% of the limit band)"),
        "share.limit": _(" ({}\u00a0% of the limit)"),
        "comma": _(", "),
        "marginal": _("marginal"),
        "attempt": _("attempt {}"),
        "attempt.passed": _("passed at attempt {}"),
        "gantt.takt": _("Takt time"),
        "gantt.serial": _("Played one by one"),
        "gantt.saved": _("Saved"),
        "gantt.waited": _("Waited on the critical path"),
        "gantt.critical": _("Critical path"),
        "gantt.waits": _("waits for {}"),
        "gantt.waits.held": _("waits for {}, which {} holds"),
        "label.withheld": _("No label: the unit passed only just, and this bench prints none then."),
        "problem.no_label": _("This run has no label."),
        "remedies": _("What fixed it last time"),
        "remedy.repair": _("repaired: {}"),
        "remedy.burn": _("burned: {}"),
        "remedy.note": _("{}"),
        "remedy.retest": _("passed when tested again; nothing else is on record"),
    }


def prompt_words(_: Callable[[str], str]) -> dict[str, str]:
    """The checklist and the questions."""
    return {
        "tick.missing": _("{} not ticked. Tick them, or report them missing with F8."),
        "tick.unknown": _("Scanned {} – not on this list. Nothing was confirmed."),
        "tick.confirm": _("Everything is there"),
        "tick.report": _("Report {} missing"),
        "confirm.yes": _("Yes, it is so"),
        "confirm.no": _("No"),
        "question.none": _("Nothing is chosen. Type the number of an answer, then Enter."),
        "question.unknown": _("Scanned {} – no answer to this question. Nothing was answered."),
        "question.early": _("{} was typed before the question was there. Nothing was answered."),
        "enter.none": _("Type the number first, then Enter."),
        "enter.take": _("Take {}"),
        "enter.unknown": _("{} is no number. Nothing was taken."),
        "photo.choose": _("Take the photo"),
        "photo.again": _("Take another"),
        "photo.take": _("Keep this photo"),
        "photo.looking": _("The bench's camera is looking."),
        "problem.no_camera": _("This bench has no camera for photos."),
        "problem.camera": _("The bench's camera gave no picture ({}). Space takes another camera or a file."),
        "photo.none": _("Take the photo first: Space."),
        "photo.unknown": _("Scanned {} – not used: a photo is asked for."),
        "problem.bad_photo": _("This is no whole picture of at most 5 MB (JPEG or PNG). Take the photo again."),
        "problem.photo_not_kept": _("The photo was not kept: this PC's disk does not take it. Call the administrator."),
    }


def failure_words(_: Callable[[str], str]) -> dict[str, str]:
    """Who must act on an error, by its kind."""
    return {
        "who": _("Who acts"),
        "what": _("What happened"),
        "where": _("In step"),
        "who.config": _("test engineer: bench, plan or settings file"),
        "who.link": _("bench maintenance: cable, port and power of {}"),
        "who.link.any": _("bench maintenance: cables, ports and power"),
        "who.instrument": _("bench maintenance: instrument {}"),
        "who.programmer": _("bench maintenance: programmer {}, its clip or socket"),
        "who.instrument.any": _("bench maintenance: instruments"),
        "who.programmer.any": _("bench maintenance: programmer"),
        "who.target": _("repair: the chip"),
        "who.dut": _("repair: the unit does not answer"),
        "who.station": _("IT: this station PC"),
        "who.server": _("IT: server, token or network"),
        "who.operator": _("operator"),
        "who.gate.hold": _("supervisor: the unit is held"),
        "who.gate.released_plan": _("after-sales engineer: the test plan is not released"),
        "who.gate.routing": _("repair: the unit is not ready for its outgoing test"),
        "who.gate.retest": _("repair: the unit failed too often"),
        "who.gate.selftest": _("bench maintenance: the bench must test itself first"),
        "who.gate.golden_unit": _("operator: the golden unit comes first"),
        "who.estop": _("operator: the e-stop is pressed. Release it when the bench is safe, then test the unit again"),
    }
