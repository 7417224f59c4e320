"""A list as an Excel file: the same rows as on the page, safe to open, each export on record."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request, send_file
from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.workbook.child import INVALID_TITLE_REGEX

from servicedesk.audit.actions import record_alone
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.extensions import db
from servicedesk.reports.sheets import Sheet, Value
from servicedesk.web.forms import address_words

ZONE = ZoneInfo("Asia/Shanghai")
NAME_MAX = 31  # characters of a sheet's name
ROWS_MAX = 1_000_000  # a sheet of Excel ends at 1,048,576
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Columns = Sequence[tuple[str, int]]
"""Column names (translatable) with their widths in characters."""


def send_list(
    actor: Actor, name: str, title: str, columns: Columns, rows: Iterable[Sequence[Value]]
) -> Response:
    """Write ``rows`` one by one into a temporary file and send it as ``name``-date.xlsx.

    There may be any number of them: none is kept, and where a sheet of Excel ends the next one goes
    on. Each sheet has a frozen header and filters; texts can never run as formulas. The audit trail
    gets ``name``.export with the list's filter, its address and the number of rows.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - send_file closes it after sending
    book = Workbook(write_only=True)
    sheet, count = _new_sheet(book, title, columns), 0
    for row in rows:
        if count and count % ROWS_MAX == 0:
            sheet.filter_from(1)
            sheet = _new_sheet(book, f"{count // ROWS_MAX + 1} {title}", columns)
        sheet.row(row)
        count += 1
    sheet.filter_from(1)
    db.session.rollback()  # no transaction waits while the file is packed
    book.save(file)
    file.seek(0)
    record_alone(actor, f"{name}.export", "list", request.path, rows=count, filter=address_words())
    stamp = f"{clock.now().astimezone(ZONE):%Y%m%d-%H%M}"
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=f"{name}-{stamp}.xlsx")


def _new_sheet(book: Workbook, title: str, columns: Columns) -> Sheet:
    sheet = Sheet(book, sheet_name(title), [width for _name, width in columns])
    sheet.freeze_below(1)
    sheet.header(_(label) for label, _width in columns)
    return sheet


def sheet_name(text: str) -> str:
    """Return a text as the name of a sheet: without what Excel forbids there, and short enough."""
    clean = INVALID_TITLE_REGEX.sub(" ", ILLEGAL_CHARACTERS_RE.sub("", text))
    return clean.strip(" '")[:NAME_MAX].strip(" '") or "Sheet"


def wall_time(moment: datetime | None) -> Any:
    """Return a moment as Excel knows it: Shanghai's wall time, without a zone."""
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment else None
