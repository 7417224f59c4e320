"""Excel files that stream and do no harm: nothing that a person typed can run as a formula."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook


@dataclass(frozen=True, slots=True)
class Styled:
    """A number with the format in which Excel shows it; it stays a number."""

    value: float
    form: str


Value = str | int | float | date | Styled | None
PERCENT, GROWTH, POINTS = "0.0%", "+0.0%;-0.0%;0.0%", '+0.0"个百分点";-0.0"个百分点";0.0"个百分点"'
CELL_MAX = 32_767
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TITLE = Font(name="方正小标宋简体", size=18)
HEADER = Font(name="黑体", size=11, bold=True)
BODY = Font(name="宋体", size=11)


def harmless(value: Any) -> Any:
    """Return a value that a spreadsheet shows and never runs (公式注入).

    A text that begins like a formula, also in full width, gets an apostrophe in front.
    """
    if not isinstance(value, str):
        return value
    clean = ILLEGAL_CHARACTERS_RE.sub("", value)[: CELL_MAX - 1]
    return f"'{clean}" if clean.startswith(DANGEROUS) or clean in ERROR_CODES else clean


class Sheet:
    """A sheet that is written row by row: title, a line about it, header, rows."""

    def __init__(self, book: Workbook, name: str, widths: Sequence[int]) -> None:
        self._sheet: Any = book.create_sheet(name)  # the stubs know little of a streamed sheet
        self._columns, self._row = len(widths), 0
        for number, width in enumerate(widths, 1):
            self._sheet.column_dimensions[get_column_letter(number)].width = width

    def freeze_below(self, row: int) -> None:
        """Keep the first rows in sight; must come before the first row is written."""
        self._sheet.freeze_panes = f"A{row + 1}"
        self._sheet.print_title_rows = f"1:{row}"
        self._sheet.page_setup.orientation = "landscape"
        self._sheet.page_setup.paperSize = 9  # A4
        self._sheet.page_setup.fitToWidth = 1
        self._sheet.page_setup.fitToHeight = 0
        self._sheet.sheet_properties.pageSetUpPr.fitToPage = True

    def across(self, text: str, font: Font = BODY, horizontal: str = "left") -> None:
        """Write one text across all columns."""
        cell = self._cell(text, font)
        cell.alignment = Alignment(horizontal=horizontal, vertical="center")
        self._sheet.append([cell])
        self._row += 1
        last = get_column_letter(self._columns)
        self._sheet.merged_cells.add(f"A{self._row}:{last}{self._row}")

    def header(self, names: Iterable[str]) -> None:
        """Write the names of the columns."""
        cells = [self._cell(name, HEADER) for name in names]
        for cell in cells:
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        self._sheet.append(cells)
        self._row += 1

    def row(self, values: Iterable[Value]) -> None:
        """Write one row; numbers and dates stay numbers and dates."""
        self._sheet.append([self._plain(value) for value in values])
        self._row += 1

    def total(self, values: Iterable[Value]) -> None:
        """Write the row of totals, in bold."""
        self._sheet.append([self._bold(value) for value in values])
        self._row += 1

    def _bold(self, value: Value) -> Any:
        plain = self._plain(value)
        cell: Any = plain if isinstance(value, Styled) else WriteOnlyCell(self._sheet, plain)
        cell.font = HEADER
        return cell

    def _plain(self, value: Value) -> Any:
        """Return what the streamed sheet takes: a value, or a cell where it has a form."""
        if not isinstance(value, Styled):
            return harmless(value)
        cell: Any = WriteOnlyCell(self._sheet, value=value.value)
        cell.number_format = value.form
        return cell

    def filter_from(self, header: int) -> None:
        """Offer filters on the header for every row written so far."""
        last = get_column_letter(self._columns)
        self._sheet.auto_filter.ref = f"A{header}:{last}{max(self._row, header)}"

    def _cell(self, text: str, font: Font) -> Any:
        cell: Any = WriteOnlyCell(self._sheet, value=str(harmless(text)))
        cell.font = font
        return cell
