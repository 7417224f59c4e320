"""A list of tickets as an Excel file: data, never formulas; personal data left out."""

from typing import Any

from flask import Response
from flask_babel import gettext as _

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.enterprises.queries import all_names
from servicedesk.organisation.queries import units
from servicedesk.tickets.listing import Filter, everything
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("工单号"), 20), (N_("标题"), 36), (N_("状态"), 10), (N_("企业"), 30), (N_("事项"), 24),
    (N_("承办单位"), 26), (N_("承办人"), 10), (N_("提交时间"), 17), (N_("到期时间"), 17),
    (N_("办结时间"), 17), (N_("评价"), 6), (N_("退单次数"), 8), (N_("重办次数"), 8),
)  # fmt: skip


def workbook(actor: Actor, wanted: Filter) -> Response:
    """Send what the person may see of a list of tickets."""
    names = _Names(actor)
    rows = (names.values(row) for row in everything(actor, wanted))
    return send_list(actor, "ticket", _("工单"), COLUMNS, rows)


class _Names:
    """Turns a row's numbers into names; looked up once for the whole file."""

    def __init__(self, actor: Actor) -> None:
        park_id = actor.park_id
        self._sees_secrets = allows(actor, "ticket.view_confidential")
        self._items = items_by_id(park_id)
        self._units = {unit.id: unit.name for unit in units(park_id)}
        self._enterprises = all_names(park_id)
        self._people: dict[int, str] = {}

    def values(self, row: Any) -> list[Any]:
        secret = row.confidential and not self._sees_secrets
        title = _("（敏感事项）") if row.confidential else row.title
        return [
            row.number, title, _(STATE_NAMES[State(row.state)]),
            "" if secret else self._enterprises.get(row.enterprise_id, ""),
            "" if secret else self._items[row.item_id].name,
            self._units.get(row.unit_id, ""), self._person(row.assignee_id),
            wall_time(row.submitted_at), wall_time(row.due_at), wall_time(row.resolved_at),
            row.rating, row.returns, row.reworks,
        ]  # fmt: skip

    def _person(self, user_id: int | None) -> str:
        if user_id is None:
            return ""
        if user_id not in self._people:
            self._people |= person_names([user_id])
        return self._people.get(user_id, "")
