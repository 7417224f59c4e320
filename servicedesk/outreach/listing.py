"""Lists of rounds, stops and visits, and how far the park is covered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, tuple_

from servicedesk.core.outreach import STOP_STATES
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit, VisitRound, VisitStop, VisitTicket
from servicedesk.outreach.queries import last_visits
from servicedesk.streaming import in_chunks, streamed

PAGE = 50
LATELY = timedelta(days=90)


# Rounds ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round, or one person in it, has come."""

    total: int = 0
    done: int = 0
    skipped: int = 0

    @property
    def left(self) -> int:
        """Stops that are still to be visited."""
        return self.total - self.done - self.skipped

    @property
    def share(self) -> int:
        """Per cent of the stops that were visited."""
        return self.done * 100 // self.total if self.total else 0


def _tally() -> tuple[ColumnElement[int], ...]:
    return (
        func.count(VisitStop.id),
        func.sum(case((VisitStop.state == "done", 1), else_=0)),
        func.sum(case((VisitStop.state == "skipped", 1), else_=0)),
    )


def rounds(park_id: int, state: str = "") -> Iterator[tuple[VisitRound, Progress]]:
    """Yield the park's rounds with their progress, newest first."""
    query = select(VisitRound).where(VisitRound.park_id == park_id)
    if state:
        query = query.where(VisitRound.state == state)
    query = query.order_by(VisitRound.starts_on.desc(), VisitRound.id.desc())
    for chunk in in_chunks(row.VisitRound for row in streamed(query)):
        mine = select(VisitStop.round_id, *_tally()).group_by(VisitStop.round_id)
        mine = mine.where(VisitStop.round_id.in_([one.id for one in chunk]))
        known = {row[0]: Progress(row[1], row[2], row[3]) for row in db.session.execute(mine)}
        yield from ((one, known.get(one.id, Progress())) for one in chunk)


def visit_round(actor: Actor, round_id: int) -> VisitRound | None:
    """Return a round of the person's park, or ``None``."""
    found = db.session.get(VisitRound, round_id)
    if found is None or not allows(actor, "visit.view", Subject(found.park_id)):
        return None
    return found


def stop(actor: Actor, stop_id: int) -> VisitStop | None:
    """Return a stop of a round of the person's park, or ``None``."""
    found = db.session.get(VisitStop, stop_id)
    return found if found and visit_round(actor, found.round_id) else None


def by_officer(round_id: int) -> dict[int | None, Progress]:
    """Return the progress of each person in a round; ``None`` is what nobody has yet."""
    query = select(VisitStop.officer_id, *_tally()).where(VisitStop.round_id == round_id)
    rows = db.session.execute(query.group_by(VisitStop.officer_id))
    return {row[0]: Progress(row[1], row[2], row[3]) for row in rows}


STOP_SORTS: Mapping[str, str] = {
    "plan": N_("按计划日期"),
    "weight": N_("按紧急程度"),
    "area": N_("按片区"),
    "name": N_("按企业名称"),
}
_STOP_ORDERS: Mapping[str, tuple[Any, ...]] = {
    "plan": (VisitStop.planned_on.is_(None), VisitStop.planned_on, Enterprise.area, VisitStop.id),
    "weight": (VisitStop.weight.desc(), VisitStop.id),
    "area": (Enterprise.area, VisitStop.planned_on, VisitStop.id),
    "name": (Enterprise.name, VisitStop.id),
}


@dataclass(frozen=True, slots=True)
class StopFilter:
    """Which stops of a round, in which order; ``officer`` 0 means nobody yet."""

    state: str = ""
    officer: int | None = None
    area: str = ""
    sort: str = "plan"


def _stop_rows() -> Select[VisitStop, Enterprise, int, date]:
    return (
        select(VisitStop, Enterprise, Visit.id.label("visit_id"), Visit.visited_on)
        .join(Enterprise, Enterprise.id == VisitStop.enterprise_id)
        .outerjoin(Visit, Visit.stop_id == VisitStop.id)
    )


def stops(round_id: int, wanted: StopFilter) -> Sequence[Row[VisitStop, Enterprise, int, date]]:
    """Return the stops of a round with enterprise and visit."""
    return db.session.execute(_stops(round_id, wanted)).all()


def every_stop(
    round_id: int, wanted: StopFilter
) -> Iterator[Row[VisitStop, Enterprise, int, date]]:
    """Yield the same stops, for an export."""
    return streamed(_stops(round_id, wanted))


def _stops(round_id: int, wanted: StopFilter) -> Select[VisitStop, Enterprise, int, date]:
    query = _stop_rows().where(VisitStop.round_id == round_id)
    if wanted.state in STOP_STATES:
        query = query.where(VisitStop.state == wanted.state)
    if wanted.officer is not None:
        someone = VisitStop.officer_id == wanted.officer
        query = query.where(someone if wanted.officer else VisitStop.officer_id.is_(None))
    if wanted.area:
        query = query.where(Enterprise.area == wanted.area)
    return query.order_by(*_STOP_ORDERS[wanted.sort])


def stops_of(user_id: int, until: date) -> Sequence[Row[VisitStop, Enterprise, int, date]]:
    """Return a person's open stops up to a day, also those that are overdue, first day first."""
    query = _open_of(user_id).where(VisitStop.planned_on <= until)
    return db.session.execute(query).all()


def stops_after(
    user_id: int, day: date, limit: int
) -> Sequence[Row[VisitStop, Enterprise, int, date]]:
    """Return a person's next open stops after a day."""
    query = _open_of(user_id).where(VisitStop.planned_on > day).limit(limit)
    return db.session.execute(query).all()


