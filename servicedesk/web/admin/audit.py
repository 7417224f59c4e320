"""The audit trail: reading, filtering and verifying it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from servicedesk.audit.models import AuditEntry
from servicedesk.audit.queries import PAGE, page, verify
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.web.access import requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.forms import number_of
from servicedesk.web.showing import ZONE

LONGEST = 120
GROUPS = {
    "session.": N_("登录"),
    "user.": N_("账号"),
    "ticket.": N_("工单"),
    "enterprise.": N_("企业"),
    "calendar.": N_("工作日历"),
    "rules.": N_("办理规则"),
    "file.": N_("附件"),
    "mail.": N_("邮件"),
    "access.": N_("越权访问"),
    "duty.": N_("值班与请假"),
    "routing.": N_("派单规则"),
    "report.": N_("报表"),
}
ACTIONS = {
    "session.sign_in": N_("登录"),
    "user.create": N_("建立账号"),
    "user.set_active": N_("启用或停用账号"),
    "user.change_password": N_("修改密码"),
    "calendar.set_day": N_("设置本园区日期"),
    "calendar.clear_day": N_("删除本园区日期"),
    "access.refused": N_("越权访问被拒"),
    "file.download": N_("下载附件"),
    "mail.view": N_("查看邮件"),
    "enterprise.create": N_("企业建档"),
    "enterprise.invite": N_("邀请同事"),
    "enterprise.confirm_code": N_("核实信用代码"),
    "enterprise.join": N_("加入企业"),
    "enterprise.leave": N_("退出企业"),
    "enterprise.change_part": N_("改成员身份"),
    "enterprise.remove_member": N_("移出成员"),
    "enterprise.revoke_invitation": N_("撤销邀请"),
    "project.create": N_("项目入库"),
    "project.edit": N_("修改项目"),
    "project.plan": N_("排项目计划"),
    "project.reach": N_("项目进入阶段"),
    "project.link": N_("项目关联企业"),
    "project.open_service": N_("为项目开通事项"),
    "project.raise_obstacle": N_("提出项目问题"),
    "project.clear_obstacle": N_("解决项目问题"),
    "project.end": N_("终止项目"),
    "project.resume": N_("恢复项目"),
    "rules.publish": N_("发布办理规则"),
    "public.switch": N_("政务公开开关"),
    "rules.apply": N_("套用办理规则"),
    "rules.undo": N_("撤销套用"),
    "performance.weigh": N_("发布绩效权重"),
    "performance.contest": N_("绩效申诉"),
    "performance.answer": N_("答复绩效申诉"),
    "performance.export": N_("导出绩效"),
    "ticket.submit": N_("提交"),
    "ticket.escalate": N_("督办"),
    "ticket.recompute": N_("重算期限"),
    "ticket.rules_applied": N_("套用新的办理规则"),
    "ticket.rules_undone": N_("撤销套用办理规则"),
    "duty.mode": N_("改分派方式"),
    "duty.shift": N_("改班次"),
    "duty.skills": N_("改专长"),
    "duty.absence": N_("登记请假"),
    "duty.cancel_absence": N_("销假"),
    "duty.hand_over": N_("批量移交"),
    "routing.propose": N_("裁定形成派单规则"),
    "routing.save": N_("保存派单规则"),
    "routing.accept": N_("采纳派单规则"),
    "routing.off": N_("停用派单规则"),
    "routing.on": N_("启用派单规则"),
    "ticket.support_late": N_("协办超期"),
    "ticket.message": N_("留言"),
    "ticket.note": N_("内部备注"),
    "ticket.remind": N_("内部催办"),
    "report.ask": N_("请求报表"),
    "report.made": N_("生成报表"),
    "report.retry": N_("重新生成报表"),
    "report.fetch": N_("下载报表"),
    "report.subscribe": N_("订阅报表"),
    "report.unsubscribe": N_("退订报表"),
    "report_template.download": N_("下载报表模板"),
    "report.template": N_("启用报表模板"),
    "report.template_default": N_("恢复默认报表模板"),
    "view.save": N_("保存视图"),
    "view.change": N_("修改视图"),
    "view.delete": N_("删除视图"),
    "dashboard.save": N_("保存看板"),
    "dashboard.change": N_("修改看板"),
    "dashboard.delete": N_("删除看板"),
    "wall.link": N_("生成大屏链接"),
    "wall.revoke": N_("吊销大屏链接"),
    "figures.export": N_("导出指标"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it."""

    entry: AuditEntry
    at: str
    action: str
    changes: list[Change]


@admin.get("/audit")
@requires("audit.view")
def audit_log() -> str:
    """Show one page of the trail, newest first; verify the chain where it is asked for."""
    action, user = request.args.get("action", "")[:60], request.args.get("user", "")[:60]
    rows = page(number_of("before"), action.strip(), user.strip())
    shown = rows[:PAGE]
    return render_template(
        "admin/audit_log.html",
        lines=[line(entry) for entry in shown],
        older=shown[-1].id if len(rows) > PAGE else None,
        action=action,
        user=user,
        groups=GROUPS,
        verdict=verify() if request.args.get("verify") == "1" else None,
    )


def line(entry: AuditEntry) -> Line:
    """Return ``entry`` in words, with its seconds: an auditor needs them."""
    at = entry.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return Line(entry, at, action_name(entry.action), changes(entry.before, entry.after))


def action_name(action: str) -> str:
    """Return what was done in words; an action without words shows its code alone."""
    if action in ACTIONS:
        return _(ACTIONS[action])
    if action.endswith(".export"):
        return _("导出")
    step = BY_NAME.get(action.removeprefix("ticket."))
    return _(step.label) if step else ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between the two, and everything that has only one side."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(name, _value(before, name), _value(after, name))
        for name in names
        if name not in before or name not in after or before[name] != after[name]
    ]


def _value(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
