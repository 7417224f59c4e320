"""Staff's own Word templates (总结模板): checked before they are taken, filled in a sandbox.

A template is a Word file with names in double braces, such as {{ 标题 }}. What came from outside is
refused if it does more than name things: no calls, no arithmetic, no nesting of loops.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from docx import Document
from docx.document import Document as Word
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docxtpl import DocxTemplate, RichText
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.reports.charts import draw
from servicedesk.reports.content import Content, origin_text, sample
from servicedesk.reports.figures import Piece, Reference
from servicedesk.reports.official import SMALL_SIZE, Paper
from servicedesk.reports.phrases import HEADER, HEADINGS, LEADS, NUMBERS, TABLE_NOTE

BYTES_MAX = 5 * 1024 * 1024
UNPACKED_MAX = 10 * 1024 * 1024
MARKS = ("⟦图一⟧", "⟦图二⟧")
COLUMNS = ("名称", "收到", "办结", "服务企业", "按期率", "满意率")
NAMES: Mapping[str, str] = {
    "{{ 标题 }}": N_("总结的标题"),
    "{{r 服务总量 }}": N_("服务总量一段，数字带出处编号"),
    "{{r 成效 }}": N_("成效一段，数字带出处编号"),
    "{%p if 有成效 %} … {%p endif %}": N_("只在有成效可写时出现的段落，短统计期常用"),
    "{%p if 有分类 %} … {%p endif %}": N_("只在分类表有数据时出现的段落和表格"),
    "{%tr for 行 in 类别表 %} … {%tr endfor %}": N_(
        "分类表的各行：行.名称、行.收到、行.办结、行.服务企业、行.按期率、行.满意率"
    ),
    "{{ 图一 }}": N_("各月（周、日）收到和办结的统计图，单独成段；没有数据时不出现"),
    "{{ 图二 }}": N_("各类别服务企业的统计图，单独成段；没有数据时不出现"),
    "{%p for 口径 in 口径表 %} … {%p endfor %}": N_("指标口径，一条一段：{{ 口径 }}"),
    "{%p for 出处 in 出处表 %} … {%p endfor %}": N_("数字出处，一条一段：{{r 出处 }}"),
    "{{ 说明 }}": N_("统计截至和生成时间"),
}
_FINE = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For,
    nodes.If, nodes.Const, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
LISTS = frozenset(
    {"类别表", "口径表", "出处表"}
)  # a loop over a text would repeat it for each letter
_INNER = frozenset({"self", "super", "caller"})  # what the language itself lends every template
BAD_FILE = N_("这不是能用的 Word 文档，请用下载的默认模板修改后再上传。")
OUTSIDE = N_("模板不能链接外部的图片、文件或模板，请改为插入。")
_FOREIGN = ("/aFChunk", "/oleObject")  # parts that Word hands to another program
_FETCHES = re.compile(r"INCLUDE|IMPORT|DDE|DATABASE|MACROBUTTON|(?<!HYPER)LINK")
BAD_CODE = N_("模板里只能写名称、循环和条件，不能有函数、运算、过滤器或嵌套循环。")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Lets a template name what it is given, and nothing else."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            inner = isinstance(node, nodes.Name) and node.name in _INNER
            loop = isinstance(node, nodes.For) and not _is_plain(node)
            if inner or loop or not isinstance(node, _FINE):
                raise Refused(BAD_CODE)
        return tree


def _is_plain(loop: nodes.For) -> bool:
    """Tell whether a loop goes once over one of the lists, with no other within it."""
    over = isinstance(loop.iter, nodes.Name) and loop.iter.name in LISTS
    return over and not loop.recursive and not any(loop.find_all(nodes.For))


def default_template() -> bytes:
    """Return the template that gives the official form: where editing starts."""
    paper = Paper()
    paper.title("{{ 标题 }}")
    paper.heading(HEADINGS[0])
    paper.paragraph(
        f"{{% if 有成效 %}}{NUMBERS[0]}{{% endif %}}{LEADS[0]}", [("{{r 服务总量 }}", 0)]
    )
    paper.small("{%p if 有成效 %}")
    paper.paragraph(NUMBERS[1] + LEADS[1], [("{{r 成效 }}", 0)])
    paper.small("{%p endif %}")
    paper.small("{%p if 有分类 %}")
    paper.heading(HEADINGS[1])
    rows = [
        ["{%tr for 行 in 类别表 %}", *[""] * (len(COLUMNS) - 1)],
        [f"{{{{ 行.{column} }}}}" for column in COLUMNS],
        ["{%tr endfor %}", *[""] * (len(COLUMNS) - 1)],
    ]
    paper.table(HEADER, rows)
    paper.small(TABLE_NOTE)
    paper.small("{%p endif %}")
    for name in ("{{ 图一 }}", "{{ 图二 }}"):
        paper.place(name)
    paper.heading(HEADINGS[2])
    for line in (
        "{%p for 口径 in 口径表 %}", "{{ 口径 }}", "{%p endfor %}",
        "{%p for 出处 in 出处表 %}", "{{r 出处 }}", "{%p endfor %}", "{{ 说明 }}",
    ):  # fmt: skip
        paper.small(line)
    stream = io.BytesIO()
    paper.document.save(stream)
    return stream.getvalue()


def check(content: bytes) -> None:
    """Try a template with sample data.

    Raises:
        Refused: it cannot be opened, does more than it may, names what there is not, or breaks.
    """
    _look_inside(content)
    said = sample()
    stream = io.BytesIO()
    fill(content, said).save(stream)
    text = "\n".join(paragraph.text for paragraph in Document(stream).paragraphs)
    if said.title not in text:
        raise Refused(N_("模板里没有标题：请保留 {{ 标题 }}。"))


def _look_inside(content: bytes) -> None:
    """Refuse archives that are too large unpacked, macros, and links to what lies elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_MAX:
                raise Refused(N_("文件太大，请压缩或分开上传。"))
            names = archive.namelist()
            if any("vbaproject" in name.lower() or "activex" in name.lower() for name in names):
                raise Refused(N_("模板不能带宏。"))
            for name in names:
                if name.endswith(".rels"):
                    _look_at_links(archive.read(name))
                elif name.startswith("word/") and name.endswith(".xml"):
                    _look_at_fields(archive.read(name))
    except (zipfile.BadZipFile, ValueError, OSError, SyntaxError) as error:
        raise Refused(BAD_FILE) from error


