"""A value for every variable in the routes of this part (meetings), for the walk of every route."""

from datetime import timedelta
from typing import Any

from servicedesk.clock import clock
from servicedesk.meetings.actions import Details, add_ticket, hold_meeting, plan_meeting
from servicedesk.meetings.decisions import Wording, record_decision
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    ticket = town.walk(town.file("bob", title="道路积水"), "accept", "dispatch", "sign")
    meeting = plan_meeting(town.head, Details(clock.now(), place="园区会议室", chair="李主任"))
    item = add_ticket(town.head, ticket.number, "多次协调未果", meeting.id)
    meeting = hold_meeting(town.head, meeting.id, "各单位", "逐项讨论。", meeting.version)
    day = clock.now().date() + timedelta(days=9)
    made = record_decision(
        town.head, meeting.id, Wording("疏通管网", town.unit_id("SCJG"), day, item_id=item.id)
    )
    return {
        "meeting_id": meeting.id,
        "agenda_item_id": item.id,
        "verdict_step": "settle",
        "decision_id": made.id,
        "decision_step": "report",
    }
