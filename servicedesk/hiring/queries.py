"""Reading posts, referrals, placements, and the figures that come of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from servicedesk.accounts.models import User
from servicedesk.core.hiring import STAY_DAYS, PostState, Standing, standing
from servicedesk.core.permissions import PART_PERMISSIONS, Actor, Scope, Subject, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Enterprise, Membership
from servicedesk.extensions import db
from servicedesk.hiring.models import JobPost, Placement, Referral
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE

SHOWN = 200  # on a page; the export has everything
SORTS: Mapping[str, str] = {
    "newest": N_("最近登记的在前"),
    "until": N_("快到期的在前"),
    "missing": N_("缺口大的在前"),
    "placed": N_("到岗多的在前"),
}


# One post --------------------------------------------------------------------------------------


def post(actor: Actor, post_id: int) -> JobPost | None:
    """Return a post, or ``None`` where it does not exist *or* the person may not see it."""
    found = db.session.get(JobPost, post_id)
    if found is None:
        return None
    subject = Subject(found.park_id, found.enterprise_id, found.unit_id)
    return found if allows(actor, "hiring.view", subject) else None


def post_by_number(post_id: int) -> JobPost | None:
    """Return a post whoever asks; the caller says who may see it."""
    return db.session.get(JobPost, post_id)


def post_like(enterprise_id: int, title: str, open_until: date) -> JobPost | None:
    """Return the enterprise's post with this name and last day, which can be only one."""
    query = select(JobPost).where(
        JobPost.enterprise_id == enterprise_id,
        JobPost.title == title,
        JobPost.open_until == open_until,
    )
    return db.session.scalar(query)


def posts_of_ticket(ticket_id: int) -> Sequence[JobPost]:
    """Return the posts that a request is about."""
    query = select(JobPost).where(JobPost.ticket_id == ticket_id)
    return db.session.scalars(query.order_by(JobPost.id)).all()


def referrals(post_id: int) -> Sequence[Referral]:
    """Return who was sent, newest day first."""
    query = select(Referral).where(Referral.post_id == post_id)
    return db.session.scalars(query.order_by(Referral.on_day.desc(), Referral.id.desc())).all()


def placements(post_id: int) -> Sequence[Placement]:
    """Return who came, newest day first."""
    query = select(Placement).where(Placement.post_id == post_id)
    return db.session.scalars(query.order_by(Placement.on_day.desc(), Placement.id.desc())).all()


def placement(placement_id: int) -> Placement | None:
    """Return one line of arrivals."""
    return db.session.get(Placement, placement_id)


def placement_on(post_id: int, on_day: date) -> Placement | None:
    """Return what is known of the arrivals of a day."""
    query = select(Placement).where(Placement.post_id == post_id, Placement.on_day == on_day)
    return db.session.scalar(query)


def placed_at(post_id: int) -> int:
    """Return how many people the enterprise confirmed for a post."""
    query = select(func.coalesce(func.sum(Placement.confirmed), 0))
    return db.session.scalar(query.where(Placement.post_id == post_id)) or 0


def placed_for_ticket(ticket_id: int) -> int:
    """Return how many people were confirmed for all posts of a request."""
    query = (
        select(func.coalesce(func.sum(Placement.confirmed), 0))
        .join(JobPost, JobPost.id == Placement.post_id)
        .where(JobPost.ticket_id == ticket_id)
    )
    return db.session.scalar(query) or 0


def people_of(enterprise_id: int) -> Sequence[User]:
    """Return the active people who may confirm for an enterprise."""
    parts = [part for part, can in PART_PERMISSIONS.items() if "hiring.confirm" in can]
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.enterprise_id == enterprise_id, Membership.part.in_(parts), User.active)
    )
    return db.session.scalars(query.order_by(User.id)).all()


def portal_address(post_id: int) -> str:
    """Return the path of the enterprise's page of a post."""
    return f"/portal/hiring/{post_id}"


# What the scheduler asks -----------------------------------------------------------------------


def waiting_for_word(park_id: int, until: date) -> Sequence[int]:
    """Return placements reported by ``until`` that nobody has confirmed or been reminded of."""
    end = datetime.combine(until + timedelta(days=1), time(), ZONE)
    query = _of_park(park_id).where(
        Placement.confirmed.is_(None),
        Placement.reminded_at.is_(None),
        Placement.reported_at < end,
    )
    return list(db.session.scalars(query.order_by(Placement.id)))


