"""What the files say, as the conditions ask it (企业画像): three statements for all enterprises."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.conditions import Condition, HeldTitle, Profile, Verdict, evaluate, from_json
from servicedesk.declarations.models import Policy
from servicedesk.enterprises.models import Enterprise, Patent, Title
from servicedesk.extensions import db


@dataclass(frozen=True, slots=True)
class File:
    """An enterprise's file at one version, as conditions see it."""

    enterprise_id: int
    version: int
    name: str
    profile: Profile


def today(park_id: int) -> date:
    """Return the park's local day."""
    return calendar(park_id).local(clock.now()).date()


def files(park_id: int, only: Collection[int] | None = None) -> list[File]:
    """Return the files of the park's enterprises, or of ``only`` these, by row number.

    A file that was merged into another is not looked at any more.
    """
    wanted = [Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None)]
    if only is not None:
        wanted.append(Enterprise.id.in_(only))
    rows = db.session.scalars(select(Enterprise).where(*wanted).order_by(Enterprise.id)).all()
    titles, patents = _titles(wanted), _patents(wanted)
    return [
        File(row.id, row.version, row.name, _profile(row, titles.get(row.id, ()), patents.get(row.id, 0)))
        for row in rows
    ]  # fmt: skip


def file_of(enterprise_id: int) -> File | None:
    """Return one enterprise's file; ``None`` where it was merged into another."""
    row = db.session.get_one(Enterprise, enterprise_id)
    return next(iter(files(row.park_id, [row.id])), None)


def _titles(wanted: list[ColumnElement[bool]]) -> dict[int, tuple[HeldTitle, ...]]:
    query = select(Title.enterprise_id, Title.name, Title.awarded_on, Title.expires_on)
    held: dict[int, tuple[HeldTitle, ...]] = {}
    for row in db.session.execute(
        query.join(Enterprise, Enterprise.id == Title.enterprise_id).where(*wanted)
    ):
        title = HeldTitle(row.name, row.awarded_on, row.expires_on)
        held[row.enterprise_id] = (*held.get(row.enterprise_id, ()), title)
    return held


def _patents(wanted: list[ColumnElement[bool]]) -> dict[int, int]:
    query = select(Patent.enterprise_id, func.count(Patent.id)).group_by(Patent.enterprise_id)
    rows = db.session.execute(
        query.join(Enterprise, Enterprise.id == Patent.enterprise_id).where(*wanted)
    )
    return {row[0]: row[1] for row in rows}


def _profile(row: Enterprise, titles: tuple[HeldTitle, ...], patents: int) -> Profile:
    return Profile(
        industry_code=row.industry_code, scale=row.scale, area=row.area, chain=row.chain,
        registered_capital=row.registered_capital, employees=row.employees, revenue=row.revenue,
        revenue_growth=row.revenue_growth, research_share=row.research_share,
        founded_on=row.founded_on, patents=patents, titles=titles, in_trouble=row.in_trouble,
    )  # fmt: skip


def conditions_of(policy: Policy) -> list[Condition]:
    """Return a policy's conditions."""
    return [from_json(row) for row in policy.conditions]


def verdicts(policy: Policy, looked_at: Collection[File]) -> list[tuple[File, Verdict]]:
    """Return what the policy's conditions say today of each file."""
    conditions, day = conditions_of(policy), today(policy.park_id)
    return [(file, evaluate(file.profile, conditions, day)) for file in looked_at]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the columns of a match."""
    return {
        "met": verdict.met,
        "fulfilled": [one.as_json() for one in verdict.fulfilled],
        "missed": [one.as_json() for one in verdict.missed],
        "unknown": [one.as_json() for one in verdict.unknown],
        "distance": verdict.distance,
    }
