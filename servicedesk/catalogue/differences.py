"""What two versions of an item differ in (版本差异), place by place; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from servicedesk.catalogue.definition import DEFAULTS, KEYS
from servicedesk.core.words import N_

PARTS: Mapping[str, str] = {
    "label": N_("名称"),
    "label_en": N_("英文名称"),
    "name_en": N_("英文名称"),
    "type": N_("类型"),
    "required": N_("必填"),
    "help": N_("填写说明"),
    "help_en": N_("英文说明"),
    "options": N_("选项"),
    "unit": N_("单位"),
    "min": N_("最小值"),
    "max": N_("最大值"),
    "max_length": N_("最多字数"),
    "when": N_("显示条件"),
    "deferrable": N_("可容缺"),
    "kind": N_("材料库名称"),
    "held_by": N_("已由谁掌握"),
    "template": N_("样表文件"),
}
ADDED, REMOVED, MOVED = N_("新增"), N_("删去"), N_("调整顺序")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: its key in a definition, whose part it is, which part, and the values.

    ``row`` names a field or a material; ``what`` is a name of ``PARTS`` or one of ``ADDED``,
    ``REMOVED`` and ``MOVED``.
    """

    key: str
    row: str = ""
    what: str = ""
    before: Any = None
    after: Any = None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return where ``after`` differs from ``before``, in the order of the editor."""
    found: list[Difference] = []
    for key in KEYS:
        old, new = before.get(key, DEFAULTS.get(key)), after.get(key, DEFAULTS.get(key))
        if old == new:
            continue
        if key in ("fields", "materials"):
            found += _rows(key, old or [], new or [])
        else:
            found.append(Difference(key, before=old, after=new))
    return found


def _rows(
    key: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    old, new = ({row["name"]: row for row in rows} for rows in (before, after))
    for name, row in new.items():
        if name not in old:
            yield Difference(key, _called(row), ADDED)
        else:
            yield from _parts(key, old[name], row)
    for name, row in old.items():
        if name not in new:
            yield Difference(key, _called(row), REMOVED)
    stayed = [name for name in old if name in new]
    if stayed != [name for name in new if name in old]:
        yield Difference(key, "", MOVED)


def _called(row: Mapping[str, Any]) -> str:
    return str(row.get("label") or row["name"])


def _parts(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for part, name in PARTS.items():
        if old.get(part) != new.get(part):
            yield Difference(key, _called(new), name, old.get(part), new.get(part))
