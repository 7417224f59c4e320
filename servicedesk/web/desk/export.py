"""A list of tickets as an Excel file: data, never formulas; personal data left out."""

import tempfile
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request, send_file
from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.queries import items_by_id
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.enterprises.queries import all_names
from servicedesk.organisation.queries import units
from servicedesk.tickets.listing import Filter, everything

ZONE = ZoneInfo("Asia/Shanghai")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
COLUMNS = (
    (N_("工单号"), 20), (N_("标题"), 36), (N_("状态"), 10), (N_("企业"), 30), (N_("事项"), 24),
    (N_("承办单位"), 26), (N_("承办人"), 10), (N_("提交时间"), 17), (N_("到期时间"), 17),
    (N_("办结时间"), 17), (N_("评价"), 6), (N_("退单次数"), 8), (N_("重办次数"), 8),
)  # fmt: skip


def workbook(actor: Actor, wanted: Filter) -> Response:
    """Write what the person may see into a temporary file and send it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - send_file closes it after sending
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("工单"))
    rows = _fill(sheet, actor, wanted)
    book.save(file)
    file.seek(0)
    record_alone(actor, "ticket.export", "list", request.query_string.decode()[:200], rows=rows)
    name = f"tickets-{clock.now().astimezone(ZONE):%Y%m%d-%H%M}.xlsx"
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)


def _fill(sheet: Any, actor: Actor, wanted: Filter) -> int:
    sheet.freeze_panes = "A2"
    for index, (_label, width) in enumerate(COLUMNS):
        sheet.column_dimensions[chr(65 + index)].width = width
    sheet.append([_(label) for label, _width in COLUMNS])
    names = _Names(actor)
    rows = 0
    for row in everything(actor, wanted):
        sheet.append([_cell(sheet, value) for value in names.values(row)])
        rows += 1
    sheet.auto_filter.ref = f"A1:{chr(64 + len(COLUMNS))}{rows + 1}"
    return rows


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
            _local(row.submitted_at), _local(row.due_at), _local(row.resolved_at),
            row.rating, row.returns, row.reworks,
        ]  # fmt: skip

    def _person(self, user_id: int | None) -> str:
        if user_id is None:
            return ""
        if user_id not in self._people:
            self._people |= person_names([user_id])
        return self._people.get(user_id, "")


def _local(moment: datetime | None) -> datetime | None:
    """Excel knows no zones: Shanghai's wall time."""
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment else None


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell whose text can never be read as a formula."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        value = f"'{value}"
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    return cell
