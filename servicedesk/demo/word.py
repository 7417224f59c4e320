"""What enterprises say in these days: some urge what is running, one reports a danger."""

from collections.abc import Iterator
from datetime import datetime
from random import Random

from sqlalchemy import select

from servicedesk.core.permissions import Role
from servicedesk.core.workflow import State
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import Client
from servicedesk.extensions import db
from servicedesk.tickets.actions import Request, send_message, submit, take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for

URGED = 3  # tickets
WORDS = ("设备已到货，等着这一步，请抓紧。", "", "下周有客户来验厂，希望能赶上。")
DANGER = "车间外燃气管道漏气"
DESCRIPTION = "早班发现厂区东侧调压箱旁有明显燃气味，已停用明火、疏散人员，请立即派人处置。"


def urging(cast: Cast, now: datetime) -> Iterator[datetime]:
    """Let members of enterprises urge tickets that units have in hand, this morning."""
    yield cast.hours.subtract(now, 150)
    of_enterprise = {client.enterprise_id: client for client in cast.clients.values()}
    query = select(Ticket).where(
        Ticket.park_id == cast.park_id,
        Ticket.closed_at.is_(None),
        Ticket.state == State.IN_PROGRESS,
        Ticket.enterprise_id.in_(of_enterprise),
    )
    running = db.session.scalars(query.order_by(Ticket.id).limit(30)).all()
    urged = 0
    for number, enterprise in [(one.id, one.enterprise_id) for one in running]:
        person = of_enterprise[enterprise].people[0]
        ticket = db.session.get_one(Ticket, number)
        if urged < URGED and "urge" in {step.name for step in actions_for(person, ticket)}:
            take(person, number, "urge", {"note": WORDS[urged]})
            urged += 1


def danger(cast: Cast, client: Client, now: datetime) -> Iterator[datetime]:
    """Let one enterprise report a danger (紧急件); the desk and the unit act within the hour."""
    yield cast.hours.subtract(now, 120)
    chance, item = Random("danger"), cast.items["J03"]
    person = client.people[0]
    request = Request(
        enterprise_id=client.enterprise_id, title=DANGER, description=DESCRIPTION,
        contact=person.name, phone=client.phones[0], answers={"location": "厂区东侧调压箱"},
        urgent="safety", key="demo-danger",
    )  # fmt: skip
    number = submit(person, item, request).id
    yield cast.hours.subtract(now, 110)
    desk = cast.holder(Role.DESK, chance)
    take(desk, number, "accept")
    take(desk, number, "dispatch", {"unit_id": cast.units[item.lead_unit]})
    yield cast.hours.subtract(now, 95)
    officer = cast.holder(Role.OFFICER, chance, item.lead_unit)
    take(officer, number, "sign")
    send_message(officer, number, "抢修人员已出发，请保持现场无明火，人员不要返回。")
