"""A value for every variable in the routes of this part (queue), for the walk of every route."""

from typing import Any

from servicedesk.workbench.saved_views import save_view
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    view = save_view(town.desk, "受理中的", {"view": "to_accept"})
    return {"bulk_step": "accept", "saved_view_id": view.id}
