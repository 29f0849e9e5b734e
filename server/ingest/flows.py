"""Letters come on record: told apart from what came before, chained, judged, and put on their units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author
from server.burns.flows import PreparedBurn, burn_event, keep_burn
from server.db.pending import PendingRows, Row
from server.gates.flows import take_burns
from server.gates.passage import take_runs
from server.images.burned import BurnedImages, digests_of
from server.ingest.chain import Chains
from server.ingest.submission import Prepared, Submission
from server.ingest.tables import letter
from server.interception.catching import BURN, TEST, catch_or_miss
from server.orders.custody import PreparedCustody
from server.orders.order_book import OrderBook, letters_of
from server.orders.stock import follow_stock
from server.returns.queries import open_case_ids
from server.runs.flows import PreparedRun, keep_definitions, keep_for_the_sums, keep_run, run_event
from server.units.flows import Finding, Receiving, Subject, finding_rows
from server.units.queries import discrepancies_of
from server.units.tables import discrepancy
from server.units.timelines import Timelines
from server.wire.decode import to_datetime
from server.wire.ids import moment_of_id
from server.wire.receipt import Outcome, Receipt

CLOCK_TOLERANCE_S = 600


def take(connection: sa.Connection, submissions: Sequence[Submission], site: str, at: datetime) -> list[Receipt]:
    """Keep the letters in their order, in the caller's savepoint, and say what became of each; none is refused.

    What is on record is looked up once for all of them, and each table is written once.
    """
    intake = _Intake(connection, submissions, site, at)
    receipts = [intake.take(submission) for submission in submissions]
    intake.write()
    return receipts


@dataclass(frozen=True, slots=True)
class _Known:
    """A letter that was put at an id; ``details`` is None where they are to be looked up."""

    sha256: str
    outcome: Outcome
    problem: str
    details: tuple[str, ...] | None = None


class _Intake:
    """Letters of one transaction, with what is on record around them; each sees those taken before it."""

    def __init__(self, connection: sa.Connection, submissions: Sequence[Submission], site: str, at: datetime) -> None:
        self._connection, self._site, self._at = connection, site, at
        self._known: dict[str, list[_Known]] = {submission.id: [] for submission in submissions}
        for letter_id, sha256, outcome, problem in connection.execute(_KNOWN, {"wanted": list(self._known)}):
            self._known[letter_id].append(_Known(sha256, Outcome(outcome), problem))
        prepared = [submission.prepared for submission in submissions if submission.prepared]
        unit_ids = {one.name.unit_id for one in prepared if one.name}
        burns, custody = letters_of(one.letter for one in prepared)
        self._images = BurnedImages(connection, burns)
        self._orders = OrderBook(connection, burns, custody, self._images)
        self._chains = Chains(connection, submissions)
        self._timelines = Timelines(connection, unit_ids, site, at)
        self._cases = open_case_ids(connection, unit_ids)
        self._pending = PendingRows()
        self._runs: list[PreparedRun] = []
        self._burned: dict[str, set[tuple[str, str]]] = {}
        self._met_by_burns: dict[str, str] = {}

    def take(self, submission: Submission) -> Receipt:
        """What becomes of one letter."""
        known = self._known[submission.id]
        same = next((one for one in known if one.sha256 == submission.sha256), None)
        if same is not None:
            return self._again(submission, same)
        if submission.prepared is None:
            return self._set_aside(submission, Outcome.QUARANTINED, submission.problem)
        if any(one.outcome is Outcome.STORED for one in known):
            problem = "another letter with this id is on record; both are kept"
            return self._set_aside(submission, Outcome.CONFLICT, problem)
        findings = (
            *submission.prepared.findings,
            *self._record_findings(submission.prepared),
            *_clock_findings(submission.prepared, self._at),
            *self._chains.findings(submission),
        )
        findings += self._keep_record(submission, submission.prepared, findings)
        details = tuple(finding.detail for finding in findings)
        self._keep_letter(submission, _Known(submission.sha256, Outcome.STORED, "", details))
        self._keep_findings(submission, submission.prepared.key, findings)
        return _receipt(submission, Outcome.STORED, details)

    def write(self) -> None:
        """Write all that was taken."""
        keep_definitions(self._connection, self._pending, self._runs)
        keep_for_the_sums(self._pending, self._runs, self._at)
        self._timelines.write(self._connection, self._pending)
        self._pending.insert(self._connection)
        catch_or_miss(self._connection, {run.key: _by_station(run) for run in self._runs}, TEST, self._at)
        catch_or_miss(self._connection, self._met_by_burns, BURN, self._at)
        take_burns(self._connection, self._burned, self._at)
        tested = {run.key for run in self._runs if run.letter.purpose == "outgoing" and run.key in self._cases}
        take_runs(self._connection, tested, self._at)

    def _record_findings(self, prepared: Prepared) -> Iterator[Finding]:
        """What contradicts the records of other domains."""
        match prepared:
            case PreparedBurn():
                yield from self._images.findings(prepared.letter)
                yield from self._orders.burn_findings(prepared.letter)
            case PreparedCustody():
                yield from self._orders.custody_findings(prepared.letter)

    def _again(self, submission: Submission, same: _Known) -> Receipt:
        """The first answer once more; a stored letter is a duplicate now."""
        if same.outcome is not Outcome.STORED:
            return _receipt(submission, same.outcome, problem=same.problem)
        details = same.details
        if details is None:
            details = tuple(found.detail for found in discrepancies_of(self._connection, submission.id))
        return _receipt(submission, Outcome.DUPLICATE, details)

    def _set_aside(self, submission: Submission, outcome: Outcome, problem: str) -> Receipt:
        self._keep_letter(submission, _Known(submission.sha256, outcome, problem))
        return _receipt(submission, outcome, problem=problem)

    def _keep_letter(self, submission: Submission, known: _Known) -> None:
        place, name = submission.place, submission.prepared.name if submission.prepared else None
        row: Row = {
            "id": submission.id,
            "sha256": submission.sha256,
            "kind": submission.kind,
            "outcome": known.outcome.value,
            "station_id": place.station_id,
            "chain_id": place.chain_id,
            "seq": place.seq,
            "prev_sha256": place.prev_sha256,
            "unit_id": name.unit_id if name else None,
            "received_at": self._at,
            "problem": known.problem,
            "size_bytes": submission.size_bytes,
            "body": submission.packed_body,
        }
        self._pending.add(letter, row)
        self._known[submission.id].append(known)
        self._chains.add(submission)

    def _keep_record(
        self, submission: Submission, prepared: Prepared, findings: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """The unit's event and the run's or burn's rows; where the stock of ICs cannot follow them."""
        case_id = self._cases.get(prepared.name.unit_id) if prepared.name else None
        receiving = Receiving(self._site, self._at, submission.sha256, case_id)
        ordered = None if isinstance(prepared, PreparedRun) else prepared.letter
        before = self._orders.order_of(ordered) if ordered else None
        match prepared:
            case PreparedRun():
                self._timelines.append(prepared.name, run_event(prepared, case_id, len(findings)))
                self._runs.append(prepared)
                keep_run(self._pending, prepared, receiving, bool(findings))
            case PreparedBurn():
                if prepared.name is not None:
                    self._note_burn(prepared, findings)
                    self._met_by_burns[prepared.key] = _by_station(prepared)
                    self._timelines.append(prepared.name, burn_event(prepared, case_id, len(findings)))
                keep_burn(self._pending, prepared, receiving, bool(findings))
                self._orders.keep_burn(self._pending, prepared.letter, not findings, self._at)
            case PreparedCustody():
                self._orders.keep_custody(self._pending, prepared.letter, not findings, self._at)
        if ordered is None:
            return ()
        after = self._orders.order_of(ordered)
        return tuple(follow_stock(self._connection, before, after, Author(ordered.operator, self._at)))

    def _keep_findings(self, submission: Submission, key: str, findings: tuple[Finding, ...]) -> None:
        subject = Subject(key, submission.kind, submission.id, submission.place.station_id)
        self._pending.add(discrepancy, *finding_rows(subject, findings, self._at))

    def _note_burn(self, prepared: PreparedBurn, findings: tuple[Finding, ...]) -> None:
        """A burn may be what its unit was waiting for; one with a discrepancy satisfies no gate."""
        burned = prepared.letter
        if burned.result == "PASS" and not findings:
            pairs = {(digest, burned.id) for digest in digests_of(burned)}
            self._burned.setdefault(prepared.key, set()).update(pairs)


