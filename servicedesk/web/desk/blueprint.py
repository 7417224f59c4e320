"""The desk's blueprint and what all of its pages share."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from servicedesk.tickets.views import VIEW_NAMES, VIEWS_OF
from servicedesk.web.access import actor
from servicedesk.web.desk.side import badges, saved_lines
from servicedesk.web.health import scheduler_is_silent

desk = Blueprint("desk", __name__, url_prefix="/desk")


@desk.context_processor
def _side() -> dict[str, Any]:
    """Give every desk page its views with their badges."""
    return {
        "views": [(view, _(VIEW_NAMES[view])) for view in VIEWS_OF.get(actor().role, ())],
        "badges": badges(),
        "saved_views": saved_lines,
        "scheduler_silent": scheduler_is_silent(),
    }
