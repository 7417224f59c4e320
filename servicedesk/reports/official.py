"""A Word document in the form of official papers (GB/T 9704): page, fonts, indents."""

from collections.abc import Iterable, Sequence
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

TITLE_FONT, HEADING_FONT, BODY_FONT = "方正小标宋简体", "黑体", "仿宋_GB2312"
LEAD_FONT, LATIN = "楷体_GB2312", "Times New Roman"
TITLE_SIZE, BODY_SIZE, SMALL_SIZE = 22, 16, 10.5  # 二号、三号、五号
LINE = 28
TEXT_WIDTH, NAME_WIDTH = 156, 46  # millimetres: of a page, and of a table's first column
LINK = RGBColor(0x1F, 0x5F, 0xA8)


class Paper:
    """A document that is written from top to bottom."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(210 - 28 - TEXT_WIDTH)
        normal: Any = self.document.styles["Normal"]
        _name_font(normal, BODY_FONT)
        normal.font.size = Pt(BODY_SIZE)

    def title(self, text: str) -> None:
        """Write the title, in the middle."""
        paragraph = self._paragraph(indent=False)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(paragraph, text, TITLE_FONT, TITLE_SIZE)

    def centred(self, text: str) -> None:
        """Write a line beneath the title, in the middle: which one, of when."""
        paragraph = self._paragraph(indent=False)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._run(paragraph, text, LEAD_FONT)

    def place(self, text: str = "") -> Any:
        """Return a paragraph in the middle that grows with what is put into it: a chart."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if text:
            self._run(paragraph, text)
        return paragraph

    def heading(self, text: str) -> None:
        """Write a heading of the first order: 一、…"""
        paragraph = self._paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self._run(paragraph, text, HEADING_FONT)

    def paragraph(self, lead: str, pieces: Iterable[tuple[str, int]]) -> None:
        """Write a paragraph: a lead, then texts, each with the number of its reference or 0."""
        paragraph = self._paragraph()
        if lead:
            self._run(paragraph, lead, LEAD_FONT)
        for text, reference in pieces:
            self._run(paragraph, text)
            if reference:
                mark = self._run(paragraph, f"[{reference}]", size=SMALL_SIZE)
                mark.font.superscript = True

    def small(self, text: str, links: Iterable[tuple[str, str]] = ()) -> None:
        """Write a line of small print, then links: each a text and the address that it opens."""
        paragraph = self._paragraph(indent=False, line=18)
        self._run(paragraph, text, size=SMALL_SIZE)
        for number, (shown, address) in enumerate(links):
            if number:
                self._run(paragraph, "；", size=SMALL_SIZE)
            self._link(paragraph, shown, address)

    def _link(self, paragraph: Any, text: str, address: str) -> None:
        run = self._run(paragraph, text, size=SMALL_SIZE)
        run.font.underline = True
        _lead_to(paragraph, run, address)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table: names, then numbers on the right.

        The header is repeated on every page, and no row lies on two.
        """
        table = self.document.add_table(rows=1, cols=len(header), style="Table Grid")
        table.autofit = False
        for number, column in enumerate(table.columns):
            column.width = _width(number, len(header))
        self._fill(table.rows[0], header, HEADING_FONT, "w:tblHeader")
        for values in rows:
            self._fill(table.add_row(), values, BODY_FONT, "w:cantSplit")

    def _fill(self, row: Any, values: Sequence[str], font: str, mark: str) -> None:
        marks = row._tr.get_or_add_trPr()
        marks.append(marks.makeelement(qn(mark), {}))
        for number, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            cell.width = _width(number, len(values))
            paragraph = cell.paragraphs[0]
            if number:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self._run(paragraph, value, font, 12)

    def _paragraph(self, *, indent: bool = True, line: float = LINE) -> Any:
        paragraph = self.document.add_paragraph()
        form = paragraph.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
        form.space_before = form.space_after = Pt(0)
        if indent:
            form.first_line_indent = Pt(2 * BODY_SIZE)
        return paragraph

    def _run(
        self, paragraph: Any, text: str, font: str = BODY_FONT, size: float = BODY_SIZE
    ) -> Any:
        run = paragraph.add_run(text)
        _name_font(run, font)
        run.font.size = Pt(size)
        return run


def link_cells(
    document: Any, rows: Iterable[tuple[Sequence[str], Sequence[str]]], base: str
) -> None:
    """Let the numbers of a table's rows, wherever it stands, open the lists behind them.

    Each row is its texts and their addresses; a table of other columns stays as it is.
    """
    known = {tuple(texts): links for texts, links in rows if any(links)}
    for table in document.tables if known else ():
        for row in table.rows:
            cells = row.cells
            links = known.get(tuple(cell.text for cell in cells))
            for cell, link in zip(cells, links, strict=True) if links else ():
                for run in cell.paragraphs[0].runs if link else ():
                    _lead_to(cell.paragraphs[0], run, base + link)


def _lead_to(paragraph: Any, run: Any, address: str) -> None:
    """Make a run of a paragraph a link."""
    run.font.color.rgb = LINK
    number = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = run._r.makeelement(qn("w:hyperlink"), {qn("r:id"): number})
    run._r.addprevious(link)
    link.append(run._r)


def _width(number: int, count: int) -> Mm:
    """Return how wide a column of a table is; LibreOffice asks the columns, Word each cell."""
    return Mm((TEXT_WIDTH - NAME_WIDTH) / (count - 1) if number else NAME_WIDTH)


def _name_font(owner: Any, chinese: str) -> None:
    """Name the fonts of Chinese and of Latin letters; Word keeps them apart."""
    owner.font.name = LATIN
    owner.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), chinese)
