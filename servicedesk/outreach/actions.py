"""Recording visits at enterprises' doors (上门服务)."""

from datetime import date, timedelta

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.outreach.queries import visit_of
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

RECENT = timedelta(days=60)


@unit_of_work
def record_visit(actor: Actor, ticket: Ticket, visited_on: date, place: str, met: str) -> Visit:
    """Note that the request was taken down at the enterprise's door; once for each ticket.

    Raises:
        Refused: not permitted, or the ticket has a visit already.
    """
    subject = Subject(ticket.park_id, ticket.enterprise_id)
    if not allows(actor, "ticket.submit_on_behalf", subject):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    today = calendar(ticket.park_id).local(clock.now()).date()
    if not today - RECENT <= visited_on <= today:
        raise Refused(N_("上门日期须在最近60天之内，且不晚于今天。"), field="visited_on")
    if visit_of(ticket.id) is not None:
        raise Refused(N_("该工单已有上门服务记录。"), field="visited_on")
    visit = Visit(
        enterprise_id=ticket.enterprise_id, ticket_id=ticket.id, visited_on=visited_on,
        place=place, met=met, recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(visit)
    db.session.flush()
    after = {"ticket": ticket.number, "visited_on": visited_on.isoformat(), "place": place}
    record(actor, "visit.record", "visit", visit.id, after=after)
    return visit