def _by_station(prepared: PreparedRun | PreparedBurn) -> str:
    return f"station:{prepared.letter.station_id}"


def _clock_findings(prepared: Prepared, at: datetime) -> Iterator[Finding]:
    """Where the letter or its id, by which ledgers are in order, comes from the future."""
    ahead_s = int((to_datetime(prepared.letter.created_at) - at).total_seconds())
    if ahead_s > CLOCK_TOLERANCE_S:
        yield Finding("clock", f"the station's clock is {ahead_s} s ahead of the server's")
    id_ahead_s = int(moment_of_id(prepared.letter.id) - at.timestamp())
    if id_ahead_s > CLOCK_TOLERANCE_S:
        yield Finding("clock", f"the letter's id is of a moment {id_ahead_s} s ahead of the server's clock")


def _receipt(
    submission: Submission, outcome: Outcome, discrepancies: tuple[str, ...] = (), problem: str = ""
) -> Receipt:
    return Receipt(
        id=submission.id, sha256=submission.sha256, outcome=outcome, discrepancies=discrepancies, problem=problem
    )


_KNOWN = sa.select(letter.c.id, letter.c.sha256, letter.c.outcome, letter.c.problem).where(
    letter.c.id.in_(sa.bindparam("wanted", expanding=True))
)
