"""Who may open which page: every view names its permission, or says that it is public.

A view without either stops the start, so that nothing can be opened by forgetting.
"""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, g, redirect, request, session, url_for
from flask_login import current_user, logout_user
from flask_login.utils import _get_user
from werkzeug.wrappers import Response

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import origin, record_alone
from servicedesk.core.permissions import PERMISSIONS, Actor, Part, Role, allows
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import of_person
from servicedesk.extensions import login_manager
from servicedesk.web.forms import address_words

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[P, T]

STAFF_IDLE_SECONDS = 30 * 60
REQUESTER_IDLE_SECONDS = 12 * 3600
FLASK_OWN = {"static"}
STAFF_SIDES = frozenset({"desk", "insight", "admin"})
BY_ITSELF = frozenset(  # pages ask alone
    {
        "desk.ticket_presence",
        "account.new_notices",
        "insight.report_progress",
        "insight.wall_now",
    }
)
CHOSEN = "enterprise"  # the session's word for the enterprise that a requester acts for


def public(view: Callable[P, T]) -> Callable[P, T]:
    """Mark a view that anybody may open."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def requires(permission: str) -> Callable[[Callable[P, T]], Callable[P, T | Response]]:
    """Let a view be opened only by people whose role holds ``permission`` at all.

    Whose object it is, is asked by the query that fetches it; a stranger's object does not exist.
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)

    def decorate(view: Callable[P, T]) -> Callable[P, T | Response]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            if not current_user.is_authenticated:
                return _to_sign_in()
            if not (allows(actor(), permission) and on_own_side(actor().role, request.blueprint)):
                put_refusal_on_record()
                abort(403)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def put_refusal_on_record() -> None:
    """Write into the audit trail that the person of this request tried what is not permitted."""
    tried = address_words()
    what = {"filter": tried} if tried else {}
    record_alone(actor(), "access.refused", "page", request.path, succeeded=False, **what)


def on_own_side(role: Role, blueprint: str | None) -> bool:
    """Enterprises stay on the portal and staff on their side, whatever both may see."""
    if blueprint == "portal":
        return role is Role.REQUESTER
    return role is not Role.REQUESTER or blueprint not in STAFF_SIDES


def _to_sign_in() -> Response:
    if request.method == "GET":
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    return redirect(url_for("account.sign_in"))


def actor() -> Actor:
    """Return the person of this request, as the rules know people.

    A requester is here only what the part in the *chosen* enterprise allows, so that nothing of
    another of the person's enterprises can get into a page (``whole_actor`` knows them all).
    """
    if "actor" not in g:
        user = signed_in()
        g.actor = _with_parts(user, _chosen_part()) if _is_requester(user) else actor_of(user)
    known: Actor = g.actor
    return known


def whole_actor() -> Actor:
    """Return the person of this request with the parts in all of the person's enterprises."""
    return _with_parts(signed_in(), {one.id: part for one, part in my_memberships()})


def _chosen_part() -> Mapping[int, Part]:
    chosen = chosen_enterprise()
    return {one.id: part for one, part in my_memberships() if one is chosen}


def signed_in() -> User:
    """Return the account of this request; only behind ``requires``."""
    user = _get_user()
    assert isinstance(user, User)
    return user


def actor_of(user: User) -> Actor:
    """Return an account as an actor, with all the enterprises it may act for."""
    mine = of_person(user.id) if _is_requester(user) else []
    return _with_parts(user, {enterprise.id: Part(part) for enterprise, part in mine})


def _is_requester(user: User) -> bool:
    return user.role == Role.REQUESTER


def _with_parts(user: User, parts: Mapping[int, Part]) -> Actor:
    return Actor(
        user_id=user.id,
        role=user.role_enum,
        park_id=user.park_id,
        name=user.name,
        unit_id=user.unit_id,
        parts=parts,
    )


def my_memberships() -> list[tuple[Enterprise, Part]]:
    """Return the enterprises that the person of this request acts for, with the part in each."""
    if "memberships" not in g:
        g.memberships = [(one, Part(part)) for one, part in of_person(signed_in().id)]
    mine: list[tuple[Enterprise, Part]] = g.memberships
    return mine


def my_enterprises() -> list[Enterprise]:
    """Return the enterprises that the person of this request acts for."""
    return [enterprise for enterprise, _part in my_memberships()]


def chosen_enterprise() -> Enterprise | None:
    """Return the enterprise that the person acts for at present: the chosen or the first one."""
    mine, wanted = my_enterprises(), session.get(CHOSEN)
    return next((one for one in mine if one.id == wanted), mine[0] if mine else None)


def act_for(enterprise_id: int) -> None:
    """Act for ``enterprise_id`` from now on, in this request already."""
    session[CHOSEN] = enterprise_id
    g.pop("actor", None)
    g.pop("memberships", None)


def register(app: Flask) -> None:
    """Load people for the login manager, note where requests come from, end idle sessions."""
    login_manager.user_loader(_load)
    app.before_request(_note_origin)
    app.before_request(_refuse_nul)
    app.before_request(_end_idle_session)


def _load(session_id: str) -> User | None:
    """Return the account if it is open and its sessions have not been ended since."""
    number, _, epoch = session_id.partition(".")
    if not (number.isdigit() and epoch.isdigit()):
        return None
    user = get_user(int(number))
    if user is None or not user.active or user.session_epoch != int(epoch):
        return None
    return user


def _note_origin() -> None:
    origin.set(request.remote_addr or "unknown")


def _refuse_nul() -> None:
    """No person types NUL, and PostgreSQL's texts cannot hold it."""
    several = [*request.args.lists(), *request.form.lists()]
    texts = [request.path, *(text for _name, values in several for text in values)]
    if any("\x00" in text for text in texts):
        abort(400)


def _end_idle_session() -> None:
    if request.endpoint in (None, "static") or "_user_id" not in session:
        return
    now, seen = time.time(), float(session.get("seen", 0))
    user = _get_user()
    staff = isinstance(user, User) and user.role != Role.REQUESTER
    if now - seen > (STAFF_IDLE_SECONDS if staff else REQUESTER_IDLE_SECONDS):
        logout_user()
        session.clear()
    elif now - seen > 60 and request.endpoint not in BY_ITSELF:
        session["seen"] = now


def permission_of(app: Flask, endpoint: str) -> str | None:
    """Return the permission that guards ``endpoint``; ``None`` if it is public.

    Raises:
        LookupError: the view says neither.
    """
    view: Any = app.view_functions[endpoint]
    if not hasattr(view, "permission"):
        raise LookupError(f"the view {endpoint} has neither @requires nor @public")
    permission: str | None = view.permission
    return permission


def insist_on_guards(app: Flask) -> None:
    """Refuse to start with a view that nobody has guarded."""
    for endpoint in app.view_functions:
        if endpoint not in FLASK_OWN:
            permission_of(app, endpoint)
