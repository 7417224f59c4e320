"""The life of an enterprise (大事记): what every feature knows of it, in one line of time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.core.words import N_
from servicedesk.declarations import queries as declarations
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Contact, Contract, Enterprise, Title
from servicedesk.enterprises.patents import patents_of
from servicedesk.extensions import db
from servicedesk.financing import queries as financing
from servicedesk.hiring import queries as hiring
from servicedesk.materials import queries as materials
from servicedesk.outreach import queries as outreach
from servicedesk.packages import queries as packages
from servicedesk.projects import queries as projects
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.history import history_of as tickets_of
from servicedesk.training import queries as training

KINDS: Mapping[str, str] = {
    "ticket": N_("工单"),
    "visit": N_("走访"),
    "declaration": N_("申报"),
    "title": N_("资质"),
    "project": N_("项目"),
    "package": N_("套餐"),
    "material": N_("材料"),
    "letter": N_("委托书"),
    "training": N_("培训"),
    "hiring": N_("用工"),
    "financing": N_("融资"),
    "patent": N_("专利"),
    "contract": N_("合同"),
    "file": N_("档案"),
}
History = Callable[[int], Sequence[Happening]]
OTHERS: tuple[History, ...] = (
    outreach.history_of,
    packages.history_of,
    declarations.history_of,
    materials.history_of,
    training.history_of,
    hiring.history_of,
    financing.history_of,
    projects.history_of,
)
_FILE: Mapping[str, str] = {
    "enterprise.create": N_("建立档案"),
    "enterprise.edit": N_("更新基本信息"),
    "enterprise.import_update": N_("批量导入更新基本信息"),
    "enterprise.confirm_code": N_("核实信用代码"),
    "enterprise.merge_in": N_("并入另一份档案"),
    "enterprise.assign_officer": N_("指派服务专员"),
    "enterprise.propose_correction": N_("企业申请更正信息"),
}
_ENTRIES = 100


def timeline(enterprise_id: int, *, confidential: bool) -> list[Happening]:
    """Return everything that happened to an enterprise, newest first."""
    found = [
        *tickets_of(enterprise_id, confidential=confidential),
        *history_of(enterprise_id),
        *(happening for history in OTHERS for happening in history(enterprise_id)),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def history_of(enterprise_id: int) -> list[Happening]:
    """Return what the file itself tells: titles, patents, contracts, changes of the profile."""
    return [*_holdings(enterprise_id), *_changes(enterprise_id)]


def _holdings(enterprise_id: int) -> Iterator[Happening]:
    page = {"enterprise_id": enterprise_id}
    of = Title.enterprise_id == enterprise_id
    for title in db.session.scalars(select(Title).where(of)):
        yield _on(title.awarded_on, "title", N_("获得资质"), title.name, page)
    for patent in patents_of(enterprise_id):
        yield _on(patent.granted_on, "patent", N_("专利授权"), patent.name, page)
    for contract in contracts_of(enterprise_id):
        yield _on(contract.signed_on, "contract", N_("签订合同"), contract.title, page)


def _on(day: date, kind: str, text: str, detail: str, page: Mapping[str, object]) -> Happening:
    at = datetime.combine(day, time(9), ZONE)
    return Happening(at, kind, text, detail, "desk.enterprise", {**page, "_anchor": kind})


def _changes(enterprise_id: int) -> Iterator[Happening]:
    """From the audit trail, also that of the files that were merged into this one."""
    merged = select(Enterprise.id).where(Enterprise.merged_into_id == enterprise_id)
    numbers = [str(enterprise_id), *map(str, db.session.scalars(merged))]
    query = select(AuditEntry).where(
        AuditEntry.object_type == "enterprise",
        AuditEntry.object_id.in_(numbers),
        AuditEntry.action.in_(_FILE),
        AuditEntry.succeeded,
    )
    for entry in db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(_ENTRIES)):
        yield Happening(entry.at, "file", _FILE[entry.action], entry.user_name)


def contracts_of(enterprise_id: int) -> Sequence[Contract]:
    """Return an enterprise's contracts, newest first."""
    query = select(Contract).where(Contract.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Contract.signed_on.desc(), Contract.id.desc())).all()


def contacts_of(enterprise_id: int) -> Sequence[Contact]:
    """Return the people to be reached in an enterprise, in the order in which they were added."""
    query = select(Contact).where(Contact.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Contact.id)).all()
