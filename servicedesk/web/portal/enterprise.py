"""My enterprise (我的企业): its file, the people who act for it, inviting a colleague."""

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from servicedesk.core.permissions import PART_NAMES
from servicedesk.core.words import N_
from servicedesk.enterprises import actions as enterprises
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import members
from servicedesk.extensions import limiter
from servicedesk.web.access import actor, my_enterprises, requires
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _

CHOSEN = "enterprise"
STANDINGS = {
    "confirmed": N_("已建档"),
    "review": N_("代码待服务台核实，不影响办事"),
    "preparing": N_("筹建中，领取营业执照后请告知服务台补录代码"),
}


def chosen_enterprise() -> Enterprise | None:
    """Return the enterprise that the person acts for at present: the chosen or the first one."""
    mine = my_enterprises()
    wanted = session.get(CHOSEN)
    return next((one for one in mine if one.id == wanted), mine[0] if mine else None)


@portal.get("/enterprise", endpoint="enterprise")
@requires("portal.use")
def my_enterprise() -> str:
    """Show the enterprise's file and its people."""
    return _page()


@portal.post("/enterprise/choose")
@requires("portal.use")
def choose_enterprise() -> Response:
    """Act for another of one's enterprises from now on."""
    wanted = request.form.get("enterprise", 0, type=int)
    if wanted not in actor().enterprise_ids:
        abort(404)
    session[CHOSEN] = wanted
    flash(_("已切换企业，之后的申请默认以它的名义提交。"), "success")
    return redirect(url_for("portal.enterprise"))


@portal.post("/enterprise/invite")
@requires("enterprise.invite")
@limiter.limit("20/minute")
def invite() -> str:
    """Make an invitation and show its link, this once."""
    wanted = request.form.get("enterprise", 0, type=int)
    if wanted not in actor().enterprises_with("enterprise.invite"):
        abort(404)
    token = enterprises.invite(actor(), wanted)
    session[CHOSEN] = wanted
    base: str = current_app.extensions["settings"].base_url
    return _page(base + url_for("account.join", token=token))


def _page(link: str = "") -> str:
    enterprise = chosen_enterprise()
    owned = enterprise is not None and enterprise.id in actor().enterprises_with(
        "enterprise.invite"
    )
    return render_template(
        "portal/enterprise.html", enterprise=enterprise, enterprises=my_enterprises(),
        people=members(enterprise.id) if enterprise else [], owned=owned, link=link,
        standings=STANDINGS, parts=PART_NAMES,
    )  # fmt: skip
