"""The switch of the public page (政务公开开关), with a preview of what everybody would read."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.clock import clock
from servicedesk.core.suppression import MINIMUM_LEAST, MINIMUM_MOST
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.actions import switch_public_page
from servicedesk.organisation.queries import park
from servicedesk.statistics.public import counted, last_year_of
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.public.views import parts


@admin.get("/public-page")
@requires("public.switch")
def public_page() -> str:
    """Show the switch and what would be public, with another minimum where one is tried."""
    tried = _number("minimum")
    usual = park(actor().park_id).public_minimum
    return _page(tried if _possible(tried) else usual)


@admin.post("/public-page")
@requires("public.switch")
def public_page_switch() -> Response | tuple[str, int]:
    """Switch the page on or off."""
    wanted = ("public" in request.form, _number("minimum"))
    seen = (request.form.get("seen_public") == "1", _number("seen_minimum"))
    try:
        switch_public_page(actor(), wanted, seen)
    except Refused as refused:
        return _page(park(actor().park_id).public_minimum, wanted[1], _(refused.reason)), 422
    except Conflict:
        flash(_("开关在您打开本页之后有人改过，请重新核对。"), "warning")
    else:
        flash(_("政务公开页已开放。") if wanted[0] else _("政务公开页已关闭。"), "success")
    return redirect(url_for("admin.public_page"))


def _page(minimum: int, written: int | None = None, wrong: str = "") -> str:
    mine = park(actor().park_id)
    span = last_year_of(clock.now().astimezone(ZONE).date())
    return render_template(
        "admin/public_page.html", mine=mine, wrong=wrong, least=MINIMUM_LEAST, most=MINIMUM_MOST,
        minimum=minimum if written is None else written,
        **parts(counted(mine.id, span, minimum)),
    )  # fmt: skip


def _number(name: str) -> int:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _possible(minimum: int) -> bool:
    return MINIMUM_LEAST <= minimum <= MINIMUM_MOST