def _open_of(user_id: int) -> Select[VisitStop, Enterprise, int, date]:
    return (
        _stop_rows()
        .join(VisitRound, VisitRound.id == VisitStop.round_id)
        .where(
            VisitStop.officer_id == user_id,
            VisitStop.state == "planned",
            VisitRound.state == "running",
        )
        .order_by(VisitStop.planned_on, Enterprise.area, VisitStop.id)
    )


def visits_by(user_id: int, day: date) -> Sequence[Row[Visit, Enterprise]]:
    """Return the visits that a person made on a day, with the enterprises."""
    query = (
        select(Visit, Enterprise)
        .join(Enterprise, Enterprise.id == Visit.enterprise_id)
        .where(Visit.recorded_by_id == user_id, Visit.visited_on == day)
    )
    return db.session.execute(query.order_by(Visit.id)).all()


# Visits ---------------------------------------------------------------------------------------

WORDS: Mapping[str, str] = {
    "waiting": N_("待企业确认"),
    "agreed": N_("企业无异议"),
    "differs": N_("企业反映有出入"),
}
VISIT_SORTS: Mapping[str, str] = {"newest": N_("最近走访在前"), "oldest": N_("最早走访在前")}


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits; ``after`` is where the page before ended (``2024-03-05.17``)."""

    q: str = ""
    officer: int | None = None
    word: str = ""
    area: str = ""
    raised: str = ""
    since: date | None = None
    until: date | None = None
    enterprise: int | None = None
    sort: str = "newest"
    after: str = ""


@dataclass(frozen=True, slots=True)
class VisitPage:
    """Some visits with their enterprises; ``after`` leads on, empty at the end."""

    rows: Sequence[Row[Visit, Enterprise]]
    after: str


def visits(actor: Actor, wanted: VisitFilter) -> VisitPage:
    """Return a page of the visits in the person's park."""
    query = _ordered(_filtered(actor.park_id, wanted), wanted)
    rows = db.session.execute(query.limit(PAGE + 1)).all()
    more = len(rows) > PAGE
    last = rows[PAGE - 1].Visit if more else None
    return VisitPage(rows[:PAGE], f"{last.visited_on.isoformat()}.{last.id}" if last else "")


def visit_count(actor: Actor, wanted: VisitFilter) -> tuple[int, int]:
    """Return how many visits, and to how many enterprises."""
    chosen = _filtered(actor.park_id, wanted).subquery()
    query = select(func.count(), func.count(func.distinct(chosen.c.enterprise_id)))
    row = db.session.execute(query.select_from(chosen)).one()
    return row[0], row[1]


def every_visit(actor: Actor, wanted: VisitFilter) -> Iterator[Row[Visit, Enterprise]]:
    """Yield all visits of a list for its export, in its order."""
    asked = replace(wanted, after="")
    return streamed(_ordered(_filtered(actor.park_id, asked), asked))


def _filtered(park_id: int, wanted: VisitFilter) -> Select[Visit, Enterprise]:
    query = (
        select(Visit, Enterprise)
        .join(Enterprise, Enterprise.id == Visit.enterprise_id)
        .where(Visit.park_id == park_id, *_conditions(wanted))
    )
    raised = select(VisitTicket.id).where(VisitTicket.visit_id == Visit.id).exists()
    if wanted.raised:
        query = query.where(raised if wanted.raised == "yes" else ~raised)
    return query


def _conditions(wanted: VisitFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.q:
        yield or_(
            Enterprise.name.contains(wanted.q, autoescape=True),
            Visit.topic.contains(wanted.q, autoescape=True),
        )
    if wanted.officer is not None:
        yield Visit.recorded_by_id == wanted.officer
    if wanted.area:
        yield Enterprise.area == wanted.area
    if wanted.enterprise is not None:
        yield Visit.enterprise_id == wanted.enterprise
    if wanted.since:
        yield Visit.visited_on >= wanted.since
    if wanted.until:
        yield Visit.visited_on <= wanted.until
    if wanted.word == "waiting":
        yield Visit.confirmed_at.is_(None)
    elif wanted.word:
        yield Visit.confirm_verdict == wanted.word


def _ordered(query: Select[Visit, Enterprise], wanted: VisitFilter) -> Select[Visit, Enterprise]:
    newest = wanted.sort == "newest"
    here = tuple_(Visit.visited_on, Visit.id)
    if place := _place(wanted.after):
        query = query.where(here < place if newest else here > place)
    order = (Visit.visited_on, Visit.id)
    return query.order_by(*(one.desc() if newest else one for one in order))


def _place(after: str) -> tuple[date, int] | None:
    day, _, number = after.partition(".")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None


# Coverage -------------------------------------------------------------------------------------


def coverage_rows(park_id: int) -> Iterator[Row[Any]]:
    """Yield every enterprise of the park with the day of its last visit, longest ago first."""
    visited = last_visits()
    query = (
        select(
            Enterprise.id, Enterprise.name, Enterprise.area, Enterprise.industry,
            Enterprise.service_officer_id, visited.c.visited_on,
        )
        .outerjoin(visited, visited.c.enterprise_id == Enterprise.id)
        .where(and_(Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None)))
        .order_by(visited.c.visited_on.is_not(None), visited.c.visited_on, Enterprise.id)
    )  # fmt: skip
    return streamed(query)


def areas(park_id: int) -> list[str]:
    """Return the park's areas that enterprises name."""
    query = select(Enterprise.area).where(Enterprise.park_id == park_id, Enterprise.area != "")
    return list(db.session.scalars(query.distinct().order_by(Enterprise.area)))
