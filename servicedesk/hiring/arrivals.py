"""People who came to work (到岗): reported by staff, confirmed by the enterprise, asked after 30 days."""

from datetime import date

from sqlalchemy import update

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.hiring import (
    CONFIRM_WITHIN,
    HEAD_COUNT_MAX,
    refused_confirmation,
    refused_stay,
    stay_due,
)
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.hiring import queries
from servicedesk.hiring.actions import (
    count_placed,
    insist,
    insist_on_day,
    locked,
    subject_of,
    today,
)
from servicedesk.hiring.models import JobPost, Placement
from servicedesk.notifications.actions import tell
from servicedesk.organisation.queries import parks
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import changed_rows, unit_of_work


@unit_of_work
def report_arrival(actor: Actor, post_id: int, on_day: date, reported: int) -> Placement:
    """Write down how many came on a day, for the enterprise to confirm; a second time corrects.

    Raises:
        Refused: not permitted, a wrong day or number, or the enterprise has confirmed that day.
    """
    post = locked(post_id)
    insist(actor, "hiring.refer", subject_of(post))
    known = queries.placement_on(post.id, on_day)
    if known is not None and (known.reported, known.confirmed) == (reported, None):
        return known  # sent twice
    row = _put_down(actor, post, on_day, reported)
    key = f"placement:{row.id}:{row.reported_at:%Y%m%d%H%M%S%f}"
    tell(
        queries.people_of(post.enterprise_id), N_("请确认到岗人数。"), key=key,
        detail=f"{post.title} · {on_day.isoformat()} · {reported}",
        link=queries.portal_address(post.id), enterprise_id=post.enterprise_id,
    )  # fmt: skip
    return row


def _put_down(actor: Actor, post: JobPost, on_day: date, reported: int) -> Placement:
    insist_on_day(post, on_day)
    if not 1 <= reported <= HEAD_COUNT_MAX:
        raise Refused(N_("到岗人数须在1至10000之间。"), field="reported")
    row = queries.placement_on(post.id, on_day) or Placement(post_id=post.id, on_day=on_day)
    if row.confirmed is not None:
        raise Refused(N_("企业已确认这一天的到岗人数，不能再改。"), field="on_day")
    before = {"reported": row.reported} if row.id else {}
    row.reported, row.reported_by_id, row.reported_at = reported, actor.user_id or 0, clock.now()
    row.reminded_at, row.over_reason = None, row.over_reason or ""
    db.session.add(row)
    db.session.flush()
    after = {"reported": reported, "on_day": on_day.isoformat()}
    record(actor, "hiring.report", "placement", row.id, before, after)
    return row


@unit_of_work
def confirm_arrival(
    actor: Actor, placement_id: int, confirmed: int, over_reason: str = ""
) -> Placement:
    """The enterprise's own number, once: from now on these people count as placed (到岗就业).

    Raises:
        Refused: not permitted, confirmed already, an impossible number, or more people than posts
            without a reason.
    """
    row = db.session.get_one(Placement, placement_id)
    post = locked(row.post_id)
    insist(actor, "hiring.confirm", subject_of(post))
    _confirm(actor, post, row, confirmed, over_reason)
    return row


@unit_of_work
def report_own_arrival(
    actor: Actor, post_id: int, on_day: date, number: int, over_reason: str = ""
) -> Placement:
    """The enterprise says by itself how many came on a day: reported and confirmed at once.

    Raises:
        Refused: as ``report_arrival`` and ``confirm_arrival``.
    """
    post = locked(post_id)
    insist(actor, "hiring.confirm", subject_of(post))
    row = _put_down(actor, post, on_day, number)
    _confirm(actor, post, row, number, over_reason)
    return row


def _confirm(actor: Actor, post: JobPost, row: Placement, confirmed: int, over_reason: str) -> None:
    already = queries.placed_at(post.id)
    if refused := refused_confirmation(post.head_count, already, confirmed, over_reason):
        raise Refused(refused[1], field=refused[0])
    claim = update(Placement).where(Placement.id == row.id, Placement.confirmed.is_(None))
    changes = {
        "confirmed": confirmed, "confirmed_at": clock.now(), "confirmed_by_id": actor.user_id,
        "over_reason": over_reason.strip(),
    }  # fmt: skip
    if changed_rows(claim.values(changes)) != 1:
        raise Refused(N_("这一天的到岗人数已经确认过了。"))
    after = {"reported": row.reported, "confirmed": confirmed}
    record(actor, "hiring.confirm", "placement", row.id, after=after)
    if post.ticket_id is not None:
        ticket = db.session.get_one(
            Ticket, post.ticket_id, with_for_update=True, populate_existing=True
        )  # its unit may be resolving it at this moment
        count_placed(ticket)


