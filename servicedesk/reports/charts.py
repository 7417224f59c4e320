"""Charts in a Word document (统计图): native ones, that Word can edit and whose data lies inside."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm
from openpyxl import Workbook

from servicedesk.reports.sheets import harmless

WIDTH, HEIGHT = Mm(150), Mm(80)
COLOURS = ("1F5FA8", "C8862A", "4B8B5A")
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with bars: each series has as many values as there are names."""

    title: str
    names: Sequence[str]
    series: Sequence[tuple[str, Sequence[int]]]
    sideways: bool = False


def draw(document: Any, paragraph: Any, chart: Chart) -> None:
    """Put a chart at the end of a paragraph of the document."""
    package, number = document.part.package, _next_number(document)
    data = Part(
        PackURI(f"/word/embeddings/chart{number}.xlsx"), CONTENT_TYPE.SML_SHEET,
        _workbook(chart), package,
    )  # fmt: skip
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), CONTENT_TYPE.DML_CHART, b"", package)
    link = part.relate_to(data, RELATIONSHIP_TYPE.PACKAGE)
    part._blob = _xml(chart, link).encode()  # the library has no public way to fill a part later
    shown = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    paragraph.add_run()._r.append(parse_xml(_inline(chart, shown, number)))


def _next_number(document: Any) -> int:
    taken = {part.partname for part in document.part.package.iter_parts()}
    return next(n for n in range(1, 100) if f"/word/charts/chart{n}.xml" not in taken)


def _workbook(chart: Chart) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(["", *(harmless(name) for name, _values in chart.series)])
    for index, name in enumerate(chart.names):
        sheet.append([harmless(name), *(values[index] for _name, values in chart.series)])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _inline(chart: Chart, link: str, number: int) -> str:
    title = escape(chart.title, {'"': "&quot;"})
    return f"""<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:wp="{_DRAWING}" xmlns:a="{_MAIN}" xmlns:c="{_CHART}" xmlns:r="{_LINKS}">
<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{WIDTH}" cy="{HEIGHT}"/>
<wp:docPr id="{1000 + number}" name="chart{number}" descr="{title}"/><wp:cNvGraphicFramePr/>
<a:graphic><a:graphicData uri="{_CHART}"><c:chart r:id="{link}"/></a:graphicData></a:graphic>
</wp:inline></w:drawing>"""


def _xml(chart: Chart, link: str) -> str:
    series = "".join(_series(chart, index) for index in range(len(chart.series)))
    across, beside = ("bar", "l") if chart.sideways else ("col", "b")
    order = '<c:scaling><c:orientation val="maxMin"/></c:scaling>' if chart.sideways else _PLAIN
    values_at = "t" if chart.sideways else "l"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}" xmlns:r="{_LINKS}"><c:roundedCorners val="0"/>
<c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1200" b="0"/></a:pPr><a:r>
<a:rPr lang="zh-CN" sz="1200" b="0"/><a:t>{escape(chart.title)}</a:t></a:r></a:p></c:rich></c:tx>
<c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>
<c:barChart><c:barDir val="{across}"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}
<c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>
<c:catAx><c:axId val="1"/>{order}<c:delete val="0"/><c:axPos val="{beside}"/>
<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>
{_SMALL}<c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>
<c:valAx><c:axId val="2"/>{_PLAIN}<c:delete val="0"/><c:axPos val="{values_at}"/>
<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="D9D9D9"/></a:solidFill></a:ln>
</c:spPr></c:majorGridlines><c:numFmt formatCode="0" sourceLinked="0"/><c:majorTickMark val="none"/>
<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{_SMALL}<c:crossAx val="1"/>
<c:crosses val="autoZero"/></c:valAx></c:plotArea>
<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/>
<c:dispBlanksAs val="gap"/></c:chart><c:externalData r:id="{link}"><c:autoUpdate val="0"/>
</c:externalData></c:chartSpace>"""


_PLAIN = '<c:scaling><c:orientation val="minMax"/></c:scaling>'
_SMALL = (
    '<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="900"/></a:pPr><a:endParaRPr lang="zh-CN"/></a:p>'
    "</c:txPr>"
)


def _series(chart: Chart, index: int) -> str:
    name, values = chart.series[index]
    column, last = "BCDEFG"[index], len(chart.names) + 1
    return f"""<c:ser><c:idx val="{index}"/><c:order val="{index}"/>
<c:tx><c:strRef><c:f>Sheet1!${column}$1</c:f>{_texts([name])}</c:strRef></c:tx>
<c:spPr><a:solidFill><a:srgbClr val="{COLOURS[index]}"/></a:solidFill></c:spPr>
<c:invertIfNegative val="0"/><c:dLbls>{_SMALL.replace("900", "800")}<c:showLegendKey val="0"/>
<c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/>
<c:showBubbleSize val="0"/></c:dLbls>
<c:cat><c:strRef><c:f>Sheet1!$A$2:$A${last}</c:f>{_texts(chart.names)}</c:strRef></c:cat>
<c:val><c:numRef><c:f>Sheet1!${column}$2:${column}${last}</c:f><c:numCache>
<c:formatCode>General</c:formatCode>{_points([str(value) for value in values])}</c:numCache>
</c:numRef></c:val></c:ser>"""


def _texts(texts: Sequence[str]) -> str:
    return f"<c:strCache>{_points([escape(text) for text in texts])}</c:strCache>"


def _points(texts: Sequence[str]) -> str:
    points = "".join(
        f'<c:pt idx="{number}"><c:v>{text}</c:v></c:pt>' for number, text in enumerate(texts)
    )
    return f'<c:ptCount val="{len(texts)}"/>{points}'
