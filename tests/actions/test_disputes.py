"""Tickets that nobody wants: two returns, then a leader's ruling that stands; stages of legal aid."""

import pytest

from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.meetings.models import AgendaItem
from servicedesk.routing.models import DispatchRecord
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for
from servicedesk.tickets.views import counts
from tests.support import Town, local


def bounced_twice(town: Town) -> Ticket:
    """A ticket that a unit has returned and, after the next dispatch, returned again."""
    return town.walk(town.file(item="J05"), "accept", "dispatch", "return", "dispatch", "return")


def names(town: Town, login: str, ticket: Ticket) -> set[str]:
    return {step.name for step in actions_for(town.actor(login), ticket)}


def test_a_return_needs_a_reason_of_the_list_and_words(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), "accept", "dispatch")
    for inputs in ({"code": "", "reason": "不是我们的"}, {"code": "not_ours", "reason": ""}):
        with pytest.raises(Refused):
            take(town.officer, ticket.id, "return", inputs)
    with pytest.raises(Refused) as refused:
        take(town.officer, ticket.id, "return", {"code": "我不想办", "reason": "忙"})
    assert refused.value.field == "code"
    assert town.walk(ticket, "return").returns == 1


def test_a_return_after_the_sign_time_is_refused(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), "accept", "dispatch")
    clock.set(local("2024-03-06 17:31"))  # a working day after Tuesday's dispatch
    with pytest.raises(Refused):
        town.walk(ticket, "return")
    assert town.walk(ticket, "sign").state == State.IN_PROGRESS


def test_what_came_back_twice_is_the_heads(town: Town) -> None:
    ticket = bounced_twice(town)
    assert counts(town.head)["returned"] == 1
    assert "dispatch" not in names(town, "desk", ticket)
    with pytest.raises(Refused):
        town.walk(ticket, "dispatch")
    ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    assert not {"return"} & names(town, "officer", ticket)
    assert "contest" in names(town, "officer", ticket)


def test_the_third_objection_is_settled_by_a_leader_and_stands(town: Town) -> None:
    ticket = bounced_twice(town)
    take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    ticket = town.walk(ticket, "contest")
    assert (ticket.state, ticket.returns, ticket.unit_id) == (State.DISPUTED, 3, None)
    assert counts(town.leader)["disputes"] == 1
    assert ticket.due_at is not None and ticket.next_alarm_at is not None  # the clock runs on
    [waiting] = db.session.query(AgendaItem).filter_by(ticket_id=ticket.id)
    assert (waiting.kind, waiting.state) == ("dispute", "waiting")
    with pytest.raises(Refused):
        take(town.head, ticket.id, "settle", {"unit_id": town.unit_id("GHJS"), "reason": "x"})
    verdict = {"unit_id": town.unit_id("GHJS"), "reason": "道路归规划建设部门"}
    ticket = take(town.leader, ticket.id, "settle", verdict)
    assert (ticket.state, ticket.unit_id) == (State.DISPATCHED, town.unit_id("GHJS"))
    assert names(town, "officer2", ticket) & {"return", "contest", "sign"} == {"sign"}
    records = db.session.query(DispatchRecord).filter_by(ticket_id=ticket.id)
    outcomes = [(one.outcome, one.ruled) for one in records.order_by(DispatchRecord.id)]
    assert outcomes == [
        ("returned", False), ("returned", False), ("contested", False), ("waiting", True),
    ]  # fmt: skip
    assert take(town.officer2, ticket.id, "sign").state == State.IN_PROGRESS


def test_a_confidential_dispute_is_the_desk_heads(town: Town) -> None:
    """Leaders do not see confidential matters, so the desk's head stands in."""
    ticket = town.walk(town.file(item="H02"), "accept", "dispatch", "return", "dispatch", "return")
    ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    ticket = town.walk(ticket, "contest")
    verdict = {"unit_id": town.unit_id("SCJG"), "reason": "司法局授权"}
    assert take(town.head, ticket.id, "settle", verdict).settled


def test_legal_aid_goes_through_its_stages(town: Town) -> None:
    ticket = town.walk(town.file(item="H02"), "accept", "dispatch", "sign")
    for stage in ("advice", "mediation", "arbitration", "enforcement"):
        ticket = take(town.officer, ticket.id, "advance_stage", {"stage": stage, "note": "有进展"})
        assert ticket.stage == stage
    with pytest.raises(Refused):
        take(town.officer, ticket.id, "advance_stage", {"stage": "advice", "note": "x"})
    other = town.walk(town.file(item="J05"), "accept", "dispatch", "sign")
    assert "advance_stage" not in names(town, "officer", other)
