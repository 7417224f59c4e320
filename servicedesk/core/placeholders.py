"""Placeholders (占位符) in canned replies: ``{企业名称}`` becomes the name of this ticket's enterprise."""

import re
from collections.abc import Mapping

from servicedesk.core.words import N_

NAMES: Mapping[str, str] = {  # what may stand between the braces, with an example for the preview
    N_("企业名称"): "恩德莱科技有限公司",
    N_("联系人"): "李工",
    N_("工单号"): "GX2024-000123",
    N_("标题"): "办理营业执照",
    N_("事项"): "企业设立登记",
    N_("承办单位"): "市场监督管理局",
    N_("承办人"): "龙建国",
    N_("首接人"): "向晓梅",
    N_("到期日"): "2024年3月12日",
    N_("今天"): "2024年3月5日",
    N_("我的姓名"): "张敏",
    N_("我的单位"): "企业服务中心",
}
_PLACE = re.compile(r"[{｛]([^{}｛｝\n]{0,40})[}｝]")


def unknown(text: str) -> list[str]:
    """Return the placeholders of ``text`` that do not exist, each once, in their order."""
    return list(dict.fromkeys(name for name in _names(text) if name not in NAMES))


def _names(text: str) -> list[str]:
    return [found.strip() for found in _PLACE.findall(text)]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put ``values`` in; what has none yet becomes ``【承办人】``, so that nobody overlooks it.

    What is filled in is never read as a placeholder itself.
    """
    return _PLACE.sub(lambda found: _value(found[1].strip(), found[0], values), text)


def _value(name: str, written: str, values: Mapping[str, str]) -> str:
    if name not in NAMES:
        return written
    return values.get(name) or f"【{name}】"
