"""Which Word template a report is written into (在用的模板): taking one, going back to the default."""

from collections.abc import Sequence

from flask import current_app
from sqlalchemy import select, update

from config import Settings
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.reports.kinds import TEMPLATE
from servicedesk.reports.models import ReportTemplate
from servicedesk.reports.templates import BYTES_MAX, check
from servicedesk.tickets.files import store
from servicedesk.transaction import changed_rows, unit_of_work

SUMMARY = "summary"
SHOWN = 20


def take(actor: Actor, name: str, content: bytes) -> ReportTemplate:
    """Take a Word file as the template of the summary from now on, once it has been tried.

    Raises:
        Refused: not permitted, no Word file, or it breaks with sample data.
    """
    _require(actor)
    if not name.lower().endswith(".docx"):
        raise Refused(N_("请上传 Word 文档（.docx）。"), field="file")
    if len(content) > BYTES_MAX:
        raise Refused(N_("文件太大，请压缩或分开上传。"), field="file")
    check(content)
    settings: Settings = current_app.extensions["settings"]
    stored = store(settings.uploads_dir, name, content, BYTES_MAX)
    return _put_in_use(actor, stored.name, stored.stored_as)


@unit_of_work
def _put_in_use(actor: Actor, name: str, stored_as: str) -> ReportTemplate:
    _put_all_out_of_use(actor)
    template = ReportTemplate(
        park_id=actor.park_id, kind=SUMMARY, name=name, stored_as=stored_as, active=True,
        uploaded_by_id=actor.user_id, uploaded_at=clock.now(),
    )  # fmt: skip
    db.session.add(template)
    db.session.flush()
    record(actor, "report.template", "report_template", template.id, after={"name": name})
    return template


@unit_of_work
def back_to_default(actor: Actor) -> bool:
    """Use the default template again; false where it is in use already.

    Raises:
        Refused: not permitted.
    """
    _require(actor)
    changed = _put_all_out_of_use(actor) > 0
    if changed:
        record(actor, "report.template_default", "park", actor.park_id)
    return changed


def _put_all_out_of_use(actor: Actor) -> int:
    used = update(ReportTemplate).where(
        ReportTemplate.park_id == actor.park_id, ReportTemplate.kind == SUMMARY,
        ReportTemplate.active,
    )  # fmt: skip
    return changed_rows(used.values(active=False).execution_options(synchronize_session=False))


def _require(actor: Actor) -> None:
    if not allows(actor, TEMPLATE):
        raise Refused(N_("您没有修改报表模板的权限。"), kind="permission")


def templates(park_id: int) -> Sequence[ReportTemplate]:
    """Return the newest templates that staff have given, newest first."""
    query = select(ReportTemplate).where(ReportTemplate.park_id == park_id)
    return db.session.scalars(query.order_by(ReportTemplate.id.desc()).limit(SHOWN)).all()


def template(park_id: int, template_id: int) -> ReportTemplate | None:
    """Return one template of the park."""
    query = select(ReportTemplate).where(ReportTemplate.id == template_id)
    return db.session.scalar(query.where(ReportTemplate.park_id == park_id))


def content_of(found: ReportTemplate) -> bytes:
    """Return a template's file.

    Raises:
        Refused: the file is gone.
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        return (settings.uploads_dir / found.stored_as).read_bytes()
    except OSError as error:
        raise Refused(N_("模板文件不在了，请重新上传或改用默认模板。")) from error


def active_content(park_id: int, kind: str) -> bytes | None:
    """Return the newest template in use, ``None`` for the default.

    Raises:
        Refused: its file is gone.
    """
    query = select(ReportTemplate).where(
        ReportTemplate.park_id == park_id, ReportTemplate.kind == kind, ReportTemplate.active
    )
    found = db.session.scalar(query.order_by(ReportTemplate.id.desc()).limit(1))
    return content_of(found) if found else None


def stored_templates() -> set[str]:
    """Return the stored name of every template, for the sweeper."""
    return set(db.session.scalars(select(ReportTemplate.stored_as)))