@unit_of_work
def note_stay(actor: Actor, placement_id: int, stayed: int) -> Placement:
    """Write down, once, how many are still at work after 30 days: the enterprise, or staff by phone.

    Raises:
        Refused: not permitted, too early, written down already, or an impossible number.
    """
    row = db.session.get_one(Placement, placement_id)
    post = locked(row.post_id)
    if not allows(actor, "hiring.refer", subject_of(post)):
        insist(actor, "hiring.confirm", subject_of(post))
    if today(post.park_id) < stay_due(row.on_day):
        raise Refused(N_("到岗满30天后再核实在岗人数。"))
    if reason := refused_stay(row.confirmed, stayed):
        raise Refused(reason, field="stayed")
    claim = update(Placement).where(Placement.id == row.id, Placement.stayed.is_(None))
    changes = {"stayed": stayed, "stayed_at": clock.now(), "stayed_by_id": actor.user_id}
    if changed_rows(claim.values(changes)) != 1:
        raise Refused(N_("在岗人数已经核实过了。"))
    record(actor, "hiring.stay", "placement", row.id, after={"stayed": stayed})
    return row


def remind_to_confirm() -> int:
    """Remind enterprises of numbers that wait two working days for their word (scheduler)."""
    return sum(
        _remind(placement_id)
        for park in parks()
        for placement_id in queries.waiting_for_word(park.id, _working_days_ago(park.id))
    )


def _working_days_ago(park_id: int) -> date:
    """Return the last day of reporting after which the time to confirm is over."""
    hours = calendar(park_id)
    day = today(park_id)
    while hours.working_days_between(day, today(park_id)) < CONFIRM_WITHIN:
        day = date.fromordinal(day.toordinal() - 1)
    return day


@unit_of_work
def _remind(placement_id: int) -> bool:
    claim = update(Placement).where(
        Placement.id == placement_id,
        Placement.confirmed.is_(None),
        Placement.reminded_at.is_(None),
    )
    if changed_rows(claim.values(reminded_at=clock.now())) != 1:
        return False
    text = N_("到岗人数还等您确认：确认后才计入就业人数。")
    _tell_later(placement_id, text, "remind")
    return True


def ask_who_stayed() -> int:
    """Ask enterprises, once, how many are still at work 30 days after they came (scheduler)."""
    return sum(
        _ask(placement_id)
        for park in parks()
        for placement_id in queries.to_ask_about(park.id, today(park.id))
    )


@unit_of_work
def _ask(placement_id: int) -> bool:
    claim = update(Placement).where(
        Placement.id == placement_id, Placement.stay_asked_at.is_(None), Placement.stayed.is_(None)
    )
    if changed_rows(claim.values(stay_asked_at=clock.now())) != 1:
        return False
    _tell_later(placement_id, N_("员工到岗已满30天，请核实在岗人数。"), "stay")
    return True


def _tell_later(placement_id: int, text: str, what: str) -> None:
    """Tell the enterprise in working time."""
    row = db.session.get_one(Placement, placement_id, populate_existing=True)
    post = db.session.get_one(JobPost, row.post_id)
    tell(
        queries.people_of(post.enterprise_id), text,
        key=f"placement:{row.id}:{what}:{clock.now():%Y%m%d%H%M%S%f}",
        detail=f"{post.title} · {row.on_day.isoformat()} · {row.confirmed or row.reported}",
        not_before=calendar(post.park_id).next_working_moment(clock.now()),
        link=queries.portal_address(post.id), enterprise_id=post.enterprise_id,
    )  # fmt: skip


def may_note_stay(actor: Actor, post: JobPost) -> bool:
    """Tell whether a person may write down who stayed."""
    subject = subject_of(post)
    return allows(actor, "hiring.refer", subject) or allows(actor, "hiring.confirm", subject)
