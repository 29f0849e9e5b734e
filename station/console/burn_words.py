"""The texts of the clerk's page: orders, programmers, what becomes of ICs."""

from __future__ import annotations

from collections.abc import Callable

from station.console.bench_words import seat_words
from station.console.words import desk_words, label_words, verdict_words


def clerk_words(_: Callable[[str], str]) -> dict[str, str]:
    """Texts by the key under which the scripts look them up; ``{}`` stands for what is filled in."""
    shared = verdict_words(_) | desk_words(_) | seat_words(_) | label_words(_)
    return shared | _order_words(_) | _site_words(_) | _custody_words(_)


def _order_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "burn.scan": _("Scan a burn order"),
        "burn.scan.hint": _("or choose one of the open orders: arrow keys, Enter"),
        "burn.none": _("No order is open."),
        "burn.image": _("Image"),
        "burn.target": _("IC"),
        "burn.product": _("Product"),
        "burn.for": _("For"),
        "burn.stock": _("stock"),
        "burn.by": _("Ordered by {}, approved by {}"),
        "burn.revision": _("board {}"),
        "burn.account": _("{} of {} good"),
        "burn.account.more": _("{} taken · {} scrapped · {} returned · {} in hand"),
        "burn.aside": _("Letters that the server set aside: {}. They count here, not there: tell your supervisor."),
        "burn.away": _("The server cannot be asked. What this station was told counts until {}."),
        "burn.ready": _("Put an IC into each socket, then press Enter"),
        "burn.ready.unit": _("Scan the unit {} to burn its IC"),
        "burn.done": _("This order is done"),
        "burn.running": _("Burning"),
        "burn.shift": _("This shift: {} good, {} bad"),
        "burn.shift.yield": _("{} % good"),
        "burn.shift.scrapped": _("scrapped: {}"),
        "burn.how": _("How"),
        "burn.how.backup": _("with backup"),
        "burn.how.no_backup": _("without backup"),
        "burn.how.blank_check": _("blank check"),
        "burn.how.readback_final": _("read back at the end"),
        "burn.how.readback_interleaved": _("read back while writing"),
        "burn.how.all": _("every block erased"),
        "burn.how.none": _("new ICs alone, nothing erased"),
        "burn.how.lower_clock": _("weak contact refused"),
        "burn.how.protection": _("protected at the end: {}"),
        "label.withheld": _("No label: the IC passed only just, and this bench prints none then."),
        "label.none": _("No label: only an IC that passed by an order has one."),
        "label.which": _("Which label is printed again?"),
        "problem.no_label": _("This IC has no label."),
        "problem.burn.busy": _("ICs are being burned: wait until that has ended."),
        "problem.burn.no_order": _("Scan a burn order first."),
        "problem.burn.none_free": _("No programmer is free, or the order needs no more ICs."),
        "problem.burn.other_unit": _("That is another unit. This order is for {}."),
    }


def _site_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "site.idle": _("ready"),
        "site.off": _("left out"),
        "site.stopped": _("socket stopped"),
        "site.REFUSED": _("not begun"),
        "site.EXITED": _("ended by itself"),
        "site.left": _("{} s left"),
        "site.rate": "{} KiB/s",
        "site.wear": _("insertions: {}"),
        "site.yield": _("{} % good"),
        "site.use": _("Take part"),
        "stage.contact": _("contact"),
        "stage.identify": _("identify"),
        "stage.blank_check": _("blank check"),
        "stage.backup": _("back up"),
        "stage.plan": _("plan"),
        "stage.erase": _("erase"),
        "stage.program": _("program"),
        "stage.read_back": _("read back"),
        "stage.protect": _("protect"),
        "stage.unprotect": _("take protection away"),
        "PASS.ic": _("Label the IC and put it to the good ones."),
        "FAIL.ic": _("The IC is bad: say what becomes of it."),
        "ERROR.ic": _("Not the IC's fault: seat it again, then burn again."),
        "ABORTED.ic": _("Stopped. The IC must be burned again."),
        "arm.burn": _("Press Esc once more to stop every burn"),
    }


def _custody_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "take": _("How many ICs do you take?"),
        "return": _("How many ICs do you give back?"),
        "scrap": _("Why is the IC scrapped?"),
        "scrap.of": _("What becomes of the IC from {}?"),
        "custody.hint": _("number + Enter; Esc goes back"),
        "reason.burn_failed": _("the burn failed"),
        "reason.not_blank": _("not blank"),
        "reason.wrong_part": _("another IC than ordered"),
        "reason.damaged": _("damaged"),
        "reason.lost": _("lost"),
        "reason.keep": _("keep it and try again"),
        "custody.done": _("On record: {} {}"),
        "event.taken": _("taken"),
        "event.scrapped": _("scrapped"),
        "event.returned": _("returned"),
    }
