"""催办 by staff: a word to whoever has the ticket, at most once a working hour from each person."""

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import STANDING, WITH_UNIT, Audience, Refusal
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.tickets.actions import refusals_on_record
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import subject_of
from servicedesk.tickets.telling import people
from servicedesk.tickets.timeline import add_own_event
from servicedesk.transaction import unit_of_work

PAUSE_MINUTES = 60  # working minutes between two reminders of one person
WORDS_MAX = 500


def remind_refusal(actor: Actor, ticket: Ticket) -> Refusal | None:
    """Return why the person may not remind now, or ``None``."""
    if not allows(actor, "ticket.remind", subject_of(ticket)):
        return Refusal("permission", N_("您没有执行此操作的权限。"))
    if ticket.state in STANDING:
        return Refusal("state", N_("正在等待企业或已中止，不能催办承办人。"))
    if ticket.state not in WITH_UNIT:
        return Refusal("state", N_("工单不在承办单位手里，不需要催办。"))
    if ticket.assignee_id is not None and ticket.assignee_id == actor.user_id:
        return Refusal("guard", N_("您就是承办人，不需要催办自己。"))
    last = _last_of(actor, ticket.id)
    if last is not None and _minutes_since(ticket, last) < PAUSE_MINUTES:
        return Refusal("guard", N_("您在一个工作小时内已经催办过。"))
    return None


def remind(actor: Actor, ticket_id: int, words: str, key: str = "") -> bool:
    """Remind the assignee and the unit's head; false where the same ``key`` has done so already.

    Raises:
        Refused: not permitted, nobody has the ticket, too soon, or too many words.
    """
    with refusals_on_record(actor, "ticket.remind", ticket_id):
        return _remind(actor, ticket_id, words.strip(), key)


@unit_of_work
def _remind(actor: Actor, ticket_id: int, words: str, key: str) -> bool:
    ticket = db.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    last = _last_of(actor, ticket_id)
    if last is not None and key and last.data.get("key") == key:
        return False
    if refused := remind_refusal(actor, ticket):
        raise Refused(refused.reason, kind=refused.kind)
    if len(words) > WORDS_MAX:
        raise Refused(N_("最多500个字。"), field="words")
    event = add_own_event(
        actor, ticket, "remind", data={"key": key} if key else {}, shown=False, body=words
    )
    record(actor, "ticket.remind", "ticket", ticket.id)
    hearers = people(ticket, (Audience.ASSIGNEE, Audience.UNIT_HEAD))
    told = [person for person in hearers if person.id != actor.user_id]
    detail = ticket.number if ticket.confidential else f"{ticket.number} {ticket.title}"
    if words and not ticket.confidential:
        detail = f"{detail}：{words}"
    tell(
        told, N_("内部催办：请尽快办理并回复进展。"), key=f"ticket:{ticket.id}:e{event.id}",
        ticket_id=ticket.id, detail=detail, urgent=ticket.urgent,
    )  # fmt: skip
    return True


def _last_of(actor: Actor, ticket_id: int) -> TicketEvent | None:
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket_id, TicketEvent.kind == "remind",
        TicketEvent.actor_id == actor.user_id,
    )  # fmt: skip
    return db.session.scalar(query.order_by(TicketEvent.id.desc()).limit(1))


def _minutes_since(ticket: Ticket, event: TicketEvent) -> int:
    return calendar(ticket.park_id).between(event.at, clock.now())
