"""The blueprint of the administration pages, and which of them a person may open."""

from typing import Any, NamedTuple

from flask import Blueprint
from flask_login import current_user

from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.web.access import actor

admin = Blueprint("admin", __name__, url_prefix="/admin")


class Page(NamedTuple):
    """A link of the side bar."""

    endpoint: str
    permission: str
    icon: str
    name: str


PAGES = (
    Page("admin.home", "admin.system", "activity", N_("系统状态")),
    Page("admin.users", "admin.users", "users", N_("人员账号")),
    Page("admin.calendar", "admin.calendar", "calendar", N_("工作日历")),
    Page("admin.rules", "rules.view", "adjustments", N_("办理规则")),
    Page("admin.rehearsal", "rules.view", "player-play", N_("规则演练")),
    Page("admin.catalogue", "catalogue.edit", "list-check", N_("事项清单")),
    Page("admin.public_page", "public.switch", "eye", N_("政务公开")),
    Page("admin.mail", "admin.system", "mail", N_("本机邮件")),
    Page("admin.audit_log", "audit.view", "shield-check", N_("审计记录")),
)


@admin.context_processor
def _side() -> dict[str, Any]:
    known = bool(current_user.is_authenticated)
    mine = [page for page in PAGES if known and allows(actor(), page.permission)]
    return {"admin_pages": mine}
