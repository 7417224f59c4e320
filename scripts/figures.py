"""The definitions of the figures as a document in both languages, written from ``core.figures``.

    python -m scripts.figures            prints the document
    python -m scripts.figures --write    writes docs/figures.md

``tests/test_figures_document.py`` fails when the document is out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from servicedesk.core.figure_parts import BETTER, formula, per
from servicedesk.core.figures import AGGREGATIONS, BASES, FIGURES, Figure

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "figures.md"
ENGLISH = ROOT / "servicedesk/translations/en/LC_MESSAGES/messages.po"
HEAD = """# 指标口径 · What each figure means

<!-- Written by python -m scripts.figures --write from servicedesk/core/figures.py; do not edit. -->

每个指标只有一个口径：页面、报表和导出都按这里计算。系统里的同一份口径在“统计分析 → 指标口径”。

Each figure has one definition: pages, reports and exports all count by it. The product shows the
same definitions under `/insight/definitions`.
"""


def english() -> Catalog:
    """Return the English texts."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def document() -> str:
    """Return the whole document."""
    words = english()
    return "\n".join([HEAD, *(_section(figure, words) for figure in FIGURES)])


def _section(figure: Figure, words: Catalog) -> str:
    lines = [
        f'<a id="{figure.key}"></a>',
        "",
        f"## {figure.label} · {_in_english(figure.label, words)}",
        "",
        "| | 中文 | English |",
        "|---|---|---|",
        f"| key | `{figure.key}` | `{figure.key}` |",
        *(f"| {name} | {text} | {_in_english(text, words)} |" for name, text in _simple(figure)),
        "",
    ]
    if quotient := formula(figure.key):
        chinese = " ÷ ".join(quotient) + per(figure)
        other = " ÷ ".join(_in_english(part, words) for part in quotient) + per(figure)
        lines.insert(-1, f"| 算法 · formula | {chinese} | {other} |")
    return "\n".join(lines)


def _simple(figure: Figure) -> Iterator[tuple[str, str]]:
    yield "含义 · meaning", figure.meaning
    yield "数的是什么 · grain", figure.grain
    yield "汇总方式 · aggregation", AGGREGATIONS[figure.aggregation]
    yield "统计口径 · basis", BASES[figure.basis]
    yield "计量单位 · unit", figure.unit
    if figure.better:
        yield "好坏 · better", BETTER[figure.better]
    yield "出处 · source", figure.source or "本园区口径"


def _in_english(text: str, words: Catalog) -> str:
    """Return the English of a text; what has none (a standard's number) stands as it is."""
    found = words.get(text) if text else None
    return str(found.string) if found is not None and found.string else text


def main() -> None:
    """Print the document, or write it."""
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(document(), encoding="utf-8")
    else:
        print(document())


if __name__ == "__main__":
    main()
