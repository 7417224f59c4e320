"""What an enterprise says is wrong in its profile (更正申请), and what the desk makes of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Correction, Enterprise
from servicedesk.enterprises.profile import change, checked, from_plain, permitted, plain
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.transaction import changed_rows, unit_of_work

CORRECTABLE = (
    "legal_representative", "industry_code", "address", "plot", "founded_on",
    "registered_capital", "employees", "revenue", "revenue_growth", "research_share",
    "contact", "phone",
)  # fmt: skip
"""What an enterprise may correct: its name and code are the licence's, the rest the park's."""


@unit_of_work
def propose(actor: Actor, enterprise_id: int, values: Mapping[str, Any], note: str) -> Correction:
    """The enterprise says what is wrong in its profile; the desk is told and takes it over.

    Only what differs is kept. While one proposal waits, a new one takes its place.

    Raises:
        Refused: not permitted, nothing differs, or a value is wrong.
    """
    found = permitted(actor, "enterprise.correct", enterprise_id)
    wanted = {name: values[name] for name in CORRECTABLE if name in values}
    checked(found, wanted)
    differs = {
        name: plain(value)
        for name, value in wanted.items()
        if plain(value) != plain(getattr(found, name))
    }
    if not differs and not note:
        raise Refused(N_("没有改动，也没有说明。"), field="note")
    correction = open_correction(enterprise_id)
    waits = correction is not None
    if correction is None:
        correction = Correction(enterprise_id=enterprise_id)
        db.session.add(correction)
    correction.proposed, correction.note, correction.state = differs, note, "open"
    correction.proposed_by_id, correction.proposed_at = actor.user_id or 0, clock.now()
    db.session.flush()
    record(
        actor, "enterprise.propose_correction", "enterprise", enterprise_id,
        {name: plain(getattr(found, name)) for name in differs}, differs,
    )  # fmt: skip
    if not waits:
        tell(
            holding(found.park_id, Role.DESK), N_("企业申请更正基本信息，请核对后更新档案。"),
            key=f"correction:{correction.id}", detail=found.name,
            link=f"/desk/enterprises/{found.id}",
        )  # fmt: skip
    return correction


def open_correction(enterprise_id: int) -> Correction | None:
    """Return what the enterprise has proposed and nobody has decided."""
    query = select(Correction).where(
        Correction.enterprise_id == enterprise_id, Correction.state == "open"
    )
    return db.session.scalar(query)


@unit_of_work
def decide(actor: Actor, enterprise_id: int, correction_id: int, take: bool, reason: str) -> None:
    """Take a proposal over into the profile, or refuse it with a reason; either way once.

    Raises:
        Refused: not permitted, decided already, a reason is missing, or a value is wrong by now.
    """
    found = permitted(actor, "enterprise.edit", enterprise_id)
    if not take and not reason:
        raise Refused(N_("不采纳时请写明原因。"), field="reason")
    claim = update(Correction).where(
        Correction.id == correction_id,
        Correction.enterprise_id == enterprise_id,
        Correction.state == "open",
    )
    decided = claim.values(
        state="taken" if take else "refused", decided_by_id=actor.user_id,
        decided_at=clock.now(), reason=reason,
    )  # fmt: skip
    if changed_rows(decided) != 1:
        raise Refused(N_("这份更正申请已经处理过了。"))
    correction = db.session.get_one(Correction, correction_id, populate_existing=True)
    if take:
        change(actor, found, from_plain(correction.proposed), "enterprise.edit")
    record(
        actor, "enterprise.decide_correction", "enterprise", enterprise_id,
        after={"taken": take, "reason": reason},
    )  # fmt: skip
    told = N_("您申请更正的企业信息已更新。") if take else N_("您申请更正的企业信息没有采纳。")
    person = db.session.get_one(User, correction.proposed_by_id)
    tell([person], told, key=f"correction:{correction_id}:decided", detail=reason,
         link="/portal/enterprise", enterprise_id=enterprise_id)  # fmt: skip


def waiting_corrections(park_id: int) -> list[tuple[Correction, Enterprise]]:
    """Return what enterprises have proposed and nobody has decided, oldest first."""
    query = (
        select(Correction, Enterprise)
        .join(Enterprise, Enterprise.id == Correction.enterprise_id)
        .where(Enterprise.park_id == park_id, Correction.state == "open")
    )
    rows = db.session.execute(query.order_by(Correction.id))
    return [(correction, enterprise) for correction, enterprise in rows]
