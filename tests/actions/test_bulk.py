"""Many tickets at once, and reminders: previews write nothing, one refusal stops no other."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from servicedesk.catalogue.queries import item as get_item
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.routing.models import DispatchRecord
from servicedesk.tickets.bulk import NO_SUGGESTION, Order, Result, carry_out, open_to, preview
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.reminding import remind, remind_refusal
from servicedesk.transaction import unit_of_work
from tests.support import Town, pass_time


def outcomes(results: list[Result]) -> list[str]:
    return [result.outcome for result in results]


def orders(town: Town, step: str, tickets: list[Ticket], **inputs: Any) -> list[Order]:
    """Return the orders that the preview of ``step`` would send."""
    lines = preview(town.desk, step, [ticket.number for ticket in tickets], inputs)
    return [Order(line.ticket.number, line.ticket.version, line.inputs) for line in lines]


def test_each_role_has_its_own_steps(town: Town) -> None:
    assert open_to(town.desk) == ["accept", "dispatch", "remind"]
    assert open_to(town.unithead) == ["assign", "remind"]
    assert open_to(town.officer) == []
    assert open_to(town.leader) == ["remind"]


def test_a_preview_tells_what_the_workflow_refuses_and_writes_nothing(town: Town) -> None:
    fresh = town.file()
    ready = town.walk(town.file("bob"), "accept")
    gone = town.walk(town.file(), "accept", "dispatch")
    power = town.walk(town.file("bob", acting=True), "accept")
    before = db.session.scalar(select(func.count()).select_from(TicketEvent))
    numbers = [one.number for one in (fresh, ready, gone, power)]
    lines = preview(town.desk, "dispatch", [*numbers, "20240305-99999-1", numbers[0]], {})
    assert [line.ticket.number for line in lines] == numbers  # unknown and repeated ones left out
    assert [bool(line.reason) for line in lines] == [True, False, True, True]
    assert lines[1].inputs["unit_id"] == town.unit_id("SCJG")  # the item's lead unit
    assert "授权" in lines[3].reason
    assert before == db.session.scalar(select(func.count()).select_from(TicketEvent))


def test_a_ticket_without_a_suggestion_needs_a_unit(town: Town) -> None:
    """The lead and every partner have returned it: the catalogue names nobody else."""
    ticket = town.walk(town.file(), "accept")
    item = get_item(ticket.item_id)
    codes = [item.lead_unit, *item.partner_units]
    for code in codes:
        _note_return(town, ticket, str(code))
    [line] = preview(town.head, "dispatch", [ticket.number], {})
    assert line.reason == NO_SUGGESTION
    [chosen] = preview(town.head, "dispatch", [ticket.number], {"unit_id": town.unit_id("GHJS")})
    assert not chosen.reason
    assert chosen.inputs["unit_id"] == town.unit_id("GHJS")


@unit_of_work
def _note_return(town: Town, ticket: Ticket, code: str) -> None:
    found = db.session.get_one(Ticket, ticket.id)
    found.returns += 1
    db.session.add(
        DispatchRecord(
            park_id=found.park_id, ticket_id=found.id, item_id=found.item_id, at=clock.now(),
            unit_id=town.unit_id(code), outcome="returned", return_code="not_ours",
        )
    )  # fmt: skip


def test_another_units_tickets_are_not_in_a_preview(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch")
    assert len(preview(town.unithead, "remind", [ticket.number], {})) == 1
    assert preview(town.officer2, "remind", [ticket.number], {}) == []


def test_one_refusal_stops_no_other(town: Town) -> None:
    tickets = [town.walk(town.file(), "accept") for _n in range(3)]
    power = town.walk(town.file("bob", acting=True), "accept")
    wanted = orders(town, "dispatch", [*tickets, power])
    town.walk(tickets[1], "dispatch", unit_id=town.unit_id("GHJS"))  # meanwhile, by somebody
    results = carry_out(town.head, "dispatch", wanted, "key")
    assert outcomes(results) == ["done", "changed", "done", "refused"]
    assert results[1].event is not None
    assert results[1].event.actor_name == town.desk.name
    found = {t.id: t.unit_id for t in db.session.scalars(select(Ticket))}
    assert found[tickets[1].id] == town.unit_id("GHJS")
    assert found[power.id] is None


def test_sending_the_same_twice_does_nothing_twice(town: Town) -> None:
    tickets = [town.walk(town.file(), "accept") for _n in range(2)]
    wanted = orders(town, "dispatch", tickets)
    first = carry_out(town.desk, "dispatch", wanted, "key")
    events = db.session.scalar(select(func.count()).select_from(TicketEvent))
    again = carry_out(town.desk, "dispatch", wanted, "key")
    assert outcomes(first) == outcomes(again) == ["done", "done"]
    assert events == db.session.scalar(select(func.count()).select_from(TicketEvent))
    elsewhere = [Order(one.number, one.seen, {"unit_id": town.unit_id("GHJS")}) for one in wanted]
    assert outcomes(carry_out(town.desk, "dispatch", elsewhere, "other")) == ["changed"] * 2


def test_a_head_assigns_many(town: Town) -> None:
    tickets = [town.walk(town.file(), "accept", "dispatch") for _n in range(2)]
    person = town.user("officer").id
    lines = preview(
        town.unithead, "assign", [one.number for one in tickets], {"assignee_id": person}
    )
    assert not any(line.reason for line in lines)
    wanted = [Order(line.ticket.number, line.ticket.version, line.inputs) for line in lines]
    assert outcomes(carry_out(town.unithead, "assign", wanted, "key")) == ["done", "done"]
    assert outcomes(carry_out(town.unithead, "assign", wanted, "key")) == ["done", "done"]
    assert {t.assignee_id for t in db.session.scalars(select(Ticket))} == {person}
    stranger = [Order(one.number, one.version, {"assignee_id": town.user("officer2").id})
                for one in db.session.scalars(select(Ticket))]  # fmt: skip
    assert outcomes(carry_out(town.unithead, "assign", stranger, "k2")) == ["refused", "refused"]


def test_a_reminder_is_told_once_a_working_hour(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    assert remind(town.desk, ticket.id, "请今天答复企业")
    again = remind_refusal(town.desk, ticket)
    assert again is not None
    assert "一个工作小时" in again.reason
    assert remind_refusal(town.head, ticket) is None  # each person for himself
    event = db.session.scalars(select(TicketEvent).where(TicketEvent.kind == "remind")).one()
    assert (event.shown, event.text) == (False, "请今天答复企业")
    told = {
        notice.user_id
        for notice in db.session.scalars(select(Notice).where(Notice.text.contains("内部催办")))
    }
    assert told == {town.user("officer").id, town.user("unithead").id}
    pass_time(hours=1)
    assert remind(town.desk, ticket.id, "")


def test_nights_are_no_working_hours(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    clock.set(clock.now() + timedelta(hours=7, minutes=20))  # 17:20
    remind(town.desk, ticket.id, "")
    pass_time(hours=5)
    assert remind_refusal(town.desk, ticket) is not None


def test_who_has_nothing_to_remind_is_told_why(town: Town) -> None:
    fresh, waiting = town.file(), town.file()
    waiting = town.walk(waiting, "accept", "dispatch", "sign", "request_supplement")
    lines = preview(town.desk, "remind", [fresh.number, waiting.number], {})
    assert all(line.reason for line in lines)
    mine = town.walk(town.file(), "accept", "dispatch")
    mine = town.walk(mine, "assign", assignee_id=town.user("unithead").id)
    refused = remind_refusal(town.unithead, mine)
    assert refused is not None
    assert "自己" in refused.reason


def test_a_reminder_sent_twice_is_one(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    wanted = [Order(ticket.number, ticket.version, {"words": "请尽快"})]
    for _press in range(2):
        assert outcomes(carry_out(town.desk, "remind", wanted, "one key")) == ["done"]
    assert outcomes(carry_out(town.desk, "remind", wanted, "another")) == ["refused"]
    kinds = db.session.scalars(select(TicketEvent.kind)).all()
    assert kinds.count("remind") == 1


def test_reminders_of_confidential_matters_say_only_the_number(town: Town) -> None:
    ticket = town.walk(
        town.file(item="H01", title="与员工的劳动争议"), "accept", "dispatch", "sign"
    )
    remind(town.desk, ticket.id, "劳动争议请尽快")
    details = db.session.scalars(
        select(Notice.detail).where(Notice.text.contains("内部催办"))
    ).all()
    assert set(details) == {ticket.number}


def test_only_the_first_two_hundred_are_taken(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    wanted = [Order("none", 1)] * 200 + [Order(ticket.number, ticket.version, {})]
    assert len(carry_out(town.desk, "accept", wanted, "key")) == 200
