"""A value for every variable in the routes of this part (performance), for the walk of every route."""

from typing import Any

from servicedesk.performance.actions import contest
from tests.performance.support import MARCH, unit
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return a unit and a note on its result, made through the real action."""
    return {
        "unit_code": "SCJG",
        "contest_id": contest(town.unithead, unit(town), MARCH, "退单件不应计入").id,
    }
