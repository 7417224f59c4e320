"""A value for every variable in the routes of this part (routing), for the walk of every route."""

from typing import Any

from servicedesk.duty.actions import add_absence
from servicedesk.routing.actions import Draft, save_rule
from tests.support import START, Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    person, unit = town.user("officer").id, town.unit_id("SCJG")
    away = add_absence(town.unithead, person, START.date(), START.date(), "年休假")
    rule = save_rule(town.desk, Draft(unit, words="漏水", reason="住建管房屋"))
    return {
        "rule_id": rule.id, "rule_move": "off", "person_id": person, "absence_id": away.id,
        "unit_id": unit,
    }  # fmt: skip
