"""Where people can go (导航): the sections of the desk and of the portal, each with its places.

A place shows only to people whose role, or part in the enterprise, may open it. A new page is one
line here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One place; ``also`` is what the endpoints of the pages beneath it begin with."""

    permission: str
    endpoint: str
    name: str
    icon: str
    also: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """Tell whether the page ``endpoint`` lies here."""
        return endpoint == self.endpoint or endpoint.startswith(self.also or ("\0",))


@dataclass(frozen=True, slots=True)
class Section:
    """A group of places with one entrance in the main navigation."""

    key: str
    name: str
    icon: str
    places: Sequence[Place]

    def open_to(self, actor: Actor) -> list[Place]:
        """Return the places that the person may open."""
        return [place for place in self.places if allows(actor, place.permission)]

    def holds(self, endpoint: str) -> bool:
        """Tell whether the page ``endpoint`` lies in this section."""
        return any(place.holds(endpoint) for place in self.places)


def section_of(sections: Sequence[Section], endpoint: str) -> Section | None:
    """Return the section that a page belongs to."""
    return next((section for section in sections if section.holds(endpoint)), None)


FIGURES = Section("figures", N_("统计"), "chart-bar", (
    Place("insight.view", "insight.overview", N_("总览"), "chart-bar"),
    Place("figures.view", "insight.today", N_("今日红黄灯"), "bulb", ("insight.scheduler",)),
    Place("figures.own", "insight.figures", N_("指标看板"), "chart-dots",
          ("insight.keep_dashboard", "insight.change_saved_dashboard", "insight.register")),
    Place("figures.view", "insight.loop", N_("闭环分析"), "refresh"),
    Place("performance.view", "insight.performance", N_("绩效"), "trophy",
          ("insight.performance_",)),
    Place("report.make", "insight.reports", N_("报表"), "file-description",
          ("insight.report_ask",)),
    Place("report.template", "insight.report_templates", N_("报表模板"), "file-text",
          ("insight.report_template_take",)),
    Place("figures.own", "insight.definitions", N_("指标口径"), "info-circle"),
    Place("figures.view", "insight.wall", N_("大屏"), "layout-dashboard"),
))  # fmt: skip
DESK: Sequence[Section] = (
    Section("loop", N_("闭环"), "refresh", (
        Place("joint_meeting.view", "desk.joint_meeting", N_("联席会议"), "users-group",
              ("desk.meeting",)),
        Place("decision.view", "desk.decisions", N_("议定事项"), "gavel", ("desk.decision",)),
        Place("rules.view", "admin.rules", N_("办理规则"), "adjustments", ("admin.rules_",)),
        Place("rules.view", "admin.rehearsal", N_("规则演练"), "player-play"),
        Place("ticket.follow_up", "desk.follow_ups", N_("回访"), "phone", ("desk.follow_up_",)),
        Place("ticket.false_marks", "desk.false_resolutions", N_("虚假办结"), "alert-triangle",
              ("desk.lift_false_mark",)),
        Place("workbench.use", "desk.replies", N_("常用语"), "message", ("desk.reply_",)),
        Place("problem.view", "desk.problems", N_("类问题"), "sitemap",
              ("desk.one_problem", "desk.new_problem", "desk.edit_problem", "desk.join_problem",
               "desk.solve_problem")),
        Place("ticket.queue", "desk.repeats", N_("重复诉求"), "copy"),
        Place("workload.view", "desk.workload", N_("工作量"), "layout-kanban"),
        Place("duty.view", "desk.duty", N_("值班与请假"), "calendar", ("desk.duty_",)),
        Place("ticket.hand_over", "desk.handover", N_("移交工单"), "user-check",
              ("desk.hand_over",)),
        Place("routing.view", "desk.routing_rules", N_("派单规则"), "route",
              ("desk.routing_", "desk.new_routing_rule")),
        Place("routing.view", "desk.bounce_figures", N_("退单统计"), "chart-bar", ("desk.bounce_",)),
    )),
    Section("enterprises", N_("企业"), "building", (
        Place("enterprise.browse", "desk.enterprises", N_("企业档案"), "building",
              ("desk.enterprise", "desk.new_enterprise")),
        Place("package.view", "desk.package_cases", N_("一件事"), "package",
              ("desk.package_case", "desk.file_package")),
        Place("visit.record", "desk.visits_today", N_("今日走访"), "route",
              ("desk.visit_phone", "desk.record_visit")),
        Place("visit.view", "desk.visit_rounds", N_("走访安排"), "list-check", ("desk.visit_round",)),
        Place("visit.view", "desk.visits", N_("走访记录"), "clipboard-check", ("desk.one_visit",)),
        Place("visit.view", "desk.visit_coverage", N_("走访覆盖"), "chart-dots"),
        Place("material.view", "desk.documents", N_("材料库"), "folder", ("desk.folder",)),
        Place("material.view", "desk.deferred", N_("容缺待补"), "hourglass"),
        Place("authorization.view", "desk.letters", N_("授权委托书"), "signature",
              ("desk.letter", "desk.new_letter")),
        Place("authorization.originals", "desk.originals", N_("原件交接"), "certificate"),
        Place("enterprise.import", "desk.import_enterprises", N_("批量导入"), "file-import",
              ("desk.import_",)),
        Place("enterprise.merge", "desk.duplicates", N_("查重合并"), "arrow-merge",
              ("desk.duplicate",)),
        Place("patent.view", "desk.patents", N_("专利台账"), "bulb", ("desk.patent",)),
    )),
    Section("services", N_("服务"), "heart-handshake", (
        Place("policy.view", "desk.policies", N_("政策库"), "certificate",
              ("desk.one_policy", "desk.new_policy", "desk.edit_policy", "desk.policy_")),
        Place("declaration.view", "desk.declarations", N_("政策申报"), "award",
              ("desk.declaration", "desk.declare_on_behalf")),
        Place("insight.view", "desk.policies_missed", N_("错过的机会"), "alert-triangle"),
        Place("project.wall", "desk.project_wall", N_("投资项目"), "crane", ("desk.project",)),
        Place("event.view", "desk.events", N_("培训活动"), "presentation", ("desk.event",)),
        Place("event.view", "desk.consultations", N_("咨询记录"), "message", ("desk.consultation",)),
        Place("hiring.view", "desk.hiring", N_("招聘用工"), "briefcase", ("desk.post",)),
        Place("financing.view", "desk.financing", N_("融资需求"), "coin", ("desk.financing_",)),
        Place("financing.product", "desk.bank_products", N_("银行产品"), "building-bank",
              ("desk.bank_product", "desk.new_bank_product")),
    )),
    FIGURES,
)  # fmt: skip
PORTAL: Sequence[Section] = (
    Section("home", N_("办事"), "home", (
        Place("portal.use", "portal.home", N_("办事"), "home",
              ("portal.guide", "portal.search", "portal.category", "portal.file")),
        Place("package.view", "portal.package_cases", N_("一件事"), "package",
              ("portal.package", "portal.file_package")),
    )),
    Section("requests", N_("我的申请"), "list", (
        Place("portal.use", "portal.requests", N_("我的申请"), "list",
              ("portal.ticket", "portal.receipt", "portal.solution")),
    )),
    Section("chances", N_("政策与活动"), "rocket", (
        Place("policy.match", "portal.policies", N_("为您匹配"), "target-arrow", ("portal.policy",)),
        Place("declaration.view", "portal.declarations", N_("我的申报"), "award",
              ("portal.declaration",)),
        Place("event.view", "portal.events", N_("培训活动"), "presentation", ("portal.event",)),
    )),
    Section("enterprise", N_("我的企业"), "building", (
        Place("portal.use", "portal.enterprise", N_("企业信息"), "building", ("portal.enterprise_",)),
        Place("material.view", "portal.materials", N_("材料库"), "folder",
              ("portal.keep_document",)),
        Place("authorization.view", "portal.letters", N_("授权委托"), "signature",
              ("portal.letter", "portal.new_letter", "portal.sign_letter", "portal.revoke_letter")),
        Place("portal.use", "portal.members", N_("成员"), "users", ("portal.member",)),
        Place("project.view", "portal.projects", N_("我的项目"), "crane", ("portal.project",)),
        Place("enterprise.view", "portal.visits", N_("走访记录"), "clipboard-check"),
        Place("hiring.view", "portal.hiring", N_("招聘用工"), "briefcase", ("portal.post",)),
        Place("financing.view", "portal.financing", N_("融资"), "coin",
              ("portal.financing_", "portal.new_need")),
    )),
)  # fmt: skip
NAVIGATION: Mapping[str, Sequence[Section]] = {"desk": DESK, "portal": PORTAL}


@dataclass(frozen=True, slots=True)
class Entrance:
    """A section as the main navigation shows it."""

    name: str
    icon: str
    endpoint: str
    here: bool


def entrances(side: str, actor: Actor, endpoint: str) -> list[Entrance]:
    """Return the entrances of one side, ``desk`` or ``portal``, that have an open place."""
    return [
        Entrance(section.name, section.icon, places[0].endpoint, section.holds(endpoint))
        for section in NAVIGATION[side]
        if (places := section.open_to(actor))
    ]


def beside(side: str, actor: Actor, endpoint: str) -> list[Place]:
    """Return the places of the section that a page lies in; none where it lies in no section."""
    section = section_of(NAVIGATION[side], endpoint)
    return section.open_to(actor) if section else []
