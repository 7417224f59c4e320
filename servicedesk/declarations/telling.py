"""Telling and reminding enterprises of what fits them (政策推送), their no, and titles that end.

Each telling is claimed by a conditional update of the match, or by a unique row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import aliased

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.declarations import (
    REMIND_DAYS,
    TITLE_DAYS,
    PolicyState,
    State,
    reminder_stage,
    title_days,
)
from servicedesk.core.permissions import PART_PERMISSIONS, Actor, Part, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.declarations.matching import match_now, running
from servicedesk.declarations.models import Declaration, Policy, PolicyMatch, TitleReminder
from servicedesk.declarations.profiles import today
from servicedesk.enterprises.models import Enterprise, Title
from servicedesk.enterprises.queries import members
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.queries import parks
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
ACTING = "declaration.declare"


def _open_matches(park_id: int) -> Select[Any]:
    """Return the matches of running policies whose enterprise has neither declared nor declined."""
    declared = select(Declaration.id).where(
        Declaration.policy_id == PolicyMatch.policy_id,
        Declaration.enterprise_id == PolicyMatch.enterprise_id,
        Declaration.state != State.WITHDRAWN,
    )
    return (
        select(PolicyMatch.id)
        .join(Policy, Policy.id == PolicyMatch.policy_id)
        .where(
            running(park_id), PolicyMatch.met, PolicyMatch.dismissed_at.is_(None),
            ~declared.exists(),
        )
        .order_by(PolicyMatch.id)
    )  # fmt: skip


def untold(limit: int = LIMIT) -> list[int]:
    """Return the matches whose enterprise has not been told yet."""
    found: list[int] = []
    for park in parks():
        query = _open_matches(park.id).where(PolicyMatch.told_at.is_(None))
        found += db.session.scalars(query.limit(limit))
    return found


@unit_of_work
def tell_match(match_id: int) -> bool:
    """Tell an enterprise of a policy that fits it, once; returns whether it was this call.

    An enterprise without an account is told by its service officer or the desk, who are asked to.
    """
    match = db.session.get_one(PolicyMatch, match_id, populate_existing=True)
    policy = db.session.get_one(Policy, match.policy_id)
    stage = reminder_stage(calendar(policy.park_id), today(policy.park_id), policy.closes_on)
    claim = (
        update(PolicyMatch)
        .where(PolicyMatch.id == match_id, PolicyMatch.told_at.is_(None))
        .values(told_at=clock.now(), reminders=stage)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    _tell(
        policy, match,
        N_("有一项政策符合贵企业条件，请在截止日期前申报。"),
        N_("有一项政策符合这家企业，但它还没有账号，请电话告知。"),
        f"match:{match.id}:told",
    )  # fmt: skip
    return True


def due_reminders(limit: int = LIMIT) -> list[tuple[int, int]]:
    """Return (match, stage) of those told who have not acted although the window closes soon."""
    found: list[tuple[int, int]] = []
    for park in parks():
        hours, day = calendar(park.id), today(park.id)
        for policy in db.session.scalars(select(Policy).where(running(park.id))).all():
            stage = reminder_stage(hours, day, policy.closes_on)
            query = _open_matches(park.id).where(
                PolicyMatch.policy_id == policy.id,
                PolicyMatch.told_at.is_not(None),
                PolicyMatch.reminders < stage,
            )
            found += [(number, stage) for number in db.session.scalars(query.limit(limit))]
    return found[:limit]


@unit_of_work
def remind(match_id: int, stage: int) -> bool:
    """Remind an enterprise that a window closes; the last time its service officer hears, too."""
    claim = (
        update(PolicyMatch)
        .where(PolicyMatch.id == match_id, PolicyMatch.reminders < stage)
        .values(reminders=stage)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    match = db.session.get_one(PolicyMatch, match_id, populate_existing=True)
    policy = db.session.get_one(Policy, match.policy_id)
    staff_text = N_("企业符合条件但尚未申报，窗口即将关闭，请上门或电话提醒。")
    _tell(
        policy, match, N_("政策申报窗口即将关闭，贵企业符合条件，尚未申报。"), staff_text,
        f"match:{match.id}:remind{stage}", officer_too=stage == len(REMIND_DAYS),
    )  # fmt: skip
    return True


def _tell(
    policy: Policy,
    match: PolicyMatch,
    text: str,
    staff_text: str,
    key: str,
    officer_too: bool = False,
) -> None:
    """Tell those who may declare for the enterprise, in working time; where there is none, staff."""
    people = acting_members(match.enterprise_id)
    moment = _working_moment(policy.park_id)
    tell(
        people, text, key=key, detail=_detail(policy), not_before=moment,
        link=f"/portal/policies/{policy.id}", enterprise_id=match.enterprise_id,
    )  # fmt: skip
    if officer_too or not people:
        enterprise = db.session.get_one(Enterprise, match.enterprise_id)
        tell(
            responsible(enterprise), staff_text, key=f"{key}:staff", not_before=moment,
            detail=f"{enterprise.name} · {_detail(policy)}", link=f"/desk/policies/{policy.id}",
        )  # fmt: skip


def _detail(policy: Policy) -> str:
    return f"{policy.name} · {policy.opens_on.isoformat()} – {policy.closes_on.isoformat()}"


def acting_members(enterprise_id: int) -> list[User]:
    """Return the active people who may declare for an enterprise."""
    return [
        user
        for user, part in members(enterprise_id)
        if user.active and ACTING in PART_PERMISSIONS[Part(part)]
    ]


def responsible(enterprise: Enterprise) -> Sequence[User]:
    """Return the enterprise's service officer, or the desk where it has none."""
    officer = get_user(enterprise.service_officer_id) if enterprise.service_officer_id else None
    if officer is not None and officer.active:
        return [officer]
    return holding(enterprise.park_id, Role.DESK)


