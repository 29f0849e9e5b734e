"""The burn orders and images that this station was told, on its disk: what may be burned while the server is away."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx
import msgspec

from station.config.settings import Settings
from station.model.clock import Clock
from station.model.errors import GateClosed, ServerError, StorageError
from station.outbox.order_events import receipted
from station.outbox.order_sheet import Format, Heard, SheetImage, ToldOrder, read_sheet
from station.outbox.outbox_file import outbox_transaction
from station.outbox.server_line import no_answer, no_server, open_line, unexpected
from station.system.durable_file import write_whole

MOST_IMAGE_BYTES = 1 << 28
"""As for any image file: station/ic_programmer/image.py."""
LONGEST_ANSWER_S = 300.0
"""From an answer's first byte to its last; estimate: the largest image over 7 Mbit/s."""
SUFFIXES: dict[Format, str] = {"bin": ".bin", "intel_hex": ".hex", "srec": ".srec", "elf": ".elf", "dfuse": ".dfu"}
_NO = re.compile(r"BO-[0-9]{4}-[0-9]{6}")


class _Kept(msgspec.Struct, frozen=True):
    """The answer as it came, with the letters that its accounts are made of."""

    sheet: msgspec.Raw
    heard: tuple[Heard, ...] = ()


class OrderBook:
    """Orders and images under the station's folder of records."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def told(self, text: str) -> ToldOrder:
        """The order of that number, from the server; where it cannot be asked, as it was told last.

        Raises GateClosed for what is no order, ServerError where nobody can say, StorageError.
        """
        no = order_number(text)
        with outbox_transaction(self._settings.outbox) as database:
            before = receipted(database, no)  # all that a server can be sure to have counted which does not say
        try:
            body = self._ask(f"/v1/burn-orders/{no}", f"order {no}")
        except ServerError as error:
            kept = self._kept(no)
            if kept is None:
                raise ServerError(
                    f"order {no} is not on this station's disk, and {error}",
                    f"本机没有 {no} 的缓存，且{error.zh or '无法从服务器读取'}",
                ) from None
            return msgspec.structs.replace(kept, problem=str(error))
        sheet = read_sheet(body)
        if sheet.no != no:
            raise ServerError(
                f"asked for order {no}, the server tells of {sheet.no}", f"查询的是 {no}，服务器返回的却是 {sheet.no}"
            )
        heard = before if sheet.heard is None else sheet.heard
        write_whole(self._path(no), msgspec.json.encode(_Kept(msgspec.Raw(body), heard)))
        return ToldOrder(sheet, heard)

    def image_file(self, image: SheetImage) -> Path:
        """The image's file, hashed just now; fetched where it is not here, or is not what it was.

        Raises ServerError, StorageError.
        """
        path = self._settings.state_dir / "images" / f"{image.sha256}{SUFFIXES[image.format]}"
        if _is_of(path, image.sha256):
            return path
        body = self._ask(f"/v1/images/{image.sha256}", f"image {image.name}")
        if hashlib.sha256(body).hexdigest() != image.sha256:
            raise ServerError(
                f"what came of image {image.name} is not what the order names (sha256 {image.sha256})",
                f"收到的程序 {image.name} 与委托单不一致：请重试，仍不行请联系管理员",
            )
        write_whole(path, body)
        return path

    def _ask(self, path: str, what: str) -> bytes:
        """The body of the answer. Raises GateClosed where the server does not have it, else ServerError."""
        if not self._settings.server_url:
            raise no_server()
        try:
            with open_line(self._settings) as line, line.stream("GET", path) as response:
                body = self._bounded(response, what)
        except httpx.HTTPError as error:
            raise no_answer(error) from None
        if response.status_code == 404:
            raise _closed(
                f"the server has no {what}: scan it again, or ask who wrote it",
                f"服务器上没有 {what}：请重新扫描",
            )
        if response.status_code == 409:
            raise _closed(
                f"{what} is not approved: somebody other than who wrote it has to approve it first",
                f"{what} 尚未批准：须由申请人以外的人批准后才能烧录",
            )
        if response.status_code != 200:
            raise unexpected(response, what)
        return body

    def _bounded(self, response: httpx.Response, what: str) -> bytes:
        """Raises ServerError for an answer without end, in bytes or in time."""
        body, until = bytearray(), self._clock.now() + LONGEST_ANSWER_S
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_IMAGE_BYTES:
                raise ServerError(f"{what} has more than {MOST_IMAGE_BYTES} bytes", "服务器返回内容过长：请联系管理员")
            if self._clock.now() > until:
                raise ServerError(
                    f"{what} does not come to an end: whoever runs server or network must look",
                    "服务器一直没有返回完整内容：请联系服务器或网络管理员",
                )
        return bytes(body)

    def _kept(self, no: str) -> ToldOrder | None:
        try:
            kept = msgspec.json.decode(self._path(no).read_bytes(), type=_Kept)
            return ToldOrder(read_sheet(bytes(kept.sheet)), kept.heard)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, ServerError):
            return None

    def _path(self, no: str) -> Path:
        return self._settings.state_dir / "orders" / f"{no}.json"


def order_number(text: str) -> str:
    """``text`` as scanned or typed; raises GateClosed for what is no number of an order."""
    no = text.strip().upper()
    if not _NO.fullmatch(no):
        raise _closed(
            f"{text.strip()!r} is no burn order: its number is like BO-2026-000123",
            f"{text.strip()!r} 不是烧录委托单号（如 BO-2026-000123）",
        )
    return no


def _closed(problem: str, zh: str) -> GateClosed:
    return GateClosed("burn_order", problem, problem, zh)


def _is_of(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
