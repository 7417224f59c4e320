"""Reading packages and cases: lists, one case with its graph, what a ticket belongs to."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy import case as case_when

from servicedesk.core.packages import StepState
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.history import Happening
from servicedesk.extensions import db
from servicedesk.packages.models import Package, PackageCase, PackageStep
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.parts import may_have

PAGE = 50
SORTS: dict[str, tuple[Any, ...]] = {
    "newest": (PackageCase.id.desc(),),
    "due": (PackageCase.due_on, PackageCase.id),
}
SORT_NAMES = {"newest": N_("最新提交"), "due": N_("最先到期")}
CASE_STATE_NAMES = {"open": N_("办理中"), "done": N_("已办好"), "withdrawn": N_("已撤回")}


def packages(park_id: int) -> Sequence[Package]:
    """Return the park's packages."""
    query = select(Package).where(Package.park_id == park_id).order_by(Package.code)
    return db.session.scalars(query).all()


def package_by_code(park_id: int, code: str) -> Package | None:
    """Return a package by its code."""
    return db.session.scalar(
        select(Package).where(Package.park_id == park_id, Package.code == code)
    )


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the cases that the person may see."""
    scope = scope_of(actor.role, "package.view")
    if scope is Scope.OWN:
        return PackageCase.enterprise_id.in_(actor.enterprises_with("package.view"))
    return PackageCase.park_id == actor.park_id if scope is Scope.PARK else PackageCase.id < 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list of cases is narrowed to; empty fields narrow nothing."""

    state: str = ""
    package_id: int | None = None
    enterprise: int | None = None
    held_up: bool = False
    late_on: date | None = None
    sort: str = "newest"
    after: int = 0


def cases(actor: Actor, wish: Wish) -> Sequence[PackageCase]:
    """Return one page of the cases that the person may see, and one case more if there are more."""
    query = _narrowed(select(PackageCase), actor, wish).order_by(*SORTS[wish.sort])
    if wish.after:
        last = db.session.get(PackageCase, wish.after)
        query = query.where(_behind(last, wish.sort)) if last else query
    return db.session.scalars(query.limit(PAGE + 1)).all()


def every_case(actor: Actor, wish: Wish) -> Iterator[PackageCase]:
    """Yield every case of a list, for its export."""
    query = _narrowed(select(PackageCase), actor, wish).order_by(*SORTS[wish.sort])
    return (row.PackageCase for row in streamed(query))


def _behind(last: PackageCase, sort: str) -> ColumnElement[bool]:
    if sort == "newest":
        return PackageCase.id < last.id
    return (PackageCase.due_on > last.due_on) | (
        (PackageCase.due_on == last.due_on) & (PackageCase.id > last.id)
    )


def _narrowed(query: Select[Any], actor: Actor, wish: Wish) -> Select[Any]:
    failed = select(PackageStep.id).where(
        PackageStep.case_id == PackageCase.id, PackageStep.state == StepState.FAILED
    )
    return query.where(
        visible(actor),
        PackageCase.state == wish.state if wish.state else true(),
        PackageCase.package_id == wish.package_id if wish.package_id else true(),
        PackageCase.enterprise_id == wish.enterprise if wish.enterprise else true(),
        failed.exists() if wish.held_up else true(),
        (PackageCase.state == "open") & (PackageCase.due_on < wish.late_on)
        if wish.late_on
        else true(),
    )


def case(actor: Actor, number: str) -> PackageCase | None:
    """Return a case if the person may see it."""
    return db.session.scalar(
        select(PackageCase).where(PackageCase.number == number, visible(actor))
    )


def steps_of(case_id: int) -> Sequence[PackageStep]:
    """Return the steps of a case."""
    query = select(PackageStep).where(PackageStep.case_id == case_id).order_by(PackageStep.id)
    return db.session.scalars(query).all()


def states_of(case_id: int) -> dict[str, StepState]:
    """Return where each step of a case stands."""
    return {row.key: StepState(row.state) for row in steps_of(case_id)}


def progress_of(case_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return for each case how many steps are in which state, in one statement."""
    query = select(PackageStep.case_id, PackageStep.state).where(PackageStep.case_id.in_(case_ids))
    found: dict[int, dict[str, int]] = {case_id: {} for case_id in case_ids}
    for case_id, state in db.session.execute(query):
        found[case_id][state] = found[case_id].get(state, 0) + 1
    return found


def case_of_ticket(ticket_id: int) -> PackageCase | None:
    """Return the case that a ticket is a step of."""
    if not may_have(PackageStep, ticket_id):
        return None
    return db.session.scalar(
        select(PackageCase)
        .join(PackageStep, PackageStep.case_id == PackageCase.id)
        .where(PackageStep.ticket_id == ticket_id)
    )


def cases_ended_in(park_id: int, start: date, end: date) -> list[tuple[PackageCase, bool]]:
    """Return the cases that :func:`ended_in` counts, each with whether it is completed."""
    query = select(PackageCase, _is_whole()).where(*_ended(park_id, start, end))
    return [(case, bool(whole)) for case, whole in db.session.execute(query)]


def ended_in(park_id: int, start: date, end: date) -> tuple[int, int]:
    """Return the cases that ended from ``start`` to ``end``, both local days: all, and completed.

    Completed is one whose steps are all done; steps that its conditions left out are no part of it.
    """
    query = select(func.count(), func.sum(case_when((_is_whole(), 1), else_=0)))
    ended, completed = db.session.execute(query.where(*_ended(park_id, start, end))).one()
    return ended, completed or 0


def _is_whole() -> ColumnElement[bool]:
    short = select(PackageStep.id).where(
        PackageStep.case_id == PackageCase.id,
        PackageStep.state.not_in([StepState.DONE, StepState.SKIPPED]),
    )
    return and_(PackageCase.state == "done", ~short.exists())


def _ended(park_id: int, start: date, end: date) -> tuple[ColumnElement[bool], ...]:
    return (
        PackageCase.park_id == park_id,
        PackageCase.closed_at >= datetime.combine(start, time(), ZONE),
        PackageCase.closed_at < datetime.combine(end + timedelta(days=1), time(), ZONE),
    )


def waits_over(day: date, limit: int) -> Sequence[int]:
    """Return the waits whose last day is before ``day``."""
    query = select(PackageStep.id).where(
        PackageStep.state == StepState.OPEN, PackageStep.ends_on < day
    )
    return db.session.scalars(query.order_by(PackageStep.ends_on).limit(limit)).all()


def history_of(enterprise_id: int) -> list[Happening]:
    """Return when cases were filed and done, for the enterprise's file."""
    query = select(PackageCase).where(PackageCase.enterprise_id == enterprise_id)
    found = []
    for one in db.session.scalars(query):
        where = ("desk.package_case", {"number": one.number})
        found.append(Happening(one.submitted_at, "package", N_("申请一件事"), one.name, *where))
        if one.closed_at is not None and one.state == "done":
            found.append(Happening(one.closed_at, "package", N_("一件事办好"), one.name, *where))
    return found
