"""Duplicates at the desk (查重合并): likely pairs with their reasons, a preview, the merge."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.core.enterprises import PROFILE, STANDINGS
from servicedesk.core.words import N_
from servicedesk.enterprises.merging import duplicates as likely
from servicedesk.enterprises.merging import merge, preview, set_apart
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import find
from servicedesk.errors import Conflict, Refused
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.enterprise_file import file_or_404
from servicedesk.web.forms import number_of, tidy, with_number

TABLES = {
    "ticket": N_("工单"),
    "visit": N_("走访"),
    "membership": N_("成员"),
    "invitation": N_("邀请"),
    "enterprise_title": N_("资质"),
    "enterprise_patent": N_("专利"),
    "enterprise_contract": N_("合同"),
    "enterprise_contact": N_("联系人"),
    "authorization_letter": N_("委托书"),
    "declaration": N_("申报"),
    "project": N_("项目"),
    "financing_need": N_("融资需求"),
    "job_post": N_("招聘岗位"),
    "document": N_("材料库"),
    "ticket_material": N_("工单材料"),
    "upload": N_("附件"),
    "notice": N_("通知"),
    "visit_stop": N_("走访安排"),
    "policy_match": N_("政策匹配"),
    "package_case": N_("套餐"),
    "attendance": N_("活动签到"),
    "event_invitation": N_("活动邀请"),
    "event_feedback": N_("活动反馈"),
    "consultation": N_("咨询"),
    "enterprise_correction": N_("更正申请"),
}


@desk.get("/duplicates")
@requires("enterprise.merge")
def duplicates() -> str:
    """Show the pairs of files that may be one enterprise."""
    return render_template(
        "desk/duplicates.html", pairs=likely(actor().park_id), standings=STANDINGS
    )


@desk.post("/duplicates/apart")
@requires("enterprise.merge")
def duplicates_apart() -> Response:
    """Note that two files are two enterprises."""
    one, other = (file_or_404(request.form.get(name, 0, type=int)) for name in ("one", "other"))
    try:
        set_apart(actor(), one.id, other.id)
        flash(_("已标记为两家企业，不再提示。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.duplicates"))


@desk.get("/enterprises/<int:enterprise_id>/merge")
@requires("enterprise.merge")
def duplicate_merge(enterprise_id: int) -> str:
    """Choose the file that goes, and see what merging it into this one would do."""
    kept = file_or_404(enterprise_id)
    number = number_of("gone")
    gone = file_or_404(number) if number is not None else None
    if gone is not None and (gone.id == kept.id or gone.merged_into_id or kept.merged_into_id):
        abort(404)
    return _page(kept, gone)


def _page(kept: Enterprise, gone: Enterprise | None) -> str:
    words = tidy(request.args.get("who", ""))[:60]
    found = [one for one in find(kept.park_id, words) if one.id != kept.id] if words else []
    more: dict[str, Any] = {"shown": preview(kept, gone)} if gone is not None else {}
    return render_template(
        "desk/merge.html", kept=kept, gone=gone, found=found, who=words, labels=PROFILE,
        tables=TABLES, **more,
    )  # fmt: skip


@desk.post("/enterprises/<int:enterprise_id>/merge")
@requires("enterprise.merge")
def duplicate_merge_now(enterprise_id: int) -> Response | tuple[str, int]:
    """Merge; if one of the files has changed since the preview, show it again."""
    kept = file_or_404(enterprise_id)
    gone = file_or_404(request.form.get("gone", 0, type=int))
    seen = (with_number(request.form.get("kept_seen")), with_number(request.form.get("gone_seen")))
    try:
        merge(actor(), kept.id, gone.id, seen)
    except Conflict:
        flash(_("预览之后档案又有变动，请核对后再合并。"), "danger")
        return _page(file_or_404(enterprise_id), file_or_404(gone.id)), 409
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.duplicates"))
    flash(_("已合并，原地址会自动转到这份档案。"), "success")
    return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))
