"""A value for every variable in the routes of this part (rules), for the walk of every route."""

from typing import Any

from servicedesk.rules import applying, previewing
from servicedesk.rules.actions import publish
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return an application of a new version to what runs, made through the real actions."""
    town.file("bob")
    publish(town.admin, {"warn_share": 75}, "试行", 1)
    seen = previewing.preview(town.park_id, 2)
    return {"application_id": applying.apply(town.admin, 2, seen.calendar)}
