"""Reading an Excel file that a stranger may have made: bounded, nothing in it runs."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook

from servicedesk.core.enterprise_import import ROWS_MAX, Cell
from servicedesk.core.words import N_
from servicedesk.errors import Refused

FILE_MAX = 5 * 1024 * 1024
_UNPACKED_MAX = 100 * 1024 * 1024
_PARTS_MAX = 200
_WIDTH_MAX = 40
_LINES_MAX = ROWS_MAX * 2  # blank lines between them do not count, but have an end, too
SHEET = "企业名单"
Line = tuple[int, list[Cell]]


def lines(data: bytes) -> tuple[list[Cell], list[Line]]:
    """Return the headings and the filled lines, each with its number in the sheet.

    Raises:
        Refused: the file is too large, no workbook of Excel's, or holds nothing or too much.
    """
    _refuse_bombs(data)
    try:
        return _read(data)
    except Refused:
        raise
    except Exception as error:  # openpyxl raises whatever the file makes it stumble over
        raise Refused(N_("文件打不开，请用 Excel 另存为 .xlsx 后再上传。"), field="file") from error


def _refuse_bombs(data: bytes) -> None:
    if len(data) > FILE_MAX:
        raise Refused(N_("文件超过5 MB，请分成几个文件导入。"), field="file")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > _UNPACKED_MAX or len(parts) > _PARTS_MAX:
                raise Refused(N_("文件展开后太大，请只保留名单再上传。"), field="file")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares(archive, part):
                    raise Refused(N_("文件含有不允许的内容。"), field="file")
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused(N_("请上传 .xlsx 格式的 Excel 文件。"), field="file") from error


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """A document type, and with it entities, has no business in a workbook."""
    with archive.open(part) as file:
        head = file.read(4096).upper()
    return b"<!DOCTYPE" in head or b"<!ENTITY" in head


def _read(data: bytes) -> tuple[list[Cell], list[Line]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        sheet: Any = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        rows = _filled(sheet)
        first = next(rows, None)
        if first is None:
            raise Refused(N_("文件里没有内容。"), field="file")
        found: list[Line] = []
        for line in rows:
            found.append(line)
            if len(found) > ROWS_MAX:
                raise Refused(N_("一次最多导入5000行，请分成几个文件。"), field="file")
    finally:
        book.close()
    if not found:
        raise Refused(N_("标题行下面没有企业。"), field="file")
    return first[1], found


def _filled(sheet: Any) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(max_col=_WIDTH_MAX, max_row=_LINES_MAX), 1):
        values = [_value(cell) for cell in cells]
        if any(value not in (None, "") for value in values):
            yield number, values


def _value(cell: Any) -> Cell:
    """Return what stands in a cell; a share that Excel shows as per cent comes as per cent."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        share = "%" in str(getattr(cell, "number_format", ""))
        return value * 100 if share else value
    if value is None or isinstance(value, str | bool | date | datetime):
        return value[:500] if isinstance(value, str) else value
    return str(value)[:500]
