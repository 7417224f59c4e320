"""大屏: big numbers for the hall's screen, and its own long-lived addresses.

An address carries a signed token: whose it is (the person's number and count of ended sessions) and
the key of one kept link. It opens this one page. It ends when its maker revokes that link, ends all
sessions, changes the password or loses the permission, or when the account is closed. Kept links are
rows beside the saved dashboards, under a page name of their own. Nothing on the page is personal.
"""

import secrets
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record_alone
from servicedesk.core.permissions import Actor, allows
from servicedesk.errors import Refused
from servicedesk.statistics.saved_dashboards import (
    NAME_MAX,
    Dashboard,
    dashboards_for,
    delete_dashboard,
    own_dashboard,
    save_dashboard,
)
from servicedesk.statistics.wall import wall_of
from servicedesk.web.access import actor, actor_of, public, requires, signed_in
from servicedesk.web.forms import tidy
from servicedesk.web.insight.blueprint import insight

SALT = "insight.wall"
PAGE = "wall"


@insight.get("/wall")
@requires("figures.view")
def wall() -> str:
    """Show the screen to whoever has signed in."""
    return _own_page()


@insight.get("/wall/now")
@requires("figures.view")
def wall_now() -> str:
    """Show the same to the page itself, which asks every minute and keeps nobody signed in."""
    return _own_page()


@insight.post("/wall/link")
@requires("insight.view")
def wall_link() -> str | tuple[str, int]:
    """Make an address for one screen, which needs nobody to stay signed in; it is shown once."""
    try:
        kept = save_dashboard(
            actor(), PAGE, tidy(request.form.get("name"))[: NAME_MAX + 1], secrets.token_urlsafe(12)
        )
    except Refused as refused:
        return _own_page(wrong=refused.reason), 422
    record_alone(actor(), "wall.link", "saved_dashboard", kept.id)
    token = token_of(signed_in().get_id(), kept.address)
    return _own_page(link=url_for("insight.wall_alone", wall_token=token, _external=True))


@insight.post("/wall/links/<int:wall_link_id>/revoke")
@requires("insight.view")
def wall_revoke(wall_link_id: int) -> Response:
    """End one address; the screens that have another go on."""
    kept = own_dashboard(actor(), wall_link_id)
    if kept is None or kept.page != PAGE:
        abort(404)
    delete_dashboard(actor(), kept.id)
    record_alone(actor(), "wall.revoke", "saved_dashboard", wall_link_id)
    flash(_("已吊销链接，用它的大屏不再更新。"), "success")
    return redirect(url_for("insight.wall"))


@insight.get("/wall/<wall_token>")
@public
def wall_alone(wall_token: str) -> str:
    """Show the screen to whoever has its address, as long as its maker may see figures."""
    again = url_for("insight.wall_alone", wall_token=wall_token)
    return _page(_maker(wall_token) or abort(404), again, alone=True)


def token_of(session_id: str, key: str) -> str:
    """Return the token of a person's kept link."""
    return str(_signer().dumps([session_id, key]))


def _maker(token: str) -> Actor | None:
    try:
        session_id, key = _signer().loads(token)
    except (BadSignature, ValueError):
        return None
    number, _dot, epoch = str(session_id).partition(".")
    user = get_user(int(number))
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return None
    maker = actor_of(user)
    kept = any(one.address == key for one in _links_of(maker))
    return maker if kept and allows(maker, "figures.view") else None


def _links_of(maker: Actor) -> list[Dashboard]:
    return [one for one in dashboards_for(maker, PAGE) if one.owner_id == maker.user_id]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=SALT)


def _own_page(**values: Any) -> str:
    again = url_for("insight.wall_now")
    return _page(actor(), again, links=_links_of(actor()), name_max=NAME_MAX, **values)


def _page(viewer: Actor, again: str, **values: Any) -> str:
    return render_template("insight/wall.html", wall=wall_of(viewer), again=again, **values)