def to_ask_about(park_id: int, today: date) -> Sequence[int]:
    """Return confirmed placements of 30 days ago or more about which nobody has been asked."""
    query = _of_park(park_id).where(
        Placement.confirmed > 0,
        Placement.stayed.is_(None),
        Placement.stay_asked_at.is_(None),
        Placement.on_day <= today - timedelta(days=STAY_DAYS),
    )
    return list(db.session.scalars(query.order_by(Placement.id)))


def _of_park(park_id: int) -> Any:
    return (
        select(Placement.id)
        .join(JobPost, JobPost.id == Placement.post_id)
        .where(JobPost.park_id == park_id)
    )


# Lists -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostFilter:
    """What a list of posts is narrowed to; days are those of registering, included.

    ``arrived`` is a year in which confirmed people came: what the figure of that year counts.
    """

    q: str = ""
    standing: str = ""
    source: str = ""
    enterprise: int | None = None
    ticket: int | None = None
    since: date | None = None
    until: date | None = None
    unconfirmed: bool = False
    arrived: int | None = None
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class Line:
    """A post with its enterprise's name and its figures, all of them people.

    推荐, 面试, 待确认 and 到岗 are four figures; only ``placed`` counts.
    """

    post: JobPost
    enterprise: str
    referred: int
    interviewed: int
    unconfirmed: int
    placed: int
    standing: Standing

    @property
    def missing(self) -> int:
        """How many people are still wanted."""
        return max(0, self.post.head_count - self.placed)


def posts(actor: Actor, wanted: PostFilter, today: date) -> list[Line]:
    """Return the first posts of a list that the person may see, with their figures."""
    query = _listed(actor, wanted, today).limit(SHOWN)
    return [_line(*row, today=today) for row in db.session.execute(query)]


def every_post(actor: Actor, wanted: PostFilter, today: date) -> Iterator[Line]:
    """Yield all posts of a list, for its export."""
    return (_line(*row, today=today) for row in streamed(_listed(actor, wanted, today)))


def _listed(actor: Actor, wanted: PostFilter, today: date) -> Select[*tuple[Any, ...]]:
    """Posts with their enterprise's name and their figures."""
    sent, came = _sent().subquery(), _came().subquery()
    placed = func.coalesce(came.c.placed, 0)
    order: dict[str, list[Any]] = {
        "newest": [JobPost.created_at.desc(), JobPost.id.desc()],
        "until": [JobPost.open_until, JobPost.id],
        "missing": [(JobPost.head_count - placed).desc(), JobPost.id.desc()],
        "placed": [placed.desc(), JobPost.id.desc()],
    }
    return (
        select(
            JobPost, Enterprise.name, sent.c.referred, sent.c.interviewed,
            came.c.unconfirmed, came.c.placed,
        )
        .join(Enterprise, Enterprise.id == JobPost.enterprise_id)
        .outerjoin(sent, sent.c.post_id == JobPost.id)
        .outerjoin(came, came.c.post_id == JobPost.id)
        .where(*_seen_by(actor), *_narrowed(wanted, placed, came.c.unconfirmed, today))
        .where(*_arrived_in(wanted.arrived))
        .order_by(*order[wanted.sort])
    )  # fmt: skip


def _arrived_in(year: int | None) -> list[ColumnElement[bool]]:
    """Keep posts for which confirmed people came in ``year``."""
    if not year or not 2000 <= year <= 2100:
        return []
    came = select(Placement.id).where(
        Placement.post_id == JobPost.id, Placement.confirmed > 0,
        Placement.on_day.between(date(year, 1, 1), date(year, 12, 31)),
    )  # fmt: skip
    return [came.exists()]


def line_of(post: JobPost, today: date) -> Line:
    """Return one post with its figures."""
    sent, came = _sent().subquery(), _came().subquery()
    row = db.session.execute(
        select(
            Enterprise.name, sent.c.referred, sent.c.interviewed, came.c.unconfirmed, came.c.placed
        )
        .select_from(Enterprise)
        .outerjoin(sent, sent.c.post_id == post.id)
        .outerjoin(came, came.c.post_id == post.id)
        .where(Enterprise.id == post.enterprise_id)
    ).one()
    return _line(post, *row, today=today)


def _line(post: JobPost, enterprise: str, *figures: int | None, today: date) -> Line:
    referred, interviewed, unconfirmed, placed = (figure or 0 for figure in figures)
    stands = standing(PostState(post.state), post.head_count, placed, post.open_until, today)
    return Line(post, enterprise, referred, interviewed, unconfirmed, placed, stands)


def _sent() -> Any:
    return select(
        Referral.post_id,
        func.sum(Referral.referred).label("referred"),
        func.sum(Referral.interviewed).label("interviewed"),
    ).group_by(Referral.post_id)


