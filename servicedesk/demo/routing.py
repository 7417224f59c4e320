"""The demo's duty and routing as they stand now: a rule, skills, leave to come, a request for support."""

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.core.workflow import State
from servicedesk.demo.cast import Cast
from servicedesk.demo.loop import Moments
from servicedesk.duty.actions import add_absence, set_mode, set_skills
from servicedesk.extensions import db
from servicedesk.routing.actions import Draft, save_rule
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket

BUSY_UNIT, SUPPORT_UNIT = "SCJG", "GHJS"


def standing_now(cast: Cast, now: datetime) -> Moments:
    """Set up on the last working day what the pages of duty and routing show."""
    yield cast.hours.subtract(now, 2 * 60)
    head = cast.holder(Role.DESK_HEAD, Random(0))
    rule = Draft(
        cast.units[SUPPORT_UNIT], words="漏水 渗水 屋面", reason="房屋质量由规划建设部门牵头"
    )
    save_rule(head, rule)
    set_mode(head, cast.units[BUSY_UNIT], "load")
    people = [
        one
        for one in cast.staff
        if one.role is Role.OFFICER and one.unit_id == cast.units[BUSY_UNIT]
    ]
    for person, codes in zip(people, (["A01", "A"], ["B"]), strict=False):
        set_skills(head, person.user_id or 0, codes)
    if len(people) > 1:
        _leave_to_come(cast, people[-1].user_id or 0, people[0].user_id or 0)
    _ask_for_support(cast)


def _leave_to_come(cast: Cast, person: int, stand_in: int) -> None:
    head = cast.holder(Role.DESK_HEAD, Random(0))
    first = cast.hours.next_working_day(cast.hours.local(clock.now()).date())
    add_absence(head, person, first, first + timedelta(days=2), "年休假", stand_in)


def _ask_for_support(cast: Cast) -> None:
    """The newest ticket that another unit works on asks the planners for help."""
    query = select(Ticket).where(
        Ticket.park_id == cast.park_id, Ticket.state == State.IN_PROGRESS,
        Ticket.unit_id == cast.units[BUSY_UNIT], Ticket.assignee_id.is_not(None),
    )  # fmt: skip
    ticket = db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
    holder = next((one for one in cast.staff if ticket and one.user_id == ticket.assignee_id), None)
    if ticket is not None and holder is not None:
        inputs = {"unit_id": cast.units[SUPPORT_UNIT], "request": "请核实经营场所的房屋用途。"}
        take(holder, ticket.id, "ask_support", inputs)
