"""大屏: big numbers for the hall's screen, and its own long-lived address.

The address carries a signed token of whoever made it: that person's number and the count of ended
sessions. It opens this one page; it ends when the person ends all sessions, changes the password or
loses the permission, or when the account is closed. Nothing on the page is personal.
"""

from flask import abort, current_app, render_template, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record_alone
from servicedesk.core.permissions import Actor, allows
from servicedesk.statistics.wall import wall_of
from servicedesk.web.access import actor, actor_of, public, requires, signed_in
from servicedesk.web.insight.views import insight

SALT = "insight.wall"


@insight.get("/wall")
@requires("figures.view")
def wall() -> str:
    """Show the screen to whoever has signed in."""
    return _page(actor(), url_for("insight.wall_now"))


@insight.get("/wall/now")
@requires("figures.view")
def wall_now() -> str:
    """Show the same to the page itself, which asks every minute and keeps nobody signed in."""
    return _page(actor(), url_for("insight.wall_now"))


@insight.post("/wall/link")
@requires("insight.view")
def wall_link() -> str:
    """Make the screen's own address, which needs nobody to stay signed in."""
    link = url_for("insight.wall_alone", wall_token=token_of(signed_in().get_id()), _external=True)
    record_alone(actor(), "wall.link", "page", "insight.wall")
    return _page(actor(), url_for("insight.wall_now"), link)


@insight.get("/wall/<wall_token>")
@public
def wall_alone(wall_token: str) -> str:
    """Show the screen to whoever has its address, as long as its maker may see figures."""
    again = url_for("insight.wall_alone", wall_token=wall_token)
    return _page(_maker(wall_token) or abort(404), again, alone=True)


def token_of(session_id: str) -> str:
    """Return the token of a person's screen."""
    return str(_signer().dumps(session_id))


def _maker(token: str) -> Actor | None:
    try:
        number, _dot, epoch = str(_signer().loads(token)).partition(".")
    except BadSignature:
        return None
    user = get_user(int(number))
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return None
    maker = actor_of(user)
    return maker if allows(maker, "figures.view") else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=SALT)


def _page(viewer: Actor, again: str, link: str = "", *, alone: bool = False) -> str:
    return render_template(
        "insight/wall.html", wall=wall_of(viewer), again=again, link=link, alone=alone
    )
