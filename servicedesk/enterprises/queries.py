"""Reading enterprises and who acts for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from servicedesk.accounts.models import User
from servicedesk.core.permissions import Part
from servicedesk.core.textsearch import normalise
from servicedesk.enterprises.models import Enterprise, Invitation, Membership
from servicedesk.extensions import db

FOUND = 20


def enterprise(enterprise_id: int) -> Enterprise | None:
    """Return an enterprise by its row number."""
    return db.session.get(Enterprise, enterprise_id)


def of_person(user_id: int) -> Sequence[tuple[Enterprise, str]]:
    """Return the enterprises that a person acts for, each with the part played."""
    query = (
        select(Enterprise, Membership.part)
        .join(Membership, Membership.enterprise_id == Enterprise.id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.id)
    )
    return [(enterprise, part) for enterprise, part in db.session.execute(query)]


def members(enterprise_id: int) -> Sequence[tuple[User, str]]:
    """Return the people who act for an enterprise, owners first."""
    query = (
        select(User, Membership.part)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.enterprise_id == enterprise_id)
        .order_by(Membership.part.desc(), Membership.id)
    )
    return [(user, part) for user, part in db.session.execute(query)]


def membership_rows(enterprise_id: int) -> Sequence[tuple[Membership, User]]:
    """Return who acts for an enterprise since when, in the order of joining."""
    query = (
        select(Membership, User)
        .join(User, Membership.user_id == User.id)
        .where(Membership.enterprise_id == enterprise_id)
        .order_by(Membership.id)
    )
    return [(membership, user) for membership, user in db.session.execute(query)]


def parts_of(enterprise_id: int) -> dict[int, Part]:
    """Return the parts of the people who act for an enterprise, by the person's row number."""
    query = select(Membership.user_id, Membership.part)
    rows = db.session.execute(query.where(Membership.enterprise_id == enterprise_id))
    return {row.user_id: Part(row.part) for row in rows}


def open_invitations(enterprise_id: int, now: datetime) -> Sequence[Invitation]:
    """Return the invitations that somebody may still accept, newest first."""
    query = select(Invitation).where(
        Invitation.enterprise_id == enterprise_id,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )
    return db.session.scalars(query.order_by(Invitation.id.desc())).all()


def owners(enterprise_id: int) -> Sequence[User]:
    """Return the people who own an enterprise's file."""
    return [user for user, part in members(enterprise_id) if part == "owner"]


def names(enterprise_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of the enterprises, in one statement."""
    rows = db.session.execute(
        select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(set(enterprise_ids)))
    )
    return {row.id: row.name for row in rows}


def find(park_id: int, text: str) -> Sequence[Enterprise]:
    """Return enterprises whose name or code contains ``text``, at most ``FOUND``."""
    wanted = normalise(text[:100]).strip()
    if not wanted:
        return []
    query = select(Enterprise).where(
        Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None), is_found(wanted)
    )
    return db.session.scalars(query.order_by(Enterprise.name).limit(FOUND)).all()


def is_found(text: str) -> ColumnElement[bool]:
    """Return the condition that a name, its pinyin or the beginning of a code is ``text``."""
    wanted = normalise(text[:100]).strip()
    return or_(
        Enterprise.name.contains(wanted, autoescape=True),
        Enterprise.search_text.contains(wanted, autoescape=True),
        Enterprise.credit_code.startswith(wanted.upper(), autoescape=True),
    )


def in_review(park_id: int) -> Sequence[Enterprise]:
    """Return the enterprises whose licence the desk must look at."""
    query = select(Enterprise).where(
        Enterprise.park_id == park_id,
        Enterprise.merged_into_id.is_(None),
        Enterprise.standing.in_(["review", "new"]),
    )
    return db.session.scalars(query.order_by(Enterprise.id)).all()


def areas_of(park_id: int, enterprise_ids: Iterable[int] | None = None) -> dict[int, str]:
    """Return the areas (片区) of the park's enterprises, or of those that are named."""
    query = select(Enterprise.id, Enterprise.area).where(Enterprise.park_id == park_id)
    if enterprise_ids is not None:
        query = query.where(Enterprise.id.in_(set(enterprise_ids)))
    return {row.id: row.area for row in db.session.execute(query)}


def all_names(park_id: int) -> dict[int, str]:
    """Return the names of all of the park's enterprises, for exports."""
    rows = db.session.execute(
        select(Enterprise.id, Enterprise.name).where(Enterprise.park_id == park_id)
    )
    return {row.id: row.name for row in rows}
