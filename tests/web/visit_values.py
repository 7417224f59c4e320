"""What stands in the addresses of visits, for the test of every route."""

from datetime import date, timedelta
from typing import Any

from servicedesk.core.outreach import Rules
from servicedesk.outreach.actions import Report, keep_visit
from servicedesk.outreach.listing import StopFilter, stops
from servicedesk.outreach.rounds import Plan, plan_round
from tests.support import Town

DAY = date(2024, 3, 5)


def visit_values(town: Town) -> dict[str, Any]:
    """A round with one stop, and a visit at alice's."""
    mine = town.enterprise_id("alice")
    plan = Plan("三月走访", "", DAY, DAY + timedelta(days=9), Rules(), [mine])
    made = plan_round(town.desk, plan)
    visit = keep_visit(town.desk, Report(mine, DAY, "厂区", "李工")).visit
    [row] = stops(made.id, StopFilter())
    return {"round_id": made.id, "stop_id": row.VisitStop.id, "visit_id": visit.id}
