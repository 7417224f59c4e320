"""Recording advice given to an enterprise (咨询服务), counted as service."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.training import CHANNELS, ITEM_CODES
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.training.models import Consultation, Event
from servicedesk.transaction import unit_of_work

RECENT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Advice:
    """What was asked and answered; ``event_id`` where it was at an event."""

    enterprise_id: int
    item_code: str
    topic: str
    held_on: date
    channel: str
    question: str
    answer: str
    event_id: int | None = None


@unit_of_work
def record_consultation(actor: Actor, advice: Advice) -> Consultation:
    """Note a consultation; the same one sent twice is one.

    Raises:
        Refused: not permitted, the day is too old or to come, a wrong choice, or the same officer
            has recorded another answer on this topic for this day.
    """
    enterprise = db.session.get(
        Enterprise, advice.enterprise_id, with_for_update={"key_share": True}
    )
    subject = Subject(enterprise.park_id if enterprise else 0, advice.enterprise_id, actor.unit_id)
    if enterprise is None or not allows(actor, "consultation.record", subject):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    _check(enterprise, advice)
    if found := _same(actor, advice):
        return found
    consultation = Consultation(
        park_id=enterprise.park_id, officer_id=actor.user_id, unit_id=actor.unit_id,
        recorded_at=clock.now(), **asdict(advice),
    )  # fmt: skip
    db.session.add(consultation)
    db.session.flush()
    after = {"enterprise": enterprise.id, "topic": advice.topic, "item": advice.item_code}
    record(actor, "consultation.record", "consultation", consultation.id, after=after)
    return consultation


def _check(enterprise: Enterprise, advice: Advice) -> None:
    today = calendar(enterprise.park_id).local(clock.now()).date()
    if not today - RECENT <= advice.held_on <= today:
        raise Refused(N_("咨询日期须在最近60天之内，且不晚于今天。"), field="held_on")
    if advice.item_code not in ITEM_CODES or advice.channel not in CHANNELS:
        raise Refused(N_("请选择咨询事项和方式。"), field="item_code")
    event = db.session.get(Event, advice.event_id) if advice.event_id else None
    if advice.event_id and (event is None or event.park_id != enterprise.park_id):
        raise Refused(N_("没有这场活动。"), field="event_id")


def _same(actor: Actor, advice: Advice) -> Consultation | None:
    found = db.session.scalar(
        select(Consultation).where(
            Consultation.enterprise_id == advice.enterprise_id,
            Consultation.officer_id == actor.user_id,
            Consultation.held_on == advice.held_on,
            Consultation.topic == advice.topic,
        )
    )
    if found is None:
        return None
    if any(getattr(found, name) != value for name, value in asdict(advice).items()):
        raise Refused(N_("您当天已为这家企业登记过同一主题的咨询，请换一个主题。"), field="topic")
    return found
