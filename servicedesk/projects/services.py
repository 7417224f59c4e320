"""The services that a milestone opens: as tickets for the enterprise, once each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of, item_by_code
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.projects import PROMISES, STAGE_NAMES, Stage, services_of
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.projects.models import Milestone, MilestoneService, Project
from servicedesk.projects.queries import milestones
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.models import Ticket


def open_for_stage(actor: Actor, project: Project, stage: Stage) -> list[str]:
    """Open what entering ``stage`` opens; returns the codes that got a ticket now.

    Without an enterprise the services are noted and wait. What was opened before, when the project
    was here for the first time, is not opened again.
    """
    enterprise = get_enterprise(project.enterprise_id) if project.enterprise_id else None
    row = milestones(project.id)[stage]
    known = {one.item_code: one for one in _services(row)}
    opened = []
    for code in services_of(stage, registered=_registered(enterprise)):
        service = known.get(code) or _noted(row, code)
        if enterprise is None or service.ticket_id is not None:
            continue
        if _open(actor, project, enterprise, stage, service) is not None:
            opened.append(code)
    return opened


def open_service(actor: Actor, project: Project, service_id: int) -> Ticket:
    """Open one waiting service for the enterprise, in the caller's transaction.

    Raises:
        Refused: the project has no enterprise yet, no such service, or it has its ticket already.
    """
    enterprise = get_enterprise(project.enterprise_id) if project.enterprise_id else None
    if enterprise is None:
        raise Refused(N_("项目还没有关联企业，关联后才能开通事项。"))
    service = db.session.get(MilestoneService, service_id)
    row = db.session.get(Milestone, service.milestone_id) if service else None
    if service is None or row is None or row.project_id != project.id:
        raise Refused(N_("没有这个事项。"))
    if service.ticket_id is not None:
        raise Refused(N_("这个事项已经开通。"))
    ticket = _open(actor, project, enterprise, Stage(row.stage), service)
    if ticket is None:
        raise Refused(N_("事项清单中已没有这个事项。"))
    return ticket


def _services(row: Milestone) -> list[MilestoneService]:
    query = select(MilestoneService).where(MilestoneService.milestone_id == row.id)
    return list(db.session.scalars(query))


def _noted(row: Milestone, code: str) -> MilestoneService:
    service = MilestoneService(milestone_id=row.id, item_code=code)
    db.session.add(service)
    db.session.flush()
    return service


def _registered(enterprise: Enterprise | None) -> bool:
    return enterprise is not None and enterprise.credit_code is not None


def _open(
    actor: Actor, project: Project, enterprise: Enterprise, stage: Stage, service: MilestoneService
) -> Ticket | None:
    item = item_by_code(project.park_id, service.item_code)
    if item is None:
        return None
    opener = replace(actor, role=Role.SYSTEM)  # the milestone opens it; the name stays the person's
    ticket = submit(opener, item, _request(project, enterprise, stage, item))
    service.ticket_id, service.opened_at = ticket.id, clock.now()
    after = {"item": item.code, "ticket": ticket.number}
    record(actor, "project.open_service", "project", project.id, after=after)
    return ticket


def _request(project: Project, enterprise: Enterprise, stage: Stage, item: ServiceItem) -> Request:
    why = PROMISES.get(stage, STAGE_NAMES[stage])
    investment = f"{project.investment / 1000:g}亿元"
    return Request(
        enterprise_id=enterprise.id,
        title=f"{item.name}：{project.name}"[:80],
        description=(
            f"投资项目“{project.name}”（总投资{investment}）进入{STAGE_NAMES[stage]}阶段，"
            f"按“{why}”由服务台为企业开通本事项，所需信息由承办单位与企业核对。"
        ),
        contact=enterprise.contact,
        phone=enterprise.phone,
        answers=_answers(project, item),
        channel="project",
    )


def _answers(project: Project, item: ServiceItem) -> Mapping[str, Any]:
    """Return what the project knows of the item's own questions."""
    known = {
        "project_name": project.name,
        "invest": project.investment / 1000,
        "site": project.plot,
        "place": project.plot,
        "industry": project.chain,
    }
    asked = {field.name for field in fields_of(item)}
    return {name: value for name, value in known.items() if name in asked and value}
