"""What a calendar makes of a ticket's times (期限推算): pure arithmetic on rows that were read before.

One function says for every time limit that still runs where it begins and how long it is. Applying
a new calendar and looking at a planned one both ask it, so that the preview is what will happen.
What has ended (answered, signed, called back, closed) keeps the time by which it was judged.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from servicedesk.catalogue.queries import item_at
from servicedesk.core.deadlines import Course, Limit, Pause, Timetable, due_after
from servicedesk.core.rules import Rules
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, State
from servicedesk.core.worktime import Calendar
from servicedesk.rules.queries import rules_at
from servicedesk.tickets import clocks

NAMES: Mapping[str, str] = {
    "due_at": N_("办理期限"),
    "warn_at": N_("预警"),
    "next_alarm_at": N_("下次提醒"),
    "response_due_at": N_("首次响应"),
    "sign_due_at": N_("签收"),
    "statutory_due_at": N_("法定时限"),
    "follow_up_due_at": N_("回访"),
    "rating_due_at": N_("评价截止"),
    "contact_due_at": N_("差评回访"),
    "answer_due_at": N_("补正截止"),
    "next_reminder_at": N_("补正提醒"),
    "support_due_at": N_("协办答复"),
    "support_warn_at": N_("协办预警"),
}
OF_ENTERPRISE = frozenset(
    {"due_at", "response_due_at", "statutory_due_at", "rating_due_at", "answer_due_at"}
)
ALARMS = frozenset({"warn_at", "next_alarm_at", "support_warn_at", "next_reminder_at"})


@dataclass(frozen=True, slots=True)
class Move:
    """One time of a ticket that moves; ``None`` where there is no such time before or after."""

    name: str
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True, slots=True)
class Child:
    """New times of a row that hangs on a ticket: a supplement request or a unit's support."""

    id: int
    values: Mapping[str, datetime | None]


@dataclass(slots=True)
class Reckoned:
    """A ticket's columns by a calendar, those of its children, and what moves."""

    values: dict[str, Any] = field(default_factory=dict)
    asked: list[Child] = field(default_factory=list)
    support: list[Child] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a ticket and matters to its times; rows with the columns' names."""

    pauses: Sequence[Pause] = ()
    fired: Mapping[datetime, Collection[str]] = field(default_factory=dict)
    asked: Sequence[Any] = ()
    support: Sequence[Any] = ()


