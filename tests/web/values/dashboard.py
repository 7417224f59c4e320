"""A value for every variable in the routes of this part (dashboards), for the walk of every route."""

from typing import Any

from servicedesk.statistics.saved_dashboards import save_dashboard
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    return {"dashboard_id": save_dashboard(town.head, "figures", "本月", "period=month").id}
