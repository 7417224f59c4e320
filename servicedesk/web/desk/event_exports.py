"""Events as Excel files: the list, and the people of one event."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.clock import clock
from servicedesk.core.training import CHECK_IN_WAYS, EVENT_STATE_NAMES, KINDS, EventState
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import names
from servicedesk.reports.masking import masked_phone
from servicedesk.streaming import in_chunks
from servicedesk.training import queries
from servicedesk.training.listing import every_event
from servicedesk.training.models import Event
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.events import (
    items_offered,
    managed_or_404,
    situation,
    unit_names_by_id,
    wanted_events,
)
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("活动名称"), 36), (N_("类型"), 10), (N_("主题"), 20), (N_("对应事项"), 20),
    (N_("主办单位"), 26), (N_("开始"), 17), (N_("结束"), 17), (N_("地点"), 26), (N_("状态"), 10),
    (N_("名额（人）"), 10), (N_("报名（人）"), 10), (N_("候补（人）"), 10), (N_("签到（人次）"), 12),
    (N_("到场企业（家）"), 14),
)  # fmt: skip
PEOPLE_COLUMNS = (
    (N_("企业"), 32), (N_("姓名"), 12), (N_("电话（脱敏）"), 16), (N_("报名时间"), 17),
    (N_("情况"), 10), (N_("签到时间"), 17), (N_("签到方式"), 12),
)  # fmt: skip


@desk.get("/events/export.xlsx")
@requires("event.view")
def event_export() -> Response:
    """Send the list as an Excel file."""
    items, unit_names = dict(items_offered()), unit_names_by_id()
    rows = (
        (
            line.event.title, _(KINDS[line.event.kind]), line.event.topic,
            items.get(line.event.item_code, ""), unit_names.get(line.event.unit_id, ""),
            wall_time(line.event.starts_at), wall_time(line.event.ends_at), line.event.place,
            _(EVENT_STATE_NAMES[EventState(line.event.state)]), line.event.capacity, line.seated,
            line.waiting, line.came, line.enterprises,
        )
        for line in every_event(actor().park_id, wanted_events())
    )  # fmt: skip
    return send_list(actor(), "events", _("培训活动"), COLUMNS, rows)


@desk.get("/events/<int:event_id>/people.xlsx")
@requires("event.manage")
def event_people(event_id: int) -> Response:
    """Send the list of people as an Excel file, telephone numbers masked."""
    found = managed_or_404(event_id)
    rows = _people_rows(found, over=clock.now() > found.ends_at)
    return send_list(actor(), "event-people", found.title, PEOPLE_COLUMNS, rows)


def _people_rows(of: Event, *, over: bool) -> Iterator[list[Any]]:
    for people in in_chunks(queries.everybody(of.id)):
        firms = names({row.enterprise_id for row in people})
        for row in people:
            yield [
                firms.get(row.enterprise_id, ""), row.person, masked_phone(row.phone),
                wall_time(row.registered_at), _(situation(row, over)), wall_time(row.checked_in_at),
                _(CHECK_IN_WAYS[row.how]) if row.how else "",
            ]  # fmt: skip
