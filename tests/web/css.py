"""Finding elements of a page by a small part of CSS: tag, #id, .class, [attribute=value], ``a b``, ``a > b``."""

import re

from lxml.html import HtmlElement

_PIECE = re.compile(r"#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:=([^\]]+))?\]|^([\w-]+)")


def css(within: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return the elements beneath ``within`` that ``selector`` means, in the order of the page."""
    path, step = ".", "//"
    for part in selector.split():
        if part == ">":
            step = "/"
            continue
        path, step = path + step + _step(part), "//"
    found: list[HtmlElement] = within.xpath(path)
    return found


def _step(part: str) -> str:
    tag, conditions = "*", ""
    for number, css_class, attribute, value, name in _PIECE.findall(part):
        if name:
            tag = name
        elif number:
            conditions += f"[@id='{number}']"
        elif css_class:
            conditions += f"[contains(concat(' ', normalize-space(@class), ' '), ' {css_class} ')]"
        else:
            conditions += f"[@{attribute}='{value}']" if value else f"[@{attribute}]"
    return tag + conditions
