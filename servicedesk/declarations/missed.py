"""Missed chances (错过的机会): what fitted and was told, and whose window closed undeclared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select

from servicedesk.core.declarations import PolicyState, State
from servicedesk.core.words import N_
from servicedesk.declarations.models import Declaration, Policy, PolicyMatch
from servicedesk.declarations.profiles import today
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.streaming import streamed

MISSED_VIEWS: Mapping[str, str] = {
    "silent": N_("告知后无人行动"),
    "dismissed": N_("企业表示不申报"),
    "all": N_("全部"),
}


@dataclass(frozen=True, slots=True)
class MissedFilter:
    """What the missed chances are narrowed to; the year is that of the window's end."""

    year: int | None = None
    show: str = "silent"
    policy: int | None = None
    officer: int | None = None


def missed(park_id: int, wanted: MissedFilter) -> Sequence[Row[Any]]:
    """Return what was missed: it fitted, the enterprise was told, the window closed undeclared."""
    return db.session.execute(_missed(park_id, wanted)).all()


def every_missed(park_id: int, wanted: MissedFilter) -> Iterator[Row[Any]]:
    """Yield the same rows, for an export."""
    return streamed(_missed(park_id, wanted))


def _missed(park_id: int, wanted: MissedFilter) -> Select[Any]:
    declared = exists().where(
        Declaration.policy_id == PolicyMatch.policy_id,
        Declaration.enterprise_id == PolicyMatch.enterprise_id,
        Declaration.state != State.WITHDRAWN,
    )
    columns: tuple[Any, ...] = (
        PolicyMatch, Policy, Enterprise.name, Enterprise.service_officer_id,
    )  # fmt: skip
    query = (
        select(*columns)
        .join(Policy, Policy.id == PolicyMatch.policy_id)
        .join(Enterprise, Enterprise.id == PolicyMatch.enterprise_id)
        .where(
            Policy.park_id == park_id, Policy.state != PolicyState.DRAFT,
            or_(Policy.closes_on < today(park_id), Policy.state == PolicyState.CLOSED),
            PolicyMatch.met, PolicyMatch.told_at.is_not(None), ~declared,
            Enterprise.merged_into_id.is_(None), *_missed_by(wanted),
        )
    )  # fmt: skip
    return query.order_by(Policy.closes_on.desc(), PolicyMatch.id)


def _missed_by(wanted: MissedFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.year:
        days = (date(wanted.year, 1, 1), date(wanted.year, 12, 31))
        found.append(Policy.closes_on.between(*days))
    if wanted.show != "all":
        silent = PolicyMatch.dismissed_at.is_(None)
        found.append(silent if wanted.show == "silent" else ~silent)
    if wanted.policy:
        found.append(Policy.id == wanted.policy)
    if wanted.officer is not None:
        officer = Enterprise.service_officer_id
        found.append(officer == wanted.officer if wanted.officer else officer.is_(None))
    return found


def missed_years(park_id: int) -> list[int]:
    """Return the years in which a window closed, newest first."""
    query = select(Policy.closes_on).where(
        Policy.park_id == park_id, Policy.closes_on < today(park_id)
    )
    return sorted({day.year for day in db.session.scalars(query)}, reverse=True)
