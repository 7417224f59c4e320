"""Taking a list of enterprises over (批量导入): upload, look, then all good rows in one transaction."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from servicedesk.accounts.queries import fold
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.enterprise_import import (
    Headings,
    Known,
    Problem,
    Row,
    headings,
    read_row,
    without_repeats,
)
from servicedesk.core.enterprises import (
    Identity,
    core_name,
    index_of,
    look_alikes,
    search_text,
)
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.scales import scale_of
from servicedesk.core.textsearch import normalise
from servicedesk.core.words import N_
from servicedesk.enterprises.holdings import possible_officers
from servicedesk.enterprises.models import Enterprise, Import
from servicedesk.enterprises.profile import DENIED, EDITABLE, change, from_plain
from servicedesk.enterprises.sheet_reading import lines
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.transaction import changed_rows, unit_of_work

KEPT = timedelta(days=30)
NEW, UPDATE, SAME, SIMILAR, BAD = "new", "update", "same", "similar", "bad"
SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Planned:
    """What will become of one row: ``verdict`` and, for a known enterprise, what would change.

    A ``similar`` row may be the enterprise ``name``, for the ``reasons`` given; ``usual`` is what is
    done unless a person decides otherwise: ``new``, ``skip`` or ``update``.
    """

    row: Row
    verdict: str
    enterprise_id: int | None = None
    name: str = ""
    differs: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    usual: str = NEW


@dataclass(frozen=True, slots=True)
class Plan:
    """What will become of a list."""

    rows: tuple[Planned, ...]

    def having(self, *verdicts: str) -> list[Planned]:
        """Return the rows with one of the verdicts."""
        return [one for one in self.rows if one.verdict in verdicts]


def upload(actor: Actor, filename: str, data: bytes) -> Import:
    """Read a workbook and keep what it says for the preview.

    Raises:
        Refused: not permitted, or the file as a whole cannot be taken.
    """
    _permit(actor)
    first, filled = lines(data)
    understood = headings(first)
    if understood.missing:
        raise Refused(
            N_("缺少必需的列，请使用下载的模板：企业名称、统一社会信用代码。"), field="file"
        )
    known = Known(_today(actor.park_id), _officers(actor.park_id))
    rows = without_repeats(
        read_row(number, understood.columns, cells, known) for number, cells in filled
    )
    raw = {number: [_shown(cell) for cell in cells] for number, cells in filled}
    return _keep(actor, filename, data, understood, [_stored(row, raw) for row in rows])


@unit_of_work
def _keep(
    actor: Actor, filename: str, data: bytes, understood: Headings, rows: list[Any]
) -> Import:
    kept = Import(
        park_id=actor.park_id, filename=filename[:120], sha256=hashlib.sha256(data).hexdigest(),
        rows=rows, state="preview", uploaded_by_id=actor.user_id, uploaded_at=clock.now(),
        outcome={
            "headings": [column.heading if column else "" for column in understood.columns],
            "unknown": list(understood.unknown),
        },
    )  # fmt: skip
    db.session.add(kept)
    db.session.flush()
    after = {"filename": kept.filename, "sha256": kept.sha256, "rows": len(rows)}
    record(actor, "enterprise.import_upload", "enterprise_import", kept.id, after=after)
    return kept


def _permit(actor: Actor) -> None:
    if not allows(actor, "enterprise.import", Subject(actor.park_id)):
        raise Refused(DENIED, kind="permission")


def _today(park_id: int) -> date:
    return calendar(park_id).local(clock.now()).date()


def _officers(park_id: int) -> dict[str, int | None]:
    """Return who may look after enterprises by login and by name; a name of two is nobody's."""
    found: dict[str, int | None] = {}
    for person in possible_officers(park_id):
        name = normalise(person.name)
        found[name] = None if name in found else person.id
    return found | {fold(person.login): person.id for person in possible_officers(park_id)}


