"""An event and a post for the walk over every route."""

from datetime import timedelta

from servicedesk.hiring.actions import Draft, open_post
from servicedesk.hiring.arrivals import report_arrival
from servicedesk.training import attendance
from servicedesk.training.actions import Plan, plan_event
from tests.support import START, Town


def training_and_hiring(town: Town) -> dict[str, int]:
    """An event to which alice sends somebody, and a post of hers with people to confirm."""
    begins = START + timedelta(days=2)
    event = plan_event(
        town.desk,
        Plan("培训会", "高企认定", "training", "E01", town.unit_id("SCJG"), begins,
             begins + timedelta(hours=2), "报告厅", 9, 3),
    )  # fmt: skip
    [row] = attendance.register(
        town.alice,
        event.id,
        town.enterprise_id("alice"),
        [attendance.Person("张一", "13800138000")],
    )
    draft = Draft(
        town.enterprise_id("alice"), "焊工", 5, "面议", "2栋", "", START.date() + timedelta(days=9)
    )
    post = open_post(town.desk, draft)
    placement = report_arrival(town.desk, post.id, START.date(), 2)
    return {
        "event_id": event.id, "attendance_id": row.id, "post_id": post.id,
        "placement_id": placement.id,
    }  # fmt: skip
