"""What can be typed after the commands that concern ICs: burn, the looks at a chip, the sockets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from station.model.custody import CustodyEvent, ScrapReason

LOOKS = {
    "identify": "say which IC answers at a programmer",
    "read": "read an IC into a file",
    "verify": "compare an IC with an image",
    "blank-check": "say whether an IC is erased",
}
LOOK_EXITS = (
    "Exit code: 0 as asked, 1 the IC is another, differs or is not blank, 2 wrong use, 3 programmer or contact."
)
SERVICES = ("cleaned", "replaced")


def burn_arguments(parser: argparse.ArgumentParser) -> None:
    """What is burned into which IC."""
    _image(parser, is_needed=False)
    parser.add_argument("--order", default="", metavar="NO", help="burn by this order, which says all but where")
    parser.add_argument("--target", default="", help="the type of IC, e.g. W25Q64JV")
    parser.add_argument("--programmer", required=True, help="its name in the bench file")
    parser.add_argument("--socket", default="", metavar="NAME", help="where the IC sits, if the programmer has several")
    bench_argument(parser)
    parser.add_argument("--unit", default="", metavar="SERIAL", help="the unit that holds the IC")
    parser.add_argument(
        "--protect", default="", metavar="SETTINGS", help="what is protected at the end, e.g. BP=7,TB=1 or RDP=1"
    )
    parser.add_argument("--unprotect", action="store_true", help="take write protection away first, on record")
    parser.add_argument(
        "--erase-all-to-unlock", action="store_true", help="and readout protection, which erases all of the IC"
    )
    parser.add_argument(
        "--accept-no-proof", action="store_true", help="burn a DFU device that gives nothing back; its PASS is marginal"
    )


def erase_arguments(parser: argparse.ArgumentParser) -> None:
    """What is erased of which IC, said twice."""
    parser.add_argument("--target", required=True, help="the type of IC, e.g. W25Q64JV")
    parser.add_argument("--region", default="", metavar="START:LENGTH", help="a part of it, e.g. 0x10000:4096")
    parser.add_argument(
        "--yes", default="", metavar="TYPE", help="the type of IC again; asked for where it is left out"
    )
    parser.add_argument("--programmer", required=True, help="its name in the bench file")
    parser.add_argument("--socket", default="", metavar="NAME", help="where the IC sits, if the programmer has several")
    bench_argument(parser)
    parser.add_argument("--unit", default="", metavar="SERIAL", help="the unit that holds the IC")


def look_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """What looks at an IC and changes nothing."""
    if name == "verify":
        _image(parser)
    if name == "read":
        parser.add_argument("out", type=Path, help="the file to write; it must not exist")
    if name != "identify":
        parser.add_argument("--target", required=True, help="the type of IC, e.g. W25Q64JV")
    if name in ("read", "blank-check"):
        parser.add_argument("--region", default="", metavar="START:LENGTH", help="a part of it, e.g. 0x10000:4096")
    parser.add_argument("--programmer", required=True, help="its name in the bench file")
    bench_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def _image(parser: argparse.ArgumentParser, is_needed: bool = True) -> None:
    count = None if is_needed else "?"
    parser.add_argument("image", type=Path, nargs=count, help="the image file: .bin, .hex, .srec, .elf or .dfu")
    parser.add_argument("--base", type=_address, default=0, metavar="ADDRESS", help="of the IC in the image file (0)")
    parser.add_argument("--keep-holes", action="store_true", help="the IC keeps what the image file leaves out")


def socket_arguments(parser: argparse.ArgumentParser) -> None:
    """Which socket was serviced, and how."""
    bench_argument(parser)
    parser.add_argument("--serviced", default="", metavar="PROGRAMMER/SOCKET", help="begin the counts of this one anew")
    parser.add_argument("--what", choices=SERVICES, default="replaced", help="what was done with it")
    parser.add_argument("--operator", default="", metavar="NAME", help="who did it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def media_arguments(parser: argparse.ArgumentParser) -> None:
    """What is done with which file set, and where the card is mounted."""
    verbs = parser.add_subparsers(dest="media", required=True, metavar="VERB")
    listed = verbs.add_parser("list", help="print the manifest of the files in a folder")
    listed.add_argument("folder", type=Path, metavar="DIR", help="the folder with all of it")
    listed.add_argument("--name", required=True, help="what the set is called")
    listed.add_argument("--set-version", required=True, metavar="VERSION", help="its version")
    listed.add_argument("--product", required=True, help="for which product")
    written = verbs.add_parser("write", help="write the set onto a card and read all of it back")
    written.add_argument("manifest", type=Path, metavar="MANIFEST", help="the manifest, a TOML file")
    written.add_argument("card", type=Path, metavar="CARD", help="where the card is mounted")
    written.add_argument("--source", type=Path, metavar="DIR", help="where the files are (the manifest's folder)")
    written.add_argument("--any-folder", action="store_true", help="the card is a folder, not a mount of its own")
    written.add_argument("--unit", default="", metavar="SERIAL", help="the unit that the card belongs to")
    written.add_argument("--operator", required=True, metavar="NAME", help="who is at the bench")
    written.add_argument("--events", action="store_true", help="JSON lines: events on stdout, commands on stdin")
    bench_argument(written)
    verified = verbs.add_parser("verify", help="compare a card with the manifest")
    verified.add_argument("manifest", type=Path, metavar="MANIFEST", help="the manifest, a TOML file")
    verified.add_argument("card", type=Path, metavar="CARD", help="where the card is mounted")


def custody_arguments(parser: argparse.ArgumentParser) -> None:
    """How many ICs of which order, and why."""
    parser.add_argument("order", help="the number of the burn order, as scanned")
    parser.add_argument("event", choices=get_args(CustodyEvent), help="out of custody, unfit, or back unburned")
    parser.add_argument("quantity", type=int, help="how many ICs")
    parser.add_argument("--reason", choices=get_args(ScrapReason), default="", help="why they were scrapped")
    parser.add_argument("--note", default="", metavar="TEXT", help="in words, where the reason is other")
    parser.add_argument("--after-burn", default="", metavar="BURN", help="the burn that the IC did not survive")
    parser.add_argument("--operator", required=True, metavar="NAME", help="who says so")
    bench_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def bench_argument(parser: argparse.ArgumentParser) -> None:
    """The bench file."""
    parser.add_argument("--bench", required=True, type=Path, metavar="FILE", help="the bench file")


def _address(text: str) -> int:
    """A number as people write addresses: 0x08000000, 134217728."""
    number = int(text, 0)
    if number < 0:
        raise ValueError
    return number
