"""Faults and differences of definitions in words, with the names that people know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from servicedesk.catalogue.definition import AUTHORIZATIONS, CLOCKS, KEYS
from servicedesk.catalogue.differences import PARTS, Difference
from servicedesk.catalogue.fields import TYPE_NAMES, FieldType
from servicedesk.catalogue.reading import Fault, Path
from servicedesk.core.words import N_
from servicedesk.web.showing import named

ROW_NAMES: Mapping[str, str] = {"fields": N_("表单字段%(n)s"), "materials": N_("材料%(n)s")}
_MORE = {"name": N_("名称"), "when": N_("显示条件"), "options": N_("选项"), "label": N_("名称")}


def sentence(fault: Fault) -> str:
    """Return what is wrong, in the person's language."""
    return _(fault.reason, **fault.values)


def place(path: Path) -> str:
    """Return where it is wrong: 表单字段2 · 选项."""
    parts = []
    if path and path[0] in ROW_NAMES and len(path) > 1 and isinstance(path[1], int):
        parts.append(_(ROW_NAMES[str(path[0])], n=path[1] + 1))
        rest = path[2:3]
    else:
        parts += [_(KEYS.get(str(key), str(key))) for key in path[:1]]
        rest = ()
    parts += [_(_MORE.get(str(key), PARTS.get(str(key), str(key)))) for key in rest]
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Change:
    """A difference in words."""

    name: str
    before: str
    after: str


class Namer:
    """Names what definitions refer to by code: looked up once for a page."""

    def __init__(
        self, categories: Mapping[str, Any], units: Mapping[str, str], metrics: Mapping[str, Any]
    ) -> None:
        self._categories, self._units, self._metrics = categories, units, metrics

    def change(self, difference: Difference) -> Change:
        """Return a difference in words."""
        name = _(KEYS[difference.key])
        if difference.what:
            row = f"“{difference.row}”" if difference.row else ""
            name = f"{name}{row}：{_(difference.what)}"
        before, after = (
            self._words(difference, value) for value in (difference.before, difference.after)
        )
        return Change(name, before, after)

    def _words(self, difference: Difference, value: Any) -> str:
        if value is None or value == "" or value == []:
            return ""
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, list):
            return _("、").join(self._one(difference, one) for one in value)
        return self._one(difference, value)

    def _one(self, difference: Difference, value: Any) -> str:
        if isinstance(value, Mapping):
            return self._mapping(value)
        key, text = difference.key, str(value)
        if key == "category_code" and text in self._categories:
            return named(self._categories[text])
        if key in ("lead_unit", "partner_units") or difference.what == PARTS["held_by"]:
            return _("园区") if text == "park" else self._units.get(text, text)
        if key == "outcomes" and text in self._metrics:
            return named(self._metrics[text])
        if difference.what == PARTS["template"]:
            return _("一个文件")
        if key in ("clock", "authorization"):
            return _({**CLOCKS, **AUTHORIZATIONS}.get(text, text))
        if difference.what == PARTS["type"] and text in set(FieldType):
            return _(TYPE_NAMES[FieldType(text)])
        return text

    def _mapping(self, value: Mapping[str, Any]) -> str:
        if "equals" in value:
            return f"{value['field']} = {_('、').join(map(str, value['equals']))}"
        return str(value.get("label", value))
