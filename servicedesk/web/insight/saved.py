"""Saved dashboards (保存的看板): kept from the present page, renamed, shared, deleted."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.clock import clock
from servicedesk.errors import Refused
from servicedesk.statistics.fact_models import SavedDashboard
from servicedesk.statistics.reach import own_cut
from servicedesk.statistics.saved_dashboards import (
    NAME_MAX,
    change_dashboard,
    delete_dashboard,
    own_dashboard,
    save_dashboard,
)
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.forms import tidy
from servicedesk.web.insight.asked import asked_from_query
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.insight.figures import PAGE


@insight.post("/figures/saved")
@requires("figures.own")
def keep_dashboard() -> Response:
    """Keep the dashboard that the form came from."""
    try:
        today = clock.now().astimezone(ZONE).date()
        address = asked_from_query(request.form.get("address", ""), today, own_cut(actor())).query()
    except ValueError:
        abort(400)
    try:
        save_dashboard(actor(), PAGE, _name(), address, _shared())
        flash(_("已保存看板，在页面上方可以随时打开。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(f"{url_for('insight.figures')}?{address}")


@insight.post("/figures/saved/<int:dashboard_id>")
@requires("figures.own")
def change_saved_dashboard(dashboard_id: int) -> Response:
    """Rename a dashboard or share it."""
    found = _own_or_404(dashboard_id)
    address = found.address
    try:
        change_dashboard(actor(), found.id, _name(), _shared())
        flash(_("已修改看板。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(f"{url_for('insight.figures')}?{address}")


@insight.post("/figures/saved/<int:dashboard_id>/delete")
@requires("figures.own")
def delete_saved_dashboard(dashboard_id: int) -> Response:
    """Delete a dashboard, for everybody with whom it was shared too."""
    delete_dashboard(actor(), _own_or_404(dashboard_id).id)
    flash(_("已删除看板。"), "success")
    return redirect(url_for("insight.figures"))


def _own_or_404(dashboard_id: int) -> SavedDashboard:
    found = own_dashboard(actor(), dashboard_id)
    return found if found is not None and found.page == PAGE else abort(404)


def _name() -> str:
    return tidy(request.form.get("name"))[: NAME_MAX + 1]


def _shared() -> bool:
    return request.form.get("shared") == "1"