def _working_moment(park_id: int) -> datetime:
    return calendar(park_id).next_working_moment(clock.now())


# --- the enterprise's no ---------------------------------------------------------------------


@unit_of_work
def dismiss(actor: Actor, policy_id: int, enterprise_id: int, reason: str) -> PolicyMatch:
    """Note that the enterprise will not declare, and why: it is not reminded any more.

    Raises:
        Refused: not permitted, without a reason, or the policy does not run.
    """
    policy = db.session.get_one(Policy, policy_id)
    if not allows(actor, ACTING, Subject(policy.park_id, enterprise_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if not reason.strip():
        raise Refused(N_("请写明不申报的原因。"), field="reason")
    if policy.state != PolicyState.PUBLISHED or policy.closes_on < today(policy.park_id):
        raise Refused(N_("申报窗口已关闭。"))
    match = match_now(policy, enterprise_id)
    match.dismissed_at, match.dismissed_by_id = clock.now(), actor.user_id
    match.dismissed_reason = reason.strip()
    after = {"enterprise_id": enterprise_id, "reason": match.dismissed_reason}
    record(actor, "policy.dismiss", "policy", policy_id, after=after)
    return match


# --- titles that end -------------------------------------------------------------------------


def ending_titles(limit: int = LIMIT) -> list[tuple[int, int]]:
    """Return (title, days) of titles that end within 90 or 30 days and were not told of it.

    A title that has been awarded again for longer needs no reminder.
    """
    found: list[tuple[int, int]] = []
    for park in parks():
        day = today(park.id)
        again = aliased(Title)
        renewed = select(again.id).where(
            again.enterprise_id == Title.enterprise_id,
            again.name == Title.name,
            or_(again.expires_on.is_(None), again.expires_on > Title.expires_on),
        )
        query = (
            select(Title.id, Title.expires_on)
            .join(Enterprise, Enterprise.id == Title.enterprise_id)
            .where(
                Enterprise.park_id == park.id,
                Title.expires_on >= day,
                Title.expires_on <= day.fromordinal(day.toordinal() + max(TITLE_DAYS)),
                ~renewed.exists(),
            )
            .order_by(Title.id)
        )
        ending = [
            (title_id, days)
            for title_id, last in db.session.execute(query)
            if last is not None and (days := title_days(day, last))
        ]
        told = _reminded(ending)
        found += [pair for pair in ending if pair not in told]
    return found[:limit]


def _reminded(wanted: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    numbers = [title_id for title_id, _days in wanted]
    query = select(TitleReminder.title_id, TitleReminder.days).where(
        TitleReminder.title_id.in_(numbers)
    )
    return {(row[0], row[1]) for row in db.session.execute(query)}


@unit_of_work
def remind_of_title(title_id: int, days: int) -> bool:
    """Remind of a title that ends, once for each number of days: the enterprise and its officer."""
    if (title_id, days) in _reminded([(title_id, days)]):
        return False
    title = db.session.get_one(Title, title_id)
    db.session.add(TitleReminder(title_id=title_id, days=days, told_at=clock.now()))
    db.session.flush()
    enterprise = db.session.get_one(Enterprise, title.enterprise_id)
    moment, key = _working_moment(enterprise.park_id), f"title:{title_id}:{days}"
    detail = f"{title.name} · {title.expires_on.isoformat() if title.expires_on else ''}"
    tell(
        acting_members(enterprise.id), N_("资质即将到期，请准备复核或重新申报。"),
        key=key, detail=detail, not_before=moment, link="/portal/policies",
        enterprise_id=enterprise.id,
    )  # fmt: skip
    tell(
        responsible(enterprise), N_("企业资质即将到期，请提醒企业准备复核。"), key=f"{key}:staff",
        detail=f"{enterprise.name} · {detail}", not_before=moment,
        link=f"/desk/enterprises/{enterprise.id}",
    )  # fmt: skip
    return True
