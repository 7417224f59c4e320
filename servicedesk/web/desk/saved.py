"""Saved views (自定义视图): kept from the present list, named, shared, ordered, deleted."""

from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.channels import CHANNELS
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.errors import Refused
from servicedesk.statistics.cutting import NOT_RECORDED
from servicedesk.tickets.listing import SORTS, Filter
from servicedesk.tickets.views import VIEW_NAMES
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.columns import catalogue_names
from servicedesk.web.desk.filters import from_query, to_query
from servicedesk.web.desk.side import saved_lines
from servicedesk.web.forms import tidy
from servicedesk.web.showing import named
from servicedesk.workbench.models import SavedView
from servicedesk.workbench.saved_views import (
    NAME_MAX,
    SHARED_NAMES,
    change_view,
    delete_view,
    may_share,
    move_view,
    own_view,
    save_view,
)

MOVES = {"up": -1, "down": 1}


@desk.get("/views")
@requires("workbench.use")
def saved_views() -> str:
    """Show the person's own views and those that are shared with the person."""
    lines = saved_lines()
    names = catalogue_names(actor().park_id)
    return render_template(
        "desk/saved_views.html",
        lines=lines,
        words={line.view.id: _in_words(line.wanted, names) for line in lines},
        people=person_names([line.view.owner_id for line in lines]),
        own=actor().user_id,
        sharing=[(shared, _(SHARED_NAMES[shared])) for shared in ("", *may_share(actor()))],
        shared_names=SHARED_NAMES,
        name_max=NAME_MAX,
    )


def _in_words(wanted: Filter, names: dict[str, dict[object, object]]) -> str:
    """Return what a filter narrows to, in words."""
    items = {str(getattr(one, "code", "")): one for one in names["items"].values()}
    said = [
        _(VIEW_NAMES[wanted.view]),
        _(STATE_NAMES[State(wanted.state)]) if wanted.state else "",
        named(names["categories"][wanted.category])
        if wanted.category in names["categories"]
        else "",
        named(items[wanted.item]) if wanted.item in items else wanted.item,
        _("尚未派单") if wanted.unit == NOT_RECORDED else wanted.unit,
        _(CHANNELS[wanted.channel]) if wanted.channel else "",
        f"“{wanted.q}”" if wanted.q else "",
        _("%(day)s起", day=wanted.since) if wanted.since else "",
        _("至%(day)s", day=wanted.until) if wanted.until else "",
        wanted.period,
        _(SORTS[wanted.sort]),
    ]
    return " · ".join(part for part in said if part)


@desk.post("/views")
@requires("workbench.use")
def keep_view() -> Response:
    """Keep the list that the form came from."""
    wanted = from_query(actor(), request.form.get("list", ""))
    name, shared = tidy(request.form.get("name"))[: NAME_MAX + 1], request.form.get("shared", "")
    try:
        save_view(actor(), name, to_query(wanted), shared)
        flash(_("已保存视图“%(name)s”，在左侧可以随时打开。", name=name), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(f"{url_for('desk.queue')}?{urlencode(to_query(wanted))}")


def _own_or_404(view_id: int) -> SavedView:
    return own_view(actor(), view_id) or abort(404)


@desk.post("/views/<int:saved_view_id>")
@requires("workbench.use")
def change_saved_view(saved_view_id: int) -> Response:
    """Rename a view or share it."""
    view = _own_or_404(saved_view_id)
    name = tidy(request.form.get("name"))[: NAME_MAX + 1]
    try:
        change_view(actor(), view.id, name, request.form.get("shared", ""))
        flash(_("已修改视图。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.saved_views"))


@desk.post("/views/<int:saved_view_id>/delete")
@requires("workbench.use")
def delete_saved_view(saved_view_id: int) -> Response:
    """Delete a view; the tickets stay."""
    delete_view(actor(), _own_or_404(saved_view_id).id)
    flash(_("已删除视图。"), "success")
    return redirect(url_for("desk.saved_views"))


@desk.post("/views/<int:saved_view_id>/move")
@requires("workbench.use")
def move_saved_view(saved_view_id: int) -> Response:
    """Move a view on the person's own side bar; shared ones too."""
    move_view(actor(), saved_view_id, MOVES.get(request.form.get("move", ""), 0))
    return redirect(url_for("desk.saved_views", _anchor=f"view-{saved_view_id}"))
