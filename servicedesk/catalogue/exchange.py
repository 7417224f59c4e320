"""Items as a YAML file (导入导出): what we write reads as the same; what is wrong has a line.

A file is data from outside: no aliases, no tags, bounded depth and size. Where its syntax is broken
each item is read by itself, so that one bad item does not take the others with it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from servicedesk.catalogue.definition import DEFAULTS, Definition
from servicedesk.catalogue.reading import Fault, Path
from servicedesk.core.words import N_

TEXT_MAX = 500_000
ITEMS_MAX = 500
DEPTH_MAX = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ITEM = re.compile(r"^( *)- +code *:", re.MULTILINE)
_CODE = re.compile(r" *- +code *: *([A-Z0-9]{1,10})")
HEADER = """\
# 服务事项清单。每个事项从“- code:”开始；导入时逐项检查，有问题的按行号列出，其余照常导入。
# kind: 代办 帮办 申报 诉求 对接 活动 报备 | clock: workday window season plan
# authorization: required optional none | materials: deferrable 可容缺，held_by 单位编号或 park，免交
# fields: type 为 text textarea number money date choice choices phone；when 为显示条件
"""


@dataclass(slots=True)
class Entry:
    """One item of a file: what it says, in which line it begins, and the line of every place."""

    line: int
    given: Any
    lines: dict[Path, int] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The item's code as the file gives it; empty where there is none."""
        code = self.given.get("code") if isinstance(self.given, Mapping) else None
        return code if isinstance(code, str) else ""

    def line_of(self, path: Path) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.line)


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that is wrong with a file: its line (from 1), the item's code, and the fault."""

    line: int
    code: str
    fault: Fault


class _Unfit(Exception):
    """A file, or a part of it, that cannot be read at all."""

    def __init__(self, line: int, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.bad = BadLine(line, "", Fault((), reason, values))


def write(definitions: Iterable[Definition]) -> str:
    """Return items as a file; what has its default is left out."""
    items = [
        {
            key: value
            for key, value in definition.to_dict().items()
            if key not in DEFAULTS or value != DEFAULTS[key]
        }
        for definition in definitions
    ]
    text: str = yaml.dump(
        {"items": items}, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=100
    )
    return HEADER + text


def parse(text: str) -> tuple[list[Entry], list[BadLine]]:
    """Return the items of a file, and what cannot be read; never raises, whatever the text is."""
    if len(text) > TEXT_MAX:
        return [], [BadLine(1, "", Fault((), N_("文件太大，请分成几个文件导入。")))]
    try:
        return _entries(_document(text, 0))
    except _Unfit as unfit:
        return _piece_by_piece(text, unfit.bad)


def _document(text: str, above: int) -> Node | None:
    """Return the tree of a text that begins ``above`` lines below the file's first.

    Raises:
        _Unfit: it is no YAML, or holds what we do not take.
    """
    try:
        _check_events(text, above)
        node: Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.rstrip().count("\n") + 1  # what is not closed is missed only behind the end
        line = min(mark.line + 1, last) if mark else 1
        raise _Unfit(above + line, N_("缩进或标点有误，此处无法读取。")) from error
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        raise _Unfit(above + 1, N_("含有无法读取的字符。")) from error
    return node


def _check_events(text: str, above: int) -> None:
    """Refuse what could grow or run before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = above + (event.start_mark.line + 1 if event.start_mark else 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unfit(line, N_("不支持引用（& 和 *），请写出完整内容。"))
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Unfit(line, N_("一个文件只能有一份清单，请删去“---”。"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise _Unfit(line, N_("层次太多，此处无法读取。"))


def _piece_by_piece(text: str, bad: BadLine) -> tuple[list[Entry], list[BadLine]]:
    """Read each item by itself; without items all there is to say is ``bad``."""
    starts = list(_ITEM.finditer(text))
    margin = min((len(start.group(1)) for start in starts), default=0)
    begins = [start.start() for start in starts if len(start.group(1)) == margin]
    if not begins:
        return [], [bad]
    entries: list[Entry] = []
    faults: list[BadLine] = []
    for begin, end in zip(begins, [*begins[1:], len(text)], strict=True):
        above = text.count("\n", 0, begin)
        try:
            found, wrong = _entries(_document(text[begin:end], above), above)
        except _Unfit as unfit:
            code = _CODE.match(text, begin)
            found, wrong = [], [replace(unfit.bad, code=code.group(1) if code else "")]
        entries += found
        faults += wrong
    return entries, faults or [bad]


def _entries(root: Node | None, above: int = 0) -> tuple[list[Entry], list[BadLine]]:
    """Return the items below ``root``: a list, or a mapping with the list under ``items``."""
    if isinstance(root, MappingNode):
        root = next((value for key, value in root.value if key.value == "items"), None)
    if not isinstance(root, SequenceNode):
        return [], [
            BadLine(above + 1, "", Fault((), N_("文件须以 items: 开始，其下逐项列出事项。")))
        ]
    if len(root.value) > ITEMS_MAX:
        line = above + root.value[ITEMS_MAX].start_mark.line + 1
        return [], [BadLine(line, "", Fault((), N_("一次最多导入%(max)d项。"), {"max": ITEMS_MAX}))]
    entries: list[Entry] = []
    faults: list[BadLine] = []
    for node in root.value:
        entry = Entry(above + node.start_mark.line + 1, None)
        wrong: list[tuple[int, Fault]] = []
        entry.given = _value(node, (), entry.lines, wrong, above)
        if wrong:
            faults += [BadLine(line, entry.code, fault) for line, fault in wrong]
        else:
            entries.append(entry)
    return entries, faults


def _value(
    node: Node, path: Path, lines: dict[Path, int], wrong: list[tuple[int, Fault]], above: int
) -> Any:
    """Return a node's value; the lines of everything below it go into ``lines``."""
    line = above + node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, SequenceNode):
        return [
            _value(child, (*path, index), lines, wrong, above)
            for index, child in enumerate(node.value)
        ]
    if isinstance(node, MappingNode):
        return dict(_pairs(node, path, lines, wrong, above))
    try:
        return _scalar(node)
    except (yaml.YAMLError, ValueError, ArithmeticError, KeyError, AttributeError, TypeError):
        wrong.append((line, Fault(path, N_("这个值无法读取；文字请加引号。"))))
        return None


def _pairs(
    node: MappingNode,
    path: Path,
    lines: dict[Path, int],
    wrong: list[tuple[int, Fault]],
    above: int,
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, child in node.value:
        name = key.value if isinstance(key, ScalarNode) else "?"
        line = above + key.start_mark.line + 1
        lines[*path, name] = line
        if name in seen:
            wrong.append((line, Fault((*path, name), N_("这个键写了两次。"))))
        seen.add(name)
        yield name, _value(child, (*path, name), lines, wrong, above)


def _scalar(node: Node) -> Any:
    """Return a text, number, truth value or nothing; other types become text as written."""
    if node.tag.startswith("tag:yaml.org,2002:") and node.tag.rpartition(":")[2] in (
        "int", "float", "bool", "null", "str",
    ):  # fmt: skip
        return SafeConstructor().construct_object(node)
    if node.tag == "tag:yaml.org,2002:timestamp":
        return str(node.value)
    raise ValueError(node.tag)
