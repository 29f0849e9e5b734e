"""A letter on its way in: its bytes, and all that can be worked out of them before the writer takes it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

from server.burns.flows import PreparedBurn, prepare_burn
from server.errors import LetterError, NotAllowed
from server.orders.custody import PreparedCustody, prepare_custody
from server.runs.flows import PreparedRun, prepare_run
from server.wire.decode import decode_burn, decode_custody, decode_run, read_envelope
from server.wire.receipt import MAX_ID

RUN, BURN, CUSTODY = "run", "burn", "custody"
Prepared = PreparedRun | PreparedBurn | PreparedCustody


@dataclass(frozen=True, slots=True)
class Place:
    """A letter's place in its station's chain; empty and 0 where it could not be read."""

    station_id: str
    chain_id: str
    seq: int
    prev_sha256: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A letter with its digest; ``prepared`` is None where ``problem`` says why it does not parse."""

    id: str
    kind: str
    sha256: str
    packed_body: bytes
    size_bytes: int
    place: Place
    prepared: Prepared | None
    problem: str


def submit(kind: str, letter_id: str, body: bytes, station_id: str) -> Submission:
    """Decode, judge and compress ``body``; raises NotAllowed when the letter is another station's than the token's."""
    prepared: Prepared | None = None
    problem = ""
    try:
        if kind == RUN:
            prepared = prepare_run(decode_run(body, letter_id))
        elif kind == BURN:
            prepared = prepare_burn(decode_burn(body, letter_id))
        else:
            prepared = prepare_custody(decode_custody(body, letter_id))
    except LetterError as error:
        problem = str(error)
    place = _place_of(prepared, body, station_id)
    if place.station_id != station_id:
        raise NotAllowed(f"the letter is of station {place.station_id}, the token is of station {station_id}")
    return Submission(
        id=letter_id[:MAX_ID],
        kind=kind,
        sha256=hashlib.sha256(body).hexdigest(),
        packed_body=zlib.compress(body, 1),
        size_bytes=len(body),
        place=place,
        prepared=prepared,
        problem=problem,
    )


def _place_of(prepared: Prepared | None, body: bytes, station_id: str) -> Place:
    if prepared is not None:
        letter = prepared.letter
        return Place(letter.station_id, letter.chain_id, letter.seq, letter.prev_sha256)
    read = read_envelope(body)
    if read.is_whole:
        return Place(read.station_id, read.chain_id, read.seq, read.prev_sha256)
    return Place(read.station_id or station_id, "", 0, "")
