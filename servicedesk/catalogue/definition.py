"""The definition of a service item (事项定义): one form for rows, files and the editor.

A definition is read from a mapping whose keys are the columns of the table. Reading collects every
fault; what has none is a :class:`Definition`, and what it writes reads as the same again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from re import fullmatch
from typing import Any

from servicedesk.catalogue.fields import Field, read_fields
from servicedesk.catalogue.materials import Material, read_materials
from servicedesk.catalogue.reading import Fault, Reader
from servicedesk.core.deadlines import LADDER_MAX, is_ladder
from servicedesk.core.words import N_

KINDS = ("代办", "帮办", "申报", "诉求", "对接", "活动", "报备")
CLOCKS: Mapping[str, str] = {
    "workday": N_("提交后按工作日计算"),
    "window": N_("申报窗口关闭之前完成"),
    "season": N_("按季节统一安排"),
    "plan": N_("按计划日期举行"),
}
AUTHORIZATIONS: Mapping[str, str] = {
    "required": N_("必须有授权委托书"),
    "optional": N_("请代办时才要授权委托书"),
    "none": N_("不要授权委托书"),
}
DAYS_MAX = 250
ALIASES_MAX, ALIAS_MAX, NAME_MAX, STATUTORY_MAX = 40, 30, 60, 200
UNITS_MAX, OUTCOMES_MAX = 20, 30
KEYS: Mapping[str, str] = {
    "code": N_("编号"),
    "name": N_("名称"),
    "name_en": N_("英文名称"),
    "aliases": N_("常见说法"),
    "category_code": N_("类别"),
    "kind": N_("办理方式"),
    "common": N_("常办事项"),
    "listed": N_("公开受理"),
    "confidential": N_("保密事项"),
    "promised_days": N_("承诺工作日"),
    "statutory_days": N_("法定工作日"),
    "statutory_text": N_("法定时限说明"),
    "clock": N_("计时方式"),
    "lead_unit": N_("主办单位"),
    "partner_units": N_("协办单位"),
    "authorization": N_("授权"),
    "fields": N_("表单字段"),
    "materials": N_("材料"),
    "outcomes": N_("成效指标"),
    "ladder": N_("督办阶梯"),
}
"""The keys of a definition in their order, each with its name on pages."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a park has, so that a definition can refer to it: codes, and tokens of templates."""

    categories: Collection[str]
    units: Collection[str]
    metrics: Collection[str]
    templates: Collection[str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A service item without a fault; see :class:`~servicedesk.catalogue.models.ServiceItem`."""

    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    category_code: str
    kind: str
    common: bool
    listed: bool
    confidential: bool
    promised_days: int
    statutory_days: int | None
    statutory_text: str
    clock: str
    lead_unit: str
    partner_units: tuple[str, ...]
    authorization: str
    fields: tuple[Field, ...]
    materials: tuple[Material, ...]
    outcomes: tuple[str, ...]
    ladder: tuple[int, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Return every key with its value, as JSON and YAML can hold it."""
        given: dict[str, Any] = {key: getattr(self, key) for key in KEYS}
        given["fields"] = [field.to_dict() for field in self.fields]
        given["materials"] = [material.to_dict() for material in self.materials]
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in given.items()
        }


DEFAULTS: Mapping[str, Any] = {
    "name_en": "",
    "aliases": [],
    "common": False,
    "listed": True,
    "confidential": False,
    "statutory_days": None,
    "partner_units": [],
    "fields": [],
    "materials": [],
    "outcomes": [],
    "ladder": None,
}


def read(given: object, known: Known | None = None) -> tuple[Definition | None, list[Fault]]:
    """Read a definition; ``None`` with all its faults where there are any.

    Without ``known`` nobody asks whether what it refers to exists: a row has been asked already.
    """
    faults: list[Fault] = []
    reader = Reader(given, (), faults, tuple(KEYS))
    fields = read_fields(reader)
    definition = Definition(
        code=_code(reader),
        name=reader.text("name", NAME_MAX),
        name_en=reader.text("name_en", NAME_MAX * 2, needed=False),
        aliases=reader.texts("aliases", ALIASES_MAX, ALIAS_MAX),
        category_code=reader.text("category_code", 10),
        kind=reader.choice("kind", KINDS),
        common=reader.flag("common"),
        listed=reader.flag("listed", default=True),
        confidential=reader.flag("confidential"),
        promised_days=reader.number("promised_days", 1, DAYS_MAX) or 1,
        statutory_days=reader.number("statutory_days", 1, DAYS_MAX, needed=False),
        statutory_text=reader.text("statutory_text", STATUTORY_MAX, needed=False),
        clock=reader.choice("clock", CLOCKS),
        lead_unit=reader.text("lead_unit", 40),
        partner_units=reader.texts("partner_units", UNITS_MAX, 40),
        authorization=reader.choice("authorization", AUTHORIZATIONS),
        fields=fields,
        materials=read_materials(
            reader, fields, known.units if known else None, known.templates if known else None
        ),
        outcomes=reader.texts("outcomes", OUTCOMES_MAX, 40),
        ladder=_ladder(reader),
    )
    _check_together(reader, definition)
    if known is not None:
        _check_known(reader, definition, known)
    return (None if faults else definition), faults


def _code(reader: Reader) -> str:
    code = reader.text("code", 10)
    if code and not fullmatch(r"[A-Z][A-Z0-9]{1,9}", code):
        reader.blame("code", N_("编号用大写字母和数字，以字母开头，2至10个字符，例如 A09。"))
    return code


def _ladder(reader: Reader) -> tuple[int, ...] | None:
    if not reader.has("ladder"):
        return None
    rows = reader.rows("ladder", 3)
    days = tuple(day for day in rows if isinstance(day, int) and not isinstance(day, bool))
    if len(days) < len(rows) or not is_ladder(days):
        reader.blame(
            "ladder",
            N_("须是三个由小到大的整数，1至%(max)s个工作日，例如 1、3、5。"),
            max=LADDER_MAX,
        )
        return None
    return days


def _check_together(reader: Reader, item: Definition) -> None:
    """Note what is fine by itself and wrong together."""
    if item.statutory_days is not None and item.statutory_days < item.promised_days:
        reader.blame("promised_days", N_("承诺时限不能长于法定时限。"))
    if item.kind == "代办" and item.authorization not in ("", "required"):
        reader.blame("authorization", N_("代办事项必须有授权委托书。"))
    if item.lead_unit and item.lead_unit in item.partner_units:
        reader.blame("partner_units", N_("主办单位不能同时是协办单位。"))


def _check_known(reader: Reader, item: Definition, known: Known) -> None:
    """Note what does not exist in the park."""
    if item.category_code and item.category_code not in known.categories:
        reader.blame("category_code", N_("没有这个类别。"))
    if item.lead_unit and item.lead_unit not in known.units:
        reader.blame("lead_unit", N_("没有这个单位。"))
    if strange := _strangers(item.partner_units, known.units):
        reader.blame("partner_units", N_("没有这个单位：%(code)s。"), code=strange)
    if strange := _strangers(item.outcomes, known.metrics):
        reader.blame("outcomes", N_("没有这个成效指标：%(code)s。"), code=strange)


def _strangers(codes: Sequence[str], known: Collection[str]) -> str:
    return "、".join(code for code in codes if code not in known)