class Reckoner:
    """Reckons many tickets by one calendar; what equal tickets share is worked out once."""

    def __init__(self, park_id: int, hours: Calendar) -> None:
        self.hours = hours
        self._park_id = park_id
        self._terms: dict[int, Rules] = {}
        self._items: dict[tuple[int, int], tuple[Sequence[int] | None, int | None]] = {}
        self._plans: dict[Course, tuple[int, Timetable | None]] = {}
        self._due: dict[tuple[datetime, int], datetime] = {}

    def of(self, ticket: Any, hanging: Hanging) -> Reckoned:
        """Return the times of ``ticket``, a row with the columns' names that is still open."""
        found = Reckoned()
        terms = self._rules(ticket.rules_version)
        if ticket.state in BEFORE_RESOLUTION:
            self._clock(found, ticket, hanging, terms)
            self._before_resolution(found, ticket, terms)
            self._supplements(found, hanging.asked, terms)
            self._support(found, hanging.support, terms)
        else:
            self._after_resolution(found, ticket, terms)
        found.moves[:0] = _moves(ticket, found.values)
        return found

    def _clock(self, found: Reckoned, ticket: Any, hanging: Hanging, terms: Rules) -> None:
        own_ladder, _ = self._item(ticket)
        spans = [span for span in hanging.pauses if span.start >= ticket.clock_started_at]
        allowed, plan = self._plan(clocks.course(ticket, spans, terms, own_ladder))
        found.values["allowed_minutes"] = allowed
        if plan is None:
            stands = dict.fromkeys(("due_at", "warn_at", "next_alarm_at", "next_alarm"))
            found.values.update(stands)
            return
        fired = hanging.fired.get(plan.due, ())
        alarm = plan.next_alarm(fired)
        found.values |= {
            "due_at": plan.due,
            "warn_at": plan.warn,
            "next_alarm_at": alarm.at if alarm else None,
            "next_alarm": alarm.step if alarm else None,
            "ladder_level": clocks.level_reached(fired),
        }

    def _before_resolution(self, found: Reckoned, ticket: Any, terms: Rules) -> None:
        unanswered = ticket.first_response_at is None and ticket.response_breached_at is None
        if unanswered and not ticket.urgent:  # 紧急件: two hours by the clock on the wall
            found.values["response_due_at"] = self._after(
                ticket.submitted_at, terms.first_response_days
            )
        if ticket.state == State.DISPATCHED and ticket.dispatched_at is not None:
            found.values["sign_due_at"] = self._after(ticket.dispatched_at, terms.sign_days)
        _, statutory_days = self._item(ticket)
        if ticket.statutory_due_at is not None and statutory_days is not None:
            found.values["statutory_due_at"] = self._after(ticket.submitted_at, statutory_days)

    def _after_resolution(self, found: Reckoned, ticket: Any, terms: Rules) -> None:
        state = ticket.state
        if state == State.RESOLVED and ticket.follow_up_due_at is not None:
            since, days, name = ticket.resolved_at, terms.follow_up_days, "follow_up_due_at"
        elif state == State.FOLLOWED_UP and ticket.rating_due_at is not None:
            since, days, name = ticket.followed_up_at, terms.rating_days, "rating_due_at"
        elif state == State.RATED and ticket.contact_due_at and ticket.called_back_at is None:
            since, days, name = ticket.rated_at, terms.bad_contact_days, "contact_due_at"
        else:
            return
        found.values[name] = self._after(since, days)

    def _supplements(self, found: Reckoned, asked: Iterable[Any], terms: Rules) -> None:
        reminders = (terms.supplement_first_reminder, terms.supplement_second_reminder)
        for request in asked:
            values = {"answer_due_at": self._after(request.sent_at, terms.supplement_abandon)}
            if request.next_reminder_at is not None and request.reminders < len(reminders):
                days = reminders[request.reminders]
                values["next_reminder_at"] = self._after(request.sent_at, days)
            _note(found.asked, found.moves, request, values)

    def _support(self, found: Reckoned, support: Iterable[Any], terms: Rules) -> None:
        for task in support:
            _, plan = self._plan(Course(task.asked_at, Limit(terms.support_days)))
            if plan is not None and task.overdue_at is None:
                values = {"due_at": plan.due, "warn_at": plan.warn}
                _note(found.support, found.moves, task, values, "support_")

    def _after(self, since: datetime, days: int) -> datetime:
        key = (since, days)
        if key not in self._due:
            self._due[key] = due_after(self.hours, since, days)
        return self._due[key]

    def _plan(self, course: Course) -> tuple[int, Timetable | None]:
        if course not in self._plans:
            self._plans[course] = (course.allowed(self.hours), course.plan(self.hours))
        return self._plans[course]

    def _rules(self, version: int) -> Rules:
        if version not in self._terms:
            self._terms[version] = rules_at(self._park_id, version)
        return self._terms[version]

    def _item(self, ticket: Any) -> tuple[Sequence[int] | None, int | None]:
        """Return the ladder and the statutory days of the item as it was when it was asked for."""
        key = (ticket.item_id, ticket.item_version)
        if key not in self._items:
            item = item_at(*key)
            self._items[key] = (item.ladder, item.statutory_days)
        return self._items[key]


def _moves(ticket: Any, values: Mapping[str, Any]) -> list[Move]:
    """Return the columns that move; the next alarm only where it is none of those before it."""
    moves: list[Move] = []
    for name in NAMES:
        old, new = getattr(ticket, name, None), values.get(name)
        if name not in values or old == new:
            continue
        if name != "next_alarm_at" or (old, new) not in [(one.old, one.new) for one in moves]:
            moves.append(Move(name, old, new))
    return moves


def _note(
    children: list[Child],
    moves: list[Move],
    row: Any,
    values: Mapping[str, datetime | None],
    prefix: str = "",
) -> None:
    """Remember the new times of a child and what moves, if anything does."""
    moved = {name: value for name, value in values.items() if value != getattr(row, name)}
    if moved:
        children.append(Child(row.id, moved))
        moves += [Move(prefix + name, getattr(row, name), new) for name, new in moved.items()]
