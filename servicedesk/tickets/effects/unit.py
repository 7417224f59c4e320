"""What a unit's steps write: signing, returning, disputes, support by other units, stages."""

from sqlalchemy import select

from servicedesk.accounts.queries import members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item as get_item
from servicedesk.core.deadlines import Limit, timetable
from servicedesk.core.routing import RETURN_REASONS
from servicedesk.core.stages import STAGE_NAMES, next_stages
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.materials.queries import valid_powers
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets import clocks
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.effects.change import Change, end_dispatch, send_to


def sign(change: Change) -> None:
    ticket = change.ticket
    ticket.signed_at = change.now
    ticket.assignee_id = ticket.assignee_id or change.actor.user_id
    end_dispatch(change, "signed")


def return_(change: Change) -> None:
    """退单, with a reason of the fixed list and in words."""
    _note_objection(change, "returned")
    change.ticket.returns += 1
    _take_from_unit(change)


def contest(change: Change) -> None:
    """The third objection: a leader rules, and meanwhile no unit has it."""
    _note_objection(change, "contested")
    change.ticket.returns += 1
    _take_from_unit(change)


def _note_objection(change: Change, outcome: str) -> None:
    code = change.text("code")
    change.text("reason")
    if code not in RETURN_REASONS:
        raise Refused(N_("请选择退单理由。"), field="code")
    if change.ticket.unit_id is not None:
        unit = get_unit(change.ticket.unit_id)
        change.data |= {"unit": unit.name, "unit_code": unit.code}
    end_dispatch(change, outcome, code)


def _take_from_unit(change: Change) -> None:
    change.ticket.unit_id = None
    change.ticket.assignee_id = None
    change.ticket.sign_due_at = None


def settle(change: Change) -> None:
    """The leader's verdict stands: the unit signs, and nothing is returned any more."""
    unit = change.unit()
    change.text("reason")
    change.ticket.settled = True
    send_to(change, unit, ruled=True)


def assign(change: Change) -> None:
    person = get_user(int(change.inputs["assignee_id"]))
    if person is None or person.id not in {p.id for p in members_of_unit(change.ticket.unit_id)}:
        raise Refused(N_("请选择本单位的承办人。"), field="assignee_id")
    if change.ticket.rectifying and person.id == change.ticket.rated_person_id:
        raise Refused(N_("被差评的人员不能整改本工单，请选择其他人员。"), field="assignee_id")
    change.data["assignee"] = person.name
    change.ticket.assignee_id = person.id


def ask_support(change: Change) -> None:
    """协办: another unit answers within its own time; the lead unit stays the lead."""
    unit, ticket = change.unit(), change.ticket
    if unit.id == ticket.unit_id:
        raise Refused(N_("主办单位不需要再协办。"), field="unit_id")
    waits = select(SupportTask.id).where(
        SupportTask.ticket_id == ticket.id, SupportTask.unit_id == unit.id,
        SupportTask.state == "waiting",
    )  # fmt: skip
    if db.session.scalar(waits) is not None:
        raise Refused(N_("已请求过这个单位协办，正在等待答复。"), field="unit_id")
    terms = clocks.rules_of(ticket)
    running = timetable(
        calendar(ticket.park_id), change.now, Limit(terms.support_days), warn_share=terms.warn_share
    )
    assert running is not None
    task = SupportTask(
        ticket_id=ticket.id, unit_id=unit.id, request=change.text("request"),
        asked_by_id=change.actor.user_id, asked_at=change.now,
        warn_at=running.warn, due_at=running.due,
    )  # fmt: skip
    db.session.add(task)
    ticket.supports += 1
    ticket.support_waiting += 1


def answer_support(change: Change) -> None:
    task = _waiting_task(change, change.actor.unit_id)
    task.answer = change.text("answer")
    change.data["unit"] = get_unit(task.unit_id).name
    _end_task(change, task, "answered")


def withdraw_support(change: Change) -> None:
    task = _waiting_task(change, change.unit().id)
    change.text("reason")
    _end_task(change, task, "withdrawn")


def _waiting_task(change: Change, unit_id: int | None) -> SupportTask:
    task = db.session.scalar(
        select(SupportTask).where(
            SupportTask.ticket_id == change.ticket.id, SupportTask.unit_id == unit_id,
            SupportTask.state == "waiting",
        )
    )  # fmt: skip
    if task is None:
        raise Refused(N_("这个单位没有待答复的协办请求。"), field="unit_id")
    return task


def _end_task(change: Change, task: SupportTask, state: str) -> None:
    task.state, task.ended_by_id, task.ended_at = state, change.actor.user_id, change.now
    change.ticket.support_waiting -= 1


def advance_stage(change: Change) -> None:
    """咨询→调解→仲裁/诉讼→执行: one step further on the way that the matter takes."""
    stage = change.text("stage")
    change.text("note")
    if stage not in next_stages(get_item(change.ticket.item_id).code, change.ticket.stage):
        raise Refused(N_("请选择下一个阶段。"), field="stage")
    change.data["stage"] = STAGE_NAMES[stage]
    change.ticket.stage = stage


def act(change: Change) -> None:
    """代办: hand in, add to or collect, never sign or promise; only what the letter allows."""
    power = change.text("power")
    if power not in valid_powers(change.ticket, change.now):
        raise Refused(N_("授权委托书没有给出这项权限。"), field="power")
    change.text("note")
