"""Lists of tickets: views, filters, sorting, keyset pages; every badge counts what its list shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, tuple_

from servicedesk.catalogue.queries import ItemLabel, item_labels
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, scope_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, BEFORE_RESOLUTION
from servicedesk.database import among
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.statistics.cutting import NOT_RECORDED, Cut, Span, tickets_behind
from servicedesk.tickets import search
from servicedesk.tickets.facts import ZONE, is_delivered_in, is_submitted_in, period_bounds
from servicedesk.tickets.models import Escalation, Outcome, Ticket, TicketEvent
from servicedesk.tickets.views import in_states, view_condition, visible

PAGE = 50
BADGE_MAX = 1000  # a badge counts no further
FAR = datetime(9999, 1, 1, tzinfo=UTC)

SORTS: Mapping[str, str] = {
    "due": N_("最先到期"),
    "newest": N_("最新提交"),
    "oldest": N_("最早提交"),
}
COLUMNS: tuple[Any, ...] = (
    Ticket.id, Ticket.number, Ticket.title, Ticket.state, Ticket.enterprise_id, Ticket.item_id,
    Ticket.unit_id, Ticket.assignee_id, Ticket.channel, Ticket.submitted_at, Ticket.due_at,
    Ticket.warn_at, Ticket.resolved_at, Ticket.closed_at, Ticket.on_time, Ticket.rating,
    Ticket.returns, Ticket.reworks, Ticket.confidential, Ticket.ladder_level, Ticket.version,
    Ticket.used_minutes, Ticket.response_due_at, Ticket.urgent, Ticket.urges, Ticket.repeat_of_id,
    Ticket.support_waiting, Ticket.false_resolution, Ticket.carried, Ticket.contact_due_at,
    Ticket.follow_up_due_at, Ticket.intake_by_id, Ticket.contact, Ticket.phone,
    Ticket.statutory_due_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty fields narrow nothing. Dates are the park's local days.

    A ``figure`` with both days and no built ``period`` is a number of the dashboards: then the days
    are its span, and category, item, unit, channel and what stands between ``metric`` and ``escalated`` are
    its cut. ``escalated`` is a level of the ladder that was reached in the ``period``.
    """

    view: str = "all"
    q: str = ""
    state: str = ""
    category: str = ""
    item: str = ""
    unit: str = ""
    channel: str = ""
    enterprise: int | None = None
    since: date | None = None
    until: date | None = None
    figure: str = ""
    period: str = ""
    cut: str = ""
    metric: str = ""
    industry: str = ""
    scale: str = ""
    area: str = ""
    person: int | None = None
    weekday: str = ""
    hour: str = ""
    escalated: str = ""
    sort: str = "newest"
    after: str = ""

    @property
    def span(self) -> Span | None:
        """The span of the dashboard's number that the list shows the tickets of, if it does."""
        if not self.figure or self.period or self.since is None or self.until is None:
            return None
        return Span(self.since, self.until)

    @property
    def tells_what_about(self) -> bool:
        """Whether a row that it finds tells what the ticket is about, or whose it is."""
        about = self.category or self.item or self.cut.startswith(("category:", "item:"))
        return bool(about or self.enterprise or self.industry or self.scale or self.area)

    @property
    def figure_cut(self) -> Cut:
        """The cut of the dashboard's number."""
        return Cut(
            self.category, self.item, self.unit, self.channel,
            self.industry, self.scale, self.area, self.person or 0, self.weekday, self.hour,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``after`` is the key of the next page, or empty."""

    rows: Sequence[Row[Any]] = field(default_factory=list)
    after: str = ""


def last_change() -> Any:
    """Return the column ``updated_at``: when something last happened to a ticket."""
    last = select(func.max(TicketEvent.at)).where(TicketEvent.ticket_id == Ticket.id)
    return last.scalar_subquery().label("updated_at")


def page(actor: Actor, wanted: Filter, size: int = PAGE, extra: Sequence[Any] = ()) -> Page:
    """Return one page of what the person may see; ``extra`` are further columns of the rows."""
    query = _sorted(_narrowed(select(*COLUMNS, *extra), actor, wanted), wanted)
    rows = db.session.execute(query.limit(size + 1)).all()
    after = _key(rows[size - 1], wanted) if len(rows) > size else ""
    return Page(rows[:size], after)


def total(actor: Actor, wanted: Filter, limit: int = 10_000) -> int:
    """Return how many tickets the filter finds, counting no further than ``limit``."""
    inner = _narrowed(select(Ticket.id), actor, wanted).limit(limit).subquery()
    return db.session.scalar(select(func.count()).select_from(inner)) or 0


def totals(actor: Actor, filters: Sequence[Filter], limit: int = BADGE_MAX) -> list[int]:
    """Return how many tickets each filter finds, none counted beyond ``limit``, in one statement.

    What the filters' codes mean is asked before, once for all of them.
    """
    if not filters:
        return []
    codes = _Codes(actor.park_id)
    bounded = [
        _narrowed(select(Ticket.id), actor, wanted, codes).limit(limit) for wanted in filters
    ]
    counted = [
        select(func.count()).select_from(inner.subquery()).scalar_subquery().label(f"n{place}")
        for place, inner in enumerate(bounded)
    ]
    return [int(number) for number in db.session.execute(select(*counted)).one()]


def not_shown(actor: Actor, wanted: Filter) -> int:
    """Return how many tickets behind a number this person's lists do not show."""
    hidden = _without_confidential(actor) if wanted.tells_what_about else []
    seen = and_(visible(actor), *hidden)
    shown = func.coalesce(func.sum(case((seen, 1), else_=0)), 0)
    query = select(func.count() - shown).select_from(Ticket)
    if wanted.span is not None:
        query = query.where(_behind(actor, wanted))
    else:
        codes = _Codes(actor.park_id)
        query = query.where(*_by_code(wanted, codes), *_by_figure(actor, wanted, codes))
    return int(db.session.scalar(query) or 0)


def chosen_of(actor: Actor, wanted: Filter, limit: int) -> list[str]:
    """Return the numbers of the list's first ``limit`` tickets, in its order."""
    query = _sorted(_narrowed(select(Ticket.number), actor, wanted), replace(wanted, after=""))
    return list(db.session.scalars(query.limit(limit)))


def tally(actor: Actor, wanted: Filter, column: Any, most: int = 10) -> Sequence[Row[Any]]:
    """Return how many tickets of a list have each value of ``column``, the most frequent first."""
    query = _narrowed(select(column, func.count().label("tickets")), actor, wanted)
    query = query.group_by(column).order_by(func.count().desc(), column).limit(most)
    return db.session.execute(query).all()


def everything(actor: Actor, wanted: Filter, extra: Sequence[Any] = ()) -> Any:
    """Return all rows of a list for an export, in its order, streamed from the database."""
    query = _narrowed(select(*COLUMNS, *extra), actor, wanted)
    query = _sorted(query, replace(wanted, after=""))
    return db.session.execute(query.execution_options(yield_per=1000))


class _Codes:
    """The items and units that a filter names by their codes, looked up once, when first needed."""

    def __init__(self, park_id: int) -> None:
        self._park_id = park_id

    @cached_property
    def _items(self) -> Sequence[ItemLabel]:
        return item_labels(self._park_id)

    @cached_property
    def _units(self) -> Mapping[str, int]:
        return {unit.code: unit.id for unit in units(self._park_id)}

    def items(self, category: str, item: str) -> list[ColumnElement[bool]]:
        """Return the condition of the items that a category and an item's code mean."""
        if not category and not item:
            return []
        chosen = [
            one.id
            for one in self._items
            if category in ("", one.category_code) and item in ("", one.code)
        ]
        return [Ticket.item_id.in_(chosen)]

    def unit(self, code: str) -> list[ColumnElement[bool]]:
        """Return the condition of a unit's tickets, or of those that no unit has yet."""
        if code == NOT_RECORDED:
            return [Ticket.unit_id.is_(None)]
        return [Ticket.unit_id == self._units.get(code, -1)] if code else []


def _narrowed(
    query: Select[Any], actor: Actor, wanted: Filter, known: _Codes | None = None
) -> Select[Any]:
    codes = known or _Codes(actor.park_id)
    query = query.where(visible(actor), view_condition(wanted.view, actor))
    simple = {Ticket.state: wanted.state, Ticket.enterprise_id: wanted.enterprise}
    query = query.where(*(column == value for column, value in simple.items() if value))
    if wanted.span is not None:
        query = query.where(_behind(actor, wanted))
    else:
        query = query.where(*_by_code(wanted, codes), *_by_day(wanted))
        query = query.where(*_by_figure(actor, wanted, codes))
    found = search.condition(wanted.q)
    if found is not None or wanted.tells_what_about:
        query = query.where(*_without_confidential(actor))
    return query if found is None else query.where(found)


def _without_confidential(actor: Actor) -> list[ColumnElement[bool]]:
    """Whoever may not open confidential tickets cannot find them by what they are about either."""
    if scope_of(actor.role, "ticket.view_confidential") is not None:
        return []
    return [Ticket.confidential.is_(False)]


def _behind(actor: Actor, wanted: Filter) -> ColumnElement[bool]:
    """Return the condition of the tickets that a number of the dashboards counts."""
    assert wanted.span is not None
    behind = tickets_behind(
        actor.park_id, wanted.figure, wanted.span, wanted.figure_cut, clock.now()
    )
    return among(Ticket.id, behind, db.engine.dialect.name)


def _by_code(wanted: Filter, codes: _Codes) -> list[ColumnElement[bool]]:
    """Return the conditions of category, item, unit and channel."""
    channel = [Ticket.channel == wanted.channel] if wanted.channel else []
    return [*codes.items(wanted.category, wanted.item), *codes.unit(wanted.unit), *channel]


def _by_day(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(Ticket.submitted_at >= datetime.combine(wanted.since, time(), ZONE))
    if wanted.until:
        end = datetime.combine(wanted.until + timedelta(days=1), time(), ZONE)
        found.append(Ticket.submitted_at < end)
    return found


def _by_figure(actor: Actor, wanted: Filter, codes: _Codes) -> list[ColumnElement[bool]]:
    """Return the condition of the tickets behind a built figure, its period and its cut."""
    if wanted.escalated:
        return [_is_escalated(wanted)]
    if not wanted.period:
        return []
    submitted = wanted.figure in ("submitted", "response_rate")
    bounds = is_submitted_in if submitted else is_delivered_in
    found = list(bounds(actor.park_id, wanted.period))
    found += _figure_conditions().get(wanted.figure, [])
    if wanted.metric:
        behind = select(Outcome.ticket_id).where(Outcome.metric_code == wanted.metric)
        found.append(Ticket.id.in_(behind))
    kind, _, code = wanted.cut.partition(":")
    if kind == "category":
        found += codes.items(code, "")
    if kind == "item":
        found += codes.items("", code)
    if kind == "unit":
        found += codes.unit(code)
    if kind == "channel":
        found.append(Ticket.channel == code)
    return found


def _is_escalated(wanted: Filter) -> ColumnElement[bool]:
    """Return the condition of the tickets that reached a level of the ladder, in the period if any."""
    fired = select(Escalation.ticket_id).where(Escalation.step == wanted.escalated)
    if wanted.period:
        start, end = period_bounds(wanted.period)
        fired = fired.where(Escalation.fired_at >= start, Escalation.fired_at < end)
    return Ticket.id.in_(fired)


def _figure_conditions() -> dict[str, list[ColumnElement[bool]]]:
    """Rates lead to the tickets that pull them down: that is what a leader wants to see."""
    return {
        "on_time_rate": [Ticket.on_time.is_(False)],
        "satisfaction_rate": [Ticket.rating <= BAD_RATING],
        "rating_rate": [Ticket.rating.is_(None)],
        "resolution_rate": [
            Ticket.confirmed.is_not(None),
            or_(Ticket.confirmed.is_(False), Ticket.result != "solved"),
        ],
        "response_rate": [
            or_(
                Ticket.first_response_at > Ticket.response_due_at,
                and_(
                    Ticket.first_response_at.is_(None),
                    Ticket.response_due_at < func.coalesce(Ticket.closed_at, clock.now()),
                ),
            )
        ],
    }


def _sorted(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.sort == "due":
        running = and_(in_states(*sorted(BEFORE_RESOLUTION)), Ticket.due_at.is_not(None))
        due = case((running, Ticket.due_at), else_=FAR)
        query = query.order_by(due, Ticket.id)
        if key := _due_key(wanted.after):
            query = query.where(tuple_(due, Ticket.id) > tuple_(*key))
        return query
    newest = wanted.sort != "oldest"
    if wanted.after.isascii() and wanted.after.isdigit() and len(wanted.after) < 16:
        key_id = int(wanted.after)
        query = query.where(Ticket.id < key_id if newest else Ticket.id > key_id)
    return query.order_by(Ticket.id.desc() if newest else Ticket.id)


def _due_key(after: str) -> tuple[datetime, int] | None:
    moment, _, number = after.partition("~")
    if len(number) > 15:
        return None
    try:
        return datetime.fromtimestamp(float(moment), UTC), int(number)
    except (ValueError, OverflowError, OSError):
        return None


def _key(row: Row[Any], wanted: Filter) -> str:
    if wanted.sort == "due":
        running = row.state in BEFORE_RESOLUTION and row.due_at is not None
        return f"{(row.due_at if running else FAR).timestamp()}~{row.id}"
    return str(row.id)


def labels_of(ticket_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Return number, title and secrecy of tickets by row number, in one statement."""
    if not ticket_ids:
        return {}
    columns: tuple[Any, ...] = (Ticket.id, Ticket.number, Ticket.title, Ticket.confidential)
    query = select(*columns)
    rows = db.session.execute(query.where(Ticket.id.in_(ticket_ids)))
    return {row.id: row for row in rows}
