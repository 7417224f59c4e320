"""Importing a list of enterprises: the template, the upload, the preview, the result."""

import io
from collections.abc import Iterator
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from werkzeug.wrappers import Response

from servicedesk.core.enterprise_import import COLUMNS, ROWS_MAX
from servicedesk.core.enterprises import AREAS, CHAINS, PROFILE
from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_
from servicedesk.enterprises.importing import (
    BAD,
    NEW,
    SAME,
    SIMILAR,
    UPDATE,
    confirm,
    counts_of,
    drop,
    import_of,
    plan,
    recent_imports,
    upload,
)
from servicedesk.enterprises.models import Import
from servicedesk.enterprises.sheet_reading import FILE_MAX, SHEET
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.sheets import XLSX, send_list

SHOWN = 200
CHOICES = {"new": N_("另建一份档案"), "update": N_("更新那份档案"), "skip": N_("跳过")}
RESULTS = {
    "created": N_("新建档案"),
    "updated": N_("更新档案"),
    "same": N_("没有变化"),
    "skipped": N_("跳过"),
    "bad": N_("有错未导入"),
}
_LISTS = {"scale": SCALES.values(), "area": AREAS, "chain": CHAINS}
_TEXT_COLUMNS = ("credit_code", "phone", "industry_code")


@desk.get("/import/enterprises")
@requires("enterprise.import")
def import_enterprises() -> str:
    """Show where to get the template, where to put the file, and what was imported lately."""
    return _start()


def _start(reason: str = "") -> str:
    return render_template(
        "desk/import.html", columns=COLUMNS, rows_max=ROWS_MAX, size_max=FILE_MAX // 1024 // 1024,
        recent=recent_imports(actor().park_id), counts_of=counts_of, reason=reason,
    )  # fmt: skip


@desk.get("/import/enterprises/template.xlsx")
@requires("enterprise.import")
def import_template() -> Response:
    """Send the empty list with its headings, and a second sheet that explains each column."""
    file = io.BytesIO()
    _template().save(file)
    file.seek(0)
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name="enterprises.xlsx")


def _template() -> Workbook:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    sheet.append([column.heading + ("*" if column.required else "") for column in COLUMNS])
    sheet.freeze_panes = "B2"
    for place, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(12, len(column.heading) * 2 + 4)
        sheet[f"{letter}1"].font = Font(bold=True)
        if column.field in _TEXT_COLUMNS:
            sheet.column_dimensions[letter].number_format = "@"
        if column.field in _LISTS:
            _offer(sheet, letter, list(_LISTS[column.field]))
    _explain(book.create_sheet("填写说明"))
    return book


def _offer(sheet: Any, letter: str, names: list[str]) -> None:
    rule = DataValidation(type="list", formula1=f'"{",".join(names)}"', allow_blank=True)
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{ROWS_MAX + 1}")


def _explain(sheet: Any) -> None:
    sheet.append(["列名", "是否必填", "怎样填写", "示例"])
    for column in COLUMNS:
        needed = "必填" if column.required else "选填"
        sheet.append([column.heading, needed, column.hint, column.example])
    for letter, width in zip("ABCD", (24, 10, 60, 28), strict=True):
        sheet.column_dimensions[letter].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True)


@desk.post("/import/enterprises")
@requires("enterprise.import")
@limiter.limit("20/minute")
def import_upload() -> Response | tuple[str, int]:
    """Read an uploaded list and lead to its preview."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _start(_("请先选择文件。")), 422
    try:
        batch = upload(actor(), file.filename, file.stream.read(FILE_MAX + 1))
    except Refused as refused:
        return _start(_(refused.reason)), 422
    return redirect(url_for("desk.import_preview", import_id=batch.id))


def _batch_or_404(import_id: int) -> Import:
    return import_of(actor().park_id, import_id) or abort(404)


@desk.get("/import/<int:import_id>")
@requires("enterprise.import")
def import_preview(import_id: int) -> str | Response:
    """Show what will become of every row, or what became of it."""
    batch = _batch_or_404(import_id)
    if batch.state in ("dropped", "forgotten"):
        flash(_("这份名单的内容已清除，请重新上传。"), "info")
        return redirect(url_for("desk.import_enterprises"))
    return _preview(batch)


def _preview(batch: Import) -> str:
    if batch.state == "done":
        return render_template(
            "desk/import_done.html", batch=batch, counts=counts_of(batch), results=RESULTS,
            bad=_bad(batch)[:SHOWN],
        )  # fmt: skip
    found = plan(batch)
    return render_template(
        "desk/import_preview.html", batch=batch, new=found.having(NEW), update=found.having(UPDATE),
        same=found.having(SAME), similar=found.having(SIMILAR), bad=found.having(BAD),
        unknown=batch.outcome.get("unknown", []), choices=CHOICES, labels=PROFILE, shown=SHOWN,
        good=len(found.rows) - len(found.having(BAD)),
    )  # fmt: skip


def _bad(batch: Import) -> list[Any]:
    return plan(batch).having(BAD)


@desk.post("/import/<int:import_id>")
@requires("enterprise.import")
@limiter.limit("20/minute")
def import_confirm(import_id: int) -> Response:
    """Take the good rows over, once; or throw the list away."""
    batch = _batch_or_404(import_id)
    try:
        if request.form.get("what") == "drop":
            drop(actor(), batch.id)
            flash(_("已作废这份名单，没有导入任何企业。"), "success")
            return redirect(url_for("desk.import_enterprises"))
        confirm(
            actor(), batch.id, update_known=request.form.get("known") != "skip",
            choices=dict(_choices()),
        )  # fmt: skip
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.import_preview", import_id=import_id))


def _choices() -> Iterator[tuple[int, str]]:
    for name, value in request.form.items():
        number = name.removeprefix("row-")
        if name.startswith("row-") and number.isascii() and number.isdigit() and value in CHOICES:
            yield int(number), value


@desk.get("/import/<int:import_id>/bad.xlsx")
@requires("enterprise.import")
def import_bad_rows(import_id: int) -> FlaskResponse:
    """Send the rows that were not taken, as they stood, with their reasons in front."""
    batch = _batch_or_404(import_id)
    headings = [name or _("（未识别的列）") for name in batch.outcome.get("headings", [])]
    columns = [(N_("行号"), 8), (N_("问题"), 50), *((name, 18) for name in headings)]
    return send_list(actor(), "enterprise-import-bad", _("未导入的行"), columns, _bad_rows(batch))


def _bad_rows(batch: Import) -> Iterator[list[Any]]:
    for stored in batch.rows:
        if stored.get("problems"):
            reasons = (f"{column}：{_(reason)}" for column, reason, _given in stored["problems"])
            yield [stored["number"], "；".join(reasons), *stored["cells"]]