def _shown(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _stored(row: Row, raw: Mapping[int, list[Any]]) -> dict[str, Any]:
    """Return a row as JSON; of a bad one also the cells as they stood in the file."""
    stored: dict[str, Any] = {"number": row.number, "values": dict(row.values)}
    if row.problems:
        stored["problems"] = [[one.column, one.reason, one.given] for one in row.problems]
        stored["cells"] = raw[row.number]
    return stored


def _row(stored: Mapping[str, Any]) -> Row:
    problems = tuple(Problem(*parts) for parts in stored.get("problems", ()))
    return Row(stored["number"], stored["values"], problems)


# --- what will become of it ------------------------------------------------------------------


def plan(batch: Import) -> Plan:
    """Compare the rows with the files that are there now; nothing is changed."""
    return Plan(tuple(_planned(batch)))


def _planned(batch: Import) -> Iterator[Planned]:
    matching = _Matching(batch.park_id)
    for stored in batch.rows:
        yield matching.planned(_row(stored))


class _Matching:
    """The park's files by code, by name, and by what makes two files look alike."""

    def __init__(self, park_id: int) -> None:
        query = select(Enterprise).where(Enterprise.park_id == park_id)
        everybody = list(db.session.scalars(query))
        files = {one.id: one for one in everybody if one.merged_into_id is None}
        self._files = files
        self._by_code = {
            one.credit_code: files[one.merged_into_id or one.id]
            for one in everybody
            if one.credit_code
        }
        self._by_name = {normalise(one.name): one for one in files.values()}
        self._known = {
            one.id: Identity(one.name, one.credit_code, one.phone, one.legal_representative)
            for one in files.values()
        }
        self._index = index_of(self._known)

    def planned(self, row: Row) -> Planned:
        """Return what will become of one row."""
        if row.problems:
            return Planned(row, BAD)
        found = self._same(row)
        if found is not None:
            differs = dict(_differences(found, row.values))
            verdict = UPDATE if differs else SAME
            return Planned(row, verdict, found.id, found.name, differs, usual=UPDATE)
        return self._similar(row)

    def _same(self, row: Row) -> Enterprise | None:
        """The code decides; without one on either side the name in full does."""
        code = row.values.get("credit_code")
        by_code = self._by_code.get(str(code)) if code else None
        by_name = self._by_name.get(normalise(str(row.values["name"])))
        if by_code is not None or by_name is None:
            return by_code
        return by_name if not (code and by_name.credit_code) else None

    def _similar(self, row: Row) -> Planned:
        values = row.values
        identity = Identity(
            str(values["name"]), _text(values, "credit_code") or None, _text(values, "phone"),
            _text(values, "legal_representative"),
        )  # fmt: skip
        alike = look_alikes(identity, self._known, self._index)
        if not alike:
            return Planned(row, NEW)
        number, like = alike[0]
        other = self._files[number]
        licensed = not other.credit_code and core_name(other.name) == core_name(identity.name)
        usual = UPDATE if licensed else SKIP
        differs = dict(_differences(other, values))
        return Planned(row, SIMILAR, number, other.name, differs, like.reasons, usual)


def _text(values: Mapping[str, Any], name: str) -> str:
    return str(values.get(name) or "")


def _differences(found: Enterprise, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in from_plain(values).items():
        now = getattr(found, name)
        if value != now:
            yield name, (_shown(now), _shown(value))


# --- taking it over --------------------------------------------------------------------------


@unit_of_work
def confirm(
    actor: Actor, import_id: int, *, update_known: bool, choices: Mapping[int, str]
) -> Mapping[str, int]:
    """Take the good rows over, all or none; a second time changes nothing.

    ``choices`` says by row number what to do with rows that look like a known enterprise: ``new``,
    ``skip`` or ``update``. What the preview showed is worked out again on what is there now.

    Raises:
        Refused: not permitted, or the list was dropped.
    """
    _permit(actor)
    claim = update(Import).where(
        Import.id == import_id, Import.park_id == actor.park_id, Import.state == "preview"
    )
    done = {"state": "done", "done_by_id": actor.user_id, "done_at": clock.now()}
    first = changed_rows(claim.values(done)) == 1
    batch = db.session.get_one(Import, import_id, populate_existing=True)
    if not first:
        if batch.state != "done":
            raise Refused(N_("这份名单已经作废，请重新上传。"))
        return counts_of(batch)
    counts = _take_over(actor, batch, update_known, choices)
    batch.outcome = {**batch.outcome, "counts": counts}
    record(actor, "enterprise.import", "enterprise_import", batch.id, after=counts)
    return counts


def counts_of(batch: Import) -> dict[str, int]:
    """Return how many rows of a finished list were created, updated, unchanged, skipped, bad."""
    return dict(batch.outcome.get("counts", {}))


def _take_over(
    actor: Actor, batch: Import, update_known: bool, choices: Mapping[int, str]
) -> dict[str, int]:
    counts = dict.fromkeys(("created", "updated", "same", "skipped", "bad"), 0)
    created: list[Enterprise] = []
    assigns = allows(actor, "enterprise.assign_officer", Subject(actor.park_id))
    for planned in _planned(batch):
        what = _decided(planned, update_known, choices)
        values = {
            name: value
            for name, value in from_plain(planned.row.values).items()
            if assigns or name != "service_officer_id"
        }
        if what == "created":
            created.append(_new(batch.park_id, values))
        elif what == "updated":
            what = _updated(actor, planned.enterprise_id or 0, values)
        counts[what] += 1
    _add_all(actor, created)
    return counts


def _decided(planned: Planned, update_known: bool, choices: Mapping[int, str]) -> str:
    if planned.verdict == BAD:
        return "bad"
    if planned.verdict == SAME:
        return "same"
    if planned.verdict == UPDATE:
        return "updated" if update_known else "skipped"
    choice = planned.usual
    if planned.verdict == SIMILAR:
        choice = choices.get(planned.row.number, planned.usual)
    return {NEW: "created", UPDATE: "updated"}.get(choice, "skipped")


def _new(park_id: int, values: Mapping[str, Any]) -> Enterprise:
    made = Enterprise(
        park_id=park_id, standing="confirmed" if values.get("credit_code") else "preparing",
        search_text=search_text(str(values["name"])), created_at=clock.now(), **values,
    )  # fmt: skip
    if not made.scale:
        made.scale = scale_of(made.industry_code or "", made.employees, made.revenue) or ""
    return made


def _updated(actor: Actor, enterprise_id: int, values: Mapping[str, Any]) -> str:
    found = db.session.get_one(Enterprise, enterprise_id, with_for_update=True)
    changed = change(
        actor, found, {name: values[name] for name in EDITABLE if name in values},
        "enterprise.import_update",
    )  # fmt: skip
    officer = values.get("service_officer_id", found.service_officer_id)
    if officer != found.service_officer_id:
        before, found.service_officer_id = found.service_officer_id, officer
        found.version += 1
        record(
            actor, "enterprise.assign_officer", "enterprise", found.id,
            {"service_officer_id": before}, {"service_officer_id": officer},
        )  # fmt: skip
        changed = True
    return "updated" if changed else "same"


def _add_all(actor: Actor, created: list[Enterprise]) -> None:
    db.session.add_all(created)
    try:
        db.session.flush()
    except IntegrityError as error:  # the same code was filed elsewhere at this moment
        raise Refused(N_("名单里有企业刚刚被别人建档，请重新预览后再导入。")) from error
    for made in created:
        after = {"name": made.name, "credit_code": made.credit_code, "standing": made.standing}
        record(actor, "enterprise.create", "enterprise", made.id, after=after)


@unit_of_work
def drop(actor: Actor, import_id: int) -> None:
    """Throw an uploaded list away; nothing of it is kept.

    Raises:
        Refused: not permitted, or it has been taken over.
    """
    _permit(actor)
    gone = update(Import).where(
        Import.id == import_id, Import.park_id == actor.park_id, Import.state == "preview"
    )
    if changed_rows(gone.values(state="dropped", rows=[])) != 1:
        raise Refused(N_("这份名单已经导入，不能作废。"))
    record(actor, "enterprise.import_drop", "enterprise_import", import_id)


@unit_of_work
def forget_imports() -> int:
    """Empty the rows of lists older than a month: they hold names and numbers; returns how many."""
    old = update(Import).where(Import.uploaded_at < clock.now() - KEPT, Import.state != "forgotten")
    return changed_rows(old.values(rows=[], state="forgotten"))


def import_of(park_id: int, import_id: int) -> Import | None:
    """Return a list of the park by its row number."""
    found = db.session.get(Import, import_id)
    return found if found is not None and found.park_id == park_id else None


def recent_imports(park_id: int, limit: int = 20) -> list[Import]:
    """Return the park's newest lists."""
    query = select(Import).where(Import.park_id == park_id, Import.state != "dropped")
    return list(db.session.scalars(query.order_by(Import.id.desc()).limit(limit)))
