"""Saved dashboards (保存的看板): a page's period and cut under a name, kept, shared, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, scope_of
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.statistics.fact_models import SavedDashboard
from servicedesk.transaction import unit_of_work
from servicedesk.unchanged import while_unchanged

NAME_MAX = 30
ADDRESS_MAX = 1000
OWN_MAX = 20
SHARED_MAX = 20


def may_share_dashboards(actor: Actor) -> bool:
    """Tell whether the person may share: whoever sees more than their own figures."""
    return scope_of(actor.role, "figures.view") is not None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A saved dashboard as a plain value."""

    id: int
    owner_id: int
    name: str
    address: str
    shared: bool
    created_at: datetime


def dashboards_for(actor: Actor, page: str) -> Sequence[Dashboard]:
    """Return a page's own and shared dashboards, the own ones first."""
    found = _of_page(actor.park_id, page)
    mine = [one for one in found if one.owner_id == actor.user_id]
    others = [one for one in found if one.shared and one.owner_id != actor.user_id]
    return [*mine[:OWN_MAX], *others[:SHARED_MAX]]


@while_unchanged
def _of_page(park_id: int, page: str) -> Sequence[Dashboard]:
    columns: tuple[Any, ...] = (
        SavedDashboard.id, SavedDashboard.owner_id, SavedDashboard.name, SavedDashboard.address,
        SavedDashboard.shared, SavedDashboard.created_at,
    )  # fmt: skip
    of_page = (SavedDashboard.park_id == park_id, SavedDashboard.page == page)
    rows = db.session.execute(select(*columns).where(*of_page).order_by(SavedDashboard.id))
    return tuple(Dashboard(*row) for row in rows)


def own_dashboard(actor: Actor, dashboard_id: int) -> SavedDashboard | None:
    """Return the person's own dashboard; another's does not exist for changes."""
    found = db.session.get(SavedDashboard, dashboard_id)
    return found if found is not None and found.owner_id == actor.user_id else None


@unit_of_work
def save_dashboard(
    actor: Actor, page: str, name: str, address: str, shared: bool = False
) -> SavedDashboard:
    """Keep a page's address under a name.

    Raises:
        Refused: no name, a name that the person has already, too many, or may not be shared.
    """
    _check(actor, page, name, but=0)
    if shared and not may_share_dashboards(actor):
        raise Refused(N_("您不能共享看板。"), field="shared", kind="permission")
    count = select(func.count()).where(SavedDashboard.owner_id == actor.user_id)
    if (db.session.scalar(count) or 0) >= OWN_MAX:
        raise Refused(N_("最多保存20个看板，请先删除不用的。"), field="name")
    made = SavedDashboard(
        park_id=actor.park_id, owner_id=actor.user_id, name=name, page=page,
        address=address[:ADDRESS_MAX], shared=shared, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    after = {"name": name, "shared": shared, "address": made.address}
    record(actor, "dashboard.save", "saved_dashboard", made.id, after=after)
    return made


@unit_of_work
def change_dashboard(actor: Actor, dashboard_id: int, name: str, shared: bool) -> SavedDashboard:
    """Rename the person's own dashboard, share it, or keep it to oneself again.

    Raises:
        Refused: as for saving, or it is another's.
        NoResultFound: it is gone.
    """
    found = _mine(actor, dashboard_id)
    _check(actor, found.page, name, but=found.id)
    if shared and not found.shared and not may_share_dashboards(actor):
        raise Refused(N_("您不能共享看板。"), field="shared", kind="permission")
    before = {"name": found.name, "shared": found.shared}
    found.name, found.shared = name, shared
    after = {"name": name, "shared": shared}
    record(actor, "dashboard.change", "saved_dashboard", found.id, before, after)
    return found


@unit_of_work
def delete_dashboard(actor: Actor, dashboard_id: int) -> None:
    """Delete the person's own dashboard, for everybody with whom it was shared too.

    Raises:
        Refused: it is another's.
        NoResultFound: it is gone.
    """
    found = _mine(actor, dashboard_id)
    before = {"name": found.name, "shared": found.shared, "address": found.address}
    record(actor, "dashboard.delete", "saved_dashboard", found.id, before)
    db.session.delete(found)


def _mine(actor: Actor, dashboard_id: int) -> SavedDashboard:
    found = db.session.get_one(SavedDashboard, dashboard_id, with_for_update=True)
    if found.owner_id != actor.user_id:
        raise Refused(N_("只有保存它的人能修改。"), kind="permission")
    return found


def _check(actor: Actor, page: str, name: str, but: int) -> None:
    if not name:
        raise Refused(N_("请给看板起个名字。"), field="name")
    if len(name) > NAME_MAX:
        raise Refused(N_("名字最多30个字。"), field="name")
    same = select(SavedDashboard.id).where(
        SavedDashboard.owner_id == actor.user_id,
        SavedDashboard.page == page,
        SavedDashboard.name == name,
        SavedDashboard.id != but,
    )
    if db.session.scalar(same) is not None:
        raise Refused(N_("您已经有同名的看板。"), field="name")