def _look_at_links(xml: bytes) -> None:
    for link in parse_xml(xml):  # resolves no entities
        outside = link.get("TargetMode") == "External"
        kind = link.get("Type", "")
        if (outside and kind != RELATIONSHIP_TYPE.HYPERLINK) or kind.endswith(_FOREIGN):
            raise Refused(OUTSIDE)


def _look_at_fields(xml: bytes) -> None:
    """Refuse fields that fetch or run something when the paper is opened, however they are split up."""
    texts = [
        node.text or node.get(qn("w:instr"), "")
        for node in parse_xml(xml).iter(qn("w:instrText"), qn("w:fldSimple"))
    ]
    if _FETCHES.search("".join("".join(texts).split()).upper()):
        raise Refused(OUTSIDE)


def fill(template: bytes, said: Content) -> Word:
    """Write a summary into a template.

    Raises:
        Refused: the template cannot be filled.
    """
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.init_docx()
        document.render(_words(document, said), _Sandbox(), autoescape=True)
        stream = io.BytesIO()
        document.save(stream)
        filled = Document(stream)
    except Refused:
        raise
    except UndefinedError as error:
        raise Refused(N_("模板里有系统不认识的名称，请对照可用的名称检查。")) from error
    except TemplateError as error:
        raise Refused(N_("模板里的标记写得不完整，请检查花括号和循环是否成对。")) from error
    except Exception as error:
        raise Refused(BAD_FILE) from error
    _place_charts(filled, said)
    return filled


def _words(document: Any, said: Content) -> dict[str, Any]:
    return {
        "标题": said.title,
        "服务总量": _rich(said.volume),
        "成效": _rich(said.achieved),
        "有成效": said.has_achieved,
        "有分类": said.has_rows,
        "类别表": [dict(zip(COLUMNS, line.texts, strict=True)) for line in said.rows],
        "图一": MARKS[0],
        "图二": MARKS[1],
        "口径表": list(said.definitions),
        "出处表": [_origin(document, origin, said.base) for origin in said.origins],
        "说明": said.as_of,
    }


def _rich(pieces: Sequence[Piece]) -> RichText:
    """Return pieces in the template's own font and size, their references raised."""
    rich = RichText()
    for text, reference in pieces:
        rich.add(text)
        if reference:
            rich.add(f"[{reference}]", size=round(SMALL_SIZE * 2), superscript=True)
    return rich


def _origin(document: Any, origin: Reference, base: str) -> RichText:
    rich, size = RichText(), round(SMALL_SIZE * 2)
    rich.add(origin_text(origin), size=size)
    for number, link in enumerate(origin.links):
        if number:
            rich.add("；", size=size)
        target = document.build_url_id(base + link)
        rich.add(link, size=size, underline=True, color="1F5FA8", url_id=target)
    return rich


def _place_charts(document: Word, said: Content) -> None:
    """Put the charts where the template has their marks; a chart that there is none of leaves no gap."""
    for paragraph in document.paragraphs:
        for mark, chart in zip(MARKS, said.charts, strict=True):
            if paragraph.text.strip() != mark:
                continue
            if chart is None:
                paragraph._p.getparent().remove(paragraph._p)
                continue
            for run in paragraph.runs:
                run.text = ""
            draw(document, paragraph, chart)
