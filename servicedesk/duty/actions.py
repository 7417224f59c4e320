"""Everything that changes who is at work: how a unit assigns, shifts, skills, leave."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import delete, select

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import categories, item_labels
from servicedesk.clock import clock
from servicedesk.core.assignment import MODES
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.duty.models import Absence, Shift, Skill
from servicedesk.duty.queries import colleague
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Unit
from servicedesk.transaction import unit_of_work

LONGEST_LEAVE = 366  # days
NOT_PERMITTED = N_("您没有执行此操作的权限。")


@unit_of_work
def set_mode(actor: Actor, unit_id: int, mode: str) -> Unit:
    """Say how the unit shares out new tickets: ``hand``, ``turn``, ``load`` or ``skill``.

    Raises:
        Refused: not permitted for this unit, or no such way.
    """
    unit = db.session.get_one(Unit, unit_id, with_for_update=True, populate_existing=True)
    if not allows(actor, "duty.edit", Subject(unit.park_id, unit_id=unit.id)):
        raise Refused(NOT_PERMITTED, kind="permission")
    if mode not in MODES:
        raise Refused(N_("请选择分派方式。"), field="mode")
    if mode != unit.assignment:
        record(actor, "duty.mode", "unit", unit.id, {"mode": unit.assignment}, {"mode": mode})
        unit.assignment = mode
    return unit


def _person(actor: Actor, person_id: int) -> User:
    person = colleague(actor, "duty.edit", person_id)
    if person is None:
        raise Refused(NOT_PERMITTED, kind="permission")
    return person


@unit_of_work
def set_shift(
    actor: Actor,
    person_id: int,
    weekdays: str,
    make_up_days: bool,
    start_minute: int | None,
    end_minute: int | None,
) -> None:
    """Say when a person works; ``weekdays`` are ISO weekdays such as ``12345``.

    Raises:
        Refused: not permitted, no day at all, or the shift ends before it begins.
    """
    person = _person(actor, person_id)
    days = "".join(sorted(set(weekdays) & set("1234567")))
    if not days:
        raise Refused(N_("请至少选择一个工作日。"), field="weekdays")
    if (start_minute is None) != (end_minute is None):
        raise Refused(N_("上班和下班时间请一起填写，或都不填。"), field="end")
    if start_minute is not None and end_minute is not None and start_minute >= end_minute:
        raise Refused(N_("下班时间应晚于上班时间。"), field="end")
    row = db.session.get(Shift, person.id, with_for_update=True, populate_existing=True)
    before = _shift_facts(row) if row else None
    if row is None:
        row = Shift(user_id=person.id)
        db.session.add(row)
    row.weekdays, row.make_up_days = days, make_up_days
    row.start_minute, row.end_minute = start_minute, end_minute
    record(actor, "duty.shift", "user", person.id, before, _shift_facts(row))


def _shift_facts(row: Shift) -> dict[str, object]:
    return {
        "weekdays": row.weekdays, "make_up_days": row.make_up_days,
        "start": row.start_minute, "end": row.end_minute,
    }  # fmt: skip


@unit_of_work
def set_skills(actor: Actor, person_id: int, codes: Collection[str]) -> None:
    """Say what a person is good at: codes of items (``A01``) and of categories (``A``).

    Raises:
        Refused: not permitted, or a code is not in the catalogue.
    """
    person = _person(actor, person_id)
    known = {item.code for item in item_labels(person.park_id)} | {c.code for c in categories()}
    if not set(codes) <= known:
        raise Refused(N_("请从事项清单中选择专长。"), field="skills")
    before = db.session.scalars(select(Skill.code).where(Skill.user_id == person.id)).all()
    if set(before) == set(codes):
        return
    db.session.execute(delete(Skill).where(Skill.user_id == person.id))
    db.session.add_all(Skill(user_id=person.id, code=code) for code in sorted(set(codes)))
    after = {"codes": sorted(set(codes))}
    record(actor, "duty.skills", "user", person.id, {"codes": sorted(before)}, after)


@unit_of_work
def add_absence(
    actor: Actor,
    person_id: int,
    first: date,
    last: date,
    reason: str,
    stand_in_id: int | None = None,
) -> Absence:
    """Enter leave, both days included, and tell the person and the stand-in.

    Raises:
        Refused: not permitted, days out of order or over, leave on these days already, or the
            stand-in is nobody of the unit.
    """
    person = _person(actor, person_id)
    _check_days(person, first, last)
    stand_in = _stand_in(person, stand_in_id)
    if not reason.strip():
        raise Refused(N_("请填写请假事由。"), field="reason")
    absence = Absence(
        user_id=person.id, first_day=first, last_day=last, reason=reason.strip(),
        stand_in_id=stand_in.id if stand_in else None, created_by_id=actor.user_id,
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add(absence)
    db.session.flush()
    days = {"first": first.isoformat(), "last": last.isoformat(), "stand_in": absence.stand_in_id}
    record(actor, "duty.absence", "user", person.id, after=days)
    span = f"{first.isoformat()} – {last.isoformat()}"
    heard = [one for one in (person, stand_in) if one is not None and one.id != actor.user_id]
    tell(
        heard, N_("已登记请假，期间工单由代班人员接手。"), key=f"absence:{absence.id}",
        detail=f"{person.name} {span}", link="/desk/duty",
    )  # fmt: skip
    return absence


def _check_days(person: User, first: date, last: date) -> None:
    today = calendar(person.park_id).local(clock.now()).date()
    if last < first:
        raise Refused(N_("结束日期应不早于开始日期。"), field="last")
    if last < today:
        raise Refused(N_("请假已经结束，不需要再登记。"), field="last")
    if (last - first).days > LONGEST_LEAVE:
        raise Refused(N_("一次请假最长一年。"), field="last")
    overlaps = select(Absence.id).where(
        Absence.user_id == person.id, Absence.cancelled_at.is_(None),
        Absence.first_day <= last, Absence.last_day >= first,
    )  # fmt: skip
    db.session.get_one(User, person.id, with_for_update=True)  # one entry for a person at a time
    if db.session.scalar(overlaps) is not None:
        raise Refused(N_("这些日期已登记过请假。"), field="first")


def _stand_in(person: User, stand_in_id: int | None) -> User | None:
    if stand_in_id is None:
        return None
    stand_in = get_user(stand_in_id)
    if stand_in is None or not stand_in.active or stand_in.unit_id != person.unit_id:
        raise Refused(N_("代班人员应是本单位的其他在岗人员。"), field="stand_in_id")
    if stand_in.id == person.id:
        raise Refused(N_("代班人员应是本单位的其他在岗人员。"), field="stand_in_id")
    return stand_in


@unit_of_work
def cancel_absence(actor: Actor, absence_id: int) -> Absence:
    """Take leave back (销假): from now on the person is there.

    Raises:
        Refused: not permitted.
    """
    absence = db.session.get_one(Absence, absence_id, with_for_update=True, populate_existing=True)
    _person(actor, absence.user_id)
    if absence.cancelled_at is None:
        absence.cancelled_at = clock.now()
        record(actor, "duty.cancel_absence", "user", absence.user_id, after={"id": absence.id})
    return absence
