"""What today's lights count (今日红黄灯): each number is that of the list which it opens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.lights import Line, lights
from servicedesk.core.permissions import Actor
from servicedesk.meetings.queries import decision_count
from servicedesk.statistics.loop import units_below
from servicedesk.statistics.reach import own_cut
from servicedesk.statistics.standing import Standing
from servicedesk.tickets import false_marks
from servicedesk.tickets.listing import Filter, total

COUNTED = ("level_3", "level_2", "urgent_uncontacted", "contact_late", "disputes")
ASKED = "extensions"  # whose they are depends on the reader
VIEWS = (*COUNTED, ASKED)


@dataclass(frozen=True, slots=True)
class Opens:
    """The list behind a line: an endpoint and the parameters of its address."""

    endpoint: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    anchor: str | None = None


def today(actor: Actor, stands: Standing, *, silent: bool) -> tuple[Line, ...]:
    """Return the lines of today; ``silent``: no scheduler has run lately."""
    return lights(counts(actor, stands, silent=silent))


def counts(actor: Actor, stands: Standing, *, silent: bool) -> dict[str, int]:
    """Return what each rule counts, as far as the person may see it.

    ``stands`` is what stands at this moment within the person's reach.
    """
    month, monday = f"{_day(actor.park_id):%Y-%m}", _monday(actor.park_id)
    marks = false_marks.Wanted(standing="standing", since=monday)
    reader = (actor.user_id, actor.role, actor.unit_id)
    return {
        **stands.views(COUNTED),
        ASKED: stands.settled((ASKED, reader), lambda: total(actor, Filter(view=ASKED))),
        "silent": int(silent),
        "false_week": stands.settled(
            ("false_week", reader, marks), lambda: false_marks.count(actor, marks)
        ),
        "decisions_late": decision_count(actor, "overdue"),
        "units_below": len(units_below(actor, month, own_cut(actor), stands.figures)),
    }


def opens(key: str, park_id: int) -> Opens | None:
    """Return what a line leads to; nothing where there is nothing to do."""
    if key in VIEWS:
        return Opens("desk.queue", {"view": key})
    monday, month = _monday(park_id), f"{_day(park_id):%Y-%m}"
    others = {
        "silent": Opens("insight.scheduler"),
        "false_week": Opens(
            "desk.false_resolutions", {"standing": "standing", "since": monday.isoformat()}
        ),
        "decisions_late": Opens("desk.decisions", {"show": "overdue"}),
        "units_below": Opens("insight.loop", {"period": month}, "below"),
    }
    return others.get(key)


def _day(park_id: int) -> date:
    return calendar(park_id).local(clock.now()).date()


def _monday(park_id: int) -> date:
    day = _day(park_id)
    return day - timedelta(days=day.weekday())
