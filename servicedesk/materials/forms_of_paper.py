"""The parts of an official form in Word: a grid of labels and values, places for signatures."""

from collections.abc import Sequence
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm

from servicedesk.reports.official import BODY_FONT, HEADING_FONT, Paper

CELL_SIZE = 12
LABEL_WIDTH, VALUE_WIDTH = Mm(32), Mm(46)


class PaperForm(Paper):
    """A form of one or two pages in the layout of GB/T 9704: title, number, grid, signatures."""

    def number(self, text: str) -> None:
        """Write the form's number under the title, on the right."""
        paragraph = self._paragraph(indent=False)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._run(paragraph, text, size=CELL_SIZE)

    def grid(self, rows: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Write rows of one or two labelled values; a single one reaches across the page."""
        table = self.document.add_table(rows=0, cols=4, style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for pairs in rows:
            cells = table.add_row().cells
            for number, (label, value) in enumerate(pairs):
                self._cell(cells[2 * number], label, HEADING_FONT, LABEL_WIDTH)
                end = cells[2 * number + 1]
                wide = end.merge(cells[3]) if len(pairs) == 1 else end
                self._cell(wide, value or "—", BODY_FONT, VALUE_WIDTH)

    def rows(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table whose cells all begin on the left."""
        table = self.document.add_table(rows=1, cols=len(header), style="Table Grid")
        for cell, text in zip(table.rows[0].cells, header, strict=True):
            self._cell(cell, text, HEADING_FONT)
        for values in rows:
            for cell, text in zip(table.add_row().cells, values, strict=True):
                self._cell(cell, text, BODY_FONT)

    def signatures(self, left: Sequence[str], right: Sequence[str]) -> None:
        """Leave two places side by side for names, seals and dates."""
        self._paragraph(indent=False)
        table = self.document.add_table(rows=1, cols=2)
        for cell, lines in zip(table.rows[0].cells, (left, right), strict=True):
            for number, line in enumerate(lines):
                paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
                self._run(paragraph, line, size=14)

    def _cell(self, cell: Any, text: str, font: str, width: Any = None) -> None:
        if width is not None:
            cell.width = width
        first, *others = text.split("\n")
        self._run(cell.paragraphs[0], first, font, CELL_SIZE)
        for line in others:
            self._run(cell.add_paragraph(), line, font, CELL_SIZE)
