"""Saved views (自定义视图): lists that a person keeps, and those that others share with the person."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, or_, select

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.transaction import unit_of_work
from servicedesk.workbench.models import SavedView
from servicedesk.workbench.preferences import prefer, preferences

NAME_MAX = 30
OWN_MAX = 20  # each shows its number on the side bar, and each number costs time
SHARED_MAX = 20
ORDER = "queue.views"
SHARED_NAMES: Mapping[str, str] = {
    "": N_("仅自己可见"),
    "unit": N_("本单位共享"),
    "park": N_("全园区共享"),
}


def may_share(actor: Actor) -> tuple[str, ...]:
    """Return with whom the person may share: ``unit``, ``park``, or nobody."""
    scope = scope_of(actor.role, "workbench.share")
    unit = ("unit",) if actor.unit_id is not None else ()
    if scope is Scope.PARK:
        return (*unit, "park")
    return unit if scope is Scope.UNIT else ()


def views_for(actor: Actor) -> list[SavedView]:
    """Return the person's own and shared views, in the order that the person has chosen."""
    shared_here = or_(
        SavedView.shared == "park",
        and_(SavedView.shared == "unit", SavedView.unit_id == (actor.unit_id or 0)),
    )
    own = SavedView.owner_id == actor.user_id
    query = select(SavedView).where(SavedView.park_id == actor.park_id, or_(own, shared_here))
    found = db.session.scalars(query.order_by(SavedView.id)).all()
    mine = [view for view in found if view.owner_id == actor.user_id]
    others = [view for view in found if view.owner_id != actor.user_id]
    return _in_order(actor, [*mine[:OWN_MAX], *others[:SHARED_MAX]])


def _in_order(actor: Actor, views: Sequence[SavedView]) -> list[SavedView]:
    if not views or actor.user_id is None:
        return list(views)
    order = preferences(actor.user_id, ORDER).get(ORDER, {}).get("ids", [])
    places = {number: place for place, number in enumerate(order)}
    return sorted(views, key=lambda view: (places.get(view.id, len(places)), view.id))


def own_view(actor: Actor, view_id: int) -> SavedView | None:
    """Return the person's own view; another's does not exist for changes."""
    view = db.session.get(SavedView, view_id)
    return view if view is not None and view.owner_id == actor.user_id else None


@unit_of_work
def save_view(actor: Actor, name: str, query: Mapping[str, str], shared: str = "") -> SavedView:
    """Keep a filter under a name.

    Raises:
        Refused: no name, a name that the person has already, too many, or may not be shared.
    """
    _check(actor, name, shared, but=None)
    count = select(func.count()).where(SavedView.owner_id == actor.user_id)
    if (db.session.scalar(count) or 0) >= OWN_MAX:
        raise Refused(N_("最多保存20个视图，请先删除不用的。"), field="name")
    view = SavedView(
        park_id=actor.park_id, owner_id=actor.user_id, name=name, shared=shared,
        unit_id=actor.unit_id, query=dict(query), created_at=clock.now(),
    )  # fmt: skip
    db.session.add(view)
    db.session.flush()
    record(actor, "view.save", "saved_view", view.id, after={"name": name, "shared": shared})
    return view


@unit_of_work
def change_view(actor: Actor, view_id: int, name: str, shared: str) -> SavedView:
    """Rename the person's own view, share it, or keep it to oneself again.

    Raises:
        Refused: as for saving.
        NoResultFound: it is gone.
    """
    view = db.session.get_one(SavedView, view_id, with_for_update=True)
    _check(actor, name, shared, but=view)
    before = {"name": view.name, "shared": view.shared}
    view.name, view.shared, view.unit_id = name, shared, actor.unit_id
    record(actor, "view.change", "saved_view", view.id, before, {"name": name, "shared": shared})
    return view


@unit_of_work
def delete_view(actor: Actor, view_id: int) -> None:
    """Delete the person's own view, for everybody with whom it was shared too."""
    view = db.session.get_one(SavedView, view_id, with_for_update=True)
    record(actor, "view.delete", "saved_view", view.id, before={"name": view.name})
    db.session.delete(view)


def move_view(actor: Actor, view_id: int, by: int) -> None:
    """Move a view up (-1) or down (1) on the person's own side bar."""
    ids = [view.id for view in views_for(actor)]
    if view_id not in ids or actor.user_id is None:
        return
    place = ids.index(view_id)
    ids.insert(max(0, min(len(ids) - 1, place + by)), ids.pop(place))
    prefer(actor.user_id, ORDER, {"ids": ids})


def _check(actor: Actor, name: str, shared: str, but: SavedView | None) -> None:
    if not name:
        raise Refused(N_("请给视图起个名字。"), field="name")
    if len(name) > NAME_MAX:
        raise Refused(N_("名字最多30个字。"), field="name")
    unchanged = but is not None and but.shared == shared
    if shared and shared not in may_share(actor) and not unchanged:
        raise Refused(N_("您不能这样共享视图。"), field="shared", kind="permission")
    same = select(SavedView.id).where(
        SavedView.owner_id == actor.user_id, SavedView.name == name,
        SavedView.id != (but.id if but is not None else 0),
    )  # fmt: skip
    if db.session.scalar(same) is not None:
        raise Refused(N_("您已经有同名的视图。"), field="name")
