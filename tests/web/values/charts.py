"""A value for every variable in the routes of this part (charts), for the walk of every route."""

from typing import Any

from servicedesk.web.insight.wall import token_of
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values: the token of the leader's screen."""
    return {"wall_token": token_of(town.user("leader").get_id())}
