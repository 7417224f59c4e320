"""An item's guide (办事指南) in plain words, and the day that is promised for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.fields import Field
from servicedesk.catalogue.materials import PARK
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import CategoryLabel, categories, fields_of, materials_of
from servicedesk.clock import clock
from servicedesk.core.deadlines import due_after
from servicedesk.core.questions import Condition
from servicedesk.core.words import N_
from servicedesk.organisation.queries import units
from servicedesk.web.forms import localised, when_of
from servicedesk.web.portal.words import _

KINDS: Mapping[str, str] = {
    "代办": N_("代办：您授权后，由专人替您跑部门办理"),
    "帮办": N_("帮办：专人全程指导，由企业自己办理"),
    "申报": N_("申报辅导：帮您对照条件、准备和核对申报材料"),
    "诉求": N_("诉求协调：由园区牵头协调有关单位解决"),
    "对接": N_("资源对接：帮您联系合适的机构"),
    "活动": N_("活动：由园区组织，欢迎报名或提出需求"),
    "报备": N_("报备：登记后告知有关单位和企业"),
}
PROMISES: Mapping[str, str] = {
    "workday": N_("%(n)s个工作日内办结，提交当日不计"),
    "window": N_("%(n)s个工作日内完成辅导和材料核对；主管部门按申报窗口审定，等待时间不计入承诺"),
    "season": N_("%(n)s个工作日内答复协调方案；具体安排按当季统一时间"),
    "plan": N_("%(n)s个工作日内答复并列入计划；活动按计划日期举行"),
}
AUTHORIZATIONS: Mapping[str, str] = {
    "required": N_("需要授权委托书，写明委托事项和期限"),
    "optional": N_("只有请我们代办时才需要授权委托书"),
    "none": N_("不需要授权委托书"),
}
STEPS: tuple[tuple[str, str, str], ...] = (
    ("edit", N_("在线提交"), N_("填一张表、传上材料，当场得到工单号和期限。")),
    ("inbox", N_("服务台受理"), N_("及时答复；缺什么一次说清，不归我们管的告诉您去哪办。")),
    ("briefcase", N_("承办单位办理"), N_("谁在办、办到哪一步、最迟哪天，随时看得到。")),
    ("circle-check", N_("您来确认和评价"), N_("您说解决了才算解决；不满意会核实、重办。")),
)


@dataclass(frozen=True, slots=True)
class Guide:
    """What a guide page shows; ``missing_later`` tells that some material may follow (容缺)."""

    category: CategoryLabel
    kind: str
    lead: str
    partners: str
    promise: str
    authorization: str
    due: datetime
    missing_later: bool
    materials: list["MaterialLine"]
    steps: tuple[tuple[str, str, str], ...] = STEPS


def guide_of(item: ServiceItem) -> Guide:
    """Return the guide of an item."""
    names = {unit.code: unit.name for unit in units(item.park_id)}
    return Guide(
        category=next(c for c in categories() if c.code == item.category_code),
        kind=_(KINDS.get(item.kind, item.kind)),
        lead=names.get(item.lead_unit, item.lead_unit),
        partners="、".join(names.get(code, code) for code in item.partner_units),
        promise=promise_of(item),
        authorization=_(AUTHORIZATIONS.get(item.authorization, item.authorization)),
        due=due_if_filed_now(item),
        missing_later=any(material["deferrable"] for material in item.materials),
        materials=material_lines(item, names),
    )


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """A material as the enterprise reads it: who has it already, when it is wanted, its template.

    ``when`` is the condition in words, ``data_when`` as pages show and hide by it.
    """

    name: str
    deferrable: bool
    held_by: str
    template: str
    when: str
    data_when: str


def material_lines(item: ServiceItem, unit_names: Mapping[str, str]) -> list[MaterialLine]:
    """Return an item's materials in the person's language."""
    fields = {field.name: field for field in fields_of(item)}
    return [
        MaterialLine(
            name=localised(material, "name"),
            deferrable=material.deferrable,
            held_by=_holder(material.held_by, unit_names),
            template=material.template,
            when=_condition(material.when, fields),
            data_when=when_of(material.when),
        )
        for material in materials_of(item)
    ]


def _holder(code: str, unit_names: Mapping[str, str]) -> str:
    return _("园区") if code == PARK else unit_names.get(code, code)


def _condition(when: Condition | None, fields: Mapping[str, Field]) -> str:
    """Write a condition for people: 住所来源为“租赁”时."""
    field = fields.get(when.field) if when else None
    if when is None or field is None:
        return ""
    labels = {option.value: localised(option, "label") for option in field.options}
    answers = _("、").join(labels.get(value, value) for value in when.equals)
    return _("“%(field)s”为“%(answers)s”时", field=localised(field, "label"), answers=answers)


def promise_of(item: ServiceItem) -> str:
    """Return the desk's promise for an item as a sentence."""
    return _(PROMISES.get(item.clock, PROMISES["workday"]), n=item.promised_days)


def due_if_filed_now(item: ServiceItem) -> datetime:
    """Return the promised moment of a request that is filed now."""
    return due_after(calendar(item.park_id), clock.now(), item.promised_days)