def _came() -> Any:
    waiting = func.sum(Placement.reported).filter(Placement.confirmed.is_(None))
    return select(
        Placement.post_id,
        func.coalesce(waiting, 0).label("unconfirmed"),
        func.coalesce(func.sum(Placement.confirmed), 0).label("placed"),
    ).group_by(Placement.post_id)


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    scope = scope_of(actor.role, "hiring.view")
    conditions: list[ColumnElement[bool]] = [JobPost.park_id == actor.park_id]
    if scope is Scope.UNIT:
        conditions.append(JobPost.unit_id == actor.unit_id)
    elif scope is not Scope.PARK:
        conditions.append(JobPost.enterprise_id.in_(actor.enterprises_with("hiring.view")))
    return conditions


def _narrowed(
    wanted: PostFilter, placed: Any, unconfirmed: Any, today: date
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.q:
        words = JobPost.title.contains(wanted.q, autoescape=True)
        conditions.append(or_(words, Enterprise.name.contains(wanted.q, autoescape=True)))
    if wanted.standing:
        conditions += _standing(Standing(wanted.standing), placed, today)
    if wanted.source:
        by = select(Referral.id).where(
            Referral.post_id == JobPost.id, Referral.source == wanted.source
        )
        conditions.append(by.exists())
    if wanted.enterprise:
        conditions.append(JobPost.enterprise_id == wanted.enterprise)
    if wanted.ticket:
        conditions.append(JobPost.ticket_id == wanted.ticket)
    if wanted.since:
        conditions.append(JobPost.created_at >= datetime.combine(wanted.since, time(), ZONE))
    if wanted.until:
        after = datetime.combine(wanted.until + timedelta(days=1), time(), ZONE)
        conditions.append(JobPost.created_at < after)
    if wanted.unconfirmed:
        conditions.append(unconfirmed > 0)
    return conditions


def _standing(wanted: Standing, placed: Any, today: date) -> list[ColumnElement[bool]]:
    """The same as ``core.hiring.standing``, for the database."""
    is_open, filled = JobPost.state == PostState.OPEN, placed >= JobPost.head_count
    return {
        Standing.CLOSED: [JobPost.state == PostState.CLOSED],
        Standing.FILLED: [is_open, filled],
        Standing.EXPIRED: [is_open, ~filled, JobPost.open_until < today],
        Standing.RECRUITING: [is_open, ~filled, JobPost.open_until >= today],
    }[wanted]


# What is counted -------------------------------------------------------------------------------


def placed_in(park_id: int, start: date, end: date) -> list[tuple[int, int]]:
    """Return (enterprise, people placed) for arrivals from ``start`` to ``end``, both included.

    Only confirmed people count (到岗就业), on the day on which they came.
    """
    query = (
        select(JobPost.enterprise_id, func.sum(Placement.confirmed))
        .join(JobPost, JobPost.id == Placement.post_id)
        .where(
            JobPost.park_id == park_id,
            Placement.on_day.between(start, end),
            Placement.confirmed > 0,
        )
        .group_by(JobPost.enterprise_id)
        .order_by(JobPost.enterprise_id)
    )
    return [(enterprise_id, people or 0) for enterprise_id, people in db.session.execute(query)]


def tickets_with_posts(ticket_ids: Collection[int]) -> set[int]:
    """Return which of the requests have a post written down."""
    query = select(JobPost.ticket_id).where(JobPost.ticket_id.in_(ticket_ids)).distinct()
    return {number for number in db.session.scalars(query) if number is not None}


def history_of(enterprise_id: int) -> list[Happening]:
    """Return the posts of an enterprise and the people whom it confirmed."""
    opened = select(JobPost).where(JobPost.enterprise_id == enterprise_id)
    found = [
        Happening(
            one.created_at, "hiring", N_("登记招聘岗位"), f"{one.title} × {one.head_count}",
            "desk.post", {"post_id": one.id},
        )
        for one in db.session.scalars(opened)
    ]  # fmt: skip
    confirmed = (
        select(Placement, JobPost.title)
        .join(JobPost, JobPost.id == Placement.post_id)
        .where(JobPost.enterprise_id == enterprise_id, Placement.confirmed > 0)
    )
    for row, title in db.session.execute(confirmed):
        assert row.confirmed_at is not None
        detail = f"{title} · {row.confirmed}"
        happened = row.confirmed_at
        found.append(
            Happening(
                happened, "hiring", N_("确认到岗"), detail, "desk.post", {"post_id": row.post_id}
            )
        )
    return found
