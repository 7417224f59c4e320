"""Reading accounts: who is who, and who must be told."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from servicedesk.accounts.models import SignInAttempt, User
from servicedesk.core.permissions import STAFF, Role
from servicedesk.extensions import db

_BY_ROLE = (User.role, User.unit_id, User.id)


def user(user_id: int) -> User | None:
    """Return an account by its row number."""
    return db.session.get(User, user_id)


def by_login(login: str) -> User | None:
    """Return an account by the folded name with which it signs in."""
    return db.session.scalar(select(User).where(User.login == fold(login)))


def fold(login: str) -> str:
    """Return the one form of a login name: no spaces around, no case, no full-width letters."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the park's staff (工作人员) as a plain value, to be named and counted."""

    id: int
    name: str
    role: Role
    unit_id: int | None


def colleagues(park_id: int) -> Sequence[Colleague]:
    """Return the park's staff as plain values, by role and name."""
    query = select(User.id, User.name, User.role, User.unit_id).where(*_of_staff(park_id))
    rows = db.session.execute(query.order_by(*_BY_ROLE))
    return tuple(Colleague(row.id, row.name, Role(row.role), row.unit_id) for row in rows)


def staff(park_id: int) -> Sequence[User]:
    """Return the park's staff, by role and name."""
    query = select(User).where(*_of_staff(park_id))
    return db.session.scalars(query.order_by(*_BY_ROLE)).all()


def _of_staff(park_id: int) -> tuple[ColumnElement[bool], ...]:
    return (User.park_id == park_id, User.role.in_(sorted(STAFF)))


def holding(park_id: int, role: Role, unit_id: int | None = None) -> Sequence[User]:
    """Return the active people with ``role``, of one unit where it is given."""
    query = select(User).where(User.park_id == park_id, User.role == role, User.active)
    if unit_id is not None:
        query = query.where(User.unit_id == unit_id)
    return db.session.scalars(query.order_by(User.id)).all()


def members_of_unit(unit_id: int | None) -> Sequence[User]:
    """Return the active people of a unit who handle tickets: officers and heads."""
    query = select(User).where(
        User.unit_id == unit_id,
        User.unit_id.is_not(None),
        User.active,
        User.role.in_([Role.OFFICER, Role.UNIT_HEAD]),
    )
    return db.session.scalars(query.order_by(User.id)).all()


def staff_names(park_id: int, user_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of those of the accounts that are the park's staff, in one statement."""
    query = select(User.id, User.name).where(
        User.id.in_(set(user_ids)), User.park_id == park_id, User.role.in_(sorted(STAFF))
    )
    return {row.id: row.name for row in db.session.execute(query)}


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of the accounts, in one statement."""
    wanted = {i for i in user_ids if i is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def failures_since(moment: datetime, *, login: str = "", address: str = "") -> int:
    """Return how many attempts to sign in have failed since ``moment``."""
    query = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at >= moment)
    if login:
        query = query.where(SignInAttempt.login == login)
    if address:
        query = query.where(SignInAttempt.address == address)
    return db.session.scalar(query) or 0
